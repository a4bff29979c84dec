/* Appending: options, lines, which hour, which file. */
#include "base/file.h"
#include "support/memlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static shub_status put_at(const char *time, const char *text)
{
    return shub_log_append_line(shub, SHUB_LIT("meter"), logview_time(time),
                                shub_str(text), NULL);
}

static shub_status put_bytes(const char *text, size_t len)
{
    return shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us,
                                shub_bytes(text, len), NULL);
}

static void holds(const char *path, const char *wanted)
{
    char *text = logview_text(path);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, wanted);
    free(text);
}

/* ---- options --------------------------------------------------------------------- */

START_TEST(bad_options)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log = (shub_log *)&err;

    options.durability = 3;
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &log, &err), SHUB_E_INVALID);
    ck_assert_ptr_null(log);
    ck_assert_str_eq(err.message, "durability 3 is not within 0 to 2");
    options.durability = 0;
    options.prefix = "a/b";
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &log, &err), SHUB_E_INVALID);
    options.prefix = NULL;
    options.gzip_level = 10;
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &log, &err), SHUB_E_INVALID);
    options.gzip_level = 0;
    options.late_us = -2;
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &log, &err), SHUB_E_INVALID);
    options.late_us = 0;
    options.size--;
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &log, &err), SHUB_E_INVALID);
    ck_status(shub_log_open(SHUB_LIT(""), NULL, &log, &err), SHUB_E_INVALID);
    ck_status(shub_log_open(SHUB_LIT("a\0b"), NULL, &log, &err), SHUB_E_INVALID);
    shub_log_close(NULL);
}
END_TEST

START_TEST(root_is_made)
{
    ck_status(shub_log_open(SHUB_LIT("/a/b/c"), &options, &shub, NULL), SHUB_OK);
    ck_status(put("1"), SHUB_OK);
    power_cut();
    holds("/a/b/c/2015-03-10-17/sensorhub-meter-2015-03-10-17.jl", "1\n");
}
END_TEST

/* ---- lines and streams ----------------------------------------------------------- */

START_TEST(lines_go_to_the_hour)
{
    open_log();
    ck_status(put("{\"n\":1}"), SHUB_OK);
    ck_status(put_to("other", "{\"n\":2}"), SHUB_OK);
    ck_status(put("{\"n\":3}"), SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.jl live\n"
           "  {\"n\":1}\n"
           "  {\"n\":3}\n"
           "sensorhub-other-2015-03-10-17.jl live\n"
           "  {\"n\":2}\n");
    ck_assert_uint_eq(stats().lines, 3);
    ck_assert_uint_eq(stats().bytes, 24);
    ck_assert_uint_eq(stats().acknowledged, 3);
    ck_assert_uint_eq(stats().syncs, 3);
}
END_TEST

START_TEST(bad_lines)
{
    char *big = malloc(SHUB_LOG_LINE_MAX + 1);
    shub_error err = SHUB_ERROR_INIT;

    memset(big, 'x', SHUB_LOG_LINE_MAX + 1);
    open_log();
    ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), 0, SHUB_LIT("a\nb"), &err),
              SHUB_E_INVALID);
    ck_assert_int_eq(err.pos, 1);
    ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), 0, SHUB_LIT("ab\0"), &err),
              SHUB_E_INVALID);
    ck_assert_int_eq(err.pos, 2);
    ck_status(put(""), SHUB_E_INVALID);
    for (size_t len = 1; len < 100; len++)
        for (size_t at = 0; at < len; at++) {
            memset(big, '\x08', len);
            big[at] = at % 2 ? '\n' : '\0';
            ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), 0,
                                           shub_bytes(big, len), &err),
                      SHUB_E_INVALID);
            ck_assert_int_eq(err.pos, (int64_t)at);
        }
    memset(big, 'x', 100);
    ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), 0,
                                   shub_bytes(big, SHUB_LOG_LINE_MAX + 1), &err),
              SHUB_E_LIMIT);
    ck_status(put_to("", "x"), SHUB_E_INVALID);
    ck_status(put_to(".x", "x"), SHUB_E_INVALID);
    ck_status(put_to("a/b", "x"), SHUB_E_INVALID);
    ck_all("");
    ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), 0,
                                   shub_bytes(big, SHUB_LOG_LINE_MAX), &err),
              SHUB_OK);
    for (size_t len = 1; len < 100; len++)
        ck_status(put_bytes(memset(big, '\x08', len), len), SHUB_OK);
    ck_assert_uint_eq(stats().lines, 100);
    free(big);
}
END_TEST

START_TEST(samples_and_batches)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    shub_batch *batch;
    shub_error err = SHUB_ERROR_INIT;

    open_log();
    s.device = SHUB_LIT("0x1");
    s.quantity = SHUB_LIT("power");
    s.unit = SHUB_LIT("kW");
    s.time_us = logview_now_us;
    s.value = shub_double(0.5);
    ck_status(shub_log_append(shub, SHUB_LIT("meter"), &s, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(shub_log_append_batch(shub, SHUB_LIT("meter"), batch, NULL), SHUB_OK);
    for (int i = 1; i <= 3; i++) {
        s.value = shub_double(i);
        s.time_us -= SHUB_HOUR_US / 2; /* 17:24, 16:54, 16:24 */
        ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
    }
    ck_status(shub_log_append_batch(shub, SHUB_LIT("meter"), batch, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().syncs, 3);
    ck_assert_uint_eq(stats().writes, 3);
    s.quantity = SHUB_LIT("");
    ck_status(shub_log_append(shub, SHUB_LIT("meter"), &s, &err), SHUB_E_CONTENT);
    shub_batch_free(batch);
    ck_all(
        "sensorhub-meter-2015-03-10-16.jl live\n"
        "  {\"device\":\"0x1\",\"quantity\":\"power\",\"time\":\"2015-03-10T16:54:01Z\","
        "\"value\":2.0,\"unit\":\"kW\"}\n"
        "  {\"device\":\"0x1\",\"quantity\":\"power\",\"time\":\"2015-03-10T16:24:01Z\","
        "\"value\":3.0,\"unit\":\"kW\"}\n"
        "sensorhub-meter-2015-03-10-17.jl live\n"
        "  {\"device\":\"0x1\",\"quantity\":\"power\",\"time\":\"2015-03-10T17:54:01Z\","
        "\"value\":0.5,\"unit\":\"kW\"}\n"
        "  {\"device\":\"0x1\",\"quantity\":\"power\",\"time\":\"2015-03-10T17:24:01Z\","
        "\"value\":1.0,\"unit\":\"kW\"}\n");
}
END_TEST

START_TEST(long_lines_in_a_row)
{
    char *big = malloc(SHUB_LOG_LINE_MAX);

    memset(big, 'x', SHUB_LOG_LINE_MAX);
    options.durability = _i;
    open_log();
    for (int i = 0; i < 4; i++)
        ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us,
                                       shub_bytes(big, SHUB_LOG_LINE_MAX), NULL),
                  SHUB_OK);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 4);
    free(big);
}
END_TEST

/* ---- the hour -------------------------------------------------------------------- */

START_TEST(window_edges)
{
    open_log();
    ck_status(put_at("2015-03-10T16:00:00Z", "first of the window"), SHUB_OK);
    ck_status(put_at("2015-03-10T15:59:59.999999Z", "too late"), SHUB_OK);
    ck_assert_uint_eq(stats().late, 1);
    logview_set_now(fs, "2015-03-10T17:58:00Z");
    ck_status(put_at("2015-03-10T18:03:00Z", "last of the window"), SHUB_OK);
    ck_assert_uint_eq(stats().late, 1);
    ck_status(put_at("2015-03-10T18:03:00.000001Z", "too early"), SHUB_OK);
    ck_status(put_at("1970-01-01T00:00:00Z", "no clock"), SHUB_OK);
    ck_assert_uint_eq(stats().late, 3);
    ck_all("sensorhub-meter-2015-03-10-16.jl live\n"
           "  first of the window\n"
           "sensorhub-meter-2015-03-10-17.jl live\n"
           "  too late\n"
           "  too early\n"
           "  no clock\n"
           "sensorhub-meter-2015-03-10-18.jl live\n"
           "  last of the window\n");
}
END_TEST

START_TEST(no_late_window)
{
    options.late_us = SHUB_NONE;
    open_log();
    ck_status(put_at("2015-03-10T17:00:00Z", "own hour"), SHUB_OK);
    ck_status(put_at("2015-03-10T16:59:59Z", "hour before"), SHUB_OK);
    ck_assert_uint_eq(stats().late, 1);
    ck_all("sensorhub-meter-2015-03-10-17.jl live\n  own hour\n  hour before\n");
}
END_TEST

START_TEST(years_without_a_name)
{
    open_log();
    logview_now_us = INT64_C(253402300800000000); /* 10000-01-01 */
    ck_status(put("x"), SHUB_E_RANGE);
    ck_assert_uint_eq(stats().lines, 0);
}
END_TEST

START_TEST(tick_closes_hours_that_are_over)
{
    options.durability = SHUB_DURABILITY_NONE;
    open_log();
    ck_status(put("1"), SHUB_OK);
    logview_set_now(fs, "2015-03-10T18:00:59.999999Z");
    ck_status(put("2"), SHUB_OK);
    ck_status(shub_log_tick(shub, NULL), SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.jl live\n"
           "sensorhub-meter-2015-03-10-18.jl live\n");
    logview_set_now(fs, "2015-03-10T18:01:00Z");
    ck_status(shub_log_tick(shub, NULL), SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.jl open\n"
           "  1\n"
           "sensorhub-meter-2015-03-10-18.jl live\n");
    ck_assert_uint_eq(stats().acknowledged, 1);
}
END_TEST

/* ---- several files of an hour ---------------------------------------------------- */

START_TEST(a_second_writer_has_the_next_number)
{
    shub_log *second;
    shub_log *third;

    open_log();
    ck_status(put("1"), SHUB_OK);
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &second, NULL), SHUB_OK);
    ck_status(shub_log_append_line(second, SHUB_LIT("meter"), logview_now_us,
                                   SHUB_LIT("2"), NULL),
              SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.1.jl live\n  2\n"
           "sensorhub-meter-2015-03-10-17.jl live\n  1\n");
    shub_log_close(second);
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &third, NULL), SHUB_OK);
    ck_status(shub_log_append_line(third, SHUB_LIT("meter"), logview_now_us,
                                   SHUB_LIT("3"), NULL),
              SHUB_OK);
    ck_status(put("4"), SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.1.jl live\n  2\n  3\n"
           "sensorhub-meter-2015-03-10-17.jl live\n  1\n  4\n");
    shub_log_close(third);
}
END_TEST

START_TEST(a_used_number_is_not_used_again)
{
    logview_put("/log/2015-03-10-17/sensorhub-meter-2015-03-10-17.jl.gz", "");
    logview_put("/log/2015-03-10-17/sensorhub-meter-2015-03-10-17.1.jl.gz.shipped", "");
    logview_put("/log/2015-03-10-17/sensorhub-meter-2015-03-10-17.2.jl.sealing", "");
    open_log();
    ck_status(put("1"), SHUB_OK);
    holds("/log/2015-03-10-17/sensorhub-meter-2015-03-10-17.3.jl", "1\n");
}
END_TEST

START_TEST(size_cap)
{
    options.max_file_bytes = 4;
    options.durability = _i;
    open_log();
    for (int i = 0; i < 5; i++)
        ck_status(put("1"), SHUB_OK);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_all("sensorhub-meter-2015-03-10-17.1.jl open\n  1\n  1\n"
           "sensorhub-meter-2015-03-10-17.2.jl live\n  1\n"
           "sensorhub-meter-2015-03-10-17.jl open\n  1\n  1\n");
    ck_assert_uint_eq(stats().acknowledged, 5);
}
END_TEST

START_TEST(pool_limit)
{
    char stream[8];

    options.max_files = 3;
    options.durability = _i;
    open_log();
    for (int i = 0; i < 30; i++) {
        snprintf(stream, sizeof stream, "s%d", i % 5);
        ck_status(put_to(stream, "x"), SHUB_OK);
        ck_assert_int_le(memfs_open_count(fs), 3);
    }
    ck_assert_int_eq(memfs_open_count(fs), 3);
    ck_status(shub_log_flush(shub, NULL), SHUB_OK);
    ck_assert_uint_eq(stats().acknowledged, 30);
    for (int i = 0; i < 5; i++) {
        char path[80];
        char *text;
        snprintf(path, sizeof path, "/log/2015-03-10-17/sensorhub-s%d-2015-03-10-17.jl",
                 i);
        text = logview_text(path);
        ck_assert_str_eq(text, "x\nx\nx\nx\nx\nx\n");
        free(text);
    }
}
END_TEST

START_TEST(a_torn_tail_is_set_aside)
{
    static const char *const torn[] = {"1\n2\n{\"half", "1\n2\nx", "1\n2\n\0\0\0\n3\n"};
    const char path[] = "/log/2015-03-10-17/sensorhub-meter-2015-03-10-17.jl";
    size_t written;
    int fd;
    char *text;

    logview_put(path, "");
    ck_status(shub__file_open(path, SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    ck_status(
        shub__file_write(fd, torn[_i], _i == 2 ? 10 : strlen(torn[_i]), &written, NULL),
        SHUB_OK);
    shub__file_close(fd);
    open_log();
    ck_status(put("4"), SHUB_OK);
    ck_assert_uint_eq(stats().torn, 1);
    text = logview_text(path);
    ck_assert_str_eq(text, "1\n2\n4\n");
    free(text);
    text = logview_text("/log/2015-03-10-17/sensorhub-meter-2015-03-10-17.jl.torn");
    if (_i < 2) {
        ck_assert_int_eq(strncmp(text, torn[_i] + 4, strlen(torn[_i]) - 4), 0);
        ck_assert_int_eq(text[strlen(torn[_i]) - 4], '\n');
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_append");
    TCase *tests = tcase_create("append");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, bad_options);
    tcase_add_test(tests, root_is_made);
    tcase_add_test(tests, lines_go_to_the_hour);
    tcase_add_test(tests, bad_lines);
    tcase_add_test(tests, samples_and_batches);
    tcase_add_loop_test(tests, long_lines_in_a_row, 0, 3);
    tcase_add_test(tests, window_edges);
    tcase_add_test(tests, no_late_window);
    tcase_add_test(tests, years_without_a_name);
    tcase_add_test(tests, tick_closes_hours_that_are_over);
    tcase_add_test(tests, a_second_writer_has_the_next_number);
    tcase_add_test(tests, a_used_number_is_not_used_again);
    tcase_add_loop_test(tests, size_cap, 0, 3);
    tcase_add_loop_test(tests, pool_limit, 0, 3);
    tcase_add_loop_test(tests, a_torn_tail_is_set_aside, 0, 3);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
