/* sensorhub/log.h: hourly files of JSON lines that lose nothing.
 *
 *     <root>/<Y-m-d-H>/<prefix>-<stream>-<Y-m-d-H>.jl         UTC, one writer
 *     <root>/<Y-m-d-H>/<prefix>-<stream>-<Y-m-d-H>.1.jl       the next writer of that
 * hour <root>/<Y-m-d-H>/<prefix>-<stream>-<Y-m-d-H>.jl.gz      sealed: whole, compressed
 *
 * Any number of processes append at once, each to a segment of its own. When an hour is
 * over, shub_log_seal() turns the segments of each stream into one gzip file.
 * docs/log-format.md is the normative description of names, states and recovery.
 *
 *     shub_log *log;
 *     if (shub_log_open(SHUB_LIT("data"), NULL, &log, err) == SHUB_OK)
 *         shub_log_append_batch(log, SHUB_LIT("meter"), batch, err);
 *     shub_log_close(log);
 */
#ifndef SENSORHUB_LOG_H
#define SENSORHUB_LOG_H

#include <sensorhub/base.h>
#include <sensorhub/sample.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUB_LOG_LINE_MAX   ((size_t)1 << 20) /* bytes of a line */
#define SHUB_LOG_NUMBER_MAX 9999 /* largest segment number of a stream and hour */

/* When an append is acknowledged. */
typedef enum shub_durability {
    SHUB_DURABILITY_EVERY =
        0, /* it returned SHUB_OK: data, and a new file's directory, are
              synced; one sync an append call, so a batch is one */
    SHUB_DURABILITY_INTERVAL = 1, /* the next sync passed: by shub_log_tick, every
                                     interval_ms, or by shub_log_flush */
    SHUB_DURABILITY_NONE = 2 /* the bytes are with the kernel: after shub_log_flush, a
                                full buffer, or at once with `unbuffered` */
} shub_durability;

typedef struct shub_log_options {
    size_t size;
    const char *prefix;  /* of file names; NULL: "sensorhub" */
    int32_t durability;  /* a shub_durability */
    int32_t unbuffered;  /* 1: under INTERVAL and NONE too a call writes what it appends,
                            a batch by one write */
    int64_t interval_ms; /* of SHUB_DURABILITY_INTERVAL; 0: 1000 */
    size_t buffer_bytes; /* of one open file; 0: 65536 */
    size_t max_files;    /* open at once, least recently used closed; 0: 64 */
    int64_t
        max_file_bytes; /* a larger segment is closed, the next number opened; 0: none */
    int64_t
        min_free_bytes; /* appends are refused with SHUB_E_FULL when the file system has
                           less left; 0: 16 MiB; SHUB_NONE: only when a write fails */
    int64_t late_us;  /* a record this much older than the arrival hour still goes to the
                         hour of its own time; 0: one hour; SHUB_NONE: none */
    int64_t grace_us; /* an hour is sealed this long after its end; 0: 60 s */
    int32_t gzip_level; /* 1 to 9 of zlib; 0: 1, by ISA-L where it was built in */
    int32_t reserved;
    shub_clock clock; /* {NULL, NULL}: the system's */
} shub_log_options;

#define SHUB_LOG_OPTIONS_INIT                                                            \
    {                                                                                    \
        sizeof(shub_log_options), NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                 \
        {                                                                                \
            NULL, NULL                                                                   \
        }                                                                                \
    }

typedef struct shub_log shub_log;

/* Opens the log below folder `root`, made when missing; `opts` may be NULL. Errors:
 * SHUB_E_INVALID, SHUB_E_IO, SHUB_E_NOMEM. Lifetime: close with shub_log_close. */
SHUB_API shub_status shub_log_open(shub_slice root, const shub_log_options *opts,
                                   shub_log **log, shub_error *err);
/* Writes what is buffered as far as it can, without telling, and closes: call
 * shub_log_flush first to know. NULL is fine. In a forked child it writes nothing. */
SHUB_API void shub_log_close(shub_log *log);

/* Appends one sample, every sample of a batch, or one line of the caller's own (without
 * its
 * '\n') to `stream`. The hour is that of the record's time when this lies between the
 * arrival hour - late_us and arrival + 5 min, else the hour of arrival. When a call of
 * several records fails, err->index is the first that was not appended; those before it
 * were, with the durability their policy says after the next flush; under EVERY and
 * with `unbuffered` a write or sync that fails takes the whole call back. Errors:
 * SHUB_E_INVALID (stream name; line empty, with '\n' or NUL), SHUB_E_LIMIT (line too
 * long), SHUB_E_FULL (nothing earlier is harmed; the next append works when there is
 * room), SHUB_E_IO, SHUB_E_RANGE, SHUB_E_FORKED, SHUB_E_NOMEM; for samples also those of
 * shub_batch_append. */
SHUB_API shub_status shub_log_append(shub_log *log, shub_slice stream,
                                     const shub_sample *sample, shub_error *err);
SHUB_API shub_status shub_log_append_batch(shub_log *log, shub_slice stream,
                                           const shub_batch *batch, shub_error *err);
SHUB_API shub_status shub_log_append_line(shub_log *log, shub_slice stream,
                                          int64_t time_us, shub_slice line,
                                          shub_error *err);

/* Writes every buffer, and syncs unless the policy is NONE: after SHUB_OK every earlier
 * append is acknowledged. Errors: SHUB_E_FULL, SHUB_E_IO, SHUB_E_NOMEM, SHUB_E_FORKED;
 * what was not written stays buffered, what was not synced is written again, by the next
 * call. */
SHUB_API shub_status shub_log_flush(shub_log *log, shub_error *err);
/* Does what time asks for: the interval's sync, closing segments of hours that are over.
 * Call it about once a second. Errors: as shub_log_flush. */
SHUB_API shub_status shub_log_tick(shub_log *log, shub_error *err);

#define SHUB_LOG_TAIL_MAX 1024 /* lines of a tail */

/* The last `lines` whole lines of a stream, oldest first, each with its '\n', from the
 * newest hour that has any, live or sealed, of every writer: what a program reads after a
 * restart to know where it was (shub_batch_add_jsonl takes it as it is). Fewer when the
 * hour has fewer. Errors: SHUB_E_NOT_FOUND (no file of the stream), SHUB_E_INVALID
 * (`lines` 0 or over the maximum), SHUB_E_CORRUPT, SHUB_E_IO, SHUB_E_NOMEM. Lifetime:
 * `text` is borrowed until the next call on the log. */
SHUB_API shub_status shub_log_tail(shub_log *log, shub_slice stream, size_t lines,
                                   shub_slice *text, shub_error *err);

typedef struct shub_log_stats {
    size_t size;
    uint64_t lines;        /* appended */
    uint64_t bytes;        /* appended, before compression */
    uint64_t acknowledged; /* lines, by the policy */
    uint64_t late;         /* lines whose own hour was too far from their arrival */
    uint64_t refused;      /* lines refused for lack of room */
    uint64_t writes;
    uint64_t syncs;
    uint64_t torn; /* torn tails set aside */
} shub_log_stats;

/* Counters since the log was opened. */
SHUB_API void shub_log_get_stats(const shub_log *log, shub_log_stats *stats);

/* ---- sealing and recovery ------------------------------------------------------ */

typedef struct shub_log_report {
    size_t size;
    uint64_t sealed;    /* .jl.gz files made */
    uint64_t lines;     /* in them */
    uint64_t bytes_in;  /* before compression */
    uint64_t bytes_out; /* after */
    uint64_t busy;      /* streams and hours put off: a segment has a writer */
    uint64_t recovered; /* half-done seals redone or finished */
    uint64_t torn;      /* torn tails set aside as .torn */
    uint64_t failed;    /* streams and hours that failed; the first is the call's error */
    uint64_t removed;   /* files removed by retention */
    uint64_t removed_unshipped; /* of them: never shipped */
    uint64_t removed_bytes;
} shub_log_report;

#define SHUB_LOG_REPORT_INIT                                                             \
    {                                                                                    \
        sizeof(shub_log_report), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                         \
    }

/* Recovers what an earlier seal left half-done, then seals every stream and hour that is
 * over (hour end + grace_us <= now; segments begun after that stay open for a whole
 * hour); own segments of such hours are closed first. Safe beside other processes. One
 * that fails does not stop the others. `report` may be NULL. Errors: SHUB_E_FULL,
 * SHUB_E_IO, SHUB_E_CORRUPT, SHUB_E_FORKED, SHUB_E_NOMEM. */
SHUB_API shub_status shub_log_seal(shub_log *log, shub_log_report *report,
                                   shub_error *err);
/* The recovering half alone: temporary files, half-done seals, torn tails of segments
 * without a writer. */
SHUB_API shub_status shub_log_recover(shub_log *log, shub_log_report *report,
                                      shub_error *err);

typedef struct shub_log_retention {
    size_t size;
    int64_t max_age_us;    /* files of hours that ended longer ago; 0: no limit */
    int64_t max_bytes;     /* the oldest go until the rest fits; 0: no limit */
    int32_t unshipped_too; /* 1: also sealed files that were never shipped, torn tails */
    int32_t reserved;
} shub_log_retention;

#define SHUB_LOG_RETENTION_INIT                                                          \
    {                                                                                    \
        sizeof(shub_log_retention), 0, 0, 0, 0                                           \
    }

/* Removes old files: shipped ones, and sealed ones only when told so; never open
 * segments. `report` may be NULL. Errors: SHUB_E_INVALID, SHUB_E_IO. */
SHUB_API shub_status shub_log_retain(shub_log *log, const shub_log_retention *retention,
                                     shub_log_report *report, shub_error *err);

/* ---- listing ------------------------------------------------------------------- */

typedef enum shub_log_state {
    SHUB_LOG_LIVE = 1, /* .jl with a writer */
    SHUB_LOG_OPEN = 2, /* .jl without one: will be continued or sealed */
    SHUB_LOG_SEALING =
        3, /* .jl.sealing; a .jl.gz beside one of its stream, not final yet */
    SHUB_LOG_SEALED = 4,  /* .jl.gz */
    SHUB_LOG_SHIPPED = 5, /* .jl.gz.shipped: confirmed elsewhere, kept here */
    SHUB_LOG_TORN = 6,    /* .torn: a line cut by a crash, set aside */
    SHUB_LOG_TEMP = 7     /* .tmp */
} shub_log_state;

/* "live", "open", "sealing", … ; NULL for other numbers. Lifetime: static. */
SHUB_API const char *shub_log_state_name(shub_log_state state);

typedef struct shub_log_file {
    size_t size;
    shub_slice path; /* root included */
    shub_slice name; /* last part of it */
    shub_slice stream;
    int64_t hour_us; /* begin of the hour */
    int64_t bytes;
    int32_t number; /* of the segment; 0 for the first */
    int32_t state;  /* a shub_log_state */
} shub_log_file;

typedef struct shub_log_list shub_log_list;

/* Lists the files of `prefix` (NULL: "sensorhub") below `root`, oldest hour first, then
 * by name. Errors: SHUB_E_NOT_FOUND (no such folder), SHUB_E_IO, SHUB_E_NOMEM. Lifetime:
 * close with shub_log_list_close. */
SHUB_API shub_status shub_log_list_open(shub_slice root, const char *prefix,
                                        shub_log_list **list, shub_error *err);
/* The next file: 1, or 0 past the end. Lifetime: slices are borrowed until the list
 * closes. */
SHUB_API int shub_log_list_next(shub_log_list *list, shub_log_file *file);
/* NULL is fine. */
SHUB_API void shub_log_list_close(shub_log_list *list);

#ifdef __cplusplus
}
#endif

#endif
