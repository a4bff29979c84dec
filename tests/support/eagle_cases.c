#include "support/eagle_cases.h"

#include "base/reader.h"
#include "base/text.h"
#include "support/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES = 256 };

/* The cases are counted before check runs a test, so that its asserts are of no use here.
 */
#define must(condition, ...)                                                             \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "eagle_cases.txt: " __VA_ARGS__);                            \
            exit(EXIT_FAILURE);                                                          \
        }                                                                                \
    } while (0)

static eagle_case cases[CASES];
static size_t count;

static char *copy(shub_slice text)
{
    char *c = malloc(text.len + 1);

    if (text.len)
        memcpy(c, text.ptr, text.len);
    c[text.len] = '\0';
    return c;
}

static void append(shub_slice *to, shub_slice text)
{
    char *joined = malloc(to->len + text.len + 1);

    if (to->len)
        memcpy(joined, to->ptr, to->len);
    if (text.len)
        memcpy(joined + to->len, text.ptr, text.len);
    free((char *)to->ptr);
    *to = shub_bytes(joined, to->len + text.len);
}

static char escape(const char **p)
{
    switch (*++*p) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'x':
        *p += 2;
        return (char)(shub__hex_value((*p)[-1]) * 16 + shub__hex_value((*p)[0]));
    default:
        must(**p == '\\', "unknown escape %c\n", **p);
        return '\\';
    }
}

static shub_slice unescape(shub_slice text)
{
    char *out = malloc(text.len + 1);
    size_t len = 0;

    for (const char *p = text.ptr; p < text.ptr + text.len; p++)
        out[len++] = *p == '\\' ? escape(&p) : *p;
    return shub_bytes(out, len);
}

/* The next word of a line; the rest is behind the space. */
static char *word(shub_slice *line)
{
    shub_slice head;

    shub__cut(*line, ' ', &head, line);
    return copy(shub_slice_equal(head, SHUB_LIT("-")) ? SHUB_LIT("") : head);
}

static int64_t number(shub_slice *line)
{
    char *text = word(line);
    int64_t value = strtoll(text, NULL, 10);

    free(text);
    return value;
}

static const char *root_name(int i)
{
    return shub_eagle_root_name((shub_eagle_root)i);
}

static const char *family_name(int i)
{
    return shub_eagle_family_name((shub_eagle_family)i);
}

static int place(shub_slice *line, const char *(*name_of)(int))
{
    char *name = word(line);

    for (int i = 0; name_of(i); i++)
        if (!strcmp(name, name_of(i))) {
            free(name);
            return i;
        }
    must(0, "unknown word %s\n", name);
    return 0;
}

static shub_status status(shub_slice *line)
{
    char *name = word(line);

    for (size_t i = 0; shub_status_at(i) != SHUB_STATUS_LAST_; i++)
        if (!strcmp(name, shub_status_name(shub_status_at(i)))) {
            free(name);
            return shub_status_at(i);
        }
    must(0, "unknown status %s\n", name);
    return SHUB_OK;
}

static void add_body(eagle_case *c, shub_slice text, int *begun)
{
    shub_slice line = unescape(text);

    if ((*begun)++)
        append(&c->body, SHUB_LIT("\n"));
    append(&c->body, line);
    free((char *)line.ptr);
}

static void add_reading(eagle_case *c, shub_slice line)
{
    struct eagle_reading *r = &c->readings[c->reading_count++];

    must(c->reading_count <= EAGLE_READINGS, "too many readings\n");
    r->root = place(&line, root_name);
    r->name = word(&line);
    r->meter = word(&line);
    r->time_us = number(&line) * SHUB_SECOND_US;
    r->connected = (int)number(&line);
}

/* A name of several words would be read as name and value: there is none. */
static void add_field(eagle_case *c, shub_slice line)
{
    struct eagle_field *f = &c->fields[c->field_count++];

    must(c->field_count <= EAGLE_FIELDS, "too many fields\n");
    f->reading = (size_t)number(&line);
    f->name = word(&line);
    f->value = unescape(line);
}

static void add_line(eagle_case *c, shub_slice text)
{
    shub_slice lines = shub_str(c->lines);

    append(&lines, text);
    append(&lines, SHUB_LIT("\n"));
    c->lines = copy(lines);
    free((char *)lines.ptr);
}

static void read_with(eagle_case *c, shub_slice line)
{
    char *name = word(&line);

    if (!strcmp(name, "meter")) {
        free(c->meter);
        c->meter = copy(line);
    } else if (!strcmp(name, "zone")) {
        c->opts.zone_us = number(&line) * SHUB_SECOND_US;
        c->opts.zone_known = 1;
    } else {
        must(!strcmp(name, "divisor"), "unknown option %s\n", name);
        c->opts.divisor = (uint32_t)number(&line);
    }
    free(name);
}

static void add(eagle_case *c, const char *what, shub_slice line, int *begun)
{
    if (!strcmp(what, "body")) {
        add_body(c, line, begun);
    } else if (!strcmp(what, "parse")) {
        c->parse = status(&line);
        c->pos = number(&line);
    } else if (!strcmp(what, "message")) {
        c->message = copy(line);
    } else if (!strcmp(what, "family")) {
        c->family = place(&line, family_name);
    } else if (!strcmp(what, "part")) {
        c->part = 1;
    } else if (!strcmp(what, "with")) {
        read_with(c, line);
    } else if (!strcmp(what, "gateway")) {
        free(c->gateway);
        c->gateway = copy(line);
    } else if (!strcmp(what, "envelope")) {
        c->envelope_us = number(&line) * SHUB_SECOND_US;
    } else if (!strcmp(what, "reading")) {
        add_reading(c, line);
    } else if (!strcmp(what, "field")) {
        add_field(c, line);
    } else if (!strcmp(what, "samples")) {
        c->samples = status(&line);
        c->index = number(&line);
    } else if (!strcmp(what, "line")) {
        add_line(c, line);
    } else {
        must(0, "unknown line %s\n", what);
    }
}

static void read_cases(shub_slice text)
{
    shub__reader r;
    shub_slice line;
    int begun = 0;

    shub__reader_init(&r, text.ptr, text.len);
    while (shub__read_line(&r, &line)) {
        char *what;
        if (!line.len || line.ptr[0] == '#')
            continue;
        what = word(&line);
        if (!strcmp(what, "case")) {
            must(count < CASES, "too many cases\n");
            cases[count].name = copy(line);
            cases[count].opts.size = sizeof cases[count].opts;
            cases[count].opts.arrival_us = EAGLE_ARRIVAL_US;
            cases[count].lines = copy(SHUB_LIT(""));
            cases[count++].gateway = copy(SHUB_LIT(""));
            begun = 0;
        } else {
            must(count > 0, "no case yet\n");
            add(&cases[count - 1], what, line, &begun);
        }
        free(what);
    }
}

size_t eagle_case_count(void)
{
    char path[4096];
    char *text;
    size_t len;

    if (count)
        return count;
    snprintf(path, sizeof path, "%s/tests/vectors/eagle_cases.txt",
             getenv("SHUB_SOURCE") ? getenv("SHUB_SOURCE") : "..");
    text = read_whole(path, &len);
    must(text, "no file %s\n", path);
    read_cases(shub_bytes(text, len));
    free(text);
    say_rows(path, count);
    return count;
}

shub_status eagle_case_parse(const eagle_case *c, shub_slice body,
                             shub_eagle_reply **reply, shub_error *err)
{
    return c->part ? shub_eagle_parse_part(body, reply, err)
                   : shub_eagle_parse(body, reply, err);
}

shub_status eagle_case_samples(const eagle_case *c, const shub_eagle_reply *reply,
                               shub_batch *batch, shub_error *err)
{
    shub_eagle_sample_options opts = c->opts;

    opts.meter = shub_str(c->meter);
    return shub_eagle_reply_samples_with(reply, &opts, batch, err);
}

const eagle_case *eagle_case_at(size_t i)
{
    return i < eagle_case_count() ? &cases[i] : NULL;
}
