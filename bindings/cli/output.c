#include "cli.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16

int exit_of(shub_status status)
{
    if (status == SHUB_E_INVALID || status == SHUB_E_UNSUPPORTED)
        return EXIT_USAGE;
    switch (shub_status_class(status)) {
    case SHUB_CLASS_OK:
        return EXIT_OK;
    case SHUB_CLASS_INPUT:
        return EXIT_LEFT;
    case SHUB_CLASS_NETWORK:
    case SHUB_CLASS_REMOTE:
        return EXIT_REMOTE;
    case SHUB_CLASS_WAIT:
        return EXIT_BUSY;
    case SHUB_CLASS_USAGE: /* a folder that is not there, mostly */
    case SHUB_CLASS_RESOURCE:
    case SHUB_CLASS_SYSTEM:
        break;
    }
    return EXIT_SYSTEM;
}

int failed(const char *what, shub_status status, const shub_error *err)
{
    fprintf(stderr, "sensorhub: %s: %s (%s)\n", what,
            err->message[0] ? err->message : shub_status_text(status),
            shub_status_name(status));
    return err->http_status >= 300 ? EXIT_REMOTE : exit_of(status);
}

int failed_in(const char *path, const char *item, size_t refused, shub_status status,
              const shub_error *err)
{
    char where[PLACE_MAX];

    if (refused > 1)
        fprintf(stderr, "sensorhub: %s: %zu refused, the first:\n", path, refused);
    if (err->index < 0)
        return failed(path, status, err);
    snprintf(where, sizeof where, "%s: %s %lld", path, item, (long long)err->index + 1);
    return failed(where, status, err);
}

int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "sensorhub: standard output: %s\n", strerror(errno));
    return EXIT_SYSTEM;
}

/* ---- rows ------------------------------------------------------------------------- */

typedef struct column {
    const char *name;
    char *text; /* NULL: a number */
    int64_t number;
    json_t *object; /* of pairs, whose text it is too; else NULL */
} column;

static column columns[COLUMNS_MAX];
static int count;
static int named; /* the line of names was printed */

static column *next_column(const char *name)
{
    column *c = &columns[count];

    if (count == COLUMNS_MAX)
        abort();
    count++;
    memset(c, 0, sizeof *c);
    c->name = name;
    return c;
}

void row_text(const char *name, shub_slice value)
{
    column *c = next_column(name);

    c->text = strndup(value.ptr ? value.ptr : "", value.len);
    if (!c->text)
        exit(failed(name, SHUB_E_NOMEM, &(shub_error)SHUB_ERROR_INIT));
}

void row_int(const char *name, int64_t value)
{
    next_column(name)->number = value;
}

static json_t *object_of(const shub_s3_pair *pairs, size_t pair_count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < pair_count; i++) {
        json_t *value = json_stringn(pairs[i].value.ptr, pairs[i].value.len);

        json_object_set_new(object, pairs[i].name.ptr, value ? value : json_string("?"));
    }
    return object;
}

void row_pairs(const char *name, const shub_s3_pair *pairs, size_t pair_count)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (size_t i = 0; out && i < pair_count; i++)
        fprintf(out, "%s%.*s=%.*s", i ? "," : "", (int)pairs[i].name.len,
                pairs[i].name.ptr, (int)pairs[i].value.len, pairs[i].value.ptr);
    if (out && fclose(out) == 0)
        row_text(name, shub_bytes(text, len));
    else
        exit(failed(name, SHUB_E_NOMEM, &(shub_error)SHUB_ERROR_INIT));
    columns[count - 1].object = object_of(pairs, pair_count);
    free(text);
}

void row_time(const char *name, int64_t time_us)
{
    char text[SHUB_TIME_MAX];
    size_t len = shub_time_format(time_us, text);

    row_text(name, shub_bytes(text, len));
}

/* Names of files may be no UTF-8; JSON must be. */
static json_t *json_of(const column *c)
{
    json_t *value = c->object ? json_incref(c->object)
                    : c->text ? json_string(c->text)
                              : json_integer(c->number);

    if (value || !c->text)
        return value;
    for (char *p = c->text; *p; p++)
        if ((unsigned char)*p >= 0x80)
            *p = '?';
    return json_string(c->text);
}

static void print_json(void)
{
    json_t *object = json_object();

    for (int i = 0; i < count; i++)
        json_object_set_new(object, columns[i].name, json_of(&columns[i]));
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

/* A value is one column of one line. */
static void print_cell(const column *c)
{
    if (!c->text) {
        printf("%lld", (long long)c->number);
        return;
    }
    for (const char *p = c->text; *p; p++)
        putchar((unsigned char)*p < 0x20 ? ' ' : *p);
}

static void print_tsv(void)
{
    for (int i = 0; i < count && !named; i++)
        printf("%s%c", columns[i].name, i + 1 < count ? '\t' : '\n');
    named = 1;
    for (int i = 0; i < count; i++) {
        print_cell(&columns[i]);
        putchar(i + 1 < count ? '\t' : '\n');
    }
}

void row_end(int json)
{
    if (json)
        print_json();
    else
        print_tsv();
    for (int i = 0; i < count; i++) {
        free(columns[i].text);
        json_decref(columns[i].object);
    }
    count = 0;
}
