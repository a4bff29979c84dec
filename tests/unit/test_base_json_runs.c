/* The steps of the JSON scanner that read many bytes at once, as this machine takes them
 * and as one without SSE2 would: both stop where reading byte by byte stops. */
#include <string.h>

#include "base/json_runs.h"
#include "support/suite.h"

#define LENGTH 40

static size_t slow_space(const char *text, size_t len, size_t pos)
{
    while (pos < len && text[pos] && strchr(" \n\t\r", text[pos]))
        pos++;
    return pos;
}

static size_t slow_plain(const char *text, size_t len, size_t pos)
{
    for (; pos < len; pos++) {
        unsigned char c = (unsigned char)text[pos];
        if (c < 0x20 || c > 0x7f || c == '"' || c == '\\')
            break;
    }
    return pos;
}

/* Every byte at every place among others, from every beginning. */
static void check_all(char fill, size_t (*slow)(const char *, size_t, size_t),
                      size_t (*fast)(const char *, size_t, size_t),
                      size_t (*wordwise)(const char *, size_t, size_t))
{
    char text[LENGTH];
    for (int byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < LENGTH; at++) {
            memset(text, fill, sizeof text);
            text[at] = (char)byte;
            for (size_t pos = 0; pos <= LENGTH; pos++) {
                size_t wanted = slow(text, LENGTH, pos);
                if (fast(text, LENGTH, pos) != wanted ||
                    wordwise(text, LENGTH, pos) != wanted)
                    ck_abort_msg("byte %d at %zu, from %zu", byte, at, pos);
            }
        }
    }
}

START_TEST(white_space_ends_where_it_ends)
{
    check_all(' ', slow_space, shub__json_space, shub__json_words_space);
    check_all('\n', slow_space, shub__json_space, shub__json_words_space);
}
END_TEST

START_TEST(plain_text_ends_where_it_ends)
{
    check_all('a', slow_plain, shub__json_plain, shub__json_words_plain);
    check_all(0x7f, slow_plain, shub__json_plain, shub__json_words_plain);
    check_all(' ', slow_plain, shub__json_plain, shub__json_words_plain);
}
END_TEST

/* Two bytes that end a run next to each other: a borrow from the first must not matter.
 */
START_TEST(the_first_of_two_counts)
{
    static const char ends[] = {'"', '\\', '!', '#', '[', ']', 0x1f, 0, (char)0x80};
    char text[LENGTH];
    for (size_t a = 0; a < sizeof ends; a++) {
        for (size_t b = 0; b < sizeof ends; b++) {
            for (size_t at = 0; at + 1 < LENGTH; at++) {
                memset(text, 'a', sizeof text);
                text[at] = ends[a];
                text[at + 1] = ends[b];
                size_t wanted = slow_plain(text, LENGTH, 0);
                ck_assert_uint_eq(shub__json_plain(text, LENGTH, 0), wanted);
                ck_assert_uint_eq(shub__json_words_plain(text, LENGTH, 0), wanted);
            }
        }
    }
}
END_TEST

/* Many at once: every place, from beginnings around the steps. */
START_TEST(long_texts_end_where_they_end)
{
    static const char ends[] = {'"', '\\', '\n', 'a', 0x1f, (char)0xc3};
    char text[300];
    for (size_t i = 0; i < sizeof ends; i++) {
        for (size_t at = 0; at < sizeof text; at++) {
            for (size_t pos = 0; pos < 40; pos++) {
                memset(text, 'a', sizeof text);
                text[at] = ends[i];
                ck_assert_uint_eq(shub__json_plain(text, sizeof text, pos),
                                  slow_plain(text, sizeof text, pos));
                memset(text, ' ', sizeof text);
                text[at] = ends[i];
                ck_assert_uint_eq(shub__json_space(text, sizeof text, pos),
                                  slow_space(text, sizeof text, pos));
            }
        }
    }
}
END_TEST

/* A byte, each count of blanks, and what ends them, with as much behind. */
static void check_line(char begin, char end)
{
    char text[LENGTH];
    for (size_t blanks = 0; blanks + 1 < LENGTH; blanks++) {
        for (size_t len = blanks + 2; len <= LENGTH; len++) {
            memset(text, 'a', sizeof text);
            text[0] = begin;
            memset(text + 1, ' ', blanks);
            text[1 + blanks] = end;
            ck_assert_uint_eq(shub__json_space(text, len, 0), slow_space(text, len, 0));
        }
    }
}

START_TEST(lines_begin_where_their_blanks_end)
{
    static const char ends[] = {'"', '}', '\n', '\t', '\r', 0, 0x1f, (char)0x80};
    for (size_t i = 0; i < sizeof ends; i++)
        check_line('\n', ends[i]);
}
END_TEST

START_TEST(blanks_behind_what_is_no_line_are_not_reached)
{
    for (int byte = 0; byte < 256; byte++)
        check_line((char)byte, '"');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("JSON runs");
    TCase *tcase = tcase_create("runs");
    tcase_add_test(tcase, white_space_ends_where_it_ends);
    tcase_add_test(tcase, plain_text_ends_where_it_ends);
    tcase_add_test(tcase, the_first_of_two_counts);
    tcase_add_test(tcase, long_texts_end_where_they_end);
    tcase_add_test(tcase, lines_begin_where_their_blanks_end);
    tcase_add_test(tcase, blanks_behind_what_is_no_line_are_not_reached);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
