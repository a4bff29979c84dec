/* Real processes on real files: writers of one stream and hour beside sealers, and
 * writers that are killed. SHUB_KILLS in the environment: how many (20 when not given).
 */
#include "support/logview.h"
#include "support/suite.h"

#include "base/random.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 4, SEALERS = 2, LINES = 3000, EACH = 10000, KILLED_MAX = 100 * EACH };

static char root[64];
static shub_log_options options;
/* Read before any fork: what a child asserts mixes with what check hears from others. */
static int64_t record_us;

/* Shared with the children. */
static struct shared {
    volatile int stop;
    volatile unsigned char acked[KILLED_MAX];
} * shared;

/* The clock stands in the next hour, when the hour of the records is due for sealing:
 * whatever has no writer is sealed at once. */
static void setup(void)
{
    static const shub_log_options init = SHUB_LOG_OPTIONS_INIT;

    strcpy(root, access("/dev/shm", W_OK) == 0 ? "/dev/shm/shub_log_XXXXXX"
                                               : "/tmp/shub_log_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    options = init;
    options.clock = logview_clock();
    logview_now_us = logview_time("2015-03-10T18:30:00Z");
    record_us = logview_time("2015-03-10T17:59:59Z");
}

static void teardown(void)
{
    char command[96];

    munmap(shared, sizeof *shared);
    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
}

static shub_status put(shub_log *log, unsigned id)
{
    char line[16];

    snprintf(line, sizeof line, "#%07u", id);
    return shub_log_append_line(log, SHUB_LIT("meter"), record_us, shub_str(line), NULL);
}

static pid_t start(int (*run)(unsigned), unsigned id)
{
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(run(id));
    return child;
}

/* Gives its segment up and takes one again every now and then. */
static int write_lines(unsigned id)
{
    uint64_t seed = id;
    shub_log *log = NULL;
    int status = 0;

    options.durability = id % 2 ? SHUB_DURABILITY_NONE : SHUB_DURABILITY_INTERVAL;
    options.unbuffered = id % 4 == 3;
    for (unsigned n = 0; n < LINES && !status; n++) {
        if (!log)
            status = shub_log_open(shub_str(root), &options, &log, NULL);
        if (!status)
            status = put(log, id * LINES + n);
        if (status || shub__random_below(&seed, 25))
            continue;
        status = shub_log_flush(log, NULL);
        shub_log_close(log);
        log = NULL;
        usleep((useconds_t)shub__random_below(&seed, 3000)); /* sealers have their turn */
    }
    if (log && !status)
        status = shub_log_flush(log, NULL);
    shub_log_close(log);
    return status != SHUB_OK;
}

static int seal_until_told(unsigned id)
{
    shub_log *log;
    int status = shub_log_open(shub_str(root), &options, &log, NULL);

    (void)id;
    while (!status && !shared->stop) {
        status = shub_log_seal(log, NULL, NULL);
        usleep(200);
    }
    shub_log_close(log);
    return status != SHUB_OK;
}

static void ck_exit(pid_t child)
{
    int result;

    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_msg(WIFEXITED(result) && WEXITSTATUS(result) == 0, "a process failed");
}

/* Seals what is left, counts how often each line is in the sealed files. */
static unsigned char *count_sealed(size_t max, shub_log_report *report, int *files)
{
    unsigned char *found = calloc(max, 1);
    shub_log_list *list;
    shub_log_file file = {.size = sizeof file};
    shub_log *log;

    ck_status(shub_log_open(shub_str(root), &options, &log, NULL), SHUB_OK);
    ck_status(shub_log_seal(log, report, NULL), SHUB_OK);
    ck_assert_uint_eq(report->busy, 0);
    shub_log_close(log);
    ck_status(shub_log_list_open(shub_str(root), NULL, &list, NULL), SHUB_OK);
    for (*files = 0; shub_log_list_next(list, &file);) {
        char *text;
        if (file.state == SHUB_LOG_TORN)
            continue;
        ck_assert_int_eq(file.state, SHUB_LOG_SEALED);
        text = logview_text(file.path.ptr);
        for (const char *at = text; (at = strchr(at, '#')); at++) {
            unsigned long id = strtoul(at + 1, NULL, 10);
            ck_assert_uint_lt(id, max);
            found[id]++;
        }
        free(text);
        ++*files;
    }
    shub_log_list_close(list);
    return found;
}

START_TEST(every_line_is_sealed_once)
{
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    pid_t writers[WRITERS];
    pid_t sealers[SEALERS];
    unsigned char *found;
    int files;

    for (unsigned i = 0; i < SEALERS; i++)
        sealers[i] = start(seal_until_told, i);
    for (unsigned i = 0; i < WRITERS; i++)
        writers[i] = start(write_lines, i);
    for (int i = 0; i < WRITERS; i++)
        ck_exit(writers[i]);
    shared->stop = 1;
    for (int i = 0; i < SEALERS; i++)
        ck_exit(sealers[i]);
    found = count_sealed(WRITERS * LINES, &report, &files);
    for (unsigned id = 0; id < WRITERS * LINES; id++)
        ck_assert_msg(found[id] == 1, "line %u is there %d times", id, found[id]);
    printf("%d writers, %d sealers: %d lines in %d sealed files\n", WRITERS, SEALERS,
           WRITERS * LINES, files);
    ck_assert_int_gt(files, 1);
    free(found);
}
END_TEST

/* Each line is acknowledged when the call returns: with the kernel, or synced. */
static int write_until_killed(unsigned first)
{
    shub_log *log;
    unsigned id = first;

    options.durability = first / EACH % 2 ? SHUB_DURABILITY_NONE : SHUB_DURABILITY_EVERY;
    options.unbuffered = 1;
    if (shub_log_open(shub_str(root), &options, &log, NULL))
        return 1;
    while (id < first + EACH && put(log, id) == SHUB_OK)
        shared->acked[id++] = 1;
    while (id == first + EACH)
        (void)pause();
    return 1;
}

START_TEST(killed_writers_lose_nothing)
{
    const char *wanted = getenv("SHUB_KILLS");
    unsigned kills = wanted ? (unsigned)strtoul(wanted, NULL, 10) : 20;
    uint64_t seed = kills;
    shub_log_report report = SHUB_LOG_REPORT_INIT;
    unsigned char *found;
    size_t acked = 0;
    int files;
    pid_t sealer = start(seal_until_told, 0);

    kills = kills > KILLED_MAX / EACH ? KILLED_MAX / EACH : kills;
    for (unsigned i = 0; i < kills; i++) {
        pid_t child = start(write_until_killed, i * EACH);
        int result;
        usleep((useconds_t)shub__random_below(&seed, 20000));
        kill(child, SIGKILL);
        ck_assert_int_eq(waitpid(child, &result, 0), child);
        ck_assert(WIFSIGNALED(result));
    }
    shared->stop = 1;
    ck_exit(sealer);
    found = count_sealed(KILLED_MAX, &report, &files);
    for (unsigned id = 0; id < KILLED_MAX; id++) {
        ck_assert_msg(found[id] <= 1, "line %u is there %d times", id, found[id]);
        ck_assert_msg(found[id] || !shared->acked[id], "line %u is lost", id);
        acked += shared->acked[id];
    }
    printf("%u kills: %zu acknowledged lines in %d sealed files\n", kills, acked, files);
    ck_assert_uint_gt(acked, 0);
    free(found);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log_process");
    TCase *tests = tcase_create("processes");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 0);
    tcase_add_test(tests, every_line_is_sealed_once);
    tcase_add_test(tests, killed_writers_lose_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
