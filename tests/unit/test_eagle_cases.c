/* Every case of tests/vectors/eagle_cases.txt, and what must hold for all of them. */
#include "support/eagle_cases.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>

static void check_readings(const eagle_case *c, const shub_eagle_reply *reply)
{
    if (c->reading_count)
        ck_assert_uint_eq(shub_eagle_reply_count(reply), c->reading_count);
    for (size_t i = 0; i < c->reading_count; i++) {
        const struct eagle_reading *wanted = &c->readings[i];
        const shub_eagle_reading *r = shub_eagle_reply_at(reply, i);
        ck_assert_int_eq((int)shub_eagle_reading_root(r), wanted->root);
        ck_slice_eq(shub_eagle_reading_name(r), wanted->name);
        ck_slice_eq(shub_eagle_reading_meter(r), wanted->meter);
        ck_assert_int_eq(shub_eagle_reading_time_us(r), wanted->time_us);
        ck_assert_int_eq(shub_eagle_reading_connected(r), wanted->connected);
    }
}

static void check_fields(const eagle_case *c, const shub_eagle_reply *reply)
{
    for (size_t i = 0; i < c->field_count; i++) {
        const struct eagle_field *wanted = &c->fields[i];
        const shub_eagle_reading *r = shub_eagle_reply_at(reply, wanted->reading);
        shub_slice value = shub_eagle_reading_field(r, shub_str(wanted->name));
        ck_assert_msg(shub_slice_equal(value, wanted->value), "%s is %.*s", wanted->name,
                      (int)value.len, value.ptr ? value.ptr : "");
    }
}

static void check_samples(const eagle_case *c, const shub_eagle_reply *reply)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_slice lines;

    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(eagle_case_samples(c, reply, batch, &err), c->samples);
    if (c->samples)
        ck_assert_int_eq(err.index, c->index);
    ck_status(shub_batch_to_jsonl(batch, &lines, NULL), SHUB_OK);
    ck_slice_eq(lines, c->lines);
    shub_batch_free(batch);
}

START_TEST(cases_are_read_as_written)
{
    const eagle_case *c = eagle_case_at((size_t)_i);
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply = NULL;
    shub_status status = eagle_case_parse(c, c->body, &reply, &err);

    ck_assert_msg(status == c->parse, "case %s: %s, %s", c->name,
                  shub_status_name(status), err.message);
    if (status) {
        ck_assert_ptr_null(reply);
        ck_assert_int_eq(err.code, status);
        ck_assert_msg(err.pos == c->pos, "case %s: pos %d, wanted %d: %s", c->name,
                      (int)err.pos, (int)c->pos, err.message);
        if (c->message)
            ck_assert_str_eq(err.message, c->message);
        return;
    }
    ck_assert_msg(!c->parse, "case %s", c->name);
    ck_assert_int_eq((int)shub_eagle_reply_family(reply), c->family);
    ck_slice_eq(shub_eagle_reply_gateway(reply), c->gateway);
    ck_assert_int_eq(shub_eagle_reply_time_us(reply), c->envelope_us);
    ck_assert_int_eq(shub_eagle_reply_truncated(reply), c->part);
    check_readings(c, reply);
    check_fields(c, reply);
    check_samples(c, reply);
    ck_assert_ptr_null(shub_eagle_reply_at(reply, shub_eagle_reply_count(reply)));
    shub_eagle_reply_free(reply);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle cases");
    TCase *tcase = tcase_create("cases");
    int count = (int)eagle_case_count();

    tcase_add_loop_test(tcase, cases_are_read_as_written, 0, count);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
