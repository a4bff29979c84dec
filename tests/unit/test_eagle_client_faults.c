/* The client of one gateway when something is wrong: every fault the simulator knows,
 * retries, the circuit. */
#include "net/loop.h"
#include "support/eagle_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- every fault --------------------------------------------------------------- */

static const struct {
    const char *kind;
    shub_status status;
    int http_status;
    const char *says;
} faults[] = {
    {"400", SHUB_E_HTTP, 400, "HTTP 400: 400 Bad Request"},
    {"401", SHUB_E_AUTH, 401, "HTTP 401: 401 Unauthorized"},
    {"404", SHUB_E_HTTP, 404, "HTTP 404: 404 Not Found"},
    {"429", SHUB_E_OVERLOADED, 429, "HTTP 429: Too many requests"},
    {"500", SHUB_E_HTTP, 500, "HTTP 500: 500 Internal Error"},
    {"503", SHUB_E_OVERLOADED, 503, "HTTP 503: Timeout waiting for response"},
    {"stall", SHUB_E_TIMEOUT, 0, "timed out"},
    {"drip=50", SHUB_E_TIMEOUT, 200, "timed out"},
    {"delay=50", SHUB_OK, 0, ""},
    {"truncate", SHUB_E_TRUNCATED, 200, ""},
    {"cut", SHUB_E_TRUNCATED, 200, ""},
    {"wrong-root", SHUB_E_UNEXPECTED, 200, "Playlist"},
    {"empty", SHUB_E_EMPTY, 200, ""},
    {"html", SHUB_E_UNEXPECTED, 200, ""},
    {"error", SHUB_E_REMOTE, 200, ": Meter is not responding"},
    {"reset", SHUB_E_NETWORK, 0, "http://127.0.0.1:"},
    {"redirect", SHUB_E_REDIRECT, 302, "HTTP 302 to https://192.168.7.1 not followed"},
    {"oversize", SHUB_E_LIMIT, 200, "1048576"},
    {"doctype", SHUB_E_FORMAT, 200, ""},
    {"zero", SHUB_OK, 0, ""},
};

static void poll_with_fault(const char *option, shub_eagle_transport transport, int i)
{
    shub_eagle_options opts = start(option);
    shub_eagle *eagle;
    shub_status status;
    char line[64];

    opts.transport = transport;
    if (faults[i].status == SHUB_E_TIMEOUT)
        opts.timeout_ms = 200;
    eagle = open_eagle(&opts);
    snprintf(line, sizeof line, "fault 1 %s", faults[i].kind);
    gateways_say(sim, line);
    status = shub_eagle_poll(eagle, batch, &err);
    ck_assert_msg(status == faults[i].status, "%s: %s: %s", faults[i].kind,
                  shub_status_name(status), err.message);
    ck_assert_int_eq(err.code, status);
    ck_assert_int_eq(err.http_status, faults[i].http_status);
    ck_assert_msg(strstr(err.message, faults[i].says) != NULL, "%s", err.message);
    ck_assert_int_eq(shub_batch_count(batch) > 0, status == SHUB_OK);

    gateways_say(sim, "fault 1 clear");
    if (err.retry_after_us == SHUB_NONE) /* no wait in this test */
        ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    shub_eagle_close(eagle);
}

START_TEST(relay_fault)
{
    poll_with_fault("--relay 1", SHUB_EAGLE_RELAY, _i);
}
END_TEST

START_TEST(eagle100_fault)
{
    poll_with_fault("--eagle100 1", SHUB_EAGLE_100, _i);
}
END_TEST

START_TEST(eagle200_fault)
{
    poll_with_fault("--eagle200 1", SHUB_EAGLE_200, _i);
}
END_TEST

START_TEST(a_demand_that_is_no_number)
{
    shub_eagle_options opts = start("--eagle200 1");
    shub_eagle *eagle;
    shub_sample sample;
    size_t i;

    gateways_say(sim, "fault 1 nan");
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_uint_gt(shub_batch_count(batch), 0);
    for (i = 0; shub_batch_get(batch, i, &sample, NULL) == SHUB_OK; i++)
        ck_assert(!shub_slice_equal(sample.quantity, SHUB_LIT("power")));
    shub_eagle_close(eagle);
}
END_TEST

/* ---- retries ------------------------------------------------------------------- */

static const struct {
    const char *kind;
    int retried;
} retried[] = {
    {"503", 1},   {"500", 1},  {"truncate", 1}, {"cut", 1},      {"reset", 1},
    {"stall", 1}, {"400", 0},  {"401", 0},      {"404", 0},      {"empty", 0},
    {"error", 0}, {"html", 0}, {"redirect", 0}, {"oversize", 0},
};

START_TEST(what_is_retried)
{
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;
    char line[64];
    shub_status status;

    snprintf(line, sizeof line, "fault 1 %s 2", retried[_i].kind);
    gateways_say(sim, line);
    opts.transport = SHUB_EAGLE_100;
    if (strcmp(retried[_i].kind, "stall") == 0)
        opts.timeout_ms = 200;
    opts.retries = 2;
    eagle = open_eagle(&opts);
    status = shub_eagle_poll(eagle, batch, &err);
    ck_assert_msg((status == SHUB_OK) == retried[_i].retried, "%s: %s", retried[_i].kind,
                  err.message);
    /* libcurl itself sends once more when a kept connection turns out to be closed. */
    ck_assert_int_ge(gateways_stat(sim, 0, "requests"), retried[_i].retried ? 3 : 1);
    ck_assert_int_le(gateways_stat(sim, 0, "requests"), retried[_i].retried ? 3 : 1);
    shub_eagle_close(eagle);
}
END_TEST

START_TEST(retries_end)
{
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;

    gateways_say(sim, "fault 1 503");
    opts.retries = 0; /* the default: 2 */
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 3);
    shub_eagle_close(eagle);
}
END_TEST

#define CUT_OFF DEMAND "<CurrentSummation><SummationDelivered>0x1"

/* Cut by the gateway, and by the network. */
static const char *const cut_off[] = {
    PEER_OK(CUT_OFF), "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" CUT_OFF};

START_TEST(what_stands_whole_is_kept)
{
    peer_answer answers[] = {{cut_off[_i], 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle;

    opts.retries = 1;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_TRUNCATED);
    ck_assert_uint_eq(peer_requests(p), 2);
    ck_assert_uint_eq(shub_batch_count(batch), 1); /* of the last attempt alone */
    ck_assert_int_eq(shub_eagle_reply_truncated(shub_eagle_last_reply(eagle, 0)), 1);
    ck_assert_ptr_null(shub_eagle_last_reply(eagle, 1));
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

START_TEST(a_whole_answer_replaces_what_broke_off)
{
    static const peer_answer answers[] = {{PEER_OK(CUT_OFF), 0, 0},
                                          {PEER_OK(DEMAND), 0, 0}};
    peer *p = peer_start(answers, 2, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle;

    opts.retries = 1;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    ck_assert_int_eq(shub_eagle_reply_truncated(shub_eagle_last_reply(eagle, 0)), 0);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* Half of an error's page is no reading. */
START_TEST(an_error_that_breaks_off_gives_nothing)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 500 No\r\nContent-Length: 9999\r\n\r\n" CUT_OFF, 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle = open_eagle(&opts);

    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_TRUNCATED);
    ck_assert_uint_eq(shub_batch_count(batch), 0);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

START_TEST(retry_after_is_honoured)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", 0, 0},
        {PEER_OK(DEMAND), 0, 0},
        {"HTTP/1.1 429 Later\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", 0, 0}};
    peer *p = peer_start(answers, 3, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle;
    int64_t start = shub__loop_now_ms();

    opts.retries = 1;
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_int_ge(shub__loop_now_ms() - start, 999);
    shub_eagle_close(eagle);

    opts.retries = SHUB_NONE; /* a wish that is passed on */
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    ck_assert_int_eq(err.retry_after_us, 3600 * SHUB_SECOND_US);
    ck_status(shub_eagle_start(eagle, &err), SHUB_OK); /* and kept, within bounds */
    ck_assert_int_gt(shub_loop_timeout_ms(loop), 29000);
    ck_assert_int_le(shub_loop_timeout_ms(loop), 30000);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* ---- the circuit --------------------------------------------------------------- */

START_TEST(the_circuit_opens_and_probes)
{
    shub_eagle_options opts = start("--eagle100 1");
    shub_eagle *eagle;
    int64_t rest_ms;
    int i;

    gateways_say(sim, "fault 1 503");
    opts.transport = SHUB_EAGLE_100;
    opts.retries = 1;
    opts.circuit_failures = 3;
    opts.circuit_rest_ms = 200;
    eagle = open_eagle(&opts);
    for (i = 0; i < 3; i++)
        ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_OVERLOADED);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 6);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_CIRCUIT);
    ck_assert_int_gt(err.retry_after_us, 0);
    ck_assert_int_le(err.retry_after_us, 250000);           /* a quarter of jitter */
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 6); /* left in peace */

    while (shub_eagle_start(eagle, &err) == SHUB_E_CIRCUIT)
        ck_status(shub_loop_run_once(loop, 5, NULL), SHUB_OK);
    while (shub_eagle_take(eagle, batch, &err) == SHUB_E_AGAIN)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    ck_assert_int_eq(err.code, SHUB_E_OVERLOADED);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 7); /* one probe, not retried */
    ck_status(shub_eagle_start(eagle, &err), SHUB_E_CIRCUIT);
    rest_ms = err.retry_after_us / 1000;
    ck_assert_int_gt(rest_ms, 250); /* twice the first, 400 to 500 */

    gateways_say(sim, "fault 1 clear");
    while (shub_eagle_poll(eagle, batch, &err) == SHUB_E_CIRCUIT)
        ck_status(shub_loop_run_once(loop, 5, NULL), SHUB_OK);
    ck_assert_uint_eq(shub_batch_count(batch), 1);
    gateways_say(sim, "fault 1 503 1");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK); /* retried again: closed */
    shub_eagle_close(eagle);
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

START_TEST(out_of_memory_in_a_poll)
{
    static const peer_answer answers[] = {{PEER_OK(DEMAND), 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);

    ck_assert_uint_gt(oom_loop(poll_afresh, &opts), 15);
    peer_stop(p);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;
    int count = sizeof faults / sizeof *faults;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle client faults");
    tc = tcase_create("faults");

    unsetenv("http_proxy");
    unsetenv("https_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_loop_test(tc, relay_fault, 0, count);
    tcase_add_loop_test(tc, eagle100_fault, 0, count);
    tcase_add_loop_test(tc, eagle200_fault, 0, count);
    tcase_add_test(tc, a_demand_that_is_no_number);
    tcase_add_loop_test(tc, what_is_retried, 0, sizeof retried / sizeof *retried);
    tcase_add_test(tc, retries_end);
    tcase_add_loop_test(tc, what_stands_whole_is_kept, 0, 2);
    tcase_add_test(tc, a_whole_answer_replaces_what_broke_off);
    tcase_add_test(tc, an_error_that_breaks_off_gives_nothing);
    tcase_add_test(tc, retry_after_is_honoured);
    tcase_add_test(tc, the_circuit_opens_and_probes);
    tcase_add_test(tc, out_of_memory_in_a_poll);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
