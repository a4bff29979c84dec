/* Clairchen protocol 0, message 0 (clairchen bec5b46, docs/co2-sample-spec.md; clair.cpp
 * decides where docs/message-format.md differs: the version is in the highest bits):
 *
 *     byte 0    bits 7..6 version, 5..3 message, 2..0 number of samples - 1
 *     then for each sample, the oldest first
 *     byte 0    CO2, 20 ppm
 *     byte 1    bits 7..3 temperature, 1 Cel; bits 2..0 humidity, 10 %RH above 10 %RH
 */
#include "payload/clair.h"
#include "payload/decoders.h"

#include "base/error.h"

enum { CO2, TEMPERATURE, HUMIDITY };

static const shub__field table[] = {
    [CO2] = {"co2", "ppm"},
    [TEMPERATURE] = {"temperature", "Cel"},
    [HUMIDITY] = {"humidity", "%RH"},
};
static const shub__fields fields = SHUB__FIELDS(table);

/* Errors are those of clairttn/clairchen.py, in its order. */
static shub_status check(shub__reader *r, size_t *count, shub_error *err)
{
    unsigned header = shub__read_u8(r);
    unsigned version = header >> 6;
    unsigned message = header >> 3 & 7;
    *count = (header & 7) + 1;
    if (version != 0)
        return shub__fail(err, SHUB_E_CONTENT, 0, "unsupported version number: %u",
                          version);
    if (message != 0)
        return shub__fail(err, SHUB_E_CONTENT, 0, "unsupported message id: %u", message);
    if (shub__reader_left(r) % 2)
        return shub__fail(err, SHUB_E_FORMAT, (int64_t)r->len - 1,
                          "inadmissible number of sample bytes: 1");
    if (shub__reader_left(r) / 2 != *count)
        return shub__fail(err, SHUB_E_CONTENT, 0, "incorrect sample count: %zu", *count);
    return SHUB_OK;
}

/* One sample needs no spacing, and so no data rate. */
static shub_status spacing(const shub_frame *frame, size_t count, int64_t *seconds,
                           shub_error *err)
{
    const shub__clair_rate *row = shub__clair_rate_find(frame->rate);
    *seconds = row ? row->clairchen_s : 0;
    if (row || count == 1)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "no spacing at data rate \"%.*s\"",
                      SHUB__SHOW(frame->rate));
}

static void put_sample(shub__rows *rows, shub__reader *r)
{
    unsigned co2 = shub__read_u8(r);
    unsigned both = shub__read_u8(r);
    shub__rows_double(rows, CO2, co2 * 20);
    shub__rows_double(rows, TEMPERATURE, both >> 3);
    shub__rows_double(rows, HUMIDITY, (both & 7) * 10 + 10);
}

shub_status shub__clairchen_decode(const shub_frame *frame, shub_batch *batch, void *user,
                                   shub_error *err)
{
    shub__reader r;
    shub__rows rows;
    size_t count;
    int64_t seconds, time_us;
    (void)user;
    shub__frame_read(frame, &r);
    shub_status status = check(&r, &count, err);
    if (!status)
        status = spacing(frame, count, &seconds, err);
    if (status)
        return status;
    shub__frame_rows(frame, batch, &fields, &rows, err);
    for (size_t left = count; left-- > 0;) {
        status = shub__clair_time(frame->time_us, (int64_t)left * seconds, &time_us, err);
        if (status)
            return status;
        shub__rows_at(&rows, time_us);
        put_sample(&rows, &r);
    }
    return shub__rows_end(&rows);
}
