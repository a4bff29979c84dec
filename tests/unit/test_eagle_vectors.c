/* The captured bodies in $SENSORHUB_VECTORS/eagle: what this library makes of each.
 * Skipped when the variable is not set; eagle_cases.txt restates what they teach. */
#include "support/eagle_cases.h"
#include "support/suite.h"
#include "support/tables.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct vector {
    const char *file;
    shub_eagle_family family;
    const char *lines;   /* of canonical JSON */
    shub_status samples; /* of making them */
    const char *before;  /* what the capture left out around its part */
    const char *after;
} vector;

#define LINE(device, quantity, time, value)                                              \
    "{\"device\":\"" device "\",\"quantity\":\"" quantity "\",\"time\":\"" time          \
    "\",\"value\":" value "}\n"
#define METER                      "0x000781000081fd0b" /* of readings that name none */
#define ASSUMED                    "2020-01-01T00:00:00Z"

#define FRAGMENT                   SHUB_EAGLE_FAMILY_FRAGMENT
#define UNKNOWN                    SHUB_EAGLE_FAMILY_UNKNOWN
#define UPLOAD                     SHUB_EAGLE_FAMILY_UPLOAD
#define CGI                        SHUB_EAGLE_FAMILY_CGI
#define DEVICE                     SHUB_EAGLE_FAMILY_DEVICE

#define POWER(device, time, value) LINE(device, "power", time, value ",\"unit\":\"kW\"")
#define ENERGY(device, which, time, value)                                               \
    LINE(device, "energy_" which, time, value ",\"unit\":\"kWh\"")
#define PRICE(device, time, value, currency)                                             \
    LINE(device, "price", time, value ",\"unit\":\"" currency "/kWh\"")
#define LINK(device, value)                                                              \
    LINE(device, "link_strength", ASSUMED,                                               \
         value ",\"unit\":\"/100\",\"time_assumed\":true")

/* An EAGLE-200's variable by itself is a part of a Device. */
#define XML_DEVICE                                                                       \
    "<Device><HardwareAddress>0x000781000081fd0b</HardwareAddress><Components>"          \
    "<Component><Variables>"
#define XML_DEVICE_END "</Variables></Component></Components></Device>"
#define JSON_DEVICE                                                                      \
    "{\"Device\":{\"HardwareAddress\":\"0x000781000081fd0b\",\"Components\":"            \
    "{\"Component\":{\"Variables\":{\"Variable\":"
#define JSON_DEVICE_END "}}}}}"
#define AT_ARRIVAL(quantity, value, unit)                                                \
    LINE("0x000781000081fd0b", quantity, ASSUMED,                                        \
         value ",\"unit\":\"" unit "\",\"time_assumed\":true")

#define NET(clock, value)                                                                \
    LINE(METER, "energy.net", "2014-03-10T" clock ":00Z",                                \
         value ",\"unit\":\"kWh\",\"time_assumed\":true")

static const vector vectors[] = {
    {"cloud-demand.response.xml", FRAGMENT,
     POWER("0x000781000081fd17", "2015-03-10T17:54:01Z", "0.944"), 0, "", ""},
    {"cloud-demand.response.json", FRAGMENT,
     POWER("0x000781000081fd17", "2015-03-11T18:36:40Z", "0.944"), 0, "", ""},
    {"cloud-demand-doc.response.http", FRAGMENT,
     POWER("0x00178d0000000004", "2012-12-12T06:09:33Z", "5.944"), 0, "", ""},
    {"cloud-network_info.response.xml", FRAGMENT, "", 0, "", ""},
    {"cloud-network_info.response.json", FRAGMENT, "", 0, "", ""},
    {"cloud-network_status.response.xml", FRAGMENT, LINK("0x000781000081fd17", "100.0"),
     0, "", ""},
    {"cloud-network_status.response.json", FRAGMENT, LINK("0x000781000081fd17", "100.0"),
     0, "", ""},
    {"cloud-price.response.xml", FRAGMENT,
     PRICE("0x000781000081fd17", "2015-03-10T17:53:58Z", "0.1", "EUR"), 0, "", ""},
    {"cloud-price.response.json", FRAGMENT,
     PRICE("0x000781000081fd17", "2015-03-11T18:36:27Z", "0.1", "EUR"), 0, "", ""},
    {"cloud-message-empty.response.xml", FRAGMENT, "", 0, "", ""},
    {"cloud-message-empty.response.json", FRAGMENT, "", 0, "", ""},
    {"cloud-schedule.response.xml", FRAGMENT, "", 0, "", ""},
    {"cloud-schedule.response.json", FRAGMENT, "", 0, "", ""},
    {"local100-json-historydata-missing-braces.txt", FRAGMENT,
     ENERGY(METER, "delivered", "2015-03-10T16:27:44Z", "0.001")
         ENERGY(METER, "received", "2015-03-10T16:27:44Z", "0.0"),
     0, "", ""},
    {"local100-demandpeaks.response.json", FRAGMENT,
     AT_ARRIVAL("power.max", "5.0", "kW") AT_ARRIVAL("power.min", "-2.0", "kW"), 0, "",
     ""},
    {"e200-device_list.response.xml", SHUB_EAGLE_FAMILY_DEVICE_LIST, "", 0, "", ""},
    {"e200-device_query-demand.response.xml", DEVICE,
     POWER("0x000781000081fd0b", "2017-08-25T23:45:00Z", "21.499"), 0, "", ""},
    {"e200-device_details.response.xml", DEVICE, "", 0, "", ""},
    {"e200-plug-two-components.response.xml", DEVICE,
     LINE("0x00244600000ebaba", "power.1", "2017-08-25T21:29:24Z", "0.12,\"unit\":\"kW\"")
         LINE("0x00244600000ebaba", "power.2", "2017-08-25T21:29:24Z",
              "0.0,\"unit\":\"kW\""),
     0, "", ""},
    {"e200-variable-detailed.fragment.xml", DEVICE, AT_ARRIVAL("power", "1.562", "kW"), 0,
     XML_DEVICE, XML_DEVICE_END},
    {"e200-device_query-all.variables.json", DEVICE,
     AT_ARRIVAL("power", "1.965", "kW") AT_ARRIVAL("energy_delivered", "2853.662", "kWh")
         AT_ARRIVAL("energy_received", "0.0", "kWh"),
     0, JSON_DEVICE, JSON_DEVICE_END},
    {"e200-wifi_status.exchange.http", FRAGMENT, "", 0, "", ""},
    {"up1-demand.xml", UPLOAD,
     POWER("0xabcdef1234567901", "2017-09-07T16:55:28Z", "3.311"), 0, "", ""},
    {"up1-demand-post.http", UPLOAD,
     POWER("0x00178d0000000004", "2012-12-12T06:09:33Z", "5.944"), 0, "", ""},
    {"up1-summation.xml", UPLOAD,
     ENERGY("0xabcdef1234567901", "delivered", "2017-09-07T17:35:30Z", "102546.839")
         ENERGY("0xabcdef1234567901", "received", "2017-09-07T17:35:30Z", "0.084"),
     0, "", ""},
    {"up1-price.xml", UPLOAD,
     PRICE("0xabcdef1234567901", "2017-09-07T17:32:51Z", "0.1287", "CAD"), 0, "", ""},
    {"up1-networkinfo.xml", UPLOAD, LINK("0xabcdef1234567901", "100.0"), 0, "", ""},
    {"up1-timecluster.xml", UPLOAD, "", 0, "", ""},
    {"up2-connectionstatus.xml", FRAGMENT, LINK("0x000781000081fd0b", "0.0"), 0, "", ""},
    {"up2-timecluster.xml", FRAGMENT, "", 0, "", ""},
    {"up2-message.xml", FRAGMENT, "", 0, "", ""},
    {"up2-price.xml", FRAGMENT,
     PRICE("0x00078100005a499f", "2019-08-13T23:10:16Z", "0.05", "USD"), 0, "", ""},
    {"up2-blockpricedetail.xml", FRAGMENT, "", 0, "", ""},
    {"up2-readattributes.xml", FRAGMENT,
     POWER("0x0024460000068d1c", "2017-06-30T23:38:07Z", "0.0"), 0, "", ""},
    {"up2-batch-rfa.json", UPLOAD,
     POWER("0x001bc5007200578f", "2016-09-21T18:57:20Z", "2.0")
         ENERGY("0x001bc5007200578f", "delivered", "2016-09-21T18:58:00.100Z", "0.278")
             ENERGY("0x001bc5007200578f", "received", "2016-09-21T18:58:00.100Z", "0.69"),
     0, "", ""},
    {"up2-rfa-demand.json", UPLOAD,
     POWER("0x000780e67e73", "2018-10-15T19:38:42Z", "0.472"), 0, "", ""},
    {"up2-rfa-message.json", UPLOAD, "", 0, "", ""},
    {"frag1-deviceinfo.xml", FRAGMENT, "", 0, "", ""},
    {"frag1-fastpollstatus.xml", FRAGMENT, "", 0, "", ""},
    {"frag1-instantaneousdemand.xml", FRAGMENT,
     POWER("0x000781000086d0fe", "2015-01-22T02:30:32Z", "0.813"), 0, "", ""},
    {"frag1-meterinfo.xml", FRAGMENT, "", 0, "", ""},
    {"frag1-networkinfo.xml", FRAGMENT, LINK("0x000781000086d0fe", "100.0"), 0, "", ""},
    {"frag1-pricecluster.xml", FRAGMENT,
     LINE("0x000781000086d0fe", "price", ASSUMED,
          "0.14,\"unit\":\"USD/kWh\",\"time_assumed\":true"),
     0, "", ""},
    {"frag1-scheduleinfo.xml", FRAGMENT, "", 0, "", ""},
    {"frag1-timecluster.xml", FRAGMENT, "", 0, "", ""},
    {"frag1-blockpricedetail.xml", FRAGMENT,
     LINE("0x000781000086d0fe", "energy.block", "2015-01-22T02:31:07Z",
          "2300.984,\"unit\":\"kWh\""),
     0, "", ""},
    {"frag1-messagecluster.xml", FRAGMENT, "", 0, "", ""},
    {"neg-demand-32bit.xml", FRAGMENT, POWER(METER, "2025-06-27T00:10:55Z", "-1.0"), 0,
     "", ""},
    {"neg-demand-muldiv.xml", FRAGMENT,
     POWER("0xfedcba9876543210", "2022-03-11T00:47:35Z", "-32.0"), 0, "", ""},
    {"cgi-get_usage_data.response.json", CGI,
     AT_ARRIVAL("power", "0.57", "kW") AT_ARRIVAL("energy_delivered", "42351.001", "kWh")
         AT_ARRIVAL("energy_received", "0.0", "kWh") AT_ARRIVAL(
             "price", "0.1759", "USD/kWh") AT_ARRIVAL("power.max", "11.548", "kW")
             AT_ARRIVAL("power.min", "-2.0", "kW"),
     0, "", ""},
    {"cgi-get_device_list.response.json", CGI, "", 0, "", ""},
    /* Local times; value[10] is a hole. */
    {"cgi-get_historical_data.response.json", CGI,
     NET("03:30", "0.429") NET("04:30", "0.426") NET("05:30", "0.422")
         NET("06:30", "0.627") NET("07:30", "0.735") NET("08:30", "0.193")
             NET("09:30", "0.026") NET("10:30", "-0.985") NET("11:30", "-1.491")
                 NET("12:30", "-2.196") NET("14:30", "-1.868") NET("15:30", "-1.33")
                     NET("16:30", "-0.87"),
     0, "", ""},
    {"cgi-misc.responses.json", UNKNOWN, "", 0, "", ""},
};

/* ---- reading them -------------------------------------------------------------- */

/* The body of the last message of a capture with headers: what a blank line goes before.
 */
static size_t http_body(const char *text)
{
    const char *body = text;

    for (const char *p = text; (p = strstr(p, "\n<")) != NULL; p++)
        if (p[-1] == '\n' || (p[-1] == '\r' && p[-2] == '\n'))
            body = p + 1;
    return (size_t)(body - text);
}

static char *read_vector(const vector *v, size_t *len)
{
    char path[4096];
    char *text, *whole;
    size_t body = 0;

    snprintf(path, sizeof path, "%s/eagle/%s", getenv("SENSORHUB_VECTORS"), v->file);
    text = read_whole(path, len);
    ck_assert_msg(text != NULL, "no file %s", path);
    if (shub__ends_with(shub_str(v->file), SHUB_LIT(".http")))
        body = http_body(text);
    whole = malloc(strlen(v->before) + *len + strlen(v->after) + 1);
    *len = (size_t)sprintf(whole, "%s%s%s", v->before, text + body, v->after);
    free(text);
    return whole;
}

static shub_eagle_reply *parse_vector(const vector *v)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    size_t len;
    char *text = read_vector(v, &len);
    shub_status status = shub_eagle_parse(shub_bytes(text, len), &reply, &err);

    ck_assert_msg(status == SHUB_OK, "%s: %s", v->file, err.message);
    free(text);
    return reply;
}

START_TEST(captures_become_samples)
{
    const vector *v = &vectors[_i];
    shub_eagle_reply *reply = parse_vector(v);
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_batch *batch;
    shub_slice lines;

    ck_assert_int_eq((int)shub_eagle_reply_family(reply), (int)v->family);
    ck_assert_uint_gt(shub_eagle_reply_count(reply), 0);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    opts.arrival_us = EAGLE_ARRIVAL_US;
    opts.meter = SHUB_LIT(METER);
    ck_status(shub_eagle_reply_samples_with(reply, &opts, batch, &err), v->samples);
    ck_status(shub_batch_to_jsonl(batch, &lines, NULL), SHUB_OK);
    ck_slice_eq(lines, v->lines);
    shub_batch_free(batch);
    shub_eagle_reply_free(reply);
}
END_TEST

START_TEST(a_malformed_document_is_refused_where_it_is)
{
    static const vector v = {
        "cloud-json-doc-malformed.response.txt", UNKNOWN, "", 0, "", ""};
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    size_t len;
    char *text = read_vector(&v, &len);

    ck_status(shub_eagle_parse(shub_bytes(text, len), &reply, &err), SHUB_E_FORMAT);
    ck_assert_int_eq(err.pos, 16);
    ck_assert_str_eq(err.message, "JSON: expected ':'");
    free(text);
}
END_TEST

/* The times and fields that INDEX.tsv tells beside the samples. */
START_TEST(captures_keep_their_fields)
{
    static const struct {
        const char *file, *name, *value;
        int64_t seconds;
    } rows[] = {
        {"frag1-timecluster.xml", "LocalTime", "0x1c52ad27", 1421893927},
        {"up2-timecluster.xml", "UTCTimeString", "Fri Jul 7, 2017 11:38:21 pm",
         1499470701},
        {"cloud-schedule.response.xml", "Frequency", "10", 0},
        {"local100-demandpeaks.response.json", "PeakReceived", "-2.000000", 0},
        {"frag1-fastpollstatus.xml", "EndTime", "0xFFFFFFFF", 0},
        {"up2-message.xml", "Text", "Welcome to your meter.", 1494872687},
        {"up2-readattributes.xml", "Attribute1", "0x0400", 1498865887},
        {"e200-device_list.response.xml", "ModelId", "electric_meter", 1502214389},
        {"e200-wifi_status.exchange.http", "IpAddress", "192.168.7.1", 0},
        {"cgi-get_historical_data.response.json", "value[9]", "-2.196", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vector v = {rows[i].file, UNKNOWN, "", 0, "", ""};
        shub_eagle_reply *reply = parse_vector(&v);
        const shub_eagle_reading *r = shub_eagle_reply_at(reply, 0);
        ck_slice_eq(shub_eagle_reading_field(r, shub_str(rows[i].name)), rows[i].value);
        ck_assert_int_eq(shub_eagle_reading_time_us(r), rows[i].seconds * SHUB_SECOND_US);
        shub_eagle_reply_free(reply);
    }
}
END_TEST

START_TEST(messages_are_read_however_spelled)
{
    static const struct {
        const char *file, *text, *priority;
        uint64_t id;
    } rows[] = {
        {"up2-message.xml", "Welcome to your meter.", "Low", 0},
        {"up2-rfa-message.json", "Registration Successful", "Medium", 0x2ae0},
        {"cloud-message-empty.response.json", NULL, NULL, 0},
        {"frag1-messagecluster.xml", NULL, NULL, 0},
        {"cgi-get_usage_data.response.json", NULL, NULL, 0},
        {"up1-networkinfo.xml", NULL, NULL, 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        vector v = {rows[i].file, UNKNOWN, "", 0, "", ""};
        shub_eagle_reply *reply = parse_vector(&v);
        shub_eagle_message m = SHUB_EAGLE_MESSAGE_INIT;
        ck_status(shub_eagle_reading_message(shub_eagle_reply_at(reply, 0), &m, NULL),
                  rows[i].text ? SHUB_OK : SHUB_E_NOT_FOUND);
        ck_slice_eq(m.text, rows[i].text ? rows[i].text : "");
        ck_slice_eq(m.priority, rows[i].priority ? rows[i].priority : "");
        ck_assert_uint_eq(m.id, rows[i].id);
        shub_eagle_reply_free(reply);
    }
}
END_TEST

/* ---- requests ------------------------------------------------------------------ */

static char *without_space(const char *text)
{
    char *out = malloc(strlen(text) + 1);
    size_t len = 0;

    for (; *text; text++)
        if (!shub__is_space(*text))
            out[len++] = *text;
    out[len] = '\0';
    return out;
}

static void check_request(const char *file, shub_eagle_command command,
                          const shub_eagle_request_options *opts)
{
    vector v = {file, UNKNOWN, "", 0, "", ""};
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;
    char *text = read_vector(&v, &len);
    char *wanted = without_space(text);
    char *got;

    ck_status(shub_eagle_request(command, opts, body, sizeof body, &len, NULL), SHUB_OK);
    got = without_space(body);
    ck_assert_str_eq(got, wanted);
    free(got);
    free(wanted);
    free(text);
}

START_TEST(requests_are_those_captured)
{
    const shub_slice demand = SHUB_LIT("zigbee:InstantaneousDemand");
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;

    check_request("cloud-demand.request.http", SHUB_EAGLE_GET_INSTANTANEOUS_DEMAND, NULL);
    check_request("e200-device_list.request.xml", SHUB_EAGLE_DEVICE_LIST, NULL);
    opts.hardware_address = SHUB_LIT("0x000781000081fd0b");
    check_request("e200-device_query-all.request.xml", SHUB_EAGLE_DEVICE_QUERY, &opts);
    opts.variables = &demand;
    opts.variable_count = 1;
    check_request("e200-device_query-demand.request.xml", SHUB_EAGLE_DEVICE_QUERY, &opts);
    check_request("socket-list_devices.request.xml", SHUB_EAGLE_LIST_DEVICES, NULL);
    opts.mac_id = SHUB_LIT("0xd8d5b90000009e89");
    check_request("cgi-get_usage_data.request.xml", SHUB_EAGLE_GET_USAGE_DATA, &opts);
}
END_TEST

/* Bodies for cgi_manager stand behind each other. */
START_TEST(several_commands_are_one_request)
{
    vector v = {"cgi-timezone+usage-batched.request.xml", UNKNOWN, "", 0, "", ""};
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    char body[2 * SHUB_EAGLE_REQUEST_MAX];
    size_t len, more, size;
    char *text = read_vector(&v, &size);
    char *wanted = without_space(text);
    char *got;

    opts.mac_id = SHUB_LIT("0xd8d5b90000000000");
    ck_status(
        shub_eagle_request(SHUB_EAGLE_GET_TIMEZONE, &opts, body, sizeof body, &len, NULL),
        SHUB_OK);
    ck_status(shub_eagle_request(SHUB_EAGLE_GET_USAGE_DATA, &opts, body + len,
                                 sizeof body - len, &more, NULL),
              SHUB_OK);
    got = without_space(body);
    ck_assert_str_eq(got, wanted);
    free(got);
    free(wanted);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;

    if (!getenv("SENSORHUB_VECTORS")) {
        puts("SENSORHUB_VECTORS is not set");
        return 77;
    }
    suite = suite_create("eagle vectors");
    tcase = tcase_create("vectors");
    tcase_add_loop_test(tcase, captures_become_samples, 0,
                        sizeof vectors / sizeof *vectors);
    tcase_add_test(tcase, a_malformed_document_is_refused_where_it_is);
    tcase_add_test(tcase, messages_are_read_however_spelled);
    tcase_add_test(tcase, captures_keep_their_fields);
    tcase_add_test(tcase, requests_are_those_captured);
    tcase_add_test(tcase, several_commands_are_one_request);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
