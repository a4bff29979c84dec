/* Samples into batches and out, room, memory that is not there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/suite.h"

#define NODE "c727b2f8-8377-d4cb-0e95-ac03200b8c93"

static shub_batch *new_batch(void)
{
    shub_batch *batch;

    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

static shub_clair_sample sample_at(int64_t time_s)
{
    shub_clair_sample s = SHUB_CLAIR_SAMPLE_INIT;

    strcpy(s.node, NODE);
    s.time_s = time_s;
    s.co2_ppm = 800;
    s.temperature_tenths = 206;
    s.humidity_percent = 50;
    s.has = SHUB_CLAIR_HAS_TEMPERATURE | SHUB_CLAIR_HAS_HUMIDITY;
    return s;
}

/* ---- round trips --------------------------------------------------------------------
 */

/* Every temperature and quality comes back as it went, through a batch and a body. */
START_TEST(test_there_and_back)
{
    shub_batch *batch = new_batch();
    shub_group at = {0, 0, {NULL, 0}, 0};
    shub_clair_sample back = SHUB_CLAIR_SAMPLE_INIT;

    for (int t = SHUB_CLAIR_MIN_TEMPERATURE; t <= SHUB_CLAIR_MAX_TEMPERATURE; t++) {
        shub_clair_sample s = sample_at(1000 + t);
        s.temperature_tenths = t;
        s.quality = (uint32_t)(t + 200) % 3;
        s.has = (uint32_t)(t + 200) % 4 | SHUB_CLAIR_HAS_TEMPERATURE;
        s.humidity_percent = s.has & SHUB_CLAIR_HAS_HUMIDITY ? (t + 200) % 101 : 0;
        ck_status(shub_clair_append(batch, &s, NULL), SHUB_OK);
        ck_status(shub_clair_next(batch, &at, SHUB_LIT(""), &back, NULL), SHUB_OK);
        ck_assert(memcmp(&s, &back, sizeof s) == 0);
    }
    ck_status(shub_clair_next(batch, &at, SHUB_LIT(""), &back, NULL), SHUB_E_NOT_FOUND);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_body_and_back)
{
    shub_batch *batch = new_batch();

    for (int t = SHUB_CLAIR_MIN_TEMPERATURE; t <= SHUB_CLAIR_MAX_TEMPERATURE; t++) {
        shub_clair_sample s = sample_at(t + 1000), back = SHUB_CLAIR_SAMPLE_INIT;
        shub_group at = {0, 0, {NULL, 0}, 0};
        char body[SHUB_CLAIR_BODY_MAX];
        size_t len;
        s.temperature_tenths = t;
        ck_status(shub_clair_body(&s, body, sizeof body, &len, NULL), SHUB_OK);
        shub_batch_clear(batch);
        ck_status(shub_clair_add_body(batch, shub_bytes(body, len), NULL, NULL), SHUB_OK);
        ck_status(shub_clair_next(batch, &at, SHUB_LIT(""), &back, NULL), SHUB_OK);
        ck_assert(memcmp(&s, &back, sizeof s) == 0);
    }
    shub_batch_free(batch);
}
END_TEST

/* What a batch did not take is not in it by half. */
START_TEST(test_append_all_or_nothing)
{
    shub_batch *batch = new_batch();
    shub_clair_sample s = sample_at(0);

    s.humidity_percent = 101;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_RANGE);
    s = sample_at(0);
    s.node[0] = 'C';
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_CONTENT);
    memset(s.node, 'c', sizeof s.node);
    ck_status(shub_clair_check(&s, NULL), SHUB_E_CONTENT);
    s = sample_at(0);
    s.quality = 3;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_INVALID);
    s = sample_at(0);
    s.has = 4;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_INVALID);
    s.size = 0;
    ck_status(shub_clair_append(batch, &s, NULL), SHUB_E_INVALID);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_batch_free(batch);
}
END_TEST

/* ---- room and memory ----------------------------------------------------------------
 */

START_TEST(test_room)
{
    shub_clair_sample s = sample_at(SHUB_CLAIR_MAX_TIME_S);
    char body[SHUB_CLAIR_BODY_MAX];
    size_t whole, len;

    s.co2_ppm = SHUB_CLAIR_MAX_CO2;
    s.temperature_tenths = SHUB_CLAIR_MIN_TEMPERATURE;
    s.humidity_percent = SHUB_CLAIR_MAX_HUMIDITY;
    ck_status(shub_clair_body(&s, body, sizeof body, &whole, NULL), SHUB_OK);
    for (size_t cap = 0; cap <= whole; cap++) {
        char *dst = malloc(cap ? cap : 1);
        ck_status(shub_clair_body(&s, dst, cap, &len, NULL), SHUB_E_LIMIT);
        ck_assert(len == 0 && (!cap || dst[0] == '\0'));
        free(dst);
    }
}
END_TEST

static const char dump[] =
    "[{\"model\":\"core.sample\",\"fields\":{\"node\":\"" NODE "\",\"timestamp_s\":7,"
    "\"measurement\\u005fstatus\":\"M\"}}]";
static const char export[] =
    "{\"node_ref\":\"" NODE "\",\"timestamp_s\":8,\"co2\\u005fppm\":1}\n";

/* Two documents, a set, what it writes. */
static shub_status with_memory(void *user)
{
    static const shub_clair_device device = {{"ers", 3}, {"0102030405060708", 16}};
    shub_clair_fixtures *fixtures = NULL;
    shub_batch *batch = NULL;
    shub_clair_sample s = sample_at(7);
    char body[SHUB_CLAIR_BODY_MAX];
    shub_slice text;
    size_t len;
    shub_status status;

    (void)user;
    if ((status = shub_batch_new(&batch, NULL)) == SHUB_OK &&
        (status = shub_clair_body(&s, body, sizeof body, &len, NULL)) == SHUB_OK &&
        (status = shub_clair_add_body(batch, shub_bytes(body, len), NULL, NULL)) ==
            SHUB_OK &&
        (status = shub_clair_add_mongo(batch, shub_str(export), &device, 1, NULL,
                                       NULL)) == SHUB_OK &&
        (status = shub_clair_fixtures_new(&fixtures, NULL)) == SHUB_OK &&
        (status = shub_clair_fixtures_known(fixtures, shub_str(dump), NULL)) == SHUB_OK &&
        (status = shub_clair_fixtures_add(fixtures, batch, SHUB_LIT(""), NULL)) ==
            SHUB_OK)
        status = shub_clair_fixtures_write(fixtures, &text, NULL);
    ck_assert(status != SHUB_OK || text.len > 100);
    shub_clair_fixtures_free(fixtures);
    shub_batch_free(batch);
    return status;
}

START_TEST(test_no_memory)
{
    ck_assert_uint_gt(oom_loop(with_memory, NULL), 15);
}
END_TEST

/* A sample whose second or third row finds no memory leaves none. */
static shub_status append_one(void *user)
{
    shub_clair_sample s = sample_at(9);
    shub_batch *batch;
    shub_status status = shub_batch_new(&batch, NULL);

    (void)user;
    if (status != SHUB_OK)
        return status;
    status = shub_clair_append(batch, &s, NULL);
    ck_assert_uint_eq(shub_batch_count(batch), status == SHUB_OK ? 3 : 0);
    shub_batch_free(batch);
    return status;
}

START_TEST(test_append_without_memory)
{
    ck_assert_uint_gt(oom_loop(append_one, NULL), 5);
}
END_TEST

/* ---- many -----------------------------------------------------------------------------
 */

/* More than a block holds, twice, the second time in another order. */
START_TEST(test_many)
{
    enum { MANY = 3000 };
    shub_clair_report report = SHUB_CLAIR_REPORT_INIT;
    shub_clair_fixtures *fixtures;
    shub_batch *batch = new_batch(), *back = new_batch();
    shub_slice text;

    ck_status(shub_clair_fixtures_new(&fixtures, NULL), SHUB_OK);
    for (int i = 0; i < 2 * MANY; i++) {
        shub_clair_sample s = sample_at(i * 7919 % MANY);
        ck_status(shub_clair_append(batch, &s, NULL), SHUB_OK);
    }
    ck_status(shub_clair_fixtures_add(fixtures, batch, SHUB_LIT(""), NULL), SHUB_OK);
    ck_status(shub_clair_fixtures_write(fixtures, &text, NULL), SHUB_OK);
    shub_clair_fixtures_report(fixtures, &report);
    ck_assert(report.added == MANY && report.doubled == MANY);
    ck_status(shub_clair_add_fixtures(back, text, NULL, NULL), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(back), 3 * MANY);
    for (size_t i = 0; i < 3 * MANY; i += 3) {
        shub_sample row;
        ck_status(shub_batch_get(back, i, &row, NULL), SHUB_OK);
        ck_assert_int_eq(row.time_us, (int64_t)i / 3 * SHUB_SECOND_US);
    }
    shub_clair_fixtures_free(fixtures);
    shub_clair_fixtures_free(NULL);
    shub_batch_free(batch);
    shub_batch_free(back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clair_samples");
    TCase *samples = tcase_create("samples");

    tcase_add_test(samples, test_there_and_back);
    tcase_add_test(samples, test_body_and_back);
    tcase_add_test(samples, test_append_all_or_nothing);
    tcase_add_test(samples, test_room);
    tcase_add_test(samples, test_no_memory);
    tcase_add_test(samples, test_append_without_memory);
    tcase_add_test(samples, test_many);
    suite_add_tcase(suite, samples);
    return suite_run(suite);
}
