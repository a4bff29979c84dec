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
#include "base/text.h"

enum { MEAN, LEAST, GREATEST, OF_ONE };
static const char *const qualifiers[OF_ONE] = {"", ".min", ".max"};

/* Name as sent, quantity and unit, kind, divisor of what is sent for the unit.
 * (include/osm/core/measurements_mem.h; the last: docs/lw_protocol_doc of 2022.) */
/* clang-format off */
#define NAMES(X)                                                                         \
    X("PM1", "pm1", "ug/m3", DOUBLE, 1)                                                  \
    X("PM25", "pm2_5", "ug/m3", DOUBLE, 1)                                               \
    X("PM4", "pm4", "ug/m3", DOUBLE, 1)                                                  \
    X("PM10", "pm10", "ug/m3", DOUBLE, 1)                                                \
    X("VOC", "voc_index", "", DOUBLE, 1)                                                 \
    X("NOX", "nox_index", "", DOUBLE, 1)                                                 \
    X("CO2", "co2", "ppm", DOUBLE, 1)                                                    \
    X("HCHO", "formaldehyde", "ppb", DOUBLE, 1)                                          \
    X("TEMP", "temperature", "Cel", DOUBLE, 1)                                           \
    X("HUMI", "humidity", "%RH", DOUBLE, 1)                                              \
    X("TMP2", "temperature.2", "Cel", DOUBLE, 1)                                         \
    X("TMP3", "temperature.3", "Cel", DOUBLE, 1)                                         \
    X("TMP5", "temperature.5", "Cel", DOUBLE, 1)                                         \
    X("HUM2", "humidity.2", "%RH", DOUBLE, 1)                                            \
    X("TMP6", "temperature.6", "Cel", DOUBLE, 1)                                         \
    X("TMP7", "temperature.7", "Cel", DOUBLE, 1)                                         \
    X("BAT", "battery", "%EL", DOUBLE, 1)                                                \
    X("LGHT", "illuminance", "lx", DOUBLE, 1)                                            \
    X("SND", "sound", "dBA", DOUBLE, 1)                                                  \
    X("CC1", "current.1", "A", DOUBLE, 1000)                                             \
    X("CC2", "current.2", "A", DOUBLE, 1000)                                             \
    X("CC3", "current.3", "A", DOUBLE, 1000)                                             \
    X("FTA1", "analog_input.1", "", DOUBLE, 1)                                           \
    X("FTA2", "analog_input.2", "", DOUBLE, 1)                                           \
    X("FTA3", "analog_input.3", "", DOUBLE, 1)                                           \
    X("FTA4", "analog_input.4", "", DOUBLE, 1)                                           \
    X("CNT1", "pulse_count.1", "count", INT64, 1)                                        \
    X("CNT2", "pulse_count.2", "count", INT64, 1)                                        \
    X("PCNT", "pulse_count", "count", INT64, 1)                                          \
    X("FW", "firmware", "", TEXT, 1)                                                     \
    X("CREV", "config_revision", "", INT64, 1)                                           \
    X("ERR", "error", "", INT64, 1)                                                      \
    X("TMP1", "temperature.1", "Cel", DOUBLE, 1)                                         \
    X("HUM1", "humidity.1", "%RH", DOUBLE, 1)                                            \
    X("LUX1", "illuminance.1", "lx", DOUBLE, 1)                                          \
    X("dB1", "sound.1", "dBA", DOUBLE, 1)
/* clang-format on */

typedef struct name {
    char code[8]; /* padded by NULs */
    int kind;
    int32_t divisor;
} name;

#define NAME(code, quantity, unit, kind, divisor) {code, SHUB_KIND_##kind, divisor},
static const name names[] = {NAMES(NAME)};
enum { NAME_COUNT = sizeof names / sizeof names[0] };

/* Field OF_ONE * i + which is that of names[i]. */
#define FIELDS(code, quantity, unit, kind, divisor)                                      \
    {quantity, unit}, {quantity ".min", unit}, {quantity ".max", unit},
static const shub__field table[] = {NAMES(FIELDS)};
static const shub__fields fields = SHUB__FIELDS(table);

/* ---- values ----------------------------------------------------------------------- */

enum { TEXT_SIZE = 8 };

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

/* The firmware cuts a text at its size, and so may cut a character of UTF-8, whose first
 * byte says how many follow: such a begin is left out. */
static shub_slice whole_characters(shub_slice text)
{
    size_t valid = shub__utf8_valid(text), len = text.len - valid;
    unsigned char first = len ? (unsigned char)text.ptr[valid] : 0;
    size_t told = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || len >= told)
        return text;
    for (size_t i = valid + 1; i < text.len; i++)
        if (((unsigned char)text.ptr[i] & 0xc0) != 0x80)
            return text;
    return shub_bytes(text.ptr, valid);
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
        s->text = shub__read_bytes(r, TEXT_SIZE);
        if (s->text.len)
            s->text = until_nul(s->text);
        if (s->text.len == TEXT_SIZE)
            s->text = whole_characters(s->text);
        return 1;
    default:
        return 0;
    }
}

/* Rounded once, as long as what was sent has less than 2^53. */
static double measured(const sent *s, int32_t divisor)
{
    double number = s->is_unsigned ? (double)s->bits : (double)(int64_t)s->bits;
    return number / (double)(s->divisor * divisor);
}

/* Counts stay integers, where they are; everything else is a measurement, whatever
 * integer it was sent as: a mean of 0 comes as one, too. */
static shub_value value_of(const sent *s, int kind, int32_t divisor)
{
    if (s->is_text)
        return shub_text(s->text);
    if (kind == SHUB_KIND_INT64 && s->divisor == 1 &&
        !(s->is_unsigned && s->bits > INT64_MAX))
        return shub_int64((int64_t)s->bits);
    return shub_double(measured(s, divisor));
}

/* ---- names ------------------------------------------------------------------------ */

/* The name without NULs and spaces around, padded by NULs; spaces within become '_'.
 * Returns the length. */
static size_t clean_name(shub_slice raw, char dst[4])
{
    char text[4];
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i])
            text[len++] = raw.ptr[i];
    shub_slice clean = shub__trim(shub_bytes(text, len));
    memset(dst, 0, 4);
    memcpy(dst, clean.ptr, clean.len);
    for (size_t i = 0; i < clean.len; i++)
        if (dst[i] == ' ')
            dst[i] = '_';
    return clean.len;
}

static const name *find_name(const char code[4])
{
    for (size_t i = 0; i < NAME_COUNT; i++)
        if (!memcmp(code, names[i].code, 4))
            return &names[i];
    return NULL;
}

/* A name that a site gave to a register of its own goes as "osm.<name>". */
static void put_unknown(shub__rows *rows, shub_slice code, int which, const sent *s)
{
    char quantity[16] = "osm.";
    size_t len = 4;
    shub_value value = value_of(s, SHUB_KIND_DOUBLE, 1);
    memcpy(quantity + len, code.ptr, code.len);
    len += code.len;
    memcpy(quantity + len, qualifiers[which], strlen(qualifiers[which]));
    len += strlen(qualifiers[which]);
    shub__rows_put_named(rows, shub_bytes(quantity, len), shub_bytes(NULL, 0), &value);
}

static void put(shub__rows *rows, const name *n, int which, const sent *s)
{
    size_t field = (size_t)(n - names) * OF_ONE + (size_t)which;
    shub_value value = value_of(s, n->kind, n->divisor);
    if (value.kind == SHUB_KIND_DOUBLE)
        shub__rows_double(rows, field, value.as.f64);
    else
        shub__rows_put(rows, field, &value);
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
    if (!r->status && !len) {
        shub__rows_fail(rows, SHUB_E_CONTENT, (int64_t)at, "record without a name");
        return;
    }
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
    const name *known = find_name(code);
    for (int i = 0; i < count; i++)
        if (known)
            put(rows, known, i, &values[i]);
        else
            put_unknown(rows, shub_bytes(code, len), i, &values[i]);
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
