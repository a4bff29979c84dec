/* Values of a document, by tables of keys. */
#include "uplink/reading.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/number.h"

static inline uint64_t load8(const char *ptr)
{
    uint64_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

static inline uint32_t load4(const char *ptr)
{
    uint32_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

/* Names are compared as their first and last bytes, which overlap. */
static inline int is_named(const shub__key *key, const char *name)
{
    size_t len = key->len;
    if (len >= 8 && len <= 16)
        return load8(key->name) == load8(name) &&
               load8(key->name + len - 8) == load8(name + len - 8);
    if (len >= 4 && len < 8)
        return load4(key->name) == load4(name) &&
               load4(key->name + len - 4) == load4(name + len - 4);
    return !memcmp(key->name, name, len);
}

static const shub__key *find_key(const shub__key *keys, shub_slice name)
{
    for (; keys->name; keys++)
        if (keys->len == name.len && is_named(keys, name.ptr))
            return keys;
    return NULL;
}

/* 1 when the key at the cursor is this one: its bytes and a quote say so, and what is the
 * same as a name needs no other check. */
static inline int is_next(const shub__json *j, const shub__key *key)
{
    const char *ptr = j->ptr + j->pos;
    return key->name && j->len - j->pos > key->len + 2 && ptr[0] == '"' &&
           ptr[key->len + 1] == '"' && is_named(key, ptr + 1);
}

/* Moves over the key at the cursor; NULL for one that is not in the table. Servers write
 * their keys in one order, which is that of the tables, so that `guess`, the one behind
 * the last, is nearly always right. */
static inline const shub__key *read_key(shub__json *j, const shub__key *keys,
                                        const shub__key *guess)
{
    shub_slice name;
    if (is_next(j, guess) && j->ptr[j->pos + guess->len + 2] == ':') {
        shub__json_move_to(j, j->pos + guess->len + 3);
        return guess;
    }
    return shub__json_key(j, &name) ? find_key(keys, name) : NULL;
}

int shub__reading_null(shub__reading *r)
{
    return shub__json_is_null(&r->json) && shub__json_skip(&r->json);
}

/* ---- values -------------------------------------------------------------------------
 */

/* The parser has room for every byte of the document several times over (parse.c): what
 * was kept before stays where it is. */
shub_slice shub__reading_keep(shub__reading *r, shub_slice text)
{
    shub__buf *buf = &r->parser->text;
    if (!text.len || buf->cap - buf->len <= text.len + 1)
        return shub_bytes(NULL, 0);
    char *dst = buf->ptr + buf->len;
    memcpy(dst, text.ptr, text.len);
    dst[text.len] = '\0';
    buf->len += text.len + 1;
    return (shub_slice){dst, text.len};
}

void shub__reading_slice(shub__reading *r, shub_slice *out)
{
    if (!shub__reading_null(r))
        shub__json_read_string(&r->json, out);
}

/* A number, in quotes or not. Returns 0 for null. */
static inline int number_text(shub__reading *r, shub_slice *text)
{
    int c = shub__json_at(&r->json, r->json.pos);
    if (c == 'n') {
        shub__json_skip(&r->json);
        return 0;
    }
    return c == '"' ? shub__json_read_string(&r->json, text)
                    : shub__json_read_number(&r->json, text);
}

/* Up to 18 digits without a sign, in the text as most are; SHUB_NONE for others. */
static inline int64_t short_integer(shub_slice text)
{
    int64_t value = 0;
    if (!text.len || text.len > 18 || (text.ptr[0] == '0' && text.len > 1))
        return SHUB_NONE;
    for (size_t i = 0; i < text.len; i++) {
        if (!shub__is_digit(text.ptr[i]))
            return SHUB_NONE;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

static shub_status integer(shub_slice text, int64_t *value)
{
    *value = short_integer(text);
    return *value != SHUB_NONE ? SHUB_OK : shub__int64_read(text.ptr, text.len, value);
}

void shub__reading_int(shub__reading *r, int64_t min, int64_t max, int64_t *out)
{
    shub_slice text;
    int64_t value;
    if (!number_text(r, &text))
        return;
    shub_status status = integer(text, &value);
    if (status == SHUB_E_FORMAT)
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "expected an integer");
    else if (status || value < min || value > max)
        shub__json_refuse(&r->json, SHUB_E_RANGE, "an integer is out of range");
    else
        *out = value;
}

/* How protobuf's JSON writes what is no number of JSON: such a value is not said. */
static int is_not_finite(shub_slice text)
{
    return shub__json_is(text, "NaN") || shub__json_is(text, "Infinity") ||
           shub__json_is(text, "-Infinity");
}

int shub__reading_double(shub__reading *r, double *out)
{
    shub_slice text;
    double value;
    if (!number_text(r, &text))
        return 0;
    shub_status status = shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, &value);
    if (status == SHUB_E_FORMAT && is_not_finite(text))
        return 0;
    if (status == SHUB_E_FORMAT)
        return shub__json_refuse(&r->json, SHUB_E_CONTENT, "expected a number");
    if (status)
        return shub__json_refuse(&r->json, SHUB_E_RANGE, "a number is too large");
    *out = value;
    return 1;
}

void shub__reading_text(shub__reading *r, shub_slice *out)
{
    shub_slice text;
    if (!shub__reading_null(r) && shub__json_read_string(&r->json, &text))
        *out = shub__reading_keep(r, text);
}

void shub__reading_raw(shub__reading *r, shub_slice *out)
{
    shub_slice text;
    *out = (shub_slice){NULL, 0};
    if (!shub__reading_null(r) && shub__json_raw(&r->json, &text))
        *out = shub__reading_keep(r, text);
}

static void read_flag(shub__reading *r, uint32_t flag)
{
    int on;
    if (shub__reading_null(r) || !shub__json_bool(&r->json, &on))
        return;
    r->up.flags = on ? r->up.flags | flag : r->up.flags & ~flag;
}

static inline void read_later(shub__reading *r, shub__later *later)
{
    if (shub__reading_null(r))
        return;
    later->pos = r->json.pos + 1;
    shub__json_read_string(&r->json, &later->text);
}

/* ---- objects ------------------------------------------------------------------------
 */

static void read_number(shub__reading *r, const shub__key *key, void *to)
{
    int64_t value;
    if (key->take == SHUB__TAKE_DOUBLE) {
        if (!shub__reading_double(r, to))
            r->seen &= ~(key->seen & (unsigned)SHUB__SEEN_RSSI);
    } else if (key->take == SHUB__TAKE_INT) {
        shub__reading_int(r, 0, key->limit, to);
    } else {
        value = *(int32_t *)to;
        shub__reading_int(r, 0, key->limit, &value);
        *(int32_t *)to = (int32_t)value;
    }
}

/* The value of `key`, which is due. */
static inline void read_value(shub__reading *r, const shub__key *key)
{
    void *to = (char *)r + key->offset;
    r->seen |= key->seen;
    switch (key->take) {
    case SHUB__TAKE_SKIP:
        shub__json_pass(&r->json);
        break;
    case SHUB__TAKE_CALL:
        key->read(r);
        break;
    case SHUB__TAKE_OBJECT:
        shub__reading_object(r, key->keys);
        break;
    case SHUB__TAKE_LATER:
        read_later(r, to);
        break;
    case SHUB__TAKE_TEXT:
        shub__reading_text(r, to);
        break;
    case SHUB__TAKE_RAW:
        shub__reading_raw(r, to);
        break;
    case SHUB__TAKE_FLAG:
        read_flag(r, (uint32_t)key->limit);
        break;
    default:
        read_number(r, key, to);
    }
}

void shub__reading_object(shub__reading *r, const shub__key *keys)
{
    shub__json *j = &r->json;
    const shub__key *guess = keys;
    if (shub__reading_null(r) || !shub__json_enter_object(j))
        return;
    for (int more = shub__json_first(j, '}'); more; more = shub__json_next(j, '}')) {
        const shub__key *key = read_key(j, keys, guess);
        if (key) {
            guess = key + 1;
            read_value(r, key);
        } else {
            shub__json_pass(j);
        }
        if (j->status)
            return;
    }
}

void shub__reading_items(shub__reading *r, void (*item)(shub__reading *r))
{
    if (shub__reading_null(r))
        return;
    shub__json_enter_array(&r->json);
    while (shub__json_next_item(&r->json))
        item(r);
}

/* ---- places -------------------------------------------------------------------------
 */

void shub__reading_location(shub__reading *r)
{
    static const shub__key keys[] = {SHUB__DOUBLE("latitude", 0, up.latitude),
                                     SHUB__DOUBLE("longitude", 0, up.longitude),
                                     SHUB__DOUBLE("altitude", 0, up.altitude_m),
                                     SHUB__KEY_END};
    if (shub__reading_null(r))
        return;
    r->up.latitude = r->up.longitude = r->up.altitude_m = 0;
    r->up.flags |= SHUB_UPLINK_HAS_LOCATION;
    shub__reading_object(r, keys);
}

/* ---- gateways -----------------------------------------------------------------------
 */

void shub__reading_heard_none(shub__reading *r)
{
    memset(&r->best, 0, sizeof r->best);
    r->gateway_us = 0;
    r->seen &= ~(unsigned)SHUB__SEEN_SIGNAL;
    r->up.gateway_count = 0;
}

void shub__reading_heard_begin(shub__reading *r)
{
    memset(&r->heard, 0, sizeof r->heard);
    r->seen &= ~(unsigned)SHUB__SEEN_RSSI;
}

static int is_better(const shub__reading *r)
{
    const shub__heard *a = &r->heard;
    const shub__heard *b = &r->best;
    if (!(r->seen & SHUB__SEEN_RSSI))
        return r->up.gateway_count == 0;
    return !(r->seen & SHUB__SEEN_SIGNAL) || a->rssi > b->rssi ||
           (a->rssi == b->rssi && a->snr > b->snr);
}

void shub__reading_heard_end(shub__reading *r)
{
    if (is_better(r)) {
        r->best = r->heard;
        if (r->seen & SHUB__SEEN_RSSI)
            r->seen |= SHUB__SEEN_SIGNAL;
    }
    r->up.gateway_count++;
    if (!r->gateway_us && r->heard.time.text.len)
        r->gateway_us = shub__uplink_gateway_us(r, r->heard.time.text);
}
