/* What every sample must be before it is stored or written. */
#ifndef SHUB_SAMPLE_CHECK_H
#define SHUB_SAMPLE_CHECK_H

#include <sensorhub/sample.h>

/* A device, quantity or unit: UTF-8 of at most SHUB_SAMPLE_NAME_MAX bytes, not empty but
 * for a unit. `what` names it in the message. Errors: SHUB_E_CONTENT, SHUB_E_LIMIT. */
shub_status shub__check_name(shub_slice name, const char *what, shub_error *err);

/* Errors: SHUB_E_INVALID. */
shub_status shub__check_flags(uint32_t flags, shub_error *err);

/* 1 when a quantity can have the value; `row` is its in the table or NULL. */
int shub__in_range(const shub_quantity *row, shub_slice unit, double value);

/* Kind, flags and value; `row` is the quantity's in the table or NULL. Errors:
 * SHUB_E_INVALID, SHUB_E_CONTENT, SHUB_E_LIMIT. */
shub_status shub__check_value(const shub_sample *sample, const shub_quantity *row,
                              shub_error *err);

/* All of it. Errors: as the two above. */
shub_status shub__check_sample(const shub_sample *sample, shub_error *err);

#endif
