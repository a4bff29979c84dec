/* The parts of a multipart upload: how large, in what order, what is left. */
#include "support/doubles.h"
#include "support/suite.h"

#include "base/mem.h"
#include "s3/parts.h"

#include <stdio.h>
#include <string.h>

#define MIB ((int64_t)1 << 20)
#define GIB ((int64_t)1 << 30)

/* ---- sizes --------------------------------------------------------------------- */

static const struct {
    int64_t total, wanted, size;
} sizes[] = {
    {0, 0, 8 * MIB},
    {1, 0, 8 * MIB},
    {80 * GIB, 0, 9 * MIB}, /* 8 MiB would be 10 240 parts */
    {80000 * MIB, 0, 8 * MIB},
    {80000 * MIB - 1, 0, 8 * MIB},
    {80000 * MIB + 1, 0, 9 * MIB},
    {90000 * MIB, 0, 9 * MIB},
    {90000 * MIB + 1, 0, 10 * MIB},
    {100 * MIB, 1, 5 * MIB},
    {100 * MIB, 5 * MIB - 1, 5 * MIB},
    {100 * MIB, 5 * MIB + 1, 5 * MIB + 1},
    {100 * MIB, 6 * GIB, 5 * GIB},
    {100 * MIB, -1, 8 * MIB},
    {10000 * (5 * MIB + 1), 5 * MIB + 1, 5 * MIB + 1},
    {10000 * (5 * MIB + 1) + 1, 5 * MIB + 1, 6 * MIB},
    {50000 * GIB, 0, 5 * GIB},
    {50000 * GIB - 10000 * MIB + 1, 0, 5 * GIB},
    {50000 * GIB - 10000 * MIB, 0, 5 * GIB - MIB},
    {50000 * GIB + 1, 0, 0},
    {INT64_MAX, 0, 0},
};

START_TEST(part_sizes_grow_only_where_they_must)
{
    int64_t size = shub__s3_part_size(sizes[_i].total, sizes[_i].wanted);

    ck_assert_int_eq(size, sizes[_i].size);
    if (size)
        ck_assert_int_le((sizes[_i].total + size - 1) / size, SHUB_S3_PARTS_MAX);
}
END_TEST

START_TEST(any_total_fits_and_none_is_cut)
{
    for (int i = 0; i < 200; i++) {
        int64_t total = (int64_t)(next_random() % (uint64_t)(50000 * GIB + 1));
        int64_t size = shub__s3_part_size(total, (int64_t)(next_random() % 6) * GIB);
        shub__s3_parts parts;
        ck_status(shub__s3_parts_init(&parts, total, size, NULL), SHUB_OK);
        expect(parts.bytes == total && parts.count <= SHUB_S3_PARTS_MAX, "%lld by %lld",
               (long long)total, (long long)size);
        shub__s3_parts_fini(&parts);
    }
}
END_TEST

START_TEST(plans_have_at_most_ten_thousand_parts)
{
    shub__s3_parts parts;

    ck_status(shub__s3_parts_init(&parts, 10000 * 5 * MIB, 5 * MIB, NULL), SHUB_OK);
    ck_assert_int_eq(parts.count, 10000);
    shub__s3_parts_fini(&parts);
    ck_status(shub__s3_parts_init(&parts, 10000 * 5 * MIB + 1, 5 * MIB, NULL),
              SHUB_E_LIMIT);
    shub__s3_parts_fini(&parts);
    ck_status(shub__s3_parts_init(&parts, INT64_MAX, 1, NULL), SHUB_E_LIMIT);
    shub__s3_parts_fini(&parts);
    ck_status(
        shub__s3_parts_init(&parts, INT64_MAX, shub__s3_part_size(INT64_MAX, 0), NULL),
        SHUB_E_LIMIT);
    shub__s3_parts_fini(&parts);
}
END_TEST

/* ---- one after the other ------------------------------------------------------- */

static void done(shub__s3_parts *parts, int part)
{
    char etag[16];

    snprintf(etag, sizeof etag, "e%d", part);
    ck_status(shub__s3_parts_done(parts, part, shub_str(etag), SHUB_LIT("sum"), NULL),
              SHUB_OK);
}

START_TEST(parts_go_in_order_and_the_last_is_short)
{
    static const int64_t bytes[] = {5 * MIB, 5 * MIB, 7};
    shub__s3_parts parts;
    int64_t offset, size;

    ck_status(shub__s3_parts_init(&parts, 10 * MIB + 7, 5 * MIB, NULL), SHUB_OK);
    for (int part = 1; part <= 3; part++) {
        ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), part);
        ck_assert_int_eq(offset, (part - 1) * 5 * MIB);
        ck_assert_int_eq(size, bytes[part - 1]);
        ck_assert(!shub__s3_parts_complete(&parts));
        done(&parts, part);
    }
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 0);
    ck_assert_int_eq(offset + size, 0);
    ck_assert(shub__s3_parts_complete(&parts));
    ck_assert_int_eq(parts.bytes_done, parts.total);
    shub__s3_parts_fini(&parts);
}
END_TEST

START_TEST(no_bytes_are_one_part)
{
    shub__s3_parts parts;
    int64_t offset, size;

    ck_status(shub__s3_parts_init(&parts, 0, 5 * MIB, NULL), SHUB_OK);
    ck_assert(!shub__s3_parts_complete(&parts));
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 1);
    ck_assert_int_eq(size, 0);
    done(&parts, 1);
    ck_assert(shub__s3_parts_complete(&parts));
    shub__s3_parts_fini(&parts);
}
END_TEST

START_TEST(a_part_that_came_back_goes_first)
{
    shub__s3_parts parts;
    int64_t offset, size;

    ck_status(shub__s3_parts_init(&parts, 50 * MIB, 5 * MIB, NULL), SHUB_OK);
    for (int part = 1; part <= 5; part++)
        ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), part);
    shub__s3_parts_return(&parts, 4);
    shub__s3_parts_return(&parts, 2);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 2);
    ck_assert_int_eq(offset, 5 * MIB);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 4);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 6);
    shub__s3_parts_fini(&parts);
}
END_TEST

START_TEST(a_stream_grows_to_ten_thousand_parts)
{
    shub__s3_parts parts;
    int64_t offset, size;
    int part;

    ck_status(shub__s3_parts_init(&parts, SHUB_NONE, 5 * MIB, NULL), SHUB_OK);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 0);
    ck_assert(!shub__s3_parts_complete(&parts));
    for (int i = 1; i <= SHUB_S3_PARTS_MAX; i++) {
        expect(!shub__s3_parts_append(&parts, 5 * MIB, &part, NULL) && part == i,
               "part %d", i);
        expect(shub__s3_parts_take(&parts, &offset, &size) == i, "part %d", i);
        expect(offset == (i - 1) * 5 * MIB, "offset of part %d", i);
    }
    ck_status(shub__s3_parts_append(&parts, 1, &part, NULL), SHUB_E_LIMIT);
    ck_assert_int_eq(part, 0);
    ck_assert_int_eq(parts.bytes, SHUB_S3_PARTS_MAX * 5 * MIB);
    shub__s3_parts_fini(&parts);
}
END_TEST

/* ---- in any order -------------------------------------------------------------- */

#define COUNT 60

/* A few in flight, each arriving or coming back at random, some said twice. */
START_TEST(every_part_arrives_whatever_the_order)
{
    shub__s3_parts parts;
    shub__s3_done *list;
    int flying[4], in_flight = 0, taken = 0;
    int64_t offset, size;

    for (int i = 0; i < _i; i++)
        (void)next_random(); /* each run has an order of its own */
    ck_status(shub__s3_parts_init(&parts, COUNT * 5 * MIB - 1, 5 * MIB, NULL), SHUB_OK);
    while (!shub__s3_parts_complete(&parts)) {
        int part = in_flight < 4 ? shub__s3_parts_take(&parts, &offset, &size) : 0;
        if (part) {
            flying[in_flight++] = part;
            taken++;
            expect(offset == (part - 1) * 5 * MIB, "offset of part %d", part);
        }
        if (part && next_random() % 2)
            continue;
        int at = (int)(next_random() % (uint64_t)in_flight);
        if (next_random() % 3) {
            done(&parts, flying[at]);
            if (next_random() % 5 == 0)
                done(&parts, flying[at]);
        } else {
            shub__s3_parts_return(&parts, flying[at]);
        }
        flying[at] = flying[--in_flight];
    }
    ck_assert_int_eq(in_flight, 0);
    ck_assert_int_gt(taken, COUNT);
    ck_assert_int_eq(parts.done, COUNT);
    ck_assert_int_eq(parts.bytes_done, parts.total);
    ck_status(shub__s3_parts_list(&parts, &list, NULL), SHUB_OK);
    for (int i = 0; i < COUNT; i++) {
        char etag[16];
        snprintf(etag, sizeof etag, "e%d", i + 1);
        ck_assert_int_eq(list[i].part, i + 1);
        ck_slice_eq(list[i].etag, etag);
        ck_slice_eq(list[i].sum, "sum");
    }
    shub__free(list);
    shub__s3_parts_fini(&parts);
}
END_TEST

/* ---- beginning anew, going on -------------------------------------------------- */

static void plan_three(shub__s3_parts *parts)
{
    int64_t offset, size;

    ck_status(shub__s3_parts_init(parts, 15 * MIB, 5 * MIB, NULL), SHUB_OK);
    while (shub__s3_parts_take(parts, &offset, &size))
        ;
}

START_TEST(a_restart_forgets_everything)
{
    shub__s3_parts parts;
    shub__s3_done *list;
    int64_t offset, size;

    plan_three(&parts);
    done(&parts, 1);
    done(&parts, 3);
    shub__s3_parts_restart(&parts);
    ck_assert_int_eq(parts.done, 0);
    ck_assert_int_eq(parts.bytes_done, 0);
    ck_status(
        shub__s3_parts_found(&parts, 1, 5 * MIB, SHUB_LIT("other"), shub_str(NULL), NULL),
        SHUB_OK);
    ck_status(shub__s3_parts_list(&parts, &list, NULL), SHUB_OK);
    ck_assert_int_eq(parts.done, 1);
    ck_slice_eq(list[0].etag, "other");
    ck_slice_eq(list[0].sum, "");
    shub__free(list);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 2);
    shub__s3_parts_fini(&parts);
}
END_TEST

static const struct {
    int64_t bytes;
    const char *etag, *sum;
    int done;
} finds[] = {
    {5 * MIB, "e2", NULL, 1},     {5 * MIB, "e2", "sum", 1},
    {5 * MIB, NULL, NULL, 1},     {5 * MIB, NULL, "sum", 1},
    {5 * MIB, "other", NULL, 0},  {5 * MIB, "e2", "other", 0},
    {5 * MIB - 1, "e2", NULL, 0}, {SHUB_NONE, "e2", NULL, 0},
};

START_TEST(what_the_server_has_is_compared_with_what_is_known)
{
    shub__s3_parts parts;
    shub__s3_done *list;

    plan_three(&parts);
    done(&parts, 2);
    shub__s3_parts_doubt(&parts);
    ck_assert_int_eq(parts.done, 0);
    ck_status(shub__s3_parts_found(&parts, 2, finds[_i].bytes, shub_str(finds[_i].etag),
                                   shub_str(finds[_i].sum), NULL),
              SHUB_OK);
    ck_assert_int_eq(parts.done, finds[_i].done);
    ck_status(shub__s3_parts_list(&parts, &list, NULL), SHUB_OK);
    if (finds[_i].done) {
        ck_assert_int_eq(list[0].part, 2);
        ck_slice_eq(list[0].etag, "e2");
        ck_slice_eq(list[0].sum, "sum");
    }
    shub__free(list);
    shub__s3_parts_fini(&parts);
}
END_TEST

START_TEST(what_was_not_found_is_sent_again)
{
    shub__s3_parts parts;
    int64_t offset, size;

    plan_three(&parts);
    done(&parts, 1);
    done(&parts, 2);
    shub__s3_parts_doubt(&parts);
    for (int part = 0; part <= 4; part += 2) /* 0 and 4 are not planned */
        ck_status(shub__s3_parts_found(&parts, part, 5 * MIB, SHUB_LIT("e2"),
                                       shub_str(NULL), NULL),
                  SHUB_OK);
    ck_assert_int_eq(parts.done, 1);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 1);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 3);
    ck_assert_int_eq(shub__s3_parts_take(&parts, &offset, &size), 0);
    shub__s3_parts_fini(&parts);
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

static shub_status upload(void *user)
{
    shub__s3_parts parts;
    shub__s3_done *list = NULL;
    int64_t offset, size;
    int part;
    shub_status status = shub__s3_parts_init(&parts, 80 * MIB, 5 * MIB, NULL);

    (void)user;
    if (!status)
        status = shub__s3_parts_append(&parts, 5, &part, NULL);
    while (!status && (part = shub__s3_parts_take(&parts, &offset, &size)) > 0)
        status = shub__s3_parts_done(&parts, part,
                                     SHUB_LIT("0123456789abcdef0123456789abcdef"),
                                     SHUB_LIT("sum"), NULL);
    if (!status)
        status = shub__s3_parts_list(&parts, &list, NULL);
    ck_assert_int_eq(status == SHUB_OK, list != NULL);
    shub__free(list);
    shub__s3_parts_fini(&parts);
    return status;
}

START_TEST(parts_may_find_no_memory)
{
    ck_assert_uint_gt(oom_loop(upload, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 parts");
    TCase *tcase = tcase_create("parts");

    tcase_add_loop_test(tcase, part_sizes_grow_only_where_they_must, 0,
                        sizeof sizes / sizeof *sizes);
    tcase_add_test(tcase, any_total_fits_and_none_is_cut);
    tcase_add_test(tcase, plans_have_at_most_ten_thousand_parts);
    tcase_add_test(tcase, parts_go_in_order_and_the_last_is_short);
    tcase_add_test(tcase, no_bytes_are_one_part);
    tcase_add_test(tcase, a_part_that_came_back_goes_first);
    tcase_add_test(tcase, a_stream_grows_to_ten_thousand_parts);
    tcase_add_loop_test(tcase, every_part_arrives_whatever_the_order, 0, 20);
    tcase_add_test(tcase, a_restart_forgets_everything);
    tcase_add_loop_test(tcase, what_the_server_has_is_compared_with_what_is_known, 0,
                        sizeof finds / sizeof *finds);
    tcase_add_test(tcase, what_was_not_found_is_sent_again);
    tcase_add_test(tcase, parts_may_find_no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
