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

/* ---- what was logged already: the newest meter time of each quantity ---- */

static seen *slot_of(gateway *g, shub_slice quantity)
{
    for (seen *s = g->seen; s < g->seen + MAX_SEEN; s++)
        if (!s->quantity[0] || shub_slice_equal(shub_str(s->quantity), quantity))
            return s;
    return NULL;
}

static int was_logged(gateway *g, const shub_sample *s)
{
    const seen *slot = slot_of(g, s->quantity);

    return !(s->flags & SHUB_TIME_ASSUMED) && slot && slot->quantity[0] &&
           s->time_us <= slot->time_us;
}

static void note(gateway *g, const shub_batch *logged)
{
    shub_sample s;

    for (size_t i = 0; shub_batch_get(logged, i, &s, NULL) == SHUB_OK; i++) {
        seen *slot = slot_of(g, s.quantity);
        if (s.flags & SHUB_TIME_ASSUMED || !slot ||
            s.quantity.len >= sizeof slot->quantity)
            continue;
        memcpy(slot->quantity, s.quantity.ptr, s.quantity.len);
        slot->time_us = s.time_us;
    }
}

/* After a restart the log itself says what was the last. */
static void remember(gateway *g, shub_log *log, const config *c, shub_batch *scratch)
{
    shub_slice text;

    g->remembered = 1;
    shub_batch_clear(scratch);
    if (shub_log_tail(log, shub_str(g->id), TAIL_LINES, &text, NULL) != SHUB_OK)
        return;
    if (c->iseif_lines)
        iseif_times(text, scratch);
    else
        (void)!shub_batch_add_jsonl(scratch, text, NULL, NULL);
    note(g, scratch);
}

/* ---- one poll's readings to the log ---- */

/* One line a sample that is acknowledged now. */
static void tell(const gateway *g, const shub_batch *logged)
{
    char time[SHUB_TIME_MAX];
    shub_sample s;

    for (size_t i = 0; shub_batch_get(logged, i, &s, NULL) == SHUB_OK; i++)
        if (shub_time_format(s.time_us, time))
            printf("%s %s %s\n", g->id, time, s.quantity.ptr);
}

/* Writes the line of the demand that a poll's power was read from; 1, or 0 for none. */
static int demand_line(const gateway *g, char line[ISEIF_LINE_MAX])
{
    const shub_eagle_reading *reading;
    const shub_eagle_reply *reply;

    for (size_t r = 0; (reply = shub_eagle_last_reply(g->eagle, r)); r++)
        for (size_t i = 0; (reading = shub_eagle_reply_at(reply, i)); i++)
            if (iseif_line(reading, line))
                return 1;
    return 0;
}

static shub_status append_iseif(gateway *g, shub_log *log, const shub_batch *fresh,
                                shub_error *err)
{
    char line[ISEIF_LINE_MAX];
    shub_sample s;

    for (size_t i = 0; shub_batch_get(fresh, i, &s, NULL) == SHUB_OK; i++)
        if (shub_slice_equal(s.quantity, SHUB_LIT("power")) && demand_line(g, line))
            return shub_log_append_line(log, shub_str(g->id), s.time_us, shub_str(line),
                                        err);
    return SHUB_OK;
}

static shub_status store(gateway *g, shub_log *log, const config *c,
                         const shub_batch *polled, shub_batch *fresh, shub_error *err)
{
    shub_status status = SHUB_OK;
    shub_sample s;

    shub_batch_clear(fresh);
    for (size_t i = 0; !status && shub_batch_get(polled, i, &s, NULL) == SHUB_OK; i++)
        if (!c->dedup || !was_logged(g, &s))
            status = shub_batch_append(fresh, &s, err);
    if (!status && c->iseif_lines)
        status = append_iseif(g, log, fresh, err);
    else if (!status)
        status = shub_log_append_batch(log, shub_str(g->id), fresh, err);
    if (status)
        return status;
    note(g, fresh);
    if (c->verbose)
        tell(g, fresh);
    return SHUB_OK;
}

/* Takes a poll that is finished, starts one that is due. */
static void attend(gateway *g, shub_log *log, const config *c, shub_batch *batches[2])
{
    int64_t now = monotonic_ms();
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    shub_batch_clear(batches[0]);
    status = shub_eagle_take(g->eagle, batches[0], &err);
    if (status && status != SHUB_E_AGAIN)
        complain(g->id, &err);
    if (shub_batch_count(batches[0]) && store(g, log, c, batches[0], batches[1], &err))
        complain(g->id, &err);
    if (now < g->due_ms)
        return;
    g->due_ms = now + c->interval_ms;
    status = shub_eagle_start(g->eagle, &err);
    if (status && status != SHUB_E_BUSY && status != SHUB_E_CIRCUIT)
        complain(g->id, &err);
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

static void serve(config *c, shub_loop *loop, shub_log *log, shub_batch *batches[2])
{
    int64_t reload_ms = monotonic_ms() + RELOAD_MS;
    shub_error err = SHUB_ERROR_INIT;

    while (!stop) {
        if (reload || monotonic_ms() >= reload_ms) {
            reload = 0;
            reload_ms = monotonic_ms() + RELOAD_MS;
            if (config_reload(c, loop, &err))
                complain(c->path, &err);
        }
        for (size_t i = 0; i < c->gateway_count; i++) {
            if (!c->gateways[i].remembered)
                remember(&c->gateways[i], log, c, batches[0]);
            attend(&c->gateways[i], log, c, batches);
        }
        if (shub_loop_run_once(loop, WAIT_MS, &err))
            complain("loop", &err);
        if (shub_log_tick(log, &err))
            complain("log", &err);
    }
    if (shub_log_flush(log, &err))
        complain("log", &err);
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_signal};
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batches[2] = {NULL, NULL};
    shub_loop *loop = NULL;
    shub_log *log = NULL;
    static config c; /* the housekeeping thread reads it until the process ends */

    if (argc != 2) {
        fputs("usage: eagle_logger CONFIG.json\n", stderr);
        return 2;
    }
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (shub_loop_open(&loop, &err) || config_open(&c, argv[1], loop, &err) ||
        shub_batch_new(&batches[0], &err) || shub_batch_new(&batches[1], &err) ||
        shub_log_open(shub_str(c.root), &c.log, &log, &err)) {
        complain("eagle_logger", &err);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    start_housekeeping(&c);
    serve(&c, loop, log, batches);
    shub_log_close(log);
    _exit(0); /* without waiting for the thread */
}
