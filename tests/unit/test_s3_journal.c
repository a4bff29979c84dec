/* The journal of uploads when it is lost, damaged, another machine's, when the disk is
 * full, when the answer that it was to hold never came: a whole object, or a refusal that
 * says why. */
#include "simulators/s3.h"
#include "support/memfs.h"
#include "support/s3_store.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB   ((size_t)1 << 20)
#define BYTES (11 * MIB) /* three parts of 5 MiB at most */
#define KEY   SHUB_LIT("logs/meter.jl.gz")
#define PATH  "/data/file"

static store s;
static shub_error err;
static memfs *fs;
static char folder[64], journal[96];
static char *content;

static void fill(unsigned seed)
{
    for (size_t i = 0; i < BYTES; i++)
        content[i] = (char)(i * 31 + (i >> 20) * 7 + seed);
}

static void write_file(size_t count)
{
    size_t written;
    int fd;

    ck_status(shub__file_open(PATH, SHUB__OPEN_REPLACE, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, content, count, &written, NULL), SHUB_OK);
    ck_assert_uint_eq(written, count);
    shub__file_close(fd);
}

static void open_with(int32_t retries)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    opts.part_bytes = SHUB_S3_PART_MIN;
    opts.in_flight = 1;
    opts.journal = journal;
    opts.retries = retries;
    store_open(&s, &opts);
}

static void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    unsetenv("http_proxy");
    snprintf(folder, sizeof folder, "/tmp/shub-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(journal, sizeof journal, "%s/uploads.db", folder);
    fs = memfs_new();
    memfs_set_now(fs, SHUB_SECOND_US);
    ck_status(shub__file_make_folders("/data", NULL), SHUB_OK);
    content = malloc(BYTES);
    fill(1);
    write_file(BYTES);
}

static void teardown(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[128];

    store_close(&s);
    memfs_free(fs);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", journal, ends[i]);
        (void)unlink(name);
    }
    ck_assert_int_eq(rmdir(folder), 0);
    free(content);
}

static shub_status put(void)
{
    return shub_s3_put_file(s.s3, BUCKET, KEY, PATH, NULL, NULL, &err);
}

/* Breaks an upload off behind its first part. */
static void break_off(void)
{
    open_with(SHUB_NONE);
    script(&s, "fault part status=500 1 part=2");
    ck_status(put(), SHUB_E_REMOTE);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 1);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 1);
}

/* The object is the file, and `open` uploads are left. */
static void check_object(size_t open)
{
    s3_sim_object object;

    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), open);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object));
    ck_assert_uint_eq(object.size, BYTES);
    ck_assert(memcmp(object.data, content, BYTES) == 0);
    s3_sim_object_free(&object);
}

static size_t abort_stale(int64_t before_us, int all)
{
    size_t count;

    ck_ok(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT("logs/"), before_us, all, &count,
                              &err));
    return count;
}

/* ---- beginnings without an answer ----------------------------------------------- */

/* The server has begun an upload and its id never came: with a further attempt there are
 * two of them, and a process that ends knows none. Nor is it begun twice by libcurl,
 * where a connection is kept alive. */
START_TEST(a_beginning_without_an_answer_is_found_later)
{
    open_with(_i == 1 ? 1 : SHUB_NONE);
    if (_i == 2)
        ck_ok(shub_s3_delete(s.s3, BUCKET, KEY, &err));
    script(&s, "fault create drop_after 1");
    ck_status(put(), _i == 1 ? SHUB_OK : SHUB_E_NETWORK);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), _i == 1 ? 2 : 1);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 1);
    store_reopen(&s);
    ck_assert_uint_eq(abort_stale(0, 0), 1);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
    ck_assert_uint_eq(abort_stale(0, 0), 0);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "uploads"), 1); /* it is forgotten */
}
END_TEST

/* Those of others under the same key that are older, and one that is still wanted, stay.
 */
START_TEST(only_what_nobody_knows_is_given_up)
{
    shub_s3 *other;
    shub_s3_upload *up;

    open_with(SHUB_NONE);
    for (int i = 0; i < 3; i++) {
        script(&s, "fault create drop_after 1");
        ck_status(put(), SHUB_E_NETWORK);
    }
    script(&s, "fault part status=500 1 part=2");
    ck_status(put(), SHUB_E_REMOTE); /* this one goes on later */
    script(&s, "advance -600");
    s.opts.journal = NULL;
    ck_ok(shub_s3_open(&s.opts, &other, &err));
    ck_ok(shub_s3_upload_open(other, BUCKET, KEY, NULL, &up, &err));
    ck_ok(shub_s3_upload_write(up, shub_bytes(content, 6 * MIB), &err));
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 5);
    ck_assert_uint_eq(abort_stale(0, 0), 3);
    ck_ok(put());
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), 5); /* the fourth went on */
    ck_ok(shub_s3_upload_abort(up, &err));
    shub_s3_upload_close(up);
    shub_s3_close(other);
    check_object(0);
}
END_TEST

/* It is known until the server has said that it is gone. */
START_TEST(what_cannot_be_given_up_now_is_later)
{
    static const char *const faults[] = {"fault uploads status=500 1",
                                         "fault abort status=500 1"};
    size_t count;

    open_with(SHUB_NONE);
    script(&s, "fault create drop_after 1");
    ck_status(put(), SHUB_E_NETWORK);
    script(&s, faults[_i]);
    ck_status(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), 0, 0, &count, &err),
              SHUB_E_REMOTE);
    ck_assert_uint_eq(count, 0);
    ck_assert_uint_eq(abort_stale(0, 0), 1);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

/* Keys that may not list uploads may still abort those that have a name. */
START_TEST(a_list_that_is_denied_stops_nothing_else)
{
    size_t count;

    open_with(SHUB_NONE);
    script(&s, "fault complete status=500 1"); /* it could go on later */
    ck_status(shub_s3_put_file(s.s3, BUCKET, SHUB_LIT("named"), PATH, NULL, NULL, &err),
              SHUB_E_REMOTE);
    script(&s, "fault create drop_after 1");
    ck_status(put(), SHUB_E_NETWORK);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 2);
    script(&s, "fault uploads error=AccessDenied 1");
    ck_status(shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), INT64_MAX, 0, &count, &err),
              SHUB_E_DENIED);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(abort_stale(0, 0), 1);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

/* A server that refused has begun nothing. */
START_TEST(a_refusal_is_not_looked_for)
{
    open_with(SHUB_NONE);
    script(&s, "fault create error=AccessDenied 1");
    ck_status(put(), SHUB_E_DENIED);
    ck_assert_uint_eq(abort_stale(0, 0), 0);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "uploads"), 0);
}
END_TEST

/* ---- another machine's, another file's ------------------------------------------ */

/* The file has another inode, or another time; its content decides. */
START_TEST(a_journal_of_another_machine)
{
    break_off();
    shub_s3_close(s.s3);
    s.s3 = NULL;
    memfs_free(fs); /* the other machine's disk */
    fs = memfs_new();
    memfs_set_now(fs, 77 * SHUB_SECOND_US);
    ck_status(shub__file_make_folders("/data/more/inodes", NULL), SHUB_OK);
    if (_i)
        fill(9); /* of the same size, and another file's */
    write_file(BYTES);
    store_reopen(&s);
    ck_ok(put());
    check_object(_i ? 1 : 0);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), _i ? 4 : 3);
    ck_assert_uint_eq(abort_stale(0, 0), _i ? 1 : 0); /* it is known for what it is */
    check_object(0);
}
END_TEST

/* Nothing of another server's uploads is believed, asked for, or given up. */
START_TEST(a_journal_of_another_server)
{
    store first;

    break_off();
    first = s;
    open_with(SHUB_NONE);
    ck_ok(put());
    check_object(0);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "parts"), 0);
    ck_assert_uint_eq(abort_stale(INT64_MAX, 0), 0);
    store_close(&s);
    s = first;
    ck_ok(put());
    check_object(0);
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 3);
}
END_TEST

/* Without a SHA-256 a file is told by what the system says of it. */
START_TEST(another_file_of_the_same_size)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;

    opts.no_sha256 = 1;
    open_with(SHUB_NONE);
    script(&s, "fault part status=500 1 part=2");
    ck_status(shub_s3_put_file(s.s3, BUCKET, KEY, PATH, &opts, NULL, &err),
              SHUB_E_REMOTE);
    if (_i == 0)
        memfs_set_now(fs, 2 * SHUB_SECOND_US); /* written anew */
    else
        ck_status(shub__file_rename(PATH, "/data/old", NULL), SHUB_OK); /* replaced */
    fill(9);
    write_file(BYTES);
    ck_ok(shub_s3_put_file(s.s3, BUCKET, KEY, PATH, &opts, NULL, &err));
    check_object(1);
    ck_assert_uint_eq(abort_stale(0, 0), 1);
    check_object(0);
}
END_TEST

/* ---- no journal to speak of ----------------------------------------------------- */

START_TEST(a_deleted_journal)
{
    break_off();
    shub_s3_close(s.s3);
    s.s3 = NULL;
    ck_assert_int_eq(unlink(journal), 0);
    store_reopen(&s);
    ck_ok(put());
    check_object(1);
    ck_assert_uint_eq(abort_stale(0, 0), 0); /* nobody knows it any more */
    ck_assert_uint_eq(abort_stale(INT64_MAX, 1), 1);
    check_object(0);
}
END_TEST

/* Bytes of the closed database in the wrong places. */
static void damage(long from, size_t count)
{
    FILE *file = fopen(journal, "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, from, SEEK_SET), 0);
    for (size_t i = 0; i < count; i++)
        putc((int)(i * 7 + 1), file);
    ck_assert_int_eq(fclose(file), 0);
}

/* Its head is told when it is opened; what lies deeper is told, or does no harm. */
START_TEST(a_damaged_journal)
{
    shub_status status;
    struct stat st;

    break_off();
    shub_s3_close(s.s3);
    s.s3 = NULL;
    ck_assert_int_eq(stat(journal, &st), 0);
    damage(_i * 2048L, 2048);
    status = shub_s3_open(&s.opts, &s.s3, &err);
    if (status == SHUB_OK)
        status = put();
    if (status == SHUB_OK) {
        check_object(s3_sim_upload_count(s.sim, NULL));
    } else {
        ck_assert_msg(status == SHUB_E_CORRUPT || status == SHUB_E_UNSUPPORTED ||
                          status == SHUB_E_IO,
                      "%s: %s", shub_status_name(status), err.message);
        ck_assert_ptr_nonnull(strstr(err.message, journal));
        ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 0);
    }
    ck_assert_int_ge(st.st_size, 2048L * (_i + 1));
}
END_TEST

/* ---- a full disk ---------------------------------------------------------------- */

static int commits_left; /* before one that fails; SHUB_NONE: none does */
static int commit_error;

static int refuse_commit(void *user)
{
    (void)user;
    if (commits_left == SHUB_NONE)
        return 0;
    return commits_left-- == 0 ? commit_error : 0;
}

/* An upload during which the commit behind `commits` others fails: 0 when there are
 * fewer. */
static int full_at(int commits)
{
    shub_status status;
    int came;

    open_with(SHUB_NONE);
    commits_left = commits;
    status = put();
    came = commits_left == SHUB_NONE;
    commits_left = SHUB_NONE;
    ck_assert_msg(status == SHUB_OK || status == SHUB_E_FULL || status == SHUB_E_IO,
                  "commit %d: %s", commits, err.message);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), status == SHUB_OK);
    ck_ok(put());
    (void)abort_stale(0, 0);
    check_object(0);
    store_close(&s);
    s.s3 = NULL;
    s.sim = NULL;
    return came;
}

START_TEST(a_full_disk_while_it_is_written)
{
    shub__file_calls calls = *memfs_calls_table(fs);
    int commits = 0;

    commit_error = _i ? -ENOSPC : -EIO;
    commits_left = SHUB_NONE;
    calls.journal = refuse_commit;
    shub__file_set_calls(&calls);
    while (full_at(commits))
        commits++;
    shub__file_set_calls(memfs_calls_table(fs));
    ck_assert_int_ge(commits, 6); /* begun, named, three parts, ended */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 journal");
    TCase *tc = tcase_create("journal");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_beginning_without_an_answer_is_found_later, 0, 3);
    tcase_add_test(tc, only_what_nobody_knows_is_given_up);
    tcase_add_loop_test(tc, what_cannot_be_given_up_now_is_later, 0, 2);
    tcase_add_test(tc, a_list_that_is_denied_stops_nothing_else);
    tcase_add_test(tc, a_refusal_is_not_looked_for);
    tcase_add_loop_test(tc, a_journal_of_another_machine, 0, 2);
    tcase_add_test(tc, a_journal_of_another_server);
    tcase_add_loop_test(tc, another_file_of_the_same_size, 0, 2);
    tcase_add_test(tc, a_deleted_journal);
    tcase_add_loop_test(tc, a_damaged_journal, 0, 10);
    tcase_add_loop_test(tc, a_full_disk_while_it_is_written, 0, 2);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
