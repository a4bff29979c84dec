#include "sample/influx_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "sample/influx.h"

/* What is the same of every line leaves room for measurement, device, unit and field in a
 * series' key, of which the server takes 65535 bytes (influxdb 2.7, models/points.go). */
#define HEAD_MAX (65535 - 4 * SHUB__INFLUX_NAME_MAX((size_t)SHUB_SAMPLE_NAME_MAX) - 16)

/* ---- tags ----------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const shub_slice one = ((const shub__influx_tag *)a)->key;
    const shub_slice other = ((const shub__influx_tag *)b)->key;
    size_t len = one.len < other.len ? one.len : other.len;
    int order = memcmp(one.ptr, other.ptr, len);
    return order ? order : (one.len > other.len) - (one.len < other.len);
}

static void add_tag(shub__influx_words *w, shub_slice key, shub_slice given,
                    shub__influx_source source)
{
    w->tags[w->tag_count++] = (shub__influx_tag){key, given, source, {NULL, 0}};
}

static shub_status plan_tags(shub__influx_words *w, const shub_influx_options *o,
                             shub_error *err)
{
    static const shub_slice none = {NULL, 0};
    if (o->tag_count > SHUB_INFLUX_TAGS_MAX - 4)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%zu tags, at most %d",
                          o->tag_count, SHUB_INFLUX_TAGS_MAX - 4);
    add_tag(w, o->device_tag, none, SHUB__INFLUX_DEVICE);
    add_tag(w, SHUB_LIT("quality"), none, SHUB__INFLUX_QUALITY);
    add_tag(w, SHUB_LIT("time_assumed"), none, SHUB__INFLUX_ASSUMED);
    if (!o->no_units && o->naming == SHUB_INFLUX_FIELDS)
        add_tag(w, SHUB_LIT("unit"), none, SHUB__INFLUX_UNIT);
    for (size_t i = 0; i < o->tag_count; i++)
        add_tag(w, o->tags[i].key, o->tags[i].value, SHUB__INFLUX_GIVEN);
    qsort(w->tags, w->tag_count, sizeof w->tags[0], by_key);
    for (size_t i = 1; i < w->tag_count; i++) {
        if (shub_slice_equal(w->tags[i - 1].key, w->tags[i].key))
            return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "two tags \"%.*s\"",
                              SHUB__SHOW(w->tags[i].key));
    }
    return SHUB_OK;
}

/* ---- words ---------------------------------------------------------------------- */

/* Appends `before`, the name, `after`; words are at their places when all are there. */
static void add_word(shub__influx_words *w, const char *before, shub_slice name,
                     const char *after, shub__influx_word kind, shub_slice *out)
{
    size_t start = w->bytes.len;
    shub__buf_text(&w->bytes, before);
    char *dst = shub__buf_room(&w->bytes, SHUB__INFLUX_NAME_MAX(name.len));
    if (!dst)
        return;
    shub__buf_added(&w->bytes, (size_t)(shub__influx_put_name(dst, name, kind) - dst));
    shub__buf_text(&w->bytes, after);
    out->len = w->bytes.len - start;
}

static void add_names(shub__influx_words *w, const shub_slice *names, size_t count,
                      shub__influx_word kind, shub_slice *out)
{
    int is_key = kind == SHUB__INFLUX_KEY;
    for (size_t i = 0; i < count; i++) {
        if (!shub__influx_refuses(names[i], kind))
            add_word(w, is_key ? "," : "", names[i], is_key ? "=" : "", kind, &out[i]);
    }
}

static shub_status add_tag_words(shub__influx_words *w, shub_error *err)
{
    for (size_t i = 0; i < w->tag_count; i++) {
        shub__influx_tag *tag = &w->tags[i];
        shub_slice value = {NULL, 0};
        add_word(w, ",", tag->key, "=", SHUB__INFLUX_KEY, &tag->word);
        if (tag->source == SHUB__INFLUX_GIVEN)
            add_word(w, "", tag->given, "", SHUB__INFLUX_VALUE, &value);
        tag->word.len += value.len;
        w->head_max += tag->word.len + sizeof "replaced";
    }
    if (w->head_max <= HEAD_MAX)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "tags of %zu bytes, at most %zu",
                      w->head_max, HEAD_MAX);
}

/* In the order in which they were added. */
static const char *place(shub_slice *words, size_t count, const char *at)
{
    for (size_t i = 0; i < count; i++) {
        words[i].ptr = at;
        at += words[i].len;
    }
    return at;
}

static void place_all(shub__influx_words *w, const shub_columns *c)
{
    const char *at = place(&w->measurement, 1, w->bytes.ptr);
    for (size_t i = 0; i < w->tag_count; i++)
        at = place(&w->tags[i].word, 1, at);
    at = place(w->devices, c->device_count, at);
    at = place(w->quantities, c->quantity_count, at);
    place(w->units, c->unit_count, at);
}

shub_status shub__influx_words_init(shub__influx_words *words,
                                    const shub_columns *columns,
                                    const shub_influx_options *opts, shub_error *err)
{
    shub__influx_words *w = words;
    const shub_columns *c = columns;
    size_t count = c->device_count + c->quantity_count + c->unit_count;
    memset(w, 0, sizeof *w);
    shub__buf_init(&w->bytes, SIZE_MAX / 2);
    shub_status status = plan_tags(w, opts, err);
    if (status)
        return status;
    w->devices = shub__calloc(count + 1, sizeof w->devices[0]);
    if (!w->devices)
        return shub__fail_nomem(err);
    w->quantities = w->devices + c->device_count;
    w->units = w->quantities + c->quantity_count;
    add_word(w, "", opts->measurement, "", SHUB__INFLUX_MEASUREMENT, &w->measurement);
    status = add_tag_words(w, err);
    if (status)
        return status;
    add_names(w, c->devices, c->device_count, SHUB__INFLUX_VALUE, w->devices);
    add_names(w, c->quantities, c->quantity_count, SHUB__INFLUX_KEY, w->quantities);
    add_names(w, c->units, c->unit_count, SHUB__INFLUX_VALUE, w->units);
    w->head_max += w->measurement.len;
    if (!shub__buf_room(&w->bytes, SHUB__INFLUX_STEP))
        return shub__buf_check(&w->bytes, "the names of a batch", err);
    memset(w->bytes.ptr + w->bytes.len, 0, SHUB__INFLUX_STEP);
    place_all(w, c);
    return SHUB_OK;
}

void shub__influx_words_fini(shub__influx_words *words)
{
    shub__free(words->devices);
    shub__buf_fini(&words->bytes);
}
