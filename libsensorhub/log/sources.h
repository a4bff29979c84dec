/* The segments that become one sealed file: locked from the first look to their removal.
 */
#ifndef SHUB_LOG_SOURCES_H
#define SHUB_LOG_SOURCES_H

#include "base/file.h"
#include "log/files.h"
#include "log/log.h"

#define SHUB__SOURCES_MAX 64 /* segments of one sealed file; more make more files */

typedef struct shub__source {
    int fd;
    int32_t number;
    int32_t state; /* SHUB_LOG_OPEN or SHUB_LOG_SEALING: its name */
    int64_t bytes;
    int64_t begun_us; /* made; 0: not known */
} shub__source;

/* Of one stream and hour, in order of number. */
typedef struct shub__sources {
    shub_slice stream;
    int64_t hour_us;
    size_t count;
    shub__source at[SHUB__SOURCES_MAX];
} shub__sources;

/* Opens and locks those of `count` entries, all of one stream, that have `state`. All or
 * none: SHUB_E_BUSY when one has a writer or is no longer what its name says. */
shub_status shub__sources_take(shub_log *log, const shub__log_entry *entries,
                               size_t count, int32_t state, shub__sources *sources,
                               shub_error *err);
/* Unlocks and closes. */
void shub__sources_release(shub__sources *sources);
/* Sets torn tails aside. */
shub_status shub__sources_cut(shub_log *log, shub__sources *sources, uint64_t *torn,
                              shub_error *err);
/* Unlinks and releases those that hold nothing. */
shub_status shub__sources_drop_empty(shub_log *log, shub__sources *sources,
                                     shub_error *err);
/* Syncs each and renames it to .sealing. */
shub_status shub__sources_rename(shub_log *log, shub__sources *sources, shub_error *err);
/* Syncs the folder, so that the sealed file with their content keeps its name, and
 * unlinks all: that of the lowest number last, so that as long as any is left, the one
 * that gave the sealed file its number is. */
shub_status shub__sources_unlink(shub_log *log, shub__sources *sources, shub_error *err);

/* Makes the folder's names safe. */
shub_status shub__log_sync_folder(shub_log *log, int64_t hour_us, shub_error *err);

/* Writes the sources as members of one gzip file and gives it its name: the number of the
 * first source, or the next that is free. SHUB_E_BUSY when another process is in the way.
 */
shub_status shub__pack(shub_log *log, const shub__sources *sources,
                       shub_log_report *report, shub_error *err);

/* Brings half-done seals of one stream and hour to their end. SHUB_E_BUSY when a live
 * process is still at it. */
shub_status shub__recover_stream(shub_log *log, const shub__log_entry *entries,
                                 size_t count, shub_log_report *report, shub_error *err);

/* Locks `fd`, open at `path`, and checks that the path still means it: SHUB_E_BUSY when
 * another holds it or it does not. */
shub_status shub__own(int fd, const char *path, shub__stat *stat, shub_error *err);

#endif
