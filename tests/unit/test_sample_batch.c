/* Batches: what comes out is what went in, columns appear when needed, and a refused
 * sample or a failed allocation changes nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/batch.h"
#include "support/suite.h"

#define T0 (1426010041 * SHUB_SECOND_US)

static shub_sample sample_of(const char *device, const char *quantity, const char *unit,
                             int64_t time_us, shub_value value)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    s.device = shub_str(device);
    s.quantity = shub_str(quantity);
    s.unit = shub_str(unit);
    s.time_us = time_us;
    s.value = value;
    return s;
}

static shub_batch *new_batch(void)
{
    shub_batch *batch;
    ck_assert_int_eq(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

static void append(shub_batch *batch, shub_sample s)
{
    shub_error err = SHUB_ERROR_INIT;
    ck_assert_msg(shub_batch_append(batch, &s, &err) == SHUB_OK, "%s", err.message);
}

static int same_value(const shub_value *a, const shub_value *b)
{
    if (a->kind != b->kind)
        return 0;
    if (a->kind == SHUB_KIND_TEXT)
        return shub_slice_equal(a->as.text, b->as.text);
    return a->as.i64 == b->as.i64;
}

static void check_row(const shub_batch *batch, size_t i, const shub_sample *expected)
{
    shub_sample got;
    ck_assert_int_eq(shub_batch_get(batch, i, &got, NULL), SHUB_OK);
    ck_assert(shub_slice_equal(got.device, expected->device));
    ck_assert(shub_slice_equal(got.quantity, expected->quantity));
    ck_assert(shub_slice_equal(got.unit, expected->unit));
    ck_assert_int_eq(got.time_us, expected->time_us);
    ck_assert_uint_eq(got.flags, expected->flags);
    ck_assert(same_value(&got.value, &expected->value));
    ck_assert_int_eq(got.device.ptr[got.device.len], 0);
}

static shub_columns columns_of(const shub_batch *batch)
{
    shub_columns columns = {.size = sizeof columns};
    shub_batch_columns(batch, &columns);
    return columns;
}

/* ---- what comes out --------------------------------------------------------------- */

START_TEST(test_values)
{
    const shub_slice abc = SHUB_LIT("abc");
    ck_assert(shub_double(1.5).as.f64 == 1.5 && shub_double(0).kind == SHUB_KIND_DOUBLE);
    ck_assert(shub_int64(INT64_MIN).as.i64 == INT64_MIN &&
              shub_int64(0).kind == SHUB_KIND_INT64);
    ck_assert(shub_bool(-7).as.boolean == 1 && shub_bool(0).as.boolean == 0);
    ck_assert_int_eq(shub_bool(0).kind, SHUB_KIND_BOOL);
    ck_assert_int_eq(shub_text(abc).kind, SHUB_KIND_TEXT);
    ck_assert_ptr_eq(shub_text(abc).as.text.ptr, abc.ptr);
}
END_TEST

START_TEST(test_empty)
{
    shub_batch *batch = new_batch();
    shub_sample s;
    shub_group group = {0};
    shub_slice text;
    memset(&s, 0xff, sizeof s);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    ck_assert_int_eq(shub_batch_get(batch, 0, &s, NULL), SHUB_E_NOT_FOUND);
    ck_assert(!s.device.ptr && !s.time_us && !s.value.kind && !s.flags);
    ck_assert_int_eq(shub_batch_next_group(batch, &group), 0);
    ck_assert_int_eq(shub_batch_to_jsonl(batch, &text, NULL), SHUB_OK);
    ck_assert(text.ptr && text.len == 0 && !text.ptr[0]);
    shub_columns columns = columns_of(batch);
    ck_assert(columns.rows == 0 && columns.device_count == 0);
    shub_batch_free(batch);
    shub_batch_free(NULL);
}
END_TEST

START_TEST(test_kinds_and_columns)
{
    shub_batch *batch = new_batch();
    const shub_sample rows[] = {
        sample_of("a", "power", "kW", T0, shub_double(0.944)),
        sample_of("b", "power", "kW", T0 + 1, shub_double(-0.0)),
        sample_of("a", "pulses", "count", T0, shub_int64(INT64_MAX)),
        sample_of("a", "door", "", INT64_MIN, shub_bool(1)),
        sample_of("a", "firmware", NULL, INT64_MAX, shub_text(SHUB_LIT("1.\0\xc3\xa9"))),
        sample_of("c", "unheard_of.x", "furlong", 0, shub_text(SHUB_LIT(""))),
        sample_of("a", "power", "kW", T0, shub_double(5e-324)),
    };
    const size_t count = sizeof rows / sizeof rows[0];
    append(batch, rows[0]);
    append(batch, rows[1]);
    shub_columns columns = columns_of(batch);
    ck_assert(!columns.i64 && !columns.text && !columns.kind && !columns.flags);
    for (size_t i = 2; i < count; i++)
        append(batch, rows[i]);
    for (size_t i = 0; i < count; i++)
        check_row(batch, i, &rows[i]);

    columns = columns_of(batch);
    ck_assert_uint_eq(columns.rows, count);
    ck_assert(columns.i64 && columns.text && columns.kind && !columns.flags);
    ck_assert_int_eq(columns.kind[0], SHUB_KIND_DOUBLE);
    ck_assert_int_eq(columns.kind[4], SHUB_KIND_TEXT);
    ck_assert(columns.i64[0] == 0 && columns.i64[2] == INT64_MAX && columns.i64[3] == 1);
    ck_assert(columns.f64[2] == 0 && columns.f64[4] == 0 && columns.f64[6] == 5e-324);
    ck_assert(!columns.text[0].ptr && columns.text[4].len == 5 && !columns.text[6].ptr);
    ck_assert_uint_eq(columns.device_count, 3);
    ck_assert_uint_eq(columns.quantity_count, 5);
    ck_assert_uint_eq(columns.unit_count, 3);
    ck_assert_int_eq(columns.device[5], 2);
    ck_assert_int_eq(columns.device[6], 0);
    ck_assert_int_eq(columns.unit[3], -1);
    ck_assert_str_eq(columns.units[2].ptr, "furlong");
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_flags)
{
    shub_batch *batch = new_batch();
    shub_sample s = sample_of("a", "power", "kW", T0, shub_double(1));
    append(batch, s);
    s.flags = SHUB_QUALITY_ERROR | SHUB_TIME_ASSUMED;
    append(batch, s);
    check_row(batch, 1, &s);
    ck_assert_int_eq(columns_of(batch).flags[0], 0);
    ck_assert_ptr_null(columns_of(batch).kind);
    s.flags = 0;
    check_row(batch, 0, &s);
    shub_batch_free(batch);
}
END_TEST

/* Columns of a caller compiled against an older header. */
START_TEST(test_larger_columns)
{
    struct {
        shub_columns known;
        int64_t later;
    } newer = {{.size = sizeof newer}, 5};
    shub_batch *batch = new_batch();
    shub_batch_columns(batch, &newer.known);
    ck_assert_uint_eq(newer.known.size, sizeof newer);
    ck_assert_int_eq(newer.later, 0);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_smaller_columns)
{
    shub_batch *batch = new_batch();
    shub_columns columns;
    append(batch, sample_of("a", "power", "kW", T0, shub_double(1)));
    memset(&columns, 0xee, sizeof columns);
    columns.size = offsetof(shub_columns, quantity);
    shub_batch_columns(batch, &columns);
    ck_assert(columns.rows == 1 && columns.device && columns.time_us[0] == T0);
    ck_assert_uint_eq(columns.size, offsetof(shub_columns, quantity));
    ck_assert_int_eq(((const unsigned char *)&columns)[columns.size], 0xee);
    shub_batch_free(batch);
}
END_TEST

/* Thousands of names, each met again: codes stay, in order of first use. */
START_TEST(test_many_names)
{
    enum { COUNT = 5000 };
    shub_batch *batch = new_batch();
    char name[32];
    for (int i = 0; i < 3 * COUNT; i++) {
        snprintf(name, sizeof name, "device-%d", i % COUNT);
        append(batch, sample_of(name, "power", "kW", i, shub_double(i)));
    }
    shub_columns columns = columns_of(batch);
    ck_assert_uint_eq(columns.device_count, COUNT);
    ck_assert_uint_eq(columns.quantity_count, 1);
    for (int i = 0; i < 3 * COUNT; i++) {
        snprintf(name, sizeof name, "device-%d", i % COUNT);
        ck_assert_int_eq(columns.device[i], i % COUNT);
        ck_assert_str_eq(columns.devices[columns.device[i]].ptr, name);
    }
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_clear)
{
    shub_batch *batch = new_batch();
    const shub_sample text =
        sample_of("a", "firmware", "", T0, shub_text(SHUB_LIT("a text of some length")));
    const shub_sample plain = sample_of("b", "power", "kW", T0, shub_double(1));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++)
            append(batch, text);
        ck_assert_uint_eq(shub_batch_count(batch), 100);
        shub_batch_clear(batch);
        ck_assert_uint_eq(shub_batch_count(batch), 0);
        append(batch, plain);
        check_row(batch, 0, &plain);
        shub_columns columns = columns_of(batch);
        ck_assert(!columns.text && !columns.kind && columns.device_count == 1);
        append(batch, text);
        check_row(batch, 1, &text);
        ck_assert_int_eq(columns_of(batch).kind[0], SHUB_KIND_DOUBLE);
        shub_batch_clear(batch);
    }
    shub_batch_free(batch);
}
END_TEST

/* Megabytes of texts, twice in the same memory: none moves, none is written over. */
START_TEST(test_texts_stay)
{
    static char bytes[60000];
    shub_batch *batch = new_batch();
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 40; i++) {
            memset(bytes, 'a' + i % 26, sizeof bytes);
            append(batch, sample_of("a", "x", "", i,
                                    shub_text(shub_bytes(bytes, sizeof bytes))));
        }
        for (size_t i = 0; i < 40; i++) {
            shub_slice text = columns_of(batch).text[i];
            ck_assert_uint_eq(text.len, sizeof bytes);
            ck_assert_uint_eq(strspn(text.ptr, (char[]){(char)('a' + i % 26), 0}),
                              text.len);
        }
        shub_batch_clear(batch);
    }
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_groups)
{
    static const struct {
        const char *device;
        int64_t time_us;
    } rows[] = {{"a", 1}, {"a", 1}, {"b", 1}, {"a", 1}, {"a", 2}, {"a", 2}, {"a", 2}};
    static const size_t firsts[] = {0, 2, 3, 4};
    static const size_t counts[] = {2, 1, 1, 3};
    shub_batch *batch = new_batch();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        append(batch, sample_of(rows[i].device, "power", "kW", rows[i].time_us,
                                shub_double((double)i)));
    shub_group group = {0};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(shub_batch_next_group(batch, &group), 1);
        ck_assert_uint_eq(group.first, firsts[i]);
        ck_assert_uint_eq(group.count, counts[i]);
        ck_assert_str_eq(group.device.ptr, rows[firsts[i]].device);
        ck_assert_int_eq(group.time_us, rows[firsts[i]].time_us);
    }
    ck_assert_int_eq(shub_batch_next_group(batch, &group), 0);
    shub_batch_free(batch);
}
END_TEST

/* ---- what is refused -------------------------------------------------------------- */

static char long_name[SHUB_SAMPLE_NAME_MAX + 2];
static char long_text[SHUB_SAMPLE_TEXT_MAX + 2];

static void fill_long_names(void)
{
    memset(long_name, 'n', sizeof long_name - 1);
    memset(long_text, 't', sizeof long_text - 1);
}

START_TEST(test_refused)
{
    const shub_slice text = shub_str(long_text);
    const struct {
        shub_status status;
        shub_sample sample;
        const char *says;
    } refused[] = {
        {SHUB_E_CONTENT, sample_of("a", "power", "kW", T0, shub_double(NAN)), "NaN"},
        {SHUB_E_CONTENT, sample_of("a", "x", "", T0, shub_double(INFINITY)), "infinite"},
        {SHUB_E_CONTENT, sample_of("a", "x", "", T0, shub_double(-INFINITY)), "infinite"},
        {SHUB_E_CONTENT, sample_of("", "power", "kW", T0, shub_double(1)), "device"},
        {SHUB_E_CONTENT, sample_of("a", NULL, "kW", T0, shub_double(1)), "quantity"},
        {SHUB_E_CONTENT, sample_of("a\xff", "power", "kW", T0, shub_double(1)), "device"},
        {SHUB_E_CONTENT, sample_of("a", "p\xc3", "kW", T0, shub_double(1)), "quantity"},
        {SHUB_E_CONTENT, sample_of("a", "power", "\x80", T0, shub_double(1)), "unit"},
        {SHUB_E_CONTENT,
         sample_of("a", "x", "", T0, shub_text(SHUB_LIT("ab\xed\xa0\x80"))), "byte 2"},
        {SHUB_E_CONTENT, sample_of("a", "humidity.2", "%RH", T0, shub_double(100.5)),
         "100.0"},
        {SHUB_E_CONTENT, sample_of("a", "humidity", "", T0, shub_double(-1)), "-1.0"},
        {SHUB_E_CONTENT, sample_of("a", "temperature", "Cel", T0, shub_double(-273.2)),
         "-273.15"},
        {SHUB_E_CONTENT, sample_of("a", "pulses", "count", T0, shub_int64(-1)), "pulses"},
        {SHUB_E_LIMIT, sample_of(long_name, "power", "kW", T0, shub_double(1)), "255"},
        {SHUB_E_LIMIT, sample_of("a", long_name, "kW", T0, shub_double(1)), "255"},
        {SHUB_E_LIMIT, sample_of("a", "power", long_name, T0, shub_double(1)), "255"},
        {SHUB_E_LIMIT, sample_of("a", "firmware", "", T0, shub_text(text)), "65536"},
        {SHUB_E_INVALID, sample_of("a", "power", "kW", T0, (shub_value){0}), "kind"},
        {SHUB_E_INVALID, sample_of("a", "power", "kW", T0, (shub_value){5, 0, {0}}),
         "kind"},
    };
    shub_batch *batch = new_batch();
    append(batch, sample_of("a", "humidity", "%RH", T0, shub_double(50)));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        shub_error err = SHUB_ERROR_INIT;
        shub_status status = shub_batch_append(batch, &refused[i].sample, &err);
        ck_assert_msg(status == refused[i].status, "%zu: %s", i, err.message);
        ck_assert_msg(strstr(err.message, refused[i].says), "%zu: %s", i, err.message);
        ck_assert_int_eq(err.code, status);
        ck_assert_int_eq(err.index, 1);
        ck_assert_int_eq(shub_batch_append(batch, &refused[i].sample, NULL), status);
    }
    shub_columns columns = columns_of(batch);
    ck_assert(columns.rows == 1 && columns.device_count == 1 &&
              columns.quantity_count == 1);
    ck_assert(columns.unit_count == 1 && !columns.kind && !columns.text && !columns.i64);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_refused_flags)
{
    shub_batch *batch = new_batch();
    shub_sample s = sample_of("a", "power", "kW", T0, shub_double(1));
    s.flags = 3;
    ck_assert_int_eq(shub_batch_append(batch, &s, NULL), SHUB_E_INVALID);
    s.flags = 8;
    ck_assert_int_eq(shub_batch_append(batch, &s, NULL), SHUB_E_INVALID);
    ck_assert_uint_eq(columns_of(batch).device_count, 0);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_accepted_at_the_limits)
{
    shub_batch *batch = new_batch();
    shub_sample s = sample_of("a", "humidity", "%RH", T0, shub_double(100));
    append(batch, s);
    s.value = shub_double(0);
    append(batch, s);
    /* The range is one of the table's unit. */
    s = sample_of("a", "temperature", "K", T0, shub_double(-300));
    append(batch, s);
    s = sample_of("a", "firmware", "", T0, shub_text(shub_bytes(long_text, 65536)));
    append(batch, s);
    check_row(batch, 3, &s);
    /* What a device says in error may be anything, and reads back from its line. */
    s = sample_of("a", "humidity", "%RH", T0, shub_double(-1e9));
    s.flags = SHUB_QUALITY_ERROR;
    shub_batch *back = new_batch();
    shub_slice text;
    append(back, s);
    ck_status(shub_batch_to_jsonl(back, &text, NULL), SHUB_OK);
    ck_status(shub_batch_add_jsonl(back, text, NULL, NULL), SHUB_OK);
    check_row(back, 1, &s);
    shub_batch_free(back);
    s = sample_of("a", "firmware", "", T0, shub_text(shub_bytes(long_text, 65536)));
    s.device = shub_bytes(long_name, SHUB_SAMPLE_NAME_MAX);
    append(batch, s);
    check_row(batch, 4, &s);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_row_limit)
{
    shub_batch *batch = new_batch();
    const shub_sample s = sample_of("a", "power", "kW", T0, shub_double(1));
    shub_error err = SHUB_ERROR_INIT;
    append(batch, s);
    /* As if it were full: no row is looked at before the refusal. */
    batch->rows = SHUB_BATCH_MAX_ROWS;
    ck_status(shub_batch_append(batch, &s, &err), SHUB_E_LIMIT);
    ck_assert_int_eq(err.index, (int64_t)SHUB_BATCH_MAX_ROWS);
    ck_assert_uint_eq(shub_batch_count(batch), SHUB_BATCH_MAX_ROWS);
    shub_batch_free(batch);
}
END_TEST

/* ---- allocation failure ------------------------------------------------------------ */

/* Sixteen rows of eight names; the next makes every column grow. */
static shub_status add_sixteen(shub_batch *batch)
{
    for (int i = 0; i < 16; i++) {
        char name[8];
        snprintf(name, sizeof name, "d%d", i % 8);
        shub_sample s = sample_of(name, name, name, T0 + i, shub_double(i));
        shub_status status = shub_batch_append(batch, &s, NULL);
        if (status)
            return status;
    }
    return SHUB_OK;
}

/* A row that needs all there is: three new names, a text, flags. Refused for want of
 * memory, it leaves the batch as it was, and able to take it. */
static shub_status add_seventeenth(shub_batch *batch)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_sample s = sample_of("new", "firmware.new", "new", T0,
                              shub_text(shub_bytes(long_text, 3000)));
    s.flags = SHUB_TIME_ASSUMED;
    shub_status status = shub_batch_append(batch, &s, &err);
    if (status) {
        shub_columns columns = columns_of(batch);
        ck_assert_int_eq(err.index, 16);
        ck_assert(columns.rows == 16 && columns.device_count == 8);
        ck_assert(columns.quantity_count == 8 && columns.unit_count == 8);
        ck_assert(!columns.text && !columns.kind && !columns.flags && !columns.i64);
        append(batch, s);
    }
    check_row(batch, 16, &s);
    ck_assert(columns_of(batch).f64[15] == 15);
    return status;
}

static shub_status seventeen_rows(void *user)
{
    shub_batch *batch = user;
    shub_status status = shub_batch_new(&batch, NULL);
    if (status) {
        ck_assert_ptr_null(batch);
        return status;
    }
    status = add_sixteen(batch);
    if (!status)
        status = add_seventeenth(batch);
    shub_batch_free(batch);
    return status;
}

/* The difference of the first words goes through a multiplication modulo 2^64 unchanged,
 * and that of the second ones takes it away again. */
START_TEST(test_equal_hashes_are_hard_to_prepare)
{
    const uint64_t difference[] = {UINT64_C(1) << 63, UINT64_C(1) << 63 | 1u << 31};
    uint64_t one[] = {UINT64_C(0x6465766963653031), UINT64_C(0x6465766963653032)};
    uint64_t other[] = {one[0] ^ difference[0], one[1] ^ difference[1]};
    size_t equal = 0;
    for (uint32_t seed = 0; seed < 1000; seed++) {
        shub__names names;
        uint32_t hash[2];
        shub__names_init(&names, seed);
        shub__names_find(&names, shub_bytes(one, sizeof one), &hash[0]);
        shub__names_find(&names, shub_bytes(other, sizeof other), &hash[1]);
        equal += hash[0] == hash[1];
    }
    ck_assert_uint_lt(equal, 10);
}
END_TEST

START_TEST(test_no_memory)
{
    ck_assert_uint_gt(oom_loop(seventeen_rows, NULL), 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_batch");
    TCase *out = tcase_create("out");
    TCase *refused = tcase_create("refused");
    fill_long_names();
    tcase_add_test(out, test_values);
    tcase_add_test(out, test_empty);
    tcase_add_test(out, test_kinds_and_columns);
    tcase_add_test(out, test_flags);
    tcase_add_test(out, test_smaller_columns);
    tcase_add_test(out, test_larger_columns);
    tcase_add_test(out, test_many_names);
    tcase_add_test(out, test_equal_hashes_are_hard_to_prepare);
    tcase_add_test(out, test_clear);
    tcase_add_test(out, test_texts_stay);
    tcase_add_test(out, test_groups);
    suite_add_tcase(suite, out);
    tcase_add_test(refused, test_refused);
    tcase_add_test(refused, test_refused_flags);
    tcase_add_test(refused, test_accepted_at_the_limits);
    tcase_add_test(refused, test_row_limit);
    tcase_add_test(refused, test_no_memory);
    suite_add_tcase(suite, refused);
    return suite_run(suite);
}
