/* Moving over values that nobody asks for, checking all of them. Most bytes of a document
 * go through here, so one loop keeps its place in registers and makes no calls but for
 * what is rare. */
#include "base/json_scan.h"

#include <string.h>

_Static_assert(SHUB__JSON_MAX_DEPTH == 64, "as the bits of `objects` below");

size_t shub__json_exponent_end(shub__json *j, size_t pos)
{
    pos++;
    pos += shub__json_at(j, pos) == '+' || shub__json_at(j, pos) == '-';
    return shub__json_digits_end(j, pos);
}

size_t shub__json_leading_zero(shub__json *j, size_t pos)
{
    shub__json_fail(j, pos, SHUB_E_FORMAT, "a number begins with 0");
    return SHUB__JSON_NOWHERE;
}

size_t shub__json_word_end(shub__json *j, size_t pos, const char *word)
{
    size_t len = strlen(word);
    if (SHUB__JSON_LIKELY(j->len - pos >= len && !memcmp(j->ptr + pos, word, len)))
        return pos + len;
    while (shub__json_at(j, pos) == *word) {
        pos++;
        word++;
    }
    shub__json_fail_syntax(j, pos, "expected a value");
    return SHUB__JSON_NOWHERE;
}

static size_t fail_at(shub__json *j, size_t pos, const char *why)
{
    shub__json_fail_syntax(j, pos, why);
    return SHUB__JSON_NOWHERE;
}

static inline size_t scalar_end(shub__json *j, size_t pos)
{
    int c = shub__json_at(j, pos);
    if (c == '"') {
        size_t end = shub__json_string_end(j, pos + 1);
        return end == SHUB__JSON_NOWHERE ? end : end + 1;
    }
    if (c == '-' || (c >= '0' && c <= '9'))
        return shub__json_number_end(j, pos);
    if (c == 't')
        return shub__json_word_end(j, pos, "true");
    if (c == 'f')
        return shub__json_word_end(j, pos, "false");
    if (c == 'n')
        return shub__json_word_end(j, pos, "null");
    return fail_at(j, pos, "expected a value");
}

/* From a key at `pos` to its value. */
static inline size_t key_end(shub__json *j, size_t pos)
{
    if (shub__json_at(j, pos) != '"')
        return fail_at(j, pos, "expected a key");
    pos = shub__json_string_end(j, pos + 1);
    if (pos == SHUB__JSON_NOWHERE)
        return pos;
    pos = shub__json_space(j->ptr, j->len, pos + 1);
    if (shub__json_at(j, pos) != ':')
        return fail_at(j, pos, "expected ':'");
    return shub__json_space(j->ptr, j->len, pos + 1);
}

/* The levels gone into: `objects` has a bit for each, the innermost lowest, set when it
 * is an object. */
typedef struct levels {
    uint64_t objects;
    int depth;
    int room; /* levels that are allowed */
} levels;

/* Goes into the array or object at `pos`: to its first value, or to its end when there is
 * none, which is then still to be closed. */
static inline size_t open_level(shub__json *j, size_t pos, levels *in, int *empty)
{
    int object = j->ptr[pos] == '{';
    *empty = 0;
    if (in->depth == in->room) {
        shub__json_fail(j, pos, SHUB_E_LIMIT,
                        "more than 64 arrays and objects in each other");
        return SHUB__JSON_NOWHERE;
    }
    in->depth++;
    in->objects = in->objects << 1 | (uint64_t)object;
    pos = shub__json_space(j->ptr, j->len, pos + 1);
    *empty = shub__json_at(j, pos) == (object ? '}' : ']');
    return object && !*empty ? key_end(j, pos) : pos;
}

/* From behind a value to the next one, closing levels; `*more` becomes 0 behind the last
 * level. */
static inline size_t next_value(shub__json *j, size_t pos, levels *in, int *more)
{
    while (in->depth) {
        int object = (int)(in->objects & 1);
        pos = shub__json_space(j->ptr, j->len, pos);
        int c = shub__json_at(j, pos);
        if (c == ',') {
            pos = shub__json_space(j->ptr, j->len, pos + 1);
            return object ? key_end(j, pos) : pos;
        }
        if (c != (object ? '}' : ']'))
            return fail_at(j, pos,
                           object ? "expected ',' or '}'" : "expected ',' or ']'");
        pos++;
        in->depth--;
        in->objects >>= 1;
    }
    *more = 0;
    return pos;
}

size_t shub__json_value_end(shub__json *j, size_t pos, int depth)
{
    levels in = {0, 0, SHUB__JSON_MAX_DEPTH - depth};
    int more = 1;
    while (more && pos != SHUB__JSON_NOWHERE) {
        int c = shub__json_at(j, pos);
        if (c == '{' || c == '[') {
            int empty;
            pos = open_level(j, pos, &in, &empty);
            if (!empty)
                continue;
        } else {
            pos = scalar_end(j, pos);
        }
        if (pos != SHUB__JSON_NOWHERE)
            pos = next_value(j, pos, &in, &more);
    }
    return pos;
}
