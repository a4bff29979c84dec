#include <check.h>
#include <float.h>
#include <inttypes.h>
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
#define ROUNDS 200000
#endif

/* Reads a number as the C library does, which is exact in the C locale. */
static void check_read(const char *text)
{
    double got, right = strtod(text, NULL);
    shub_status status = shub__double_read(text, strlen(text), SHUB__NUMBER_LOOSE, &got);
    expect(status == (isinf(right) ? SHUB_E_RANGE : SHUB_OK), "%s: %d", text, status);
    expect_double(got, isinf(right) ? 0.0 : right, text);
}

/* ---- the grammar ----------------------------------------------------------------- */

static shub_status read_as(unsigned flags, const char *text, double *value)
{
    *value = 7;
    return shub__double_read(text, strlen(text), flags, value);
}

START_TEST(numbers_of_json_are_read)
{
    static const char *const texts[] = {
        "0", "-0",   "10",    "1.5",       "0.5", "1e5",  "1E5", "1e+5",      "1e-05",
        "9", "-1.0", "0e999", "-12.50e10", "0e0", "1e00", "100", "-0.0e-999", "0.0"};
    double value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(read_as(SHUB__NUMBER_JSON, texts[i], &value), SHUB_OK);
        expect_double(value, strtod(texts[i], NULL), texts[i]);
        check_read(texts[i]);
    }
}
END_TEST

START_TEST(loose_numbers_are_read_when_asked_for)
{
    static const char *const texts[] = {"+1",  "01",    "007.5", ".5",  "5.",
                                        "-.5", "+5.e2", "00",    "-01", ".0e1"};
    double value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_int_eq(read_as(SHUB__NUMBER_JSON, texts[i], &value), SHUB_E_FORMAT);
        expect_double(value, 0.0, texts[i]);
        check_read(texts[i]);
    }
}
END_TEST

START_TEST(other_texts_are_no_numbers)
{
    static const char *const texts[] = {
        "",     "-",    "+",   ".",   "e5",  ".e5", "1e",  "1e+",   "1e-", "1.5.2",
        "--1",  "+-1",  "1 ",  " 1",  "1,5", "inf", "nan", "0x10",  "NaN", "Infinity",
        "1e5.", "1e5x", "1_0", "-e1", "1d5", "1f",  "-.",  "1e5e5", "+",   "\xd9\xa1"};
    double value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(read_as(SHUB__NUMBER_LOOSE, texts[i], &value) == SHUB_E_FORMAT,
                      "%s", texts[i]);
        expect_double(value, 0.0, texts[i]);
    }
}
END_TEST

START_TEST(the_length_ends_the_text)
{
    double value;
    int64_t integer;
    ck_assert_int_eq(shub__double_read(NULL, 0, SHUB__NUMBER_LOOSE, &value),
                     SHUB_E_FORMAT);
    ck_assert_int_eq(shub__int64_read(NULL, 0, &integer), SHUB_E_FORMAT);
    ck_assert_int_eq(shub__double_read("1.259", 4, SHUB__NUMBER_JSON, &value), SHUB_OK);
    expect_double(value, 1.25, "1.25");
    ck_assert_int_eq(shub__double_read("1\0", 2, SHUB__NUMBER_JSON, &value),
                     SHUB_E_FORMAT);
}
END_TEST

/* ---- the value ------------------------------------------------------------------- */

START_TEST(edges_of_the_range_are_read)
{
    static const char *const texts[] = {
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "-1.7976931348623159e308",
        "1.8e308",
        "1e309",
        "1e310",
        "-1e400",
        "1e999999999999",
        "1e99999999999999999999999999",
        "-1e-99999999999999999999999999",
        "0e99999999999",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.5e-324",
        "2e-324",
        "-2e-324",
        "1e-400",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740993.00000000000000000001",
        "9007199254740992.99999999999999999999",
        "9007199254740994",
        "9007199254740995",
        "900719925474099.25e1",
        "90071992547409930e-1",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "100000000000000000000000000000000000000000000000000000000000000000001e-50",
        "0.000000000000000000000000000000000000000000000000000000000000000000001e50",
        "1234567890123456789012345678901234567890e-40",
        "1e22",
        "1e23",
        "8.5e22",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_read(texts[i]);
}
END_TEST

START_TEST(powers_of_ten_are_read)
{
    for (int power = -400; power <= 400; power++) {
        char text[24];
        snprintf(text, sizeof text, "1e%d", power);
        check_read(text);
        snprintf(text, sizeof text, "9.99e%d", power);
        check_read(text);
    }
}
END_TEST

/* Zeros and an exponent cancel, however many there are. */
START_TEST(zeros_and_exponents_cancel)
{
    static char text[20100];
    memset(text, '0', 20000);
    text[0] = '1';
    strcpy(text + 20000, "e-20001");
    check_read(text);
    text[0] = '0';
    text[1] = '.';
    strcpy(text + 19999, "15e20000");
    check_read(text);
    strcpy(text + 19999, "15e2147483648");
    check_read(text);
}
END_TEST

START_TEST(random_decimals_are_read)
{
    for (int i = 0; i < ROUNDS * 2; i++) {
        char text[80];
        size_t len = 0, count = 1 + next_random() % (i % 4 ? 19 : 50);
        size_t point = next_random() % (count + 1);
        for (size_t k = 0; k < count; k++) {
            if (k == point)
                text[len++] = '.';
            text[len++] = (char)('0' + next_random() % 10);
        }
        int range = i % 3 ? 30 : 700;
        snprintf(text + len, sizeof text - len, "e%d",
                 (int)(next_random() % (unsigned)range) - range / 2);
        check_read(text);
    }
}
END_TEST

START_TEST(seventeen_digits_are_read)
{
    for (int i = 0; i < ROUNDS / 2; i++) {
        char text[40];
        snprintf(text, sizeof text, "%.16e", random_finite());
        check_read(text);
        snprintf(text, sizeof text, "%" PRIu64 ".5", next_random() >> 11);
        check_read(text);
        snprintf(text, sizeof text, "%" PRIu64, next_random() >> next_random() % 64);
        check_read(text);
    }
}
END_TEST

/* ---- next to midpoints ----------------------------------------------------------- */

/* A natural number, its last digit first. */
struct digits {
    int count;
    char digit[1200];
};

static void multiply(struct digits *d, int factor)
{
    int carry = 0;
    for (int i = 0; i < d->count; i++) {
        carry += d->digit[i] * factor;
        d->digit[i] = (char)(carry % 10);
        carry /= 10;
    }
    for (; carry > 0; carry /= 10)
        d->digit[d->count++] = (char)(carry % 10);
}

/* All digits of the middle between the double of these bits and the next one. Returns the
 * exponent of ten that goes with them. */
static int middle_digits(uint64_t bits, struct digits *d)
{
    uint64_t field = bits >> 52, fraction = bits & (((uint64_t)1 << 52) - 1);
    uint64_t odd = 2 * (fraction | (uint64_t)(field > 0) << 52) + 1;
    int binary = (int)(field > 0 ? field : 1) - 1076;
    d->count = 0;
    for (; odd > 0; odd /= 10)
        d->digit[d->count++] = (char)(odd % 10);
    for (int i = 0; i < abs(binary); i++)
        multiply(d, binary > 0 ? 2 : 5); /* n / 2^i = n * 5^i / 10^i */
    return binary < 0 ? binary : 0;
}

static void check_around_middle(uint64_t bits)
{
    static const int lengths[] = {0, 1, 5, 300, 1100};
    static char text[4000];
    struct digits d;
    int exponent = middle_digits(bits, &d);
    char *end = text + d.count;
    for (int i = 0; i < d.count; i++)
        end[-1 - i] = (char)('0' + d.digit[i]);

    sprintf(end, "e%d", exponent);
    check_read(text);
    double value, even = double_of(bits + (bits & 1));
    shub_status status = shub__double_read(text, strlen(text), SHUB__NUMBER_JSON, &value);
    ck_assert_int_eq(status, isinf(even) ? SHUB_E_RANGE : SHUB_OK);
    expect_double(value, isinf(even) ? 0.0 : even, text);

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int zeros = lengths[i];
        sprintf(end, ".%0*de%d", zeros + 1, 0, exponent);
        check_read(text);
        sprintf(end, "%0*de%d", zeros + 1, 1, exponent - zeros - 1);
        check_read(text);
    }
    char *last = end - 1;
    for (; *last == '0'; last--)
        *last = '9';
    --*last;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        int nines = lengths[i];
        memset(end, '9', (size_t)nines);
        sprintf(end + nines, "e%d", exponent - nines);
        check_read(text);
    }
}

START_TEST(numbers_around_midpoints_are_read)
{
    static const uint64_t chosen[] = {
        0x0000000000000000, 0x0000000000000001, 0x0000000000000002, 0x000ffffffffffffe,
        0x000fffffffffffff, 0x0010000000000000, 0x001fffffffffffff, 0x3fefffffffffffff,
        0x3ff0000000000000, 0x432fffffffffffff, 0x4330000000000000, 0x433fffffffffffff,
        0x4340000000000000, 0x4350000000000001, 0x7feffffffffffffe, 0x7fefffffffffffff};

    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++)
        check_around_middle(chosen[i]);
    for (int i = 0; i < 50; i++) {
        check_around_middle(bits_of(fabs(random_finite())));
        check_around_middle(bits_of((double)(next_random() >> next_random() % 12)));
    }
}
END_TEST

/* ---- quotients ------------------------------------------------------------------- */

static const struct {
    int64_t value;
    uint64_t multiplier, divisor;
    double result;
} ratios[] = {
    {8212, 1u, 1000u, 0x1.06c8b43958106p+3},
    {-1, 1u, 1000u, -0x1.0624dd2f1a9fcp-10},
    {0, 5u, 7u, 0x0.0p+0},
    {1, 1u, 3u, 0x1.5555555555555p-2},
    {-2147483648, 1u, 1000u, -0x1.0624dd2f1a9fcp+21},
    {9223372036854775807, 18446744073709551615u, 1u, 0x1.0000000000000p+127},
    {9223372036854775807, 18446744073709551615u, 18446744073709551615u,
     0x1.0000000000000p+63},
    {1, 1u, 18446744073709551615u, 0x1.0000000000000p-64},
    {INT64_MIN, 1u, 1u, -0x1.0000000000000p+63},
    {INT64_MIN, 18446744073709551615u, 3u, -0x1.5555555555555p+125},
    {9007199254740993, 1u, 1u, 0x1.0000000000000p+53},
    {9007199254740995, 1u, 1u, 0x1.0000000000002p+53},
    {9007199254740993, 1u, 9007199254740992u, 0x1.0000000000000p+0},
    {18014398509481985, 1u, 2u, 0x1.0000000000000p+53},
    {18014398509481987, 1u, 2u, 0x1.0000000000001p+53},
    {18014398509481986, 1u, 2u, 0x1.0000000000000p+53},
    {246216585769, 55670460027386437u, 154457472265419808u, 0x1.4a97bddbf51e2p+36},
    {355571805, 21614778354480046u, 482119672707167861u, 0x1.e67d44639e53fp+23},
    {120180954, 914682909564911966u, 1019559970795615923u, 0x1.9b4b8a4f51fa8p+26},
    {25224975410080, 154892713u, 20087239803844u, 0x1.72ff7c408f42ap+27},
    {305473949476, 287175u, 1301344683963866631u, 0x1.141d2e9895d82p-4},
    {-616650, 14011u, 62492024u, -0x1.1482f4d0ee0c1p+7},
    {-1647178277492, 7155134277088028u, 439005053281762u, -0x1.86ab48558efe4p+44},
    {159823703, 7697790811125u, 31583898611375u, 0x1.293030f766d1dp+25},
    {69200489202829689, 7532231151108993u, 12323859292285438u, 0x1.2c85a212765ccp+55},
    {-50898726562385160, 770400434604240415u, 149807319u, -0x1.b108628b284dep+87},
    {12666110, 525968939281289677u, 13172465200004u, 0x1.d7044ed8c24c1p+38},
    {-28500, 3720516u, 775256122u, -0x1.118c2c2b673ecp+7},
    {-14202109366321, 20711653436074730u, 136127693278u, -0x1.dfcd1ddf2bd6ep+60},
    {-28822233481, 77326793093993u, 560u, -0x1.af7fc3eebd42ep+71},
    {907742341405, 972180293038u, 8313699475035887u, 0x1.94ecefc74c7d1p+26},
    {-364546426383111, 4304291062942567562u, 111547489u, -0x1.74583487adac8p+83},
    /* one below, on and one above a midpoint, in units of 1 / divisor */
    {1084677143709472622, 2147483647u, 205106172633u, 0x1.42c6c45a94da5p+53},
    {1589275057638128172, 2147483647u, 335007448932u, 0x1.218cfca595c7ep+53},
    {1171528257124132793, 2147483647u, 144090347990u, 0x1.f03f3eb322fd5p+53},
    {664273353692968942, 2147483647u, 107836318975u, 0x1.77fa3c6801c76p+53},
    {2650459958523892068, 2147483647u, 352187318108u, 0x1.cb553bcf92458p+53},
    {709272301487094055, 2147483647u, 129956483544u, 0x1.4d1d9ee35f8f1p+53},
    {1582742760434925927, 2147483647u, 289550553190u, 0x1.4da1751431d3fp+53},
    {416588252063659031, 2147483647u, 88046829527u, 0x1.20c8be37c6d20p+53},
    {767755890932113711, 2147483647u, 168617295984u, 0x1.15e874ba926b6p+53},
};

START_TEST(ratios_are_rounded_once)
{
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        expect_double(shub__double_from_ratio(ratios[i].value, ratios[i].multiplier,
                                              ratios[i].divisor),
                      ratios[i].result, "ratio");
    expect_double(shub__double_from_uratio(UINT64_MAX, 1, 1), 0x1p64, "2^64 - 1");
    expect_double(shub__double_from_uratio(UINT64_MAX, UINT64_MAX, UINT64_MAX), 0x1p64,
                  "2^64 - 1");
}
END_TEST

START_TEST(ratios_by_powers_of_ten_are_decimals)
{
    uint64_t divisor = 1;
    for (int power = 0; power < 20; power++) {
        for (int i = 0; i < ROUNDS / 50; i++) {
            uint64_t value = next_random() >> next_random() % 64;
            char text[40];
            snprintf(text, sizeof text, "%" PRIu64 "e-%d", value, power);
            double right = strtod(text, NULL);
            expect_double(shub__double_from_uratio(value, 1, divisor), right, text);
            expect_double(shub__double_from_decimal(value, -power), right, text);
        }
        divisor *= 10;
    }
}
END_TEST

#if FLT_EVAL_METHOD == 0
START_TEST(small_ratios_are_ieee_quotients)
{
    for (int i = 0; i < ROUNDS; i++) {
        int64_t value = (int64_t)(next_random() >> (32 + next_random() % 32)) - (1 << 30);
        uint64_t multiplier = next_random() >> 44;
        uint64_t divisor = 1 + (next_random() >> (12 + next_random() % 52));
        double product = (double)(value * (int64_t)multiplier);
        expect_double(shub__double_from_ratio(value, multiplier, divisor),
                      product / (double)divisor, "ratio");
    }
}
END_TEST
#endif

START_TEST(decimals_are_scaled_by_any_power)
{
    static const int powers[] = {-400, -343, -342, -324, -30, -1, 0, 1, 27, 28, 289, 308};
    for (size_t k = 0; k < sizeof powers / sizeof *powers; k++) {
        for (int i = 0; i < 200; i++) {
            uint64_t value = next_random() >> next_random() % 64;
            char text[40];
            snprintf(text, sizeof text, "%" PRIu64 "e%d", value, powers[k]);
            expect_double(shub__double_from_decimal(value, powers[k]), strtod(text, NULL),
                          text);
        }
    }
    ck_assert(isinf(shub__double_from_decimal(1, INT32_MAX)));
    expect_double(shub__double_from_decimal(1, INT32_MIN), 0.0, "1e-2147483648");
    expect_double(shub__double_from_decimal(0, INT32_MAX), 0.0, "0e2147483647");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("number_read");
    TCase *tests = tcase_create("number_read");
    tcase_add_test(tests, numbers_of_json_are_read);
    tcase_add_test(tests, loose_numbers_are_read_when_asked_for);
    tcase_add_test(tests, other_texts_are_no_numbers);
    tcase_add_test(tests, the_length_ends_the_text);
    tcase_add_test(tests, edges_of_the_range_are_read);
    tcase_add_test(tests, powers_of_ten_are_read);
    tcase_add_test(tests, zeros_and_exponents_cancel);
    tcase_add_test(tests, random_decimals_are_read);
    tcase_add_test(tests, seventeen_digits_are_read);
    tcase_add_test(tests, numbers_around_midpoints_are_read);
    tcase_add_test(tests, ratios_are_rounded_once);
    tcase_add_test(tests, ratios_by_powers_of_ten_are_decimals);
#if FLT_EVAL_METHOD == 0
    tcase_add_test(tests, small_ratios_are_ieee_quotients);
#endif
    tcase_add_test(tests, decimals_are_scaled_by_any_power);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
