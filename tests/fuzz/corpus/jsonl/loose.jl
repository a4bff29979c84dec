
 {"value":-0,"x":[1,{}],"time":"2015-03-10t18:54:01.5+01:00","device":"d","device":"e","quantity":"q","unit":null,"quality":"measured"} 
	
