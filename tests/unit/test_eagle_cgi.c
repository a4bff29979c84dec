/* The client of an EAGLE-100 whose firmware has cgi_manager alone: how it is found out,
 * its local times, whom its samples are of, and what may go wrong. */
#include "support/eagle_client.h"

#include <sensorhub/fleet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METER "0x00135003007c2d12"

/* 1 and the sample of a quantity, or 0. */
static int find(const char *quantity, shub_sample *sample)
{
    size_t i;

    for (i = 0; shub_batch_get(batch, i, sample, NULL) == SHUB_OK; i++)
        if (shub_slice_equal(sample->quantity, shub_str(quantity)))
            return 1;
    return 0;
}

static shub_eagle_options cgi_options(const char *options)
{
    shub_eagle_options opts = start(options);

    opts.transport = SHUB_EAGLE_CGI;
    return opts;
}

/* ---- what it says -------------------------------------------------------------- */

/* Noon in November, UTC; the gateway's clock is hours behind that of UTC. */
START_TEST(local_times_become_utc)
{
    const int64_t noon_us = 1700049600 * SHUB_SECOND_US;
    shub_eagle_options opts = cgi_options(
        "--eagle100 1 --old-firmware --clock-start 1700049600 --clock-rate 0");
    shub_eagle *eagle = open_eagle(&opts);
    shub_sample s;
    shub_slice zone;

    ck_status(poll_once(eagle), SHUB_OK);
    zone =
        shub_eagle_reading_field(shub_eagle_reply_at(shub_eagle_last_reply(eagle, 0), 0),
                                 SHUB_LIT("timezone_olsonName"));
    ck_assert(shub_slice_equal(zone, SHUB_LIT("US/Pacific")));
    ck_assert(find("power", &s));
    ck_assert_int_le(s.time_us, noon_us);
    ck_assert_int_gt(s.time_us, noon_us - 11 * SHUB_SECOND_US); /* its cadence */
    ck_assert_uint_eq(s.flags, 0);
    shub_eagle_close(eagle);
}
END_TEST

/* Two gateways that differ in their firmware alone. */
START_TEST(samples_are_those_of_post_manager)
{
    static const char *const kinds[] = {"--eagle100 1", "--eagle100 1 --old-firmware"};
    char lines[2][2048];

    for (int i = 0; i < 2; i++) {
        shub_eagle_options opts;
        shub_eagle *eagle;
        char options[128];
        shub_sample s;

        snprintf(options, sizeof options, "%s --clock-start 1700049600 --clock-rate 0",
                 kinds[i]);
        opts = cgi_options(options);
        opts.transport = SHUB_EAGLE_AUTO;
        opts.reads = ALL_READS;
        eagle = open_eagle(&opts);
        ck_status(poll_once(eagle), SHUB_OK);
        lines[i][0] = '\0';
        for (size_t n = 0; shub_batch_get(batch, n, &s, NULL) == SHUB_OK; n++) {
            size_t used = strlen(lines[i]);

            if (shub_slice_equal(s.quantity, SHUB_LIT("power.max")) ||
                shub_slice_equal(s.quantity, SHUB_LIT("power.min")) ||
                shub_slice_equal(s.quantity, SHUB_LIT("link_strength")))
                continue; /* thresholds that post_manager has not; a time it has not */
            snprintf(lines[i] + used, sizeof lines[i] - used, "%s %s %.6f %s %lld\n",
                     s.device.ptr, s.quantity.ptr, s.value.as.f64, s.unit.ptr,
                     (long long)s.time_us);
        }
        ck_assert(find("link_strength", &s));
        shub_eagle_close(eagle);
        gateways_stop(sim);
        sim = NULL;
    }
    ck_assert_str_eq(lines[0], lines[1]);
    ck_assert_ptr_nonnull(strstr(lines[1], " energy_received "));
    ck_assert_ptr_nonnull(strstr(lines[1], " price "));
}
END_TEST

START_TEST(two_commands_in_one_request)
{
    shub_eagle_options opts = cgi_options("--eagle100 1 --old-firmware");
    shub_eagle *eagle = open_eagle(&opts);

    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 3);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_device_list"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_timezone"), 2);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_usage_data"), 2);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_network_info"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "concurrent"), 1);
    shub_eagle_close(eagle);

    opts.reads = SHUB_EAGLE_READ_NETWORK; /* the link changes, so it is asked each time */
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_network_info"), 3);
    shub_eagle_close(eagle);
}
END_TEST

/* ---- how it is found ----------------------------------------------------------- */

START_TEST(a_missing_post_manager_leads_to_it)
{
    shub_eagle_options opts = cgi_options("--eagle100 1 --old-firmware");
    shub_eagle_transport transport;
    shub_eagle *eagle;

    opts.transport = SHUB_EAGLE_AUTO;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_detect(eagle, &transport, &err), SHUB_OK);
    ck_assert_int_eq((int)transport, (int)SHUB_EAGLE_CGI);
    ck_assert_int_eq((int)shub_eagle_transport_used(eagle), (int)SHUB_EAGLE_CGI);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 1);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_list"), 1);
    shub_eagle_close(eagle);
}
END_TEST

#define LIST                                                                             \
    "{\"num_devices\": \"1\", \"device_mac_id[1]\": \"0xd8d5b9000000abcd\", "            \
    "\"device_model_id[1]\": \"Z109-EAGLE\"}"
#define USAGE(status)                                                                    \
    "{\"meter_status\": \"" status "\", \"demand\": \"0.5700\", "                        \
    "\"demand_units\": \"kW\", \"demand_timestamp\": \"1536235984\", "                   \
    "\"network_meter_mac_id\": \"" METER "\"}"
#define REPLY(body) PEER_OK(body), 0, 0
#define NOTHING     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, 0
#define MISSING     "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 0, 0

static const struct {
    peer_answer answers[4];
    size_t count;
    shub_status status;
    shub_eagle_transport transport;
    size_t requests;
} found[] = {
    /* Not understood: blank, HTML, text. */
    {{{NOTHING}, {NOTHING}, {REPLY(LIST)}, {REPLY(USAGE("Connected"))}},
     4,
     SHUB_OK,
     SHUB_EAGLE_CGI,
     4},
    {{{REPLY("<html>Sign in</html>")},
      {REPLY("no such command")},
      {REPLY(LIST)},
      {REPLY(USAGE("connected"))}},
     4,
     SHUB_OK,
     SHUB_EAGLE_CGI,
     4},
    {{{MISSING}, {REPLY(LIST)}, {REPLY(USAGE("Connected"))}},
     3,
     SHUB_OK,
     SHUB_EAGLE_CGI,
     3},
    {{{MISSING}, {REPLY(LIST)}, {REPLY(USAGE("Not Connected"))}},
     3,
     SHUB_E_NOT_JOINED,
     SHUB_EAGLE_CGI,
     3},
    /* A device's page on every path is no reply: nothing is believed. */
    {{{REPLY("<html>1</html>")}, {REPLY("<html>2</html>")}, {REPLY("<html>3</html>")}},
     3,
     SHUB_E_UNEXPECTED,
     SHUB_EAGLE_AUTO,
     3},
    {{{MISSING}, {MISSING}}, 2, SHUB_E_HTTP, SHUB_EAGLE_AUTO, 2},
    {{{NOTHING}, {NOTHING}, {MISSING}}, 3, SHUB_E_EMPTY, SHUB_EAGLE_AUTO, 3},
    /* An Error is post_manager's own word, and a refusal no sign of another gateway. */
    {{{NOTHING}, {REPLY("<Error><Text>busy</Text></Error>")}},
     2,
     SHUB_E_REMOTE,
     SHUB_EAGLE_AUTO,
     2},
    {{{"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0, 0}},
     1,
     SHUB_E_AUTH,
     SHUB_EAGLE_AUTO,
     1},
    {{{MISSING}, {"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 0, 0}},
     2,
     SHUB_E_AUTH,
     SHUB_EAGLE_AUTO,
     2},
};

START_TEST(only_a_reply_confirms_it)
{
    peer *p = peer_start(found[_i].answers, found[_i].count, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_AUTO);
    shub_eagle *eagle = open_eagle(&opts);
    shub_status status = poll_once(eagle);

    ck_assert_msg(status == found[_i].status, "%s: %s", shub_status_name(status),
                  err.message);
    ck_assert_int_eq((int)shub_eagle_transport_used(eagle), (int)found[_i].transport);
    ck_assert_uint_eq(peer_requests(p), found[_i].requests);
    ck_assert_uint_eq(shub_batch_count(batch), status == SHUB_OK ? 1 : 0);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* New firmware brought post_manager, and took cgi_manager away. */
START_TEST(what_was_found_is_doubted_when_it_is_gone)
{
    static const peer_answer answers[] = {{MISSING},
                                          {REPLY(LIST)},
                                          {REPLY(USAGE("Connected"))},
                                          {MISSING},
                                          {REPLY("<DeviceList></DeviceList>")}};
    peer *p = peer_start(answers, 5, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_AUTO);
    shub_eagle *eagle = open_eagle(&opts);

    ck_status(poll_once(eagle), SHUB_OK);
    ck_status(poll_once(eagle), SHUB_E_HTTP);
    ck_assert_int_eq((int)shub_eagle_transport_used(eagle), (int)SHUB_EAGLE_AUTO);
    ck_status(poll_once(eagle), SHUB_E_NOT_JOINED);
    ck_assert_int_eq((int)shub_eagle_transport_used(eagle), (int)SHUB_EAGLE_200);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* ---- whom its samples are of --------------------------------------------------- */

#define NAMELESS                                                                         \
    "{\"meter_status\": \"Connected\", \"demand\": \"0.5700\", \"demand_units\": "       \
    "\"kW\"}"

START_TEST(samples_are_of_the_meter)
{
    static const peer_answer answers[] = {{REPLY(LIST)}, {REPLY(NAMELESS)}};
    peer *p = peer_start(answers, 2, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_CGI);
    shub_eagle *eagle;
    shub_sample s;

    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_E_CONTENT); /* no one says which */
    ck_assert_ptr_nonnull(strstr(err.message, "names no meter"));
    ck_assert_ptr_nonnull(strstr(peer_received(p), "get_network_info"));
    ck_assert_ptr_nonnull(strstr(peer_received(p), "<MacId>0xd8d5b9000000abcd</MacId>"));
    shub_eagle_close(eagle);
    peer_stop(p);

    p = peer_start(answers, 2, 0);
    opts = peer_options(p, SHUB_EAGLE_CGI);
    opts.meter = "00135003007C2D12";
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert(find("power", &s));
    ck_assert(shub_slice_equal(s.device, SHUB_LIT(METER)));
    ck_assert_uint_eq(s.flags, SHUB_TIME_ASSUMED);
    ck_assert_ptr_null(strstr(peer_received(p), "get_network_info"));
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* ---- what goes wrong ----------------------------------------------------------- */

static const struct {
    const char *kind;
    shub_status status;
    int retried;
} faults[] = {
    {"400", SHUB_E_HTTP, 0},
    {"401", SHUB_E_AUTH, 0},
    {"404", SHUB_E_HTTP, 0},
    {"429", SHUB_E_OVERLOADED, 1},
    {"500", SHUB_E_HTTP, 1},
    {"503", SHUB_E_OVERLOADED, 1},
    {"truncate", SHUB_E_TRUNCATED, 1},
    {"cut", SHUB_E_TRUNCATED, 1},
    {"wrong-root", SHUB_E_UNEXPECTED, 0},
    {"empty", SHUB_E_EMPTY, 0},
    {"html", SHUB_E_UNEXPECTED, 0},
    {"error", SHUB_E_REMOTE, 0},
    {"reset", SHUB_E_NETWORK, 1},
    {"redirect", SHUB_E_REDIRECT, 0},
    {"oversize", SHUB_E_LIMIT, 0},
    {"doctype", SHUB_E_FORMAT, 0},
    {"not-joined", SHUB_E_NOT_JOINED, 0},
};

START_TEST(every_fault)
{
    shub_eagle_options opts = cgi_options("--eagle100 1 --old-firmware");
    shub_eagle *eagle = open_eagle(&opts);
    char line[64];

    ck_status(poll_once(eagle), SHUB_OK);
    /* libcurl itself sends once more when a kept connection turns out to be closed. */
    snprintf(line, sizeof line, "fault 1 %s %d", faults[_i].kind,
             faults[_i].status == SHUB_E_NETWORK ? 2 : 1);
    gateways_say(sim, line);
    ck_status(poll_once(eagle), faults[_i].status);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    if (strcmp(faults[_i].kind, "429") != 0) /* which wishes for two seconds */
        ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
    if (!faults[_i].retried || strcmp(faults[_i].kind, "429") == 0)
        return;
    opts.retries = 1;
    eagle = open_eagle(&opts);
    snprintf(line, sizeof line, "fault 1 %s 1", faults[_i].kind);
    gateways_say(sim, line);
    ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_demand_that_is_no_number)
{
    shub_eagle_options opts = cgi_options("--eagle100 1 --old-firmware --fault 1:nan");
    shub_eagle *eagle = open_eagle(&opts);
    shub_sample s;

    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert(!find("power", &s));
    ck_assert(find("energy_delivered", &s));
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(it_rests_and_is_woken_up)
{
    shub_eagle_options opts = cgi_options("--eagle100 1 --old-firmware");
    shub_eagle *eagle;

    opts.circuit_failures = 2;
    eagle = open_eagle(&opts);
    gateways_say(sim, "fault 1 503 2");
    ck_status(poll_once(eagle), SHUB_E_OVERLOADED);
    ck_status(poll_once(eagle), SHUB_E_OVERLOADED);
    ck_status(poll_once(eagle), SHUB_E_CIRCUIT);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2);
    shub_eagle_close(eagle);

    opts.unstick_ms = 20;
    eagle = open_eagle(&opts);
    gateways_say(sim, "fault 1 503 1");
    ck_status(poll_once(eagle), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_historical_data"), 1);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(credentials)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 401 No\r\n\r\ncode " CODE " of 004792 is wrong", 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_CGI);
    shub_eagle *eagle;

    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_E_AUTH);
    ck_assert_str_eq(err.message, "get_device_list: HTTP 401: code * of 004792 is wrong");
    ck_assert_ptr_nonnull(strstr(peer_received(p), "POST /cgi-bin/cgi_manager "));
    ck_assert_ptr_nonnull(strstr(peer_received(p), "Authorization: Basic "));
    shub_eagle_close(eagle);
    peer_stop(p);

    opts = start("--eagle100 1 --old-firmware --no-auth");
    opts.cloud_id = opts.install_code = NULL;
    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_OK);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(a_list_without_a_radio)
{
    static const peer_answer answers[] = {{REPLY("{\"num_devices\": \"0\"}")}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_CGI);
    shub_eagle *eagle;

    eagle = open_eagle(&opts);
    ck_status(poll_once(eagle), SHUB_E_UNEXPECTED);
    ck_assert_str_eq(err.message,
                     "get_device_list was answered by fields of something else");
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* ---- in a fleet ---------------------------------------------------------------- */

START_TEST(a_fleet_polls_it)
{
    shub_fleet_options options = SHUB_FLEET_OPTIONS_INIT;
    shub_fleet_result result = SHUB_FLEET_RESULT_INIT;
    shub_fleet *fleet;
    int finished = 0;

    sim = gateways_start("--eagle100 3 --old-firmware --cadence 3600");
    options.spread_ms = SHUB_NONE;
    options.interval_ms = 50;
    ck_status(shub_fleet_open(loop, &options, &fleet, &err), SHUB_OK);
    for (size_t i = 0; i < 3; i++) {
        shub_eagle_options opts = gateways_options(sim, i);

        opts.transport = i ? SHUB_EAGLE_CGI : SHUB_EAGLE_AUTO;
        ck_status(shub_fleet_add(fleet, shub_str(opts.cloud_id), &opts, &err), SHUB_OK);
    }
    while (finished < 9) {
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
        for (; shub_fleet_next(fleet, batch, &result, &err) == SHUB_OK; finished++) {
            ck_status((shub_status)result.status, SHUB_OK);
            ck_assert_uint_gt(result.samples + result.duplicates, 0);
        }
    }
    ck_assert_uint_eq(shub_batch_count(batch) % 3, 0);
    ck_assert_uint_lt(shub_batch_count(batch), 9 * 4); /* no news, so duplicates */
    shub_fleet_close(fleet);
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

/* One answer serves both questions, however often memory fails in between. */
START_TEST(out_of_memory)
{
    static const peer_answer answers[] = {
        {REPLY("{\"device_mac_id[0]\": \"0xd8d5b9000000abcd\", \"meter_status\": "
               "\"Connected\", \"demand\": \"0.57\", \"network_meter_mac_id\": \"" METER
               "\"}")}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_CGI);

    ck_assert_uint_gt(oom_loop(poll_afresh, &opts), 20);
    peer_stop(p);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle cgi");
    tc = tcase_create("cgi");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_test(tc, local_times_become_utc);
    tcase_add_test(tc, samples_are_those_of_post_manager);
    tcase_add_test(tc, two_commands_in_one_request);
    tcase_add_test(tc, a_missing_post_manager_leads_to_it);
    tcase_add_loop_test(tc, only_a_reply_confirms_it, 0, sizeof found / sizeof *found);
    tcase_add_test(tc, what_was_found_is_doubted_when_it_is_gone);
    tcase_add_test(tc, samples_are_of_the_meter);
    tcase_add_loop_test(tc, every_fault, 0, sizeof faults / sizeof *faults);
    tcase_add_test(tc, a_demand_that_is_no_number);
    tcase_add_test(tc, it_rests_and_is_woken_up);
    tcase_add_test(tc, credentials);
    tcase_add_test(tc, a_list_without_a_radio);
    tcase_add_test(tc, a_fleet_polls_it);
    tcase_add_test(tc, out_of_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
