/* eagle_logger: asks EAGLE gateways for readings every few seconds, appends them to
 * hourly files, seals each hour and ships it. The service of the ISEIF Rainforest
 * project, in a page.
 *
 *     eagle_logger CONFIG.json
 *
 * eagle_logger/config.h describes the file and the environment, eagle_logger.service
 * beside it is a systemd unit. SIGHUP reads the gateways again (so does every minute),
 * SIGTERM stops within a second; what was read by then is on the disk. */
#include "eagle_logger/config.h"
#include "eagle_logger/iseif.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RELOAD_MS   60000
#define HOUSEKEEP_S 15  /* between two looks for hours to seal and files to ship */
#define WAIT_MS     200 /* longest wait, so that a signal is seen soon */
#define TAIL_LINES  64

static volatile sig_atomic_t stop, reload;

static void on_signal(int number)
{
    if (number == SIGHUP)
        reload = 1;
    else
        stop = 1;
}

static void complain(const char *who, const shub_error *err)
{
    fprintf(stderr, "%s: %s: %s\n", who, shub_status_name((shub_status)err->code),
            err->message);
}

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the service has open. */
typedef struct service {
    config config; /* the housekeeping thread reads it until the process ends */
    shub_loop *loop;
    shub_fleet *fleet;
    shub_log *log;
    shub_batch *batch;
} service;

/* After a restart the log itself says what was the last. */
static void remember(const char *id, void *user)
{
    service *s = user;
    shub_slice text;

    shub_batch_clear(s->batch);
    if (shub_log_tail(s->log, shub_str(id), TAIL_LINES, &text, NULL) != SHUB_OK)
        return;
    if (s->config.iseif_lines)
        iseif_times(text, s->batch);
    else
        (void)!shub_batch_add_jsonl(s->batch, text, NULL, NULL);
    (void)!shub_fleet_note(s->fleet, shub_str(id), s->batch, NULL);
}

/* ---- one poll's readings to the log ---- */

/* One line a sample that is acknowledged now. */
static void tell(const char *id, const shub_batch *logged)
{
    char time[SHUB_TIME_MAX];
    shub_sample sample;

    for (size_t i = 0; shub_batch_get(logged, i, &sample, NULL) == SHUB_OK; i++)
        if (shub_time_format(sample.time_us, time))
            printf("%s %s %s\n", id, time, sample.quantity.ptr);
}

/* Writes the line of the demand that a poll's power was read from; 1, or 0 for none. */
static int demand_line(const shub_fleet *fleet, char line[ISEIF_LINE_MAX])
{
    const shub_eagle_reading *reading;
    const shub_eagle_reply *reply;

    for (size_t r = 0; (reply = shub_fleet_last_reply(fleet, r)); r++)
        for (size_t i = 0; (reading = shub_eagle_reply_at(reply, i)); i++)
            if (iseif_line(reading, line))
                return 1;
    return 0;
}

static shub_status append_iseif(service *s, shub_slice id, shub_error *err)
{
    char line[ISEIF_LINE_MAX];
    shub_sample sample;

    for (size_t i = 0; shub_batch_get(s->batch, i, &sample, NULL) == SHUB_OK; i++)
        if (shub_slice_equal(sample.quantity, SHUB_LIT("power")) &&
            demand_line(s->fleet, line))
            return shub_log_append_line(s->log, id, sample.time_us, shub_str(line), err);
    return SHUB_OK;
}

/* Takes the polls that are finished. */
static void take(service *s)
{
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    shub_batch_clear(s->batch);
    while (shub_fleet_next(s->fleet, s->batch, &result, NULL) == SHUB_OK) {
        if (result.status)
            complain(result.id.ptr, &result.err);
        status = s->config.iseif_lines
                     ? append_iseif(s, result.id, &err)
                     : shub_log_append_batch(s->log, result.id, s->batch, &err);
        if (status)
            complain(result.id.ptr, &err);
        else if (s->config.verbose)
            tell(result.id.ptr, s->batch);
        shub_batch_clear(s->batch);
    }
}

/* ---- sealing and shipping, beside the polls ---- */

/* Has handles of its own, and is not waited for at the end: sealing and shipping go on
 * after a restart where they were cut. */
static void *housekeep(void *user)
{
    const config *c = user;
    shub_error err = SHUB_ERROR_INIT;
    shub_log *log = NULL;
    shub_ship *ship = NULL;

    for (;; sleep(HOUSEKEEP_S)) {
        if (!log && shub_log_open(shub_str(c->root), &c->log, &log, &err))
            complain("seal", &err);
        if (log && shub_log_seal(log, NULL, &err))
            complain("seal", &err);
        if (c->ship.dest && !ship && shub_ship_open(&c->ship, &ship, &err))
            complain("ship", &err);
        if (ship && shub_ship_run(ship, NULL, &err))
            complain("ship", &err);
    }
    return NULL;
}

static void start_housekeeping(config *c)
{
    sigset_t all;
    sigset_t old;
    pthread_t thread;

    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&thread, NULL, housekeep, c) == 0)
        pthread_detach(thread);
    else
        fputs("eagle_logger: no thread to seal and ship\n", stderr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- the service ---- */

static shub_status open_service(service *s, const char *path, shub_error *err)
{
    shub_fleet_options fleet = SHUB_FLEET_OPTIONS_INIT;
    config *c = &s->config;
    shub_status status = config_open(c, path, err);

    fleet.interval_ms = c->interval_ms;
    fleet.keep_duplicates = !c->dedup;
    if (status || (status = shub_loop_open(&s->loop, err)) ||
        (status = shub_fleet_open(s->loop, &fleet, &s->fleet, err)) ||
        (status = shub_batch_new(&s->batch, err)) ||
        (status = shub_log_open(shub_str(c->root), &c->log, &s->log, err)))
        return status;
    c->loop = s->loop;
    c->fleet = s->fleet;
    c->on_added = remember;
    c->user = s;
    return config_gateways(c, err);
}

static void serve(service *s)
{
    int64_t reload_ms = monotonic_ms() + RELOAD_MS;
    shub_error err = SHUB_ERROR_INIT;

    while (!stop) {
        if (reload || monotonic_ms() >= reload_ms) {
            reload = 0;
            reload_ms = monotonic_ms() + RELOAD_MS;
            if (config_gateways(&s->config, &err))
                complain(s->config.path, &err);
        }
        if (shub_loop_run_once(s->loop, WAIT_MS, &err))
            complain("loop", &err);
        take(s);
        if (shub_log_tick(s->log, &err))
            complain("log", &err);
    }
    if (shub_log_flush(s->log, &err))
        complain("log", &err);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    shub_error err = SHUB_ERROR_INIT;
    static service s;

    if (argc != 2) {
        fputs("usage: eagle_logger CONFIG.json\n", stderr);
        return 2;
    }
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (open_service(&s, argv[1], &err)) {
        complain("eagle_logger", &err);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    start_housekeeping(&s.config);
    serve(&s);
    shub_log_close(s.log);
    _exit(0); /* without waiting for the thread */
}
