/* Time and fork seams. */
#ifndef SHUB_BASE_CLOCK_H
#define SHUB_BASE_CLOCK_H

#include <sensorhub/base.h>

/* The clock's time; a clock without function is the system's. */
int64_t shub__clock_now(const shub_clock *clock);

/* The same to some milliseconds, at a quarter of the cost: for callers that ask for each
 * record. */
int64_t shub__clock_coarse(const shub_clock *clock);

/* Largest multiple of SHUB_HOUR_US not above `time_us`, also before 1970. */
int64_t shub__hour_floor(int64_t time_us);

/* The whole second nearest to a time, of two the even one, as Python's round() has it;
 * also before 1970. */
int64_t shub__second_round(int64_t time_us);

#define SHUB__HOUR_TEXT 13 /* bytes of "2015-03-10-17" */
/* Writes the hour as Y-m-d-H in UTC, no NUL; 0 when outside the years 0000 to 9999,
 * else 1. */
int shub__hour_write(int64_t time_us, char dst[SHUB__HOUR_TEXT]);
/* Reads Y-m-d-H, exactly 13 bytes. Errors: SHUB_E_FORMAT. */
shub_status shub__hour_read(shub_slice text, int64_t *time_us);

/* Parts of a time in UTC, and back. Years 0000 to 9999 (proleptic Gregorian). */
typedef struct shub__civil {
    int year, month, day, hour, minute, second, microsecond;
} shub__civil;
int shub__civil_from_us(int64_t time_us, shub__civil *out);
int64_t shub__civil_to_us(const shub__civil *civil);

/* Number of forks between the process that first asked and this one. Handles keep the
 * number they were opened at; another number later means SHUB_E_FORKED. */
unsigned shub__fork_generation(void);
/* SHUB_OK, or SHUB_E_FORKED told into `err`. */
shub_status shub__fork_check(unsigned generation, shub_error *err);

#endif
