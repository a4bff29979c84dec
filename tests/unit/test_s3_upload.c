/* Uploads of files and streams, against a simulated S3 that fails on command. */
#include "simulators/s3.h"
#include "support/s3_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB   ((size_t)1 << 20)
#define BYTES (12 * MIB + 345) /* three parts of 5 MiB at most */
#define KEY   SHUB_LIT("logs/meter.jl.gz")

static store s;
static shub_error err;
static char folder[] = "/tmp/shub-upload-XXXXXX";
static char path[64], journal[64];
static char *content;

/* Every MiB differs. */
static void fill(char *bytes, size_t count, unsigned seed)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (char)(i * 31 + (i >> 20) * 7 + seed);
}

static void write_file(const char *bytes, size_t count)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static void open_with(int32_t integrity, const char *db, int32_t retries)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    opts.part_bytes = SHUB_S3_PART_MIN;
    opts.integrity = integrity;
    opts.journal = db;
    opts.retries = retries;
    store_open(&s, &opts);
}

static void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    unsetenv("http_proxy");
    snprintf(folder, sizeof folder, "/tmp/shub-upload-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(journal, sizeof journal, "%s/uploads.db", folder);
    content = malloc(BYTES);
    fill(content, BYTES, 1);
    write_file(content, BYTES);
}

static void teardown(void)
{
    static const char *const names[] = {"file", "uploads.db", "uploads.db-wal",
                                        "uploads.db-shm"};
    char name[96];

    store_close(&s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        unlink(name);
    }
    rmdir(folder);
    free(content);
}

/* The object is the file, once, and nothing else is at the server. */
static void check_object(const char *bytes, size_t count)
{
    s3_sim_object object;

    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object));
    ck_assert_uint_eq(object.size, count);
    ck_assert(memcmp(object.data, bytes, count) == 0);
    s3_sim_object_free(&object);
}

static shub_status put(void)
{
    return shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err);
}

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

/* ---- going on ------------------------------------------------------------------- */

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

/* ---- streams -------------------------------------------------------------------- */

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

static TCase *files(void)
{
    TCase *tc = tcase_create("files");

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
    tcase_add_test(tc, an_upload_goes_on_after_a_crash);
    tcase_add_test(tc, parts_that_are_gone_are_sent_again);
    tcase_add_test(tc, a_changed_file_starts_anew);
    tcase_add_test(tc, without_its_journal_it_starts_anew);
    tcase_add_test(tc, a_damaged_journal_is_told);
    tcase_add_loop_test(tc, with_other_options_it_starts_anew, 0, 2);
    tcase_add_test(tc, sums_of_parts_survive_in_the_journal);
    tcase_add_loop_test(tc, a_file_that_changes_meanwhile_is_refused, 0, 2);
    return tc;
}

static TCase *streams(void)
{
    TCase *tc = tcase_create("streams");

    tcase_add_loop_test(tc, a_stream_becomes_an_object, 0,
                        sizeof stream_sizes / sizeof *stream_sizes);
    tcase_add_loop_test(tc, a_stream_to_a_server_without_conditions, 0,
                        SHUB_S3_INTEGRITY_CRC64NVME + 1);
    tcase_add_test(tc, a_stream_whose_answer_was_lost);
    tcase_add_test(tc, a_stream_is_given_up);
    tcase_add_test(tc, closing_a_stream_gives_it_up);
    tcase_add_test(tc, a_stream_that_fails_stays_failed);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("s3 upload");
    TCase *cases[] = {files(), streams()};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tcase_add_checked_fixture(cases[i], setup, teardown);
        suite_add_tcase(suite, cases[i]);
    }
    return suite_run(suite);
}
