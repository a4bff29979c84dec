#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "sample/batch.h"
#include "sample/influx.h"
#include "sample/influx_options.h"
#include "sample/influx_rows.h"
#include "sample/influx_words.h"

/* A line that is longer takes no other field: one more, of the longest name and text, and
 * the time, would still be read. */
#define FIELD_MAX                                                                        \
    (SHUB__INFLUX_NAME_MAX((size_t)SHUB_SAMPLE_NAME_MAX) +                               \
     SHUB__INFLUX_VALUE_MAX((size_t)SHUB_SAMPLE_TEXT_MAX) + SHUB__INT64_MAX + 4)
#define LINE_FULL (SHUB__INFLUX_POINT_MAX - FIELD_MAX)

typedef struct writer {
    const shub_batch *batch;
    shub_columns columns; /* of the batch */
    shub__buf *buf;
    shub_influx_options opts;
    shub__influx_words words;
    uint32_t *seen; /* by quantity: the line that has it */
    uint32_t line;
    size_t line_start;              /* in the buffer */
    char time[SHUB__INT64_MAX + 2]; /* " time\n" of the group */
    size_t time_len;
} writer;

static shub_status no_room(const writer *w, shub_error *err)
{
    return shub__buf_check(w->buf, "a buffer of line protocol", err);
}

static shub_status refuse(shub_slice name, shub__influx_word word, const char *what,
                          shub_error *err)
{
    return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%s \"%.*s\" %s", what,
                      SHUB__SHOW(name), shub__influx_refuses(name, word));
}

/* ---- words ---------------------------------------------------------------------- */

/* Room behind `dst` and behind the word is there for a whole step. */
static char *put_word(char *dst, shub_slice word)
{
    if (word.len <= SHUB__INFLUX_STEP)
        memcpy(dst, word.ptr, SHUB__INFLUX_STEP);
    else
        memcpy(dst, word.ptr, word.len);
    return dst + word.len;
}

static char *put_literal(char *dst, const char *literal)
{
    size_t len = strlen(literal);
    memcpy(dst, literal, len);
    return dst + len;
}

static char *put_quality(char *dst, shub_slice key, uint32_t flags)
{
    if (!(flags & SHUB_QUALITY_MASK))
        return dst;
    dst = put_word(dst, key);
    if ((flags & SHUB_QUALITY_MASK) == SHUB_QUALITY_REPLACED)
        return put_literal(dst, "replaced");
    return put_literal(dst, "error");
}

static char *put_tag(char *dst, const writer *w, const shub__influx_tag *tag, size_t i)
{
    const shub_columns *c = &w->columns;
    uint32_t flags = c->flags ? c->flags[i] : 0;
    switch (tag->source) {
    case SHUB__INFLUX_DEVICE:
        return put_word(put_word(dst, tag->word), w->words.devices[c->device[i]]);
    case SHUB__INFLUX_QUALITY:
        return put_quality(dst, tag->word, flags);
    case SHUB__INFLUX_ASSUMED:
        if (!(flags & SHUB_TIME_ASSUMED))
            return dst;
        return put_literal(put_word(dst, tag->word), "true");
    case SHUB__INFLUX_UNIT:
        if (c->unit[i] < 0)
            return dst;
        return put_word(put_word(dst, tag->word), w->words.units[c->unit[i]]);
    default:
        return put_word(dst, tag->word);
    }
}

static shub_status put_tags(writer *w, size_t i, shub_error *err)
{
    const shub_columns *c = &w->columns;
    size_t device_len = w->words.devices[c->device[i]].len;
    size_t unit_len = 0;
    if (!device_len)
        return refuse(c->devices[c->device[i]], SHUB__INFLUX_VALUE, "device", err);
    if (c->unit[i] >= 0 && !w->opts.no_units && w->opts.naming == SHUB_INFLUX_FIELDS) {
        unit_len = w->words.units[c->unit[i]].len;
        if (!unit_len)
            return refuse(c->units[c->unit[i]], SHUB__INFLUX_VALUE, "unit", err);
    }
    char *begin = shub__buf_room(w->buf, w->words.head_max + device_len + unit_len +
                                             SHUB__INFLUX_STEP);
    if (!begin)
        return no_room(w, err);
    char *dst = begin;
    for (size_t tag = 0; tag < w->words.tag_count; tag++)
        dst = put_tag(dst, w, &w->words.tags[tag], i);
    shub__buf_added(w->buf, (size_t)(dst - begin));
    return SHUB_OK;
}

static shub_status begin_line(writer *w, size_t i, shub_error *err)
{
    shub_slice name = w->words.measurement;
    char *dst = shub__buf_room(w->buf, name.len + SHUB__INFLUX_STEP);
    if (!dst)
        return no_room(w, err);
    w->line_start = w->buf->len;
    w->line++;
    put_word(dst, name);
    shub__buf_added(w->buf, name.len);
    return put_tags(w, i, err);
}

static size_t value_room(const shub_value *value)
{
    return SHUB__INFLUX_VALUE_MAX(value->kind == SHUB_KIND_TEXT ? value->as.text.len : 0);
}

static shub_value value_at(const writer *w, size_t i)
{
    shub_sample s;
    if (!w->columns.kind)
        return shub_double(w->columns.f64[i]);
    shub_batch_get(w->batch, i, &s, NULL);
    return s.value;
}

/* `separator`: ' ' before the first field, ',' before every other. */
static shub_status put_field(writer *w, size_t i, char separator, shub_error *err)
{
    const int32_t quantity = w->columns.quantity[i];
    const shub_slice word = w->words.quantities[quantity];
    const shub_value value = value_at(w, i);
    if (!word.len)
        return refuse(w->columns.quantities[quantity], SHUB__INFLUX_KEY, "quantity", err);
    char *begin =
        shub__buf_room(w->buf, word.len + SHUB__INFLUX_STEP + value_room(&value));
    if (!begin)
        return no_room(w, err);
    char *dst = put_word(begin, word);
    begin[0] = separator;
    dst = shub__influx_put_value(dst, &value, w->opts.one_line);
    shub__buf_added(w->buf, (size_t)(dst - begin));
    w->seen[quantity] = w->line;
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
    const shub_columns *c = &w->columns;
    if (w->seen[c->quantity[i]] == w->line || w->buf->len - w->line_start > LINE_FULL)
        return 0;
    if (c->flags && c->flags[i] != c->flags[i - 1])
        return 0;
    return w->opts.no_units || c->unit[i] == c->unit[i - 1];
}

static shub_status put_row(writer *w, size_t i, int first, shub_error *err)
{
    shub_status status = SHUB_OK;
    if (!first && continues(w, i))
        return put_field(w, i, ',', err);
    if (!first)
        status = end_line(w, err);
    if (!status)
        status = begin_line(w, i, err);
    return status ? status : put_field(w, i, ' ', err);
}

/* Each writes the rows from `*i` to `end`, and leaves `*i` at the one that failed. */
static shub_status put_group(writer *w, size_t *i, size_t end, shub_error *err)
{
    shub_status status = put_row(w, *i, 1, err);
    while (!status && *i + 1 < end)
        status = put_row(w, ++*i, 0, err);
    return status ? status : end_line(w, err);
}

static shub_status put_chirpstack_field(writer *w, const shub__influx_row *row,
                                        size_t field, shub_error *err)
{
    const shub_slice key = row->keys[field];
    const shub_value *value = &row->values[field];
    char *begin = shub__buf_room(w->buf, key.len + 2 + value_room(value));
    if (!begin)
        return no_room(w, err);
    char *dst = begin;
    *dst++ = field ? ',' : ' ';
    dst = shub__influx_put_name(dst, key, SHUB__INFLUX_KEY);
    *dst++ = '=';
    dst = shub__influx_put_value(dst, value, w->opts.one_line);
    shub__buf_added(w->buf, (size_t)(dst - begin));
    return SHUB_OK;
}

static shub_status put_chirpstack_line(writer *w, size_t i, const shub__influx_row *row,
                                       shub_error *err)
{
    const shub_slice name = row->measurement;
    if (shub__influx_refuses(name, SHUB__INFLUX_MEASUREMENT))
        return refuse(name, SHUB__INFLUX_MEASUREMENT, "measurement", err);
    char *dst = shub__buf_room(w->buf, SHUB__INFLUX_NAME_MAX(name.len));
    if (!dst)
        return no_room(w, err);
    char *end = shub__influx_put_name(dst, name, SHUB__INFLUX_MEASUREMENT);
    shub__buf_added(w->buf, (size_t)(end - dst));
    shub_status status = put_tags(w, i, err);
    for (size_t field = 0; field < row->count && !status; field++)
        status = put_chirpstack_field(w, row, field, err);
    return status ? status : end_line(w, err);
}

static shub_status put_chirpstack(writer *w, size_t *i, size_t end, shub_error *err)
{
    shub_status status = SHUB_OK;
    while (*i < end && !status) {
        shub__influx_row row;
        size_t used = shub__influx_row_read(w->batch, *i, end, &row);
        status = put_chirpstack_line(w, *i, &row, err);
        *i += status ? 0 : used;
    }
    return status;
}

static shub_status put_groups(writer *w, shub_error *err)
{
    shub_group group = {0, 0, {NULL, 0}, 0};
    while (shub_batch_next_group(w->batch, &group)) {
        size_t i = group.first;
        size_t end = i + group.count;
        shub_status status = format_time(w, group.time_us, err);
        if (!status)
            status = w->opts.naming == SHUB_INFLUX_CHIRPSTACK
                         ? put_chirpstack(w, &i, end, err)
                         : put_group(w, &i, end, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    return SHUB_OK;
}

shub_status shub_batch_to_influx(shub_batch *batch, const shub_influx_options *opts,
                                 shub_slice *text, shub_error *err)
{
    writer w = {.batch = batch, .buf = &batch->out};
    w.columns.size = sizeof w.columns;
    shub_batch_columns(batch, &w.columns);
    *text = (shub_slice){NULL, 0};
    shub__buf_clear(w.buf);
    shub_status status = shub__influx_options_in(&w.opts, opts, err);
    if (status)
        return status;
    w.seen = shub__calloc(w.columns.quantity_count + 1, sizeof w.seen[0]);
    status = shub__influx_words_init(&w.words, &w.columns, &w.opts, err);
    if (!status)
        status = w.seen ? put_groups(&w, err) : shub__fail_nomem(err);
    shub__influx_words_fini(&w.words);
    shub__free(w.seen);
    if (!status)
        *text = shub__buf_view(w.buf);
    return status;
}
