#include "base/clock.h"

#include <time.h>

#ifdef CLOCK_REALTIME_COARSE
#define COARSE CLOCK_REALTIME_COARSE
#else
#define COARSE CLOCK_REALTIME
#endif

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (int64_t)now.tv_sec * SHUB_SECOND_US + now.tv_nsec / 1000;
}

int64_t shub_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t shub__clock_coarse(const shub_clock *clock)
{
    return clock->now_us ? clock->now_us(clock->user) : read_clock(COARSE);
}

int64_t shub__clock_now(const shub_clock *clock)
{
    return clock->now_us ? clock->now_us(clock->user) : shub_now_us();
}
