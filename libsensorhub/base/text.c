#include "base/text.h"

#include <string.h>

shub_slice shub_str(const char *text)
{
    return shub_bytes(text, text ? strlen(text) : 0);
}

shub_slice shub_bytes(const void *ptr, size_t len)
{
    shub_slice slice;

    slice.ptr = ptr;
    slice.len = len;
    return slice;
}

int shub_slice_equal(shub_slice a, shub_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int shub_name_valid(shub_slice name)
{
    if (name.len < 1 || name.len > 64 || name.ptr[0] == '.')
        return 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = shub__lower(name.ptr[i]);
        if (!shub__is_digit(c) && !(c >= 'a' && c <= 'z') && !(c && strchr("._-", c)))
            return 0;
    }
    return 1;
}

int shub__is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char shub__lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int shub__hex_value(char c)
{
    c = shub__lower(c);
    if (shub__is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : SHUB_NONE;
}

shub_slice shub__trim(shub_slice text)
{
    while (text.len && shub__is_space(text.ptr[0])) {
        text.ptr++;
        text.len--;
    }
    while (text.len && shub__is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

shub_slice shub__trim_quotes(shub_slice text)
{
    if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"')
        return text;
    return shub_bytes(text.ptr + 1, text.len - 2);
}

int shub__equal_nocase(shub_slice a, shub_slice b)
{
    if (a.len != b.len)
        return 0;
    for (size_t i = 0; i < a.len; i++)
        if (shub__lower(a.ptr[i]) != shub__lower(b.ptr[i]))
            return 0;
    return 1;
}

int shub__starts_with(shub_slice text, shub_slice prefix)
{
    return text.len >= prefix.len &&
           shub_slice_equal(shub_bytes(text.ptr, prefix.len), prefix);
}

int shub__ends_with(shub_slice text, shub_slice suffix)
{
    return text.len >= suffix.len &&
           shub_slice_equal(shub_bytes(text.ptr + (text.len - suffix.len), suffix.len),
                            suffix);
}

int shub__cut(shub_slice text, char byte, shub_slice *head, shub_slice *rest)
{
    const char *at = text.len ? memchr(text.ptr, byte, text.len) : NULL;

    *head = text;
    *rest = shub_bytes(NULL, 0);
    if (!at)
        return 0;
    head->len = (size_t)(at - text.ptr);
    *rest = shub_bytes(at + 1, text.len - head->len - 1);
    return 1;
}

/* Bytes of the sequence that begins at p, 0 when it is not valid (RFC 3629 section 4). */
static size_t sequence(const unsigned char *p, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    uint32_t value = p[0];

    if (n == 1)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
        return 0;
    value &= 0x7fu >> n;
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    return n;
}

static int ascii8(const unsigned char *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return !(word & UINT64_C(0x8080808080808080));
}

size_t shub__utf8_valid(shub_slice text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t pos = 0;

    while (pos < text.len) {
        if (text.len - pos >= 8 && ascii8(p + pos)) {
            pos += 8;
            continue;
        }
        size_t n = sequence(p + pos, text.len - pos);
        if (!n)
            return pos;
        pos += n;
    }
    return pos;
}

size_t shub__utf8_write(uint32_t code_point, char dst[4])
{
    size_t n = code_point < 0x80      ? 1
               : code_point < 0x800   ? 2
               : code_point < 0x10000 ? 3
                                      : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = n; i > 1; i--) {
        dst[i - 1] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    dst[0] = (char)(lead[n] | code_point);
    return n;
}
