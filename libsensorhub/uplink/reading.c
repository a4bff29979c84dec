/* Values of a document that several dialects share. */
#include "uplink/reading.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/number.h"

int shub__reading_null(shub__reading *r)
{
    return shub__json_is_null(&r->json) && shub__json_skip(&r->json);
}

/* ---- values -------------------------------------------------------------------------
 */

/* Texts are short: their first and last bytes overlap. */
static inline void copy(char *dst, const char *src, size_t len)
{
    if (len >= 8 && len <= 16) {
        memcpy(dst, src, 8);
        memcpy(dst + len - 8, src + len - 8, 8);
    } else {
        memcpy(dst, src, len);
    }
}

/* The parser has room for every byte of the document several times over (parse.c): what
 * was kept before stays where it is. */
shub_slice shub__reading_keep(shub__reading *r, shub_slice text)
{
    shub__buf *buf = &r->parser->text;
    if (!text.len || buf->cap - buf->len <= text.len + 1)
        return shub_bytes(NULL, 0);
    char *dst = buf->ptr + buf->len;
    copy(dst, text.ptr, text.len);
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
