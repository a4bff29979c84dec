/* The normalized payload of The Things Stack (lorawan-devices lib/payload.json): one
 * measurement, or a list of them, each an object of objects. */
#include <string.h>

#include "base/number.h"
#include "uplink/values.h"

typedef struct normalized_name {
    const char *path;
    const char *quantity;
    const char *unit;
    int exponent; /* of ten: the value as sent, in the unit */
} normalized_name;

static const normalized_name names[] = {
    {"battery", "battery_voltage", "V", 0},
    {"soil.depth", "depth.soil", "m", -2},
    {"soil.moisture", "moisture.soil", "/100", 0},
    {"soil.temperature", "temperature.soil", "Cel", 0},
    {"soil.ec", "conductivity.soil", "S/m", -1},
    {"soil.pH", "ph.soil", "pH", 0},
    {"soil.n", "nitrogen.soil", "ppm", 0},
    {"soil.p", "phosphorus.soil", "ppm", 0},
    {"soil.k", "potassium.soil", "ppm", 0},
    {"air.temperature", "temperature", "Cel", 0},
    {"air.relativeHumidity", "humidity", "%RH", 0},
    {"air.pressure", "pressure", "hPa", 0},
    {"air.co2", "co2", "ppm", 0},
    {"air.lightIntensity", "illuminance", "lx", 0},
    {"wind.speed", "wind_speed", "m/s", 0},
    {"wind.direction", "wind_direction", "deg", 0},
    {"water.temperature.min", "temperature.water.min", "Cel", 0},
    {"water.temperature.max", "temperature.water.max", "Cel", 0},
    {"water.temperature.avg", "temperature.water.mean", "Cel", 0},
    {"water.temperature.current", "temperature.water", "Cel", 0},
    {"water.leak", "water_leak", "", 0},
    {"metering.water.total", "water", "m3", -3},
    {"action.motion.detected", "motion.detected", "", 0},
    {"action.motion.count", "motion", "count", 0},
    {"action.contactState", "door", "", 0},
    {"position.latitude", "latitude", "lat", 0},
    {"position.longitude", "longitude", "lon", 0},
};

/* What a newer schema has besides. */
static const normalized_name other = {"", "", "", 0};

typedef struct path {
    char text[SHUB__VALUE_NAME_MAX];
    size_t len;
} path;

/* Puts a key behind the path; 0 when there is no room. */
static int push(path *at, shub_slice key)
{
    size_t dot = at->len > 0;
    if (key.len + dot > sizeof at->text - at->len)
        return 0;
    if (dot)
        at->text[at->len++] = '.';
    if (key.len)
        memcpy(at->text + at->len, key.ptr, key.len);
    at->len += key.len;
    return 1;
}

static const normalized_name *find_name(shub_slice text)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (shub__json_is(text, names[i].path))
            return &names[i];
    return &other;
}

/* The kinds of the quantity table, where it has the quantity; texts are open and closed
 * of a contact, and where the air is, which is no value. */
static shub_value read_value(shub__json *j, const normalized_name *name)
{
    const shub_quantity *row = shub_quantity_find(shub_str(name->quantity));
    int32_t kind = row ? row->kind : SHUB_KIND_DOUBLE;
    shub_value none = {SHUB_KIND_NONE, 0, {0}};
    shub_slice text;
    int flag;
    switch (shub__json_type_next(j)) {
    case SHUB__JSON_NUMBER:
        return shub__json_number(j, &text)
                   ? shub__values_number(text, name->exponent, kind)
                   : none;
    case SHUB__JSON_BOOL:
        if (!shub__json_bool(j, &flag))
            return none;
        return kind == SHUB_KIND_INT64 ? shub_int64(flag) : shub_bool(flag);
    case SHUB__JSON_STRING:
        if (!shub__json_string(j, &text) || kind != SHUB_KIND_BOOL)
            return none;
        return shub_bool(shub__json_is(text, "open"));
    default:
        shub__json_skip(j);
        return none;
    }
}

static void add_other(shub__values *v, shub_slice text, const char *which,
                      shub_value value)
{
    char name[SHUB__VALUE_NAME_MAX] = "normalized.";
    size_t len = strlen(name);
    if (text.len > sizeof name - len) {
        shub__values_fail(v, SHUB_E_LIMIT, "a name that is too long", text);
        return;
    }
    memcpy(name + len, text.ptr, text.len);
    shub__values_add(v, shub_bytes(name, len + text.len), which, "", "", value);
}

static void read_leaf(shub__values *v, shub__json *j, const path *at, const char *which)
{
    shub_slice text = shub_bytes(at->text, at->len);
    const normalized_name *name = find_name(text);
    shub_value value = read_value(j, name);
    if (j->status || value.kind == SHUB_KIND_NONE)
        return;
    if (name == &other)
        add_other(v, text, which, value);
    else
        shub__values_add(v, shub_str(name->quantity), which, "", name->unit, value);
}

static void read_members(shub__values *v, shub__json *j, path *at, const char *which)
{
    shub_slice key;
    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        size_t len = at->len;
        if (!push(at, key)) {
            shub__values_fail(v, SHUB_E_LIMIT, "a name that is too long", key);
            shub__json_skip(j);
        } else if (shub__json_type_next(j) == SHUB__JSON_OBJECT) {
            read_members(v, j, at, which);
        } else {
            read_leaf(v, j, at, which);
        }
        at->len = len;
    }
}

/* The measurement's own time, which may stand behind its values. */
static void own_time(shub__values *v, shub_slice measurement, int64_t *time_us)
{
    shub__json j;
    shub_slice key, text = {NULL, 0};
    shub__json_init(&j, measurement, &v->scratch);
    shub__json_enter_object(&j);
    while (shub__json_next_key(&j, &key)) {
        if (shub__json_is(key, "time") && shub__json_type_next(&j) == SHUB__JSON_STRING)
            shub__json_string(&j, &text);
    }
    int64_t told_us;
    if (text.len && !shub_time_parse(text, &told_us, NULL))
        *time_us = told_us;
}

/* Measurements of one time, as of sensors in several depths, are told apart by their
 * number, from the second on. */
static void read_measurement(shub__values *v, shub_slice measurement, size_t number)
{
    char which[SHUB__INT64_MAX + 1] = "";
    shub__json j;
    path at = {"", 0};
    if (number > 1) {
        which[0] = '.';
        which[1 + shub__uint64_write(number, which + 1)] = '\0';
    }
    shub__json_init(&j, measurement, &v->scratch);
    if (shub__json_type_next(&j) == SHUB__JSON_OBJECT)
        read_members(v, &j, &at, which);
    shub_status status = shub__json_finish(&j, v->status ? NULL : v->err);
    if (!v->status)
        v->status = status;
}

static void read_at_its_time(shub__values *v, shub_slice measurement, size_t *number)
{
    int64_t received_us = v->time_us;
    int64_t time_us = received_us;
    own_time(v, measurement, &time_us);
    *number = v->count && v->rows[v->count - 1].time_us == time_us ? *number + 1 : 1;
    v->time_us = time_us;
    read_measurement(v, measurement, *number);
    v->time_us = received_us;
}

void shub__values_normalized(shub__values *v, shub_slice measurements)
{
    shub__json j;
    shub_slice measurement;
    size_t number = 0;
    shub__json_init(&j, measurements, &v->scratch);
    if (shub__json_type_next(&j) != SHUB__JSON_ARRAY) {
        read_at_its_time(v, measurements, &number);
        return;
    }
    shub__json_enter_array(&j);
    while (shub__json_next_item(&j))
        if (shub__json_raw(&j, &measurement))
            read_at_its_time(v, measurement, &number);
}
