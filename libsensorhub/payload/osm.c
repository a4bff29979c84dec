/* Devtank Open Smart Monitor, versions 1 and 2 (osm_firmware_v2 src/protocols/hexblob.c;
 * the table in docs/protocols/lorawan_protocols.md abbreviates), little-endian:
 *
 *     version, then records: name[4], 1 and a value, or 2 and three: mean, least,
 * greatest value: its type, its bytes
 *
 * What stands before an error is kept, as the vendor's decoders do: the firmware writes a
 * record whole or not at all. Zeros behind the last record are none (captures of version
 * 1 have them). Other than in cs_protocol.js all integers have their sign and all their
 * bits, texts end before their NULs, and an unknown type of a value ends the frame. */
#include "payload/decoders.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

enum { MEAN, LEAST, GREATEST, OF_ONE };
static const char *const qualifiers[OF_ONE] = {"", ".min", ".max"};

typedef struct name {
    shub__field fields[OF_ONE];
    char code[5]; /* as sent, without NULs */
    unsigned char kind;
    int32_t divisor; /* of the value as sent, for the field's unit */
} name;

#define D SHUB_KIND_DOUBLE
#define I SHUB_KIND_INT64
#define T SHUB_KIND_TEXT
#define OSM(code, quantity, unit, kind, divisor)                                         \
    {                                                                                    \
        {{quantity, unit}, {quantity ".min", unit}, {quantity ".max", unit}}, code,      \
            kind, divisor                                                                \
    }

/* include/osm/core/measurements_mem.h; the last rows: docs/lw_protocol_doc of 2022. */
static const name names[] = {
    OSM("PM1", "pm1", "ug/m3", D, 1),
    OSM("PM25", "pm2_5", "ug/m3", D, 1),
    OSM("PM4", "pm4", "ug/m3", D, 1),
    OSM("PM10", "pm10", "ug/m3", D, 1),
    OSM("VOC", "voc_index", "", D, 1),
    OSM("NOX", "nox_index", "", D, 1),
    OSM("CO2", "co2", "ppm", D, 1),
    OSM("HCHO", "formaldehyde", "ppb", D, 1),
    OSM("TEMP", "temperature", "Cel", D, 1),
    OSM("HUMI", "humidity", "%RH", D, 1),
    OSM("TMP2", "temperature.2", "Cel", D, 1),
    OSM("TMP3", "temperature.3", "Cel", D, 1),
    OSM("TMP5", "temperature.5", "Cel", D, 1),
    OSM("HUM2", "humidity.2", "%RH", D, 1),
    OSM("TMP6", "temperature.6", "Cel", D, 1),
    OSM("TMP7", "temperature.7", "Cel", D, 1),
    OSM("BAT", "battery", "%EL", D, 1),
    OSM("LGHT", "illuminance", "lx", D, 1),
    OSM("SND", "sound", "dBA", D, 1),
    OSM("CC1", "current.1", "A", D, 1000),
    OSM("CC2", "current.2", "A", D, 1000),
    OSM("CC3", "current.3", "A", D, 1000),
    OSM("FTA1", "analog_input.1", "", D, 1),
    OSM("FTA2", "analog_input.2", "", D, 1),
    OSM("FTA3", "analog_input.3", "", D, 1),
    OSM("FTA4", "analog_input.4", "", D, 1),
    OSM("CNT1", "pulse_count.1", "count", I, 1),
    OSM("CNT2", "pulse_count.2", "count", I, 1),
    OSM("PCNT", "pulse_count", "count", I, 1),
    OSM("FW", "firmware", "", T, 1),
    OSM("CREV", "config_revision", "", I, 1),
    OSM("ERR", "error", "", I, 1),
    OSM("TMP1", "temperature.1", "Cel", D, 1),
    OSM("HUM1", "humidity.1", "%RH", D, 1),
    OSM("LUX1", "illuminance.1", "lx", D, 1),
    OSM("dB1", "sound.1", "dBA", D, 1),
};
enum { NAMES = sizeof names / sizeof names[0] };

/* Means are put by the place of their name; the others are looked up. */
static const shub__fields fields = {names, sizeof names[0], NAMES};

/* ---- values ----------------------------------------------------------------------- */

/* What was sent: an integer, thousandths, or a text. */
typedef struct sent {
    int is_text, is_unsigned;
    int64_t divisor;
    uint64_t bits; /* of an int64_t, unless is_unsigned */
    shub_slice text;
} sent;

static shub_slice until_nul(shub_slice text)
{
    const char *nul = memchr(text.ptr, '\0', text.len);
    return shub_bytes(text.ptr, nul ? (size_t)(nul - text.ptr) : text.len);
}

/* 0 for an unknown type. */
static int read_sent(shub__reader *r, unsigned type, sent *s)
{
    memset(s, 0, sizeof *s);
    s->divisor = type == 0x15 || type == 0x16 ? 1000 : 1;
    s->is_unsigned = type == 0x04;
    s->is_text = type == 0x20;
    switch (type) {
    case 0x01:
        s->bits = shub__read_u8(r);
        return 1;
    case 0x02:
        s->bits = shub__read_u16le(r);
        return 1;
    case 0x03:
        s->bits = shub__read_u32le(r);
        return 1;
    case 0x11:
        s->bits = (uint64_t)(int8_t)shub__read_u8(r);
        return 1;
    case 0x12:
        s->bits = (uint64_t)(int16_t)shub__read_u16le(r);
        return 1;
    case 0x13:
    case 0x15:
        s->bits = (uint64_t)(int32_t)shub__read_u32le(r);
        return 1;
    case 0x04:
    case 0x14:
    case 0x16:
        s->bits = shub__read_u64le(r);
        return 1;
    case 0x20:
        s->text = shub__read_bytes(r, 8);
        if (s->text.len)
            s->text = until_nul(s->text);
        return 1;
    default:
        return 0;
    }
}

/* Counts stay integers, where they are; everything else is a measurement, whatever
 * integer it was sent as: a mean of 0 comes as one, too. */
static shub_value value_of(const sent *s, int kind, int32_t divisor)
{
    uint64_t by = (uint64_t)(s->divisor * divisor);
    if (s->is_text)
        return shub_text(s->text);
    if (s->is_unsigned && (by > 1 || kind != I || s->bits > INT64_MAX))
        return shub_double(shub__double_from_uratio(s->bits, 1, by));
    if (kind == I && by == 1)
        return shub_int64((int64_t)s->bits);
    return shub_double(shub__double_from_ratio((int64_t)s->bits, 1, by));
}

/* ---- names ------------------------------------------------------------------------ */

/* The name's bytes without NULs and spaces around; spaces within become '_'. */
static size_t clean_name(shub_slice raw, char dst[4])
{
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i])
            dst[len++] = raw.ptr[i];
    shub_slice text = shub__trim(shub_bytes(dst, len));
    memmove(dst, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (dst[i] == ' ')
            dst[i] = '_';
    return text.len;
}

static const name *find_name(shub_slice code)
{
    for (size_t i = 0; i < NAMES; i++)
        if (shub_slice_equal(code, shub_str(names[i].code)))
            return &names[i];
    return NULL;
}

/* A name that a site gave to a register of its own goes as "osm.<name>". */
static void put_unknown(shub__rows *rows, shub_slice code, int which, const sent *s)
{
    char quantity[16] = "osm.";
    size_t len = 4;
    shub_value value = value_of(s, D, 1);
    memcpy(quantity + len, code.ptr, code.len);
    len += code.len;
    memcpy(quantity + len, qualifiers[which], strlen(qualifiers[which]));
    len += strlen(qualifiers[which]);
    shub__rows_put_named(rows, shub_bytes(quantity, len), shub_bytes(NULL, 0), &value);
}

static void put(shub__rows *rows, shub_slice code, int which, const sent *s)
{
    const name *n = find_name(code);
    if (!n) {
        put_unknown(rows, code, which, s);
        return;
    }
    shub_value value = value_of(s, n->kind, n->divisor);
    const shub__field *field = &n->fields[which];
    if (which == MEAN)
        shub__rows_put(rows, (size_t)(n - names), &value);
    else
        shub__rows_put_named(rows, shub_str(field->quantity), shub_str(field->unit),
                             &value);
}

/* ---- records ---------------------------------------------------------------------- */

static void truncated(shub__rows *rows, shub__reader *r, size_t at)
{
    shub__rows_fail(rows, r->status, (int64_t)at, "truncated record at byte %zu", at);
}

static void read_record(shub__rows *rows, shub__reader *r)
{
    char code[4];
    sent values[OF_ONE];
    size_t at = r->pos;
    size_t len = clean_name(shub__read_bytes(r, sizeof code), code);
    unsigned type = shub__read_u8(r);
    int count = type == 0x02 ? OF_ONE : 1;
    if (!r->status && type != 0x01 && type != 0x02) {
        shub__rows_fail(rows, SHUB_E_CONTENT, (int64_t)r->pos - 1,
                        "unknown data type 0x%02x", type);
        return;
    }
    for (int i = 0; i < count && !r->status; i++) {
        type = shub__read_u8(r);
        if (!read_sent(r, type, &values[i]) && !r->status) {
            shub__rows_fail(rows, SHUB_E_CONTENT, (int64_t)r->pos - 1,
                            "unknown value type 0x%02x", type);
            return;
        }
    }
    if (r->status) {
        truncated(rows, r, at);
        return;
    }
    for (int i = 0; i < count; i++)
        put(rows, shub_bytes(code, len), i, &values[i]);
    if (rows->status && rows->err && rows->err->pos == SHUB_NONE)
        rows->err->pos = (int64_t)at;
}

static int only_zeros(const shub__reader *r)
{
    for (size_t i = r->pos; i < r->len; i++)
        if (r->ptr[i])
            return 0;
    return 1;
}

shub_status shub__osm_decode(const shub_frame *frame, shub_batch *batch, void *user,
                             shub_error *err)
{
    shub__reader r;
    shub__rows rows;
    (void)user;
    shub__frame_read(frame, &r);
    unsigned version = shub__read_u8(&r);
    if (version != 1 && version != 2)
        return shub__fail(err, SHUB_E_CONTENT, 0, "unknown version %u", version);
    shub__frame_rows(frame, batch, &fields, &rows, err);
    while (!rows.status && !only_zeros(&r))
        read_record(&rows, &r);
    return shub__rows_end(&rows);
}
