/* Uploads of files, against a simulated S3 that fails on command. */
#include "simulators/s3.h"
#include "support/s3_upload.h"

#include <stdio.h>
#include <string.h>

/* ---- files ---------------------------------------------------------------------- */

START_TEST(a_small_file_is_one_put)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    char sum[80];
    s3_sim_object there;

    open_with(0, NULL, 0);
    write_file("hello", 5);
    ck_ok(shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, &object, &err));
    ck_slice_eq(object.etag, "5d41402abc4b2a76b9719d911017c592");
    check_object("hello", 5);
    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &there));
    ck_assert(s3_sim_header(&there, "x-amz-meta-shub-sha256", sum, sizeof sum));
    ck_assert_str_eq(sum,
                     "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    s3_sim_object_free(&there);
    ck_assert_uint_eq(s3_sim_requests(s.sim, NULL), 1);
}
END_TEST

START_TEST(an_empty_file_is_an_object_too)
{
    open_with(0, NULL, 0);
    write_file("", 0);
    ck_ok(put());
    check_object("", 0);
}
END_TEST

START_TEST(a_large_file_goes_in_parts)
{
    shub_s3_progress progress = SHUB_S3_PROGRESS_INIT;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_s3_upload *up;
    shub_status status;

    open_with(0, NULL, 0);
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &up, &err));
    while ((status = shub_s3_upload_poll(up, SHUB_NONE, &progress, &object, &err)) ==
           SHUB_E_AGAIN) {
        ck_assert_int_le(progress.in_flight, SHUB_S3_IN_FLIGHT);
        ck_assert_int_eq(progress.bytes, BYTES);
    }
    ck_ok(status);
    ck_assert_int_eq(progress.parts, 3);
    ck_assert_int_eq(progress.parts_done, 3);
    ck_assert_int_eq(progress.sent, BYTES);
    ck_assert_int_eq(object.has_sha256, 1);
    ck_assert_ptr_nonnull(strstr(object.etag.ptr, "-3"));
    shub_s3_upload_close(up);
    check_object(content, BYTES);
}
END_TEST

/* The server compares each body with the sum that came along. */
START_TEST(each_integrity)
{
    open_with(_i, NULL, 0);
    ck_ok(put());
    check_object(content, BYTES);
}
END_TEST

START_TEST(many_uploads_share_what_may_be_in_flight)
{
    shub_s3_upload *up[5];
    char key[16];

    open_with(0, NULL, 0);
    for (int i = 0; i < 5; i++) {
        snprintf(key, sizeof key, "k%d", i);
        ck_ok(shub_s3_upload_file(s.s3, BUCKET, shub_str(key), path, NULL, &up[i], &err));
    }
    for (int i = 0; i < 5; i++) {
        shub_status status;

        do
            status = shub_s3_upload_poll(up[i], SHUB_NONE, NULL, NULL, &err);
        while (status == SHUB_E_AGAIN);
        ck_ok(status);
    }
    for (int i = 0; i < 5; i++)
        shub_s3_upload_close(up[i]);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, "bucket"), 5);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "part"), 15);
}
END_TEST

/* ---- faults --------------------------------------------------------------------- */

static const struct {
    const char *script; /* lines, ';' between */
    size_t parts;       /* requests that send one, when nothing is sent twice */
} faults[] = {
    {"fault create drop_before 1", 3},
    {"fault part drop_before 2", 5},
    {"fault part drop_after 1", 4},
    {"fault part status=500 2", 5},
    {"fault part status=503 1 code=SlowDown", 4},
    {"fault part retry_after=1 1", 4},
    {"fault part cut_body 1", 3},
    {"fault complete drop_before 1", 3},
    {"fault complete drop_after 1", 3},
    {"fault complete status=500 1", 3},
    {"fault complete status=500 1 work=yes", 3},
    {"fault complete error_in_200=InternalError 1", 3},
    {"fault complete error_in_200=InternalError 1 work=yes", 3},
    {"fault complete error_in_200=SlowDown 1", 3},
    {"fault complete cut_body=10 1", 3},
    {"fault complete drop_after 1;fault head drop_before 1", 3},
    {"fault complete drop_before 2;fault parts status=500 1", 3},
    {"quirk radosgw on", 3},
    {"quirk radosgw on;fault complete drop_after 1", 3},
    {"quirk complete_once on;fault complete drop_after 1", 3},
    {"quirk swift on", 3},
    {"quirk keep_alive_complete on", 3},
    /* These begin anew under the same key. */
    {"fault part error=NoSuchUpload 1 part=3", 6},
    {"fault complete error=InvalidPart 1", 6},
    {"fault complete error=ConditionalRequestConflict 1", 6},
};

START_TEST(a_fault_ends_in_one_whole_object)
{
    char lines[128], *rest = lines, *line;

    open_with(0, NULL, 0);
    snprintf(lines, sizeof lines, "%s", faults[_i].script);
    while ((line = strsep(&rest, ";")) != NULL)
        script(&s, line);
    ck_ok(put());
    if (strstr(faults[_i].script, "NoSuchUpload")) {
        /* The server has only said so: what it holds is not ours to know. */
        ck_assert_uint_le(s3_sim_upload_count(s.sim, NULL), 1);
        ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
        return;
    }
    check_object(content, BYTES);
    ck_assert_uint_le(s3_sim_requests(s.sim, "part"), faults[_i].parts);
}
END_TEST

static const struct {
    const char *script;
    shub_status status;
} ends[] = {
    {"fault create error=AccessDenied always", SHUB_E_DENIED},
    {"fault part error=AccessDenied always", SHUB_E_DENIED},
    {"fault part status=500 always", SHUB_E_REMOTE},
    {"fault complete error=EntityTooSmall always", SHUB_E_REMOTE},
    {"fault complete status=500 always", SHUB_E_REMOTE},
    {"fault complete error=InvalidPart always", SHUB_E_REMOTE},
};

START_TEST(a_failure_leaves_nothing_at_the_server)
{
    open_with(0, NULL, 1);
    script(&s, ends[_i].script);
    ck_status(put(), ends[_i].status);
    ck_assert_int_eq(err.code, ends[_i].status);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

START_TEST(an_orphan_is_counted_and_removed_later)
{
    shub_s3_stats stats = SHUB_S3_STATS_INIT;
    size_t count;

    open_with(0, journal, 1);
    script(&s, "fault complete error=PreconditionFailed 1");
    script(&s, "fault abort status=500 2");
    ck_status(put(), SHUB_E_PRECONDITION);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 1);
    shub_s3_get_stats(s.s3, &stats);
    ck_assert_uint_eq(stats.orphans, 1);
    store_reopen(&s);
    ck_ok(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), INT64_MAX, 0, &count, &err));
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

START_TEST(conditions_count_for_parts_too)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;

    open_with(0, NULL, 0);
    opts.if_none_match = 1;
    ck_ok(shub_s3_put_file(s.s3, BUCKET, KEY, path, &opts, NULL, &err));
    ck_status(shub_s3_put_file(s.s3, BUCKET, KEY, path, &opts, NULL, &err),
              SHUB_E_PRECONDITION);
    check_object(content, BYTES);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), 1); /* it was asked before */
}
END_TEST

START_TEST(a_key_taken_meanwhile_stays)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_s3_upload *up;
    shub_status status;

    open_with(0, NULL, 0);
    opts.if_none_match = 1;
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, &opts, &up, &err));
    while (s3_sim_requests(s.sim, "part") == 0)
        ck_status(shub_s3_upload_poll(up, 10, NULL, NULL, &err), SHUB_E_AGAIN);
    s3_sim_put(s.sim, "bucket", "logs/meter.jl.gz", "other", 5);
    do
        status = shub_s3_upload_poll(up, SHUB_NONE, NULL, NULL, &err);
    while (status == SHUB_E_AGAIN);
    ck_status(status, SHUB_E_PRECONDITION);
    shub_s3_upload_close(up);
    check_object("other", 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 upload");
    TCase *tc = tcase_create("files");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_small_file_is_one_put);
    tcase_add_test(tc, an_empty_file_is_an_object_too);
    tcase_add_test(tc, a_large_file_goes_in_parts);
    tcase_add_loop_test(tc, each_integrity, 0, SHUB_S3_INTEGRITY_CRC64NVME + 1);
    tcase_add_test(tc, many_uploads_share_what_may_be_in_flight);
    tcase_add_loop_test(tc, a_fault_ends_in_one_whole_object, 0,
                        sizeof faults / sizeof *faults);
    tcase_add_loop_test(tc, a_failure_leaves_nothing_at_the_server, 0,
                        sizeof ends / sizeof *ends);
    tcase_add_test(tc, an_orphan_is_counted_and_removed_later);
    tcase_add_test(tc, conditions_count_for_parts_too);
    tcase_add_test(tc, a_key_taken_meanwhile_stays);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
