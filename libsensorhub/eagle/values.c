/* Values that a gateway has scaled and written as decimals: an EAGLE-200's variables, the
 * answers of cgi_manager, RFA uploads. Multiplier and Divisor do not apply to them. */
#include "eagle/fields.h"

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

#include <string.h>

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

/* A decimal with a unit behind it, else in `units`, else in what is wanted. */
static shub_status read_decimal(shub_slice text, shub_slice units, shub_slice field,
                                const char *unit, decimal *d, shub_error *err)
{
    shub_status status;

    if (says_nothing(text))
        return SHUB_E_NOT_FOUND;
    if ((status = parse_decimal(text, d)) != SHUB_OK)
        return shub__eagle_fail_number(err, status, field);
    if (to_unit(d, d->rest.len ? d->rest : units, unit))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s has a unit other than %s",
                          SHUB__SHOW(field), unit);
    return SHUB_OK;
}

shub_status shub__eagle_read_scaled(const shub_eagle_reading *reading, shub_slice field,
                                    const char *unit, double *value, shub_error *err)
{
    const shub__eagle_field *f = shub__eagle_find(reading, field);
    shub_status status;
    decimal d;

    if (!f)
        return SHUB_E_NOT_FOUND;
    status =
        read_decimal(shub__eagle_slice(reading->reply, f->value),
                     shub__eagle_slice(reading->reply, f->unit), field, unit, &d, err);
    if (status)
        return status;
    if (!strcmp(unit, "kW") && (status = unwrap(&d)) != SHUB_OK)
        return shub__eagle_fail_number(err, status, field);
    *value = decimal_value(&d);
    return SHUB_OK;
}

/* A meter without blocks says 0 of both: that is no consumption. */
shub_status shub__eagle_read_scaled_block(const shub_eagle_reading *reading,
                                          shub_slice field, const char *unit,
                                          double *value, shub_error *err)
{
    shub_slice name = SHUB_LIT("zigbee:BlockPeriodNumberOfBlocks");
    uint64_t blocks = 0;
    shub_status status = shub__eagle_read_scaled(reading, field, unit, value, err);

    if (status || *value > 0)
        return status;
    status = shub_eagle_reading_u64(reading, name, &blocks, NULL);
    return status || blocks ? SHUB_OK : SHUB_E_NOT_FOUND;
}

/* A price by itself or per kWh, the currency before that. */
static shub_status read_price(shub_slice text, shub_slice field, decimal *d,
                              shub_error *err)
{
    shub_status status;

    if (says_nothing(text))
        return SHUB_E_NOT_FOUND;
    if ((status = parse_decimal(text, d)) != SHUB_OK)
        return shub__eagle_fail_number(err, status, field);
    if (d->rest.len && !shub__ends_with(d->rest, SHUB_LIT("/kWh")))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s is no price per kWh",
                          SHUB__SHOW(field));
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
    status = shub__eagle_integer(reading, SHUB_LIT("zigbee:PriceTrailingDigits"), 255, 0,
                                 &trailing, err);
    if (status)
        return status;
    if (trailing == 255)
        return SHUB_E_NOT_FOUND;
    if ((status = read_price(text, field, &d, err)) != SHUB_OK)
        return status;
    *value = decimal_value(&d);
    return SHUB_OK;
}

/* ---- cgi_manager --------------------------------------------------------------- */

/* "demand_units" of the demand and its thresholds, "summation_units" of the totals. */
shub_status shub__eagle_read_cgi(const shub_eagle_reading *reading, shub_slice field,
                                 const char *unit, double *value, shub_error *err)
{
    int power = !strcmp(unit, "kW");
    shub_slice units = shub_eagle_reading_field(
        reading, power ? SHUB_LIT("demand_units") : SHUB_LIT("summation_units"));
    shub_status status;
    decimal d;

    status = read_decimal(shub_eagle_reading_field(reading, field), units, field, unit,
                          &d, err);
    if (status)
        return status;
    if (power && (status = unwrap(&d)) != SHUB_OK)
        return shub__eagle_fail_number(err, status, field);
    *value = decimal_value(&d);
    return SHUB_OK;
}

/* "-1.0000" is no price. */
shub_status shub__eagle_read_cgi_price(const shub_eagle_reading *reading,
                                       shub_slice field, const char *unit, double *value,
                                       shub_error *err)
{
    shub_status status;
    decimal d;

    (void)unit;
    status = read_price(shub_eagle_reading_field(reading, field), field, &d, err);
    if (status)
        return status;
    *value = decimal_value(&d);
    return *value == -1 ? SHUB_E_NOT_FOUND : SHUB_OK;
}

/* ---- RFA ----------------------------------------------------------------------- */

/* As JSON writes numbers, which may have an exponent and more digits than are exact. */
static shub_status read_number(shub_slice text, shub_slice field, double *value,
                               shub_error *err)
{
    shub_status status;

    if (says_nothing(text))
        return SHUB_E_NOT_FOUND;
    status = shub__double_read(text.ptr, text.len, SHUB__NUMBER_LOOSE, value);
    if (status)
        return shub__eagle_fail_number(err, status, field);
    *value = *value == 0 ? 0 : *value; /* no -0.0 */
    return SHUB_OK;
}

shub_status shub__eagle_read_rfa(const shub_eagle_reading *reading, shub_slice field,
                                 const char *unit, double *value, shub_error *err)
{
    shub_slice units = shub_eagle_reading_field(reading, SHUB_LIT("units"));
    decimal scale = {0, 1, 0, {NULL, 0}};
    shub_status status =
        read_number(shub_eagle_reading_field(reading, field), field, value, err);

    if (status)
        return status;
    if (to_unit(&scale, units, unit))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s has a unit other than %s",
                          SHUB__SHOW(field), unit);
    *value = scale.exponent ? *value / 1000 : *value;
    return SHUB_OK;
}

shub_status shub__eagle_read_rfa_price(const shub_eagle_reading *reading,
                                       shub_slice field, const char *unit, double *value,
                                       shub_error *err)
{
    shub_status status =
        read_number(shub_eagle_reading_field(reading, field), field, value, err);

    (void)unit;
    return status == SHUB_OK && *value == -1 ? SHUB_E_NOT_FOUND : status;
}

/* ---- port 5002 ----------------------------------------------------------------- */

static shub_status read_interval(const shub_eagle_reading *reading, const char *type,
                                 shub_slice field, const char *unit, double *value,
                                 shub_error *err)
{
    shub_slice says = shub_eagle_reading_field(reading, SHUB_LIT("Type"));

    if (!shub__equal_nocase(says, shub_str(type)))
        return SHUB_E_NOT_FOUND;
    return shub__eagle_read_scaled(reading, field, unit, value, err);
}

shub_status shub__eagle_read_interval_power(const shub_eagle_reading *reading,
                                            shub_slice field, const char *unit,
                                            double *value, shub_error *err)
{
    return read_interval(reading, "Demand", field, unit, value, err);
}

shub_status shub__eagle_read_interval_energy(const shub_eagle_reading *reading,
                                             shub_slice field, const char *unit,
                                             double *value, shub_error *err)
{
    return read_interval(reading, "Summation", field, unit, value, err);
}
