/* VALUES of an OSM: {"TEMP":23.500,"TEMP_min":23.000,"FW":"cd69700"}. Numbers stand in
 * quotes in the vendor's manual, and bare in what the firmware sends
 * (docs/protocols/mqtt_json_protocol.md, src/protocols/jsonblob.c). */
#include <string.h>

#include "base/text.h"
#include "uplink/values.h"

typedef struct osm_name {
    const char *code;
    const char *quantity;
    const char *unit;
    int32_t kind;
    int32_t exponent; /* of ten: the value as sent, in the unit */
} osm_name;

#define D SHUB_KIND_DOUBLE
#define I SHUB_KIND_INT64
#define T SHUB_KIND_TEXT

/* include/osm/core/measurements_mem.h; the last rows: docs/lw_protocol_doc of 2022. */
static const osm_name names[] = {
    {"PM1", "pm1", "ug/m3", D, 0},
    {"PM25", "pm2_5", "ug/m3", D, 0},
    {"PM4", "pm4", "ug/m3", D, 0},
    {"PM10", "pm10", "ug/m3", D, 0},
    {"VOC", "voc_index", "", D, 0},
    {"NOX", "nox_index", "", D, 0},
    {"CO2", "co2", "ppm", D, 0},
    {"HCHO", "formaldehyde", "ppb", D, 0},
    {"TEMP", "temperature", "Cel", D, 0},
    {"HUMI", "humidity", "%RH", D, 0},
    {"TMP2", "temperature.2", "Cel", D, 0},
    {"TMP3", "temperature.3", "Cel", D, 0},
    {"TMP5", "temperature.5", "Cel", D, 0},
    {"HUM2", "humidity.2", "%RH", D, 0},
    {"TMP6", "temperature.6", "Cel", D, 0},
    {"TMP7", "temperature.7", "Cel", D, 0},
    {"BAT", "battery", "%EL", D, 0},
    {"LGHT", "illuminance", "lx", D, 0},
    {"SND", "sound", "dBA", D, 0},
    {"CC1", "current.1", "A", D, -3},
    {"CC2", "current.2", "A", D, -3},
    {"CC3", "current.3", "A", D, -3},
    {"FTA1", "analog_input.1", "", D, 0},
    {"FTA2", "analog_input.2", "", D, 0},
    {"FTA3", "analog_input.3", "", D, 0},
    {"FTA4", "analog_input.4", "", D, 0},
    {"CNT1", "pulse_count.1", "count", I, 0},
    {"CNT2", "pulse_count.2", "count", I, 0},
    {"PCNT", "pulse_count", "count", I, 0},
    {"FW", "firmware", "", T, 0},
    {"R232", "osm.R232", "", T, 0},
    {"CREV", "config_revision", "", I, 0},
    {"ERR", "error", "", I, 0},
    {"TMP1", "temperature.1", "Cel", D, 0},
    {"HUM1", "humidity.1", "%RH", D, 0},
    {"LUX1", "illuminance.1", "lx", D, 0},
    {"dB1", "sound.1", "dBA", D, 0},
};

/* Names of registers that a site gave go as "osm.<name>". */
static const osm_name other = {"", "", "", D, 0};

static const osm_name *find_name(shub_slice code)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (shub__json_is(code, names[i].code))
            return &names[i];
    return &other;
}

static int cut_ending(shub_slice *code, const char *ending)
{
    if (!shub__ends_with(*code, shub_str(ending)))
        return 0;
    code->len -= strlen(ending);
    return 1;
}

static shub_value read_value(shub__json *j, const osm_name *name)
{
    shub_slice text;
    shub_value value = {SHUB_KIND_NONE, 0, {0}};
    int quoted = shub__json_type_next(j) == SHUB__JSON_STRING;
    if (!(quoted ? shub__json_string(j, &text) : shub__json_number(j, &text)))
        return value;
    if (name->kind != T)
        value = shub__values_number(text, name->exponent, name->kind);
    return value.kind == SHUB_KIND_NONE ? shub_text(text) : value;
}

static void add(shub__values *v, shub__json *j, shub_slice code)
{
    char prefixed[SHUB__VALUE_NAME_MAX] = "osm.";
    shub_slice plain = code;
    const char *qualifier = "";
    if (cut_ending(&plain, "_min"))
        qualifier = ".min";
    else if (cut_ending(&plain, "_max"))
        qualifier = ".max";
    const osm_name *name = find_name(plain);
    shub_slice quantity = shub_str(name->quantity);
    if (name == &other && plain.len < sizeof prefixed - 4) {
        memcpy(prefixed + 4, plain.ptr, plain.len);
        quantity = shub_bytes(prefixed, 4 + plain.len);
    }
    shub_value value = read_value(j, name);
    if (j->status)
        return;
    if (name == &other && !quantity.len)
        shub__values_fail(v, SHUB_E_LIMIT, "a name that is too long", code);
    else
        shub__values_add(v, quantity, qualifier, "", name->unit, value);
}

void shub__values_osm(shub__values *v, shub_slice object)
{
    shub__json j;
    shub_slice code;
    shub__json_init(&j, object, &v->scratch);
    shub__json_enter_object(&j);
    while (shub__json_next_key(&j, &code)) {
        if (shub__json_type_next(&j) == SHUB__JSON_STRING ||
            shub__json_type_next(&j) == SHUB__JSON_NUMBER)
            add(v, &j, code);
        else if (shub__json_skip(&j))
            shub__values_fail(v, SHUB_E_CONTENT, "neither a number nor a text", code);
    }
    shub_status status = shub__json_finish(&j, v->status ? NULL : v->err);
    if (!v->status)
        v->status = status;
}
