/* The client of one gateway against simulated ones: the three generations, what is found
 * out about them, the order of calls, gaps, many clients on one loop. */
#include "net/loop.h"
#include "support/gateways.h"
#include "support/peer.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALL_READS                                                                        \
    (SHUB_EAGLE_READ_DEMAND | SHUB_EAGLE_READ_SUMMATION | SHUB_EAGLE_READ_PRICE |        \
     SHUB_EAGLE_READ_NETWORK)

static shub_loop *loop;
static shub_batch *batch;
static gateways *sim;

static void open_loop(void)
{
    sim = NULL;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
}

static void close_loop(void)
{
    shub_loop_close(loop);
    shub_batch_free(batch);
    if (sim)
        gateways_stop(sim);
}

static shub_eagle *open_eagle(const shub_eagle_options *opts)
{
    shub_eagle *eagle;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status = shub_eagle_open(loop, opts, &eagle, &err);

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
    return eagle;
}

static shub_status poll_once(shub_eagle *eagle)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;

    shub_batch_clear(batch);
    status = shub_eagle_poll(eagle, batch, &err);
    ck_assert_int_eq(status, err.code);
    return status;
}

/* The batch's value of a quantity; ends the test when there is none. */
static double value_of(const char *quantity)
{
    shub_sample sample;
    size_t i;

    for (i = 0; shub_batch_get(batch, i, &sample, NULL) == SHUB_OK; i++)
        if (shub_slice_equal(sample.quantity, shub_str(quantity)))
            return sample.value.as.f64;
    ck_abort_msg("no %s in %zu samples", quantity, i);
    return 0;
}

static int64_t fixed_now(void *user)
{
    (void)user;
    return 1600000000 * SHUB_SECOND_US;
}

static const struct {
    const char *option;
    shub_eagle_transport transport;
    size_t replies;
    const char *field;
} generations[] = {
    {"--relay 1", SHUB_EAGLE_RELAY, 4, "Demand"},
    {"--eagle100 1", SHUB_EAGLE_100, 4, "Demand"},
    {"--eagle200 1", SHUB_EAGLE_200, 1, "zigbee:InstantaneousDemand"},
};

START_TEST(each_generation)
{
    shub_eagle_options opts;
    shub_eagle *eagle;
    const shub_eagle_reply *reply;
    size_t i;

    sim = gateways_start(generations[_i].option);
    opts = gateways_options(sim, 0);
    opts.transport = generations[_i].transport;
    opts.reads = ALL_READS;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), generations[_i].transport);
    ck_assert(value_of("power") > -100 && value_of("power") < 100);
    ck_assert(value_of("energy_delivered") > 0);
    for (i = 0; (reply = shub_eagle_last_reply(eagle, i)) != NULL; i++)
        ck_assert_uint_ge(shub_eagle_reply_count(reply), 1);
    ck_assert_uint_eq(i, generations[_i].replies);
    reply = shub_eagle_last_reply(eagle, 0);
    ck_assert_uint_gt(shub_eagle_reading_field(shub_eagle_reply_at(reply, 0),
                                               shub_str(generations[_i].field))
                          .len,
                      0);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(reads_choose_the_commands)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle100 1");
    opts = gateways_options(sim, 0);
    opts.transport = SHUB_EAGLE_100;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_instantaneous_demand"), 1);
    shub_eagle_close(eagle);
    opts.reads = SHUB_EAGLE_READ_NETWORK | SHUB_EAGLE_READ_PRICE;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 3);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_price"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_network_status"), 1);
    shub_eagle_close(eagle);
}
END_TEST

/* ---- what is found out --------------------------------------------------------- */

START_TEST(auto_finds_a_100)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle100 1");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_100);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_instantaneous_demand"), 2);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(auto_finds_a_200)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle200 1");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_200);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_query"), 2);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_gateway_is_detected)
{
    static const struct {
        const char *kind, *fault;
        shub_status status;
        shub_eagle_transport transport;
    } rows[] = {{"--eagle100 1", NULL, SHUB_OK, SHUB_EAGLE_100},
                {"--eagle200 1", NULL, SHUB_OK, SHUB_EAGLE_200},
                {"--eagle200 1", "fault 1 401 1", SHUB_E_AUTH, SHUB_EAGLE_AUTO}};
    shub_error err = SHUB_ERROR_INIT;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shub_eagle_transport transport;
        shub_eagle_options opts;
        shub_eagle *eagle;

        sim = gateways_start(rows[i].kind);
        opts = gateways_options(sim, 0);
        opts.transport = SHUB_EAGLE_AUTO;
        eagle = open_eagle(&opts);
        if (rows[i].fault)
            gateways_say(sim, rows[i].fault);
        ck_status(shub_eagle_detect(eagle, &transport, &err), rows[i].status);
        ck_assert_int_eq((int)transport, (int)rows[i].transport);
        shub_eagle_close(eagle);
        opts.transport = SHUB_EAGLE_100;
        eagle = open_eagle(&opts);
        ck_status(shub_eagle_detect(eagle, &transport, &err), SHUB_OK);
        ck_assert_int_eq((int)transport, (int)SHUB_EAGLE_100);
        shub_eagle_close(eagle);
        gateways_stop(sim);
    }
    sim = NULL;
}
END_TEST

START_TEST(list_tells_the_devices)
{
    static const struct {
        const char *kind;
        shub_eagle_root root;
        size_t count;
    } rows[] = {{"--eagle100 1", SHUB_EAGLE_ROOT_NETWORK, 1},
                {"--eagle200 1 --two-meters", SHUB_EAGLE_ROOT_DEVICE, 2}};
    shub_error err = SHUB_ERROR_INIT;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shub_eagle_options opts;
        shub_eagle_reply *reply;
        shub_eagle *eagle;

        sim = gateways_start(rows[i].kind);
        opts = gateways_options(sim, 0);
        eagle = open_eagle(&opts);
        for (int again = 0; again < 2; again++) { /* before a poll, and after one */
            ck_status(shub_eagle_list(eagle, &reply, &err), SHUB_OK);
            ck_assert_uint_ge(shub_eagle_reply_count(reply), rows[i].count);
            ck_assert_int_eq(shub_eagle_reading_root(shub_eagle_reply_at(reply, 0)),
                             rows[i].root);
            ck_assert_ptr_null(shub_eagle_last_reply(eagle, 0));
            shub_eagle_reply_free(reply);
            ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
        }
        ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
        ck_status(shub_eagle_list(eagle, &reply, &err), SHUB_E_BUSY);
        ck_assert_ptr_null(reply);
        ck_status(shub_eagle_detect(eagle, &(shub_eagle_transport){0}, &err),
                  SHUB_E_BUSY);
        shub_eagle_close(eagle);
        gateways_stop(sim);
    }
    sim = NULL;
}
END_TEST

START_TEST(one_blank_answer_fixes_nothing)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle200 1");
    gateways_say(sim, "fault 1 empty 1");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_E_EMPTY); /* an EAGLE-200 says nothing to get_... */
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_200);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_replaced_gateway_is_found_out)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle200 1");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    gateways_say(sim, "fault 1 wrong-root 1");
    ck_status(poll_once(eagle), SHUB_E_UNEXPECTED);
    ck_assert_int_eq(shub_eagle_transport_used(eagle), SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 2);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(no_authentication)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle100 1 --no-auth");
    opts = gateways_options(sim, 0);
    opts.cloud_id = NULL;
    opts.install_code = NULL;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(wrong_credentials)
{
    static const struct {
        const char *option;
        shub_status status;
    } cases[] = {
        {"--relay 1",
         SHUB_E_REMOTE}, /* all that is known of the relay is its root Error */
        {"--eagle100 1", SHUB_E_AUTH},
        {"--eagle200 1", SHUB_E_AUTH},
    };
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start(cases[_i].option);
    opts = gateways_options(sim, 0);
    opts.retries = 2;
    if (opts.install_code)
        opts.install_code = "0123456789abcdee";
    opts.password = "wrong";
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), cases[_i].status);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 1);
    shub_eagle_close(eagle);
}
END_TEST

/* ---- meters -------------------------------------------------------------------- */

/* Addresses of the stale meter and the live one, as device_list writes them. */
static void two_meters(char stale[32], char live[32])
{
    shub_eagle_options opts = gateways_options(sim, 0);
    shub_eagle *eagle = open_eagle(&opts);
    unsigned long long address;
    shub_slice meter;

    ck_status(poll_once(eagle), SHUB_OK);
    meter =
        shub_eagle_reading_meter(shub_eagle_reply_at(shub_eagle_last_reply(eagle, 0), 0));
    snprintf(live, 32, "%.*s", (int)meter.len, meter.ptr);
    address = strtoull(live, NULL, 16) ^ 0x400000;
    snprintf(stale, 32, "0x%016llx", address);
    shub_eagle_close(eagle);
}

START_TEST(the_connected_meter_is_read)
{
    shub_eagle_options opts;
    shub_eagle *eagle;
    shub_error err = SHUB_ERROR_INIT;
    char stale[32], live[32], upper[32];
    size_t i;

    sim = gateways_start("--eagle200 1 --two-meters");
    two_meters(stale, live);
    opts = gateways_options(sim, 0);

    opts.meter = stale;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_NOT_JOINED);
    ck_assert_ptr_nonnull(strstr(err.message, "Not joined"));
    shub_eagle_close(eagle);

    opts.meter = "0x0000000000000001";
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_NOT_JOINED);
    ck_assert_ptr_nonnull(strstr(err.message, opts.meter));
    shub_eagle_close(eagle);

    for (i = 0; live[i + 2]; i++) /* without 0x, in the other case */
        upper[i] = (char)(live[i + 2] >= 'a' ? live[i + 2] - 32 : live[i + 2]);
    upper[i] = '\0';
    opts.meter = upper;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_meter_that_leaves_is_looked_for)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle200 1");
    opts = gateways_options(sim, 0);
    opts.circuit_failures = 1;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    gateways_say(sim, "fault 1 not-joined 2");
    ck_status(poll_once(eagle), SHUB_E_NOT_JOINED); /* device_query, all blank */
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    ck_status(poll_once(eagle), SHUB_E_NOT_JOINED); /* device_list */
    ck_status(poll_once(eagle),
              SHUB_OK); /* and no circuit opened: the gateway was well */
    shub_eagle_close(eagle);
}
END_TEST

/* ---- the order of calls -------------------------------------------------------- */

START_TEST(start_and_take)
{
    shub_eagle_options opts;
    shub_eagle *eagle;
    shub_error err = SHUB_ERROR_INIT;

    sim = gateways_start("--relay 1");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    ck_assert_ptr_null(shub_eagle_last_reply(eagle, 0));
    ck_status(shub_eagle_take(eagle, batch, &err), SHUB_E_AGAIN);
    ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
    ck_status(shub_eagle_take(eagle, batch, &err), SHUB_E_AGAIN);
    ck_status(shub_eagle_start(eagle, &err), SHUB_E_BUSY);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_BUSY);
    while (shub_eagle_take(eagle, batch, NULL) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    ck_assert_ptr_nonnull(shub_eagle_last_reply(eagle, 0));
    ck_assert_ptr_null(shub_eagle_last_reply(eagle, 1));
    ck_status(shub_eagle_take(eagle, batch, &err), SHUB_E_AGAIN);

    ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
    while (shub_loop_timeout_ms(loop) != SHUB_NONE)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_status(shub_eagle_start(eagle, &err), SHUB_E_BUSY);
    ck_status(shub_eagle_take(eagle, batch, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 2);
    shub_eagle_close(eagle);
    shub_eagle_close(NULL);
}
END_TEST

START_TEST(arrival_times_come_from_the_clock)
{
    static const peer_answer answers[] = {
        {PEER_OK("<InstantaneousDemand><MeterMacId>0x00135003007c2d12</MeterMacId>"
                 "<TimeStamp>0x00000000</TimeStamp><Demand>0x0003b0</Demand>"
                 "<Divisor>0x000003e8</Divisor></InstantaneousDemand>"),
         0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    shub_eagle *eagle;
    shub_sample sample;

    opts.url = peer_url(p);
    opts.transport = SHUB_EAGLE_100;
    opts.clock.now_us = fixed_now;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(shub_batch_get(batch, 0, &sample, NULL), SHUB_OK);
    ck_assert_int_eq(sample.time_us, fixed_now(NULL));
    ck_assert_uint_eq(sample.flags, SHUB_TIME_ASSUMED);
    ck_assert(value_of("power") == 0.944);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

START_TEST(what_was_read_before_a_failure_is_kept)
{
    shub_eagle_options opts;
    shub_eagle *eagle;
    shub_error err = SHUB_ERROR_INIT;

    sim = gateways_start("--eagle100 1");
    opts = gateways_options(sim, 0);
    opts.transport = SHUB_EAGLE_100;
    opts.reads = SHUB_EAGLE_READ_DEMAND | SHUB_EAGLE_READ_SUMMATION;
    opts.min_gap_ms = 100;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
    while (gateways_stat(sim, 0, "requests") < 1)
        ck_status(shub_loop_run_once(loop, 5, &err), SHUB_OK);
    gateways_say(sim, "fault 1 500");
    while (shub_eagle_take(eagle, batch, &err) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    ck_assert_int_eq(err.code, SHUB_E_HTTP);
    ck_assert(value_of("power") < 100);
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(closing_in_flight)
{
    shub_eagle_options opts;
    shub_eagle *eagle, *other;

    sim = gateways_start("--eagle200 2");
    gateways_say(sim, "fault 1 stall");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    opts = gateways_options(sim, 1);
    other = open_eagle(&opts);
    ck_status(shub_eagle_start(eagle, NULL), SHUB_OK);
    while (gateways_stat(sim, 0, "requests") < 1)
        ck_status(shub_loop_run_once(loop, 5, NULL), SHUB_OK);
    shub_eagle_close(eagle);
    ck_status(poll_once(other), SHUB_OK);
    ck_status(shub_eagle_start(other, NULL), SHUB_OK); /* closed before it was sent */
    shub_eagle_close(other);
    ck_assert_int_eq(shub_loop_timeout_ms(loop), SHUB_NONE);
}
END_TEST

START_TEST(forked)
{
    shub_eagle_options opts;
    shub_eagle *eagle;
    int status;
    pid_t child;

    sim = gateways_start("--eagle200 1");
    opts = gateways_options(sim, 0);
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_start(eagle, NULL), SHUB_OK);
    ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    child = fork();
    if (child == 0) {
        shub_eagle *another;
        int ok = shub_eagle_start(eagle, NULL) == SHUB_E_FORKED &&
                 shub_eagle_take(eagle, batch, NULL) == SHUB_E_FORKED &&
                 shub_eagle_poll(eagle, batch, NULL) == SHUB_E_FORKED &&
                 shub_eagle_open(loop, &opts, &another, NULL) == SHUB_E_FORKED;

        shub_eagle_close(eagle);
        shub_loop_close(loop);
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    while (shub_eagle_take(eagle, batch, NULL) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    ck_assert_uint_gt(shub_batch_count(batch), 0);
    shub_eagle_close(eagle);
}
END_TEST

/* ---- gaps, many ---------------------------------------------------------------- */

START_TEST(gaps_are_kept)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle100 1");
    gateways_say(sim, "fault 1 503 1");
    opts = gateways_options(sim, 0);
    opts.reads = ALL_READS;
    opts.min_gap_ms = 60;
    opts.retries = 1;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2 + 4 + 4);
    ck_assert_int_ge(gateways_stat(sim, 0, "gap_ms"), 60);
    ck_assert_int_eq(gateways_stat(sim, 0, "concurrent"), 1);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(the_gap_is_a_second)
{
    shub_eagle_options opts;
    shub_eagle *eagle;

    sim = gateways_start("--eagle200 1");
    opts = gateways_options(sim, 0);
    opts.min_gap_ms = 0;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2);
    ck_assert_int_ge(gateways_stat(sim, 0, "gap_ms"), SHUB_EAGLE_MIN_GAP_MS);
    shub_eagle_close(eagle);
}
END_TEST

#define MANY 130

START_TEST(many_on_one_loop)
{
    static shub_eagle *eagles[MANY];
    int i, left = MANY;

    sim = gateways_start("--eagle200 130 --fault all:delay=50:1");
    for (i = 0; i < MANY; i++) {
        shub_eagle_options opts = gateways_options(sim, (size_t)i);

        opts.timeout_ms = 5000;
        eagles[i] = open_eagle(&opts);
        ck_status(shub_eagle_start(eagles[i], NULL), SHUB_OK);
    }
    while (left) {
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
        for (i = 0; i < MANY; i++) {
            shub_status status =
                eagles[i] ? shub_eagle_take(eagles[i], batch, NULL) : SHUB_E_AGAIN;

            if (status == SHUB_E_AGAIN)
                continue;
            ck_status(status, SHUB_OK);
            shub_eagle_close(eagles[i]);
            eagles[i] = NULL;
            left--;
        }
    }
    ck_assert_uint_ge(shub_batch_count(batch), 3 * MANY);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle client");
    tc = tcase_create("client");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_loop_test(tc, each_generation, 0, 3);
    tcase_add_test(tc, reads_choose_the_commands);
    tcase_add_test(tc, auto_finds_a_100);
    tcase_add_test(tc, auto_finds_a_200);
    tcase_add_test(tc, a_gateway_is_detected);
    tcase_add_test(tc, list_tells_the_devices);
    tcase_add_test(tc, one_blank_answer_fixes_nothing);
    tcase_add_test(tc, a_replaced_gateway_is_found_out);
    tcase_add_test(tc, no_authentication);
    tcase_add_loop_test(tc, wrong_credentials, 0, 3);
    tcase_add_test(tc, the_connected_meter_is_read);
    tcase_add_test(tc, a_meter_that_leaves_is_looked_for);
    tcase_add_test(tc, start_and_take);
    tcase_add_test(tc, arrival_times_come_from_the_clock);
    tcase_add_test(tc, what_was_read_before_a_failure_is_kept);
    tcase_add_test(tc, closing_in_flight);
    tcase_add_test(tc, forked);
    tcase_add_test(tc, gaps_are_kept);
    tcase_add_test(tc, the_gap_is_a_second);
    tcase_add_test(tc, many_on_one_loop);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
