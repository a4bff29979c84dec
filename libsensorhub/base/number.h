/* base/number.h: numbers as text, always with '.', whatever the locale.
 *
 * Every result is correctly rounded: to nearest, ties to even, for all doubles. No
 * floating point arithmetic is used, so that the process's rounding mode and
 * flush-to-zero flag (set by some libraries built with -ffast-math) do not matter.
 */
#ifndef SHUB_BASE_NUMBER_H
#define SHUB_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#include <sensorhub/base.h>

#define SHUB__DOUBLE_MAX 32 /* bytes that always hold a double, NUL included */
#define SHUB__INT64_MAX  24 /* and an integer */

/* Flags of shub__double_read. */
enum {
    SHUB__NUMBER_JSON = 0, /* exactly the numbers of RFC 8259 section 6 */
    SHUB__NUMBER_LOOSE = 1 /* besides: leading '+', leading zeros, ".5", "5." */
};

/* Writes the shortest digits that read back as the same double, of these the nearest,
 * laid out as Python's repr does: "5.0", "0.944", "1e+22", "5e-324", "-0.0". There is
 * always a '.' or an exponent. `value` must be finite. Returns the length without the
 * NUL. */
size_t shub__double_write(double value, char dst[SHUB__DOUBLE_MAX]);

/* Write an integer. Return the length without the NUL. */
size_t shub__int64_write(int64_t value, char dst[SHUB__INT64_MAX]);
size_t shub__uint64_write(uint64_t value, char dst[SHUB__INT64_MAX]);

/* Reads the double nearest to the number that is all of `text`. Too small a number gives
 * a subnormal or zero of its sign. Errors: SHUB_E_FORMAT, SHUB_E_RANGE (would be
 * infinite). */
shub_status shub__double_read(const char *text, size_t len, unsigned flags, double *out);

/* Read an integer as JSON writes it: digits without leading zeros, for int64 also '-'.
 * Errors: SHUB_E_FORMAT, SHUB_E_RANGE. */
shub_status shub__int64_read(const char *text, size_t len, int64_t *out);
shub_status shub__uint64_read(const char *text, size_t len, uint64_t *out);

/* The double nearest to value * multiplier / divisor, rounded once. A divisor of 0 is the
 * caller's bug. */
double shub__double_from_ratio(int64_t value, uint64_t multiplier, uint64_t divisor);
double shub__double_from_uratio(uint64_t value, uint64_t multiplier, uint64_t divisor);

/* The double nearest to digits * 10^exponent; infinity when it is beyond the largest. */
double shub__double_from_decimal(uint64_t digits, int exponent);

#endif
