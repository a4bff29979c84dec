/* gzip members: written by both compressors, read back, damaged in every way. */
#include "base/file.h"
#include "base/random.h"
#include "log/gzip.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static memfs *fs;

static void setup(void)
{
    fs = memfs_new();
}

static void teardown(void)
{
    memfs_free(fs);
}

static int file_with(const char *path, const void *data, size_t len)
{
    size_t written;
    int fd;

    ck_status(shub__file_open(path, SHUB__OPEN_REPLACE, &fd, NULL), SHUB_OK);
    ck_status(shub__file_write(fd, data, len, &written, NULL), SHUB_OK);
    return fd;
}

typedef struct seen {
    char *data;
    size_t len;
    size_t members;
    shub__gzip_member last;
} seen;

static shub_status look(const void *data, size_t len, const shub__gzip_member *member,
                        void *user, shub_error *err)
{
    seen *s = user;

    (void)err;
    if (member) {
        s->members++;
        s->last = *member;
        return SHUB_OK;
    }
    s->data = realloc(s->data, s->len + len);
    memcpy(s->data + s->len, data, len);
    s->len += len;
    return SHUB_OK;
}

/* Lines of letters that compress somewhat. */
static char *make_text(size_t len)
{
    char *text = malloc(len + 1);
    uint64_t seed = len;

    for (size_t i = 0; i < len; i++)
        text[i] = (char)(i % 61 == 60 ? '\n' : 'a' + shub__random_below(&seed, 6));
    return text;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 0;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines;
}

static const size_t sizes[] = {0,      1,      15,     16,     17,
                               4079,   4080,   4081,   65536,  131071,
                               131072, 131073, 262144, 300000, 1048576};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

START_TEST(what_is_written_is_read)
{
    int level = _i / SIZES; /* 0, 1, 2 */
    size_t len = sizes[_i % SIZES];
    char *text = make_text(len);
    int from = file_with("/plain", text, len);
    int to = file_with("/gz", "", 0);
    shub__gzip_count count = {0, 0, 0};
    shub__gzip_member member;
    shub__gzip *gzip;
    seen s = {NULL, 0, 0, {0, 0}};
    unsigned char head[10];
    size_t got;

    ck_status(shub__gzip_new(level, &gzip, NULL), SHUB_OK);
    ck_status(shub__gzip_file(gzip, from, to, &count, NULL), SHUB_OK);
    ck_status(shub__gzip_file(gzip, from, to, &count, NULL), SHUB_OK);
    shub__gzip_free(gzip);
    ck_assert_uint_eq(count.bytes_in, 2 * len);
    ck_assert_uint_eq(count.lines, 2 * count_lines(text, len));
    ck_status(shub__file_read(to, head, sizeof head, 0, &got, NULL), SHUB_OK);
    /* RFC 1952: magic, deflate, no flags (no name), mtime 0. */
    ck_assert_mem_eq(head, "\x1f\x8b\x08\0\0\0\0\0", 8);
    ck_status(shub__gunzip(to, look, &s, NULL), SHUB_OK);
    ck_assert_uint_eq(s.members, 2);
    ck_assert_uint_eq(s.len, 2 * len);
    if (len) {
        ck_assert_mem_eq(s.data, text, len);
        ck_assert_mem_eq(s.data + len, text, len);
    }
    ck_assert_uint_eq(s.last.crc, crc32(0, (const unsigned char *)text, (uInt)len));
    ck_status(shub__gzip_member_of(from, &member, NULL), SHUB_OK);
    ck_assert_uint_eq(member.crc, s.last.crc);
    ck_assert_uint_eq(member.bytes, s.last.bytes);
    free(s.data);
    free(text);
}
END_TEST

static size_t compressed(char *dst, size_t cap)
{
    char *text = make_text(500);
    int from = file_with("/plain", text, 500);
    int to = file_with("/gz", "", 0);
    shub__gzip_count count = {0, 0, 0};
    shub__gzip *gzip;
    size_t len;

    ck_status(shub__gzip_new(0, &gzip, NULL), SHUB_OK);
    ck_status(shub__gzip_file(gzip, from, to, &count, NULL), SHUB_OK);
    shub__gzip_free(gzip);
    ck_status(shub__file_read(to, dst, cap, 0, &len, NULL), SHUB_OK);
    free(text);
    return len;
}

static shub_status read_back(const char *data, size_t len)
{
    seen s = {NULL, 0, 0, {0, 0}};
    int fd = file_with("/damaged", data, len);
    shub_status status = shub__gunzip(fd, look, &s, NULL);

    shub__file_close(fd);
    free(s.data);
    return status;
}

START_TEST(cut_anywhere_it_is_corrupt)
{
    char data[1024];
    size_t len = compressed(data, sizeof data);

    ck_status(read_back(data, len), SHUB_OK);
    for (size_t i = 0; i < len; i++)
        ck_status(read_back(data, i), SHUB_E_CORRUPT);
    data[len] = 'x';
    ck_status(read_back(data, len + 1), SHUB_E_CORRUPT);
}
END_TEST

/* A bit of the header's flags, time or system may change nothing; any other is
 * noticed. */
START_TEST(any_bit_turned_is_noticed)
{
    char data[1024];
    size_t len = compressed(data, sizeof data);

    for (size_t i = 0; i < 8 * len; i++) {
        shub_status status;
        data[i / 8] ^= (char)(1 << i % 8);
        status = read_back(data, len);
        if (i / 8 < 3 || (i / 8 > 9 && i / 8 != len - 9))
            ck_assert_msg(status == SHUB_E_CORRUPT, "byte %d of %d, bit %d", (int)(i / 8),
                          (int)len, (int)(i % 8));
        data[i / 8] ^= (char)(1 << i % 8);
    }
}
END_TEST

static shub_status stop(const void *data, size_t len, const shub__gzip_member *member,
                        void *user, shub_error *err)
{
    (void)data;
    (void)len;
    (void)member;
    (void)user;
    (void)err;
    return SHUB_E_LIMIT;
}

START_TEST(the_reader_may_stop)
{
    char data[1024];
    size_t len = compressed(data, sizeof data);
    int fd = file_with("/gz", data, len);

    ck_status(shub__gunzip(fd, stop, NULL, NULL), SHUB_E_LIMIT);
}
END_TEST

static shub_status write_and_read(void *user)
{
    const int *level = user;
    shub__gzip_count count = {0, 0, 0};
    int from = file_with("/plain", "1\n", 2);
    int to = file_with("/gz", "", 0);
    seen s = {NULL, 0, 0, {0, 0}};
    shub__gzip *gzip;
    shub_status status = shub__gzip_new(*level, &gzip, NULL);

    if (!status)
        status = shub__gzip_file(gzip, from, to, &count, NULL);
    shub__gzip_free(gzip);
    if (!status)
        status = shub__gunzip(to, look, &s, NULL);
    free(s.data);
    shub__file_close(from);
    shub__file_close(to);
    return status;
}

START_TEST(without_memory)
{
    int level = _i;

    ck_assert_uint_gt(oom_loop(write_and_read, &level), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_gzip");
    TCase *tests = tcase_create("gzip");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, what_is_written_is_read, 0, 3 * SIZES);
    tcase_add_test(tests, cut_anywhere_it_is_corrupt);
    tcase_add_test(tests, any_bit_turned_is_noticed);
    tcase_add_test(tests, the_reader_may_stop);
    tcase_add_loop_test(tests, without_memory, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
