#include "support/suite.h"

#include "base/clock.h"

#include <limits.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *text;
    int64_t time_us;
    const char *canonical;
} good[] = {
    {"2015-03-10T17:54:01Z", 1426010041000000, "2015-03-10T17:54:01Z"},
    {"2015-03-10t17:54:01z", 1426010041000000, "2015-03-10T17:54:01Z"},
    {"2015-03-10 18:54:01+01:00", 1426010041000000, "2015-03-10T17:54:01Z"},
    {"2015-03-10T12:24:01-05:30", 1426010041000000, "2015-03-10T17:54:01Z"},
    {"2015-03-10T17:54:01.5Z", 1426010041500000, "2015-03-10T17:54:01.500Z"},
    {"2015-03-10T17:54:01.000001Z", 1426010041000001, "2015-03-10T17:54:01.000001Z"},
    {"2015-03-10T17:54:01.123456789Z", 1426010041123456, "2015-03-10T17:54:01.123456Z"},
    {"2015-03-10T17:54:01.9Z", 1426010041900000, "2015-03-10T17:54:01.900Z"},
    {"2015-03-10T17:54:01.99999999999999999999Z", 1426010041999999,
     "2015-03-10T17:54:01.999999Z"},
    {"2015-03-11T17:53:01+23:59", 1426010041000000, "2015-03-10T17:54:01Z"},
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
    {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
    {"2000-01-01T00:00:00Z", 946684800000000, "2000-01-01T00:00:00Z"},
    {"2000-02-29T00:00:00Z", 951782400000000, "2000-02-29T00:00:00Z"},
    {"2016-12-31T23:59:60Z", 1483228800000000, "2017-01-01T00:00:00Z"},
    {"2016-12-31T23:59:60.5Z", 1483228800500000, "2017-01-01T00:00:00.500Z"},
    {"0000-01-01T00:00:00Z", -62167219200000000, "0000-01-01T00:00:00Z"},
    {"9999-12-31T23:59:59.999999Z", 253402300799999999, "9999-12-31T23:59:59.999999Z"},
};

START_TEST(times_both_ways)
{
    char text[SHUB_TIME_MAX];
    int64_t time_us;
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub_time_parse(shub_str(good[_i].text), &time_us, &err), SHUB_OK);
    ck_assert_int_eq(time_us, good[_i].time_us);
    ck_assert_uint_gt(shub_time_format(time_us, text), 0);
    ck_assert_str_eq(text, good[_i].canonical);
}
END_TEST

static const struct {
    const char *text;
    shub_status status;
    int64_t pos;
} bad[] = {
    {"", SHUB_E_FORMAT, 0},
    {"2015-03-10", SHUB_E_FORMAT, 10},
    {"2015-03-10T17:54:01", SHUB_E_FORMAT, 19},
    {"2015-03-10T17:54:01.Z", SHUB_E_FORMAT, 20},
    {"2015-03-10T17:54:01Zx", SHUB_E_FORMAT, 20},
    {"2015/03/10T17:54:01Z", SHUB_E_FORMAT, 4},
    {"2015-3-10T17:54:01Z", SHUB_E_FORMAT, 6},
    {"+015-03-10T17:54:01Z", SHUB_E_FORMAT, 0},
    {"2015-03-10T17:54:01,5Z", SHUB_E_FORMAT, 19},
    {"2015-03-10T17:54:01.5", SHUB_E_FORMAT, 21},
    {"2015-03-10T17:54:01.5/Z", SHUB_E_FORMAT, 21},
    {"2015-03-10T17:54:01.5:Z", SHUB_E_FORMAT, 21},
    {"2015-03-10T17:54:01.+01:00", SHUB_E_FORMAT, 20},
    {"2015-03-10T17:54:01+", SHUB_E_FORMAT, 20},
    {"2015-03-10T17:54:01+/0:00", SHUB_E_FORMAT, 20},
    {"2015-03-10T17:54:01+0::00", SHUB_E_FORMAT, 21},
    {"2015-03-10T17:54:01-01", SHUB_E_FORMAT, 22},
    {"2015-03-10T17:54:01-01-00", SHUB_E_FORMAT, 22},
    {"2015-03-10T17:54:01+01:0", SHUB_E_FORMAT, 24},
    {"2015-03-10T17:54:01+01:00x", SHUB_E_FORMAT, 25},
    {"2015-13-10T17:54:01", SHUB_E_FORMAT, 19},
    {"2015-01-01T00:00:00+00:60", SHUB_E_RANGE, 0},
    {"9999-12-31T23:59:59-00:01", SHUB_E_RANGE, 0},
    {"2015-04-31T00:00:00Z", SHUB_E_RANGE, 0},
    {"2015-02-29T00:00:00Z", SHUB_E_RANGE, 0},
    {"1900-02-29T00:00:00Z", SHUB_E_RANGE, 0},
    {"2015-00-01T00:00:00Z", SHUB_E_RANGE, 0},
    {"2015-13-01T00:00:00Z", SHUB_E_RANGE, 0},
    {"2015-01-01T24:00:00Z", SHUB_E_RANGE, 0},
    {"2015-01-01T00:60:00Z", SHUB_E_RANGE, 0},
    {"2015-01-01T00:00:61Z", SHUB_E_RANGE, 0},
    {"2015-01-01T00:00:00+24:00", SHUB_E_RANGE, 0},
    {"0000-01-01T00:59:59+01:00", SHUB_E_RANGE, 0},
    {"9999-12-31T23:59:60Z", SHUB_E_RANGE, 0},
};

START_TEST(bad_times_are_refused)
{
    shub_error err = SHUB_ERROR_INIT;
    int64_t time_us = 1;

    ck_status(shub_time_parse(shub_str(bad[_i].text), &time_us, &err), bad[_i].status);
    ck_assert_int_eq(err.code, bad[_i].status);
    ck_assert_int_eq(err.pos, bad[_i].pos);
    ck_assert_int_eq(time_us, 0);
}
END_TEST

/* 1 when a byte may stand at this place of `layout`. */
static int fits(const char *layout, size_t at, int byte)
{
    if (layout[at] == '0')
        return byte >= '0' && byte <= '9';
    return byte == layout[at] || (layout[at] == 'T' && (byte == 't' || byte == ' '));
}

START_TEST(every_byte_is_looked_at)
{
    static const char layout[] = "0000-00-00T00:00:00";
    static const char hour_layout[] = "0000-00-00-00";
    char text[] = "2015-03-10T11:14:01Z";
    char hour[] = "2015-03-10-11";
    char whole[32];
    int64_t time_us;

    for (size_t at = 0; at + 1 < sizeof layout; at++) {
        for (int byte = 0; byte < 256; byte++) {
            shub_error err = SHUB_ERROR_INIT;
            if (fits(layout, at, byte))
                continue;
            memcpy(whole, text, sizeof text);
            whole[at] = (char)byte;
            ck_status(shub_time_parse(shub_bytes(whole, sizeof text - 1), &time_us, &err),
                      SHUB_E_FORMAT);
            ck_assert_int_eq(err.pos, at);
        }
    }
    for (size_t at = 0; at < SHUB__HOUR_TEXT; at++) {
        for (int byte = 0; byte < 256; byte++) {
            if (fits(hour_layout, at, byte))
                continue;
            memcpy(whole, hour, sizeof hour);
            whole[at] = (char)byte;
            ck_status(shub__hour_read(shub_bytes(whole, SHUB__HOUR_TEXT), &time_us),
                      SHUB_E_FORMAT);
        }
    }
}
END_TEST

START_TEST(truncation_is_refused)
{
    shub_slice whole = SHUB_LIT("2015-03-10T17:54:01.123456+01:00");
    int64_t time_us;

    for (size_t n = 0; n < whole.len; n++)
        ck_status(shub_time_parse(shub_bytes(whole.ptr, n), &time_us, NULL),
                  SHUB_E_FORMAT);
}
END_TEST

static int same(const shub__civil *civil, const struct tm *tm)
{
    return civil->year == tm->tm_year + 1900 && civil->month == tm->tm_mon + 1 &&
           civil->day == tm->tm_mday && civil->hour == tm->tm_hour &&
           civil->minute == tm->tm_min && civil->second == tm->tm_sec;
}

/* The C library's calendar is the oracle, one odd step after another over the whole
 * range. */
START_TEST(calendar_agrees_with_gmtime)
{
    int ok = 1;
    int64_t s = -62167219200;

    for (; s < 253402300800 && ok; s += 7654321) {
        time_t t = (time_t)s;
        struct tm tm;
        shub__civil civil;

        ok = gmtime_r(&t, &tm) && shub__civil_from_us(s * SHUB_SECOND_US, &civil) &&
             same(&civil, &tm) && shub__civil_to_us(&civil) == s * SHUB_SECOND_US;
    }
    ck_assert_msg(ok, "before second %lld", (long long)s);
}
END_TEST

START_TEST(no_text_outside_four_digit_years)
{
    char text[SHUB_TIME_MAX] = "x";
    char hour[SHUB__HOUR_TEXT];

    ck_assert_uint_eq(shub_time_format(253402300800000000, text), 0);
    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(shub_time_format(-62167219200000001, text), 0);
    ck_assert_uint_eq(shub_time_format(INT64_MAX, text), 0);
    ck_assert_uint_eq(shub_time_format(INT64_MIN, text), 0);
    ck_assert(!shub__hour_write(INT64_MAX, hour));
}
END_TEST

START_TEST(seconds_are_rounded_to_the_even_one)
{
    static const int64_t of[][2] = {
        {0, 0},
        {499999, 0},
        {500000, 0},
        {500001, 1},
        {1500000, 2},
        {2500000, 2},
        {-499999, 0},
        {-500000, 0},
        {-500001, -1},
        {-1500000, -2},
        {-2500000, -2},
        {INT64_MAX, 9223372036855},
        {INT64_MIN, -9223372036855},
    };

    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
        ck_assert_int_eq(shub__second_round(of[i][0]), of[i][1]);
}
END_TEST

START_TEST(hours)
{
    char text[SHUB__HOUR_TEXT];
    int64_t time_us;

    ck_assert_int_eq(shub__hour_floor(3600000000), 3600000000);
    ck_assert_int_eq(shub__hour_floor(3599999999), 0);
    ck_assert_int_eq(shub__hour_floor(-1), -3600000000);
    ck_assert_int_eq(shub__hour_floor(-3600000000), -3600000000);
    ck_assert(shub__hour_write(1426010041000000, text));
    ck_assert_mem_eq(text, "2015-03-10-17", SHUB__HOUR_TEXT);
    ck_status(shub__hour_read(shub_bytes(text, SHUB__HOUR_TEXT), &time_us), SHUB_OK);
    ck_assert_int_eq(time_us, 1426006800000000);
    ck_status(shub__hour_read(SHUB_LIT("2015-03-10-24"), &time_us), SHUB_E_FORMAT);
    ck_status(shub__hour_read(SHUB_LIT("2015-02-30-00"), &time_us), SHUB_E_FORMAT);
    ck_status(shub__hour_read(SHUB_LIT("2015-03-10-1"), &time_us), SHUB_E_FORMAT);
    ck_status(shub__hour_read(SHUB_LIT("2015-03-10-170"), &time_us), SHUB_E_FORMAT);
}
END_TEST

START_TEST(forks_are_noticed)
{
    unsigned opened = shub__fork_generation();
    int status;
    pid_t child;

    ck_status(shub__fork_check(opened, NULL), SHUB_OK);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(shub__fork_check(opened, NULL) == SHUB_E_FORKED ? 0 : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_status(shub__fork_check(opened, NULL), SHUB_OK);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base time");
    TCase *tcase = tcase_create("time");

    tcase_add_loop_test(tcase, times_both_ways, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(tcase, bad_times_are_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tcase, every_byte_is_looked_at);
    tcase_add_test(tcase, truncation_is_refused);
    tcase_add_test(tcase, calendar_agrees_with_gmtime);
    tcase_add_test(tcase, no_text_outside_four_digit_years);
    tcase_add_test(tcase, seconds_are_rounded_to_the_even_one);
    tcase_add_test(tcase, hours);
    tcase_add_test(tcase, forks_are_noticed);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
