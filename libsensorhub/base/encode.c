#include "base/text.h"

void shub__hex_write(const void *src, size_t len, char *dst)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = src;

    for (size_t i = 0; i < len; i++) {
        *dst++ = digits[p[i] >> 4];
        *dst++ = digits[p[i] & 15];
    }
}

shub_status shub__hex_read(shub_slice text, void *dst, size_t cap, size_t *len)
{
    unsigned char *out = dst;

    *len = 0;
    if (text.len % 2)
        return SHUB_E_FORMAT;
    if (text.len / 2 > cap)
        return SHUB_E_LIMIT;
    for (size_t i = 0; i < text.len; i += 2) {
        int high = shub__hex_value(text.ptr[i]);
        int low = shub__hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return SHUB_E_FORMAT;
        out[i / 2] = (unsigned char)(high << 4 | low);
    }
    *len = text.len / 2;
    return SHUB_OK;
}

/* RFC 4648 section 4, table 1. */
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t shub__base64_size(size_t len)
{
    return (len + 2) / 3 * 4;
}

void shub__base64_write(const void *src, size_t len, char *dst)
{
    const unsigned char *p = src;

    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        uint32_t group = (uint32_t)p[i] << 16;

        group |= n > 1 ? (uint32_t)p[i + 1] << 8 : 0;
        group |= n > 2 ? p[i + 2] : 0;
        *dst++ = base64_digits[group >> 18];
        *dst++ = base64_digits[group >> 12 & 63];
        *dst++ = n > 1 ? base64_digits[group >> 6 & 63] : '=';
        *dst++ = n > 2 ? base64_digits[group & 63] : '=';
    }
}

/* The value of each digit and one; 0 for what is none. */
static const unsigned char
    base64_values
        [256] = {['A'] = 1, 2,  3,          4,         5,  6,  7,          8,  9,  10,
                 11,        12, 13,         14,        15, 16, 17,         18, 19, 20,
                 21,        22, 23,         24,        25, 26, ['a'] = 27, 28, 29, 30,
                 31,        32, 33,         34,        35, 36, 37,         38, 39, 40,
                 41,        42, 43,         44,        45, 46, 47,         48, 49, 50,
                 51,        52, ['0'] = 53, 54,        55, 56, 57,         58, 59, 60,
                 61,        62, ['+'] = 63, ['/'] = 64};

/* Above 63 for what is no digit. */
static inline uint32_t base64_value(char c)
{
    return base64_values[(unsigned char)c] - UINT32_C(1);
}

static size_t without_padding(shub_slice text)
{
    size_t len = text.len;

    if (len % 4 == 0)
        for (int i = 0; i < 2 && len && text.ptr[len - 1] == '='; i++)
            len--;
    return len;
}

shub_status shub__base64_read(shub_slice text, void *dst, size_t cap, size_t *len)
{
    size_t digits = without_padding(text);
    unsigned char *out = dst;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;

    *len = 0;
    if (digits % 4 == 1)
        return SHUB_E_FORMAT;
    if (digits / 4 * 3 + (digits % 4 ? digits % 4 - 1 : 0) > cap)
        return SHUB_E_LIMIT;
    size_t i = 0;
    for (; digits - i >= 4; i += 4, n += 3) {
        const char *p = text.ptr + i;
        uint32_t a = base64_value(p[0]), b = base64_value(p[1]);
        uint32_t c = base64_value(p[2]), d = base64_value(p[3]);
        if ((a | b | c | d) > 63)
            return SHUB_E_FORMAT;
        out[n] = (unsigned char)(a << 2 | b >> 4);
        out[n + 1] = (unsigned char)(b << 4 | c >> 2);
        out[n + 2] = (unsigned char)(c << 6 | d);
    }
    for (; i < digits; i++) {
        uint32_t value = base64_value(text.ptr[i]);
        if (value > 63)
            return SHUB_E_FORMAT;
        bits = bits << 6 | value;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out[n++] = (unsigned char)(bits >> have);
        }
    }
    /* The bits left over must be zero: two texts never mean the same bytes. */
    if (bits & ((1u << have) - 1))
        return SHUB_E_FORMAT;
    *len = n;
    return SHUB_OK;
}
