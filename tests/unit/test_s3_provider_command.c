/* Keys that a command prints. */
#include "support/s3_provider.h"

#include <stdio.h>

static void set_command(const char *script)
{
    char text[512];
    const char *path = write_file("command", script);

    snprintf(text, sizeof text, "[default]\ncredential_process = /bin/sh \"%s\" 'a b'\n",
             path);
    write_file(".aws/config", text);
}

START_TEST(command_brings_keys)
{
    set_command("echo '{\"Version\":1,\"AccessKeyId\":\"CMD\",\"SecretAccessKey\":"
                "\"SECRET\",\"SessionToken\":\"'${1% b}'\",\"Expiration\":\"" EXPIRES
                "\"}'\n");
    open_provider();
    expect_key("CMD");
    ck_assert_str_eq(keys->session_token, "a");
    ck_assert_int_eq(keys->expires_us, START_US + 60 * MINUTE_US);
    ck_assert_uint_eq(requests, 0);
    ck_assert_uint_eq(refreshes, 1);
}
END_TEST

START_TEST(command_that_fails_is_told)
{
    set_command("echo SECRET; exit 7\n");
    open_provider();
    expect_failure(SHUB_E_REMOTE, "/bin/sh: exit status 7");
    now_us += MINUTE_US;
    set_command("echo '{\"Version\":2}'");
    expect_failure(SHUB_E_UNSUPPORTED, "Version");
}
END_TEST

START_TEST(command_that_runs_is_ended_with_the_provider)
{
    set_command("sleep 1000\n");
    open_provider();
    ck_status(get(), SHUB_E_AGAIN);
    ck_status(shub_loop_run_once(loop, 10, NULL), SHUB_OK);
    ck_status(get(), SHUB_E_AGAIN);
}
END_TEST

START_TEST(command_line_that_is_none_is_told)
{
    write_file(".aws/config", "[default]\ncredential_process = 'SECRET\n");
    open_provider();
    expect_failure(SHUB_E_INVALID, "quotation");
}
END_TEST

START_TEST(command_survives_failing_allocations)
{
    set_command("echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}'");
    ck_assert_uint_ge(oom_loop(once, NULL), 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider command");
    TCase *tcase = tcase_create("command");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, command_brings_keys);
    tcase_add_test(tcase, command_that_fails_is_told);
    tcase_add_test(tcase, command_that_runs_is_ended_with_the_provider);
    tcase_add_test(tcase, command_line_that_is_none_is_told);
    tcase_add_test(tcase, command_survives_failing_allocations);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
