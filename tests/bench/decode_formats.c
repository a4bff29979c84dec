/* Batches as JSON lines, line protocol, CSV, SenML and Arrow, and back, beside jansson,
 * the C library's printf, and what moving the same bytes costs. The rows are those of a
 * thousand meters, five quantities a frame, every frame at a time of its own. What ours,
 * printf and jansson wrote is read back and compared. */
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include <sensorhub/format.h>

#include "base/random.h"
#include "decode.h"

#define METERS 1000
#define FRAMES 40000
#define ROWS   (FRAMES * 5)

static char devices[METERS][20];
static shub_batch *batch;
static shub_batch *target; /* what is read goes here */
static char *copy;

typedef struct text {
    char *ptr;
    size_t len;
} text;

static text jsonl, influx, grouped, senml;

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

static size_t do_jansson(void)
{
    char *dst = copy;
    for (size_t i = 0; i < ROWS; i++) {
        shub_sample s;
        char time[SHUB_TIME_MAX];
        must(!shub_batch_get(batch, i, &s, NULL), "shub_batch_get");
        shub_time_format(s.time_us, time);
        json_t *line =
            json_pack("{s:s,s:s#,s:s#,s:f,s:s#}", "time", time, "device", s.device.ptr,
                      (int)s.device.len, "quantity", s.quantity.ptr, (int)s.quantity.len,
                      "value", s.value.as.f64, "unit", s.unit.ptr, (int)s.unit.len);
        dst += json_dumpb(line, dst, 1024, JSON_COMPACT);
        *dst++ = '\n';
        json_decref(line);
    }
    return (size_t)(dst - copy);
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

static shub_slice slice_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return shub_bytes(json_string_value(value), json_string_length(value));
}

static size_t do_read_jansson(void)
{
    shub_batch_clear(target);
    for (const char *p = jsonl.ptr; p < jsonl.ptr + jsonl.len;) {
        const char *end = memchr(p, '\n', (size_t)(jsonl.ptr + jsonl.len - p));
        json_t *line = json_loadb(p, (size_t)(end - p), 0, NULL);
        shub_sample s = SHUB_SAMPLE_INIT;
        s.device = slice_at(line, "device");
        s.quantity = slice_at(line, "quantity");
        s.unit = slice_at(line, "unit");
        s.value = shub_double(json_number_value(json_object_get(line, "value")));
        must(!shub_time_parse(slice_at(line, "time"), &s.time_us, NULL) &&
                 !shub_batch_append(target, &s, NULL),
             "reading by jansson");
        json_decref(line);
        p = end + 1;
    }
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

/* ---- the same -----------------------------------------------------------------------
 */

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

/* The value and unit of a sample: what line protocol without units keeps of it is the
 * value. */
static void compare_samples(const shub_batch *a, const shub_batch *b, int units)
{
    must(shub_batch_count(a) == ROWS && shub_batch_count(b) == ROWS, "comparing counts");
    for (size_t i = 0; i < ROWS; i++) {
        shub_sample x, y;
        must(!shub_batch_get(a, i, &x, NULL) && !shub_batch_get(b, i, &y, NULL), "get");
        must(x.time_us == y.time_us && shub_slice_equal(x.device, y.device) &&
                 shub_slice_equal(x.quantity, y.quantity) &&
                 (!units || shub_slice_equal(x.unit, y.unit)) &&
                 x.value.as.f64 == y.value.as.f64,
             "comparing samples");
    }
}

static void compare_all(void)
{
    do_read_jsonl();
    compare_samples(batch, target, 1);
    do_read_jansson();
    compare_samples(batch, target, 1);
    do_read_influx();
    compare_samples(batch, target, 1);
    do_read_grouped();
    compare_samples(batch, target, 0);
    do_read_senml();
    compare_samples(batch, target, 1);
    text printed = {copy, do_printf()};
    read_influx(&printed);
    compare_samples(batch, target, 0);
    printed.len = do_jansson();
    shub_batch_clear(target);
    must(!shub_batch_add_jsonl(target, shub_bytes(copy, printed.len), NULL, NULL),
         "reading jansson's lines");
    compare_samples(batch, target, 1);
}

/* ---- the part -----------------------------------------------------------------------
 */

static void begin(void)
{
    must(!shub_batch_new(&batch, NULL) && !shub_batch_new(&target, NULL),
         "shub_batch_new");
    fill_batch();
    make_texts();
    compare_all();
}

static void end(void)
{
    free(jsonl.ptr);
    free(influx.ptr);
    free(grouped.ptr);
    free(senml.ptr);
    free(copy);
    shub_batch_free(batch);
    shub_batch_free(target);
}

enum { WRITING = 0, READING = 11 };

static const bench_row rows[] = {
    {"memcpy of the lines of groups", do_memcpy, 0, WRITING},
    {"batch to JSON lines", do_jsonl, 0, WRITING},
    {"the same by jansson", do_jansson, 0, WRITING},
    {"batch to line protocol", do_influx, 0, WRITING},
    {"the same without units", do_influx_grouped, 0, WRITING},
    {"the same by sprintf", do_printf, 0, WRITING},
    {"the same as ChirpStack names it", do_chirpstack, 0, WRITING},
    {"batch to CSV, long", do_csv, 0, WRITING},
    {"batch to CSV, wide", do_csv_wide, 0, WRITING},
    {"batch to SenML", do_senml, 0, WRITING},
    {"batch to Arrow, copied", do_arrow, 0, WRITING},
    {"JSON lines to batch", do_read_jsonl, 0, READING},
    {"the same by jansson", do_read_jansson, 0, READING},
    {"line protocol to batch", do_read_influx, 0, READING},
    {"the same without units", do_read_grouped, 0, READING},
    {"SenML to batch", do_read_senml, 0, READING},
    {NULL, NULL, 0, 0},
};

const bench_part bench_formats = {
    "formats", "batches as text and back", "samples", ROWS, begin, end, rows};
