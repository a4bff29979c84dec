#include <check.h>
#include <fenv.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "support/doubles.h"
#include "support/suite.h"

/* With a sanitizer the oracles are slow, not the code under test. */
#ifdef __SANITIZE_ADDRESS__
#define ROUNDS 20000
#else
#define ROUNDS 150000
#endif

static const struct {
    double value;
    const char *text; /* what Python 3 prints of it */
} reprs[] = {
    {0x0.0p+0, "0.0"},
    {-0x0.0p+0, "-0.0"},
    {0x1.0000000000000p+0, "1.0"},
    {-0x1.0000000000000p+0, "-1.0"},
    {0x1.4000000000000p+2, "5.0"},
    {0x1.e353f7ced9168p-1, "0.944"},
    {0x1.5800000000000p+4, "21.5"},
    {0x1.999999999999ap-4, "0.1"},
    {0x1.999999999999ap-3, "0.2"},
    {0x1.3333333333334p-2, "0.30000000000000004"},
    {0x1.0624dd2f1a9fcp-10, "0.001"},
    {0x1.a36e2eb1c432dp-14, "0.0001"},
    {0x1.f75104d551d69p-14, "0.00012"},
    {0x1.4f8b588e368f1p-17, "1e-05"},
    {0x1.f75104d551d69p-17, "1.5e-05"},
    {0x1.a36371ea531a8p-14, "9.999e-05"},
    {0x1.9000000000000p+6, "100.0"},
    {0x1.f400000000000p+9, "1000.0"},
    {0x1.e240c9fbe76c9p+16, "123456.789"},
    {0x1.c6bf526340000p+49, "1000000000000000.0"},
    {0x1.1c37937e08000p+53, "1e+16"},
    {0x1.1c37937e07fffp+53, "9999999999999998.0"},
    {0x1.5ee2a2eb5a5c4p+53, "1.2345678901234568e+16"},
    {0x1.fffffffffffffp+52, "9007199254740991.0"},
    {0x1.0000000000000p+53, "9007199254740992.0"},
    {0x1.0000000000001p+53, "9007199254740994.0"},
    {-0x1.0000000000000p+53, "-9007199254740992.0"},
    {0x1.b1ae4d6e2ef50p+69, "1e+21"},
    {0x1.0f0cf064dd592p+73, "1e+22"},
    {0x1.52d02c7e14af6p+76, "1e+23"},
    {0x1.1eb2d66005835p+997, "1.5e+300"},
    {0x1.fffffffffffffp+1023, "1.7976931348623157e+308"},
    {-0x1.fffffffffffffp+1023, "-1.7976931348623157e+308"},
    {0x0.0000000000001p-1022, "5e-324"},
    /* nearest to a whole number when scaled to its last digit */
    {0x1.f92bacb3cb40cp+716, "6.802601037806062e+215"},
    {0x1.3de005bd620dfp+215, "6.538311315939327e+64"},
    {0x0.0000000000002p-1022, "1e-323"},
    {0x0.0000000000003p-1022, "1.5e-323"},
    {0x0.fffffffffffffp-1022, "2.225073858507201e-308"},
    {0x1.0000000000000p-1022, "2.2250738585072014e-308"},
    {0x1.1666666666666p+2, "4.35"},
    {0x1.5666666666666p+1, "2.675"},
    {0x1.23d70a3d70a3dp-2, "0.285"},
    {0x1.249ad2594c37dp+332, "1e+100"},
    {0x1.bff2ee48e0530p-333, "1e-100"},
    {0x1.1de784a000000p+28, "299792458.0"},
    {0x1.fe185ca57c517p+78, "6.02214076e+23"},
    {0x1.7a4da290c1653p-63, "1.602176634e-19"},
    {0x1.921fb54442d18p+1, "3.141592653589793"},
    {0x1.5bf0a8b145769p+1, "2.718281828459045"},
    {0x0.00000000000c0p-1022, "9.5e-322"},
    {0x1.0000000000000p-44, "5.684341886080802e-14"},
    {0x1.fffffffffffffp-45, "5.684341886080801e-14"},
    {0x1.0000000000000p-20, "9.5367431640625e-07"},
    {0x1.0000000000000p-126, "1.1754943508222875e-38"},
    {0x1.fffffe0000000p+127, "3.4028234663852886e+38"},
    {0x1.d1a94a1fffff8p+39, "999999999999.999"},
    {0x1.d1a94a2000008p+39, "1000000000000.001"},
    {0x1.c6bf52633ffffp+49, "999999999999999.9"},
    {0x1.0000000000000p-10, "0.0009765625"},
    {0x1.0000000000000p+52, "4503599627370496.0"},
    {0x1.c8b8218854567p-146, "2e-44"},
    {0x1.b69b4ba630f35p+56, "1.2345678901234568e+17"},
    {0x1.c7e83209e90b2p+72, "8.41e+21"},
    {0x1.004189374bc6ap+1, "2.002"},
    {0x1.40662ab5c856cp+69, "7.3879e+20"},
    {0x1.0000000000000p+64, "1.8446744073709552e+19"},
};

static void check_reprs(void)
{
    for (size_t i = 0; i < sizeof reprs / sizeof *reprs; i++) {
        char text[SHUB__DOUBLE_MAX];
        size_t len = shub__double_write(reprs[i].value, text);
        ck_assert_str_eq(text, reprs[i].text);
        ck_assert_uint_eq(len, strlen(text));
        double back;
        ck_assert_int_eq(shub__double_read(text, len, SHUB__NUMBER_JSON, &back), SHUB_OK);
        expect_double(back, reprs[i].value, text);
    }
}

START_TEST(doubles_are_written_as_python_writes_them)
{
    check_reprs();
}
END_TEST

/* ---- shortest, and nearest ------------------------------------------------------- */

/* The digits of a text without sign, point, exponent and zeros on either side. */
static int bare_digits(const char *text, char *digits)
{
    int count = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text >= '1' || (*text == '0' && count > 0))
            digits[count++] = *text;
    }
    while (count > 0 && digits[count - 1] == '0')
        count--;
    digits[count] = '\0';
    return count;
}

/* The text reads back as the value; none with a digit less does; and of those with as
 * many digits it is the nearest. The oracle is the C library, which is exact in the C
 * locale. */
static void check_written(double value)
{
    char text[SHUB__DOUBLE_MAX + 1];
    text[SHUB__DOUBLE_MAX] = '#';
    size_t len = shub__double_write(value, text);
    expect(text[SHUB__DOUBLE_MAX] == '#' && len < SHUB__DOUBLE_MAX, "%a", value);
    expect(strlen(text) == len && strpbrk(text, ".e") != NULL, "%s", text);
    expect_double(strtod(text, NULL), value, text);
    if (value == 0)
        return;

    char digits[SHUB__DOUBLE_MAX], peer[40], peer_digits[40];
    int count = bare_digits(text, digits);
    snprintf(peer, sizeof peer, "%.*e", count - 1, value);
    bare_digits(peer, peer_digits);
    if (strtod(peer, NULL) == value)
        expect(strcmp(digits, peer_digits) == 0, "%s, but %s is nearer", text, peer);
    if (count > 1) {
        snprintf(peer, sizeof peer, "%.*e", count - 2, value);
        expect(strtod(peer, NULL) != value, "%s, but %s is shorter", text, peer);
    }
}

static void check_written_around(uint64_t bits)
{
    check_written(double_of(bits));
    check_written(double_of(bits + 1));
    if (bits > 0)
        check_written(double_of(bits - 1));
}

START_TEST(powers_of_two_are_shortest)
{
    for (uint64_t field = 0; field < 2047; field++)
        check_written_around(field << 52);
    for (int bit = 0; bit < 52; bit++)
        check_written_around((uint64_t)1 << bit);
    check_written(double_of(0x7fefffffffffffff));
}
END_TEST

START_TEST(powers_of_ten_are_shortest)
{
    for (int power = -323; power <= 308; power++) {
        char text[16];
        snprintf(text, sizeof text, "1e%d", power);
        check_written_around(bits_of(strtod(text, NULL)));
    }
}
END_TEST

START_TEST(random_bits_are_shortest)
{
    for (int i = 0; i < ROUNDS; i++)
        check_written(random_finite());
}
END_TEST

START_TEST(short_decimals_are_shortest)
{
    static const double scales[] = {1, 10, 100, 1000, 10000, 1e6};
    for (int i = 0; i < ROUNDS / 3; i++) {
        uint64_t digits = next_random() >> (12 + next_random() % 51);
        check_written_around(bits_of((double)digits / scales[next_random() % 6]));
    }
}
END_TEST

START_TEST(random_bits_read_back)
{
    for (int i = 0; i < ROUNDS * 15; i++) {
        char text[SHUB__DOUBLE_MAX];
        double back, value = random_finite();
        size_t len = shub__double_write(value, text);
        expect(shub__double_read(text, len, SHUB__NUMBER_JSON, &back) == SHUB_OK, "%s",
               text);
        expect_double(back, value, text);
    }
}
END_TEST

/* ---- integers -------------------------------------------------------------------- */

static void check_integer(uint64_t value)
{
    char text[SHUB__INT64_MAX], right[SHUB__INT64_MAX];
    int64_t int64;
    uint64_t uint64;

    snprintf(right, sizeof right, "%" PRIu64, value);
    size_t len = shub__uint64_write(value, text);
    expect(len == strlen(right) && strcmp(text, right) == 0, "%s: %s", right, text);
    expect(shub__uint64_read(text, len, &uint64) == SHUB_OK && uint64 == value, "%s",
           text);

    snprintf(right, sizeof right, "%" PRId64, (int64_t)value);
    len = shub__int64_write((int64_t)value, text);
    expect(len == strlen(right) && strcmp(text, right) == 0, "%s: %s", right, text);
    expect(shub__int64_read(text, len, &int64) == SHUB_OK && int64 == (int64_t)value,
           "%s", text);
}

START_TEST(integers_are_written_and_read)
{
    for (int bit = 0; bit < 64; bit++) {
        check_integer((uint64_t)1 << bit);
        check_integer(((uint64_t)1 << bit) - 1);
        check_integer(0 - ((uint64_t)1 << bit));
    }
    for (uint64_t power = 1, i = 0; i < 20; power *= 10, i++) {
        check_integer(power);
        check_integer(power - 1);
    }
    for (int i = 0; i < ROUNDS / 4; i++)
        check_integer(next_random() >> next_random() % 64);
}
END_TEST

START_TEST(other_texts_are_no_integers)
{
    static const struct {
        const char *text;
        shub_status int64, uint64;
    } cases[] = {
        {"-0", SHUB_OK, SHUB_E_FORMAT},
        {"9223372036854775808", SHUB_E_RANGE, SHUB_OK},
        {"-9223372036854775808", SHUB_OK, SHUB_E_FORMAT},
        {"-9223372036854775809", SHUB_E_RANGE, SHUB_E_FORMAT},
        {"18446744073709551615", SHUB_E_RANGE, SHUB_OK},
        {"18446744073709551616", SHUB_E_RANGE, SHUB_E_RANGE},
        {"18446744073709551620", SHUB_E_RANGE, SHUB_E_RANGE},
        {"99999999999999999999999", SHUB_E_RANGE, SHUB_E_RANGE},
        {"99999999999999999999999x", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"-", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"--1", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"+1", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"01", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"-01", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"1.0", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"1e3", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {" 1", SHUB_E_FORMAT, SHUB_E_FORMAT},
        {"1 ", SHUB_E_FORMAT, SHUB_E_FORMAT},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *text = cases[i].text;
        int64_t int64 = 7;
        uint64_t uint64 = 7;
        ck_assert_msg(shub__int64_read(text, strlen(text), &int64) == cases[i].int64,
                      "int64 of '%s'", text);
        ck_assert_msg(shub__uint64_read(text, strlen(text), &uint64) == cases[i].uint64,
                      "uint64 of '%s'", text);
        ck_assert_msg(cases[i].int64 == SHUB_OK || int64 == 0, "%s", text);
        ck_assert_msg(cases[i].uint64 == SHUB_OK || uint64 == 0, "%s", text);
    }
}
END_TEST

/* ---- settings of the process ----------------------------------------------------- */

/* 1 when a locale with a decimal comma is installed; it then holds for this thread. */
static int use_comma_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE",       "fr_FR.UTF-8",
                                        "nl_NL.UTF-8", "pt_BR.UTF-8", "ru_RU.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        locale_t comma = newlocale(LC_NUMERIC_MASK, names[i], (locale_t)0);
        if (comma == (locale_t)0)
            continue;
        uselocale(comma);
        char text[8];
        snprintf(text, sizeof text, "%.1f", 0.5);
        if (text[1] == ',')
            return 1;
    }
    return 0;
}

START_TEST(a_locale_with_a_comma_changes_nothing)
{
    if (!use_comma_locale())
        return;
    check_reprs();
    double value;
    ck_assert_int_eq(shub__double_read("0,5", 3, SHUB__NUMBER_LOOSE, &value),
                     SHUB_E_FORMAT);
}
END_TEST

START_TEST(the_rounding_mode_changes_nothing)
{
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        ck_assert_int_eq(fesetround(modes[i]), 0);
        check_reprs();
        expect_double(shub__double_from_ratio(1, 1, 3), 0x1.5555555555555p-2, "1/3");
        expect_double(shub__double_from_ratio(2, 1, 3), 0x1.5555555555555p-1, "2/3");
        expect_double(shub__double_from_decimal(1, -1), 0x1.999999999999ap-4, "0.1");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number");
    TCase *tests = tcase_create("number");
    tcase_add_test(tests, doubles_are_written_as_python_writes_them);
    tcase_add_test(tests, powers_of_two_are_shortest);
    tcase_add_test(tests, powers_of_ten_are_shortest);
    tcase_add_test(tests, random_bits_are_shortest);
    tcase_add_test(tests, short_decimals_are_shortest);
    tcase_add_test(tests, random_bits_read_back);
    tcase_add_test(tests, integers_are_written_and_read);
    tcase_add_test(tests, other_texts_are_no_integers);
    tcase_add_test(tests, a_locale_with_a_comma_changes_nothing);
    tcase_add_test(tests, the_rounding_mode_changes_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
