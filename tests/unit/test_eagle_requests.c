/* The bodies of requests, as the manuals and the clients in the field send them. */
#include "support/suite.h"

#include <string.h>

typedef struct request_case {
    shub_eagle_command command;
    const char *name;
    const char *body; /* with hardware address 0x000781000081fd0b where one is needed */
} request_case;

#define METER "0x000781000081fd0b"

static const request_case cases[] = {
    {SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND, "get_instantaneous_demand",
     "<Command>\n<Name>get_instantaneous_demand</Name>\n</Command>"},
    {SHUB_EAGLE_GET_CURRENT_SUMMATION, "get_current_summation",
     "<Command>\n<Name>get_current_summation</Name>\n</Command>"},
    {SHUB_EAGLE_GET_PRICE, "get_price", "<Command>\n<Name>get_price</Name>\n</Command>"},
    {SHUB_EAGLE_GET_NETWORK_STATUS, "get_network_status",
     "<Command>\n<Name>get_network_status</Name>\n</Command>"},
    {SHUB_EAGLE_GET_NETWORK_INFO, "get_network_info",
     "<Command>\n<Name>get_network_info</Name>\n</Command>"},
    {SHUB_EAGLE_DEVICE_LIST, "device_list",
     "<Command>\n<Name>device_list</Name>\n</Command>"},
    {SHUB_EAGLE_DEVICE_DETAILS, "device_details",
     "<Command>\n<Name>device_details</Name>\n<DeviceDetails>\n<HardwareAddress>" METER
     "</HardwareAddress>\n</DeviceDetails>\n</Command>"},
    {SHUB_EAGLE_DEVICE_QUERY, "device_query",
     "<Command>\n<Name>device_query</Name>\n<DeviceDetails>\n<HardwareAddress>" METER
     "</HardwareAddress>\n</DeviceDetails>\n<Components>\n<All>Y</All>\n</Components>\n"
     "</Command>"},
};

#define RADIO         "0xd8d5b90000000cee"
#define LOCAL(name)   "<LocalCommand>\n<Name>" name "</Name>\n<MacId>" RADIO "</MacId>\n"
#define LOCAL_END     "</LocalCommand>"
#define COMMAND(name) "<Command>\n<Name>" name "</Name>\n"
#define RAVEN(name)   "<RavenCommand>\n<Name>" name "</Name>\n"

static shub_eagle_request_options options(void)
{
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;

    opts.hardware_address = SHUB_LIT(METER);
    return opts;
}

START_TEST(every_command_has_its_body)
{
    const request_case *c = &cases[_i];
    shub_eagle_request_options opts = options();
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;

    ck_assert_str_eq(shub_eagle_command_name(c->command), c->name);
    ck_status(shub_eagle_request(c->command, &opts, body, sizeof body, &len, &err),
              SHUB_OK);
    ck_assert_str_eq(body, c->body);
    ck_assert_uint_eq(len, strlen(body));
}
END_TEST

/* 2012-12-12T06:09:33Z, of which the Uploader API's example says 0x185adc1d. */
#define START_US (INT64_C(1355292573) * SHUB_SECOND_US)

static const struct {
    shub_eagle_command command;
    shub_eagle_request_options opts; /* and RADIO where a mac_id is empty */
    const char *body;
} full[] = {
    {SHUB_EAGLE_WIFI_STATUS, {0}, COMMAND("wifi_status") "</Command>"},
    {SHUB_EAGLE_LIST_NETWORK, {0}, COMMAND("list_network") "</Command>"},
    {SHUB_EAGLE_GET_MESSAGE,
     {.json = 1},
     COMMAND("get_message") "<MacId>" RADIO
                            "</MacId>\n<Format>JSON</Format>\n</Command>"},
    {SHUB_EAGLE_GET_HISTORY_DATA,
     {.start_us = START_US, .end_us = START_US + SHUB_SECOND_US, .frequency_s = 300},
     COMMAND("get_history_data") "<MacId>" RADIO
                                 "</MacId>\n<StartTime>0x185adc1d</StartTime>"
                                 "\n<EndTime>0x185adc1e</EndTime>\n"
                                 "<Frequency>0x012c</Frequency>\n</Command>"},
    {SHUB_EAGLE_GET_SCHEDULE,
     {.event = {"demand", 6}},
     COMMAND("get_schedule") "<MacId>" RADIO
                             "</MacId>\n<Event>demand</Event>\n</Command>"},
    {SHUB_EAGLE_GET_SCHEDULE,
     {0},
     COMMAND("get_schedule") "<MacId>" RADIO "</MacId>\n</Command>"},
    {SHUB_EAGLE_GET_DEMAND_PEAKS,
     {0},
     COMMAND("get_demand_peaks") "<MacId>" RADIO "</MacId>\n</Command>"},
    {SHUB_EAGLE_GET_MDNS_STATUS, {0}, COMMAND("get_mdns_status") "</Command>"},
    {SHUB_EAGLE_GET_DEVICE_LIST, {0}, LOCAL("get_device_list") LOCAL_END},
    {SHUB_EAGLE_GET_DEVICE_INFO, {0}, LOCAL("get_device_info") LOCAL_END},
    {SHUB_EAGLE_GET_USAGE_DATA, {0}, LOCAL("get_usage_data") LOCAL_END},
    {SHUB_EAGLE_GET_HISTORICAL_DATA,
     {.period = {"day", 3}},
     LOCAL("get_historical_data") "<Period>day</Period>\n" LOCAL_END},
    {SHUB_EAGLE_GET_PRICE_BLOCKS, {0}, LOCAL("get_price_blocks") LOCAL_END},
    {SHUB_EAGLE_GET_SETTING_DATA, {0}, LOCAL("get_setting_data") LOCAL_END},
    {SHUB_EAGLE_GET_DEVICE_CONFIG, {0}, LOCAL("get_device_config") LOCAL_END},
    {SHUB_EAGLE_GET_GATEWAY_INFO, {0}, LOCAL("get_gateway_info") LOCAL_END},
    {SHUB_EAGLE_GET_TIMEZONE, {0}, LOCAL("get_timezone") LOCAL_END},
    {SHUB_EAGLE_GET_TIME_SOURCE, {0}, LOCAL("get_time_source") LOCAL_END},
    {SHUB_EAGLE_GET_UPLOADERS, {0}, LOCAL("get_uploaders") LOCAL_END},
    {SHUB_EAGLE_GET_UPLOADER, {0}, LOCAL("get_uploader") LOCAL_END},
    {SHUB_EAGLE_GET_PRICE, {.local = 1}, LOCAL("get_price") LOCAL_END},
    {SHUB_EAGLE_LIST_DEVICES,
     {0},
     "<LocalCommand>\n<Name>list_devices</Name>\n</LocalCommand>"},
    {SHUB_EAGLE_GET_DEVICE_DATA, {0}, LOCAL("get_device_data") LOCAL_END},
    {SHUB_EAGLE_GET_DEMAND_VALUES,
     {.period = {"hour", 4}, .frequency_s = 60},
     LOCAL("get_demand_values") "<Interval>hour</Interval>\n<Frequency>0x003c</Frequency>"
                                "\n" LOCAL_END},
    {SHUB_EAGLE_GET_SUMMATION_VALUES,
     {.period = {"year", 4}},
     LOCAL("get_summation_values") "<Interval>year</Interval>\n" LOCAL_END},
    {SHUB_EAGLE_GET_FAST_POLL_STATUS, {0}, LOCAL("get_fast_poll_status") LOCAL_END},
    {SHUB_EAGLE_GET_PROFILE_DATA,
     {.received = 1, .count = 3, .end_us = START_US},
     RAVEN("get_profile_data") "<MacId>" RADIO "</MacId>\n<EndTime>0x185adc1d</EndTime>\n"
                               "<NumberOfPeriods>0x3</NumberOfPeriods>\n"
                               "<IntervalChannel>Received</IntervalChannel>\n"
                               "</RavenCommand>"},
    {SHUB_EAGLE_SET_FAST_POLL,
     {.frequency_s = 4, .duration_min = 15},
     RAVEN("set_fast_poll") "<MacId>" RADIO "</MacId>\n<Frequency>0x04</Frequency>\n"
                            "<Duration>0x0f</Duration>\n</RavenCommand>"},
    {SHUB_EAGLE_SET_FAST_POLL,
     {0},
     RAVEN("set_fast_poll") "<MacId>" RADIO "</MacId>\n<Frequency>0x00</Frequency>\n"
                            "<Duration>0x00</Duration>\n</RavenCommand>"},
    {SHUB_EAGLE_SET_SCHEDULE,
     {.event = {"demand", 6}, .frequency_s = 10, .disable = 1},
     COMMAND("set_schedule") "<DeviceMacId>" RADIO
                             "</DeviceMacId>\n<Event>demand</Event>\n"
                             "<Frequency>0x000a</Frequency>\n<Enabled>N</Enabled>\n"
                             "</Command>"},
    {SHUB_EAGLE_CONFIRM_MESSAGE,
     {.message_id = 0x1b1},
     COMMAND("confirm_message") "<MacId>" RADIO
                                "</MacId>\n<Id>0x000001b1</Id>\n</Command>"},
    {SHUB_EAGLE_SET_PRICE,
     {.price = {"0.1287", 6}},
     LOCAL("set_price") "<Price>0x00000507</Price>\n<TrailingDigits>0x04</TrailingDigits>"
                        "\n" LOCAL_END},
    {SHUB_EAGLE_SET_PRICE,
     {.price = {"automatic", 9}},
     LOCAL("set_price") "<Price>0xffffffff</Price>\n<TrailingDigits>0x00</TrailingDigits>"
                        "\n" LOCAL_END},
};

START_TEST(commands_have_what_they_need)
{
    shub_eagle_request_options opts = full[_i].opts;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;

    opts.size = sizeof opts;
    opts.mac_id = SHUB_LIT(RADIO);
    ck_assert_msg(shub_eagle_request(full[_i].command, &opts, body, sizeof body, &len,
                                     &err) == SHUB_OK,
                  "%s", err.message);
    ck_assert_str_eq(body, full[_i].body);
}
END_TEST

static const struct {
    shub_eagle_command command;
    shub_eagle_request_options opts; /* and RADIO, METER */
    shub_status status;
    const char *message;
} wrong[] = {
    {SHUB_EAGLE_GET_HISTORY_DATA,
     {0},
     SHUB_E_INVALID,
     "get_history_data needs a start_us"},
    {SHUB_EAGLE_GET_HISTORY_DATA,
     {.start_us = 1},
     SHUB_E_RANGE,
     "StartTime lies outside of the years 2000 to 2136"},
    {SHUB_EAGLE_GET_HISTORICAL_DATA,
     {.period = {"hour", 4}},
     SHUB_E_INVALID,
     "get_historical_data: period is one of day week month year"},
    {SHUB_EAGLE_GET_SCHEDULE,
     {.event = {"rain", 4}},
     SHUB_E_INVALID,
     "get_schedule: event is one of time message price summation demand "
     "scheduled_prices profile_data billing_period block_period"},
    {SHUB_EAGLE_SET_SCHEDULE,
     {0},
     SHUB_E_INVALID,
     "set_schedule: event is one of time message price summation demand "
     "scheduled_prices profile_data billing_period block_period"},
    {SHUB_EAGLE_SET_SCHEDULE,
     {.event = {"demand", 6}, .frequency_s = 65536},
     SHUB_E_RANGE,
     "set_schedule: frequency_s 65536, at most 65535"},
    {SHUB_EAGLE_SET_FAST_POLL,
     {.frequency_s = 256},
     SHUB_E_RANGE,
     "set_fast_poll: frequency_s 256, at most 255"},
    {SHUB_EAGLE_SET_FAST_POLL,
     {.frequency_s = 4, .duration_min = 16},
     SHUB_E_RANGE,
     "set_fast_poll: duration_min 16, at most 15"},
    {SHUB_EAGLE_SET_FAST_POLL,
     {.duration_min = 1},
     SHUB_E_INVALID,
     "set_fast_poll needs a frequency_s"},
    {SHUB_EAGLE_GET_PROFILE_DATA,
     {.count = 13},
     SHUB_E_RANGE,
     "get_profile_data: count 13, at most 12"},
    {SHUB_EAGLE_SET_PRICE, {0}, SHUB_E_INVALID, "set_price needs a price"},
    {SHUB_EAGLE_SET_PRICE,
     {.price = {"-1", 2}},
     SHUB_E_INVALID,
     "price is a decimal or \"automatic\""},
    {SHUB_EAGLE_SET_PRICE,
     {.price = {".", 1}},
     SHUB_E_INVALID,
     "price is a decimal or \"automatic\""},
    {SHUB_EAGLE_SET_PRICE,
     {.price = {"4294967295", 10}},
     SHUB_E_RANGE,
     "price has more digits than a gateway takes"},
    {SHUB_EAGLE_SET_PRICE,
     {.price = {"0.123456789", 11}},
     SHUB_E_RANGE,
     "price has more digits than a gateway takes"},
    {SHUB_EAGLE_DEVICE_CONTROL,
     {.allow_control = 1},
     SHUB_E_INVALID,
     "device_control needs one variable and a value"},
};

START_TEST(what_a_gateway_does_not_take_is_refused)
{
    shub_eagle_request_options opts = wrong[_i].opts;
    char body[SHUB_EAGLE_REQUEST_MAX] = "x";
    shub_error err = SHUB_ERROR_INIT;
    size_t len = 1;

    opts.size = sizeof opts;
    opts.mac_id = SHUB_LIT(RADIO);
    opts.hardware_address = SHUB_LIT(METER);
    ck_status(shub_eagle_request(wrong[_i].command, &opts, body, sizeof body, &len, &err),
              wrong[_i].status);
    ck_assert_str_eq(err.message, wrong[_i].message);
    ck_assert_str_eq(body, "");
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(cgi_manager_is_told_whom_to_ask)
{
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;

    ck_status(shub_eagle_request(SHUB_EAGLE_GET_USAGE_DATA, NULL, body, sizeof body, &len,
                                 &err),
              SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "get_usage_data needs a mac_id");
    ck_status(shub_eagle_request(SHUB_EAGLE_GET_DEVICE_LIST, NULL, body, sizeof body,
                                 &len, &err),
              SHUB_OK);
}
END_TEST

START_TEST(device_control_is_allowed_in_words)
{
    const shub_slice variable = SHUB_LIT("zigbee:OnOff");
    shub_eagle_request_options opts = options();
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;

    opts.variables = &variable;
    opts.variable_count = 1;
    opts.component = SHUB_LIT("Receptacle 1");
    opts.value = SHUB_LIT("on");
    ck_status(shub_eagle_request(SHUB_EAGLE_DEVICE_CONTROL, &opts, body, sizeof body,
                                 &len, &err),
              SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "device_control needs allow_control");
    opts.allow_control = 1;
    ck_status(shub_eagle_request(SHUB_EAGLE_DEVICE_CONTROL, &opts, body, sizeof body,
                                 &len, &err),
              SHUB_OK);
    ck_assert_str_eq(body,
                     COMMAND("device_control") "<DeviceDetails>\n<HardwareAddress>" METER
                                               "</HardwareAddress>\n</DeviceDetails>\n"
                                               "<Components>\n<Component>\n"
                                               "<Name>Receptacle 1</Name>\n<Variables>\n"
                                               "<Variable>\n<Name>zigbee:OnOff</Name>\n"
                                               "<Value>on</Value>\n</Variable>\n"
                                               "</Variables>\n</Component>\n"
                                               "</Components>\n</Command>");
}
END_TEST

/* An upload's answer carries a command back to an EAGLE-100 (Uploader API v6). */
START_TEST(uploads_are_answered_by_commands)
{
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;

    opts.frequency_s = 4;
    opts.duration_min = 15;
    ck_status(shub_eagle_upload_answer(SHUB_EAGLE_SET_FAST_POLL, &opts, body, sizeof body,
                                       &len, &err),
              SHUB_OK);
    ck_assert_str_eq(body, RAVEN("set_fast_poll") "<Frequency>0x04</Frequency>\n"
                                                  "<Duration>0x0f</Duration>\n"
                                                  "</RavenCommand>");
    ck_assert_uint_eq(len, strlen(body));
    opts.event = SHUB_LIT("demand");
    ck_status(shub_eagle_upload_answer(SHUB_EAGLE_SET_SCHEDULE, &opts, body, sizeof body,
                                       &len, &err),
              SHUB_OK);
    ck_assert_str_eq(body, RAVEN("set_schedule") "<Event>demand</Event>\n"
                                                 "<Frequency>0x0004</Frequency>\n"
                                                 "<Enabled>Y</Enabled>\n"
                                                 "</RavenCommand>");
    opts.start_us = START_US;
    opts.mac_id = SHUB_LIT(RADIO);
    ck_status(shub_eagle_upload_answer(SHUB_EAGLE_GET_HISTORY_DATA, &opts, body,
                                       sizeof body, &len, &err),
              SHUB_OK);
    ck_assert_str_eq(
        body, LOCAL("get_history_data") "<StartTime>0x185adc1d</StartTime>\n"
                                        "<Frequency>0x0004</Frequency>\n" LOCAL_END);
    ck_status(shub_eagle_upload_answer(SHUB_EAGLE_DEVICE_LIST, &opts, body, sizeof body,
                                       &len, &err),
              SHUB_E_INVALID);
    ck_assert_str_eq(body, "");
    ck_assert_uint_eq(len, 0);
}
END_TEST

START_TEST(uploaders_are_added_and_deleted)
{
    shub_eagle_uploader uploader = SHUB_EAGLE_UPLOADER_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    shub_error err = SHUB_ERROR_INIT;
    size_t len;

    ck_status(shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err),
              SHUB_E_INVALID);
    uploader.provider = SHUB_LIT("my \"hub\"");
    uploader.hostname = SHUB_LIT("hub.example");
    ck_status(shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err), SHUB_OK);
    ck_assert_str_eq(
        body, "{\"command\":\"uploader\",\"parameters\":{\"name\":\"uploader_add\","
              "\"description\":\"my \\\"hub\\\"\",\"provider\":\"my \\\"hub\\\"\","
              "\"format\":\"XML:Raw\",\"protocol\":\"http\",\"hostname\":\"hub.example\","
              "\"port\":80,\"url\":\"/\",\"uploadSize\":0,\"uploadPeriod\":0}}");
    uploader.tls = 1;
    uploader.format = SHUB_LIT("RFA");
    uploader.path = SHUB_LIT("/upload");
    uploader.header = SHUB_LIT("X-Token: 1");
    ck_status(shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err), SHUB_OK);
    ck_assert_ptr_nonnull(strstr(body, "\"protocol\":\"https\""));
    ck_assert_ptr_nonnull(strstr(body, "\"port\":443,\"url\":\"/upload\""));
    ck_assert_ptr_nonnull(strstr(body, "\"x-header1\":\"X-Token: 1\"}}"));
    ck_status(shub_eagle_uploader_add(&uploader, body, len, &len, &err), SHUB_E_LIMIT);
    uploader.format = SHUB_LIT("CSV");
    ck_status(shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err),
              SHUB_E_INVALID);
    uploader.format = SHUB_LIT("XML:Simple");
    uploader.port = 65536;
    ck_status(shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err),
              SHUB_E_INVALID);
    uploader.hostname = SHUB_LIT("a\xff");
    ck_status(shub_eagle_uploader_add(&uploader, body, sizeof body, &len, &err),
              SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "hostname is not UTF-8");
    ck_status(shub_eagle_uploader_delete(SHUB_LIT("hub"), body, sizeof body, &len, &err),
              SHUB_OK);
    ck_assert_str_eq(body, "{\"command\":\"uploader\",\"parameters\":"
                           "{\"name\":\"uploader_delete\",\"provider\":\"hub\"}}");
    ck_status(shub_eagle_uploader_delete(SHUB_LIT(""), body, sizeof body, &len, &err),
              SHUB_E_INVALID);
}
END_TEST

static shub_status build_uploader(void *user)
{
    shub_eagle_uploader uploader = SHUB_EAGLE_UPLOADER_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;

    (void)user;
    uploader.provider = uploader.hostname = SHUB_LIT("hub");
    return shub_eagle_uploader_add(&uploader, body, sizeof body, &len, NULL);
}

START_TEST(uploaders_may_find_no_memory)
{
    ck_assert_uint_gt(oom_loop(build_uploader, NULL), 0);
}
END_TEST

START_TEST(options_change_the_body)
{
    const shub_slice variables[] = {SHUB_LIT("zigbee:Price"), SHUB_LIT("a<b>&c")};
    shub_eagle_request_options opts = options();
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;

    opts.mac_id = SHUB_LIT("0xd8d5b90000000cee");
    opts.json = 1;
    ck_status(
        shub_eagle_request(SHUB_EAGLE_GET_PRICE, &opts, body, sizeof body, &len, NULL),
        SHUB_OK);
    ck_assert_str_eq(body, "<Command>\n<Name>get_price</Name>\n"
                           "<MacId>0xd8d5b90000000cee</MacId>\n"
                           "<Format>JSON</Format>\n</Command>");
    opts.json = 0;
    opts.variables = variables;
    opts.variable_count = 2;
    ck_status(
        shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, &opts, body, sizeof body, &len, NULL),
        SHUB_OK);
    ck_assert_ptr_nonnull(strstr(
        body, "<Components>\n<Component>\n<Name>Main</Name>\n<Variables>\n<Variable>\n"
              "<Name>zigbee:Price</Name>\n</Variable>\n<Variable>\n"
              "<Name>a&lt;b&gt;&amp;c</Name>\n</Variable>\n</Variables>\n</Component>\n"
              "</Components>\n</Command>"));
    ck_assert_ptr_null(strstr(body, "MacId"));
    opts.component = SHUB_LIT("Receptacle 1");
    ck_status(
        shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, &opts, body, sizeof body, &len, NULL),
        SHUB_OK);
    ck_assert_ptr_nonnull(strstr(body, "<Name>Receptacle 1</Name>"));
}
END_TEST

START_TEST(options_are_optional)
{
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;

    ck_status(
        shub_eagle_request(SHUB_EAGLE_DEVICE_LIST, NULL, body, sizeof body, &len, NULL),
        SHUB_OK);
    ck_assert_str_eq(body, cases[5].body);
}
END_TEST

START_TEST(every_smaller_buffer_is_refused)
{
    shub_eagle_request_options opts = options();
    const char *body = cases[7].body;
    shub_error err = SHUB_ERROR_INIT;
    char dst[512];
    size_t len;

    for (size_t cap = 0; cap <= strlen(body); cap++) {
        memset(dst, '#', sizeof dst);
        ck_status(
            shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, &opts, dst, cap, &len, &err),
            SHUB_E_LIMIT);
        ck_assert_uint_eq(len, 0);
        ck_assert_int_eq(dst[0], cap ? '\0' : '#');
        for (size_t i = cap; i < sizeof dst; i++)
            ck_assert_int_eq(dst[i], '#');
    }
    ck_status(shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, &opts, dst, strlen(body) + 1,
                                 &len, &err),
              SHUB_OK);
    ck_assert_str_eq(dst, body);
}
END_TEST

START_TEST(the_largest_request_has_a_limit)
{
    static char big[2 * SHUB_EAGLE_REQUEST_MAX];
    static char mac[SHUB_EAGLE_REQUEST_MAX];
    shub_eagle_request_options opts = options();
    size_t len;

    memset(mac, '0', sizeof mac);
    opts.mac_id = shub_bytes(mac, sizeof mac);
    ck_status(
        shub_eagle_request(SHUB_EAGLE_GET_PRICE, &opts, big, sizeof big, &len, NULL),
        SHUB_E_LIMIT);
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
    const shub_slice variables[] = {SHUB_LIT("zigbee:Price"), SHUB_LIT("tab\tbell\a")};
    shub_eagle_request_options opts = options();
    shub_error err = SHUB_ERROR_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len = 1;

    ck_assert_ptr_null(shub_eagle_command_name((shub_eagle_command)99));
    ck_status(
        shub_eagle_request((shub_eagle_command)99, &opts, body, sizeof body, &len, &err),
        SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "no EAGLE command has number 99");
    ck_assert_uint_eq(len, 0);
    ck_status(
        shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, NULL, body, sizeof body, &len, &err),
        SHUB_E_INVALID);
    ck_assert_str_eq(err.message, "device_query needs a hardware_address");
    opts.size = 0;
    ck_status(
        shub_eagle_request(SHUB_EAGLE_GET_PRICE, &opts, body, sizeof body, &len, &err),
        SHUB_E_INVALID);
    opts = options();
    opts.variables = variables;
    opts.variable_count = 2;
    ck_status(
        shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, &opts, body, sizeof body, &len, &err),
        SHUB_E_CONTENT);
    ck_assert_str_eq(err.message, "variable: byte 0x07 is no character of XML 1.0");
    ck_assert_int_eq(err.index, 1);
    ck_assert_int_eq(err.pos, 8);
}
END_TEST

static const struct {
    const char *text;
    int pos; /* of what XML cannot carry */
} characters[] = {
    {"\x01", 0},           {"a\xff", 1},
    {"ab\xed\xa0\x80", 2}, {"\xef\xbf\xbe", 0},
    {"-\xef\xbf\xbf", 1},  {"\xef\xbf\xbd", SHUB_NONE},
    {"a\r\n", SHUB_NONE},  {"\xc3\xa9", SHUB_NONE},
};

START_TEST(characters_are_those_of_xml)
{
    shub_eagle_request_options opts = options();
    shub_error err = SHUB_ERROR_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;
    shub_status wanted = characters[_i].pos == SHUB_NONE ? SHUB_OK : SHUB_E_CONTENT;

    opts.mac_id = shub_str(characters[_i].text);
    ck_status(
        shub_eagle_request(SHUB_EAGLE_GET_PRICE, &opts, body, sizeof body, &len, &err),
        wanted);
    if (wanted)
        ck_assert_int_eq(err.pos, characters[_i].pos);
    else
        ck_assert_ptr_nonnull(strstr(body, characters[_i].text));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("eagle requests");
    TCase *tcase = tcase_create("requests");

    tcase_add_loop_test(tcase, every_command_has_its_body, 0,
                        sizeof cases / sizeof *cases);
    tcase_add_loop_test(tcase, commands_have_what_they_need, 0,
                        sizeof full / sizeof *full);
    tcase_add_loop_test(tcase, what_a_gateway_does_not_take_is_refused, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_test(tcase, cgi_manager_is_told_whom_to_ask);
    tcase_add_test(tcase, device_control_is_allowed_in_words);
    tcase_add_test(tcase, uploads_are_answered_by_commands);
    tcase_add_test(tcase, uploaders_are_added_and_deleted);
    tcase_add_test(tcase, uploaders_may_find_no_memory);
    tcase_add_test(tcase, options_change_the_body);
    tcase_add_test(tcase, options_are_optional);
    tcase_add_test(tcase, every_smaller_buffer_is_refused);
    tcase_add_test(tcase, the_largest_request_has_a_limit);
    tcase_add_test(tcase, what_is_wrong_is_said);
    tcase_add_loop_test(tcase, characters_are_those_of_xml, 0,
                        sizeof characters / sizeof *characters);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
