/* SenML's times: decimal seconds. */
#ifndef SHUB_SAMPLE_SENML_SECONDS_H
#define SHUB_SAMPLE_SENML_SECONDS_H

#include <sensorhub/base.h>

/* Reads a number of JSON as seconds, rounded to the nearest microsecond: writers have
 * times as doubles, whose last digits are not those that were meant. Errors: SHUB_E_RANGE
 * (microseconds beyond 64 bits). */
shub_status shub__seconds_read(shub_slice number, int64_t *us);

#endif
