/* One command through the client: where it goes, what is found out for it, what may be
 * repeated, what an answer to it may be. */
#include "support/gateways.h"
#include "support/peer.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE "0badc0de0badc0de"

static shub_loop *loop;
static shub_batch *batch;
static gateways *sim;
static shub_eagle *eagle;
static shub_eagle_reply *reply;
static shub_error err;

static void open_loop(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    sim = NULL;
    eagle = NULL;
    reply = NULL;
    err = init;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
}

static void close_loop(void)
{
    shub_eagle_reply_free(reply);
    shub_eagle_close(eagle);
    shub_loop_close(loop);
    shub_batch_free(batch);
    if (sim)
        gateways_stop(sim);
}

static void open_eagle(const shub_eagle_options *opts)
{
    shub_status status;

    shub_eagle_close(eagle);
    status = shub_eagle_open(loop, opts, &eagle, &err);
    ck_assert_msg(status == SHUB_OK, "%s", err.message);
}

static shub_eagle_options start(const char *options)
{
    sim = gateways_start(options);
    return gateways_options(sim, 0);
}

static shub_status send_with(shub_eagle_command command,
                             const shub_eagle_request_options *opts)
{
    shub_eagle_reply_free(reply);
    return shub_eagle_send(eagle, command, opts, &reply, &err);
}

static shub_slice field(const char *name)
{
    ck_assert_ptr_nonnull(reply);
    return shub_eagle_reading_field(shub_eagle_reply_at(reply, 0), shub_str(name));
}

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
    open_eagle(&opts);
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
    open_eagle(&opts);
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
    open_eagle(&opts);
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

    open_eagle(&opts);
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

/* ---- what it may change -------------------------------------------------------- */

static shub_eagle_options peer_options(const peer *p)
{
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;

    opts.url = peer_url(p);
    opts.cloud_id = "004792";
    opts.install_code = CODE;
    opts.timeout_ms = 2000;
    opts.min_gap_ms = 5;
    opts.retries = 2;
    opts.seed = 1;
    return opts;
}

static const shub_slice on_off = {"zigbee:OnOff", 12};

/* Every option that some change wants. */
static shub_eagle_request_options changes(void)
{
    static const shub_eagle_uploader uploader = {sizeof uploader,
                                                 {"mine", 4},
                                                 {NULL, 0},
                                                 {NULL, 0},
                                                 {"example.org", 11},
                                                 {"/eagle", 6},
                                                 {"X-Token: hush-hush", 18},
                                                 0,
                                                 1,
                                                 0,
                                                 0};
    shub_eagle_request_options o = SHUB_EAGLE_REQUEST_OPTIONS_INIT;

    o.mac_id = SHUB_LIT("0xd8d5b9000000abcd");
    o.hardware_address = SHUB_LIT("0xd0d5b9000000abcd");
    o.variables = &on_off;
    o.variable_count = 1;
    o.value = SHUB_LIT("on");
    o.event = SHUB_LIT("demand");
    o.price = SHUB_LIT("0.1287");
    o.frequency_s = 10;
    o.duration_min = 5;
    o.message_id = 7;
    o.allow_control = 1;
    o.uploader = &uploader;
    return o;
}

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
    shub_eagle_options opts = peer_options(p);
    char rest[128];

    snprintf(rest, sizeof rest, "%s/rest", peer_url(p));
    opts.rest_url = rest;
    opts.unstick_ms = 5;
    open_eagle(&opts);
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
    open_eagle(&opts);
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

    open_eagle(&opts);
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
    open_eagle(&opts);
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

#define OK(body)                                                                         \
    {                                                                                    \
        PEER_OK(body), 0, 0                                                              \
    }

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
    shub_eagle_options opts = peer_options(p);

    opts.rest_url = peer_url(p);
    opts.circuit_failures = 1; /* a command that is refused opens no circuit */
    open_eagle(&opts);
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
    open_eagle(&opts);
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
    open_eagle(&opts);
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
    open_eagle(&opts);
    ck_status(send_with(SHUB_EAGLE_UPLOADER_ADD, &request), SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "install_code is missing");
    opts.cloud_id = "004792";
    opts.install_code = CODE;
    open_eagle(&opts);
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

/* ---- the order of calls -------------------------------------------------------- */

START_TEST(start_and_take)
{
    shub_eagle_options opts = start("--eagle200 1");

    open_eagle(&opts);
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

    open_eagle(&opts);
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
    shub_eagle_options opts = peer_options(user);
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
    shub_eagle_options opts = peer_options(p);

    opts.rest_url = peer_url(p);
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
    open_eagle(&opts);
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

#define ROWS(array) (sizeof(array) / sizeof *(array))

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle send");
    tc = tcase_create("send");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_loop_test(tc, each_goes_to_who_knows_it, 0, ROWS(places));
    tcase_add_test(tc, local_goes_to_cgi_manager);
    tcase_add_test(tc, history_of_cgi_manager_has_its_zone);
    tcase_add_test(tc, addresses_that_are_given_are_not_looked_for);
    tcase_add_loop_test(tc, what_must_not_come_twice_does_not, 0, ROWS(changing));
    tcase_add_test(tc, what_must_not_come_twice_has_a_connection_of_its_own);
    tcase_add_test(tc, control_wants_to_be_allowed);
    tcase_add_test(tc, options_are_copied);
    tcase_add_loop_test(tc, answers_are_told_apart, 0, ROWS(answered));
    tcase_add_test(tc, failures_of_the_gateway_open_the_circuit);
    tcase_add_test(tc, gaps_are_kept);
    tcase_add_test(tc, uploader_needs_an_account_and_a_place);
    tcase_add_test(tc, start_and_take);
    tcase_add_test(tc, list_of_a_cgi_manager_names_its_meter);
    tcase_add_test(tc, out_of_memory);
    tcase_add_test(tc, secrets_are_in_no_trace);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
