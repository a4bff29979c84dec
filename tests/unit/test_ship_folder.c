/* A folder as destination, in memory's file system. */
#include "base/file.h"
#include "ship/dest.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <string.h>

static memfs *fs;
static shub__dest *dest;
static shub__digest digest;
static shub_error err;

static void write_file(const char *path, const char *text)
{
    size_t written;
    int fd;

    ck_status(shub__file_open(path, SHUB__OPEN_REPLACE, &fd, &err), SHUB_OK);
    ck_status(shub__file_write(fd, text, strlen(text), &written, &err), SHUB_OK);
    shub__file_close(fd);
}

static const shub__dest_options none;

static void setup(void)
{
    err = (shub_error)SHUB_ERROR_INIT;
    fs = memfs_new();
    ck_status(shub__file_make_folders("/srv/my archive", &err), SHUB_OK);
    ck_status(shub__dest_open("file:///srv/my%20archive/", &none, &dest, &err), SHUB_OK);
    write_file("/file", "content");
    ck_status(shub__digest_file("/file", 0, &digest, &err), SHUB_OK);
}

static void teardown(void)
{
    if (dest)
        dest->calls->close(dest);
    ck_assert_int_eq(memfs_open_count(fs), 0);
    memfs_free(fs);
}

static shub_status put_to(shub__dest *to, const char *key, shub_error *e)
{
    shub__dest_put one = {"/file", &digest, key, SHUB_OK, e};

    to->calls->put(to, &one, 1);
    return one.status;
}

static shub_status put(const char *key)
{
    return put_to(dest, key, &err);
}

static int exists(const char *path)
{
    shub__stat st;

    return shub__file_stat_path(path, &st, NULL) == SHUB_OK;
}

static int count_name(const char *name, int is_folder, void *user)
{
    (void)is_folder;
    *(int *)user += name[0] == '.';
    return 0;
}

static int hidden(void)
{
    int count = 0;

    ck_status(shub__file_list("/srv/my archive", count_name, &count, &err), SHUB_OK);
    return count;
}

START_TEST(put_head_read)
{
    shub__digest there;

    ck_status(dest->calls->head(dest, "a/b/c", &there, &err), SHUB_E_NOT_FOUND);
    ck_status(put("a/b/c"), SHUB_OK);
    ck_status(dest->calls->head(dest, "a/b/c", &there, &err), SHUB_OK);
    ck_assert_int_eq(there.bytes, 7);
    ck_assert_int_eq(there.known, 0);
    ck_status(dest->calls->read(dest, "a/b/c", 0, &there, &err), SHUB_OK);
    ck_assert(shub__digest_equal(&there, &digest));
    ck_status(dest->calls->settle(dest, "a/b/c", &err), SHUB_OK);
    ck_assert_int_eq(hidden(), 0);
}
END_TEST

START_TEST(nothing_is_replaced)
{
    shub__digest there;

    ck_status(put("a/b"), SHUB_OK);
    write_file("/srv/my archive/a/b", "of another");
    ck_status(put("a/b"), SHUB_E_EXISTS);
    ck_status(dest->calls->head(dest, "a/b", &there, &err), SHUB_OK);
    ck_assert_int_eq(there.bytes, 10);
    ck_assert_int_eq(hidden(), 0);
}
END_TEST

START_TEST(changed_file_is_not_put)
{
    write_file("/file", "CONTENT");
    ck_status(put("a"), SHUB_E_CORRUPT);
    ck_assert(!exists("/srv/my archive/a"));
    ck_assert_int_eq(hidden(), 0);
}
END_TEST

START_TEST(folder_in_the_way)
{
    shub__digest there;

    ck_status(put("a/b"), SHUB_OK);
    ck_status(put("a"), SHUB_E_EXISTS);
    ck_status(dest->calls->head(dest, "a", &there, &err), SHUB_OK);
    ck_assert_int_eq(there.bytes, SHUB_NONE);
    ck_status(put("a/b/c"), SHUB_E_IO);
    ck_assert_int_eq(hidden(), 0);
}
END_TEST

/* What a power cut leaves after a put that returned. */
START_TEST(put_is_durable)
{
    shub__digest there;

    ck_status(put("a/b/c"), SHUB_OK);
    memfs_reboot(fs, MEMFS_POWER_ALL, 1);
    ck_status(dest->calls->read(dest, "a/b/c", 0, &there, &err), SHUB_OK);
    ck_assert(shub__digest_equal(&there, &digest));
}
END_TEST

/* An object whose maker was killed anywhere is durable once it was settled. */
START_TEST(settled_is_durable)
{
    int found = 0;

    for (uint64_t k = 1;; k++) {
        shub__digest there;
        int done;
        memfs_plan(fs, k, MEMFS_CRASH);
        (void)put("a/b/c");
        done = !memfs_fault_came(fs);
        memfs_reboot(fs, MEMFS_KILLED, 0);
        if (exists("/srv/my archive/a/b/c")) {
            found++;
            ck_status(dest->calls->settle(dest, "a/b/c", &err), SHUB_OK);
            memfs_reboot(fs, MEMFS_POWER_ALL, 0);
            ck_status(dest->calls->read(dest, "a/b/c", 0, &there, &err), SHUB_OK);
            ck_assert(shub__digest_equal(&there, &digest));
        }
        teardown();
        if (done)
            break;
        setup();
    }
    ck_assert_int_gt(found, 1);
    setup();
}
END_TEST

START_TEST(clean_spares_the_living)
{
    static const char *const stale = "/srv/my archive/.x.jl.gz.tmp-0123456789abcdef";
    static const char *const others[] = {"/srv/my archive/.x.tmp-0123456789abcde",
                                         "/srv/my archive/.tmp-0123456789abcdef",
                                         "/srv/my archive/x.tmp-0123456789abcdef",
                                         "/srv/my archive/.x.tmp-0123456789abcdeg"};
    int fd;

    write_file(stale, "half");
    for (int i = 0; i < 4; i++)
        write_file(others[i], "not ours");
    ck_status(shub__file_open(stale, SHUB__OPEN_READ, &fd, &err), SHUB_OK);
    ck_status(shub__file_lock(fd, &err), SHUB_OK);
    ck_status(dest->calls->clean(dest, &err), SHUB_OK);
    ck_assert(exists(stale));
    shub__file_unlock(fd);
    shub__file_close(fd);
    ck_status(dest->calls->clean(dest, &err), SHUB_OK);
    ck_assert(!exists(stale));
    for (int i = 0; i < 4; i++)
        ck_assert(exists(others[i]));
}
END_TEST

START_TEST(two_at_one_file)
{
    char temp[] = "/srv/my archive/.k.tmp-0000000000000000";

    memset(digest.sha256, 0, sizeof digest.sha256);
    write_file(temp, "half");
    ck_status(put("k"), SHUB_E_BUSY);
    ck_assert(exists(temp));
}
END_TEST

typedef struct seen {
    int count;
    int64_t bytes;
    char keys[256];
} seen;

static shub_status see(shub_slice key, int64_t bytes, void *user, shub_error *error)
{
    seen *s = user;

    (void)error;
    s->count++;
    s->bytes += bytes;
    strcat(strcat(s->keys, key.ptr), " ");
    return s->count == 3 ? SHUB_E_LIMIT : SHUB_OK;
}

START_TEST(list_walks)
{
    seen s = {0};

    ck_status(put("a/b/c"), SHUB_OK);
    ck_status(put("d"), SHUB_OK);
    write_file("/srv/my archive/.hidden", "");
    ck_status(dest->calls->list(dest, "", see, &s, &err), SHUB_OK);
    ck_assert_int_eq(s.count, 2);
    ck_assert_int_eq(s.bytes, 14);
    ck_assert_ptr_nonnull(strstr(s.keys, "a/b/c "));
    s.count = 0;
    ck_status(dest->calls->list(dest, "a/", see, &s, &err), SHUB_OK);
    ck_assert_int_eq(s.count, 1);
    ck_status(dest->calls->list(dest, "none/", see, &s, &err), SHUB_OK);
    ck_assert_int_eq(s.count, 1);
    ck_status(dest->calls->list(dest, "", see, &s, &err), SHUB_E_LIMIT);
}
END_TEST

START_TEST(list_has_a_depth)
{
    char key[128] = "";
    seen s = {0};

    for (int i = 0; i < 32; i++)
        strcat(key, "d/");
    strcat(key, "x");
    ck_status(put(key), SHUB_OK);
    ck_status(dest->calls->list(dest, "", see, &s, &err), SHUB_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(err.message, "32"));
}
END_TEST

static const struct {
    const char *url;
    shub_status status;
} urls[] = {
    {"ftp://host/prefix", SHUB_E_UNSUPPORTED},
    {"/srv", SHUB_E_UNSUPPORTED},
    {"", SHUB_E_UNSUPPORTED},
    {"file://", SHUB_E_INVALID},
    {"file://host/srv", SHUB_E_INVALID},
    {"file:///srv/%", SHUB_E_INVALID},
    {"file:///srv/%4", SHUB_E_INVALID},
    {"file:///srv/%zz", SHUB_E_INVALID},
    {"file:///srv/%00", SHUB_E_INVALID},
    {"file:///none", SHUB_E_NOT_FOUND},
    {"file:///file", SHUB_E_INVALID},
    {"file:///srv", SHUB_OK},
    {"file:///%73rv//", SHUB_OK},
};

START_TEST(opens_by_url)
{
    shub__dest *other;

    ck_status(shub__dest_open(urls[_i].url, &none, &other, &err), urls[_i].status);
    ck_assert_int_eq(other != NULL, urls[_i].status == SHUB_OK);
    if (other)
        other->calls->close(other);
}
END_TEST

static shub_status open_put_list(void *user)
{
    static const char *const key = "a/b/c";
    shub__dest *other;
    shub__digest there;
    seen s = {0};
    shub_status status = shub__dest_open("file:///srv/my%20archive", &none, &other, NULL);

    (void)user;
    if (status != SHUB_OK)
        return status;
    status = put_to(other, key, NULL);
    if (status == SHUB_OK)
        status = other->calls->read(other, key, 0, &there, NULL);
    if (status == SHUB_OK)
        status = other->calls->settle(other, key, NULL);
    if (status == SHUB_OK)
        status = other->calls->list(other, "", see, &s, NULL);
    if (status == SHUB_OK)
        status = other->calls->clean(other, NULL);
    other->calls->close(other);
    (void)shub__file_unlink("/srv/my archive/a/b/c", NULL);
    return status;
}

START_TEST(memory_runs_out)
{
    ck_assert_uint_gt(oom_loop(open_put_list, NULL), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship folder");
    TCase *tc = tcase_create("folder");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, put_head_read);
    tcase_add_test(tc, nothing_is_replaced);
    tcase_add_test(tc, changed_file_is_not_put);
    tcase_add_test(tc, folder_in_the_way);
    tcase_add_test(tc, put_is_durable);
    tcase_add_test(tc, settled_is_durable);
    tcase_add_test(tc, clean_spares_the_living);
    tcase_add_test(tc, two_at_one_file);
    tcase_add_test(tc, list_walks);
    tcase_add_test(tc, list_has_a_depth);
    tcase_add_loop_test(tc, opens_by_url, 0, (int)(sizeof urls / sizeof urls[0]));
    tcase_add_test(tc, memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
