#include <sensorhub/format.h>

#include "base/json.h"

/* The IANA registry "SenML Units": RFC 8428 section 12.1, RFC 8798 section 3, "NTU"
 * registered later. */
static const char *const primary[] = {
    "m",     "kg",  "g",    "s",   "A",     "K",        "cd",    "mol",   "Hz",    "rad",
    "sr",    "N",   "Pa",   "J",   "W",     "C",        "V",     "F",     "Ohm",   "S",
    "Wb",    "T",   "H",    "Cel", "lm",    "lx",       "Bq",    "Gy",    "Sv",    "kat",
    "m2",    "m3",  "l",    "m/s", "m/s2",  "m3/s",     "l/s",   "W/m2",  "cd/m2", "bit",
    "bit/s", "lat", "lon",  "pH",  "dB",    "dBW",      "Bspl",  "count", "/",     "%",
    "%RH",   "%EL", "EL",   "1/s", "1/min", "beat/min", "beats", "S/m",   "B",     "VA",
    "VAs",   "var", "vars", "J/m", "kg/m3", "deg",      "NTU",
};

/* "Secondary Units": RFC 8798 section 5, and from "ppb" on those registered later. */
static const char *const secondary[] = {
    "ms",   "min",   "h",     "MHz",   "kW",  "kVA", "kvar",   "Ah",    "Wh",   "kWh",
    "varh", "kvarh", "kVAh",  "Wh/km", "KiB", "GB",  "Mbit/s", "B/s",   "MB/s", "mV",
    "mA",   "dBm",   "ug/m3", "mm/h",  "m/h", "ppm", "/100",   "/1000", "hPa",  "mm",
    "cm",   "km",    "km/h",  "ppb",   "ppt", "VAh", "mg/l",   "ug/l",  "g/l",
};

static int is_in(shub_slice unit, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (shub__json_is(unit, names[i]))
            return 1;
    }
    return 0;
}

int shub_senml_unit(shub_slice unit)
{
    if (is_in(unit, primary, sizeof primary / sizeof primary[0]))
        return 1;
    return is_in(unit, secondary, sizeof secondary / sizeof secondary[0]) ? 2 : 0;
}
