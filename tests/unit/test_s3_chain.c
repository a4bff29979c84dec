/* Which source keys come from: the order, profiles and their roles, and what is refused
 * before anything is asked for. */
#include "s3/chain.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>

static shub__profiles profiles;
static shub__s3_chain chain;
static shub_s3_options opts;
static shub_error err;
static const char *const *variables; /* "NAME=value", ended by NULL */

static const char *env(const char *name, void *user)
{
    size_t len = strlen(name);

    (void)user;
    for (size_t i = 0; variables && variables[i]; i++)
        if (!strncmp(variables[i], name, len) && variables[i][len] == '=')
            return variables[i] + len + 1;
    return NULL;
}

static void set_up(void)
{
    static const shub_error init = SHUB_ERROR_INIT;
    static const shub_s3_options init_opts = SHUB_S3_OPTIONS_INIT;

    err = init;
    opts = init_opts;
    variables = NULL;
    memset(&profiles, 0, sizeof profiles);
    memset(&chain, 0, sizeof chain);
}

static void tear_down(void)
{
    shub__s3_chain_fini(&chain);
    shub__profiles_fini(&profiles);
}

static void config(const char *text)
{
    ck_status(shub__profiles_read(&profiles, SHUB__PROFILE_CONFIG, "config",
                                  shub_str(text), &err),
              SHUB_OK);
}

static shub_status decide(void)
{
    return shub__s3_chain_init(&chain, &opts, &profiles, env, NULL, &err);
}

static void expect(shub__s3_source source)
{
    shub_status status = decide();

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
    ck_assert_str_eq(shub__s3_source_name(chain.source), shub__s3_source_name(source));
}

#define KEYS(name) "aws_access_key_id = " name "\naws_secret_access_key = SECRET\n"

static shub_status callback(void *user, shub_s3_credentials *out, shub_error *e)
{
    (void)user, (void)out, (void)e;
    return SHUB_OK;
}

/* ---- the order ----------------------------------------------------------------- */

static const char *const everything[] = {
    "AWS_ACCESS_KEY_ID=ENV",
    "AWS_SECRET_ACCESS_KEY=SECRET",
    "AWS_SESSION_TOKEN=TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE=/token",
    "AWS_ROLE_ARN=arn:web",
    "AWS_ROLE_SESSION_NAME=me",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/x",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/full",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN=Basic abc",
    NULL,
};

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

/* ---- profiles ------------------------------------------------------------------ */

static const struct {
    const char *config;
    shub__s3_source source;
    const char *what;     /* access key, token file, or command */
    const char *roles[4]; /* in the order they are assumed */
} good[] = {
    {"[default]\n" KEYS("A"), SHUB__S3_FROM_KEYS, "A", {0}},
    {"[default]\n" KEYS("A") "credential_process = x\n", SHUB__S3_FROM_KEYS, "A", {0}},
    {"[default]\ncredential_process = /x --y 'z'\n",
     SHUB__S3_FROM_PROCESS,
     "/x --y 'z'",
     {0}},
    {"[default]\nweb_identity_token_file = /t\nrole_arn = w\n" KEYS("A"),
     SHUB__S3_FROM_WEB_IDENTITY,
     "/t",
     {0}},
    {"[default]\nrole_arn = r\nsource_profile = s\n[profile s]\n" KEYS("A"),
     SHUB__S3_FROM_KEYS,
     "A",
     {"r"}},
    /* A profile that names itself as source has its keys beside its role. */
    {"[default]\nrole_arn = r\nsource_profile = default\n" KEYS("A"),
     SHUB__S3_FROM_KEYS,
     "A",
     {"r"}},
    {"[default]\nrole_arn = r1\nsource_profile = b\n"
     "[profile b]\nrole_arn = r2\nsource_profile = c\n"
     "[profile c]\nrole_arn = r3\nsource_profile = d\n[profile d]\n" KEYS("A"),
     SHUB__S3_FROM_KEYS,
     "A",
     {"r3", "r2", "r1"}},
    /* Keys of a source come before its role. */
    {"[default]\nrole_arn = r1\nsource_profile = b\n"
     "[profile b]\nrole_arn = r2\nsource_profile = nowhere\n" KEYS("A"),
     SHUB__S3_FROM_KEYS,
     "A",
     {"r1"}},
    {"[default]\nrole_arn = r\nsource_profile = s\n[profile s]\n"
     "credential_process = cmd\n",
     SHUB__S3_FROM_PROCESS,
     "cmd",
     {"r"}},
    {"[default]\nrole_arn = r\nsource_profile = s\n[profile s]\n"
     "web_identity_token_file = /t\nrole_arn = w\n",
     SHUB__S3_FROM_WEB_IDENTITY,
     "/t",
     {"r"}},
};

START_TEST(profile_says_how)
{
    size_t i;

    config(good[_i].config);
    expect(good[_i].source);
    ck_slice_eq(shub_str(chain.keys.access_key ? chain.keys.access_key
                         : chain.token_file    ? chain.token_file
                                               : chain.command),
                good[_i].what);
    for (i = 0; i < 4 && good[_i].roles[i]; i++) {
        ck_assert_uint_lt(i, chain.role_count);
        ck_assert_str_eq(chain.roles[chain.role_count - 1 - i].arn, good[_i].roles[i]);
    }
    ck_assert_uint_eq(chain.role_count, i);
}
END_TEST

START_TEST(role_has_its_settings)
{
    config("[default]\nrole_arn = r\nsource_profile = s\nrole_session_name = n\n"
           "external_id = e\nduration_seconds = 43200\n[profile s]\n" KEYS("A"));
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_str_eq(chain.roles[0].session_name, "n");
    ck_assert_str_eq(chain.roles[0].external_id, "e");
    ck_assert_int_eq(chain.roles[0].duration_s, 43200);
}
END_TEST

static const struct {
    const char *source;
    shub__s3_source is;
} sources[] = {
    {"Environment", SHUB__S3_FROM_KEYS},
    {"EcsContainer", SHUB__S3_FROM_CONTAINER},
    {"Ec2InstanceMetadata", SHUB__S3_FROM_INSTANCE},
};

START_TEST(role_takes_a_credential_source)
{
    char text[128];

    snprintf(text, sizeof text, "[profile p]\nrole_arn = r\ncredential_source = %s\n",
             sources[_i].source);
    config(text);
    opts.profile = "p";
    variables = everything;
    expect(sources[_i].is);
    ck_assert_uint_eq(chain.role_count, 1);
    shub__s3_chain_fini(&chain);
    variables = (const char *const[]){"AWS_EC2_METADATA_DISABLED=true", NULL};
    ck_status(decide(), SHUB_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "credential_source"));
}
END_TEST

static const struct {
    const char *config;
    shub_status status;
    const char *says;
} bad[] = {
    {"[default]\naws_access_key_id = A\n", SHUB_E_INVALID, "no secret key"},
    {"[default]\naws_secret_access_key = SECRET\n", SHUB_E_INVALID, "no access key"},
    {"[default]\nrole_arn = r\n", SHUB_E_INVALID, "source_profile and credential_source"},
    {"[default]\nrole_arn = r\nsource_profile = default\ncredential_source = x\n",
     SHUB_E_INVALID, "source_profile and credential_source"},
    {"[default]\nrole_arn = r\nsource_profile = default\n", SHUB_E_INVALID, "itself"},
    {"[default]\nrole_arn = r\nsource_profile = b\n"
     "[profile b]\nrole_arn = r\nsource_profile = default\n",
     SHUB_E_INVALID, "itself"},
    {"[default]\nrole_arn = r\nsource_profile = b\n"
     "[profile b]\nrole_arn = r\nsource_profile = c\n"
     "[profile c]\nrole_arn = r\nsource_profile = b\n",
     SHUB_E_INVALID, "itself"},
    {"[default]\nrole_arn = r\nsource_profile = b\n", SHUB_E_NOT_FOUND, "in no file"},
    {"[default]\nrole_arn = r\nsource_profile = b\n[profile b]\nregion = x\n",
     SHUB_E_NOT_FOUND, "has none"},
    {"[default]\nrole_arn = r\ncredential_source = Moon\n", SHUB_E_INVALID, "unknown"},
    {"[default]\nrole_arn = r\nsource_profile = b\nmfa_serial = m\n[profile b]\n" KEYS(
         "A"),
     SHUB_E_UNSUPPORTED, "mfa_serial"},
    {"[default]\nrole_arn = r\nsource_profile = b\nduration_seconds = 10\n"
     "[profile b]\n" KEYS("A"),
     SHUB_E_INVALID, "duration_seconds"},
    {"[default]\nrole_arn = r\nsource_profile = b\nduration_seconds = 1h\n"
     "[profile b]\n" KEYS("A"),
     SHUB_E_INVALID, "duration_seconds"},
    {"[default]\nweb_identity_token_file = /t\n", SHUB_E_INVALID, "without role_arn"},
    {"[default]\nsso_session = s\nregion = x\n", SHUB_E_UNSUPPORTED, "sso"},
    {"[default]\nlogin_session = s\n", SHUB_E_UNSUPPORTED, "login"},
    {"[default]\nrole_arn = r\nregion = x/y\nsource_profile = b\n[profile b]\n" KEYS("A"),
     SHUB_E_INVALID, "region"},
};

START_TEST(profile_is_refused_at_once)
{
    config(bad[_i].config);
    ck_status(decide(), bad[_i].status);
    ck_assert_msg(strstr(err.message, bad[_i].says) != NULL, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "SECRET"));
    ck_assert_ptr_null(chain.keys.access_key);
    ck_assert_ptr_null(chain.sts_region);
}
END_TEST

static void config_of_roles(int roles)
{
    shub__buf text;

    shub__buf_init(&text, 4096);
    for (int i = 0; i < roles; i++)
        shub__buf_printf(&text, "[profile p%d]\nrole_arn = r%d\nsource_profile = p%d\n",
                         i, i, i + 1);
    shub__buf_printf(&text, "[profile p%d]\n" KEYS("A"), roles);
    config(text.ptr);
    shub__buf_fini(&text);
    opts.profile = "p0";
}

START_TEST(roles_have_a_limit)
{
    config_of_roles(SHUB__S3_ROLES_MAX);
    expect(SHUB__S3_FROM_KEYS);
    ck_assert_uint_eq(chain.role_count, SHUB__S3_ROLES_MAX);
    shub__s3_chain_fini(&chain);
    shub__profiles_fini(&profiles);
    config_of_roles(SHUB__S3_ROLES_MAX + 1);
    ck_status(decide(), SHUB_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "more than 8 roles"));
}
END_TEST

START_TEST(missing_profile_is_told_when_it_was_named)
{
    opts.profile = "p";
    ck_status(decide(), SHUB_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "\"p\""));
    opts.profile = NULL;
    variables = (const char *const[]){"AWS_PROFILE=q", NULL};
    ck_status(decide(), SHUB_E_NOT_FOUND);
    ck_assert_ptr_nonnull(strstr(err.message, "\"q\""));
    opts.credentials = callback; /* nobody needs it */
    expect(SHUB__S3_FROM_CALLBACK);
}
END_TEST

START_TEST(files_matter_only_when_a_profile_does)
{
    ck_assert_int_eq(shub__s3_needs_no_profile(&opts), 0);
    opts.access_key = "a";
    ck_assert_int_eq(shub__s3_needs_no_profile(&opts), 1);
    opts.profile = "p";
    ck_assert_int_eq(shub__s3_needs_no_profile(&opts), 0);
}
END_TEST

/* ---- options, environment, URLs ------------------------------------------------ */

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

#define LOOP(test, rows)                                                                 \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof rows / sizeof *rows))

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
    LOOP(profile_says_how, good);
    tcase_add_test(tcase, role_has_its_settings);
    LOOP(role_takes_a_credential_source, sources);
    LOOP(profile_is_refused_at_once, bad);
    tcase_add_test(tcase, roles_have_a_limit);
    tcase_add_test(tcase, missing_profile_is_told_when_it_was_named);
    tcase_add_test(tcase, files_matter_only_when_a_profile_does);
    tcase_add_test(tcase, half_of_a_pair_is_refused);
    tcase_add_test(tcase, places_are_found);
    tcase_add_test(tcase, no_place_anywhere_is_the_first_region);
    LOOP(keys_are_fetched_from_near_hosts_only, urls);
    tcase_add_test(tcase, far_containers_are_refused);
    tcase_add_test(tcase, failing_allocations_are_survived);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
