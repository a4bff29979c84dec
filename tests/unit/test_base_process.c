/* Command lines, and commands that are run for what they print. */
#include "base/mem.h"
#include "base/process.h"
#include "support/suite.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_MS 1000 /* of a clock that the tests move */

/* ---- words --------------------------------------------------------------------- */

/* What Python's shlex.split says of the same lines. */
static const struct {
    const char *line;
    const char *words[5];
} lines[] = {
    {"a", {"a"}},
    {"  a \t b\nc  ", {"a", "b", "c"}},
    {"'a b' c", {"a b", "c"}},
    {"\"a b\" c", {"a b", "c"}},
    {"a'b'\"c\"d", {"abcd"}},
    {"a \"\" ''", {"a", "", ""}},
    {"a\\ b \\\"c", {"a b", "\"c"}},
    {"\"a\\\"b\\\\c\\d\"", {"a\"b\\c\\d"}},
    {"'a\\b'", {"a\\b"}},
    {"a#b # c", {"a#b", "#", "c"}},
    {"a $HOME *|;", {"a", "$HOME", "*|;"}},
    {"/opt/x --p \"C:\\Users\"", {"/opt/x", "--p", "C:\\Users"}},
};

START_TEST(line_is_split_as_the_aws_cli_does)
{
    shub__words words;
    size_t i;

    ck_status(shub__words_split(&words, shub_str(lines[_i].line), NULL), SHUB_OK);
    for (i = 0; i < 5 && lines[_i].words[i]; i++) {
        ck_assert_uint_lt(i, words.count);
        ck_assert_str_eq(words.at[i], lines[_i].words[i]);
    }
    ck_assert_uint_eq(words.count, i);
    ck_assert_ptr_null(words.at[i]);
    shub__words_fini(&words);
}
END_TEST

static const char *const bad_lines[] = {"",          "   ", "'a", "\"a", "a\\", "\"a\\",
                                        "a \"b\\\"", "''",  "\"", "'",   "'\"", "x '"};

START_TEST(line_without_a_command_is_refused_and_not_shown)
{
    shub_error err = SHUB_ERROR_INIT;
    shub__words words;

    ck_status(shub__words_split(&words, shub_str(bad_lines[_i]), &err), SHUB_E_INVALID);
    ck_assert_ptr_null(words.at);
    ck_assert_ptr_nonnull(strstr(err.message, "command line"));
}
END_TEST

START_TEST(line_has_limits)
{
    static char line[SHUB__COMMAND_MAX + 2];
    shub__words words;

    ck_status(shub__words_split(&words, shub_bytes("a\0b", 3), NULL), SHUB_E_INVALID);
    memset(line, 'x', sizeof line);
    ck_status(shub__words_split(&words, shub_bytes(line, SHUB__COMMAND_MAX + 1), NULL),
              SHUB_E_LIMIT);
    ck_status(shub__words_split(&words, shub_bytes(line, SHUB__COMMAND_MAX), NULL),
              SHUB_OK);
    shub__words_fini(&words);
    for (size_t i = 1; i < sizeof line; i += 2)
        line[i] = ' ';
    ck_status(shub__words_split(&words, shub_bytes(line, 2 * SHUB__WORDS_MAX), NULL),
              SHUB_OK);
    ck_assert_uint_eq(words.count, SHUB__WORDS_MAX);
    shub__words_fini(&words);
    ck_status(shub__words_split(&words, shub_bytes(line, 2 * SHUB__WORDS_MAX + 1), NULL),
              SHUB_E_LIMIT);
}
END_TEST

static shub_status split_once(void *user)
{
    shub__words words;
    shub_status status = shub__words_split(&words, SHUB_LIT("a 'b c'"), NULL);

    (void)user;
    shub__words_fini(&words);
    return status;
}

START_TEST(line_survives_failing_allocations)
{
    ck_assert_uint_eq(oom_loop(split_once, NULL), 2);
}
END_TEST

/* ---- processes ----------------------------------------------------------------- */

static shub__buf output;
static shub_error err;

static void set_up(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    shub__buf_init_secret(&output, 1000);
}

static void tear_down(void)
{
    shub__buf_fini(&output);
    /* No child is left, neither running nor as a zombie. */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

static shub__process *start(const char *script)
{
    char *at[] = {"sh", "-c", (char *)script, NULL};
    shub__words words = {at, 3, NULL, 0};
    shub__process *process;

    ck_status(shub__process_start(&words, &output, DEADLINE_MS, &process, &err), SHUB_OK);
    return process;
}

/* Asks until the process has ended; its clock stands still. */
static shub_status await(shub__process *process)
{
    shub_status status;

    while ((status = shub__process_poll(process, 0, &err)) == SHUB_E_AGAIN)
        (void)poll(NULL, 0, 1);
    return status;
}

static shub_status run(const char *script)
{
    shub__process *process = start(script);
    shub_status status = await(process);

    shub__process_end(process);
    return status;
}

START_TEST(output_of_a_command)
{
    ck_status(run("echo one; sleep 0.01; printf two"), SHUB_OK);
    ck_slice_eq(shub__buf_view(&output), "one\ntwo");
}
END_TEST

START_TEST(exit_status_and_signal_are_told)
{
    ck_status(run("echo secret; exit 3"), SHUB_E_REMOTE);
    ck_assert_str_eq(err.message, "sh: exit status 3");
    ck_status(run("kill -TERM $$"), SHUB_E_REMOTE);
    ck_assert_str_eq(err.message, "sh: ended by signal 15");
}
END_TEST

START_TEST(program_that_is_not_there)
{
    char *at[] = {"/nowhere/at-all", NULL};
    shub__words words = {at, 1, NULL, 0};
    shub__process *process;

    ck_status(shub__process_start(&words, &output, DEADLINE_MS, &process, &err),
              SHUB_E_NOT_FOUND);
    ck_assert_ptr_null(process);
    ck_assert_ptr_nonnull(strstr(err.message, "/nowhere/at-all"));
    at[0] = "/dev/null";
    ck_status(shub__process_start(&words, &output, DEADLINE_MS, &process, &err),
              SHUB_E_IO);
}
END_TEST

START_TEST(stdin_is_empty)
{
    ck_status(run("cat; echo end"), SHUB_OK);
    ck_slice_eq(shub__buf_view(&output), "end\n");
}
END_TEST

START_TEST(output_has_a_maximum)
{
    ck_status(run("head -c 1000 /dev/zero"), SHUB_OK);
    ck_assert_uint_eq(output.len, 1000);
    shub__buf_clear(&output);
    ck_status(run("head -c 1001 /dev/zero"), SHUB_E_LIMIT);
    shub__buf_clear(&output);
    ck_status(run("while :; do echo y; done"), SHUB_E_LIMIT);
}
END_TEST

START_TEST(deadline_ends_the_whole_group)
{
    shub__process *process = start("sleep 1000 & echo $!; wait");
    char text[32];
    pid_t inner;

    while (!output.len)
        ck_status(shub__process_poll(process, DEADLINE_MS - 1, &err), SHUB_E_AGAIN);
    snprintf(text, sizeof text, "%s", output.ptr);
    inner = (pid_t)atol(text);
    ck_assert_int_gt(inner, 1);
    ck_status(shub__process_poll(process, DEADLINE_MS, &err), SHUB_E_TIMEOUT);
    shub__process_end(process);
    /* It is init's to wait for; it goes in a moment. */
    for (int i = 0; i < 1000; i++) {
        char path[64], state[256] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/%ld/stat", (long)inner);
        file = fopen(path, "r");
        if (!file)
            return;
        if (!fgets(state, sizeof state, file))
            state[0] = '\0';
        fclose(file);
        if (strstr(state, ") Z "))
            return;
        (void)poll(NULL, 0, 1);
    }
    ck_abort_msg("process %ld still runs", (long)inner);
}
END_TEST

START_TEST(end_without_waiting_leaves_nothing)
{
    shub__process_end(start("sleep 1000"));
    shub__process_end(start("trap '' TERM INT; while :; do sleep 1000; done"));
    shub__process_end(NULL);
}
END_TEST

START_TEST(closed_output_is_not_the_end)
{
    ck_status(run("echo a; exec >&-; sleep 0.02; exit 4"), SHUB_E_REMOTE);
    ck_assert_str_eq(err.message, "sh: exit status 4");
}
END_TEST

START_TEST(child_that_holds_the_output_is_not_waited_for)
{
    char text[32];

    ck_status(run("sleep 1000 & echo $!"), SHUB_OK);
    snprintf(text, sizeof text, "%s", output.ptr);
    ck_assert_int_eq(kill((pid_t)atol(text), SIGKILL), 0);
}
END_TEST

START_TEST(signals_are_as_by_default)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    sigset_t block, mask;

    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    ck_assert_int_eq(sigaction(SIGTERM, &ignore, &before), 0);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &block, &mask), 0);
    ck_status(run("kill -TERM $$; echo alive"), SHUB_E_REMOTE);
    ck_assert_str_eq(err.message, "sh: ended by signal 15");
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    ck_assert_int_eq(sigaction(SIGTERM, &before, NULL), 0);
}
END_TEST

START_TEST(host_that_ignores_its_children_gets_the_output)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;

    ck_assert_int_eq(sigaction(SIGCHLD, &ignore, &before), 0);
    ck_status(run("echo one"), SHUB_OK);
    ck_slice_eq(shub__buf_view(&output), "one\n");
    ck_assert_int_eq(sigaction(SIGCHLD, &before, NULL), 0);
}
END_TEST

START_TEST(no_descriptor_is_passed_on)
{
    int fd = dup(0); /* not CLOEXEC, as a host's may be */

    ck_assert_int_gt(fd, 2);
    ck_status(run("ls /proc/self/fd | tr '\\n' ' '"), SHUB_OK);
    /* 3 is of ls itself, for the folder. */
    ck_slice_eq(shub__buf_view(&output), "0 1 2 3 ");
    close(fd);
}
END_TEST

START_TEST(forked_child_leaves_the_process_alone)
{
    shub__process *process = start("sleep 1000");
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        shub__process_end(process);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_status(shub__process_poll(process, 0, &err), SHUB_E_AGAIN);
    shub__process_end(process);
}
END_TEST

static shub_status start_once(void *user)
{
    char *at[] = {"true", NULL};
    shub__words words = {at, 1, NULL, 0};
    shub__process *process;
    shub_status status =
        shub__process_start(&words, &output, DEADLINE_MS, &process, NULL);

    (void)user;
    shub__process_end(process);
    return status;
}

START_TEST(start_survives_failing_allocations)
{
    ck_assert_uint_eq(oom_loop(start_once, NULL), 1);
}
END_TEST

/* ---- buffers of secrets -------------------------------------------------------- */

START_TEST(secret_buffer_grows_with_its_content)
{
    shub__buf buf;

    shub__buf_init_secret(&buf, 5000);
    for (int i = 0; i < 5000; i++)
        shub__buf_byte(&buf, (char)('a' + i % 26));
    ck_status(buf.status, SHUB_OK);
    for (int i = 0; i < 5000; i++)
        ck_assert_msg(buf.ptr[i] == (char)('a' + i % 26), "byte %d", i);
    shub__buf_byte(&buf, 'x');
    ck_status(buf.status, SHUB_E_LIMIT);
    shub__buf_fini(&buf);
    ck_assert_int_eq(buf.secret, 1);
    shub__buf_text(&buf, "again");
    ck_slice_eq(shub__buf_view(&buf), "again");
    shub__buf_fini(&buf);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base process");
    TCase *words = tcase_create("words");
    TCase *process = tcase_create("process");
    size_t count = sizeof lines / sizeof *lines;

    tcase_add_loop_test(words, line_is_split_as_the_aws_cli_does, 0, (int)count);
    count = sizeof bad_lines / sizeof *bad_lines;
    tcase_add_loop_test(words, line_without_a_command_is_refused_and_not_shown, 0,
                        (int)count);
    tcase_add_test(words, line_has_limits);
    tcase_add_test(words, line_survives_failing_allocations);
    tcase_add_test(words, secret_buffer_grows_with_its_content);
    suite_add_tcase(suite, words);
    tcase_add_checked_fixture(process, set_up, tear_down);
    tcase_add_test(process, output_of_a_command);
    tcase_add_test(process, exit_status_and_signal_are_told);
    tcase_add_test(process, program_that_is_not_there);
    tcase_add_test(process, stdin_is_empty);
    tcase_add_test(process, output_has_a_maximum);
    tcase_add_test(process, deadline_ends_the_whole_group);
    tcase_add_test(process, end_without_waiting_leaves_nothing);
    tcase_add_test(process, closed_output_is_not_the_end);
    tcase_add_test(process, child_that_holds_the_output_is_not_waited_for);
    tcase_add_test(process, signals_are_as_by_default);
    tcase_add_test(process, host_that_ignores_its_children_gets_the_output);
    tcase_add_test(process, no_descriptor_is_passed_on);
    tcase_add_test(process, forked_child_leaves_the_process_alone);
    tcase_add_test(process, start_survives_failing_allocations);
    suite_add_tcase(suite, process);
    return suite_run(suite);
}
