/* Every case of tests/vectors/uplink_cases.txt, and what must hold for all of them. */
#include "support/suite.h"
#include "support/uplink_cases.h"

#include <stdlib.h>
#include <string.h>

#define FACTS_MAX (1 << 22)

START_TEST(cases_are_read_as_written)
{
    const uplink_case *c = uplink_case_at((size_t)_i);
    shub__buf facts;
    shub_batch *batch;
    shub_slice lines;
    shub__buf_init(&facts, FACTS_MAX);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(uplink_case_walk(c, c->body, &facts, batch), SHUB_OK);
    ck_assert_msg(!strcmp(facts.ptr ? facts.ptr : "", c->facts),
                  "case %s:\n%s\nwanted:\n%s", c->name, facts.ptr, c->facts);
    ck_status(shub_batch_to_jsonl(batch, &lines, NULL), SHUB_OK);
    ck_slice_eq(lines, c->lines);
    shub_batch_free(batch);
    shub__buf_fini(&facts);
}
END_TEST

/* Each in a block of its own size: what reads behind it is seen. */
START_TEST(a_body_may_break_off_at_every_byte)
{
    const uplink_case *c = uplink_case_at((size_t)_i);
    for (size_t len = 0; len < c->body.len; len++) {
        char *cut = malloc(len ? len : 1);
        shub__buf facts;
        shub_batch *batch;
        memcpy(cut, c->body.ptr, len);
        shub__buf_init(&facts, FACTS_MAX);
        ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
        ck_status(uplink_case_walk(c, shub_bytes(cut, len), &facts, batch), SHUB_OK);
        shub_batch_free(batch);
        shub__buf_fini(&facts);
        free(cut);
    }
}
END_TEST

static shub_status walk_anew(void *user)
{
    const uplink_case *c = user;
    shub__buf facts;
    shub_batch *batch;
    shub_status status = shub_batch_new(&batch, NULL);
    if (status)
        return status;
    shub__buf_init(&facts, FACTS_MAX);
    status = uplink_case_walk(c, c->body, &facts, batch);
    if (facts.status == SHUB_E_NOMEM)
        status = SHUB_E_NOMEM;
    shub__buf_fini(&facts);
    shub_batch_free(batch);
    return status;
}

START_TEST(no_memory_is_said)
{
    ck_assert_uint_gt(oom_loop(walk_anew, (void *)uplink_case_at((size_t)_i)), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink cases");
    TCase *tcase = tcase_create("cases");
    int count = (int)uplink_case_count();
    tcase_add_loop_test(tcase, cases_are_read_as_written, 0, count);
    tcase_add_loop_test(tcase, a_body_may_break_off_at_every_byte, 0, count);
    tcase_add_loop_test(tcase, no_memory_is_said, 0, count);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
