/* Every case of tests/vectors/clair_cases.txt; then its document cut at every byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cases.h"
#include "support/suite.h"

enum { DEVICES = 8 };

static const test_case *cases;
static size_t count;

static int is_kind(const test_case *c, const char *kind)
{
    return shub_slice_equal(case_text(c, "kind", 0), shub_str(kind));
}

static shub_batch *new_batch(void)
{
    shub_batch *batch;

    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    return batch;
}

/* The batch of a case. */
static shub_batch *batch_of(const test_case *c)
{
    shub_batch *batch = new_batch();
    size_t len;
    char *lines = case_joined(c, "line", &len);

    ck_status(shub_batch_add_jsonl(batch, shub_bytes(lines, len), NULL, NULL), SHUB_OK);
    free(lines);
    return batch;
}

static void ck_batch(const test_case *c, shub_batch *batch)
{
    shub_batch *wanted = batch_of(c);
    shub_slice ours, theirs;

    ck_status(shub_batch_to_jsonl(batch, &ours, NULL), SHUB_OK);
    ck_status(shub_batch_to_jsonl(wanted, &theirs, NULL), SHUB_OK);
    ck_assert_msg(shub_slice_equal(ours, theirs), "%s: got\n%.*s", c->name, (int)ours.len,
                  ours.ptr);
    shub_batch_free(wanted);
}

/* ---- what each kind does ----------------------------------------------------------- */

static shub_status make_node(const test_case *c, shub_error *err)
{
    char node[SHUB_CLAIR_NODE_MAX];
    shub_status status =
        shub_clair_node(case_text(c, "protocol", 0), case_text(c, "eui", 0), node, err);

    ck_assert(shub_slice_equal(shub_str(node[0] ? node : NULL), case_text(c, "node", 0)));
    return status;
}

/* The first error of several. */
static void note(shub_status status, const shub_error *err, shub_status *first,
                 shub_error *told)
{
    if (*first != SHUB_OK || status == SHUB_OK)
        return;
    *first = status;
    *told = *err;
}

static shub_status make_bodies(const test_case *c, shub_error *told)
{
    shub_batch *batch = batch_of(c);
    shub_group at = {0, 0, {NULL, 0}, 0};
    shub_clair_sample sample = SHUB_CLAIR_SAMPLE_INIT;
    shub_status status, first = SHUB_OK;
    size_t made = 0, len;

    for (;;) {
        char body[SHUB_CLAIR_BODY_MAX];
        shub_error err = SHUB_ERROR_INIT;
        status = shub_clair_next(batch, &at, case_text(c, "protocol", 0), &sample, &err);
        if (status == SHUB_E_NOT_FOUND)
            break;
        if (status == SHUB_OK)
            status = shub_clair_body(&sample, body, sizeof body, &len, &err);
        else
            ck_assert(!sample.node[0] && !sample.co2_ppm && sample.size);
        note(status, &err, &first, told);
        if (status != SHUB_OK)
            continue;
        ck_slice_eq(case_text(c, "body", made++), body);
        ck_assert_uint_eq(len, strlen(body));
    }
    ck_assert_ptr_null(case_text(c, "body", made).ptr);
    shub_batch_free(batch);
    return first;
}

static size_t devices_of(const test_case *c, shub_clair_device devices[DEVICES])
{
    shub_slice line;
    size_t n = 0;

    while ((line = case_text(c, "device", n)).ptr) {
        const char *space = strchr(line.ptr, ' ');
        devices[n].protocol = shub_bytes(line.ptr, (size_t)(space - line.ptr));
        devices[n++].dev_eui = shub_str(space + 1);
    }
    return n;
}

/* Reads a document of the case's kind. */
static shub_status read_text(const test_case *c, shub_slice text, shub_batch *batch,
                             size_t *refused, shub_error *err)
{
    shub_clair_device devices[DEVICES];

    if (is_kind(c, "add_body"))
        return shub_clair_add_body(batch, text, refused, err);
    if (is_kind(c, "add_fixtures"))
        return shub_clair_add_fixtures(batch, text, refused, err);
    ck_assert(is_kind(c, "add_mongo"));
    return shub_clair_add_mongo(batch, text, devices, devices_of(c, devices), refused,
                                err);
}

static shub_status read_document(const test_case *c, shub_error *err)
{
    shub_batch *batch = new_batch();
    size_t len, refused = 99;
    char *text = case_joined(c, "text", &len);
    shub_status status = read_text(c, shub_bytes(text, len), batch, &refused, err);

    ck_batch(c, batch);
    ck_assert_uint_eq(refused, (size_t)case_number(c, "refused", 0));
    free(text);
    shub_batch_free(batch);
    return status;
}

static void ck_written(const test_case *c, shub_clair_fixtures *fixtures)
{
    shub_clair_report r = SHUB_CLAIR_REPORT_INIT;
    size_t len;
    char *wanted = case_joined(c, "text", &len);
    char report[64];
    shub_slice text;

    ck_status(shub_clair_fixtures_write(fixtures, &text, NULL), SHUB_OK);
    ck_assert_uint_eq(text.len, len + 1);
    ck_assert(memcmp(text.ptr, wanted, len) == 0 && text.ptr[len] == '\n');
    shub_clair_fixtures_report(fixtures, &r);
    snprintf(report, sizeof report, "%d %d %d %d", (int)r.added, (int)r.known,
             (int)r.doubled, (int)r.refused);
    ck_slice_eq(case_text(c, "report", 0), report);
    free(wanted);
}

/* The dump may come before what is added, and behind it. */
static shub_status make_fixtures(const test_case *c, int dump_last, shub_error *err)
{
    shub_batch *batch = batch_of(c);
    shub_clair_fixtures *fixtures;
    shub_status status;
    size_t len;
    char *known = case_joined(c, "known", &len);

    ck_status(shub_clair_fixtures_new(&fixtures, NULL), SHUB_OK);
    if (len && !dump_last)
        ck_status(shub_clair_fixtures_known(fixtures, shub_bytes(known, len), NULL),
                  SHUB_OK);
    status = shub_clair_fixtures_add(fixtures, batch, case_text(c, "protocol", 0), err);
    if (len && dump_last)
        ck_status(shub_clair_fixtures_known(fixtures, shub_bytes(known, len), NULL),
                  SHUB_OK);
    ck_written(c, fixtures);
    shub_clair_fixtures_free(fixtures);
    shub_batch_free(batch);
    free(known);
    return status;
}

static shub_status read_dump(const test_case *c, shub_error *err)
{
    shub_clair_fixtures *fixtures;
    size_t len;
    char *text = case_joined(c, "text", &len);
    shub_status status;

    ck_status(shub_clair_fixtures_new(&fixtures, NULL), SHUB_OK);
    status = shub_clair_fixtures_known(fixtures, shub_bytes(text, len), err);
    shub_clair_fixtures_free(fixtures);
    free(text);
    return status;
}

static shub_status run(const test_case *c, shub_error *err)
{
    if (is_kind(c, "node"))
        return make_node(c, err);
    if (is_kind(c, "bodies"))
        return make_bodies(c, err);
    if (is_kind(c, "known"))
        return read_dump(c, err);
    if (is_kind(c, "fixtures")) {
        ck_status(make_fixtures(c, 1, NULL), case_status(c));
        return make_fixtures(c, 0, err);
    }
    return read_document(c, err);
}

START_TEST(test_case_means)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = run(&cases[_i], &err);

    ck_case_status(&cases[_i], status, &err);
}
END_TEST

/* ---- cut ----------------------------------------------------------------------------
 */

/* A beginning of a document gives a beginning of its samples, and is never taken for the
 * whole; but for the lines of an export, which end anywhere between two. */
static void read_cut(const test_case *c, shub_slice whole, size_t len)
{
    char *text = malloc(len ? len : 1);
    shub_batch *batch = new_batch();
    shub_error err = SHUB_ERROR_INIT;
    size_t refused;
    shub_status status;

    memcpy(text, whole.ptr, len);
    status = read_text(c, shub_bytes(text, len), batch, &refused, &err);
    ck_assert((status == SHUB_OK) == (refused == 0));
    ck_assert(err.pos >= SHUB_NONE && err.pos <= (int64_t)len);
    if (case_status(c) == SHUB_OK && !is_kind(c, "add_mongo"))
        ck_assert(status != SHUB_OK || whole.ptr[len] == '\n');
    shub_batch_free(batch);
    free(text);
}

START_TEST(test_cut)
{
    const test_case *c = &cases[_i];
    size_t whole;
    char *text;

    if (strncmp(case_text(c, "kind", 0).ptr, "add_", 4) != 0 ||
        case_status(c) == SHUB_E_INVALID)
        return;
    text = case_joined(c, "text", &whole);
    for (size_t len = 0; len < whole; len++)
        read_cut(c, shub_bytes(text, whole), len);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clair_cases");
    TCase *all = tcase_create("cases");

    cases = cases_of("clair_cases.txt", &count);
    if (count < 80)
        return EXIT_FAILURE;
    tcase_add_loop_test(all, test_case_means, 0, (int)count);
    tcase_add_loop_test(all, test_cut, 0, (int)count);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
