#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/options.h"
#include "sample/batch.h"
#include "sample/jsonl.h"
#include "sample/put.h"
#include "sample/senml.h"

/* "-9223372036854.775807" */
#define SECONDS_MAX 24

/* Bytes of a record, names and text not counted, but the base unit. */
#define RECORD_MAX (256 + SHUB__JSON_QUOTED_MAX(SHUB_SAMPLE_NAME_MAX))

typedef struct writer {
    const shub_batch *batch;
    shub_columns columns; /* of the batch */
    shub__buf *buf;
    shub_senml_options opts;
    uint8_t *units;      /* by code: what shub_senml_unit says */
    uint8_t *devices;    /* by code: 1, SenML can express the name */
    uint8_t *quantities; /* the same */
    int32_t base_unit;   /* code; SHUB_NONE: none */
    int names_base;      /* names are divided */
    int32_t version;
    int64_t base_time; /* of the records from here on */
    int64_t offset;    /* what this record's time adds to it */
    size_t run_end;    /* end of the rows of one time */
} writer;

/* ---- the plan ------------------------------------------------------------------- */

static int is_name(shub_slice name, int is_device)
{
    if (is_device && !shub__senml_name_begin(name.ptr[0]))
        return 0;
    for (size_t i = 0; i < name.len; i++) {
        if (!shub__senml_name_byte(name.ptr[i]) || (!is_device && name.ptr[i] == ':'))
            return 0;
    }
    return 1;
}

/* Each name once, however many rows have it. */
static int look_up_names(writer *w)
{
    const shub_columns *c = &w->columns;
    w->units = shub__calloc(c->unit_count + c->device_count + c->quantity_count + 1,
                            sizeof w->units[0]);
    if (!w->units)
        return 0;
    w->devices = w->units + c->unit_count;
    w->quantities = w->devices + c->device_count;
    for (size_t i = 0; i < c->unit_count; i++)
        w->units[i] = (uint8_t)shub_senml_unit(c->units[i]);
    for (size_t i = 0; i < c->device_count; i++)
        w->devices[i] = (uint8_t)is_name(c->devices[i], 1);
    for (size_t i = 0; i < c->quantity_count; i++)
        w->quantities[i] = (uint8_t)is_name(c->quantities[i], 0);
    return 1;
}

static int32_t unit_of(const writer *w, size_t i)
{
    int32_t unit = w->columns.unit[i];
    return unit >= 0 && w->units[unit] ? unit : SHUB_NONE;
}

/* A base unit that is in force cannot be taken back for a record without one, so there is
 * none when any row has none; the most frequent unit saves most. */
static int plan_unit(writer *w)
{
    const shub_columns *c = &w->columns;
    size_t *count = shub__calloc(c->unit_count + 1, sizeof count[0]);
    int all = 1;
    if (!count)
        return 0;
    for (size_t i = 0; i < c->rows; i++) {
        int32_t unit = unit_of(w, i);
        if (unit < 0) {
            all = 0;
            continue;
        }
        count[unit]++;
        if (w->units[unit] == 2)
            w->version = SHUB__SENML_SECONDARY;
    }
    w->base_unit = 0;
    for (size_t i = 1; i < c->unit_count; i++) {
        if (count[i] > count[w->base_unit])
            w->base_unit = (int32_t)i;
    }
    if (!all || count[w->base_unit] < 2)
        w->base_unit = SHUB_NONE;
    shub__free(count);
    return 1;
}

/* "bn" once for rows of a device that stand together, or its name in each. */
static void plan_names(writer *w)
{
    const shub_columns *c = &w->columns;
    size_t with = 0;
    size_t without = 0;
    for (size_t i = 0; i < c->rows; i++) {
        size_t len = c->devices[c->device[i]].len + 1;
        without += len;
        if (!i || c->device[i] != c->device[i - 1])
            with += len + sizeof "\"bn\":\"\"," - 1;
    }
    w->names_base = with < without;
}

/* ---- words ---------------------------------------------------------------------- */

static size_t put_seconds(int64_t us, char *dst)
{
    uint64_t size = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
    uint64_t fraction = size % SHUB_SECOND_US;
    size_t len = 0;
    if (us < 0)
        dst[len++] = '-';
    len += shub__uint64_write(size / SHUB_SECOND_US, dst + len);
    if (!fraction)
        return len;
    dst[len++] = '.';
    for (uint64_t unit = SHUB_SECOND_US / 10; fraction; unit /= 10) {
        dst[len++] = (char)('0' + fraction / unit);
        fraction %= unit;
    }
    return len;
}

static char *put_time(char *dst, const char *label, int64_t us)
{
    dst = shub__put(dst, label, strlen(label));
    dst += put_seconds(us, dst);
    return SHUB__PUT(dst, ",");
}

static shub_status refuse_name(shub_slice name, const char *what, shub_error *err)
{
    return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                      "%s \"%.*s\" has a character that SenML names have not there", what,
                      SHUB__SHOW(name));
}

static shub_status check_row(const writer *w, size_t i, const shub_sample *s,
                             int32_t unit, shub_error *err)
{
    if (!w->devices[w->columns.device[i]])
        return refuse_name(s->device, "device", err);
    if (!w->quantities[w->columns.quantity[i]])
        return refuse_name(s->quantity, "quantity", err);
    if (s->unit.len && unit < 0 && w->opts.units == SHUB_SENML_REGISTERED)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "unit \"%.*s\" is not registered for SenML",
                          SHUB__SHOW(s->unit));
    return SHUB_OK;
}

/* Time as the record says it. */
static shub_status stated_time(const writer *w, int64_t time_us, int64_t *stated,
                               shub_error *err)
{
    int relative = w->opts.now_us != 0;
    int64_t now = relative ? w->opts.now_us : 0;
    if ((now > 0 && time_us < INT64_MIN + now) || (now < 0 && time_us > INT64_MAX + now))
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "time %lld us is too far from now", (long long)time_us);
    *stated = time_us - now;
    if (relative == (*stated < SHUB__SENML_RELATIVE_US))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                      relative ? "time %lld us is later than SenML's relative times"
                               : "time %lld us is before SenML's absolute times",
                      (long long)time_us);
}

/* Where the time changes: a new base time, or an offset in each row of this time,
 * whichever is shorter. 1 when there is a new base. */
static int plan_time(writer *w, size_t i, int64_t stated)
{
    const shub_columns *c = &w->columns;
    char text[SECONDS_MAX];
    if (i < w->run_end)
        return 0;
    w->run_end = i + 1;
    while (w->run_end < c->rows && c->time_us[w->run_end] == c->time_us[i])
        w->run_end++;
    int far = w->base_time && (w->base_time < 0) != (stated < 0);
    w->offset = far ? 0 : stated - w->base_time;
    size_t offsets = (put_seconds(w->offset, text) + 5) * (w->run_end - i);
    if (!far && (!w->offset || offsets <= put_seconds(stated, text) + 6))
        return 0;
    w->base_time = stated;
    w->offset = 0;
    return 1;
}

/* ---- records -------------------------------------------------------------------- */

static char *put_bases(const writer *w, char *dst, size_t i, const shub_sample *s)
{
    if (i == 0 && w->version == SHUB__SENML_SECONDARY)
        dst = SHUB__PUT(dst, "\"bver\":26,");
    if (w->names_base && (!i || w->columns.device[i] != w->columns.device[i - 1])) {
        dst = SHUB__PUT(dst, "\"bn\":\"");
        dst = shub__put(dst, s->device.ptr, s->device.len);
        dst = SHUB__PUT(dst, ":\",");
    }
    if (i == 0 && w->base_unit >= 0) {
        dst = SHUB__PUT(dst, "\"bu\":");
        dst = shub__json_quote_into(dst, w->columns.units[w->base_unit]);
        dst = SHUB__PUT(dst, ",");
    }
    return dst;
}

static char *put_name(const writer *w, char *dst, const shub_sample *s)
{
    dst = SHUB__PUT(dst, "\"n\":\"");
    if (!w->names_base) {
        dst = shub__put(dst, s->device.ptr, s->device.len);
        dst = SHUB__PUT(dst, ":");
    }
    dst = shub__put(dst, s->quantity.ptr, s->quantity.len);
    return SHUB__PUT(dst, "\",");
}

static char *put_value(char *dst, const shub_value *value)
{
    if (value->kind == SHUB_KIND_TEXT)
        dst = SHUB__PUT(dst, "\"vs\":");
    else if (value->kind == SHUB_KIND_BOOL)
        dst = SHUB__PUT(dst, "\"vb\":");
    else
        dst = SHUB__PUT(dst, "\"v\":");
    return shub__jsonl_put_value(dst, value);
}

static char *put_record(writer *w, char *dst, size_t i, const shub_sample *s,
                        int64_t stated)
{
    int32_t unit = unit_of(w, i);
    dst = i ? SHUB__PUT(dst, ",\n{") : SHUB__PUT(dst, "{");
    dst = put_bases(w, dst, i, s);
    if (plan_time(w, i, stated))
        dst = put_time(dst, "\"bt\":", w->base_time);
    dst = put_name(w, dst, s);
    if (w->offset)
        dst = put_time(dst, "\"t\":", w->offset);
    if (unit >= 0 && unit != w->base_unit) {
        dst = SHUB__PUT(dst, "\"u\":");
        dst = shub__json_quote_into(dst, s->unit);
        dst = SHUB__PUT(dst, ",");
    }
    dst = put_value(dst, &s->value);
    dst = shub__jsonl_put_flags(dst, s->flags);
    /* A time of zero is one that is assumed, unless something says it is not. */
    if (!stated && !(s->flags & SHUB_TIME_ASSUMED))
        dst = SHUB__PUT(dst, ",\"time_assumed\":false");
    return SHUB__PUT(dst, "}");
}

static size_t record_room(const shub_sample *s)
{
    size_t text = s->value.kind == SHUB_KIND_TEXT ? s->value.as.text.len : 0;
    return RECORD_MAX + 2 * s->device.len + s->quantity.len +
           SHUB__JSON_QUOTED_MAX(s->unit.len + text);
}

static shub_status put_row(writer *w, size_t i, shub_error *err)
{
    shub_sample s;
    int64_t stated = 0;
    shub_batch_get(w->batch, i, &s, NULL);
    shub_status status = check_row(w, i, &s, unit_of(w, i), err);
    if (!status)
        status = stated_time(w, s.time_us, &stated, err);
    if (status)
        return status;
    char *dst = shub__buf_room(w->buf, record_room(&s));
    if (!dst)
        return shub__buf_check(w->buf, "a buffer of SenML", err);
    shub__buf_added(w->buf, (size_t)(put_record(w, dst, i, &s, stated) - dst));
    return SHUB_OK;
}

static shub_status put_pack(writer *w, shub_error *err)
{
    if (!look_up_names(w) || !plan_unit(w))
        return shub__fail_nomem(err);
    plan_names(w);
    shub__buf_byte(w->buf, '[');
    for (size_t i = 0; i < w->columns.rows; i++) {
        shub_status status = put_row(w, i, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    shub__buf_text(w->buf, "]\n");
    return shub__buf_check(w->buf, "a buffer of SenML", err);
}

shub_status shub_batch_to_senml(shub_batch *batch, const shub_senml_options *opts,
                                shub_slice *text, shub_error *err)
{
    writer w = {.batch = batch, .buf = &batch->out, .version = SHUB__SENML_VERSION};
    w.columns.size = sizeof w.columns;
    shub_batch_columns(batch, &w.columns);
    *text = (shub_slice){NULL, 0};
    shub__buf_clear(w.buf);
    shub_status status = shub__options_in(&w.opts, sizeof w.opts, opts, err);
    if (status)
        return status;
    if (w.opts.units != SHUB_SENML_REGISTERED && w.opts.units != SHUB_SENML_OMIT)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown units %d",
                          (int)w.opts.units);
    status = put_pack(&w, err);
    shub__free(w.units);
    if (!status)
        *text = shub__buf_view(w.buf);
    return status;
}
