/* A disk that is really full: a tmpfs of one MiB, in a mount namespace of our own. */
#include "support/logview.h"
#include "support/suite.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];
static shub_log_options options;

/* 0 when this machine lets nobody mount. */
static int mount_small(void)
{
    strcpy(root, "/tmp/shub_full_XXXXXX");
    if (!mkdtemp(root))
        return 0;
    if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return 0;
    (void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
    return mount("small", root, "tmpfs", 0, "size=1m") == 0;
}

static shub_status put(shub_log *log, unsigned n)
{
    char line[1000];

    memset(line, 'x', sizeof line);
    snprintf(line, 8, "#%06u", n);
    line[7] = ' ';
    return shub_log_append_line(log, SHUB_LIT("meter"), logview_now_us,
                                shub_bytes(line, sizeof line), NULL);
}

static unsigned count_lines(const char *path)
{
    char *text = logview_text(path);
    unsigned n = 0;
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 1001, n++) {
        ck_assert_int_eq(text[i], '#');
        ck_assert_uint_eq(strtoul(text + i + 1, NULL, 10), n);
        ck_assert_int_eq(text[i + 1000], '\n');
    }
    free(text);
    return n;
}

static void fill(const char *path, int bytes)
{
    char command[160];

    snprintf(command, sizeof command, "head -c %d /dev/zero >%s 2>/dev/null", bytes,
             path);
    (void)!system(command);
}

/* Until it is full; then room is made, and it goes on where it was. */
START_TEST(full_and_free_again)
{
    char path[160];
    char ballast[96];
    shub_log *log;
    shub_log_stats stats = {.size = sizeof stats};
    unsigned n = 0;
    shub_status status;

    snprintf(ballast, sizeof ballast, "%s/ballast", root);
    fill(ballast, 300000);
    options.durability = _i % 3;
    options.unbuffered = 1;
    options.min_free_bytes = _i / 3 ? 65536 : SHUB_NONE;
    ck_status(shub_log_open(shub_str(root), &options, &log, NULL), SHUB_OK);
    while ((status = put(log, n)) == SHUB_OK)
        n++;
    ck_status(status, SHUB_E_FULL);
    ck_assert_uint_gt(n, 100);
    ck_status(put(log, n), SHUB_E_FULL);
    ck_assert_int_eq(unlink(ballast), 0);
    for (int i = 0; i < 100; i++)
        ck_status(put(log, n++), SHUB_OK);
    ck_status(shub_log_flush(log, NULL), SHUB_OK);
    shub_log_get_stats(log, &stats);
    ck_assert_uint_eq(stats.acknowledged, n);
    ck_assert_uint_eq(stats.refused, 2);
    shub_log_close(log);
    snprintf(path, sizeof path, "%s/2015-03-10-17/sensorhub-meter-2015-03-10-17.jl",
             root);
    ck_assert_uint_eq(count_lines(path), n);
    ck_assert_int_eq(umount(root), 0);
    ck_assert_int_eq(rmdir(root), 0);
}
END_TEST

/* No room for the sealed file: the lines stay, and are sealed when there is. */
START_TEST(no_room_to_seal)
{
    char ballast[96];
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    shub_log *log;

    snprintf(ballast, sizeof ballast, "%s/ballast", root);
    options.min_free_bytes = SHUB_NONE;
    ck_status(shub_log_open(shub_str(root), &options, &log, NULL), SHUB_OK);
    for (unsigned n = 0; n < 100; n++)
        ck_status(put(log, n), SHUB_OK);
    fill(ballast, 2000000);
    logview_now_us += 2 * SHUB_HOUR_US;
    ck_status(shub_log_seal(log, &report, NULL), SHUB_E_FULL);
    ck_assert_uint_eq(report.failed, 1);
    ck_assert_int_eq(unlink(ballast), 0);
    ck_status(shub_log_seal(log, &report, NULL), SHUB_OK);
    ck_assert_uint_eq(report.lines, 100);
    ck_assert_uint_eq(report.recovered, 1);
    shub_log_close(log);
    ck_assert_int_eq(umount(root), 0);
    ck_assert_int_eq(rmdir(root), 0);
}
END_TEST

static void setup(void)
{
    static const shub_log_options init = SHUB_LOG_OPTIONS_INIT;

    ck_assert(mount_small());
    options = init;
    options.clock = logview_clock();
    logview_now_us = logview_time("2015-03-10T17:54:01Z");
}

int main(void)
{
    Suite *suite = suite_create("log_full");
    TCase *tests = tcase_create("full");
    pid_t child = fork();
    int result = 1;

    if (child == 0) {
        int can = mount_small();
        if (can)
            (void)umount(root);
        (void)rmdir(root);
        _exit(!can);
    }
    if (waitpid(child, &result, 0) != child || result != 0) {
        printf("log_full: this machine lets nobody mount a tmpfs\n");
        return 77;
    }
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_loop_test(tests, full_and_free_again, 0, 6);
    tcase_add_test(tests, no_room_to_seal);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
