/* What the files of the JSON scanner share: the steps every value is made of. */
#ifndef SHUB_BASE_JSON_SCAN_H
#define SHUB_BASE_JSON_SCAN_H

#include <assert.h>

#include "base/json.h"
#include "base/json_runs.h"
#include "base/text.h"

/* No position: what was looked for is not there, and the sticky error is set. */
#define SHUB__JSON_NOWHERE SIZE_MAX

/* The byte at `pos`, or SHUB_NONE behind the end. */
static inline int shub__json_at(const shub__json *j, size_t pos)
{
    return SHUB__JSON_LIKELY(pos < j->len) ? (unsigned char)j->ptr[pos] : SHUB_NONE;
}

/* Set the sticky error, unless one is set, and return 0. */
int shub__json_fail(shub__json *j, size_t pos, shub_status status, const char *why);
/* For a byte that does not fit: when it is the end of the text, the text was cut
 * short. */
int shub__json_fail_syntax(shub__json *j, size_t pos, const char *why);

/* ---- strings ------------------------------------------------------------------------
 */

/* Goes on at `pos`, where a byte of a string that begins at `begin` is not plain; returns
 * the closing quote, or nowhere. `out`, when it is not NULL, is the string, unescaped. */
size_t shub__json_string_rest(shub__json *j, size_t begin, size_t pos, shub_slice *out);

/* The closing quote of the string that begins at `begin`, behind the opening one, or
 * nowhere. */
static inline size_t shub__json_string_end(shub__json *j, size_t begin)
{
    size_t pos = shub__json_plain(j->ptr, j->len, begin);
    if (SHUB__JSON_LIKELY(pos < j->len && j->ptr[pos] == '"'))
        return pos;
    return shub__json_string_rest(j, begin, pos, NULL);
}

/* The same, and the string. */
static inline size_t shub__json_string_read(shub__json *j, size_t begin, shub_slice *out)
{
    size_t pos = shub__json_plain(j->ptr, j->len, begin);
    if (SHUB__JSON_LIKELY(pos < j->len && j->ptr[pos] == '"')) {
        *out = (shub_slice){j->ptr + begin, pos - begin};
        return pos;
    }
    return shub__json_string_rest(j, begin, pos, out);
}

/* ---- numbers, literals --------------------------------------------------------------
 */

/* Behind the digits at `pos`; nowhere when there is none. */
static inline size_t shub__json_digits_end(shub__json *j, size_t pos)
{
    const char *ptr = j->ptr;
    size_t len = j->len;
    size_t end = pos;
    while (end < len && shub__is_digit(ptr[end]))
        end++;
    if (SHUB__JSON_LIKELY(end != pos))
        return end;
    shub__json_fail_syntax(j, pos, "expected a digit");
    return SHUB__JSON_NOWHERE;
}

/* Behind the exponent whose 'e' is at `pos`. */
size_t shub__json_exponent_end(shub__json *j, size_t pos);
/* Says that a number begins with 0. */
size_t shub__json_leading_zero(shub__json *j, size_t pos);

/* Behind the number at `pos` (RFC 8259 section 6), or nowhere. */
static inline size_t shub__json_number_end(shub__json *j, size_t pos)
{
    pos += j->ptr[pos] == '-';
    size_t end = shub__json_digits_end(j, pos);
    if (end == SHUB__JSON_NOWHERE)
        return end;
    if (j->ptr[pos] == '0' && end > pos + 1)
        return shub__json_leading_zero(j, pos);
    if (shub__json_at(j, end) == '.') {
        end = shub__json_digits_end(j, end + 1);
        if (end == SHUB__JSON_NOWHERE)
            return end;
    }
    if ((shub__json_at(j, end) | 0x20) != 'e')
        return end;
    return shub__json_exponent_end(j, end);
}

/* Behind the word at `pos`, one of null, true and false, or nowhere. */
size_t shub__json_word_end(shub__json *j, size_t pos, const char *word);

/* ---- values -------------------------------------------------------------------------
 */

/* What may come at the cursor. */
enum {
    SHUB__JSON_PLACE_VALUE = 0, /* a value is due */
    SHUB__JSON_PLACE_FIRST = 1, /* behind an opening bracket */
    SHUB__JSON_PLACE_AFTER = 2  /* behind a value */
};

/* Behind the value that begins at `pos`, inside of `depth` arrays and objects, or
 * nowhere. */
size_t shub__json_value_end(shub__json *j, size_t pos, int depth);
/* For a value of another type than `type`, which is an error. What is wrong with the text
 * comes first: a cut or malformed value is that, not one of another type. Returns 0. */
int shub__json_refuse_type(shub__json *j, shub__json_type type);

/* The cursor never stands on white space: it moves over it behind every token, so that
 * what is next is one byte away. */
static inline void shub__json_move_to(shub__json *j, size_t pos)
{
    j->pos = shub__json_space(j->ptr, j->len, pos);
}

/* Makes sure that a value is due, and returns its first byte, or SHUB_NONE and an
 * error. */
static inline int shub__json_begin(shub__json *j)
{
    if (j->status)
        return SHUB_NONE;
    assert(j->place == SHUB__JSON_PLACE_VALUE);
    j->start = j->pos;
    if (SHUB__JSON_LIKELY(j->pos < j->len))
        return (unsigned char)j->ptr[j->pos];
    shub__json_fail(j, j->pos, j->depth ? SHUB_E_TRUNCATED : SHUB_E_EMPTY,
                    "expected a value");
    return SHUB_NONE;
}

/* Ends the value that ends before `end`, or nowhere. */
static inline int shub__json_end(shub__json *j, size_t end)
{
    if (end == SHUB__JSON_NOWHERE)
        return 0;
    shub__json_move_to(j, end);
    j->place = SHUB__JSON_PLACE_AFTER;
    return 1;
}

static inline int shub__json_read_string(shub__json *j, shub_slice *out)
{
    *out = (shub_slice){NULL, 0};
    if (shub__json_begin(j) != '"')
        return shub__json_refuse_type(j, SHUB__JSON_STRING);
    size_t quote = shub__json_string_read(j, j->pos + 1, out);
    return quote != SHUB__JSON_NOWHERE && shub__json_end(j, quote + 1);
}

static inline int shub__json_read_number(shub__json *j, shub_slice *out)
{
    *out = (shub_slice){NULL, 0};
    int c = shub__json_begin(j);
    if (c != '-' && (c < '0' || c > '9'))
        return shub__json_refuse_type(j, SHUB__JSON_NUMBER);
    size_t end = shub__json_number_end(j, j->pos);
    if (end == SHUB__JSON_NOWHERE)
        return 0;
    *out = (shub_slice){j->ptr + j->pos, end - j->pos};
    return shub__json_end(j, end);
}

/* Moves over a value; where it ends, before white space. */
static inline size_t shub__json_pass(shub__json *j)
{
    int c = shub__json_begin(j);
    if (c == SHUB_NONE)
        return SHUB__JSON_NOWHERE;
    size_t end;
    if (c == '"') {
        end = shub__json_string_end(j, j->pos + 1);
        end += end != SHUB__JSON_NOWHERE;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        end = shub__json_number_end(j, j->pos);
    } else {
        end = shub__json_value_end(j, j->pos, j->depth);
    }
    shub__json_end(j, end);
    return end;
}

int shub__json_too_deep(shub__json *j);

/* Goes into the array or object at the cursor. */
static inline int shub__json_enter(shub__json *j)
{
    if (j->depth == SHUB__JSON_MAX_DEPTH)
        return shub__json_too_deep(j);
    j->depth++;
    shub__json_move_to(j, j->pos + 1);
    j->place = SHUB__JSON_PLACE_FIRST;
    return 1;
}

/* Moves over the closing bracket at the cursor. Returns 0. */
static inline int shub__json_close(shub__json *j)
{
    j->depth--;
    shub__json_end(j, j->pos + 1);
    return 0;
}

/* From behind a member to the next one: 1, or 0 behind the closing bracket or after an
 * error. */
static inline int shub__json_next(shub__json *j, char closing)
{
    int c = shub__json_at(j, j->pos);
    if (SHUB__JSON_LIKELY(c == ',')) {
        shub__json_move_to(j, j->pos + 1);
        j->place = SHUB__JSON_PLACE_VALUE;
        return 1;
    }
    if (c == closing)
        return shub__json_close(j);
    return shub__json_fail_syntax(
        j, j->pos, closing == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
}

/* The same from behind the opening bracket. */
static inline int shub__json_first(shub__json *j, char closing)
{
    if (shub__json_at(j, j->pos) == closing)
        return shub__json_close(j);
    j->place = SHUB__JSON_PLACE_VALUE;
    return 1;
}

/* Moves over the key at the cursor to its value. */
static inline int shub__json_key(shub__json *j, shub_slice *key)
{
    if (shub__json_at(j, j->pos) != '"')
        return shub__json_fail_syntax(j, j->pos, "expected a key");
    size_t end = shub__json_string_read(j, j->pos + 1, key);
    if (end == SHUB__JSON_NOWHERE)
        return 0;
    end++;
    if (shub__json_at(j, end) != ':')
        end = shub__json_space(j->ptr, j->len, end);
    if (shub__json_at(j, end) != ':')
        return shub__json_fail_syntax(j, end, "expected ':'");
    shub__json_move_to(j, end + 1);
    return 1;
}

#endif
