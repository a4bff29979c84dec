/* What the files of the JSON scanner share: the steps every value is made of. */
#ifndef SHUB_BASE_JSON_SCAN_H
#define SHUB_BASE_JSON_SCAN_H

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

/* Goes on at `pos`, inside a string that begins at `begin`, where a byte is not plain;
 * returns the closing quote. `escaped` becomes 1 when it must be unescaped. */
size_t shub__json_string_rest(shub__json *j, size_t pos, int *escaped);

/* The closing quote of the string whose opening quote is before `begin`, or nowhere. */
static inline size_t shub__json_string_end(shub__json *j, size_t begin, int *escaped)
{
    size_t pos = shub__json_plain(j->ptr, j->len, begin);
    *escaped = 0;
    if (SHUB__JSON_LIKELY(pos < j->len && j->ptr[pos] == '"'))
        return pos;
    return shub__json_string_rest(j, pos, escaped);
}

/* Unescapes a checked string into the scratch buffer. */
int shub__json_unescape(shub__json *j, shub_slice raw, shub_slice *out);

/* ---- numbers, literals --------------------------------------------------------------
 */

/* Behind the digits at `pos`; nowhere when there is none. */
static inline size_t shub__json_digits_end(shub__json *j, size_t pos)
{
    const char *ptr = j->ptr;
    size_t end = pos;
    while (end < j->len && shub__is_digit(ptr[end]))
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

/* Behind the value that begins at `pos`, inside of `depth` arrays and objects, or
 * nowhere. */
size_t shub__json_value_end(shub__json *j, size_t pos, int depth);

#endif
