#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/number.h"
#include "base/number_wide.h"
#include "base/text.h"

/* Any number of so many digits fits a uint64_t. */
#define LEADING_DIGITS 19

/* A number's text taken apart: leading * 10^exponent, and a little more if `more`. */
struct numeral {
    bool negative;
    bool more;          /* a digit other than 0 stands behind the leading ones */
    uint64_t leading;   /* the first LEADING_DIGITS digits from the first that is not 0 */
    int64_t exponent;   /* of ten */
    const char *digits; /* all of the digits, the point among them */
    const char *end;    /* of the digits */
};

/* ---- the grammar --------------------------------------------------------------- */

/* Takes the digits before or behind the point; returns where they end. */
static inline const char *take_digits(const char *p, const char *end, unsigned *count,
                                      bool fraction, struct numeral *n)
{
    const char *begin = p;
    for (; p < end && shub__is_digit(*p) && *count < LEADING_DIGITS; p++) {
        n->leading = n->leading * 10 + (uint64_t)(*p - '0');
        *count += n->leading != 0;
    }
    if (fraction)
        n->exponent -= p - begin;
    const char *leading_end = p;
    for (; p < end && shub__is_digit(*p); p++)
        n->more |= *p != '0';
    if (!fraction)
        n->exponent += p - leading_end;
    return p;
}

/* Takes what stands behind the 'e'; returns where it ends, NULL when there is no
 * digit. */
static const char *take_exponent(const char *p, const char *end, struct numeral *n)
{
    /* No text has so many digits that they could bring it back into range. */
    const int64_t limit = INT64_MAX / 4;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || !shub__is_digit(*p))
        return NULL;
    int64_t exponent = 0;
    for (; p < end && shub__is_digit(*p); p++)
        exponent = exponent < limit / 10 ? exponent * 10 + (*p - '0') : limit;
    n->exponent += negative ? -exponent : exponent;
    return p;
}

/* Takes all of the text; false when it is not a number of the grammar. */
static bool take_number(const char *p, const char *end, bool loose, struct numeral *n)
{
    *n = (struct numeral){0};
    n->negative = p < end && *p == '-';
    if (p < end && (*p == '-' || (loose && *p == '+')))
        p++;
    unsigned count = 0;
    n->digits = p;
    p = take_digits(p, end, &count, false, n);
    ptrdiff_t whole = p - n->digits;
    ptrdiff_t fraction = 0;
    bool point = p < end && *p == '.';
    if (point) {
        const char *begin = p + 1;
        p = take_digits(begin, end, &count, true, n);
        fraction = p - begin;
    }
    n->end = p;
    if (whole == 0 && fraction == 0)
        return false;
    if (!loose && (whole == 0 || (point && fraction == 0)))
        return false;
    if (!loose && whole > 1 && *n->digits == '0')
        return false;
    if (p < end && (*p == 'e' || *p == 'E'))
        p = take_exponent(p + 1, end, n);
    return p == end;
}

/* ---- big integers, for the few texts next to a midpoint ------------------------- */

/* A midpoint between two doubles has at most 768 significant digits. What stands behind
 * so many is told by one further digit that is not 0. */
#define BIG_DIGITS 768

/* The largest: 769 digits, 2555 bits; a midpoint is brought to their scale. */
#define BIG_LIMBS 84

struct big {
    unsigned count;
    uint32_t limb[BIG_LIMBS]; /* least significant first; the last is not 0 */
};

static void big_append(struct big *n, uint32_t limb)
{
    assert(n->count < BIG_LIMBS);
    n->limb[n->count++] = limb;
}

static void big_multiply_add(struct big *n, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (unsigned i = 0; i < n->count; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0)
        big_append(n, (uint32_t)carry);
}

static void big_set(struct big *n, uint64_t value)
{
    n->count = 0;
    for (; value != 0; value >>= 32)
        big_append(n, (uint32_t)value);
}

static void big_multiply_fives(struct big *n, int64_t power)
{
    for (; power >= 13; power -= 13)
        big_multiply_add(n, 1220703125, 0);
    for (; power > 0; power--)
        big_multiply_add(n, 5, 0);
}

static void big_shift(struct big *n, int64_t bits)
{
    big_multiply_add(n, (uint32_t)1 << bits % 32, 0);
    for (int64_t words = bits / 32; words > 0; words--) {
        big_append(n, 0);
        memmove(n->limb + 1, n->limb, (n->count - 1) * sizeof *n->limb);
        n->limb[0] = 0;
    }
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;) {
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

/* Sets `big` to the digits of the text; returns the exponent of ten that goes with it. */
static int64_t big_set_digits(struct big *big, const struct numeral *n)
{
    big_set(big, 0);
    int taken = 0;
    bool more = false;
    uint32_t chunk = 0, scale = 1;
    for (const char *p = n->digits; p < n->end; p++) {
        if (*p == '.' || (*p == '0' && taken == 0))
            continue;
        if (taken == BIG_DIGITS) {
            more |= *p != '0';
            continue;
        }
        chunk = chunk * 10 + (uint32_t)(*p - '0');
        scale *= 10;
        taken++;
        if (scale == 1000000000) {
            big_multiply_add(big, scale, chunk);
            chunk = 0;
            scale = 1;
        }
    }
    big_multiply_add(big, scale, chunk);
    if (more)
        big_multiply_add(big, 10, 1);
    return n->exponent - (taken + more - LEADING_DIGITS);
}

/* Whether the number lies below (-1), on (0) or above (1) the middle between the doubles
 * of these bits and of the next. */
static int compare_to_middle(const struct numeral *n, uint64_t bits)
{
    uint64_t field = bits >> 52;
    uint64_t significand = bits & (((uint64_t)1 << 52) - 1);
    if (field > 0)
        significand |= (uint64_t)1 << 52;
    int64_t binary = (field > 0 ? (int64_t)field : 1) - 1076;

    struct big number, middle;
    int64_t decimal = n->exponent;
    if (n->more)
        decimal = big_set_digits(&number, n);
    else
        big_set(&number, n->leading);
    big_set(&middle, 2 * significand + 1);

    /* number * 10^decimal against middle * 2^binary, without fractions */
    big_multiply_fives(&number, decimal);
    big_multiply_fives(&middle, -decimal);
    if (binary > decimal)
        big_shift(&middle, binary - decimal);
    else
        big_shift(&number, decimal - binary);
    return big_compare(&number, &middle);
}

/* ---- the nearest double --------------------------------------------------------- */

/* The bits of the double nearest to the number, sign aside. As in Daniel Lemire, "Number
 * parsing at a gigabyte per second" (2021), 128 bits of the power of ten are mostly
 * enough. Here the error is carried along: the number lies between two bounds, and when
 * both round to the same double, so does it. */
static uint64_t nearest(const struct numeral *n)
{
    if (n->leading == 0 || n->exponent < SHUB__POWER_MIN)
        return 0;
    if (n->exponent > 308)
        return (uint64_t)2047 << 52;
    if (n->exponent == 0 && n->leading >> 53 == 0)
        return shub__bits_of_double((double)n->leading); /* whole, and exact */
    int power = (int)n->exponent;
    int scale = __builtin_clzll(n->leading);
    uint64_t factor = n->leading << scale;
    shub__u128 ten = shub__power_of_ten(power);
    shub__u128 least = shub__multiply(factor, ten.hi);
    least = shub__add(least, (shub__u128){0, shub__multiply(factor, ten.lo).hi});
    int exponent = shub__power_exponent(power) + 64 - scale - shub__normalise(&least);
    uint64_t lower = shub__double_round(least, exponent);
    if (ten.lo == 0 && !n->more)
        return lower; /* nothing was cut off */

    /* The power was rounded down, and so was its product: less than 2 is missing. Further
     * digits would add less than 2^scale powers, scale <= 4. Normalising doubled all
     * that. */
    shub__u128 most = shub__add(least, (shub__u128){n->more ? 32 : 0, 4});
    if (most.hi == least.hi && least.lo != 0)
        return lower;
    if (most.hi > least.hi && shub__double_round(most, exponent) == lower)
        return lower;
    int order = compare_to_middle(n, lower);
    return lower + (order > 0 || (order == 0 && (lower & 1)));
}

shub_status shub__double_read(const char *text, size_t len, unsigned flags, double *out)
{
    *out = 0.0;
    struct numeral n;
    bool loose = (flags & SHUB__NUMBER_LOOSE) != 0;
    if (len == 0 || !take_number(text, text + len, loose, &n))
        return SHUB_E_FORMAT;
    uint64_t bits = nearest(&n);
    if (bits >> 52 == 2047)
        return SHUB_E_RANGE;
    *out = shub__double_of_bits(bits | (uint64_t)n.negative << 63);
    return SHUB_OK;
}

double shub__double_from_decimal(uint64_t digits, int exponent)
{
    struct numeral n = {.leading = digits, .exponent = exponent};
    return shub__double_of_bits(nearest(&n));
}

/* ---- integers ------------------------------------------------------------------- */

shub_status shub__uint64_read(const char *text, size_t len, uint64_t *out)
{
    *out = 0;
    if (len == 0 || (len > 1 && text[0] == '0'))
        return SHUB_E_FORMAT;
    uint64_t value = 0;
    bool fits = true;
    size_t i = 0;
    for (; i < len && i < LEADING_DIGITS; i++) {
        if (!shub__is_digit(text[i]))
            return SHUB_E_FORMAT;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    for (; i < len; i++) {
        if (!shub__is_digit(text[i]))
            return SHUB_E_FORMAT;
        uint64_t digit = (uint64_t)(text[i] - '0');
        fits = fits && value <= (UINT64_MAX - digit) / 10;
        value = value * 10 + digit;
    }
    if (!fits)
        return SHUB_E_RANGE;
    *out = value;
    return SHUB_OK;
}

shub_status shub__int64_read(const char *text, size_t len, int64_t *out)
{
    *out = 0;
    if (len == 0)
        return SHUB_E_FORMAT;
    bool negative = text[0] == '-';
    uint64_t size;
    shub_status status = shub__uint64_read(text + negative, len - negative, &size);
    if (status != SHUB_OK)
        return status;
    if (size > (uint64_t)INT64_MAX + negative)
        return SHUB_E_RANGE;
    *out = negative ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return SHUB_OK;
}
