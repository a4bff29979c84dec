#include "eagle/fields.h"
#include "eagle/requests.h"

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define BITS_32      0xffffffffu
#define ZONE_MAX_US  (26 * 3600 * SHUB_SECOND_US) /* zones are 14 hours off at most */
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

shub_status shub__eagle_fail_number(shub_error *err, shub_status status, shub_slice field)
{
    if (status == SHUB_E_FORMAT)
        return shub__fail(err, status, SHUB_NONE, "%.*s is no number", SHUB__SHOW(field));
    return shub__fail(err, status, SHUB_NONE, "%.*s is too large", SHUB__SHOW(field));
}

shub_status shub__eagle_integer(const shub_eagle_reading *reading, shub_slice field,
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
    return status ? shub__eagle_fail_number(err, status, field) : SHUB_OK;
}

shub_status shub_eagle_reading_u64(const shub_eagle_reading *reading, shub_slice name,
                                   uint64_t *out, shub_error *err)
{
    *out = 0;
    if (!shub_eagle_reading_field(reading, name).len)
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no field %.*s",
                          SHUB__SHOW(name));
    return shub__eagle_integer(reading, name, UINT64_MAX, 0, out, err);
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

int64_t shub__eagle_envelope_ms(shub_slice text)
{
    uint64_t ms;

    if (parse_u64(text, &ms) || ms > (uint64_t)BITS_32 * 1000)
        return 0;
    return (int64_t)ms * 1000;
}

shub_status shub__eagle_field_time(const shub_eagle_reading *reading, shub_slice field,
                                   shub__eagle_epoch epoch, int64_t *time_us,
                                   shub_error *err)
{
    int ms = epoch == SHUB__EAGLE_UNIX_MS;
    uint64_t most = ms ? (uint64_t)BITS_32 * 1000 : BITS_32;
    uint64_t count;
    shub_status status;

    *time_us = 0;
    status = shub__eagle_integer(reading, field, most, 0, &count, err);
    if (status || count == 0 || count == BITS_32)
        return status;
    if (epoch == SHUB__EAGLE_UNIX && count == SHUB__EAGLE_EPOCH)
        return SHUB_OK; /* a 0 that was turned into Unix time */
    if (epoch == SHUB__EAGLE_ZIGBEE)
        count += SHUB__EAGLE_EPOCH;
    *time_us = (int64_t)count * (ms ? 1000 : SHUB_SECOND_US);
    return SHUB_OK;
}

int shub__eagle_zone(const shub_eagle_reading *reading, int64_t *zone_us)
{
    int64_t utc_us, local_us;

    *zone_us = 0;
    if (shub__eagle_field_time(reading, SHUB_LIT("timezone_utcTime"), SHUB__EAGLE_UNIX,
                               &utc_us, NULL) ||
        shub__eagle_field_time(reading, SHUB_LIT("timezone_localTime"), SHUB__EAGLE_UNIX,
                               &local_us, NULL) ||
        !utc_us || !local_us)
        return 0;
    if (utc_us - local_us > ZONE_MAX_US || local_us - utc_us > ZONE_MAX_US)
        return 0;
    *zone_us = utc_us - local_us;
    return 1;
}

/* cgi_manager writes local time as if it were Unix time. */
static shub_status cgi_time(const shub_eagle_reading *reading, int64_t *time_us,
                            shub_error *err)
{
    int64_t zone_us;
    shub_status status = shub__eagle_field_time(reading, SHUB_LIT("demand_timestamp"),
                                                SHUB__EAGLE_UNIX, time_us, err);

    if (status || !*time_us)
        return status;
    *time_us = shub__eagle_zone(reading, &zone_us) ? *time_us + zone_us : 0;
    return SHUB_OK;
}

shub_status shub__eagle_time(const shub_eagle_reading *reading, int64_t *time_us,
                             shub_error *err)
{
    shub__eagle_epoch epoch = SHUB__EAGLE_ZIGBEE;
    const char *field = "TimeStamp";

    switch (reading->root) {
    case SHUB_EAGLE_ROOT_CGI:
        return cgi_time(reading, time_us, err);
    case SHUB_EAGLE_ROOT_DEVICE:
        field = "LastContact";
        epoch = SHUB__EAGLE_UNIX;
        break;
    case SHUB_EAGLE_ROOT_SIMPLE:
        epoch = SHUB__EAGLE_UNIX;
        break;
    case SHUB_EAGLE_ROOT_RFA:
        epoch = SHUB__EAGLE_UNIX_MS;
        break;
    case SHUB_EAGLE_ROOT_TIME:
        field = "UTCTime";
        break;
    case SHUB_EAGLE_ROOT_PROFILE:
        field = "EndTime";
        break;
    default:
        break;
    }
    return shub__eagle_field_time(reading, shub_str(field), epoch, time_us, err);
}

size_t shub__eagle_write_mac(shub_slice text, char dst[SHUB__EAGLE_MAC_MAX])
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
    static const struct {
        const char *name;
        shub_eagle_root root; /* SHUB_EAGLE_ROOT_UNKNOWN: any */
    } names[] = {
        {"MeterMacId", SHUB_EAGLE_ROOT_UNKNOWN},
        {"CoordMacId", SHUB_EAGLE_ROOT_UNKNOWN},
        {"HardwareAddress", SHUB_EAGLE_ROOT_UNKNOWN},
        {"IeeeAddress", SHUB_EAGLE_ROOT_ATTRIBUTES},
        {"subdeviceGuid", SHUB_EAGLE_ROOT_RFA},
        {"network_meter_mac_id", SHUB_EAGLE_ROOT_CGI},
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        shub_slice text;
        if (names[i].root && names[i].root != reading->root)
            continue;
        text = shub_eagle_reading_field(reading, shub_str(names[i].name));
        if (text.len)
            return shub__eagle_write_mac(text, dst);
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
static shub_status read_scale(const shub_eagle_reading *reading, shub_slice multiplier,
                              shub_slice divisor, uint64_t scale[2], shub_error *err)
{
    shub_status status =
        shub__eagle_integer(reading, multiplier, BITS_32, 1, &scale[0], err);

    if (status)
        return status;
    status = shub__eagle_integer(reading, divisor, BITS_32, 1, &scale[1], err);
    scale[0] = scale[0] ? scale[0] : 1;
    scale[1] = scale[1] ? scale[1] : 1;
    return status;
}

static shub_status read_signed(const shub_eagle_reading *reading, shub_slice field,
                               shub_slice multiplier, shub_slice divisor, double *value,
                               shub_error *err)
{
    shub_slice text = shub_eagle_reading_field(reading, field);
    uint64_t raw, scale[2];
    shub_status status;

    if (!text.len)
        return SHUB_E_NOT_FOUND;
    status = shub__eagle_integer(reading, field, BITS_32, 0, &raw, err);
    if (!status)
        status = read_scale(reading, multiplier, divisor, scale, err);
    if (!status)
        *value = shub__double_from_ratio(sign_extend(raw, text), scale[0], scale[1]);
    return status;
}

static shub_status read_unsigned(const shub_eagle_reading *reading, shub_slice field,
                                 shub_slice multiplier, shub_slice divisor, double *value,
                                 shub_error *err)
{
    uint64_t raw, scale[2];
    shub_status status;

    if (!shub_eagle_reading_field(reading, field).len)
        return SHUB_E_NOT_FOUND;
    status = shub__eagle_integer(reading, field, UINT64_MAX, 0, &raw, err);
    if (!status)
        status = read_scale(reading, multiplier, divisor, scale, err);
    if (!status)
        *value = shub__double_from_uratio(raw, scale[0], scale[1]);
    return status;
}

shub_status shub__eagle_read_demand(const shub_eagle_reading *reading, shub_slice field,
                                    const char *unit, double *value, shub_error *err)
{
    (void)unit;
    return read_signed(reading, field, SHUB_LIT("Multiplier"), SHUB_LIT("Divisor"), value,
                       err);
}

shub_status shub__eagle_read_summation(const shub_eagle_reading *reading,
                                       shub_slice field, const char *unit, double *value,
                                       shub_error *err)
{
    (void)unit;
    return read_unsigned(reading, field, SHUB_LIT("Multiplier"), SHUB_LIT("Divisor"),
                         value, err);
}

/* A meter without blocks says 0 of both: that is no consumption. */
shub_status shub__eagle_read_block(const shub_eagle_reading *reading, shub_slice field,
                                   const char *unit, double *value, shub_error *err)
{
    uint64_t blocks = 0;
    shub_status status =
        read_unsigned(reading, field, SHUB_LIT("BlockPeriodConsumptionMultiplier"),
                      SHUB_LIT("BlockPeriodConsumptionDivisor"), value, err);

    (void)unit;
    if (status || *value > 0)
        return status;
    status = shub_eagle_reading_u64(reading, SHUB_LIT("NumberOfBlocks"), &blocks, NULL);
    return status || blocks ? SHUB_OK : SHUB_E_NOT_FOUND;
}

/* ---- attributes ---------------------------------------------------------------- */

#define ATTRIBUTES_MAX 32     /* of a ReadAttributesResponse */
#define METERING       0x0702 /* the ZigBee cluster whose attributes these are */

/* The name of the field with an attribute's value, "Value3" beside an "Attribute3" that
 * is `id`; empty when the response has none. */
static shub_slice attribute(const shub_eagle_reading *reading, uint64_t id, char dst[16])
{
    uint64_t found;

    for (unsigned i = 1; i <= ATTRIBUTES_MAX; i++) {
        (void)snprintf(dst, 16, "Attribute%u", i);
        if (shub_eagle_reading_u64(reading, shub_str(dst), &found, NULL) || found != id)
            continue;
        (void)snprintf(dst, 16, "Value%u", i);
        return shub_str(dst);
    }
    return shub_bytes(NULL, 0);
}

static int is_metering(const shub_eagle_reading *reading)
{
    uint64_t cluster;

    return !shub_eagle_reading_u64(reading, SHUB_LIT("ClusterId"), &cluster, NULL) &&
           cluster == METERING;
}

typedef shub_status read_register(const shub_eagle_reading *, shub_slice, shub_slice,
                                  shub_slice, double *, shub_error *);

/* Attributes 0x0301 and 0x0302 are the cluster's Multiplier and Divisor. */
static shub_status read_attribute(const shub_eagle_reading *reading, shub_slice field,
                                  read_register *read, double *value, shub_error *err)
{
    char found[16], multiplier[16], divisor[16];
    shub_slice name;
    uint64_t id;

    if (parse_u64(field, &id))
        return SHUB_E_NOT_FOUND;
    name = attribute(reading, id, found);
    if (!name.len || !is_metering(reading))
        return SHUB_E_NOT_FOUND;
    return read(reading, name, attribute(reading, 0x0301, multiplier),
                attribute(reading, 0x0302, divisor), value, err);
}

shub_status shub__eagle_read_attribute_demand(const shub_eagle_reading *reading,
                                              shub_slice field, const char *unit,
                                              double *value, shub_error *err)
{
    (void)unit;
    return read_attribute(reading, field, read_signed, value, err);
}

shub_status shub__eagle_read_attribute_summation(const shub_eagle_reading *reading,
                                                 shub_slice field, const char *unit,
                                                 double *value, shub_error *err)
{
    (void)unit;
    return read_attribute(reading, field, read_unsigned, value, err);
}

/* ---- prices and percents ------------------------------------------------------- */

shub_status shub__eagle_read_price(const shub_eagle_reading *reading, shub_slice field,
                                   const char *unit, double *value, shub_error *err)
{
    uint64_t raw, trailing;
    shub_status status;

    (void)unit;
    if ((status = shub__eagle_integer(reading, field, BITS_32, BITS_32, &raw, err)) !=
        SHUB_OK)
        return status;
    status =
        shub__eagle_integer(reading, SHUB_LIT("TrailingDigits"), 255, 0, &trailing, err);
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
    if ((status = shub__eagle_integer(reading, field, 100, 0, &raw, err)) != SHUB_OK)
        return status;
    *value = (double)raw;
    return SHUB_OK;
}
