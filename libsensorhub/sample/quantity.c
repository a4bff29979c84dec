#include <sensorhub/sample.h>

#include <math.h>
#include <string.h>

#define D        SHUB_KIND_DOUBLE
#define I        SHUB_KIND_INT64
#define B        SHUB_KIND_BOOL
#define T        SHUB_KIND_TEXT
#define ANY      (-INFINITY), INFINITY
#define POSITIVE 0, INFINITY

/* In order of name. The ranges are what is possible at all, in the row's unit; what a
 * sensor can tell is its decoder's to know. Units are names of the SenML registry where
 * it has one (RFC 8428 section 12.1, RFC 8798 sections 3 and 5, "ppb" and "NTU"
 * registered later). */
static const shub_quantity quantities[] = {
    {"acceleration", "m/s2", "acceleration; qualifiers x, y, z", D, 1, ANY},
    {"airtime", "s", "time a radio message takes", D, 1, POSITIVE},
    {"altitude", "m", "height above sea level", D, 1, ANY},
    {"ammonia", "ppm", "ammonia in air", D, 1, 0, 1e6},
    {"analog_input", "", "analog input; the sample names the unit", D, 0, ANY},
    {"analog_output", "", "analog output; the sample names the unit", D, 0, ANY},
    {"angular_velocity", "deg/s", "rotation; qualifiers x, y, z", D, 0, ANY},
    {"battery", "%EL", "charge left in the battery", D, 1, 0, 100},
    {"battery_voltage", "V", "voltage of the battery or supply", D, 1, POSITIVE},
    {"carbon_monoxide", "ppm", "carbon monoxide in air", D, 1, 0, 1e6},
    {"clock", "s", "what the device's clock says, seconds since 1970", I, 1, ANY},
    {"co2", "ppm", "carbon dioxide in air", D, 1, 0, 1e6},
    {"color", "", "color; qualifiers red, green, blue", I, 0, 0, 255},
    {"conductivity", "S/m", "electrical conductivity", D, 1, POSITIVE},
    {"config_revision", "", "revision of the device's configuration", I, 0, POSITIVE},
    {"crc", "", "checksum that the device tells", I, 0, ANY},
    {"current", "A", "electric current", D, 1, ANY},
    {"data", "", "bytes, as hexadecimal digits", T, 0, ANY},
    {"debug", "", "number for the device's maker", I, 0, ANY},
    {"dew_point", "Cel", "temperature at which dew forms", D, 1, -273.15, INFINITY},
    {"digital_input", "", "digital input: 0, 1 or what the device sends", I, 0, 0, 255},
    {"digital_output", "", "digital output: 0, 1 or what the device sends", I, 0, 0, 255},
    {"direction", "deg", "direction, clockwise from north", D, 1, 0, 360},
    {"distance", "m", "distance from the sensor", D, 1, POSITIVE},
    {"door", "", "door or window: open", B, 0, 0, 1},
    {"energy", "kWh", "electric energy", D, 1, ANY},
    {"energy_apparent", "kVAh", "apparent energy", D, 1, ANY},
    {"energy_delivered", "kWh", "meter total, from the grid to the customer", D, 1,
     POSITIVE},
    {"energy_reactive", "kvarh", "reactive energy", D, 1, ANY},
    {"energy_received", "kWh", "meter total, from the customer to the grid", D, 1,
     POSITIVE},
    {"error", "", "error number of the device", I, 0, ANY},
    {"fan_speed", "", "fan speed, in steps of the device", I, 0, POSITIVE},
    {"firmware", "", "version of the device's firmware", T, 0, ANY},
    {"flow", "m3/s", "volume per time", D, 1, ANY},
    {"formaldehyde", "ppb", "formaldehyde in air", D, 1, 0, 1e9},
    {"frame_counter", "count", "uplink frame counter", I, 1, POSITIVE},
    {"frequency", "Hz", "frequency", D, 1, POSITIVE},
    {"gas", "m3", "gas meter total", D, 1, POSITIVE},
    {"generic", "", "number that means what the device's owner says", I, 0, ANY},
    {"humidity", "%RH", "relative humidity of air", D, 1, 0, 100},
    {"iaq", "", "index of air quality, of the device's maker", D, 0, POSITIVE},
    {"illuminance", "lx", "light on the sensor", D, 1, POSITIVE},
    {"irradiance", "W/m2", "power of light on a surface", D, 1, ANY},
    {"latitude", "lat", "degrees north of the equator (WGS 84)", D, 1, -90, 90},
    {"level", "/100", "fill level, setting or other percentage", D, 1, ANY},
    {"link_margin", "dB", "reserve of the radio link", D, 1, ANY},
    {"link_strength", "/100", "quality of the radio link", D, 1, 0, 100},
    {"longitude", "lon", "degrees east of Greenwich (WGS 84)", D, 1, -180, 180},
    {"mass", "kg", "mass", D, 1, ANY},
    {"methane", "ppm", "methane in air", D, 1, 0, 1e6},
    {"mode", "", "mode of the device", I, 0, ANY},
    {"moisture", "/100", "water in soil or material", D, 1, 0, 100},
    {"motion", "count", "motions seen since the last message", I, 1, POSITIVE},
    {"nitrogen_dioxide", "ppb", "nitrogen dioxide in air", D, 1, 0, 1e9},
    {"nox_index", "", "index of nitrogen oxides, of the sensor's maker", D, 0, POSITIVE},
    {"occupancy", "", "0 free, 1 perhaps, 2 occupied", I, 0, 0, 2},
    {"ozone", "ppb", "ozone in air", D, 1, 0, 1e9},
    {"people", "count", "people counted", I, 1, POSITIVE},
    {"ph", "pH", "acidity", D, 1, ANY},
    {"pm1", "ug/m3", "particles below 1 um", D, 1, POSITIVE},
    {"pm10", "ug/m3", "particles below 10 um", D, 1, POSITIVE},
    {"pm2_5", "ug/m3", "particles below 2.5 um", D, 1, POSITIVE},
    {"pm4", "ug/m3", "particles below 4 um", D, 1, POSITIVE},
    {"polyline", "", "line of points, packed, as hexadecimal digits", T, 0, ANY},
    {"power", "kW", "electric power, negative when fed into the grid", D, 1, ANY},
    {"power_apparent", "kVA", "apparent power", D, 1, ANY},
    {"power_factor", "/", "real power by apparent power", D, 1, -1, 1},
    {"power_reactive", "kvar", "reactive power", D, 1, ANY},
    {"precipitation", "mm", "rain and snow, as water", D, 1, POSITIVE},
    {"precipitation_rate", "mm/h", "rain and snow per time", D, 1, POSITIVE},
    {"presence", "", "someone or something is there: 0 means not", I, 0, 0, 255},
    {"pressure", "hPa", "pressure of air", D, 1, POSITIVE},
    {"price", "USD/kWh", "price of energy; currency of ISO 4217 in the unit", D, 0, ANY},
    {"pulse_count", "count", "pulses since the counter began", I, 1, POSITIVE},
    {"pulses", "count", "pulses since the last message", I, 1, POSITIVE},
    {"resistance", "Ohm", "electrical resistance", D, 1, POSITIVE},
    {"rssi", "dBm", "received signal strength", D, 1, ANY},
    {"setpoint", "Cel", "temperature asked for", D, 1, -273.15, INFINITY},
    {"setting", "", "setting of the device; its name is the qualifier", I, 0, ANY},
    {"snr", "dB", "signal by noise of the radio link", D, 1, ANY},
    {"sound", "dBA", "sound level, A-weighted", D, 0, ANY},
    {"speed", "m/s", "speed", D, 1, ANY},
    {"sulfur_dioxide", "ppb", "sulfur dioxide in air", D, 1, 0, 1e9},
    {"switch", "", "switch is on", B, 0, 0, 1},
    {"temperature", "Cel", "temperature", D, 1, -273.15, INFINITY},
    {"tilt", "deg", "angle against the vertical", D, 1, -360, 360},
    {"turbidity", "NTU", "cloudiness of water (ISO 7027)", D, 1, POSITIVE},
    {"tvoc", "ppb", "volatile organic compounds in air", D, 1, 0, 1e9},
    {"uptime", "s", "time since the device started", D, 1, POSITIVE},
    {"uv_index", "", "ultraviolet index (WHO)", D, 0, POSITIVE},
    {"voc_index", "", "index of organic compounds, of the sensor's maker", D, 0,
     POSITIVE},
    {"voltage", "V", "electric voltage", D, 1, ANY},
    {"volume", "m3", "volume", D, 1, ANY},
    {"water", "m3", "water meter total", D, 1, POSITIVE},
    {"water_leak", "", "water where none should be, in steps of the device", I, 0,
     POSITIVE},
    {"wind_direction", "deg", "where the wind comes from", D, 1, 0, 360},
    {"wind_speed", "m/s", "speed of the wind", D, 1, POSITIVE},
};

#define COUNT (sizeof quantities / sizeof quantities[0])

/* As strcmp, of a word that is not NUL-terminated. Most names differ early: the calls
 * that compare whole words cost more. */
static int compare(const char *word, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++) {
        if (!name[i])
            return 1;
        if (word[i] != name[i])
            return (unsigned char)word[i] - (unsigned char)name[i];
    }
    return name[len] ? -1 : 0;
}

const shub_quantity *shub_quantity_find(shub_slice name)
{
    const char *dot = name.len ? memchr(name.ptr, '.', name.len) : NULL;
    size_t len = dot ? (size_t)(dot - name.ptr) : name.len;
    size_t low = 0;
    size_t high = len ? COUNT : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(name.ptr, len, quantities[middle].name);
        if (order == 0)
            return &quantities[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const shub_quantity *shub_quantity_at(size_t i)
{
    return i < COUNT ? &quantities[i] : NULL;
}
