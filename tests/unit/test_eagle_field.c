/* What gateways do wrong in the field, a test each, named by what users report. */
#include "net/loop.h"
#include "support/gateways.h"
#include "support/suite.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define METER   "0x000781000081fd0b"
#define CONTACT "<LastContact>0x61292907</LastContact>"
#define DEVICE(details, variables)                                                       \
    "<Device><DeviceDetails><HardwareAddress>" METER                                     \
    "</HardwareAddress>" CONTACT details "</DeviceDetails><Components><Component>"       \
    "<Name>Main</Name><Variables>" variables                                             \
    "</Variables></Component></Components></Device>"
#define VARIABLE(name, value)                                                            \
    "<Variable><Name>zigbee:" name "</Name><Value>" value "</Value></Variable>"
#define TIME "2021-08-27T18:03:51Z"
#define LINE(quantity, value)                                                            \
    "{\"device\":\"" METER "\",\"quantity\":\"" quantity "\",\"time\":\"" TIME           \
    "\",\"value\":" value "}\n"
#define POWER(value) LINE("power", value ",\"unit\":\"kW\"")

/* The lines of a body, which parses; `status`: of making samples. */
static void check_lines(const char *body, shub_status status, const char *wanted)
{
    shub_error err = SHUB_ERROR_INIT;
    shub_eagle_reply *reply;
    shub_batch *batch;
    shub_slice lines;

    ck_assert_msg(shub_eagle_parse(shub_str(body), &reply, &err) == SHUB_OK, "%s",
                  err.message);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(shub_eagle_reply_samples(reply, 1, batch, NULL), status);
    ck_status(shub_batch_to_jsonl(batch, &lines, NULL), SHUB_OK);
    ck_slice_eq(lines, wanted);
    shub_batch_free(batch);
    shub_eagle_reply_free(reply);
}

static shub_status parse_status(const char *body)
{
    shub_eagle_reply *reply;
    shub_status status = shub_eagle_parse(shub_str(body), &reply, NULL);

    shub_eagle_reply_free(reply);
    return status;
}

/* ---- a simulated gateway ------------------------------------------------------- */

static gateways *sim;
static shub_loop *loop;
static shub_batch *batch;
static shub_eagle *eagle;
static shub_error err;

static void start(const char *kind, void (*change)(shub_eagle_options *))
{
    static const shub_error init = SHUB_ERROR_INIT;
    shub_eagle_options opts;

    err = init;
    sim = gateways_start(kind);
    opts = gateways_options(sim, 0);
    if (change)
        change(&opts);
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_assert_msg(shub_eagle_open(loop, &opts, &eagle, &err) == SHUB_OK, "%s",
                  err.message);
}

static void stop(void)
{
    shub_eagle_close(eagle);
    shub_batch_free(batch);
    shub_loop_close(loop);
    gateways_stop(sim);
}

/* ---- the problems -------------------------------------------------------------- */

static void with_retries(shub_eagle_options *opts)
{
    opts->retries = 2;
    opts->min_gap_ms = 40;
}

/* home-assistant/core#56534, #78853: a gateway that is asked too often freezes. */
START_TEST(problem_1_overload)
{
    ck_assert_int_ge(SHUB_EAGLE_MIN_GAP_MS, 1000);
    start("--eagle100 1", with_retries);
    gateways_say(sim, "fault 1 503 2");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_ge(gateways_stat(sim, 0, "gap_ms"), 40);
    stop();
}
END_TEST

static void with_unstick(shub_eagle_options *opts)
{
    opts->transport = SHUB_EAGLE_100;
    opts->retries = 1;
    opts->unstick_ms = 60;
    opts->circuit_failures = 2;
}

/* hastarin/eagle100: "503 Timeout waiting for response" often passes when one waits; else
 * asking cgi_manager for history wakes the radio up, when the options allow it. */
START_TEST(problem_2_stuck_at_503)
{
    start("--eagle100 1", with_retries);
    gateways_say(sim, "fault 1 503 1");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    gateways_say(sim, "fault 1 503 3");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_historical_data"), 0);
    stop();

    start("--eagle100 1", with_unstick);
    gateways_say(sim, "fault 1 503 1"); /* a retry is enough */
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_historical_data"), 0);
    gateways_say(sim, "fault 1 503 2");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "command.get_historical_data"), 1);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2 + 4);
    ck_assert_uint_eq(shub_batch_count(batch), 2);

    gateways_say(sim, "fault 1 503"); /* cgi_manager too, and once more is not enough */
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 2 + 4 + 4);
    ck_status(shub_eagle_start(eagle, &err), SHUB_OK); /* given up wherever it is */
    for (int i = 0; i < 4; i++)
        ck_status(shub_loop_run_once(loop, 20, &err), SHUB_OK);
    stop();
}
END_TEST

/* The wait before the request is sent once more, and none at a probe of the circuit. */
START_TEST(problem_2_unstick_waits)
{
    int64_t begin_ms;
    long requests;

    start("--eagle100 1", with_unstick);
    gateways_say(sim, "fault 1 503");
    begin_ms = shub__loop_now_ms();
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    ck_assert_int_ge(shub__loop_now_ms() - begin_ms, 60);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    requests = gateways_stat(sim, 0, "requests");
    ck_assert_int_eq(requests, 8);
    while (shub_eagle_poll(eagle, batch, &err) == SHUB_E_CIRCUIT)
        ck_status(shub_loop_run_once(loop, 5, NULL), SHUB_OK);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), requests + 1);
    stop();
}
END_TEST

static void with_deadline(shub_eagle_options *opts)
{
    opts->timeout_ms = 200;
}

/* home-assistant/core#48785: two seconds are too short, for ever is too long. */
START_TEST(problem_3_timeouts)
{
    ck_assert_int_ge(SHUB_EAGLE_LOCAL_TIMEOUT_MS, 10000);
    start("--eagle200 1", with_deadline);
    gateways_say(sim, "fault 1 stall 1");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_TIMEOUT);
    stop();
}
END_TEST

static void with_summation(shub_eagle_options *opts)
{
    opts->transport = SHUB_EAGLE_100;
    opts->reads = SHUB_EAGLE_READ_SUMMATION;
}

/* home-assistant/core#75896, #54437, #88260: totals of 0 for one poll. */
START_TEST(problem_4_zero_glitches)
{
    shub_sample sample;

    start("--eagle100 1", with_summation);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    shub_batch_clear(batch);
    gateways_say(sim, "fault 1 zero 1");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_status(shub_batch_get(batch, 0, &sample, NULL), SHUB_OK);
    ck_assert(sample.value.as.f64 == 0);
    ck_assert_uint_eq(sample.flags & SHUB_QUALITY_MASK, SHUB_QUALITY_ERROR);
    shub_batch_clear(batch);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_status(shub_batch_get(batch, 0, &sample, NULL), SHUB_OK);
    ck_assert(sample.value.as.f64 > 0);
    ck_assert_uint_eq(sample.flags & SHUB_QUALITY_MASK, SHUB_QUALITY_MEASURED);
    stop();
}
END_TEST

/* home-assistant/core#149350. */
START_TEST(problem_5_blank_values)
{
    check_lines(DEVICE("", VARIABLE("InstantaneousDemand", "")
                               VARIABLE("CurrentSummationDelivered", " ")
                                   VARIABLE("Price", "invalid")),
                SHUB_OK, "");
}
END_TEST

/* gtdiehl/eagle200_reader drops totals whose fraction is 000000, which are honest. */
START_TEST(problem_6_whole_totals)
{
    check_lines(DEVICE("", VARIABLE("CurrentSummationDelivered", "2853.000000")), SHUB_OK,
                LINE("energy_delivered", "2853.0,\"unit\":\"kWh\""));
}
END_TEST

/* home-assistant/core#55361, #73176, #94624, #125281: a stale meter is listed first. */
START_TEST(problem_7_several_meters)
{
    start("--eagle200 1 --two-meters", NULL);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_uint_gt(shub_batch_count(batch), 0);
    stop();
    check_lines(DEVICE("<ConnectionStatus>Not joined</ConnectionStatus>",
                       VARIABLE("InstantaneousDemand", "1.5 kW")),
                SHUB_OK, "");
    check_lines(DEVICE("<ConnectionStatus>CONNECTED</ConnectionStatus>"
                       "<NetworkAddress>0xffff</NetworkAddress>",
                       VARIABLE("InstantaneousDemand", "1.5 kW")),
                SHUB_OK, POWER("1.5"));
}
END_TEST

/* home-assistant/core#85388, #58199: parts that are not there. */
START_TEST(problem_8_missing_parts)
{
    check_lines("<Device><DeviceDetails><HardwareAddress>" METER
                "</HardwareAddress></DeviceDetails></Device>",
                SHUB_OK, "");
    check_lines(DEVICE("", VARIABLE("Price", "0.1287")), SHUB_OK,
                LINE("price", "0.1287"));
    check_lines("<CurrentSummation><MeterMacId>" METER
                "</MeterMacId><TimeStamp>0x286d4aa7</TimeStamp><SummationDelivered>0x1"
                "</SummationDelivered></CurrentSummation>",
                SHUB_OK,
                "{\"device\":\"" METER "\",\"quantity\":\"energy_delivered\",\"time\":"
                "\"2021-06-29T03:06:15Z\",\"value\":1.0,\"unit\":\"kWh\"}\n");
    check_lines("{\"Device\":{\"HardwareAddress\":\"" METER
                "\",\"LastContact\":\"0x61292907\",\"Components\":{\"Component\":{"
                "\"Variables\":{\"Variable\":{\"Name\":\"zigbee:InstantaneousDemand\","
                "\"Value\":\"1.5\"}}}}}}",
                SHUB_OK, POWER("1.5"));
}
END_TEST

/* Bare &, unclosed and mixed-case tags, no root, unknown fragments, entities. */
START_TEST(problem_9_bad_xml)
{
    check_lines("<Odd>Gas & Electric</Odd>" DEVICE(
                    "", "<variable><name>zigbee:InstantaneousDemand</NAME><Value>1.5"
                        "</Value><Description>kW & more</Description></Variable>"),
                SHUB_OK, POWER("1.5"));
    ck_assert_int_eq(parse_status("<DeviceInfo><InstallCode>0x1</InstallCode"),
                     SHUB_E_TRUNCATED);
    ck_assert_int_eq(parse_status("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
                     SHUB_E_FORMAT);
}
END_TEST

/* jswim788/rainforest-eagle-vera, home-assistant/core#111454: 2^32 more. */
START_TEST(problem_10_negative_demand)
{
    check_lines(DEVICE("", VARIABLE("InstantaneousDemand", "4294966.296 kW")), SHUB_OK,
                POWER("-1.0"));
    check_lines(DEVICE("", VARIABLE("InstantaneousDemand", "-1.250 kW")), SHUB_OK,
                POWER("-1.25"));
}
END_TEST

/* home-assistant/core#182516: firmware of 2026 redirects to an address of its own. */
START_TEST(problem_11_redirect_to_https)
{
    start("--eagle200 1", NULL);
    gateways_say(sim, "fault 1 redirect 1");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_REDIRECT);
    ck_assert_ptr_nonnull(strstr(err.message, "https://192.168.7.1"));
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 1);
    stop();
}
END_TEST

/* home-assistant/core#73518: an address pasted where a host was asked for. */
START_TEST(problem_12_pasted_address)
{
    static const struct {
        const char *url;
        shub_status status;
    } urls[] = {{"http://http//192.168.1.5", SHUB_E_INVALID},
                {"http://http://192.168.1.5", SHUB_E_INVALID},
                {"http://", SHUB_E_INVALID},
                {"http://004792:secret@192.168.1.5", SHUB_E_INVALID},
                {"192.168.1.5", SHUB_OK},
                {"http://192.168.1.5/", SHUB_OK},
                {"https://eagle-004792.local", SHUB_OK}};
    shub_eagle_options opts = SHUB_EAGLE_OPTIONS_INIT;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    opts.cloud_id = "004792";
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        opts.url = urls[i].url;
        ck_assert_msg(shub_eagle_open(loop, &opts, &eagle, NULL) == urls[i].status, "%s",
                      opts.url);
        shub_eagle_close(eagle);
    }
    shub_loop_close(loop);
}
END_TEST

/* home-assistant/core#54409, disser/RainforestAutomationEagle: 200 and nothing in it. */
START_TEST(problem_13_empty_bodies)
{
    ck_assert_int_eq(parse_status(""), SHUB_E_EMPTY);
    ck_assert_int_eq(parse_status(" \r\n"), SHUB_E_EMPTY);
    ck_assert_int_eq(parse_status("{}"), SHUB_E_EMPTY);
    ck_assert_int_eq(parse_status("<html></html>"), SHUB_E_UNEXPECTED);
    ck_assert_int_eq(parse_status("Timeout waiting"), SHUB_E_UNEXPECTED);
}
END_TEST

#define MDNS_NAME "eagle-004792.local"

static const char *_Atomic mdns_address; /* where MDNS_NAME is now */
static atomic_int mdns_lookups;

/* libcurl's resolver calls this one, in a thread of its own. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!node || strcmp(node, MDNS_NAME) != 0)
        return real(node, service, hints, result);
    mdns_lookups++;
    return real(mdns_address, service, hints, result);
}

static char mdns_url[64];

static void by_name(shub_eagle_options *opts)
{
    snprintf(mdns_url, sizeof mdns_url, "http://" MDNS_NAME "%s",
             strrchr(opts->url, ':'));
    opts->url = mdns_url;
    opts->transport = SHUB_EAGLE_100;
    opts->min_gap_ms = SHUB_EAGLE_MIN_GAP_MS; /* libcurl counts idle time in seconds */
}

/* eagle-<id>.local moves with its lease: after a failure the name is looked up again. */
START_TEST(problem_14_addresses_that_change)
{
    mdns_address = "127.0.0.2"; /* no one is there */
    start("--eagle100 1", by_name);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_NETWORK);
    ck_assert_int_eq(mdns_lookups, 1);
    mdns_address = "127.0.0.1";
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_eq(mdns_lookups, 2);
    gateways_say(sim, "fault 1 404 1"); /* as another machine would say */
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_HTTP);
    ck_assert_int_eq(mdns_lookups, 2); /* the connection was kept */
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_eq(mdns_lookups, 3);
    stop();
}
END_TEST

/* dacarson/homebridge-rainforest-eagle3: "0x0x..."; addresses go back as they came. */
START_TEST(problem_14_addresses_verbatim)
{
    shub_eagle_request_options opts = SHUB_EAGLE_REQUEST_OPTIONS_INIT;
    char body[SHUB_EAGLE_REQUEST_MAX];
    size_t len;

    opts.hardware_address = SHUB_LIT("0X0013500100DA5f62");
    ck_status(
        shub_eagle_request(SHUB_EAGLE_DEVICE_QUERY, &opts, body, sizeof body, &len, NULL),
        SHUB_OK);
    ck_assert_ptr_nonnull(strstr(body, "<HardwareAddress>0X0013500100DA5f62<"));
}
END_TEST

/* jswim788/rainforest-eagle-vera: some EAGLE-100 have a demand of "nan". */
START_TEST(problem_15_nan)
{
    shub_eagle_sample_options opts = SHUB_EAGLE_SAMPLE_OPTIONS_INIT;
    shub_eagle_reply *reply;

    opts.meter = SHUB_LIT(METER);
    ck_status(
        shub_eagle_parse(SHUB_LIT("{\"demand\": \"nan\", \"demand_units\": \"kW\"}"),
                         &reply, NULL),
        SHUB_OK);
    ck_status(shub_batch_new(&batch, NULL), SHUB_OK);
    ck_status(shub_eagle_reply_samples_with(reply, &opts, batch, NULL), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_batch_free(batch);
    shub_eagle_reply_free(reply);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;

    if (!gateways_built()) {
        puts("the simulator of gateways was not built");
        return 77;
    }
    suite = suite_create("eagle field problems");
    tcase = tcase_create("problems");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, problem_1_overload);
    tcase_add_test(tcase, problem_2_stuck_at_503);
    tcase_add_test(tcase, problem_2_unstick_waits);
    tcase_add_test(tcase, problem_3_timeouts);
    tcase_add_test(tcase, problem_4_zero_glitches);
    tcase_add_test(tcase, problem_5_blank_values);
    tcase_add_test(tcase, problem_6_whole_totals);
    tcase_add_test(tcase, problem_7_several_meters);
    tcase_add_test(tcase, problem_8_missing_parts);
    tcase_add_test(tcase, problem_9_bad_xml);
    tcase_add_test(tcase, problem_10_negative_demand);
    tcase_add_test(tcase, problem_11_redirect_to_https);
    tcase_add_test(tcase, problem_12_pasted_address);
    tcase_add_test(tcase, problem_13_empty_bodies);
    tcase_add_test(tcase, problem_14_addresses_that_change);
    tcase_add_test(tcase, problem_14_addresses_verbatim);
    tcase_add_test(tcase, problem_15_nan);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
