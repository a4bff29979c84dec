/* The log under every fault: a crash, a short write, ENOSPC, EIO, EMFILE at every file
 * call of appending, rolling to the next hour, sealing and recovering, under each
 * durability, followed by each way to come up again. Then: every acknowledged line is in
 * a sealed file exactly once, no line is there twice, at most one tail is torn by a
 * crash, nothing half-done is left. */
#include "support/logview.h"
#include "support/memfs.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_MAX = 64, RETRIES = 3 };

typedef struct line {
    int writer;
    int appended; /* the call returned SHUB_OK */
    int acked;    /* and the policy's moment has passed */
    int found;
} line;

static char current[128]; /* what is tried, for messages */

/* ck_assert with it. */
#define must(what, ...)                                                                  \
    do {                                                                                 \
        if (!(what)) {                                                                   \
            char must_[128];                                                             \
            snprintf(must_, sizeof must_, __VA_ARGS__);                                  \
            ck_abort_msg("%s: %s", current, must_);                                      \
        }                                                                                \
    } while (0)

static struct world {
    memfs *fs;
    shub_log_options options;
    shub_log *logs[2]; /* as two processes */
    line lines[LINES_MAX];
    int count;
} w;

/* ---- what programs do ------------------------------------------------------------ */

static int dead(void)
{
    return memfs_dead(w.fs);
}

/* A fault comes once: whatever it did, the same call works when it is repeated. */
#define REPEAT(status, call)                                                             \
    do {                                                                                 \
        int tries_ = RETRIES;                                                            \
        do                                                                               \
            (status) = (call);                                                           \
        while ((status) && !dead() && --tries_ > 0);                                     \
        must(!(status) || dead(), "%s gives %s again and again", #call,                  \
             shub_status_name(status));                                                  \
    } while (0)

static void open_log(int i)
{
    shub_status status;

    if (!w.logs[i])
        REPEAT(status, shub_log_open(SHUB_LIT("/log"), &w.options, &w.logs[i], NULL));
}

static void close_log(int i)
{
    shub_log_close(w.logs[i]);
    w.logs[i] = NULL;
}

static void ack_all(int writer)
{
    for (int n = 0; n < w.count; n++)
        if (w.lines[n].writer == writer && w.lines[n].appended)
            w.lines[n].acked = 1;
}

/* The processes are gone: what they had not been promised no one promises any more. */
static void end_processes(void)
{
    memfs_crash(w.fs);
    close_log(0);
    close_log(1);
    for (int n = 0; n < w.count; n++)
        w.lines[n].writer = SHUB_NONE;
}

static void appended(int n)
{
    w.lines[n].appended = 1;
    w.lines[n].acked =
        w.options.durability == SHUB_DURABILITY_EVERY ||
        (w.options.durability == SHUB_DURABILITY_NONE && w.options.unbuffered);
}

static void append(int writer, const char *stream, int64_t time_us)
{
    char text[64];
    int n = w.count++;
    shub_status status;

    w.lines[n].writer = writer;
    if (dead() || !w.logs[writer])
        return;
    snprintf(text, sizeof text, "{\"line\":\"#%03d\"}", n);
    REPEAT(status, shub_log_append_line(w.logs[writer], shub_str(stream), time_us,
                                        shub_str(text), NULL));
    if (!status)
        appended(n);
}

/* Four rows, in this hour and the one before by turns; what one call did not append the
 * next does. */
static void append_batch(int writer, const char *stream)
{
    shub_sample s = SHUB_SAMPLE_INIT;
    int first = w.count;
    int done = 0;
    shub_status status = SHUB_E_IO;

    w.count += 4;
    s.quantity = SHUB_LIT("power");
    s.value = shub_double(1);
    for (int tries = RETRIES; status && tries > 0 && !dead() && w.logs[writer]; tries--) {
        shub_error err = SHUB_ERROR_INIT;
        shub_batch *batch;
        int count = 4;
        ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
        for (int i = done; i < 4; i++) {
            char device[8];
            snprintf(device, sizeof device, "#%03d", first + i);
            s.device = shub_str(device);
            s.time_us = logview_now_us - i % 2 * SHUB_HOUR_US;
            ck_status(shub_batch_append(batch, &s, NULL), SHUB_OK);
        }
        status = shub_log_append_batch(w.logs[writer], shub_str(stream), batch, &err);
        if (status)
            count = dead() ? done : done + (int)err.index;
        for (; done < count; done++) {
            w.lines[first + done].writer = writer;
            appended(first + done);
            w.lines[first + done].acked &= !status;
        }
        shub_batch_free(batch);
    }
    must(!status || dead() || !w.logs[writer], "a batch never comes through");
}

static void flush(int writer)
{
    shub_status status;

    if (dead() || !w.logs[writer])
        return;
    REPEAT(status, shub_log_flush(w.logs[writer], NULL));
    if (!status)
        ack_all(writer);
}

static void set_now(int64_t now_us)
{
    logview_now_us = now_us;
    memfs_set_now(w.fs, now_us);
}

/* At least the interval after the one before. */
static void tick(int writer)
{
    shub_status status;

    set_now(logview_now_us + SHUB_SECOND_US);
    if (dead() || !w.logs[writer])
        return;
    REPEAT(status, shub_log_tick(w.logs[writer], NULL));
    if (!status && w.options.durability == SHUB_DURABILITY_INTERVAL)
        ack_all(writer);
}

static void seal(int writer)
{
    shub_status status;

    if (!dead() && w.logs[writer])
        REPEAT(status, shub_log_seal(w.logs[writer], NULL, NULL));
}

static void recover(int writer)
{
    shub_status status;

    if (!dead() && w.logs[writer])
        REPEAT(status, shub_log_recover(w.logs[writer], NULL, NULL));
}

/* ---- scenarios -------------------------------------------------------------------- */

static int64_t at(const char *time)
{
    return logview_time(time);
}

static void run_append(int variant)
{
    (void)variant;
    open_log(0);
    append(0, "a", logview_now_us);
    append(0, "a", logview_now_us);
    append(0, "b", logview_now_us);
    append(0, "a", logview_now_us);
    flush(0);
    append_batch(0, "a");
    append(0, "a", logview_now_us);
    tick(0);
    append(0, "b", logview_now_us);
    append(0, "a", logview_now_us);
}

/* Another process died before, and left what it had not synced. */
static void before_resume(int variant)
{
    (void)variant;
    open_log(0);
    append(0, "a", logview_now_us);
    append(0, "a", logview_now_us);
    append(0, "a", logview_now_us);
    append(0, "b", logview_now_us);
    end_processes();
    memfs_reboot(w.fs, MEMFS_KILLED, 0);
}

static void run_roll(int variant)
{
    w.options.max_file_bytes = 48; /* three lines */
    w.options.max_files = variant ? 1 : 0;
    open_log(0);
    for (int i = 0; i < 4; i++)
        append(0, "a", logview_now_us);
    append(0, "b", logview_now_us);
    set_now(at("2015-03-10T18:00:30Z"));
    append(0, "a", logview_now_us);
    append(0, "a", at("2015-03-10T17:59:00Z"));
    set_now(at("2015-03-10T18:01:00Z"));
    tick(0);
    append(0, "a", at("2015-03-10T17:58:00Z"));
    append(0, "b", logview_now_us);
    tick(0);
}

static void two_writers(void)
{
    open_log(0);
    open_log(1);
    append(0, "a", logview_now_us);
    append(1, "a", logview_now_us);
    append(0, "a", logview_now_us);
    append(1, "b", logview_now_us);
    flush(0);
    flush(1);
}

static void run_seal(int variant)
{
    two_writers();
    if (variant)
        append(1, "a", logview_now_us);
    else
        close_log(1);
    set_now(at("2015-03-10T18:01:00Z"));
    seal(0);
    append(0, "a", at("2015-03-10T17:59:59Z"));
    append(0, "a", logview_now_us);
    flush(0);
    set_now(at("2015-03-10T19:30:00Z"));
    if (variant)
        tick(1);
    seal(0);
}

/* A seal that crashed at call number `variant`; what is then done is under faults, too.
 */
static void run_recover(int variant)
{
    open_log(0);
    recover(0);
    append(0, "a", logview_now_us);
    flush(0);
    (void)variant;
    seal(0);
}

static void before_recover(int variant)
{
    two_writers();
    set_now(at("2015-03-10T18:01:00Z"));
    close_log(1);
    memfs_plan(w.fs, (uint64_t)variant, MEMFS_CRASH);
    seal(0);
    end_processes();
    memfs_reboot(w.fs, MEMFS_KILLED, 0);
}

/* ---- what must hold ---------------------------------------------------------------- */

static void find_lines(const char *path)
{
    char *text = logview_text(path);

    for (const char *at = text; (at = strchr(at, '#')); at++) {
        int n = (int)strtol(at + 1, NULL, 10);
        ck_assert_int_lt(n, w.count);
        w.lines[n].found++;
    }
    free(text);
}

static int look_at_files(void)
{
    shub_log_list *list;
    shub_log_file file = {.size = sizeof file};
    int torn = 0;

    ck_status(shub_log_list_open(SHUB_LIT("/log"), NULL, &list, NULL), SHUB_OK);
    while (shub_log_list_next(list, &file)) {
        torn += file.state == SHUB_LOG_TORN;
        must(file.state == SHUB_LOG_SEALED || file.state == SHUB_LOG_TORN, "%s is left",
             file.name.ptr);
        if (file.state == SHUB_LOG_SEALED)
            find_lines(file.path.ptr);
    }
    shub_log_list_close(list);
    return torn;
}

static void check_lines(memfs_boot boot)
{
    int safe = boot == MEMFS_KILLED || w.options.durability != SHUB_DURABILITY_NONE;

    for (int n = 0; n < w.count; n++) {
        const line *l = &w.lines[n];
        must(l->found <= 1, "line %d is there %d times", n, l->found);
        must(l->found || !l->acked || !safe, "line %d was acknowledged and is lost", n);
    }
}

/* Only a process that died in the middle of a write tears a tail; a power cut may tear
 * that of each file. */
static void check_torn(memfs_fault fault, int power_cut, int files, uint64_t tails)
{
    must(tails >= (uint64_t)files, "%d torn tails, %d reported", files, (int)tails);
    must((tails > 0) == (files > 0), "a torn tail is lost");
    must(power_cut || tails <= (fault == MEMFS_SHORT_CRASH), "%d tails torn by a kill",
         (int)tails);
}

static uint64_t torn_by(shub_log *log)
{
    shub_log_stats stats = {.size = sizeof stats};

    shub_log_get_stats(log, &stats);
    return stats.torn;
}

/* A process that goes on with what is there. What it was promised outlives a power cut,
 * even where those before it had not synced what it stands on. */
static uint64_t go_on(uint64_t seed)
{
    uint64_t torn;

    open_log(0);
    append(0, "a", logview_now_us);
    append(0, "b", logview_now_us);
    flush(0);
    torn = torn_by(w.logs[0]);
    if (w.options.durability == SHUB_DURABILITY_NONE)
        return torn;
    end_processes();
    memfs_reboot(w.fs, seed / MEMFS_FAULTS % 2 ? MEMFS_POWER_SOME : MEMFS_POWER_ALL,
                 seed);
    return torn;
}

/* And one that recovers, and seals everything. */
static void come_up(memfs_fault fault, memfs_boot boot, uint64_t seed)
{
    shub_log_report recovered = SHUB_LOG_REPORT_INIT;
    shub_log_report sealed = SHUB_LOG_REPORT_INIT;
    int before = w.count;
    uint64_t torn = go_on(seed);

    open_log(0);
    ck_status(shub_log_recover(w.logs[0], &recovered, NULL), SHUB_OK);
    set_now(logview_now_us + 4 * SHUB_HOUR_US);
    ck_status(shub_log_seal(w.logs[0], &sealed, NULL), SHUB_OK);
    must(recovered.busy + sealed.busy == 0, "busy");
    close_log(0);
    must(memfs_open_count(w.fs) == 0, "a descriptor is left open");
    check_torn(fault,
               boot != MEMFS_KILLED || w.options.durability != SHUB_DURABILITY_NONE,
               look_at_files(), torn + recovered.torn + sealed.torn);
    check_lines(boot);
    for (int n = before; n < w.count; n++)
        must(w.lines[n].found == 1, "line %d of after the crash is lost", n);
}

/* ---- the table --------------------------------------------------------------------- */

typedef struct scenario {
    const char *name;
    void (*before)(int variant); /* without faults */
    void (*run)(int variant);
    int variants;
} scenario;

static const scenario scenarios[] = {
    {"append", NULL, run_append, 1},
    {"resume", before_resume, run_append, 1},
    {"roll", NULL, run_roll, 2},
    {"seal", NULL, run_seal, 2},
    {"recover", before_recover, run_recover, 48},
};

typedef struct policy {
    const char *name;
    shub_durability durability;
    int unbuffered;
} policy;

static const policy policies[] = {
    {"every", SHUB_DURABILITY_EVERY, 0},
    {"interval", SHUB_DURABILITY_INTERVAL, 0},
    {"none", SHUB_DURABILITY_NONE, 0},
    {"interval, unbuffered", SHUB_DURABILITY_INTERVAL, 1},
    {"none, unbuffered", SHUB_DURABILITY_NONE, 1},
};
enum {
    SCENARIOS = sizeof scenarios / sizeof scenarios[0],
    POLICIES = sizeof policies / sizeof policies[0]
};

static void set_policy(const policy *p)
{
    static const shub_log_options init = SHUB_LOG_OPTIONS_INIT;

    w.options = init;
    w.options.clock = logview_clock();
    w.options.buffer_bytes = 40;
    w.options.durability = p->durability;
    w.options.unbuffered = p->unbuffered;
}

/* One run; 1 when call k was reached. */
static int one_run(const scenario *s, int variant, const policy *p, memfs_fault fault,
                   memfs_boot boot, uint64_t k)
{
    uint64_t seed = k * MEMFS_FAULTS + (uint64_t)fault;
    int came;

    memset(&w, 0, sizeof w);
    w.fs = memfs_new();
    set_policy(p);
    set_now(at("2015-03-10T17:54:01Z"));
    if (s->before)
        s->before(variant);
    memfs_plan(w.fs, k, fault);
    s->run(variant);
    came = memfs_fault_came(w.fs);
    end_processes();
    memfs_reboot(w.fs, boot, seed);
    come_up(fault, boot, seed + 1);
    memfs_free(w.fs);
    return came;
}

/* Every call; in a sanitized build, many times slower, every third, which of them by the
 * fault. */
static uint64_t every_call(const scenario *s, int variant, const policy *p,
                           memfs_fault fault, memfs_boot boot)
{
    const char *sanitizer = getenv("SHUB_SANITIZE");
    uint64_t step = sanitizer && *sanitizer ? 3 : 1;
    uint64_t points = 0;

    for (uint64_t k = 1 + (uint64_t)fault % step;; k += step, points++) {
        snprintf(current, sizeof current, "%s %d, %s, %s at call %d, %s", s->name,
                 variant, p->name, memfs_fault_name(fault), (int)k,
                 memfs_boot_name(boot));
        if (!one_run(s, variant, p, fault, boot, k))
            return points;
    }
}

/* Whether the rest of the run goes on. */
static int is_crash(memfs_fault fault)
{
    return fault == MEMFS_CRASH || fault == MEMFS_CRASH_AFTER ||
           fault == MEMFS_SHORT_CRASH;
}

/* After a crash every way to come up; else, unless all is asked for, one of them in turn.
 */
static uint64_t every_fault(const scenario *s, int variant, const policy *p, int full)
{
    uint64_t points = 0;

    for (int fault = MEMFS_CRASH; fault < MEMFS_FAULTS; fault++)
        for (int boot = 0; boot < MEMFS_BOOTS; boot++)
            if (full || is_crash((memfs_fault)fault) ||
                boot == (variant + fault) % MEMFS_BOOTS)
                points += every_call(s, variant, p, (memfs_fault)fault, (memfs_boot)boot);
    return points;
}

START_TEST(every_fault_everywhere)
{
    const scenario *s = &scenarios[_i / POLICIES];
    const policy *p = &policies[_i % POLICIES];
    int full = getenv("SHUB_CRASH_FULL") != NULL;
    int step = s->variants > 2 && !full ? 12 : 1;
    uint64_t points = 0;

    for (int variant = step > 1 ? _i % step : 0; variant < s->variants; variant += step)
        points += every_fault(s, variant, p, full);
    printf("%-8s %-22s %6d crash points\n", s->name, p->name, (int)points);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crash_log");
    TCase *tests = tcase_create("crashes");

    tcase_set_timeout(tests, 0);
    tcase_add_loop_test(tests, every_fault_everywhere, 0, SCENARIOS * POLICIES);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
