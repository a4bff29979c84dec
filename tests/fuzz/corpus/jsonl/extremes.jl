{"device":"d","quantity":"x","time":"0000-01-01T00:00:00+23:59","value":5e-324}
{"device":"d","quantity":"x","time":"2015-03-10 17:54:01-00:30","value":-1.7976931348623157E308}
