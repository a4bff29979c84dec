#include "base/json.h"

#include <assert.h>
#include <string.h>

#include "base/error.h"
#include "base/json_scan.h"
#include "base/number.h"

void shub__json_init(shub__json *j, shub_slice text, shub__buf *scratch)
{
    memset(j, 0, sizeof *j);
    j->ptr = text.ptr;
    j->len = text.len;
    j->pos = shub__json_space(text.ptr, text.len, 0);
    j->scratch = scratch;
}

int shub__json_fail(shub__json *j, size_t pos, shub_status status, const char *why)
{
    if (!j->status) {
        j->status = status;
        j->why = why;
        j->pos = pos;
    }
    return 0;
}

int shub__json_fail_syntax(shub__json *j, size_t pos, const char *why)
{
    return shub__json_fail(j, pos, pos < j->len ? SHUB_E_FORMAT : SHUB_E_TRUNCATED, why);
}

int shub__json_refuse(shub__json *j, shub_status status, const char *why)
{
    return shub__json_fail(j, j->start, status, why);
}

static shub__json_type type_of(int c)
{
    switch (c) {
    case '{':
        return SHUB__JSON_OBJECT;
    case '[':
        return SHUB__JSON_ARRAY;
    case '"':
        return SHUB__JSON_STRING;
    case 't':
    case 'f':
        return SHUB__JSON_BOOL;
    case 'n':
        return SHUB__JSON_NULL;
    default:
        return c == '-' || shub__is_digit((char)c) ? SHUB__JSON_NUMBER : SHUB__JSON_NONE;
    }
}

shub__json_type shub__json_type_next(shub__json *j)
{
    int c = shub__json_begin(j);
    if (c == SHUB_NONE)
        return SHUB__JSON_NONE;
    shub__json_type type = type_of(c);
    if (type == SHUB__JSON_NONE)
        shub__json_fail(j, j->pos, SHUB_E_FORMAT, "expected a value");
    return type;
}

int shub__json_refuse_type(shub__json *j, shub__json_type type)
{
    static const char *const wanted[] = {
        "expected a value",   "expected null",     "expected true or false",
        "expected a number",  "expected a string", "expected an array",
        "expected an object",
    };
    if (shub__json_type_next(j) == SHUB__JSON_NONE)
        return 0;
    return shub__json_skip(j) ? shub__json_refuse(j, SHUB_E_CONTENT, wanted[type]) : 0;
}

int shub__json_string(shub__json *j, shub_slice *out)
{
    return shub__json_read_string(j, out);
}

int shub__json_number(shub__json *j, shub_slice *out)
{
    return shub__json_read_number(j, out);
}

int shub__json_double(shub__json *j, double *out)
{
    shub_slice text;
    *out = 0;
    if (!shub__json_number(j, &text))
        return 0;
    if (shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, out))
        return shub__json_refuse(j, SHUB_E_RANGE, "a number is too large");
    return 1;
}

static int refuse_integer(shub__json *j, shub_status status)
{
    if (status == SHUB_E_RANGE)
        return shub__json_refuse(j, status, "an integer is out of range");
    return shub__json_refuse(j, SHUB_E_CONTENT, "expected an integer");
}

int shub__json_int64(shub__json *j, int64_t *out)
{
    shub_slice text;
    *out = 0;
    if (!shub__json_number(j, &text))
        return 0;
    shub_status status = shub__int64_read(text.ptr, text.len, out);
    return status ? refuse_integer(j, status) : 1;
}

int shub__json_uint64(shub__json *j, uint64_t *out)
{
    shub_slice text;
    *out = 0;
    if (!shub__json_number(j, &text))
        return 0;
    shub_status status = shub__uint64_read(text.ptr, text.len, out);
    return status ? refuse_integer(j, status) : 1;
}

int shub__json_bool(shub__json *j, int *out)
{
    *out = 0;
    int c = shub__json_begin(j);
    if (c != 't' && c != 'f')
        return shub__json_refuse_type(j, SHUB__JSON_BOOL);
    if (!shub__json_end(j, shub__json_word_end(j, j->pos, c == 't' ? "true" : "false")))
        return 0;
    *out = c == 't';
    return 1;
}

int shub__json_skip(shub__json *j)
{
    return shub__json_pass(j) != SHUB__JSON_NOWHERE;
}

int shub__json_raw(shub__json *j, shub_slice *out)
{
    *out = (shub_slice){NULL, 0};
    size_t end = shub__json_pass(j);
    if (end == SHUB__JSON_NOWHERE)
        return 0;
    *out = (shub_slice){j->ptr + j->start, end - j->start};
    return 1;
}

/* ---- arrays and objects --------------------------------------------------------- */

_Static_assert(SHUB__JSON_MAX_DEPTH == 64, "as the message says");

int shub__json_too_deep(shub__json *j)
{
    return shub__json_fail(j, j->pos, SHUB_E_LIMIT,
                           "more than 64 arrays and objects in each other");
}

int shub__json_enter_object(shub__json *j)
{
    return shub__json_begin(j) == '{' ? shub__json_enter(j)
                                      : shub__json_refuse_type(j, SHUB__JSON_OBJECT);
}

int shub__json_enter_array(shub__json *j)
{
    return shub__json_begin(j) == '[' ? shub__json_enter(j)
                                      : shub__json_refuse_type(j, SHUB__JSON_ARRAY);
}

/* Moves to the next member: 1, or 0 behind the closing bracket or after an error. */
static int next_member(shub__json *j, char closing)
{
    if (j->place == SHUB__JSON_PLACE_VALUE)
        shub__json_pass(j);
    if (j->status)
        return 0;
    return j->place == SHUB__JSON_PLACE_AFTER ? shub__json_next(j, closing)
                                              : shub__json_first(j, closing);
}

int shub__json_next_item(shub__json *j)
{
    return next_member(j, ']');
}

int shub__json_next_key(shub__json *j, shub_slice *key)
{
    *key = (shub_slice){NULL, 0};
    if (!next_member(j, '}'))
        return 0;
    if (shub__json_key(j, key))
        return 1;
    *key = (shub_slice){NULL, 0};
    return 0;
}

/* ---- the rest ----------------------------------------------------------------- */

shub_status shub__json_check(const shub__json *j, shub_error *err)
{
    if (!j->status)
        return SHUB_OK;
    return shub__fail(err, j->status, (int64_t)j->pos, "JSON: %s at byte %zu", j->why,
                      j->pos);
}

shub_status shub__json_finish(shub__json *j, shub_error *err)
{
    if (!j->status && j->place == SHUB__JSON_PLACE_VALUE)
        shub__json_skip(j);
    if (!j->status) {
        assert(j->depth == 0);
        if (shub__json_at(j, j->pos) != SHUB_NONE)
            shub__json_fail(j, j->pos, SHUB_E_FORMAT, "more text behind the value");
    }
    return shub__json_check(j, err);
}
