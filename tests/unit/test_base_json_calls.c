/* What the calls of the JSON scanner return: 1 for a value of their type, and nothing for
 * one that breaks off or behind an error. */
#include "support/suite.h"

#include "base/json.h"

static shub__json at(const char *text)
{
    shub__json j;
    shub__json_init(&j, shub_str(text), NULL);
    return j;
}

/* Calls each function for a value of its type: how many returned 1; what they gave is
 * counted in `set`. */
static int read_all(shub__json *j, int *set)
{
    shub_slice string = SHUB_LIT("x"), number = SHUB_LIT("x"), raw = SHUB_LIT("x");
    double real = 1;
    int64_t whole = 1;
    uint64_t natural = 1;
    int truth = 1;
    int done = shub__json_next_item(j) + shub__json_string(j, &string);
    done += shub__json_next_item(j) + shub__json_number(j, &number);
    done += shub__json_next_item(j) + shub__json_raw(j, &raw);
    done += shub__json_next_item(j) + shub__json_double(j, &real);
    done += shub__json_next_item(j) + shub__json_int64(j, &whole);
    done += shub__json_next_item(j) + shub__json_uint64(j, &natural);
    done += shub__json_next_item(j) + shub__json_bool(j, &truth);
    done += shub__json_next_item(j) + shub__json_skip(j);
    *set = (string.len != 0) + (number.len != 0) + (raw.len != 0) + (real != 0) +
           (whole != 0) + (natural != 0) + (truth != 0);
    return done;
}

START_TEST(calls_return_one_or_nothing)
{
    shub__json j = at("[\"a\", 1.5, [2], 3e1, -4, 5, true, null]");
    int set;
    ck_assert_int_eq(shub__json_enter_array(&j), 1);
    ck_assert_int_eq(read_all(&j, &set), 16);
    ck_assert_int_eq(set, 7);
    ck_assert_int_eq(shub__json_next_item(&j), 0);
    ck_assert_int_eq(shub__json_finish(&j, NULL), SHUB_OK);
    j = at("[1");
    ck_assert_int_eq(shub__json_enter_array(&j), 1);
    shub__json_refuse(&j, SHUB_E_RANGE, "refused");
    ck_assert_int_eq(read_all(&j, &set), 0);
    ck_assert_int_eq(set, 0);
    ck_assert_int_eq(shub__json_enter_array(&j), 0);
    ck_assert_int_eq(shub__json_enter_object(&j), 0);
}
END_TEST

enum { WAYS = 7 };

static int read_as(shub__json *j, int way)
{
    shub_slice text;
    double real;
    int64_t whole;
    int truth;
    switch (way) {
    case 0:
        return shub__json_string(j, &text);
    case 1:
        return shub__json_number(j, &text);
    case 2:
        return shub__json_raw(j, &text);
    case 3:
        return shub__json_double(j, &real);
    case 4:
        return shub__json_int64(j, &whole);
    case 5:
        return shub__json_bool(j, &truth);
    default:
        return shub__json_skip(j);
    }
}

/* Whatever was wanted: that it breaks off comes first. */
START_TEST(what_breaks_off_is_nothing)
{
    static const char *const broken[] = {"tru", "\"a", "1.", "[1", "{\"a\"", "nul", "-"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        for (int way = 0; way < WAYS; way++) {
            shub__json j = at(broken[i]);
            ck_assert_int_eq(read_as(&j, way), 0);
            ck_assert_int_eq(shub__json_check(&j, NULL), SHUB_E_TRUNCATED);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("JSON calls");
    TCase *tcase = tcase_create("calls");
    tcase_add_test(tcase, calls_return_one_or_nothing);
    tcase_add_test(tcase, what_breaks_off_is_nothing);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
