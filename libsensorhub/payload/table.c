#include "payload/decoders.h"

/* What elsys.c looks for: positions are little-endian. */
static const char gps_little;

/* In order of name. */
const shub_decoder shub__decoders[] = {
    {sizeof(shub_decoder), "cayenne", "myDevices",
     "Cayenne LPP: numbered channels of every kind, The Things Stack's and extended "
     "types",
     "Cayenne LPP 2.0; The Things Stack 3.32 cayennelpp; ElectronicCats CayenneLPP 1.6",
     SHUB_NONE, 0, shub__cayenne_decode, NULL},
    {sizeof(shub_decoder), "clairchen", "Clair Berlin",
     "Clairchen: samples of CO2, temperature, humidity, spaced by the data rate",
     "Clairchen co2-sample-spec; clair-ttn e22db40 clairchen.py", 1, 0,
     shub__clairchen_decode, NULL},
    {sizeof(shub_decoder), "elsys", "ELSYS",
     "ERS, EMS, ELT, ECO: every measurement, offsets of queued ones, settings",
     "ELSYS Sensor payload; lorawan-devices vendor/elsys/elsys.js", 5, 1,
     shub__elsys_decode, NULL},
    {sizeof(shub_decoder), "elsys_gps_le", "ELSYS",
     "as elsys, positions little-endian as newer firmware sends them",
     "ELSYS Sensor payload; aws-samples elsys decoder", 5, 1, shub__elsys_decode,
     (void *)&gps_little},
    {sizeof(shub_decoder), "ers", "ELSYS",
     "ERS CO2 as Clair uses it: two to five samples a message, spaced by their number",
     "clair-ttn e22db40 ers.py", 5, 0, shub__ers_decode, NULL},
    {sizeof(shub_decoder), "osm", "Devtank",
     "Open Smart Monitor: named measurements, their mean, least and greatest",
     "osm_firmware_v2 docs/protocols/lorawan_protocols.md, src/protocols/hexblob.c",
     SHUB_NONE, 1, shub__osm_decode, NULL},
    {sizeof(shub_decoder), "oy1012", "Talkpool", "OY1012: CO2, temperature, humidity",
     "clair-ttn e22db40 oy1012.py", SHUB_NONE, 0, shub__oy1012_decode, NULL},
};

const size_t shub__decoder_count = sizeof shub__decoders / sizeof shub__decoders[0];
