/* One line of key=value to the function set by shub_trace_set. */
#ifndef SHUB_BASE_TRACE_H
#define SHUB_BASE_TRACE_H

#include <sensorhub/base.h>

/* Costs one comparison when nobody listens. Never pass a secret; never call with a lock
 * held. */
void shub__trace(shub_level level, const char *fmt, ...) SHUB_PRINTF(2, 3);

#endif
