/* The numbers of a sample as documents have them. */
#ifndef SHUB_CLAIR_WRITE_H
#define SHUB_CLAIR_WRITE_H

#include <sensorhub/clair.h>

#include "base/buf.h"

/* Tenths as a decimal: "20.6", "-0.5". */
void shub__clair_put_tenths(shub__buf *buf, int32_t tenths);

#endif
