{"device":"0x00135003007c2d12","quantity":"power","time":"2015-03-10T17:54:01Z","value":0.944,"unit":"kW"}
{"device":"0x00135003007c2d12","quantity":"link_strength","time":"2015-03-10T17:54:01Z","value":100.0,"unit":"/100"}
