/* The shell's binding: what its commands share. A command is a row of options, a text,
 * and a function that converts, calls the library and prints. */
#ifndef SENSORHUB_CLI_H
#define SENSORHUB_CLI_H

#include <sensorhub.h>

/* Exit status, by the class of what happened. */
enum {
    EXIT_OK = 0,
    EXIT_LEFT = 1,   /* some input was refused, or something needs a look */
    EXIT_USAGE = 2,  /* the command line is wrong */
    EXIT_SYSTEM = 3, /* files, disk, memory */
    EXIT_REMOTE = 4, /* network, gateway, store */
    EXIT_BUSY = 5    /* another process is at it */
};

#define OPTIONS_MAX 64 /* of one command */
#define GIVEN_MAX   64 /* options with an argument on one command line */

typedef struct option_row {
    const char *name;
    const char *arg;  /* what its argument is called, in brackets where it may be left
                         out; NULL: takes none */
    const char *help; /* lines end with '\n' but the last */
} option_row;

/* What the command line said: value[i] belongs to options[i]; NULL: not given, "" for an
 * option without argument that was. */
typedef struct arguments {
    const char *value[OPTIONS_MAX];
    /* Each that was given with an argument, in their order, for those that may come
     * again. */
    struct {
        int option;
        const char *value;
    } given[GIVEN_MAX];
    int given_count;
    char **rest;
    int count; /* of rest */
    int json;  /* --json */
} arguments;

typedef struct command {
    const char *name;          /* "log append" */
    const char *line;          /* one line of what it does */
    const char *synopsis;      /* behind the options */
    const char *text;          /* paragraphs of what it does, each line ends with '\n' */
    const option_row *options; /* the last has no name; NULL: none */
    int min_count, max_count;  /* of the rest; max SHUB_NONE: any number */
    int (*run)(const arguments *args);
} command;

extern const command eagle_commands[], uplink_commands[], payload_commands[],
    clair_commands[], log_commands[], s3_commands[], ship_commands[], convert_commands[];

/* ---- options.c ------------------------------------------------------------------ */

/* Reads the command line behind the command's name. SHUB_NONE: go on; else the exit
 * status: help was asked for and printed, or the line is wrong and that was said. */
int options_read(const command *cmd, int argc, char **argv, arguments *args);
/* Says what is wrong with the command line; EXIT_USAGE. */
int usage(const char *fmt, ...) SHUB_PRINTF(1, 2);

/* Values of options; each says what is wrong and returns 0, or 1. An option that is not
 * given leaves `out` as it is. */
int value_count(const char *name, const char *text, int64_t max, int64_t *out);
/* "90", "90s", "15m", "12h", "30d" */
int value_duration_us(const char *name, const char *text, int64_t *out);
/* "4096", "64K", "16M", "2G" */
int value_bytes(const char *name, const char *text, int64_t *out);
/* Index of `text` in `names`, which ends with NULL. */
int value_choice(const char *name, const char *text, const char *const *names,
                 int32_t *out);
/* --now: a clock that stands at a time of RFC 3339, or the system's. */
int value_clock(const char *text, shub_clock *clock);

/* ---- input.c -------------------------------------------------------------------- */

/* Begins to note SIGINT and SIGTERM instead of dying of them; of a second one the process
 * dies. */
void input_catch_signals(void);
/* 1 when one came. */
int input_stopped(void);
/* A clock that nobody turns, and the wait until it says so or a signal comes. */
int64_t steady_us(void);
void wait_until(int64_t time_us);
/* Opens a file for reading, "-" for standard input; says what failed and returns
 * SHUB_NONE. */
int input_open(const char *path);
/* Reads what there is, waiting up to `timeout_ms` for some: a count, 0 at the end,
 * SHUB_NONE for nothing yet, -2 for a failure, which was said. */
long input_read(int fd, const char *path, char *dst, size_t cap, int timeout_ms);
/* Reads a file of text whole, without the byte order mark that it may begin with, a NUL
 * behind it; NULL when it failed or has more than `max` bytes, which was said. Free it.
 */
char *input_whole(const char *path, size_t max, size_t *len);
/* A secret: first line of the file `path`, else of the file that the environment's
 * `name`_FILE names, else the environment's `name`. 1 and the secret, NULL when there is
 * none, to be wiped and freed with input_forget; 0 when it could not be read, which was
 * said. */
int input_secret(const char *path, const char *name, char **secret);
void input_forget(char *secret);

/* ---- clair.c -------------------------------------------------------------------- */

/* Prints the samples of a batch as fixtures, and empties it; `protocol` is that of the
 * node ids, NULL: ers. The exit status. */
int fixtures_print(shub_batch *batch, const char *protocol);

/* ---- output.c ------------------------------------------------------------------- */

#define PLACE_MAX (4096 + 64) /* bytes of a path and a place in it */

/* Says what failed on standard error, `what` before the library's words; the exit status.
 */
int failed(const char *what, shub_status status, const shub_error *err);
/* The same of a file whose items, "line", are counted by err->index; `refused` is how
 * many there were, 0 when that is not known. */
int failed_in(const char *path, const char *item, size_t refused, shub_status status,
              const shub_error *err);
/* Exit status of a status that no answer gave. */
int exit_of(shub_status status);
/* Flushes standard output; `code`, or EXIT_SYSTEM when it could not be written. */
int finish(int code);

/* A row of results: one JSON object a line, or tab-separated values below a line of
 * names. */
void row_text(const char *name, shub_slice value);
void row_int(const char *name, int64_t value);
void row_time(const char *name, int64_t time_us);
/* Names and values: an object of its own, or "name=value,name=value". */
void row_pairs(const char *name, const shub_s3_pair *pairs, size_t pair_count);
void row_end(int json);

#endif
