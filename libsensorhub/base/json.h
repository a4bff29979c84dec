/* shub__json: a validating pull scanner for JSON (RFC 8259). No tree, no allocation but
 * for strings with escapes.
 *
 *     shub__json j;
 *     shub_slice key, unit = {NULL, 0};
 *     double value = 0;
 *     shub__json_init(&j, text, &scratch);
 *     shub__json_enter_object(&j);
 *     while (shub__json_next_key(&j, &key)) {
 *         if (shub__json_is(key, "value"))
 *             shub__json_double(&j, &value);
 *         else if (shub__json_is(key, "unit"))
 *             shub__json_string(&j, &unit);
 *     }
 *     return shub__json_finish(&j, err);
 *
 * Values that nobody asks for are skipped, and checked. Errors stick: after the first,
 * every call returns 0 and moves nothing, so a decoder checks once, at the end. Keys come
 * in the order of the text, doubled ones each time: as above the last wins; a decoder
 * that wants the first keeps what it has and lets the later one be skipped. */
#ifndef SHUB_BASE_JSON_H
#define SHUB_BASE_JSON_H

#include <string.h>

#include <sensorhub/base.h>

#include "base/buf.h"

#define SHUB__JSON_MAX_DEPTH 64 /* arrays and objects in each other */

typedef enum shub__json_type {
    SHUB__JSON_NONE = 0, /* no value here, or an error */
    SHUB__JSON_NULL = 1,
    SHUB__JSON_BOOL = 2,
    SHUB__JSON_NUMBER = 3,
    SHUB__JSON_STRING = 4,
    SHUB__JSON_ARRAY = 5,
    SHUB__JSON_OBJECT = 6
} shub__json_type;

typedef struct shub__json {
    const char *ptr;
    size_t len;
    size_t pos;
    size_t start;       /* of the value last read: where a refusal of it points */
    shub__buf *scratch; /* unescaped strings */
    int depth;
    int place;
    shub_status status;
    const char *why;
} shub__json;

/* Starts at the value that is all of `text`. Strings with escapes are unescaped into
 * `scratch`, whose maximum must have room for as many bytes as `text` has; the first one
 * reserves room for all that can follow, so that earlier slices stay where they are.
 * Lifetime: strings are borrowed from `text` or `scratch`. */
void shub__json_init(shub__json *j, shub_slice text, shub__buf *scratch);

/* Type of the value that is due, without reading it. */
shub__json_type shub__json_type_next(shub__json *j);

/* 1 when the value that is due begins as null does, to be moved over. */
static inline int shub__json_is_null(const shub__json *j)
{
    return j->pos < j->len && j->ptr[j->pos] == 'n';
}

/* Each reads the value that is due and returns 1; when it is of another type, that is an
 * error (SHUB_E_CONTENT, unless it is malformed, too). Outputs of a failed call are
 * zeroed. */
int shub__json_string(shub__json *j, shub_slice *out);
/* The number as it stands in the text. Lifetime: borrowed from the text. */
int shub__json_number(shub__json *j, shub_slice *out);
int shub__json_double(shub__json *j, double *out);
/* An integer, without '.' or exponent: SHUB_E_CONTENT; in the type's range:
 * SHUB_E_RANGE. */
int shub__json_int64(shub__json *j, int64_t *out);
int shub__json_uint64(shub__json *j, uint64_t *out);
int shub__json_bool(shub__json *j, int *out);
/* Moves over a value of any type. */
int shub__json_skip(shub__json *j);
/* The same, and the text of it: to be read by a scanner of its own.
 * Lifetime: borrowed from the text. */
int shub__json_raw(shub__json *j, shub_slice *out);

/* Goes into the object that is due; after it, next_key gives its keys, one a call, and
 * makes the key's value due. Returns 0 behind the last, which is then behind the object.
 * A value that was due still is skipped. */
int shub__json_enter_object(shub__json *j);
int shub__json_next_key(shub__json *j, shub_slice *key);
/* The same for arrays: next_item makes the next item due. */
int shub__json_enter_array(shub__json *j);
int shub__json_next_item(shub__json *j);

/* 1 when `text` is the string `name`. */
static inline int shub__json_is(shub_slice text, const char *name)
{
    size_t len = strlen(name);
    return text.len == len && (!len || !memcmp(text.ptr, name, len));
}

/* Refuses the value last read, for a reason of the caller's. Returns 0. Lifetime: `why`
 * must outlive `j`. */
int shub__json_refuse(shub__json *j, shub_status status, const char *why);

/* Checks that nothing but white space follows, and reports what was wrong, with err->pos.
 * Errors: SHUB_E_FORMAT, SHUB_E_TRUNCATED, SHUB_E_EMPTY (no value at all),
 * SHUB_E_CONTENT, SHUB_E_RANGE, SHUB_E_LIMIT (depth), SHUB_E_NOMEM. */
shub_status shub__json_finish(shub__json *j, shub_error *err);
/* The status so far, told into `err` when it is an error: for a caller that stops
 * early. */
shub_status shub__json_check(const shub__json *j, shub_error *err);

/* Appends `text` (UTF-8) as a JSON string with its quotes. Only what must be is
 * escaped. */
void shub__json_quote(shub__buf *buf, shub_slice text);
/* Bytes that a quoted text of `len` bytes never exceeds. */
#define SHUB__JSON_QUOTED_MAX(len) (6 * (len) + 2)
/* The same into room for as many bytes; returns the end of what was written. */
char *shub__json_quote_into(char *dst, shub_slice text);

#endif
