/* The database: versions, transactions, damage, forks. */
#include "base/file.h"
#include "db/db.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/shub-db-XXXXXX";
static char path[64];
static shub_error err;

static const char *const steps[] = {
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB)",
    "ALTER TABLE t ADD COLUMN more INTEGER",
};

static void remove_all(void)
{
    char name[96];

    unlink(path);
    snprintf(name, sizeof name, "%s-wal", path);
    unlink(name);
    snprintf(name, sizeof name, "%s-shm", path);
    unlink(name);
}

static void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/test.db", folder);
    err = (shub_error)SHUB_ERROR_INIT;
}

static void teardown(void)
{
    remove_all();
    rmdir(folder);
}

static void write_file(const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, len, file), len);
    fclose(file);
}

static shub__db *opened(size_t step_count)
{
    shub__db *db;

    ck_assert_msg(shub__db_open(path, steps, step_count, &db, &err) == SHUB_OK, "%s",
                  err.message);
    return db;
}

static shub__stmt *prepared(shub__db *db, const char *sql)
{
    shub__stmt *stmt;

    ck_assert_msg(shub__db_prepare(db, sql, &stmt, &err) == SHUB_OK, "%s", err.message);
    return stmt;
}

static int64_t number(shub__db *db, const char *sql)
{
    shub__stmt *stmt = prepared(db, sql);
    int64_t value;
    int row;

    ck_assert_int_eq(shub__stmt_step(stmt, &row, &err), SHUB_OK);
    ck_assert_int_eq(row, 1);
    value = shub__stmt_get_int64(stmt, 0);
    shub__stmt_free(stmt);
    return value;
}

static shub_status insert(shub__db *db, const char *name)
{
    shub__stmt *stmt = prepared(db, "INSERT INTO t (name, data) VALUES (?, ?)");
    shub_status status;

    shub__stmt_text(stmt, 1, shub_str(name));
    shub__stmt_blob(stmt, 2, "\0\1", 2);
    status = shub__stmt_run(stmt, &err);
    shub__stmt_free(stmt);
    return status;
}

START_TEST(opens_and_migrates)
{
    shub__db *db = opened(1);

    ck_assert_int_eq(number(db, "PRAGMA user_version"), 1);
    shub__db_close(db);
    db = opened(2);
    ck_assert_int_eq(number(db, "PRAGMA user_version"), 2);
    ck_assert_int_eq(number(db, "SELECT count(more) FROM t"), 0);
    ck_assert_int_eq(number(db, "PRAGMA synchronous"), 2);
    ck_assert_int_eq(number(db, "PRAGMA foreign_keys"), 1);
    shub__db_close(db);
}
END_TEST

START_TEST(newer_version_is_refused)
{
    shub__db *db = opened(2);

    shub__db_close(db);
    ck_assert_int_eq(shub__db_open(path, steps, 1, &db, &err), SHUB_E_UNSUPPORTED);
    ck_assert_ptr_null(db);
    ck_assert_ptr_nonnull(strstr(err.message, "version 2"));
}
END_TEST

START_TEST(failed_step_changes_nothing)
{
    static const char *const bad[] = {"CREATE TABLE a (x); CREATE TABLE a (x)"};
    shub__db *db;

    ck_assert_int_eq(shub__db_open(path, bad, 1, &db, &err), SHUB_E_IO);
    db = opened(1);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'a'"),
                     0);
    shub__db_close(db);
}
END_TEST

START_TEST(rows_go_in_and_out)
{
    shub__db *db = opened(2);
    shub__stmt *stmt;
    int row;

    ck_assert_int_eq(shub__db_begin(db, &err), SHUB_OK);
    ck_assert_int_eq(insert(db, "one"), SHUB_OK);
    ck_assert_int_eq(insert(db, ""), SHUB_OK);
    ck_assert_int_eq(shub__db_commit(db, &err), SHUB_OK);
    stmt = prepared(db, "SELECT name, data, more FROM t ORDER BY id");
    ck_assert_int_eq(shub__stmt_step(stmt, &row, &err), SHUB_OK);
    ck_assert_str_eq(shub__stmt_get_text(stmt, 0).ptr, "one");
    ck_assert(shub_slice_equal(shub__stmt_get_blob(stmt, 1), SHUB_LIT("\0\1")));
    ck_assert_uint_eq(shub__stmt_get_text(stmt, 2).len, 0);
    ck_assert_int_eq(shub__stmt_step(stmt, &row, &err), SHUB_OK);
    ck_assert_int_eq(row, 1);
    ck_assert_uint_eq(shub__stmt_get_text(stmt, 0).len, 0);
    ck_assert_int_eq(shub__stmt_step(stmt, &row, &err), SHUB_OK);
    ck_assert_int_eq(row, 0);
    shub__stmt_free(stmt);
    shub__db_close(db);
}
END_TEST

START_TEST(taken_name_and_bad_parameter)
{
    shub__db *db = opened(2);
    shub__stmt *stmt = prepared(db, "SELECT ?");
    int row;

    ck_assert_int_eq(insert(db, "one"), SHUB_OK);
    ck_assert_int_eq(insert(db, "one"), SHUB_E_EXISTS);
    ck_assert_ptr_nonnull(strstr(err.message, "UNIQUE"));
    shub__stmt_int64(stmt, 2, 7);
    ck_assert_int_ne(shub__stmt_step(stmt, &row, &err), SHUB_OK);
    shub__stmt_int64(stmt, 1, 7); /* a failure is forgotten with the reset */
    ck_assert_int_eq(shub__stmt_step(stmt, &row, &err), SHUB_OK);
    ck_assert_int_eq(row, 1);
    shub__stmt_free(stmt);
    shub__db_close(db);
}
END_TEST

static int refuse(void *user)
{
    (void)user;
    return -EIO;
}

START_TEST(refused_commit_is_undone)
{
    shub__file_calls calls = *shub__file_real_calls();
    shub__db *db = opened(2);

    ck_assert_int_eq(shub__db_begin(db, &err), SHUB_OK);
    ck_assert_int_eq(insert(db, "one"), SHUB_OK);
    calls.journal = refuse;
    shub__file_set_calls(&calls);
    ck_assert_int_eq(shub__db_commit(db, &err), SHUB_E_IO);
    shub__file_set_calls(NULL);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM t"), 0);
    ck_assert_int_eq(shub__db_begin(db, &err), SHUB_OK);
    ck_assert_int_eq(insert(db, "one"), SHUB_OK);
    ck_assert_int_eq(shub__db_commit(db, &err), SHUB_OK);
    ck_assert_int_eq(number(db, "SELECT count(*) FROM t"), 1);
    shub__db_close(db);
}
END_TEST

START_TEST(text_has_one_id)
{
    static const char find[] = "SELECT id FROM t WHERE name = ?1";
    static const char add[] = "INSERT INTO t (name) VALUES (?1) RETURNING id";
    shub__db *db = opened(1);
    int64_t first, second, again;

    ck_assert_int_eq(shub__db_id_of(db, find, add, SHUB_LIT("one"), &first, &err),
                     SHUB_OK);
    ck_assert_int_eq(shub__db_id_of(db, find, add, SHUB_LIT("two"), &second, &err),
                     SHUB_OK);
    ck_assert_int_eq(shub__db_id_of(db, find, add, SHUB_LIT("one"), &again, &err),
                     SHUB_OK);
    ck_assert_int_gt(first, 0);
    ck_assert_int_ne(second, first);
    ck_assert_int_eq(again, first);
    /* What cannot be added leaves no transaction open. */
    ck_assert_int_ne(shub__db_id_of(db, "SELECT id FROM t WHERE name = ?1 || 'x'", add,
                                    SHUB_LIT("one"), &again, &err),
                     SHUB_OK);
    ck_assert_int_eq(again, 0);
    ck_assert_int_eq(shub__db_begin(db, &err), SHUB_OK);
    shub__db_rollback(db);
    shub__db_close(db);
}
END_TEST

START_TEST(not_a_database)
{
    static const char *const texts[] = {
        "this is no database, whatever its name says......", "SQLite format 3"};
    shub__db *db;

    write_file(texts[_i], strlen(texts[_i]) + 1);
    ck_assert_int_eq(shub__db_open(path, steps, 2, &db, &err), SHUB_E_CORRUPT);
    ck_assert_ptr_null(db);
    ck_assert_msg(strncmp(err.message, path, strlen(path)) == 0, "%s", err.message);
    remove_all();
    shub__db_close(opened(2)); /* removed, it begins anew */
}
END_TEST

/* Every page of a real database overwritten in turn: an error or the right answer. */
START_TEST(damaged_pages_are_told)
{
    static char garbage[4096];
    int seen = 0;

    memset(garbage, 0x5a, sizeof garbage);
    for (off_t page = 0;; page++) {
        shub__db *db = opened(2);
        struct stat st;
        shub_status status;
        int fd;

        ck_assert_int_eq(shub__db_begin(db, &err), SHUB_OK);
        for (int i = 0; i < 400; i++) {
            char name[64];
            snprintf(name, sizeof name, "a name of some length to fill pages, %d", i);
            ck_assert_int_eq(insert(db, name), SHUB_OK);
        }
        ck_assert_int_eq(shub__db_commit(db, &err), SHUB_OK);
        shub__db_close(db);
        ck_assert_int_eq(stat(path, &st), 0);
        if (page * 4096 >= st.st_size)
            break;
        fd = open(path, O_WRONLY);
        ck_assert_int_eq(pwrite(fd, garbage, 4096, page * 4096), 4096);
        close(fd);
        status = shub__db_open(path, steps, 2, &db, &err);
        if (status == SHUB_OK) {
            status = insert(db, "a name of some length to fill pages, 17");
            ck_assert_int_ne(status, SHUB_OK);
            shub__db_close(db);
        }
        seen += status == SHUB_E_CORRUPT;
        remove_all();
    }
    ck_assert_int_ge(seen, 3);
}
END_TEST

START_TEST(no_such_folder)
{
    shub__db *db;

    ck_assert_int_eq(shub__db_open("/tmp/shub-none/x.db", steps, 2, &db, &err),
                     SHUB_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "/tmp/shub-none/x.db"));
}
END_TEST

START_TEST(child_may_not_use_it)
{
    shub__db *db = opened(2);
    shub__stmt *stmt = prepared(db, "SELECT 1");
    int told = 0;
    pid_t child = fork();

    if (child == 0) {
        int row;
        told |= shub__db_begin(db, NULL) != SHUB_E_FORKED;
        told |= shub__stmt_step(stmt, &row, NULL) != SHUB_E_FORKED;
        shub__stmt_free(stmt);
        shub__db_close(db);
        _exit(told);
    }
    ck_assert_int_eq(waitpid(child, &told, 0), child);
    ck_assert_int_eq(told, 0);
    shub__stmt_free(stmt);
    ck_assert_int_eq(insert(db, "still here"), SHUB_OK);
    shub__db_close(db);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("db");
    TCase *tc = tcase_create("open");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, opens_and_migrates);
    tcase_add_test(tc, newer_version_is_refused);
    tcase_add_test(tc, failed_step_changes_nothing);
    tcase_add_test(tc, rows_go_in_and_out);
    tcase_add_test(tc, taken_name_and_bad_parameter);
    tcase_add_test(tc, refused_commit_is_undone);
    tcase_add_test(tc, text_has_one_id);
    tcase_add_loop_test(tc, not_a_database, 0, 2);
    tcase_add_test(tc, damaged_pages_are_told);
    tcase_add_test(tc, no_such_folder);
    tcase_add_test(tc, child_may_not_use_it);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
