#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "sample/batch.h"
#include "sample/influx.h"
#include "sample/influx_options.h"
#include "sample/influx_rows.h"

/* What a tag of a line says. */
typedef enum tag_source {
    TAG_DEVICE,
    TAG_QUALITY,
    TAG_TIME_ASSUMED,
    TAG_UNIT,
    TAG_GIVEN /* by the caller, of every line the same */
} tag_source;

typedef struct tag_slot {
    shub_slice key;
    shub_slice value;
    tag_source source;
} tag_slot;

typedef struct writer {
    const shub_batch *batch;
    shub__buf *buf;
    shub_influx_options opts;
    tag_slot tags[SHUB_INFLUX_TAGS_MAX]; /* in order of key */
    size_t tag_count;
    uint32_t *seen; /* by quantity: the line that has it */
    uint32_t line;
    char time[SHUB__INT64_MAX + 2]; /* " time\n" of the group */
    size_t time_len;
} writer;

/* ---- tags ----------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const tag_slot *one = a;
    const tag_slot *other = b;
    size_t len = one->key.len < other->key.len ? one->key.len : other->key.len;
    int order = memcmp(one->key.ptr, other->key.ptr, len);
    return order ? order
                 : (one->key.len > other->key.len) - (one->key.len < other->key.len);
}

static void add_tag(writer *w, shub_slice key, shub_slice value, tag_source source)
{
    w->tags[w->tag_count++] = (tag_slot){key, value, source};
}

static shub_status plan_tags(writer *w, shub_error *err)
{
    const shub_influx_options *o = &w->opts;
    int has_units = !o->no_units && o->naming == SHUB_INFLUX_FIELDS;
    if (o->tag_count > SHUB_INFLUX_TAGS_MAX - 4)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%zu tags, at most %d",
                          o->tag_count, SHUB_INFLUX_TAGS_MAX - 4);
    add_tag(w, o->device_tag, (shub_slice){NULL, 0}, TAG_DEVICE);
    add_tag(w, SHUB_LIT("quality"), (shub_slice){NULL, 0}, TAG_QUALITY);
    add_tag(w, SHUB_LIT("time_assumed"), SHUB_LIT("true"), TAG_TIME_ASSUMED);
    if (has_units)
        add_tag(w, SHUB_LIT("unit"), (shub_slice){NULL, 0}, TAG_UNIT);
    for (size_t i = 0; i < o->tag_count; i++)
        add_tag(w, o->tags[i].key, o->tags[i].value, TAG_GIVEN);
    qsort(w->tags, w->tag_count, sizeof w->tags[0], by_key);
    for (size_t i = 1; i < w->tag_count; i++) {
        if (shub_slice_equal(w->tags[i - 1].key, w->tags[i].key))
            return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "two tags \"%.*s\"",
                              SHUB__SHOW(w->tags[i].key));
    }
    return SHUB_OK;
}

/* The tag's value in this row; empty: the line goes without it. */
static shub_slice tag_value(const tag_slot *tag, const shub_sample *s)
{
    static const shub_slice none = {NULL, 0};
    switch (tag->source) {
    case TAG_DEVICE:
        return s->device;
    case TAG_QUALITY:
        if ((s->flags & SHUB_QUALITY_MASK) == SHUB_QUALITY_REPLACED)
            return SHUB_LIT("replaced");
        return s->flags & SHUB_QUALITY_MASK ? SHUB_LIT("error") : none;
    case TAG_TIME_ASSUMED:
        return s->flags & SHUB_TIME_ASSUMED ? tag->value : none;
    case TAG_UNIT:
        return s->unit;
    default:
        return tag->value;
    }
}

/* ---- words ---------------------------------------------------------------------- */

static shub_status no_room(const writer *w, shub_error *err)
{
    return shub__buf_check(w->buf, "a buffer of line protocol", err);
}

static shub_status check_word(shub_slice name, shub__influx_word word, const char *what,
                              shub_error *err)
{
    const char *why = shub__influx_refuses(name, word);
    if (!why)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%s \"%.*s\" %s", what,
                      SHUB__SHOW(name), why);
}

static shub_status put_tag(writer *w, shub_slice key, shub_slice value, shub_error *err)
{
    shub_status status = check_word(value, SHUB__INFLUX_KEY, "tag", err);
    if (status)
        return status;
    char *begin = shub__buf_room(w->buf, SHUB__INFLUX_NAME_MAX(key.len + value.len) + 2);
    if (!begin)
        return no_room(w, err);
    char *dst = begin;
    *dst++ = ',';
    dst = shub__influx_put_name(dst, key, SHUB__INFLUX_KEY);
    *dst++ = '=';
    dst = shub__influx_put_name(dst, value, SHUB__INFLUX_KEY);
    shub__buf_added(w->buf, (size_t)(dst - begin));
    return SHUB_OK;
}

static shub_status begin_line(writer *w, shub_slice measurement, const shub_sample *s,
                              shub_error *err)
{
    char *dst = shub__buf_room(w->buf, SHUB__INFLUX_NAME_MAX(measurement.len));
    if (!dst)
        return no_room(w, err);
    char *end = shub__influx_put_name(dst, measurement, SHUB__INFLUX_MEASUREMENT);
    shub__buf_added(w->buf, (size_t)(end - dst));
    w->line++;
    shub_status status = SHUB_OK;
    for (size_t i = 0; i < w->tag_count && !status; i++) {
        shub_slice value = tag_value(&w->tags[i], s);
        if (value.len)
            status = put_tag(w, w->tags[i].key, value, err);
    }
    return status;
}

static size_t value_room(const shub_value *value)
{
    return SHUB__INFLUX_VALUE_MAX(value->kind == SHUB_KIND_TEXT ? value->as.text.len : 0);
}

/* `separator`: ' ' before the first field, ',' before every other. */
static shub_status put_field(writer *w, char separator, shub_slice key,
                             const shub_value *value, shub_error *err)
{
    char *begin =
        shub__buf_room(w->buf, SHUB__INFLUX_NAME_MAX(key.len) + 2 + value_room(value));
    if (!begin)
        return no_room(w, err);
    char *dst = begin;
    *dst++ = separator;
    dst = shub__influx_put_name(dst, key, SHUB__INFLUX_KEY);
    *dst++ = '=';
    dst = shub__influx_put_value(dst, value, w->opts.one_line);
    shub__buf_added(w->buf, (size_t)(dst - begin));
    return SHUB_OK;
}

static shub_status end_line(writer *w, shub_error *err)
{
    shub__buf_add(w->buf, w->time, w->time_len);
    return no_room(w, err);
}

/* The server keeps nanoseconds, and the ends of their range for itself (influxdb 2.7,
 * models/time.go). */
static shub_status format_time(writer *w, int64_t time_us, shub_error *err)
{
    int64_t ns;
    int64_t step = shub__influx_step_ns(w->opts.precision);
    if (!shub__i64_mul(time_us, 1000, &ns) || ns < INT64_MIN + 2 || ns > INT64_MAX - 1)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "time %lld us is outside the years 1677 to 2262",
                          (long long)time_us);
    int64_t steps = ns / step - (ns % step < 0);
    w->time[0] = ' ';
    w->time_len = 1 + shub__int64_write(steps, w->time + 1);
    w->time[w->time_len++] = '\n';
    return SHUB_OK;
}

/* ---- rows ----------------------------------------------------------------------- */

/* 1 when the row goes on the line of the row before it. */
static int continues(const writer *w, size_t i)
{
    const shub_batch *b = w->batch;
    if (w->seen[b->quantity[i]] == w->line)
        return 0;
    if (b->has_flags && b->flags[i] != b->flags[i - 1])
        return 0;
    return w->opts.no_units || b->unit[i] == b->unit[i - 1];
}

static shub_status put_row(writer *w, size_t i, int first, shub_error *err)
{
    shub_sample s;
    shub_status status = SHUB_OK;
    int next = !first && continues(w, i);
    shub_batch_get(w->batch, i, &s, NULL);
    status = check_word(s.quantity, SHUB__INFLUX_KEY, "quantity", err);
    if (!status && !first && !next)
        status = end_line(w, err);
    if (!status && !next)
        status = begin_line(w, w->opts.measurement, &s, err);
    if (!status)
        status = put_field(w, next ? ',' : ' ', s.quantity, &s.value, err);
    w->seen[w->batch->quantity[i]] = w->line;
    return status;
}

static shub_status put_group(writer *w, const shub_group *group, size_t *i,
                             shub_error *err)
{
    shub_status status = SHUB_OK;
    size_t end = group->first + group->count;
    for (*i = group->first; *i < end && !status; ++*i)
        status = put_row(w, *i, *i == group->first, err);
    *i -= status != SHUB_OK;
    return status ? status : end_line(w, err);
}

/* ChirpStack's rows: one value a line. */
static shub_status put_chirpstack(writer *w, const shub_group *group, size_t *i,
                                  shub_error *err)
{
    shub_status status = SHUB_OK;
    size_t end = group->first + group->count;
    for (*i = group->first; *i < end && !status;) {
        shub__influx_row row;
        size_t used = shub__influx_row_read(w->batch, *i, end, &row);
        status = check_word(row.measurement, SHUB__INFLUX_MEASUREMENT, "quantity", err);
        if (!status)
            status = begin_line(w, row.measurement, &row.sample, err);
        for (size_t field = 0; field < row.count && !status; field++)
            status =
                put_field(w, field ? ',' : ' ', row.keys[field], &row.values[field], err);
        if (!status)
            status = end_line(w, err);
        *i += status ? 0 : used;
    }
    return status;
}

static shub_status put_groups(writer *w, shub_error *err)
{
    shub_group group = {0, 0, {NULL, 0}, 0};
    while (shub_batch_next_group(w->batch, &group)) {
        size_t i = group.first;
        shub_status status = format_time(w, group.time_us, err);
        if (!status)
            status = w->opts.naming == SHUB_INFLUX_CHIRPSTACK
                         ? put_chirpstack(w, &group, &i, err)
                         : put_group(w, &group, &i, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    return SHUB_OK;
}

shub_status shub_batch_to_influx(shub_batch *batch, const shub_influx_options *opts,
                                 shub_slice *text, shub_error *err)
{
    writer w = {.batch = batch, .buf = &batch->out};
    *text = (shub_slice){NULL, 0};
    shub__buf_clear(w.buf);
    shub_status status = shub__influx_options_in(&w.opts, opts, err);
    if (!status)
        status = plan_tags(&w, err);
    if (status)
        return status;
    w.seen = shub__calloc(batch->quantities.count + 1, sizeof w.seen[0]);
    status = w.seen ? put_groups(&w, err) : shub__fail_nomem(err);
    shub__free(w.seen);
    if (!status)
        *text = shub__buf_view(w.buf);
    return status;
}
