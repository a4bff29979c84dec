/* The power table against big integers; the arithmetic for compilers without a 128-bit
 * integer against that integer. */
#include <check.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __SIZEOF_INT128__
#define HAVE_NATIVE 1
__extension__ typedef unsigned __int128 native128;
#undef __SIZEOF_INT128__ /* number_wide.h shows this file its portable side */
#endif

#include "base/number_wide.h"
#include "support/doubles.h"
#include "support/suite.h"

/* ---- the power table ------------------------------------------------------------- */

#define LIMBS 40 /* 10^342 has 1137 bits */

struct natural {
    uint32_t limb[LIMBS];
};

static void multiply(struct natural *n, uint32_t factor)
{
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)n->limb[i] * factor;
        n->limb[i] = (uint32_t)carry;
        carry >>= 32;
    }
    expect(carry == 0, "LIMBS is too small");
}

static int compare(const struct natural *a, const struct natural *b)
{
    for (int i = LIMBS - 1; i >= 0; i--) {
        if (a->limb[i] != b->limb[i])
            return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

static void subtract(struct natural *a, const struct natural *b)
{
    uint64_t borrow = 0;
    for (int i = 0; i < LIMBS; i++) {
        uint64_t difference = (uint64_t)a->limb[i] - b->limb[i] - borrow;
        a->limb[i] = (uint32_t)difference;
        borrow = difference >> 63;
    }
}

/* The first 128 bits of 10^power, by long division, and floor(log2(10^power)). */
static shub__u128 divide_out(int power, int *logarithm)
{
    struct natural over = {{1}}, under = {{1}};
    for (int i = 0; i < abs(power); i++)
        multiply(power > 0 ? &over : &under, 10);
    *logarithm = 0;
    for (; compare(&over, &under) < 0; --*logarithm)
        multiply(&over, 2);
    struct natural twice = under;
    multiply(&twice, 2);
    for (; compare(&over, &twice) >= 0; ++*logarithm) {
        under = twice;
        multiply(&twice, 2);
    }
    shub__u128 bits = {0, 0};
    for (int i = 0; i < 128; i++) {
        uint64_t bit = compare(&over, &under) >= 0;
        bits = (shub__u128){bits.hi << 1 | bits.lo >> 63, bits.lo << 1 | bit};
        if (bit)
            subtract(&over, &under);
        multiply(&over, 2);
    }
    return bits;
}

START_TEST(every_power_of_ten_is_right_to_128_bits)
{
    for (int power = SHUB__POWER_MIN; power <= SHUB__POWER_MAX; power++) {
        int logarithm;
        shub__u128 right = divide_out(power, &logarithm);
        shub__u128 got = shub__power_of_ten(power);
        expect(got.hi == right.hi && got.lo == right.lo, "10^%d", power);
        expect(shub__power_exponent(power) == logarithm - 127, "10^%d", power);
        expect((got.lo == 0) == (power >= 0 && power <= 27), "10^%d", power);
    }
}
END_TEST

/* ---- the portable side ----------------------------------------------------------- */

#ifdef HAVE_NATIVE
/* Half of them have long runs of equal bits, where carries go wrong. */
static uint64_t random_word(void)
{
    uint64_t word = next_random();
    unsigned shift = next_random() % 64;
    switch (next_random() % 4) {
    case 0:
        return word >> shift;
    case 1:
        return ~(word >> shift);
    case 2:
        return UINT64_MAX << shift;
    default:
        return word;
    }
}

START_TEST(portable_products_equal_native_ones)
{
    for (int i = 0; i < 200000; i++) {
        uint64_t a = random_word(), b = random_word();
        native128 right = (native128)a * b;
        shub__u128 got = shub__multiply(a, b);
        expect(got.hi == (uint64_t)(right >> 64) && got.lo == (uint64_t)right,
               "%#" PRIx64 " * %#" PRIx64, a, b);
    }
}
END_TEST

START_TEST(portable_quotients_equal_native_ones)
{
    for (int i = 0; i < 50000; i++) {
        uint64_t divisor = random_word() | 1, remainder;
        shub__u128 n = {random_word() % divisor, random_word()};
        native128 whole = (native128)n.hi << 64 | n.lo;
        uint64_t quotient = shub__divide(n, divisor, &remainder);
        expect(quotient == (uint64_t)(whole / divisor) &&
                   remainder == (uint64_t)(whole % divisor),
               "divided by %#" PRIx64, divisor);
    }
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("number_wide");
    TCase *tests = tcase_create("number_wide");
    tcase_add_test(tests, every_power_of_ten_is_right_to_128_bits);
#ifdef HAVE_NATIVE
    tcase_add_test(tests, portable_products_equal_native_ones);
    tcase_add_test(tests, portable_quotients_equal_native_ones);
#endif
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
