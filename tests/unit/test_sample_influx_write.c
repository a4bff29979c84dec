/* Line protocol out of a batch: every rule of names and values, which rows share a line,
 * ChirpStack's names, what cannot be written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/influx.h"
#include "sample/influx_rows.h"
#include "support/samples.h"

#define D0 "1426010041000000000\n"

static void check_lines(shub_batch *batch, const shub_influx_options *opts,
                        const char *wanted)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    ck_assert_msg(!shub_batch_to_influx(batch, opts, &text, &err), "%s", err.message);
    ck_slice_eq(text, wanted);
}

/* ---- words ---------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *measurement; /* NULL: refused */
    const char *key;
} names[] = {
    {"cpu", "cpu", "cpu"},
    {"a b,c=d", "a\\ b\\,c=d", "a\\ b\\,c\\=d"},
    {"\"q\"", "\"q\"", "\"q\""},
    {"a\\b", "a\\b", "a\\b"},
    {"a\\,b", "a\\\\,b", "a\\\\,b"},
    {"a\\\\ b", "a\\\\\\ b", "a\\\\\\ b"},
    {"\xc3\xa9", "\xc3\xa9", "\xc3\xa9"},
    {"#a", NULL, "#a"},
    {"a#", "a#", "a#"},
    {"_a", "_a", "_a"},
    {"time", "time", NULL},
    {"times", "times", "times"},
    {"", NULL, NULL},
    {"a\\", NULL, NULL},
    {"a\nb", NULL, NULL},
    {"\t", NULL, NULL},
    {"\x7f", NULL, NULL},
};

static void check_name(const char *name, shub__influx_word word, const char *wanted)
{
    char text[64];
    const char *why = shub__influx_refuses(shub_str(name), word);
    ck_assert_msg(!why == !!wanted, "\"%s\": %s", name, why ? why : "allowed");
    if (!wanted)
        return;
    char *end = shub__influx_put_name(text, shub_str(name), word);
    ck_slice_eq(shub_bytes(text, (size_t)(end - text)), wanted);
}

START_TEST(names_are_escaped)
{
    check_name(names[_i].name, SHUB__INFLUX_MEASUREMENT, names[_i].measurement);
    check_name(names[_i].name, SHUB__INFLUX_KEY, names[_i].key);
    check_name(names[_i].name, SHUB__INFLUX_VALUE,
               strcmp(names[_i].name, "time") ? names[_i].key : "time");
}
END_TEST

START_TEST(values_have_their_types)
{
    shub_value u64 = shub_int64(-1);
    u64.kind = SHUB__KIND_UINT64;
    const struct {
        shub_value value;
        const char *text, *one_line;
    } values[] = {
        {shub_double(5), "5.0", "5.0"},
        {shub_double(-0.0), "-0.0", "-0.0"},
        {shub_double(1e22), "1e+22", "1e+22"},
        {shub_int64(INT64_MIN), "-9223372036854775808i", "-9223372036854775808i"},
        {u64, "18446744073709551615u", "18446744073709551615u"},
        {shub_bool(1), "true", "true"},
        {shub_bool(0), "false", "false"},
        {shub_text(SHUB_LIT("")), "\"\"", "\"\""},
        {shub_text(SHUB_LIT("a\"b\\c, d=e")), "\"a\\\"b\\\\c, d=e\"",
         "\"a\\\"b\\\\c, d=e\""},
        {shub_text(SHUB_LIT("\\n\n\r\t")), "\"\\\\n\n\r\t\"", "\"\\\\n\\n\\r\t\""},
    };
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        char text[64];
        char *end = shub__influx_put_value(text, &values[i].value, 0);
        ck_slice_eq(shub_bytes(text, (size_t)(end - text)), values[i].text);
        end = shub__influx_put_value(text, &values[i].value, 1);
        ck_slice_eq(shub_bytes(text, (size_t)(end - text)), values[i].one_line);
    }
}
END_TEST

/* ---- lines ---------------------------------------------------------------------- */

static shub_batch *frames(void)
{
    shub_batch *batch = new_batch();
    put(batch, "d", "power", "kW", T0, shub_double(0.944), 0);
    put(batch, "d", "peak", "kW", T0, shub_double(2), 0);
    put(batch, "d", "power", "kW", T0, shub_double(3), 0);
    put(batch, "d", "pulses", "", T0, shub_int64(7), 0);
    put(batch, "d", "door", "", T0, shub_bool(1), SHUB_QUALITY_ERROR);
    put(batch, "d", "note", "", T0, shub_text(SHUB_LIT("hi")),
        SHUB_QUALITY_ERROR | SHUB_TIME_ASSUMED);
    put(batch, "e", "power", "kW", T0, shub_double(4), 0);
    put(batch, "e", "power", "kW", T0 + 1, shub_double(5), SHUB_QUALITY_REPLACED);
    return batch;
}

START_TEST(rows_of_a_group_share_a_line_while_their_tags_are_the_same)
{
    shub_batch *batch = frames();
    check_lines(batch, NULL,
                "samples,device=d,unit=kW power=0.944,peak=2.0 " D0
                "samples,device=d,unit=kW power=3.0 " D0 "samples,device=d pulses=7i " D0
                "samples,device=d,quality=error door=true " D0
                "samples,device=d,quality=error,time_assumed=true note=\"hi\" " D0
                "samples,device=e,unit=kW power=4.0 " D0
                "samples,device=e,quality=replaced,unit=kW power=5.0 "
                "1426010041000001000\n");
    shub_batch_free(batch);
}
END_TEST

START_TEST(without_units_a_group_is_a_line)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    put(batch, "d", "power", "kW", T0, shub_double(1), 0);
    put(batch, "d", "energy", "kWh", T0, shub_double(2), 0);
    put(batch, "d", "door", "", T0, shub_bool(0), 0);
    opts.no_units = 1;
    check_lines(batch, &opts, "samples,device=d power=1.0,energy=2.0,door=false " D0);
    shub_batch_free(batch);
}
END_TEST

START_TEST(tags_are_sorted_and_escaped)
{
    const shub_tag tags[] = {{SHUB_LIT("z"), SHUB_LIT("9")},
                             {SHUB_LIT("a b"), SHUB_LIT("c,d")},
                             {SHUB_LIT("q"), SHUB_LIT("=")}};
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    put(batch, "a long name, of more than thirty-two bytes", "x", "k W", T0,
        shub_double(1), SHUB_QUALITY_REPLACED);
    opts.measurement = SHUB_LIT("m,=");
    opts.device_tag = SHUB_LIT("r=");
    opts.tags = tags;
    opts.tag_count = 3;
    check_lines(
        batch, &opts,
        "m\\,=,a\\ b=c\\,d,q=\\=,quality=replaced,r\\=="
        "a\\ long\\ name\\,\\ of\\ more\\ than\\ thirty-two\\ bytes,unit=k\\ W,z=9"
        " x=1.0 " D0);
    shub_batch_free(batch);
}
END_TEST

START_TEST(times_are_cut_to_the_precision)
{
    static const char *const wanted[][2] = {{" 1500000000999999000\n", " -1000\n"},
                                            {" 1500000000999999\n", " -1\n"},
                                            {" 1500000000999\n", " -1\n"},
                                            {" 1500000000\n", " -1\n"}};
    for (int32_t precision = SHUB_INFLUX_NS; precision <= SHUB_INFLUX_S; precision++) {
        shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
        for (int i = 0; i < 2; i++) {
            shub_batch *batch = new_batch();
            shub_slice text;
            put(batch, "d", "x", "", i ? -1 : INT64_C(1500000000999999), shub_bool(1), 0);
            opts.precision = precision;
            ck_status(shub_batch_to_influx(batch, &opts, &text, NULL), SHUB_OK);
            ck_slice_eq(shub_bytes(strrchr(text.ptr, ' '), strlen(wanted[precision][i])),
                        wanted[precision][i]);
            shub_batch_free(batch);
        }
    }
}
END_TEST

START_TEST(times_outside_the_servers_are_refused)
{
    const int64_t last = INT64_MAX / 1000, first = INT64_MIN / 1000;
    const int64_t times[] = {last, first, last + 1, first - 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        shub_batch *batch = new_batch();
        shub_error err = SHUB_ERROR_INIT;
        shub_slice text;
        put(batch, "d", "x", "", T0, shub_bool(1), 0);
        put(batch, "d", "x", "", times[i], shub_bool(1), 0);
        ck_status(shub_batch_to_influx(batch, NULL, &text, &err),
                  i < 2 ? SHUB_OK : SHUB_E_RANGE);
        if (i >= 2)
            ck_assert(err.index == 1 && !text.ptr && !text.len);
        shub_batch_free(batch);
    }
}
END_TEST

START_TEST(names_that_cannot_be_written_are_told_with_their_row)
{
    const char *const bad[][3] = {{"d\n", "x", ""},
                                  {"d\\", "x", ""},
                                  {"d", "\x01", ""},
                                  {"d", "x", "u\\"},
                                  {"d", "time", ""}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
        shub_batch *batch = new_batch();
        shub_error err = SHUB_ERROR_INIT;
        shub_slice text;
        put(batch, "d", "x", "", T0, shub_bool(1), 0);
        put(batch, "d", "y", "", T0, shub_bool(1), 0);
        put(batch, bad[i][0], bad[i][1], bad[i][2], T0, shub_bool(1), 0);
        ck_status(shub_batch_to_influx(batch, NULL, &text, &err), SHUB_E_CONTENT);
        ck_assert(err.index == 2 && !text.ptr);
        opts.no_units = 1;
        ck_status(shub_batch_to_influx(batch, &opts, &text, &err),
                  *bad[i][2] ? SHUB_OK : SHUB_E_CONTENT);
        opts.naming = SHUB_INFLUX_CHIRPSTACK;
        ck_status(shub_batch_to_influx(batch, &opts, &text, &err),
                  *bad[i][2] || !strcmp(bad[i][1], "time") ? SHUB_OK : SHUB_E_CONTENT);
        shub_batch_free(batch);
    }
}
END_TEST

START_TEST(wrong_options_are_refused)
{
    const shub_tag twice[] = {{SHUB_LIT("a"), SHUB_LIT("1")},
                              {SHUB_LIT("a"), SHUB_LIT("2")}};
    const shub_tag taken[] = {{SHUB_LIT("unit"), SHUB_LIT("1")}};
    const shub_tag time[] = {{SHUB_LIT("time"), SHUB_LIT("1")}};
    const shub_tag empty[] = {{SHUB_LIT("a"), SHUB_LIT("")}};
    static shub_tag many[SHUB_INFLUX_TAGS_MAX - 3];
    static shub_tag large[129];
    static char keys[129][4];
    static char value[SHUB_SAMPLE_NAME_MAX];
    shub_influx_options wrong[13];
    for (size_t i = 0; i < 13; i++)
        wrong[i] = (shub_influx_options)SHUB_INFLUX_OPTIONS_INIT;
    for (size_t i = 0; i < SHUB_INFLUX_TAGS_MAX - 3; i++)
        many[i] = twice[0];
    wrong[0].precision = 4;
    wrong[1].precision = -1;
    wrong[2].naming = 2;
    wrong[3].measurement = SHUB_LIT("#");
    wrong[4].device_tag = SHUB_LIT("a\\");
    wrong[5].tags = twice, wrong[5].tag_count = 2;
    wrong[6].tags = taken, wrong[6].tag_count = 1;
    wrong[7].tags = empty, wrong[7].tag_count = 1;
    wrong[8].tags = many, wrong[8].tag_count = SHUB_INFLUX_TAGS_MAX - 3;
    wrong[9].device_tag = SHUB_LIT("\xff");
    memset(value, ' ', sizeof value);
    for (size_t i = 0; i < 129; i++) {
        snprintf(keys[i], sizeof keys[i], "%d", (int)i);
        large[i] = (shub_tag){shub_str(keys[i]), shub_bytes(value, sizeof value)};
    }
    wrong[10].tags = large, wrong[10].tag_count = 129;
    wrong[11].tags = time, wrong[11].tag_count = 1;
    wrong[12].device_tag = SHUB_LIT("time");
    for (size_t i = 0; i < 13; i++) {
        shub_batch *batch = frames();
        shub_error err = SHUB_ERROR_INIT;
        shub_slice text = SHUB_LIT("x");
        ck_status(shub_batch_to_influx(batch, &wrong[i], &text, &err), SHUB_E_INVALID);
        ck_assert(err.code == SHUB_E_INVALID && !text.ptr);
        shub_batch_free(batch);
    }
}
END_TEST

/* ---- ChirpStack ----------------------------------------------------------------- */

START_TEST(rows_are_named_as_chirpstack_names_them)
{
    const shub_tag tags[] = {{SHUB_LIT("f_port"), SHUB_LIT("20")},
                             {SHUB_LIT("application_name"), SHUB_LIT("test-app")},
                             {SHUB_LIT("fo o"), SHUB_LIT("ba,r")}};
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    put(batch, "0102", "temperature.min", "Cel", T0, shub_double(25.4), 0);
    put(batch, "0102", "latitude", "lat", T0, shub_double(1.123), 0);
    put(batch, "0102", "longitude", "lon", T0, shub_double(2.123), 0);
    put(batch, "0102", "pulses", "", T0, shub_int64(20), 0);
    put(batch, "0102", "active", "", T0, shub_bool(1), 0);
    put(batch, "0102", "status", "", T0, shub_text(SHUB_LIT("on")), 0);
    put(batch, "0102", "latitude.2", "lat", T0, shub_double(-1), 0);
    put(batch, "0102", "longitude.2", "lon", T0, shub_double(-2), 0);
    put(batch, "0102", "latitude.2", "lat", T0, shub_double(1), 0);
    put(batch, "0102", "longitude.3", "lon", T0, shub_double(2), 0);
    opts.naming = SHUB_INFLUX_CHIRPSTACK;
    opts.tags = tags;
    opts.tag_count = 3;
#define ROW(path, fields)                                                                \
    "device_frmpayload_data_" path                                                       \
    ",application_name=test-app,dev_eui=0102,f_port=20,fo\\ o=ba\\,r " fields " " D0
    check_lines(
        batch, &opts,
        ROW("temperature_min", "value=25.4") ROW(
            "location", "geohash=\"s01w2k3vvqre\",latitude=1.123,longitude=2.123")
            ROW("pulses", "value=20.0") ROW("active", "value=true") ROW("status",
                                                                        "value=\"on\"")
                ROW("location_2", "geohash=\"7zyd63zwsd7z\",latitude=-1.0,longitude=-2.0")
                    ROW("latitude_2", "value=1.0") ROW("longitude_3", "value=2.0"));
#undef ROW
    shub_batch_free(batch);
}
END_TEST

/* Places of the geohash's own site and its corners. */
/* The largest texts, each byte escaped, and the longest names, in one group. */
START_TEST(lines_are_not_longer_than_the_reader_takes)
{
    char name[SHUB_SAMPLE_NAME_MAX + 1];
    char *quotes = malloc(SHUB_SAMPLE_TEXT_MAX);
    shub_batch *batch = new_batch();
    shub_batch *back = new_batch();
    shub_slice text;
    size_t lines = 0;
    memset(quotes, '"', SHUB_SAMPLE_TEXT_MAX);
    memset(name, ',', sizeof name - 1);
    name[SHUB_SAMPLE_NAME_MAX] = '\0';
    for (int i = 0; i < 2100; i++) {
        int len = snprintf(name, sizeof name, "%d", i);
        name[len] = ' ';
        put(batch, name + 4, name, name + 5, T0,
            i % 100 ? shub_double(i)
                    : shub_text(shub_bytes(quotes, SHUB_SAMPLE_TEXT_MAX)),
            0);
    }
    ck_status(shub_batch_to_influx(batch, NULL, &text, NULL), SHUB_OK);
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    ck_assert_msg(lines > 2 && lines < 7, "%zu lines", lines);
    ck_status(shub_batch_add_influx(back, text, NULL, NULL, NULL), SHUB_OK);
    check_same(back, batch);
    shub_batch_free(batch);
    shub_batch_free(back);
    free(quotes);
}
END_TEST

START_TEST(geohashes_are_right)
{
    const struct {
        double latitude, longitude;
        const char *hash;
    } places[] = {
        {57.64911, 10.40744, "u4pruydqqvj8"},
        {42.6, -5.6, "ezs42e44yx96"},
        {0, 0, "s00000000000"},
        {-90, -180, "000000000000"},
        {90, 180, "zzzzzzzzzzzz"},
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char hash[SHUB__GEOHASH_LEN];
        shub__geohash(places[i].latitude, places[i].longitude, hash);
        ck_slice_eq(shub_bytes(hash, sizeof hash), places[i].hash);
    }
}
END_TEST

static shub_status write_all(void *user)
{
    shub_batch *batch = user;
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_slice text;
    shub_status status = shub_batch_to_influx(batch, &opts, &text, NULL);
    opts.naming = SHUB_INFLUX_CHIRPSTACK;
    if (!status)
        status = shub_batch_to_influx(batch, &opts, &text, NULL);
    ck_assert(!status || !text.ptr);
    return status;
}

START_TEST(no_memory)
{
    shub_batch *batch = frames();
    ck_assert_uint_gt(oom_loop(write_all, batch), 5);
    shub_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_influx_write");
    TCase *tcase = tcase_create("writing");
    tcase_add_loop_test(tcase, names_are_escaped, 0, sizeof names / sizeof names[0]);
    tcase_add_test(tcase, values_have_their_types);
    tcase_add_test(tcase, rows_of_a_group_share_a_line_while_their_tags_are_the_same);
    tcase_add_test(tcase, without_units_a_group_is_a_line);
    tcase_add_test(tcase, tags_are_sorted_and_escaped);
    tcase_add_test(tcase, times_are_cut_to_the_precision);
    tcase_add_test(tcase, times_outside_the_servers_are_refused);
    tcase_add_test(tcase, names_that_cannot_be_written_are_told_with_their_row);
    tcase_add_test(tcase, wrong_options_are_refused);
    tcase_add_test(tcase, rows_are_named_as_chirpstack_names_them);
    tcase_add_test(tcase, lines_are_not_longer_than_the_reader_takes);
    tcase_add_test(tcase, geohashes_are_right);
    tcase_add_test(tcase, no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
