/* Timers of a loop: a heap that needs no memory once a timer has joined, so that setting
 * one cannot fail. Times are shub__loop_now_ms() milliseconds, or any other count in
 * tests. */
#ifndef SHUB_NET_TIMER_H
#define SHUB_NET_TIMER_H

#include <sensorhub/base.h>

typedef void shub__timer_fn(void *user);

typedef struct shub__timers shub__timers;

/* Lives inside its owner and must not move between join and leave. */
typedef struct shub__timer {
    shub__timers *timers; /* NULL before join and after leave */
    shub__timer_fn *fn;
    void *user;
    size_t place; /* in the heap, from 1; 0: not set */
} shub__timer;

/* With the time beside it, so that the others need not be looked at to keep order. */
typedef struct shub__timer_place {
    int64_t due_ms;
    shub__timer *timer;
} shub__timer_place;

struct shub__timers {
    shub__timer_place *heap; /* heap[1] is due first */
    size_t set;              /* timers in the heap */
    size_t joined;
    size_t cap; /* timers the heap has room for */
};

void shub__timers_fini(shub__timers *timers);
/* Reserves room for a timer that calls `fn`. Errors: SHUB_E_NOMEM. */
shub_status shub__timer_join(shub__timers *timers, shub__timer *timer, shub__timer_fn *fn,
                             void *user, shub_error *err);
/* Cancels and gives the room back. A zeroed timer is fine. */
void shub__timer_leave(shub__timer *timer);
/* Sets, or sets anew; it goes off once. */
void shub__timer_set(shub__timer *timer, int64_t due_ms);
void shub__timer_cancel(shub__timer *timer);
/* When the first timer is due; SHUB_NONE when none is set. */
int64_t shub__timers_due(const shub__timers *timers);
/* Calls the timers due at `now_ms`, as many as are set now at most, so that one that sets
 * itself again ends; a function may set, cancel and leave any timer. */
void shub__timers_run(shub__timers *timers, int64_t now_ms);

#endif
