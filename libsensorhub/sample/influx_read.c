#include "sample/influx.h"

#include <string.h>

#include "base/text.h"
#include "sample/influx_number.h"

/* Where in a point the reader stands. */
enum { AT_TAGS, AT_FIRST_FIELD, AT_FIELDS, AT_TIME, AT_LINE_END, OUTSIDE };

/* What a byte is to a name; the first two end it unless they are escaped. */
enum { ENDS_ANY = 1, ENDS_KEY = 2, CONTROL = 4, BACKSLASH = 8, NO_ASCII = 16 };
#define ENDS_MEASUREMENT ENDS_ANY
#define ENDS_KEYS        (ENDS_ANY | ENDS_KEY)

#define FOUR(class)      class, class, class, class
#define SIXTEEN(class)   FOUR(class), FOUR(class), FOUR(class), FOUR(class)
#define HALF(class)                                                                      \
    SIXTEEN(class), SIXTEEN(class), SIXTEEN(class), SIXTEEN(class), SIXTEEN(class),      \
        SIXTEEN(class), SIXTEEN(class), SIXTEEN(class)

static const uint8_t classes[256] = {
    SIXTEEN(CONTROL), SIXTEEN(CONTROL),   [' '] = ENDS_ANY, [','] = ENDS_ANY,
    ['='] = ENDS_KEY, ['\\'] = BACKSLASH, [0x7f] = CONTROL, HALF(NO_ASCII),
};

static int class_at(const shub__influx *r, size_t i)
{
    return classes[(unsigned char)r->ptr[i]];
}

void shub__influx_init(shub__influx *r, shub_slice text, shub__buf *scratch)
{
    memset(r, 0, sizeof *r);
    r->ptr = text.ptr;
    r->len = text.len;
    r->place = OUTSIDE;
    r->scratch = scratch;
    shub__buf_clear(scratch);
}

/* ---- bytes ---------------------------------------------------------------------- */

static int fail(shub__influx *r, shub_status status, size_t where, const char *why)
{
    if (r->status)
        return 0;
    if (where == r->end && r->end < r->len) {
        status = SHUB_E_LIMIT;
        why = "a line that is too long";
    }
    r->status = status;
    r->where = where;
    r->why = why;
    return 0;
}

/* The next byte, or SHUB_NONE where the point must end. */
static int peek(const shub__influx *r)
{
    return r->pos < r->end ? (unsigned char)r->ptr[r->pos] : SHUB_NONE;
}

/* What ends a line and is not part of it: "\n", "\r\n", a '\r' at the end of the text. */
static int at_line_end(const shub__influx *r)
{
    if (r->pos == r->len || (r->pos < r->end && r->ptr[r->pos] == '\n'))
        return 1;
    return peek(r) == '\r' && (r->pos + 1 == r->len || r->ptr[r->pos + 1] == '\n');
}

static void skip_spaces(shub__influx *r)
{
    while (peek(r) == ' ')
        r->pos++;
}

static void skip_line(shub__influx *r)
{
    const char *end = NULL;
    if (r->pos < r->len)
        end = memchr(r->ptr + r->pos, '\n', r->len - r->pos);
    r->pos = end ? (size_t)(end - r->ptr) + 1 : r->len;
}

/* ---- strings -------------------------------------------------------------------- */

static int check_utf8(shub__influx *r, size_t start, size_t len)
{
    size_t valid = shub__utf8_valid(shub_bytes(r->ptr + start, len));
    return valid == len ||
           fail(r, SHUB_E_FORMAT, start + valid, "text that is not UTF-8");
}

/* Room for all that the point can have unescaped: what is there already stays where it
 * is. */
static char *unescape_room(shub__influx *r, size_t start)
{
    size_t from = r->scratch->len ? start : r->start;
    char *dst = shub__buf_room(r->scratch, r->end - from);
    if (!dst)
        fail(r, SHUB_E_NOMEM, r->pos, "out of memory");
    return dst;
}

/* In names a '\' before one of `ends` goes, every other stays. */
static int unescape_name(shub__influx *r, size_t start, int ends, shub_slice *out)
{
    char *dst = unescape_room(r, start);
    size_t len = 0;
    if (!dst)
        return 0;
    for (size_t i = start; i < r->pos; i++) {
        if (r->ptr[i] == '\\' && i + 1 < r->pos && class_at(r, i + 1) & ends)
            i++;
        dst[len++] = r->ptr[i];
    }
    shub__buf_added(r->scratch, len);
    *out = shub_bytes(dst, len);
    return 1;
}

/* Most names are found good by the bytes' classes alone. */
static int read_name(shub__influx *r, int ends, const char *why, shub_slice *out)
{
    const int special = ends | CONTROL | BACKSLASH;
    size_t start = r->pos;
    size_t i = start;
    int all = 0;
    int escaped = 0;
    for (; i < r->end; i++) {
        int class = class_at(r, i);
        all |= class;
        if (!(class & special))
            continue;
        if (class != BACKSLASH)
            break;
        if (i + 1 < r->end && class_at(r, i + 1) & ends) {
            escaped = 1;
            i++;
        }
    }
    r->pos = i;
    if (i == start)
        return fail(r, SHUB_E_FORMAT, i, why);
    if (all & NO_ASCII && !check_utf8(r, start, i - start))
        return 0;
    if (escaped)
        return unescape_name(r, start, ends, out);
    *out = shub_bytes(r->ptr + start, i - start);
    return 1;
}

/* "\n" and "\t" in a text as InfluxData's library reads them. */
static char unescaped(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case '"':
    case '\\':
        return c;
    default:
        return '\0';
    }
}

static int unescape_text(shub__influx *r, size_t start, size_t end, shub_slice *out)
{
    char *dst = unescape_room(r, start);
    size_t len = 0;
    if (!dst)
        return 0;
    for (size_t i = start; i < end; i++) {
        char c = r->ptr[i];
        if (c == '\\' && unescaped(r->ptr[i + 1]))
            c = unescaped(r->ptr[++i]);
        dst[len++] = c;
    }
    shub__buf_added(r->scratch, len);
    *out = shub_bytes(dst, len);
    return 1;
}

/* A text that has no end is left at its begin: the next lines are lines again. */
static int read_text(shub__influx *r, shub_value *value)
{
    size_t start = ++r->pos;
    int escaped = 0;
    for (; peek(r) != '"'; r->pos++) {
        if (peek(r) == '\\') {
            escaped = 1;
            r->pos++;
        }
        if (peek(r) == SHUB_NONE) {
            fail(r, SHUB_E_FORMAT, r->end, "a text without its closing '\"'");
            r->pos = start;
            return 0;
        }
    }
    size_t end = r->pos++;
    value->kind = SHUB_KIND_TEXT;
    value->as.text = shub_bytes(r->ptr + start, end - start);
    if (!check_utf8(r, start, end - start))
        return 0;
    return !escaped || unescape_text(r, start, end, &value->as.text);
}

/* ---- numbers, true and false ------------------------------------------------------- */

static int read_word(shub__influx *r, shub_value *value)
{
    size_t start = r->pos;
    while (r->pos < r->end && !(class_at(r, r->pos) & (ENDS_ANY | CONTROL)))
        r->pos++;
    shub_slice word = {r->ptr + start, r->pos - start};
    if (!word.len)
        return fail(r, SHUB_E_FORMAT, start, "a field without a value");
    if (strchr("tTfF", word.ptr[0]))
        return shub__influx_bool(word, value) ||
               fail(r, SHUB_E_FORMAT, start, "a value that is neither true nor false");
    switch (shub__influx_number(word, value)) {
    case SHUB_OK:
        return 1;
    case SHUB_E_RANGE:
        return fail(r, SHUB_E_RANGE, start, "a number beyond its type");
    default:
        return fail(r, SHUB_E_FORMAT, start, "a value that is no number");
    }
}

/* ---- the parts of a point ------------------------------------------------------- */

static int read_comment(shub__influx *r)
{
    for (; !at_line_end(r); r->pos++) {
        if (peek(r) == SHUB_NONE || (class_at(r, r->pos) == CONTROL && peek(r) != '\t'))
            return fail(r, SHUB_E_FORMAT, r->pos, "a control character in a comment");
    }
    return 1;
}

static void begin_point(shub__influx *r)
{
    r->end = r->len - r->pos > SHUB__INFLUX_POINT_MAX ? r->pos + SHUB__INFLUX_POINT_MAX
                                                      : r->len;
    r->start = r->pos;
    r->key_count = 0;
    r->status = SHUB_OK;
    r->place = AT_TAGS;
    shub__buf_clear(r->scratch);
}

int shub__influx_next_point(shub__influx *r, shub_slice *measurement)
{
    *measurement = shub_bytes(NULL, 0);
    shub__influx_end(r);
    if (r->status == SHUB_E_NOMEM)
        return 0;
    for (; r->pos < r->len; skip_line(r)) {
        begin_point(r);
        skip_spaces(r);
        if (at_line_end(r))
            continue;
        if (peek(r) != '#')
            return read_name(r, ENDS_MEASUREMENT, "a line without a measurement",
                             measurement) ||
                   1;
        if (!read_comment(r))
            return 1;
    }
    r->place = OUTSIDE;
    return 0;
}

static int is_new_key(shub__influx *r, shub_slice key, size_t where)
{
    for (size_t i = 0; i < r->key_count; i++) {
        if (shub_slice_equal(r->keys[i], key))
            return fail(r, SHUB_E_FORMAT, where, "a tag that comes twice");
    }
    if (r->key_count == SHUB_INFLUX_TAGS_MAX)
        return fail(r, SHUB_E_LIMIT, where, "too many tags");
    r->keys[r->key_count++] = key;
    return 1;
}

static int read_equals(shub__influx *r, const char *why)
{
    if (peek(r) != '=')
        return fail(r, SHUB_E_FORMAT, r->pos, why);
    r->pos++;
    return 1;
}

int shub__influx_next_tag(shub__influx *r, shub_slice *key, shub_slice *value)
{
    *key = *value = shub_bytes(NULL, 0);
    if (r->status || r->place != AT_TAGS)
        return 0;
    if (peek(r) == ' ') {
        skip_spaces(r);
        r->place = AT_FIRST_FIELD;
        return 0;
    }
    if (peek(r) != ',')
        return fail(r, SHUB_E_FORMAT, r->pos, "a line without fields");
    size_t where = ++r->pos;
    return read_name(r, ENDS_KEYS, "a tag without a key", key) &&
           is_new_key(r, *key, where) && read_equals(r, "a tag without '='") &&
           read_name(r, ENDS_KEYS, "a tag without a value", value);
}

int shub__influx_next_field(shub__influx *r, shub_slice *key, shub_value *value)
{
    memset(value, 0, sizeof *value);
    *key = shub_bytes(NULL, 0);
    for (shub_slice tag; r->place == AT_TAGS && !r->status;)
        shub__influx_next_tag(r, key, &tag);
    *key = shub_bytes(NULL, 0);
    if (r->status || (r->place != AT_FIRST_FIELD && r->place != AT_FIELDS))
        return 0;
    if (r->place == AT_FIELDS && (peek(r) == ' ' || at_line_end(r))) {
        r->place = AT_TIME;
        return 0;
    }
    if (r->place == AT_FIELDS && peek(r) != ',')
        return fail(r, SHUB_E_FORMAT, r->pos, "a field that does not end");
    r->pos += r->place == AT_FIELDS;
    r->place = AT_FIELDS;
    if (!read_name(r, ENDS_KEYS, "a field without a key", key) ||
        !read_equals(r, "a field without '='"))
        return 0;
    return peek(r) == '"' ? read_text(r, value) : read_word(r, value);
}

int shub__influx_time(shub__influx *r, int64_t *time)
{
    shub_slice key;
    shub_value value;
    *time = 0;
    while (shub__influx_next_field(r, &key, &value))
        ;
    if (r->status || r->place != AT_TIME)
        return 0;
    r->place = AT_LINE_END;
    skip_spaces(r);
    if (at_line_end(r))
        return 0;
    size_t start = r->pos;
    for (int c = peek(r); c == '-' || (c >= '0' && c <= '9'); c = peek(r))
        r->pos++;
    shub_slice digits = {r->ptr + start, r->pos - start};
    shub_status status =
        digits.len ? shub__influx_integer(digits, 1, time) : SHUB_E_FORMAT;
    if (status)
        return fail(r, status, start,
                    status == SHUB_E_RANGE ? "a time beyond 64 bits"
                                           : "a time that is no integer");
    return 1;
}

/* Only who asks has them counted. */
int64_t shub__influx_line(shub__influx *r)
{
    const char *begin = r->ptr + r->start;
    const char *at = r->ptr + r->counted;
    while (at < begin && (at = memchr(at, '\n', (size_t)(begin - at)))) {
        r->line++;
        r->counted = (size_t)(++at - r->ptr);
    }
    return r->line;
}

void shub__influx_again(shub__influx *r)
{
    r->pos = r->start;
    r->place = OUTSIDE;
}

shub_status shub__influx_end(shub__influx *r)
{
    int64_t time;
    if (r->place == OUTSIDE)
        return SHUB_OK;
    shub__influx_time(r, &time);
    skip_spaces(r);
    if (!r->status && !at_line_end(r))
        fail(r, SHUB_E_FORMAT, r->pos, "text behind the time");
    skip_line(r);
    r->place = OUTSIDE;
    return r->status;
}
