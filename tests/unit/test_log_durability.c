/* When what was appended is written and acknowledged, and what happens when that fails.
 */
#include "base/file.h"
#include "support/memlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- durability ------------------------------------------------------------------ */

START_TEST(every_is_on_the_disk)
{
    open_log();
    ck_status(put("1"), SHUB_OK);
    power_cut();
    ck_all("sensorhub-meter-2015-03-10-17.jl open\n  1\n");
}
END_TEST

START_TEST(interval_waits_for_the_tick)
{
    options.durability = SHUB_DURABILITY_INTERVAL;
    options.unbuffered = _i;
    open_log();
    ck_status(put("1"), SHUB_OK);
    ck_status(shub_log_tick(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 0);
    ck_assert_uint_eq(stats().writes, (unsigned)_i);
    logview_now_us += SHUB_SECOND_US;
    ck_status(shub_log_tick(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 1);
    ck_assert_uint_eq(stats().syncs, 1);
    ck_status(put("2"), SHUB_OK);
    power_cut();
    ck_all("sensorhub-meter-2015-03-10-17.jl open\n  1\n");
}
END_TEST

START_TEST(none_buffers)
{
    options.durability = SHUB_DURABILITY_NONE;
    options.buffer_bytes = 10;
    open_log();
    ck_status(put("1234"), SHUB_OK);
    ck_status(put("5678"), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 0);
    ck_status(put("9"), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 2);
    ck_assert_uint_eq(stats().writes, 1);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 3);
    ck_assert_uint_eq(stats().syncs, 0);
    ck_status(put("a line longer than the buffer"), SHUB_OK);
    ck_status(put("x"), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 4);
    shub_log_close(shub);
    shub = NULL;
    ck_all("sensorhub-meter-2015-03-10-17.jl open\n"
           "  1234\n  5678\n  9\n  a line longer than the buffer\n  x\n");
}
END_TEST

START_TEST(unbuffered_writes_each_line)
{
    options.durability = SHUB_DURABILITY_NONE;
    options.unbuffered = 1;
    open_log();
    ck_status(put("1"), SHUB_OK);
    ck_status(put("2"), SHUB_OK);
    ck_assert_uint_eq(stats().writes, 2);
    ck_assert_uint_eq(stats().acknowledged, 2);
}
END_TEST

static shub_batch *four_rows(void)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    shub_batch *batch;

    s.device = SHUB_LIT("a");
    s.quantity = SHUB_LIT("b");
    s.value = shub_double(1);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    for (int i = 0; i < 4; i++) { /* hours 17, 16, 17, 16 */
        s.time_us = logview_now_us - i % 2 * SHUB_HOUR_US;
        ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
    }
    return batch;
}

START_TEST(unbuffered_writes_a_batch_at_once)
{
    shub_batch *batch = four_rows(); /* of two hours */

    options.durability = _i;
    options.unbuffered = 1;
    open_log();
    for (uint64_t n = 1; n <= 2; n++) {
        ck_status(shub_log_append_batch(shub, SHUB_LIT("meter"), batch, NULL), SHUB_OK);
        ck_assert_uint_eq(stats().writes, 2 * n);
        ck_assert_uint_eq(stats().lines, 4 * n);
    }
    shub_batch_free(batch);
}
END_TEST

/* ---- failures -------------------------------------------------------------------- */

START_TEST(near_the_limit_appends_are_refused)
{
    shub_error err = SHUB_ERROR_INIT;

    options.durability = _i;
    open_log();
    ck_status(put("1"), SHUB_OK);
    memfs_set_free(fs, ((int64_t)16 << 20) + 1);
    logview_now_us += SHUB_SECOND_US;
    ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us, SHUB_LIT("2"),
                                   &err),
              SHUB_E_FULL);
    ck_assert_str_eq(err.message, "16777217 bytes free, 16777216 are to stay free");
    ck_assert_uint_eq(stats().refused, 1);
    memfs_set_free(fs, ((int64_t)16 << 20) + 2);
    ck_status(put("3"), SHUB_OK);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.jl live\n  1\n  3\n");
    ck_assert_uint_eq(stats().lines, 2);
    ck_assert_uint_eq(stats().acknowledged, 2);
}
END_TEST

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* Every way a write can fail: the line is not there, the next one is. */
START_TEST(a_failed_write_leaves_whole_lines)
{
    static const memfs_fault faults[] = {MEMFS_SHORT, MEMFS_ENOSPC, MEMFS_EIO};
    memfs_fault fault = faults[_i / 3];
    char *all;

    options.durability = _i % 3;
    options.unbuffered = 1;
    open_log();
    ck_status(put("before"), SHUB_OK);
    for (uint64_t k = 1;; k++) {
        shub_status status;
        memfs_plan(fs, k, fault);
        status = put("during");
        if (status == SHUB_OK)
            break;
        ck_status(status, fault == MEMFS_EIO ? SHUB_E_IO : SHUB_E_FULL);
        memfs_plan(fs, 0, MEMFS_NONE);
        ck_status(put("after"), SHUB_OK);
        ck_status(put("after"), SHUB_OK);
    }
    memfs_plan(fs, 0, MEMFS_NONE);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    shub_log_close(shub);
    shub = NULL;
    all = logview_all("/log");
    ck_assert_ptr_null(strstr(all, "torn"));
    ck_assert_int_eq(count(all, "during"), 1);
    free(all);
}
END_TEST

START_TEST(what_failed_stays_buffered)
{
    options.durability = SHUB_DURABILITY_INTERVAL;
    open_log();
    ck_status(put("1"), SHUB_OK);
    ck_status(put("22"), SHUB_OK);
    memfs_plan(fs, 1, MEMFS_SHORT); /* "1\n" and a '2' */
    ck_status(shub_log_flush(shub, NULL), SHUB_E_FULL);
    ck_assert_uint_eq(stats().acknowledged, 0);
    ck_all("sensorhub-meter-2015-03-10-17.jl live\n  1\n");
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 2);
    ck_all("sensorhub-meter-2015-03-10-17.jl live\n  1\n  22\n");
}
END_TEST

/* Linux forgets what a failed fsync lost; memfs does too. */
START_TEST(a_failed_sync_is_written_again)
{
    options.durability = SHUB_DURABILITY_INTERVAL;
    open_log();
    ck_status(put("1"), SHUB_OK);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_status(put("2"), SHUB_OK);
    memfs_plan(fs, 2, MEMFS_EIO);
    ck_status(shub_log_flush(shub, NULL), SHUB_E_IO);
    ck_assert(memfs_fault_came(fs));
    ck_assert_uint_eq(stats().acknowledged, 1);
    ck_status(put("3"), SHUB_OK);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 3);
    power_cut();
    ck_all("sensorhub-meter-2015-03-10-17.jl open\n  1\n  2\n  3\n");
}
END_TEST

/* A fault at every call: the rows before err->index are there, the others are not, and
 * what stood before them is acknowledged by the next flush. */
START_TEST(a_batch_says_how_far_it_came)
{
    static const memfs_fault faults[] = {MEMFS_ENOSPC, MEMFS_EIO, MEMFS_SHORT};
    memfs_fault fault = faults[_i % 3];
    int came = 1;

    options.durability = _i / 3;
    options.unbuffered = 1;
    for (uint64_t k = 1; came; k++) {
        shub_batch *batch = four_rows();
        shub_error err = SHUB_ERROR_INIT;
        shub_status status;
        char *all;
        int64_t rows = 4;
        open_log();
        ck_status(put("1"), SHUB_OK);
        memfs_plan(fs, k, fault);
        status = shub_log_append_batch(shub, SHUB_LIT("meter"), batch, &err);
        came = memfs_fault_came(fs);
        memfs_plan(fs, 0, MEMFS_NONE);
        if (status) {
            ck_assert(came);
            rows = err.index;
        }
        all = logview_all("/log");
        ck_assert_int_eq(count(all, "device"), rows);
        ck_assert_uint_eq(stats().lines, (uint64_t)rows + 1);
        ck_status(shub_log_flush(shub, NULL), SHUB_OK);
        ck_assert_uint_eq(stats().acknowledged, (uint64_t)rows + 1);
        free(all);
        if (options.durability != SHUB_DURABILITY_NONE) {
            power_cut();
            all = logview_all("/log");
            ck_assert_int_eq(count(all, "device"), rows);
            ck_assert_int_eq(count(all, "  1\n"), 1);
            free(all);
        }
        shub_batch_free(batch);
        shub_log_close(shub);
        memfs_free(fs);
        fs = memfs_new();
    }
    shub = NULL;
}
END_TEST

START_TEST(success_leaves_the_error_alone)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_log *second;

    open_log();
    ck_status(put("1"), SHUB_OK);
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &second, &err), SHUB_OK);
    ck_status(shub_log_append_line(second, SHUB_LIT("meter"), logview_now_us,
                                   SHUB_LIT("2"), &err),
              SHUB_OK);
    ck_status(shub_log_tick(second, &err), SHUB_OK);
    ck_status(shub_log_seal(second, NULL, &err), SHUB_OK);
    ck_assert_int_eq(err.code, 0);
    ck_assert_str_eq(err.message, "");
    shub_log_close(second);
}
END_TEST

/* ---- fork, memory ---------------------------------------------------------------- */

static int child_is_refused(void)
{
    shub_slice text;

    return put("2") == SHUB_E_FORKED && shub_log_flush(shub, NULL) == SHUB_E_FORKED &&
           shub_log_tick(shub, NULL) == SHUB_E_FORKED &&
           shub_log_seal(shub, NULL, NULL) == SHUB_E_FORKED &&
           shub_log_recover(shub, NULL, NULL) == SHUB_E_FORKED &&
           shub_log_tail(shub, SHUB_LIT("meter"), 1, &text, NULL) == SHUB_E_FORKED;
}

START_TEST(a_forked_child_writes_nothing)
{
    char root[] = "/tmp/shub_fork_XXXXXX";
    char command[64];
    char *all;
    int result;
    pid_t child;

    shub__file_set_calls(NULL); /* a real lock, shared with the child */
    ck_assert_ptr_nonnull(mkdtemp(root));
    options.durability = SHUB_DURABILITY_NONE;
    ck_status(shub_log_open(shub_str(root), &options, &shub, NULL), SHUB_OK);
    ck_status(put("1"), SHUB_OK);
    child = fork();
    if (child == 0) {
        int ok = child_is_refused();
        shub_log_close(shub);
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_int_eq(result, 0);
    all = logview_all(root);
    ck_assert_str_eq(all, "sensorhub-meter-2015-03-10-17.jl live\n");
    free(all);
    shub_log_close(shub);
    shub = NULL;
    all = logview_all(root);
    ck_assert_str_eq(all, "sensorhub-meter-2015-03-10-17.jl open\n  1\n");
    free(all);
    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}
END_TEST

static shub_status open_append_close(void *user)
{
    shub_log *log;
    shub_slice text;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_status status = shub_log_open(SHUB_LIT("/log"), &options, &log, NULL);

    (void)user;
    if (status)
        return status;
    logview_now_us = logview_time("2015-03-10T17:54:01Z");
    status = shub_log_append_line(log, SHUB_LIT("meter"), logview_now_us,
                                  SHUB_LIT("a line"), NULL);
    if (!status)
        status = shub_log_tail(log, SHUB_LIT("meter"), 1, &text, NULL);
    logview_now_us += 2 * SHUB_HOUR_US;
    if (!status)
        status = shub_log_seal(log, &report, NULL);
    shub_log_close(log);
    return status;
}

START_TEST(without_memory)
{
    options.gzip_level = _i;
    ck_assert_uint_gt(oom_loop(open_append_close, NULL), 5);
    ck_assert_int_eq(memfs_open_count(fs), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_durability");
    TCase *tests = tcase_create("durability");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_is_on_the_disk);
    tcase_add_loop_test(tests, interval_waits_for_the_tick, 0, 2);
    tcase_add_test(tests, none_buffers);
    tcase_add_test(tests, unbuffered_writes_each_line);
    tcase_add_loop_test(tests, unbuffered_writes_a_batch_at_once, 0, 3);
    tcase_add_loop_test(tests, near_the_limit_appends_are_refused, 0, 3);
    tcase_add_loop_test(tests, a_failed_write_leaves_whole_lines, 0, 9);
    tcase_add_test(tests, what_failed_stays_buffered);
    tcase_add_test(tests, a_failed_sync_is_written_again);
    tcase_add_loop_test(tests, a_batch_says_how_far_it_came, 0, 9);
    tcase_add_test(tests, success_leaves_the_error_alone);
    tcase_add_test(tests, a_forked_child_writes_nothing);
    tcase_add_loop_test(tests, without_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
