/* The JSON scanner: what it accepts, what it refuses and where, and that skipping a value
 * checks as much as reading it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/json_dump.h"
#include "support/suite.h"

#define TEXT_MAX 100000

static shub_status skip(shub_slice text, shub_error *err)
{
    shub__json j;
    shub__json_init(&j, text, NULL);
    shub__json_skip(&j);
    return shub__json_finish(&j, err);
}

/* ---- accepted ------------------------------------------------------------------- */

static const struct {
    const char *text, *dumped; /* NULL: as the text */
} accepted[] = {
    {"null", NULL},
    {"true", NULL},
    {"false", NULL},
    {"0", NULL},
    {"-0", NULL},
    {"-12", NULL},
    {"0.25", NULL},
    {"1e5", NULL},
    {"1E+5", NULL},
    {"10.50e-07", NULL},
    {"123456789012345678901234567890", NULL},
    {"\"\"", NULL},
    {"\"plain\"", NULL},
    {"\"exactly8\"", NULL},
    {"\"a string longer than eight\"", NULL},
    {"\"\x7f\"", NULL},
    {"\"\\u0000\\u001F\\u0007\"", "\"\\u0000\\u001f\\u0007\""},
    {"\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t\"", "\"\\\" \\\\ / \\b \\f \\n \\r \\t\""},
    {"\"\\u0041\\u00e9\\u20AC\"", "\"A\xc3\xa9\xe2\x82\xac\""},
    {"\"\\uD834\\uDD1E\\udbff\\udfff\"", "\"\xf0\x9d\x84\x9e\xf4\x8f\xbf\xbf\""},
    {"\"\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbf \xf0\x90\x80\x80\"",
     NULL},
    {"[]", NULL},
    {"{}", NULL},
    {"[[],{},[{}]]", NULL},
    {"[1,\"a\",null,[true,{\"b\":[]}]]", NULL},
    {"{\"a\":1,\"b\":{\"c\":[2,3]},\"a\":4}", NULL},
    {"{\"\":0}", NULL},
    {"{\"\\u0061\\n\":0}", "{\"a\\n\":0}"},
    {" \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n", "{\"a\":[1,2],\"b\":{}}"},
};

START_TEST(test_accepted)
{
    shub_slice text = shub_str(accepted[_i].text);
    const char *dumped = accepted[_i].dumped ? accepted[_i].dumped : accepted[_i].text;
    shub_error err = SHUB_ERROR_INIT;
    shub__buf out;
    shub__buf_init(&out, TEXT_MAX);
    ck_assert_msg(dump(text, &out, &err) == SHUB_OK, "%s: %s", text.ptr, err.message);
    ck_assert_str_eq(out.ptr, dumped);
    ck_assert_msg(skip(text, &err) == SHUB_OK, "%s: %s", text.ptr, err.message);
    shub__buf_fini(&out);
}
END_TEST

/* ---- refused -------------------------------------------------------------------- */

static const struct {
    shub_status status;
    int64_t pos;
    const char *text;
} refused[] = {
    {SHUB_E_EMPTY, 0, ""},
    {SHUB_E_EMPTY, 3, " \n\t"},
    {SHUB_E_FORMAT, 0, "\xef\xbb\xbf{}"},
    {SHUB_E_FORMAT, 0, "\f1"},
    {SHUB_E_FORMAT, 1, "nan"},
    {SHUB_E_FORMAT, 0, "+1"},
    {SHUB_E_FORMAT, 0, ".5"},
    {SHUB_E_FORMAT, 0, "'a'"},
    {SHUB_E_FORMAT, 0, "]"},
    {SHUB_E_FORMAT, 3, "tru3"},
    {SHUB_E_FORMAT, 4, "nulll"},
    {SHUB_E_FORMAT, 0, "True"},
    {SHUB_E_FORMAT, 0, "01"},
    {SHUB_E_FORMAT, 1, "-01"},
    {SHUB_E_FORMAT, 1, "-a"},
    {SHUB_E_FORMAT, 2, "1.e5"},
    {SHUB_E_FORMAT, 2, "1ex"},
    {SHUB_E_FORMAT, 1, "0x10"},
    {SHUB_E_FORMAT, 2, "1 2"},
    {SHUB_E_FORMAT, 2, "[]]"},
    {SHUB_E_FORMAT, 2, "[1}"},
    {SHUB_E_FORMAT, 6, "{\"a\":1]"},
    {SHUB_E_FORMAT, 3, "[1,]"},
    {SHUB_E_FORMAT, 1, "[,1]"},
    {SHUB_E_FORMAT, 3, "[1 2]"},
    {SHUB_E_FORMAT, 7, "{\"a\":1,}"},
    {SHUB_E_FORMAT, 1, "{a:1}"},
    {SHUB_E_FORMAT, 1, "{1:1}"},
    {SHUB_E_FORMAT, 4, "{\"a\"}"},
    {SHUB_E_FORMAT, 4, "{\"a\",1}"},
    {SHUB_E_FORMAT, 5, "{\"a\":}"},
    {SHUB_E_FORMAT, 7, "{\"a\":1 \"b\":2}"},
    {SHUB_E_FORMAT, 1, "[/* no */]"},
    {SHUB_E_FORMAT, 2, "\"a\nb\""},
    {SHUB_E_FORMAT, 9, "\"12345678\tb\""},
    {SHUB_E_FORMAT, 2, "\"\\x\""},
    {SHUB_E_FORMAT, 5, "\"\\u00g0\""},
    {SHUB_E_FORMAT, 7, "\"\\uD834\""},
    {SHUB_E_FORMAT, 8, "\"\\uD834\\n\""},
    {SHUB_E_FORMAT, 7, "\"\\uD834\\u0041\""},
    {SHUB_E_FORMAT, 1, "\"\\uDD1E\""},
    {SHUB_E_FORMAT, 1, "\"\x80\""},
    {SHUB_E_FORMAT, 1, "\"\xc0\x80\""},
    {SHUB_E_FORMAT, 2, "\"a\xe9t\xe9 \""},
    {SHUB_E_FORMAT, 1, "\"\xed\xa0\x80\""},
    {SHUB_E_FORMAT, 1, "\"\xf4\x90\x80\x80\""},
    {SHUB_E_FORMAT, 1, "\"\xff   \""},
    {SHUB_E_TRUNCATED, 3, "tru"},
    {SHUB_E_TRUNCATED, 1, "-"},
    {SHUB_E_TRUNCATED, 2, "1."},
    {SHUB_E_TRUNCATED, 3, "1e-"},
    {SHUB_E_TRUNCATED, 1, "\""},
    {SHUB_E_TRUNCATED, 4, "\"a\\\""},
    {SHUB_E_TRUNCATED, 5, "\"\\u00"},
    {SHUB_E_TRUNCATED, 7, "\"\\uD834"},
    {SHUB_E_TRUNCATED, 8, "\"\\uD834\\"},
    {SHUB_E_TRUNCATED, 1, "\"\xe2\x82"},
    {SHUB_E_TRUNCATED, 1, "["},
    {SHUB_E_TRUNCATED, 3, "[1,"},
    {SHUB_E_TRUNCATED, 5, "{\"a\" "},
};

START_TEST(test_refused)
{
    shub_slice text = shub_str(refused[_i].text);
    shub_error err = SHUB_ERROR_INIT;
    shub__buf out;
    shub__buf_init(&out, TEXT_MAX);
    shub_status status = dump(text, &out, &err);
    ck_assert_msg(status == refused[_i].status && err.pos == refused[_i].pos, "%s: %s",
                  text.ptr, err.message);
    ck_assert_int_eq(err.code, status);
    status = skip(text, &err);
    ck_assert_msg(status == refused[_i].status && err.pos == refused[_i].pos,
                  "skipped %s: %s", text.ptr, err.message);
    shub__buf_fini(&out);
}
END_TEST

/* Every cut of a document is known as one; none is read past its end (AddressSanitizer
 * and valgrind see the exact block). */
START_TEST(test_truncation)
{
    static const char document[] =
        " {\"device\":\"a\\u00e9\\ud834\\udd1e\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\\n/"
        "long enough\","
        "\"values\":[-12.50e-3,true,false,null,{\"x\":[[]]},{}],\"n\":0}";
    for (size_t cut = 0; cut < sizeof document - 1; cut++) {
        char *exact = malloc(cut ? cut : 1);
        shub_error err = SHUB_ERROR_INIT;
        shub__buf out;
        memcpy(exact, document, cut);
        shub__buf_init(&out, TEXT_MAX);
        shub_status status = dump(shub_bytes(exact, cut), &out, &err);
        ck_assert_int_eq(status, cut < 2 ? SHUB_E_EMPTY : SHUB_E_TRUNCATED);
        ck_assert_int_le(err.pos, cut);
        ck_assert_int_eq(skip(shub_bytes(exact, cut), NULL), status);
        shub__buf_fini(&out);
        free(exact);
    }
}
END_TEST

static shub_slice nested(int depth, char *dst)
{
    memset(dst, '[', (size_t)depth);
    memset(dst + depth, ']', (size_t)depth);
    return shub_bytes(dst, 2 * (size_t)depth);
}

START_TEST(test_depth)
{
    char text[2 * (SHUB__JSON_MAX_DEPTH + 1)];
    shub_error err = SHUB_ERROR_INIT;
    shub__buf out;
    shub__buf_init(&out, TEXT_MAX);
    ck_assert_int_eq(dump(nested(SHUB__JSON_MAX_DEPTH, text), &out, &err), SHUB_OK);
    ck_assert_int_eq(skip(nested(SHUB__JSON_MAX_DEPTH, text), &err), SHUB_OK);
    ck_assert_int_eq(dump(nested(SHUB__JSON_MAX_DEPTH + 1, text), &out, &err),
                     SHUB_E_LIMIT);
    ck_assert_int_eq(err.pos, SHUB__JSON_MAX_DEPTH);
    ck_assert_int_eq(skip(nested(SHUB__JSON_MAX_DEPTH + 1, text), &err), SHUB_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.message, "64"));
    shub__buf_fini(&out);
}
END_TEST

/* ---- types ---------------------------------------------------------------------- */

/* A scanner at the only value of `text`; none of the texts has an escape. */
static shub__json at(const char *text)
{
    shub__json j;
    shub__json_init(&j, shub_str(text), NULL);
    return j;
}

START_TEST(test_wrong_type)
{
    shub_slice text = SHUB_LIT("x");
    double number = 1;
    int64_t i64 = 1;
    uint64_t u64 = 1;
    int flag = 1;
    shub__json j;
    ck_assert(!shub__json_string((j = at("1"), &j), &text) && j.status == SHUB_E_CONTENT);
    ck_assert(!text.ptr && !text.len);
    text = SHUB_LIT("x");
    ck_assert(!shub__json_number((j = at("\"1\""), &j), &text) &&
              j.status == SHUB_E_CONTENT);
    ck_assert(!text.ptr && !text.len);
    ck_assert(!shub__json_double((j = at("null"), &j), &number) &&
              j.status == SHUB_E_CONTENT);
    ck_assert(number == 0);
    ck_assert(!shub__json_int64((j = at("true"), &j), &i64) &&
              j.status == SHUB_E_CONTENT);
    ck_assert(!shub__json_uint64((j = at("[]"), &j), &u64) && j.status == SHUB_E_CONTENT);
    ck_assert(!shub__json_bool((j = at("0"), &j), &flag) && j.status == SHUB_E_CONTENT);
    ck_assert(!i64 && !u64 && !flag);
    ck_assert(!shub__json_enter_object((j = at("[]"), &j)) && j.status == SHUB_E_CONTENT);
    ck_assert(!shub__json_enter_array((j = at("{}"), &j)) && j.status == SHUB_E_CONTENT);
    ck_assert(!shub__json_string((j = at("[1,}"), &j), &text) &&
              j.status == SHUB_E_FORMAT);
    ck_assert(!shub__json_string((j = at("[1,"), &j), &text) &&
              j.status == SHUB_E_TRUNCATED);
}
END_TEST

static const struct {
    const char *text;
    shub_status status;
    int64_t value;
} integers[] = {
    {"0", SHUB_OK, 0},
    {"-7", SHUB_OK, -7},
    {"9223372036854775807", SHUB_OK, INT64_MAX},
    {"-9223372036854775808", SHUB_OK, INT64_MIN},
    {"9223372036854775808", SHUB_E_RANGE, 0},
    {"-9223372036854775809", SHUB_E_RANGE, 0},
    {"1.0", SHUB_E_CONTENT, 0},
    {"1e2", SHUB_E_CONTENT, 0},
};

START_TEST(test_integers)
{
    shub__json j = at(integers[_i].text);
    int64_t value = 1;
    ck_assert_int_eq(shub__json_int64(&j, &value), !integers[_i].status);
    ck_assert_int_eq(value, integers[_i].value);
    ck_assert_int_eq(j.status, integers[_i].status);
}
END_TEST

START_TEST(test_unsigned)
{
    uint64_t value;
    shub__json j = at("18446744073709551615");
    ck_assert(shub__json_uint64(&j, &value) && value == UINT64_MAX);
    j = at("18446744073709551616");
    ck_assert(!shub__json_uint64(&j, &value) && j.status == SHUB_E_RANGE && !value);
    j = at("-1");
    ck_assert(!shub__json_uint64(&j, &value) && j.status && !value);
}
END_TEST

START_TEST(test_doubles)
{
    double value;
    shub__json j = at("0.1");
    ck_assert(shub__json_double(&j, &value) && value == 0.1);
    j = at("-1e-400");
    ck_assert(shub__json_double(&j, &value) && value == 0 && signbit(value));
    j = at("12");
    ck_assert(shub__json_double(&j, &value) && value == 12);
    j = at("[1e999]");
    ck_assert(shub__json_enter_array(&j) && shub__json_next_item(&j));
    ck_assert(!shub__json_double(&j, &value) && value == 0);
    ck_assert(j.status == SHUB_E_RANGE && j.pos == 1);
}
END_TEST

/* ---- use ------------------------------------------------------------------------ */

START_TEST(test_unread_values_are_skipped)
{
    shub__json j = at("{\"skip\":{\"b\":[1,{}]},\"b\":2,\"c\":3,\"b\":4,\"d\":\"x\"}");
    shub_slice key;
    int64_t last = 0;
    int keys = 0;
    shub__json_enter_object(&j);
    for (; shub__json_next_key(&j, &key); keys++) {
        if (shub__json_is(key, "b"))
            shub__json_int64(&j, &last);
    }
    ck_assert_int_eq(shub__json_finish(&j, NULL), SHUB_OK);
    ck_assert_int_eq(keys, 5);
    ck_assert_int_eq(last, 4);
}
END_TEST

START_TEST(test_unread_values_are_checked)
{
    shub__json j = at("{\"skip\":[1,],\"b\":2}");
    shub_slice key = SHUB_LIT("x");
    shub_error err = SHUB_ERROR_INIT;
    shub__json_enter_object(&j);
    ck_assert(shub__json_next_key(&j, &key));
    ck_assert(!shub__json_next_key(&j, &key) && !key.ptr);
    ck_assert_int_eq(shub__json_finish(&j, &err), SHUB_E_FORMAT);
    ck_assert_int_eq(err.pos, 11);
}
END_TEST

START_TEST(test_finish_without_reading)
{
    shub__json j = at("[1,2] x");
    shub_error err = SHUB_ERROR_INIT;
    ck_assert_int_eq(shub__json_finish(&j, &err), SHUB_E_FORMAT);
    ck_assert_int_eq(err.pos, 6);
    j = at("[1,2]");
    ck_assert_int_eq(shub__json_finish(&j, &err), SHUB_OK);
}
END_TEST

START_TEST(test_raw)
{
    shub__json j = at("{\"a\": {\"b\" : [1, 2]} ,\"c\":3}");
    shub_slice key;
    shub_slice raw;
    shub__json_enter_object(&j);
    ck_assert(shub__json_next_key(&j, &key) && shub__json_raw(&j, &raw));
    ck_assert(shub__json_is(raw, "{\"b\" : [1, 2]}"));
    ck_assert(shub__json_next_key(&j, &key) && shub__json_raw(&j, &raw));
    ck_assert(shub__json_is(raw, "3"));
    ck_assert(!shub__json_next_key(&j, &key));
    ck_assert_int_eq(shub__json_finish(&j, NULL), SHUB_OK);
}
END_TEST

START_TEST(test_refuse_points_at_the_value)
{
    shub__json j = at("{\"a\": \"no\", \"b\": 1}");
    shub_slice text;
    int64_t number;
    shub_error err = SHUB_ERROR_INIT;
    shub__json_enter_object(&j);
    ck_assert(shub__json_next_key(&j, &text) && shub__json_string(&j, &text));
    ck_assert_int_eq(shub__json_refuse(&j, SHUB_E_RANGE, "not that"), 0);
    ck_assert(!shub__json_next_key(&j, &text) && !shub__json_int64(&j, &number));
    ck_assert_int_eq(shub__json_type_next(&j), SHUB__JSON_NONE);
    ck_assert_int_eq(shub__json_check(&j, &err), SHUB_E_RANGE);
    ck_assert_int_eq(err.pos, 6);
    ck_assert_ptr_nonnull(strstr(err.message, "not that"));
}
END_TEST

/* ---- strings -------------------------------------------------------------------- */

START_TEST(test_plain_strings_are_not_copied)
{
    shub_slice text = SHUB_LIT("[\"no escape, but \xc3\xa9\"]");
    shub_slice out;
    shub__json j;
    shub__json_init(&j, text, NULL);
    ck_assert(shub__json_enter_array(&j) && shub__json_next_item(&j));
    ck_assert(shub__json_string(&j, &out));
    ck_assert_ptr_eq(out.ptr, text.ptr + 2);
}
END_TEST

/* Many unescaped strings of one text: the first stays where it was. */
START_TEST(test_unescaped_strings_stay)
{
    enum { COUNT = 400 };
    char text[COUNT * 8 + 2];
    shub_slice out[COUNT];
    shub__buf scratch;
    shub__json j;
    size_t len = 0;
    for (int i = 0; i < COUNT; i++)
        len += (size_t)sprintf(text + len, "%c\"\\n%03d\"", i ? ',' : '[', i);
    text[len++] = ']';
    shub__buf_init(&scratch, len);
    shub__json_init(&j, shub_bytes(text, len), &scratch);
    shub__json_enter_array(&j);
    for (int i = 0; shub__json_next_item(&j); i++)
        ck_assert(shub__json_string(&j, &out[i]));
    ck_assert_int_eq(shub__json_finish(&j, NULL), SHUB_OK);
    for (int i = 0; i < COUNT; i++) {
        char expected[16];
        snprintf(expected, sizeof expected, "\n%03d", i);
        ck_assert(shub__json_is(out[i], expected));
    }
    shub__buf_fini(&scratch);
}
END_TEST

static shub_status dump_escapes(void *user)
{
    shub__buf *out = user;
    shub__buf_clear(out);
    return dump(SHUB_LIT("{\"\\u0061\":\"\\u0062\",\"c\":\"\\n\"}"), out, NULL);
}

START_TEST(test_no_memory)
{
    shub__buf out;
    shub__buf_init(&out, TEXT_MAX);
    shub__buf_text(&out, "has its memory");
    ck_assert_uint_eq(oom_loop(dump_escapes, &out), 1);
    shub__buf_fini(&out);
}
END_TEST

START_TEST(test_too_little_scratch)
{
    shub_slice text = SHUB_LIT("{\"\\u0061\":1}");
    shub_slice key = SHUB_LIT("x");
    shub__buf scratch;
    shub__json j;
    shub__buf_init(&scratch, 4);
    shub__json_init(&j, text, &scratch);
    shub__json_enter_object(&j);
    ck_assert(!shub__json_next_key(&j, &key) && !key.ptr);
    ck_status(shub__json_finish(&j, NULL), SHUB_E_LIMIT);
    shub__buf_fini(&scratch);
}
END_TEST

START_TEST(test_quote_fills_its_buffer)
{
    char text[300];
    shub__buf quoted;
    memset(text, 'x', sizeof text);
    shub__buf_init(&quoted, sizeof text + 2);
    shub__json_quote(&quoted, shub_bytes(text, sizeof text));
    ck_status(shub__buf_check(&quoted, "text", NULL), SHUB_OK);
    ck_assert_uint_eq(quoted.len, sizeof text + 2);
    shub__buf_fini(&quoted);
    shub__buf_init(&quoted, sizeof text + 1);
    shub__json_quote(&quoted, shub_bytes(text, sizeof text));
    ck_status(shub__buf_check(&quoted, "text", NULL), SHUB_E_LIMIT);
    shub__buf_fini(&quoted);
}
END_TEST

/* Every byte that can be in a string survives quoting and reading, wherever the
 * eight-byte steps of the scanner fall. */
START_TEST(test_quote_reads_back)
{
    for (int c = 0; c < 0x80; c++) {
        for (size_t before = 0; before < 17; before++) {
            char text[24];
            shub_slice out;
            shub__buf quoted, scratch;
            shub__json j;
            memset(text, 'a', sizeof text);
            text[before] = (char)c;
            shub__buf_init(&quoted, TEXT_MAX);
            shub__json_quote(&quoted, shub_bytes(text, sizeof text));
            shub__buf_init(&scratch, quoted.len);
            shub__json_init(&j, shub__buf_view(&quoted), &scratch);
            ck_assert(shub__json_string(&j, &out));
            ck_assert_int_eq(shub__json_finish(&j, NULL), SHUB_OK);
            ck_assert(shub_slice_equal(out, shub_bytes(text, sizeof text)));
            shub__buf_fini(&quoted);
            shub__buf_fini(&scratch);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_json");
    TCase *texts = tcase_create("texts");
    TCase *use = tcase_create("use");
    tcase_add_loop_test(texts, test_accepted, 0, sizeof accepted / sizeof accepted[0]);
    tcase_add_loop_test(texts, test_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(texts, test_truncation);
    tcase_add_test(texts, test_depth);
    suite_add_tcase(suite, texts);
    tcase_add_test(use, test_wrong_type);
    tcase_add_loop_test(use, test_integers, 0, sizeof integers / sizeof integers[0]);
    tcase_add_test(use, test_unsigned);
    tcase_add_test(use, test_doubles);
    tcase_add_test(use, test_unread_values_are_skipped);
    tcase_add_test(use, test_unread_values_are_checked);
    tcase_add_test(use, test_finish_without_reading);
    tcase_add_test(use, test_raw);
    tcase_add_test(use, test_refuse_points_at_the_value);
    tcase_add_test(use, test_plain_strings_are_not_copied);
    tcase_add_test(use, test_unescaped_strings_stay);
    tcase_add_test(use, test_no_memory);
    tcase_add_test(use, test_too_little_scratch);
    tcase_add_test(use, test_quote_reads_back);
    tcase_add_test(use, test_quote_fills_its_buffer);
    suite_add_tcase(suite, use);
    return suite_run(suite);
}
