/* eagle parse, eagle poll, eagle read. */
#include "eagle.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- printing --------------------------------------------------------------------- */

static int print_batch(shub_batch *batch, const char *what)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status = shub_batch_to_jsonl(batch, &text, &err);

    shub_batch_clear(batch);
    if (status != SHUB_OK)
        return failed(what, status, &err);
    fwrite(text.ptr, 1, text.len, stdout);
    return finish(EXIT_OK); /* what reads the pipe gets each poll at once */
}

static void set_slice(json_t *object, const char *name, shub_slice text)
{
    if (text.len > 0)
        json_object_set_new(object, name, json_stringn(text.ptr, text.len));
}

static json_t *json_of_fields(const shub_eagle_reading *reading)
{
    json_t *fields = json_array();
    shub_slice name, value, unit;

    for (size_t i = 0; shub_eagle_reading_field_at(reading, i, &name, &value, &unit);
         i++) {
        json_t *field = json_object();
        set_slice(field, "name", name);
        json_object_set_new(field, "value",
                            json_stringn(value.ptr ? value.ptr : "", value.len));
        set_slice(field, "unit", unit);
        json_array_append_new(fields, field);
    }
    return fields;
}

static void print_reading(const char *source, const shub_eagle_reading *reading)
{
    json_t *object = json_object();
    int64_t time_us = shub_eagle_reading_time_us(reading);
    char time[SHUB_TIME_MAX];

    json_object_set_new(object, "source", json_string(source));
    set_slice(object, "reading", shub_eagle_reading_name(reading));
    set_slice(object, "meter", shub_eagle_reading_meter(reading));
    if (time_us != 0)
        set_slice(object, "time", shub_bytes(time, shub_time_format(time_us, time)));
    json_object_set_new(object, "fields", json_of_fields(reading));
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

void eagle_print_raw(const char *source, const shub_eagle_reply *reply)
{
    for (size_t i = 0; i < shub_eagle_reply_count(reply); i++)
        print_reading(source, shub_eagle_reply_at(reply, i));
}

shub_status eagle_print_samples(const char *source, const shub_eagle_reply *reply,
                                const shub_eagle_sample_options *opts, shub_error *err)
{
    shub_batch *batch;
    shub_status status = shub_batch_new(&batch, err);

    if (status != SHUB_OK)
        return status;
    status = shub_eagle_reply_samples_with(reply, opts, batch, err);
    (void)print_batch(batch, source); /* what was right, also when something was not */
    shub_batch_free(batch);
    return status;
}

/* ---- parse ------------------------------------------------------------------------ */

enum { NOW, PARSE_METER, PARSE_RAW };

static const option_row parse_options[] = {
    {"now", "TIME",
     "when the replies arrived (RFC 3339; the time it is): the time of\n"
     "readings without one of their own"},
    {"meter", "ADDRESS", "device of readings that name no meter, 0x and lower case"},
    {"raw", NULL, "print the readings with the vendor's fields, not samples"},
    {NULL, NULL, NULL},
};

static int parse_file(const char *path, const arguments *args, int64_t now_us)
{
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    size_t len;
    char *text = input_whole(path, SHUB_EAGLE_BODY_MAX, &len);
    shub_status status;
    int code = EXIT_OK;

    if (!text)
        return EXIT_SYSTEM;
    status = shub_eagle_parse_part(shub_bytes(text, len), &reply, &err);
    free(text);
    if (status != SHUB_OK) {
        (void)failed(path, status, &err);
        return EXIT_LEFT;
    }
    opts.arrival_us = now_us;
    opts.meter = shub_str(args->value[PARSE_METER]);
    if (args->value[PARSE_RAW])
        eagle_print_raw(path, reply);
    else if ((status = eagle_print_samples(path, reply, &opts, &err)) != SHUB_OK)
        code = failed(path, status, &err);
    code = finish(code);
    if (shub_eagle_reply_truncated(reply)) {
        snprintf(err.message, sizeof err.message, "breaks off; what is whole was read");
        (void)failed(path, SHUB_E_TRUNCATED, &err);
        code = EXIT_LEFT;
    }
    shub_eagle_reply_free(reply);
    return code;
}

static int run_parse(const arguments *args)
{
    shub_clock clock = {NULL, NULL};
    int code = EXIT_OK;

    if (!value_clock(args->value[NOW], &clock))
        return EXIT_USAGE;
    for (int i = 0; i < args->count; i++) {
        int64_t now_us = clock.now_us ? clock.now_us(clock.user) : shub_now_us();
        int here = parse_file(args->rest[i], args, now_us);
        code = code == EXIT_OK ? here : code;
    }
    return code;
}

/* ---- poll ------------------------------------------------------------------------- */

enum { INTERVAL = EAGLE_ROWS, COUNT, POLL_RAW };

static const option_row poll_options[] = {
    EAGLE_OPTION_ROWS,
    {"interval", "DURATION", "poll again and again, so far apart"},
    {"count", "N", "polls of each gateway (1; with --interval without end)"},
    {"raw", NULL, "print the readings with the vendor's fields, not samples"},
    {NULL, NULL, NULL},
};

static const option_row read_options[] = {
    EAGLE_OPTION_ROWS,
    {"raw", NULL, "print the readings with the vendor's fields, not samples"},
    {NULL, NULL, NULL},
};

enum { READ_RAW = EAGLE_ROWS };

/* What is opened for a poll, and closed after it. */
typedef struct polling {
    shub_loop *loop;
    shub_eagle **eagles;
    const char **names; /* of the gateways */
    int count;
    shub_batch *batch;
    int raw;
    int table; /* 1: for eyes */
} polling;

static int open_eagle(polling *p, shub_eagle_options *opts, const char *url)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    opts->url = url;
    status = shub_eagle_open(p->loop, opts, &p->eagles[p->count], &err);
    p->names[p->count] = eagle_name(url);
    if (status != SHUB_OK)
        return failed(p->names[p->count], status, &err);
    p->count++;
    return EXIT_OK;
}

static int open_all(polling *p, const arguments *args, shub_eagle_options *opts)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_loop_open(&p->loop, &err);
    int code = EXIT_OK;

    if (status == SHUB_OK)
        status = shub_batch_new(&p->batch, &err);
    if (status != SHUB_OK)
        return failed("eagle poll", status, &err);
    p->eagles = calloc((size_t)args->count + 1, sizeof(shub_eagle *));
    p->names = calloc((size_t)args->count + 1, sizeof(char *));
    if (!p->eagles || !p->names)
        return failed("eagle poll", SHUB_E_NOMEM, &err);
    for (int i = 0; code == EXIT_OK && i < args->count; i++)
        code = open_eagle(p, opts, args->rest[i]);
    return args->count > 0 ? code : open_eagle(p, opts, NULL);
}

static void close_all(polling *p)
{
    for (int i = 0; i < p->count; i++)
        shub_eagle_close(p->eagles[i]);
    free(p->names);
    free(p->eagles);
    shub_batch_free(p->batch);
    shub_loop_close(p->loop);
}

static int print_table(shub_batch *batch)
{
    shub_sample sample;
    char time[SHUB_TIME_MAX];

    for (size_t i = 0; shub_batch_get(batch, i, &sample, NULL) == SHUB_OK; i++) {
        (void)shub_time_format(sample.time_us, time);
        printf("%-20.*s  %-24.*s  %14.10g %-8.*s  %s\n", (int)sample.device.len,
               sample.device.ptr, (int)sample.quantity.len, sample.quantity.ptr,
               sample.value.as.f64, (int)sample.unit.len, sample.unit.ptr, time);
    }
    shub_batch_clear(batch);
    return finish(EXIT_OK);
}

/* Takes one gateway's result: SHUB_NONE while there is none, else an exit status. */
static int take(polling *p, int i)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_eagle_take(p->eagles[i], p->batch, &err);
    const shub_eagle_reply *reply;
    int code = EXIT_OK;

    if (status == SHUB_E_AGAIN)
        return SHUB_NONE;
    for (size_t n = 0; p->raw && (reply = shub_eagle_last_reply(p->eagles[i], n)); n++)
        eagle_print_raw(p->names[i], reply);
    if (p->raw) {
        shub_batch_clear(p->batch);
        code = finish(EXIT_OK);
    } else if (p->table) {
        code = print_table(p->batch);
    } else {
        code = print_batch(p->batch, p->names[i]);
    }
    return status == SHUB_OK ? code : failed(p->names[i], status, &err);
}

/* One poll of every gateway, all at once. */
static int poll_once(polling *p)
{
    shub_error err = SHUB_ERROR_INIT;
    char *taken = calloc((size_t)p->count, 1);
    int left = p->count, code = EXIT_OK;

    if (!taken)
        return failed("eagle poll", SHUB_E_NOMEM, &err);
    for (int i = 0; i < p->count; i++) {
        shub_status status = shub_eagle_start(p->eagles[i], &err);
        if (status == SHUB_OK)
            continue;
        code = failed(p->names[i], status, &err);
        taken[i] = 1;
        left--;
    }
    while (left > 0 && !input_stopped()) {
        shub_status status = shub_loop_run_once(p->loop, 1000, &err);
        if (status != SHUB_OK) {
            code = failed("eagle poll", status, &err);
            break;
        }
        for (int i = 0; i < p->count; i++) {
            int here = taken[i] ? SHUB_NONE : take(p, i);
            if (here == SHUB_NONE)
                continue;
            taken[i] = 1;
            left--;
            code = code == EXIT_OK ? here : code;
        }
    }
    free(taken);
    return code;
}

static int poll_all(polling *p, int64_t count, int64_t interval_us)
{
    int64_t next_us = steady_us();
    int code = EXIT_OK;

    for (int64_t n = 0; (count == 0 || n < count) && !input_stopped(); n++) {
        int here = poll_once(p);
        int64_t now_us = steady_us();
        code = code == EXIT_OK ? here : code;
        if (n + 1 == count)
            break;
        /* Polls that a slow gateway made late are left out, not made up for. */
        next_us = next_us + interval_us > now_us ? next_us + interval_us : now_us;
        wait_until(next_us);
    }
    return code;
}

static int poll_opened(polling *p, const arguments *args, shub_eagle_options *opts,
                       int64_t count, int64_t interval_us)
{
    int code;

    if (args->count == 0 && opts->transport != SHUB_EAGLE_RELAY)
        return usage("wants a URL, or --relay");
    code = open_all(p, args, opts);
    if (code == EXIT_OK) {
        input_catch_signals();
        code = poll_all(p, count, interval_us);
    }
    close_all(p);
    return code;
}

static int run_poll(const arguments *args)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_secrets secrets = {NULL, NULL};
    int64_t count = args->value[INTERVAL] ? 0 : 1, interval_us = 0;
    polling p;
    int code = eagle_options_read(args, &opts, &secrets);

    memset(&p, 0, sizeof p);
    p.raw = args->value[POLL_RAW] != NULL;
    if (code == EXIT_OK &&
        (!value_count("count", args->value[COUNT], INT32_MAX, &count) ||
         !value_duration_us("interval", args->value[INTERVAL], &interval_us)))
        code = EXIT_USAGE;
    if (code == EXIT_OK && interval_us > 86400 * SHUB_SECOND_US)
        code = usage("--interval: at most 1d");
    if (code == EXIT_OK)
        code = poll_opened(&p, args, &opts, count, interval_us);
    eagle_forget(&secrets);
    return code;
}

/* One poll of all that there is to read. */
static int run_read(const arguments *args)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_secrets secrets = {NULL, NULL};
    polling p;
    int code = eagle_options_read(args, &opts, &secrets);

    memset(&p, 0, sizeof p);
    p.raw = args->value[READ_RAW] != NULL;
    p.table = !p.raw && !args->json && isatty(STDOUT_FILENO);
    if (!opts.reads)
        opts.reads = SHUB_EAGLE_READ_DEMAND | SHUB_EAGLE_READ_SUMMATION |
                     SHUB_EAGLE_READ_PRICE | SHUB_EAGLE_READ_NETWORK;
    if (code == EXIT_OK)
        code = poll_opened(&p, args, &opts, 1, 0);
    eagle_forget(&secrets);
    return code;
}

const command eagle_commands[] = {
    {"eagle detect", "find out which gateway an address is", "URL...",
     "    Asks each gateway what it is, and prints its address and \"eagle100\", "
     "\"eagle200\"\n"
     "    (EAGLE-200, EAGLE 3) or \"cgi\" (an EAGLE-100 with older firmware) a line.\n"
     "\n"
     "ENVIRONMENT\n"
     "    SENSORHUB_INSTALL_CODE, SENSORHUB_INSTALL_CODE_FILE\n"
     "        the install code, or a file with it\n",
     detect_options, 1, SHUB_NONE, run_detect},
    {"eagle list", "print which meters and devices gateways have", "URL...",
     "    Asks each gateway for its devices: their addresses, status, and when they were "
     "last\n"
     "    heard; of the relay and an EAGLE-100 that is the meter of its network.\n"
     "\n" EAGLE_ENVIRONMENT,
     list_options, 0, SHUB_NONE, run_list},
    {"eagle upload-server", "print how nginx takes gateways' uploads", "",
     "    Prints the part of an nginx configuration that takes the uploads of gateways "
     "and\n"
     "    appends their samples to hourly files.\n",
     NULL, 0, 0, run_upload_server},
    {"eagle parse", "print what gateways' replies and uploads say", "FILE...",
     "    Reads replies and uploads of EAGLE gateways, XML or JSON, one in each file, "
     "\"-\" for\n"
     "    standard input, and prints their readings as sample records, one JSON object "
     "a\n"
     "    line. A file that is none is said on standard error, the others go on.\n",
     parse_options, 1, SHUB_NONE, run_parse},
    {"eagle poll", "ask EAGLE gateways for readings", "URL...",
     "    Asks each gateway, all at once, and prints readings as sample records, one "
     "JSON\n"
     "    object a line. Secrets come from files or the environment, never from the "
     "command\n"
     "    line, which every user of the machine can see.\n"
     "\n" EAGLE_ENVIRONMENT,
     poll_options, 0, SHUB_NONE, run_poll},
    {"eagle read", "ask EAGLE gateways for all they measure, once", "URL...",
     "    Asks each gateway, all at once, for everything (--reads: for less). On a "
     "terminal\n"
     "    prints a table, else sample records, one JSON object a line, and those for "
     "--json too.\n"
     "\n" EAGLE_ENVIRONMENT,
     read_options, 0, SHUB_NONE, run_read},
    {"eagle send", "send gateways one command", "COMMAND [URL...]",
     "    Sends get_historical_data, get_message, set_schedule, ... and prints the "
     "vendor's\n"
     "    fields of the answer, one JSON object a reading, or nothing where nothing is "
     "answered.\n"
     "    Addresses that are needed and not given are found out. uploader_add and\n"
     "    uploader_delete go to the vendor's REST API.\n"
     "\n" EAGLE_ENVIRONMENT "    SENSORHUB_UPLOADER_HEADER, "
     "SENSORHUB_UPLOADER_HEADER_FILE\n"
     "        a header that an uploader sends along, \"X-Token: ...\"\n",
     send_options, 1, SHUB_NONE, run_send},
    {"eagle watch", "poll EAGLE gateways for ever, each at its interval", "[URL...]",
     "    Polls each gateway at its interval. On a terminal a table shows what each said "
     "last;\n"
     "    else readings are printed as sample records, one JSON object a line, those "
     "that "
     "came\n"
     "    before left out. The gateways are the URLs, and those that a JSON file lists:\n"
     "        {\"gateways\": [{\"id\": \"004792\", \"url\": "
     "\"http://eagle-004792.local\",\n"
     "                       \"cloud_id\": \"004792\", \"install_code_file\": "
     "\"/etc/004792\"}]}\n"
     "    where each may say \"transport\" (relay, eagle100, eagle200, cgi), \"user\",\n"
     "    \"password_file\", \"meter\", \"ca_file\", \"pin\", \"insecure\", "
     "\"interval_s\"; what it\n"
     "    does not say the options say.\n"
     "\n" EAGLE_ENVIRONMENT,
     watch_options, 0, SHUB_NONE, run_watch},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
