/* The body with which a sample goes to the endpoint. (clair-ttn, handler; managair,
 * ingest/serializers.py.) */
#include "base/error.h"
#include "base/options.h"
#include "clair/sample.h"
#include "clair/write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void shub__clair_put_tenths(shub__buf *buf, int32_t tenths)
{
    shub__buf_printf(buf, "%s%d.%d", tenths < 0 ? "-" : "", abs(tenths / 10),
                     abs(tenths % 10));
}

static void write_body(shub__buf *buf, const shub_clair_sample *s)
{
    shub__buf_printf(buf,
                     "{\"data\":{\"type\":\"Sample\",\"attributes\":{\"timestamp_s\":"
                     "%" PRId64 ",\"co2_ppm\":%" PRId32,
                     s->time_s, s->co2_ppm);
    if (s->has & SHUB_CLAIR_HAS_TEMPERATURE) {
        shub__buf_text(buf, ",\"temperature_celsius\":");
        shub__clair_put_tenths(buf, s->temperature_tenths);
    }
    if (s->has & SHUB_CLAIR_HAS_HUMIDITY)
        shub__buf_printf(buf, ",\"rel_humidity_percent\":%" PRId32, s->humidity_percent);
    shub__buf_printf(buf,
                     "},\"relationships\":{\"node\":{\"data\":{\"type\":\"Node\","
                     "\"id\":\"%s\"}}}}}",
                     s->node);
}

static shub_status copy_out(const shub__buf *buf, char *dst, size_t cap, size_t *len,
                            shub_error *err)
{
    shub_status status = shub__buf_check(buf, "body", err);

    if (status != SHUB_OK)
        return status;
    if (buf->len >= cap)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "a body of %zu bytes and a NUL, room for %zu", buf->len, cap);
    memcpy(dst, buf->ptr, buf->len + 1);
    *len = buf->len;
    return SHUB_OK;
}

shub_status shub_clair_body(const shub_clair_sample *sample, char *dst, size_t cap,
                            size_t *len, shub_error *err)
{
    shub_clair_sample s;
    shub__clair_part part;
    shub__buf buf;
    shub_status status;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    if ((status = shub__options_in(&s, sizeof s, sample, err)) != SHUB_OK ||
        (status = shub__clair_check(&s, &part, err)) != SHUB_OK)
        return status;
    if (s.quality != SHUB_QUALITY_MEASURED)
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE,
                          "the endpoint has no place for the status %c",
                          shub__clair_letters[s.quality]);
    shub__buf_init(&buf, SHUB_CLAIR_BODY_MAX - 1);
    write_body(&buf, &s);
    status = copy_out(&buf, dst, cap, len, err);
    shub__buf_fini(&buf);
    return status;
}
