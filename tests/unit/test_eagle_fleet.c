/* A fleet without gateways: its options, shards, beats, what it knows, what it counts. */
#include "base/mem.h"
#include "eagle/fleet.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT 2000

static shub_loop *loop;
static shub_fleet *fleet;

static void open_fleet(void)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;

    opts.interval_ms = 6000;
    opts.seed = 7;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_fleet_open(loop, &opts, &fleet, NULL), SHUB_OK);
}

static void close_fleet(void)
{
    shub_fleet_close(fleet);
    shub_loop_close(loop);
}

static shub_status add(shub_fleet *to, const char *id)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;

    opts.url = "http://127.0.0.1:1";
    return shub_fleet_add(to, shub_str(id), &opts, NULL);
}

static const char *id_of(int i)
{
    static char id[16];

    (void)snprintf(id, sizeof id, "%06x", i * 7919);
    return id;
}

/* ---- opening, adding, removing ------------------------------------------------- */

START_TEST(bad_options_are_refused)
{
    static const struct {
        int64_t interval_ms, spread_ms;
        int32_t shard, shards, keep_duplicates;
        const char *says;
    } rows[] = {
        {-1, 0, 0, 0, 0, "interval_ms -1 is not in 0 to 86400000"},
        {86400001, 0, 0, 0, 0, "interval_ms 86400001 is not in 0 to 86400000"},
        {0, -2, 0, 0, 0, "spread_ms -2 is not in -1 to 86400000"},
        {0, 0, 1, 0, 0, "there is no shard 1 of 0"},
        {0, 0, 3, 3, 0, "there is no shard 3 of 3"},
        {0, 0, -1, 3, 0, "there is no shard -1 of 3"},
        {0, 0, 0, 65537, 0, "there is no shard 0 of 65537"},
        {0, 0, 0, 0, 2, "keep_duplicates 2 is not 0 or 1"},
    };
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_fleet *none = fleet;

    opts.interval_ms = rows[_i].interval_ms;
    opts.spread_ms = rows[_i].spread_ms;
    opts.shard = rows[_i].shard;
    opts.shards = rows[_i].shards;
    opts.keep_duplicates = rows[_i].keep_duplicates;
    ck_status(shub_fleet_open(loop, &opts, &none, &err), SHUB_E_INVALID);
    ck_assert_ptr_null(none);
    ck_assert_str_eq(err.message, rows[_i].says);
}
END_TEST

START_TEST(ids_are_there_once)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    char longest[SHUB_FLEET_ID_MAX + 2];
    shub_error err = SHUB_ERROR_INIT;

    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    opts.url = "http://127.0.0.1:1";
    ck_status(add(fleet, "a"), SHUB_OK);
    ck_status(shub_fleet_add(fleet, SHUB_LIT("a"), &opts, &err), SHUB_E_EXISTS);
    ck_assert_str_eq(err.message, "gateway \"a\" is in the fleet");
    ck_status(add(fleet, ""), SHUB_E_INVALID);
    ck_status(add(fleet, longest), SHUB_E_INVALID);
    ck_status(add(fleet, longest + 1), SHUB_OK);
    opts.url = NULL;
    ck_status(shub_fleet_add(fleet, SHUB_LIT("b"), &opts, NULL), SHUB_E_INVALID);
    ck_status(shub_fleet_remove(fleet, SHUB_LIT("b"), &err), SHUB_E_NOT_FOUND);
    ck_assert_str_eq(err.message, "no gateway \"b\" in the fleet");
    ck_status(shub_fleet_remove(fleet, SHUB_LIT("a"), NULL), SHUB_OK);
    ck_status(shub_fleet_remove(fleet, SHUB_LIT("a"), NULL), SHUB_E_NOT_FOUND);
    ck_status(add(fleet, "a"), SHUB_OK);
    ck_assert_uint_eq(fleet->stats.gateways, 2);
}
END_TEST

START_TEST(each_id_has_one_shard)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;
    shub_fleet *shards[3];
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;
    uint64_t total = 0;
    int i, s;

    for (s = 0; s < 3; s++) {
        opts.shard = s;
        opts.shards = 3;
        ck_status(shub_fleet_open(loop, &opts, &shards[s], NULL), SHUB_OK);
    }
    for (i = 0; i < COUNT; i++) {
        int owners = 0;

        for (s = 0; s < 3; s++) {
            ck_status(add(shards[s], id_of(i)), SHUB_OK);
            owners += shub_fleet_owns(shards[s], shub_str(id_of(i)));
        }
        ck_assert_int_eq(owners, 1);
    }
    for (s = 0; s < 3; s++) {
        ck_status(shub_fleet_get_stats(shards[s], shub_str(""), &stats, NULL), SHUB_OK);
        ck_assert_uint_gt(stats.gateways, COUNT / 3 - 100);
        total += stats.gateways;
    }
    ck_assert_uint_eq(total, COUNT);
    for (i = 0; i < COUNT; i++) /* another shard's are no failure */
        for (s = 0; s < 3; s++)
            ck_status(shub_fleet_remove(shards[s], shub_str(id_of(i)), NULL), SHUB_OK);
    for (s = 0; s < 3; s++)
        shub_fleet_close(shards[s]);
}
END_TEST

/* ---- beats --------------------------------------------------------------------- */

START_TEST(first_polls_are_spread)
{
    int64_t start_ms = shub__loop_now_ms();
    int tenths[10] = {0}, i;

    for (i = 0; i < COUNT; i++) {
        shub__member *member;

        ck_status(add(fleet, id_of(i)), SHUB_OK);
        member = shub__fleet_find(fleet, shub_str(id_of(i)));
        ck_assert_int_ge(member->due_ms, start_ms);
        ck_assert_int_lt(member->due_ms, shub__loop_now_ms() + 6000);
        tenths[(member->due_ms - start_ms) / 600 % 10]++;
    }
    for (i = 0; i < 10; i++) {
        ck_assert_int_gt(tenths[i], COUNT / 10 - 60);
        ck_assert_int_lt(tenths[i], COUNT / 10 + 60);
    }
}
END_TEST

START_TEST(the_spread_can_be_none)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;
    shub_fleet *other;
    shub__member *member;
    int64_t start_ms;

    opts.spread_ms = SHUB_NONE;
    ck_status(shub_fleet_open(loop, &opts, &other, NULL), SHUB_OK);
    start_ms = shub__loop_now_ms();
    ck_status(add(other, "a"), SHUB_OK);
    member = shub__fleet_find(other, SHUB_LIT("a"));
    ck_assert_int_ge(member->due_ms, start_ms);
    ck_assert_int_le(member->due_ms, shub__loop_now_ms());
    ck_assert_int_eq(member->interval_ms, SHUB_FLEET_LOCAL_INTERVAL_MS);
    shub_fleet_close(other);
}
END_TEST

START_TEST(beats_do_not_drift)
{
    shub__member *member;
    int64_t beat_ms;
    int i;

    ck_status(add(fleet, "a"), SHUB_OK);
    member = shub__fleet_find(fleet, SHUB_LIT("a"));
    beat_ms = member->beat_ms;
    for (i = 1; i <= 100; i++) { /* polled in time: every beat comes */
        member->beat_ms += member->interval_ms;
        shub__fleet_arm(member);
        ck_assert_int_eq(member->beat_ms, beat_ms + i * 6000);
        ck_assert_int_ge(member->due_ms, member->beat_ms);
        ck_assert_int_le(member->due_ms, member->beat_ms + 6000 / 16);
    }
    ck_assert_uint_eq(member->stats.missed, 0);
}
END_TEST

START_TEST(late_polls_miss_beats)
{
    shub__member *member;
    int64_t now_ms = shub__loop_now_ms();

    ck_status(add(fleet, "a"), SHUB_OK);
    member = shub__fleet_find(fleet, SHUB_LIT("a"));
    member->beat_ms = now_ms - 3 * 6000 - 3000;
    shub__fleet_arm(member);
    ck_assert_int_eq(member->beat_ms, now_ms + 3000);
    ck_assert_uint_eq(member->stats.missed, 4);
    ck_assert_uint_eq(fleet->stats.missed, 4);
    member->eagle->failures = member->eagle->opts.circuit_failures;
    member->eagle->open_until_ms = now_ms + 30000; /* rests */
    shub__fleet_arm(member);
    ck_assert_int_eq(member->beat_ms, now_ms + 33000);
    ck_assert_uint_eq(member->stats.missed, 9);
}
END_TEST

START_TEST(a_gateway_that_comes_back_is_left_its_gap)
{
    shub_fleet_options opts = SHUB_FLEET_OPTIONS_INIT;
    shub_fleet *other;
    int64_t removed_ms;

    opts.spread_ms = SHUB_NONE;
    ck_status(shub_fleet_open(loop, &opts, &other, NULL), SHUB_OK);
    ck_status(add(other, "a"), SHUB_OK);
    removed_ms = shub__loop_now_ms();
    ck_status(shub_fleet_remove(other, SHUB_LIT("a"), NULL), SHUB_OK);
    ck_status(add(other, "a"), SHUB_OK);
    ck_assert_int_gt(shub__fleet_find(other, SHUB_LIT("a"))->due_ms,
                     removed_ms + SHUB_EAGLE_MIN_GAP_MS);
    shub_fleet_close(other);
}
END_TEST

/* ---- counts -------------------------------------------------------------------- */

START_TEST(percentiles_of_lateness)
{
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;

    ck_assert_int_eq(shub_fleet_lateness_ms(&stats, 0.99), 0);
    stats.lateness[0] = 98; /* up to 1 ms */
    stats.lateness[8] = 1;  /* up to 500 ms */
    stats.lateness[15] = 1; /* more than 60 s */
    stats.lateness_max_ms = 61234;
    ck_assert_int_eq(shub_fleet_lateness_ms(&stats, 0), 1);
    ck_assert_int_eq(shub_fleet_lateness_ms(&stats, 0.98), 1);
    ck_assert_int_eq(shub_fleet_lateness_ms(&stats, 0.99), 500);
    ck_assert_int_eq(shub_fleet_lateness_ms(&stats, 1), 61234);
    stats.lateness[15] = 0;
    stats.lateness_max_ms = 321; /* better known than the bucket */
    ck_assert_int_eq(shub_fleet_lateness_ms(&stats, 1), 321);
}
END_TEST

START_TEST(counts_of_nobody)
{
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;
    shub_error err = SHUB_ERROR_INIT;

    stats.polls = 5;
    ck_status(shub_fleet_get_stats(fleet, SHUB_LIT("b"), &stats, &err), SHUB_E_NOT_FOUND);
    ck_assert_uint_eq(stats.polls, 0);
    ck_assert_uint_eq(stats.size, sizeof stats);
}
END_TEST

/* ---- fork, memory -------------------------------------------------------------- */

START_TEST(a_forked_child_is_told)
{
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    shub_fleet *other;
    shub_batch *batch;
    int status;
    pid_t pid;

    ck_status(add(fleet, "a"), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    pid = fork();
    if (pid == 0) {
        int told = shub_fleet_open(loop, NULL, &other, NULL) == SHUB_E_FORKED &&
                   add(fleet, "b") == SHUB_E_FORKED &&
                   shub_fleet_note(fleet, SHUB_LIT("a"), batch, NULL) == SHUB_E_FORKED &&
                   shub_fleet_next(fleet, batch, &result, NULL) == SHUB_E_FORKED &&
                   shub_fleet_remove(fleet, SHUB_LIT("a"), NULL) == SHUB_E_FORKED;

        shub_fleet_close(fleet);
        shub_loop_close(loop);
        _exit(told ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    shub_batch_free(batch);
}
END_TEST

static shub_status open_add_close(void *user)
{
    shub_loop *l;
    shub_fleet *f = NULL;
    shub_status status = shub_loop_open(&l, NULL);

    (void)user;
    if (status == SHUB_OK)
        status = shub_fleet_open(l, NULL, &f, NULL);
    if (status == SHUB_OK)
        status = add(f, "a");
    shub_fleet_close(f);
    shub_loop_close(l);
    return status;
}

static shub_status note_one(void *user)
{
    const shub_batch *batch = user;
    shub_status status = shub_fleet_note(fleet, SHUB_LIT("a"), batch, NULL);
    shub__member *member = shub__fleet_find(fleet, SHUB_LIT("a"));

    shub__free(member->seen);
    member->seen = NULL;
    member->seen_count = 0;
    return status;
}

START_TEST(out_of_memory)
{
    shub_batch *batch;
    shub_sample sample = SHUB_SAMPLE_INIT;

    ck_assert_uint_ge(oom_loop(open_add_close, NULL), 10);
    sample.device = SHUB_LIT("0x01");
    sample.quantity = SHUB_LIT("power");
    sample.time_us = 1;
    sample.value = shub_double(1);
    ck_status(add(fleet, "a"), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(shub_batch_append(batch, &sample, NULL), SHUB_OK);
    ck_assert_uint_eq(oom_loop(note_one, batch), 1);
    shub_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle fleet");
    TCase *tc = tcase_create("fleet");

    tcase_add_checked_fixture(tc, open_fleet, close_fleet);
    tcase_add_loop_test(tc, bad_options_are_refused, 0, 8);
    tcase_add_test(tc, ids_are_there_once);
    tcase_add_test(tc, each_id_has_one_shard);
    tcase_add_test(tc, first_polls_are_spread);
    tcase_add_test(tc, the_spread_can_be_none);
    tcase_add_test(tc, beats_do_not_drift);
    tcase_add_test(tc, late_polls_miss_beats);
    tcase_add_test(tc, a_gateway_that_comes_back_is_left_its_gap);
    tcase_add_test(tc, percentiles_of_lateness);
    tcase_add_test(tc, counts_of_nobody);
    tcase_add_test(tc, a_forked_child_is_told);
    tcase_add_test(tc, out_of_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
