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

#define SHUB__JSON_ONES  UINT64_C(0x0101010101010101)
#define SHUB__JSON_HIGHS UINT64_C(0x8080808080808080)

/* Eight bytes, the first in the text being the lowest. */
static inline uint64_t shub__json_word(const char *ptr)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word |= (uint64_t)(unsigned char)ptr[i] << (8 * i);
    return word;
}

/* Bit 7 of the bytes that are 0; exact, no borrow goes from byte to byte. */
static inline uint64_t shub__json_zeros(uint64_t word)
{
    uint64_t low = (word & ~SHUB__JSON_HIGHS) + ~SHUB__JSON_HIGHS;
    return ~(low | word) & SHUB__JSON_HIGHS;
}

/* Bit 7 of the bytes that are not white space. */
static inline uint64_t shub__json_word_solid(uint64_t word)
{
    return SHUB__JSON_HIGHS ^ (shub__json_zeros(word ^ SHUB__JSON_ONES * ' ') |
                               shub__json_zeros(word ^ SHUB__JSON_ONES * '\n') |
                               shub__json_zeros(word ^ SHUB__JSON_ONES * '\t') |
                               shub__json_zeros(word ^ SHUB__JSON_ONES * '\r'));
}

/* Bit 7 of the bytes that are not plain. A borrow may set more of them, but only above
 * the first that is right. */
static inline uint64_t shub__json_word_stops(uint64_t word)
{
    uint64_t quote = word ^ (SHUB__JSON_ONES * '"');
    uint64_t slash = word ^ (SHUB__JSON_ONES * '\\');
    return ((word - SHUB__JSON_ONES * ' ') | (quote - SHUB__JSON_ONES) |
            (slash - SHUB__JSON_ONES) | word) &
           SHUB__JSON_HIGHS;
}

static inline size_t shub__json_words_space(const char *ptr, size_t len, size_t pos)
{
    for (; len - pos >= 8; pos += 8) {
        uint64_t solid = shub__json_word_solid(shub__json_word(ptr + pos));
        if (solid)
            return pos + (size_t)__builtin_ctzll(solid) / 8;
    }
    while (pos < len && shub__json_is_space(ptr[pos]))
        pos++;
    return pos;
}

static inline size_t shub__json_words_plain(const char *ptr, size_t len, size_t pos)
{
    for (; len - pos >= 8; pos += 8) {
        uint64_t stops = shub__json_word_stops(shub__json_word(ptr + pos));
        if (stops)
            return pos + (size_t)__builtin_ctzll(stops) / 8;
    }
    while (pos < len && shub__json_is_plain(ptr[pos]))
        pos++;
    return pos;
}

/* ---- sixteen bytes ------------------------------------------------------------------
 */

#ifdef __SSE2__

static inline unsigned shub__json_block_solid(const char *ptr)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)ptr);
    __m128i space = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(' ')),
                                 _mm_cmpeq_epi8(text, _mm_set1_epi8('\n')));
    __m128i other = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('\t')),
                                 _mm_cmpeq_epi8(text, _mm_set1_epi8('\r')));
    return 0xffffu ^ (unsigned)_mm_movemask_epi8(_mm_or_si128(space, other));
}

/* Bytes above 0x7f are negative here, and so below ' '. */
static inline unsigned shub__json_block_stops(const char *ptr)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)ptr);
    __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                 _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    __m128i low = _mm_cmplt_epi8(text, _mm_set1_epi8(' '));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(marks, low));
}

#endif

/* First byte at or behind `pos` that is not white space, or the end of the text. */
static inline size_t shub__json_space(const char *ptr, size_t len, size_t pos)
{
    if (SHUB__JSON_LIKELY(pos < len && (unsigned char)ptr[pos] > ' '))
        return pos;
    if (len - pos >= 2 && ptr[pos] == ' ' && (unsigned char)ptr[pos + 1] > ' ')
        return pos + 1;
#ifdef __SSE2__
    for (; len - pos >= 16; pos += 16) {
        unsigned solid = shub__json_block_solid(ptr + pos);
        if (SHUB__JSON_LIKELY(solid))
            return pos + (size_t)__builtin_ctz(solid);
    }
#endif
    return shub__json_words_space(ptr, len, pos);
}

/* First byte at or behind `pos` that is not plain, or the end of the text. */
static inline size_t shub__json_plain(const char *ptr, size_t len, size_t pos)
{
#ifdef __SSE2__
    for (; len - pos >= 16; pos += 16) {
        unsigned stops = shub__json_block_stops(ptr + pos);
        if (stops)
            return pos + (size_t)__builtin_ctz(stops);
    }
#endif
    return shub__json_words_plain(ptr, len, pos);
}

#endif
