/* Options of line protocol, read and checked. */
#ifndef SHUB_SAMPLE_INFLUX_OPTIONS_H
#define SHUB_SAMPLE_INFLUX_OPTIONS_H

#include <sensorhub/format.h>

/* Copies the caller's options (nullable) and fills in what they leave open. Errors:
 * SHUB_E_INVALID. Lifetime: borrows what they borrow. */
shub_status shub__influx_options_in(shub_influx_options *ours,
                                    const shub_influx_options *theirs, shub_error *err);

/* Nanoseconds of one step of a precision. */
int64_t shub__influx_step_ns(int32_t precision);

#endif
