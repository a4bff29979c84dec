/* Objects by tables: a key is found whatever its length and however it is written, one
 * that is nearly the same is not, and nothing is read behind an error. */
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplink/reading.h"

#define LONGEST_NAME 48 /* bytes */

static char written[LONGEST_NAME + SHUB__KEY_MARKS + 1];

/* A table of one integer, whose name has `len` bytes. */
static void make_table(shub__key table[2], size_t len)
{
    static const shub__key end = SHUB__KEY_END;
    static const shub__key number = SHUB__INT("", 0x40, 1000, channel_hz);
    size_t n = 0;
    written[n++] = '"';
    for (size_t i = 0; i < len; i++)
        written[n++] = (char)('a' + i % 26);
    written[n++] = '"';
    written[n++] = ':';
    written[n] = '\0';
    table[0] = number;
    table[0].written = written;
    table[0].len = n;
    table[1] = end;
}

/* Reads a document from a block of its own size. */
static void read_text(shub__reading *r, shub__buf *scratch, const shub__key *table,
                      const char *text)
{
    size_t len = strlen(text);
    char *block = malloc(len);
    ck_assert_ptr_nonnull(block);
    memcpy(block, text, len);
    memset(r, 0, sizeof *r);
    shub__json_init(&r->json, shub_bytes(block, len), scratch);
    shub__reading_object(r, table);
    free(block);
}

static void check(const shub__key *table, const char *text, int64_t wanted)
{
    shub__reading r;
    shub__buf scratch;
    shub__buf_init(&scratch, 1024);
    read_text(&r, &scratch, table, text);
    ck_assert_msg(!r.json.status, "%s: %s", text, r.json.why);
    ck_assert_uint_eq(r.json.pos, strlen(text));
    ck_assert_msg(r.channel_hz == wanted, "%s: %d", text, (int)r.channel_hz);
    ck_assert_uint_eq(r.seen, wanted ? 0x40 : 0);
    shub__buf_fini(&scratch);
}

START_TEST(keys_of_each_length_are_found)
{
    shub__key table[2];
    char text[256];
    make_table(table, (size_t)_i);
    snprintf(text, sizeof text, "{%s7}", written);
    check(table, text, 7);
    snprintf(text, sizeof text, "{\"z\":[1],%s7,\"z\":2}", written);
    check(table, text, 7);
    snprintf(text, sizeof text, "{%.*s \n:\t7}", (int)table->len - 1, written);
    check(table, text, 7);
    snprintf(text, sizeof text, "{\"\\u0061%s7}", written + 2);
    check(table, text, 7);
}
END_TEST

START_TEST(keys_that_are_nearly_the_same_are_not)
{
    shub__key table[2];
    char text[256];
    make_table(table, (size_t)_i);
    for (size_t at = 1; at + 2 < table->len; at++) {
        snprintf(text, sizeof text, "{%s7}", written);
        text[1 + at] = 'Z';
        check(table, text, 0);
    }
    snprintf(text, sizeof text, "{%.*sZ\":7}", (int)table->len - 2, written);
    check(table, text, 0);
    snprintf(text, sizeof text, "{%.*s\":7}", (int)table->len - 3, written);
    check(table, text, 0);
}
END_TEST

START_TEST(what_breaks_off_is_read_no_further)
{
    shub__key table[2];
    char text[256];
    shub__reading r;
    make_table(table, (size_t)_i);
    for (size_t len = 1; len < table->len + 3; len++) {
        snprintf(text, sizeof text, "{%s7}", written);
        text[len] = '\0';
        read_text(&r, NULL, table, text);
        ck_status(r.json.status, SHUB_E_TRUNCATED);
        ck_assert_uint_eq(r.json.pos, len);
    }
}
END_TEST

START_TEST(an_error_stays)
{
    shub__key table[2];
    shub__reading r;
    make_table(table, 5);
    memset(&r, 0, sizeof r);
    shub__json_init(&r.json, SHUB_LIT("{\"abcde\":7}"), NULL);
    shub__json_refuse(&r.json, SHUB_E_RANGE, "refused");
    shub__reading_object(&r, table);
    ck_status(r.json.status, SHUB_E_RANGE);
    ck_assert_uint_eq(r.json.pos, 0);
    ck_assert_int_eq(r.json.depth, 0);
    ck_assert_int_eq(r.channel_hz, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink keys");
    TCase *tcase = tcase_create("keys");
    tcase_add_loop_test(tcase, keys_of_each_length_are_found, 1, LONGEST_NAME + 1);
    tcase_add_loop_test(tcase, keys_that_are_nearly_the_same_are_not, 1,
                        LONGEST_NAME + 1);
    tcase_add_loop_test(tcase, what_breaks_off_is_read_no_further, 1, LONGEST_NAME + 1);
    tcase_add_test(tcase, an_error_stays);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
