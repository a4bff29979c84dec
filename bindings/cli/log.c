/* log append, list, recover, retain, seal. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what the commands share ------------------------------------------------------ */

#define PREFIX_ROW                                                                       \
    {                                                                                    \
        "prefix", "NAME", "of file names (sensorhub)"                                    \
    }
#define NOW_ROW                                                                          \
    {                                                                                    \
        "now", "TIME", "act as if it were this time (RFC 3339)"                          \
    }
#define END_ROW                                                                          \
    {                                                                                    \
        NULL, NULL, NULL                                                                 \
    }

enum { PREFIX, NOW, OWN }; /* every table begins so; OWN: the first of its own */

static int open_log(const arguments *args, shub_log_options *opts, shub_log **log)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    opts->prefix = args->value[PREFIX];
    if (!value_clock(args->value[NOW], &opts->clock))
        return EXIT_USAGE;
    status = shub_log_open(shub_str(args->rest[0]), opts, log, &err);
    return status == SHUB_OK ? EXIT_OK : failed(args->rest[0], status, &err);
}

/* Only append makes a log that is not there: a name mistyped in a timer's line must not
 * pass for a log without work. */
static int open_existing(const arguments *args, shub_log_options *opts, shub_log **log)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_log_list *list;
    shub_status status =
        shub_log_list_open(shub_str(args->rest[0]), args->value[PREFIX], &list, &err);

    if (status != SHUB_OK)
        return failed(args->rest[0], status, &err);
    shub_log_list_close(list);
    return open_log(args, opts, log);
}

static int end_report(const arguments *args, shub_status status, const shub_error *err)
{
    row_end(args->json);
    return status == SHUB_OK ? EXIT_OK : failed(args->rest[0], status, err);
}

/* ---- append ----------------------------------------------------------------------- */

enum { DURABILITY = OWN, MIN_FREE, RAW };

static const option_row append_options[] = {
    PREFIX_ROW,
    NOW_ROW,
    {"durability", "POLICY",
     "when a line is safe: every (at once, the default),\n"
     "interval (every second), none (with the kernel)"},
    {"min-free", "BYTES", "refuse lines when the disk has less left (16M; 0: never)"},
    {"raw", NULL, "lines of any text, at the time they arrive"},
    END_ROW,
};

#define INPUT_MAX                                                                        \
    (2 * SHUB_LOG_LINE_MAX) /* bytes of one read, and of a line not yet whole */

typedef struct appending {
    shub_log *log;
    shub_slice stream;
    shub_batch *batch; /* NULL: raw */
    shub_clock clock;
    const char *path; /* of the input */
    int64_t line;     /* lines of it before the buffer */
    int64_t refused;
    char *buffer;
    size_t len;
    int skipping; /* inside a line that is too long */
    shub_error err;
} appending;

static void refuse(appending *a, int64_t line, const char *why)
{
    fprintf(stderr, "sensorhub: %s:%lld: %s\n", a->path, (long long)line, why);
}

/* A status that the input caused is said and counted; the log's own ends the command. */
static shub_status append_samples(appending *a, shub_slice text)
{
    size_t refused = 0;
    shub_status status;

    shub_batch_clear(a->batch);
    status = shub_batch_add_jsonl(a->batch, text, &refused, &a->err);
    if (status == SHUB_E_NOMEM)
        return status;
    if (status != SHUB_OK)
        refuse(a, a->line + a->err.index + 1, a->err.message);
    if (refused > 1)
        fprintf(stderr, "sensorhub: %s: %zu more\n", a->path, refused - 1);
    a->refused += (int64_t)refused;
    return shub_log_append_batch(a->log, a->stream, a->batch, &a->err);
}

/* Empty lines are passed over, as among samples. */
static shub_status append_raw_line(appending *a, shub_slice text, int64_t now_us,
                                   int64_t line)
{
    shub_status status;

    if (text.len == 0)
        return SHUB_OK;
    status = shub_log_append_line(a->log, a->stream, now_us, text, &a->err);
    if (shub_status_class(status) != SHUB_CLASS_INPUT && status != SHUB_E_LIMIT)
        return status;
    refuse(a, line, a->err.message);
    a->refused++;
    return SHUB_OK;
}

static shub_status append_raw(appending *a, shub_slice text)
{
    int64_t now_us = a->clock.now_us ? a->clock.now_us(a->clock.user) : shub_now_us();
    int64_t line = a->line;

    while (text.len > 0) {
        const char *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        shub_status status =
            append_raw_line(a, shub_bytes(text.ptr, len), now_us, ++line);
        if (status != SHUB_OK)
            return status;
        len += end != NULL;
        text = shub_bytes(text.ptr + len, text.len - len);
    }
    return shub_log_tick(a->log, &a->err);
}

static shub_status append_text(appending *a, size_t len)
{
    shub_slice text = shub_bytes(a->buffer, len);
    shub_status status = a->batch ? append_samples(a, text) : append_raw(a, text);

    for (const char *p = text.ptr; (p = memchr(p, '\n', len - (size_t)(p - text.ptr)));
         p++)
        a->line++;
    a->len -= len;
    memmove(a->buffer, a->buffer + len, a->len);
    return status;
}

/* Lines that are whole; at the end of the input also one that is not. */
static shub_status append_buffer(appending *a, int at_end)
{
    const char *end = memrchr(a->buffer, '\n', a->len);
    size_t len = end ? (size_t)(end - a->buffer) + 1 : 0;

    if (a->skipping) { /* the rest of a line that was refused */
        end = memchr(a->buffer, '\n', a->len);
        len = end ? (size_t)(end - a->buffer) + 1 : a->len;
        a->line += end != NULL;
        a->skipping = end == NULL;
        a->len -= len;
        memmove(a->buffer, a->buffer + len, a->len);
        return a->len > 0 ? append_buffer(a, at_end) : SHUB_OK;
    }
    if (len == 0 && a->len == INPUT_MAX) {
        refuse(a, a->line + 1, "line is too long");
        a->refused++;
        a->len = 0;
        a->skipping = 1;
        return SHUB_OK;
    }
    if (at_end)
        len = a->len;
    return len > 0 ? append_text(a, len) : SHUB_OK;
}

static int append_input(appending *a, int fd)
{
    shub_status status = SHUB_OK;
    long got = 1;

    while (status == SHUB_OK && got != 0 && !input_stopped()) {
        got = input_read(fd, a->path, a->buffer + a->len, INPUT_MAX - a->len, 1000);
        if (got == -2)
            return EXIT_SYSTEM;
        a->len += got > 0 ? (size_t)got : 0;
        status = got == SHUB_NONE ? shub_log_tick(a->log, &a->err)
                                  : append_buffer(a, got == 0);
    }
    return status == SHUB_OK ? EXIT_OK : failed(a->path, status, &a->err);
}

static int append_file(appending *a, const char *path)
{
    int fd = input_open(path), code;

    a->path = path;
    a->line = 0;
    a->len = 0;
    a->skipping = 0;
    if (fd == SHUB_NONE)
        return EXIT_SYSTEM;
    code = append_input(a, fd);
    if (fd != STDIN_FILENO)
        close(fd);
    return code;
}

static int append_files(appending *a, const arguments *args)
{
    static char *const standard_input[] = {(char *)"-", NULL};
    char *const *paths = args->count > 2 ? args->rest + 2 : standard_input;
    int code = EXIT_OK;
    shub_status status;

    for (; *paths && code == EXIT_OK && !input_stopped(); paths++)
        code = append_file(a, *paths);
    status = shub_log_flush(a->log, &a->err);
    if (status != SHUB_OK)
        code = failed(args->rest[0], status, &a->err);
    return code == EXIT_OK && a->refused > 0 ? EXIT_LEFT : code;
}

static void print_stats(const appending *a, int json)
{
    shub_log_stats stats;

    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    shub_log_get_stats(a->log, &stats);
    row_int("lines", (int64_t)stats.lines);
    row_int("bytes", (int64_t)stats.bytes);
    row_int("acknowledged", (int64_t)stats.acknowledged);
    row_int("refused", a->refused);
    row_int("late", (int64_t)stats.late);
    row_end(json);
}

static int append_prepared(appending *a, const arguments *args)
{
    int code;

    if (!args->value[RAW] && shub_batch_new(&a->batch, &a->err) != SHUB_OK)
        return failed("append", SHUB_E_NOMEM, &a->err);
    a->buffer = malloc(INPUT_MAX);
    code = a->buffer ? append_files(a, args) : failed("append", SHUB_E_NOMEM, &a->err);
    if (a->buffer)
        print_stats(a, args->json);
    shub_batch_free(a->batch);
    free(a->buffer);
    return code;
}

static int run_append(const arguments *args)
{
    static const char *const policies[] = {"every", "interval", "none", NULL};
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    appending a;
    int code;

    memset(&a, 0, sizeof a);
    a.stream = shub_str(args->rest[1]);
    opts.min_free_bytes = 16 << 20;
    if (!shub_name_valid(a.stream))
        return usage("stream \"%s\": want 1 to 64 of A-Z a-z 0-9 . _ -", args->rest[1]);
    if (!value_choice("durability", args->value[DURABILITY], policies,
                      &opts.durability) ||
        !value_bytes("min-free", args->value[MIN_FREE], &opts.min_free_bytes))
        return EXIT_USAGE;
    if (opts.min_free_bytes == 0)
        opts.min_free_bytes = SHUB_NONE;
    code = open_log(args, &opts, &a.log);
    if (code != EXIT_OK)
        return code;
    a.clock = opts.clock;
    input_catch_signals();
    code = append_prepared(&a, args);
    shub_log_close(a.log);
    return code;
}

/* ---- seal, recover, retain -------------------------------------------------------- */

enum { GRACE = OWN, LEVEL };

static const option_row seal_options[] = {
    PREFIX_ROW,
    NOW_ROW,
    {"grace", "DURATION", "an hour is sealed this long after its end (60s)"},
    {"level", "N", "of gzip, 1 to 9 (1, with ISA-L where it was built in)"},
    END_ROW,
};

static void row_sealing(const shub_log_report *r)
{
    row_int("recovered", (int64_t)r->recovered);
    row_int("torn", (int64_t)r->torn);
    row_int("busy", (int64_t)r->busy);
    row_int("failed", (int64_t)r->failed);
}

static int run_seal(const arguments *args)
{
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    int64_t level = 0;
    shub_log *log;
    shub_status status;
    int code;

    if (!value_duration_us("grace", args->value[GRACE], &opts.grace_us) ||
        !value_count("level", args->value[LEVEL], 9, &level))
        return EXIT_USAGE;
    if (args->value[GRACE] && opts.grace_us == 0)
        opts.grace_us = 1; /* 0 asks for the default */
    opts.gzip_level = (int32_t)level;
    code = open_existing(args, &opts, &log);
    if (code != EXIT_OK)
        return code;
    status = shub_log_seal(log, &report, &err);
    shub_log_close(log);
    row_int("sealed", (int64_t)report.sealed);
    row_int("lines", (int64_t)report.lines);
    row_int("bytes_in", (int64_t)report.bytes_in);
    row_int("bytes_out", (int64_t)report.bytes_out);
    row_sealing(&report);
    return end_report(args, status, &err);
}

static const option_row recover_options[] = {PREFIX_ROW, NOW_ROW, END_ROW};

static int run_recover(const arguments *args)
{
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log;
    shub_status status;
    int code = open_existing(args, &opts, &log);

    if (code != EXIT_OK)
        return code;
    status = shub_log_recover(log, &report, &err);
    shub_log_close(log);
    row_sealing(&report);
    return end_report(args, status, &err);
}

enum { MAX_AGE = OWN, MAX_BYTES, UNSHIPPED_TOO };

static const option_row retain_options[] = {
    PREFIX_ROW,
    NOW_ROW,
    {"max-age", "DURATION", "remove files of hours that ended longer ago"},
    {"max-bytes", "BYTES", "remove the oldest files until the rest fits"},
    {"unshipped-too", NULL,
     "also sealed files that were never shipped: their lines are lost"},
    END_ROW,
};

static int run_retain(const arguments *args)
{
    shub_log_options opts = SHUB_LOG_OPTIONS_INIT;
    shub_log_retention retention = SHUB_LOG_RETENTION_INIT;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log;
    shub_status status;
    int code;

    if (!value_duration_us("max-age", args->value[MAX_AGE], &retention.max_age_us) ||
        !value_bytes("max-bytes", args->value[MAX_BYTES], &retention.max_bytes))
        return EXIT_USAGE;
    if (retention.max_age_us == 0 && retention.max_bytes == 0)
        return usage("log retain: --max-age or --max-bytes must be given, above 0");
    retention.unshipped_too = args->value[UNSHIPPED_TOO] != NULL;
    code = open_existing(args, &opts, &log);
    if (code != EXIT_OK)
        return code;
    status = shub_log_retain(log, &retention, &report, &err);
    shub_log_close(log);
    row_int("removed", (int64_t)report.removed);
    row_int("removed_unshipped", (int64_t)report.removed_unshipped);
    row_int("removed_bytes", (int64_t)report.removed_bytes);
    row_int("failed", (int64_t)report.failed);
    return end_report(args, status, &err);
}

/* ---- list ------------------------------------------------------------------------- */

static const option_row list_options[] = {PREFIX_ROW, END_ROW};

static int run_list(const arguments *args)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_log_file file;
    shub_log_list *list;
    shub_status status =
        shub_log_list_open(shub_str(args->rest[0]), args->value[PREFIX], &list, &err);

    if (status != SHUB_OK)
        return failed(args->rest[0], status, &err);
    memset(&file, 0, sizeof file);
    file.size = sizeof file;
    while (shub_log_list_next(list, &file)) {
        row_time("hour", file.hour_us);
        row_text("stream", file.stream);
        row_int("number", file.number);
        row_text("state", shub_str(shub_log_state_name((shub_log_state)file.state)));
        row_int("bytes", file.bytes);
        row_text("path", file.path);
        row_end(args->json);
    }
    shub_log_list_close(list);
    return EXIT_OK;
}

const command log_commands[] = {
    {"log append", "append samples to an hourly log", "ROOT STREAM [FILE...]",
     "    Reads sample records, one JSON object a line as eagle parse prints them, from "
     "the\n"
     "    files, \"-\" or none for standard input, and appends them to STREAM of the "
     "log\n"
     "    below ROOT, which is made when missing. Any number of processes may do so at "
     "once.\n"
     "    A line that is no sample is said on standard error and left out. Prints one "
     "row:\n"
     "    lines and bytes appended, lines acknowledged (safe by the policy), lines "
     "refused,\n"
     "    lines whose own hour was too far away.\n",
     append_options, 2, SHUB_NONE, run_append},
    {"log list", "list a log's files", "ROOT",
     "    Prints one row for each file, oldest hour first: live (has a writer), open, "
     "sealing,\n"
     "    sealed, shipped, torn (a cut line set aside), temp.\n",
     list_options, 1, 1, run_list},
    {"log recover", "finish what a crash left half-done", "ROOT",
     "    Removes temporary files, finishes half-done seals, sets aside torn tails of "
     "files\n"
     "    without a writer. log seal does the same first.\n",
     recover_options, 1, 1, run_recover},
    {"log retain", "remove old files", "ROOT (--max-age DURATION | --max-bytes BYTES)",
     "    Removes shipped files, oldest first; sealed ones that were not shipped only "
     "when\n"
     "    told so; never open ones.\n",
     retain_options, 1, 1, run_retain},
    {"log seal", "turn hours that are over into gzip files", "ROOT",
     "    Joins the files of each stream and finished hour into one .jl.gz. Those that "
     "still\n"
     "    have a writer wait for the next time and are counted as busy.\n",
     seal_options, 1, 1, run_seal},
    {NULL, NULL, NULL, NULL, NULL, 0, 0, NULL},
};
