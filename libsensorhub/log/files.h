/* What is below a log's root. */
#ifndef SHUB_LOG_FILES_H
#define SHUB_LOG_FILES_H

#include "log/name.h"

typedef struct shub__log_entry {
    char stream[65]; /* NUL-terminated */
    int64_t hour_us;
    int32_t number;
    int32_t state; /* as shub__log_name */
} shub__log_entry;

typedef struct shub__log_entries {
    shub__log_entry *at;
    size_t count;
    size_t cap;
} shub__log_entries;

typedef struct shub__log_hours {
    int64_t *at;
    size_t count;
    size_t cap;
} shub__log_hours;

/* The hours that have a folder, oldest first; free with shub__free(hours->at). Errors:
 * SHUB_E_NOT_FOUND (no root), SHUB_E_IO, SHUB_E_NOMEM. */
shub_status shub__log_hours_read(const shub__log_place *place, shub__log_hours *hours,
                                 shub_error *err);
/* The log's files of an hour, by stream, number, state; none when the folder is gone.
 * Free with shub__free(entries->at). Errors: SHUB_E_IO, SHUB_E_NOMEM. */
shub_status shub__log_files_read(const shub__log_place *place, int64_t hour_us,
                                 shub__log_entries *entries, shub_error *err);
/* Number of entries from `first` on that are of its stream. */
size_t shub__log_stream_length(const shub__log_entries *entries, size_t first);
/* Back to the first file. */
void shub__log_list_rewind(shub_log_list *list);
shub__log_name shub__log_entry_name(const shub__log_entry *entry);

#endif
