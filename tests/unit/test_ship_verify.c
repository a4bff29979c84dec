/* What verify says of hours here, the journal and the destination. */
#include "base/file.h"
#include "support/shipyard.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

#define H17      "2015-03-10-17"
#define H18      "2015-03-10-18"
#define DAY      "sensorhub/meter/2015/03/10/"

#define METER_17 H17 "/sensorhub-meter-" H17 ".jl.gz"
#define METER_18 H18 "/sensorhub-meter-" H18 ".jl.gz"
#define KEY_17   DAY "sensorhub-meter-" H17 ".jl.gz"
#define KEY_18   DAY "sensorhub-meter-" H18 ".jl.gz"

static shipyard yard;
static int deep;

static void setup(void)
{
    deep = 0;
    yard_setup(&yard);
}

static void teardown(void)
{
    yard_teardown(&yard);
}

/* Verifies, and compares with lines of "state stream hour where | detail". */
static void ck_verify(const char *wanted)
{
    char got[2048] = "";
    size_t len = 0;
    shub_verify *verify;
    shub_verify_row row;
    shub_ship *ship = yard_open(&yard);

    yard.err.pos = 77;
    ck_assert_msg(shub_verify_open(ship, deep, &verify, &yard.err) == SHUB_OK, "%s",
                  yard.err.message);
    ck_assert_int_eq(yard.err.pos, 77);
    row.size = sizeof row;
    while (shub_verify_next(verify, &row)) {
        char time[SHUB_TIME_MAX];
        shub_time_format(row.hour_us, time);
        ck_assert_str_eq(time + 13, ":00:00Z");
        time[13] = '\0';
        len += (size_t)snprintf(got + len, sizeof got - len, "%s %s %s %s%s%s\n",
                                shub_verify_state_name((shub_verify_state)row.state),
                                row.stream.ptr, time + 8, row.where.ptr,
                                row.detail.len ? " | " : "", row.detail.ptr);
        ck_assert_int_ge(row.bytes, 0);
    }
    ck_assert_int_eq(shub_verify_next(verify, &row), 0);
    ck_assert_str_eq(got, wanted);
    shub_verify_close(verify);
    shub_ship_close(ship);
}

static void ship_all(void)
{
    ck_assert_msg(yard_run(&yard, NULL) == SHUB_OK, "%s", yard.err.message);
}

START_TEST(nothing)
{
    ck_verify("");
}
END_TEST

START_TEST(from_open_to_complete)
{
    deep = _i;
    yard_write(YARD_ROOT "/" H18 "/sensorhub-meter-" H18 ".jl", "a\n", 2);
    yard_write(YARD_ROOT "/" H18 "/sensorhub-meter-" H18 ".1.jl", "b\n", 2);
    yard_write(YARD_ROOT "/" H18 "/sensorhub-aaa-" H18 ".jl.sealing", "b\n", 2);
    yard_write(YARD_ROOT "/" H18 "/sensorhub-meter-" H18 ".jl.torn", "{", 1);
    yard_write(YARD_ROOT "/" H18 "/sensorhub-meter-" H18 ".jl.gz.tmp", "{", 1);
    yard_seal(METER_17, "one\n");
    ck_verify("pending meter 10T17 /data/" METER_17
              " | sealed here; the next run ships it\n"
              "open aaa 10T18 /data/" H18 "/sensorhub-aaa-" H18 ".jl.sealing"
              " | 1 segment not sealed\n"
              "open meter 10T18 /data/" H18 "/sensorhub-meter-" H18 ".1.jl"
              " | 2 segments not sealed\n"
              "torn meter 10T18 /data/" H18 "/sensorhub-meter-" H18 ".jl.torn"
              " | a cut line was set aside\n");
    yard_reset(&yard);
    yard_seal(METER_18, "two\n");
    yard_seal(METER_17, "one\n");
    ship_all();
    ck_verify("complete meter 10T17 " KEY_17 "\ncomplete meter 10T18 " KEY_18 "\n");
}
END_TEST

START_TEST(kept_files_say_nothing)
{
    yard.opts.keep = 1;
    yard_seal(METER_17, "one\n");
    ship_all();
    ck_verify("complete meter 10T17 " KEY_17 "\n");
}
END_TEST

START_TEST(missing)
{
    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "two\n");
    ship_all();
    ck_status(shub__file_unlink(YARD_DEST "/" KEY_17, NULL), SHUB_OK);
    ck_verify("missing meter 10T17 " KEY_17 " | confirmed once, not there now\n"
              "complete meter 10T18 " KEY_18 "\n");
    yard_seal(METER_17, "one\n"); /* it came back from a backup */
    ck_verify("pending meter 10T17 /data/" METER_17
              " | sealed here; the next run ships it\n"
              "complete meter 10T18 " KEY_18 "\n");
    ship_all();
    ck_verify("complete meter 10T17 " KEY_17 "\ncomplete meter 10T18 " KEY_18 "\n");
}
END_TEST

START_TEST(damaged)
{
    shub__stat st;
    char text[64];

    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "two\n");
    ship_all();
    ck_status(shub__file_stat_path(YARD_DEST "/" KEY_17, &st, NULL), SHUB_OK);
    memset(text, 'x', sizeof text);
    yard_write(YARD_DEST "/" KEY_17, text, (size_t)st.bytes); /* the same size */
    yard_write(YARD_DEST "/" KEY_18, text, 5);
    ck_verify("complete meter 10T17 " KEY_17 "\n"
              "damaged meter 10T18 " KEY_18 " | 5 bytes there, were 24\n");
    deep = 1;
    ck_verify("damaged meter 10T17 " KEY_17 " | its SHA-256 is another now\n"
              "damaged meter 10T18 " KEY_18 " | 5 bytes there, were 24\n");
    yard_reset(&yard);
    yard_write(YARD_ROOT "/" METER_17, "no gzip", 7);
    ck_verify("damaged meter 10T17 /data/" METER_17 " | /data/" METER_17
              ": gzip data damaged at byte 2\n");
}
END_TEST

START_TEST(doubled)
{
    yard_seal(METER_17, "one\n");
    ship_all();
    yard_write_gzip(YARD_DEST "/" DAY "sensorhub-meter-" H17 ".7.jl.gz", "one\n");
    yard_write_gzip(YARD_DEST "/" DAY "sensorhub-meter-" H17 ".8.jl.gz", "other\n");
    ck_verify("complete meter 10T17 " DAY "sensorhub-meter-" H17 ".7.jl.gz\n"
              "complete meter 10T17 " DAY "sensorhub-meter-" H17 ".8.jl.gz\n"
              "complete meter 10T17 " KEY_17 "\n");
    deep = 1;
    ck_verify("complete meter 10T17 " DAY "sensorhub-meter-" H17 ".7.jl.gz\n"
              "complete meter 10T17 " DAY "sensorhub-meter-" H17 ".8.jl.gz\n"
              "doubled meter 10T17 " KEY_17 " | same content as " DAY
              "sensorhub-meter-" H17 ".7.jl.gz\n");
}
END_TEST

/* The journal only hints: without it, names tell what the objects are. */
START_TEST(without_a_journal)
{
    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "two\n");
    ship_all();
    yard_remove_journal(&yard);
    yard_write(YARD_DEST "/" KEY_18, "x", 1);
    yard_write(YARD_DEST "/" DAY "README", "x", 1);
    ck_verify("complete meter 10T17 " KEY_17 "\ncomplete meter 10T18 " KEY_18 "\n");
    deep = 1;
    ck_verify("complete meter 10T17 " KEY_17 "\n"
              "damaged meter 10T18 " KEY_18 " | /srv/" KEY_18
              ": gzip data ends early at byte 1\n");
}
END_TEST

/* Objects of a template of earlier days lie where the present one does not look. */
START_TEST(template_changed)
{
    yard.opts.key = "old/{name}.jl.gz";
    yard_seal(METER_17, "one\n");
    ship_all();
    yard.opts.key = NULL;
    ck_verify("complete meter 10T17 old/sensorhub-meter-" H17 ".jl.gz\n");
}
END_TEST

/* Wherever a run dies, its file is pending or complete, never missing. */
START_TEST(after_every_crash)
{
    int complete = 0, pending = 0, came = 1;

    for (uint64_t k = 1; came; k++) {
        shub_verify *verify;
        shub_verify_row row;
        shub_ship *ship;
        yard_reset(&yard);
        yard_seal(METER_17, "one\n");
        memfs_plan(yard.fs, k, MEMFS_CRASH);
        (void)yard_run(&yard, NULL);
        came = memfs_fault_came(yard.fs);
        memfs_reboot(yard.fs, MEMFS_POWER_SOME, k);
        ship = yard_open(&yard);
        ck_status(shub_verify_open(ship, 1, &verify, &yard.err), SHUB_OK);
        row.size = sizeof row;
        ck_assert(shub_verify_next(verify, &row));
        do {
            ck_assert_msg(row.state == SHUB_VERIFY_COMPLETE ||
                              row.state == SHUB_VERIFY_PENDING,
                          "call %d: %s %s %s", (int)k,
                          shub_verify_state_name((shub_verify_state)row.state),
                          row.where.ptr, row.detail.ptr);
            complete += row.state == SHUB_VERIFY_COMPLETE;
            pending += row.state == SHUB_VERIFY_PENDING;
        } while (shub_verify_next(verify, &row));
        shub_verify_close(verify);
        shub_ship_close(ship);
    }
    ck_assert_int_gt(complete, 2);
    ck_assert_int_gt(pending, 10);
}
END_TEST

static shub_status open_and_verify(void *user)
{
    shub_verify *verify = NULL;
    shub_ship *ship;
    shub_status status = shub_ship_open(&yard.opts, &ship, NULL);

    (void)user;
    if (status == SHUB_OK)
        status = shub_verify_open(ship, 1, &verify, NULL);
    shub_verify_close(verify);
    shub_ship_close(ship);
    return status;
}

START_TEST(memory_runs_out)
{
    yard_seal(METER_17, "one\n");
    ship_all();
    yard_seal(METER_18, "two\n");
    yard_write_gzip(YARD_DEST "/" DAY "sensorhub-meter-" H17 ".7.jl.gz", "one\n");
    ck_assert_uint_gt(oom_loop(open_and_verify, NULL), 20);
}
END_TEST

START_TEST(state_names)
{
    for (int i = 1; i <= SHUB_VERIFY_TORN; i++)
        ck_assert_ptr_nonnull(shub_verify_state_name((shub_verify_state)i));
    ck_assert_ptr_null(shub_verify_state_name((shub_verify_state)0));
    ck_assert_ptr_null(shub_verify_state_name((shub_verify_state)8));
    ck_assert_ptr_null(shub_verify_state_name((shub_verify_state)-1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship verify");
    TCase *tc = tcase_create("verify");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing);
    tcase_add_loop_test(tc, from_open_to_complete, 0, 2);
    tcase_add_test(tc, kept_files_say_nothing);
    tcase_add_test(tc, missing);
    tcase_add_test(tc, damaged);
    tcase_add_test(tc, doubled);
    tcase_add_test(tc, without_a_journal);
    tcase_add_test(tc, template_changed);
    tcase_add_test(tc, after_every_crash);
    tcase_add_test(tc, memory_runs_out);
    tcase_add_test(tc, state_names);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
