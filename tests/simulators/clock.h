/* The simulated wall clock: starts at a given time, runs at a given rate, can be set. */
#ifndef SIM_CLOCK_H
#define SIM_CLOCK_H

#include <stdint.h>

struct sim_clock {
    double unix_s; /* simulated seconds since 1970 at mono_us */
    double rate;   /* simulated seconds per real second */
    int64_t mono_us;
};

/* Real monotonic microseconds; the only place that reads a clock besides start-up. */
int64_t sim_mono_us(void);

double sim_clock_now(const struct sim_clock *clock, int64_t mono_us);
void sim_clock_set(struct sim_clock *clock, double unix_s, int64_t mono_us);
void sim_clock_set_rate(struct sim_clock *clock, double rate, int64_t mono_us);

#endif
