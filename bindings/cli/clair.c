/* clair node, clair fixtures. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX   ((size_t)1 << 30)
#define DEVICES_MAX 65536

/* ---- clair node ------------------------------------------------------------------- */

static int worse(int a, int b)
{
    return a > b ? a : b;
}

static int print_node(const arguments *args, const char *eui)
{
    char node[SHUB_CLAIR_NODE_MAX];
    shub_error err = SHUB_ERROR_INIT;
    shub_status status =
        shub_clair_node(shub_str(args->rest[0]), shub_str(eui), node, &err);

    if (status != SHUB_OK)
        return failed(eui, status, &err);
    if (args->json) {
        row_text("dev_eui", shub_str(eui));
        row_text("node", shub_str(node));
        row_end(1);
    } else {
        puts(node);
    }
    return EXIT_OK;
}

static int run_node(const arguments *args)
{
    int code = EXIT_OK;

    for (int i = 1; i < args->count && code <= EXIT_LEFT; i++)
        code = worse(code, print_node(args, args->rest[i]));
    return code;
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

static uint64_t refused_of(const work *w)
{
    shub_clair_report r = SHUB_CLAIR_REPORT_INIT;

    shub_clair_fixtures_report(w->fixtures, &r);
    return r.refused;
}

/* Says the first sample that was refused: whose it is and when it was measured. */
static int failed_sample(const work *w, const char *path, size_t refused,
                         shub_status status, const shub_error *err)
{
    char what[PLACE_MAX], time[SHUB_TIME_MAX] = "";
    shub_sample row;

    if (refused > 1)
        fprintf(stderr, "sensorhub: %s: %zu refused, the first:\n", path, refused);
    if (err->index < 0 || shub_batch_get(w->batch, (size_t)err->index, &row, NULL))
        return failed(path, status, err);
    (void)shub_time_format(row.time_us, time);
    snprintf(what, sizeof what, "%s: %.*s at %s", path, (int)row.device.len,
             row.device.ptr, time);
    return failed(what, status, err);
}

/* Adds the batch, and empties it. */
static int add_batch(work *w, const char *path)
{
    uint64_t before = refused_of(w);
    shub_error err = SHUB_ERROR_INIT;
    shub_status status =
        shub_clair_fixtures_add(w->fixtures, w->batch, w->protocol, &err);
    int code = EXIT_OK;

    if (status != SHUB_OK)
        code = failed_sample(w, path, (size_t)(refused_of(w) - before), status, &err);
    shub_batch_clear(w->batch);
    return code;
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
        char what[PLACE_MAX];
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
    static const char *const items[] = {
        [MONGO] = "document", [FIXTURES] = "fixture", [SAMPLES] = "line"};
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t refused;
    int code = EXIT_OK;

    if (w->from == MONGO)
        status = shub_clair_add_mongo(w->batch, text, w->devices, w->device_count,
                                      &refused, &err);
    else if (w->from == FIXTURES)
        status = shub_clair_add_fixtures(w->batch, text, &refused, &err);
    else
        status = shub_batch_add_jsonl(w->batch, text, &refused, &err);
    if (status != SHUB_OK)
        code = failed_in(path, items[w->from], refused, status, &err);
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
    int is_csv;

    if (!text)
        return path ? EXIT_SYSTEM : EXIT_OK;
    status = shub_clair_fixtures_known(w->fixtures, shub_bytes(text, len), &err);
    is_csv = !strchr("[{", text[strspn(text, " \t\r\n")]);
    free(text);
    if (status == SHUB_OK)
        return EXIT_OK;
    return failed_in(path, is_csv ? "line" : "fixture", 0, status, &err);
}

/* A line of two words. */
static shub_status read_device(work *w, const char *line, shub_error *err)
{
    size_t word = strcspn(line, " \t\r\n");
    const char *eui = line + word + strspn(line + word, " \t\r");
    shub_clair_device device = {shub_bytes(line, word),
                                shub_bytes(eui, strcspn(eui, " \t\r\n"))};
    char node[SHUB_CLAIR_NODE_MAX];

    w->devices[w->device_count++] = device;
    return shub_clair_node(device.protocol, device.dev_eui, node, err);
}

static int read_devices(work *w, const char *path)
{
    shub_error err = SHUB_ERROR_INIT;
    int64_t lines = 0;
    size_t len;

    if (!path)
        return EXIT_OK;
    w->device_text = input_whole(path, INPUT_MAX, &len);
    w->devices = calloc(DEVICES_MAX, sizeof *w->devices);
    if (!w->device_text || !w->devices)
        return EXIT_SYSTEM;
    if (strlen(w->device_text) != len) {
        fprintf(stderr, "sensorhub: %s: has NUL bytes\n", path);
        return EXIT_LEFT;
    }
    for (const char *line = w->device_text; *line; lines++) {
        shub_status status = SHUB_OK;
        if (w->device_count == DEVICES_MAX)
            return usage("--devices: more than %d lines", DEVICES_MAX);
        if (line[strspn(line, " \t\r")] != '\n')
            status = read_device(w, line, &err);
        err.index = lines;
        if (status != SHUB_OK)
            return failed_in(path, "line", 0, status, &err);
        line += strcspn(line, "\n");
        line += *line == '\n';
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
