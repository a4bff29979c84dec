#include "support/payload_cases.h"

#include "base/reader.h"
#include "base/text.h"
#include "support/suite.h"
#include "support/tables.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_TIME "2020-09-01T13:17:31Z"

static payload_case cases[PAYLOAD_CASES];
static size_t count;

#define must(condition, ...)                                                             \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "payload cases: " __VA_ARGS__);                              \
            fputc('\n', stderr);                                                         \
            exit(EXIT_FAILURE);                                                          \
        }                                                                                \
    } while (0)

static char *copy(shub_slice text)
{
    return text.len ? strndup(text.ptr, text.len) : strdup("");
}

/* The next word of a line; the rest is behind the space. */
static shub_slice word(shub_slice *line)
{
    shub_slice head;

    shub__cut(*line, ' ', &head, line);
    return head;
}

static int64_t number(shub_slice text)
{
    char *c = copy(text);
    int64_t value = strtoll(c, NULL, 10);

    free(c);
    return value;
}

static shub_status status_of(shub_slice name)
{
    for (size_t i = 0; shub_status_at(i) != SHUB_STATUS_LAST_; i++)
        if (shub_slice_equal(name, shub_str(shub_status_name(shub_status_at(i)))))
            return shub_status_at(i);
    must(0, "unknown status %.*s", (int)name.len, name.ptr);
    return SHUB_OK;
}

static int64_t time_of(shub_slice text)
{
    int64_t time_us;

    must(!shub_time_parse(text, &time_us, NULL), "no time %.*s", (int)text.len, text.ptr);
    return time_us;
}

static void add_hex(payload_case *c, shub_slice text)
{
    size_t len = c->frame.payload.len;
    char *bytes = malloc(len + text.len / 2 + 1);

    if (len)
        memcpy(bytes, c->frame.payload.ptr, len);
    free((char *)c->frame.payload.ptr);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ')
            continue;
        must(i + 1 < text.len && shub__hex_value(text.ptr[i]) >= 0 &&
                 shub__hex_value(text.ptr[i + 1]) >= 0,
             "%s: no hex", c->name);
        bytes[len++] =
            (char)(shub__hex_value(text.ptr[i]) * 16 + shub__hex_value(text.ptr[i + 1]));
        i++;
    }
    /* Exactly as long as it is: what is read behind it is seen. */
    c->frame.payload = shub_bytes(len ? realloc(bytes, len) : bytes, len);
}

static void add_row(payload_case *c, shub_slice line)
{
    char text[512], time[SHUB_TIME_MAX];
    shub_slice when = word(&line), quantity = word(&line), value = word(&line);
    shub_slice unit = word(&line);
    int64_t time_us = memchr(when.ptr, 'T', when.len)
                          ? time_of(when)
                          : c->frame.time_us + number(when) * SHUB_SECOND_US;
    int n;

    shub_time_format(time_us, time);
    n = snprintf(text, sizeof text,
                 "{\"device\":\"d\",\"quantity\":\"%.*s\",\"time\":\"%s\",\"value\":%.*s",
                 (int)quantity.len, quantity.ptr, time, (int)value.len, value.ptr);
    if (!shub_slice_equal(unit, SHUB_LIT("-")))
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"unit\":\"%.*s\"",
                      (int)unit.len, unit.ptr);
    if (line.len)
        n += snprintf(text + n, sizeof text - (size_t)n, ",\"quality\":\"%.*s\"",
                      (int)line.len, line.ptr);
    n += snprintf(text + n, sizeof text - (size_t)n, "}\n");
    must((size_t)n < sizeof text, "%s: long row", c->name);
    c->lines = realloc(c->lines, strlen(c->lines) + (size_t)n + 1);
    strcat(c->lines, text);
}

static void add(payload_case *c, shub_slice what, shub_slice line)
{
    if (shub_slice_equal(what, SHUB_LIT("hex"))) {
        add_hex(c, line);
    } else if (shub_slice_equal(what, SHUB_LIT("row"))) {
        add_row(c, line);
    } else if (shub_slice_equal(what, SHUB_LIT("decoder"))) {
        c->decoder = shub_decoder_find(NULL, line);
    } else if (shub_slice_equal(what, SHUB_LIT("port"))) {
        c->frame.port = (int32_t)number(line);
    } else if (shub_slice_equal(what, SHUB_LIT("rate"))) {
        c->frame.rate = shub_str(copy(line));
    } else if (shub_slice_equal(what, SHUB_LIT("time"))) {
        c->frame.time_us = time_of(line);
    } else if (shub_slice_equal(what, SHUB_LIT("status"))) {
        c->status = status_of(word(&line));
        c->pos = number(line);
    } else {
        must(shub_slice_equal(what, SHUB_LIT("message")), "%s: unknown line %.*s",
             c->name, (int)what.len, what.ptr);
        c->message = copy(line);
    }
}

static payload_case *begin(shub_slice name, const shub_decoder *decoder)
{
    static const shub_frame frame = SHUB_FRAME_INIT;
    payload_case *c = &cases[count++];

    must(count <= PAYLOAD_CASES, "too many cases");
    must(decoder, "a file of no decoder");
    c->name = copy(name);
    c->decoder = decoder;
    c->frame = frame;
    c->frame.device = shub_str("d");
    c->frame.time_us = time_of(SHUB_LIT(FRAME_TIME));
    c->frame.port = 1;
    c->lines = copy(SHUB_LIT(""));
    return c;
}

static void read_file(const char *path)
{
    const char *name = strstr(path, "payload_") + strlen("payload_");
    const shub_decoder *decoder =
        shub_decoder_find(NULL, shub_bytes(name, strlen(name) - strlen(".txt")));
    payload_case *c = NULL;
    shub__reader r;
    shub_slice line;
    size_t len, before = count;
    char *text = read_whole(path, &len);

    must(text, "no file %s", path);
    shub__reader_init(&r, text, len);
    while (shub__read_line(&r, &line)) {
        shub_slice what = word(&line);
        if (!what.len || what.ptr[0] == '#')
            continue;
        if (shub_slice_equal(what, SHUB_LIT("case"))) {
            c = begin(line, decoder);
            continue;
        }
        must(c, "%s: no case yet", path);
        add(c, what, line);
    }
    free(text);
    say_rows(path, count - before);
}

size_t payload_case_count(void)
{
    char pattern[4096];
    glob_t files;

    if (count)
        return count;
    snprintf(pattern, sizeof pattern, "%s/tests/vectors/payload_*.txt",
             getenv("SHUB_SOURCE") ? getenv("SHUB_SOURCE") : "..");
    must(!glob(pattern, 0, NULL, &files), "no %s", pattern);
    for (size_t i = 0; i < files.gl_pathc; i++)
        read_file(files.gl_pathv[i]);
    globfree(&files);
    return count;
}

const payload_case *payload_case_at(size_t i)
{
    return i < payload_case_count() ? &cases[i] : NULL;
}

void ck_no_repeats(const shub_batch *batch)
{
    shub_columns c = {.size = sizeof c};

    shub_batch_columns(batch, &c);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(c.device[i] != c.device[j] || c.quantity[i] != c.quantity[j] ||
                              c.time_us[i] != c.time_us[j],
                          "rows %zu and %zu: %s twice at %" PRId64, j, i,
                          c.quantities[c.quantity[i]].ptr, c.time_us[i]);
}
