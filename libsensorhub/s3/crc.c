#include "s3/crc.h"

#if SHUB__CRC_X86
#include <immintrin.h>
#endif

void shub__crc_tables_fill(shub__crc_tables *tables, uint64_t poly)
{
    for (int i = 0; i < 256; i++) {
        uint64_t crc = (uint64_t)i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? poly : 0);
        tables->row[0][i] = crc;
    }
    for (int row = 1; row < 8; row++)
        for (int i = 0; i < 256; i++) {
            uint64_t crc = tables->row[row - 1][i];
            tables->row[row][i] = crc >> 8 ^ tables->row[0][crc & 255];
        }
}

/* Compilers make one load of it. */
static uint64_t load_64(const unsigned char *p)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | p[i];
    return value;
}

uint64_t shub__crc_tables_run(const shub__crc_tables *tables, uint64_t state,
                              const unsigned char *p, size_t len)
{
    const uint64_t(*t)[256] = tables->row;

    for (; len >= 8; p += 8, len -= 8) {
        uint64_t x = state ^ load_64(p);
        state = t[7][x & 255] ^ t[6][x >> 8 & 255] ^ t[5][x >> 16 & 255] ^
                t[4][x >> 24 & 255] ^ t[3][x >> 32 & 255] ^ t[2][x >> 40 & 255] ^
                t[1][x >> 48 & 255] ^ t[0][x >> 56];
    }
    for (; len > 0; p++, len--)
        state = state >> 8 ^ t[0][(state ^ *p) & 255];
    return state;
}

static uint64_t multiply(uint64_t a, uint64_t b, uint64_t poly, uint64_t one)
{
    uint64_t product = 0;

    for (uint64_t bit = one; bit; bit >>= 1) {
        product ^= a & bit ? b : 0;
        b = b >> 1 ^ (b & 1 ? poly : 0);
    }
    return product;
}

/* The first CRC moves `len` bytes ahead: times x^(8 * len), by repeated squaring. */
uint64_t shub__crc_join(uint64_t first, uint64_t second, uint64_t len, uint64_t poly,
                        uint64_t one)
{
    uint64_t power = one >> 8; /* x^8 */

    for (; len; len >>= 1) {
        if (len & 1)
            first = multiply(power, first, poly, one);
        power = multiply(power, power, poly, one);
    }
    return first ^ second;
}

#if SHUB__CRC_X86

int shub__crc_can_fold(void)
{
    return __builtin_cpu_supports("pclmul") != 0;
}

__attribute__((target("pclmul"))) static inline __m128i fold(__m128i x, __m128i by,
                                                             __m128i next)
{
    __m128i high = _mm_clmulepi64_si128(x, by, 0x00);
    __m128i low = _mm_clmulepi64_si128(x, by, 0x11);

    return _mm_xor_si128(_mm_xor_si128(high, low), next);
}

static inline __m128i load_128(const unsigned char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i pair(uint64_t high, uint64_t low)
{
    return _mm_set_epi64x((long long)low, (long long)high);
}

/* Four at a time, as a multiplication takes several cycles but one begins in each. */
__attribute__((target("pclmul"))) void shub__crc_fold(const shub__crc_folds *by,
                                                      uint64_t state,
                                                      const unsigned char *p, size_t len,
                                                      unsigned char rest[16])
{
    __m128i far = pair(by->far_high, by->far_low);
    __m128i near = pair(by->near_high, by->near_low);
    __m128i a = _mm_xor_si128(load_128(p), pair(state, 0));
    __m128i b = load_128(p + 16), c = load_128(p + 32), d = load_128(p + 48);

    for (p += 64, len -= 64; len >= 64; p += 64, len -= 64) {
        a = fold(a, far, load_128(p));
        b = fold(b, far, load_128(p + 16));
        c = fold(c, far, load_128(p + 32));
        d = fold(d, far, load_128(p + 48));
    }
    a = fold(fold(fold(a, near, b), near, c), near, d);
    for (; len >= 16; p += 16, len -= 16)
        a = fold(a, near, load_128(p));
    _mm_storeu_si128((__m128i *)(void *)rest, a);
}

#endif
