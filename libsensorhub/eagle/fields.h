/* What the text of a field means: numbers, signs, scales, epochs, and the values that
 * stand for none. Messages name the field and never show its text, which may be a
 * secret. */
#ifndef SHUB_EAGLE_FIELDS_H
#define SHUB_EAGLE_FIELDS_H

#include "eagle/reply.h"

#define SHUB__EAGLE_MAC_MAX  36 /* "0x", 32 digits, NUL */
#define SHUB__EAGLE_UNIT_MAX 8  /* "USD/kWh" */

/* Time in "1355292588s", Unix seconds; 0 when it is none. */
int64_t shub__eagle_envelope_time(shub_slice text);
/* Time in "1474484326000", Unix milliseconds; 0 when it is none. */
int64_t shub__eagle_envelope_ms(shub_slice text);

/* An address, lower case with 0x, and its length; 0 when it is none. */
size_t shub__eagle_write_mac(shub_slice text, char dst[SHUB__EAGLE_MAC_MAX]);
/* The meter's address, lower case with 0x, and its length; 0 when there is none. */
size_t shub__eagle_mac(const shub_eagle_reading *reading, char dst[SHUB__EAGLE_MAC_MAX]);

/* An integer up to `max`; `absent` when the field is absent or blank. */
shub_status shub__eagle_integer(const shub_eagle_reading *reading, shub_slice field,
                                uint64_t max, uint64_t absent, uint64_t *out,
                                shub_error *err);
/* Tells that a field is no number, or too large a one. */
shub_status shub__eagle_fail_number(shub_error *err, shub_status status,
                                    shub_slice field);

/* Where a field's time is counted from, and in what. */
typedef enum shub__eagle_epoch {
    SHUB__EAGLE_ZIGBEE, /* seconds from 2000 on */
    SHUB__EAGLE_UNIX,   /* seconds from 1970 on */
    SHUB__EAGLE_UNIX_MS
} shub__eagle_epoch;

/* A field's time; SHUB_OK with 0 when it says none. */
shub_status shub__eagle_field_time(const shub_eagle_reading *reading, shub_slice field,
                                   shub__eagle_epoch epoch, int64_t *time_us,
                                   shub_error *err);
/* The reading's own time; SHUB_OK with 0 when it says none. */
shub_status shub__eagle_time(const shub_eagle_reading *reading, int64_t *time_us,
                             shub_error *err);
/* UTC minus local time, of get_timezone's answer in a cgi_manager's: 1, or 0 when it is
 * not there. */
int shub__eagle_zone(const shub_eagle_reading *reading, int64_t *zone_us);

/* Reads one field as a sample's value in `unit`. SHUB_E_NOT_FOUND, which tells nothing
 * into `err`: the field is absent, blank or says that the value is unknown. */
typedef shub_status shub__eagle_read(const shub_eagle_reading *reading, shub_slice field,
                                     const char *unit, double *value, shub_error *err);

shub__eagle_read shub__eagle_read_demand;    /* signed, with Multiplier and Divisor */
shub__eagle_read shub__eagle_read_summation; /* unsigned, with Multiplier and Divisor */
shub__eagle_read shub__eagle_read_price;     /* with TrailingDigits */
shub__eagle_read shub__eagle_read_percent;
shub__eagle_read shub__eagle_read_block; /* BlockPeriodConsumption, with its own scale */
/* Registers of a ReadAttributesResponse; the field is the attribute's number, "0x0400".
 */
shub__eagle_read shub__eagle_read_attribute_demand;
shub__eagle_read shub__eagle_read_attribute_summation;

/* values.c: values that the gateway has scaled. */
shub__eagle_read shub__eagle_read_scaled;       /* "21.499 kW", of an EAGLE-200 */
shub__eagle_read shub__eagle_read_scaled_price; /* "0.1287", of an EAGLE-200 */
shub__eagle_read shub__eagle_read_scaled_block; /* of the block period */
shub__eagle_read shub__eagle_read_cgi;          /* with demand_units, summation_units */
shub__eagle_read shub__eagle_read_cgi_price;    /* -1 for none */
shub__eagle_read shub__eagle_read_rfa;          /* a JSON number, with units */
shub__eagle_read shub__eagle_read_rfa_price;
shub__eagle_read shub__eagle_read_interval_power;  /* a Reading of Type Demand */
shub__eagle_read shub__eagle_read_interval_energy; /* of Type Summation */

/* Unit of a price, "USD/kWh", and its length; 0 for an unknown currency. `price` is the
 * field that has it. */
size_t shub__eagle_price_unit(const shub_eagle_reading *reading, shub_slice price,
                              char dst[SHUB__EAGLE_UNIT_MAX]);

#endif
