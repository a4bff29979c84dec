/* sensorhub/base.h: status codes, errors, slices, time, trace. Every other header
 * includes this one.
 *
 * Rules that hold in the whole library:
 * - A call that can fail returns shub_status and takes a nullable `shub_error *err` last.
 *   On failure every output is zeroed.
 * - Strings in are slices (pointer and length) and are borrowed for the call only;
 *   strings out are slices that are also NUL-terminated, valid as their `Lifetime:` says.
 * - A handle belongs to one thread at a time; different handles are independent.
 * - Times are microseconds since 1970-01-01T00:00:00Z; durations carry their unit in
 *   their name.
 * - A handle opened before fork() and used in the child gives SHUB_E_FORKED.
 */
#ifndef SENSORHUB_BASE_H
#define SENSORHUB_BASE_H

#include <stddef.h>
#include <stdint.h>

#include <sensorhub/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SHUB_API              __attribute__((visibility("default")))
#define SHUB_NODISCARD        __attribute__((warn_unused_result))
#define SHUB_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#else
#define SHUB_API
#define SHUB_NODISCARD
#define SHUB_PRINTF(fmt, arg)
#endif

/* ---- status -------------------------------------------------------------------- */

/* What went wrong in the large: what a caller switches on. */
typedef enum shub_class {
    SHUB_CLASS_OK = 0,
    SHUB_CLASS_USAGE = 1,    /* the call itself is wrong: fix the program */
    SHUB_CLASS_INPUT = 2,    /* bytes from outside are wrong: keep them aside, go on */
    SHUB_CLASS_RESOURCE = 3, /* memory, disk, limits: make room, try again */
    SHUB_CLASS_SYSTEM = 4,   /* the operating system refused */
    SHUB_CLASS_NETWORK = 5,  /* no answer came: try again later */
    SHUB_CLASS_REMOTE = 6,   /* an answer came and says no */
    SHUB_CLASS_WAIT = 7      /* nothing is wrong: not now */
} shub_class;

/* One row a status: name, number, class, text. The numbers never change. */
#define SHUB_STATUS_TABLE(X)                                                             \
    X(OK, 0, OK, "ok")                                                                   \
    X(E_INVALID, -1, USAGE, "invalid argument")                                          \
    X(E_CLOSED, -2, USAGE, "handle is closed")                                           \
    X(E_FORKED, -3, USAGE, "handle was opened before fork")                              \
    X(E_NOT_FOUND, -4, USAGE, "not found")                                               \
    X(E_EXISTS, -5, USAGE, "exists already")                                             \
    X(E_FORMAT, -10, INPUT, "malformed input")                                           \
    X(E_CONTENT, -11, INPUT, "value not allowed")                                        \
    X(E_TRUNCATED, -12, INPUT, "input ends early")                                       \
    X(E_RANGE, -13, INPUT, "number out of range")                                        \
    X(E_UNEXPECTED, -14, INPUT, "a different document than asked for")                   \
    X(E_EMPTY, -15, INPUT, "empty document")                                             \
    X(E_CORRUPT, -16, INPUT, "stored data is damaged")                                   \
    X(E_UNSUPPORTED, -17, INPUT, "not supported")                                        \
    X(E_NO_PAYLOAD, -80, INPUT, "uplink without a payload")                              \
    X(E_MAC_ONLY, -81, INPUT, "uplink of the network's own commands")                    \
    X(E_ENCRYPTED, -82, INPUT, "payload is encrypted")                                   \
    X(E_NOMEM, -20, RESOURCE, "out of memory")                                           \
    X(E_LIMIT, -21, RESOURCE, "over a limit")                                            \
    X(E_FULL, -22, RESOURCE, "disk is full")                                             \
    X(E_IO, -30, SYSTEM, "input/output error")                                           \
    X(E_NETWORK, -40, NETWORK, "network error")                                          \
    X(E_TIMEOUT, -41, NETWORK, "no answer in time")                                      \
    X(E_TLS, -42, NETWORK, "TLS failed")                                                 \
    X(E_CIRCUIT, -43, NETWORK, "peer failed too often, resting")                         \
    X(E_AUTH, -50, REMOTE, "credentials refused")                                        \
    X(E_OVERLOADED, -51, REMOTE, "peer is overloaded")                                   \
    X(E_HTTP, -52, REMOTE, "unexpected HTTP status")                                     \
    X(E_REDIRECT, -53, REMOTE, "redirect not followed")                                  \
    X(E_REMOTE, -54, REMOTE, "peer answered with an error")                              \
    X(E_NOT_JOINED, -55, REMOTE, "meter not joined to the gateway")                      \
    X(E_SIGNATURE, -56, REMOTE, "signature refused, the secret is wrong")                \
    X(E_SKEWED, -57, REMOTE, "clocks differ too much")                                   \
    X(E_CHECKSUM, -58, REMOTE, "content does not match its checksum")                    \
    X(E_PRECONDITION, -59, REMOTE, "condition does not hold")                            \
    X(E_AGAIN, -60, WAIT, "not ready")                                                   \
    X(E_BUSY, -61, WAIT, "in use by another")                                            \
    X(E_CONFLICT, -70, REMOTE, "another changes the same thing")                         \
    X(E_DENIED, -71, REMOTE, "not allowed with these credentials")                       \
    X(E_EXPIRED, -72, REMOTE, "credentials have expired")                                \
    X(E_REPLAYED, -73, REMOTE, "was received before")

#define SHUB_STATUS_ENUM(name, number, klass, text) SHUB_##name = (number),
typedef enum shub_status {
    /* clang-format off */
    SHUB_STATUS_TABLE(SHUB_STATUS_ENUM)
    /* clang-format on */
    SHUB_STATUS_LAST_ = -1000000 /* keeps the type's range; never returned */
} shub_status;
#undef SHUB_STATUS_ENUM

/* Name of a status as in this header, "SHUB_E_INVALID"; "SHUB_E_UNKNOWN" for others.
 * Lifetime: static. */
SHUB_API const char *shub_status_name(shub_status status);
/* One line of English for a status. Lifetime: static. */
SHUB_API const char *shub_status_text(shub_status status);
/* Class of a status; SHUB_CLASS_USAGE for numbers not in the table. */
SHUB_API shub_class shub_status_class(shub_status status);
/* The i-th row of the table, SHUB_OK first; SHUB_STATUS_LAST_ past the end. For
 * bindings. */
SHUB_API shub_status shub_status_at(size_t i);

/* ---- errors -------------------------------------------------------------------- */

#define SHUB_ERROR_MESSAGE_MAX 200 /* bytes of a message, NUL included */

/* What a failed call tells. Fill by passing its address; read after the call failed.
 * A successful call leaves it as it was. */
typedef struct shub_error {
    int32_t code;           /* the shub_status returned */
    int32_t http_status;    /* of the answer that caused it, else 0 */
    int64_t pos;            /* byte offset in the input, else SHUB_NONE */
    int64_t index;          /* row, line or part, counted from 0, else SHUB_NONE */
    int64_t retry_after_us; /* the peer's wish, else SHUB_NONE */
    int64_t reserved[4];
    char message[SHUB_ERROR_MESSAGE_MAX]; /* one line, no secrets */
} shub_error;

/* "Not given", where 0 is a meaningful number. */
#define SHUB_NONE (-1)

#define SHUB_ERROR_INIT                                                                  \
    {                                                                                    \
        0, 0, SHUB_NONE, SHUB_NONE, SHUB_NONE, {0, 0, 0, 0}, ""                          \
    }

/* ---- slices -------------------------------------------------------------------- */

/* Bytes by pointer and length. {NULL, 0} is the empty slice and means "absent". */
typedef struct shub_slice {
    const char *ptr;
    size_t len;
} shub_slice;

/* Slice of a NUL-terminated string; NULL gives the empty slice.
 * Lifetime: borrows the string. */
SHUB_API shub_slice shub_str(const char *text);
/* Slice of `len` bytes at `ptr`. Lifetime: borrows the bytes. */
SHUB_API shub_slice shub_bytes(const void *ptr, size_t len);
/* 1 when both hold the same bytes, else 0. */
SHUB_API int shub_slice_equal(shub_slice a, shub_slice b);

/* Slice of a string literal: SHUB_LIT("power"). */
#define SHUB_LIT(literal) shub_bytes("" literal, sizeof(literal) - 1)

/* ---- time ---------------------------------------------------------------------- */

#define SHUB_SECOND_US ((int64_t)1000000)
#define SHUB_HOUR_US   (3600 * SHUB_SECOND_US)
#define SHUB_TIME_MAX  32 /* bytes of what shub_time_format writes, NUL included */

/* Where a handle reads wall-clock time; tests pass their own. `now_us` returns
 * microseconds since 1970-01-01T00:00:00Z and may be called from the thread that uses the
 * handle. */
typedef struct shub_clock {
    int64_t (*now_us)(void *user);
    void *user;
} shub_clock;

/* The system's wall clock, in microseconds since 1970-01-01T00:00:00Z. */
SHUB_API int64_t shub_now_us(void);

/* Reads an RFC 3339 date-time ("2015-03-10T17:54:01Z", offsets, 't', 'z', ' ', any number
 * of fraction digits; beyond microseconds they are cut; 23:59:60 counts as the next
 * second). Years 0000 to 9999, in UTC too. Errors: SHUB_E_FORMAT with pos, SHUB_E_RANGE
 * (a 31st of April). */
SHUB_API shub_status shub_time_parse(shub_slice text, int64_t *time_us, shub_error *err);

/* Writes a time as RFC 3339 in UTC with `Z`; a fraction of 3 or 6 digits only where it is
 * not zero. `dst` has SHUB_TIME_MAX bytes and is NUL-terminated; returns the length, or 0
 * for times outside the years 0000 to 9999. */
SHUB_API size_t shub_time_format(int64_t time_us, char *dst);

/* ---- diagnostics --------------------------------------------------------------- */

typedef enum shub_level {
    SHUB_LEVEL_OFF = 0,
    SHUB_LEVEL_ERROR = 1,
    SHUB_LEVEL_WARN = 2,
    SHUB_LEVEL_INFO = 3,
    SHUB_LEVEL_DEBUG = 4
} shub_level;

/* Called with one NUL-terminated line of key=value pairs, without secrets, never while a
 * lock is held; may be called from the library's own threads. */
typedef void shub_trace_fn(shub_level level, const char *line, void *user);

/* Sends lines up to `level` to `fn`; NULL or SHUB_LEVEL_OFF stops. Process-wide: call
 * before other threads use the library. */
SHUB_API void shub_trace_set(shub_level level, shub_trace_fn *fn, void *user);

/* Version of the library at run time, "0.1.0". Lifetime: static. */
SHUB_API const char *shub_version(void);

/* 1 when the text may name a stream, tenant or dataset, and so become part of a path:
 * [A-Za-z0-9._-]{1,64} without a leading dot; else 0. */
SHUB_API int shub_name_valid(shub_slice name);

#ifdef __cplusplus
}
#endif

#endif
