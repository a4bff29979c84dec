/* Each test runs in a process of its own, as check has it: what one leaves behind does
 * not reach the next, and a crash is the crash of one test. */
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLACES = 64 };

struct TCase {
    void (*setup)(void);
    void (*teardown)(void);
    struct test {
        check_fn *fn;
        const char *name;
        int begin, end;
    } tests[PLACES];
    size_t count;
};

struct Suite {
    TCase *cases[PLACES];
    size_t count;
};

struct SRunner {
    const Suite *suite;
    int failed;
};

static void *make(size_t size)
{
    void *ptr = calloc(1, size);

    if (!ptr)
        abort();
    return ptr;
}

static size_t next(size_t *count)
{
    if (*count == PLACES)
        abort();
    return (*count)++;
}

Suite *suite_create(const char *name)
{
    (void)name;
    return make(sizeof(Suite));
}

TCase *tcase_create(const char *name)
{
    (void)name;
    return make(sizeof(TCase));
}

void suite_add_tcase(Suite *suite, TCase *tcase)
{
    suite->cases[next(&suite->count)] = tcase;
}

void tcase_add_checked_fixture(TCase *tcase, void (*setup)(void), void (*teardown)(void))
{
    tcase->setup = setup;
    tcase->teardown = teardown;
}

void check_add(TCase *tcase, check_fn *fn, const char *name, int begin, int end)
{
    tcase->tests[next(&tcase->count)] = (struct test){fn, name, begin, end};
}

void check_fail(const char *file, int line, const char *format, ...)
{
    va_list args;

    printf("%s:%d: ", file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
    _exit(EXIT_FAILURE);
}

static void run_here(const TCase *tcase, const struct test *test, int i)
{
    if (tcase->setup)
        tcase->setup();
    test->fn(i);
    if (tcase->teardown)
        tcase->teardown();
    fflush(stdout);
    _exit(EXIT_SUCCESS);
}

/* 1 when it passes. */
static int run_one(const TCase *tcase, const struct test *test, int i)
{
    int status = 0;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0)
        run_here(tcase, test, i);
    if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0)
        return 1;
    if (pid < 0 || WIFSIGNALED(status))
        printf("ended by signal %d\n", pid < 0 ? 0 : WTERMSIG(status));
    printf("  %s, row %d: failed\n", test->name, i);
    return 0;
}

/* The rows that fail; a table without any is a failure. */
static int run_rows(const TCase *tcase, const struct test *test)
{
    const char *left_out = getenv("SHUB_LEAVE_OUT"); /* the name of a test */
    int failed = 0;

    if (left_out && strcmp(test->name, left_out) == 0) {
        printf("  %s: left out\n", test->name);
        return 0;
    }
    for (int i = test->begin; i < test->end; i++)
        failed += !run_one(tcase, test, i);
    printf("  %s: %d rows passed\n", test->name, test->end - test->begin - failed);
    return failed + (test->begin >= test->end);
}

SRunner *srunner_create(Suite *suite)
{
    SRunner *runner = make(sizeof *runner);

    runner->suite = suite;
    return runner;
}

void srunner_run_all(SRunner *runner, enum print_output print)
{
    size_t tests = 0;

    (void)print;
    for (size_t i = 0; i < runner->suite->count; i++) {
        const TCase *tcase = runner->suite->cases[i];
        for (size_t j = 0; j < tcase->count; j++, tests++)
            runner->failed += run_rows(tcase, &tcase->tests[j]);
    }
    if (!tests)
        runner->failed++;
}

int srunner_ntests_failed(SRunner *runner)
{
    return runner->failed;
}

void srunner_free(SRunner *runner)
{
    free(runner);
}
