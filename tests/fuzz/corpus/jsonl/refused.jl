{"device":"d","quantity":"humidity","time":"2015-02-29T00:00:00Z","value":1e999}
[]
null
{"device":"d","quantity":"humidity","time":"2015-02-28T00:00:00Z","value":101}
{"device":"d","quan