/* One command through the client: where it goes, what is found out for it, the order of
 * calls. */
#include "support/eagle_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where it goes ------------------------------------------------------------- */

static const struct {
    const char *kind;
    shub_eagle_transport transport;
    shub_eagle_command command;
    const char *field; /* of the answer; NULL: the command is not known there */
    long requests;
} places[] = {
    {"--relay 1", SHUB_EAGLE_RELAY, SHUB_EAGLE_GET_DEMAND_PEAKS, "PeakDelivered", 1},
    {"--relay 1", SHUB_EAGLE_RELAY, SHUB_EAGLE_GET_USAGE_DATA, NULL, 0},
    {"--relay 1", SHUB_EAGLE_RELAY, SHUB_EAGLE_DEVICE_LIST, NULL, 0},
    {"--eagle100 1", SHUB_EAGLE_100, SHUB_EAGLE_GET_SCHEDULE, "Frequency", 1},
    {"--eagle100 1", SHUB_EAGLE_100, SHUB_EAGLE_GET_PRICE, "TrailingDigits", 1},
    {"--eagle100 1", SHUB_EAGLE_100, SHUB_EAGLE_GET_DEVICE_LIST, "num_devices", 1},
    {"--eagle100 1", SHUB_EAGLE_100, SHUB_EAGLE_GET_GATEWAY_INFO, "gateway_ip_addr", 2},
    {"--eagle100 1", SHUB_EAGLE_100, SHUB_EAGLE_DEVICE_QUERY, NULL, 0},
    {"--eagle100 1", SHUB_EAGLE_AUTO, SHUB_EAGLE_GET_UPLOADERS, "uploader_name[1]", 2},
    {"--eagle200 1", SHUB_EAGLE_200, SHUB_EAGLE_DEVICE_QUERY, "ConnectionStatus", 2},
    {"--eagle200 1", SHUB_EAGLE_200, SHUB_EAGLE_DEVICE_DETAILS, "ModelId", 2},
    {"--eagle200 1", SHUB_EAGLE_AUTO, SHUB_EAGLE_WIFI_STATUS, "SSID", 1},
    {"--eagle200 1", SHUB_EAGLE_200, SHUB_EAGLE_GET_PRICE, NULL, 0},
    {"--eagle100 1 --old-firmware", SHUB_EAGLE_CGI, SHUB_EAGLE_GET_PRICE, "price_label",
     2},
    {"--eagle100 1 --old-firmware", SHUB_EAGLE_CGI, SHUB_EAGLE_GET_TIMEZONE,
     "timezone_utcTime", 2},
    {"--eagle100 1 --old-firmware", SHUB_EAGLE_CGI, SHUB_EAGLE_GET_SCHEDULE, NULL, 0},
    /* Port 5002, and what only answers an upload. */
    {"--eagle100 1", SHUB_EAGLE_AUTO, SHUB_EAGLE_GET_DEMAND_VALUES, NULL, 0},
    {"--eagle100 1", SHUB_EAGLE_AUTO, SHUB_EAGLE_GET_PROFILE_DATA, NULL, 0},
};

START_TEST(each_goes_to_who_knows_it)
{
    shub_eagle_options opts = start(places[_i].kind);
    shub_status status;

    opts.transport = places[_i].transport;
    reopen(&opts);
    status = send_with(places[_i].command, NULL);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), places[_i].requests);
    if (places[_i].field) {
        ck_assert_msg(status == SHUB_OK, "%s", err.message);
        ck_assert_uint_gt(field(places[_i].field).len, 0);
    } else {
        ck_status(status, SHUB_E_UNSUPPORTED);
        ck_assert_ptr_null(reply);
        ck_assert_ptr_nonnull(
            strstr(err.message, shub_eagle_command_name(places[_i].command)));
    }
}
END_TEST

START_TEST(local_goes_to_cgi_manager)
{
    shub_eagle_request_options request = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    shub_eagle_options opts = start("--eagle100 1");

    request.local = 1;
    opts.transport = SHUB_EAGLE_100;
    reopen(&opts);
    ck_status(send_with(SHUB_EAGLE_GET_PRICE, &request), SHUB_OK);
    ck_assert_uint_gt(field("price_timestamp").len, 0);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK); /* and back */
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    ck_status(send_with(SHUB_EAGLE_GET_PRICE, NULL), SHUB_OK);
    ck_assert_uint_gt(field("TrailingDigits").len, 0);
}
END_TEST

START_TEST(history_of_cgi_manager_has_its_zone)
{
    shub_eagle_request_options request = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    shub_eagle_sample_options samples = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_eagle_options opts =
        start("--eagle100 1 --old-firmware --clock-start 1700049600 --clock-rate 0");
    shub_sample s;

    request.period = SHUB_LIT("day");
    reopen(&opts);
    ck_status(send_with(SHUB_EAGLE_GET_HISTORICAL_DATA, &request), SHUB_OK);
    samples.meter = SHUB_LIT("0x1");
    ck_status(shub_eagle_reply_samples_with(reply, &samples, batch, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 13); /* of 14, one is a hole */
    ck_status(shub_batch_get(batch, 12, &s, NULL), SHUB_OK);
    ck_assert(shub_slice_equal(s.quantity, SHUB_LIT("energy.net")));
    ck_assert_int_eq(s.time_us % (3600 * SHUB_SECOND_US), 0);
    ck_assert_int_ge(s.time_us, (1700049600 - 3600) * SHUB_SECOND_US);
    ck_assert_uint_eq(s.flags, 0);
}
END_TEST

START_TEST(addresses_that_are_given_are_not_looked_for)
{
    shub_eagle_request_options request = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    shub_eagle_options opts = start("--eagle200 1 --two-meters");
    char address[32] = "";
    shub_slice given;

    reopen(&opts);
    ck_status(send_with(SHUB_EAGLE_DEVICE_LIST, NULL), SHUB_OK);
    ck_assert_uint_eq(shub_eagle_reply_count(reply), 2);
    given = field("HardwareAddress"); /* of the stale one, which no poll would read */
    memcpy(address, given.ptr, given.len);
    request.hardware_address = shub_str(address);
    ck_status(send_with(SHUB_EAGLE_DEVICE_QUERY, &request), SHUB_OK);
    ck_assert(shub_slice_equal(field("HardwareAddress"), shub_str(address)));
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2);
    ck_status(send_with(SHUB_EAGLE_DEVICE_QUERY, NULL), SHUB_OK);
    ck_assert(!shub_slice_equal(field("HardwareAddress"), shub_str(address)));
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 4);
}
END_TEST

/* ---- the order of calls -------------------------------------------------------- */

START_TEST(start_and_take)
{
    shub_eagle_options opts = start("--eagle200 1");

    reopen(&opts);
    ck_status(shub_eagle_take_reply(eagle, &reply, &err), SHUB_E_AGAIN);
    ck_status(shub_eagle_start_send(eagle, SHUB_EAGLE_DEVICE_LIST, NULL, &err), SHUB_OK);
    ck_status(shub_eagle_start(eagle, &err), SHUB_E_BUSY);
    ck_status(shub_eagle_start_list(eagle, &err), SHUB_E_BUSY);
    ck_status(shub_eagle_start_send(eagle, SHUB_EAGLE_DEVICE_LIST, NULL, &err),
              SHUB_E_BUSY);
    while (shub_loop_timeout_ms(loop) != SHUB_NONE)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_status(shub_eagle_take(eagle, batch, &err), SHUB_E_AGAIN);
    ck_status(shub_eagle_take_reply(eagle, &reply, &err), SHUB_OK);
    ck_assert_int_eq(shub_eagle_reply_family(reply), SHUB_EAGLE_FAMILY_DEVICE_LIST);
    ck_assert_ptr_null(shub_eagle_last_reply(eagle, 0));
    shub_eagle_reply_free(reply);

    ck_status(shub_eagle_start_list(eagle, &err), SHUB_OK);
    while (shub_eagle_take_reply(eagle, &reply, &err) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_assert_uint_eq(shub_eagle_reply_count(reply), 1);

    ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
    ck_status(shub_eagle_take_reply(eagle, &(shub_eagle_reply *){NULL}, &err),
              SHUB_E_AGAIN);
    while (shub_eagle_take(eagle, batch, NULL) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_assert_uint_gt(shub_batch_count(batch), 0);
    ck_status(shub_eagle_start_send(eagle, SHUB_EAGLE_DEVICE_LIST, NULL, &err), SHUB_OK);
}
END_TEST

START_TEST(list_of_a_cgi_manager_names_its_meter)
{
    shub_eagle_options opts = start("--eagle100 1 --old-firmware");

    reopen(&opts);
    ck_status(shub_eagle_list(eagle, &reply, &err), SHUB_OK);
    ck_assert_int_eq(shub_eagle_reply_family(reply), SHUB_EAGLE_FAMILY_CGI);
    ck_assert_uint_eq(shub_eagle_reading_meter(shub_eagle_reply_at(reply, 0)).len, 18);
    ck_assert(shub_slice_equal(field("network_status"), SHUB_LIT("Connected")));
}
END_TEST

/* ---- memory, secrets ----------------------------------------------------------- */

static shub_status send_afresh(void *user)
{
    shub_eagle_request_options request = changes();
    shub_eagle_options opts = patient_options(user);
    shub_eagle_reply *r = NULL;
    shub_loop *l = NULL;
    shub_eagle *e = NULL;
    shub_status status = shub_loop_open(&l, NULL);

    request.mac_id = shub_str("");
    opts.retries = SHUB_NONE;
    if (status == SHUB_OK)
        status = shub_eagle_open(l, &opts, &e, NULL);
    if (status == SHUB_OK)
        status = shub_eagle_send(e, SHUB_EAGLE_SET_PRICE, &request, &r, NULL);
    shub_eagle_reply_free(r);
    shub_eagle_close(e);
    shub_loop_close(l);
    return status;
}

START_TEST(out_of_memory)
{
    static const peer_answer answers[] = {
        OK("{\"device_mac_id[0]\": \"0x1\", \"set_price_status\": \"success\"}")};
    peer *p = peer_start(answers, 1, 0);

    ck_assert_uint_gt(oom_loop(send_afresh, p), 20);
    peer_stop(p);
}
END_TEST

static char traced[8192];

static void on_trace(shub_level level, const char *line, void *user)
{
    size_t used = strlen(traced);

    (void)level;
    (void)user;
    snprintf(traced + used, sizeof traced - used, "%s\n", line);
}

START_TEST(secrets_are_in_no_trace)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 500 No\r\n\r\nnot understood: X-Token: hush-hush, " CODE, 0, 0}};
    shub_eagle_request_options request = changes();
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = patient_options(p);

    opts.rest_url = peer_url(p);
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
    reopen(&opts);
    ck_status(send_with(SHUB_EAGLE_UPLOADER_ADD, &request), SHUB_E_HTTP);
    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    ck_assert_ptr_nonnull(strstr(peer_received(p), "hush-hush"));
    ck_assert_ptr_nonnull(strstr(traced, "net event=done"));
    ck_assert_ptr_null(strstr(traced, "hush"));
    ck_assert_ptr_null(strstr(traced, CODE));
    ck_assert_str_eq(err.message,
                     "uploader_add: HTTP 500: not understood: X-Token: *, *");
    peer_stop(p);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle send");
    tc = tcase_create("send");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, each_goes_to_who_knows_it, 0, ROWS(places));
    tcase_add_test(tc, local_goes_to_cgi_manager);
    tcase_add_test(tc, history_of_cgi_manager_has_its_zone);
    tcase_add_test(tc, addresses_that_are_given_are_not_looked_for);
    tcase_add_test(tc, start_and_take);
    tcase_add_test(tc, list_of_a_cgi_manager_names_its_meter);
    tcase_add_test(tc, out_of_memory);
    tcase_add_test(tc, secrets_are_in_no_trace);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
