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

/* Names of 8 to 16 bytes, the most of them, are compared as their first and last 8. */
static inline int is_named(const shub__key *key, shub_slice name)
{
    if (key->len != name.len)
        return 0;
    if (name.len < 8 || name.len > 16)
        return !memcmp(key->name, name.ptr, name.len);
    return load8(key->name) == load8(name.ptr) &&
           load8(key->name + name.len - 8) == load8(name.ptr + name.len - 8);
}

/* Servers write their keys in one order, which is that of the tables: the search goes on
 * behind the one found last, then from the begin. */
static inline const shub__key *find_key(const shub__key *keys, const shub__key *from,
                                        shub_slice name)
{
    for (const shub__key *key = from; key->name; key++)
        if (is_named(key, name))
            return key;
    for (; keys != from; keys++)
        if (is_named(keys, name))
            return keys;
    return NULL;
}

int shub__reading_null(shub__reading *r)
{
    return shub__json_is_null(&r->json) && shub__json_skip(&r->json);
}

/* What `read` is handed is due; it moves over it, or sets the error. */
void shub__reading_object(shub__reading *r, const shub__key *keys)
{
    shub__json *j = &r->json;
    const shub__key *from = keys;
    shub_slice name;
    if (shub__reading_null(r) || !shub__json_enter_object(j))
        return;
    for (int more = shub__json_first(j, '}'); more; more = shub__json_next(j, '}')) {
        if (!shub__json_key(j, &name))
            return;
        const shub__key *key = find_key(keys, from, name);
        if (key) {
            from = key + 1;
            key->read(r);
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

/* ---- values -------------------------------------------------------------------------
 */

void shub__reading_slice(shub__reading *r, shub_slice *out)
{
    if (!shub__reading_null(r))
        shub__json_read_string(&r->json, out);
}

void shub__reading_later(shub__reading *r, shub__later *out)
{
    shub__reading_slice(r, &out->text);
    out->pos = r->json.start + 1;
}

/* A number, in quotes or not: 64-bit integers of protobuf's JSON are texts. Returns 0 for
 * null. */
static int number_text(shub__reading *r, shub_slice *text)
{
    switch (shub__json_type_next(&r->json)) {
    case SHUB__JSON_NULL:
        shub__json_skip(&r->json);
        return 0;
    case SHUB__JSON_STRING:
        return shub__json_read_string(&r->json, text);
    default:
        return shub__json_read_number(&r->json, text);
    }
}

void shub__reading_int(shub__reading *r, int64_t min, int64_t max, int64_t *out)
{
    shub_slice text;
    int64_t value;
    if (!number_text(r, &text))
        return;
    shub_status status = shub__int64_read(text.ptr, text.len, &value);
    if (status == SHUB_E_FORMAT)
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "expected an integer");
    else if (status || value < min || value > max)
        shub__json_refuse(&r->json, SHUB_E_RANGE, "an integer is out of range");
    else
        *out = value;
}

void shub__reading_int32(shub__reading *r, int32_t min, int32_t max, int32_t *out)
{
    int64_t value = *out;
    shub__reading_int(r, min, max, &value);
    *out = (int32_t)value;
}

void shub__reading_double(shub__reading *r, double *out)
{
    shub_slice text;
    double value;
    if (!number_text(r, &text))
        return;
    shub_status status = shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, &value);
    if (status == SHUB_E_FORMAT)
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "expected a number");
    else if (status)
        shub__json_refuse(&r->json, SHUB_E_RANGE, "a number is too large");
    else
        *out = value;
}

void shub__reading_flag(shub__reading *r, uint32_t flag)
{
    int on;
    if (shub__reading_null(r) || !shub__json_bool(&r->json, &on))
        return;
    r->up.flags = on ? r->up.flags | flag : r->up.flags & ~flag;
}

/* ---- kept texts ---------------------------------------------------------------------
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

/* ---- places -------------------------------------------------------------------------
 */

static void latitude(shub__reading *r)
{
    shub__reading_double(r, &r->up.latitude);
}

static void longitude(shub__reading *r)
{
    shub__reading_double(r, &r->up.longitude);
}

static void altitude(shub__reading *r)
{
    shub__reading_double(r, &r->up.altitude_m);
}

static const shub__key location_keys[] = {SHUB__KEY("latitude", latitude),
                                          SHUB__KEY("longitude", longitude),
                                          SHUB__KEY("altitude", altitude), SHUB__KEY_END};

void shub__reading_location(shub__reading *r)
{
    if (shub__reading_null(r))
        return;
    r->up.latitude = r->up.longitude = r->up.altitude_m = 0;
    r->up.flags |= SHUB_UPLINK_HAS_LOCATION;
    shub__reading_object(r, location_keys);
}

/* ---- gateways -----------------------------------------------------------------------
 */

void shub__reading_heard_none(shub__reading *r)
{
    memset(&r->best, 0, sizeof r->best);
    memset(&r->gateway_time, 0, sizeof r->gateway_time);
    r->up.gateway_count = 0;
}

static int is_better(const shub__heard *a, const shub__heard *b)
{
    if (a->has_rssi != b->has_rssi)
        return a->has_rssi;
    return a->rssi > b->rssi || (a->rssi == b->rssi && a->snr > b->snr);
}

void shub__reading_heard_add(shub__reading *r)
{
    if (r->up.gateway_count++ == 0 || is_better(&r->heard, &r->best))
        r->best = r->heard;
    if (!r->gateway_time.text.len && r->heard.time.len) {
        r->gateway_time.text = r->heard.time;
        r->gateway_time.pos = r->heard.time_pos;
    }
}
