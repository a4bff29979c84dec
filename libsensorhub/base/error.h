/* Filling in shub_error: once, where the failure is seen. */
#ifndef SHUB_BASE_ERROR_H
#define SHUB_BASE_ERROR_H

#include <sensorhub/base.h>

/* Fills `err` (nullable) with a formatted message and returns `code`, so that callers
 * write `return shub__fail(...)`. `pos` is a byte offset or SHUB_NONE. The message is cut
 * at the field's size and its control characters become spaces: it is always one line. */
shub_status shub__fail(shub_error *err, shub_status code, int64_t pos, const char *fmt,
                       ...) SHUB_PRINTF(4, 5);

/* The same for a failed system call: the status by `errno_value` (ENOSPC and EDQUOT:
 * SHUB_E_FULL; ENOMEM: SHUB_E_NOMEM; ENOENT: SHUB_E_NOT_FOUND; EEXIST: SHUB_E_EXISTS;
 * EWOULDBLOCK: SHUB_E_BUSY; others: SHUB_E_IO), the system's text after the message. */
shub_status shub__fail_errno(shub_error *err, int errno_value, const char *fmt, ...)
    SHUB_PRINTF(3, 4);

/* SHUB_E_NOMEM with a message that needs no memory. */
shub_status shub__fail_nomem(shub_error *err);

/* Sets err->index (nullable err) and returns the status of `err`'s failure, `code`. */
shub_status shub__fail_at(shub_error *err, shub_status code, int64_t index);

/* "%.*s" of a slice, at most 64 bytes of it, for messages. */
#define SHUB__SHOW(slice)                                                                \
    ((int)((slice).len < 64 ? (slice).len : 64)), ((slice).ptr ? (slice).ptr : "")

#endif
