/* There and back: what an encoder writes for any batch, its reader takes back as the same
 * samples in the same order, and what was read is written the same again. */
#include <stdlib.h>
#include <string.h>

#include "support/samples.h"

#define YEAR_0    (-INT64_C(62167219200) * SHUB_SECOND_US)
#define YEAR_9999 (INT64_C(253402300800) * SHUB_SECOND_US - 1)

static shub_status write_jsonl(shub_batch *batch, shub_slice *text, shub_error *err)
{
    return shub_batch_to_jsonl(batch, text, err);
}

static shub_status read_jsonl(shub_batch *batch, shub_slice text, size_t *refused,
                              shub_error *err)
{
    return shub_batch_add_jsonl(batch, text, refused, err);
}

static shub_status write_influx(shub_batch *batch, shub_slice *text, shub_error *err)
{
    return shub_batch_to_influx(batch, NULL, text, err);
}

static shub_status read_influx(shub_batch *batch, shub_slice text, size_t *refused,
                               shub_error *err)
{
    return shub_batch_add_influx(batch, text, NULL, refused, err);
}

static const shub_influx_options named = {
    .size = sizeof named,
    .measurement = {"m,= x", 5},
    .device_tag = {"zz=,", 4},
    .precision = SHUB_INFLUX_US,
    .one_line = 1,
};

static shub_status write_named(shub_batch *batch, shub_slice *text, shub_error *err)
{
    return shub_batch_to_influx(batch, &named, text, err);
}

static shub_status read_named(shub_batch *batch, shub_slice text, size_t *refused,
                              shub_error *err)
{
    return shub_batch_add_influx(batch, text, &named, refused, err);
}

static shub_status write_senml(shub_batch *batch, shub_slice *text, shub_error *err)
{
    return shub_batch_to_senml(batch, NULL, text, err);
}

static shub_status read_senml(shub_batch *batch, shub_slice text, size_t *refused,
                              shub_error *err)
{
    return shub_batch_add_senml(batch, text, 0, refused, err);
}

static const shub_senml_options relative = {.size = sizeof relative,
                                            .now_us = T0 + 12345678};

static shub_status write_relative(shub_batch *batch, shub_slice *text, shub_error *err)
{
    return shub_batch_to_senml(batch, &relative, text, err);
}

static shub_status read_relative(shub_batch *batch, shub_slice text, size_t *refused,
                                 shub_error *err)
{
    return shub_batch_add_senml(batch, text, relative.now_us, refused, err);
}

static const char *const any_names[] = {
    "d",  "0x00135003007c2d12", "a b",   "\"", "\\x", "a\\,b", "=",
    "\n", "\xc3\xa9",           "end\\", "#",  NULL};
static const char *const influx_names[] = {
    "d", "0x00135003007c2d12", "a b", "\"", "\\x", "a\\,b", "=", "a,\\\\=",
    "#", "\xc3\xa9",           NULL};
static const char *const senml_names[] = {
    "d", "0x00135003007c2d12", "urn:dev:mac:00:13", "a/b", "x_y-z.", NULL};
static const char *const senml_quantities[] = {"unknown", "unknown.2", "-x",
                                               "/",       "q_",        NULL};
static const char *const any_units[] = {"", "kW", "Cel", " ", "\\u", "%", NULL};
static const char *const influx_units[] = {"", "kW", "Cel", " ", "\\u", "%", NULL};
static const char *const senml_units[] = {"", "kW", "Cel", "/100", "lat", "%RH", NULL};
/* Without "" a base unit is factored out. */
static const char *const units_always[] = {"kW", "kW", "kW", "Cel", NULL};

static const struct {
    const char *name;
    sample_limits limits;
    shub_status (*write)(shub_batch *batch, shub_slice *text, shub_error *err);
    shub_status (*read)(shub_batch *batch, shub_slice text, size_t *refused,
                        shub_error *err);
} formats[] = {
    {"JSON lines",
     {any_names, any_names, any_units, YEAR_0, YEAR_9999},
     write_jsonl,
     read_jsonl},
    {"line protocol",
     {influx_names, influx_names, influx_units, INT64_MIN / 1000 + 1, INT64_MAX / 1000},
     write_influx,
     read_influx},
    {"line protocol with options",
     {influx_names, influx_names, influx_units, INT64_MIN / 1000 + 1, INT64_MAX / 1000},
     write_named,
     read_named},
    {"SenML",
     {senml_names, senml_quantities, senml_units, INT64_C(268435456) * SHUB_SECOND_US,
      INT64_MAX},
     write_senml,
     read_senml},
    {"SenML with a unit in every row",
     {senml_names, senml_quantities, units_always, INT64_C(268435456) * SHUB_SECOND_US,
      YEAR_9999},
     write_senml,
     read_senml},
    {"SenML relative to now",
     {senml_names, senml_quantities, senml_units, YEAR_0, T0 + SHUB_HOUR_US},
     write_relative,
     read_relative},
};

static void there_and_back(size_t format, uint64_t seed, size_t rows)
{
    shub_batch *batch = random_batch(seed, rows, &formats[format].limits);
    shub_batch *back = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text, again;
    size_t refused;
    ck_assert_msg(!formats[format].write(batch, &text, &err), "%s: %s",
                  formats[format].name, err.message);
    ck_assert_msg(!formats[format].read(back, text, &refused, &err), "%s: %s",
                  formats[format].name, err.message);
    ck_assert_uint_eq(refused, 0);
    check_same(batch, back);
    ck_status(formats[format].write(back, &again, &err), SHUB_OK);
    ck_assert(shub_slice_equal(text, again));
    shub_batch_free(batch);
    shub_batch_free(back);
}

START_TEST(what_is_written_reads_back_the_same)
{
    for (uint64_t seed = 0; seed < 20; seed++)
        there_and_back((size_t)_i, seed, 100);
    for (uint64_t seed = 100; seed < 120; seed++)
        there_and_back((size_t)_i, seed, (size_t)(seed - 100) % 4);
}
END_TEST

/* Any part of what was written is read without harm, whole lines as they were. */
START_TEST(every_beginning_is_read)
{
    shub_batch *batch = random_batch(7, 12, &formats[_i].limits);
    shub_slice text;
    ck_status(formats[_i].write(batch, &text, NULL), SHUB_OK);
    for (size_t cut = 0; cut < text.len; cut++) {
        char *exact = malloc(cut ? cut : 1);
        shub_batch *back = new_batch();
        shub_error err = SHUB_ERROR_INIT;
        size_t refused;
        memcpy(exact, text.ptr, cut);
        shub_status status =
            formats[_i].read(back, shub_bytes(exact, cut), &refused, &err);
        ck_assert_uint_le(shub_batch_count(back), shub_batch_count(batch));
        ck_assert(status == SHUB_OK || status == SHUB_E_TRUNCATED ||
                  (status == SHUB_E_EMPTY && cut == 0) || status == SHUB_E_CONTENT ||
                  status == SHUB_E_RANGE);
        if (status)
            ck_assert(err.code == status && err.index >= 0 && err.pos >= 0 &&
                      err.pos <= (int64_t)cut);
        shub_batch_free(back);
        free(exact);
    }
    shub_batch_free(batch);
}
END_TEST

static shub_status write_and_read(void *user)
{
    const size_t format = *(const size_t *)user;
    shub_batch *batch, *back;
    shub_slice text;
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_status status = shub_batch_new(&batch, NULL);
    if (status)
        return status;
    shub_sample s = sample_of("d", "x", "kW", T0, shub_text(SHUB_LIT("a\\\"b")), 0);
    status = shub_batch_append(batch, &s, NULL);
    s = sample_of("d", "y", "Cel", T0, shub_double(1.5), SHUB_QUALITY_ERROR);
    if (!status)
        status = shub_batch_append(batch, &s, NULL);
    if (!status) {
        status = formats[format].write(batch, &text, NULL);
        ck_assert(!status || (!text.ptr && !text.len));
    }
    if (status) {
        shub_batch_free(batch);
        return status;
    }
    status = shub_batch_new(&back, NULL);
    if (!status) {
        status = formats[format].read(back, text, &refused, &err);
        ck_assert_uint_eq(refused, 0);
        if (!status)
            check_same(batch, back);
        shub_batch_free(back);
    }
    shub_batch_free(batch);
    return status;
}

START_TEST(no_memory_at_any_place)
{
    size_t format = (size_t)_i;
    ck_assert_uint_gt(oom_loop(write_and_read, &format), 30);
}
END_TEST

int main(void)
{
    const int count = sizeof formats / sizeof formats[0];
    Suite *suite = suite_create("sample_formats");
    TCase *tcase = tcase_create("there and back");
    tcase_add_loop_test(tcase, what_is_written_reads_back_the_same, 0, count);
    tcase_add_loop_test(tcase, every_beginning_is_read, 0, count);
    tcase_add_loop_test(tcase, no_memory_at_any_place, 0, count);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
