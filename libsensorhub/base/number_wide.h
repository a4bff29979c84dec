/* base/number_wide.h: the 128-bit arithmetic under number_read.c and number_write.c. */
#ifndef SHUB_BASE_NUMBER_WIDE_H
#define SHUB_BASE_NUMBER_WIDE_H

#include <stdint.h>
#include <string.h>

typedef struct shub__u128 {
    uint64_t hi, lo;
} shub__u128;

/* Powers of ten that reading and writing any double ask for. */
#define SHUB__POWER_MIN (-342)
#define SHUB__POWER_MAX 324

/* 10^power = t * 2^shub__power_exponent(power) where t, a real number in [2^127, 2^128),
 * is returned rounded down. `lo` is 0 exactly for powers 0 to 27; t is an integer up
 * to 55. */
shub__u128 shub__power_of_ten(int power);

/* The bits of the double nearest to significand * 2^exponent, infinity's when that is too
 * large. The significand has its top bit set; an inexact one is rounded down and its
 * lowest bit set. */
uint64_t shub__double_round(shub__u128 significand, int exponent);

/* floor(power * log2(10)) - 127, right for |power| <= 1200 */
static inline int shub__power_exponent(int power)
{
    return ((power * 1741647) >> 19) - 127;
}

/* The double with these bits, and the bits of a double. */
static inline double shub__double_of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t shub__bits_of_double(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

#ifdef __SIZEOF_INT128__
__extension__ typedef unsigned __int128 shub__native128;
#endif

/* a * b */
static inline shub__u128 shub__multiply(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
    shub__native128 product = (shub__native128)a * b;
    return (shub__u128){(uint64_t)(product >> 64), (uint64_t)product};
#else
    uint64_t a1 = a >> 32, a0 = (uint32_t)a, b1 = b >> 32, b0 = (uint32_t)b;
    uint64_t low = a0 * b0;
    uint64_t middle = a1 * b0 + (low >> 32);
    uint64_t other = a0 * b1 + (uint32_t)middle;
    return (shub__u128){a1 * b1 + (middle >> 32) + (other >> 32),
                        other << 32 | (uint32_t)low};
#endif
}

/* a + b, without regard to a carry out of 128 bits */
static inline shub__u128 shub__add(shub__u128 a, shub__u128 b)
{
    uint64_t lo = a.lo + b.lo;
    return (shub__u128){a.hi + b.hi + (lo < a.lo), lo};
}

/* Shifts the highest set bit of a number that is not 0 to the top; returns how far. */
static inline int shub__normalise(shub__u128 *n)
{
    int words = 0;
    if (n->hi == 0) {
        *n = (shub__u128){n->lo, 0};
        words = 64;
    }
    int bits = __builtin_clzll(n->hi);
    if (bits > 0)
        *n = (shub__u128){n->hi << bits | n->lo >> (64 - bits), n->lo << bits};
    return words + bits;
}

/* Quotient and remainder of n / divisor; n.hi < divisor. */
static inline uint64_t shub__divide(shub__u128 n, uint64_t divisor, uint64_t *remainder)
{
#ifdef __SIZEOF_INT128__
    shub__native128 whole = (shub__native128)n.hi << 64 | n.lo;
    uint64_t quotient = (uint64_t)(whole / divisor);
    *remainder = n.lo - quotient * divisor;
    return quotient;
#else
    for (int bit = 0; bit < 64; bit++) {
        uint64_t carry = n.hi >> 63;
        n.hi = n.hi << 1 | n.lo >> 63;
        n.lo <<= 1;
        if (carry || n.hi >= divisor) {
            n.hi -= divisor;
            n.lo |= 1;
        }
    }
    *remainder = n.hi;
    return n.lo;
#endif
}

#endif
