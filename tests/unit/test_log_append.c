/* Appending: which hour, which file, when it is written, what happens when that fails. */
#include "base/file.h"
#include "support/logview.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static memfs *fs;
static shub_log *shub;
static shub_log_options options;

static void setup(void)
{
    static const shub_log_options init = SHUB_LOG_OPTIONS_INIT;

    fs = memfs_new();
    logview_set_now(fs, "2015-03-10T17:54:01Z");
    options = init;
    options.clock = logview_clock();
    shub = NULL;
}

static void teardown(void)
{
    shub_log_close(shub);
    memfs_free(fs);
}

static void open_log(void)
{
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &shub, NULL), SHUB_OK);
}

static void power_cut(void)
{
    memfs_crash(fs);
    shub_log_close(shub);
    shub = NULL;
    memfs_reboot(fs, MEMFS_POWER_ALL, 0);
}

static shub_status put_at(const char *time, const char *text)
{
    return shub_log_append_line(shub, SHUB_LIT("meter"), logview_time(time),
                                shub_str(text), NULL);
}

static shub_status put(const char *text)
{
    return shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us, shub_str(text),
                                NULL);
}

static shub_status put_bytes(const char *text, size_t len)
{
    return shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us,
                                shub_bytes(text, len), NULL);
}

static shub_status put_to(const char *stream, const char *text)
{
    return shub_log_append_line(shub, shub_str(stream), logview_now_us, shub_str(text),
                                NULL);
}

#define ck_all(text)                                                                     \
    do {                                                                                 \
        char *ck_all_ = logview_all("/log");                                             \
        ck_assert_str_eq(ck_all_, text);                                                 \
        free(ck_all_);                                                                   \
    } while (0)

static shub_log_stats stats(void)
{
    shub_log_stats s = {.size = sizeof s};

    shub_log_get_stats(shub, &s);
    return s;
}

/* ---- options --------------------------------------------------------------------- */

static void holds(const char *path, const char *wanted)
{
    char *text = logview_text(path);

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, wanted);
    free(text);
}

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

static shub_batch *four_rows(void);

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
