/* The client of one gateway against simulated ones: the three generations, the order of
 * calls, gaps, many clients on one loop. */
#include "support/eagle_client.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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
    shub_eagle_options opts = start(generations[_i].option);
    shub_eagle *eagle;
    const shub_eagle_reply *reply;
    size_t i;

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
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;

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

/* ---- the order of calls -------------------------------------------------------- */

START_TEST(start_and_take)
{
    shub_eagle_options opts = start("--relay 1");
    shub_eagle *eagle;

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
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;

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
    shub_eagle_options opts = start("--eagle200 2");
    shub_eagle *eagle, *other;

    gateways_say(sim, "fault 1 stall");
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
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;
    int status;
    pid_t child;

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
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;

    gateways_say(sim, "fault 1 503 1");
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
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;

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
