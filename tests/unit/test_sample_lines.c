/* Every line of tests/vectors/samples.jl, which C, Python and Lua read alike: most are
 * written again as they stand there. */
#include <stdio.h>
#include <stdlib.h>

#include "support/samples.h"
#include "support/tables.h"

enum { LINES = 64 };

static shub_slice lines[LINES]; /* each with its '\n' */
static size_t count;

/* The other ones, by their place: refused, or written otherwise. */
static const struct {
    size_t line;
    shub_status status;
    const char *text;
} others[] = {
    {4, SHUB_E_RANGE, ""}, /* an integer of 64 bits without a sign */
    {10, SHUB_OK,
     "{\"device\":\"d\",\"quantity\":\"x\",\"time\":\"1970-01-01T00:00:00Z\","
     "\"value\":1.7976931348623157e+308,\"quality\":\"replaced\"}\n"},
    {11, SHUB_OK,
     "{\"device\":\"\xc3\xa9\",\"quantity\":\"state\",\"time\":\"2015-03-10T17:54:01Z\","
     "\"value\":\"a\\u0000b\\n\xf0\x9d\x84\x9e\",\"time_assumed\":true}\n"},
    {13, SHUB_E_RANGE, ""}, /* 1e999 */
    {14, SHUB_E_FORMAT, ""},
};

START_TEST(lines_are_written_again)
{
    size_t line = (size_t)_i;
    shub_slice wanted = lines[line], text;
    shub_status status = SHUB_OK;
    shub_batch *batch = new_batch();

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i].line == line) {
            wanted = shub_str(others[i].text);
            status = others[i].status;
        }
    ck_status(shub_batch_add_jsonl(batch, lines[line], NULL, NULL), status);
    ck_status(shub_batch_to_jsonl(batch, &text, NULL), SHUB_OK);
    ck_assert_msg(shub_slice_equal(text, wanted), "line %zu: got %.*s", line,
                  (int)text.len, text.ptr);
    shub_batch_free(batch);
}
END_TEST

static void read_lines(void)
{
    char path[4096];
    size_t len;

    snprintf(path, sizeof path, "%s/tests/vectors/samples.jl",
             getenv("SHUB_SOURCE") ? getenv("SHUB_SOURCE") : "..");
    for (const char *p = read_whole(path, &len); p && *p && count < LINES; p += len) {
        len = strcspn(p, "\n");
        len += p[len] == '\n';
        lines[count++] = shub_bytes(p, len);
    }
    say_rows(path, count);
}

int main(void)
{
    Suite *suite = suite_create("sample_lines");
    TCase *tcase = tcase_create("lines");

    read_lines();
    tcase_add_loop_test(tcase, lines_are_written_again, 0, (int)count);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
