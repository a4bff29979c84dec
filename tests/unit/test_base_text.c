#include "support/suite.h"

#include "base/text.h"

#include <string.h>

START_TEST(slices_compare_by_content)
{
    ck_assert(shub_slice_equal(SHUB_LIT("abc"), shub_str("abc")));
    ck_assert(!shub_slice_equal(SHUB_LIT("abc"), shub_str("abd")));
    ck_assert(!shub_slice_equal(SHUB_LIT("abc"), shub_str("ab")));
    ck_assert(shub_slice_equal(shub_str(NULL), shub_str("")));
}
END_TEST

static const struct {
    const char *name;
    int valid;
} names[] = {
    {"meter", 1},
    {"A-b_c.9", 1},
    {"", 0},
    {".hidden", 0},
    {"..", 0},
    {"a/b", 0},
    {"a b", 0},
    {"ä", 0},
    {"a..b", 1},
    {"0123456789012345678901234567890123456789012345678901234567890123", 1},
    {"01234567890123456789012345678901234567890123456789012345678901234", 0},
};

START_TEST(names_of_paths)
{
    ck_assert_int_eq(shub_name_valid(shub_str(names[_i].name)), names[_i].valid);
}
END_TEST

START_TEST(a_nul_is_no_name)
{
    ck_assert(!shub_name_valid(shub_bytes("a\0b", 3)));
}
END_TEST

static const struct {
    const char *text;
    size_t valid;
} utf8[] = {
    {"plain", 5},
    {"\xc3\xa4", 2},
    {"\xe2\x82\xac", 3},
    {"\xf0\x9f\x8c\xa7", 4},
    {"a\xc3", 1},
    {"\x80", 0},
    {"\xc0\xaf", 0},
    {"\xc1\xbf", 0},
    {"\xe0\x80\xaf", 0},
    {"\xed\xa0\x80", 0},
    {"\xf4\x90\x80\x80", 0},
    {"\xf5\x80\x80\x80", 0},
    {"ok\xff", 2},
    {"\xed\x9f\xbf", 3},
    {"\xf4\x8f\xbf\xbf", 4},
    {"\xe2\x28\xa1", 0},
    {"\xf0\x80\x80\x80", 0},
    {"", 0},
};

START_TEST(utf8_is_checked)
{
    ck_assert_uint_eq(shub__utf8_valid(shub_str(utf8[_i].text)), utf8[_i].valid);
}
END_TEST

/* One assertion for all: check writes each to a pipe. */
START_TEST(utf8_writes_what_it_accepts)
{
    char bytes[4];
    uint32_t wrong = 0;

    for (uint32_t c = 1; c <= 0x10ffff && !wrong; c++) {
        size_t n = shub__utf8_write(c, bytes);
        size_t valid = c >= 0xd800 && c <= 0xdfff ? 0 : n;
        if (shub__utf8_valid(shub_bytes(bytes, n)) != valid)
            wrong = c;
    }
    ck_assert_msg(!wrong, "code point U+%04X", (unsigned)wrong);
}
END_TEST

START_TEST(hex_both_ways)
{
    unsigned char bytes[256];
    unsigned char back[256];
    char text[512];
    size_t len;

    for (int i = 0; i < 256; i++)
        bytes[i] = (unsigned char)i;
    shub__hex_write(bytes, sizeof bytes, text);
    ck_assert_mem_eq(text + 2 * 0xab, "ab", 2);
    ck_status(shub__hex_read(shub_bytes(text, 512), back, 256, &len), SHUB_OK);
    ck_assert_uint_eq(len, 256);
    ck_assert_mem_eq(back, bytes, 256);
    ck_status(shub__hex_read(SHUB_LIT("AbCd"), back, 2, &len), SHUB_OK);
    ck_assert_mem_eq(back, "\xab\xcd", 2);
    ck_status(shub__hex_read(SHUB_LIT("abc"), back, 256, &len), SHUB_E_FORMAT);
    ck_status(shub__hex_read(SHUB_LIT("0x"), back, 256, &len), SHUB_E_FORMAT);
    ck_status(shub__hex_read(SHUB_LIT("abcd"), back, 1, &len), SHUB_E_LIMIT);
    ck_assert_uint_eq(len, 0);
}
END_TEST

/* RFC 4648 section 10. */
static const struct {
    const char *plain;
    const char *base64;
} base64[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

START_TEST(base64_both_ways)
{
    size_t plain = strlen(base64[_i].plain);
    size_t coded = strlen(base64[_i].base64);
    char text[16];
    char back[16];
    size_t len;

    ck_assert_uint_eq(shub__base64_size(plain), coded);
    shub__base64_write(base64[_i].plain, plain, text);
    ck_assert_mem_eq(text, base64[_i].base64, coded);
    for (;;) {
        ck_status(shub__base64_read(shub_bytes(text, coded), back, plain, &len), SHUB_OK);
        ck_assert_uint_eq(len, plain);
        ck_assert_mem_eq(back, base64[_i].plain, plain);
        if (!coded || text[coded - 1] != '=')
            break;
        while (coded && text[coded - 1] == '=')
            coded--;
    }
}
END_TEST

static const char *const no_base64[] = {
    "Z", "Zh==", "Zm9=", "Zm 9v", "Zg===", "=", "Zm9v!", "====", "Z===", "Zm9v===="};

START_TEST(base64_refuses)
{
    char back[16];
    size_t len;

    ck_status(shub__base64_read(shub_str(no_base64[_i]), back, sizeof back, &len),
              SHUB_E_FORMAT);
    ck_status(shub__base64_read(SHUB_LIT("Zm9vYmFy"), back, 5, &len), SHUB_E_LIMIT);
}
END_TEST

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

START_TEST(base64_has_all_digits)
{
    unsigned char bytes[48];
    char text[64];
    size_t len;

    for (size_t cut = 0; cut < 4; cut++) { /* each digit in each place of four */
        shub_slice digits = shub_bytes(base64_digits + cut, 64 - (cut ? 4 : 0));
        ck_status(shub__base64_read(digits, bytes, sizeof bytes, &len), SHUB_OK);
        ck_assert_uint_eq(len, digits.len / 4 * 3);
        shub__base64_write(bytes, len, text);
        ck_assert_mem_eq(text, digits.ptr, digits.len);
    }
}
END_TEST

/* Every byte in every place, of texts whose last digits are two, three or four. */
START_TEST(base64_refuses_other_bytes)
{
    char text[8];
    char bytes[6];
    size_t len;

    for (size_t size = 2; size <= sizeof text; size++) {
        for (size_t at = 0; at < size && size % 4 != 1; at++) {
            for (int byte = 0; byte < 256; byte++) {
                if (memchr(base64_digits, byte, 64) || (byte == '=' && at == 7) ||
                    (byte == '=' && at == 3 && size == 4))
                    continue;
                memset(text, 'A', sizeof text);
                text[at] = (char)byte;
                ck_status(
                    shub__base64_read(shub_bytes(text, size), bytes, sizeof bytes, &len),
                    SHUB_E_FORMAT);
                ck_assert_uint_eq(len, 0);
            }
        }
    }
}
END_TEST

START_TEST(base64_is_as_long_as_there_is_room)
{
    char bytes[6];
    size_t len;

    for (size_t digits = 2; digits <= 8; digits++) {
        shub_slice text = shub_bytes("AAAAAAAA", digits);
        if (digits % 4 == 1)
            continue;
        size_t size = digits * 6 / 8;
        ck_status(shub__base64_read(text, bytes, size, &len), SHUB_OK);
        ck_assert_uint_eq(len, size);
        ck_status(shub__base64_read(text, bytes, size - 1, &len), SHUB_E_LIMIT);
    }
}
END_TEST

START_TEST(cutting_and_trimming)
{
    shub_slice head;
    shub_slice rest;

    ck_assert(shub__cut(SHUB_LIT("a=b=c"), '=', &head, &rest));
    ck_slice_eq(head, "a");
    ck_slice_eq(rest, "b=c");
    ck_assert(!shub__cut(SHUB_LIT("abc"), '=', &head, &rest));
    ck_slice_eq(head, "abc");
    ck_slice_eq(rest, "");
    ck_slice_eq(shub__trim(SHUB_LIT(" \t a b\r\n")), "a b");
    ck_slice_eq(shub__trim(SHUB_LIT(" \n")), "");
    ck_assert(shub__equal_nocase(SHUB_LIT("rainForest"), SHUB_LIT("RAINfOREST")));
    ck_assert(!shub__equal_nocase(SHUB_LIT("a["), SHUB_LIT("a{")));
    ck_assert(shub__starts_with(SHUB_LIT("0x12"), SHUB_LIT("0x")));
    ck_assert(!shub__starts_with(SHUB_LIT("0"), SHUB_LIT("0x")));
    ck_assert(shub__ends_with(SHUB_LIT("a.jl.gz"), SHUB_LIT(".gz")));
    ck_assert(!shub__ends_with(SHUB_LIT("gz"), SHUB_LIT(".gz")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base text");
    TCase *tcase = tcase_create("text");

    tcase_add_test(tcase, slices_compare_by_content);
    tcase_add_loop_test(tcase, names_of_paths, 0, sizeof names / sizeof names[0]);
    tcase_add_test(tcase, a_nul_is_no_name);
    tcase_add_loop_test(tcase, utf8_is_checked, 0, sizeof utf8 / sizeof utf8[0]);
    tcase_add_test(tcase, utf8_writes_what_it_accepts);
    tcase_add_test(tcase, hex_both_ways);
    tcase_add_loop_test(tcase, base64_both_ways, 0, sizeof base64 / sizeof base64[0]);
    tcase_add_loop_test(tcase, base64_refuses, 0, sizeof no_base64 / sizeof no_base64[0]);
    tcase_add_test(tcase, base64_has_all_digits);
    tcase_add_test(tcase, base64_refuses_other_bytes);
    tcase_add_test(tcase, base64_is_as_long_as_there_is_room);
    tcase_add_test(tcase, cutting_and_trimming);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
