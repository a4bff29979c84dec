/* eagle watch: a live table on a terminal, lines of samples elsewhere. */
#include "eagle.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_MS  500
#define FIRST_MS   50 /* between two first polls, so that a few gateways need not wait */
#define NAME_WIDTH 26

enum { INTERVAL = EAGLE_ROWS, COUNT, CONFIG };

const option_row watch_options[] = {
    EAGLE_OPTION_ROWS,
    {"interval", "DURATION", "from poll to poll of a gateway (15s, relay 6s)"},
    {"count", "N", "end after so many polls of all gateways together"},
    {"config", "FILE", "JSON file that lists gateways"},
    {NULL, NULL, NULL},
};

/* What a gateway said last. */
typedef struct row {
    char *id;
    double power, delivered;
    int has_power, has_delivered;
    int64_t time_us; /* of the power, by the meter */
    char error[64];
} row;

typedef struct watching {
    shub_loop *loop;
    shub_fleet *fleet;
    shub_batch *batch;
    json_t *config;
    row *rows;
    size_t count;
    int table;
    int code; /* of the first failure */
} watching;

/* ---- gateways ------------------------------------------------------------------ */

static int add(watching *w, const char *id, const shub_eagle_options *opts)
{
    shub_error err = SHUB_ERROR_INIT;
    row *rows = realloc(w->rows, (w->count + 1) * sizeof *rows);
    shub_status status = SHUB_E_NOMEM;

    if (rows) {
        w->rows = rows;
        memset(&rows[w->count], 0, sizeof *rows);
        rows[w->count].id = strdup(id);
        if (rows[w->count].id)
            status = shub_fleet_add(w->fleet, shub_str(id), opts, &err);
        w->count++;
    }
    if (status == SHUB_E_EXISTS)
        return usage("eagle watch: \"%s\" is given twice", id);
    return status == SHUB_OK ? EXIT_OK : failed(id, status, &err);
}

static const char *text_of(const json_t *object, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : otherwise;
}

static int read_transport(const json_t *object, int32_t *transport)
{
    return value_choice("transport", text_of(object, "transport", NULL), eagle_transports,
                        transport);
}

/* Adds a gateway that the file lists; `defaults` are the options of the command line. */
static int add_listed(watching *w, const json_t *object,
                      const shub_eagle_options *defaults)
{
    shub_eagle_options opts = *defaults;
    eagle_secrets secrets = {NULL, NULL};
    const char *code_file = text_of(object, "install_code_file", NULL);
    const char *password_file = text_of(object, "password_file", NULL);
    int code;

    opts.url = text_of(object, "url", NULL);
    opts.cloud_id = text_of(object, "cloud_id", opts.cloud_id);
    opts.user = text_of(object, "user", opts.user);
    opts.meter = text_of(object, "meter", opts.meter);
    opts.ca_file = text_of(object, "ca_file", opts.ca_file);
    opts.pin = text_of(object, "pin", opts.pin);
    opts.insecure |= json_is_true(json_object_get(object, "insecure"));
    opts.interval_ms =
        (int64_t)(json_number_value(json_object_get(object, "interval_s")) * 1000);
    if (!read_transport(object, &opts.transport))
        return EXIT_USAGE;
    if ((code_file && !input_secret(code_file, "", &secrets.install_code)) ||
        (password_file && !input_secret(password_file, "", &secrets.password)))
        return EXIT_SYSTEM;
    if (code_file)
        opts.install_code = secrets.install_code;
    if (password_file)
        opts.password = secrets.password;
    code = add(w, text_of(object, "id", eagle_name(opts.url)), &opts);
    eagle_forget(&secrets);
    return code;
}

static int add_all(watching *w, const arguments *args, shub_eagle_options *opts)
{
    const json_t *list = json_object_get(w->config, "gateways");
    int code = EXIT_OK;

    for (size_t i = 0; code == EXIT_OK && i < json_array_size(list); i++)
        code = add_listed(w, json_array_get(list, i), opts);
    for (int i = 0; code == EXIT_OK && i < args->count; i++) {
        opts->url = args->rest[i];
        code = add(w, eagle_name(opts->url), opts);
    }
    if (code == EXIT_OK && w->count == 0 && opts->transport == SHUB_EAGLE_RELAY)
        code = add(w, eagle_name(NULL), opts);
    if (code == EXIT_OK && w->count == 0)
        code = usage("eagle watch: wants a URL, --relay or --config");
    return code;
}

static int load(watching *w, const char *path)
{
    json_error_t error;

    if (!path)
        return EXIT_OK;
    w->config = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (w->config)
        return EXIT_OK;
    fprintf(stderr, "sensorhub: %s: line %d: %s\n", path, error.line, error.text);
    return EXIT_LEFT;
}

/* ---- the table ----------------------------------------------------------------- */

static size_t screen_rows(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 4
               ? (size_t)size.ws_row - 3
               : 20;
}

static void print_number(int known, double number, const char *unit)
{
    if (known)
        printf("  %12.3f %s", number, unit);
    else
        printf("  %12s %*s", "-", (int)strlen(unit), "");
}

static void print_row(const watching *w, const row *r)
{
    shub_fleet_stats stats = SHUB_FLEET_STATS_INIT;
    char time[SHUB_TIME_MAX] = "-";

    (void)!shub_fleet_get_stats(w->fleet, shub_str(r->id), &stats, NULL);
    if (r->time_us)
        (void)shub_time_format(r->time_us, time);
    printf("%-*.*s", NAME_WIDTH, NAME_WIDTH, r->id);
    print_number(r->has_power, r->power, "kW");
    print_number(r->has_delivered, r->delivered, "kWh");
    printf("  %-20.20s  %6llu %6llu  %s\033[K\n", time, (unsigned long long)stats.polls,
           (unsigned long long)stats.failures, r->error);
}

static void draw(const watching *w)
{
    shub_fleet_stats all = SHUB_FLEET_STATS_INIT;
    size_t rows = screen_rows(), shown = w->count < rows ? w->count : rows;

    (void)!shub_fleet_get_stats(w->fleet, shub_str(NULL), &all, NULL);
    printf("\033[H%-*s  %15s  %16s  %-20s  %6s %6s\033[K\n", NAME_WIDTH, "gateway",
           "power", "delivered", "meter's time", "polls", "failed");
    for (size_t i = 0; i < shown; i++)
        print_row(w, &w->rows[i]);
    printf(
        "%zu gateways, %zu shown, %llu polls, %llu failed, %llu samples, late by %lld ms "
        "at p99\033[K\033[J",
        w->count, shown, (unsigned long long)all.polls, (unsigned long long)all.failures,
        (unsigned long long)all.samples, (long long)shub_fleet_lateness_ms(&all, 0.99));
    fflush(stdout);
}

static void note(row *r, const shub_batch *batch, const shub_fleet_result *result)
{
    shub_sample sample;

    snprintf(r->error, sizeof r->error, "%.63s",
             result->status ? result->err.message : "");
    for (size_t i = 0; shub_batch_get(batch, i, &sample, NULL) == SHUB_OK; i++) {
        if (shub_slice_equal(sample.quantity, SHUB_LIT("power"))) {
            r->power = sample.value.as.f64;
            r->time_us = sample.time_us;
            r->has_power = 1;
        } else if (shub_slice_equal(sample.quantity, SHUB_LIT("energy_delivered"))) {
            r->delivered = sample.value.as.f64;
            r->has_delivered = 1;
        }
    }
}

/* ---- polls --------------------------------------------------------------------- */

static row *row_of(watching *w, shub_slice id)
{
    size_t i = 0;

    while (strcmp(w->rows[i].id, id.ptr) != 0)
        i++;
    return &w->rows[i];
}

static void print_lines(watching *w, const shub_fleet_result *result)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_slice text;
    shub_status status = shub_batch_to_jsonl(w->batch, &text, &err);

    if (status == SHUB_OK)
        fwrite(text.ptr, 1, text.len, stdout);
    else
        (void)failed(result->id.ptr, status, &err);
    if (result->status)
        (void)failed(result->id.ptr, (shub_status)result->status, &result->err);
    if (finish(EXIT_OK) != EXIT_OK) /* nobody reads on */
        w->code = EXIT_SYSTEM;
}

/* Takes what is finished; how many. */
static int64_t take(watching *w)
{
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    int64_t taken = 0;

    shub_batch_clear(w->batch);
    while (shub_fleet_next(w->fleet, w->batch, &result, NULL) == SHUB_OK) {
        if (result.status && w->code == EXIT_OK)
            w->code = exit_of((shub_status)result.status);
        if (w->table)
            note(row_of(w, result.id), w->batch, &result);
        else
            print_lines(w, &result);
        shub_batch_clear(w->batch);
        taken++;
    }
    return taken;
}

static int64_t steady_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int run(watching *w, int64_t count)
{
    int64_t taken = 0, redraw_ms = 0;
    shub_error err = SHUB_ERROR_INIT;

    while (!input_stopped() && (count == 0 || taken < count) && w->code != EXIT_SYSTEM) {
        shub_status status = shub_loop_run_once(w->loop, REDRAW_MS, &err);

        if (status != SHUB_OK)
            return failed("eagle watch", status, &err);
        taken += take(w);
        if (!w->table || steady_ms() < redraw_ms)
            continue;
        draw(w);
        redraw_ms = steady_ms() + REDRAW_MS;
    }
    if (w->table) {
        draw(w);
        putchar('\n');
    }
    return w->code;
}

static int open_all(watching *w, const arguments *args, shub_eagle_options *opts,
                    int64_t interval_us)
{
    shub_fleet_options fleet = SHUB_FLEET_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    int code = load(w, args->value[CONFIG]);
    shub_status status;

    if (code != EXIT_OK)
        return code;
    fleet.interval_ms = interval_us / 1000;
    fleet.spread_ms =
        FIRST_MS *
        (args->count + (int64_t)json_array_size(json_object_get(w->config, "gateways")));
    if (fleet.spread_ms > SHUB_FLEET_RELAY_INTERVAL_MS)
        fleet.spread_ms = 0;
    status = shub_loop_open(&w->loop, &err);
    if (status == SHUB_OK)
        status = shub_fleet_open(w->loop, &fleet, &w->fleet, &err);
    if (status == SHUB_OK)
        status = shub_batch_new(&w->batch, &err);
    return status == SHUB_OK ? add_all(w, args, opts)
                             : failed("eagle watch", status, &err);
}

static void close_all(watching *w)
{
    shub_fleet_close(w->fleet);
    shub_batch_free(w->batch);
    shub_loop_close(w->loop);
    for (size_t i = 0; i < w->count; i++)
        free(w->rows[i].id);
    free(w->rows);
    json_decref(w->config);
}

static int watch(const arguments *args, shub_eagle_options *opts)
{
    int64_t count = 0, interval_us = 0;
    watching w;
    int code;

    memset(&w, 0, sizeof w);
    if (!value_count("count", args->value[COUNT], INT32_MAX, &count) ||
        !value_duration_us("interval", args->value[INTERVAL], &interval_us))
        return EXIT_USAGE;
    w.table = !args->json && isatty(STDOUT_FILENO);
    code = open_all(&w, args, opts, interval_us);
    if (code == EXIT_OK) {
        input_catch_signals();
        if (w.table)
            fputs("\033[2J", stdout);
        code = run(&w, count);
    }
    close_all(&w);
    return code;
}

int run_watch(const arguments *args)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    eagle_secrets secrets = {NULL, NULL};
    int code = eagle_options_read(args, &opts, &secrets);

    if (code == EXIT_OK)
        code = watch(args, &opts);
    eagle_forget(&secrets);
    return code;
}
