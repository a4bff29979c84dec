/* What a profile says of keys: its own, those of a role, of a command; and what is
 * refused before anything is asked for. */
#include "support/s3_chain.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
    Suite *suite = suite_create("s3 chain profile");
    TCase *tcase = tcase_create("profile");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    LOOP(profile_says_how, good);
    tcase_add_test(tcase, role_has_its_settings);
    LOOP(role_takes_a_credential_source, sources);
    LOOP(profile_is_refused_at_once, bad);
    tcase_add_test(tcase, roles_have_a_limit);
    tcase_add_test(tcase, missing_profile_is_told_when_it_was_named);
    tcase_add_test(tcase, files_matter_only_when_a_profile_does);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
