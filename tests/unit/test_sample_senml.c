/* SenML: packs byte by byte, RFC 8428's own examples and rules, what is refused and
 * where. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sample/senml_seconds.h"
#include "support/samples.h"

#define NOW (T0 + 1000 * SHUB_SECOND_US)

/* ---- writing -------------------------------------------------------------------- */

static void check_pack(shub_batch *batch, const shub_senml_options *opts,
                       const char *wanted)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    ck_assert_msg(!shub_batch_to_senml(batch, opts, &text, &err), "%s", err.message);
    ck_slice_eq(text, wanted);
}

START_TEST(bases_are_factored_out_where_that_saves)
{
    shub_batch *batch = new_batch();
    check_pack(batch, NULL, "[]\n");
    put(batch, "urn:dev:ow:10e2", "temperature", "Cel", T0, shub_double(23.1), 0);
    check_pack(batch, NULL,
               "[{\"n\":\"urn:dev:ow:10e2:temperature\",\"t\":1426010041,\"u\":\"Cel\","
               "\"v\":23.1}]\n");
    put(batch, "urn:dev:ow:10e2", "dew_point", "Cel", T0, shub_double(5), 0);
    put(batch, "urn:dev:ow:10e2", "humidity", "%RH", T0 + 1500000, shub_int64(40), 0);
    put(batch, "urn:dev:ow:10e2", "temperature", "Cel", T0 + 2000000, shub_double(1e300),
        0);
    check_pack(batch, NULL,
               "[{\"bn\":\"urn:dev:ow:10e2:\",\"bu\":\"Cel\",\"bt\":1426010041,"
               "\"n\":\"temperature\",\"v\":23.1},\n"
               "{\"n\":\"dew_point\",\"v\":5.0},\n"
               "{\"n\":\"humidity\",\"t\":1.5,\"u\":\"%RH\",\"v\":40},\n"
               "{\"n\":\"temperature\",\"t\":2,\"v\":1e+300}]\n");
    put(batch, "d", "door", "", T0 + 2000000, shub_bool(1), SHUB_QUALITY_ERROR);
    put(batch, "d", "note", "", T0 + 2000000, shub_text(SHUB_LIT("\"\n")),
        SHUB_QUALITY_REPLACED | SHUB_TIME_ASSUMED);
    put(batch, "d", "power", "kW", T0 + 2000000, shub_double(1), 0);
    check_pack(batch, NULL,
               "[{\"bver\":26,\"bn\":\"urn:dev:ow:10e2:\",\"bt\":1426010041,"
               "\"n\":\"temperature\",\"u\":\"Cel\",\"v\":23.1},\n"
               "{\"n\":\"dew_point\",\"u\":\"Cel\",\"v\":5.0},\n"
               "{\"n\":\"humidity\",\"t\":1.5,\"u\":\"%RH\",\"v\":40},\n"
               "{\"bt\":1426010043,\"n\":\"temperature\",\"u\":\"Cel\",\"v\":1e+300},\n"
               "{\"bn\":\"d:\",\"n\":\"door\",\"vb\":true,\"quality\":\"error\"},\n"
               "{\"n\":\"note\",\"vs\":\"\\\"\\n\",\"quality\":\"replaced\","
               "\"time_assumed\":true},\n"
               "{\"n\":\"power\",\"u\":\"kW\",\"v\":1.0}]\n");
    shub_batch_free(batch);
}
END_TEST

START_TEST(times_are_relative_when_now_is_told)
{
    shub_senml_options opts = SHUB_SENML_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    put(batch, "d", "x", "", NOW - 2500000, shub_bool(1), 0);
    put(batch, "d", "x", "", NOW - 1, shub_bool(1), 0);
    put(batch, "d", "x", "", NOW, shub_bool(1), SHUB_TIME_ASSUMED);
    put(batch, "d", "x", "", NOW, shub_bool(1), SHUB_QUALITY_ERROR);
    put(batch, "d", "x", "", NOW + 1000000, shub_bool(1), 0);
    opts.now_us = NOW;
    check_pack(
        batch, &opts,
        "[{\"n\":\"d:x\",\"t\":-2.5,\"vb\":true},\n"
        "{\"n\":\"d:x\",\"t\":-0.000001,\"vb\":true},\n"
        "{\"n\":\"d:x\",\"vb\":true,\"time_assumed\":true},\n"
        "{\"n\":\"d:x\",\"vb\":true,\"quality\":\"error\",\"time_assumed\":false},\n"
        "{\"n\":\"d:x\",\"t\":1,\"vb\":true}]\n");
    shub_slice text;
    shub_batch *back = new_batch();
    ck_status(shub_batch_to_senml(batch, &opts, &text, NULL), SHUB_OK);
    ck_status(shub_batch_add_senml(back, text, NOW, NULL, NULL), SHUB_OK);
    check_same(back, batch);
    shub_batch_free(back);
    shub_batch_free(batch);
}
END_TEST

static const struct {
    shub_status status;
    const char *device, *quantity, *unit;
    int64_t time_us, now_us;
} bad_rows[] = {
    {SHUB_E_CONTENT, "d e", "x", "", T0, 0},
    {SHUB_E_CONTENT, ":d", "x", "", T0, 0},
    {SHUB_E_CONTENT, "-d", "x", "", T0, 0},
    {SHUB_E_CONTENT, "_d", "x", "", T0, 0},
    {SHUB_E_CONTENT, "\xc3\xa9", "x", "", T0, 0},
    {SHUB_E_CONTENT, "d%", "x", "", T0, 0},
    {SHUB_E_CONTENT, "d", "x:y", "", T0, 0},
    {SHUB_E_CONTENT, "d", "x y", "", T0, 0},
    {SHUB_E_CONTENT, "d", "x", "USD/kWh", T0, 0},
    {SHUB_E_CONTENT, "d", "x", "kw", T0, 0},
    {SHUB_E_RANGE, "d", "x", "", 268435456 * SHUB_SECOND_US - 1, 0},
    {SHUB_E_RANGE, "d", "x", "", 0, 0},
    {SHUB_E_RANGE, "d", "x", "", INT64_MIN, 0},
    {SHUB_E_RANGE, "d", "x", "", NOW + 268435456 * SHUB_SECOND_US, NOW},
    {SHUB_E_RANGE, "d", "x", "", INT64_MIN, NOW},
    {SHUB_E_RANGE, "d", "x", "", INT64_MAX, -NOW},
};

START_TEST(what_cannot_be_written_is_told_with_its_row)
{
    shub_senml_options opts = SHUB_SENML_OPTIONS_INIT;
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text = SHUB_LIT("x");
    opts.now_us = bad_rows[_i].now_us;
    put(batch, "d", "x", "", opts.now_us < 0 ? 0 : T0, shub_bool(1), 0);
    put(batch, bad_rows[_i].device, bad_rows[_i].quantity, bad_rows[_i].unit,
        bad_rows[_i].time_us, shub_bool(1), 0);
    ck_status(shub_batch_to_senml(batch, &opts, &text, &err), bad_rows[_i].status);
    ck_assert(err.index == (opts.now_us < 0 ? 0 : 1) && !text.ptr && !text.len);
    opts.units = SHUB_SENML_OMIT;
    ck_status(shub_batch_to_senml(batch, &opts, &text, NULL),
              *bad_rows[_i].unit ? SHUB_OK : bad_rows[_i].status);
    opts.units = 2;
    ck_status(shub_batch_to_senml(batch, &opts, &text, NULL), SHUB_E_INVALID);
    shub_batch_free(batch);
}
END_TEST

START_TEST(units_are_those_of_the_registry)
{
    const shub_quantity *row;
    for (size_t i = 0; (row = shub_quantity_at(i)); i++)
        ck_assert_msg(!!shub_senml_unit(shub_str(row->unit)) == row->senml, "%s",
                      row->unit);
    ck_assert_int_eq(shub_senml_unit(SHUB_LIT("Cel")), 1);
    ck_assert_int_eq(shub_senml_unit(SHUB_LIT("kW")), 2);
    ck_assert_int_eq(shub_senml_unit(SHUB_LIT("KW")), 0);
    ck_assert_int_eq(shub_senml_unit(SHUB_LIT("")), 0);
}
END_TEST

/* ---- reading -------------------------------------------------------------------- */

static const struct {
    const char *number;
    int64_t us; /* SHUB_NONE: out of range */
} seconds[] = {
    {"0", 0},
    {"-0.0", 0},
    {"1426010041", T0},
    {"1.426010041e9", T0},
    {"1.426010041E+09", T0},
    {"14260100410e-1", T0},
    {"1426010041.4999998", T0 + 500000},
    {"1426010041.5000002", T0 + 500000},
    {"-5.25", -5250000},
    {"0.0000004", 0},
    {"0.0000005", 1},
    {"0.00000075", 1},
    {"0.00000000075", 0},
    {"1e-400", 0},
    {"0e99999999999", 0},
    {"9223372036854.775807", INT64_MAX},
    {"-9223372036854.775807", -INT64_MAX},
    {"9223372036854.775808", SHUB_NONE},
    {"1e13", SHUB_NONE},
    {"1e99999999999", SHUB_NONE},
    {"10000000000000000000000000000", SHUB_NONE},
};

START_TEST(seconds_are_read_to_the_nearest_microsecond)
{
    int64_t us = 7;
    shub_status status = shub__seconds_read(shub_str(seconds[_i].number), &us);
    if (seconds[_i].us == SHUB_NONE)
        ck_assert_msg(status == SHUB_E_RANGE && us == 0, "%s", seconds[_i].number);
    else
        ck_assert_msg(!status && us == seconds[_i].us, "%s: %lld", seconds[_i].number,
                      (long long)us);
}
END_TEST

static shub_batch *read_good(const char *text, int64_t now_us)
{
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 7;
    ck_assert_msg(!shub_batch_add_senml(batch, shub_str(text), now_us, &refused, &err),
                  "%s", err.message);
    ck_assert_uint_eq(refused, 0);
    return batch;
}

/* RFC 8428 sections 5.1.1 to 5.1.3, names as the text has them. */
START_TEST(examples_of_the_rfc_are_read)
{
    shub_batch *batch =
        read_good("[{\"bn\":\"urn:dev:ow:10e2073a0108006:\",\"bt\":1.276020076001e+09,"
                  "\"bu\":\"A\",\"bver\":5,\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
                  "{\"n\":\"current\",\"t\":-5,\"v\":1.2},"
                  "{\"n\":\"current\",\"t\":-4,\"v\":1.3},"
                  "{\"n\":\"current\",\"v\":1.7}]",
                  0);
    const int64_t t = INT64_C(1276020076001000);
    shub_batch *wanted = new_batch();
    put(wanted, "urn:dev:ow:10e2073a0108006", "voltage", "V", t, shub_double(120.1), 0);
    put(wanted, "urn:dev:ow:10e2073a0108006", "current", "A", t - 5000000,
        shub_double(1.2), 0);
    put(wanted, "urn:dev:ow:10e2073a0108006", "current", "A", t - 4000000,
        shub_double(1.3), 0);
    put(wanted, "urn:dev:ow:10e2073a0108006", "current", "A", t, shub_double(1.7), 0);
    check_same(batch, wanted);
    shub_batch_free(batch);
    shub_batch_free(wanted);
}
END_TEST

START_TEST(records_are_resolved)
{
    shub_batch *batch = read_good(
        " [ {\"n\":\"a:x\",\"bn\":\"pre/\",\"v\":1,\"bv\":10,\"t\":2,\"bt\":1426010041} "
        ",\n"
        "{\"bn\":\"b\",\"n\":\":x\",\"v\":1.5},\n"
        "{\"n\":\":x\",\"v\":3,\"v\":2,\"ut\":5,\"s\":9,\"unknown\":[{}]},\n"
        "{\"n\":\":x\"  ,\"u\":\"\",\"t\":0},\n"
        "{\"bu\":\"kW\",\"bt\":0},\n"
        "{\"n\":\":x\",\"vs\":\"\\u00e9\",\"t\":1426010041},\n"
        "{\"n\":\":x\",\"vd\":\"aGk\",\"t\":1426010041,\"u\":\"V\"},\n"
        "{\"n\":\":x\",\"vb\":false,\"bv\":1.5,\"t\":-1},\n"
        "{\"n\":\":x\",\"v\":1,\"quality\":\"error\"},\n"
        "{\"n\":\":x\",\"v\":2,\"time_assumed\":false},\n"
        "{\"bn\":\"c:x\",\"v\":-1,\"t\":268435456,\"quality\":\"measured\"}]\n",
        NOW);
    shub_batch *wanted = new_batch();
    put(wanted, "pre/a", "x", "", T0 + 2000000, shub_int64(11), 0);
    put(wanted, "b", "x", "", T0, shub_double(11.5), 0);
    put(wanted, "b", "x", "", T0, shub_int64(12), 0);
    put(wanted, "b", "x", "", T0, shub_int64(10), 0);
    put(wanted, "b", "x", "kW", T0, shub_text(SHUB_LIT("\xc3\xa9")), 0);
    put(wanted, "b", "x", "V", T0, shub_text(SHUB_LIT("aGk")), 0);
    put(wanted, "b", "x", "kW", NOW - 1000000, shub_bool(0), 0);
    put(wanted, "b", "x", "kW", NOW, shub_double(2.5),
        SHUB_QUALITY_ERROR | SHUB_TIME_ASSUMED);
    put(wanted, "b", "x", "kW", NOW, shub_double(3.5), 0);
    put(wanted, "c", "x", "kW", 268435456 * SHUB_SECOND_US, shub_double(0.5), 0);
    check_same(batch, wanted);
    shub_batch_free(batch);
    shub_batch_free(wanted);
}
END_TEST

#define GOOD    "{\"n\":\"d:x\",\"v\":1,\"t\":1426010041}"
#define R(rest) "{\"n\":\"d:x\",\"t\":1426010041," rest "}"

/* Each stands behind one good record, and before another. */
static const struct {
    shub_status status;
    const char *record;
    int stops;
} bad_records[] = {
    {SHUB_E_CONTENT, "1", 0},
    {SHUB_E_CONTENT, "[]", 0},
    {SHUB_E_CONTENT, R("\"u\":\"V\""), 0},
    {SHUB_E_CONTENT, R("\"v\":1,\"vb\":true"), 0},
    {SHUB_E_CONTENT, R("\"v\":\"1\""), 0},
    {SHUB_E_CONTENT, R("\"v\":null"), 0},
    {SHUB_E_CONTENT, R("\"vs\":1"), 0},
    {SHUB_E_CONTENT, R("\"vb\":0"), 0},
    {SHUB_E_CONTENT, R("\"v\":1,\"u\":5"), 0},
    {SHUB_E_CONTENT, R("\"v\":1,\"quality\":\"good\""), 0},
    {SHUB_E_CONTENT, R("\"v\":1,\"time_assumed\":1"), 0},
    {SHUB_E_CONTENT, "{\"n\":\"d:x\",\"v\":1,\"t\":\"1426010041\"}", 0},
    {SHUB_E_CONTENT, "{\"n\":\"d:x\",\"v\":1,\"t\":-1}", 0},
    {SHUB_E_CONTENT, "{\"n\":\"d:x\",\"v\":1}", 0},
    {SHUB_E_CONTENT, "{\"n\":\"x\",\"v\":1,\"t\":1426010041}", 0},
    {SHUB_E_CONTENT, "{\"v\":1,\"t\":1426010041}", 0},
    {SHUB_E_CONTENT, "{\"n\":\":x\",\"v\":1,\"t\":1426010041}", 0},
    {SHUB_E_CONTENT, "{\"n\":\"d:\",\"v\":1,\"t\":1426010041}", 0},
    {SHUB_E_CONTENT, "{\"n\":\"d e:x\",\"v\":1,\"t\":1426010041}", 0},
    {SHUB_E_CONTENT, "{\"n\":\"d:humidity\",\"v\":101,\"t\":1426010041}", 0},
    {SHUB_E_CONTENT, R("\"v\":1e308,\"bv\":1e308"), 0},
    {SHUB_E_RANGE, R("\"v\":9223372036854775807,\"bv\":1"), 0},
    {SHUB_E_RANGE, R("\"v\":9223372036854775808"), 0},
    {SHUB_E_RANGE, R("\"v\":1e400"), 0},
    {SHUB_E_RANGE, "{\"n\":\"d:x\",\"v\":1,\"t\":1e20}", 0},
    {SHUB_E_UNSUPPORTED, R("\"s\":1"), 0},
    {SHUB_E_UNSUPPORTED, R("\"bs\":1"), 0},
    {SHUB_E_CONTENT, R("\"v\":1,\"s\":\"1\""), 0},
    {SHUB_E_RANGE, R("\"v\":1,\"s\":1e400"), 0},
    {SHUB_E_CONTENT, R("\"v\":1,\"bs\":true"), 1},
    {SHUB_E_UNSUPPORTED, R("\"v\":1,\"must_\":1"), 1},
    {SHUB_E_UNSUPPORTED, R("\"v\":1,\"bver\":11"), 1},
    {SHUB_E_UNSUPPORTED, R("\"v\":1,\"bver\":10.5"), 1},
    {SHUB_E_CONTENT, R("\"v\":1,\"bver\":\"10\""), 1},
    {SHUB_E_CONTENT, R("\"v\":1,\"bn\":1"), 1},
    {SHUB_E_CONTENT, R("\"v\":1,\"bt\":\"1\""), 1},
    {SHUB_E_RANGE, R("\"v\":1,\"bt\":1e300"), 1},
    {SHUB_E_FORMAT, "{\"n\" 1}", 1},
    {SHUB_E_FORMAT, R("\"v\":01"), 1},
    {SHUB_E_FORMAT, R("\"vs\":\"\xff\""), 1},
};

START_TEST(bad_records_are_passed_over)
{
    char text[1000];
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    /* The last is whole, so that bases of the one before do not matter. */
    snprintf(text, sizeof text, "[%s,%s,{\"bv\":0,\"bn\":\"\",%s]", GOOD,
             bad_records[_i].record, &GOOD[1]);
    shub_status status = shub_batch_add_senml(batch, shub_str(text), 0, &refused, &err);
    ck_assert_msg(status == bad_records[_i].status, "%s gave %s: %s",
                  bad_records[_i].record, shub_status_name(status), err.message);
    int malformed = status == SHUB_E_FORMAT;
    ck_assert_int_eq(err.code, status);
    ck_assert_int_eq(err.index, 1);
    ck_assert_msg(malformed ? err.pos > (int64_t)strlen(GOOD)
                            : err.pos == (int64_t)strlen(GOOD) + 2,
                  "%d", (int)err.pos);
    ck_assert_uint_eq(refused, !malformed);
    ck_assert_uint_eq(shub_batch_count(batch), bad_records[_i].stops ? 1 : 2);
    ck_status(shub_batch_add_senml(batch, shub_str(text), 0, NULL, NULL), status);
    shub_batch_free(batch);
}
END_TEST

START_TEST(other_documents_are_refused)
{
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    ck_status(shub_batch_add_senml(batch, SHUB_LIT(""), 0, NULL, &err), SHUB_E_EMPTY);
    ck_status(shub_batch_add_senml(batch, SHUB_LIT("[" GOOD), 0, NULL, &err),
              SHUB_E_TRUNCATED);
    ck_assert(err.index == 1 && shub_batch_count(batch) == 1);
    ck_status(shub_batch_add_senml(batch, SHUB_LIT(GOOD), 0, NULL, &err), SHUB_E_CONTENT);
    ck_status(shub_batch_add_senml(batch, SHUB_LIT("[] x"), 0, NULL, &err),
              SHUB_E_FORMAT);
    ck_status(shub_batch_add_senml(batch, SHUB_LIT("[]"), 0, NULL, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    shub_batch_free(batch);
}
END_TEST

START_TEST(limits_hold)
{
    char text[2000];
    char name[600];
    shub_batch *batch = new_batch();
    memset(name, 'a', sizeof name);
    name[256] = '\0';
    snprintf(text, sizeof text, "[{\"n\":\"%s:x\",\"v\":1,\"t\":1426010041}]", name);
    ck_status(shub_batch_add_senml(batch, shub_str(text), 0, NULL, NULL), SHUB_E_LIMIT);
    name[256] = 'a';
    name[599] = '\0';
    snprintf(text, sizeof text, "[{\"n\":\"%s:x\",\"v\":1,\"t\":1426010041}]", name);
    ck_status(shub_batch_add_senml(batch, shub_str(text), 0, NULL, NULL), SHUB_E_LIMIT);
    snprintf(text, sizeof text, "[{\"bn\":\"%s:x\",\"v\":1,\"t\":1426010041}]", name);
    ck_status(shub_batch_add_senml(batch, shub_str(text), 0, NULL, NULL), SHUB_E_LIMIT);
    snprintf(text, sizeof text, "[{\"bu\":\"%s\"}]", name);
    ck_status(shub_batch_add_senml(batch, shub_str(text), 0, NULL, NULL), SHUB_E_LIMIT);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_senml");
    TCase *writing = tcase_create("writing");
    TCase *reading = tcase_create("reading");
    tcase_add_test(writing, bases_are_factored_out_where_that_saves);
    tcase_add_test(writing, times_are_relative_when_now_is_told);
    tcase_add_loop_test(writing, what_cannot_be_written_is_told_with_its_row, 0,
                        sizeof bad_rows / sizeof bad_rows[0]);
    tcase_add_test(writing, units_are_those_of_the_registry);
    suite_add_tcase(suite, writing);
    tcase_add_loop_test(reading, seconds_are_read_to_the_nearest_microsecond, 0,
                        sizeof seconds / sizeof seconds[0]);
    tcase_add_test(reading, examples_of_the_rfc_are_read);
    tcase_add_test(reading, records_are_resolved);
    tcase_add_loop_test(reading, bad_records_are_passed_over, 0,
                        sizeof bad_records / sizeof bad_records[0]);
    tcase_add_test(reading, other_documents_are_refused);
    tcase_add_test(reading, limits_hold);
    suite_add_tcase(suite, reading);
    return suite_run(suite);
}
