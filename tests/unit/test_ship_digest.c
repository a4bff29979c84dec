/* SHA-256 and gzip members, in memory's file system. */
#include "base/file.h"
#include "ship/digest.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static memfs *fs;
static shub_error err;

static void setup(void)
{
    fs = memfs_new();
    err = (shub_error)SHUB_ERROR_INIT;
}

static void teardown(void)
{
    ck_assert_int_eq(memfs_open_count(fs), 0);
    memfs_free(fs);
}

static void write_file(const char *path, const void *ptr, size_t len)
{
    size_t written;
    int fd;

    ck_status(shub__file_open(path, SHUB__OPEN_REPLACE, &fd, &err), SHUB_OK);
    ck_status(shub__file_write(fd, ptr, len, &written, &err), SHUB_OK);
    shub__file_close(fd);
}

/* FIPS 180-2 appendix B.1 and B.3, and the empty message. */
static const struct {
    const char *text;
    size_t repeat;
    unsigned char sha256[4];
} known[] = {
    {"", 1, {0xe3, 0xb0, 0xc4, 0x42}},
    {"abc", 1, {0xba, 0x78, 0x16, 0xbf}},
    {"a", 1000000, {0xcd, 0xc7, 0x6e, 0x5c}},
};

START_TEST(known_answer)
{
    size_t len = strlen(known[_i].text) * known[_i].repeat;
    char *text = malloc(len + 1);
    shub__digest digest, again = {0};

    memset(text, known[_i].text[0], len);
    if (known[_i].repeat == 1)
        memcpy(text, known[_i].text, len);
    write_file("/file", text, len);
    ck_status(shub__digest_file("/file", 0, &digest, &err), SHUB_OK);
    ck_assert_int_eq(digest.bytes, (int64_t)len);
    ck_assert_mem_eq(digest.sha256, known[_i].sha256, 4);
    ck_assert(digest.inode != 0);
    ck_assert(!shub__digest_equal(&digest, &again));
    ck_status(shub__digest_file("/file", 0, &again, &err), SHUB_OK);
    ck_assert(shub__digest_equal(&digest, &again));
    free(text);
}
END_TEST

static size_t gzip(const void *src, size_t len, unsigned char *dst, size_t cap)
{
    z_stream z = {0};

    ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)src;
    z.avail_in = (uInt)len;
    z.next_out = dst;
    z.avail_out = (uInt)cap;
    ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return cap - z.avail_out;
}

static shub_status check(const void *ptr, size_t len)
{
    shub__digest digest;

    write_file("/file.gz", ptr, len);
    return shub__digest_file("/file.gz", 1, &digest, &err);
}

START_TEST(cut_at_every_byte)
{
    static unsigned char two[256];
    size_t first = gzip("first\n", 6, two, sizeof two);
    size_t both = first + gzip("second\n", 7, two + first, sizeof two - first);

    for (size_t len = 0; len <= both; len++) {
        int whole = len == first || len == both;
        ck_status(check(two, len), whole ? SHUB_OK : SHUB_E_CORRUPT);
        if (!whole)
            ck_assert_ptr_nonnull(strstr(err.message, "/file.gz"));
    }
}
END_TEST

START_TEST(changed_at_every_byte)
{
    static unsigned char gz[256];
    size_t len = gzip("one line\n", 9, gz, sizeof gz);

    for (size_t i = 0; i < len; i++) {
        /* "Is text", time, extra flags and system do not touch the content (RFC 1952
         * section 2.3). */
        int matters = i < 3 || i > 9;
        gz[i] ^= 0x01;
        ck_status(check(gz, len), matters ? SHUB_E_CORRUPT : SHUB_OK);
        gz[i] ^= 0x01;
    }
    gz[len] = 'x';
    ck_status(check(gz, len + 1), SHUB_E_CORRUPT);
    ck_assert_int_ge(err.pos, (int64_t)len);
}
END_TEST

/* More input than a chunk, and much more output than a buffer of it. */
START_TEST(large)
{
    size_t len = 3 << 20, cap = len + (len >> 3);
    char *text = malloc(len);
    unsigned char *gz = malloc(cap);
    unsigned state = 1;

    for (size_t i = 0; i < len; i++)
        text[i] =
            i < len / 2 ? 'a' : (char)((state = state * 1664525 + 1013904223) >> 24);
    size_t packed = gzip(text, len, gz, cap);
    ck_assert_uint_gt(packed, SHUB__CHUNK);
    ck_status(check(gz, packed), SHUB_OK);
    ck_status(check(gz, packed - 1), SHUB_E_CORRUPT);
    free(gz);
    free(text);
}
END_TEST

static shub_status one_digest(void *user)
{
    shub__digest digest;

    return shub__digest_file(user, 1, &digest, NULL);
}

START_TEST(memory_runs_out)
{
    unsigned char gz[256];

    write_file("/file.gz", gz, gzip("one line\n", 9, gz, sizeof gz));
    ck_assert_uint_gt(oom_loop(one_digest, (void *)"/file.gz"), 3);
}
END_TEST

START_TEST(missing_and_unreadable)
{
    shub__digest digest;

    ck_status(shub__digest_file("/none", 0, &digest, &err), SHUB_E_NOT_FOUND);
    write_file("/file", "abc", 3);
    memfs_plan(fs, 3, MEMFS_EIO); /* open, stat, read */
    ck_status(shub__digest_file("/file", 0, &digest, &err), SHUB_E_IO);
    ck_assert_int_eq(strncmp(err.message, "/file: ", 7), 0);
    ck_assert_int_eq(digest.known, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship digest");
    TCase *tc = tcase_create("digest");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, known_answer, 0, (int)(sizeof known / sizeof known[0]));
    tcase_add_test(tc, cut_at_every_byte);
    tcase_add_test(tc, changed_at_every_byte);
    tcase_add_test(tc, large);
    tcase_add_test(tc, memory_runs_out);
    tcase_add_test(tc, missing_and_unreadable);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
