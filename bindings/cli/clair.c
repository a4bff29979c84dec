/* clair node, clair fixtures. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX   ((size_t)1 << 30)
#define DEVICES_MAX 65536

/* ---- clair node ------------------------------------------------------------------- */

static int run_node(const arguments *args)
{
    for (int i = 1; i < args->count; i++) {
        char node[SHUB_CLAIR_NODE_MAX];
        shub_error err = SHUB_ERROR_INIT;
        shub_status status =
            shub_clair_node(shub_str(args->rest[0]), shub_str(args->rest[i]), node, &err);
        if (status != SHUB_OK)
            return failed(args->rest[i], status, &err);
        if (args->json) {
            row_text("dev_eui", shub_str(args->rest[i]));
            row_text("node", shub_str(node));
            row_end(1);
        } else {
            puts(node);
        }
    }
    return EXIT_OK;
}

/* ---- clair fixtures --------------------------------------------------------------- */

enum { FROM, DECODER, PROTOCOL, KNOWN, DEVICES, REPORT };
enum { STORAGE, MONGO, FIXTURES, SAMPLES };

static const char *const forms[] = {"storage", "mongo", "fixtures", "samples", NULL};

static const option_row fixtures_options[] = {
    {"from", "FORM",
     "storage: lines of The Things Stack's Storage Integration, or any\n"
     "uplinks; mongo: a MongoDB export; fixtures; samples: JSON lines\n"
     "(storage)"},
    {"decoder", "NAME", "of the uplinks' payloads (ers)"},
    {"protocol", "NAME", "that node ids are made with (the decoder's)"},
    {"known", "FILE",
     "a dump of the database, fixtures or CSV with the columns node_id and\n"
     "timestamp_s: what it has is left out"},
    {"devices", "FILE", "lines \"PROTOCOL EUI\": nodes that a MongoDB export knows"},
    {"report", NULL, "say on standard error how many samples there were of each kind"},
    {NULL, NULL, NULL},
};

/* What a run works with. */
typedef struct work {
    shub_clair_fixtures *fixtures;
    shub_batch *batch;
    shub_uplink_parser *parser;
    const shub_decoder *decoder;
    shub_slice protocol;
    char *device_text;
    shub_clair_device *devices;
    size_t device_count;
    int32_t from;
    size_t empty, undecoded; /* uplinks */
} work;

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/* Adds the batch, and empties it. */
static int add_batch(work *w, const char *what)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status =
        shub_clair_fixtures_add(w->fixtures, w->batch, w->protocol, &err);

    shub_batch_clear(w->batch);
    return status == SHUB_OK ? EXIT_OK : failed(what, status, &err);
}

/* Settings and other frames of the same devices are no samples: clair-ttn passes them
 * over, too. */
static int add_uplink(work *w, const shub_uplink *up, const char *what)
{
    shub_frame frame = SHUB_FRAME_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    if (up->event != SHUB_UPLINK_UP || up->payload_status != SHUB_OK) {
        w->empty++;
        return EXIT_OK;
    }
    status = shub_uplink_frame(up, &frame, &err);
    if (status != SHUB_OK)
        return failed(what, status, &err);
    status = shub_decode(w->decoder, &frame, w->batch, &err);
    if (status == SHUB_OK)
        return add_batch(w, what);
    shub_batch_clear(w->batch);
    w->undecoded++;
    return status == SHUB_E_CONTENT ? EXIT_OK : failed(what, status, &err);
}

static int add_uplinks(work *w, shub_slice text, const char *path)
{
    shub_uplink_walk walk = {.body = text};
    int code = EXIT_OK;

    for (;;) {
        shub_uplink up = SHUB_UPLINK_INIT;
        shub_error err = SHUB_ERROR_INIT;
        char what[512];
        shub_status status = shub_uplink_next(w->parser, &walk, NULL, &up, &err);
        if (status == SHUB_E_NOT_FOUND)
            return code;
        snprintf(what, sizeof what, "%s: uplink %zu", path, walk.count);
        code = worse(code, status == SHUB_OK ? add_uplink(w, &up, what)
                                             : failed(what, status, &err));
        if (code > EXIT_LEFT)
            return code;
    }
}

static int add_document(work *w, shub_slice text, const char *path)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t refused;
    int code;

    if (w->from == MONGO)
        status = shub_clair_add_mongo(w->batch, text, w->devices, w->device_count,
                                      &refused, &err);
    else if (w->from == FIXTURES)
        status = shub_clair_add_fixtures(w->batch, text, &refused, &err);
    else
        status = shub_batch_add_jsonl(w->batch, text, &refused, &err);
    code = status == SHUB_OK ? EXIT_OK : failed(path, status, &err);
    return worse(code, add_batch(w, path));
}

static int add_file(work *w, const char *path)
{
    size_t len;
    char *text = input_whole(path, INPUT_MAX, &len);
    int code = EXIT_SYSTEM;

    if (!text)
        return code;
    if (w->from == STORAGE)
        code = add_uplinks(w, shub_bytes(text, len), path);
    else
        code = add_document(w, shub_bytes(text, len), path);
    free(text);
    return code;
}

static int read_known(work *w, const char *path)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t len;
    char *text = path ? input_whole(path, INPUT_MAX, &len) : NULL;

    if (!text)
        return path ? EXIT_SYSTEM : EXIT_OK;
    status = shub_clair_fixtures_known(w->fixtures, shub_bytes(text, len), &err);
    free(text);
    return status == SHUB_OK ? EXIT_OK : failed(path, status, &err);
}

/* Lines of two words. */
static int read_devices(work *w, const char *path)
{
    size_t len;
    char *save = NULL, *line;

    if (!path)
        return EXIT_OK;
    w->device_text = input_whole(path, INPUT_MAX, &len);
    w->devices = calloc(DEVICES_MAX, sizeof *w->devices);
    if (!w->device_text || !w->devices)
        return EXIT_SYSTEM;
    for (line = strtok_r(w->device_text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        size_t word = strcspn(line, " \t\r"), space = strspn(line + word, " \t\r");
        if (w->device_count == DEVICES_MAX)
            return usage("--devices: more than %d lines", DEVICES_MAX);
        w->devices[w->device_count].protocol = shub_bytes(line, word);
        w->devices[w->device_count++].dev_eui =
            shub_bytes(line + word + space, strcspn(line + word + space, " \t\r"));
    }
    return EXIT_OK;
}

static void print_report(const work *w)
{
    shub_clair_report r = SHUB_CLAIR_REPORT_INIT;

    shub_clair_fixtures_report(w->fixtures, &r);
    fprintf(stderr, "sensorhub: %llu new samples, %llu known, %llu doubled, %llu refused",
            (unsigned long long)r.added, (unsigned long long)r.known,
            (unsigned long long)r.doubled, (unsigned long long)r.refused);
    if (w->from == STORAGE)
        fprintf(stderr, "; uplinks: %zu without samples, %zu not decoded", w->empty,
                w->undecoded);
    fputc('\n', stderr);
}

static int write_out(work *w, int report)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status = shub_clair_fixtures_write(w->fixtures, &text, &err);

    if (status != SHUB_OK)
        return failed("fixtures", status, &err);
    fwrite(text.ptr, 1, text.len, stdout);
    if (report)
        print_report(w);
    return EXIT_OK;
}

int fixtures_print(shub_batch *batch, const char *protocol)
{
    work w = {.batch = batch, .protocol = shub_str(protocol ? protocol : "ers")};
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_clair_fixtures_new(&w.fixtures, &err);
    int code;

    if (status != SHUB_OK)
        return failed("fixtures", status, &err);
    code = add_batch(&w, "fixtures");
    if (code <= EXIT_LEFT)
        code = worse(code, write_out(&w, 0));
    shub_clair_fixtures_free(w.fixtures);
    return code;
}

static int work_open(const arguments *args, work *w)
{
    const char *decoder = args->value[DECODER] ? args->value[DECODER] : "ers";
    const char *protocol = args->value[PROTOCOL];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    w->protocol = shub_str(protocol ? protocol : decoder);
    w->decoder = shub_decoder_find(NULL, shub_str(decoder));
    if (!value_choice("from", args->value[FROM], forms, &w->from))
        return EXIT_USAGE;
    if (!w->decoder)
        return usage("clair fixtures: no decoder \"%s\"; sensorhub decoders lists them",
                     decoder);
    if ((status = shub_clair_fixtures_new(&w->fixtures, &err)) != SHUB_OK ||
        (status = shub_batch_new(&w->batch, &err)) != SHUB_OK ||
        (status = shub_uplink_parser_new(&w->parser, &err)) != SHUB_OK)
        return failed("clair fixtures", status, &err);
    return read_devices(w, args->value[DEVICES]);
}

static void work_close(work *w)
{
    shub_clair_fixtures_free(w->fixtures);
    shub_batch_free(w->batch);
    shub_uplink_parser_free(w->parser);
    free(w->devices);
    free(w->device_text);
}

/* A dump that could not be read whole would let doubles through, and one double makes
 * loaddata refuse all: nothing is written then. */
static int run_fixtures(const arguments *args)
{
    static char standard_input[] = "-";
    char *alone[] = {standard_input, NULL};
    char **paths = args->count ? args->rest : alone;
    work w = {.from = STORAGE};
    int code = work_open(args, &w);

    if (code == EXIT_OK)
        code = read_known(&w, args->value[KNOWN]);
    if (code == EXIT_OK) {
        for (; *paths && code <= EXIT_LEFT; paths++)
            code = worse(code, add_file(&w, *paths));
        if (code <= EXIT_LEFT)
            code = worse(code, write_out(&w, args->value[REPORT] != NULL));
    }
    work_close(&w);
    return code;
}

const command clair_commands[] = {
    {"clair node", "ids of Clair's nodes", "PROTOCOL EUI...",
     "    Prints the id of each node, a line each. PROTOCOL is the decoder of their\n"
     "    payloads: clairchen, ers or oy1012; EUI has 16 hexadecimal digits.\n",
     NULL, 2, SHUB_NONE, run_node},
    {"clair fixtures", "samples that were lost, for Clair's database", "[FILE...]",
     "    Reads uplinks, an export or samples (standard input without a FILE, or "
     "\"-\"),\n"
     "    and prints fixtures for Django's loaddata: in order of time, each node and\n"
     "    second once, without those that the database has. What the platform would not\n"
     "    take is told on standard error; the others are printed.\n",
     fixtures_options, 0, SHUB_NONE, run_fixtures},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
