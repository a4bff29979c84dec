/* The loop as clients see it: its time, its timers. */
#ifndef SHUB_NET_LOOP_H
#define SHUB_NET_LOOP_H

#include "net/timer.h"

#include <sensorhub/net.h>

/* Milliseconds of the monotonic clock: for deadlines and gaps, never for records. */
int64_t shub__loop_now_ms(void);
/* Where a client's timers join. */
shub__timers *shub__loop_timers(shub_loop *loop);
/* SHUB_OK, or SHUB_E_FORKED told into `err`. */
shub_status shub__loop_check(const shub_loop *loop, shub_error *err);

#endif
