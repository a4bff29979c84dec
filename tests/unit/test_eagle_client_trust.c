/* Whom the client of one gateway trusts, and what it says to nobody else: TLS, redirects,
 * messages, traces. */
#include "support/certificate.h"
#include "support/eagle_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- TLS ----------------------------------------------------------------------- */

static shub_status poll_tls(const shub_eagle_options *opts)
{
    shub_eagle *eagle = open_eagle(opts);
    shub_status status = shub_eagle_poll(eagle, batch, &err);

    shub_eagle_close(eagle);
    return status;
}

START_TEST(whom_to_trust)
{
    certificate ours, other;
    shub_eagle_options opts, tls;
    char options[512];

    certificate_make(&ours);
    certificate_make(&other);
    snprintf(options, sizeof options, "--eagle200 1 --tls %s %s", ours.path,
             ours.key_path);
    opts = start(options);
    ck_assert_ptr_nonnull(strstr(opts.url, "https://"));
    opts.retries = 2;

    ck_status(poll_tls(&opts), SHUB_E_TLS);
    ck_assert_ptr_nonnull(strstr(err.message, "certificate"));
    tls = opts;
    tls.ca_file = other.path;
    ck_status(poll_tls(&tls), SHUB_E_TLS);
    tls.ca_file = "/nowhere.pem";
    ck_status(poll_tls(&tls), SHUB_E_TLS);
    tls = opts;
    tls.pin = other.pin;
    ck_status(poll_tls(&tls), SHUB_E_TLS);
    tls.insecure = 1; /* a pin is a pin */
    ck_status(poll_tls(&tls), SHUB_E_TLS);
    tls.ca_file = ours.path;
    ck_status(poll_tls(&tls), SHUB_E_TLS);
    tls = opts;
    tls.pin = ours.pin;
    tls.ca_file = other.path; /* both are given, both must hold */
    ck_status(poll_tls(&tls), SHUB_E_TLS);
    ck_assert_int_eq(gateways_stat(sim, 0, "requests"), 0); /* nothing was said to it */

    tls = opts;
    tls.ca_file = ours.path;
    ck_status(poll_tls(&tls), SHUB_OK);
    tls.pin = ours.pin;
    ck_status(poll_tls(&tls), SHUB_OK);
    tls.ca_file = NULL;
    ck_status(poll_tls(&tls), SHUB_OK);
    tls = opts;
    tls.insecure = 1;
    ck_status(poll_tls(&tls), SHUB_OK);
    certificate_remove(&ours);
    certificate_remove(&other);
}
END_TEST

/* A stranger at the gateway's old address keeps its connection open and answers in time:
 * the next poll must not find it again by that connection. */
START_TEST(a_stranger_is_not_asked_twice)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 1, 0}, {PEER_OK(DEMAND), 0, 0}};
    peer *p = peer_start(answers, 2, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle;

    opts.min_gap_ms = SHUB_EAGLE_MIN_GAP_MS; /* libcurl counts idle time in seconds */
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_HTTP);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_OK);
    ck_assert_uint_eq(peer_connections(p), 2);
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

/* ---- secrets ------------------------------------------------------------------- */

static char traced[16384];

static void on_trace(shub_level level, const char *line, void *user)
{
    size_t used = strlen(traced);

    (void)level;
    (void)user;
    snprintf(traced + used, sizeof traced - used, "%s\n", line);
}

#define BASIC    "MDA0NzkyOjBiYWRjMGRlMGJhZGMwZGU=" /* 004792:CODE */
#define PASSWORD "correct horse & battery"
#define ACCOUNT  "someone@example.org"

static const char *const echoes[] = {
    "HTTP/1.1 401 No\r\n\r\ncode " CODE " of 004792 is wrong",
    "HTTP/1.1 401 No\r\n\r\n<html><b>" PASSWORD "</b>\n" CODE "</html>",
    "HTTP/1.1 500 Oops\r\n\r\nPOST by " ACCOUNT ":" PASSWORD,
    "HTTP/1.1 302 Found\r\nLocation: https://" CODE ":" CODE "@192.168.7.1/" CODE
    "\r\n\r\n",
    PEER_OK("<Error><Text>" CODE " " PASSWORD " " ACCOUNT "</Text></Error>"),
    PEER_OK("<" CODE ">" PASSWORD "</" CODE ">"),
    PEER_OK("{\"" CODE "\": \"" CODE),
    PEER_OK(CODE),
    "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" CODE,
    CODE " is not HTTP\r\n\r\n",
    "HTTP/1.1 400 No\r\n\r\nnot understood: Authorization: Basic " BASIC "<br>",
};

START_TEST(credentials_are_never_shown)
{
    peer_answer answers[] = {{echoes[_i / 2], 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle;

    opts.install_code = CODE;
    opts.user = ACCOUNT;
    opts.password = PASSWORD;
    opts.retries = 1;
    opts.circuit_failures = 1;
    opts.transport = _i % 2 ? SHUB_EAGLE_RELAY : SHUB_EAGLE_AUTO;
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err) < 0, 1);
    (void)shub_eagle_start(eagle, NULL);
    shub_eagle_close(eagle);
    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    ck_assert_ptr_nonnull(strstr(traced, "eagle event=polled cloud_id=004792"));
    ck_assert_msg(!strstr(err.message, "0badc0de"), "%s", err.message);
    ck_assert_msg(!strstr(err.message, "OjBiYWRj"), "%s", err.message);
    ck_assert_msg(!strstr(err.message, "horse"), "%s", err.message);
    ck_assert_msg(!strstr(err.message, "someone"), "%s", err.message);
    ck_assert_msg(!strstr(traced, "0badc0de"), "%s", traced);
    ck_assert_msg(!strstr(traced, "horse"), "%s", traced);
    ck_assert_msg(!strstr(traced, "someone"), "%s", traced);
    ck_assert_ptr_nonnull(strstr(peer_received(p), _i % 2 ? PASSWORD : "Basic "));
    peer_stop(p);
}
END_TEST

START_TEST(credentials_do_not_follow_a_redirect)
{
    static const peer_answer target_answers[] = {{PEER_OK(DEMAND), 0, 0}};
    peer *target = peer_start(target_answers, 1, 0);
    char answer[256];
    peer_answer answers[] = {{answer, 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle;

    snprintf(answer, sizeof answer,
             "HTTP/1.1 307 Moved\r\nLocation: %s/cgi-bin/post_manager\r\n"
             "Content-Length: 0\r\n\r\n",
             peer_url(target));
    eagle = open_eagle(&opts);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_REDIRECT);
    ck_assert_int_eq(err.http_status, 307);
    ck_assert_ptr_nonnull(strstr(err.message, peer_url(target)));
    ck_assert_uint_eq(peer_connections(target), 0);
    shub_eagle_close(eagle);
    peer_stop(p);
    peer_stop(target);
}
END_TEST

START_TEST(words_are_one_short_line)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 500 x\r\n\r\n\n <p>first\tline\xff</p>\x01\nsecond", 0, 0},
        {"HTTP/1.1 500 x\r\n\r\n"
         "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
         "0123456789 0123456789 0123456789",
         0, 0},
        {"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n", 0, 0}};
    peer *p = peer_start(answers, 3, 0);
    shub_eagle_options opts = peer_options(p, SHUB_EAGLE_100);
    shub_eagle *eagle = open_eagle(&opts);

    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_HTTP);
    ck_assert_str_eq(err.message, "get_instantaneous_demand: HTTP 500: first line? ?");
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_HTTP);
    ck_assert_uint_eq(strlen(strstr(err.message, ": 0") + 2), 100);
    ck_status(shub_eagle_poll(eagle, batch, &err), SHUB_E_HTTP);
    ck_assert_str_eq(err.message, "get_instantaneous_demand: HTTP 500");
    shub_eagle_close(eagle);
    peer_stop(p);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tc;

    if (!gateways_built())
        return 77;
    suite = suite_create("eagle client trust");
    tc = tcase_create("trust");

    unsetenv("http_proxy");
    unsetenv("https_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_test(tc, whom_to_trust);
    tcase_add_test(tc, a_stranger_is_not_asked_twice);
    tcase_add_loop_test(tc, credentials_are_never_shown, 0,
                        2 * (int)(sizeof echoes / sizeof *echoes));
    tcase_add_test(tc, credentials_do_not_follow_a_redirect);
    tcase_add_test(tc, words_are_one_short_line);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
