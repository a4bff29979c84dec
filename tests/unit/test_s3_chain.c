/* Which source keys come from: the order. */
#include "support/s3_chain.h"

#include <string.h>

/* ---- the order ----------------------------------------------------------------- */

START_TEST(anonymous_comes_first)
{
    variables = everything;
    opts.anonymous = 1;
    opts.access_key = "OPT";
    expect(SHUB__S3_FROM_NOTHING);
}
END_TEST

START_TEST(keys_of_the_options_come_next)
{
    variables = everything;
    opts.access_key = "OPT";
    opts.secret_key = "s";
    opts.session_token = "t";
    opts.credentials = callback;
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_str_eq(chain.keys.access_key, "OPT");
    ck_assert_str_eq(chain.keys.secret_key, "s");
    ck_assert_str_eq(chain.keys.session_token, "t");
}
END_TEST

START_TEST(callback_comes_before_the_environment)
{
    variables = everything;
    opts.credentials = callback;
    expect(SHUB__S3_FROM_CALLBACK);
}
END_TEST

START_TEST(environment_comes_before_profiles)
{
    variables = everything;
    config("[default]\n" KEYS("PROFILE"));
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_str_eq(chain.keys.access_key, "ENV");
    ck_assert_str_eq(chain.keys.session_token, "TOKEN");
}
END_TEST

START_TEST(profile_of_the_options_switches_the_environment_off)
{
    variables = everything;
    opts.profile = "p";
    config("[profile p]\n" KEYS("PROFILE"));
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_str_eq(chain.keys.access_key, "PROFILE");
    ck_assert_ptr_null(chain.keys.session_token);
}
END_TEST

START_TEST(profile_of_the_options_without_keys_goes_on_to_the_container)
{
    variables = everything;
    opts.profile = "p";
    config("[profile p]\nregion = x\n");
    expect(SHUB__S3_FROM_CONTAINER); /* and not to the web identity */
}
END_TEST

START_TEST(profile_of_the_environment_comes_after_its_keys)
{
    static const char *const vars[] = {"AWS_PROFILE=p", "AWS_ACCESS_KEY_ID=ENV",
                                       "AWS_SECRET_ACCESS_KEY=s", NULL};

    config("[profile p]\n" KEYS("PROFILE"));
    variables = vars;
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_str_eq(chain.keys.access_key, "ENV");
    shub__s3_chain_fini(&chain);
    variables = (const char *const[]){"AWS_PROFILE=p", NULL};
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_str_eq(chain.keys.access_key, "PROFILE");
}
END_TEST

START_TEST(profile_comes_before_the_web_identity)
{
    variables = everything + 3;
    config("[default]\n" KEYS("PROFILE"));
    expect(SHUB__S3_FROM_KEYS);
}
END_TEST

START_TEST(web_identity_comes_before_the_container)
{
    variables = everything + 3;
    config("[default]\nregion = x\n");
    expect(SHUB__S3_FROM_WEB_IDENTITY);
    ck_assert_str_eq(chain.token_file, "/token");
    ck_assert_str_eq(chain.identity.arn, "arn:web");
    ck_assert_str_eq(chain.identity.session_name, "me");
}
END_TEST

START_TEST(relative_container_comes_before_the_full_one)
{
    variables = everything + 6;
    expect(SHUB__S3_FROM_CONTAINER);
    ck_assert_str_eq(chain.url, "http://169.254.170.2/v2/credentials/x");
    ck_assert_str_eq(chain.authorization, "Basic abc");
    shub__s3_chain_fini(&chain);
    variables =
        (const char *const[]){"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/full",
                              "AWS_CONTAINER_AUTHORIZATION_TOKEN=a",
                              "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/f", NULL};
    expect(SHUB__S3_FROM_CONTAINER);
    ck_assert_str_eq(chain.url, "http://127.0.0.1/full");
    ck_assert_ptr_null(chain.authorization);
    ck_assert_str_eq(chain.authorization_file, "/f");
}
END_TEST

START_TEST(instance_comes_last)
{
    expect(SHUB__S3_FROM_INSTANCE);
    ck_assert_str_eq(chain.url, "http://169.254.169.254");
}
END_TEST

static const struct {
    const char *variables[3];
    const char *config, *url;
} instances[] = {
    {{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6"}, "", "http://[fd00:ec2::254]"},
    {{"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://h:1/"}, "", "http://h:1"},
    {{"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://h:1",
      "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6"},
     "",
     "http://h:1"},
    {{NULL},
     "[default]\nec2_metadata_service_endpoint_mode = ipv6\n",
     "http://[fd00:ec2::254]"},
    {{NULL}, "[default]\nec2_metadata_service_endpoint = http://h:2\n", "http://h:2"},
    {{"AWS_EC2_METADATA_DISABLED=false"}, "", "http://169.254.169.254"},
};

START_TEST(instance_is_where_settings_say)
{
    variables = instances[_i].variables;
    config(instances[_i].config);
    expect(SHUB__S3_FROM_INSTANCE);
    ck_assert_str_eq(chain.url, instances[_i].url);
}
END_TEST

START_TEST(nothing_anywhere_is_not_found)
{
    variables = (const char *const[]){"AWS_EC2_METADATA_DISABLED=True", NULL};
    ck_status(decide(), SHUB_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "switched off"));
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

static shub_status decide_once(void *user)
{
    shub_status status = decide();

    (void)user;
    shub__s3_chain_fini(&chain);
    return status;
}

START_TEST(failing_allocations_are_survived)
{
    config("[default]\nregion = eu-west-1\nrole_arn = r1\nsource_profile = b\n"
           "external_id = e\nrole_session_name = n\n"
           "[profile b]\nrole_arn = r2\nsource_profile = c\n[profile c]\n" KEYS("A"));
    ck_assert_uint_ge(oom_loop(decide_once, NULL), 9);
    shub__profiles_fini(&profiles);
    variables = everything + 3;
    ck_assert_uint_ge(oom_loop(decide_once, NULL), 4);
    variables = everything + 6;
    ck_assert_uint_ge(oom_loop(decide_once, NULL), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 chain");
    TCase *tcase = tcase_create("chain");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, anonymous_comes_first);
    tcase_add_test(tcase, keys_of_the_options_come_next);
    tcase_add_test(tcase, callback_comes_before_the_environment);
    tcase_add_test(tcase, environment_comes_before_profiles);
    tcase_add_test(tcase, profile_of_the_options_switches_the_environment_off);
    tcase_add_test(tcase, profile_of_the_options_without_keys_goes_on_to_the_container);
    tcase_add_test(tcase, profile_of_the_environment_comes_after_its_keys);
    tcase_add_test(tcase, profile_comes_before_the_web_identity);
    tcase_add_test(tcase, web_identity_comes_before_the_container);
    tcase_add_test(tcase, relative_container_comes_before_the_full_one);
    tcase_add_test(tcase, instance_comes_last);
    LOOP(instance_is_where_settings_say, instances);
    tcase_add_test(tcase, nothing_anywhere_is_not_found);
    tcase_add_test(tcase, failing_allocations_are_survived);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
