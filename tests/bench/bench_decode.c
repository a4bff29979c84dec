/* What decoding costs, in parts: bench_decode [PART…], all without one. Every part is a
 * table of ways to do the same work; the first is a floor, and each is told beside it.
 * Figures are medians of seven runs, taken in turns, in the processor's time. A new part
 * is a file decode_<part>.c and a word in the table below. */
#include <string.h>
#include <time.h>

#include "decode.h"

#define RUNS 7

static const bench_part *const parts[] = {&bench_compact, &bench_pretty, &bench_frames,
                                          &bench_formats};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

static void measure(const bench_part *p)
{
    enum { ROWS_MAX = 32 };
    static double taken[ROWS_MAX][RUNS];
    static size_t bytes[ROWS_MAX];
    size_t count = 0;
    while (p->rows[count].name)
        count++;
    must(count <= ROWS_MAX, "a part of so many rows");
    for (int run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < count; i++) {
            size_t work = p->rows[i].work ? p->rows[i].work : p->work;
            double before = seconds();
            bytes[i] = p->rows[i].run();
            taken[i][run] = (seconds() - before) / (double)work;
        }
    }
    for (size_t i = 0; i < count; i++)
        qsort(taken[i], RUNS, sizeof taken[i][0], by_value);
    printf("%-40s %8s/s %8s %9s %7s\n", p->title, p->unit, "ns", "of floor", "GB/s");
    for (size_t i = 0; i < count; i++) {
        const bench_row *row = &p->rows[i];
        double median = taken[i][RUNS / 2];
        printf("%-40s %8.2f M %8.1f %9.3f", row->name, 1e-6 / median, median * 1e9,
               taken[row->floor][RUNS / 2] / median);
        if (bytes[i])
            printf(" %7.2f", (double)bytes[i] /
                                 (double)(row->work ? row->work : p->work) / median /
                                 1e9);
        putchar('\n');
    }
    putchar('\n');
}

/* Words that begin with "--" are for all benches. */
static int wanted(const char *name, int argc, char **argv)
{
    int any = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], name))
            return 1;
        any |= strncmp(argv[i], "--", 2) != 0;
    }
    return !any;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (!wanted(parts[i]->name, argc, argv))
            continue;
        parts[i]->begin();
        measure(parts[i]);
        parts[i]->end();
    }
    return 0;
}
