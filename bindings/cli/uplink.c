/* sensorhub uplink: what network servers sent, as rows, or the samples it says itself. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)256 << 20) /* bytes of a file */
#define HEX_MAX   (2 * SHUB_UPLINK_PAYLOAD_MAX)

enum { TOPIC, EVENT, ARRIVAL, SAMPLES, DECODER };

static const option_row uplink_options[] = {
    {"topic", "TOPIC", "of MQTT: names what the documents leave out"},
    {"event", "WORD", "of ChirpStack's HTTP query (up), for protobuf"},
    {"arrival", "TIME", "of documents that say none (RFC 3339)"},
    {"samples", NULL, "print as JSON lines what the documents say in numbers"},
    {"decoder", "NAME", "print as JSON lines what the payloads say"},
    {NULL, NULL, NULL},
};

typedef struct reading {
    const arguments *args;
    const char *path;
    shub_uplink_options opts;
    shub_uplink_parser *parser;
    shub_batch *batch;
    const shub_decoder *decoder; /* NULL: payloads are not decoded */
    int code;
} reading;

/* ---- rows ------------------------------------------------------------------------- */

static void row_hex(const char *name, shub_slice bytes)
{
    static const char digits[] = "0123456789abcdef";
    char text[HEX_MAX];

    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = digits[(unsigned char)bytes.ptr[i] >> 4];
        text[2 * i + 1] = digits[bytes.ptr[i] & 15];
    }
    row_text(name, shub_bytes(text, 2 * bytes.len));
}

/* Empty when it is not said. */
static void row_number(const char *name, double value, int said)
{
    char text[32] = "";

    if (said)
        snprintf(text, sizeof text, "%.10g", value);
    row_text(name, shub_str(text));
}

static void row_count(const char *name, int64_t value)
{
    char text[32] = "";

    if (value != SHUB_NONE)
        snprintf(text, sizeof text, "%lld", (long long)value);
    row_text(name, shub_str(text));
}

static void row_status(const shub_uplink *up)
{
    const char *name = shub_status_name((shub_status)up->payload_status);

    row_text("payload_status", shub_str(up->event == SHUB_UPLINK_UP &&
                                                up->payload_status != SHUB_E_UNEXPECTED
                                            ? name + strlen("SHUB_")
                                            : ""));
}

static void print_row(const reading *r, const shub_uplink *up)
{
    int heard = (up->flags & SHUB_UPLINK_HAS_SIGNAL) != 0;

    row_text("dialect", shub_str(shub_uplink_dialect_name(up->dialect)));
    row_text("event", shub_str(shub_uplink_event_name(up->event)));
    if (up->time_source == SHUB_UPLINK_TIME_NONE)
        row_text("time", shub_str(""));
    else
        row_time("time", up->time_us);
    row_text("dev_eui", up->dev_eui);
    row_text("device", up->device.len ? up->device : up->name);
    row_int("port", up->port);
    row_count("counter", up->counter);
    row_text("rate", up->rate);
    row_number("rssi", up->rssi_dbm, heard);
    row_number("snr", up->snr_db, heard);
    row_text("gateway", up->gateway);
    row_int("gateways", up->gateway_count);
    row_status(up);
    row_hex("payload", up->payload);
    row_end(r->args->json);
}

/* ---- files ------------------------------------------------------------------------ */

static void refuse(reading *r, shub_status status, const shub_error *err)
{
    int code = exit_of(status);

    fprintf(stderr, "sensorhub: %s: document %lld, byte %lld: %s (%s)\n", r->path,
            (long long)err->index + 1, (long long)err->pos, err->message,
            shub_status_name(status));
    r->code = code > r->code ? code : r->code;
}

static void tell(reading *r, size_t number, shub_status status, const shub_error *err)
{
    char what[512];
    int code;

    if (status == SHUB_OK)
        return;
    snprintf(what, sizeof what, "%.400s: document %zu", r->path, number);
    code = failed(what, status, err);
    r->code = code > r->code ? code : r->code;
}

/* Documents of other events, and frames that carry none, belong to the network. */
static shub_status decode_payload(const reading *r, const shub_uplink *up,
                                  shub_error *err)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_status status = shub_uplink_frame(up, &frame, err);

    if (status == SHUB_E_UNEXPECTED || status == SHUB_E_NO_PAYLOAD ||
        status == SHUB_E_MAC_ONLY)
        return SHUB_OK;
    return status == SHUB_OK ? shub_decode(r->decoder, &frame, r->batch, err) : status;
}

/* What was read before an error is printed, too. */
static void print_samples(reading *r, size_t number, const shub_uplink *up)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status;

    if (r->args->value[SAMPLES])
        tell(r, number, shub_uplink_samples(up, r->batch, &err), &err);
    if (r->decoder)
        tell(r, number, decode_payload(r, up, &err), &err);
    status = shub_batch_to_jsonl(r->batch, &text, &err);
    tell(r, number, status, &err);
    if (status == SHUB_OK)
        fwrite(text.ptr, 1, text.len, stdout);
    shub_batch_clear(r->batch);
}

static void read_body(reading *r, shub_slice body)
{
    shub_uplink_walk walk = {.body = body};
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_status status;

    do {
        shub_error err = SHUB_ERROR_INIT;
        status = shub_uplink_next(r->parser, &walk, &r->opts, &up, &err);
        if (status == SHUB_E_NOT_FOUND)
            return;
        if (status != SHUB_OK)
            refuse(r, status, &err);
        else if (r->args->value[SAMPLES] || r->decoder)
            print_samples(r, walk.count, &up);
        else
            print_row(r, &up);
    } while (status != SHUB_E_NOMEM && status != SHUB_E_INVALID);
}

static void read_file(reading *r)
{
    size_t len;
    char *text = input_whole(r->path, INPUT_MAX, &len);

    if (text && len < INPUT_MAX) {
        read_body(r, shub_bytes(text, len));
    } else {
        if (text)
            fprintf(stderr, "sensorhub: %s: more than %zu bytes\n", r->path, INPUT_MAX);
        r->code = EXIT_SYSTEM;
    }
    free(text);
}

static int read_files(reading *r)
{
    char *standard[] = {(char *)"-"};
    char **paths = r->args->count ? r->args->rest : standard;
    int count = r->args->count ? r->args->count : 1;

    for (int i = 0; i < count; i++) {
        r->path = paths[i];
        read_file(r);
    }
    return r->code;
}

static int read_options(reading *r)
{
    const char *const *value = r->args->value;
    shub_error err = SHUB_ERROR_INIT;

    r->opts.topic = shub_str(value[TOPIC]);
    r->opts.event = shub_str(value[EVENT]);
    r->decoder = shub_decoder_find(NULL, shub_str(value[DECODER]));
    if (value[DECODER] && !r->decoder)
        return usage("uplink: no decoder \"%s\"; sensorhub decoders lists them",
                     value[DECODER]);
    if (value[ARRIVAL] &&
        shub_time_parse(shub_str(value[ARRIVAL]), &r->opts.arrival_us, &err) != SHUB_OK)
        return usage("--arrival: %s", err.message);
    return EXIT_OK;
}

static int run_uplink(const arguments *args)
{
    static const shub_uplink_options init = SHUB_UPLINK_OPTIONS_INIT;
    reading r = {args, NULL, init, NULL, NULL, NULL, EXIT_OK};
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (read_options(&r) != EXIT_OK)
        return EXIT_USAGE;
    status = shub_uplink_parser_new(&r.parser, &err);
    if (status == SHUB_OK)
        status = shub_batch_new(&r.batch, &err);
    r.code = status == SHUB_OK ? read_files(&r) : failed("uplink", status, &err);
    shub_batch_free(r.batch);
    shub_uplink_parser_free(r.parser);
    return r.code;
}

const command uplink_commands[] = {
    {"uplink", "print what network servers sent", "[FILE...]",
     "    Reads documents of The Things Stack, ChirpStack and Devtank's OSM from files, "
     "or\n"
     "    standard input: one, lines of the Storage Integration, or an array. Prints a "
     "row\n"
     "    for each; with --samples the numbers that documents say themselves, with "
     "--decoder\n"
     "    those of their payloads. Documents that are refused are named on standard\n"
     "    error, and the others printed.\n",
     uplink_options, 0, SHUB_NONE, run_uplink},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
