#include "sample/csv.h"

#include "base/error.h"
#include "base/options.h"
#include "sample/batch.h"
#include "sample/put.h"

/* ---- fields --------------------------------------------------------------------- */

static char *put_quoted(char *dst, shub_slice text)
{
    *dst++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            *dst++ = '"';
        *dst++ = text.ptr[i];
    }
    *dst++ = '"';
    return dst;
}

/* RFC 4180 section 2, rules 5 to 7; besides, spaces at the ends, which readers trim. */
static int must_quote(shub_slice name)
{
    if (name.len && (name.ptr[0] == ' ' || name.ptr[name.len - 1] == ' '))
        return 1;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == ',' || name.ptr[i] == '"' || (unsigned char)name.ptr[i] < ' ')
            return 1;
    }
    return 0;
}

char *shub__csv_put_name(char *dst, shub_slice name)
{
    if (must_quote(name))
        return put_quoted(dst, name);
    return name.len ? shub__put(dst, name.ptr, name.len) : dst;
}

char *shub__csv_put_value(char *dst, const shub_value *value)
{
    if (value->kind == SHUB_KIND_TEXT)
        return put_quoted(dst, value->as.text);
    return shub__jsonl_put_value(dst, value);
}

char *shub__csv_put_flags(char *dst, uint32_t flags)
{
    dst = SHUB__PUT(dst, ",");
    if ((flags & SHUB_QUALITY_MASK) == SHUB_QUALITY_REPLACED)
        dst = SHUB__PUT(dst, "replaced");
    else if (flags & SHUB_QUALITY_MASK)
        dst = SHUB__PUT(dst, "error");
    dst = SHUB__PUT(dst, ",");
    return flags & SHUB_TIME_ASSUMED ? SHUB__PUT(dst, "true") : dst;
}

char *shub__csv_put_end(char *dst, const shub__csv *csv)
{
    return csv->opts.lf ? SHUB__PUT(dst, "\n") : SHUB__PUT(dst, "\r\n");
}

/* ---- long ----------------------------------------------------------------------- */

static char *put_line(char *dst, const shub__csv *csv, const shub_sample *s)
{
    dst = shub__put(dst, csv->time.text, csv->time.len);
    dst = SHUB__PUT(dst, ",");
    dst = shub__csv_put_name(dst, s->device);
    dst = SHUB__PUT(dst, ",");
    dst = shub__csv_put_name(dst, s->quantity);
    dst = SHUB__PUT(dst, ",");
    dst = shub__csv_put_value(dst, &s->value);
    dst = SHUB__PUT(dst, ",");
    dst = shub__csv_put_name(dst, s->unit);
    dst = shub__csv_put_flags(dst, s->flags);
    return shub__csv_put_end(dst, csv);
}

static size_t line_room(const shub_sample *s)
{
    size_t text = s->value.kind == SHUB_KIND_TEXT ? s->value.as.text.len : 0;
    return SHUB__CSV_LINE_MAX +
           SHUB__CSV_QUOTED_MAX(s->device.len + s->quantity.len + s->unit.len + text);
}

static shub_status put_row(shub__csv *csv, const shub_sample *s, shub_error *err)
{
    shub_status status = shub__jsonl_time(&csv->time, s->time_us, err);
    if (status)
        return status;
    char *dst = shub__buf_room(csv->buf, line_room(s));
    if (dst)
        shub__buf_added(csv->buf, (size_t)(put_line(dst, csv, s) - dst));
    return SHUB_OK;
}

shub_status shub__csv_long(shub__csv *csv, shub_error *err)
{
    if (!csv->opts.no_header) {
        shub__buf_text(csv->buf, "time,device,quantity,value,unit,quality,time_assumed");
        shub__buf_text(csv->buf, csv->opts.lf ? "\n" : "\r\n");
    }
    for (size_t i = 0; i < csv->columns.rows && !csv->buf->status; i++) {
        shub_sample s;
        shub_batch_get(csv->batch, i, &s, NULL);
        shub_status status = put_row(csv, &s, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    return SHUB_OK;
}

/* ---- both ----------------------------------------------------------------------- */

shub_status shub_batch_to_csv(shub_batch *batch, const shub_csv_options *opts,
                              shub_slice *text, shub_error *err)
{
    shub__csv csv = {.batch = batch, .buf = &batch->out};
    csv.columns.size = sizeof csv.columns;
    shub_batch_columns(batch, &csv.columns);
    *text = (shub_slice){NULL, 0};
    shub__buf_clear(csv.buf);
    shub_status status = shub__options_in(&csv.opts, sizeof csv.opts, opts, err);
    if (status)
        return status;
    if (csv.opts.layout != SHUB_CSV_LONG && csv.opts.layout != SHUB_CSV_WIDE)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown layout %d",
                          (int)csv.opts.layout);
    status = csv.opts.layout == SHUB_CSV_WIDE ? shub__csv_wide(&csv, err)
                                              : shub__csv_long(&csv, err);
    if (!status)
        status = shub__buf_check(csv.buf, "a buffer of CSV", err);
    if (!status)
        *text = shub__buf_view(csv.buf);
    return status;
}
