#include "base/json.h"

#include <string.h>

#include "base/text.h"

/* What stands behind the backslash for a byte that must be escaped (RFC 8259 section 7):
 * a letter, 'u' for those without one, 0 for every other byte. */
static char escape_of(unsigned char c)
{
    static const char below_space[33] = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu";
    if (c < ' ')
        return below_space[c];
    return c == '"' || c == '\\' ? (char)c : 0;
}

/* 1 when none of 8 bytes must be escaped. A byte above 0x7f may be taken for one that
 * must, which costs time only. */
static int plain8(const char *ptr)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, ptr, sizeof word);
    uint64_t quote = word ^ (ones * '"');
    uint64_t slash = word ^ (ones * '\\');
    uint64_t stops = (word - ones * ' ') | (quote - ones) | (slash - ones);
    return !(stops & (ones * 0x80));
}

static char *quote_byte(char *dst, char c)
{
    char letter = escape_of((unsigned char)c);
    if (!letter) {
        *dst++ = c;
        return dst;
    }
    *dst++ = '\\';
    *dst++ = letter;
    if (letter == 'u') {
        memcpy(dst, "00", 2);
        shub__hex_write(&c, 1, dst + 2);
        dst += 4;
    }
    return dst;
}

/* Without the quotes. */
static char *escape_into(char *dst, shub_slice text)
{
    size_t i = 0;
    while (i < text.len) {
        if (text.len - i >= 8 && plain8(text.ptr + i)) {
            memcpy(dst, text.ptr + i, 8);
            dst += 8;
            i += 8;
        } else {
            dst = quote_byte(dst, text.ptr[i++]);
        }
    }
    return dst;
}

char *shub__json_quote_into(char *dst, shub_slice text)
{
    *dst++ = '"';
    dst = escape_into(dst, text);
    *dst++ = '"';
    return dst;
}

void shub__json_quote(shub__buf *buf, shub_slice text)
{
    /* In pieces, so that the buffer's maximum is held against what is written, not
     * against the most that it could be. */
    enum { PIECE = 128 };
    char escaped[SHUB__JSON_QUOTED_MAX(PIECE)];
    shub__buf_byte(buf, '"');
    while (text.len) {
        shub_slice piece = {text.ptr, text.len < PIECE ? text.len : PIECE};
        shub__buf_add(buf, escaped, (size_t)(escape_into(escaped, piece) - escaped));
        text.ptr += piece.len;
        text.len -= piece.len;
    }
    shub__buf_byte(buf, '"');
}
