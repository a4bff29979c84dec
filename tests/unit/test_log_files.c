/* Names, listing, retention, the tail of a stream. */
#include "base/file.h"
#include "log/name.h"
#include "support/memlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define H17 "/log/2015-03-10-17/sensorhub-"
#define H18 "/log/2015-03-10-18/sensorhub-"

static shub_log_report report;

static void set_up(void)
{
    setup();
    open_log();
}

static int there(const char *path)
{
    shub__stat stat;

    return shub__file_stat_path(path, &stat, NULL) == SHUB_OK;
}

/* ---- names ----------------------------------------------------------------------- */

static const struct name_case {
    const char *text;
    const char *stream; /* NULL: not a name */
    int number;
    int state;
} names[] = {
    {"sensorhub-meter-2015-03-10-17.jl", "meter", 0, SHUB_LOG_OPEN},
    {"sensorhub-meter-2015-03-10-17.1.jl", "meter", 1, SHUB_LOG_OPEN},
    {"sensorhub-meter-2015-03-10-17.9999.jl.gz", "meter", 9999, SHUB_LOG_SEALED},
    {"sensorhub-meter-2015-03-10-17.jl.gz.shipped", "meter", 0, SHUB_LOG_SHIPPED},
    {"sensorhub-meter-2015-03-10-17.jl.gz.tmp", "meter", 0, SHUB_LOG_TEMP},
    {"sensorhub-meter-2015-03-10-17.3.jl.sealing", "meter", 3, SHUB_LOG_SEALING},
    {"sensorhub-meter-2015-03-10-17.jl.torn", "meter", 0, SHUB_LOG_TORN},
    {"sensorhub-a-b.1-2015-03-10-17.jl", "a-b.1", 0, SHUB_LOG_OPEN},
    {"sensorhub-x-2015-03-10-17.jl-2015-03-10-17.2.jl", "x-2015-03-10-17.jl", 2,
     SHUB_LOG_OPEN},
    {"sensorhub-2015-03-10-16-2015-03-10-17.jl", "2015-03-10-16", 0, SHUB_LOG_OPEN},
    {"sensorhub--2015-03-10-17.jl", NULL, 0, 0},
    {"sensorhub-2015-03-10-17.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-17", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-17.0.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-17.01.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-17.10000.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-17.99999999999.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-17.1.1.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-13-10-17.jl", NULL, 0, 0},
    {"sensorhub-meter-2015-03-10-24.jl", NULL, 0, 0},
    {"sensorhub-meter.2015-03-10-17.jl", NULL, 0, 0},
    {"sensorhub-.meter-2015-03-10-17.jl", NULL, 0, 0},
    {"Sensorhub-meter-2015-03-10-17.jl", NULL, 0, 0},
    {"sensorhub", NULL, 0, 0},
    {".jl", NULL, 0, 0},
    {"", NULL, 0, 0},
};

START_TEST(names_are_read_and_written)
{
    static const shub__log_place place = {{"/r", 2}, {"sensorhub", 9}};
    const struct name_case *c = &names[_i];
    shub__log_name name;
    shub__buf path;
    int ok = shub__log_name_read(shub_str(c->text), place.prefix, &name);

    ck_assert_msg(ok == (c->stream != NULL), "%s", c->text);
    if (!ok)
        return;
    ck_slice_eq(name.stream, c->stream);
    ck_assert_int_eq(name.number, c->number);
    ck_assert_int_eq(name.state, c->state);
    ck_assert_int_eq(name.hour_us, logview_time("2015-03-10T17:00:00Z"));
    shub__buf_init(&path, SHUB__PATH_MAX);
    ck_status(shub__log_path(&path, &place, &name, NULL), SHUB_OK);
    ck_assert_str_eq(path.ptr + strlen("/r/2015-03-10-17/"), c->text);
    shub__buf_fini(&path);
}
END_TEST

START_TEST(states_have_names)
{
    ck_assert_str_eq(shub_log_state_name(SHUB_LOG_LIVE), "live");
    ck_assert_str_eq(shub_log_state_name(SHUB_LOG_TEMP), "temp");
    ck_assert_ptr_null(shub_log_state_name((shub_log_state)0));
    ck_assert_ptr_null(shub_log_state_name((shub_log_state)8));
    ck_assert_ptr_null(shub_log_state_name((shub_log_state)-1));
}
END_TEST

/* ---- the list -------------------------------------------------------------------- */

START_TEST(every_state_is_listed)
{
    static const struct {
        const char *name;
        int state, number;
        int64_t bytes;
    } wanted[] = {
        {"sensorhub-meter-2015-03-10-17.1.jl", SHUB_LOG_OPEN, 1, 3},
        {"sensorhub-meter-2015-03-10-17.2.jl.gz", SHUB_LOG_SEALED, 2, 4},
        {"sensorhub-meter-2015-03-10-17.3.jl.gz.shipped", SHUB_LOG_SHIPPED, 3, 5},
        {"sensorhub-meter-2015-03-10-17.4.jl.gz.tmp", SHUB_LOG_TEMP, 4, 6},
        {"sensorhub-meter-2015-03-10-17.jl", SHUB_LOG_LIVE, 0, 2},
        {"sensorhub-meter-2015-03-10-17.jl.torn", SHUB_LOG_TORN, 0, 7},
        {"sensorhub-other-2015-03-10-17.jl.sealing", SHUB_LOG_SEALING, 0, 8},
        {"sensorhub-meter-2015-03-10-18.jl", SHUB_LOG_OPEN, 0, 1},
    };
    shub_log_list *list;
    shub_log_file file = {.size = sizeof file};

    ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us, SHUB_LIT("x"),
                                   NULL),
              SHUB_OK);
    logview_put(H17 "meter-2015-03-10-17.1.jl", "xx\n");
    logview_put(H17 "meter-2015-03-10-17.2.jl.gz", "xxx\n");
    logview_put(H17 "meter-2015-03-10-17.3.jl.gz.shipped", "xxxx\n");
    logview_put(H17 "meter-2015-03-10-17.4.jl.gz.tmp", "xxxxx\n");
    logview_put(H17 "meter-2015-03-10-17.jl.torn", "xxxxxx\n");
    logview_put(H17 "other-2015-03-10-17.jl.sealing", "xxxxxxx\n");
    logview_put(H18 "meter-2015-03-10-18.jl", "\n");
    logview_put("/log/2015-03-10-17/other-meter-2015-03-10-17.jl", "\n");
    logview_put("/log/2015-03-10-18/sensorhub-meter-2015-03-10-17.jl", "\n");
    logview_put("/log/.ship.db", "\n");
    ck_status(shub_log_list_open(SHUB_LIT("/log"), NULL, &list, NULL), SHUB_OK);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        ck_assert_int_eq(shub_log_list_next(list, &file), 1);
        ck_slice_eq(file.name, wanted[i].name);
        ck_assert_int_eq(file.state, wanted[i].state);
        ck_assert_int_eq(file.number, wanted[i].number);
        ck_assert_int_eq(file.bytes, wanted[i].bytes);
        ck_slice_eq(file.stream, strstr(wanted[i].name, "other") ? "other" : "meter");
        ck_assert_int_eq(file.stream.ptr[file.stream.len], '\0');
        ck_assert(there(file.path.ptr));
        ck_assert_uint_eq(file.path.len, strlen(file.path.ptr));
    }
    ck_assert_int_eq(file.hour_us, logview_time("2015-03-10T18:00:00Z"));
    ck_assert_int_eq(shub_log_list_next(list, &file), 0);
    ck_assert_ptr_null(file.path.ptr);
    shub_log_list_close(list);
    shub_log_list_close(NULL);
    ck_status(shub_log_list_open(SHUB_LIT("/none"), NULL, &list, NULL), SHUB_E_NOT_FOUND);
    ck_status(shub_log_list_open(SHUB_LIT("/log"), "none", &list, NULL), SHUB_OK);
    ck_assert_int_eq(shub_log_list_next(list, &file), 0);
    shub_log_list_close(list);
}
END_TEST

/* It is not to be shipped: a recovery may make it again. */
START_TEST(a_sealed_file_beside_a_source_is_not_final)
{
    shub_log_list *list;
    shub_log_file file = {.size = sizeof file};

    logview_put_gzip(H17 "meter-2015-03-10-17.jl.gz", "1\n2\n");
    logview_put(H17 "meter-2015-03-10-17.1.jl.sealing", "2\n");
    logview_put_gzip(H17 "other-2015-03-10-17.jl.gz", "3\n");
    ck_status(shub_log_list_open(SHUB_LIT("/log"), NULL, &list, NULL), SHUB_OK);
    ck_assert_int_eq(shub_log_list_next(list, &file), 1);
    ck_assert_int_eq(shub_log_list_next(list, &file), 1);
    ck_slice_eq(file.name, "sensorhub-meter-2015-03-10-17.jl.gz");
    ck_assert_int_eq(file.state, SHUB_LOG_SEALING);
    ck_assert_int_eq(shub_log_list_next(list, &file), 1);
    ck_assert_int_eq(file.state, SHUB_LOG_SEALED);
    shub_log_list_close(list);
}
END_TEST

static shub_status list_all(void *user)
{
    shub_log_list *list;
    shub_status status = shub_log_list_open(SHUB_LIT("/log"), NULL, &list, NULL);

    (void)user;
    ck_assert((status == SHUB_OK) == (list != NULL));
    shub_log_list_close(list);
    return status;
}

START_TEST(listing_without_memory)
{
    logview_put(H17 "meter-2015-03-10-17.jl", "1\n");
    logview_put(H18 "meter-2015-03-10-18.jl.gz", "1\n");
    ck_assert_uint_gt(oom_loop(list_all, NULL), 3);
}
END_TEST

/* ---- retention ------------------------------------------------------------------- */

static shub_status retain(int64_t age_us, int64_t bytes, int unshipped)
{
    static const shub_log_report init = SHUB_LOG_REPORT_INIT;
    shub_log_retention retention = SHUB_LOG_RETENTION_INIT;

    report = init;
    retention.max_age_us = age_us;
    retention.max_bytes = bytes;
    retention.unshipped_too = unshipped;
    return shub_log_retain(shub, &retention, &report, NULL);
}

static void fill_hours(void)
{
    logview_put(H17 "a-2015-03-10-17.jl.gz.shipped", "1234567\n");
    logview_put(H17 "b-2015-03-10-17.jl.gz", "1234567\n");
    logview_put(H17 "c-2015-03-10-17.jl", "1234567\n");
    logview_put(H17 "c-2015-03-10-17.jl.torn", "1234567\n");
    logview_put(H17 "d-2015-03-10-17.jl.sealing", "1234567\n");
    logview_put(H18 "a-2015-03-10-18.jl.gz.shipped", "1234567\n");
    logview_put("/log/2015-03-10-17/other-a-2015-03-10-17.jl.gz.shipped", "1\n");
}

START_TEST(old_shipped_files_go)
{
    fill_hours();
    logview_set_now(fs, "2015-03-11T18:00:00Z");
    ck_status(retain(24 * SHUB_HOUR_US, 0, 0), SHUB_OK);
    ck_assert_uint_eq(report.removed, 0);
    logview_now_us++;
    ck_status(retain(24 * SHUB_HOUR_US, 0, 0), SHUB_OK);
    ck_assert_uint_eq(report.removed, 1);
    ck_assert_uint_eq(report.removed_unshipped, 0);
    ck_assert_uint_eq(report.removed_bytes, 8);
    ck_assert(!there(H17 "a-2015-03-10-17.jl.gz.shipped"));
    ck_assert(there(H18 "a-2015-03-10-18.jl.gz.shipped"));
    ck_status(retain(24 * SHUB_HOUR_US, 0, 1), SHUB_OK);
    ck_assert_uint_eq(report.removed, 2);
    ck_assert_uint_eq(report.removed_unshipped, 2);
    ck_assert(!there(H17 "b-2015-03-10-17.jl.gz"));
    ck_assert(!there(H17 "c-2015-03-10-17.jl.torn"));
    ck_assert(there(H17 "c-2015-03-10-17.jl"));
    ck_assert(there(H17 "d-2015-03-10-17.jl.sealing"));
    ck_assert(there("/log/2015-03-10-17/other-a-2015-03-10-17.jl.gz.shipped"));
}
END_TEST

START_TEST(the_oldest_go_until_the_rest_fits)
{
    fill_hours(); /* 48 bytes */
    ck_status(retain(0, 48, 0), SHUB_OK);
    ck_assert_uint_eq(report.removed, 0);
    ck_status(retain(0, 47, 0), SHUB_OK);
    ck_assert_uint_eq(report.removed, 1);
    ck_assert(!there(H17 "a-2015-03-10-17.jl.gz.shipped"));
    ck_status(retain(0, 1, 0), SHUB_OK);
    ck_assert_uint_eq(report.removed, 1);
    ck_assert(!there(H18 "a-2015-03-10-18.jl.gz.shipped"));
    ck_assert(there(H17 "b-2015-03-10-17.jl.gz"));
}
END_TEST

START_TEST(empty_folders_go)
{
    ck_status(shub__file_make_folders("/log/2015-03-10-10", NULL), SHUB_OK);
    ck_status(shub__file_make_folders("/log/2015-03-10-16", NULL), SHUB_OK);
    ck_status(shub__file_make_folders("/log/2015-03-10-17", NULL), SHUB_OK);
    logview_put("/log/2015-03-10-11/other", "1\n");
    ck_status(retain(1, 0, 0), SHUB_OK);
    ck_assert(!there("/log/2015-03-10-10"));
    ck_assert(there("/log/2015-03-10-11"));
    ck_assert(there("/log/2015-03-10-16"));
    ck_assert(there("/log/2015-03-10-17"));
    ck_status(retain(-1, 0, 0), SHUB_E_INVALID);
}
END_TEST

/* A folder that retention took away is made again by the next append. */
START_TEST(a_folder_that_went_is_made_again)
{
    char *text;

    options.durability = SHUB_DURABILITY_NONE;
    ck_status(shub__file_make_folders("/log/2015-03-10-17", NULL), SHUB_OK);
    ck_status(shub__file_remove_folder("/log/2015-03-10-17", NULL), SHUB_OK);
    ck_status(
        shub_log_append_line(shub, SHUB_LIT("m"), logview_now_us, SHUB_LIT("1"), NULL),
        SHUB_OK);
    text = logview_text(H17 "m-2015-03-10-17.jl");
    ck_assert_str_eq(text, "1\n");
    free(text);
}
END_TEST

/* ---- the tail -------------------------------------------------------------------- */

static void ck_tail(size_t lines, const char *wanted)
{
    shub_slice text;

    ck_status(shub_log_tail(shub, SHUB_LIT("meter"), lines, &text, NULL), SHUB_OK);
    ck_slice_eq(text, wanted);
    ck_assert_int_eq(text.ptr[text.len], '\0');
}

START_TEST(tail_of_a_live_file)
{
    shub_slice text;

    ck_status(shub_log_tail(shub, SHUB_LIT("meter"), 1, &text, NULL), SHUB_E_NOT_FOUND);
    ck_assert_ptr_null(text.ptr);
    shub_log_close(shub);
    options.durability = SHUB_DURABILITY_NONE;
    ck_status(shub_log_open(SHUB_LIT("/log"), &options, &shub, NULL), SHUB_OK);
    for (int i = 0; i < 5; i++) {
        char line[2] = {(char)('0' + i), '\0'};
        ck_status(shub_log_append_line(shub, SHUB_LIT("meter"), logview_now_us,
                                       shub_str(line), NULL),
                  SHUB_OK);
    }
    ck_tail(1, "4\n");
    ck_tail(3, "2\n3\n4\n");
    ck_tail(5, "0\n1\n2\n3\n4\n");
    ck_tail(SHUB_LOG_TAIL_MAX, "0\n1\n2\n3\n4\n");
    ck_status(shub_log_tail(shub, SHUB_LIT("meter"), 0, &text, NULL), SHUB_E_INVALID);
    ck_status(shub_log_tail(shub, SHUB_LIT("meter"), SHUB_LOG_TAIL_MAX + 1, &text, NULL),
              SHUB_E_INVALID);
    ck_status(shub_log_tail(shub, SHUB_LIT("none"), 1, &text, NULL), SHUB_E_NOT_FOUND);
}
END_TEST

START_TEST(tail_without_the_torn)
{
    logview_put(H17 "meter-2015-03-10-17.jl", "1\n2\nhalf");
    ck_tail(1, "2\n");
    ck_tail(9, "1\n2\n");
}
END_TEST

START_TEST(tail_of_the_newest_hour_with_a_line)
{
    logview_put(H17 "meter-2015-03-10-17.jl", "1\n");
    logview_put(H18 "meter-2015-03-10-18.jl", "half");
    logview_put("/log/2015-03-10-19/sensorhub-meter-2015-03-10-19.jl", "");
    logview_put("/log/2015-03-10-19/sensorhub-other-2015-03-10-19.jl", "2\n");
    ck_tail(2, "1\n");
}
END_TEST

START_TEST(tail_over_all_files)
{
    logview_put_gzip(H17 "meter-2015-03-10-17.jl.gz", "1\n2\n");
    logview_put_gzip(H17 "meter-2015-03-10-17.1.jl.gz.shipped", "3\n");
    logview_now_us += 5;
    memfs_set_now(fs, logview_now_us);
    logview_put(H17 "meter-2015-03-10-17.2.jl", "6\n");
    memfs_set_now(fs, logview_now_us - 1);
    logview_put(H17 "meter-2015-03-10-17.3.jl", "4\n5\n");
    ck_tail(1, "6\n");
    ck_tail(4, "3\n4\n5\n6\n");
    ck_tail(6, "1\n2\n3\n4\n5\n6\n");
}
END_TEST

/* Between the two steps of a seal the lines are there twice, and told once. */
START_TEST(tail_amid_a_seal)
{
    logview_put_gzip(H17 "meter-2015-03-10-17.jl.gz", "1\n2\n");
    logview_put(H17 "meter-2015-03-10-17.jl.sealing", "1\n2\n");
    ck_tail(9, "1\n2\n");
}
END_TEST

START_TEST(tail_of_a_damaged_file)
{
    shub_slice text;

    logview_put(H17 "meter-2015-03-10-17.jl.gz", "1\n2\n");
    ck_status(shub_log_tail(shub, SHUB_LIT("meter"), 1, &text, NULL), SHUB_E_CORRUPT);
}
END_TEST

/* Long lines and blocks: every place where a block may end. */
START_TEST(tail_of_long_files)
{
    size_t len = 3 * 65536 + (size_t)_i;
    char *text = malloc(len + 1);
    size_t lines = 0;

    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i % 997 == 996 || i == len - 1 ? '\n' : 'a' + i % 26);
    text[len] = '\0';
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    if (_i % 2)
        logview_put(H17 "meter-2015-03-10-17.jl", text);
    else
        logview_put_gzip(H17 "meter-2015-03-10-17.jl.gz", text);
    for (size_t n = 1; n <= lines + 1; n += 13) {
        const char *from = text + len;
        for (size_t k = 0; k < n && from > text; k++)
            for (from--; from > text && from[-1] != '\n';)
                from--;
        ck_tail(n, from);
    }
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_files");
    TCase *tests = tcase_create("files");

    tcase_add_checked_fixture(tests, set_up, teardown);
    tcase_add_loop_test(tests, names_are_read_and_written, 0,
                        sizeof names / sizeof names[0]);
    tcase_add_test(tests, states_have_names);
    tcase_add_test(tests, every_state_is_listed);
    tcase_add_test(tests, a_sealed_file_beside_a_source_is_not_final);
    tcase_add_test(tests, listing_without_memory);
    tcase_add_test(tests, old_shipped_files_go);
    tcase_add_test(tests, the_oldest_go_until_the_rest_fits);
    tcase_add_test(tests, empty_folders_go);
    tcase_add_test(tests, a_folder_that_went_is_made_again);
    tcase_add_test(tests, tail_of_a_live_file);
    tcase_add_test(tests, tail_without_the_torn);
    tcase_add_test(tests, tail_of_the_newest_hour_with_a_line);
    tcase_add_test(tests, tail_over_all_files);
    tcase_add_test(tests, tail_amid_a_seal);
    tcase_add_test(tests, tail_of_a_damaged_file);
    tcase_add_loop_test(tests, tail_of_long_files, -2, 4);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
