#include "clock.h"

#include <time.h>

int64_t sim_mono_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

double sim_clock_now(const struct sim_clock *clock, int64_t mono_us)
{
    return clock->unix_s + (double)(mono_us - clock->mono_us) / 1e6 * clock->rate;
}

void sim_clock_set(struct sim_clock *clock, double unix_s, int64_t mono_us)
{
    clock->unix_s = unix_s;
    clock->mono_us = mono_us;
}

void sim_clock_set_rate(struct sim_clock *clock, double rate, int64_t mono_us)
{
    sim_clock_set(clock, sim_clock_now(clock, mono_us), mono_us);
    clock->rate = rate;
}
