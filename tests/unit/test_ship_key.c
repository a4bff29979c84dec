/* Keys: templates good and bad, what they make, what a name tells. */
#include "ship/key.h"
#include "support/suite.h"

#include <string.h>

static shub__buf key;
static shub_error err;

static shub__key_parts parts(void)
{
    shub__key_parts p = {SHUB_LIT("sensorhub"), SHUB_LIT("meter-1"), SHUB_LIT("box.lan"),
                         SHUB_LIT("sensorhub-meter-1-2015-03-10-17"),
                         1426006800 * SHUB_SECOND_US};
    return p;
}

static const struct {
    const char *pattern, *plain, *numbered, *folder;
} good[] = {
    {SHUB__KEY_DEFAULT,
     "sensorhub/meter-1/2015/03/10/sensorhub-meter-1-2015-03-10-17.jl.gz",
     "sensorhub/meter-1/2015/03/10/sensorhub-meter-1-2015-03-10-17.7.jl.gz",
     "sensorhub/"},
    {"{host}/{prefix}x/{name}", "box.lan/sensorhubx/sensorhub-meter-1-2015-03-10-17",
     "box.lan/sensorhubx/sensorhub-meter-1-2015-03-10-17.7", "box.lan/sensorhubx/"},
    {"a/b.jl.gz", "a/b.jl.gz", "a/b.7.jl.gz", "a/"},
    {"{Y}{m}{d}T{H}.jl.gz", "20150310T17.jl.gz", "20150310T17.7.jl.gz", ""},
    {"flat", "flat", "flat.7", ""},
    {"\xc3\xa9/{stream}.", "\xc3\xa9/meter-1.", "\xc3\xa9/meter-1..7", "\xc3\xa9/"},
};

START_TEST(good_template)
{
    shub__key_parts p = parts();
    shub_slice pattern = shub_str(good[_i].pattern);

    shub__buf_init(&key, 1024);
    ck_status(shub__key_check(pattern, &err), SHUB_OK);
    ck_status(shub__key_write(pattern, &p, 0, &key, &err), SHUB_OK);
    ck_slice_eq(shub__buf_view(&key), good[_i].plain);
    ck_status(shub__key_write(pattern, &p, 7, &key, &err), SHUB_OK);
    ck_slice_eq(shub__buf_view(&key), good[_i].numbered);
    ck_status(shub__key_folder(pattern, &p, &key, &err), SHUB_OK);
    ck_slice_eq(shub__buf_view(&key), good[_i].folder);
    shub__buf_fini(&key);
}
END_TEST

static const struct {
    const char *pattern;
    int pos; /* of the byte or brace that is wrong */
} bad[] = {
    {"", -1},      {"/abs", 0},      {"a//b", 2},    {"a/", -1},      {"../x", 0},
    {"a/../b", 2}, {"a/.hidden", 2}, {".x", 0},      {"a/./b", 2},    {"{name", 0},
    {"a}", 1},     {"x{nam}", 1},    {"x{Name}", 1}, {"{}", 0},       {"{name}/", -1},
    {"a\nb", 1},   {"a\x7f", 1},     {"\xff", -1},   {"{{name}}", 0}, {"{stream}//x", 9},
};

START_TEST(bad_template)
{
    ck_status(shub__key_check(shub_str(bad[_i].pattern), &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.pos, bad[_i].pos);
}
END_TEST

START_TEST(limits)
{
    char pattern[SHUB_SHIP_KEY_MAX + 2];
    shub__key_parts p = parts();

    memset(pattern, 'k', sizeof pattern);
    ck_status(shub__key_check(shub_bytes(pattern, sizeof pattern - 1), &err),
              SHUB_E_INVALID);
    ck_status(shub__key_check(shub_bytes(pattern, sizeof pattern - 2), &err), SHUB_OK);
    shub__buf_init(&key, SHUB_SHIP_KEY_MAX);
    ck_status(shub__key_write(shub_bytes(pattern, SHUB_SHIP_KEY_MAX), &p, 0, &key, &err),
              SHUB_OK);
    ck_status(shub__key_write(shub_bytes(pattern, SHUB_SHIP_KEY_MAX), &p, 1, &key, &err),
              SHUB_E_LIMIT);
    p.hour_us = INT64_MAX;
    ck_status(shub__key_write(SHUB_LIT("{Y}"), &p, 0, &key, &err), SHUB_E_RANGE);
    shub__buf_fini(&key);
}
END_TEST

static const struct {
    const char *name, *stream; /* NULL: not ours */
} names[] = {
    {"sensorhub-meter-2015-03-10-17.jl.gz", "meter"},
    {"sensorhub-meter-2015-03-10-17.1.jl.gz", "meter"},
    {"sensorhub-meter-2015-03-10-17.1.23.jl.gz", "meter"},
    {"sensorhub-a.1-2015-03-10-17.jl.gz", "a.1"},
    {"sensorhub-2015-03-10-17-2015-03-10-17.jl.gz", "2015-03-10-17"},
    {"sensorhub-x.2015-03-10-17.jl.gz", NULL},
    {"sensorhub-meter-2015-03-10-17.jl", NULL},
    {"sensorhub-meter-2015-03-10-17.x.jl.gz", NULL},
    {"sensorhub-meter-2015-03-10-17..jl.gz", NULL},
    {"sensorhub-meter-2015-13-10-17.jl.gz", NULL},
    {"sensorhub--2015-03-10-17.jl.gz", NULL},
    {"sensorhub-2015-03-10-17.jl.gz", NULL},
    {"sensorhub-.x-2015-03-10-17.jl.gz", NULL},
    {"sensorhubmeter-2015-03-10-17.jl.gz", NULL},
    {"other-meter-2015-03-10-17.jl.gz", NULL},
    {".jl.gz", NULL},
    {"", NULL},
};

START_TEST(name_tells)
{
    shub_slice stream = {NULL, 0};
    int64_t hour_us = 0;
    int ours = shub__key_parse_name(shub_str(names[_i].name), SHUB_LIT("sensorhub"),
                                    &stream, &hour_us);

    ck_assert_int_eq(ours, names[_i].stream != NULL);
    if (!ours)
        return;
    ck_slice_eq(stream, names[_i].stream);
    ck_assert_int_eq(hour_us, 1426006800 * SHUB_SECOND_US);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

int main(void)
{
    Suite *suite = suite_create("ship key");
    TCase *tc = tcase_create("key");

    tcase_add_loop_test(tc, good_template, 0, COUNT(good));
    tcase_add_loop_test(tc, bad_template, 0, COUNT(bad));
    tcase_add_test(tc, limits);
    tcase_add_loop_test(tc, name_tells, 0, COUNT(names));
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
