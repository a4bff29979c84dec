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

/* The meter's address, lower case with 0x, and its length; 0 when there is none. */
size_t shub__eagle_mac(const shub_eagle_reading *reading, char dst[SHUB__EAGLE_MAC_MAX]);

/* The reading's own time; SHUB_OK with 0 when it says none. */
shub_status shub__eagle_time(const shub_eagle_reading *reading, int64_t *time_us,
                             shub_error *err);

/* Reads one field as a sample's value in `unit`. SHUB_E_NOT_FOUND, which tells nothing
 * into `err`: the field is absent, blank or says that the value is unknown. */
typedef shub_status shub__eagle_read(const shub_eagle_reading *reading, shub_slice field,
                                     const char *unit, double *value, shub_error *err);

shub__eagle_read shub__eagle_read_demand;    /* signed, with Multiplier and Divisor */
shub__eagle_read shub__eagle_read_summation; /* unsigned, with Multiplier and Divisor */
shub__eagle_read shub__eagle_read_price;     /* with TrailingDigits */
shub__eagle_read shub__eagle_read_percent;
shub__eagle_read shub__eagle_read_scaled;       /* "21.499 kW" of an EAGLE-200 */
shub__eagle_read shub__eagle_read_scaled_price; /* "0.1287" of an EAGLE-200 */

/* Unit of the reading's price, "USD/kWh", and its length; 0 for an unknown currency. */
size_t shub__eagle_price_unit(const shub_eagle_reading *reading,
                              char dst[SHUB__EAGLE_UNIT_MAX]);

#endif
