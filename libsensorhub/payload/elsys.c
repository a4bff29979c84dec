/* ELSYS payloads: a type byte, its values, the next type byte. The names are those of the
 * vendor's decoder (lorawan-devices vendor/elsys/elsys.js; types from 1D on, 3B to 3E: as
 * decoders made later have them). Values are big-endian; offsets follow them: how long
 * ago they were measured, in seconds (two high bits of the type: 0, 1, 2 or 4 bytes).
 *
 * What stands before an error is kept, as the vendor's decoder does. Other than there,
 * totals of four bytes are unsigned and the end of the payload is seen. */
#include "payload/decoders.h"
#include "payload/elsys_settings.h"

#include <stdio.h>

#include "base/mem.h"

enum { NONE, U8, S8, U16, S16, S24, U32, S32, GRID, BYTES, SETTINGS };

enum { D, I, PROBE }; /* a measurement, a number of its own, one of several probes */

/* Further values of a type have rows behind those of the types. */
enum { ACC_Y = 0x40, ACC_Z, LONGITUDE, IR_EXT, SOUND_AVG, ROWS };

typedef struct row {
    shub__field field;
    const char *name; /* the vendor's, of the type */
    unsigned char bytes;
    unsigned char raw;
    unsigned char kind;
    unsigned char next; /* row of the type's next value, 0: none */
    int32_t factor;     /* raw * factor / divisor is in the field's unit */
    double divisor;
} row;

/* 63 is one g (elsys.js), which is 9.80665 m/s2 (SI brochure). */
enum { G = 980665, PER_G = 6300000 };

/* clang-format off */
static const row table[ROWS] = {
    /* quantity, unit, vendor's name, bytes, raw, kind, next, factor, divisor */
    [0x01] = {{"temperature", "Cel"}, "temperature", 2, S16, D, 0, 1, 10},
    [0x02] = {{"humidity", "%RH"}, "humidity", 1, U8, D, 0, 1, 1},
    [0x03] = {{"acceleration.x", "m/s2"}, "acceleration", 3, S8, D, ACC_Y, G, PER_G},
    [ACC_Y] = {{"acceleration.y", "m/s2"}, "acceleration", 0, S8, D, ACC_Z, G, PER_G},
    [ACC_Z] = {{"acceleration.z", "m/s2"}, "acceleration", 0, S8, D, 0, G, PER_G},
    [0x04] = {{"illuminance", "lx"}, "light", 2, U16, D, 0, 1, 1},
    [0x05] = {{"motion", "count"}, "motion", 1, U8, I, 0, 1, 1},
    [0x06] = {{"co2", "ppm"}, "co2", 2, U16, D, 0, 1, 1},
    [0x07] = {{"battery_voltage", "V"}, "vdd", 2, U16, D, 0, 1, 1000},
    [0x08] = {{"analog_input.1", "V"}, "analog1", 2, U16, D, 0, 1, 1000},
    [0x09] = {{"latitude", "lat"}, "lat", 6, S24, D, LONGITUDE, 1, 10000},
    [LONGITUDE] = {{"longitude", "lon"}, "long", 0, S24, D, 0, 1, 10000},
    [0x0a] = {{"pulses.1", "count"}, "pulse1", 2, U16, I, 0, 1, 1},
    [0x0b] = {{"pulse_count.1", "count"}, "pulseAbs", 4, U32, I, 0, 1, 1},
    [0x0c] = {{"temperature.external.1", "Cel"}, "extTemp1", 2, S16, D, 0, 1, 10},
    [0x0d] = {{"digital_input.1", ""}, "digital", 1, U8, I, 0, 1, 1},
    [0x0e] = {{"distance", "m"}, "distance", 2, U16, D, 0, 1, 1000},
    [0x0f] = {{"motion.acceleration", "count"}, "accMotion", 1, U8, I, 0, 1, 1},
    [0x10] = {{"temperature.ir.internal", "Cel"}, "irTemp", 4, S16, D, IR_EXT, 1, 10},
    [IR_EXT] = {{"temperature.ir.external", "Cel"}, "irTemp", 0, S16, D, 0, 1, 10},
    [0x11] = {{"occupancy", ""}, "occupancy", 1, U8, I, 0, 1, 1},
    [0x12] = {{"water_leak", ""}, "waterleak", 1, U8, I, 0, 1, 1},
    [0x13] = {{"temperature.pixel", "Cel"}, "grideye", 65, GRID, D, 0, 1, 10},
    [0x14] = {{"pressure", "hPa"}, "pressure", 4, U32, D, 0, 1, 1000},
    [0x15] = {{"sound.peak", "dB"}, "sound", 2, U8, D, SOUND_AVG, 1, 1},
    [SOUND_AVG] = {{"sound.average", "dB"}, "sound", 0, U8, D, 0, 1, 1},
    [0x16] = {{"pulses.2", "count"}, "pulse2", 2, U16, I, 0, 1, 1},
    [0x17] = {{"pulse_count.2", "count"}, "pulseAbs2", 4, U32, I, 0, 1, 1},
    [0x18] = {{"analog_input.2", "V"}, "analog2", 2, U16, D, 0, 1, 1000},
    [0x19] = {{"temperature.external.2", "Cel"}, "extTemp2", 2, S16, PROBE, 0, 1, 10},
    [0x1a] = {{"digital_input.2", ""}, "digital2", 1, U8, I, 0, 1, 1},
    [0x1b] = {{"analog_input.external", "V"}, "analogUv", 4, S32, D, 0, 1, 1000000},
    [0x1c] = {{"tvoc", "ppb"}, "tvoc", 2, U16, D, 0, 1, 1},
    [0x1d] = {{"iaq", ""}, "iaq", 1, U8, D, 0, 1, 1},
    [0x1e] = {{"generic.bool", ""}, "genericBool", 1, U8, I, 0, 1, 1},
    [0x1f] = {{"generic.int8", ""}, "genericInt8", 1, S8, I, 0, 1, 1},
    [0x20] = {{"generic.int16", ""}, "genericInt16", 2, S16, I, 0, 1, 1},
    [0x21] = {{"mode.view", ""}, "view", 1, U8, I, 0, 1, 1},
    [0x22] = {{"setpoint", "Cel"}, "setpoint", 2, S16, D, 0, 1, 10},
    [0x23] = {{"fan_speed", ""}, "speed", 1, U8, I, 0, 1, 1},
    [0x24] = {{"humidity.external", "%RH"}, "externalHumidity", 1, U8, D, 0, 1, 1},
    [0x3b] = {{"data", ""}, "bytes", 0, BYTES, D, 0, 1, 1},
    [0x3c] = {{"crc", ""}, "crc", 4, U32, I, 0, 1, 1},
    [0x3d] = {{"debug", ""}, "debug", 4, U32, I, 0, 1, 1},
    [0x3e] = {{NULL, NULL}, "settings", 0, SETTINGS, D, 0, 1, 1},
};
/* clang-format on */
static const shub__fields fields = SHUB__FIELDS(table);

#define PROBES_MAX (SHUB_PAYLOAD_MAX / 3) /* values of type 19 in a payload */

/* What is read now. */
typedef struct elsys {
    shub__rows rows;
    int64_t time_us; /* of the frame */
    int gps_little;
    uint32_t offset_s;
    size_t probes;
    uint32_t probed_s[PROBES_MAX + 1]; /* their offsets */
} elsys;

/* ---- values ----------------------------------------------------------------------- */

static int64_t s24(uint32_t raw)
{
    return (int32_t)(raw << 8) / 256;
}

static int64_t read_raw(shub__reader *r, int raw, int gps_little)
{
    switch (raw) {
    case U8:
        return shub__read_u8(r);
    case S8:
        return (int8_t)shub__read_u8(r);
    case U16:
        return shub__read_u16be(r);
    case S16:
        return (int16_t)shub__read_u16be(r);
    case S24:
        return s24(gps_little ? shub__read_u24le(r) : shub__read_u24be(r));
    case U32:
        return shub__read_u32be(r);
    default:
        return (int32_t)shub__read_u32be(r);
    }
}

/* Rounded once: the numerator is exact. */
static double scaled(const row *v, int64_t raw)
{
    return (double)(raw * v->factor) / v->divisor;
}

/* 64 pixels above a temperature, in tenths. */
static void put_grid(shub__rows *rows, shub__reader values)
{
    unsigned reference = shub__read_u8(&values);
    for (int i = 0; i < 64; i++) {
        char name[40];
        shub_value value = shub_double((reference * 10 + shub__read_u8(&values)) / 10.0);
        (void)snprintf(name, sizeof name, "%s.%d", table[0x13].field.quantity, i);
        shub__rows_put_named(rows, shub_str(name), SHUB_LIT("Cel"), &value);
    }
}

/* More probes on one wire come as the same type again, of one time: external.2, then
 * external.3, external.4 … */
static void put_probe(elsys *e, double celsius)
{
    char name[40];
    shub_value value = shub_double(celsius);
    int number = 2;
    for (size_t i = 0; i < e->probes; i++)
        number += e->probed_s[i] == e->offset_s;
    e->probed_s[e->probes++] = e->offset_s;
    if (number == 2) {
        shub__rows_double(&e->rows, 0x19, celsius);
        return;
    }
    (void)snprintf(name, sizeof name, "temperature.external.%d", number);
    shub__rows_put_named(&e->rows, shub_str(name), SHUB_LIT("Cel"), &value);
}

static void put_numbers(elsys *e, unsigned type, shub__reader values)
{
    unsigned at = type;
    do {
        const row *v = &table[at];
        int64_t raw = read_raw(&values, v->raw, e->gps_little);
        if (v->kind == D)
            shub__rows_double(&e->rows, at, scaled(v, raw));
        else if (v->kind == I)
            shub__rows_int(&e->rows, at, raw);
        else
            put_probe(e, scaled(v, raw));
        at = v->next;
    } while (at);
}

static void put_values(elsys *e, unsigned type, shub_slice bytes, size_t at)
{
    const int raw = table[type].raw;
    shub__reader values;
    shub__reader_init(&values, bytes.ptr, bytes.len);
    if (raw < GRID)
        put_numbers(e, type, values);
    else if (raw == GRID)
        put_grid(&e->rows, values);
    else if (raw == BYTES)
        shub__rows_hex(&e->rows, type, bytes);
    else
        shub__elsys_settings_read(&e->rows, values, at);
}

/* ---- the frame -------------------------------------------------------------------- */

static uint32_t read_offset(shub__reader *r, unsigned size)
{
    switch (size) {
    case 1:
        return shub__read_u8(r);
    case 2:
        return shub__read_u16be(r);
    default:
        return shub__read_u32be(r);
    }
}

static void set_time(elsys *e, uint32_t offset_s)
{
    int64_t time_us;
    e->offset_s = offset_s;
    if (shub__i64_add(e->time_us, -(int64_t)offset_s * SHUB_SECOND_US, &time_us))
        shub__rows_at(&e->rows, time_us);
    else
        shub__rows_fail(&e->rows, SHUB_E_RANGE, SHUB_NONE, "time does not fit");
}

/* One type, its values and offset; most have none. */
static void read_one(elsys *e, shub__reader *r)
{
    size_t at = r->pos;
    unsigned header = shub__read_u8(r);
    unsigned type = header & 0x3f;
    const row *v = &table[type];
    if (v->raw == NONE) {
        shub__rows_fail(&e->rows, SHUB_E_CONTENT, (int64_t)at,
                        "unknown type 0x%02x at byte %zu", type, at);
        return;
    }
    shub_slice bytes = shub__read_bytes(r, v->bytes ? v->bytes : shub__read_u8(r));
    size_t values_at = r->pos - bytes.len;
    uint32_t offset_s = header > 0x3f ? read_offset(r, header >> 6) : 0;
    if (r->status) {
        shub__rows_fail(&e->rows, SHUB_E_TRUNCATED, (int64_t)at,
                        "truncated %s at byte %zu", v->name, at);
        return;
    }
    if (offset_s != e->offset_s)
        set_time(e, offset_s);
    put_values(e, type, bytes, values_at);
    if (e->rows.status && e->rows.err && e->rows.err->pos == SHUB_NONE)
        e->rows.err->pos = (int64_t)at;
}

shub_status shub__elsys_decode(const shub_frame *frame, shub_batch *batch, void *user,
                               shub_error *err)
{
    elsys e; /* most of it is not touched */
    shub__reader r;
    e.time_us = frame->time_us;
    e.gps_little = user != NULL;
    e.offset_s = 0;
    e.probes = 0;
    shub__frame_read(frame, &r);
    shub__frame_rows(frame, batch, &fields, &e.rows, err);
    while (!e.rows.status && shub__reader_left(&r))
        read_one(&e, &r);
    return shub__rows_end(&e.rows);
}
