/* Uploads that broke off go on, or start anew when what was sent is not what is to be
 * sent. */
#include "simulators/s3.h"
#include "support/s3_upload.h"

#include <stdio.h>
#include <unistd.h>

/* Breaks an upload off behind its first part. */
static void break_off(void)
{
    open_with(0, journal, SHUB_NONE);
    s.opts.in_flight = 1;
    store_reopen(&s);
    script(&s, "fault part status=500 1 part=2");
    ck_status(put(), SHUB_E_REMOTE);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 1);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 1);
    store_reopen(&s);
}

START_TEST(an_upload_goes_on_after_a_crash)
{
    break_off();
    ck_ok(put());
    check_object(content, BYTES);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 3);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), 1);
}
END_TEST

/* The server alone knows what it has. */
START_TEST(parts_that_are_gone_are_sent_again)
{
    char id[64];

    break_off();
    ck_assert(s3_sim_upload_id(s.sim, "bucket", "logs/meter.jl.gz", id));
    ck_ok(shub_s3_abort(s.s3, BUCKET, KEY, shub_str(id), &err));
    ck_ok(put());
    check_object(content, BYTES);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 4);
}
END_TEST

START_TEST(a_changed_file_starts_anew)
{
    size_t count;

    break_off();
    fill(content, BYTES, 9); /* of the same size */
    write_file(content, BYTES);
    ck_ok(put());
    /* What was begun for the other content is known, and aborted. */
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 1);
    ck_ok(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT("logs/"), 0, 0, &count, &err));
    ck_assert_uint_eq(count, 1);
    check_object(content, BYTES);
}
END_TEST

START_TEST(without_its_journal_it_starts_anew)
{
    size_t count;

    break_off();
    shub_s3_close(s.s3);
    s.s3 = NULL;
    unlink(journal);
    store_reopen(&s);
    ck_ok(put());
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 1);
    ck_ok(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), INT64_MAX, 1, &count, &err));
    ck_assert_uint_eq(count, 1);
    check_object(content, BYTES);
}
END_TEST

START_TEST(a_damaged_journal_is_told)
{
    FILE *file;
    shub_s3 *s3;

    open_with(0, NULL, 0);
    file = fopen(journal, "w");
    fputs("this is not a database, this is not a database, this is not one", file);
    fclose(file);
    s.opts.journal = journal;
    ck_status(shub_s3_open(&s.opts, &s3, &err), SHUB_E_CORRUPT);
    ck_assert_ptr_null(s3);
}
END_TEST

/* What an upload was begun with cannot be changed: sums, class, metadata. */
START_TEST(with_other_options_it_starts_anew)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    size_t count;

    break_off();
    if (_i == 0) {
        s.opts.integrity = SHUB_S3_INTEGRITY_CRC32C;
        store_reopen(&s);
    } else {
        opts.storage_class = SHUB_LIT("STANDARD_IA");
    }
    ck_ok(shub_s3_put_file(s.s3, BUCKET, KEY, path, &opts, NULL, &err));
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 4);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), 2);
    ck_ok(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), 0, 0, &count, &err));
    ck_assert_uint_eq(count, 1);
    check_object(content, BYTES);
}
END_TEST

/* CRC-32C must be said of every part again; the server need not give them back. */
START_TEST(sums_of_parts_survive_in_the_journal)
{
    open_with(SHUB_S3_INTEGRITY_CRC32C, journal, SHUB_NONE);
    s.opts.in_flight = 1;
    store_reopen(&s);
    script(&s, "quirk ignore_checksums on");
    script(&s, "fault part status=500 1 part=2");
    ck_status(put(), SHUB_E_REMOTE);
    store_reopen(&s);
    ck_ok(put());
    check_object(content, BYTES);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 3);
}
END_TEST

START_TEST(a_file_that_changes_meanwhile_is_refused)
{
    shub_s3_upload *up;
    shub_status status;

    open_with(0, NULL, 0);
    s.opts.in_flight = 1;
    store_reopen(&s);
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &up, &err));
    while (s3_sim_requests(s.sim, "part") == 0)
        ck_status(shub_s3_upload_poll(up, 10, NULL, NULL, &err), SHUB_E_AGAIN);
    write_file(content, _i ? BYTES - 1 : 6 * MIB);
    do
        status = shub_s3_upload_poll(up, SHUB_NONE, NULL, NULL, &err);
    while (status == SHUB_E_AGAIN);
    ck_status(status, SHUB_E_CORRUPT);
    shub_s3_upload_close(up);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 upload resume");
    TCase *tc = tcase_create("resume");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_upload_goes_on_after_a_crash);
    tcase_add_test(tc, parts_that_are_gone_are_sent_again);
    tcase_add_test(tc, a_changed_file_starts_anew);
    tcase_add_test(tc, without_its_journal_it_starts_anew);
    tcase_add_test(tc, a_damaged_journal_is_told);
    tcase_add_loop_test(tc, with_other_options_it_starts_anew, 0, 2);
    tcase_add_test(tc, sums_of_parts_survive_in_the_journal);
    tcase_add_loop_test(tc, a_file_that_changes_meanwhile_is_refused, 0, 2);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
