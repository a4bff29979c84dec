/* JSON lines: the canonical line byte by byte, what a reader takes and refuses and where,
 * and that reading what was written gives the same samples. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "sample/jsonl.h"
#include "support/samples.h"

/* ---- the canonical line ------------------------------------------------------------ */

#define LINE(rest)                                                                       \
    "{\"device\":\"d\",\"quantity\":\"x\",\"time\":\"2015-03-10T17:54:01Z\"," rest

START_TEST(test_canonical)
{
    const struct {
        shub_sample sample;
        const char *line;
    } lines[] = {
        {sample_of("0x00135003007c2d12", "power", "kW", T0, shub_double(0.944), 0),
         "{\"device\":\"0x00135003007c2d12\",\"quantity\":\"power\","
         "\"time\":\"2015-03-10T17:54:01Z\",\"value\":0.944,\"unit\":\"kW\"}"},
        {sample_of("d", "x", "", T0, shub_double(5), 0), LINE("\"value\":5.0}")},
        {sample_of("d", "x", NULL, T0, shub_double(-0.0), 0), LINE("\"value\":-0.0}")},
        {sample_of("d", "x", "", T0, shub_double(1e22), 0), LINE("\"value\":1e+22}")},
        {sample_of("d", "x", "", T0, shub_double(-1.7976931348623157e308), 0),
         LINE("\"value\":-1.7976931348623157e+308}")},
        {sample_of("d", "x", "", T0, shub_int64(5), 0), LINE("\"value\":5}")},
        {sample_of("d", "x", "", T0, shub_int64(INT64_MIN), 0),
         LINE("\"value\":-9223372036854775808}")},
        {sample_of("d", "x", "", T0, shub_bool(1), 0), LINE("\"value\":true}")},
        {sample_of("d", "x", "", T0, shub_bool(0), 0), LINE("\"value\":false}")},
        {sample_of("d", "x", "", T0,
                   shub_text(SHUB_LIT("a/\"\\\b\f\n\r\t\x01\0\x1f\x7f\xc3\xa9")), 0),
         LINE("\"value\":\"a/"
              "\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u0000\\u001f\x7f\xc3\xa9\"}")},
        {sample_of("d", "x", "u", T0, shub_int64(0), SHUB_QUALITY_REPLACED),
         LINE("\"value\":0,\"unit\":\"u\",\"quality\":\"replaced\"}")},
        {sample_of("d", "x", "", T0, shub_int64(0), SHUB_QUALITY_ERROR),
         LINE("\"value\":0,\"quality\":\"error\"}")},
        {sample_of("d", "x", "", T0, shub_int64(0), SHUB_TIME_ASSUMED),
         LINE("\"value\":0,\"time_assumed\":true}")},
        {sample_of("d", "x", "", T0, shub_int64(0),
                   SHUB_QUALITY_ERROR | SHUB_TIME_ASSUMED),
         LINE("\"value\":0,\"quality\":\"error\",\"time_assumed\":true}")},
        {sample_of("\"", "a\\b", "\n", -1, shub_int64(0), 0),
         "{\"device\":\"\\\"\",\"quantity\":\"a\\\\b\",\"time\":\"1969-12-31T23:59:59."
         "999999Z\","
         "\"value\":0,\"unit\":\"\\n\"}"},
        {sample_of("d", "x", "", 1500000, shub_int64(0), 0),
         "{\"device\":\"d\",\"quantity\":\"x\",\"time\":\"1970-01-01T00:00:01.500Z\","
         "\"value\":0}"},
    };
    shub_batch *batch = new_batch();
    shub__buf expected, one;
    shub__buf_init(&expected, 100000);
    shub__buf_init(&one, 100000);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_status(shub_batch_append(batch, &lines[i].sample, NULL), SHUB_OK);
        shub__buf_text(&expected, lines[i].line);
        shub__buf_byte(&expected, '\n');
        shub__buf_clear(&one);
        ck_status(shub__jsonl_write(&one, &lines[i].sample, NULL), SHUB_OK);
        ck_assert_uint_eq(one.len, strlen(lines[i].line) + 1);
        ck_assert(!memcmp(one.ptr, lines[i].line, one.len - 1));
    }
    shub_slice text;
    ck_status(shub_batch_to_jsonl(batch, &text, NULL), SHUB_OK);
    ck_slice_eq(text, expected.ptr);

    shub_batch *back = new_batch();
    size_t refused = 1;
    ck_status(shub_batch_add_jsonl(back, text, &refused, NULL), SHUB_OK);
    ck_assert_uint_eq(refused, 0);
    check_same(back, batch);
    shub_batch_free(back);
    shub_batch_free(batch);
    shub__buf_fini(&expected);
    shub__buf_fini(&one);
}
END_TEST

/* The longest line there can be stays below its limit. */
START_TEST(test_longest_line)
{
    static char worst[SHUB_SAMPLE_TEXT_MAX];
    shub_sample s = SHUB_SAMPLE_INIT;
    shub__buf buf;
    memset(worst, 1, sizeof worst);
    s.device = s.quantity = s.unit = shub_bytes(worst, SHUB_SAMPLE_NAME_MAX);
    s.value = shub_text(shub_bytes(worst, sizeof worst));
    s.time_us = T0 + 1;
    s.flags = SHUB_QUALITY_REPLACED | SHUB_TIME_ASSUMED;
    shub__buf_init(&buf, SHUB__JSONL_LINE_MAX);
    ck_status(shub__jsonl_write(&buf, &s, NULL), SHUB_OK);
    ck_assert_uint_gt(buf.len, (sizeof worst + 3 * SHUB_SAMPLE_NAME_MAX) * 6);

    shub_batch *batch = new_batch();
    shub_sample back;
    ck_status(shub_batch_add_jsonl(batch, shub__buf_view(&buf), NULL, NULL), SHUB_OK);
    ck_status(shub_batch_get(batch, 0, &back, NULL), SHUB_OK);
    check_equal(&back, &s);
    shub_batch_free(batch);
    shub__buf_fini(&buf);
}
END_TEST

START_TEST(test_write_refuses)
{
    shub_sample s = sample_of("d", "power", "kW", T0, shub_double(NAN), 0);
    shub_error err = SHUB_ERROR_INIT;
    shub__buf buf;
    shub__buf_init(&buf, 1000);
    shub__buf_text(&buf, "before");
    ck_status(shub__jsonl_write(&buf, &s, &err), SHUB_E_CONTENT);
    s.value = shub_double(1);
    s.time_us = INT64_MAX;
    ck_status(shub__jsonl_write(&buf, &s, &err), SHUB_E_RANGE);
    s.time_us = T0;
    s.device = SHUB_LIT("");
    ck_status(shub__jsonl_write(&buf, &s, &err), SHUB_E_CONTENT);
    ck_assert_str_eq(buf.ptr, "before");
    shub__buf_fini(&buf);
}
END_TEST

START_TEST(test_times_that_cannot_be_written)
{
    const int64_t first = -INT64_C(62167219200) * SHUB_SECOND_US;
    const int64_t last = INT64_C(253402300800) * SHUB_SECOND_US - 1;
    const int64_t times[] = {first, last, first - 1, last + 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        shub_batch *batch = new_batch();
        shub_sample s = sample_of("d", "power", "kW", T0, shub_double(1), 0);
        shub_error err = SHUB_ERROR_INIT;
        shub_slice text;
        ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
        s.time_us = times[i];
        ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
        ck_status(shub_batch_to_jsonl(batch, &text, &err),
                  i < 2 ? SHUB_OK : SHUB_E_RANGE);
        if (i >= 2)
            ck_assert(err.index == 1 && !text.ptr && !text.len);
        shub_batch_free(batch);
    }
}
END_TEST

/* ---- reading ------------------------------------------------------------------------
 */

START_TEST(test_read_tolerates)
{
    static const char text[] =
        "\n"
        " { \"value\" : 1e0 , \"time\" : \"2015-03-10t18:54:01.000+01:00\" , "
        "\"device\":\"d\","
        "\"extra\":{\"a\":[1,{}]},\"quantity\":\"\\u0078\" } \r\n"
        "  \t\r\n"
        "{\"device\":\"e\",\"device\":\"d\",\"quantity\":\"x\",\"time\":\"2015-03-10 "
        "17:54:01Z\","
        "\"value\":1.0,\"unit\":null,\"quality\":null,\"time_assumed\":null}\n"
        "\r\n"
        "{\"device\":\"d\",\"quantity\":\"x\",\"time\":\"2015-03-10T17:54:01Z\","
        "\"value\":1.0,"
        "\"quality\":\"measured\",\"time_assumed\":false}";
    const shub_sample expected = sample_of("d", "x", "", T0, shub_double(1), 0);
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused = 7;
    ck_assert_msg(!shub_batch_add_jsonl(batch, shub_str(text), &refused, &err), "%s",
                  err.message);
    ck_assert_uint_eq(refused, 0);
    ck_assert_int_eq(err.code, SHUB_OK);
    ck_assert_str_eq(err.message, "");
    ck_assert_uint_eq(shub_batch_count(batch), 3);
    for (size_t i = 0; i < 3; i++) {
        shub_sample got;
        ck_status(shub_batch_get(batch, i, &got, NULL), SHUB_OK);
        check_equal(&got, &expected);
    }
    shub_batch_free(batch);
}
END_TEST

#define GOOD LINE("\"value\":1}\n")
#define D    "\"device\":\"d\""
#define Q    "\"quantity\":\"x\""
#define T    "\"time\":\"2015-03-10T17:54:01Z\""
#define V    "\"value\":1"

/* Each stands behind one good line, and before another. */
static const struct {
    shub_status status;
    int64_t pos; /* in the line */
    const char *line;
} bad_lines[] = {
    {SHUB_E_FORMAT, 1, "nonsense\n"},
    {SHUB_E_FORMAT, 29, "{" D "," Q "}}\n"},
    {SHUB_E_FORMAT, 13, "{" D "\n"},
    {SHUB_E_FORMAT, 12, "{\"device\":\"d\n"},
    {SHUB_E_CONTENT, 0, "[1]\n"},
    {SHUB_E_CONTENT, 0, "{}\n"},
    {SHUB_E_CONTENT, 0, "{" Q "," T "," V "}\n"},
    {SHUB_E_CONTENT, 0, "{" D "," T "," V "}\n"},
    {SHUB_E_CONTENT, 0, "{" D "," Q "," V "}\n"},
    {SHUB_E_CONTENT, 0, "{" D "," Q "," T "}\n"},
    {SHUB_E_CONTENT, 10, "{\"device\":1," Q "," T "," V "}\n"},
    {SHUB_E_CONTENT, 0, "{\"device\":\"\"," Q "," T "," V "}\n"},
    {SHUB_E_CONTENT, 67, "{" D "," Q "," T ",\"value\":null}\n"},
    {SHUB_E_CONTENT, 67, "{" D "," Q "," T ",\"value\":[1]}\n"},
    {SHUB_E_CONTENT, 79, "{" D "," Q "," T "," V ",\"quality\":\"good\"}\n"},
    {SHUB_E_CONTENT, 79, "{" D "," Q "," T "," V ",\"quality\":1}\n"},
    {SHUB_E_CONTENT, 84, "{" D "," Q "," T "," V ",\"time_assumed\":1}\n"},
    {SHUB_E_CONTENT, 0, "{" D ",\"quantity\":\"humidity\"," T ",\"value\":101}\n"},
    {SHUB_E_FORMAT, 36, "{" D "," Q ",\"time\":\"yesterday\"," V "}\n"},
    {SHUB_E_FORMAT, 36, "{" D "," Q ",\"time\":\"\"," V "}\n"},
    {SHUB_E_CONTENT, 36, "{" D "," Q ",\"time\":1426010041," V "}\n"},
    {SHUB_E_RANGE, 36, "{" D "," Q ",\"time\":\"2015-02-29T00:00:00Z\"," V "}\n"},
    {SHUB_E_RANGE, 36, "{" D "," Q ",\"time\":\"0000-01-01T00:00:00+01:00\"," V "}\n"},
    {SHUB_E_RANGE, 67, "{" D "," Q "," T ",\"value\":9223372036854775808}\n"},
    {SHUB_E_RANGE, 67, "{" D "," Q "," T ",\"value\":1e999}\n"},
};

START_TEST(test_read_refuses)
{
    char text[1000];
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    snprintf(text, sizeof text, "%s%s%s", GOOD, bad_lines[_i].line, GOOD);
    shub_status status = shub_batch_add_jsonl(batch, shub_str(text), &refused, &err);
    ck_assert_msg(status == bad_lines[_i].status, "%s gave %s: %s", bad_lines[_i].line,
                  shub_status_name(status), err.message);
    ck_assert_int_eq(err.code, status);
    ck_assert_int_eq(err.index, 1);
    ck_assert_msg(err.pos == bad_lines[_i].pos + (int64_t)strlen(GOOD), "%s: %s, at %d",
                  bad_lines[_i].line, err.message,
                  (int)(err.pos - (int64_t)strlen(GOOD)));
    ck_assert_uint_eq(refused, 1);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    ck_status(shub_batch_add_jsonl(batch, shub_str(text), NULL, NULL), status);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_first_refusal_is_told)
{
    static const char text[] = "\n" GOOD "{\"value\":1e999}\n" GOOD "[]\n"
                               "torn";
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    ck_status(shub_batch_add_jsonl(batch, shub_str(text), &refused, &err), SHUB_E_RANGE);
    ck_assert_uint_eq(refused, 3);
    ck_assert_int_eq(err.index, 2);
    ck_assert_int_eq(err.pos, 1 + (int64_t)strlen(GOOD) + 9);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    shub_batch_free(batch);
}
END_TEST

START_TEST(test_line_limit)
{
    const size_t limit = (size_t)1 << 20;
    char *text = malloc(limit + 2);
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    memset(text, ' ', limit + 2);
    memcpy(text, GOOD, strlen(GOOD) - 1);
    text[limit] = '\n';
    ck_status(shub_batch_add_jsonl(batch, shub_bytes(text, limit + 1), NULL, &err),
              SHUB_OK);
    text[limit] = ' ';
    text[limit + 1] = '\n';
    ck_status(shub_batch_add_jsonl(batch, shub_bytes(text, limit + 2), NULL, &err),
              SHUB_E_LIMIT);
    ck_assert(err.index == 0 && err.pos == 0);
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    shub_batch_free(batch);
    free(text);
}
END_TEST

/* Cut at any byte: the whole lines are read, the torn one is known for what it is. */
START_TEST(test_truncation)
{
    static const char text[] = "{\"device\":\"d\",\"quantity\":\"a\",\"time\":\"2015-03-"
                               "10T17:54:01Z\",\"value\":1.5}\n"
                               "{\"device\":\"\\u00e9\xc3\xa9\",\"quantity\":\"b\","
                               "\"time\":\"2015-03-10T17:54:01.5Z\","
                               "\"value\":\"t\\n\",\"unit\":\"u\",\"quality\":\"error\","
                               "\"time_assumed\":true}\n";
    const size_t len = sizeof text - 1;
    const size_t second = (size_t)(strchr(text, '\n') - text) + 1;
    for (size_t cut = 0; cut <= len; cut++) {
        char *exact = malloc(cut ? cut : 1);
        shub_batch *batch = new_batch();
        shub_error err = SHUB_ERROR_INIT;
        size_t refused;
        memcpy(exact, text, cut);
        shub_status status =
            shub_batch_add_jsonl(batch, shub_bytes(exact, cut), &refused, &err);
        int whole = cut == 0 || cut + 1 == second || cut == second || cut + 1 >= len;
        ck_status(status, whole ? SHUB_OK : SHUB_E_TRUNCATED);
        ck_assert_uint_eq(refused, !whole);
        ck_assert_uint_eq(shub_batch_count(batch),
                          (size_t)(cut + 1 >= second) + (size_t)(cut + 1 >= len));
        if (!whole)
            ck_assert(err.index == (cut > second) && err.pos <= (int64_t)cut);
        shub_batch_free(batch);
        free(exact);
    }
}
END_TEST

/* ---- there and back ------------------------------------------------------------------
 */

static uint64_t seed;

static size_t below(size_t bound)
{
    return (size_t)shub__random_below(&seed, bound);
}

static shub_slice random_text(char *dst, size_t max)
{
    static const char *const pieces[] = {"a",
                                         "0x00135003007c2d12",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x01",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         "\xf0\x9d\x84\x9e",
                                         "/",
                                         " ",
                                         "\x7f",
                                         "\xef\xbf\xbf",
                                         "."};
    size_t len = 0;
    for (size_t i = 1 + below(6); i; i--) {
        const char *piece = pieces[below(sizeof pieces / sizeof pieces[0])];
        size_t piece_len = strlen(piece);
        if (len + piece_len > max)
            break;
        memcpy(dst + len, piece, piece_len);
        len += piece_len;
    }
    return shub_bytes(dst, len);
}

static shub_value random_value(char *dst, size_t max)
{
    static const double doubles[] = {0.0,
                                     -0.0,
                                     0.1,
                                     1e22,
                                     5e-324,
                                     1.7976931348623157e308,
                                     2.2250738585072014e-308,
                                     9007199254740993.0,
                                     -1.5};
    uint64_t bits = shub__random(&seed);
    double f64;
    switch (below(6)) {
    case 0:
        return shub_int64((int64_t)bits);
    case 1:
        return shub_int64((int64_t)below(1000) - 500);
    case 2:
        return shub_bool((int)below(2));
    case 3:
        return shub_text(random_text(dst, max));
    case 4:
        return shub_double(doubles[below(sizeof doubles / sizeof doubles[0])]);
    default:
        memcpy(&f64, &bits, sizeof f64);
        return shub_double(isfinite(f64) ? f64 : 1.0);
    }
}

static int64_t random_time(void)
{
    const int64_t first = -INT64_C(62167219200) * SHUB_SECOND_US;
    const int64_t last = INT64_C(253402300800) * SHUB_SECOND_US - 1;
    switch (below(4)) {
    case 0:
        return T0;
    case 1:
        return T0 + (int64_t)below(1000) * SHUB_SECOND_US;
    case 2:
        return T0 + (int64_t)below(1000) * 1000;
    default:
        return first + (int64_t)(shub__random(&seed) % (uint64_t)(last - first + 1));
    }
}

START_TEST(test_there_and_back)
{
    seed = (uint64_t)_i;
    shub_batch *batch = new_batch();
    shub_batch *back = new_batch();
    for (int i = 0; i < 200; i++) {
        char texts[4][64];
        shub_sample s = SHUB_SAMPLE_INIT;
        shub_error err = SHUB_ERROR_INIT;
        s.device = random_text(texts[0], 64);
        s.quantity = random_text(texts[1], 64);
        if (below(2))
            s.unit = random_text(texts[2], 64);
        s.time_us = random_time();
        s.value = random_value(texts[3], 64);
        s.flags = (uint32_t)below(3) | (below(2) ? SHUB_TIME_ASSUMED : 0);
        ck_assert_msg(!shub_batch_append(batch, &s, &err), "%s", err.message);
    }
    shub_slice text, again;
    size_t refused;
    ck_status(shub_batch_to_jsonl(batch, &text, NULL), SHUB_OK);
    ck_status(shub_batch_add_jsonl(back, text, &refused, NULL), SHUB_OK);
    check_same(batch, back);
    ck_status(shub_batch_to_jsonl(back, &again, NULL), SHUB_OK);
    ck_assert(shub_slice_equal(text, again));
    shub_batch_free(batch);
    shub_batch_free(back);
}
END_TEST

/* ---- allocation failure ---------------------------------------------------------------
 */

static shub_status read_and_write(void *user)
{
    static const char text[] =
        LINE("\"value\":1.5}\n") LINE("\"value\":\"\\n\",\"unit\":\"\\t\"}\n");
    shub_batch *batch = user;
    shub_slice out;
    size_t refused = 0;
    shub_status status = shub_batch_new(&batch, NULL);
    if (status)
        return status;
    shub_error err = SHUB_ERROR_INIT;
    status = shub_batch_add_jsonl(batch, shub_str(text), &refused, &err);
    ck_assert_uint_eq(refused, 0);
    if (status)
        ck_assert(err.code == status && err.index == (int64_t)shub_batch_count(batch));
    if (!status) {
        ck_assert_uint_eq(shub_batch_count(batch), 2);
        status = shub_batch_to_jsonl(batch, &out, NULL);
        ck_assert(status ? !out.ptr : shub_slice_equal(out, shub_str(text)));
    }
    shub_batch_free(batch);
    return status;
}

START_TEST(test_no_memory)
{
    ck_assert_uint_gt(oom_loop(read_and_write, NULL), 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sample_jsonl");
    TCase *writing = tcase_create("writing");
    TCase *reading = tcase_create("reading");
    tcase_add_test(writing, test_canonical);
    tcase_add_test(writing, test_longest_line);
    tcase_add_test(writing, test_write_refuses);
    tcase_add_test(writing, test_times_that_cannot_be_written);
    suite_add_tcase(suite, writing);
    tcase_add_test(reading, test_read_tolerates);
    tcase_add_loop_test(reading, test_read_refuses, 0,
                        sizeof bad_lines / sizeof bad_lines[0]);
    tcase_add_test(reading, test_first_refusal_is_told);
    tcase_add_test(reading, test_line_limit);
    tcase_add_test(reading, test_truncation);
    tcase_add_loop_test(reading, test_there_and_back, 0, 20);
    tcase_add_test(reading, test_no_memory);
    suite_add_tcase(suite, reading);
    return suite_run(suite);
}
