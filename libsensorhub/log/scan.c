#include "log/scan.h"

#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));

static bytes16 load(const char *text)
{
    bytes16 v;

    memcpy(&v, text, sizeof v);
    return v;
}

/* A comparison of vectors gives 0xff where it holds. */
static bytes16 is(bytes16 v, char c)
{
    return (bytes16)(v == (uint8_t)c);
}

/* Where a byte may be '\n' or NUL: those two, 2 and 8 have none of the bits 0xf5. One
 * comparison instead of two; the others never stand in JSON, and are told apart when they
 * do. */
static bytes16 is_suspect(const char *text)
{
    return is(load(text) & (uint8_t)0xf5, '\0');
}

static int any_set(bytes16 v)
{
    uint64_t halves[2];

    memcpy(halves, &v, sizeof v);
    return (halves[0] | halves[1]) != 0;
}

int shub__has_newline_or_nul(const char *text, size_t len)
{
    bytes16 any = {0};
    size_t i = 0;

    if (len < 16)
        return memchr(text, '\n', len) || memchr(text, '\0', len);
    for (; len - i >= 64; i += 64)
        any |= (is_suspect(text + i) | is_suspect(text + i + 16)) |
               (is_suspect(text + i + 32) | is_suspect(text + i + 48));
    for (; len - i >= 16; i += 16)
        any |= is_suspect(text + i);
    any |= is_suspect(text + len - 16); /* some of them again */
    return any_set(any) && (memchr(text, '\n', len) || memchr(text, '\0', len));
}

uint64_t shub__count_newlines(const char *text, size_t len)
{
    uint64_t lines = 0;
    size_t i = 0;

    while (len - i >= 16) {
        bytes16 counts = {0};
        size_t rounds = (len - i) / 16 < 255 ? (len - i) / 16 : 255;
        for (; rounds > 0; rounds--, i += 16)
            counts -= is(load(text + i), '\n');
        for (size_t k = 0; k < 16; k++)
            lines += counts[k];
    }
    for (; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}
