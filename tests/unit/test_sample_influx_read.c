/* Line protocol read: which lines are points and what is in them, and what of it becomes
 * samples. The grammar's rules, one case each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sample/influx.h"
#include "support/samples.h"

/* ---- points --------------------------------------------------------------------- */

static void say_value(shub__buf *out, const shub_value *value)
{
    char text[256];
    char *end = shub__influx_put_value(text, value, 1);
    shub__buf_add(out, text, (size_t)(end - text));
}

/* Names between < and >, so that every byte shows; "!" for a line that is bad. */
static void say_points(shub_slice text, shub__buf *out)
{
    shub_slice name, key, tag;
    shub_value value;
    shub__buf scratch;
    shub__influx r;
    shub__buf_init(&scratch, SHUB__INFLUX_POINT_MAX);
    shub__influx_init(&r, text, &scratch);
    while (shub__influx_next_point(&r, &name)) {
        size_t start = out->len;
        int64_t time;
        shub__buf_printf(out, "<%.*s>", SHUB__SHOW(name));
        while (shub__influx_next_tag(&r, &key, &tag))
            shub__buf_printf(out, "<%.*s=%.*s>", SHUB__SHOW(key), SHUB__SHOW(tag));
        while (shub__influx_next_field(&r, &key, &value)) {
            shub__buf_printf(out, " <%.*s>=", SHUB__SHOW(key));
            say_value(out, &value);
        }
        if (shub__influx_time(&r, &time))
            shub__buf_printf(out, " %lld", (long long)time);
        if (shub__influx_end(&r)) {
            shub__buf_cut(out, start);
            shub__buf_byte(out, '!');
            ck_assert(r.where <= text.len && r.why);
        }
    }
    shub__buf_fini(&scratch);
}

static const struct {
    const char *text;
    const char *points;
} texts[] = {
    /* lines, comments, white space */
    {"", ""},
    {"\n\r\n  \n", ""},
    {"# a comment\twith a tab\n#\nm f=1", "<m> <f>=1.0"},
    {"#\x01\nm f=1", "!<m> <f>=1.0"},
    {"  m   f=1   2  \r\nm f=2", "<m> <f>=1.0 2<m> <f>=2.0"},
    {"m f=1\r", "<m> <f>=1.0"},
    {"m f=1 \rx", "!"},
    {"\tm f=1", "!"},
    {"m", "!"},
    {"m ", "!"},
    {"m 1", "!"},
    {"m f=1 1 1", "!"},
    {"m f=1 x\nm f=2", "!<m> <f>=2.0"},
    /* names */
    {"a\\ b\\,c=d f=1", "<a b,c=d> <f>=1.0"},
    {"m\\=,a\\=b=c\\,\\ d e\\ =1", "<m\\=><a=b=c, d> <e >=1.0"},
    {"a\\\\\\ b\\c f\\\\=1", "!"},
    {"a\\\\\\ b\\c f\\\\\\==1", "<a\\\\ b\\c> <f\\\\=>=1.0"},
    {"\"m\" \"f\"=1", "<\"m\"> <\"f\">=1.0"},
    {"m\\ f=1", "!"},
    {"m f\x7f=1", "!"},
    {"m\xff f=1", "!"},
    {"\xc3\xa9,\xc3\xa9=\xc3\xa9 \xc3\xa9=1",
     "<\xc3\xa9><\xc3\xa9=\xc3\xa9> <\xc3\xa9>=1.0"},
    {",a=b f=1", "!"},
    /* tags */
    {"m,a=1,b=2 f=1", "<m><a=1><b=2> <f>=1.0"},
    {"m,b=2,a=1 f=1", "<m><b=2><a=1> <f>=1.0"},
    {"m,a=1,a=2 f=1", "!"},
    {"m,a\\ =1,a\\ =2 f=1", "!"},
    {"m,a= f=1", "!"},
    {"m,=a f=1", "!"},
    {"m, f=1", "!"},
    {"m,a f=1", "!"},
    {"m,a=b=c f=1", "!"},
    {"m,a=b\\ f=1", "!"},
    /* fields */
    {"m a=1,b=2", "<m> <a>=1.0 <b>=2.0"},
    {"m a=1,a=2", "<m> <a>=1.0 <a>=2.0"},
    {"m a=1,", "!"},
    {"m a=1,,b=2", "!"},
    {"m a=1, b=2", "!"},
    {"m =1", "!"},
    {"m a=", "!"},
    {"m a", "!"},
    {"m a=1=2", "!"},
    {"m a=\"b\"c", "!"},
    /* numbers */
    {"m a=1,b=-1,c=1.,d=.5,e=-.5e3,f=1E+2,g=007", "<m> <a>=1.0 <b>=-1.0 <c>=1.0 <d>=0.5 "
                                                  "<e>=-500.0 <f>=100.0 <g>=7.0"},
    {"m a=+1", "!"},
    {"m a=.", "!"},
    {"m a=-", "!"},
    {"m a=1e", "!"},
    {"m a=NaN", "!"},
    {"m a=Inf", "!"},
    {"m a=0x1", "!"},
    {"m a=1e400", "!"},
    {"m a=1i,b=-007i,c=9223372036854775807i,d=-9223372036854775808i",
     "<m> <a>=1i <b>=-7i <c>=9223372036854775807i <d>=-9223372036854775808i"},
    {"m a=9223372036854775808i", "!"},
    {"m a=1.0i", "!"},
    {"m a=i", "!"},
    {"m a=--1i", "!"},
    {"m a=000000000000000000000000000000001i", "<m> <a>=1i"},
    {"m a=0u,b=18446744073709551615u", "<m> <a>=0u <b>=18446744073709551615u"},
    {"m a=18446744073709551616u", "!"},
    {"m a=-1u", "!"},
    {"m a=t,b=T,c=true,d=True,e=TRUE",
     "<m> <a>=true <b>=true <c>=true <d>=true <e>=true"},
    {"m a=f,b=F,c=false,d=False,e=FALSE",
     "<m> <a>=false <b>=false <c>=false <d>=false <e>=false"},
    {"m a=tRUE", "!"},
    {"m a=yes", "!"},
    /* texts */
    {"m a=\"\"", "<m> <a>=\"\""},
    {"m a=\"b, c=d\" 1", "<m> <a>=\"b, c=d\" 1"},
    {"m a=\"\\\"\\\\\\n\\t\\r\\x\"", "<m> <a>=\"\\\"\\\\\\n\t\\r\\\\x\""},
    {"m a=\"b\nc\x01\" 1\nm a=1", "<m> <a>=\"b\\nc\x01\" 1<m> <a>=1.0"},
    {"m a=\"b\nm a=1\n", "!<m> <a>=1.0"},
    {"m a=\"b\\\"\nm a=1", "!<m> <a>=1.0"},
    {"m a=\"\xff\nm a=2\n\" 1\nm a=1", "!<m> <a>=1.0"},
    /* times */
    {"m a=1 -5", "<m> <a>=1.0 -5"},
    {"m a=1 0007", "<m> <a>=1.0 7"},
    {"m a=1 9223372036854775807", "<m> <a>=1.0 9223372036854775807"},
    {"m a=1 9223372036854775808", "!"},
    {"m a=1 1.0", "!"},
    {"m a=1 +1", "!"},
    {"m a=1 1-", "!"},
    {"m a=1 -", "!"},
};

START_TEST(texts_are_these_points)
{
    shub__buf out;
    shub__buf_init(&out, 10000);
    say_points(shub_str(texts[_i].text), &out);
    ck_assert_msg(shub_slice_equal(shub__buf_view(&out), shub_str(texts[_i].points)),
                  "%s gave %s, wanted %s", texts[_i].text, out.ptr, texts[_i].points);
    shub__buf_fini(&out);
}
END_TEST

START_TEST(every_beginning_is_safe)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t cut = 0; cut < strlen(texts[i].text); cut++) {
            char *exact = malloc(cut ? cut : 1);
            shub__buf out;
            memcpy(exact, texts[i].text, cut);
            shub__buf_init(&out, 10000);
            say_points(shub_bytes(exact, cut), &out);
            shub__buf_fini(&out);
            free(exact);
        }
    }
}
END_TEST

/* ---- samples -------------------------------------------------------------------- */

static shub_batch *read_good(const char *text, const shub_influx_options *opts)
{
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 7;
    ck_assert_msg(!shub_batch_add_influx(batch, shub_str(text), opts, &refused, &err),
                  "%s", err.message);
    ck_assert_uint_eq(refused, 0);
    return batch;
}

START_TEST(fields_become_samples)
{
    shub_batch *batch = read_good(
        "a,core=0,device=d,unit=kW power=1,peak=2i 1426010041000000999\n"
        "b,device=e,quality=replaced,time_assumed=true door=t,note=\"x\",n=5u -1\n"
        "c,quality=measured,device=f,time_assumed=false x=1 1426010041000000000",
        NULL);
    shub_batch *wanted = new_batch();
    put(wanted, "d", "power", "kW", T0, shub_double(1), 0);
    put(wanted, "d", "peak", "kW", T0, shub_int64(2), 0);
    const uint32_t flags = SHUB_QUALITY_REPLACED | SHUB_TIME_ASSUMED;
    put(wanted, "e", "door", "", -1, shub_bool(1), flags);
    put(wanted, "e", "note", "", -1, shub_text(SHUB_LIT("x")), flags);
    put(wanted, "e", "n", "", -1, shub_int64(5), flags);
    put(wanted, "f", "x", "", T0, shub_double(1), 0);
    check_same(batch, wanted);
    shub_batch_free(batch);
    shub_batch_free(wanted);
}
END_TEST

START_TEST(options_say_what_is_what)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    opts.device_tag = SHUB_LIT("host");
    opts.precision = SHUB_INFLUX_S;
    opts.now_us = T0 + 5;
    shub_batch *batch = read_good("m,device=x,host=d a=\"\\\"\",b=2 1426010041\n"
                                  "m,host=d a=\"\\\"\",b=2\n",
                                  &opts);
    shub_batch *wanted = new_batch();
    put(wanted, "d", "a", "", T0, shub_text(SHUB_LIT("\"")), 0);
    put(wanted, "d", "b", "", T0, shub_double(2), 0);
    put(wanted, "d", "a", "", T0 + 5, shub_text(SHUB_LIT("\"")), SHUB_TIME_ASSUMED);
    put(wanted, "d", "b", "", T0 + 5, shub_double(2), SHUB_TIME_ASSUMED);
    check_same(batch, wanted);
    shub_batch_free(batch);
    shub_batch_free(wanted);
}
END_TEST

#define GOOD "m,device=d x=1 1\n"

/* Each stands behind a good line, and before another. */
static const struct {
    shub_status status;
    int64_t pos; /* in the line */
    const char *line;
} bad_lines[] = {
    {SHUB_E_FORMAT, 1, "m\n"},
    {SHUB_E_FORMAT, 13, "m,device=d x=\n"},
    {SHUB_E_FORMAT, 13, "m,device=d x=1.0i 1\n"},
    {SHUB_E_FORMAT, 15, "m,device=d x=1 z\n"},
    {SHUB_E_FORMAT, 19, "m,device=d x=1,y=2 z\n"},
    {SHUB_E_RANGE, 13, "m,device=d x=9223372036854775808i 1\n"},
    {SHUB_E_RANGE, 0, "m,device=d x=9223372036854775808u 1\n"},
    {SHUB_E_RANGE, 15, "m,device=d x=1 9223372036854775808\n"},
    {SHUB_E_CONTENT, 0, "m x=1 1\n"},
    {SHUB_E_CONTENT, 0, "m,host=d x=1 1\n"},
    {SHUB_E_CONTENT, 0, "m,device=d x=1\n"},
    {SHUB_E_CONTENT, 0, "m,device=d,quality=good x=1 1\n"},
    {SHUB_E_CONTENT, 0, "m,device=d,time_assumed=1 x=1 1\n"},
    {SHUB_E_CONTENT, 0, "m,device=d x=1,humidity=101 1\n"},
};

START_TEST(bad_lines_are_passed_over_whole)
{
    char text[1000];
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    snprintf(text, sizeof text, "# comment\n%s%s%s", GOOD, bad_lines[_i].line, GOOD);
    shub_status status =
        shub_batch_add_influx(batch, shub_str(text), NULL, &refused, &err);
    ck_assert_msg(status == bad_lines[_i].status, "%s gave %s: %s", bad_lines[_i].line,
                  shub_status_name(status), err.message);
    int64_t start = 10 + (int64_t)strlen(GOOD);
    ck_assert_int_eq(err.code, status);
    ck_assert_int_eq(err.index, 2);
    ck_assert_msg(err.pos == start + bad_lines[_i].pos, "%s: %s, at %d",
                  bad_lines[_i].line, err.message, (int)(err.pos - start));
    ck_assert_uint_eq(refused, 1);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    shub_columns columns = {.size = sizeof columns};
    shub_batch_columns(batch, &columns);
    ck_assert_uint_eq(columns.quantity_count, 1);
    ck_status(shub_batch_add_influx(batch, shub_str(text), NULL, NULL, NULL), status);
    shub_batch_free(batch);
}
END_TEST

START_TEST(the_first_refusal_is_told)
{
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    ck_status(shub_batch_add_influx(batch,
                                    SHUB_LIT("m,device=d s=\"a\nb\" 1\n"
                                             "m,device=d x=1\n" GOOD "m\ntorn"),
                                    NULL, &refused, &err),
              SHUB_E_CONTENT);
    ck_assert_uint_eq(refused, 3);
    ck_assert_int_eq(err.index, 2);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    ck_status(
        shub_batch_add_influx(batch, SHUB_LIT(GOOD "m,device=d x"), NULL, &refused, &err),
        SHUB_E_TRUNCATED);
    ck_assert(refused == 1 && err.code == SHUB_E_TRUNCATED && err.index == 1);
    shub_batch_free(batch);
}
END_TEST

START_TEST(times_that_overflow_are_refused)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    opts.precision = SHUB_INFLUX_S;
    ck_status(shub_batch_add_influx(batch, SHUB_LIT("m,device=d x=1 9223372037\n"), &opts,
                                    NULL, NULL),
              SHUB_E_RANGE);
    ck_status(shub_batch_add_influx(batch, SHUB_LIT("m,device=d x=1 9223372036\n"), &opts,
                                    NULL, NULL),
              SHUB_OK);
    shub_batch_free(batch);
}
END_TEST

START_TEST(limits_hold)
{
    const size_t limit = SHUB__INFLUX_POINT_MAX;
    char *text = malloc(limit + 100);
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    memset(text, ' ', limit + 100);
    memcpy(text, GOOD, strlen(GOOD) - 1);
    text[limit + 10] = '\n';
    memcpy(text + limit + 11, GOOD, strlen(GOOD));
    ck_status(shub_batch_add_influx(batch, shub_bytes(text, limit + 11 + strlen(GOOD)),
                                    NULL, NULL, &err),
              SHUB_E_LIMIT);
    ck_assert(err.index == 0 && shub_batch_count(batch) == 1);
    size_t len = (size_t)sprintf(text, "m,device=d");
    for (int i = 1; i <= SHUB_INFLUX_TAGS_MAX; i++)
        len += (size_t)sprintf(text + len, ",t%d=v", i);
    len += (size_t)sprintf(text + len, " x=1 1\n");
    ck_status(shub_batch_add_influx(batch, shub_bytes(text, len), NULL, NULL, &err),
              SHUB_E_LIMIT);
    free(text);
    shub_batch_free(batch);
}
END_TEST

static shub_status read_all(void *user)
{
    static const char text[] = "m\\ x,device=\\,d x=\"\\\"\",y=2 1\nm,device=e z=1 2\n";
    shub_batch *batch = user;
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 0;
    shub_status status = shub_batch_new(&batch, NULL);
    if (status)
        return status;
    status = shub_batch_add_influx(batch, shub_str(text), NULL, &refused, &err);
    ck_assert_uint_eq(refused, 0);
    if (status)
        ck_assert(err.code == status && err.index == (shub_batch_count(batch) ? 1 : 0));
    else
        ck_assert_uint_eq(shub_batch_count(batch), 3);
    shub_batch_free(batch);
    return status;
}

START_TEST(no_memory)
{
    ck_assert_uint_gt(oom_loop(read_all, NULL), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_influx_read");
    TCase *points = tcase_create("points");
    TCase *samples = tcase_create("samples");
    tcase_add_loop_test(points, texts_are_these_points, 0,
                        sizeof texts / sizeof texts[0]);
    tcase_add_test(points, every_beginning_is_safe);
    suite_add_tcase(suite, points);
    tcase_add_test(samples, fields_become_samples);
    tcase_add_test(samples, options_say_what_is_what);
    tcase_add_loop_test(samples, bad_lines_are_passed_over_whole, 0,
                        sizeof bad_lines / sizeof bad_lines[0]);
    tcase_add_test(samples, the_first_refusal_is_told);
    tcase_add_test(samples, times_that_overflow_are_refused);
    tcase_add_test(samples, limits_hold);
    tcase_add_test(samples, no_memory);
    suite_add_tcase(suite, samples);
    return suite_run(suite);
}
