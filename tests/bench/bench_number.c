/* Numbers as text: ours beside the C library's, which needs a locale and prints 17
 * digits. Each figure is the median of five runs over the same values. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"

#define COUNT 100000
#define RUNS  5

static double doubles[COUNT];
static int64_t integers[COUNT];
static char texts[COUNT][SHUB__DOUBLE_MAX];
static size_t lengths[COUNT];
static uint64_t sink; /* keeps the work from being optimised away */

static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static double sensor(void)
{
    static const double scales[] = {1, 10, 100, 1000};
    return (double)(next_random() % 100000) / scales[next_random() % 4];
}

static double price(void)
{
    return (double)(next_random() % 1000000) / 1e6;
}

static double uniform(void)
{
    return (double)(next_random() >> 11) / 9007199254740992.0;
}

static double any_bits(void)
{
    double value;
    do {
        uint64_t bits = next_random();
        memcpy(&value, &bits, sizeof value);
    } while (!isfinite(value));
    return value;
}

static void our_write(void)
{
    char text[SHUB__DOUBLE_MAX];
    for (size_t i = 0; i < COUNT; i++)
        sink += shub__double_write(doubles[i], text) + (unsigned char)text[0];
}

static void their_write(void)
{
    char text[40];
    for (size_t i = 0; i < COUNT; i++)
        sink += (size_t)snprintf(text, sizeof text, "%.17g", doubles[i]);
}

static void our_read(void)
{
    for (size_t i = 0; i < COUNT; i++) {
        double value;
        sink += shub__double_read(texts[i], lengths[i], 0, &value) == SHUB_OK;
        sink += value > 1;
    }
}

static void their_read(void)
{
    for (size_t i = 0; i < COUNT; i++)
        sink += strtod(texts[i], NULL) > 1;
}

static void our_integer_write(void)
{
    char text[SHUB__INT64_MAX];
    for (size_t i = 0; i < COUNT; i++)
        sink += shub__int64_write(integers[i], text) + (unsigned char)text[0];
}

static void their_integer_write(void)
{
    char text[40];
    for (size_t i = 0; i < COUNT; i++)
        sink += (size_t)snprintf(text, sizeof text, "%" PRId64, integers[i]);
}

static void our_ratio(void)
{
    for (size_t i = 0; i < COUNT; i++)
        sink += shub__double_from_ratio(integers[i], 3, 1000) > 1;
}

static void their_ratio(void)
{
    for (size_t i = 0; i < COUNT; i++)
        sink += (double)integers[i] * 3 / 1000 > 1;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds of one operation. */
static double measure(void (*work)(void))
{
    double times[RUNS];
    for (int run = 0; run < RUNS; run++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
        work();
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        times[run] = ((double)(end.tv_sec - begin.tv_sec) * 1e9 +
                      (double)(end.tv_nsec - begin.tv_nsec)) /
                     COUNT;
    }
    qsort(times, RUNS, sizeof *times, ascending);
    return times[RUNS / 2];
}

static void compare(const char *name, void (*ours)(void), const char *peer,
                    void (*theirs)(void))
{
    double our_time = measure(ours), their_time = measure(theirs);
    printf("%-38s %7.1f ns  %-16s %7.1f ns  %5.1f x\n", name, our_time, peer, their_time,
           their_time / our_time);
}

static void compare_doubles(const char *name, double (*make)(void))
{
    char title[64];
    for (size_t i = 0; i < COUNT; i++) {
        doubles[i] = make();
        lengths[i] = shub__double_write(doubles[i], texts[i]);
    }
    snprintf(title, sizeof title, "write %s", name);
    compare(title, our_write, "snprintf %.17g", their_write);
    snprintf(title, sizeof title, "read %s", name);
    compare(title, our_read, "strtod", their_read);
}

int main(void)
{
    compare_doubles("sensor readings (0-3 decimals)", sensor);
    compare_doubles("prices (6 decimals)", price);
    compare_doubles("uniform 0..1 (17 digits)", uniform);
    compare_doubles("any bits", any_bits);
    for (size_t i = 0; i < COUNT; i++)
        integers[i] = (int64_t)(next_random() >> next_random() % 64);
    compare("write int64", our_integer_write, "snprintf", their_integer_write);
    for (size_t i = 0; i < COUNT; i++)
        integers[i] = (int64_t)(next_random() >> 16);
    compare("ratio (exact, rounded once)", our_ratio, "double (inexact)", their_ratio);
    return sink == 0;
}
