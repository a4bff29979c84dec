/* Commands that change something: what may be repeated, what wants to be allowed, what an
 * answer may be. */
#include "support/eagle_send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what it may change -------------------------------------------------------- */

static const struct {
    shub_eagle_command command;
    size_t attempts; /* at a gateway that is overloaded, two retries allowed */
    const char *sent;
} changing[] = {
    {SHUB_EAGLE_SET_FAST_POLL, 3, "POST /cgi-bin/cgi_manager "},
    {SHUB_EAGLE_SET_FAST_POLL, 3,
     "<Name>set_fast_poll</Name>\n<MacId>0xd8d5b9000000abcd</MacId>\n"
     "<Frequency>0x0a</Frequency>\n<Duration>0x05</Duration>\n"},
    {SHUB_EAGLE_SET_SCHEDULE, 3,
     "<Event>demand</Event>\n<Frequency>0x000a</Frequency>\n<Enabled>Y</Enabled>\n"},
    {SHUB_EAGLE_CONFIRM_MESSAGE, 3, "<Id>0x00000007</Id>\n"},
    {SHUB_EAGLE_SET_PRICE, 3,
     "<Price>0x00000507</Price>\n<TrailingDigits>0x04</TrailingDigits>\n"},
    {SHUB_EAGLE_DEVICE_CONTROL, 1, "<Name>zigbee:OnOff</Name>\n<Value>on</Value>\n"},
    {SHUB_EAGLE_UPLOADER_ADD, 1, "\"name\":\"uploader_add\",\"description\":\"mine\""},
    {SHUB_EAGLE_UPLOADER_ADD, 1, "POST /rest/device/d8d5b9004792/command "},
    {SHUB_EAGLE_UPLOADER_DELETE, 1, "\"name\":\"uploader_delete\",\"provider\":\"mine\""},
};

START_TEST(what_must_not_come_twice_does_not)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 0, 0}};
    shub_eagle_request_options request = changes();
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = patient_options(p);
    char rest[128];

    snprintf(rest, sizeof rest, "%s/rest", peer_url(p));
    opts.rest_url = rest;
    opts.unstick_ms = 5;
    reopen(&opts);
    ck_status(send_with(changing[_i].command, &request), SHUB_E_OVERLOADED);
    ck_assert_uint_eq(peer_requests(p), changing[_i].attempts);
    ck_assert_msg(strstr(peer_received(p), changing[_i].sent) != NULL, "%s",
                  peer_received(p));
    ck_assert_ptr_nonnull(strstr(peer_received(p), "Authorization: Basic "));
    peer_stop(p);
}
END_TEST

/* A kept connection that turns out to be closed would have libcurl send again. */
START_TEST(what_must_not_come_twice_has_a_connection_of_its_own)
{
    shub_eagle_request_options request = changes();
    shub_eagle_options opts = start("--eagle200 1");

    opts.min_gap_ms = SHUB_EAGLE_MIN_GAP_MS; /* libcurl counts idle time in seconds */
    reopen(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    gateways_say(sim, "fault 1 reset 1");
    ck_status(send_with(SHUB_EAGLE_DEVICE_CONTROL, &request), SHUB_E_NETWORK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_control"), 1);
}
END_TEST

START_TEST(control_wants_to_be_allowed)
{
    shub_eagle_request_options request = changes();
    shub_eagle_options opts = start("--eagle200 1");

    reopen(&opts);
    request.allow_control = 0;
    ck_status(send_with(SHUB_EAGLE_DEVICE_CONTROL, &request), SHUB_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "allow_control"));
    request = changes();
    request.hardware_address = shub_str("");
    ck_status(send_with(SHUB_EAGLE_DEVICE_CONTROL, &request), SHUB_E_INVALID);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 0);
    request = changes();
    ck_status(send_with(SHUB_EAGLE_DEVICE_CONTROL, &request), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.device_control"), 1);
    ck_assert_ptr_null(reply);
}
END_TEST

START_TEST(options_are_copied)
{
    shub_eagle_options opts = start("--eagle100 1 --old-firmware");
    char period[] = "day", mac[] = "0xd8d5b9000000abcd";
    shub_eagle_request_options request = SHUB_EAGLE_REQUEST_OPTIONS_INIT;

    request.period = shub_str(period);
    reopen(&opts);
    ck_status(
        shub_eagle_start_send(eagle, SHUB_EAGLE_GET_HISTORICAL_DATA, &request, &err),
        SHUB_OK);
    memset(period, 'x', sizeof period - 1);
    memset(mac, 'x', sizeof mac - 1);
    memset(&request, 0xff, sizeof request);
    while (shub_eagle_take_reply(eagle, &reply, &err) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_assert(shub_slice_equal(field("data_period"), SHUB_LIT("day")));
}
END_TEST

/* ---- answers ------------------------------------------------------------------- */

static const struct {
    shub_eagle_command command;
    peer_answer answer;
    shub_status status;
    const char *says; /* the message, or a field of the reply; NULL: no reply */
} answered[] = {
    {SHUB_EAGLE_SET_SCHEDULE, OK(""), SHUB_OK, NULL},
    {SHUB_EAGLE_CONFIRM_MESSAGE,
     OK("<CommandResponse><Status>Success</Status>"
        "</CommandResponse>"),
     SHUB_OK, "Status"},
    {SHUB_EAGLE_SET_PRICE, OK("{\"set_price_status\": \"success\"}"), SHUB_OK,
     "set_price_status"},
    {SHUB_EAGLE_SET_PRICE, OK("{\"set_price_status\": \"invalid price\"}"), SHUB_E_REMOTE,
     "set_price: invalid price"},
    {SHUB_EAGLE_SET_SCHEDULE, OK("<Error><Text>no</Text></Error>"), SHUB_E_REMOTE,
     "set_schedule: no"},
    {SHUB_EAGLE_SET_SCHEDULE, OK("<html>Sign in</html>"), SHUB_E_UNEXPECTED, ""},
    {SHUB_EAGLE_GET_SCHEDULE, OK(""), SHUB_E_EMPTY, ""},
    {SHUB_EAGLE_DEVICE_LIST, OK("<Playlist><Title>x</Title></Playlist>"),
     SHUB_E_UNEXPECTED, "Playlist"},
    {SHUB_EAGLE_GET_DEVICE_CONFIG, OK("<Playlist><Title>x</Title></Playlist>"),
     SHUB_E_UNEXPECTED, "Playlist"},
    {SHUB_EAGLE_UPLOADER_ADD, OK("created, " CODE), SHUB_OK, NULL},
    {SHUB_EAGLE_UPLOADER_ADD,
     {"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", 0, 0},
     SHUB_OK,
     NULL},
    {SHUB_EAGLE_UPLOADER_ADD,
     {"HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n", 0, 0},
     SHUB_E_EXISTS,
     "uploader_add: HTTP 409"},
    {SHUB_EAGLE_UPLOADER_DELETE,
     {"HTTP/1.1 403 No\r\n\r\n" CODE " is no administrator", 0, 0},
     SHUB_E_AUTH,
     "uploader_delete: HTTP 403: * is no administrator"},
};

START_TEST(answers_are_told_apart)
{
    shub_eagle_request_options request = changes();
    peer *p = peer_start(&answered[_i].answer, 1, 0);
    shub_eagle_options opts = patient_options(p);

    opts.rest_url = peer_url(p);
    opts.circuit_failures = 1; /* a command that is refused opens no circuit */
    reopen(&opts);
    ck_status(send_with(answered[_i].command, &request), answered[_i].status);
    if (answered[_i].status != SHUB_OK) {
        ck_assert_ptr_null(reply);
        ck_assert_msg(strstr(err.message, answered[_i].says) != NULL, "%s", err.message);
    } else if (answered[_i].says) {
        ck_assert_uint_gt(field(answered[_i].says).len, 0);
    } else {
        ck_assert_ptr_null(reply);
    }
    ck_assert_uint_eq(peer_requests(p), 1);
    ck_status(shub_eagle_start(eagle, &err), SHUB_OK);
    peer_stop(p);
}
END_TEST

START_TEST(failures_of_the_gateway_open_the_circuit)
{
    shub_eagle_options opts = start("--eagle100 1 --fault 1:503");

    opts.circuit_failures = 2;
    reopen(&opts);
    for (int i = 0; i < 2; i++)
        ck_status(send_with(SHUB_EAGLE_GET_SCHEDULE, NULL), SHUB_E_OVERLOADED);
    ck_status(send_with(SHUB_EAGLE_GET_SCHEDULE, NULL), SHUB_E_CIRCUIT);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2);
}
END_TEST

START_TEST(gaps_are_kept)
{
    shub_eagle_options opts = start("--eagle100 1 --old-firmware");

    opts.min_gap_ms = 60;
    reopen(&opts);
    ck_status(send_with(SHUB_EAGLE_GET_PRICE_BLOCKS, NULL), SHUB_OK);
    ck_status(send_with(SHUB_EAGLE_GET_TIMEZONE, NULL), SHUB_OK);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_ge(gateways_stat(sim, 0, "gap_ms"), 60);
    ck_assert_int_eq(gateways_stat(sim, 0, "concurrent"), 1);
}
END_TEST

/* The gateway's certificate may be its own; that of the REST API must not be. */
START_TEST(uploader_needs_an_account_and_a_place)
{
    shub_eagle_request_options request = changes();
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;
    char url[500];

    opts.url = "http://127.0.0.1:9";
    reopen(&opts);
    ck_status(send_with(SHUB_EAGLE_UPLOADER_ADD, &request), SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "install_code is missing");
    opts.cloud_id = "004792";
    opts.install_code = CODE;
    reopen(&opts);
    request.uploader = NULL;
    ck_status(send_with(SHUB_EAGLE_UPLOADER_ADD, &request), SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "uploader_add needs an uploader");
    ck_status(send_with((shub_eagle_command)99, &request), SHUB_E_INVALID);

    memset(url, 'a', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    opts.rest_url = url;
    ck_status(shub_eagle_open(loop, &opts, &(shub_eagle *){NULL}, &err), SHUB_E_INVALID);
    opts.rest_url = "http://me:secret@example.org";
    ck_status(shub_eagle_open(loop, &opts, &(shub_eagle *){NULL}, &err), SHUB_E_INVALID);
    ck_assert_ptr_null(strstr(err.message, "secret"));
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle send changes");
    tc = tcase_create("changes");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_loop_test(tc, what_must_not_come_twice_does_not, 0, ROWS(changing));
    tcase_add_test(tc, what_must_not_come_twice_has_a_connection_of_its_own);
    tcase_add_test(tc, control_wants_to_be_allowed);
    tcase_add_test(tc, options_are_copied);
    tcase_add_loop_test(tc, answers_are_told_apart, 0, ROWS(answered));
    tcase_add_test(tc, failures_of_the_gateway_open_the_circuit);
    tcase_add_test(tc, gaps_are_kept);
    tcase_add_test(tc, uploader_needs_an_account_and_a_place);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
