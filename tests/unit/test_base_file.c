/* base/file.c over the real table and over the test's own, which must behave the same;
 * and what the test's own promises beyond: crashes, faults, durability. */
#include "base/file.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static memfs *fs;
static char root[64];

static void real_setup(void)
{
    strcpy(root, "/tmp/shub_file_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
}

static void real_teardown(void)
{
    char command[96];

    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static void mem_setup(void)
{
    strcpy(root, "/root");
    fs = memfs_new();
    ck_status(shub__file_make_folders(root, NULL), SHUB_OK);
}

static void mem_teardown(void)
{
    memfs_free(fs);
    fs = NULL;
}

static const char *at(const char *name)
{
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

static void put(const char *name, shub__open_mode mode, const char *text)
{
    size_t written;
    int fd;

    ck_status(shub__file_open(at(name), mode, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, text, strlen(text), &written, NULL), SHUB_OK);
    ck_assert_uint_eq(written, strlen(text));
    shub__file_close(fd);
}

static void put_synced(const char *name, const char *text)
{
    size_t written;
    int fd;

    ck_status(shub__file_open(at(name), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, text, strlen(text), &written, NULL), SHUB_OK);
    ck_status(shub__file_sync(fd, NULL), SHUB_OK);
    shub__file_close(fd);
    ck_status(shub__file_sync_folder(root, NULL), SHUB_OK);
}

/* The content of a file, "<none>" when there is no such file; NUL bytes become '0'. */
static const char *got(const char *name)
{
    static char text[256];
    size_t len;
    int fd;

    if (shub__file_open(at(name), SHUB__OPEN_READ, &fd, NULL) == SHUB_E_NOT_FOUND)
        return "<none>";
    ck_status(shub__file_read(fd, text, sizeof text - 1, 0, &len, NULL), SHUB_OK);
    shub__file_close(fd);
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\0')
            text[i] = '0';
    text[len] = '\0';
    return text;
}

/* ---- both tables ---------------------------------------------------------------- */

START_TEST(open_modes)
{
    int fd;

    ck_status(shub__file_open(at("a"), SHUB__OPEN_READ, &fd, NULL), SHUB_E_NOT_FOUND);
    ck_assert_int_eq(fd, SHUB_NONE);
    put("a", SHUB__OPEN_APPEND, "one");
    put("a", SHUB__OPEN_APPEND, "two");
    ck_assert_str_eq(got("a"), "onetwo");
    ck_status(shub__file_open(at("a"), SHUB__OPEN_CREATE, &fd, NULL), SHUB_E_EXISTS);
    put("a", SHUB__OPEN_REPLACE, "three");
    ck_assert_str_eq(got("a"), "three");
    put("b", SHUB__OPEN_CREATE, "new");
    ck_assert_str_eq(got("b"), "new");
    ck_status(shub__file_open(at("none/b"), SHUB__OPEN_CREATE, &fd, NULL),
              SHUB_E_NOT_FOUND);
    ck_status(shub__file_open(at("b/b"), SHUB__OPEN_CREATE, &fd, NULL), SHUB_E_IO);
}
END_TEST

START_TEST(read_write_truncate)
{
    char text[8];
    size_t len;
    int fd;
    int other;
    shub__stat stat;

    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, "123456", 6, &len, NULL), SHUB_OK);
    ck_status(shub__file_read(fd, text, 8, 4, &len, NULL), SHUB_OK);
    ck_assert_uint_eq(len, 2);
    ck_assert_mem_eq(text, "56", 2);
    ck_status(shub__file_read(fd, text, 8, 6, &len, NULL), SHUB_OK);
    ck_assert_uint_eq(len, 0);
    ck_status(shub__file_truncate(fd, 3, NULL), SHUB_OK);
    ck_status(shub__file_open(at("a"), SHUB__OPEN_UPDATE, &other, NULL), SHUB_OK);
    ck_status(shub__file_write_at(other, "32", 2, 1, NULL), SHUB_OK);
    shub__file_close(other);
    ck_status(shub__file_open(at("b"), SHUB__OPEN_UPDATE, &other, NULL),
              SHUB_E_NOT_FOUND);
    ck_status(shub__file_write(fd, "x", 1, &len, NULL), SHUB_OK);
    ck_status(shub__file_stat(fd, &stat, NULL), SHUB_OK);
    ck_assert_int_eq(stat.bytes, 4);
    ck_assert(!stat.is_folder);
    ck_status(shub__file_sync(fd, NULL), SHUB_OK);
    shub__file_close(fd);
    shub__file_close(SHUB_NONE);
    ck_assert_str_eq(got("a"), "132x");
}
END_TEST

START_TEST(locks_belong_to_descriptors)
{
    int a;
    int b;

    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &a, NULL), SHUB_OK);
    ck_status(shub__file_open(at("a"), SHUB__OPEN_READ, &b, NULL), SHUB_OK);
    ck_status(shub__file_lock(a, NULL), SHUB_OK);
    ck_status(shub__file_lock(a, NULL), SHUB_OK);
    ck_status(shub__file_lock(b, NULL), SHUB_E_BUSY);
    shub__file_unlock(a);
    ck_status(shub__file_lock(b, NULL), SHUB_OK);
    ck_status(shub__file_lock(a, NULL), SHUB_E_BUSY);
    shub__file_close(b);
    ck_status(shub__file_lock(a, NULL), SHUB_OK);
    shub__file_close(a);
}
END_TEST

START_TEST(rename_and_unlink)
{
    shub__stat a;
    shub__stat b;

    put("a", SHUB__OPEN_APPEND, "A");
    put("b", SHUB__OPEN_APPEND, "B");
    ck_status(shub__file_stat_path(at("a"), &a, NULL), SHUB_OK);
    ck_status(shub__file_rename_new(at("a"), at("b"), NULL), SHUB_E_EXISTS);
    ck_status(shub__file_rename_new(at("a"), at("c"), NULL), SHUB_OK);
    ck_status(shub__file_stat_path(at("c"), &b, NULL), SHUB_OK);
    ck_assert_uint_eq(a.inode, b.inode);
    ck_assert_uint_eq(a.device, b.device);
    ck_status(shub__file_rename(at("c"), at("b"), NULL), SHUB_OK);
    ck_assert_str_eq(got("b"), "A");
    ck_assert_str_eq(got("c"), "<none>");
    ck_status(shub__file_rename(at("c"), at("b"), NULL), SHUB_E_NOT_FOUND);
    ck_status(shub__file_unlink(at("b"), NULL), SHUB_OK);
    ck_status(shub__file_unlink(at("b"), NULL), SHUB_OK);
    ck_status(shub__file_stat_path(at("b"), &b, NULL), SHUB_E_NOT_FOUND);
}
END_TEST

static int count_names(const char *name, int is_folder, void *user)
{
    int *counts = user;

    (void)name;
    counts[is_folder != 0]++;
    return counts[0] + counts[1] == 3;
}

START_TEST(folders)
{
    int counts[2] = {0, 0};
    int64_t left;

    ck_status(shub__file_make_folders(at("x/y//z/"), NULL), SHUB_OK);
    ck_status(shub__file_make_folders(at("x/y/z"), NULL), SHUB_OK);
    put("x/file", SHUB__OPEN_APPEND, "");
    ck_status(shub__file_make_folders(at("x/file"), NULL), SHUB_E_IO);
    ck_status(shub__file_list(at("x"), count_names, counts, NULL), SHUB_OK);
    ck_assert_int_eq(counts[0], 1);
    ck_assert_int_eq(counts[1], 1);
    put("x/file2", SHUB__OPEN_APPEND, "");
    put("x/file3", SHUB__OPEN_APPEND, "");
    memset(counts, 0, sizeof counts);
    ck_status(shub__file_list(at("x"), count_names, counts, NULL), SHUB_OK);
    ck_assert_int_eq(counts[0] + counts[1], 3);
    ck_status(shub__file_list(at("none"), count_names, counts, NULL), SHUB_E_NOT_FOUND);
    ck_status(shub__file_remove_folder(at("x"), NULL), SHUB_OK);
    ck_assert_str_eq(got("x/file"), "");
    ck_status(shub__file_remove_folder(at("x/y/z"), NULL), SHUB_OK);
    ck_status(shub__file_remove_folder(at("x/y/z"), NULL), SHUB_OK);
    ck_status(shub__file_sync_folder(at("x/y/z"), NULL), SHUB_E_NOT_FOUND);
    ck_status(shub__file_free_bytes(root, &left, NULL), SHUB_OK);
    ck_assert_int_gt(left, 0);
    ck_status(shub__file_journal(NULL), SHUB_OK);
}
END_TEST

START_TEST(errors_name_the_path)
{
    shub_error err = SHUB_ERROR_INIT;
    int fd;

    ck_status(shub__file_open(at("no"), SHUB__OPEN_READ, &fd, &err), SHUB_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, at("no")));
    ck_assert_int_eq(err.code, SHUB_E_NOT_FOUND);
}
END_TEST

/* ---- the test's own table ------------------------------------------------------- */

START_TEST(only_the_synced_outlives_power)
{
    put_synced("a", "one");
    put("a", SHUB__OPEN_APPEND, "two");
    put("b", SHUB__OPEN_APPEND, "new");
    memfs_reboot(fs, MEMFS_KILLED, 0);
    ck_assert_str_eq(got("a"), "onetwo");
    put_synced("b", "est");
    put("c", SHUB__OPEN_APPEND, "new");
    ck_status(shub__file_rename(at("b"), at("d"), NULL), SHUB_OK);
    memfs_reboot(fs, MEMFS_POWER_ALL, 0);
    ck_assert_str_eq(got("a"), "one");
    ck_assert_str_eq(got("b"), "newest");
    ck_assert_str_eq(got("c"), "<none>");
    ck_assert_str_eq(got("d"), "<none>");
    ck_assert_int_eq(memfs_open_count(fs), 0);
}
END_TEST

START_TEST(some_of_the_unsynced_stays)
{
    int cut = 0;
    int holes = 0;
    int named = 0;

    for (uint64_t seed = 0; seed < 200; seed++) {
        const char *text;
        mem_teardown();
        mem_setup();
        put_synced("a", "..");
        put("a", SHUB__OPEN_APPEND, "11");
        put("a", SHUB__OPEN_APPEND, "22");
        put("b", SHUB__OPEN_APPEND, "");
        memfs_reboot(fs, MEMFS_POWER_SOME, seed);
        text = got("a");
        ck_assert_int_eq(strncmp(text, "..", 2), 0);
        cut += strcmp(text, "..1") == 0 || strcmp(text, "..112") == 0;
        holes += strcmp(text, "..0022") == 0;
        named += strcmp(got("b"), "") == 0;
    }
    ck_assert_int_gt(cut, 0);
    ck_assert_int_gt(holes, 0);
    ck_assert_int_gt(named, 50);
    ck_assert_int_lt(named, 150);
}
END_TEST

START_TEST(a_failed_sync_loses_for_good)
{
    size_t len;
    int fd;

    put_synced("a", "..");
    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, "11", 2, &len, NULL), SHUB_OK);
    memfs_plan(fs, 1, MEMFS_EIO);
    ck_status(shub__file_sync(fd, NULL), SHUB_E_IO);
    ck_status(shub__file_write(fd, "22", 2, &len, NULL), SHUB_OK);
    ck_status(shub__file_sync(fd, NULL), SHUB_OK);
    ck_assert_str_eq(got("a"), "..1122");
    memfs_reboot(fs, MEMFS_POWER_ALL, 0);
    ck_assert_str_eq(got("a"), "..0022");
}
END_TEST

START_TEST(after_a_crash_nothing_works)
{
    size_t len;
    int fd;

    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    ck_status(shub__file_lock(fd, NULL), SHUB_OK);
    memfs_plan(fs, 2, _i ? MEMFS_CRASH_AFTER : MEMFS_CRASH);
    ck_status(shub__file_write(fd, "1", 1, &len, NULL), SHUB_OK);
    ck_assert(!memfs_fault_came(fs));
    ck_status(shub__file_write(fd, "2", 1, &len, NULL), SHUB_E_IO);
    ck_status(shub__file_write(fd, "3", 1, &len, NULL), SHUB_E_IO);
    ck_assert(memfs_fault_came(fs));
    ck_assert(memfs_dead(fs));
    ck_assert_uint_eq(memfs_calls(fs), 3);
    memfs_reboot(fs, MEMFS_KILLED, 0);
    ck_assert_str_eq(got("a"), _i ? "12" : "1");
    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    ck_status(shub__file_lock(fd, NULL), SHUB_OK);
    shub__file_close(fd);
}
END_TEST

START_TEST(short_writes)
{
    size_t len;
    int fd;

    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    memfs_plan(fs, 1, _i ? MEMFS_SHORT_CRASH : MEMFS_SHORT);
    ck_status(shub__file_write(fd, "1234", 4, &len, NULL), _i ? SHUB_E_IO : SHUB_E_FULL);
    ck_assert_uint_eq(len, _i ? 0 : 2);
    ck_assert_int_eq(memfs_dead(fs), _i);
    memfs_reboot(fs, MEMFS_KILLED, 0);
    ck_assert_str_eq(got("a"), "12");
}
END_TEST

START_TEST(faults_come_where_they_fit)
{
    size_t len;
    int fd;

    memfs_plan(fs, 1, MEMFS_EMFILE);
    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_E_IO);
    memfs_plan(fs, 1, MEMFS_ENOSPC);
    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_E_FULL);
    ck_status(shub__file_open(at("a"), SHUB__OPEN_APPEND, &fd, NULL), SHUB_OK);
    memfs_plan(fs, 1, MEMFS_EMFILE);
    ck_status(shub__file_write(fd, "1", 1, &len, NULL), SHUB_OK);
    ck_assert(memfs_fault_came(fs));
    memfs_plan(fs, 1, MEMFS_ENOSPC);
    ck_status(shub__file_write(fd, "1", 1, &len, NULL), SHUB_E_FULL);
    memfs_plan(fs, 1, MEMFS_EIO);
    ck_status(shub__file_truncate(fd, 0, NULL), SHUB_E_IO);
    memfs_plan(fs, 1, MEMFS_ENOSPC);
    ck_status(shub__file_journal(NULL), SHUB_E_FULL);
    shub__file_close(fd);
    ck_assert_str_eq(got("a"), "1");
}
END_TEST

static TCase *both(const char *name, void (*setup)(void), void (*teardown)(void))
{
    TCase *tests = tcase_create(name);

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, open_modes);
    tcase_add_test(tests, read_write_truncate);
    tcase_add_test(tests, locks_belong_to_descriptors);
    tcase_add_test(tests, rename_and_unlink);
    tcase_add_test(tests, folders);
    tcase_add_test(tests, errors_name_the_path);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("base_file");
    TCase *own = tcase_create("crashes");

    suite_add_tcase(suite, both("real", real_setup, real_teardown));
    suite_add_tcase(suite, both("memory", mem_setup, mem_teardown));
    tcase_add_checked_fixture(own, mem_setup, mem_teardown);
    tcase_add_test(own, only_the_synced_outlives_power);
    tcase_add_test(own, some_of_the_unsynced_stays);
    tcase_add_test(own, a_failed_sync_loses_for_good);
    tcase_add_loop_test(own, after_a_crash_nothing_works, 0, 2);
    tcase_add_loop_test(own, short_writes, 0, 2);
    tcase_add_test(own, faults_come_where_they_fit);
    suite_add_tcase(suite, own);
    return suite_run(suite);
}
