/* Names of a log's files, as docs/log-format.md says. */
#ifndef SHUB_LOG_NAME_H
#define SHUB_LOG_NAME_H

#include <sensorhub/log.h>

#include "base/buf.h"

#define SHUB__PATH_MAX                                                                   \
    4095 /* bytes of a path (PATH_MAX of Linux, the NUL not counted)                     \
          */

/* What a name says. `.jl` is SHUB_LOG_OPEN: whether it has a writer no name tells. */
typedef struct shub__log_name {
    shub_slice stream;
    int64_t hour_us;
    int32_t number;
    int32_t state; /* a shub_log_state */
} shub__log_name;

/* Where files are: one root, one prefix. */
typedef struct shub__log_place {
    shub_slice root;
    shub_slice prefix;
} shub__log_place;

/* Reads a file's name; 0 when it is not one of this prefix's. Lifetime: borrows `text`.
 */
int shub__log_name_read(shub_slice text, shub_slice prefix, shub__log_name *name);
/* Writes root/hour/name. Errors: SHUB_E_RANGE (year), SHUB_E_LIMIT, SHUB_E_NOMEM. */
shub_status shub__log_path(shub__buf *path, const shub__log_place *place,
                           const shub__log_name *name, shub_error *err);
/* Writes root/hour, or the root alone. */
shub_status shub__log_folder(shub__buf *path, const shub__log_place *place,
                             int64_t hour_us, shub_error *err);

#endif
