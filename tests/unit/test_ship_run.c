/* Shipping sealed files to a folder. */
#include "base/file.h"
#include "support/shipyard.h"
#include "support/suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define H17       "2015-03-10-17"
#define H18       "2015-03-10-18"
#define DAY       YARD_DEST "/sensorhub/meter/2015/03/10/"

#define METER_17  H17 "/sensorhub-meter-" H17 ".jl.gz"
#define METER_18  H18 "/sensorhub-meter-" H18 ".jl.gz"
#define OBJECT_17 DAY "sensorhub-meter-" H17 ".jl.gz"
#define OBJECT_18 DAY "sensorhub-meter-" H18 ".jl.gz"

static shipyard yard;
static shub_ship_report report;

static void setup(void)
{
    static const shub_ship_report init = SHUB_SHIP_REPORT_INIT;

    report = init;
    yard_setup(&yard);
}

static void teardown(void)
{
    yard_teardown(&yard);
}

static void ck_report(uint64_t files, uint64_t found, uint64_t renumbered,
                      uint64_t failed)
{
    ck_assert_uint_eq(report.files, files);
    ck_assert_uint_eq(report.found, found);
    ck_assert_uint_eq(report.renumbered, renumbered);
    ck_assert_uint_eq(report.failed, failed);
    ck_assert_uint_eq(report.waiting, failed);
}

START_TEST(sealed_files_go)
{
    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "two\n");
    yard_seal(H18 "/sensorhub-other-" H18 ".2.jl.gz", "three\n");
    yard_write(YARD_ROOT "/" H18 "/sensorhub-meter-" H18 ".1.jl", "live\n", 5);
    yard_write(YARD_ROOT "/" H18 "/foreign-meter-" H18 ".jl.gz", "", 0);
    yard.err.pos = 77;
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_assert_int_eq(yard.err.pos, 77); /* success leaves it as it was */
    ck_report(3, 0, 0, 0);
    ck_assert_uint_gt(report.bytes, 60);
    ck_assert(yard_holds(OBJECT_17, "one\n"));
    ck_assert(yard_holds(OBJECT_18, "two\n"));
    ck_assert(yard_holds(YARD_DEST "/sensorhub/other/2015/03/10/sensorhub-other-" H18
                                   ".2.jl.gz",
                         "three\n"));
    ck_assert_int_eq(yard_count(YARD_DEST), 3);
    ck_assert(!yard_exists(YARD_ROOT "/" H17));
    ck_assert_int_eq(yard_count(YARD_ROOT "/" H18), 2);
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_report(0, 0, 0, 0);
}
END_TEST

START_TEST(nothing_to_do)
{
    ck_status(yard_run(&yard, NULL), SHUB_OK);
    ck_assert_int_eq(yard_count(YARD_DEST), 0);
}
END_TEST

START_TEST(same_content_is_found)
{
    yard_seal(METER_17, "one\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    yard_seal(METER_17, "one\n"); /* from a backup */
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_report(1, 1, 0, 0);
    ck_assert_int_eq(yard_count(YARD_DEST), 1);
    ck_assert(!yard_exists(YARD_ROOT "/" METER_17));
}
END_TEST

/* Late segments give the same hour a second sealed file, of the same name. */
START_TEST(taken_key_gets_the_next_number)
{
    static const char *const lines[] = {"one\n", "two\n", "three\n"};

    for (int i = 0; i < 3; i++) {
        yard_seal(METER_17, lines[i]);
        ck_status(yard_run(&yard, &report), SHUB_OK);
        ck_report(1, 0, i > 0, 0);
    }
    ck_assert(yard_holds(OBJECT_17, "one\n"));
    ck_assert(yard_holds(DAY "sensorhub-meter-" H17 ".1.jl.gz", "two\n"));
    ck_assert(yard_holds(DAY "sensorhub-meter-" H17 ".2.jl.gz", "three\n"));
    yard_remove_journal(&yard);
    yard_seal(METER_17, "two\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_report(1, 1, 1, 0);
    ck_assert_int_eq(yard_count(YARD_DEST), 3);
}
END_TEST

START_TEST(damaged_file_stays)
{
    yard_write(YARD_ROOT "/" METER_17, "no gzip", 7);
    yard_seal(METER_18, "two\n");
    ck_status(yard_run(&yard, &report), SHUB_E_CORRUPT);
    ck_assert_ptr_nonnull(strstr(yard.err.message, METER_17));
    ck_report(1, 0, 0, 1);
    ck_assert(yard_exists(YARD_ROOT "/" METER_17));
    ck_assert(yard_holds(OBJECT_18, "two\n"));
    ck_assert_int_eq(yard_count(YARD_DEST), 1);
}
END_TEST

START_TEST(kept_aside)
{
    yard.opts.keep = 1;
    yard_seal(METER_17, "one\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_assert(yard_holds(YARD_ROOT "/" METER_17 ".shipped", "one\n"));
    yard_seal(METER_17, "two\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_assert(yard_holds(YARD_ROOT "/" METER_17 ".shipped", "one\n"));
    ck_assert(yard_holds(YARD_ROOT "/" H17 "/sensorhub-meter-" H17 ".1.jl.gz.shipped",
                         "two\n"));
    ck_assert_int_eq(yard_count(YARD_ROOT "/" H17), 2);
    ck_assert_int_eq(yard_count(YARD_DEST), 2);
}
END_TEST

START_TEST(deleted_journal_is_no_loss)
{
    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "two\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    yard_remove_journal(&yard);
    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "new\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_report(2, 1, 1, 0);
    ck_assert_int_eq(yard_count(YARD_DEST), 3);
}
END_TEST

START_TEST(damaged_journal_is_told)
{
    FILE *file = fopen(yard.journal, "wb");
    shub_ship *ship;

    fputs("this is no database, and long enough to be looked at as one", file);
    fclose(file);
    ck_status(shub_ship_open(&yard.opts, &ship, &yard.err), SHUB_E_CORRUPT);
    ck_assert_ptr_null(ship);
    ck_assert_ptr_nonnull(strstr(yard.err.message, yard.journal));
    yard_remove_journal(&yard);
    shub_ship_close(yard_open(&yard));
}
END_TEST

/* The plan holds the key, so a template that changes between death and rebirth doubles
 * nothing. */
START_TEST(plan_outlives_its_template)
{
    uint64_t k = 0;

    yard_seal(METER_17, "one\n");
    while (!yard_exists(OBJECT_17)) {
        memfs_plan(yard.fs, ++k, MEMFS_CRASH);
        (void)yard_run(&yard, NULL);
        memfs_reboot(yard.fs, MEMFS_KILLED, 0);
    }
    yard.opts.key = "elsewhere/{name}.jl.gz";
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_report(1, 1, 0, 0);
    ck_assert_int_eq(yard_count(YARD_DEST), 1);
    ck_assert_int_eq(yard_count(YARD_ROOT "/" H17), -1);
}
END_TEST

START_TEST(one_run_at_a_time)
{
    int fd;
    shub_ship *ship = yard_open(&yard);

    yard_seal(METER_17, "one\n");
    ck_status(shub__file_open(YARD_ROOT "/.ship.lock", SHUB__OPEN_APPEND, &fd, NULL),
              SHUB_OK);
    ck_status(shub__file_lock(fd, NULL), SHUB_OK);
    ck_status(shub_ship_run(ship, &report, &yard.err), SHUB_E_BUSY);
    shub__file_unlock(fd);
    shub__file_close(fd);
    ck_status(shub_ship_run(ship, &report, &yard.err), SHUB_OK);
    ck_report(1, 0, 0, 0);
    shub_ship_close(ship);
}
END_TEST

START_TEST(into_itself)
{
    yard.opts.dest = "file://" YARD_ROOT;
    yard.opts.key = "{Y}-{m}-{d}-{H}/{name}.jl.gz";
    yard_seal(METER_17, "one\n");
    ck_status(yard_run(&yard, &report), SHUB_E_INVALID);
    ck_report(0, 0, 0, 1);
    ck_assert(yard_holds(YARD_ROOT "/" METER_17, "one\n"));
}
END_TEST

START_TEST(full_disk_is_waited_out)
{
    uint64_t calls;
    int full = 0;

    yard_seal(METER_17, "one\n");
    memfs_plan(yard.fs, 0, MEMFS_NONE);
    (void)yard_run(&yard, NULL);
    calls = memfs_calls(yard.fs);
    for (uint64_t k = 1; k <= calls; k++) {
        shub_status status;
        yard_reset(&yard);
        yard_seal(METER_17, "one\n");
        memfs_plan(yard.fs, k, MEMFS_ENOSPC);
        status = yard_run(&yard, &report);
        if (status != SHUB_OK)
            ck_status(status, SHUB_E_FULL);
        full += status == SHUB_E_FULL;
        ck_status(yard_run(&yard, &report), SHUB_OK);
        ck_assert(yard_holds(OBJECT_17, "one\n"));
        ck_assert_int_eq(yard_count(YARD_DEST), 1);
    }
    ck_assert_int_gt(full, 3);
}
END_TEST

START_TEST(names_and_hosts_in_keys)
{
    yard.opts.key = "{host}/{Y}{m}{d}/{H}-{stream}";
    yard_seal(METER_17, "one\n");
    yard_seal(H17 "/sensorhub-meter-" H17 ".1.jl.gz", "two\n");
    ck_status(yard_run(&yard, &report), SHUB_OK);
    ck_report(2, 0, 1, 0);
    ck_assert_int_eq(yard_count(YARD_DEST "/box/20150310"), 2);
    ck_assert(yard_exists(YARD_DEST "/box/20150310/17-meter"));
    ck_assert(yard_exists(YARD_DEST "/box/20150310/17-meter.1"));
}
END_TEST

START_TEST(too_long_a_key)
{
    static char key[SHUB_SHIP_KEY_MAX + 1];

    memset(key, 'k', SHUB_SHIP_KEY_MAX);
    memcpy(key, "{name}", 6);
    yard.opts.key = key;
    yard_seal(METER_17, "one\n");
    ck_status(yard_run(&yard, &report), SHUB_E_LIMIT);
    ck_assert(yard_exists(YARD_ROOT "/" METER_17));
}
END_TEST

START_TEST(not_in_a_child)
{
    shub_ship *ship = yard_open(&yard);
    int told;
    pid_t child = fork();

    if (child == 0) {
        shub_verify *verify;
        told = shub_ship_run(ship, NULL, NULL) != SHUB_E_FORKED;
        told |= shub_verify_open(ship, 0, &verify, NULL) != SHUB_E_FORKED;
        shub_ship_close(ship);
        _exit(told);
    }
    ck_assert_int_eq(waitpid(child, &told, 0), child);
    ck_assert_int_eq(told, 0);
    yard_seal(METER_17, "one\n");
    ck_status(shub_ship_run(ship, &report, &yard.err), SHUB_OK);
    ck_report(1, 0, 0, 0);
    shub_ship_close(ship);
}
END_TEST

static const struct {
    const char *root, *dest, *prefix, *key, *host;
    shub_status status;
} options[] = {
    {NULL, "file:///srv", NULL, NULL, NULL, SHUB_E_INVALID},
    {"", "file:///srv", NULL, NULL, NULL, SHUB_E_INVALID},
    {YARD_ROOT, NULL, NULL, NULL, NULL, SHUB_E_INVALID},
    {YARD_ROOT, "file:///none", NULL, NULL, NULL, SHUB_E_NOT_FOUND},
    {YARD_ROOT, "ftp://host/prefix", NULL, NULL, NULL, SHUB_E_UNSUPPORTED},
    {"/none", "file:///srv", NULL, NULL, NULL, SHUB_E_NOT_FOUND},
    {YARD_ROOT, "file:///srv", "a/b", NULL, NULL, SHUB_E_INVALID},
    {YARD_ROOT, "file:///srv", "", NULL, NULL, SHUB_E_INVALID},
    {YARD_ROOT, "file:///srv", NULL, "/{name}", NULL, SHUB_E_INVALID},
    {YARD_ROOT, "file:///srv", NULL, "{host}/{name}", "a b", SHUB_E_INVALID},
    {YARD_ROOT, "file:///srv", NULL, "{name}", "a b", SHUB_OK},
    {YARD_ROOT "//", "file:///srv/", "p", "{name}", NULL, SHUB_OK},
};

START_TEST(options_are_checked)
{
    shub_ship *ship;

    yard.opts.root = options[_i].root;
    yard.opts.dest = options[_i].dest;
    yard.opts.prefix = options[_i].prefix;
    yard.opts.key = options[_i].key;
    yard.opts.host = options[_i].host;
    ck_status(shub_ship_open(&yard.opts, &ship, &yard.err), options[_i].status);
    ck_assert_int_eq(ship != NULL, options[_i].status == SHUB_OK);
    shub_ship_close(ship);
}
END_TEST

START_TEST(older_callers)
{
    shub_ship *ship;
    shub_ship_report small = SHUB_SHIP_REPORT_INIT;

    yard.opts.size = 0;
    ck_status(shub_ship_open(&yard.opts, &ship, &yard.err), SHUB_E_INVALID);
    yard.opts.size = offsetof(shub_ship_options, keep);
    yard.opts.keep = 1; /* beyond what the caller says it knows */
    yard_seal(METER_17, "one\n");
    small.size = offsetof(shub_ship_report, bytes);
    small.bytes = 99;
    ck_status(yard_run(&yard, &small), SHUB_OK);
    ck_assert_uint_eq(small.files, 1);
    ck_assert_uint_eq(small.bytes, 99);
    ck_assert(!yard_exists(YARD_ROOT "/" METER_17 ".shipped"));
}
END_TEST

static shub_status reset_and_run(void *user)
{
    shub_ship *ship;
    shub_status status = shub_ship_open(&yard.opts, &ship, NULL);

    (void)user;
    if (status == SHUB_OK)
        status = shub_ship_run(ship, NULL, NULL);
    shub_ship_close(ship);
    return status;
}

START_TEST(memory_runs_out)
{
    yard_seal(METER_17, "one\n");
    yard_seal(METER_18, "two\n");
    ck_assert_uint_gt(oom_loop(reset_and_run, NULL), 20);
    ck_assert(yard_holds(OBJECT_17, "one\n"));
    ck_assert(yard_holds(OBJECT_18, "two\n"));
    ck_assert_int_eq(yard_count(YARD_DEST), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ship run");
    TCase *tc = tcase_create("run");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, sealed_files_go);
    tcase_add_test(tc, nothing_to_do);
    tcase_add_test(tc, same_content_is_found);
    tcase_add_test(tc, taken_key_gets_the_next_number);
    tcase_add_test(tc, damaged_file_stays);
    tcase_add_test(tc, kept_aside);
    tcase_add_test(tc, deleted_journal_is_no_loss);
    tcase_add_test(tc, damaged_journal_is_told);
    tcase_add_test(tc, plan_outlives_its_template);
    tcase_add_test(tc, one_run_at_a_time);
    tcase_add_test(tc, into_itself);
    tcase_add_test(tc, full_disk_is_waited_out);
    tcase_add_test(tc, names_and_hosts_in_keys);
    tcase_add_test(tc, too_long_a_key);
    tcase_add_test(tc, not_in_a_child);
    tcase_add_loop_test(tc, options_are_checked, 0,
                        (int)(sizeof options / sizeof options[0]));
    tcase_add_test(tc, older_callers);
    tcase_add_test(tc, memory_runs_out);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
