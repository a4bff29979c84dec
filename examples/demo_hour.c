/* demo_hour: what `./dev demo` shows. Polls the gateways that a simulator announced, on a
 * clock that runs fast, until an hour is over; seals it, ships it, prints what was done.
 *
 *     demo_hour GATEWAYS FOLDER BEGIN RATE DEST
 *
 * GATEWAYS holds lines `gateway NUMBER GENERATION URL CLOUD_ID SECRET...`; BEGIN is the
 * clock's first time in seconds since 1970, RATE how many of its seconds pass in one;
 * DEST is where files are shipped to, a folder or a bucket, whose keys and endpoint are
 * those of the environment. */
#include <sensorhub.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_GATEWAYS 64
#define ROUND_US                                                                         \
    (30 * SHUB_SECOND_US) /* between two polls of a gateway, on the fast clock */
#define GRACE_US (60 * SHUB_SECOND_US)

typedef struct fast_clock {
    int64_t begin_us;
    int64_t rate;
    int64_t started_us;
} fast_clock;

static int64_t fast_now(void *user)
{
    const fast_clock *c = user;

    return c->begin_us + (shub_now_us() - c->started_us) * c->rate;
}

typedef struct gateway {
    char stream[32];
    int kind; /* index of `kinds` */
    shub_eagle *eagle;
    int64_t due_us;
} gateway;

typedef struct tally {
    const char *generation; /* as the simulator names it */
    const char *title;
    shub_eagle_transport transport;
    unsigned gateways;
    uint64_t readings;
    uint64_t samples;
    double least, most;
} tally;

static tally kinds[] = {
    {"relay", "EAGLE by the cloud relay", SHUB_EAGLE_RELAY, 0, 0, 0, 1e9, -1e9},
    {"eagle100", "EAGLE-100", SHUB_EAGLE_AUTO, 0, 0, 0, 1e9, -1e9},
    {"eagle200", "EAGLE-200 and EAGLE 3", SHUB_EAGLE_AUTO, 0, 0, 0, 1e9, -1e9},
};

typedef struct demo {
    shub_loop *loop;
    shub_log *log;
    shub_batch *batch;
    fast_clock time;
    shub_clock clock;
    gateway gateways[MAX_GATEWAYS];
    size_t count;
    shub_error err;
} demo;

static int open_gateway(demo *d, char *line)
{
    shub_eagle_options options = SHUB_EAGLE_OPTIONS_INIT;
    gateway *g = &d->gateways[d->count];
    char generation[16], url[128], id[32], secret[64], second[64] = "";
    int number;
    int words = sscanf(line, "gateway %d %15s %127s %31s %63s %63s", &number, generation,
                       url, id, secret, second);

    if (words < 5 || d->count == MAX_GATEWAYS)
        return 0;
    for (g->kind = 0; g->kind < 2 && strcmp(generation, kinds[g->kind].generation);
         g->kind++)
        ;
    kinds[g->kind].gateways++;
    snprintf(g->stream, sizeof g->stream, "gateway-%02d", number);
    options.url = url;
    options.cloud_id = id;
    options.transport = kinds[g->kind].transport;
    if (options.transport == SHUB_EAGLE_RELAY) {
        options.user = secret;
        options.password = second;
    } else {
        options.install_code = secret;
    }
    options.reads = SHUB_EAGLE_READ_DEMAND | SHUB_EAGLE_READ_SUMMATION;
    options.min_gap_ms = 1; /* a real gateway gets the second it needs: the default */
    options.clock = d->clock;
    d->count++;
    return shub_eagle_open(d->loop, &options, &g->eagle, &d->err) == SHUB_OK;
}

static int open_all(demo *d, const char *gateways, const char *folder)
{
    shub_log_options log = SHUB_LOG_OPTIONS_INIT;
    FILE *file = fopen(gateways, "r");
    char line[512];
    int ok = file != NULL;

    snprintf(line, sizeof line, "%s/log", folder);
    log.durability = SHUB_DURABILITY_INTERVAL;
    log.interval_ms = 600000; /* of the fast clock: less than a second of ours */
    log.clock = d->clock;
    log.grace_us = GRACE_US;
    ok = ok && !shub_loop_open(&d->loop, &d->err) &&
         !shub_batch_new(&d->batch, &d->err) &&
         !shub_log_open(shub_str(line), &log, &d->log, &d->err);
    while (ok && fgets(line, sizeof line, file) && strncmp(line, "ready", 5) != 0)
        ok = open_gateway(d, line);
    if (file)
        fclose(file);
    return ok && d->count > 0;
}

/* ---- polling ---- */

static void count(tally *t, const shub_batch *batch)
{
    shub_sample s;

    t->readings++;
    for (size_t i = 0; shub_batch_get(batch, i, &s, NULL) == SHUB_OK; i++) {
        t->samples++;
        if (!shub_slice_equal(s.quantity, SHUB_LIT("power")))
            continue;
        if (s.value.as.f64 < t->least)
            t->least = s.value.as.f64;
        if (s.value.as.f64 > t->most)
            t->most = s.value.as.f64;
    }
}

static int attend(demo *d, gateway *g)
{
    shub_status status;

    shub_batch_clear(d->batch);
    status = shub_eagle_take(g->eagle, d->batch, &d->err);
    if (status != SHUB_E_AGAIN && status != SHUB_OK)
        return 0;
    if (shub_batch_count(d->batch)) {
        count(&kinds[g->kind], d->batch);
        if (shub_log_append_batch(d->log, shub_str(g->stream), d->batch, &d->err))
            return 0;
    }
    if (fast_now(&d->time) < g->due_us)
        return 1;
    g->due_us = fast_now(&d->time) + ROUND_US;
    status = shub_eagle_start(g->eagle, &d->err);
    return status == SHUB_OK || status == SHUB_E_BUSY;
}

static int poll_until(demo *d, int64_t end_us)
{
    while (fast_now(&d->time) < end_us) {
        for (size_t i = 0; i < d->count; i++)
            if (!attend(d, &d->gateways[i]))
                return 0;
        if (shub_loop_run_once(d->loop, 5, &d->err) || shub_log_tick(d->log, &d->err))
            return 0;
    }
    return shub_log_flush(d->log, &d->err) == SHUB_OK;
}

/* ---- sealing, shipping, telling ---- */

/* A store has no fast clock. */
static int64_t real_now(void *user)
{
    (void)user;
    return shub_now_us();
}

static int seal_and_ship(demo *d, const char *folder, const char *dest,
                         shub_log_report *sealed, shub_ship_report *shipped)
{
    shub_ship_options options = SHUB_SHIP_OPTIONS_INIT;
    shub_s3_options store = SHUB_S3_OPTIONS_INIT;
    shub_ship *ship = NULL;
    char root[512];
    int ok;

    snprintf(root, sizeof root, "%s/log", folder);
    store.clock.now_us = real_now;
    options.root = root;
    options.dest = dest;
    options.clock = d->clock;
    options.s3 = &store;
    ok = !shub_log_seal(d->log, sealed, &d->err) &&
         !shub_ship_open(&options, &ship, &d->err) &&
         !shub_ship_run(ship, shipped, &d->err);
    shub_ship_close(ship);
    return ok;
}

static void tell(const demo *d, const shub_log_report *sealed,
                 const shub_ship_report *shipped)
{
    double took = (double)(shub_now_us() - d->time.started_us) / 1e6;
    shub_log_stats stats;
    tally sum = {"", "all", SHUB_EAGLE_AUTO, 0, 0, 0, 1e9, -1e9};

    stats.size = sizeof stats;
    shub_log_get_stats(d->log, &stats);
    printf("\n%-26s %8s %9s %9s   %s\n", "", "gateways", "readings", "samples",
           "power, kW");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const tally *t = &kinds[i];
        printf("%-26s %8u %9" PRIu64 " %9" PRIu64 "   %.3f to %.3f\n", t->title,
               t->gateways, t->readings, t->samples, t->least, t->most);
        sum.gateways += t->gateways;
        sum.readings += t->readings;
        sum.samples += t->samples;
    }
    printf("%-26s %8u %9" PRIu64 " %9" PRIu64 "\n", sum.title, sum.gateways, sum.readings,
           sum.samples);
    printf("\nlogged   %9" PRIu64 " lines, %9" PRIu64 " bytes, %" PRIu64
           " acknowledged\n",
           stats.lines, stats.bytes, stats.acknowledged);
    printf("sealed   %9" PRIu64 " lines, %9" PRIu64 " bytes in %" PRIu64
           " files of %" PRIu64 " bytes, %.1f to 1\n",
           sealed->lines, sealed->bytes_in, sealed->sealed, sealed->bytes_out,
           (double)sealed->bytes_in /
               (double)(sealed->bytes_out ? sealed->bytes_out : 1));
    printf("shipped  %9" PRIu64 " files, %9" PRIu64
           " bytes, each compared before it left here\n",
           shipped->files, shipped->bytes);
    printf("time     %9.1f s for %.0f minutes\n", took, took * (double)d->time.rate / 60);
}

int main(int argc, char **argv)
{
    static demo d;
    shub_log_report sealed = SHUB_LOG_REPORT_INIT;
    shub_ship_report shipped = SHUB_SHIP_REPORT_INIT;
    int64_t hour_end_us;

    if (argc != 6) {
        fputs("usage: demo_hour GATEWAYS FOLDER BEGIN RATE DEST\n", stderr);
        return 2;
    }
    d.time.begin_us = atoll(argv[3]) * SHUB_SECOND_US;
    d.time.rate = atoll(argv[4]);
    d.time.started_us = shub_now_us();
    d.clock.now_us = fast_now;
    d.clock.user = &d.time;
    hour_end_us = (d.time.begin_us / SHUB_HOUR_US + 1) * SHUB_HOUR_US;
    if (!open_all(&d, argv[1], argv[2]))
        goto failed;
    printf("polling %zu simulated gateways, %" PRId64 " times as fast as life\n", d.count,
           d.time.rate);
    if (poll_until(&d, hour_end_us + 10 * GRACE_US) &&
        seal_and_ship(&d, argv[2], argv[5], &sealed, &shipped)) {
        tell(&d, &sealed, &shipped);
        return 0;
    }
failed:
    fprintf(stderr, "demo_hour: %s: %s\n", shub_status_name((shub_status)d.err.code),
            d.err.message);
    return 1;
}
