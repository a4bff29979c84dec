#include "sample/influx.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "sample/batch.h"
#include "sample/influx_options.h"

/* One text being read into a batch. */
typedef struct adder {
    shub_batch *batch;
    shub_influx_options opts;
    int64_t step_ns;
    shub__influx influx;
} adder;

static shub_status refuse(const adder *a, shub_status status, const char *why,
                          shub_error *err)
{
    return shub__fail(err, status, (int64_t)a->influx.start, "%s", why);
}

/* ---- a line --------------------------------------------------------------------- */

static shub_status read_quality(const adder *a, shub_slice word, shub_sample *s,
                                shub_error *err)
{
    s->flags &= ~SHUB_QUALITY_MASK;
    if (shub__json_is(word, "replaced"))
        s->flags |= SHUB_QUALITY_REPLACED;
    else if (shub__json_is(word, "error"))
        s->flags |= SHUB_QUALITY_ERROR;
    else if (!shub__json_is(word, "measured"))
        return refuse(a, SHUB_E_CONTENT, "an unknown quality", err);
    return SHUB_OK;
}

static shub_status read_assumed(const adder *a, shub_slice word, shub_sample *s,
                                shub_error *err)
{
    s->flags &= ~SHUB_TIME_ASSUMED;
    if (shub__json_is(word, "true"))
        s->flags |= SHUB_TIME_ASSUMED;
    else if (!shub__json_is(word, "false"))
        return refuse(a, SHUB_E_CONTENT, "time_assumed is neither true nor false", err);
    return SHUB_OK;
}

static shub_status read_tags(adder *a, shub_sample *s, shub_error *err)
{
    shub_slice key, value;
    shub_status status = SHUB_OK;
    while (!status && shub__influx_next_tag(&a->influx, &key, &value)) {
        if (shub_slice_equal(key, a->opts.device_tag))
            s->device = value;
        else if (shub__json_is(key, "unit"))
            s->unit = value;
        else if (shub__json_is(key, "quality"))
            status = read_quality(a, value, s, err);
        else if (shub__json_is(key, "time_assumed"))
            status = read_assumed(a, value, s, err);
    }
    if (!status && !a->influx.status && !s->device.len)
        status = refuse(a, SHUB_E_CONTENT, "a line without the device's tag", err);
    return status;
}

static shub_status read_field(adder *a, shub_sample *s, shub_error *err)
{
    if (s->value.kind == SHUB__KIND_UINT64) {
        if (s->value.as.i64 < 0)
            return refuse(a, SHUB_E_RANGE, "an unsigned number beyond 63 bits", err);
        s->value.kind = SHUB_KIND_INT64;
    }
    shub_status status = shub_batch_append(a->batch, s, err);
    if (status && err)
        err->pos = (int64_t)a->influx.start;
    return status;
}

/* Floored: times before 1970 are cut in the direction of those after. */
static shub_status time_of(const adder *a, int64_t steps, int64_t *time_us,
                           shub_error *err)
{
    int64_t ns;
    if (!shub__i64_mul(steps, a->step_ns, &ns))
        return refuse(a, SHUB_E_RANGE, "a time outside the years 1677 to 2262", err);
    *time_us = ns / 1000 - (ns % 1000 < 0);
    return SHUB_OK;
}

static shub_status set_time(adder *a, size_t first, int64_t time_us)
{
    for (size_t i = first; i < a->batch->rows; i++)
        a->batch->time_us[i] = time_us;
    return SHUB_OK;
}

/* The time of a line stands at its end: rows get it when they are there. */
static shub_status read_point(adder *a, uint32_t flags, int *has_time, shub_error *err)
{
    size_t first = a->batch->rows;
    int64_t steps;
    int64_t time_us = a->opts.now_us;
    shub_sample s = SHUB_SAMPLE_INIT;
    s.flags = flags;
    shub_status status = read_tags(a, &s, err);
    while (!status && shub__influx_next_field(&a->influx, &s.quantity, &s.value))
        status = read_field(a, &s, err);
    if (status)
        return status;
    *has_time = shub__influx_time(&a->influx, &steps);
    if (*has_time)
        status = time_of(a, steps, &time_us, err);
    else if (!time_us && !a->influx.status)
        status = refuse(a, SHUB_E_CONTENT, "a line without a time", err);
    return status ? status : set_time(a, first, time_us);
}

/* What is malformed behind what was refused does not matter. */
static shub_status read_line(adder *a, shub_error *err)
{
    shub__batch_mark before = shub__batch_marked(a->batch);
    int has_time = 1;
    shub_slice measurement;
    shub_status status = read_point(a, 0, &has_time, err);
    if (!status && !has_time && !a->influx.status) {
        shub__batch_rewind(a->batch, &before);
        shub__influx_again(&a->influx);
        shub__influx_next_point(&a->influx, &measurement);
        status = read_point(a, SHUB_TIME_ASSUMED, &has_time, err);
    }
    shub_status syntax = shub__influx_end(&a->influx);
    if (!status && syntax)
        status = shub__fail(err, syntax, (int64_t)a->influx.where, "%s", a->influx.why);
    if (status)
        shub__batch_rewind(a->batch, &before);
    return status;
}

/* ---- the text ------------------------------------------------------------------- */

static int is_torn(const adder *a)
{
    const shub__influx *r = &a->influx;
    return r->pos == r->len && r->ptr[r->len - 1] != '\n';
}

static shub_status read_lines(adder *a, size_t *refused, shub_error *err)
{
    shub_slice measurement;
    shub_status first = SHUB_OK;
    while (shub__influx_next_point(&a->influx, &measurement)) {
        shub_error *told = first ? NULL : err;
        shub_status status = read_line(a, told);
        if (!status)
            continue;
        if (status == SHUB_E_NOMEM)
            return shub__fail_at(err, shub__fail_nomem(err),
                                 shub__influx_line(&a->influx));
        if (status == SHUB_E_FORMAT && is_torn(a))
            status = SHUB_E_TRUNCATED;
        if (told)
            told->code = status;
        if (told)
            shub__fail_at(told, status, shub__influx_line(&a->influx));
        ++*refused;
        if (!first)
            first = status;
    }
    return first;
}

shub_status shub_batch_add_influx(shub_batch *batch, shub_slice text,
                                  const shub_influx_options *opts, size_t *refused,
                                  shub_error *err)
{
    size_t count = 0;
    adder a = {.batch = batch};
    shub__buf scratch;
    if (refused)
        *refused = 0;
    shub_status status = shub__influx_options_in(&a.opts, opts, err);
    if (status)
        return status;
    a.step_ns = shub__influx_step_ns(a.opts.precision);
    shub__buf_init(&scratch, SHUB__INFLUX_POINT_MAX);
    shub__influx_init(&a.influx, text, &scratch);
    status = read_lines(&a, &count, err);
    shub__buf_fini(&scratch);
    if (refused)
        *refused = count;
    return status;
}
