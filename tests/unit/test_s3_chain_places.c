/* Where the store is and where keys may come from: halves of pairs, regions, endpoints,
 * URLs. */
#include "support/s3_chain.h"

START_TEST(half_of_a_pair_is_refused)
{
    opts.access_key = "a";
    ck_status(decide(), SHUB_E_INVALID);
    opts.access_key = NULL;
    opts.secret_key = "s";
    ck_status(decide(), SHUB_E_INVALID);
    opts.secret_key = NULL;
    opts.session_token = "t";
    ck_status(decide(), SHUB_E_INVALID);
    opts.session_token = NULL;
    variables = (const char *const[]){"AWS_ACCESS_KEY_ID=a", NULL};
    ck_status(decide(), SHUB_E_INVALID);
    variables = (const char *const[]){"AWS_WEB_IDENTITY_TOKEN_FILE=/t", NULL};
    ck_status(decide(), SHUB_E_INVALID);
}
END_TEST

START_TEST(places_are_found)
{
    config("[default]\nregion = profile-1\nendpoint_url = http://profile\n");
    opts.anonymous = 1;
    expect(SHUB__S3_FROM_NOTHING);
    ck_assert_str_eq(chain.region, "profile-1");
    ck_assert_str_eq(chain.endpoint, "http://profile");
    ck_assert_str_eq(chain.sts_endpoint, "http://profile");
    ck_assert_str_eq(chain.sts_region, "profile-1");
    shub__s3_chain_fini(&chain);
    variables = (const char *const[]){"AWS_DEFAULT_REGION=env-1",
                                      "AWS_ENDPOINT_URL=http://all", NULL};
    opts.region = "opt-1";
    expect(SHUB__S3_FROM_NOTHING);
    ck_assert_str_eq(chain.region, "env-1");
    ck_assert_str_eq(chain.endpoint, "http://all");
    ck_assert_str_eq(chain.sts_region, "opt-1");
    shub__s3_chain_fini(&chain);
    variables = (const char *const[]){
        "AWS_DEFAULT_REGION=env-1",        "AWS_REGION=env-2",
        "AWS_ENDPOINT_URL=http://all",     "AWS_ENDPOINT_URL_S3=http://s3",
        "AWS_ENDPOINT_URL_STS=http://sts", NULL};
    expect(SHUB__S3_FROM_NOTHING);
    ck_assert_str_eq(chain.region, "env-2");
    ck_assert_str_eq(chain.endpoint, "http://s3");
    ck_assert_str_eq(chain.sts_endpoint, "http://sts");
    shub__s3_chain_fini(&chain);
    variables = (const char *const[]){"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true",
                                      "AWS_ENDPOINT_URL_S3=http://s3", NULL};
    expect(SHUB__S3_FROM_NOTHING);
    ck_assert_ptr_null(chain.endpoint);
    ck_assert_ptr_null(chain.sts_endpoint);
}
END_TEST

START_TEST(no_place_anywhere_is_the_first_region)
{
    opts.anonymous = 1;
    expect(SHUB__S3_FROM_NOTHING);
    ck_assert_ptr_null(chain.region);
    ck_assert_ptr_null(chain.endpoint);
    ck_assert_str_eq(chain.sts_region, "us-east-1");
}
END_TEST

static const struct {
    const char *url;
    int allowed;
} urls[] = {
    {"https://anything.example/x", 1},
    {"http://127.0.0.1/x", 1},
    {"http://127.0.0.1:8080", 1},
    {"http://127.255.3.4/x", 1},
    {"http://localhost:1/x", 1},
    {"http://[::1]/x", 1},
    {"http://[::1]:80/x", 1},
    {"http://[0:0:0:0:0:0:0:1]/x", 1},
    {"http://169.254.170.2/x", 1},
    {"http://169.254.170.23/x", 1},
    {"http://[fd00:ec2::23]/x", 1},
    {"http://169.254.169.254/x", 0},
    {"http://169.254.170.3/x", 0},
    {"http://[fd00:ec2::254]/x", 0},
    {"http://10.0.0.1/x", 0},
    {"http://127.0.0.1.example/x", 0},
    {"http://127.0.0.1@evil.example/x", 0},
    {"http://evil.example#@127.0.0.1/", 0},
    {"http://evil.example\\@127.0.0.1/", 0},
    {"http://127.1/x", 0},
    {"http://0177.0.0.1/x", 0},
    {"http://2130706433/x", 0},
    {"http://localhost.evil.example/x", 0},
    {"http://127.0.0.1:80@evil.example/", 0},
    {"http://[::1]evil.example/", 0},
    {"http://[::1/x", 0},
    {"http:///x", 0},
    {"http://", 0},
    {"ftp://127.0.0.1/", 0},
    {"127.0.0.1", 0},
    {"", 0},
};

START_TEST(keys_are_fetched_from_near_hosts_only)
{
    ck_assert_int_eq(shub__s3_container_url_allowed(shub_str(urls[_i].url)),
                     urls[_i].allowed);
}
END_TEST

START_TEST(far_containers_are_refused)
{
    variables = (const char *const[]){
        "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.example/x", NULL};
    ck_status(decide(), SHUB_E_INVALID);
    variables = (const char *const[]){
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=@evil.example/x", NULL};
    ck_status(decide(), SHUB_E_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 chain places");
    TCase *tcase = tcase_create("places");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, half_of_a_pair_is_refused);
    tcase_add_test(tcase, places_are_found);
    tcase_add_test(tcase, no_place_anywhere_is_the_first_region);
    LOOP(keys_are_fetched_from_near_hosts_only, urls);
    tcase_add_test(tcase, far_containers_are_refused);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
