/* Calls that say when they were signed. */
#include <sensorhub/webhook.h>

#include "base/error.h"
#include "base/number.h"
#include "base/options.h"
#include "base/reader.h"
#include "base/text.h"
#include "webhook/hmac.h"
#include "webhook/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_SIGNATURES = SHUB_WEBHOOK_MAX_SECRETS };

/* What a header says. */
typedef struct header {
    shub_slice time; /* its digits, which are signed as they stand */
    int64_t time_s;
    unsigned char signatures[MAX_SIGNATURES][SHUB__SHA256_LEN];
    size_t count;
} header;

/* ---- the header ---------------------------------------------------------------- */

/* Microseconds of it fit. */
static const int64_t max_time_s = INT64_MAX / SHUB_SECOND_US;

static shub_status read_time(header *h, shub_slice value, int64_t pos, shub_error *err)
{
    if (h->time.ptr)
        return shub__fail(err, SHUB_E_FORMAT, pos, "a header with two t=");
    if (shub__int64_read(value.ptr, value.len, &h->time_s) || h->time_s < 0 ||
        h->time_s > max_time_s)
        return shub__fail(err, SHUB_E_FORMAT, pos, "t=%.*s is no time in seconds",
                          SHUB__SHOW(value));
    h->time = value;
    return SHUB_OK;
}

static shub_status read_signature(header *h, shub_slice value, int64_t pos,
                                  shub_error *err)
{
    size_t len;

    if (h->count == MAX_SIGNATURES)
        return shub__fail(err, SHUB_E_FORMAT, pos,
                          "a header with more than %d v1=", MAX_SIGNATURES);
    if (shub__hex_read(value, h->signatures[h->count], SHUB__SHA256_LEN, &len) ||
        len != SHUB__SHA256_LEN)
        return shub__fail(err, SHUB_E_FORMAT, pos, "v1 is no %d hexadecimal digits",
                          2 * SHUB__SHA256_LEN);
    h->count++;
    return SHUB_OK;
}

static shub_status read_item(header *h, shub_slice item, int64_t pos, shub_error *err)
{
    shub_slice name, value;

    if (!shub__cut(shub__trim(item), '=', &name, &value))
        return shub__fail(err, SHUB_E_FORMAT, pos, "an item without '='");
    if (shub_slice_equal(name, SHUB_LIT("t")))
        return read_time(h, value, pos, err);
    if (shub_slice_equal(name, SHUB_LIT("v1")))
        return read_signature(h, value, pos, err);
    return SHUB_OK;
}

static shub_status read_header(shub_slice text, header *h, shub_error *err)
{
    shub__reader r;

    memset(h, 0, sizeof *h);
    if (!shub__trim(text).len)
        return shub__fail(err, SHUB_E_EMPTY, SHUB_NONE, "no signature");
    if (text.len > SHUB_WEBHOOK_HEADER_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "a header of %zu bytes, at most %d", text.len,
                          SHUB_WEBHOOK_HEADER_MAX);
    shub__reader_init(&r, text.ptr, text.len);
    do {
        int64_t pos = (int64_t)r.pos;
        shub_status status = read_item(h, shub__read_until(&r, ','), pos, err);
        if (status != SHUB_OK)
            return status;
    } while (shub__accept(&r, ','));
    if (!h->time.ptr || !h->count)
        return shub__fail(err, SHUB_E_FORMAT, (int64_t)text.len,
                          "a header without %s=", h->time.ptr ? "v1" : "t");
    return SHUB_OK;
}

/* ---- verifying ----------------------------------------------------------------- */

static shub_status check_options(shub_webhook_options *o, shub_error *err)
{
    if (!o->window_us)
        o->window_us = SHUB_WEBHOOK_WINDOW_US;
    if (o->window_us < 0 || o->window_us > SHUB_WEBHOOK_MAX_WINDOW_US)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "a window of %" PRId64 " us, at most %" PRId64, o->window_us,
                          SHUB_WEBHOOK_MAX_WINDOW_US);
    if (o->now_us < 0)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "now is before 1970");
    return SHUB_OK;
}

static int matches(const header *h, const shub__hmacs *hmacs)
{
    int any = 0;

    for (size_t i = 0; i < h->count; i++)
        any |= shub__webhook_matches(hmacs, h->signatures[i]);
    return any;
}

static shub_status check_time(const shub_webhook_options *o, int64_t time_s,
                              shub_error *err)
{
    int64_t late_us = o->now_us - time_s * SHUB_SECOND_US;

    if (late_us <= o->window_us && late_us >= -o->window_us)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_SKEWED, SHUB_NONE,
                      "signed %" PRId64 " s %s, at most %" PRId64 " s are taken",
                      (late_us < 0 ? -late_us : late_us) / SHUB_SECOND_US,
                      late_us < 0 ? "ahead" : "ago", o->window_us / SHUB_SECOND_US);
}

/* By what all copies of a call have in common, whichever of its signatures they carry and
 * whichever secrets hold when they come. */
static shub_status check_replay(const shub_webhook_options *o,
                                const shub__hmac_text *signed_text, char *id,
                                shub_error *err)
{
    unsigned char key[SHUB__HMAC_LEN];
    shub_status status =
        shub__webhook_hmac(SHUB__HMAC_SHA256, SHUB_LIT("replay"), signed_text, key, err);

    if (status == SHUB_OK && o->replay)
        status = shub__webhook_replay_note(o->replay, key, o->now_us, o->window_us, err);
    if (status == SHUB_OK && id)
        shub__hex_write(key, (SHUB_WEBHOOK_ID_MAX - 1) / 2, id);
    return status;
}

shub_status shub_webhook_verify(const shub_webhook_options *opts, shub_slice text,
                                shub_slice body, char id[SHUB_WEBHOOK_ID_MAX],
                                shub_error *err)
{
    shub_webhook_options o;
    header h;
    shub__hmacs hmacs;
    shub_status status;

    if (id)
        memset(id, 0, SHUB_WEBHOOK_ID_MAX);
    if ((status = shub__options_in(&o, sizeof o, opts, err)) != SHUB_OK ||
        (status = check_options(&o, err)) != SHUB_OK ||
        (status = read_header(text, &h, err)) != SHUB_OK)
        return status;
    const shub_slice parts[] = {h.time, SHUB_LIT("."), body};
    const shub__hmac_text signed_text = {parts, 3};
    status = shub__webhook_hmacs(SHUB__HMAC_SHA256, o.secrets, o.secret_count,
                                 &signed_text, &hmacs, err);
    if (status != SHUB_OK)
        return status;
    if (!matches(&h, &hmacs))
        return shub__fail(err, SHUB_E_SIGNATURE, SHUB_NONE,
                          "no signature of the call is of a secret of ours");
    status = check_time(&o, h.time_s, err);
    if (status != SHUB_OK || (!o.replay && !id))
        return status;
    return check_replay(&o, &signed_text, id, err);
}

/* ---- signing ------------------------------------------------------------------- */

shub_status shub_webhook_sign(shub_slice secret, int64_t now_us, shub_slice body,
                              char *dst, size_t cap, size_t *len, shub_error *err)
{
    unsigned char hmac[SHUB__HMAC_LEN];
    char header_text[SHUB_WEBHOOK_SIGN_MAX], hex[2 * SHUB__SHA256_LEN], seconds[24];
    shub_status status;
    int size;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    if (now_us < 0)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "a call signed before 1970");
    (void)snprintf(seconds, sizeof seconds, "%" PRId64, now_us / SHUB_SECOND_US);
    const shub_slice parts[] = {shub_str(seconds), SHUB_LIT("."), body};
    const shub__hmac_text signed_text = {parts, 3};
    status = shub__webhook_hmac(SHUB__HMAC_SHA256, secret, &signed_text, hmac, err);
    if (status != SHUB_OK)
        return status;
    shub__hex_write(hmac, SHUB__SHA256_LEN, hex);
    size = snprintf(header_text, sizeof header_text, "t=%s,v1=%.*s", seconds,
                    (int)sizeof hex, hex);
    if ((size_t)size >= cap)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "a signature of %d bytes and a NUL, room for %zu", size, cap);
    memcpy(dst, header_text, (size_t)size + 1);
    *len = (size_t)size;
    return SHUB_OK;
}
