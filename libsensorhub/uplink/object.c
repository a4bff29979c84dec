/* Objects by tables of keys. Nearly all of an uplink's time is spent here. */
#include "uplink/reading.h"

#include <string.h>

#include "base/json_scan.h"
#include "base/number.h"

/* ---- keys ----------------------------------------------------------------------------
 */

static inline uint64_t load8(const char *ptr)
{
    uint64_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

static inline uint32_t load4(const char *ptr)
{
    uint32_t word;
    memcpy(&word, ptr, sizeof word);
    return word;
}

/* Compared as their first and last bytes, which overlap; there are four at least. */
static inline int is_same(const char *a, const char *b, size_t len)
{
    if (len < 8)
        return load4(a) == load4(b) && load4(a + len - 4) == load4(b + len - 4);
    if (load8(a) != load8(b) || load8(a + len - 8) != load8(b + len - 8))
        return 0;
    if (len <= 16)
        return 1;
    if (len <= 32)
        return load8(a + 8) == load8(b + 8) && load8(a + len - 16) == load8(b + len - 16);
    return !memcmp(a + 8, b + 8, len - 16);
}

static const shub__key *find_key(const shub__key *keys, shub_slice name)
{
    for (; keys->written; keys++)
        if (keys->len == name.len + SHUB__KEY_MARKS &&
            !memcmp(keys->written + 1, name.ptr, name.len))
            return keys;
    return NULL;
}

/* ---- values --------------------------------------------------------------------------
 */

static void read_flag(shub__reading *r, uint32_t flag)
{
    int on;
    if (shub__reading_null(r) || !shub__json_bool(&r->json, &on))
        return;
    r->up.flags = on ? r->up.flags | flag : r->up.flags & ~flag;
}

static void read_later(shub__reading *r, shub__later *later)
{
    if (shub__reading_null(r))
        return;
    later->pos = r->json.pos + 1;
    shub__json_read_string(&r->json, &later->text);
}

static void read_number(shub__reading *r, const shub__key *key, void *to)
{
    int64_t value;
    if (key->take == SHUB__TAKE_DOUBLE) {
        if (!shub__reading_double(r, to))
            r->seen &= ~(key->seen & (unsigned)SHUB__SEEN_NUMBERS);
    } else if (key->take == SHUB__TAKE_INT) {
        shub__reading_int(r, 0, key->limit, to);
    } else {
        value = *(int32_t *)to;
        shub__reading_int(r, 0, key->limit, &value);
        *(int32_t *)to = (int32_t)value;
    }
}

/* The value of `key`, which is due. */
static void read_value(shub__reading *r, const shub__key *key)
{
    void *to = (char *)r + key->offset;
    switch (key->take) {
    case SHUB__TAKE_SKIP:
        shub__json_pass(&r->json);
        break;
    case SHUB__TAKE_LATER:
        read_later(r, to);
        break;
    case SHUB__TAKE_TEXT:
        shub__reading_text(r, to);
        break;
    case SHUB__TAKE_CALL:
        key->read(r);
        break;
    case SHUB__TAKE_OBJECT:
        shub__reading_object(r, key->keys);
        break;
    case SHUB__TAKE_RAW:
        shub__reading_raw(r, to);
        break;
    case SHUB__TAKE_FLAG:
        read_flag(r, (uint32_t)key->limit);
        break;
    default:
        read_number(r, key, to);
    }
}

/* A string without escapes at `pos`: the place behind it, or nowhere. */
static inline size_t take_string(shub__reading *r, const shub__key *key, size_t pos)
{
    const char *ptr = r->json.ptr;
    size_t len = r->json.len;
    void *to = (char *)r + key->offset;
    size_t end = shub__json_plain(ptr, len, ++pos);
    if (end == len || ptr[end] != '"')
        return SHUB__JSON_NOWHERE;
    if (key->take == SHUB__TAKE_LATER)
        *(shub__later *)to = (shub__later){{ptr + pos, end - pos}, pos};
    else if (key->take == SHUB__TAKE_TEXT)
        *(shub_slice *)to = shub__reading_keep(r, shub_bytes(ptr + pos, end - pos));
    return end + 1;
}

#define SHORT_NUMBER 18 /* bytes; as many digits fit an int64_t, whichever they are */

/* A short number at `pos`: the place behind it, or nowhere for one that is longer, has an
 * exponent, is malformed or is not as the key has it. */
static inline size_t take_number(shub__reading *r, const shub__key *key, size_t pos)
{
    const char *ptr = r->json.ptr;
    size_t left = r->json.len - pos;
    size_t last = pos + (left < SHORT_NUMBER ? left : SHORT_NUMBER);
    void *to = (char *)r + key->offset;
    size_t begin = pos + (ptr[pos] == '-');
    size_t end = begin, point = 0;
    int64_t digits = 0;
    for (; end < last; end++) {
        if (shub__is_digit(ptr[end]))
            digits = digits * 10 + (ptr[end] - '0');
        else if (ptr[end] == '.' && !point)
            point = end;
        else
            break;
    }
    size_t whole = (point ? point : end) - begin;
    if (end == last || !whole || (whole > 1 && ptr[begin] == '0') || point + 1 == end ||
        (ptr[end] | 0x20) == 'e')
        return SHUB__JSON_NOWHERE;
    if (key->take == SHUB__TAKE_DOUBLE) {
        double value = shub__double_from_decimal((uint64_t)digits,
                                                 point ? -(int)(end - point - 1) : 0);
        *(double *)to = begin > pos ? -value : value;
        return end;
    }
    if (point || begin > pos || digits > key->limit)
        return SHUB__JSON_NOWHERE;
    if (key->take == SHUB__TAKE_INT)
        *(int64_t *)to = digits;
    else
        *(int32_t *)to = (int32_t)digits;
    return end;
}

/* Takes what nearly all values are, in the form that they nearly always have: the place
 * behind it, or nowhere for another, which is left to read_value. */
static inline size_t take_value(shub__reading *r, const shub__key *key, size_t pos)
{
    char c = pos < r->json.len ? r->json.ptr[pos] : '\0';
    if (key->take <= SHUB__TAKE_TEXT)
        return c == '"' ? take_string(r, key, pos) : SHUB__JSON_NOWHERE;
    if (key->take <= SHUB__TAKE_DOUBLE)
        return shub__is_digit(c) || c == '-' ? take_number(r, key, pos)
                                             : SHUB__JSON_NOWHERE;
    return SHUB__JSON_NOWHERE;
}

/* 1 when the bytes at `pos` are those of `key`: what is the same as a name and its marks
 * needs no other check. */
static inline int is_at(const shub__json *j, size_t pos, const shub__key *key)
{
    return j->len - pos >= key->len && is_same(j->ptr + pos, key->written, key->len);
}

/* How many keys of a table may be missing in a row before the whole table is searched. */
#define KEYS_AHEAD 4

/* The key at `pos` when it is `guess` or one soon behind it: servers write their keys in
 * one order, which is that of the tables, and leave some out. */
static inline const shub__key *find_ahead(const shub__json *j, size_t pos,
                                          const shub__key *guess)
{
    if (SHUB__JSON_LIKELY(is_at(j, pos, guess)))
        return guess;
    for (int i = 0; i < KEYS_AHEAD && guess->written; i++)
        if (is_at(j, pos, ++guess))
            return guess;
    return NULL;
}

/* What is not as usual: the key at `pos`, or its value there when `key` is known. Returns
 * the key; NULL: none of the table. */
static const shub__key *read_any(shub__reading *r, const shub__key *keys,
                                 const shub__key *key, size_t pos)
{
    shub__json *j = &r->json;
    shub_slice name;
    j->pos = pos;
    if (!key) {
        key = shub__json_key(j, &name) ? find_key(keys, name) : NULL;
        r->seen |= key ? key->seen : 0;
    }
    j->place = SHUB__JSON_PLACE_VALUE;
    if (key)
        read_value(r, key);
    else
        shub__json_pass(j);
    return key;
}

/* Behind white space at `pos`. Lines of one object begin with as many blanks, which are
 * in `gap`: then where they end need not be known before what follows is read. */
static inline size_t pass_gap(const shub__json *j, size_t pos, size_t *gap)
{
    const char *ptr = j->ptr;
    if (*gap && shub__json_indent(ptr, j->len, pos) >= *gap &&
        (unsigned char)ptr[pos + *gap] > ' ')
        return pos + *gap;
    size_t end = shub__json_space(ptr, j->len, pos);
    *gap = end - pos;
    return end;
}

/* The members from the first key on, which is at the cursor, and the closing bracket. The
 * cursor is in `pos` as long as nobody else needs it. */
static void read_members(shub__reading *r, const shub__key *keys)
{
    shub__json *j = &r->json;
    size_t pos = j->pos;
    size_t gap = 0;
    for (const shub__key *guess = keys;;) {
        size_t end = SHUB__JSON_NOWHERE;
        const shub__key *key = find_ahead(j, pos, guess);
        if (key) {
            pos = shub__json_space(j->ptr, j->len, pos + key->len);
            r->seen |= key->seen;
            end = take_value(r, key, pos);
        }
        if (end == SHUB__JSON_NOWHERE) {
            key = read_any(r, keys, key, pos);
            if (j->status)
                return;
            pos = j->pos;
        } else {
            pos = shub__json_space(j->ptr, j->len, end);
        }
        guess = key ? key + 1 : guess;
        if (shub__json_at(j, pos) != ',')
            break;
        pos = pass_gap(j, pos + 1, &gap);
    }
    j->pos = pos;
    j->place = SHUB__JSON_PLACE_AFTER;
    shub__json_next(j, '}');
}

void shub__reading_object(shub__reading *r, const shub__key *keys)
{
    shub__json *j = &r->json;
    if (shub__json_begin(j) == '{' ? shub__json_enter(j)
                                   : !shub__reading_null(r) && shub__json_enter_object(j))
        if (shub__json_first(j, '}'))
            read_members(r, keys);
}

void shub__reading_items(shub__reading *r, void (*item)(shub__reading *r))
{
    if (shub__reading_null(r))
        return;
    shub__json_enter_array(&r->json);
    while (shub__json_next_item(&r->json))
        item(r);
}
