#include "base/number_wide.h"

#include <assert.h>

#include "base/number.h"

/* The usual table of 128-bit powers of ten, one entry for each of 667 powers, would take
 * 10 KiB. Ours are made on the spot from two small tables: 10^q = 10^(27 i) * 10^r with
 * 0 <= r < 27. 10^r fits 64 bits without its factors of two; 192 bits of 10^(27 i) leave
 * 64 for the error of the product, and so its first 128 are right for all 667 powers: the
 * test computes each with big integers.
 *
 * Row i: 10^(27 (i - 13)) / 2^e rounded down, e so that it has 192 bits. */
static const uint64_t coarse_powers[26][3] = {
    {0x8049a4ac0c5811ae, 0x205b896d777d6278, 0xac261e9f5141430b},
    {0xcf42894a5dce35ea, 0x52064cac828675b9, 0x475f2b7d7df1ad7a},
    {0xa76c582338ed2621, 0xaf2af2b80af6f24e, 0x657c8f4d43323a36},
    {0x873e4f75e2224e68, 0x5a7744a6e804a291, 0xcc35eddfcf0996d7},
    {0xda7f5bf590966848, 0xaf39a475506a899e, 0xa30294cc2934e662},
    {0xb080392cc4349dec, 0xbd8d794d96aacfb3, 0xfe13a5c86af64418},
    {0x8e938662882af53e, 0x547eb47b7282ee9c, 0x41b0230e1421487d},
    {0xe65829b3046b0afa, 0x0cb4a5a3112a5112, 0xa3b561b1cb208396},
    {0xba121a4650e4ddeb, 0x92f34d62616ce413, 0x21a0183e10583cd3},
    {0x964e858c91ba2655, 0x3a6a07f8d510f86f, 0xe9082f25e9c5e9ec},
    {0xf2d56790ab41c2a2, 0xfae27299423fb9c3, 0x3695dad7e8858901},
    {0xc428d05aa4751e4c, 0xaa97e14c3c26b886, 0x96842dc95323f5a8},
    {0x9e74d1b791e07e48, 0x775ea264cf55347d, 0xca49f1c05120c9c7},
    {0x8000000000000000, 0x0000000000000000, 0x0000000000000000},
    {0xcecb8f27f4200f3a, 0x0000000000000000, 0x0000000000000000},
    {0xa70c3c40a64e6c51, 0x999090b65f67d924, 0x0000000000000000},
    {0x86f0ac99b4e8dafd, 0x69a028bb3ded71a3, 0xdf9f915627c04e28},
    {0xda01ee641a708de9, 0xe80e6f4820cc9495, 0xd74baad03bc1d8d3},
    {0xb01ae745b101e9e4, 0x5ec05dcff72e7f8f, 0xc04c79ffe324301f},
    {0x8e41ade9fbebc27d, 0x14588f13be847307, 0x23bd6a2059c002f5},
    {0xe5d3ef282a242e81, 0x8f1668c8a86da5fa, 0xf0b5ccf5176ecc7c},
    {0xb9a74a0637ce2ee1, 0x6d953e2bd7173692, 0x88efb0037ac08bde},
    {0x95f83d0a1fb69cd9, 0x4abdaf101564f98e, 0x0d5a4af7b3a98e47},
    {0xf24a01a73cf2dccf, 0xbc633b39673c8cec, 0x3d9c44cd2f36917c},
    {0xc3b8358109e84f07, 0x0a862f80ec4700c8, 0x02606ea01029dc37},
    {0x9e19db92b4e31ba9, 0x6c07a2c26a8346d1, 0x4944d9f52cd0dec2},
};

/* 10^r / 2^e, e so that it has 64 bits; exact. */
static const uint64_t fine_powers[27] = {
    0x8000000000000000, 0xa000000000000000, 0xc800000000000000, 0xfa00000000000000,
    0x9c40000000000000, 0xc350000000000000, 0xf424000000000000, 0x9896800000000000,
    0xbebc200000000000, 0xee6b280000000000, 0x9502f90000000000, 0xba43b74000000000,
    0xe8d4a51000000000, 0x9184e72a00000000, 0xb5e620f480000000, 0xe35fa931a0000000,
    0x8e1bc9bf04000000, 0xb1a2bc2ec5000000, 0xde0b6b3a76400000, 0x8ac7230489e80000,
    0xad78ebc5ac620000, 0xd8d726b7177a8000, 0x878678326eac9000, 0xa968163f0a57b400,
    0xd3c21bcecceda100, 0x84595161401484a0, 0xa56fa5b99019a5c8,
};

shub__u128 shub__power_of_ten(int power)
{
    assert(power >= SHUB__POWER_MIN && power <= SHUB__POWER_MAX);
    unsigned place = (unsigned)(power + 13 * 27);
    const uint64_t *coarse = coarse_powers[place / 27];
    uint64_t fine = fine_powers[place % 27];

    shub__u128 low = shub__multiply(coarse[2], fine);
    shub__u128 middle = shub__multiply(coarse[1], fine);
    shub__u128 high = shub__multiply(coarse[0], fine);
    middle = shub__add(middle, (shub__u128){0, low.hi});
    high = shub__add(high, (shub__u128){0, middle.hi});
    if (high.hi >> 63)
        return high;
    return (shub__u128){high.hi << 1 | high.lo >> 63, high.lo << 1 | middle.lo >> 63};
}

uint64_t shub__double_round(shub__u128 significand, int exponent)
{
    assert(significand.hi >> 63);
    /* The value is 1.f * 2^magnitude; 53 bits of it are kept, fewer below 2^-1022. */
    int magnitude = exponent + 127;
    if (magnitude > 1023)
        return (uint64_t)2047 << 52;
    int cut = magnitude < -1022 ? 11 - 1022 - magnitude : 11;
    if (cut > 64)
        return 0;

    const uint64_t half = (uint64_t)1 << 63;
    uint64_t kept = cut == 64 ? 0 : significand.hi >> cut;
    uint64_t rest = significand.hi << (64 - cut) | (significand.lo != 0);
    kept += rest > half || (rest == half && (kept & 1));
    /* The implicit bit and a carry out of `kept` both add to the exponent field. */
    return magnitude < -1022 ? kept : kept + ((uint64_t)(magnitude + 1022) << 52);
}

double shub__double_from_uratio(uint64_t value, uint64_t multiplier, uint64_t divisor)
{
    assert(divisor != 0);
    shub__u128 rest = shub__multiply(value, multiplier);
    if (rest.hi == 0 && rest.lo == 0)
        return 0.0;
    int scale = __builtin_clzll(divisor);
    divisor <<= scale;
    scale -= shub__normalise(&rest);

    /* Both have their top bit set: the quotient has 64 bits, or 65 if this bit is 1. */
    uint64_t top = rest.hi >= divisor;
    rest.hi -= top ? divisor : 0;
    uint64_t remainder;
    uint64_t quotient = shub__divide(rest, divisor, &remainder);
    shub__u128 exact = {top << 63 | quotient >> top, top ? quotient << 63 : 0};
    exact.lo |= remainder != 0;
    return shub__double_of_bits(shub__double_round(exact, scale - 64 + (int)top));
}

double shub__double_from_ratio(int64_t value, uint64_t multiplier, uint64_t divisor)
{
    if (value >= 0)
        return shub__double_from_uratio((uint64_t)value, multiplier, divisor);
    return -shub__double_from_uratio(0 - (uint64_t)value, multiplier, divisor);
}
