#include "base/json_runs.h"

#define ONES  UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* Eight bytes, the first in the text being the lowest. */
static uint64_t word_at(const char *ptr)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word |= (uint64_t)(unsigned char)ptr[i] << (8 * i);
    return word;
}

/* Bit 7 of the bytes that are 0; exact, no borrow goes from byte to byte. */
static uint64_t zeros_in(uint64_t word)
{
    uint64_t low = (word & ~HIGHS) + ~HIGHS;
    return ~(low | word) & HIGHS;
}

/* Bit 7 of the bytes that are not white space. */
static uint64_t solid_in(uint64_t word)
{
    return HIGHS ^ (zeros_in(word ^ ONES * ' ') | zeros_in(word ^ ONES * '\n') |
                    zeros_in(word ^ ONES * '\t') | zeros_in(word ^ ONES * '\r'));
}

/* Bit 7 of the bytes that are not plain. A borrow may set more of them, but only above
 * the first that is right. */
static uint64_t stops_in(uint64_t word)
{
    uint64_t quote = word ^ (ONES * '"');
    uint64_t slash = word ^ (ONES * '\\');
    return ((word - ONES * ' ') | (quote - ONES) | (slash - ONES) | word) & HIGHS;
}

size_t shub__json_words_space(const char *ptr, size_t len, size_t pos)
{
    for (; len - pos >= 8; pos += 8) {
        uint64_t solid = solid_in(word_at(ptr + pos));
        if (solid)
            return pos + (size_t)__builtin_ctzll(solid) / 8;
    }
    while (pos < len && shub__json_is_space(ptr[pos]))
        pos++;
    return pos;
}

size_t shub__json_words_plain(const char *ptr, size_t len, size_t pos)
{
    for (; len - pos >= 8; pos += 8) {
        uint64_t stops = stops_in(word_at(ptr + pos));
        if (stops)
            return pos + (size_t)__builtin_ctzll(stops) / 8;
    }
    while (pos < len && shub__json_is_plain(ptr[pos]))
        pos++;
    return pos;
}

#ifdef __SSE2__
static unsigned solid_in_block(const char *ptr)
{
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)ptr);
    __m128i space = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8(' ')),
                                 _mm_cmpeq_epi8(text, _mm_set1_epi8('\n')));
    __m128i other = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('\t')),
                                 _mm_cmpeq_epi8(text, _mm_set1_epi8('\r')));
    return 0xffffu ^ (unsigned)_mm_movemask_epi8(_mm_or_si128(space, other));
}
#endif

size_t shub__json_space_on(const char *ptr, size_t len, size_t pos)
{
#ifdef __SSE2__
    for (; len - pos >= 16; pos += 16) {
        unsigned solid = solid_in_block(ptr + pos);
        if (solid)
            return pos + (size_t)__builtin_ctz(solid);
    }
    while (pos < len && shub__json_is_space(ptr[pos]))
        pos++;
    return pos;
#else
    return shub__json_words_space(ptr, len, pos);
#endif
}

size_t shub__json_plain_on(const char *ptr, size_t len, size_t pos)
{
#ifdef __SSE2__
    /* Few strings go on for long. */
    for (int i = 0; i < 3 && len - pos >= 16; i++, pos += 16) {
        unsigned stops = shub__json_block_stops(ptr + pos);
        if (stops)
            return pos + (size_t)__builtin_ctz(stops);
    }
    for (; len - pos >= 64; pos += 64) {
        __m128i one = shub__json_block_marks(ptr + pos);
        __m128i two = shub__json_block_marks(ptr + pos + 16);
        __m128i three = shub__json_block_marks(ptr + pos + 32);
        __m128i four = shub__json_block_marks(ptr + pos + 48);
        if (!_mm_movemask_epi8(
                _mm_or_si128(_mm_or_si128(one, two), _mm_or_si128(three, four))))
            continue;
        uint64_t low = (uint32_t)_mm_movemask_epi8(one) | (uint32_t)_mm_movemask_epi8(two)
                                                              << 16;
        uint64_t high =
            (uint32_t)_mm_movemask_epi8(three) | (uint32_t)_mm_movemask_epi8(four) << 16;
        return pos + (size_t)__builtin_ctzll(low | high << 32);
    }
    for (; len - pos >= 16; pos += 16) {
        unsigned stops = shub__json_block_stops(ptr + pos);
        if (stops)
            return pos + (size_t)__builtin_ctz(stops);
    }
#endif
    return shub__json_words_plain(ptr, len, pos);
}
