/* Cayenne LPP: channel, type, value, the next channel. The first twelve types are those
 * of The Things Stack (pkg/messageprocessors/cayennelpp), the others those of
 * ElectronicCats CayenneLPP. Values are big-endian. As in The Things Stack an error
 * refuses the frame. */
#include "payload/decoders.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

enum { U8, U16, S16, S24, U32, LINE };

typedef struct row {
    unsigned char type; /* of several rows: the values of one type, in order */
    unsigned char raw;
    unsigned char kind; /* a shub_kind */
    int32_t factor;     /* raw * factor / divisor is in the unit */
    int32_t divisor;
    const char *quantity; /* then ".", the channel, */
    const char *axis;     /* and this */
    const char *unit;
} row;

#define D SHUB_KIND_DOUBLE
#define I SHUB_KIND_INT64
#define B SHUB_KIND_BOOL
#define T SHUB_KIND_TEXT
#define G 980665, 100000000 /* thousandths of 9.80665 m/s2, SI brochure */

static const row table[] = {
    {0, U8, I, 1, 1, "digital_input", "", ""},
    {1, U8, I, 1, 1, "digital_output", "", ""},
    {2, S16, D, 1, 100, "analog_input", "", ""},
    {3, S16, D, 1, 100, "analog_output", "", ""},
    {101, U16, D, 1, 1, "illuminance", "", "lx"},
    {102, U8, I, 1, 1, "presence", "", ""},
    {103, S16, D, 1, 10, "temperature", "", "Cel"},
    {104, U8, D, 1, 2, "humidity", "", "%RH"},
    {113, S16, D, G, "acceleration", ".x", "m/s2"},
    {113, S16, D, G, "acceleration", ".y", "m/s2"},
    {113, S16, D, G, "acceleration", ".z", "m/s2"},
    {115, U16, D, 1, 10, "pressure", "", "hPa"},
    {134, S16, D, 1, 100, "angular_velocity", ".x", "deg/s"},
    {134, S16, D, 1, 100, "angular_velocity", ".y", "deg/s"},
    {134, S16, D, 1, 100, "angular_velocity", ".z", "deg/s"},
    {136, S24, D, 1, 10000, "latitude", "", "lat"},
    {136, S24, D, 1, 10000, "longitude", "", "lon"},
    {136, S24, D, 1, 100, "altitude", ".gps", "m"},
    /* extended */
    {100, U32, I, 1, 1, "generic", "", ""},
    {116, U16, D, 1, 100, "voltage", "", "V"},
    {117, U16, D, 1, 1000, "current", "", "A"},
    {118, U32, D, 1, 1, "frequency", "", "Hz"},
    {120, U8, D, 1, 1, "level", "", "/100"},
    {121, S16, D, 1, 1, "altitude", "", "m"},
    {125, U16, D, 1, 1, "co2", "", "ppm"},
    {128, U16, D, 1, 1000, "power", "", "kW"},
    {130, U32, D, 1, 1000, "distance", "", "m"},
    {131, U32, D, 1, 1000, "energy", "", "kWh"},
    {132, U16, D, 1, 1, "direction", "", "deg"},
    {133, U32, I, 1, 1, "clock", "", "s"},
    {135, U8, I, 1, 1, "color", ".red", ""},
    {135, U8, I, 1, 1, "color", ".green", ""},
    {135, U8, I, 1, 1, "color", ".blue", ""},
    {142, U8, B, 1, 1, "switch", "", ""},
    {240, LINE, T, 1, 1, "polyline", "", ""},
};
enum { ROWS = sizeof table / sizeof table[0] };

static const shub__fields no_fields = {NULL, 0, 0};

static const row *find(unsigned type)
{
    for (size_t i = 0; i < ROWS; i++)
        if (table[i].type == type)
            return &table[i];
    return NULL;
}

/* ---- values ----------------------------------------------------------------------- */

static int64_t read_raw(shub__reader *r, int raw)
{
    switch (raw) {
    case U8:
        return shub__read_u8(r);
    case U16:
        return shub__read_u16be(r);
    case S16:
        return (int16_t)shub__read_u16be(r);
    case S24:
        return (int32_t)(shub__read_u24be(r) << 8) / 256;
    default:
        return shub__read_u32be(r);
    }
}

static shub_value value_of(const row *v, int64_t raw)
{
    if (v->kind == I)
        return shub_int64(raw);
    if (v->kind == B)
        return shub_bool(raw != 0);
    return shub_double((double)(raw * v->factor) / v->divisor);
}

/* The longest: "angular_velocity.255.x". */
static void put(shub__rows *rows, const row *v, unsigned channel, const shub_value *value)
{
    char name[24 + SHUB__INT64_MAX];
    size_t len = strlen(v->quantity), axis = strlen(v->axis);
    memcpy(name, v->quantity, len);
    name[len++] = '.';
    len += shub__uint64_write(channel, name + len);
    memcpy(name + len, v->axis, axis);
    shub__rows_put_named(rows, shub_bytes(name, len + axis), shub_str(v->unit), value);
}

/* A line of points, packed: its bytes as they are, the first of which counts them, itself
 * included (CayenneLPPPolyline.cpp: factor, latitude, longitude, then steps). */
static void put_line(shub__rows *rows, const row *v, unsigned channel, shub__reader *r)
{
    char digits[2 * UINT8_MAX];
    size_t at = r->pos;
    int size = shub__peek(r);
    shub_slice bytes = shub__read_bytes(r, size < 0 ? 1 : (size_t)size);
    if (r->status)
        return;
    if (size < 8) {
        shub__rows_fail(rows, SHUB_E_CONTENT, (int64_t)at, "polyline of %d bytes", size);
        return;
    }
    shub__hex_write(bytes.ptr, bytes.len, digits);
    shub_value value = shub_text(shub_bytes(digits, 2 * bytes.len));
    put(rows, v, channel, &value);
}

static void read_values(shub__rows *rows, const row *v, unsigned channel, shub__reader *r)
{
    if (v->raw == LINE) {
        put_line(rows, v, channel, r);
        return;
    }
    for (unsigned type = v->type; v < table + ROWS && v->type == type; v++) {
        shub_value value = value_of(v, read_raw(r, v->raw));
        if (r->status)
            return;
        put(rows, v, channel, &value);
    }
}

static void read_one(shub__rows *rows, shub__reader *r)
{
    int64_t at = (int64_t)r->pos;
    unsigned channel = shub__read_u8(r);
    unsigned type = shub__read_u8(r);
    const row *v = r->status ? NULL : find(type);
    if (v)
        read_values(rows, v, channel, r);
    else if (!r->status)
        shub__rows_fail(rows, SHUB_E_CONTENT, at + 1, "unknown type %u", type);
    if (r->status)
        shub__rows_fail(rows, r->status, at, "truncated %s at byte %d",
                        v ? v->quantity : "type", (int)at);
    if (rows->status && rows->err && rows->err->pos == SHUB_NONE)
        rows->err->pos = at;
}

shub_status shub__cayenne_decode(const shub_frame *frame, shub_batch *batch, void *user,
                                 shub_error *err)
{
    shub__reader r;
    shub__rows rows;
    (void)user;
    shub__frame_read(frame, &r);
    shub__frame_rows(frame, batch, &no_fields, &rows, err);
    while (!rows.status && shub__reader_left(&r))
        read_one(&rows, &r);
    return shub__rows_end(&rows);
}

/* ---- down: channel, hundredths, the next channel; 255 would end it ----------------- */

static shub_status check_value(const shub_cayenne_value *v, double *hundredths,
                               shub_error *err)
{
    char text[SHUB__DOUBLE_MAX] = "NaN";
    if (v->channel < 0 || v->channel > 254)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "channel %d is not 0 to 254",
                          (int)v->channel);
    *hundredths = v->value * 100;
    *hundredths += *hundredths < 0 ? -0.5 : 0.5; /* what is behind the point is cut */
    if (*hundredths > -32769 && *hundredths < 32768)
        return SHUB_OK;
    if (isinf(v->value))
        (void)strcpy(text, "infinity");
    else if (!isnan(v->value))
        shub__double_write(v->value, text);
    return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "value %s is not -327.68 to 327.67",
                      text);
}

shub_status shub_cayenne_downlink(const shub_cayenne_value *values, size_t count,
                                  int32_t port, shub_downlink *downlink, shub_error *err)
{
    size_t cap = downlink->cap < SHUB_DOWNLINK_MAX ? downlink->cap : SHUB_DOWNLINK_MAX;
    unsigned char *dst = downlink->dst;
    downlink->len = 0;
    downlink->port = 0;
    if (port < 1 || port > 223)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "port %d is not 1 to 223",
                          (int)port);
    for (size_t i = 0; i < count; i++) {
        double hundredths = 0;
        shub_status status = check_value(&values[i], &hundredths, err);
        if (!status && i == cap / 3)
            status = shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %zu bytes", cap);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
        uint16_t raw = (uint16_t)(int16_t)hundredths;
        *dst++ = (unsigned char)values[i].channel;
        *dst++ = (unsigned char)(raw >> 8);
        *dst++ = (unsigned char)raw;
    }
    downlink->len = 3 * count;
    downlink->port = port;
    return SHUB_OK;
}
