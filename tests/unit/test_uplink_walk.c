/* Bodies of several documents that are large or hostile: each byte is looked at a few
 * times, however many documents there are. A quadratic walk runs into check's timeout. */
#include "support/suite.h"

#include <sensorhub.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT "{\"UNIX\":0}"

/* `count` times the text, behind `blanks` blanks. */
static shub_slice repeated(size_t blanks, const char *text, size_t count)
{
    size_t len = strlen(text);
    char *ptr = malloc(blanks + len * count);
    ck_assert_ptr_nonnull(ptr);
    memset(ptr, ' ', blanks);
    for (size_t i = 0; i < count; i++)
        memcpy(ptr + blanks + i * len, text, len);
    return shub_bytes(ptr, blanks + len * count);
}

/* Walks to the end and frees the body: how many were read; `last`: of those refused. */
static size_t read_all(shub_slice body, size_t *refused, shub_error *last)
{
    shub_uplink_walk walk = {.body = body};
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_uplink_parser *parser;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    while ((status = shub_uplink_next(parser, &walk, NULL, &up, &err)) !=
           SHUB_E_NOT_FOUND) {
        if (status)
            *last = err;
    }
    shub_uplink_parser_free(parser);
    free((void *)(uintptr_t)body.ptr);
    *refused = walk.refused;
    return walk.count - walk.refused;
}

static const struct {
    size_t blanks;
    const char *text;
    size_t count, read;
} bodies[] = {
    {0, DOCUMENT, 120000, 120000}, /* one line, longer than a document may be */
    {0, DOCUMENT "  ", 120000, 120000},
    {2 << 20, DOCUMENT "\n", 60000, 60000},
    {2 << 20, DOCUMENT "\r\n\r\n", 60000, 60000},
    {0, "{\"a\":\n", 120000, 0},
    {0, "{\"a\":\"\n", 120000, 0},
    {0, "{\"a\":1,\n", 120000, 0},
};

START_TEST(many_documents_are_read_in_one_go)
{
    size_t refused;
    shub_error last = SHUB_ERROR_INIT;
    shub_slice body = repeated(bodies[_i].blanks, bodies[_i].text, bodies[_i].count);
    ck_assert_uint_eq(read_all(body, &refused, &last), bodies[_i].read);
    ck_assert_uint_eq(refused, bodies[_i].count - bodies[_i].read);
}
END_TEST

/* Blanks are part of a document here: they stand before its end. */
static shub_slice of_size(size_t size, const char *more)
{
    size_t len = strlen(more);
    char *ptr = malloc(size + len);
    ck_assert_ptr_nonnull(ptr);
    memset(ptr, ' ', size);
    memcpy(ptr, DOCUMENT, sizeof DOCUMENT - 2);
    ptr[size - 1] = '}';
    memcpy(ptr + size, more, len);
    return shub_bytes(ptr, size + len);
}

static const char *const behind[] = {"", "\n" DOCUMENT, DOCUMENT "\n"};

START_TEST(a_document_has_a_largest_size)
{
    size_t refused;
    shub_error last = SHUB_ERROR_INIT;
    size_t more = behind[_i][0] != '\0';
    ck_assert_uint_eq(read_all(of_size(SHUB_UPLINK_MAX, behind[_i]), &refused, &last),
                      1 + more);
    ck_assert_uint_eq(refused, 0);
    ck_assert_uint_eq(read_all(of_size(SHUB_UPLINK_MAX + 1, behind[_i]), &refused, &last),
                      more);
    ck_assert_uint_eq(refused, 1);
    ck_status(last.code, SHUB_E_LIMIT);
    ck_assert_int_eq(last.index, 0);
}
END_TEST

/* Which a walk would read on from. */
START_TEST(nothing_stands_behind_a_document)
{
    static const char *const more[] = {" x", "{}", "\n\n]", "\n" DOCUMENT, ","};
    shub_uplink_parser *parser;
    shub_uplink up = SHUB_UPLINK_INIT;
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    ck_status(shub_uplink_parse(parser, SHUB_LIT(DOCUMENT "\r\n\t "), NULL, &up, NULL),
              SHUB_OK);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        shub_error err = SHUB_ERROR_INIT;
        char body[256];
        snprintf(body, sizeof body, "%s%s", DOCUMENT, more[i]);
        ck_status(shub_uplink_parse(parser, shub_str(body), NULL, &up, &err),
                  SHUB_E_FORMAT);
        ck_assert_int_eq(err.pos, strlen(DOCUMENT) + strspn(more[i], " \n"));
    }
    shub_uplink_parser_free(parser);
}
END_TEST

START_TEST(a_topic_has_the_same_largest_size)
{
    shub_uplink_parser *parser;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_uplink_options opts = SHUB_UPLINK_OPTIONS_INIT;
    char *topic = malloc(SHUB_UPLINK_MAX + 1);
    ck_assert_ptr_nonnull(topic);
    memset(topic, 'x', SHUB_UPLINK_MAX + 1);
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    opts.topic = shub_bytes(topic, SHUB_UPLINK_MAX);
    ck_status(shub_uplink_parse(parser, SHUB_LIT(DOCUMENT), &opts, &up, NULL), SHUB_OK);
    opts.topic.len++;
    ck_status(shub_uplink_parse(parser, SHUB_LIT(DOCUMENT), &opts, &up, NULL),
              SHUB_E_LIMIT);
    shub_uplink_parser_free(parser);
    shub_uplink_parser_free(NULL);
    free(topic);
}
END_TEST

/* What is JSON costs itself, wherever it stands on a line; what is none, the line. */
static const struct {
    const char *body;
    size_t read, refused;
} shared_lines[] = {
    {"{\"x\":1}" DOCUMENT "\n" DOCUMENT, 2, 1},
    {DOCUMENT "{\"x\":1}" DOCUMENT "\n" DOCUMENT, 3, 1},
    {DOCUMENT " {\"x\"} " DOCUMENT "\n" DOCUMENT, 2, 1},
    {DOCUMENT "x" DOCUMENT "\n" DOCUMENT, 2, 1},
    {"{\"x\":" DOCUMENT "\n" DOCUMENT, 1, 1},
    {"[{\"x\":1}," DOCUMENT "," DOCUMENT "]", 2, 1},
    {"[" DOCUMENT ",{\"x\"}," DOCUMENT "]", 1, 1},
    {"[" DOCUMENT "]x", 1, 1},
    {"[" DOCUMENT "] \n", 1, 0},
};

START_TEST(a_refused_document_costs_itself)
{
    size_t refused;
    shub_error last = SHUB_ERROR_INIT;
    shub_slice body = repeated(0, shared_lines[_i].body, 1);
    ck_assert_uint_eq(read_all(body, &refused, &last), shared_lines[_i].read);
    ck_assert_uint_eq(refused, shared_lines[_i].refused);
}
END_TEST

START_TEST(an_item_of_an_array_has_it_too)
{
    size_t refused;
    shub_error last = SHUB_ERROR_INIT;
    shub_slice item = of_size(SHUB_UPLINK_MAX + 1, "," DOCUMENT "]");
    char *ptr = malloc(item.len + 1);
    ck_assert_ptr_nonnull(ptr);
    ptr[0] = '[';
    memcpy(ptr + 1, item.ptr, item.len);
    free((void *)(uintptr_t)item.ptr);
    ck_assert_uint_eq(read_all(shub_bytes(ptr, item.len + 1), &refused, &last), 1);
    ck_assert_uint_eq(refused, 1);
    ck_status(last.code, SHUB_E_LIMIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink walk");
    TCase *tcase = tcase_create("walk");
    tcase_add_loop_test(tcase, many_documents_are_read_in_one_go, 0,
                        sizeof bodies / sizeof bodies[0]);
    tcase_add_loop_test(tcase, a_document_has_a_largest_size, 0,
                        sizeof behind / sizeof behind[0]);
    tcase_add_test(tcase, an_item_of_an_array_has_it_too);
    tcase_add_test(tcase, nothing_stands_behind_a_document);
    tcase_add_test(tcase, a_topic_has_the_same_largest_size);
    tcase_add_loop_test(tcase, a_refused_document_costs_itself, 0,
                        sizeof shared_lines / sizeof shared_lines[0]);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
