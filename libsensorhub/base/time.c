#include "base/clock.h"
#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"

#include <string.h>

#define DAY_US       (24 * SHUB_HOUR_US)
#define MINUTE_US    (60 * SHUB_SECOND_US)
#define YEAR_0_DAY   (-719528) /* 0000-01-01, days from 1970-01-01 */
#define YEAR_10K_DAY 2932897   /* 10000-01-01 */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t shub__hour_floor(int64_t time_us)
{
    int64_t rest = time_us % SHUB_HOUR_US;

    return time_us - rest - (rest < 0 ? SHUB_HOUR_US : 0);
}

int64_t shub__second_round(int64_t time_us)
{
    int64_t second = floor_div(time_us, SHUB_SECOND_US);
    int64_t rest = time_us % SHUB_SECOND_US;
    int64_t half = SHUB_SECOND_US / 2;

    if (rest < 0)
        rest += SHUB_SECOND_US;
    return second + (rest > half || (rest == half && second % 2 != 0));
}

/* Days are counted in years that begin in March, so that the leap day is the last one,
 * and in eras of 400 years, 146097 days each. */
static int64_t day_from_civil(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

static void civil_from_day(int64_t days, shub__civil *out)
{
    int64_t z = days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t day = z - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out->month = (int)(month < 10 ? month + 3 : month - 9);
    out->year = (int)(year + era * 400 + (out->month <= 2));
}

int shub__civil_from_us(int64_t time_us, shub__civil *out)
{
    int64_t days = floor_div(time_us, DAY_US);
    int64_t rest;

    memset(out, 0, sizeof *out);
    if (days < YEAR_0_DAY || days >= YEAR_10K_DAY)
        return 0;
    rest = time_us - days * DAY_US; /* of the first day there is it would not fit */
    civil_from_day(days, out);
    out->hour = (int)(rest / SHUB_HOUR_US);
    out->minute = (int)(rest / MINUTE_US % 60);
    out->second = (int)(rest / SHUB_SECOND_US % 60);
    out->microsecond = (int)(rest % SHUB_SECOND_US);
    return 1;
}

int64_t shub__civil_to_us(const shub__civil *civil)
{
    return day_from_civil(civil->year, civil->month, civil->day) * DAY_US +
           civil->hour * SHUB_HOUR_US + civil->minute * MINUTE_US +
           civil->second * SHUB_SECOND_US + civil->microsecond;
}

static char *put(char *dst, int value, int digits)
{
    for (int i = digits; i > 0; i--) {
        dst[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return dst + digits;
}

static char *put_date(char *dst, const shub__civil *civil)
{
    dst = put(dst, civil->year, 4);
    *dst++ = '-';
    dst = put(dst, civil->month, 2);
    *dst++ = '-';
    return put(dst, civil->day, 2);
}

size_t shub_time_format(int64_t time_us, char *dst)
{
    char *start = dst;
    shub__civil civil;

    *dst = '\0';
    if (!shub__civil_from_us(time_us, &civil))
        return 0;
    dst = put_date(dst, &civil);
    *dst++ = 'T';
    dst = put(dst, civil.hour, 2);
    *dst++ = ':';
    dst = put(dst, civil.minute, 2);
    *dst++ = ':';
    dst = put(dst, civil.second, 2);
    if (civil.microsecond) {
        int whole_ms = civil.microsecond % 1000 == 0;
        *dst++ = '.';
        dst = put(dst, whole_ms ? civil.microsecond / 1000 : civil.microsecond,
                  whole_ms ? 3 : 6);
    }
    *dst++ = 'Z';
    *dst = '\0';
    return (size_t)(dst - start);
}

int shub__hour_write(int64_t time_us, char dst[SHUB__HOUR_TEXT])
{
    shub__civil civil;

    if (!shub__civil_from_us(time_us, &civil))
        return 0;
    dst = put_date(dst, &civil);
    *dst++ = '-';
    (void)put(dst, civil.hour, 2);
    return 1;
}

/* ---- reading ---- */

/* What stands before fraction and zone (RFC 3339 section 5.6). */
static const char layout[] = "0000-00-00T00:00:00";

enum { DATE = 10, PLAIN = sizeof layout - 1 };

/* The first byte that is not as the layout has it, or the end of the text. */
static size_t misfit(shub_slice text)
{
    size_t i = 0;

    for (; i < text.len && i < PLAIN; i++) {
        char c = text.ptr[i];
        if (layout[i] == '0' ? !shub__is_digit(c)
                             : c != layout[i] && !(i == DATE && (c == 't' || c == ' ')))
            break;
    }
    return i;
}

/* Two digits; `bad` is set when they are none. Times are in every record, so nothing is
 * asked byte by byte. */
static inline int two(const char *p, unsigned *bad)
{
    unsigned tens = (unsigned char)p[0] - (unsigned)'0';
    unsigned ones = (unsigned char)p[1] - (unsigned)'0';

    *bad |= (tens > 9) | (ones > 9);
    return (int)(tens * 10 + ones);
}

static inline void read_date(const char *p, shub__civil *civil, unsigned *bad)
{
    civil->year = two(p, bad) * 100;
    civil->year += two(p + 2, bad);
    civil->month = two(p + 5, bad);
    civil->day = two(p + 8, bad);
    *bad |= (p[4] != '-') | (p[7] != '-');
}

/* Of PLAIN bytes; 0 when they are not as the layout has it. */
static int read_plain(const char *p, shub__civil *civil)
{
    unsigned bad = p[DATE] != 'T' && p[DATE] != 't' && p[DATE] != ' ';

    read_date(p, civil, &bad);
    civil->hour = two(p + 11, &bad);
    civil->minute = two(p + 14, &bad);
    civil->second = two(p + 17, &bad);
    return !(bad | (p[13] != ':') | (p[16] != ':'));
}

static int read_fraction(shub__reader *r)
{
    const unsigned char *p = r->ptr + r->pos;
    size_t left = shub__reader_left(r);
    size_t len = 0;
    int value = 0;

    for (; len < left && p[len] >= '0' && p[len] <= '9'; len++)
        if (len < 6)
            value = value * 10 + (p[len] - '0');
    for (size_t i = len; i < 6; i++)
        value *= 10;
    if (!len)
        shub__reader_fail(r, SHUB_E_FORMAT);
    shub__skip(r, len);
    return value;
}

static int zone_number(shub__reader *r)
{
    const unsigned char *p = r->ptr + r->pos;
    size_t left = shub__reader_left(r);

    for (size_t i = 0; i < 2; i++) {
        if (i == left || p[i] < '0' || p[i] > '9') {
            shub__skip(r, i);
            shub__reader_fail(r, SHUB_E_FORMAT);
            return 0;
        }
    }
    shub__skip(r, 2);
    return (p[0] - '0') * 10 + (p[1] - '0');
}

static void expect(shub__reader *r, char byte)
{
    if (!shub__accept(r, byte))
        shub__reader_fail(r, SHUB_E_FORMAT);
}

/* Offset from UTC in microseconds. `bad` is set for hours or minutes no zone has. */
static int64_t read_zone(shub__reader *r, int *bad)
{
    int64_t sign = 1;
    int hours;
    int minutes;

    if (shub__accept(r, 'Z') || shub__accept(r, 'z'))
        return 0;
    if (shub__accept(r, '-'))
        sign = -1;
    else
        expect(r, '+');
    hours = zone_number(r);
    expect(r, ':');
    minutes = zone_number(r);
    *bad = *bad || hours > 23 || minutes > 59;
    return sign * (hours * SHUB_HOUR_US + minutes * MINUTE_US);
}

static int days_of_month(int year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

static int date_valid(const shub__civil *civil)
{
    return civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_of_month(civil->year, civil->month);
}

static shub_status no_time(shub_error *err, size_t pos, shub_slice text)
{
    return shub__fail(err, SHUB_E_FORMAT, (int64_t)pos,
                      "\"%.*s\" is not an RFC 3339 time", SHUB__SHOW(text));
}

shub_status shub_time_parse(shub_slice text, int64_t *time_us, shub_error *err)
{
    shub__reader r;
    shub__civil civil = {0};
    int64_t zone, us;
    int bad = 0;

    *time_us = 0;
    if (text.len < PLAIN || !read_plain(text.ptr, &civil))
        return no_time(err, misfit(text), text);
    shub__reader_init(&r, text.ptr, text.len);
    shub__skip(&r, PLAIN);
    if (shub__accept(&r, '.'))
        civil.microsecond = read_fraction(&r);
    zone = read_zone(&r, &bad);
    if (r.status || r.pos != r.len)
        return no_time(err, r.pos, text);
    if (bad || !date_valid(&civil) || civil.hour > 23 || civil.minute > 59 ||
        civil.second > 60)
        return shub__fail(err, SHUB_E_RANGE, 0, "no such time: \"%.*s\"",
                          SHUB__SHOW(text));
    us = shub__civil_to_us(&civil) - zone;
    if (us < YEAR_0_DAY * DAY_US || us >= YEAR_10K_DAY * DAY_US)
        return shub__fail(err, SHUB_E_RANGE, 0,
                          "time %.*s is outside the years 0000 to 9999 in UTC",
                          SHUB__SHOW(text));
    *time_us = us;
    return SHUB_OK;
}

shub_status shub__hour_read(shub_slice text, int64_t *time_us)
{
    shub__civil civil = {0};
    unsigned bad = 0;

    *time_us = 0;
    if (text.len != SHUB__HOUR_TEXT)
        return SHUB_E_FORMAT;
    read_date(text.ptr, &civil, &bad);
    civil.hour = two(text.ptr + DATE + 1, &bad);
    if (bad || text.ptr[DATE] != '-' || !date_valid(&civil) || civil.hour > 23)
        return SHUB_E_FORMAT;
    *time_us = shub__civil_to_us(&civil);
    return SHUB_OK;
}
