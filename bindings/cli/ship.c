/* ship, verify. */
#include "s3.h"

#include <stdio.h>
#include <string.h>

/* OWN: the first of those that differ. */
enum { DEST = S3_ROWS, PREFIX, KEY, HOST, JOURNAL, NOW, OWN };
enum { KEEP = OWN, WATCH };

#define WATCH_US (60 * SHUB_SECOND_US)

#define COMMON_ROWS                                                                      \
    S3_OPTION_ROWS,                                                                      \
        {"dest", "URL",                                                                  \
         "where objects are kept: s3://bucket/prefix, or file:///folder, which\n"        \
         "must exist"},                                                                  \
        {"prefix", "NAME", "of the log's file names (sensorhub)"},                       \
        {"key", "TEMPLATE",                                                              \
         "of keys there, with {prefix} {stream} {Y} {m} {d} {H} {name} {host}\n"         \
         "({prefix}/{stream}/{Y}/{m}/{d}/{name}.jl.gz)"},                                \
        {"host", "NAME", "for {host} (this machine's name)"},                            \
        {"journal", "FILE", "the shipper's memory (ROOT/.ship.db)"},                     \
    {                                                                                    \
        "now", "TIME", "act as if it were this time (RFC 3339)"                          \
    }

static const option_row ship_options[] = {
    COMMON_ROWS,
    {"keep", NULL, "keep shipped files as .jl.gz.shipped, for log retain"},
    {"watch", "[DURATION]", "again and again, at this interval (60s), until a signal"},
    {NULL, NULL, NULL},
};

static const option_row verify_options[] = {
    COMMON_ROWS,
    {"deep", NULL, "read every object and file, not their sizes alone"},
    {NULL, NULL, NULL},
};

static int open_ship(const arguments *args, int keep, shub_ship **ship)
{
    shub_ship_options opts = SHUB_SHIP_OPTIONS_INIT;
    shub_s3_options s3 = SHUB_S3_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    int code = s3_options_read(args, &s3);

    if (code != EXIT_OK)
        return code;
    opts.s3 = &s3;
    opts.root = args->rest[0];
    opts.dest = args->value[DEST];
    opts.prefix = args->value[PREFIX];
    opts.key = args->value[KEY];
    opts.host = args->value[HOST];
    opts.journal = args->value[JOURNAL];
    opts.keep = keep;
    if (!opts.dest)
        return usage("--dest must be given");
    if (!value_clock(args->value[NOW], &opts.clock))
        return EXIT_USAGE;
    status = shub_ship_open(&opts, ship, &err);
    return status == SHUB_OK ? EXIT_OK : failed(opts.root, status, &err);
}

static void print_report(const shub_ship_report *report, int json)
{
    row_int("files", (int64_t)report->files);
    row_int("bytes", (int64_t)report->bytes);
    row_int("found", (int64_t)report->found);
    row_int("renumbered", (int64_t)report->renumbered);
    row_int("failed", (int64_t)report->failed);
    row_int("waiting", (int64_t)report->waiting);
    row_int("waiting_bytes", (int64_t)report->waiting_bytes);
    if (report->oldest_us)
        row_time("oldest", report->oldest_us);
    else
        row_text("oldest", SHUB_LIT(""));
    row_end(json);
}

static int run_once(const arguments *args, shub_ship *ship)
{
    shub_ship_report report = SHUB_SHIP_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_ship_run(ship, &report, &err);

    if (args->value[WATCH])
        row_time("time", shub_now_us());
    print_report(&report, args->json);
    return status == SHUB_OK ? EXIT_OK : failed(args->rest[0], status, &err);
}

/* What fails is told, and tried again: only a signal ends it. */
static int watch(const arguments *args, shub_ship *ship, int64_t interval_us)
{
    int code = EXIT_OK;

    input_catch_signals();
    while (!input_stopped()) {
        int64_t next_us = steady_us() + interval_us;

        code = run_once(args, ship);
        if (finish(EXIT_OK) != EXIT_OK) /* nobody reads what waits */
            return EXIT_SYSTEM;
        wait_until(next_us);
    }
    return code;
}

static int run_ship(const arguments *args)
{
    int64_t interval_us = WATCH_US;
    const char *given = args->value[WATCH];
    shub_ship *ship = NULL;
    int code;

    if (given && *given && !value_duration_us("watch", given, &interval_us))
        return EXIT_USAGE;
    if (interval_us < SHUB_SECOND_US || interval_us > 24 * SHUB_HOUR_US)
        return usage("--watch: is not between 1s and 1d");
    code = open_ship(args, args->value[KEEP] != NULL, &ship);
    if (code == EXIT_OK)
        code = given ? watch(args, ship, interval_us) : run_once(args, ship);
    shub_ship_close(ship);
    return code;
}

static int needs_a_look(int32_t state)
{
    return state == SHUB_VERIFY_MISSING || state == SHUB_VERIFY_DAMAGED ||
           state == SHUB_VERIFY_DOUBLED || state == SHUB_VERIFY_TORN;
}

static int print_rows(shub_verify *verify, int json)
{
    shub_verify_row row;
    int code = EXIT_OK;

    memset(&row, 0, sizeof row);
    row.size = sizeof row;
    while (shub_verify_next(verify, &row)) {
        row_time("hour", row.hour_us);
        row_text("stream", row.stream);
        row_text("state", shub_str(shub_verify_state_name((shub_verify_state)row.state)));
        row_int("bytes", row.bytes);
        row_text("where", row.where);
        row_text("detail", row.detail);
        row_end(json);
        if (needs_a_look(row.state))
            code = EXIT_LEFT;
    }
    return code;
}

static int run_verify(const arguments *args)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_verify *verify = NULL;
    shub_ship *ship = NULL;
    shub_status status;
    int code = open_ship(args, 0, &ship);

    if (code != EXIT_OK)
        return code;
    status = shub_verify_open(ship, args->value[OWN] != NULL, &verify, &err);
    if (status == SHUB_OK)
        code = print_rows(verify, args->json);
    else
        code = failed(args->rest[0], status, &err);
    shub_verify_close(verify);
    shub_ship_close(ship);
    return code;
}

const command ship_commands[] = {
    {"ship", "bring sealed files to their destination", "ROOT --dest URL",
     "    Ships every sealed file of the log below ROOT once, oldest hour first. A file "
     "goes\n"
     "    from here only after its object was confirmed by size and SHA-256; nothing "
     "there\n"
     "    is overwritten. What is left by a run that died, the next one finds. Prints "
     "one\n"
     "    row: files and bytes confirmed, those of them that were there already and "
     "those\n"
     "    whose key was taken by other content, files that failed; files still here, "
     "their\n"
     "    bytes and their oldest hour. With --watch a row for each run; what fails is "
     "told\n"
     "    and tried again.\n" S3_ENVIRONMENT,
     ship_options, 1, 1, run_ship},
    {"verify", "compare a log, its journal and its destination", "ROOT --dest URL",
     "    Prints one row for each hour, stream and object, oldest first: complete, "
     "pending\n"
     "    (sealed, the next run ships it), open (not sealed), missing (confirmed once, "
     "not\n"
     "    there now), damaged, doubled, torn (a cut line was set aside). Exit status 1 "
     "when\n"
     "    any is missing, damaged, doubled or torn.\n" S3_ENVIRONMENT,
     verify_options, 1, 1, run_verify},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
