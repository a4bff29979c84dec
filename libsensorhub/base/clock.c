#include "base/clock.h"

#include <time.h>

int64_t shub_now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SHUB_SECOND_US + now.tv_nsec / 1000;
}

int64_t shub__clock_now(const shub_clock *clock)
{
    return clock->now_us ? clock->now_us(clock->user) : shub_now_us();
}
