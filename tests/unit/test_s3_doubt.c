/* Uploads whose outcome is in doubt, that are given up, or run out of memory: nothing is
 * believed that may be wrong, nothing is left behind, nothing waits for ever. */
#include "base/mem.h"
#include "s3/client_upload.h"
#include "simulators/s3.h"
#include "support/s3_upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FEW (5 * MIB + 1) /* two parts */

static shub_status run(shub_s3_upload *up)
{
    shub_status status;

    do
        status = shub_s3_upload_poll(up, SHUB_NONE, NULL, NULL, &err);
    while (status == SHUB_E_AGAIN);
    return status;
}

static void check_bytes(size_t count)
{
    s3_sim_object object;

    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object));
    ck_assert_uint_eq(object.size, count);
    ck_assert(memcmp(object.data, content, count) == 0);
    s3_sim_object_free(&object);
}

static void check_content(void)
{
    check_bytes(BYTES);
}

static void poll_until(shub_s3_upload *up, shub__s3_phase phase)
{
    while (up->phase != phase)
        ck_status(shub_s3_upload_poll(up, 10, NULL, NULL, &err), SHUB_E_AGAIN);
}

/* ---- what is believed ------------------------------------------------------------ */

/* Someone removed the upload; under the key lies what was there before, as long as the
 * new content. */
START_TEST(an_older_object_is_not_taken_for_the_new_one)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    char *old = calloc(1, BYTES);
    shub_s3_upload *up;
    char id[64];
    shub_status status;

    open_with(0, NULL, 0);
    s3_sim_put(s.sim, "bucket", "logs/meter.jl.gz", old, BYTES);
    script(&s, "advance 120");
    free(old);
    if (_i) { /* a stream, whose SHA-256 is not known before its end */
        ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
        ck_ok(shub_s3_upload_write(up, shub_bytes(content, BYTES), &err));
    } else {
        opts.no_sha256 = 1;
        ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, &opts, &up, &err));
        while (s3_sim_requests(s.sim, "part") < 1)
            ck_status(shub_s3_upload_poll(up, 10, NULL, NULL, &err), SHUB_E_AGAIN);
    }
    script(&s, "fault complete error=NoSuchUpload 1");
    ck_assert(s3_sim_upload_id(s.sim, "bucket", "logs/meter.jl.gz", id));
    script(&s, "fault parts error=NoSuchUpload 1");
    status = _i ? shub_s3_upload_finish(up, NULL, &err) : run(up);
    shub_s3_upload_close(up);
    if (status == SHUB_OK)
        check_content();
    else
        ck_status(status, SHUB_E_NOT_FOUND);
}
END_TEST

/* An earlier run's own answer got lost, and so did the memory of what was sent. */
START_TEST(a_refused_complete_does_not_come_back_for_ever)
{
    open_with(0, journal, SHUB_NONE);
    script(&s, "fault complete error=EntityTooSmall 1");
    ck_status(put(), SHUB_E_REMOTE);
    store_reopen(&s);
    ck_ok(put());
    check_content();
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), 2);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

/* ---- giving up ------------------------------------------------------------------- */

START_TEST(giving_up_while_it_is_settled_tells_what_is_there)
{
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    script(&s, "quirk complete_once on");
    script(&s, "fault complete drop_after 1");
    script(&s, "fault head delay=300 1");
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &up, &err));
    poll_until(up, SHUB__S3_SETTLING);
    ck_status(shub_s3_upload_abort(up, &err), SHUB_E_EXISTS);
    shub_s3_upload_close(up);
    check_content();
}
END_TEST

START_TEST(giving_up_a_put_that_arrived_tells_so)
{
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    script(&s, "fault put delay=300 1");
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    ck_ok(shub_s3_upload_write(up, SHUB_LIT("hello"), &err));
    up->is_finished = 1;
    up->parts.total = 5;
    shub__s3_upload_step(up);
    for (int i = 0; i < 10; i++)
        ck_status(shub_s3_upload_poll(up, 10, NULL, NULL, &err), SHUB_E_AGAIN);
    ck_status(shub_s3_upload_abort(up, &err), SHUB_E_EXISTS);
    shub_s3_upload_close(up);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
}
END_TEST

/* ---- orphans --------------------------------------------------------------------- */

/* A balancer that loses its way says 404 too. */
START_TEST(an_upload_that_is_said_to_be_gone_is_looked_for_later)
{
    size_t count;

    open_with(0, journal, 0);
    script(&s, "fault part status=404 1 part=3");
    ck_ok(put());
    check_content();
    store_reopen(&s);
    ck_ok(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), 0, 0, &count, &err));
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

/* ---- copies ---------------------------------------------------------------------- */

START_TEST(a_rename_in_parts_whose_answer_was_lost)
{
    s3_sim_object object;

    open_with(0, NULL, 0);
    s3_sim_put(s.sim, "bucket", "from", content, BYTES);
    s.s3->copy_max = SHUB_S3_PART_MIN;
    script(&s, "quirk complete_once on");
    script(&s, "fault complete drop_after 1");
    ck_ok(shub_s3_rename(s.s3, BUCKET, SHUB_LIT("from"), KEY, NULL, &err));
    check_content();
    ck_assert(!s3_sim_get(s.sim, "bucket", "from", &object));
}
END_TEST

/* ---- memory ---------------------------------------------------------------------- */

START_TEST(parts_that_arrived_are_not_kept_in_memory)
{
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    script(&s, "fault complete delay=300 1");
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &up, &err));
    poll_until(up, SHUB__S3_COMPLETING);
    ck_assert_ptr_null(up->slots);
    ck_ok(run(up));
    shub_s3_upload_close(up);
    check_content();
}
END_TEST

START_TEST(small_parts_of_a_stream_are_made_large_enough)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    shub_s3_upload *up;

    opts.part_bytes = (int64_t)MIB;
    store_open(&s, &opts);
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    ck_ok(shub_s3_upload_write(up, shub_bytes(content, BYTES), &err));
    ck_ok(shub_s3_upload_finish(up, NULL, &err));
    shub_s3_upload_close(up);
    check_content();
}
END_TEST

/* The server says of a part that it has it, and has not; its Complete's answer is lost.
 */
START_TEST(a_stream_whose_part_was_lost_fails)
{
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    script(&s, "fault part lose_object 1 part=1");
    script(&s, "fault complete drop_before 2");
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    ck_ok(shub_s3_upload_write(up, shub_bytes(content, BYTES), &err));
    ck_status(shub_s3_upload_finish(up, NULL, &err), SHUB_E_REMOTE);
    shub_s3_upload_close(up);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

static const char *oom_script;
static int oom_stream;

static shub_status send(shub_s3 *s3)
{
    shub_error here = SHUB_ERROR_INIT;
    shub_s3_upload *up;
    shub_status status;

    if (!oom_stream)
        return shub_s3_put_file(s3, BUCKET, KEY, path, NULL, NULL, &here);
    status = shub_s3_upload_open(s3, BUCKET, KEY, NULL, &up, &here);
    if (status == SHUB_OK)
        status = shub_s3_upload_write(up, shub_bytes(content, FEW), &here);
    if (status == SHUB_OK)
        status = shub_s3_upload_finish(up, NULL, &here);
    shub_s3_upload_close(up);
    return status;
}

static shub_status send_once(countdown *c)
{
    shub_s3 *s3;
    shub_status status;

    script(&s, "fault clear");
    if (oom_script)
        script(&s, oom_script);
    ck_ok(shub_s3_open(&s.opts, &s3, &err));
    shub__mem_set_fail(fail_at_zero, c);
    status = send(s3);
    shub_s3_close(s3);
    shub__mem_set_fail(NULL, NULL);
    return status;
}

static const struct {
    const char *script;
    int has_journal, is_stream;
} ooms[] = {
    {NULL, 1, 0},
    {NULL, 0, 1},
    {"fault complete error=InvalidPart 1", 0, 0},
};

/* Every third of each row. Notes of the journal are hints: some failures do
 * no harm. */
START_TEST(each_allocation_may_fail)
{
    countdown c = {0, 1};

    open_with(0, ooms[_i].has_journal ? journal : NULL, 0);
    shub_s3_close(s.s3);
    s.s3 = NULL;
    oom_script = ooms[_i].script;
    oom_stream = ooms[_i].is_stream;
    ck_assert_int_eq(truncate(path, (off_t)FEW), 0);
    for (size_t n = (size_t)_i; c.hit; n += sizeof ooms / sizeof *ooms) {
        shub_status status;

        c.left = n;
        c.hit = 0;
        status = send_once(&c);
        ck_assert_msg(status == SHUB_OK || (c.hit && status == SHUB_E_NOMEM),
                      "allocation %zu: %s", n, shub_status_name(status));
        if (status == SHUB_OK)
            check_bytes(FEW);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 doubt");
    TCase *tc = tcase_create("doubt");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, an_older_object_is_not_taken_for_the_new_one, 0, 2);
    tcase_add_test(tc, a_refused_complete_does_not_come_back_for_ever);
    tcase_add_test(tc, giving_up_while_it_is_settled_tells_what_is_there);
    tcase_add_test(tc, giving_up_a_put_that_arrived_tells_so);
    tcase_add_test(tc, an_upload_that_is_said_to_be_gone_is_looked_for_later);
    tcase_add_test(tc, a_rename_in_parts_whose_answer_was_lost);
    tcase_add_test(tc, parts_that_arrived_are_not_kept_in_memory);
    tcase_add_test(tc, small_parts_of_a_stream_are_made_large_enough);
    tcase_add_test(tc, a_stream_whose_part_was_lost_fails);
    tcase_add_loop_test(tc, each_allocation_may_fail, 0, sizeof ooms / sizeof *ooms);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
