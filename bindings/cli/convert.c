/* convert. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FROM,
    TO,
    WIDE,
    PRECISION,
    MEASUREMENT,
    DEVICE_TAG,
    NO_UNITS,
    NAMING,
    PROTOCOL,
    NOW
};

/* A file, whole. */
#define FILE_MAX ((size_t)1 << 30)

static const option_row convert_options[] = {
    {"from", "FORMAT", "of the files: jsonl (the default), influx, senml"},
    {"to", "FORMAT",
     "of what is printed: jsonl (the default), csv, influx, senml, fixtures\n"
     "(Clair's, for Django's loaddata)"},
    {"wide", NULL, "csv: a line a device and time, a column a quantity"},
    {"precision", "UNIT",
     "influx: unit of times, in and out: ns (the default), us, ms, s"},
    {"measurement", "NAME", "influx: of every line printed (samples)"},
    {"device-tag", "KEY",
     "influx: of the tag that holds the device, in and out (device)"},
    {"no-units", NULL, "influx, senml: leave units out; senml: those not registered"},
    {"naming", "NAMING", "influx: how lines are named: fields (the default), chirpstack"},
    {"protocol", "NAME", "fixtures: that node ids are made with (ers)"},
    {"now", "TIME",
     "influx, senml: what lines without a time, and relative times, count\n"
     "from (RFC 3339)"},
    {NULL, NULL, NULL},
};

typedef struct convert {
    int32_t from, to;
    shub_csv_options csv;
    shub_influx_options influx;
    shub_senml_options senml;
    const char *protocol; /* of fixtures */
    int64_t now_us;
} convert;

/* ---- in ---------------------------------------------------------------------------- */

static shub_status read_jsonl(const convert *c, shub_batch *batch, shub_slice text,
                              size_t *refused, shub_error *err)
{
    (void)c;
    return shub_batch_add_jsonl(batch, text, refused, err);
}

static shub_status read_influx(const convert *c, shub_batch *batch, shub_slice text,
                               size_t *refused, shub_error *err)
{
    return shub_batch_add_influx(batch, text, &c->influx, refused, err);
}

static shub_status read_senml(const convert *c, shub_batch *batch, shub_slice text,
                              size_t *refused, shub_error *err)
{
    return shub_batch_add_senml(batch, text, c->now_us, refused, err);
}

static const char *const sources[] = {"jsonl", "influx", "senml", NULL};

static shub_status (*const readers[])(const convert *c, shub_batch *batch,
                                      shub_slice text, size_t *refused,
                                      shub_error *err) = {read_jsonl, read_influx,
                                                          read_senml};

/* What err->index counts. */
static const char *const words[] = {"line", "line", "record"};

/* What is good goes on, also when something is not. */
static int read_file(const convert *c, const char *path, shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    size_t len;
    char *text = input_whole(path, FILE_MAX, &len);
    shub_status status;

    if (!text)
        return EXIT_SYSTEM;
    status = readers[c->from](c, batch, shub_bytes(text, len), &refused, &err);
    free(text);
    if (status == SHUB_OK)
        return EXIT_OK;
    return failed_in(path, words[c->from], refused, status, &err);
}

/* ---- out --------------------------------------------------------------------------- */

static shub_status write_jsonl(const convert *c, shub_batch *batch, shub_slice *text,
                               shub_error *err)
{
    (void)c;
    return shub_batch_to_jsonl(batch, text, err);
}

static shub_status write_csv(const convert *c, shub_batch *batch, shub_slice *text,
                             shub_error *err)
{
    return shub_batch_to_csv(batch, &c->csv, text, err);
}

static shub_status write_influx(const convert *c, shub_batch *batch, shub_slice *text,
                                shub_error *err)
{
    return shub_batch_to_influx(batch, &c->influx, text, err);
}

static shub_status write_senml(const convert *c, shub_batch *batch, shub_slice *text,
                               shub_error *err)
{
    return shub_batch_to_senml(batch, &c->senml, text, err);
}

enum { TO_FIXTURES = 4 };

static const char *const targets[] = {"jsonl", "csv",      "influx",
                                      "senml", "fixtures", NULL};

static shub_status (*const writers[])(const convert *c, shub_batch *batch,
                                      shub_slice *text, shub_error *err) = {
    write_jsonl, write_csv, write_influx, write_senml};

static int print(const convert *c, shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status;

    if (c->to == TO_FIXTURES)
        return fixtures_print(batch, c->protocol);
    status = writers[c->to](c, batch, &text, &err);
    if (status != SHUB_OK)
        return failed(targets[c->to], status, &err);
    fwrite(text.ptr, 1, text.len, stdout);
    return EXIT_OK;
}

/* ---- the command --------------------------------------------------------------------
 */

static int read_options(const arguments *args, convert *c)
{
    static const char *const precisions[] = {"ns", "us", "ms", "s", NULL};
    static const char *const namings[] = {"fields", "chirpstack", NULL};
    shub_clock clock = {NULL, NULL};

    if (!value_choice("from", args->value[FROM], sources, &c->from) ||
        !value_choice("to", args->value[TO], targets, &c->to) ||
        !value_choice("precision", args->value[PRECISION], precisions,
                      &c->influx.precision) ||
        !value_choice("naming", args->value[NAMING], namings, &c->influx.naming) ||
        !value_clock(args->value[NOW], &clock))
        return EXIT_USAGE;
    c->protocol = args->value[PROTOCOL];
    c->csv.layout = args->value[WIDE] ? SHUB_CSV_WIDE : SHUB_CSV_LONG;
    c->influx.measurement = shub_str(args->value[MEASUREMENT]);
    c->influx.device_tag = shub_str(args->value[DEVICE_TAG]);
    c->influx.no_units = args->value[NO_UNITS] != NULL;
    c->senml.units = args->value[NO_UNITS] ? SHUB_SENML_OMIT : SHUB_SENML_REGISTERED;
    c->now_us = clock.now_us ? clock.now_us(clock.user) : 0;
    c->influx.now_us = c->now_us;
    return EXIT_OK;
}

static int read_files(const convert *c, const arguments *args, shub_batch *batch)
{
    int worst = args->count ? EXIT_OK : read_file(c, "-", batch);

    for (int i = 0; i < args->count; i++) {
        int code = read_file(c, args->rest[i], batch);
        if (code > worst)
            worst = code;
    }
    return worst;
}

static int run_convert(const arguments *args)
{
    convert c = {.csv = SHUB_CSV_OPTIONS_INIT,
                 .influx = SHUB_INFLUX_OPTIONS_INIT,
                 .senml = SHUB_SENML_OPTIONS_INIT};
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_status status;
    int code = read_options(args, &c);
    int printed;

    if (code != EXIT_OK)
        return code;
    status = shub_batch_new(&batch, &err);
    if (status != SHUB_OK)
        return failed("convert", status, &err);
    code = read_files(&c, args, batch);
    printed = print(&c, batch);
    shub_batch_free(batch);
    return printed > code ? printed : code;
}

const command convert_commands[] = {
    {"convert", "read samples in one format, print them in another", "[FILE...]",
     "    Reads samples from the files, or from standard input (also as -), and prints\n"
     "    them. What is good is printed also when other lines are refused. With --to "
     "influx\n"
     "    the unit and flags of a sample are tags, so that --from influx takes back all\n"
     "    there was; so does senml, where every unit is registered. docs/formats.md "
     "tells\n"
     "    what each format keeps.\n",
     convert_options, 0, SHUB_NONE, run_convert},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
