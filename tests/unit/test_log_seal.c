/* Sealing and recovery: when, what, beside whom, and from what state. */
#include "base/file.h"
#include "support/memlog.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR "/log/2015-03-10-17/"
#define NAME "sensorhub-meter-2015-03-10-17"

static shub_log_report report;

static void set_up(void)
{
    setup();
    open_log();
}

static void add_to(shub_log *log, const char *stream, const char *time, const char *text)
{
    ck_status(shub_log_append_line(log, shub_str(stream), logview_time(time),
                                   shub_str(text), NULL),
              SHUB_OK);
}

static void add(const char *text)
{
    add_to(shub, "meter", "2015-03-10T17:54:01Z", text);
}

static shub_status seal(void)
{
    static const shub_log_report init = SHUB_LOG_REPORT_INIT;

    report = init;
    return shub_log_seal(shub, &report, NULL);
}

static shub_status recover(void)
{
    static const shub_log_report init = SHUB_LOG_REPORT_INIT;

    report = init;
    return shub_log_recover(shub, &report, NULL);
}

/* ---- when and what --------------------------------------------------------------- */

START_TEST(an_hour_is_sealed_after_its_grace)
{
    add("{\"n\":1}");
    add("{\"n\":2}");
    add_to(shub, "other", "2015-03-10T17:00:00Z", "3");
    logview_set_now(fs, "2015-03-10T18:00:59.999999Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 0);
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 2);
    ck_assert_uint_eq(report.lines, 3);
    ck_assert_uint_eq(report.bytes_in, 18);
    ck_assert_uint_gt(report.bytes_out, 0);
    ck_assert_uint_eq(report.busy + report.failed + report.recovered + report.torn, 0);
    ck_all(NAME ".jl.gz sealed\n  {\"n\":1}\n  {\"n\":2}\n"
                "sensorhub-other-2015-03-10-17.jl.gz sealed\n  3\n");
    ck_assert_int_eq(memfs_open_count(fs), 0);
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 0);
}
END_TEST

START_TEST(segments_become_one_file_in_order)
{
    shub_log *logs[3];

    for (int i = 0; i < 3; i++) {
        char text[2] = {(char)('a' + i), '\0'};
        ck_status(shub_log_open(SHUB_LIT("/log"), &options, &logs[i], NULL), SHUB_OK);
        add_to(logs[i], "meter", "2015-03-10T17:54:01Z", text);
    }
    for (int i = 0; i < 3; i++)
        shub_log_close(logs[i]);
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 1);
    ck_all(NAME ".jl.gz sealed\n  a\n  b\n  c\n");
}
END_TEST

/* More segments than are sealed at once: more files. */
START_TEST(many_segments)
{
    char path[96];

    for (int i = 0; i < 150; i++) {
        snprintf(path, sizeof path, HOUR NAME ".%d.jl", i);
        logview_put(i ? path : HOUR NAME ".jl", "x\n");
    }
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 3);
    ck_assert_uint_eq(report.lines, 150);
}
END_TEST

START_TEST(empty_segments_go)
{
    logview_put(HOUR NAME ".jl", "");
    logview_put(HOUR NAME ".1.jl", "x\n");
    logview_put(HOUR NAME ".2.jl", "");
    logview_put(HOUR "sensorhub-empty-2015-03-10-17.jl", "");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 1);
    ck_all(NAME ".1.jl.gz sealed\n  x\n");
}
END_TEST

START_TEST(files_of_others_are_not_touched)
{
    static const char *const names[] = {
        "other-meter-2015-03-10-17.jl",           "sensorhub-meter-2015-03-10-16.jl",
        "sensorhub-meter-2015-03-10-17.jl.gz~",   "sensorhub-meter-2015-03-10-17.01.jl",
        "sensorhub-meter-2015-03-10-17.10000.jl", "sensorhub-2015-03-10-17.jl",
        "sensorhub--x-2015-03-10-17.txt",         "sensorhubmeter-2015-03-10-17.jl",
        "sensorhub-.x-2015-03-10-17.jl",          "other-meter-2015-03-10-17.jl.gz.tmp",
    };
    char path[128];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, HOUR "%s", names[i]);
        logview_put(path, "torn");
    }
    logview_put("/log/2015-03-10/sensorhub-meter-2015-03-10.jl", "torn");
    logview_set_now(fs, "2015-03-11T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_status(recover(), SHUB_OK);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *text;
        snprintf(path, sizeof path, HOUR "%s", names[i]);
        ck_assert_ptr_nonnull(text = logview_text(path));
        ck_assert_str_eq(text, "torn");
        free(text);
    }
}
END_TEST

/* ---- late records ---------------------------------------------------------------- */

START_TEST(late_segments_stay_open_for_an_hour)
{
    add("1");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    logview_set_now(fs, "2015-03-10T18:30:00Z");
    add("late");
    ck_status(shub_log_tick(shub, NULL), SHUB_OK);
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed + report.busy, 0);
    logview_set_now(fs, "2015-03-10T19:29:59.999999Z");
    add_to(shub, "meter", "2015-03-10T18:00:00Z", "of the next hour");
    ck_status(shub_log_tick(shub, NULL), SHUB_OK);
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 0);
    logview_set_now(fs, "2015-03-10T19:30:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 1);
    ck_all(NAME ".1.jl.gz sealed\n  late\n" NAME ".jl.gz sealed\n  1\n"
                "sensorhub-meter-2015-03-10-18.jl live\n  of the next hour\n");
}
END_TEST

/* The process that had it is gone: the file's age counts. */
START_TEST(late_segments_without_a_writer_wait_too)
{
    logview_set_now(fs, "2015-03-10T18:30:00Z");
    add("late");
    shub_log_close(shub);
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &shub, NULL), SHUB_OK);
    logview_set_now(fs, "2015-03-10T19:29:59Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed + report.busy, 0);
    logview_set_now(fs, "2015-03-10T19:30:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 1);
}
END_TEST

/* ---- beside others --------------------------------------------------------------- */

START_TEST(a_writer_makes_the_hour_wait)
{
    shub_log *second;

    add("1");
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &second, NULL), SHUB_OK);
    add_to(second, "meter", "2015-03-10T17:54:01Z", "2");
    add_to(second, "other", "2015-03-10T17:54:01Z", "3");
    add_to(shub, "own", "2015-03-10T17:54:01Z", "4");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.busy, 2);
    ck_assert_uint_eq(report.sealed, 1);
    ck_status(shub_log_tick(second, NULL), SHUB_OK);
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.busy, 0);
    ck_assert_uint_eq(report.sealed, 2);
    ck_all(NAME ".jl.gz sealed\n  1\n  2\n"
                "sensorhub-other-2015-03-10-17.jl.gz sealed\n  3\n"
                "sensorhub-own-2015-03-10-17.jl.gz sealed\n  4\n");
    shub_log_close(second);
}
END_TEST

/* The files of a sealer at work are its own: another leaves them. */
START_TEST(a_sealer_at_work_is_left_alone)
{
    static const char *const busy[] = {HOUR NAME ".jl.sealing", HOUR NAME ".jl.gz.tmp"};
    int fd;

    logview_put(HOUR NAME ".jl.sealing", "1\n");
    logview_put(HOUR NAME ".jl.gz.tmp", "half");
    ck_status(shub__file_open(busy[_i], SHUB__OPEN_READ, &fd, NULL), SHUB_OK);
    ck_status(shub__file_lock(fd, NULL), SHUB_OK);
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(seal(), SHUB_OK);
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.busy, 1);
    ck_all(NAME ".jl.gz.tmp temp\n  half\n" NAME ".jl.sealing sealing\n  1\n");
    shub__file_close(fd);
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.recovered, 1);
    ck_all(NAME ".jl.gz sealed\n  1\n");
}
END_TEST

/* A table that lets something happen right before a file is opened for appending, or
 * locked. */
static shub__file_calls tampered;
static const shub__file_calls *below;
static void (*meanwhile)(void);

static void happen(void)
{
    void (*what)(void) = meanwhile;

    meanwhile = NULL;
    if (what)
        what();
}

static int open_tampered(void *user, const char *path, shub__open_mode mode)
{
    if (mode == SHUB__OPEN_APPEND)
        happen();
    return below->open(user, path, mode);
}

static int lock_tampered(void *user, int fd)
{
    happen();
    return below->lock(user, fd);
}

static void tamper(void (*what)(void), int with_open)
{
    below = memfs_calls_table(fs);
    tampered = *below;
    if (with_open)
        tampered.open = open_tampered;
    else
        tampered.lock = lock_tampered;
    meanwhile = what;
    shub__file_set_calls(&tampered);
}

static void take_number(void)
{
    logview_put(HOUR NAME ".jl.sealing", "sealed meanwhile\n");
}

static void move_away(void)
{
    ck_status(shub__file_rename(HOUR NAME ".jl", HOUR "elsewhere", NULL), SHUB_OK);
}

static void move_and_make(void)
{
    move_away();
    logview_put(HOUR NAME ".jl", "2\n");
}

START_TEST(a_number_taken_meanwhile_is_left)
{
    tamper(take_number, 1);
    add("1");
    ck_all(NAME ".1.jl live\n  1\n" NAME ".jl.sealing sealing\n  sealed meanwhile\n");
}
END_TEST

/* Between open and lock a sealer took the file: the line goes to the one that has the
 * name. */
START_TEST(a_file_moved_meanwhile_is_not_written)
{
    char *text;

    logview_put(HOUR NAME ".jl", "1\n");
    tamper(_i ? move_and_make : move_away, 0);
    add("3");
    text = logview_text(HOUR "elsewhere");
    ck_assert_str_eq(text, "1\n");
    free(text);
    text = logview_text(HOUR NAME ".jl");
    ck_assert_str_eq(text, _i ? "2\n3\n" : "3\n");
    free(text);
}
END_TEST

START_TEST(a_file_moved_meanwhile_is_not_sealed)
{
    char *text;

    logview_put(HOUR NAME ".jl", "1\n");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    tamper(_i ? move_and_make : move_away, 0);
    ck_status(seal(), SHUB_OK);
    ck_assert_uint_eq(report.busy, 1);
    ck_assert_uint_eq(report.sealed, 0);
    text = logview_text(HOUR "elsewhere");
    ck_assert_str_eq(text, "1\n");
    free(text);
}
END_TEST

/* ---- recovery -------------------------------------------------------------------- */

START_TEST(temporary_files_go)
{
    logview_put(HOUR NAME ".jl.gz.tmp", "half");
    ck_status(recover(), SHUB_OK);
    ck_all("");
    ck_assert_uint_eq(report.recovered, 0);
}
END_TEST

START_TEST(sealing_without_a_sealed_file_is_done_again)
{
    logview_put(HOUR NAME ".jl.sealing", "1\n");
    logview_put(HOUR NAME ".1.jl.sealing", "2\n");
    logview_put(HOUR NAME ".jl.gz.tmp", "half");
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.recovered, 1);
    ck_assert_uint_eq(report.sealed, 1);
    ck_assert_uint_eq(report.lines, 2);
    ck_all(NAME ".jl.gz sealed\n  1\n  2\n");
}
END_TEST

START_TEST(sealing_with_its_sealed_file_goes)
{
    logview_put(HOUR NAME ".jl.sealing", "1\n");
    logview_put_gzip(HOUR NAME ".jl.gz", "1\n");
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.recovered, 1);
    ck_assert_uint_eq(report.sealed, 0);
    ck_all(NAME ".jl.gz sealed\n  1\n");
}
END_TEST

START_TEST(sealing_beside_another_sealed_file_has_the_next_number)
{
    logview_put(HOUR NAME ".jl.sealing", "1\n");
    if (_i)
        logview_put(HOUR NAME ".jl.gz", "damaged");
    else
        logview_put_gzip(HOUR NAME ".jl.gz", "another\n");
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.sealed, 1);
    {
        char *text = logview_text(HOUR NAME ".1.jl.gz");
        ck_assert_str_eq(text, "1\n");
        free(text);
    }
    ck_assert_ptr_null(logview_text(HOUR NAME ".jl.sealing"));
}
END_TEST

/* The same content twice is two records: an earlier sealed file does not stand for it. */
START_TEST(equal_content_of_a_later_segment_is_kept)
{
    logview_put_gzip(HOUR NAME ".jl.gz", "1\n");
    logview_put(HOUR NAME ".1.jl.sealing", "1\n");
    ck_status(recover(), SHUB_OK);
    ck_all(NAME ".1.jl.gz sealed\n  1\n" NAME ".jl.gz sealed\n  1\n");
}
END_TEST

START_TEST(torn_tails_are_set_aside)
{
    shub_log *second;

    logview_put(HOUR NAME ".jl", "1\n2\nhalf");
    logview_put(HOUR NAME ".1.jl", "3\n");
    logview_put(HOUR "sensorhub-other-2015-03-10-17.jl", "nothing whole");
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &second, NULL), SHUB_OK);
    add_to(second, "live", "2015-03-10T17:54:01Z", "x");
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.torn, 2);
    ck_assert_uint_eq(report.busy, 0);
    ck_all("sensorhub-live-2015-03-10-17.jl live\n  x\n" NAME ".1.jl open\n  3\n" NAME
           ".jl open\n  1\n  2\n" NAME ".jl.torn torn\n  half\n"
           "sensorhub-other-2015-03-10-17.jl open\n"
           "sensorhub-other-2015-03-10-17.jl.torn torn\n  nothing whole\n");
    ck_status(recover(), SHUB_OK);
    ck_assert_uint_eq(report.torn, 0);
    shub_log_close(second);
}
END_TEST

/* Longer than what is read at once, on both sides of it. */
START_TEST(long_torn_tails)
{
    size_t len = 65536 + (size_t)_i;
    char *text = malloc(len + 4);
    char *got;

    memcpy(text, "1\n", 2);
    memset(text + 2, 'x', len);
    text[len + 2] = '\0';
    logview_put(HOUR NAME ".jl", text);
    ck_status(recover(), SHUB_OK);
    got = logview_text(HOUR NAME ".jl");
    ck_assert_str_eq(got, "1\n");
    free(got);
    got = logview_text(HOUR NAME ".jl.torn");
    ck_assert_uint_eq(strlen(got), len + 1);
    free(got);
    free(text);
}
END_TEST

/* A crash at every call while a tail is set aside: it is in .torn, once whole. */
START_TEST(a_crash_while_a_tail_is_set_aside)
{
    int came = 1;

    for (uint64_t k = 1; came; k++) {
        char *text;
        logview_put(HOUR NAME ".jl", "1\nhalf");
        ck_status(shub__file_sync_folder(HOUR, NULL), SHUB_OK);
        memfs_plan(fs, k, _i ? MEMFS_CRASH_AFTER : MEMFS_CRASH);
        (void)recover();
        came = memfs_fault_came(fs);
        memfs_reboot(fs, MEMFS_POWER_SOME, k);
        ck_status(recover(), SHUB_OK);
        text = logview_text(HOUR NAME ".jl");
        ck_assert_str_eq(text, "1\n");
        free(text);
        text = logview_text(HOUR NAME ".jl.torn");
        ck_assert_ptr_nonnull(strstr(text, "half\n"));
        ck_assert_ptr_null(strstr(strstr(text, "half\n") + 1, "half\n"));
        free(text);
        teardown();
        set_up();
    }
}
END_TEST

/* ---- failures -------------------------------------------------------------------- */

START_TEST(one_that_fails_does_not_stop_the_others)
{
    int failed = 0;
    int came = 1;

    for (uint64_t k = 1; came; k++) {
        shub_status status;
        add_to(shub, "a", "2015-03-10T17:54:01Z", "1");
        add_to(shub, "b", "2015-03-10T17:54:01Z", "2");
        logview_set_now(fs, "2015-03-10T18:01:00Z");
        ck_status(shub_log_tick(shub, NULL), SHUB_OK);
        memfs_plan(fs, k, MEMFS_ENOSPC);
        status = seal();
        came = memfs_fault_came(fs);
        ck_assert(status == SHUB_OK || (came && status == SHUB_E_FULL));
        ck_assert_uint_eq(report.failed, status ? 1 : 0);
        failed += status != SHUB_OK;
        ck_assert_uint_ge(report.sealed, 1);
        ck_status(seal(), SHUB_OK);
        ck_all("sensorhub-a-2015-03-10-17.jl.gz sealed\n  1\n"
               "sensorhub-b-2015-03-10-17.jl.gz sealed\n  2\n");
        teardown();
        set_up();
    }
    ck_assert_int_gt(failed, 10);
}
END_TEST

START_TEST(a_small_report_is_filled_as_far_as_it_goes)
{
    shub_log_report small = SHUB_LOG_REPORT_INIT;

    small.size = offsetof(shub_log_report, bytes_in);
    small.bytes_in = 77;
    add("1");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(shub_log_seal(shub, &small, NULL), SHUB_OK);
    ck_assert_uint_eq(small.lines, 1);
    ck_assert_uint_eq(small.bytes_in, 77);
}
END_TEST

static char traced[512];

static void take_trace(shub_level level, const char *line, void *user)
{
    (void)user;
    snprintf(traced + strlen(traced), sizeof traced - strlen(traced), "%d %s\n",
             (int)level, line);
}

START_TEST(what_happened_is_traced)
{
    logview_put(HOUR NAME ".jl", "1\nhalf");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    shub_trace_set(SHUB_LEVEL_DEBUG, take_trace, NULL);
    ck_status(seal(), SHUB_OK);
    memfs_plan(fs, 1, MEMFS_EIO);
    ck_status(seal(), SHUB_E_IO);
    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    ck_assert_ptr_nonnull(
        strstr(traced, "2 log event=torn path=" HOUR NAME ".jl.torn bytes=4\n"));
    ck_assert_ptr_nonnull(
        strstr(traced, "3 log event=sealed path=" HOUR NAME ".jl.gz lines=1 bytes="));
    ck_assert_ptr_nonnull(
        strstr(traced, "1 log event=seal_failed root=/log status=SHUB_E_IO message="));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_seal");
    TCase *tests = tcase_create("seal");

    tcase_add_checked_fixture(tests, set_up, teardown);
    tcase_add_test(tests, an_hour_is_sealed_after_its_grace);
    tcase_add_test(tests, segments_become_one_file_in_order);
    tcase_add_test(tests, many_segments);
    tcase_add_test(tests, empty_segments_go);
    tcase_add_test(tests, files_of_others_are_not_touched);
    tcase_add_test(tests, late_segments_stay_open_for_an_hour);
    tcase_add_test(tests, late_segments_without_a_writer_wait_too);
    tcase_add_test(tests, a_writer_makes_the_hour_wait);
    tcase_add_loop_test(tests, a_sealer_at_work_is_left_alone, 0, 2);
    tcase_add_test(tests, a_number_taken_meanwhile_is_left);
    tcase_add_loop_test(tests, a_file_moved_meanwhile_is_not_written, 0, 2);
    tcase_add_loop_test(tests, a_file_moved_meanwhile_is_not_sealed, 0, 2);
    tcase_add_test(tests, temporary_files_go);
    tcase_add_test(tests, sealing_without_a_sealed_file_is_done_again);
    tcase_add_test(tests, sealing_with_its_sealed_file_goes);
    tcase_add_loop_test(tests, sealing_beside_another_sealed_file_has_the_next_number, 0,
                        2);
    tcase_add_test(tests, equal_content_of_a_later_segment_is_kept);
    tcase_add_test(tests, torn_tails_are_set_aside);
    tcase_add_loop_test(tests, long_torn_tails, -2, 3);
    tcase_add_loop_test(tests, a_crash_while_a_tail_is_set_aside, 0, 2);
    tcase_add_test(tests, one_that_fails_does_not_stop_the_others);
    tcase_add_test(tests, a_small_report_is_filled_as_far_as_it_goes);
    tcase_add_test(tests, what_happened_is_traced);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
