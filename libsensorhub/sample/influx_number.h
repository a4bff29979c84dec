/* Values of fields that are no texts. */
#ifndef SHUB_SAMPLE_INFLUX_NUMBER_H
#define SHUB_SAMPLE_INFLUX_NUMBER_H

#include <sensorhub/sample.h>

/* "t", "True", "FALSE" and their like: 1, or 0 when the word is none of them. */
int shub__influx_bool(shub_slice word, shub_value *value);
/* Digits, '-' before them when they are signed. Leading zeros, which base/number.h
 * refuses, are allowed. Errors: SHUB_E_FORMAT, SHUB_E_RANGE. */
shub_status shub__influx_integer(shub_slice digits, int is_signed, int64_t *out);
/* A number that is all of a word that is not empty: "1i", "1u", a double. Errors:
 * SHUB_E_FORMAT, SHUB_E_RANGE. */
shub_status shub__influx_number(shub_slice word, shub_value *value);

#endif
