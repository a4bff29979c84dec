/* Random doubles, and doubles compared bit by bit: 0.0 and -0.0 differ. */
#ifndef SUPPORT_DOUBLES_H
#define SUPPORT_DOUBLES_H

#include <check.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1d;
}

static inline double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double random_finite(void)
{
    uint64_t bits;
    do {
        bits = next_random();
    } while ((bits >> 52 & 2047) == 2047);
    return double_of(bits);
}

/* ck_assert writes to check's pipe each time; these are silent until they fail, for
 * loops. */
#define expect(condition, ...)                                                           \
    do {                                                                                 \
        if (!(condition))                                                                \
            ck_abort_msg(__VA_ARGS__);                                                   \
    } while (0)

#define expect_double(got, right, text)                                                  \
    do {                                                                                 \
        double got_ = (got), right_ = (right);                                           \
        expect(bits_of(got_) == bits_of(right_), "%s: %a, not %a", (text), got_,         \
               right_);                                                                  \
    } while (0)

#endif
