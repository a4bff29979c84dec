{"device":"d","quantity":"pulses","time":"2015-03-10T17:54:01Z","value":9007199254740991}
{"device":"d","quantity":"pulses","time":"2015-03-10T17:54:02Z","value":9007199254740993}
{"device":"d","quantity":"pulses","time":"2015-03-10T17:54:03Z","value":9223372036854775807}
{"device":"d","quantity":"x","time":"2015-03-10T17:54:04Z","value":-9223372036854775808}
{"device":"d","quantity":"x","time":"2015-03-10T17:54:05Z","value":9223372036854775808}
{"device":"d","quantity":"x","time":"2015-03-10T17:54:06Z","value":7}
{"device":"d","quantity":"x","time":"2015-03-10T17:54:07.000001Z","value":7.0}
{"device":"d","quantity":"x","time":"9999-12-31T23:59:59.999999Z","value":0.1}
{"device":"d","quantity":"x","time":"0000-01-01T00:00:00Z","value":5e-324,"unit":"m"}
{"device":"d","quantity":"x","time":"1969-12-31T23:59:59.999Z","value":-0.0}
{"device":"d","quantity":"x","time":"1970-01-01T00:00:00Z","value":1.7976931348623157e308,"quality":"replaced"}
{"device":"é","quantity":"state","time":"2015-03-10T17:54:01Z","value":"a\u0000b\n\ud834\udd1e","time_assumed":true}
{"device":"d","quantity":"door","time":"2015-03-10T17:54:01Z","value":false,"quality":"error"}
{"device":"d","quantity":"x","time":"2015-03-10T17:54:01Z","value":1e999}
not a line
