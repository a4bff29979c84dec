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

static bytes16 is_bad(const char *text)
{
    bytes16 v = load(text);

    return is(v, '\n') | is(v, '\0');
}

int shub__has_newline_or_nul(const char *text, size_t len)
{
    bytes16 any = {0};
    uint64_t halves[2];
    size_t i = 0;

    for (; len - i >= 64; i += 64)
        any |= (is_bad(text + i) | is_bad(text + i + 16)) |
               (is_bad(text + i + 32) | is_bad(text + i + 48));
    for (; len - i >= 16; i += 16)
        any |= is_bad(text + i);
    if (i < len && i > 0) /* the last sixteen, some of them again */
        any |= is_bad(text + len - 16);
    for (; i == 0 && len > 0; len--)
        any[0] |= (uint8_t)(text[len - 1] == '\n' || text[len - 1] == '\0');
    memcpy(halves, &any, sizeof any);
    return (halves[0] | halves[1]) != 0;
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
