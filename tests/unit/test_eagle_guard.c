/* Totals that fall are no energy: what shub_eagle_guard marks, and when it believes. */
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static shub_eagle_guard *guard;

static void open_guard(void)
{
    ck_status(shub_eagle_guard_new(&guard, NULL), SHUB_OK);
}

static void free_guard(void)
{
    shub_eagle_guard_free(guard);
}

static int look(const char *device, const char *quantity, int64_t seconds, double value)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    int suspect = -1;

    s.device = shub_str(device);
    s.quantity = shub_str(quantity);
    s.time_us = seconds * SHUB_SECOND_US;
    s.value = shub_double(value);
    ck_status(shub_eagle_guard_check(guard, &s, &suspect, NULL), SHUB_OK);
    return suspect;
}

static int total(int64_t seconds, double value)
{
    return look("0x1", "energy_delivered", seconds, value);
}

START_TEST(a_zero_for_one_reading_is_marked)
{
    ck_assert_int_eq(total(1, 100), 0);
    ck_assert_int_eq(total(2, 100.5), 0);
    ck_assert_int_eq(total(3, 0), 1);
    ck_assert_int_eq(total(4, 100.7), 0);
    ck_assert_int_eq(total(5, 100.6), 1);
    ck_assert_int_eq(total(6, 100.7), 0);
}
END_TEST

START_TEST(totals_are_watched_each_for_itself)
{
    ck_assert_int_eq(total(1, 100), 0);
    ck_assert_int_eq(look("0x2", "energy_delivered", 2, 50), 0);
    ck_assert_int_eq(look("0x1", "energy_received", 2, 0), 0);
    ck_assert_int_eq(look("0x1", "energy_received", 3, 0), 0);
    ck_assert_int_eq(look("0x1", "energy_delivered.2", 2, 1), 0);
    ck_assert_int_eq(look("0x1", "energy_delivered.2", 3, 0), 1);
    ck_assert_int_eq(look("0x1", "power", 2, 5), 0);
    ck_assert_int_eq(look("0x1", "power", 3, -5), 0);
    ck_assert_int_eq(look("0x1", "energy.net", 2, 5), 0);
    ck_assert_int_eq(look("0x1", "energy.net", 3, -5), 0);
    ck_assert_int_eq(total(2, 99), 1);
}
END_TEST

START_TEST(a_new_meter_is_believed_after_a_while)
{
    ck_assert_int_eq(total(1, 40000), 0);
    for (int i = 0; i < SHUB_EAGLE_GUARD_READINGS - 1; i++)
        ck_assert_int_eq(total(2 + i, i), 1);
    ck_assert_int_eq(total(100, 12), 0);
    ck_assert_int_eq(total(101, 12), 0);
    ck_assert_int_eq(total(102, 11), 1);
}
END_TEST

START_TEST(the_same_reading_counts_once)
{
    ck_assert_int_eq(total(1, 100), 0);
    for (int i = 0; i < 5 * SHUB_EAGLE_GUARD_READINGS; i++)
        ck_assert_int_eq(total(2, 0), 1);
    ck_assert_int_eq(total(3, 101), 0);
}
END_TEST

START_TEST(a_low_that_falls_again_begins_anew)
{
    ck_assert_int_eq(total(1, 100), 0);
    for (int i = 0; i < 5 * SHUB_EAGLE_GUARD_READINGS; i++)
        ck_assert_int_eq(total(2 + i, i % 2 ? 50 : 0), 1);
}
END_TEST

START_TEST(history_passes)
{
    ck_assert_int_eq(total(1000, 100), 0);
    ck_assert_int_eq(total(10, 1), 0);
    ck_assert_int_eq(total(20, 2), 0);
    ck_assert_int_eq(total(1001, 100), 0);
}
END_TEST

START_TEST(what_is_no_total_passes)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    char device[300];
    int suspect;

    memset(device, 'x', sizeof device);
    s.quantity = SHUB_LIT("energy_delivered");
    s.device = shub_bytes(device, sizeof device);
    for (int i = 0; i < 2; i++) {
        s.time_us++;
        s.value = shub_double(2 - i);
        ck_status(shub_eagle_guard_check(guard, &s, &suspect, NULL), SHUB_OK);
        ck_assert_int_eq(suspect, 0);
    }
    s.device = SHUB_LIT("0x1");
    for (int i = 0; i < 2; i++) {
        s.time_us++;
        s.value = shub_int64(2 - i);
        ck_status(shub_eagle_guard_check(guard, &s, &suspect, NULL), SHUB_OK);
        ck_assert_int_eq(suspect, 0);
    }
}
END_TEST

START_TEST(totals_have_a_largest_number)
{
    char device[16];

    for (int i = 0; i < SHUB_EAGLE_GUARD_MAX; i++) {
        snprintf(device, sizeof device, "%d", i);
        ck_assert_int_eq(look(device, "energy_delivered", 1, 2), 0);
    }
    ck_assert_int_eq(look("more", "energy_delivered", 1, 2), 0);
    ck_assert_int_eq(look("more", "energy_delivered", 2, 1), 0);
    ck_assert_int_eq(look("7", "energy_delivered", 2, 1), 1);
}
END_TEST

START_TEST(replies_are_marked)
{
    static const char body[] = "<CurrentSummation><MeterMacId>0x1</MeterMacId>"
                               "<TimeStamp>0x%x</TimeStamp><SummationDelivered>0x%x"
                               "</SummationDelivered></CurrentSummation>";
    static const unsigned values[] = {100, 0, 101};
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_batch *batch;
    shub_slice lines;

    opts.guard = guard;
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    for (unsigned i = 0; i < 3; i++) {
        char text[256];
        shub_eagle_reply *reply;
        snprintf(text, sizeof text, body, i + 1, values[i]);
        ck_status(shub_eagle_parse(shub_str(text), &reply, NULL), SHUB_OK);
        ck_status(shub_eagle_reply_samples_with(reply, &opts, batch, NULL), SHUB_OK);
        shub_eagle_reply_free(reply);
    }
    ck_status(shub_batch_to_jsonl(batch, &lines, NULL), SHUB_OK);
    ck_slice_eq(lines,
                "{\"device\":\"0x1\",\"quantity\":\"energy_delivered\",\"time\":"
                "\"2000-01-01T00:00:01Z\",\"value\":100.0,\"unit\":\"kWh\"}\n"
                "{\"device\":\"0x1\",\"quantity\":\"energy_delivered\",\"time\":"
                "\"2000-01-01T00:00:02Z\",\"value\":0.0,\"unit\":\"kWh\",\"quality\":"
                "\"error\"}\n"
                "{\"device\":\"0x1\",\"quantity\":\"energy_delivered\",\"time\":"
                "\"2000-01-01T00:00:03Z\",\"value\":101.0,\"unit\":\"kWh\"}\n");
    shub_batch_free(batch);
}
END_TEST

static shub_status watch(void *user)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    shub_eagle_guard *own;
    int suspect;
    shub_status status = shub_eagle_guard_new(&own, NULL);

    (void)user;
    s.device = SHUB_LIT("0x1");
    s.quantity = SHUB_LIT("energy_delivered");
    s.value = shub_double(1);
    if (!status)
        status = shub_eagle_guard_check(own, &s, &suspect, NULL);
    shub_eagle_guard_free(own);
    return status;
}

START_TEST(memory_may_end)
{
    ck_assert_uint_gt(oom_loop(watch, NULL), 1);
    shub_eagle_guard_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle guard");
    TCase *tcase = tcase_create("guard");

    tcase_add_checked_fixture(tcase, open_guard, free_guard);
    tcase_add_test(tcase, a_zero_for_one_reading_is_marked);
    tcase_add_test(tcase, totals_are_watched_each_for_itself);
    tcase_add_test(tcase, a_new_meter_is_believed_after_a_while);
    tcase_add_test(tcase, the_same_reading_counts_once);
    tcase_add_test(tcase, a_low_that_falls_again_begins_anew);
    tcase_add_test(tcase, history_passes);
    tcase_add_test(tcase, what_is_no_total_passes);
    tcase_add_test(tcase, totals_have_a_largest_number);
    tcase_add_test(tcase, replies_are_marked);
    tcase_add_test(tcase, memory_may_end);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
