/* Numbers that a document says itself, on their way into a batch. */
#ifndef SHUB_UPLINK_VALUES_H
#define SHUB_UPLINK_VALUES_H

#include <sensorhub/uplink.h>

#include "base/buf.h"
#include "base/json.h"

#define SHUB__VALUE_NAME_MAX 64 /* bytes of a quantity, NUL included */

typedef struct shub__value_row {
    char quantity[SHUB__VALUE_NAME_MAX];
    const char *unit;
    int64_t time_us;
    shub_value value;
} shub__value_row;

/* Values of one document: of two with one (quantity, time) the last stays. */
typedef struct shub__values {
    shub__value_row rows[SHUB_UPLINK_VALUES_MAX];
    size_t count;
    int64_t time_us;   /* of the next row */
    shub__buf scratch; /* texts without their escapes */
    shub_status status;
    shub_error *err;
} shub__values;

/* Whose values and payload they are; empty when the document names nobody. */
shub_slice shub__uplink_device(const shub_uplink *up);
/* Adds a row; its name is that of the three put together. Errors stick. */
void shub__values_add(shub__values *v, shub_slice name, const char *qualifier,
                      const char *more, const char *unit, shub_value value);
void shub__values_fail(shub__values *v, shub_status status, const char *why,
                       shub_slice name);

/* The value of a number's text times 10^exponent, rounded once. SHUB_KIND_NONE when it is
 * no number. */
shub_value shub__values_number(shub_slice text, int exponent, int32_t kind);

/* Read the text of JSON values that was kept. */
void shub__values_osm(shub__values *v, shub_slice object);
void shub__values_normalized(shub__values *v, shub_slice measurements);

#endif
