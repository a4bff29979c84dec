#include "net/timer.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

#define FIRST_CAP 8

static void put(shub__timers *t, size_t place, shub__timer_place it)
{
    t->heap[place] = it;
    it.timer->place = place;
}

static void sift_up(shub__timers *t, shub__timer_place it, size_t place)
{
    for (; place > 1 && it.due_ms < t->heap[place / 2].due_ms; place /= 2)
        put(t, place, t->heap[place / 2]);
    put(t, place, it);
}

static void sift_down(shub__timers *t, shub__timer_place it, size_t place)
{
    for (;;) {
        size_t child = 2 * place;

        if (child < t->set && t->heap[child + 1].due_ms < t->heap[child].due_ms)
            child++;
        if (child > t->set || t->heap[child].due_ms >= it.due_ms)
            break;
        put(t, place, t->heap[child]);
        place = child;
    }
    put(t, place, it);
}

static shub_status grow(shub__timers *t, shub_error *err)
{
    size_t cap = t->cap ? 2 * t->cap : FIRST_CAP;
    shub__timer_place *heap = shub__reallocarray(NULL, cap + 1, sizeof(*heap));

    if (!heap)
        return shub__fail_nomem(err);
    if (t->set)
        memcpy(heap + 1, t->heap + 1, t->set * sizeof(*heap));
    shub__free(t->heap);
    t->heap = heap;
    t->cap = cap;
    return SHUB_OK;
}

void shub__timers_fini(shub__timers *timers)
{
    shub__free(timers->heap);
    memset(timers, 0, sizeof(*timers));
}

shub_status shub__timer_join(shub__timers *timers, shub__timer *timer, shub__timer_fn *fn,
                             void *user, shub_error *err)
{
    memset(timer, 0, sizeof(*timer));
    if (timers->joined == timers->cap && grow(timers, err) != SHUB_OK)
        return SHUB_E_NOMEM;
    timers->joined++;
    timer->timers = timers;
    timer->fn = fn;
    timer->user = user;
    return SHUB_OK;
}

void shub__timer_leave(shub__timer *timer)
{
    if (!timer->timers)
        return;
    shub__timer_cancel(timer);
    timer->timers->joined--;
    timer->timers = NULL;
}

void shub__timer_set(shub__timer *timer, int64_t due_ms)
{
    shub__timers *t = timer->timers;
    shub__timer_place it = {due_ms, timer};

    shub__timer_cancel(timer);
    sift_up(t, it, ++t->set);
}

void shub__timer_cancel(shub__timer *timer)
{
    shub__timers *t = timer->timers;
    size_t place = timer->place;
    shub__timer_place last;

    if (!place)
        return;
    timer->place = 0;
    last = t->heap[t->set--];
    if (last.timer == timer)
        return;
    if (place > 1 && last.due_ms < t->heap[place / 2].due_ms)
        sift_up(t, last, place);
    else
        sift_down(t, last, place);
}

int64_t shub__timers_due(const shub__timers *timers)
{
    return timers->set ? timers->heap[1].due_ms : SHUB_NONE;
}

void shub__timers_run(shub__timers *timers, int64_t now_ms)
{
    /* A function that sets its own timer for now would otherwise keep us here for ever.
     */
    size_t budget = timers->set;

    for (; budget && timers->set && timers->heap[1].due_ms <= now_ms; budget--) {
        shub__timer *timer = timers->heap[1].timer;

        shub__timer_cancel(timer);
        timer->fn(timer->user);
    }
}
