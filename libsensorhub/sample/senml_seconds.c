#include "sample/senml_seconds.h"

#include "base/reader.h"
#include "base/text.h"

/* As many as the microseconds of 64 bits have, and as fit into 64 bits; those behind are
 * cut. */
#define DIGITS_MAX 19
/* Exponents beyond say nothing new: the number is zero or out of range. */
#define EXPONENT_MAX 10000

typedef struct decimal {
    uint64_t digits;
    int count;    /* of digits, without leading zeros */
    int exponent; /* of ten */
} decimal;

static void add_digit(decimal *d, int digit, int is_fraction)
{
    if (d->count == DIGITS_MAX) {
        d->exponent += !is_fraction;
        return;
    }
    d->digits = d->digits * 10 + (uint64_t)digit;
    d->count += d->digits != 0;
    d->exponent -= is_fraction;
}

static void read_digits(shub__reader *r, decimal *d, int is_fraction)
{
    int exponent_left = EXPONENT_MAX;
    while (shub__peek(r) >= '0' && shub__peek(r) <= '9') {
        int digit = shub__read_u8(r) - '0';
        if (exponent_left-- > 0)
            add_digit(d, digit, is_fraction);
    }
}

static int read_exponent(shub__reader *r)
{
    int negative = shub__accept(r, '-');
    int exponent = 0;
    shub__accept(r, '+');
    while (shub__peek(r) >= '0' && shub__peek(r) <= '9') {
        int digit = shub__read_u8(r) - '0';
        if (exponent < EXPONENT_MAX)
            exponent = exponent * 10 + digit;
    }
    return negative ? -exponent : exponent;
}

/* digits * 10^exponent to the nearest integer. */
static shub_status to_integer(decimal d, uint64_t *out)
{
    uint64_t half = 0;
    for (; d.exponent < 0 && d.digits; d.exponent++) {
        half = d.digits % 10 >= 5;
        d.digits /= 10;
        if (!d.digits && d.exponent < -1)
            half = 0;
    }
    for (; d.exponent > 0 && d.digits; d.exponent--) {
        if (d.digits > INT64_MAX / 10)
            return SHUB_E_RANGE;
        d.digits *= 10;
    }
    *out = d.digits + half;
    return SHUB_OK;
}

shub_status shub__seconds_read(shub_slice number, int64_t *us)
{
    shub__reader r;
    decimal d = {0, 0, 6}; /* microseconds */
    uint64_t size;
    shub__reader_init(&r, number.ptr, number.len);
    int negative = shub__accept(&r, '-');
    read_digits(&r, &d, 0);
    if (shub__accept(&r, '.'))
        read_digits(&r, &d, 1);
    if (shub__accept(&r, 'e') || shub__accept(&r, 'E'))
        d.exponent += read_exponent(&r);
    *us = 0;
    shub_status status = to_integer(d, &size);
    if (status || size > INT64_MAX)
        return SHUB_E_RANGE;
    *us = negative ? -(int64_t)size : (int64_t)size;
    return SHUB_OK;
}
