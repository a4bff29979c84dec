/* The provider: what needs no network, when keys are fetched anew, and what is left when
 * that fails. */
#include "support/s3_provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- without a network --------------------------------------------------------- */

START_TEST(keys_of_options_stay)
{
    opts.access_key = "AK";
    opts.secret_key = "SECRET";
    open_provider();
    expect_key("AK");
    now_us += 1000000 * MINUTE_US;
    expect_key("AK");
    ck_assert_int_eq(shub__s3_provider_refused(provider, "AK"), 0);
    ck_assert_uint_eq(requests, 0);
}
END_TEST

START_TEST(anonymous_has_no_keys)
{
    opts.anonymous = 1;
    open_provider();
    ck_status(get(), SHUB_OK);
    ck_assert_ptr_null(keys);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "AK"), 0);
}
END_TEST

START_TEST(files_are_read)
{
    write_file(".aws/config", "[default]\nregion = eu-west-1\nendpoint_url = http://h\n");
    write_file(".aws/credentials", "[default]\naws_access_key_id = FILE\n"
                                   "aws_secret_access_key = SECRET\n");
    open_provider();
    expect_key("FILE");
    ck_assert_str_eq(shub__s3_provider_region(provider), "eu-west-1");
    ck_assert_str_eq(shub__s3_provider_endpoint(provider), "http://h");
}
END_TEST

START_TEST(files_are_where_variables_say)
{
    write_file("token",
               "[p]\naws_access_key_id = FILE\naws_secret_access_key = SECRET\n");
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/token", 1);
    setenv("AWS_CONFIG_FILE", "/nowhere/config", 1);
    opts.profile = "p";
    open_provider();
    expect_key("FILE");
}
END_TEST

START_TEST(malformed_file_is_told_with_its_line)
{
    write_file(".aws/config", "[default]\nregion\n");
    ck_status(try_open(), SHUB_E_FORMAT);
    ck_assert_ptr_null(provider);
    ck_assert_int_eq(err.index, 1);
    ck_assert_ptr_nonnull(strstr(err.message, "/.aws/config: line 2: "));
    opts.access_key = "AK"; /* then nobody needs the file */
    opts.secret_key = "SECRET";
    open_provider();
    expect_key("AK");
}
END_TEST

START_TEST(folder_in_the_place_of_a_file_is_told)
{
    (void)mkdir(path_of(".aws"), 0700);
    ck_assert_int_eq(mkdir(path_of(".aws/config"), 0700), 0);
    ck_status(try_open(), SHUB_E_IO);
    ck_assert_int_eq(rmdir(path_of(".aws/config")), 0);
}
END_TEST

/* ---- the callback, and when keys are fetched anew ------------------------------ */

static struct {
    int calls;
    shub_status status;
    int64_t expires_us;
    const char *access_key;
} bring;

static shub_status on_credentials(void *user, shub_s3_credentials *out, shub_error *e)
{
    ck_assert_ptr_eq(user, &bring);
    bring.calls++;
    if (bring.status != SHUB_OK) {
        if (e)
            snprintf(e->message, sizeof e->message, "the vault is closed");
        return bring.status;
    }
    out->access_key = shub_str(bring.access_key);
    out->secret_key = SHUB_LIT("SECRET");
    out->expires_us = bring.expires_us;
    return SHUB_OK;
}

static void open_callback(int64_t lives_us)
{
    bring.calls = 0;
    bring.status = SHUB_OK;
    bring.access_key = "K1";
    bring.expires_us = lives_us ? START_US + lives_us : 0;
    opts.credentials = on_credentials;
    opts.user = &bring;
    open_provider();
    ck_assert_int_eq(bring.calls, 0);
    expect_key("K1");
    ck_assert_int_eq(bring.calls, 1);
}

/* The key in use at a time after the start, and the calls so far. */
static void at(int64_t time_us, const char *access_key, int calls)
{
    now_us = START_US + time_us;
    expect_key(access_key);
    ck_assert_int_eq(bring.calls, calls);
}

START_TEST(keys_without_an_end_are_asked_for_once)
{
    open_callback(0);
    at(INT64_C(1000000) * MINUTE_US, "K1", 1);
    ck_assert_uint_eq(refreshes, 1);
}
END_TEST

START_TEST(keys_are_fetched_a_quarter_of_an_hour_before_they_expire)
{
    open_callback(60 * MINUTE_US);
    at(45 * MINUTE_US - 1, "K1", 1);
    bring.access_key = "K2";
    bring.expires_us += 60 * MINUTE_US;
    at(45 * MINUTE_US, "K2", 2);
    at(105 * MINUTE_US - 1, "K2", 2);
    ck_assert_uint_eq(refreshes, 2);
}
END_TEST

START_TEST(keys_are_kept_while_fetching_fails)
{
    open_callback(60 * MINUTE_US);
    bring.status = SHUB_E_IO;
    at(45 * MINUTE_US, "K1", 2);
    at(45 * MINUTE_US + 1, "K1", 2); /* it rests */
    at(45 * MINUTE_US + SHUB_SECOND_US, "K1", 3);
    at(55 * MINUTE_US, "K1", 4); /* the work would wait, but there is nothing to come */
    at(60 * MINUTE_US - 1, "K1", 5);
    now_us = START_US + 60 * MINUTE_US;
    ck_status(fetch(), SHUB_E_IO);
    ck_assert_str_eq(err.message, "the vault is closed");
    ck_assert_int_eq(err.code, SHUB_E_IO);
    ck_assert_int_gt(err.retry_after_us, 0);
    ck_assert_int_eq(bring.calls, 5);
    bring.status = SHUB_OK;
    bring.access_key = "K2";
    bring.expires_us += 60 * MINUTE_US;
    at(60 * MINUTE_US + SHUB__S3_REFRESH_REST_MAX_US, "K2", 6);
}
END_TEST

START_TEST(rests_grow_to_a_minute)
{
    int64_t rest_us = 0;

    open_callback(60 * MINUTE_US);
    bring.status = SHUB_E_IO;
    now_us = bring.expires_us;
    for (int i = 0; i < 12; i++) {
        int64_t most_us = SHUB__S3_REFRESH_REST_US << (i < 6 ? i : 6);

        if (most_us > SHUB__S3_REFRESH_REST_MAX_US)
            most_us = SHUB__S3_REFRESH_REST_MAX_US;
        ck_status(get(), SHUB_E_IO);
        ck_assert_int_eq(bring.calls, 2 + i);
        rest_us = err.retry_after_us;
        ck_assert_int_gt(rest_us, most_us / 2);
        ck_assert_int_le(rest_us, most_us);
        now_us += rest_us - 1;
        ck_status(get(), SHUB_E_IO);
        ck_assert_int_eq(bring.calls, 2 + i);
        ck_assert_int_eq(err.retry_after_us, 1);
        now_us++;
    }
}
END_TEST

START_TEST(clock_put_back_does_not_lengthen_a_rest)
{
    open_callback(60 * MINUTE_US);
    bring.status = SHUB_E_IO;
    now_us = bring.expires_us;
    ck_status(get(), SHUB_E_IO);
    now_us -= 5 * MINUTE_US;
    bring.status = SHUB_OK;
    bring.access_key = "K2";
    expect_key("K2");
}
END_TEST

START_TEST(short_lived_keys_are_not_fetched_again_and_again)
{
    open_callback(8 * MINUTE_US);
    at(4 * MINUTE_US - 1, "K1", 1);
    bring.expires_us += 4 * MINUTE_US;
    at(4 * MINUTE_US, "K1", 2);
    at(8 * MINUTE_US - 1, "K1", 2);
    at(8 * MINUTE_US, "K1", 3);
}
END_TEST

START_TEST(expired_keys_are_refused)
{
    open_callback(60 * MINUTE_US);
    now_us += 60 * MINUTE_US;
    expect_failure(SHUB_E_EXPIRED, "have expired");
}
END_TEST

START_TEST(malformed_keys_of_the_callback_are_refused)
{
    bring.status = SHUB_OK;
    bring.access_key = "A\nB";
    opts.credentials = on_credentials;
    opts.user = &bring;
    open_provider();
    expect_failure(SHUB_E_CONTENT, "credentials callback");
    now_us += MINUTE_US;
    bring.status = SHUB_E_AGAIN; /* nobody would come back */
    expect_failure(SHUB_E_INVALID, "SHUB_E_AGAIN");
}
END_TEST

START_TEST(refused_keys_are_fetched_anew)
{
    open_callback(60 * MINUTE_US);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K0"), 1); /* others by now */
    at(0, "K1", 1);
    bring.access_key = "K2";
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(0, "K2", 2);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(0, "K2", 2);
}
END_TEST

START_TEST(refused_keys_that_come_again_help_nobody)
{
    open_callback(60 * MINUTE_US);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(0, "K1", 2);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 0);
    at(1, "K1", 2);
    now_us = START_US + MINUTE_US;
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(MINUTE_US, "K1", 3);
}
END_TEST

START_TEST(same_keys_of_an_early_fetch_are_still_asked_for_when_refused)
{
    open_callback(60 * MINUTE_US);
    at(45 * MINUTE_US, "K1", 2); /* the source has no others yet */
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    bring.access_key = "K2";
    at(45 * MINUTE_US, "K2", 3);
}
END_TEST

START_TEST(refused_keys_are_not_used_when_fetching_fails)
{
    open_callback(60 * MINUTE_US);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    bring.status = SHUB_E_IO;
    expect_failure(SHUB_E_IO, "vault");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider");
    TCase *tcase = tcase_create("provider");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, keys_of_options_stay);
    tcase_add_test(tcase, anonymous_has_no_keys);
    tcase_add_test(tcase, files_are_read);
    tcase_add_test(tcase, files_are_where_variables_say);
    tcase_add_test(tcase, malformed_file_is_told_with_its_line);
    tcase_add_test(tcase, folder_in_the_place_of_a_file_is_told);
    tcase_add_test(tcase, keys_without_an_end_are_asked_for_once);
    tcase_add_test(tcase, keys_are_fetched_a_quarter_of_an_hour_before_they_expire);
    tcase_add_test(tcase, keys_are_kept_while_fetching_fails);
    tcase_add_test(tcase, rests_grow_to_a_minute);
    tcase_add_test(tcase, clock_put_back_does_not_lengthen_a_rest);
    tcase_add_test(tcase, short_lived_keys_are_not_fetched_again_and_again);
    tcase_add_test(tcase, expired_keys_are_refused);
    tcase_add_test(tcase, malformed_keys_of_the_callback_are_refused);
    tcase_add_test(tcase, refused_keys_are_fetched_anew);
    tcase_add_test(tcase, refused_keys_that_come_again_help_nobody);
    tcase_add_test(tcase, same_keys_of_an_early_fetch_are_still_asked_for_when_refused);
    tcase_add_test(tcase, refused_keys_are_not_used_when_fetching_fails);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
