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
