/* Streams to a simulated S3: written piece by piece, finished, given up. */
#include "simulators/s3.h"
#include "support/s3_upload.h"

static const size_t stream_sizes[] = {0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, BYTES};

START_TEST(a_stream_becomes_an_object)
{
    size_t total = stream_sizes[_i], at = 0, step = 1 + MIB / 3;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    while (at < total) {
        size_t len = total - at < step ? total - at : step;

        ck_ok(shub_s3_upload_write(up, shub_bytes(content + at, len), &err));
        at += len;
    }
    ck_ok(shub_s3_upload_finish(up, &object, &err));
    ck_assert_int_eq(object.bytes, (int64_t)total);
    ck_status(shub_s3_upload_write(up, SHUB_LIT("x"), &err), SHUB_E_CLOSED);
    shub_s3_upload_close(up);
    check_object(content, total);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "put"), total < 5 * MIB);
}
END_TEST

/* Put, refused for its condition, looked for, put again: the bytes are summed once. */
START_TEST(a_stream_to_a_server_without_conditions)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_upload *up;

    open_with(_i, NULL, 0);
    script(&s, "quirk swift on");
    opts.if_none_match = 1;
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, &opts, &up, &err));
    ck_ok(shub_s3_upload_write(up, SHUB_LIT("hello"), &err));
    ck_ok(shub_s3_upload_finish(up, NULL, &err));
    shub_s3_upload_close(up);
    check_object("hello", 5);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "put"), 2);
}
END_TEST

START_TEST(a_stream_whose_answer_was_lost)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    script(&s, "fault put drop_after 1");
    opts.if_none_match = 1;
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, &opts, &up, &err));
    ck_ok(shub_s3_upload_write(up, SHUB_LIT("hello"), &err));
    ck_ok(shub_s3_upload_finish(up, NULL, &err));
    shub_s3_upload_close(up);
    check_object("hello", 5);
}
END_TEST

START_TEST(a_stream_is_given_up)
{
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    ck_ok(shub_s3_upload_write(up, shub_bytes(content, BYTES), &err));
    ck_ok(shub_s3_upload_abort(up, &err));
    ck_status(shub_s3_upload_finish(up, NULL, &err), SHUB_E_CLOSED);
    shub_s3_upload_close(up);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

START_TEST(closing_a_stream_gives_it_up)
{
    shub_s3_upload *up;

    open_with(0, NULL, 0);
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    ck_ok(shub_s3_upload_write(up, shub_bytes(content, BYTES), &err));
    shub_s3_upload_close(up);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

START_TEST(a_stream_that_fails_stays_failed)
{
    shub_s3_upload *up;

    open_with(0, NULL, SHUB_NONE);
    script(&s, "fault part error=AccessDenied always");
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err));
    (void)shub_s3_upload_write(up, shub_bytes(content, BYTES), &err);
    ck_status(shub_s3_upload_finish(up, NULL, &err), SHUB_E_DENIED);
    ck_status(shub_s3_upload_finish(up, NULL, &err), SHUB_E_DENIED);
    shub_s3_upload_close(up);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 upload stream");
    TCase *tc = tcase_create("streams");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_stream_becomes_an_object, 0,
                        sizeof stream_sizes / sizeof *stream_sizes);
    tcase_add_loop_test(tc, a_stream_to_a_server_without_conditions, 0,
                        SHUB_S3_INTEGRITY_CRC64NVME + 1);
    tcase_add_test(tc, a_stream_whose_answer_was_lost);
    tcase_add_test(tc, a_stream_is_given_up);
    tcase_add_test(tc, closing_a_stream_gives_it_up);
    tcase_add_test(tc, a_stream_that_fails_stays_failed);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
