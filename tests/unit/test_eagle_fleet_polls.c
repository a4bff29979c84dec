/* A fleet of simulated gateways: everyone polled in time, one request at a time, results
 * and duplicates, failures that harm nobody else, gateways that come and go. */
#include "eagle/fleet.h"
#include "support/gateways.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static shub_loop *loop;
static shub_batch *batch;
static shub_fleet *fleet;
static gateways *sim;

static void open_fleet(int64_t interval_ms, int32_t keep_duplicates)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;

    opts.interval_ms = interval_ms;
    opts.keep_duplicates = keep_duplicates;
    opts.seed = 3;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(shub_fleet_open(loop, &opts, &fleet, NULL), SHUB_OK);
}

static void close_fleet(void)
{
    shub_fleet_close(fleet);
    shub_batch_free(batch);
    shub_loop_close(loop);
    gateways_stop(sim);
}

static const char *id_of(size_t i)
{
    static char id[16];

    (void)snprintf(id, sizeof id, "gateway-%zu", i);
    return id;
}

static void add(size_t i)
{
    shub_eagle_options opts = gateways_options(sim, i);
    shub_error err = SHUB_ERROR_INIT;

    opts.min_gap_ms = 20;
    ck_assert_msg(shub_fleet_add(fleet, shub_str(id_of(i)), &opts, &err) == SHUB_OK, "%s",
                  err.message);
}

static shub_fleet_stats stats_of(const char *id)
{
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;

    ck_status(shub_fleet_get_stats(fleet, shub_str(id), &stats, NULL), SHUB_OK);
    return stats;
}

/* Runs the fleet until `ms` are over, calling back for each result. */
static void run(int64_t ms, void (*on_result)(const shub_fleet_result *result))
{
    int64_t end_ms = shub__loop_now_ms() + ms, left_ms;

    while ((left_ms = end_ms - shub__loop_now_ms()) > 0) {
        shub_fleet_result result = SHUB_FLEET_RESULT_INIT;

        ck_status(shub_loop_run_once(loop, left_ms, NULL), SHUB_OK);
        while (shub_fleet_next(fleet, batch, &result, NULL) == SHUB_OK)
            if (on_result)
                on_result(&result);
    }
}

static shub_fleet_result next_result(void)
{
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;

    while (shub_fleet_next(fleet, batch, &result, NULL) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    return result;
}

/* ---- many ---------------------------------------------------------------------- */

#define MANY 200

static void check_result(const shub_fleet_result *result)
{
    ck_assert_msg(result->status == SHUB_OK, "%s: %s", result->id.ptr,
                  result->err.message);
    ck_assert_uint_ge(result->samples + result->duplicates, 1);
}

START_TEST(everyone_is_polled_in_time)
{
    shub_fleet_stats all;
    size_t i;

    sim = gateways_start("--relay 60 --eagle100 70 --eagle200 70 --cadence 1");
    open_fleet(500, 0);
    for (i = 0; i < MANY; i++)
        add(i);
    run(3000, check_result);
    for (i = 0; i < MANY; i++) {
        shub_fleet_stats one = stats_of(id_of(i));
        long gap_ms = gateways_stat(sim, i, "gap_ms");

        ck_assert_uint_ge(one.polls, 4);
        ck_assert_uint_le(one.polls, 7);
        ck_assert_uint_ge(one.successes + 1, one.polls);
        ck_assert_uint_ge(one.samples, 1);
        ck_assert_uint_eq(one.failures, 0);
        ck_assert_int_ne(one.last_success_us, 0);
        ck_assert_int_le(gateways_stat(sim, i, "concurrent"), 1);
        ck_assert_int_ge(gap_ms, 20);
    }
    all = stats_of("");
    ck_assert_uint_eq(all.gateways, MANY);
    ck_assert_uint_eq(all.samples, shub_batch_count(batch));
    ck_assert_uint_gt(all.duplicates, 0); /* the meters have news only every second */
    ck_assert_int_le(shub_fleet_lateness_ms(&all, 0.5), 100);
    ck_assert_uint_ge(loop->shard_count, 2);
    close_fleet();
}
END_TEST

/* ---- failures ------------------------------------------------------------------ */

static unsigned failed[3];

static void count_failures(const shub_fleet_result *result)
{
    if (result->status == SHUB_OK)
        return;
    ck_assert_int_eq(result->err.code, result->status);
    ck_assert_int_ne(result->err.message[0], 0);
    failed[result->id.ptr[result->id.len - 1] - '0']++;
}

START_TEST(failures_are_results_and_harm_nobody)
{
    shub_fleet_stats one;

    sim = gateways_start("--eagle100 3 --cadence 1");
    gateways_say(sim, "fault 1 401");
    gateways_say(sim, "fault 2 html 3");
    open_fleet(100, 0);
    add(0);
    add(1);
    add(2);
    run(1500, count_failures);
    one = stats_of("gateway-0");
    ck_assert_uint_eq(one.successes, 0);
    ck_assert_uint_eq(one.failed[SHUB_CLASS_REMOTE], one.failures);
    ck_assert_uint_eq(one.failures, failed[0]);
    ck_assert_uint_ge(one.failures, 5);
    ck_assert_uint_ge(one.missed, 1); /* while its circuit was open */
    ck_assert_int_eq(one.last_success_us, 0);
    one = stats_of("gateway-1");
    /* Of three pages the first may be a Z109's, and the second one's without
     * post_manager. */
    ck_assert_uint_eq(failed[1], 1);
    ck_assert_uint_ge(one.successes, 5);
    one = stats_of("gateway-2");
    ck_assert_uint_eq(failed[2], 0);
    ck_assert_uint_ge(one.successes, 8);
    one = stats_of("");
    ck_assert_uint_eq(one.failures, failed[0] + failed[1]);
    close_fleet();
}
END_TEST

/* ---- duplicates ---------------------------------------------------------------- */

START_TEST(duplicates_are_dropped_and_counted)
{
    shub_fleet_result first, again;
    size_t count;

    sim = gateways_start("--eagle100 1 --cadence 3600");
    open_fleet(60, 0);
    add(0);
    first = next_result();
    ck_status((shub_status)first.status, SHUB_OK);
    ck_assert_uint_eq(first.samples, 1);
    ck_assert_uint_eq(first.duplicates, 0);
    ck_assert_ptr_nonnull(shub_fleet_last_reply(fleet, 0));
    ck_assert_ptr_null(shub_fleet_last_reply(fleet, 1));
    count = shub_batch_count(batch);
    again = next_result();
    ck_status((shub_status)again.status, SHUB_OK);
    ck_assert_uint_eq(again.samples, 0);
    ck_assert_uint_eq(again.duplicates, 1);
    ck_assert_uint_eq(shub_batch_count(batch), count);
    ck_assert_uint_eq(stats_of("gateway-0").duplicates, 1);
    close_fleet();
}
END_TEST

START_TEST(duplicates_can_be_kept)
{
    sim = gateways_start("--eagle100 1 --cadence 3600");
    open_fleet(60, 1);
    add(0);
    (void)next_result();
    ck_assert_uint_eq(next_result().duplicates, 1);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    ck_assert_uint_eq(stats_of("").samples, 2);
    close_fleet();
}
END_TEST

START_TEST(what_was_logged_before_is_noted)
{
    sim = gateways_start("--eagle100 1 --cadence 3600");
    open_fleet(60, 0);
    add(0);
    ck_assert_uint_eq(next_result().samples, 1);
    ck_status(shub_fleet_remove(fleet, SHUB_LIT("gateway-0"), NULL), SHUB_OK);
    add(0);
    ck_status(shub_fleet_note(fleet, SHUB_LIT("gateway-0"), batch, NULL), SHUB_OK);
    ck_status(shub_fleet_note(fleet, SHUB_LIT("b"), batch, NULL), SHUB_E_NOT_FOUND);
    ck_assert_uint_eq(next_result().duplicates, 1);
    close_fleet();
}
END_TEST

/* ---- coming and going ---------------------------------------------------------- */

START_TEST(gateways_go_while_they_are_asked)
{
    shub_fleet_result result;

    sim = gateways_start("--eagle100 3 --cadence 1");
    gateways_say(sim, "fault 1 stall");
    open_fleet(50, 0);
    add(0);
    add(1);
    while (gateways_stat(sim, 0, "requests") == 0) /* in flight from now on */
        run(10, NULL);
    ck_status(shub_fleet_remove(fleet, SHUB_LIT("gateway-0"), NULL), SHUB_OK);
    add(2);
    run(300, NULL);
    ck_assert_uint_ge(stats_of("gateway-1").successes, 2);
    ck_assert_uint_ge(stats_of("gateway-2").successes, 2);
    ck_assert_uint_eq(stats_of("").gateways, 2);
    do /* one that waits to be taken goes too */
        ck_status(shub_loop_run_once(loop, 1000, NULL), SHUB_OK);
    while (!fleet->ready_first);
    result.id = fleet->ready_first->entry.key;
    ck_status(shub_fleet_remove(fleet, result.id, NULL), SHUB_OK);
    ck_assert_uint_eq(stats_of("").gateways, 1);
    ck_status((shub_status)next_result().status, SHUB_OK);
    close_fleet();
}
END_TEST

/* Results that nobody takes stop the polls of their gateways, and no more. */
START_TEST(results_wait_to_be_taken)
{
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    int64_t end_ms;

    sim = gateways_start("--eagle100 2 --cadence 1");
    open_fleet(50, 0);
    add(0);
    add(1);
    end_ms = shub__loop_now_ms() + 400;
    while (shub__loop_now_ms() < end_ms)
        ck_status(shub_loop_run_once(loop, 50, NULL), SHUB_OK);
    ck_assert_int_le(gateways_stat(sim, 0, "requests"), 2); /* device_list, demand */
    ck_assert_int_le(gateways_stat(sim, 1, "requests"), 2);
    ck_status(shub_fleet_next(fleet, batch, &result, NULL), SHUB_OK);
    ck_status(shub_fleet_next(fleet, batch, &result, NULL), SHUB_OK);
    ck_status(shub_fleet_next(fleet, batch, &result, NULL), SHUB_E_AGAIN);
    ck_assert_uint_eq(result.id.len, 0);
    ck_assert_uint_ge(stats_of("").missed, 4);
    ck_status((shub_status)next_result().status, SHUB_OK);
    close_fleet();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle fleet polls");
    TCase *tc = tcase_create("polls");

    if (!gateways_built())
        return 77;
    unsetenv("http_proxy");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, everyone_is_polled_in_time);
    tcase_add_test(tc, failures_are_results_and_harm_nobody);
    tcase_add_test(tc, duplicates_are_dropped_and_counted);
    tcase_add_test(tc, duplicates_can_be_kept);
    tcase_add_test(tc, what_was_logged_before_is_noted);
    tcase_add_test(tc, gateways_go_while_they_are_asked);
    tcase_add_test(tc, results_wait_to_be_taken);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
