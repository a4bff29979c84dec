/* The files of profiles: their dialect, what wins, what is refused and where. */
#include "base/buf.h"
#include "s3/profile.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static shub__profiles profiles;
static shub_error err;

static void set_up(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    memset(&profiles, 0, sizeof profiles);
}

static void tear_down(void)
{
    shub__profiles_fini(&profiles);
}

static shub_status add(shub__profile_file file, const char *text)
{
    return shub__profiles_read(&profiles, file, "file", shub_str(text), &err);
}

static void add_config(const char *text)
{
    shub_status status = add(SHUB__PROFILE_CONFIG, text);

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
}

static void expect(const char *profile, const char *key, const char *value)
{
    const char *got = shub__profiles_get(&profiles, profile, key);

    if (!value)
        ck_assert_msg(!got, "%s %s: \"%s\"", profile, key, got);
    else
        ck_assert_msg(got && !strcmp(got, value), "%s %s: \"%s\"", profile, key,
                      got ? got : "(none)");
}

/* ---- one value ----------------------------------------------------------------- */

/* Each is a config file with key k of profile p. */
static const struct {
    const char *text, *value;
} values[] = {
    {"[profile p]\nk = v\n", "v"},
    {"[profile p]\nk=v", "v"},
    {"[profile p]\n  k  =  v w  \t\n", "v w"},
    {"[ profile\tp ]\nk = v", "v"},
    {"[profile \"p\"]\nk = v", "v"},
    {"[profile 'p'] # comment\nk = v", "v"},
    {"[profile p];comment\nk = v", "v"},
    {"[profile p]\r\nk = v\r\n", "v"},
    {"\xef\xbb\xbf[profile p]\nk = v", "v"},
    {"# one\n; two\n\n[profile p]\n# three\nk = v\n", "v"},
    {"[profile p]\nk = v # comment", "v"},
    {"[profile p]\nk = v\t; comment", "v"},
    {"[profile p]\nk = v#w;x", "v#w;x"},
    {"[profile p]\nk = a=b==", "a=b=="},
    {"[profile p]\nK = v", "v"},
    {"[profile p]\nk = v\nk = w", "w"},
    {"[profile p]\nk = v\n[profile q]\nk = x\n[profile p]\nk = w", "w"},
    {"[profile p]\nk =\n", NULL},
    {"[profile p]\nk = # only a comment\n", NULL},
    {"[profile q]\nk = v", NULL},
    {"[p]\nk = v", NULL}, /* a section of config that is no profile */
    {"[sso-session p]\nk = v", NULL},
    {"[profilep]\nk = v", NULL},
    {"[profile p]\nj = 1\n[preview]\nk = v", NULL},
    {"[profile p]\nk = v\n[services s]\nk = w", "v"},
    {"[profile p]\ns3 =\n  k = v\n", NULL}, /* of s3, not of the profile */
    {"[profile p]\ns3 =\n  k = v\nk = w\n", "w"},
    {"[profile p]\ns3 =\n  a = b\n\n  # c\n  k = v\nk = w\n", "w"},
    {"[profile p]\n  s3 =\n    k = v\n  k = w\n", "w"},
    {"[services s]\ns3 =\n  k = v\n[profile p]\nk = w", "w"},
    {"[profile p]\nk = v\n  w\n\tx\n", "v\nw\nx"},
    {"[profile p]\n  j = v\n  k = w\n", "w"}, /* all of it is indented */
};

START_TEST(value_is_read)
{
    add_config(values[_i].text);
    expect("p", "k", values[_i].value);
}
END_TEST

/* ---- files --------------------------------------------------------------------- */

START_TEST(credentials_win_key_by_key)
{
    ck_status(add(SHUB__PROFILE_CREDENTIALS, "[p]\nk = 1\nempty =\n[q]\nk = 2\n"),
              SHUB_OK);
    add_config("[profile p]\nk = 3\nregion = 4\nempty = 5\n[profile r]\nk = 6\n");
    expect("p", "k", "1");
    expect("p", "region", "4");
    expect("p", "empty", "5");
    expect("q", "k", "2");
    expect("r", "k", "6");
    ck_assert_int_eq(shub__profiles_has(&profiles, "p"), 1);
    ck_assert_int_eq(shub__profiles_has(&profiles, "q"), 1);
    ck_assert_int_eq(shub__profiles_has(&profiles, "r"), 1);
    ck_assert_int_eq(shub__profiles_has(&profiles, "s"), 0);
}
END_TEST

START_TEST(profile_prefix_is_of_config_only)
{
    ck_status(add(SHUB__PROFILE_CREDENTIALS, "[profile p]\nk = 1\n[default]\nk = 2\n"),
              SHUB_OK);
    ck_assert_int_eq(shub__profiles_has(&profiles, "p"), 0);
    expect("default", "k", "2");
}
END_TEST

START_TEST(profile_without_a_key_is_there)
{
    add_config("[profile p]\n[default]\n");
    ck_assert_int_eq(shub__profiles_has(&profiles, "p"), 1);
    ck_assert_int_eq(shub__profiles_has(&profiles, "default"), 1);
}
END_TEST

START_TEST(prefixed_default_puts_the_plain_one_aside)
{
    add_config("[default]\nk = 1\nj = 2\n[profile default]\nk = 3\n[default]\nj = 4\n");
    expect("default", "k", "3");
    expect("default", "j", NULL);
}
END_TEST

START_TEST(plain_default_is_a_profile)
{
    add_config("[default]\nk = 1\n");
    expect("default", "k", "1");
}
END_TEST

/* ---- refusals ------------------------------------------------------------------ */

static const struct {
    const char *text;
    int64_t line, pos;
    const char *says;
} malformed[] = {
    {"k = SECRET\n", 0, 0, "before the first section"},
    {"[profile p]\nSECRET\n", 1, 12, "neither a section nor a key"},
    {"[profile p]\r\n\r\n = SECRET\n", 2, 15, "no key"},
    {"[profile SECRET\n", 0, 0, "']'"},
    {"# c\n[profile p] SECRET\n", 1, 4, "behind a section's ']'"},
    {"[ ]\n", 0, 0, "no name"},
    {"[]\n", 0, 0, "no name"},
    {"[x]\nSECRET", 1, 4, "neither a section nor a key"},
};

START_TEST(malformed_line_is_told_without_its_content)
{
    char line[32];

    ck_status(add(SHUB__PROFILE_CONFIG, malformed[_i].text), SHUB_E_FORMAT);
    ck_assert_int_eq(err.index, malformed[_i].line);
    ck_assert_int_eq(err.pos, malformed[_i].pos);
    ck_assert_ptr_nonnull(strstr(err.message, malformed[_i].says));
    ck_assert_ptr_null(strstr(err.message, "SECRET"));
    snprintf(line, sizeof line, "file: line %d: ", (int)malformed[_i].line + 1);
    ck_assert_msg(!strncmp(err.message, line, strlen(line)), "%s", err.message);
}
END_TEST

START_TEST(nul_is_refused)
{
    shub_slice text = SHUB_LIT("[default]\nk = a\0b\n");

    ck_status(shub__profiles_read(&profiles, SHUB__PROFILE_CONFIG, "file", text, &err),
              SHUB_E_FORMAT);
}
END_TEST

START_TEST(file_has_a_limit)
{
    char *text = calloc(SHUB__PROFILE_FILE_MAX + 1, 1);

    ck_assert_ptr_nonnull(text);
    memset(text, '\n', SHUB__PROFILE_FILE_MAX + 1);
    ck_status(shub__profiles_read(&profiles, SHUB__PROFILE_CONFIG, "file",
                                  shub_bytes(text, SHUB__PROFILE_FILE_MAX), &err),
              SHUB_OK);
    ck_status(shub__profiles_read(&profiles, SHUB__PROFILE_CONFIG, "file",
                                  shub_bytes(text, SHUB__PROFILE_FILE_MAX + 1), &err),
              SHUB_E_LIMIT);
    free(text);
}
END_TEST

/* ---- robustness ---------------------------------------------------------------- */

static const char whole[] = "\xef\xbb\xbf# c\r\n[default]\r\naws_access_key_id = AK ; c\n"
                            "[profile \"a b\"]\ns3 =\n  x = y\nrole = r\n  more\n"
                            "[profile default]\nk = v\n[services s]\nk = v\n";

START_TEST(truncation_at_every_byte_is_survived)
{
    for (size_t cut = 0; cut < sizeof whole; cut++) {
        char *exact = malloc(cut ? cut : 1);
        shub_status status;

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, whole, cut);
        status = shub__profiles_read(&profiles, SHUB__PROFILE_CONFIG, "file",
                                     shub_bytes(exact, cut), &err);
        ck_assert_msg(status == SHUB_OK || status == SHUB_E_FORMAT, "%zu: %s", cut,
                      shub_status_name(status));
        shub__profiles_fini(&profiles);
        free(exact);
    }
}
END_TEST

static shub_status read_once(void *user)
{
    shub_status status;

    (void)user;
    status = add(SHUB__PROFILE_CONFIG, whole);
    if (status == SHUB_OK)
        status = add(SHUB__PROFILE_CREDENTIALS, "[a b]\nk = v\nk = w\n[c]\nk = v\n");
    shub__profiles_fini(&profiles);
    return status;
}

START_TEST(failing_allocations_are_survived)
{
    ck_assert_uint_gt(oom_loop(read_once, NULL), 20);
}
END_TEST

START_TEST(many_profiles_are_kept)
{
    shub__buf text;
    char name[32];

    shub__buf_init(&text, SHUB__PROFILE_FILE_MAX);
    for (int i = 0; i < 300; i++)
        shub__buf_printf(&text, "[profile p%d]\nk = %d\n", i, i);
    add_config(text.ptr);
    for (int i = 0; i < 300; i++) {
        char value[16];

        snprintf(name, sizeof name, "p%d", i);
        snprintf(value, sizeof value, "%d", i);
        expect(name, "k", value);
    }
    shub__buf_fini(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 profile");
    TCase *tcase = tcase_create("profile");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, value_is_read, 0, (int)(sizeof values / sizeof *values));
    tcase_add_test(tcase, credentials_win_key_by_key);
    tcase_add_test(tcase, profile_prefix_is_of_config_only);
    tcase_add_test(tcase, profile_without_a_key_is_there);
    tcase_add_test(tcase, prefixed_default_puts_the_plain_one_aside);
    tcase_add_test(tcase, plain_default_is_a_profile);
    tcase_add_loop_test(tcase, malformed_line_is_told_without_its_content, 0,
                        (int)(sizeof malformed / sizeof *malformed));
    tcase_add_test(tcase, nul_is_refused);
    tcase_add_test(tcase, file_has_a_limit);
    tcase_add_test(tcase, truncation_at_every_byte_is_survived);
    tcase_add_test(tcase, failing_allocations_are_survived);
    tcase_add_test(tcase, many_profiles_are_kept);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
