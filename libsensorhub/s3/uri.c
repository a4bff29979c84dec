#include "s3/uri.h"

#include "base/text.h"

#include <string.h>

static int unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '-' && c <= '9' && c != '/') ||
           (c >= 'A' && c <= 'Z') || c == '_' || c == '~';
}

static int stays(char c, int slash)
{
    return unreserved((unsigned char)c) || (slash && c == '/');
}

static char *write_encoded(char *to, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;

    *to++ = '%';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
    return to;
}

void shub__uri_encode(shub__buf *out, shub_slice text, int slash)
{
    size_t len = text.len;
    char *room, *to;

    for (size_t i = 0; i < text.len; i++)
        len += stays(text.ptr[i], slash) ? 0 : 2;
    room = shub__buf_room(out, len);
    if (!room || !len)
        return;
    if (len == text.len) {
        memcpy(room, text.ptr, len);
    } else {
        to = room;
        for (size_t i = 0; i < text.len; i++) {
            char c = text.ptr[i];
            if (stays(c, slash))
                *to++ = c;
            else
                to = write_encoded(to, c);
        }
    }
    shub__buf_added(out, len);
}

/* The byte that text[i] begins, or SHUB_NONE; `i` goes to its last character. */
static int decode_byte(shub_slice text, size_t *i, int plus)
{
    char c = text.ptr[*i];
    int high, low;

    if (c != '%')
        return plus && c == '+' ? ' ' : (unsigned char)c;
    if (text.len - *i < 3)
        return SHUB_NONE;
    high = shub__hex_value(text.ptr[*i + 1]);
    low = shub__hex_value(text.ptr[*i + 2]);
    *i += 2;
    return high < 0 || low < 0 ? SHUB_NONE : high << 4 | low;
}

shub_status shub__uri_decode(shub__buf *out, shub_slice text, int plus)
{
    char *room = shub__buf_room(out, text.len);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        int byte = decode_byte(text, &i, plus);
        if (byte < 0) {
            if (room)
                room[0] = '\0';
            return SHUB_E_FORMAT;
        }
        if (room)
            room[len++] = (char)byte;
    }
    if (room)
        shub__buf_added(out, len);
    return SHUB_OK;
}

/* '%' stands before every unreserved character, and its digits are in the order of their
 * values. */
static int rank(char c)
{
    unsigned char byte = (unsigned char)c;

    return unreserved(byte) ? byte + 256 : byte;
}

int shub__uri_compare(shub_slice a, shub_slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;

    for (size_t i = 0; i < len; i++)
        if (a.ptr[i] != b.ptr[i])
            return rank(a.ptr[i]) - rank(b.ptr[i]);
    return (a.len > b.len) - (a.len < b.len);
}
