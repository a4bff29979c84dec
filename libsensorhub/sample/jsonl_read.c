#include <sensorhub/sample.h>

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/number.h"
#include "base/reader.h"

/* Longer lines are refused before they are looked at. A canonical line is at most
 * SHUB__JSONL_LINE_MAX bytes; the rest is room for keys that are not ours. */
#define READ_LINE_MAX ((size_t)1 << 20)

/* Keys that a line must have, in the order of check_seen. */
enum { SEEN_DEVICE = 1, SEEN_QUANTITY = 2, SEEN_TIME = 4, SEEN_VALUE = 8 };

/* One line being read. */
typedef struct line {
    shub__json json;
    shub_sample sample;
    shub_slice time;
    size_t time_pos;
    unsigned seen;
} line;

/* What outlives a line. */
typedef struct jsonl_reader {
    shub_batch *batch;
    shub__buf scratch;
    char time_text[SHUB_TIME_MAX]; /* the last time read: rows of one frame share it */
    size_t time_len;
    int64_t time_us;
} jsonl_reader;

/* ---- the keys ----------------------------------------------------------------- */

/* A text whose absence may also be written as null. */
static void read_optional_text(line *l, shub_slice *out)
{
    *out = (shub_slice){NULL, 0};
    if (shub__json_type_next(&l->json) == SHUB__JSON_NULL)
        shub__json_skip(&l->json);
    else
        shub__json_string(&l->json, out);
}

static void read_device(line *l)
{
    l->seen |= SEEN_DEVICE;
    shub__json_string(&l->json, &l->sample.device);
}

static void read_quantity(line *l)
{
    l->seen |= SEEN_QUANTITY;
    shub__json_string(&l->json, &l->sample.quantity);
}

static void read_time(line *l)
{
    l->seen |= SEEN_TIME;
    shub__json_string(&l->json, &l->time);
    l->time_pos = l->json.start;
}

static void read_unit(line *l)
{
    read_optional_text(l, &l->sample.unit);
}

/* A number with '.' or exponent is a double, every other an int64. */
static void read_number(line *l)
{
    shub_slice text;
    double f64;
    int64_t i64;
    if (!shub__json_number(&l->json, &text))
        return;
    if (!memchr(text.ptr, '.', text.len) && !memchr(text.ptr, 'e', text.len) &&
        !memchr(text.ptr, 'E', text.len)) {
        if (shub__int64_read(text.ptr, text.len, &i64))
            shub__json_refuse(&l->json, SHUB_E_RANGE, "an integer beyond 64 bits");
        l->sample.value = shub_int64(i64);
        return;
    }
    if (shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, &f64))
        shub__json_refuse(&l->json, SHUB_E_RANGE, "a number beyond the largest double");
    l->sample.value = shub_double(f64);
}

static void read_value(line *l)
{
    shub_slice text;
    int flag;
    l->seen |= SEEN_VALUE;
    switch (shub__json_type_next(&l->json)) {
    case SHUB__JSON_NUMBER:
        read_number(l);
        return;
    case SHUB__JSON_BOOL:
        shub__json_bool(&l->json, &flag);
        l->sample.value = shub_bool(flag);
        return;
    case SHUB__JSON_STRING:
        shub__json_string(&l->json, &text);
        l->sample.value = shub_text(text);
        return;
    default:
        shub__json_skip(&l->json);
        shub__json_refuse(&l->json, SHUB_E_CONTENT,
                          "a value is null, an array or object");
    }
}

static void read_quality(line *l)
{
    shub_slice text;
    uint32_t quality = SHUB_QUALITY_MEASURED;
    read_optional_text(l, &text);
    if (shub__json_is(text, "replaced"))
        quality = SHUB_QUALITY_REPLACED;
    else if (shub__json_is(text, "error"))
        quality = SHUB_QUALITY_ERROR;
    else if (text.ptr && !shub__json_is(text, "measured"))
        shub__json_refuse(&l->json, SHUB_E_CONTENT, "an unknown quality");
    l->sample.flags = (l->sample.flags & ~SHUB_QUALITY_MASK) | quality;
}

static void read_time_assumed(line *l)
{
    int assumed = 0;
    if (shub__json_type_next(&l->json) == SHUB__JSON_NULL)
        shub__json_skip(&l->json);
    else
        shub__json_bool(&l->json, &assumed);
    l->sample.flags &= ~SHUB_TIME_ASSUMED;
    if (assumed)
        l->sample.flags |= SHUB_TIME_ASSUMED;
}

#define KEY(name, read)                                                                  \
    {                                                                                    \
        name, sizeof(name) - 1, read                                                     \
    }

static const struct {
    const char *name;
    size_t len;
    void (*read)(line *l);
} keys[] = {
    KEY("device", read_device),
    KEY("quantity", read_quantity),
    KEY("time", read_time),
    KEY("value", read_value),
    KEY("unit", read_unit),
    KEY("quality", read_quality),
    KEY("time_assumed", read_time_assumed),
};

static void read_keys(line *l)
{
    shub_slice key;
    shub__json_enter_object(&l->json);
    while (shub__json_next_key(&l->json, &key)) {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            if (key.len == keys[i].len && !memcmp(key.ptr, keys[i].name, key.len)) {
                keys[i].read(l);
                break;
            }
        }
    }
}

/* ---- a line ------------------------------------------------------------------- */

static shub_status check_seen(const line *l, shub_error *err)
{
    static const char *const names[] = {"device", "quantity", "time", "value"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!(l->seen >> i & 1))
            return shub__fail(err, SHUB_E_CONTENT, 0, "a line without \"%s\"", names[i]);
    }
    return SHUB_OK;
}

static shub_status parse_time(jsonl_reader *r, line *l, shub_error *err)
{
    if (r->time_len && r->time_len == l->time.len &&
        !memcmp(r->time_text, l->time.ptr, r->time_len)) {
        l->sample.time_us = r->time_us;
        return SHUB_OK;
    }
    shub_status status = shub_time_parse(l->time, &l->sample.time_us, err);
    if (status) {
        if (err)
            err->pos = (int64_t)l->time_pos;
        return status;
    }
    if (l->time.len > 0 && l->time.len <= sizeof r->time_text) {
        memcpy(r->time_text, l->time.ptr, l->time.len);
        r->time_len = l->time.len;
        r->time_us = l->sample.time_us;
    }
    return SHUB_OK;
}

static shub_status parse_line(jsonl_reader *r, shub_slice text, shub_error *err)
{
    line l;
    memset(&l, 0, sizeof l);
    if (text.len > READ_LINE_MAX)
        return shub__fail(err, SHUB_E_LIMIT, 0, "a line of %zu bytes, at most %zu",
                          text.len, READ_LINE_MAX);
    shub__buf_clear(&r->scratch);
    shub__json_init(&l.json, text, &r->scratch);
    read_keys(&l);
    shub_status status = shub__json_finish(&l.json, err);
    if (!status)
        status = check_seen(&l, err);
    if (!status)
        status = parse_time(r, &l, err);
    if (status)
        return status;
    status = shub_batch_append(r->batch, &l.sample, err);
    if (status && err)
        err->pos = 0;
    return status;
}

/* A line that ends too early is only cut when it is the last and its '\n' is missing,
 * too; and whatever does not parse there is taken for cut. */
static shub_status status_in_place(shub_status status, int torn)
{
    if (status != SHUB_E_FORMAT && status != SHUB_E_TRUNCATED)
        return status;
    return torn ? SHUB_E_TRUNCATED : SHUB_E_FORMAT;
}

static int is_blank(shub_slice text)
{
    shub__reader r;
    shub__reader_init(&r, text.ptr, text.len);
    shub__skip_space(&r);
    return !shub__reader_left(&r);
}

static shub_status read_lines(jsonl_reader *r, shub_slice text, size_t *refused,
                              shub_error *err)
{
    shub__reader lines;
    shub_slice one;
    shub_status first = SHUB_OK;
    shub__reader_init(&lines, text.ptr, text.len);
    for (int64_t number = 0; shub__read_line(&lines, &one); number++) {
        shub_error *told = first ? NULL : err;
        shub_status status = is_blank(one) ? SHUB_OK : parse_line(r, one, told);
        if (!status)
            continue;
        int torn = lines.pos == text.len && text.ptr[text.len - 1] != '\n';
        status = status_in_place(status, torn);
        if (status == SHUB_E_NOMEM)
            return shub__fail_at(err, shub__fail_nomem(err), number);
        if (told) {
            told->code = status;
            told->index = number;
            told->pos += one.ptr - text.ptr;
        }
        ++*refused;
        if (!first)
            first = status;
    }
    return first;
}

shub_status shub_batch_add_jsonl(shub_batch *batch, shub_slice text, size_t *refused,
                                 shub_error *err)
{
    size_t count = 0;
    jsonl_reader r;
    memset(&r, 0, sizeof r);
    r.batch = batch;
    shub__buf_init(&r.scratch, READ_LINE_MAX);
    shub_status status = read_lines(&r, text, &count, err);
    shub__buf_fini(&r.scratch);
    if (refused)
        *refused = count;
    return status;
}
