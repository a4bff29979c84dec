/* Batches as JSON lines and back, beside the C library's printf, jansson, and what moving
 * the same bytes costs. The rows are those of a thousand meters, five quantities a frame,
 * every frame at a time of its own. Each figure is the median of seven runs, taken in
 * turns. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sensorhub/sample.h>

#include "base/random.h"
#include "sample/jsonl.h"

#define METERS 1000
#define FRAMES 40000
#define ROWS   (FRAMES * 5)
#define RUNS   7

static shub_sample samples[ROWS];
static char devices[METERS][20];
static shub_batch *batch;  /* the samples */
static shub_batch *target; /* what is read goes here */
static shub_slice text;    /* the batch's lines */
static char *copy;

static void must(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}

static void set_row(shub_sample *s, int frame, const char *quantity, const char *unit,
                    double value)
{
    s->device = shub_str(devices[frame % METERS]);
    s->quantity = shub_str(quantity);
    s->unit = shub_str(unit);
    s->time_us = (1426010041 + frame / METERS * INT64_C(6)) * SHUB_SECOND_US +
                 frame % METERS * SHUB_SECOND_US / 100;
    s->value = shub_double(value);
}

static void make_samples(void)
{
    uint64_t state = 1;
    for (int i = 0; i < METERS; i++)
        snprintf(devices[i], sizeof devices[i], "0x0013500300%06x", i * 7919);
    for (int i = 0; i < FRAMES; i++) {
        shub_sample *s = &samples[i * 5];
        double demand = (double)shub__random_below(&state, 20000);
        double total = (double)shub__random_below(&state, 1000000000);
        set_row(&s[0], i, "power", "kW", demand / 1000);
        set_row(&s[1], i, "energy_delivered", "kWh", total / 1000);
        set_row(&s[2], i, "energy_received", "kWh", total / 8000);
        set_row(&s[3], i, "price", "USD/kWh", 0.1287);
        set_row(&s[4], i, "link_strength", "/100", (double)(i % 101));
    }
}

/* ---- what is measured ------------------------------------------------------------ */

static void do_memcpy(void)
{
    memcpy(copy, text.ptr, text.len);
}

static void do_memchr(void)
{
    const char *end = text.ptr + text.len;
    size_t lines = 0;
    for (const char *at = text.ptr; at < end; lines++)
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
    must(lines == ROWS, "memchr");
}

static void do_append(void)
{
    shub_batch_clear(target);
    for (size_t i = 0; i < ROWS; i++)
        must(!shub_batch_append(target, &samples[i], NULL), "append");
}

static void do_write(void)
{
    shub_slice out;
    must(!shub_batch_to_jsonl(batch, &out, NULL), "shub_batch_to_jsonl");
}

static void do_write_one(void)
{
    static shub__buf buf;
    shub__buf_init(&buf, SHUB__JSONL_LINE_MAX);
    for (size_t i = 0; i < ROWS; i++) {
        shub__buf_clear(&buf);
        must(!shub__jsonl_write(&buf, &samples[i], NULL), "shub__jsonl_write");
    }
    shub__buf_fini(&buf);
}

static void do_printf(void)
{
    char *dst = copy;
    for (size_t i = 0; i < ROWS; i++) {
        const shub_sample *s = &samples[i];
        time_t second = (time_t)(s->time_us / SHUB_SECOND_US);
        struct tm tm;
        char time_text[40];
        gmtime_r(&second, &tm);
        strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", &tm);
        dst += sprintf(dst,
                       "{\"device\":\"%s\",\"quantity\":\"%s\",\"time\":\"%s.%03dZ\","
                       "\"value\":%.17g,\"unit\":\"%s\"}\n",
                       s->device.ptr, s->quantity.ptr, time_text,
                       (int)(s->time_us % SHUB_SECOND_US / 1000), s->value.as.f64,
                       s->unit.ptr);
    }
}

static void do_read(void)
{
    shub_batch_clear(target);
    must(!shub_batch_add_jsonl(target, text, NULL, NULL), "shub_batch_add_jsonl");
}

static shub_slice member(json_t *line, const char *key)
{
    json_t *value = json_object_get(line, key);
    return shub_bytes(json_string_value(value), json_string_length(value));
}

static void do_jansson(void)
{
    const char *end = text.ptr + text.len;
    shub_batch_clear(target);
    for (const char *at = text.ptr; at < end;) {
        const char *next = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
        json_t *line = json_loadb(at, (size_t)(next - at), 0, NULL);
        shub_sample s = SHUB_SAMPLE_INIT;
        s.device = member(line, "device");
        s.quantity = member(line, "quantity");
        s.unit = member(line, "unit");
        s.value = shub_double(json_number_value(json_object_get(line, "value")));
        must(!shub_time_parse(member(line, "time"), &s.time_us, NULL), "shub_time_parse");
        must(!shub_batch_append(target, &s, NULL), "append");
        json_decref(line);
        at = next;
    }
}

static const struct {
    const char *name;
    void (*run)(void);
    int floor; /* the row of the table that this one is compared with */
} rows[] = {
    {"memcpy of the lines", do_memcpy, 0},
    {"batch to lines", do_write, 0},
    {"sample to line, checked, one by one", do_write_one, 0},
    {"sprintf, strftime", do_printf, 0},
    {"memchr for the line ends", do_memchr, 4},
    {"lines to batch", do_read, 4},
    {"jansson, shub_batch_append", do_jansson, 4},
    {"shub_batch_append alone", do_append, 4},
};

#define COUNT (sizeof rows / sizeof rows[0])

/* ---- the table ------------------------------------------------------------------- */

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return (one > other) - (one < other);
}

int main(void)
{
    static double taken[COUNT][RUNS];
    make_samples();
    must(!shub_batch_new(&batch, NULL) && !shub_batch_new(&target, NULL),
         "shub_batch_new");
    for (size_t i = 0; i < ROWS; i++)
        must(!shub_batch_append(batch, &samples[i], NULL), "append");
    must(!shub_batch_to_jsonl(batch, &text, NULL), "shub_batch_to_jsonl");
    copy = malloc(text.len * 2);
    must(copy != NULL, "malloc");
    for (int run = 0; run < RUNS; run++) {
        for (size_t i = 0; i < COUNT; i++) {
            double before = seconds();
            rows[i].run();
            taken[i][run] = seconds() - before;
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        qsort(taken[i], RUNS, sizeof taken[i][0], by_value);
    printf("%d samples, %.1f MB of lines\n\n", ROWS, (double)text.len / 1e6);
    printf("%-36s %12s %8s %10s\n", "", "Msamples/s", "GB/s", "of floor");
    for (size_t i = 0; i < COUNT; i++) {
        double median = taken[i][RUNS / 2];
        printf("%-36s %12.2f %8.2f %10.3f\n", rows[i].name, ROWS / median / 1e6,
               (double)text.len / median / 1e9, taken[rows[i].floor][RUNS / 2] / median);
    }
    free(copy);
    shub_batch_free(batch);
    shub_batch_free(target);
    return 0;
}
