/* Where white space and plain text end, sixteen bytes at once on a machine with SSE2, and
 * eight elsewhere: the two give the same. Nothing behind the text is read. */
#ifndef SHUB_BASE_JSON_RUNS_H
#define SHUB_BASE_JSON_RUNS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SHUB__JSON_LIKELY(condition) __builtin_expect(!!(condition), 1)

static inline int shub__json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* 1 for what a string holds as it is, one byte a character. */
static inline int shub__json_is_plain(char c)
{
    return (unsigned char)c >= ' ' && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

/* ---- eight bytes --------------------------------------------------------------------
 */

/* The two below, for machines without SSE2 and for the last bytes of a text. */
size_t shub__json_words_space(const char *ptr, size_t len, size_t pos);
size_t shub__json_words_plain(const char *ptr, size_t len, size_t pos);
/* Go on in a long text. */
size_t shub__json_space_on(const char *ptr, size_t len, size_t pos);
size_t shub__json_plain_on(const char *ptr, size_t len, size_t pos);

/* ---- sixteen bytes ------------------------------------------------------------------
 */

#ifdef __SSE2__

/* Blanks that 16 bytes begin with. */
static inline size_t shub__json_block_blanks(const char *ptr)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)ptr);
    unsigned blanks =
        (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text, _mm_set1_epi8(' ')));
    return (size_t)__builtin_ctz(~blanks);
}

/* Bytes of ones where a byte is not plain. Those above 0x7f are negative here, and so
 * below ' '. */
static inline __m128i shub__json_block_marks(const char *ptr)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)ptr);
    __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                 _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    return _mm_or_si128(marks, _mm_cmplt_epi8(text, _mm_set1_epi8(' ')));
}

static inline unsigned shub__json_block_stops(const char *ptr)
{
    return (unsigned)_mm_movemask_epi8(shub__json_block_marks(ptr));
}

#endif

/* A new line at `pos` and the blanks behind it, 16 at most; 0 when there is no line, or
 * when it is too near to the end to be looked at at once. */
static inline size_t shub__json_indent(const char *ptr, size_t len, size_t pos)
{
#ifdef __SSE2__
    if (SHUB__JSON_LIKELY(len - pos >= 18 && ptr[pos] == '\n'))
        return 1 + shub__json_block_blanks(ptr + pos + 1);
#else
    (void)ptr, (void)len, (void)pos;
#endif
    return 0;
}

/* First byte at or behind `pos` that is not white space, or the end of the text. */
static inline size_t shub__json_space(const char *ptr, size_t len, size_t pos)
{
    if (SHUB__JSON_LIKELY(pos < len && (unsigned char)ptr[pos] > ' '))
        return pos;
    if (len - pos >= 2 && ptr[pos] == ' ' && (unsigned char)ptr[pos + 1] > ' ')
        return pos + 1;
    size_t indent = shub__json_indent(ptr, len, pos);
    if (SHUB__JSON_LIKELY(indent && (unsigned char)ptr[pos + indent] > ' '))
        return pos + indent;
    return shub__json_space_on(ptr, len, pos);
}

/* First byte at or behind `pos` that is not plain, or the end of the text. */
static inline size_t shub__json_plain(const char *ptr, size_t len, size_t pos)
{
#ifdef __SSE2__
    if (SHUB__JSON_LIKELY(len - pos >= 16)) {
        unsigned stops = shub__json_block_stops(ptr + pos);
        if (SHUB__JSON_LIKELY(stops))
            return pos + (size_t)__builtin_ctz(stops);
        return shub__json_plain_on(ptr, len, pos + 16);
    }
#endif
    return shub__json_words_plain(ptr, len, pos);
}

#endif
