#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/number.h"
#include "base/number_wide.h"

/* digits * 10^exponent; digits may end in zeros */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* A finite double other than 0, without sign: significand * 2^exponent. */
struct binary {
    uint64_t significand;
    int exponent;
    bool closer_below; /* a power of two: the next double below is half as far */
};

static struct binary take_apart(uint64_t bits)
{
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    int field = (int)(bits >> 52 & 2047);
    if (field == 0)
        return (struct binary){fraction, -1074, false};
    return (struct binary){fraction | (uint64_t)1 << 52, field - 1075,
                           fraction == 0 && field > 1};
}

/* Sensors say 21.5 or 0.944, their counters come divided by 1000. If k / 1000 lies nearer
 * to the value than half the way to the next doubles, it reads back as the value; and as
 * two decimals of up to 15 digits never read as the same double, it is the only one of up
 * to 15 digits, hence, without zeros at its end, the shortest. */
static bool find_thousandths(struct binary v, struct decimal *out)
{
    if (v.exponent >= 0 || v.exponent < -62 || v.closer_below)
        return false;
    int shift = -v.exponent;
    uint64_t scaled = v.significand * 1000; /* below 2^63 */
    uint64_t k = (scaled + ((uint64_t)1 << (shift - 1))) >> shift;
    uint64_t back = k << shift;
    uint64_t distance = back > scaled ? back - scaled : scaled - back;
    if (distance >= 1000 / 2 || k >= 1000000000000000)
        return false;

    int exponent = -3;
    for (; exponent < 0 && k % 10 == 0; exponent++)
        k /= 10;
    *out = (struct decimal){k, exponent};
    return true;
}

/* factor * g / 2^128 rounded to odd: down, and the last bit set unless that was exact.
 * With g rounded up a whole product comes out less than 2^-68 too large, as factor <
 * 2^60. Others are more than 2^-66 above the whole number below them and 2^-62 below the
 * next: the smallest distances over all significands, found for each exponent by its
 * continued fraction. */
static uint64_t scale_to_odd(shub__u128 g, uint64_t factor)
{
    shub__u128 low = shub__multiply(g.lo, factor);
    shub__u128 high = shub__multiply(g.hi, factor);
    high = shub__add(high, (shub__u128){0, low.hi});
    return high.hi | ((high.lo | low.lo >> 60) != 0);
}

/* Raffaello Giulietti, "The Schubfach way to render doubles" (2020): what reads back as
 * the value is an interval at least 10^k and less than 10^(k+1) wide. So it holds a
 * multiple of 10^k and at most one of 10^(k+1), which then is the shortest; else the
 * nearest of the former is. All is scaled by 4 / 10^k, which tells a value from the
 * midpoints around it. */
static struct decimal find_shortest(struct binary v)
{
    /* floor(log10(2^e)), and floor(log10(3/4 * 2^e)) */
    int k = v.closer_below ? (v.exponent * 1262611 - 524031) >> 22
                           : (v.exponent * 1262611) >> 22;
    shub__u128 g = shub__power_of_ten(-k);
    if (k > 0 || k < -55) /* rounded up where it is not exact */
        g = shub__add(g, (shub__u128){0, 1});
    int shift = v.exponent + shub__power_exponent(-k) + 128;

    uint64_t middle = v.significand << 2;
    uint64_t value = scale_to_odd(g, middle << shift);
    uint64_t below = scale_to_odd(g, (middle - (v.closer_below ? 1 : 2)) << shift);
    uint64_t above = scale_to_odd(g, (middle + 2) << shift);
    uint64_t open = v.significand & 1; /* a midpoint reads as its even neighbour */
    below += open;
    above -= open;

    uint64_t digits = value / 4;
    uint64_t tens = digits / 10 * 10;
    bool low_fits = below <= 4 * tens;
    bool high_fits = 4 * (tens + 10) <= above;
    if (low_fits != high_fits)
        return (struct decimal){tens / 10 + high_fits, k + 1};

    low_fits = below <= 4 * digits;
    high_fits = 4 * (digits + 1) <= above;
    uint64_t half = 4 * digits + 2;
    bool up = value > half || (value == half && (digits & 1));
    if (low_fits != high_fits)
        up = high_fits;
    return (struct decimal){digits + up, k};
}

static void drop_zeros(struct decimal *d)
{
    static const struct {
        uint64_t power;
        int count;
    } steps[] = {{100000000, 8}, {100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (d->digits % steps[i].power == 0) {
            d->digits /= steps[i].power;
            d->exponent += steps[i].count;
        }
    }
}

static void write_pair(uint32_t n, char *dst)
{
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    memcpy(dst, pairs + (size_t)2 * n, 2);
}

/* Writes digits so that they end before `end`; returns where they begin. */
static char *write_digits(uint64_t n, char *end)
{
    /* eight at a time, by divisions that need not wait for each other */
    for (; n >= 100000000; n /= 100000000) {
        uint32_t eight = (uint32_t)(n % 100000000);
        uint32_t upper = eight / 10000, lower = eight % 10000;
        end -= 8;
        write_pair(upper / 100, end);
        write_pair(upper % 100, end + 2);
        write_pair(lower / 100, end + 4);
        write_pair(lower % 100, end + 6);
    }
    uint32_t rest = (uint32_t)n;
    for (; rest >= 100; rest /= 100)
        write_pair(rest % 100, end -= 2);
    if (rest >= 10) {
        write_pair(rest, end -= 2);
        return end;
    }
    *--end = (char)('0' + rest);
    return end;
}

static char *append(char *to, const char *from, size_t len)
{
    memcpy(to, from, len);
    return to + len;
}

/* d.ddde-05 */
static char *write_scientific(char *to, const char *digits, size_t count, int exponent)
{
    *to++ = digits[0];
    if (count > 1) {
        *to++ = '.';
        to = append(to, digits + 1, count - 1);
    }
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    unsigned size = (unsigned)(exponent < 0 ? -exponent : exponent);
    if (size < 10)
        *to++ = '0';
    char text[4];
    char *begin = write_digits(size, text + sizeof text);
    return append(to, begin, (size_t)(text + sizeof text - begin));
}

/* `point` digits stand before the point, 0.000ddd when it is negative. */
static char *write_plain(char *to, const char *digits, size_t count, int point)
{
    static const char zeros[] = "0000000000000000";

    if (point <= 0) {
        to = append(to, "0.", 2);
        to = append(to, zeros, (size_t)-point);
        return append(to, digits, count);
    }
    size_t whole = (size_t)point;
    if (count <= whole) {
        to = append(to, digits, count);
        to = append(to, zeros, whole - count);
        return append(to, ".0", 2);
    }
    to = append(to, digits, whole);
    *to++ = '.';
    return append(to, digits + whole, count - whole);
}

size_t shub__double_write(double value, char dst[SHUB__DOUBLE_MAX])
{
    uint64_t bits = shub__bits_of_double(value);
    assert((bits >> 52 & 2047) != 2047);
    char *to = dst;
    if (bits >> 63)
        *to++ = '-';

    struct decimal d = {0, 0};
    struct binary v = take_apart(bits);
    if (v.significand != 0 && !find_thousandths(v, &d)) {
        d = find_shortest(v);
        drop_zeros(&d);
    }
    char text[20];
    const char *digits = write_digits(d.digits, text + sizeof text);
    size_t count = (size_t)(text + sizeof text - digits);
    int point = (int)count + d.exponent;
    /* the bounds of Python's repr */
    if (point > -4 && point <= 16)
        to = write_plain(to, digits, count, point);
    else
        to = write_scientific(to, digits, count, point - 1);
    *to = '\0';
    return (size_t)(to - dst);
}

static size_t write_integer(char *dst, bool negative, uint64_t size)
{
    char text[20];
    const char *begin = write_digits(size, text + sizeof text);
    char *to = dst;
    if (negative)
        *to++ = '-';
    to = append(to, begin, (size_t)(text + sizeof text - begin));
    *to = '\0';
    return (size_t)(to - dst);
}

size_t shub__uint64_write(uint64_t value, char dst[SHUB__INT64_MAX])
{
    return write_integer(dst, false, value);
}

size_t shub__int64_write(int64_t value, char dst[SHUB__INT64_MAX])
{
    bool negative = value < 0;
    return write_integer(dst, negative, negative ? 0 - (uint64_t)value : (uint64_t)value);
}
