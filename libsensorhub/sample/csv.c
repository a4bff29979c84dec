#include "sample/csv.h"

#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/options.h"
#include "sample/batch.h"

/* ---- fields --------------------------------------------------------------------- */

static void put_quoted(shub__buf *buf, shub_slice text)
{
    char *begin = shub__buf_room(buf, 2 * text.len + 2);
    char *dst = begin;
    if (!begin)
        return;
    *dst++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            *dst++ = '"';
        *dst++ = text.ptr[i];
    }
    *dst++ = '"';
    shub__buf_added(buf, (size_t)(dst - begin));
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

void shub__csv_name(shub__csv *csv, shub_slice name)
{
    if (must_quote(name))
        put_quoted(csv->buf, name);
    else
        shub__buf_slice(csv->buf, name);
}

void shub__csv_value(shub__csv *csv, const shub_value *value)
{
    char text[SHUB__DOUBLE_MAX];
    switch (value->kind) {
    case SHUB_KIND_DOUBLE:
        shub__buf_add(csv->buf, text, shub__double_write(value->as.f64, text));
        return;
    case SHUB_KIND_INT64:
        shub__buf_add(csv->buf, text, shub__int64_write(value->as.i64, text));
        return;
    case SHUB_KIND_BOOL:
        shub__buf_text(csv->buf, value->as.boolean ? "true" : "false");
        return;
    default:
        put_quoted(csv->buf, value->as.text);
    }
}

void shub__csv_comma(shub__csv *csv)
{
    shub__buf_byte(csv->buf, ',');
}

void shub__csv_end(shub__csv *csv)
{
    shub__buf_add(csv->buf, &"\r\n"[csv->opts.lf != 0], csv -> opts.lf ? 1 : 2);
}

shub_status shub__csv_time(shub__csv *csv, int64_t time_us, shub_error *err)
{
    shub_status status = shub__jsonl_time(&csv->time, time_us, err);
    if (!status)
        shub__buf_add(csv->buf, csv->time.text, csv->time.len);
    return status;
}

void shub__csv_flags(shub__csv *csv, uint32_t flags)
{
    static const char *const qualities[] = {"", "replaced", "error", "error"};
    shub__csv_comma(csv);
    shub__buf_text(csv->buf, qualities[flags & SHUB_QUALITY_MASK]);
    shub__csv_comma(csv);
    shub__buf_text(csv->buf, flags & SHUB_TIME_ASSUMED ? "true" : "");
}

/* ---- long ----------------------------------------------------------------------- */

static shub_status put_row(shub__csv *csv, const shub_sample *s, shub_error *err)
{
    shub_status status = shub__csv_time(csv, s->time_us, err);
    shub__csv_comma(csv);
    shub__csv_name(csv, s->device);
    shub__csv_comma(csv);
    shub__csv_name(csv, s->quantity);
    shub__csv_comma(csv);
    shub__csv_value(csv, &s->value);
    shub__csv_comma(csv);
    shub__csv_name(csv, s->unit);
    shub__csv_flags(csv, s->flags);
    shub__csv_end(csv);
    return status;
}

shub_status shub__csv_long(shub__csv *csv, shub_error *err)
{
    if (!csv->opts.no_header) {
        shub__buf_text(csv->buf, "time,device,quantity,value,unit,quality,time_assumed");
        shub__csv_end(csv);
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
