/* Frames put into a batch by fields: the same rows and refusals as by shub_batch_append,
 * one value for each quantity and time, rows in order of time, and a batch that is as
 * before when it is rewound. */
#include <math.h>
#include <string.h>

#include "sample/rows.h"
#include "support/suite.h"

#define T0 (INT64_C(1598966251) * SHUB_SECOND_US)

enum { TEMPERATURE, HUMIDITY, MOTION, FIRMWARE, KELVIN, TILT, UNHEARD_OF, PAYLOAD };

static const struct {
    shub__field field;
    int more; /* a decoder's own */
} table[] = {
    [TEMPERATURE] = {{"temperature", "Cel"}, 1}, [HUMIDITY] = {{"humidity", "%RH"}, 2},
    [MOTION] = {{"motion", "count"}, 3},         [FIRMWARE] = {{"firmware", ""}, 4},
    [KELVIN] = {{"temperature.k", "K"}, 5},      [TILT] = {{"tilt", ""}, 6},
    [UNHEARD_OF] = {{"unheard_of.x", ""}, 7},    [PAYLOAD] = {{"firmware.2", ""}, 8},
};
static const shub__fields fields = SHUB__FIELDS(table);
static const shub__fields others = SHUB__FIELDS(table);

static shub_batch *new_batch(void)
{
    shub_batch *batch;
    ck_assert_int_eq(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

static void begin(shub__rows *f, shub_batch *batch, shub_error *err)
{
    shub__rows_begin(f, batch, &fields, SHUB_LIT("d"), T0, 0, err);
}

static void ck_lines(shub_batch *batch, const char *lines)
{
    shub_slice text;
    ck_status(shub_batch_to_jsonl(batch, &text, NULL), SHUB_OK);
    ck_slice_eq(text, lines);
}

static void put_text(shub__rows *f, size_t field, const char *text)
{
    shub_value value = shub_text(shub_str(text));
    shub__rows_put(f, field, &value);
}

#define LINE(quantity, rest)                                                             \
    "{\"device\":\"d\",\"quantity\":\"" quantity                                         \
    "\",\"time\":\"2020-09-01T13:17:31Z\",\"value\":" rest "}\n"

static const char all_lines[] = LINE("temperature", "20.5,\"unit\":\"Cel\"")
    LINE("motion", "7,\"unit\":\"count\"") LINE("humidity", "50.0,\"unit\":\"%RH\"")
        LINE("firmware", "\"1.0\"") LINE("temperature.k", "-300.0,\"unit\":\"K\"")
            LINE("unheard_of.x", "-1e+300") LINE("tilt", "12.0") LINE("a.b", "true");

static shub_status put_all(shub__rows *f)
{
    const shub_value yes = shub_bool(1);
    shub__rows_double(f, TEMPERATURE, 20.5);
    shub__rows_int(f, MOTION, 7);
    shub__rows_double(f, HUMIDITY, 50);
    put_text(f, FIRMWARE, "1.0");
    shub__rows_double(f, KELVIN, -300);
    shub__rows_double(f, UNHEARD_OF, -1e300);
    shub__rows_double(f, TILT, 12);
    shub__rows_put_named(f, SHUB_LIT("a.b"), SHUB_LIT(""), &yes);
    return shub__rows_end(f);
}

/* Again and again: learned once, then plain; forgotten with the batch's names. */
START_TEST(test_rows)
{
    shub_batch *batch = new_batch();
    shub__rows f;
    for (int round = 0; round < 3; round++) {
        begin(&f, batch, NULL);
        ck_status(put_all(&f), SHUB_OK);
        ck_lines(batch, all_lines);
        shub_batch_clear(batch);
    }
    for (int i = 0; i < 200; i++) {
        begin(&f, batch, NULL);
        ck_status(put_all(&f), SHUB_OK);
    }
    ck_assert_uint_eq(shub_batch_count(batch), 200 * 8);
    for (size_t i = 0; i < 200 * 8; i++) {
        shub_sample first, s;
        ck_status(shub_batch_get(batch, i % 8, &first, NULL), SHUB_OK);
        ck_status(shub_batch_get(batch, i, &s, NULL), SHUB_OK);
        ck_assert_ptr_eq(s.quantity.ptr, first.quantity.ptr);
        ck_assert_int_eq(s.value.kind, first.value.kind);
        if (s.value.kind == SHUB_KIND_TEXT)
            ck_assert(shub_slice_equal(s.value.as.text, first.value.as.text));
        else
            ck_assert_int_eq(s.value.as.i64, first.value.as.i64);
    }
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_vocabularies_take_turns)
{
    shub_batch *batch = new_batch();
    shub__rows f;
    for (int i = 0; i < 6; i++) {
        shub__rows_begin(&f, batch, i % 2 ? &fields : &others, SHUB_LIT("d"), T0 + i, 0,
                         NULL);
        shub__rows_double(&f, HUMIDITY, i);
        ck_status(shub__rows_end(&f), SHUB_OK);
    }
    ck_assert_uint_eq(batch->quantities.count, 1);
    ck_assert_ptr_eq(batch->vocabularies->fields, &fields);
    ck_assert_ptr_eq(batch->vocabularies->next->fields, &others);
    ck_assert_ptr_null(batch->vocabularies->next->next);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_flags)
{
    shub_batch *batch = new_batch();
    shub_sample s;
    shub__rows f;
    begin(&f, batch, NULL);
    shub__rows_double(&f, HUMIDITY, 1);
    for (int i = 0; i < 2; i++) {
        shub__rows_begin(&f, batch, &fields, SHUB_LIT("d"), T0 + i,
                         SHUB_QUALITY_REPLACED | SHUB_TIME_ASSUMED, NULL);
        shub__rows_double(&f, HUMIDITY, 2);
        ck_status(shub__rows_end(&f), SHUB_OK);
    }
    for (size_t i = 0; i < 3; i++) {
        ck_status(shub_batch_get(batch, i, &s, NULL), SHUB_OK);
        ck_assert_uint_eq(s.flags, i ? 5 : 0);
    }
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_the_last_of_one_time_wins)
{
    shub_batch *batch = new_batch();
    shub__rows f;
    begin(&f, batch, NULL);
    shub__rows_double(&f, HUMIDITY, 9); /* of the frame before: stays */
    begin(&f, batch, NULL);
    shub__rows_double(&f, TEMPERATURE, 1);
    shub__rows_double(&f, HUMIDITY, 50);
    put_text(&f, FIRMWARE, "a");
    shub__rows_double(&f, TEMPERATURE, 2);
    shub__rows_at(&f, T0 + 1);
    shub__rows_double(&f, TEMPERATURE, 3);
    shub__rows_at(&f, T0);
    shub__rows_int(&f, TEMPERATURE, 4);
    put_text(&f, FIRMWARE, "b");
    put_text(&f, HUMIDITY, "c");
    ck_status(shub__rows_end(&f), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 5);
    shub_columns columns = {.size = sizeof columns};
    shub_batch_columns(batch, &columns);
    ck_assert(columns.f64[0] == 9);
    ck_assert(columns.i64[1] == 4 && columns.kind[1] == SHUB_KIND_INT64);
    ck_slice_eq(columns.text[2], "c");
    ck_slice_eq(columns.text[3], "b");
    ck_assert(columns.f64[4] == 3 && columns.time_us[4] == T0 + 1);
    shub_batch_free(batch);
}
END_TEST

/* Rows of the frame before are left alone, rows of one time keep their order. */
START_TEST(test_order_of_time)
{
    static const int64_t times[] = {3, 1, 2, 1, 0, 3};
    static const size_t put[] = {UNHEARD_OF, MOTION, MOTION, TILT, MOTION, MOTION};
    static const int64_t sorted[] = {9, 0, 1, 1, 2, 3, 3};
    static const int64_t values[] = {0, 14, 11, 13, 12, 10, 15};
    shub_batch *batch = new_batch();
    shub_columns columns = {.size = sizeof columns};
    shub__rows f;
    begin(&f, batch, NULL);
    shub__rows_at(&f, 9);
    shub__rows_int(&f, MOTION, 0);
    begin(&f, batch, NULL);
    for (size_t i = 0; i < 6; i++) {
        shub__rows_at(&f, times[i]);
        shub__rows_int(&f, put[i], 10 + (int64_t)i);
        if (i == 2)
            put_text(&f, FIRMWARE, "two");
    }
    ck_status(shub__rows_end(&f), SHUB_OK);
    shub_batch_columns(batch, &columns);
    ck_assert_uint_eq(columns.rows, 8);
    for (size_t i = 0, row = 0; i < 7; i++, row++) {
        ck_assert_int_eq(columns.time_us[row], sorted[i]);
        ck_assert_int_eq(columns.i64[row], values[i]);
        if (columns.time_us[row] == 2)
            ck_slice_eq(columns.text[++row], "two");
    }
    shub_batch_free(batch);
}
END_TEST

/* Before the field is known, and after; as a double and as a count. */
START_TEST(test_what_cannot_be_is_marked)
{
    shub_batch *batch = new_batch();
    shub_columns c = {.size = sizeof c};
    for (int round = 0; round < 2; round++) {
        shub__rows f;
        shub_batch_clear(batch);
        begin(&f, batch, NULL);
        if (round)
            shub__rows_double(&f, UNHEARD_OF, 1);
        shub__rows_double(&f, HUMIDITY, 100.1);
        shub__rows_double(&f, TEMPERATURE, -300);
        shub__rows_double(&f, TILT, 361);
        shub__rows_int(&f, MOTION, -1);
        shub__rows_double(&f, HUMIDITY, 100); /* the last counts */
        shub__rows_at(&f, T0 + 1);
        shub__rows_double(&f, HUMIDITY, 100);
        ck_status(shub__rows_end(&f), SHUB_OK);
        shub_batch_columns(batch, &c);
        ck_assert_uint_eq(c.rows, 5 + (size_t)round);
        ck_assert_int_eq(c.flags[round], 0);
        for (int i = round + 1; i < round + 4; i++)
            ck_assert_int_eq(c.flags[i], SHUB_QUALITY_ERROR);
        ck_assert_int_eq(c.flags[round + 4], 0);
    }
    shub_batch_free(batch);
}
END_TEST

static const struct {
    size_t field;
    double value;
    const char *says;
} refused[] = {
    {KELVIN, INFINITY, "temperature.k is infinite"},
    {TEMPERATURE, -INFINITY, "temperature is infinite"},
    {UNHEARD_OF, NAN, "unheard_of.x is NaN"},
};

START_TEST(test_refused)
{
    shub_batch *batch = new_batch();
    for (int round = 0; round < 2; round++) {
        shub_error err = SHUB_ERROR_INIT;
        shub__rows f;
        begin(&f, batch, &err);
        if (round)
            shub__rows_double(&f, refused[_i].field, 1);
        shub__rows_double(&f, refused[_i].field, refused[_i].value);
        shub__rows_double(&f, TEMPERATURE, 5); /* the error sticks */
        shub__rows_fail(&f, SHUB_E_FORMAT, 3, "later");
        ck_status(shub__rows_end(&f), SHUB_E_CONTENT);
        ck_assert_str_eq(err.message, refused[_i].says);
        ck_assert_uint_eq(shub_batch_count(batch), (size_t)round);
    }
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_refused_frames)
{
    static char name[SHUB_SAMPLE_NAME_MAX + 1];
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    shub__rows f;
    shub__rows_begin(&f, batch, &fields, SHUB_LIT(""), T0, 0, &err);
    shub__rows_double(&f, HUMIDITY, 1);
    ck_status(shub__rows_end(&f), SHUB_E_CONTENT);
    shub__rows_begin(&f, batch, &fields, shub_bytes(name, sizeof name), T0, 0, &err);
    ck_status(shub__rows_end(&f), SHUB_E_LIMIT);
    shub__rows_begin(&f, batch, &fields, SHUB_LIT("d"), T0, 3, &err);
    ck_status(shub__rows_end(&f), SHUB_E_INVALID);
    begin(&f, batch, &err);
    shub__rows_fail(&f, SHUB_E_FORMAT, 7, "byte %d", 7);
    ck_status(shub__rows_end(&f), SHUB_E_FORMAT);
    ck_assert(err.pos == 7 && !strcmp(err.message, "byte 7"));
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    begin(&f, batch, &err);
    put_text(&f, FIRMWARE, "\xff");
    ck_status(shub__rows_end(&f), SHUB_E_CONTENT);
    begin(&f, batch, &err);
    shub__rows_double(&f, HUMIDITY, 1);
    batch->rows = SHUB_BATCH_MAX_ROWS; /* as if it were full */
    shub__rows_put_named(&f, SHUB_LIT("x"), SHUB_LIT(""), &(shub_value){1, 0, {0}});
    ck_status(shub__rows_end(&f), SHUB_E_LIMIT);
    batch->rows = 0;
    shub_batch_free(batch);
}
END_TEST

/* ---- rewinding -------------------------------------------------------------------- */

static const char first_line[] = LINE("temperature", "1.0,\"unit\":\"Cel\"");

START_TEST(test_rewind)
{
    shub_batch *batch = new_batch();
    shub_columns columns = {.size = sizeof columns};
    shub__rows f;
    begin(&f, batch, NULL);
    shub__rows_double(&f, TEMPERATURE, 1);
    ck_status(shub__rows_end(&f), SHUB_OK);
    for (int i = 0; i < 100; i++) {
        shub__batch_mark mark = shub__batch_marked(batch);
        char device[] = "device-0";
        device[7] = (char)('0' + i % 7);
        shub__rows_begin(&f, batch, &fields, shub_str(device), T0, SHUB_TIME_ASSUMED,
                         NULL);
        ck_status(put_all(&f), SHUB_OK);
        shub__batch_rewind(batch, &mark);
        shub_batch_columns(batch, &columns);
        ck_assert(columns.rows == 1 && columns.device_count == 1);
        ck_assert(columns.quantity_count == 1 && columns.unit_count == 1);
        ck_assert(!columns.i64 && !columns.text && !columns.kind && !columns.flags);
        ck_lines(batch, first_line);
    }
    shub_batch_clear(batch);
    begin(&f, batch, NULL);
    ck_status(put_all(&f), SHUB_OK);
    ck_lines(batch, all_lines);
    shub_batch_free(batch);
}
END_TEST

/* From an empty batch, into blocks that an earlier frame made. */
START_TEST(test_rewind_to_nothing)
{
    static char text[5000];
    shub_batch *batch = new_batch();
    shub__batch_mark mark = shub__batch_marked(batch);
    shub__rows f;
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 20; i++) {
        begin(&f, batch, NULL);
        put_text(&f, FIRMWARE, text);
        put_text(&f, PAYLOAD, text);
        ck_status(put_all(&f), SHUB_OK);
        shub__batch_rewind(batch, &mark);
        ck_lines(batch, "");
    }
    begin(&f, batch, NULL);
    ck_status(put_all(&f), SHUB_OK);
    ck_lines(batch, all_lines);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_names_cut)
{
    shub_batch *batch = new_batch();
    char name[] = "d000";
    shub_sample s = SHUB_SAMPLE_INIT;
    s.device = shub_str(name);
    s.quantity = SHUB_LIT("x");
    s.value = shub_double(1);
    for (int round = 0; round < 3; round++) {
        shub__batch_mark mark = {0};
        for (int i = 0; i < 600; i++) {
            if (i == 250)
                mark = shub__batch_marked(batch);
            name[1] = (char)('0' + i / 100);
            name[2] = (char)('0' + i / 10 % 10);
            name[3] = (char)('0' + i % 10);
            ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
            ck_assert_int_eq(batch->device[batch->rows - 1], i);
        }
        shub__batch_rewind(batch, &mark);
        ck_assert_uint_eq(batch->devices.count, 250);
        batch->rows = 0;
    }
    shub_batch_free(batch);
}
END_TEST

/* ---- allocation failure ------------------------------------------------------------ */

static shub_status two_frames(void *user)
{
    shub_batch *batch = user;
    shub_status status = shub_batch_new(&batch, NULL);
    for (int i = 0; i < 3 && !status; i++) {
        shub__rows f;
        shub__batch_mark mark = shub__batch_marked(batch);
        size_t names = batch->quantities.count;
        shub__rows_begin(&f, batch, &fields, SHUB_LIT("d"), T0, i ? 4 : 0, NULL);
        status = put_all(&f);
        if (status) {
            shub__batch_rewind(batch, &mark);
            ck_assert_uint_eq(batch->quantities.count, names);
            ck_assert_uint_eq(batch->rows, (size_t)i * 8);
        }
    }
    shub_batch_free(batch);
    return status;
}

START_TEST(test_no_memory)
{
    ck_assert_uint_gt(oom_loop(two_frames, NULL), 25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_rows");
    TCase *tcase = tcase_create("rows");
    tcase_add_test(tcase, test_rows);
    tcase_add_test(tcase, test_vocabularies_take_turns);
    tcase_add_test(tcase, test_flags);
    tcase_add_test(tcase, test_the_last_of_one_time_wins);
    tcase_add_test(tcase, test_order_of_time);
    tcase_add_test(tcase, test_what_cannot_be_is_marked);
    tcase_add_loop_test(tcase, test_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(tcase, test_refused_frames);
    tcase_add_test(tcase, test_rewind);
    tcase_add_test(tcase, test_rewind_to_nothing);
    tcase_add_test(tcase, test_names_cut);
    tcase_add_test(tcase, test_no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
