#include "eagle/fields.h"

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

#include <string.h>

/* 2000-01-01T00:00:00Z, where ZigBee counts from (UTCTime, EAGLE REST API 1.0 p.13). */
#define ZIGBEE_EPOCH 946684800

#define BITS_32      0xffffffffu
#define TRAILING_MAX 18 /* 10^18 is the largest power below 2^63 */

/* ---- integers ------------------------------------------------------------------ */

static int is_hex(shub_slice text)
{
    return text.len >= 2 && text.ptr[0] == '0' && shub__lower(text.ptr[1]) == 'x';
}

/* The prefix alone decides the base: "010" is ten (ScheduleInfo's Frequency "10"). */
static shub_status parse_u64(shub_slice text, uint64_t *out)
{
    unsigned base = is_hex(text) ? 16 : 10;
    size_t i = base == 16 ? 2 : 0;
    uint64_t value = 0;
    int over = 0;

    *out = 0;
    if (i == text.len)
        return SHUB_E_FORMAT;
    for (; i < text.len; i++) {
        int digit = shub__hex_value(text.ptr[i]);
        if (digit < 0 || (unsigned)digit >= base)
            return SHUB_E_FORMAT;
        over |= __builtin_mul_overflow(value, base, &value);
        over |= __builtin_add_overflow(value, (unsigned)digit, &value);
    }
    if (over)
        return SHUB_E_RANGE;
    *out = value;
    return SHUB_OK;
}

static shub_status fail_number(shub_error *err, shub_status status, shub_slice field)
{
    if (status == SHUB_E_FORMAT)
        return shub__fail(err, status, SHUB_NONE, "%.*s is no number", SHUB__SHOW(field));
    return shub__fail(err, status, SHUB_NONE, "%.*s is too large", SHUB__SHOW(field));
}

/* An integer up to `max`; `absent` when the field is absent or blank. */
static shub_status read_integer(const shub_eagle_reading *reading, shub_slice field,
                                uint64_t max, uint64_t absent, uint64_t *out,
                                shub_error *err)
{
    shub_slice text = shub_eagle_reading_field(reading, field);
    shub_status status;

    *out = absent;
    if (!text.len)
        return SHUB_OK;
    status = parse_u64(text, out);
    if (!status && *out > max)
        status = SHUB_E_RANGE;
    return status ? fail_number(err, status, field) : SHUB_OK;
}

shub_status shub_eagle_reading_u64(const shub_eagle_reading *reading, shub_slice name,
                                   uint64_t *out, shub_error *err)
{
    *out = 0;
    if (!shub_eagle_reading_field(reading, name).len)
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no field %.*s",
                          SHUB__SHOW(name));
    return read_integer(reading, name, UINT64_MAX, 0, out, err);
}

/* ---- times and addresses ------------------------------------------------------- */

int64_t shub__eagle_envelope_time(shub_slice text)
{
    uint64_t seconds;

    text = shub__trim(text);
    if (text.len && shub__lower(text.ptr[text.len - 1]) == 's')
        text.len--;
    if (parse_u64(text, &seconds) || seconds > BITS_32)
        return 0;
    return (int64_t)seconds * SHUB_SECOND_US;
}

shub_status shub__eagle_time(const shub_eagle_reading *reading, int64_t *time_us,
                             shub_error *err)
{
    int device = reading->root == SHUB_EAGLE_ROOT_DEVICE;
    const char *field = device                                  ? "LastContact"
                        : reading->root == SHUB_EAGLE_ROOT_TIME ? "UTCTime"
                                                                : "TimeStamp";
    uint64_t seconds;
    shub_status status;

    *time_us = 0;
    status = read_integer(reading, shub_str(field), BITS_32, 0, &seconds, err);
    if (status || seconds == 0 || seconds == BITS_32)
        return status;
    *time_us = ((int64_t)seconds + (device ? 0 : ZIGBEE_EPOCH)) * SHUB_SECOND_US;
    return SHUB_OK;
}

static size_t write_mac(shub_slice text, char dst[SHUB__EAGLE_MAC_MAX])
{
    size_t skip = is_hex(text) ? 2 : 0;
    size_t digits = text.len - skip;

    if (digits == 0 || digits + 3 > SHUB__EAGLE_MAC_MAX)
        return 0;
    memcpy(dst, "0x", 2);
    for (size_t i = 0; i < digits; i++) {
        dst[2 + i] = shub__lower(text.ptr[skip + i]);
        if (shub__hex_value(dst[2 + i]) < 0)
            return 0;
    }
    return 2 + digits;
}

size_t shub__eagle_mac(const shub_eagle_reading *reading, char dst[SHUB__EAGLE_MAC_MAX])
{
    /* CoordMacId: the coordinator of the meter's network is the meter. */
    static const char *const names[] = {"MeterMacId", "CoordMacId", "HardwareAddress"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        shub_slice text = shub_eagle_reading_field(reading, shub_str(names[i]));
        if (text.len)
            return write_mac(text, dst);
    }
    return 0;
}

/* ---- raw registers ------------------------------------------------------------- */

/* Six digits or fewer are a 24-bit register (EAGLE Uploader API v6 p.10), more a 32-bit
 * one (EAGLE-200 Uploader API p.17); an EAGLE-100 with solar panels sends 8 digits as
 * well. */
static int64_t sign_extend(uint64_t raw, shub_slice text)
{
    if (is_hex(text) && text.len <= 2 + 6)
        return raw & 0x800000 ? (int64_t)raw - 0x1000000 : (int64_t)raw;
    return raw & 0x80000000 ? (int64_t)raw - 0x100000000 : (int64_t)raw;
}

/* "If zero, use 1" (EAGLE REST API 1.0 p.13 and p.22). */
static shub_status read_scale(const shub_eagle_reading *reading, uint64_t *multiplier,
                              uint64_t *divisor, shub_error *err)
{
    shub_status status =
        read_integer(reading, SHUB_LIT("Multiplier"), BITS_32, 1, multiplier, err);

    if (status)
        return status;
    status = read_integer(reading, SHUB_LIT("Divisor"), BITS_32, 1, divisor, err);
    *multiplier = *multiplier ? *multiplier : 1;
    *divisor = *divisor ? *divisor : 1;
    return status;
}

shub_status shub__eagle_read_demand(const shub_eagle_reading *reading, shub_slice field,
                                    const char *unit, double *value, shub_error *err)
{
    shub_slice text = shub_eagle_reading_field(reading, field);
    uint64_t raw, multiplier, divisor;
    shub_status status;

    (void)unit;
    if (!text.len)
        return SHUB_E_NOT_FOUND;
    if ((status = read_integer(reading, field, BITS_32, 0, &raw, err)) != SHUB_OK)
        return status;
    if ((status = read_scale(reading, &multiplier, &divisor, err)) != SHUB_OK)
        return status;
    *value = shub__double_from_ratio(sign_extend(raw, text), multiplier, divisor);
    return SHUB_OK;
}

shub_status shub__eagle_read_summation(const shub_eagle_reading *reading,
                                       shub_slice field, const char *unit, double *value,
                                       shub_error *err)
{
    uint64_t raw, multiplier, divisor;
    shub_status status;

    (void)unit;
    if (!shub_eagle_reading_field(reading, field).len)
        return SHUB_E_NOT_FOUND;
    status = read_integer(reading, field, UINT64_MAX, 0, &raw, err);
    if (status || (status = read_scale(reading, &multiplier, &divisor, err)) != SHUB_OK)
        return status;
    *value = shub__double_from_uratio(raw, multiplier, divisor);
    return SHUB_OK;
}

shub_status shub__eagle_read_price(const shub_eagle_reading *reading, shub_slice field,
                                   const char *unit, double *value, shub_error *err)
{
    uint64_t raw, trailing;
    shub_status status;

    (void)unit;
    if ((status = read_integer(reading, field, BITS_32, BITS_32, &raw, err)) != SHUB_OK)
        return status;
    status = read_integer(reading, SHUB_LIT("TrailingDigits"), 255, 0, &trailing, err);
    if (status)
        return status;
    if (raw == BITS_32 || trailing == 255)
        return SHUB_E_NOT_FOUND;
    if (trailing > TRAILING_MAX)
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE, "TrailingDigits is over %d",
                          TRAILING_MAX);
    *value = shub__double_from_decimal(raw, -(int)trailing);
    return SHUB_OK;
}

/* LinkStrength is 0x00 to 0x64 (EAGLE REST API 1.0, NetworkStatus). */
shub_status shub__eagle_read_percent(const shub_eagle_reading *reading, shub_slice field,
                                     const char *unit, double *value, shub_error *err)
{
    uint64_t raw;
    shub_status status;

    (void)unit;
    if (!shub_eagle_reading_field(reading, field).len)
        return SHUB_E_NOT_FOUND;
    if ((status = read_integer(reading, field, 100, 0, &raw, err)) != SHUB_OK)
        return status;
    *value = (double)raw;
    return SHUB_OK;
}

/* ---- values of an EAGLE-200 ---------------------------------------------------- */

#define DIGITS_MAX 18 /* 10^18 fits an uint64_t with room to spare */

/* digits * 10^exponent, and the text behind it. */
typedef struct decimal {
    int negative;
    uint64_t digits;
    int exponent;
    shub_slice rest;
} decimal;

static shub_status parse_decimal(shub_slice text, decimal *d)
{
    size_t i = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
    size_t count = 0;
    int point = 0;

    *d = (decimal){i && text.ptr[0] == '-', 0, 0, {NULL, 0}};
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point++)
            continue;
        if (!shub__is_digit(c))
            break;
        if (d->digits >= 100000000000000000 || d->exponent == -DIGITS_MAX)
            return SHUB_E_RANGE;
        d->digits = d->digits * 10 + (uint64_t)(c - '0');
        d->exponent -= point;
        count++;
    }
    if (!count)
        return SHUB_E_FORMAT;
    d->rest = shub__trim(shub_bytes(text.ptr + i, text.len - i));
    return SHUB_OK;
}

/* An EAGLE-200 prints a negative 32-bit demand as 2^32 more of its thousandths:
 * 4294966.296 for -1.000 kW. */
static shub_status unwrap(decimal *d)
{
    uint64_t wrap = 4294967296;

    for (; d->exponent > -3; d->exponent--)
        if (__builtin_mul_overflow(d->digits, 10u, &d->digits))
            return SHUB_E_RANGE;
    if (d->exponent < -12 || d->negative)
        return SHUB_OK;
    for (int e = d->exponent; e < -3; e++)
        wrap *= 10;
    if (d->digits >= wrap)
        return SHUB_E_RANGE;
    if (d->digits > wrap / 2) {
        d->digits = wrap - d->digits;
        d->negative = 1;
    }
    return SHUB_OK;
}

static double decimal_value(const decimal *d)
{
    double value = shub__double_from_decimal(d->digits, d->exponent);

    return d->negative && d->digits ? -value : value;
}

/* Values that say in words that there is none, a unit behind them or not; "nan" is a
 * demand on some EAGLE-100. */
static int says_nothing(shub_slice text)
{
    shub_slice word, unit;

    (void)shub__cut(text, ' ', &word, &unit);
    return !word.len || shub__equal_nocase(word, SHUB_LIT("invalid")) ||
           shub__equal_nocase(word, SHUB_LIT("nan"));
}

/* Brings a value to kW or kWh. The unit stands behind the number (manual of 2017), or in
 * <Units>, or in both, or nowhere. */
static shub_status to_unit(decimal *d, shub_slice given, const char *wanted)
{
    shub_slice unit = shub_str(wanted);

    if (!given.len || shub__equal_nocase(given, unit))
        return SHUB_OK;
    if (!shub__equal_nocase(given, shub_bytes(unit.ptr + 1, unit.len - 1)))
        return SHUB_E_CONTENT;
    d->exponent -= 3;
    return SHUB_OK;
}

shub_status shub__eagle_read_scaled(const shub_eagle_reading *reading, shub_slice field,
                                    const char *unit, double *value, shub_error *err)
{
    const shub__eagle_field *f = shub__eagle_find(reading, field);
    shub_slice text, units;
    shub_status status;
    decimal d;

    if (!f || says_nothing(text = shub__eagle_slice(reading->reply, f->value)))
        return SHUB_E_NOT_FOUND;
    units = shub__eagle_slice(reading->reply, f->unit);
    if ((status = parse_decimal(text, &d)) != SHUB_OK)
        return fail_number(err, status, field);
    if (to_unit(&d, d.rest.len ? d.rest : units, unit))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s has a unit other than %s",
                          SHUB__SHOW(field), unit);
    if (!strcmp(unit, "kW") && (status = unwrap(&d)) != SHUB_OK)
        return fail_number(err, status, field);
    *value = decimal_value(&d);
    return SHUB_OK;
}

shub_status shub__eagle_read_scaled_price(const shub_eagle_reading *reading,
                                          shub_slice field, const char *unit,
                                          double *value, shub_error *err)
{
    shub_slice text = shub_eagle_reading_field(reading, field);
    uint64_t trailing;
    shub_status status;
    decimal d;

    (void)unit;
    if (says_nothing(text))
        return SHUB_E_NOT_FOUND;
    status = read_integer(reading, SHUB_LIT("zigbee:PriceTrailingDigits"), 255, 0,
                          &trailing, err);
    if (status)
        return status;
    if (trailing == 255)
        return SHUB_E_NOT_FOUND;
    if ((status = parse_decimal(text, &d)) != SHUB_OK)
        return fail_number(err, status, field);
    if (d.rest.len && !shub__ends_with(d.rest, SHUB_LIT("/kWh")))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s is no price per kWh",
                          SHUB__SHOW(field));
    *value = decimal_value(&d);
    return SHUB_OK;
}
