{"device":"a","quantity":"pulses.1","time":"0000-01-01T00:00:00.000001Z","value":9223372036854775807,"unit":"count","quality":"replaced"}
{"device":"a","quantity":"door","time":"9999-12-31T23:59:59.999Z","value":true,"quality":"error","time_assumed":true}
{"device":"a","quantity":"firmware","time":"1969-12-31T23:59:60Z","value":"\u0000\ud834\udd1e\"é"}
