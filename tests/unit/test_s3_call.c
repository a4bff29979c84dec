/* What one call learns from its answers, what all calls of a client share, and what is
 * told of each key. */
#include "simulators/s3.h"
#include "support/s3_store.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KEY  SHUB_LIT("k")
#define MANY 4

static store s;
static shub_error err;

static void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    unsetenv("http_proxy");
}

static void teardown(void)
{
    store_close(&s);
}

static shub_status put(void)
{
    return shub_s3_put(s.s3, BUCKET, KEY, SHUB_LIT("hello"), NULL, NULL, &err);
}

/* Puts by streams, which are at the server at the same time. */
static void put_many(void)
{
    shub_s3_upload *up[MANY];
    shub_status status[MANY];
    char key[8];
    int left = MANY;

    for (int i = 0; i < MANY; i++) {
        char file[] = "/tmp/shub-call-XXXXXX";
        int fd = mkstemp(file);

        ck_assert_int_eq(write(fd, "hello", 5), 5);
        close(fd);
        snprintf(key, sizeof key, "k%d", i);
        ck_ok(shub_s3_upload_file(s.s3, BUCKET, shub_str(key), file, NULL, &up[i], &err));
        unlink(file);
        status[i] = SHUB_E_AGAIN;
    }
    while (left)
        for (int i = 0; i < MANY; i++) {
            if (status[i] != SHUB_E_AGAIN)
                continue;
            status[i] = shub_s3_upload_poll(up[i], 10, NULL, NULL, &err);
            left -= status[i] != SHUB_E_AGAIN;
        }
    for (int i = 0; i < MANY; i++) {
        shub_s3_upload_close(up[i]);
        ck_status(status[i], SHUB_OK);
    }
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), MANY);
}

/* ---- learning -------------------------------------------------------------------- */

static shub_status bring_keys(void *user, shub_s3_credentials *out, shub_error *e)
{
    int *asked = user;

    (void)e;
    (*asked)++;
    out->access_key = SHUB_LIT(S3_SIM_ACCESS);
    out->secret_key = SHUB_LIT(S3_SIM_SECRET);
    return SHUB_OK;
}

/* A long outage, in which the keys run out. */
START_TEST(keys_that_expire_while_it_waits_are_fetched_anew)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    int asked = 0;

    store_open(&s, NULL);
    opts.endpoint = s.endpoint;
    opts.credentials = bring_keys;
    opts.user = &asked;
    opts.seed = 1;
    shub_s3_close(s.s3);
    ck_ok(shub_s3_open(&opts, &s.s3, &err));
    script(&s, "fault put status=500 5");
    script(&s, "fault put error=ExpiredToken 1");
    ck_ok(put());
    ck_assert_int_eq(asked, 2);
}
END_TEST

/* The first answer teaches; those of requests that were on their way are of before. */
START_TEST(a_clock_is_learnt_for_all_that_are_under_way)
{
    char line[64];

    store_open(&s, NULL);
    snprintf(line, sizeof line, "clock %lld", (long long)time(NULL) + 7200);
    script(&s, line);
    put_many();
}
END_TEST

START_TEST(a_region_is_learnt_for_all_that_are_under_way)
{
    store_open(&s, NULL);
    script(&s, "bucket bucket eu-west-1");
    put_many();
}
END_TEST

/* ---- slowing down ---------------------------------------------------------------- */

START_TEST(a_slow_down_counts_without_retries_too)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    shub_s3_stats stats = SHUB_S3_STATS_INIT;

    opts.retries = SHUB_NONE;
    store_open(&s, &opts);
    script(&s, "fault put error=SlowDown 1");
    ck_status(put(), SHUB_E_OVERLOADED);
    shub_s3_get_stats(s.s3, &stats);
    ck_assert_uint_eq(stats.throttled, 1);
    ck_assert_uint_eq(stats.retries, 0);
}
END_TEST

/* ---- what comes ------------------------------------------------------------------ */

static shub_status pass_over(shub_slice bytes, void *user, shub_error *e)
{
    (void)bytes;
    (void)user;
    (void)e;
    return SHUB_OK;
}

/* No byte comes, and yet it is not what was put. */
START_TEST(an_object_that_became_empty_is_found)
{
    static const unsigned char other[32] = {1};
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;

    store_open(&s, NULL);
    opts.sha256 = other;
    ck_ok(shub_s3_put(s.s3, BUCKET, KEY, SHUB_LIT(""), &opts, NULL, &err));
    ck_status(shub_s3_get(s.s3, BUCKET, KEY, NULL, pass_over, NULL, NULL, &err),
              SHUB_E_CHECKSUM);
}
END_TEST

START_TEST(a_file_that_cannot_be_made_leaves_no_object)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;

    store_open(&s, NULL);
    ck_ok(put());
    object.bytes = 77;
    ck_status(
        shub_s3_get_file(s.s3, BUCKET, KEY, "/nonexistent/file", NULL, &object, &err),
        SHUB_E_NOT_FOUND);
    ck_assert_int_eq(object.bytes, 0);
    object.bytes = 77;
    /* A folder cannot be replaced by a file. */
    ck_assert_int_ne(shub_s3_get_file(s.s3, BUCKET, KEY, "/tmp", NULL, &object, &err),
                     SHUB_OK);
    ck_assert_int_eq(object.bytes, 0);
}
END_TEST

/* ---- deleting many --------------------------------------------------------------- */

START_TEST(each_key_has_a_status)
{
    const shub_slice keys[] = {SHUB_LIT("k"), SHUB_LIT("absent")};
    shub_status statuses[] = {SHUB_E_INVALID, SHUB_E_INVALID};

    store_open(&s, NULL);
    ck_ok(put());
    ck_ok(shub_s3_delete_many(s.s3, BUCKET, keys, 2, statuses, &err));
    ck_status(statuses[0], SHUB_OK);
    ck_status(statuses[1], SHUB_OK);
}
END_TEST

START_TEST(a_key_that_is_none_is_told_by_its_index)
{
    const shub_slice keys[] = {SHUB_LIT("a"), SHUB_LIT("b"), SHUB_LIT("")};
    shub_status statuses[3];

    store_open(&s, NULL);
    ck_status(shub_s3_delete_many(s.s3, BUCKET, keys, 3, statuses, &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 call");
    TCase *tc = tcase_create("call");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, keys_that_expire_while_it_waits_are_fetched_anew);
    tcase_add_test(tc, a_clock_is_learnt_for_all_that_are_under_way);
    tcase_add_test(tc, a_region_is_learnt_for_all_that_are_under_way);
    tcase_add_test(tc, a_slow_down_counts_without_retries_too);
    tcase_add_test(tc, an_object_that_became_empty_is_found);
    tcase_add_test(tc, a_file_that_cannot_be_made_leaves_no_object);
    tcase_add_test(tc, each_key_has_a_status);
    tcase_add_test(tc, a_key_that_is_none_is_told_by_its_index);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
