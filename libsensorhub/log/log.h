/* Inside a log: its open segments, and the calls its files share. */
#ifndef SHUB_LOG_LOG_H
#define SHUB_LOG_LOG_H

#include <sensorhub/log.h>

#include "base/buf.h"
#include "log/name.h"

#define SHUB__LOG_AHEAD_US                                                               \
    ((int64_t)5 * 60 * SHUB_SECOND_US) /* how far ahead a record may be */
#define SHUB__LOG_NO_HOUR INT64_MIN

/* A segment that is open here, and so locked: a file of one stream and hour, and the
 * lines that are to go behind its end. */
typedef struct shub__segment shub__segment;
struct shub__segment {
    shub__segment *next;          /* in the bucket */
    shub__segment *newer, *older; /* by last use */
    shub__segment *next_touched;  /* by the call that is running, when by_call */
    char stream[65];
    size_t stream_len;
    int64_t hour_us;
    int64_t begun_us; /* when the file was made, or opened here where that is not known */
    int32_t number;
    int fd;
    shub__buf lines;     /* whole lines, not yet with the kernel */
    uint64_t line_count; /* in `lines` */
    int64_t bytes;       /* whole lines in the file */
    int64_t synced;      /* of them on the disk, or not our matter */
    uint64_t unsynced_lines;
    int64_t start;                 /* `bytes` when the running call touched it, */
    uint64_t start_unsynced_lines; /* and `unsynced_lines` */
    int touched;
    int torn;     /* the file may be longer than `bytes`: truncate before writing */
    int doubtful; /* a sync failed: what lies behind `synced` must be written again */
    int unnamed;  /* its folder was not synced since it was opened */
};

struct shub_log {
    shub__log_place place;
    shub_durability durability;
    int by_call; /* a call's lines are written by its end, or taken back */
    int64_t interval_us;
    size_t buffer_bytes;
    size_t max_files;
    int64_t max_file_bytes;
    int64_t min_free_bytes;
    int64_t late_us;
    int64_t grace_us;
    int gzip_level;
    shub_clock clock;
    unsigned fork_generation;

    shub__segment **buckets;
    size_t bucket_count; /* a power of two */
    shub__segment *newest, *oldest;
    size_t open_count;
    shub__segment *touched;

    int64_t synced_us; /* when the interval's sync was last begun */
    int64_t room;      /* bytes until the free space is asked for again */
    int64_t room_checked_us;
    int64_t named_hour_us; /* this hour's folder is known to be on the disk */
    shub__buf path, other; /* where paths are built */
    shub__buf tail;        /* what shub_log_tail returned */
    shub_log_stats stats;
};

/* ---- segment.c: one file -------------------------------------------------------- */

/* Opens the first segment, from number `from` on, that has no other writer. */
shub_status shub__segment_open(shub_log *log, shub_slice stream, int64_t hour_us,
                               int32_t from, shub__segment **segment, shub_error *err);
/* Writes the first `len` bytes of the buffer, which are `lines` lines. After a failure
 * the whole lines that were written have left the buffer, and the file ends with one. */
shub_status shub__segment_write(shub_log *log, shub__segment *segment, size_t len,
                                uint64_t lines, shub_error *err);
/* Writes all of it, and syncs unless the policy is NONE. */
shub_status shub__segment_flush(shub_log *log, shub__segment *segment, shub_error *err);
/* Takes back what the running call did to a segment. */
void shub__segment_undo(shub_log *log, shub__segment *segment);
/* Closes the file and frees. In a forked child the lock stays: it is the parent's too. */
void shub__segment_free(shub_log *log, shub__segment *segment);

/* ---- pool.c: the open ones ------------------------------------------------------ */

/* The segment of a stream and hour, opened when it is not; it becomes the newest. */
shub_status shub__log_segment(shub_log *log, shub_slice stream, int64_t hour_us,
                              shub__segment **segment, shub_error *err);
/* Flushes, then closes. After a failure it is still open. */
shub_status shub__log_close_segment(shub_log *log, shub__segment *segment,
                                    shub_error *err);
/* Flushes and closes those of hours that are due. The first failure is told; the rest is
 * still done. */
shub_status shub__log_close_due(shub_log *log, int64_t now_us, shub_error *err);
/* 1 when a segment begun at `begun_us` is to be sealed at `now_us`. */
int shub__log_due(const shub_log *log, int64_t hour_us, int64_t begun_us, int64_t now_us);

/* ---- torn.c --------------------------------------------------------------------- */

/* Sets aside what is behind the last whole line of a file that has no writer but us: it
 * goes to `path`.torn, synced, and then from the file. `bytes` becomes the file's length,
 * `torn` is counted up. */
shub_status shub__torn_cut(int fd, shub_slice path, int64_t *bytes, uint64_t *torn,
                           shub_error *err);

/* Fills in as much of a caller's report as it has room for; `to` may be NULL. */
void shub__report_out(const shub_log_report *from, shub_log_report *to);
/* Keeps the first failure: calls that go on after one. */
shub_status shub__first(shub_status first, shub_status next);

#endif
