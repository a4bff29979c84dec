/* Batches as line protocol, CSV, SenML and Arrow, and back, beside JSON lines, the C
 * library's printf, and what moving the same bytes costs. The rows are those of a
 * thousand meters, five quantities a frame, every frame at a time of its own. Each figure
 * is the median of seven runs, taken in turns. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sensorhub/format.h>

#include "base/random.h"

#define METERS 1000
#define FRAMES 40000
#define ROWS   (FRAMES * 5)
#define RUNS   7

static char devices[METERS][20];
static shub_batch *batch;
static shub_batch *target; /* what is read goes here */
static char *copy;

typedef struct text {
    char *ptr;
    size_t len;
} text;

static text jsonl, influx, grouped, senml;

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

static void add_row(int frame, const char *quantity, const char *unit, double value)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    s.device = shub_str(devices[frame % METERS]);
    s.quantity = shub_str(quantity);
    s.unit = shub_str(unit);
    s.time_us = (1426010041 + frame / METERS * INT64_C(6)) * SHUB_SECOND_US +
                frame % METERS * SHUB_SECOND_US / 100;
    s.value = shub_double(value);
    must(!shub_batch_append(batch, &s, NULL), "append");
}

static void fill_batch(void)
{
    uint64_t state = 1;
    for (int i = 0; i < METERS; i++)
        snprintf(devices[i], sizeof devices[i], "0x0013500300%06x", i * 7919);
    for (int i = 0; i < FRAMES; i++) {
        double demand = (double)shub__random_below(&state, 20000);
        double total = (double)shub__random_below(&state, 1000000000);
        add_row(i, "power", "kW", demand / 1000);
        add_row(i, "energy_delivered", "kWh", total / 1000);
        add_row(i, "energy_received", "kWh", total / 8000);
        add_row(i, "voltage", "V", 230.1);
        add_row(i, "link_strength", "/100", (double)(i % 101));
    }
}

/* ---- what is measured ------------------------------------------------------------ */

static size_t do_jsonl(void)
{
    shub_slice out;
    must(!shub_batch_to_jsonl(batch, &out, NULL), "shub_batch_to_jsonl");
    return out.len;
}

static shub_slice write_influx(int no_units, int naming)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_slice out;
    opts.no_units = no_units;
    opts.naming = naming;
    must(!shub_batch_to_influx(batch, &opts, &out, NULL), "shub_batch_to_influx");
    return out;
}

static size_t do_influx(void)
{
    return write_influx(0, SHUB_INFLUX_FIELDS).len;
}

static size_t do_influx_grouped(void)
{
    return write_influx(1, SHUB_INFLUX_FIELDS).len;
}

static size_t do_chirpstack(void)
{
    return write_influx(1, SHUB_INFLUX_CHIRPSTACK).len;
}

static size_t do_printf(void)
{
    shub_group group = {0, 0, {NULL, 0}, 0};
    char *dst = copy;
    while (shub_batch_next_group(batch, &group)) {
        dst += sprintf(dst, "samples,device=%s", group.device.ptr);
        for (size_t i = group.first; i < group.first + group.count; i++) {
            shub_sample s;
            must(!shub_batch_get(batch, i, &s, NULL), "shub_batch_get");
            dst += sprintf(dst, "%c%s=%.17g", i == group.first ? ' ' : ',',
                           s.quantity.ptr, s.value.as.f64);
        }
        dst += sprintf(dst, " %lld\n", (long long)group.time_us * 1000);
    }
    return (size_t)(dst - copy);
}

static size_t do_memcpy(void)
{
    memcpy(copy, grouped.ptr, grouped.len);
    return grouped.len;
}

static size_t write_csv(int layout)
{
    shub_csv_options opts = SHUB_CSV_OPTIONS_INIT;
    shub_slice out;
    opts.layout = layout;
    must(!shub_batch_to_csv(batch, &opts, &out, NULL), "shub_batch_to_csv");
    return out.len;
}

static size_t do_csv(void)
{
    return write_csv(SHUB_CSV_LONG);
}

static size_t do_csv_wide(void)
{
    return write_csv(SHUB_CSV_WIDE);
}

static size_t do_senml(void)
{
    shub_slice out;
    must(!shub_batch_to_senml(batch, NULL, &out, NULL), "shub_batch_to_senml");
    return out.len;
}

static size_t do_arrow(void)
{
    struct ArrowSchema schema;
    struct ArrowArray array;
    must(!shub_batch_to_arrow(batch, SHUB_ARROW_COPY, &schema, &array, NULL),
         "shub_batch_to_arrow");
    schema.release(&schema);
    array.release(&array);
    return ROWS * 28;
}

static size_t do_read_jsonl(void)
{
    shub_batch_clear(target);
    must(!shub_batch_add_jsonl(target, shub_bytes(jsonl.ptr, jsonl.len), NULL, NULL),
         "shub_batch_add_jsonl");
    return jsonl.len;
}

static size_t read_influx(const text *lines)
{
    shub_batch_clear(target);
    must(!shub_batch_add_influx(target, shub_bytes(lines->ptr, lines->len), NULL, NULL,
                                NULL),
         "shub_batch_add_influx");
    return lines->len;
}

static size_t do_read_influx(void)
{
    return read_influx(&influx);
}

static size_t do_read_grouped(void)
{
    return read_influx(&grouped);
}

static size_t do_read_senml(void)
{
    shub_batch_clear(target);
    must(!shub_batch_add_senml(target, shub_bytes(senml.ptr, senml.len), 0, NULL, NULL),
         "shub_batch_add_senml");
    return senml.len;
}

static const struct {
    const char *name;
    size_t (*run)(void);
    int floor; /* the row of the table that this one is compared with */
} rows[] = {
    {"memcpy of the lines of groups", do_memcpy, 0},
    {"batch to line protocol", do_influx, 0},
    {"the same without units", do_influx_grouped, 0},
    {"the same by sprintf", do_printf, 0},
    {"the same as ChirpStack names it", do_chirpstack, 0},
    {"batch to JSON lines", do_jsonl, 0},
    {"batch to CSV, long", do_csv, 0},
    {"batch to CSV, wide", do_csv_wide, 0},
    {"batch to SenML", do_senml, 0},
    {"batch to Arrow, copied", do_arrow, 0},
    {"JSON lines to batch", do_read_jsonl, 10},
    {"line protocol to batch", do_read_influx, 10},
    {"the same without units", do_read_grouped, 10},
    {"SenML to batch", do_read_senml, 10},
};

#define COUNT (sizeof rows / sizeof rows[0])

/* ---- the table ------------------------------------------------------------------- */

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

static text keep(shub_slice slice)
{
    text kept = {malloc(slice.len), slice.len};
    must(kept.ptr != NULL, "malloc");
    memcpy(kept.ptr, slice.ptr, slice.len);
    return kept;
}

static void make_texts(void)
{
    shub_slice out;
    must(!shub_batch_to_jsonl(batch, &out, NULL), "shub_batch_to_jsonl");
    jsonl = keep(out);
    influx = keep(write_influx(0, SHUB_INFLUX_FIELDS));
    grouped = keep(write_influx(1, SHUB_INFLUX_FIELDS));
    must(!shub_batch_to_senml(batch, NULL, &out, NULL), "shub_batch_to_senml");
    senml = keep(out);
    copy = malloc(jsonl.len * 2);
    must(copy != NULL, "malloc");
}

int main(void)
{
    static double taken[COUNT][RUNS];
    static size_t bytes[COUNT];
    must(!shub_batch_new(&batch, NULL) && !shub_batch_new(&target, NULL),
         "shub_batch_new");
    fill_batch();
    make_texts();
    for (int run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < COUNT; i++) {
            double before = seconds();
            bytes[i] = rows[i].run();
            taken[i][run] = seconds() - before;
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        qsort(taken[i], RUNS, sizeof taken[i][0], by_value);
    printf("%d samples in %d groups\n\n", ROWS, FRAMES);
    printf("%-34s %12s %8s %8s %10s\n", "", "Msamples/s", "MB", "GB/s", "of floor");
    for (size_t i = 0; i < COUNT; i++) {
        double median = taken[i][RUNS / 2];
        printf("%-34s %12.2f %8.1f %8.2f %10.3f\n", rows[i].name, ROWS / median / 1e6,
               (double)bytes[i] / 1e6, (double)bytes[i] / median / 1e9,
               taken[rows[i].floor][RUNS / 2] / median);
    }
    free(jsonl.ptr);
    free(influx.ptr);
    free(grouped.ptr);
    free(senml.ptr);
    free(copy);
    shub_batch_free(batch);
    shub_batch_free(target);
    return 0;
}
