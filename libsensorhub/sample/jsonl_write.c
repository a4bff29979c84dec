#include "sample/jsonl.h"

#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "sample/batch.h"
#include "sample/check.h"
#include "sample/put.h"

char *shub__jsonl_put_value(char *dst, const shub_value *value)
{
    switch (value->kind) {
    case SHUB_KIND_DOUBLE:
        return dst + shub__double_write(value->as.f64, dst);
    case SHUB_KIND_INT64:
        return dst + shub__int64_write(value->as.i64, dst);
    case SHUB_KIND_BOOL:
        return value->as.boolean ? SHUB__PUT(dst, "true") : SHUB__PUT(dst, "false");
    default:
        return shub__json_quote_into(dst, value->as.text);
    }
}

char *shub__jsonl_put_flags(char *dst, uint32_t flags)
{
    if ((flags & SHUB_QUALITY_MASK) == SHUB_QUALITY_REPLACED)
        dst = SHUB__PUT(dst, ",\"quality\":\"replaced\"");
    if ((flags & SHUB_QUALITY_MASK) == SHUB_QUALITY_ERROR)
        dst = SHUB__PUT(dst, ",\"quality\":\"error\"");
    if (flags & SHUB_TIME_ASSUMED)
        dst = SHUB__PUT(dst, ",\"time_assumed\":true");
    return dst;
}

static char *put_line(char *dst, const shub_sample *s, const shub__jsonl_memo *time)
{
    dst = SHUB__PUT(dst, "{\"device\":");
    dst = shub__json_quote_into(dst, s->device);
    dst = SHUB__PUT(dst, ",\"quantity\":");
    dst = shub__json_quote_into(dst, s->quantity);
    dst = SHUB__PUT(dst, ",\"time\":\"");
    dst = shub__put(dst, time->text, time->len);
    dst = SHUB__PUT(dst, "\",\"value\":");
    dst = shub__jsonl_put_value(dst, &s->value);
    if (s->unit.len) {
        dst = SHUB__PUT(dst, ",\"unit\":");
        dst = shub__json_quote_into(dst, s->unit);
    }
    dst = shub__jsonl_put_flags(dst, s->flags);
    return SHUB__PUT(dst, "}\n");
}

shub_status shub__jsonl_time(shub__jsonl_memo *memo, int64_t time_us, shub_error *err)
{
    if (memo->len && memo->time_us == time_us)
        return SHUB_OK;
    memo->time_us = time_us;
    memo->len = shub_time_format(time_us, memo->text);
    if (!memo->len)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "time %lld us is outside the years 0000 to 9999",
                          (long long)time_us);
    return SHUB_OK;
}

/* Everything but the names and the text is shorter than this. */
#define FRAME_MAX 256

static size_t line_room(const shub_sample *s)
{
    size_t text = s->value.kind == SHUB_KIND_TEXT ? s->value.as.text.len : 0;
    return FRAME_MAX + 6 * (s->device.len + s->quantity.len + s->unit.len + text);
}

shub_status shub__jsonl_write_row(shub__buf *buf, const shub_sample *sample,
                                  shub__jsonl_memo *memo, shub_error *err)
{
    shub_status status = shub__jsonl_time(memo, sample->time_us, err);
    if (status)
        return status;
    char *dst = shub__buf_room(buf, line_room(sample));
    if (!dst)
        return shub__buf_check(buf, "a buffer of JSON lines", err);
    shub__buf_added(buf, (size_t)(put_line(dst, sample, memo) - dst));
    return SHUB_OK;
}

shub_status shub__jsonl_write(shub__buf *buf, const shub_sample *sample, shub_error *err)
{
    shub__jsonl_memo memo = {0, 0, ""};
    shub_status status = shub__check_sample(sample, err);
    return status ? status : shub__jsonl_write_row(buf, sample, &memo, err);
}

shub_status shub_batch_to_jsonl(shub_batch *batch, shub_slice *text, shub_error *err)
{
    shub__jsonl_memo memo = {0, 0, ""};
    *text = (shub_slice){NULL, 0};
    shub__buf_clear(&batch->out);
    for (size_t i = 0; i < batch->rows; i++) {
        shub_sample sample;
        shub_batch_get(batch, i, &sample, NULL);
        shub_status status = shub__jsonl_write_row(&batch->out, &sample, &memo, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    *text = shub__buf_view(&batch->out);
    return SHUB_OK;
}
