#include "s3/uri.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static shub__buf buf;

static void setup(void)
{
    shub__buf_init(&buf, 4096);
}

static void teardown(void)
{
    shub__buf_fini(&buf);
}

static const struct {
    const char *plain, *encoded;
    int slash;
} rows[] = {
    {"", "", 0},
    {"photos/2013 may/é.jpg", "photos/2013%20may/%C3%A9.jpg", 1},
    {"photos/2013", "photos%2F2013", 0},
    {"a+b%c=d&e?f#g", "a%2Bb%25c%3Dd%26e%3Ff%23g", 1},
    {"-._~09azAZ", "-._~09azAZ", 0},
    {"//../.", "//../.", 1},
};

START_TEST(known_texts_both_ways)
{
    shub__uri_encode(&buf, shub_str(rows[_i].plain), rows[_i].slash);
    ck_slice_eq(shub__buf_view(&buf), rows[_i].encoded);
    shub__buf_clear(&buf);
    ck_status(shub__uri_decode(&buf, shub_str(rows[_i].encoded), 0), SHUB_OK);
    ck_slice_eq(shub__buf_view(&buf), rows[_i].plain);
}
END_TEST

/* RFC 3986 section 2.3. */
START_TEST(every_byte)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        "0123456789-._~";

    for (int c = 0; c < 256; c++) {
        char byte = (char)c, wanted[4];
        shub__buf back;

        snprintf(wanted, sizeof wanted, "%%%02X", c);
        if (c && strchr(unreserved, c))
            memcpy(wanted, &byte, 1), wanted[1] = '\0';
        shub__buf_clear(&buf);
        shub__uri_encode(&buf, shub_bytes(&byte, 1), 0);
        ck_slice_eq(shub__buf_view(&buf), wanted);
        shub__buf_init(&back, 1 + buf.len);
        ck_status(shub__uri_decode(&back, shub__buf_view(&buf), 1), SHUB_OK);
        ck_assert_uint_eq(back.len, 1);
        ck_assert_int_eq(back.ptr[0], byte);
        shub__buf_fini(&back);
    }
}
END_TEST

START_TEST(plus_is_a_space_where_asked)
{
    ck_status(shub__uri_decode(&buf, SHUB_LIT("a+b%2B%2b"), 0), SHUB_OK);
    ck_slice_eq(shub__buf_view(&buf), "a+b++");
    shub__buf_clear(&buf);
    ck_status(shub__uri_decode(&buf, SHUB_LIT("a+b%2B%2b"), 1), SHUB_OK);
    ck_slice_eq(shub__buf_view(&buf), "a b++");
}
END_TEST

static const char *const broken[] = {"%", "%4", "a%", "%G0", "%0G", "%%41", "% 41"};

START_TEST(half_an_escape_is_none)
{
    shub__buf_text(&buf, "before");
    ck_status(shub__uri_decode(&buf, shub_str(broken[_i]), 0), SHUB_E_FORMAT);
    ck_slice_eq(shub__buf_view(&buf), "before");
}
END_TEST

START_TEST(the_maximum_holds)
{
    shub__buf small;

    shub__buf_init(&small, 5);
    shub__uri_encode(&small, SHUB_LIT("a b"), 0); /* just fits */
    ck_slice_eq(shub__buf_view(&small), "a%20b");
    shub__buf_clear(&small);
    shub__uri_encode(&small, SHUB_LIT("a  "), 0);
    ck_status(shub__buf_check(&small, "text", NULL), SHUB_E_LIMIT);
    shub__buf_fini(&small);
}
END_TEST

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

/* Every two bytes, alone and before another. */
START_TEST(order_is_that_of_the_encoded)
{
    int wrong = 0;

    for (int a = 0; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char left[2] = {(char)a, 'x'}, right[2] = {(char)b, '%'};
            int got = shub__uri_compare(shub_bytes(left, 2), shub_bytes(right, 2));

            shub__buf_clear(&buf);
            shub__uri_encode(&buf, shub_bytes(left, 2), 0);
            shub__buf_byte(&buf, '\0');
            size_t at = buf.len;
            shub__uri_encode(&buf, shub_bytes(right, 2), 0);
            wrong += sign(strcmp(buf.ptr, buf.ptr + at)) != sign(got);
        }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_lt(shub__uri_compare(SHUB_LIT("Param"), SHUB_LIT("Param-3")), 0);
    ck_assert_int_gt(shub__uri_compare(SHUB_LIT("Param-3"), SHUB_LIT("Param")), 0);
    ck_assert_int_eq(shub__uri_compare(SHUB_LIT("a"), SHUB_LIT("a")), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 uri");
    TCase *tc = tcase_create("uri");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, known_texts_both_ways, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tc, every_byte);
    tcase_add_test(tc, plus_is_a_space_where_asked);
    tcase_add_loop_test(tc, half_an_escape_is_none, 0,
                        (int)(sizeof broken / sizeof broken[0]));
    tcase_add_test(tc, the_maximum_holds);
    tcase_add_test(tc, order_is_that_of_the_encoded);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
