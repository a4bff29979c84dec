#include "base/json_scan.h"

#include <string.h>

#include "base/text.h"

/* Bytes of the UTF-8 sequence at `pos`; 0 and an error when it is none. */
static size_t scan_utf8(shub__json *j, size_t pos)
{
    unsigned char lead = (unsigned char)j->ptr[pos];
    size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    size_t left = j->len - pos;
    shub_slice text = {j->ptr + pos, size < left ? size : left};
    if (shub__utf8_valid(text) == size)
        return size;
    shub__json_fail(j, pos, left < size ? SHUB_E_TRUNCATED : SHUB_E_FORMAT,
                    "a string is not UTF-8");
    return 0;
}

/* Value of the four digits behind "\u" at `pos`, or SHUB_NONE and an error. */
static int32_t scan_hex4(shub__json *j, size_t pos)
{
    int32_t value = 0;
    for (size_t i = pos; i < pos + 4; i++) {
        int digit = i < j->len ? shub__hex_value(j->ptr[i]) : SHUB_NONE;
        if (digit < 0) {
            shub__json_fail_syntax(j, i < j->len ? i : j->len,
                                   "expected four hexadecimal digits");
            return SHUB_NONE;
        }
        value = value * 16 + digit;
    }
    return value;
}

static int is_high(int32_t unit)
{
    return unit >= 0xd800 && unit < 0xdc00;
}

static int is_low(int32_t unit)
{
    return unit >= 0xdc00 && unit < 0xe000;
}

static const char half_pair[] = "half of a surrogate pair";

/* Bytes of the escape at `pos`, a surrogate pair being one; 0 and an error when it is
 * none. */
static size_t scan_escape(shub__json *j, size_t pos)
{
    char letter = pos + 1 < j->len ? j->ptr[pos + 1] : 0;
    if (letter != 'u') {
        if (letter && strchr("\"\\/bfnrt", letter))
            return 2;
        shub__json_fail_syntax(j, pos + 1, "expected an escape");
        return 0;
    }
    int32_t unit = scan_hex4(j, pos + 2);
    if (unit < 0)
        return 0;
    if (!is_high(unit) && !is_low(unit))
        return 6;
    if (is_low(unit)) {
        shub__json_fail(j, pos, SHUB_E_FORMAT, half_pair);
        return 0;
    }
    for (size_t i = 6; i < 8; i++) {
        if (shub__json_at(j, pos + i) != "\\u"[i - 6]) {
            shub__json_fail_syntax(j, pos + i, half_pair);
            return 0;
        }
    }
    int32_t low = scan_hex4(j, pos + 8);
    if (low >= 0 && !is_low(low))
        shub__json_fail(j, pos + 6, SHUB_E_FORMAT, half_pair);
    return is_low(low) ? 12 : 0;
}

static int32_t hex4(const char *ptr)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++)
        value = value * 16 + shub__hex_value(ptr[i]);
    return value;
}

/* Writes what the escape at `src` means; the escape was checked before. Returns its
 * bytes. */
static size_t unescape_one(const char *src, char *dst, size_t *written)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (src[1] != 'u') {
        *dst = meanings[strchr(letters, src[1]) - letters];
        *written = 1;
        return 2;
    }
    int32_t unit = hex4(src + 2);
    if (!is_high(unit)) {
        *written = shub__utf8_write((uint32_t)unit, dst);
        return 6;
    }
    int32_t low = hex4(src + 8);
    uint32_t code_point =
        0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    *written = shub__utf8_write(code_point, dst);
    return 12;
}

/* Unescapes a checked string into the scratch buffer. */
static int unescape(shub__json *j, shub_slice raw, shub_slice *out)
{
    /* No escape is shorter than what it means, so the rest of the text bounds all that
     * can still come, and the buffer moves at most once, before it has anything in it. */
    size_t rest = j->len - (size_t)(raw.ptr - j->ptr);
    char *dst = shub__buf_room(j->scratch, rest);
    if (!dst)
        return shub__json_fail(j, (size_t)(raw.ptr - j->ptr), j->scratch->status,
                               "no room for a string with escapes");
    size_t len = 0;
    for (size_t i = 0; i < raw.len;) {
        if (raw.ptr[i] != '\\') {
            dst[len++] = raw.ptr[i++];
            continue;
        }
        size_t written;
        i += unescape_one(raw.ptr + i, dst + len, &written);
        len += written;
    }
    shub__buf_added(j->scratch, len);
    out->ptr = dst;
    out->len = len;
    return 1;
}

/* The closing quote, and whether there are escapes before it. */
static size_t find_end(shub__json *j, size_t pos, int *escaped)
{
    for (;;) {
        if (pos == j->len) {
            shub__json_fail_syntax(j, pos, "a string does not end");
            return SHUB__JSON_NOWHERE;
        }
        unsigned char c = (unsigned char)j->ptr[pos];
        if (c == '"')
            return pos;
        if (c < ' ') {
            shub__json_fail(j, pos, SHUB_E_FORMAT, "a control character in a string");
            return SHUB__JSON_NOWHERE;
        }
        size_t size = c == '\\' ? scan_escape(j, pos) : scan_utf8(j, pos);
        if (!size)
            return SHUB__JSON_NOWHERE;
        *escaped |= c == '\\';
        pos = shub__json_plain(j->ptr, j->len, pos + size);
    }
}

size_t shub__json_string_rest(shub__json *j, size_t begin, size_t pos, shub_slice *out)
{
    int escaped = 0;
    size_t end = find_end(j, pos, &escaped);
    if (end == SHUB__JSON_NOWHERE || !out)
        return end;
    shub_slice raw = {j->ptr + begin, end - begin};
    if (!escaped)
        *out = raw;
    else if (!unescape(j, raw, out))
        return SHUB__JSON_NOWHERE;
    return end;
}
