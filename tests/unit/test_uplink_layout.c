/* One document in other words: how it is laid out, how its keys are ordered and spelled
 * changes nothing; its numbers mean what the scanner says they do, and its EUIs have
 * digits alone. */
#include "support/suite.h"
#include "support/uplink_cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <sensorhub/uplink.h>

#include "base/json.h"
#include "base/number.h"

#define ROOM (1 << 16)

static const char ttn[] =
    "{\"end_device_ids\":{\"device_id\":\"sensor-1\",\"application_ids\":{"
    "\"application_id\":\"app\"},\"dev_eui\":\"9876B6000011C87B\",\"dev_addr\":"
    "\"260BC3D6\"},\"correlation_ids\":[\"as:up:1\",\"ns:uplink:2\"],\"received_at\":"
    "\"2021-09-20T12:10:53.180595270Z\",\"uplink_message\":{\"session_key_id\":"
    "\"AXuyqD7znKml0qbj/8Y0QQ==\",\"f_port\":1,\"f_cnt\":42,\"frm_payload\":\"PxvP\","
    "\"rx_metadata\":[{\"gateway_ids\":{\"gateway_id\":\"one\"},\"rssi\":-101,\"snr\":"
    "-6.25,\"location\":{\"latitude\":52.48453486,\"altitude\":46},\"uplink_token\":"
    "\"Ch4K\"},{\"gateway_ids\":{\"gateway_id\":\"two\"},\"rssi\":-97.5,\"snr\":8}],"
    "\"settings\":{\"data_rate\":{\"lora\":{\"bandwidth\":125000,\"spreading_factor\":9"
    "}},\"data_rate_index\":3,\"frequency\":\"867100000\"},\"received_at\":"
    "\"2021-09-20T12:10:52.973476075Z\",\"confirmed\":true,\"locations\":{\"user\":{"
    "\"latitude\":1.5,\"longitude\":-2.25,\"altitude\":3}}}}";

/* The same members in another order, and some that nobody knows. */
static const char shuffled[] =
    "{\"uplink_message\":{\"locations\":{\"user\":{\"altitude\":3,\"longitude\":-2.25,"
    "\"latitude\":1.5}},\"confirmed\":true,\"zeal\":[{\"f_port\":9},[],{},\"}\"],"
    "\"received_at\":\"2021-09-20T12:10:52.973476075Z\",\"settings\":{\"frequency\":"
    "\"867100000\",\"data_rate_index\":3,\"data_rate\":{\"lora\":{\"spreading_factor\":9,"
    "\"bandwidth\":125000}}},\"rx_metadata\":[{\"snr\":8,\"rssi\":-97.5,\"gateway_ids\":"
    "{\"gateway_id\":\"two\"}},{\"snr\":-6.25,\"rssi\":-101,\"gateway_ids\":{"
    "\"gateway_id\":\"one\"}}],\"frm_payload\":\"PxvP\",\"f_cnt\":42,\"f_por\":2,"
    "\"f_port\":1,\"f_ports\":3,\"\":4,\"session_key_id\":\"AXuyqD7znKml0qbj/8Y0QQ==\"},"
    "\"received_at\":\"2021-09-20T12:10:53.180595270Z\",\"end_device_ids\":{\"dev_addr\":"
    "\"260bc3d6\",\"dev_eui\":\"9876b6000011c87b\",\"application_ids\":{"
    "\"application_id\":\"app\"},\"device_id\":\"sensor-1\"}}";

static char *facts_of(shub_slice body, char *room)
{
    shub_uplink_parser *parser;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub__buf facts;
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    ck_status(shub_uplink_parse(parser, body, NULL, &up, NULL), SHUB_OK);
    shub__buf_init(&facts, ROOM - 1);
    uplink_say(&facts, &up);
    memcpy(room, facts.ptr, facts.len + 1);
    shub__buf_fini(&facts);
    shub_uplink_parser_free(parser);
    return room;
}

/* ---- layouts ------------------------------------------------------------------------
 */

typedef struct layout {
    const char *line;   /* behind what opens or parts, and before what closes */
    const char *indent; /* then, for each level */
    const char *before; /* a colon */
    const char *behind; /* a colon */
    int escaped;        /* 1: keys are written as \u00.. */
    int ragged;         /* 1: each line begins with another count of blanks */
} layout;

static const layout layouts[] = {
    {"", "", "", " ", 0, 0},
    {"\n", "", "", " ", 0, 0},
    {"\n", " ", "", " ", 0, 0},
    {"\n", "  ", "", " ", 0, 0},
    {"\n", "    ", "", " ", 0, 0},
    {"\n", "        ", "", "  ", 0, 0},
    {"\n", "\t", " ", "\t", 0, 0},
    {"\r\n", "  ", "", " ", 0, 0},
    {"\n \n", "  ", "\n", "\n   ", 0, 0},
    {" ", "", " ", "", 0, 0},
    {" \t\r\n                 \n", "     ", "", " ", 0, 0},
    {"", "", "", "", 1, 0},
    {"\n", "  ", "", " ", 1, 0},
    {"\n", "  ", "", " ", 0, 1},
};

static void put_line(shub__buf *out, const layout *how, int depth)
{
    shub__buf_text(out, how->line);
    for (int i = 0; i < depth; i++)
        shub__buf_text(out, how->indent);
    shub__buf_add(out, "  ", how->ragged ? out->len % 3 : 0);
}

/* Behind the string whose opening quote is at `p`. */
static const char *put_string(shub__buf *out, const layout *how, const char *p)
{
    const char *end = strchr(p + 1, '"');
    shub__buf_byte(out, '"');
    for (const char *c = p + 1; c < end; c++) {
        if (how->escaped && end[1] == ':')
            shub__buf_printf(out, "\\u%04X", (unsigned)*c);
        else
            shub__buf_byte(out, *c);
    }
    shub__buf_byte(out, '"');
    return end + 1;
}

static void lay_out(shub__buf *out, const layout *how, const char *p)
{
    int depth = 0;
    while (*p) {
        char c = *p;
        if (c == '"') {
            p = put_string(out, how, p);
            continue;
        }
        if (c == '}' || c == ']')
            put_line(out, how, --depth);
        if (c == ':')
            shub__buf_text(out, how->before);
        shub__buf_byte(out, c);
        if (c == ':')
            shub__buf_text(out, how->behind);
        depth += c == '{' || c == '[';
        if (c == '{' || c == '[' || c == ',')
            put_line(out, how, depth);
        p++;
    }
}

START_TEST(layout_changes_nothing)
{
    const layout *how = &layouts[_i];
    const char *documents[] = {ttn, shuffled};
    static char wanted[ROOM], seen[ROOM];
    for (size_t i = 0; i < 2; i++) {
        shub__buf text;
        shub__buf_init(&text, ROOM);
        lay_out(&text, how, documents[i]);
        ck_assert_str_eq(facts_of(shub__buf_view(&text), seen),
                         facts_of(shub_str(documents[i]), wanted));
        shub__buf_fini(&text);
    }
}
END_TEST

START_TEST(order_changes_nothing)
{
    static char one[ROOM], other[ROOM];
    facts_of(shub_str(ttn), one);
    ck_assert(strstr(one, "\n") != NULL);
    ck_assert_str_eq(one, facts_of(shub_str(shuffled), other));
}
END_TEST

/* ---- numbers ------------------------------------------------------------------------
 */

static const char *const numbers[] = {
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "00",
    "01",
    "-01",
    "0.5",
    "-0.25",
    ".5",
    "5.",
    "-",
    "-.5",
    "1..2",
    "1.2.3",
    "1.2.",
    "1-2",
    "1/5",
    "1:5",
    "+1",
    "1e3",
    "1E3",
    "1e",
    "1.e3",
    "12.5e-3",
    "-97",
    "-97.5",
    "8.25",
    "52.48453486",
    "4294967295",
    "4294967296",
    "99999999999999999",
    "999999999999999999",
    "9999999999999999999",
    "99999999999999999999",
    "0.1234567890123456",
    "0.12345678901234567",
    "-0.12345678901234567890",
    "123456789012345.67",
    "9007199254740993",
    "9007199254740993.0",
    "0.000000000000001",
    "1e400",
    "1a",
    "0x10",
    "null",
    "true",
    "255",
    "256",
    "\"0\"",
    "\"255\"",
    "\"256\"",
    "\"7\"",
    "\"-7.5\"",
    "\"07\"",
    "\"\"",
    "\"x\"",
};

enum { PLACES = 4 };

/* Where a number ends the object, is followed by a member, by white space, or by the end
 * of the text. */
static const char *const tails[PLACES] = {"}", ",\"f_cnt\":7}", "\n  }", ""};

/* What the scanner makes of the number alone. */
static shub_status scan(const char *number, const char *tail, double *value)
{
    static char text[256];
    shub__json j;
    shub_slice key, string;
    snprintf(text, sizeof text, "{\"rssi\":%s%s", number, tail);
    shub__json_init(&j, shub_str(text), NULL);
    *value = 0;
    shub__json_enter_object(&j);
    while (shub__json_next_key(&j, &key)) {
        if (!shub__json_is(key, "rssi") || shub__json_is_null(&j))
            continue;
        if (shub__json_type_next(&j) != SHUB__JSON_STRING) {
            shub__json_double(&j, value);
        } else if (shub__json_string(&j, &string)) {
            shub__json number_in;
            shub__json_init(&number_in, string, NULL);
            shub__json_double(&number_in, value);
            if (shub__json_finish(&number_in, NULL))
                return SHUB_E_CONTENT;
        }
    }
    return shub__json_finish(&j, NULL);
}

START_TEST(numbers_are_what_the_scanner_says)
{
    const char *number = numbers[_i / PLACES];
    const char *tail = tails[_i % PLACES];
    shub_uplink_parser *parser;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char text[512];
    double wanted;
    shub_status status = scan(number, tail, &wanted);
    snprintf(text, sizeof text,
             "{\"end_device_ids\":{\"device_id\":\"d\"},\"uplink_message\":{"
             "\"rx_metadata\":[{\"rssi\":%s%s%s",
             number, tail, *tail ? "]}}" : "");
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    ck_assert_msg(shub_uplink_parse(parser, shub_str(text), NULL, &up, &err) == status,
                  "%s: %s, wanted %s", text, err.message, shub_status_name(status));
    if (!status) {
        ck_assert_double_eq(up.rssi_dbm, wanted);
        ck_assert_int_eq(!signbit(up.rssi_dbm), !signbit(wanted));
    }
    shub_uplink_parser_free(parser);
}
END_TEST

/* An integer from 0 to `limit`, in quotes or not, or why it is none. */
static shub_status wanted_integer(const char *number, int64_t limit, int64_t *value)
{
    shub_slice text = shub_str(number);
    double any;
    shub_status status = scan(number, "}", &any);
    *value = 0;
    if (status || shub__json_is(text, "null"))
        return status;
    if (*number == '"')
        text = shub_bytes(text.ptr + 1, text.len - 2);
    status = shub__int64_read(text.ptr, text.len, value);
    if (status == SHUB_E_FORMAT)
        return SHUB_E_CONTENT;
    return status || *value < 0 || *value > limit ? SHUB_E_RANGE : SHUB_OK;
}

static void check_integer(const char *key, const char *number, int64_t limit)
{
    shub_uplink_parser *parser;
    shub_uplink up = SHUB_UPLINK_INIT;
    shub_error err = SHUB_ERROR_INIT;
    char text[512];
    int64_t wanted;
    shub_status status = wanted_integer(number, limit, &wanted);
    snprintf(text, sizeof text,
             "{\"end_device_ids\":{\"device_id\":\"d\"},\"uplink_message\":{\"%s\":%s}}",
             key, number);
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    shub_status seen = shub_uplink_parse(parser, shub_str(text), NULL, &up, &err);
    ck_assert_msg(!seen == !status, "%s: %s, wanted %s", text, err.message,
                  shub_status_name(status));
    if (!status)
        ck_assert_int_eq(strcmp(key, "f_cnt") ? up.port : up.counter, wanted);
    shub_uplink_parser_free(parser);
}

/* Of 64 bits and of 32. */
START_TEST(integers_are_in_their_limits)
{
    check_integer("f_cnt", numbers[_i], UINT32_MAX);
    check_integer("f_port", numbers[_i], 255);
}
END_TEST

/* ---- EUIs ---------------------------------------------------------------------------
 */

static shub_status read_eui(shub_uplink_parser *parser, const char *eui, shub_uplink *up,
                            shub_error *err)
{
    char text[256];
    snprintf(text, sizeof text, "{\"end_device_ids\":{\"dev_eui\":\"%s\"}}", eui);
    return shub_uplink_parse(parser, shub_str(text), NULL, up, err);
}

/* Every byte below 0x80 in each place, written as an escape; and a character of two. */
START_TEST(euis_have_digits_alone)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    shub_uplink_parser *parser;
    shub_uplink up = SHUB_UPLINK_INIT;
    char eui[64], wanted[17];
    ck_status(shub_uplink_parser_new(&parser, NULL), SHUB_OK);
    for (int byte = 0; byte < 0x80; byte++) {
        const char *digit = memchr(digits, byte, sizeof digits - 1);
        shub_error err = SHUB_ERROR_INIT;
        snprintf(eui, sizeof eui, "%.*s\\u%04x%.*s", _i, "0123456789abcdef", byte,
                 15 - _i, "0123456789ABCDEF" + _i);
        ck_status(read_eui(parser, eui, &up, &err), digit ? SHUB_OK : SHUB_E_FORMAT);
        ck_assert_int_eq(err.pos, digit ? SHUB_NONE : 30);
        if (!digit)
            continue;
        snprintf(wanted, sizeof wanted, "%.*s%c%.*s", _i, "0123456789abcdef",
                 byte < 'A' ? byte : byte | 0x20, 15 - _i, "0123456789abcdef" + _i);
        ck_slice_eq(up.dev_eui, wanted);
    }
    snprintf(eui, sizeof eui, "%.*s\xc3\xa9%.*s", _i, "000000000000000",
             _i < 14 ? 14 - _i : 0, "00000000000000");
    ck_status(read_eui(parser, eui, &up, NULL), SHUB_E_FORMAT);
    shub_uplink_parser_free(parser);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink layout");
    TCase *tcase = tcase_create("layout");
    int count = (int)(sizeof numbers / sizeof numbers[0]);
    tcase_add_loop_test(tcase, layout_changes_nothing, 0,
                        (int)(sizeof layouts / sizeof layouts[0]));
    tcase_add_test(tcase, order_changes_nothing);
    tcase_add_loop_test(tcase, numbers_are_what_the_scanner_says, 0, count * PLACES);
    tcase_add_loop_test(tcase, integers_are_in_their_limits, 0, count);
    tcase_add_loop_test(tcase, euis_have_digits_alone, 0, 16);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
