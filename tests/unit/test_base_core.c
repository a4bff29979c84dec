#include "support/suite.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"
#include "base/reader.h"
#include "base/trace.h"

#include <errno.h>
#include <string.h>

START_TEST(statuses_have_names_and_classes)
{
    size_t count = 0;

    ck_assert_str_eq(shub_status_name(SHUB_OK), "SHUB_OK");
    ck_assert_str_eq(shub_status_name(SHUB_E_NOT_JOINED), "SHUB_E_NOT_JOINED");
    ck_assert_str_eq(shub_status_name((shub_status)-9999), "SHUB_E_UNKNOWN");
    ck_assert_int_eq(shub_status_class(SHUB_E_FULL), SHUB_CLASS_RESOURCE);
    ck_assert_int_eq(shub_status_class((shub_status)-9999), SHUB_CLASS_USAGE);
    for (; shub_status_at(count) != SHUB_STATUS_LAST_; count++) {
        shub_status status = shub_status_at(count);
        ck_assert(status <= 0);
        ck_assert_uint_gt(strlen(shub_status_text(status)), 0);
        for (size_t i = 0; i < count; i++)
            ck_assert(shub_status_at(i) != status);
    }
    ck_assert_uint_gt(count, 20);
}
END_TEST

START_TEST(version_is_one)
{
    ck_assert_str_eq(shub_version(), SHUB_VERSION);
}
END_TEST

START_TEST(messages_are_one_line)
{
    shub_error err = SHUB_ERROR_INIT;
    char big[400];

    ck_status(shub__fail(&err, SHUB_E_FORMAT, 7, "bad\nline %d", 3), SHUB_E_FORMAT);
    ck_assert_str_eq(err.message, "bad line 3");
    ck_assert_int_eq(err.pos, 7);
    ck_assert_int_eq(err.index, SHUB_NONE);
    ck_assert_int_eq(err.retry_after_us, SHUB_NONE);
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    shub__fail(&err, SHUB_E_FORMAT, 0, "%s", big);
    ck_assert_uint_eq(strlen(err.message), SHUB_ERROR_MESSAGE_MAX - 1);
    ck_status(shub__fail(NULL, SHUB_E_LIMIT, 0, "ignored"), SHUB_E_LIMIT);
    ck_status(shub__fail_at(&err, SHUB_E_FORMAT, 12), SHUB_E_FORMAT);
    ck_assert_int_eq(err.index, 12);
}
END_TEST

START_TEST(errno_becomes_a_status)
{
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub__fail_errno(&err, ENOSPC, "write %s", "f"), SHUB_E_FULL);
    ck_assert_str_eq(err.message, "write f: No space left on device");
    ck_status(shub__fail_errno(&err, EDQUOT, "w"), SHUB_E_FULL);
    ck_status(shub__fail_errno(&err, ENOENT, "w"), SHUB_E_NOT_FOUND);
    ck_status(shub__fail_errno(&err, EEXIST, "w"), SHUB_E_EXISTS);
    ck_status(shub__fail_errno(&err, EWOULDBLOCK, "w"), SHUB_E_BUSY);
    ck_status(shub__fail_errno(&err, ENOMEM, "w"), SHUB_E_NOMEM);
    ck_status(shub__fail_errno(&err, EIO, "w"), SHUB_E_IO);
    ck_status(shub__fail_errno(NULL, EIO, "w"), SHUB_E_IO);
}
END_TEST

START_TEST(buffers_grow_to_their_maximum)
{
    shub__buf buf;
    shub_error err = SHUB_ERROR_INIT;

    shub__buf_init(&buf, 1000);
    ck_slice_eq(shub__buf_view(&buf), "");
    shub__buf_printf(&buf, "%s-%d", "a", 7);
    shub__buf_byte(&buf, '!');
    shub__buf_text(&buf, "text");
    shub__buf_slice(&buf, SHUB_LIT("."));
    ck_slice_eq(shub__buf_view(&buf), "a-7!text.");
    ck_assert_uint_eq(buf.ptr[buf.len], 0);
    shub__buf_drop(&buf, 4);
    ck_slice_eq(shub__buf_view(&buf), "text.");
    shub__buf_cut(&buf, 9);
    shub__buf_cut(&buf, 4);
    ck_slice_eq(shub__buf_view(&buf), "text");
    ck_assert_uint_eq(buf.ptr[buf.len], 0);
    while (buf.len < 1000)
        shub__buf_byte(&buf, 'x');
    ck_status(shub__buf_check(&buf, "line", &err), SHUB_OK);
    shub__buf_byte(&buf, 'x');
    ck_status(shub__buf_check(&buf, "line", &err), SHUB_E_LIMIT);
    ck_assert_str_eq(err.message, "line is larger than 1000 bytes");
    shub__buf_add(&buf, NULL, 0);
    ck_assert_uint_eq(buf.len, 1000);
    shub__buf_drop(&buf, 1000);
    ck_assert_uint_eq(buf.len, 0);
    ck_status(shub__buf_check(&buf, "line", NULL), SHUB_E_LIMIT);
    shub__buf_clear(&buf);
    ck_status(shub__buf_check(&buf, "line", &err), SHUB_OK);
    shub__buf_drop(&buf, 5);
    shub__buf_fini(&buf);
}
END_TEST

START_TEST(buffers_hold_nothing_with_maximum_zero)
{
    shub__buf buf;

    shub__buf_init(&buf, 0);
    shub__buf_cut(&buf, 0);
    shub__buf_add(&buf, "", 0);
    ck_status(shub__buf_check(&buf, "b", NULL), SHUB_OK);
    shub__buf_byte(&buf, 'x');
    ck_status(shub__buf_check(&buf, "b", NULL), SHUB_E_LIMIT);
    shub__buf_fini(&buf);
}
END_TEST

static shub_status fill_buffer(void *user)
{
    shub__buf buf;
    shub_status status;

    (void)user;
    shub__buf_init(&buf, 1 << 20);
    for (int i = 0; i < 5000; i++)
        shub__buf_printf(&buf, "%d,", i);
    status = shub__buf_check(&buf, "b", NULL);
    shub__buf_fini(&buf);
    return status;
}

START_TEST(buffers_survive_no_memory)
{
    ck_assert_uint_gt(oom_loop(fill_buffer, NULL), 3);
}
END_TEST

START_TEST(reader_reads_both_orders)
{
    static const char bytes[] = "\x01\x02\x03\x04\x05\x06\x07\x08";
    shub__reader r;

    shub__reader_init(&r, bytes, 8);
    ck_assert_uint_eq(shub__read_u8(&r), 1);
    ck_assert_uint_eq(shub__read_u16be(&r), 0x0203);
    ck_assert_uint_eq(shub__read_u16le(&r), 0x0504);
    ck_assert_uint_eq(shub__read_u24be(&r), 0x060708);
    shub__reader_init(&r, bytes, 8);
    ck_assert_uint_eq(shub__read_u32be(&r), 0x01020304);
    ck_assert_uint_eq(shub__read_u32le(&r), 0x08070605);
    shub__reader_init(&r, bytes, 8);
    ck_assert(shub__read_u64be(&r) == 0x0102030405060708u);
    shub__reader_init(&r, bytes, 8);
    ck_assert(shub__read_u64le(&r) == 0x0807060504030201u);
    ck_assert_int_eq(r.status, SHUB_OK);
}
END_TEST

START_TEST(reader_errors_stick)
{
    shub__reader r;

    shub__reader_init(&r, "abc", 3);
    ck_assert_uint_eq(shub__read_u32be(&r), 0);
    ck_assert_int_eq(r.status, SHUB_E_TRUNCATED);
    ck_assert_uint_eq(r.pos, 0);
    ck_assert_uint_eq(shub__read_u8(&r), 0);
    ck_assert_uint_eq(shub__reader_left(&r), 0);
    ck_assert_int_eq(shub__peek(&r), SHUB_NONE);
    shub__reader_fail(&r, SHUB_E_FORMAT);
    ck_assert_int_eq(r.status, SHUB_E_TRUNCATED);
    shub__reader_init(&r, "abc", 3);
    shub__skip(&r, SIZE_MAX);
    ck_assert_int_eq(r.status, SHUB_E_TRUNCATED);
}
END_TEST

START_TEST(reader_reads_lines)
{
    shub__reader r;
    shub_slice line;

    shub__reader_init(&r, "one\r\n\ntwo", 9);
    ck_assert(shub__read_line(&r, &line));
    ck_slice_eq(line, "one");
    ck_assert(shub__read_line(&r, &line));
    ck_slice_eq(line, "");
    ck_assert(shub__read_line(&r, &line));
    ck_slice_eq(line, "two");
    ck_assert(!shub__read_line(&r, &line));
    shub__reader_init(&r, " \t\r\nx,y", 7);
    shub__skip_space(&r);
    ck_slice_eq(shub__read_until(&r, ','), "x");
    ck_assert(shub__accept(&r, ','));
    ck_assert(!shub__accept(&r, ','));
}
END_TEST

START_TEST(sizes_are_checked)
{
    size_t size;
    int64_t value;

    ck_assert(shub__size_mul(3, 5, &size) && size == 15);
    ck_assert(!shub__size_mul(SIZE_MAX / 2, 3, &size));
    ck_assert(!shub__size_add(SIZE_MAX, 1, &size));
    ck_assert(!shub__i64_mul(INT64_MAX, 2, &value));
    ck_assert(!shub__i64_add(INT64_MIN, -1, &value));
    ck_assert_ptr_null(shub__reallocarray(NULL, SIZE_MAX / 2, 3));
}
END_TEST

START_TEST(secrets_are_wiped)
{
    char secret[] = "install code";

    shub__wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        ck_assert_int_eq(secret[i], 0);
    shub__free_secret(NULL);
    ck_assert_ptr_null(shub__strdup(NULL));
}
END_TEST

START_TEST(random_numbers_are_a_sequence)
{
    uint64_t a = 1234567;
    uint64_t b = 1234567;

    ck_assert(shub__random(&a) ==
              6457827717110365317u); /* reference sequence of seed 1234567 */
    ck_assert(shub__random(&a) == 3203168211198807973u);
    (void)shub__random(&b);
    (void)shub__random(&b);
    ck_assert(a == b);
    for (int i = 0; i < 1000; i++)
        ck_assert(shub__random_below(&a, 7) < 7);
    ck_assert(shub__random_below(&a, 0) == 0);
}
END_TEST

typedef struct grown {
    size_t size;
    int32_t first, second;
} grown;

START_TEST(options_of_other_versions)
{
    struct {
        grown known;
        int64_t later;
    } newer = {{sizeof newer, 1, 2}, 0};
    grown older = {offsetof(grown, second), 1, 2};
    grown none = {0, 1, 2};
    grown ours;

    ck_status(shub__options_in(&ours, sizeof ours, &older, NULL), SHUB_OK);
    ck_assert(ours.size == sizeof ours && ours.first == 1 && ours.second == 0);
    ck_status(shub__options_in(&ours, sizeof ours, &newer, NULL), SHUB_OK);
    ck_assert(ours.size == sizeof ours && ours.first == 1 && ours.second == 2);
    newer.later = 1;
    ck_status(shub__options_in(&ours, sizeof ours, &newer, NULL), SHUB_E_INVALID);
    ck_status(shub__options_in(&ours, sizeof ours, &none, NULL), SHUB_E_INVALID);
    ck_status(shub__options_in(&ours, sizeof ours, NULL, NULL), SHUB_OK);
    ck_assert(ours.size == sizeof ours && ours.first == 0);
}
END_TEST

START_TEST(results_for_other_versions)
{
    struct {
        grown known;
        int64_t later;
    } newer = {{sizeof newer, 1, 2}, 5};
    grown ours = {sizeof ours, 3, 4};
    grown older = {offsetof(grown, second), 1, 2};
    grown none = {0, 1, 2};

    shub__result_out(&older, &ours, sizeof ours);
    ck_assert(older.size == offsetof(grown, second) && older.first == 3 &&
              older.second == 2);
    shub__result_out(&none, &ours, sizeof ours);
    ck_assert(none.size == 0 && none.first == 1);
    shub__result_out(NULL, &ours, sizeof ours);
    shub__result_out(&newer, &ours, sizeof ours);
    ck_assert(newer.known.size == sizeof newer && newer.known.second == 4);
    ck_assert_int_eq(newer.later, 0);
}
END_TEST

static char traced[600];

static void keep_line(shub_level level, const char *line, void *user)
{
    ck_assert_int_le(level, SHUB_LEVEL_INFO);
    ck_assert_ptr_eq(user, traced);
    strcpy(traced, line);
}

START_TEST(trace_goes_where_it_was_told)
{
    shub_trace_set(SHUB_LEVEL_INFO, keep_line, traced);
    shub__trace(SHUB_LEVEL_INFO, "event=test n=%d text=%s", 3, "a\nb");
    ck_assert_str_eq(traced, "event=test n=3 text=a b");
    shub__trace(SHUB_LEVEL_DEBUG, "event=hidden");
    ck_assert_str_eq(traced, "event=test n=3 text=a b");
    shub_trace_set(SHUB_LEVEL_DEBUG, NULL, NULL);
    shub__trace(SHUB_LEVEL_ERROR, "event=nobody");
    ck_assert_str_eq(traced, "event=test n=3 text=a b");
}
END_TEST

START_TEST(arrays_in_an_arena_are_aligned_and_zero)
{
    shub__arena arena = {NULL, NULL};
    shub_slice text[40];

    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        int64_t *numbers = shub__arena_array(&arena, i, sizeof *numbers);
        ck_assert_ptr_nonnull(numbers);
        ck_assert_uint_eq((uintptr_t)numbers % sizeof *numbers, 0);
        for (size_t k = 0; k < i; k++) {
            ck_assert_int_eq(numbers[k], 0);
            numbers[k] = -1;
        }
        ck_assert_int_eq(shub__arena_reserve(&arena, i + 1), 1);
        text[i] = shub__arena_copy(&arena, shub_bytes("0123456789012345678901234567890123"
                                                      "456789",
                                                      i));
    }
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        ck_assert_uint_eq(strlen(text[i].ptr), i);
    ck_assert_ptr_null(shub__arena_array(&arena, SIZE_MAX / 4, 8));
    shub__arena_fini(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base core");
    TCase *tcase = tcase_create("core");

    tcase_add_test(tcase, statuses_have_names_and_classes);
    tcase_add_test(tcase, version_is_one);
    tcase_add_test(tcase, messages_are_one_line);
    tcase_add_test(tcase, errno_becomes_a_status);
    tcase_add_test(tcase, buffers_grow_to_their_maximum);
    tcase_add_test(tcase, buffers_hold_nothing_with_maximum_zero);
    tcase_add_test(tcase, buffers_survive_no_memory);
    tcase_add_test(tcase, arrays_in_an_arena_are_aligned_and_zero);
    tcase_add_test(tcase, reader_reads_both_orders);
    tcase_add_test(tcase, reader_errors_stick);
    tcase_add_test(tcase, reader_reads_lines);
    tcase_add_test(tcase, sizes_are_checked);
    tcase_add_test(tcase, secrets_are_wiped);
    tcase_add_test(tcase, random_numbers_are_a_sequence);
    tcase_add_test(tcase, options_of_other_versions);
    tcase_add_test(tcase, results_for_other_versions);
    tcase_add_test(tcase, trace_goes_where_it_was_told);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
