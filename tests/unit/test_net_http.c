/* Requests and replies over real sockets, against a scripted peer. */
#include "net/loop.h"
#include "support/http_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "hunter2-do-not-show"

START_TEST(what_is_sent)
{
    static const peer_answer answers[] = {{PEER_OK("hello"), 0, 0}};
    static const shub__http_header headers[] = {{"Content-Type", "text/xml"},
                                                {"Password", SECRET}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    const char *text;
    struct seen seen;

    req.headers = headers;
    req.header_count = 2;
    req.user = "004792";
    req.password = "bfb0fc05f51a3932"; /* EAGLE-200 Local API 1.0, its own example */
    seen = exchange(&req);
    ck_status(seen.status, SHUB_OK);
    ck_assert_int_eq(seen.http_status, 200);
    ck_assert_int_eq(seen.retry_after_us, SHUB_NONE);
    ck_assert_str_eq(seen.body, "hello");
    text = peer_received(p);
    ck_assert_ptr_nonnull(strstr(text, "POST / HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "Content-Type: text/xml\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "Password: " SECRET "\r\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "Authorization: Basic MDA0NzkyOmJmYjBmYzA1ZjUxYTM5MzI=\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "User-Agent: sensorhub/" SHUB_VERSION "\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n<Command/>"));
    ck_assert_ptr_null(strstr(text, "Expect"));
    peer_stop(p);
}
END_TEST

#define CRLF "\r\n"
static const struct {
    const char *answer;
    shub_status status;
    int http_status;
} answers_of[] = {
    {"HTTP/1.1 200 OK" CRLF "Content-Length: 2" CRLF CRLF "ok", SHUB_OK, 200},
    {"HTTP/1.0 200 OK" CRLF CRLF "until the end", SHUB_OK, 200},
    {"HTTP/1.1 401 No" CRLF "Content-Length: 0" CRLF CRLF, SHUB_OK, 401},
    {"HTTP/1.1 200 OK" CRLF "Content-Length: 20" CRLF CRLF "short", SHUB_E_TRUNCATED,
     200},
    {"HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF "5" CRLF "short",
     SHUB_E_TRUNCATED, 200},
    {"this is not HTTP" CRLF CRLF, SHUB_E_NETWORK, 0},
    {"", SHUB_E_NETWORK, 0},
};

START_TEST(what_comes_back)
{
    struct seen seen = exchange_with(answers_of[_i].answer);

    ck_status(seen.status, answers_of[_i].status);
    ck_assert_int_eq(seen.http_status, answers_of[_i].http_status);
}
END_TEST

START_TEST(a_direct_request_goes_through_no_proxy)
{
    static const peer_answer answers[] = {{PEER_OK("there"), 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));

    setenv("http_proxy", "http://127.0.0.1:1", 1); /* nobody listens there */
    unsetenv("no_proxy");
    ck_status(exchange(&req).status, SHUB_E_NETWORK);
    req.direct = 1;
    req.secret = 1;
    ck_assert_str_eq(exchange(&req).body, "there");
    unsetenv("http_proxy");
    peer_stop(p);
}
END_TEST

/* 192.0.2.0/24 leads nowhere (RFC 5737). */
START_TEST(a_proxy_of_the_environment_is_used)
{
    static const peer_answer answers[] = {{PEER_OK("by proxy"), 0, 0}};
    static const char *const names[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to("http://192.0.2.1/");
    struct seen seen;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(setenv(names[i], peer_url(p), 1), 0);
        seen = exchange(&req);
        ck_assert_int_eq(unsetenv(names[i]), 0);
        ck_status(seen.status, SHUB_OK);
        ck_assert_str_eq(seen.body, "by proxy");
    }
    ck_assert_ptr_nonnull(strstr(peer_received(p), "POST http://192.0.2.1/ HTTP/1.1"));
    peer_stop(p);
}
END_TEST

START_TEST(a_reset_is_a_network_error)
{
    static const peer_answer answers[] = {{NULL, 0, 1}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    struct seen seen = exchange(&req);

    ck_status(seen.status, SHUB_E_NETWORK);
    ck_assert_ptr_nonnull(strstr(seen.message, peer_url(p)));
    peer_stop(p);
}
END_TEST

START_TEST(nobody_listens)
{
    shub__http_request req = request_to("http://127.0.0.1:1/");
    struct seen seen = exchange(&req);

    ck_status(seen.status, SHUB_E_NETWORK);
    ck_assert_ptr_nonnull(strstr(seen.message, "http://127.0.0.1:1: "));
}
END_TEST

START_TEST(a_deadline_ends_a_stall)
{
    static const peer_answer answers[] = {{NULL, 1, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    int64_t start = shub__loop_now_ms();
    struct seen seen;

    req.deadline_ms = 100;
    seen = exchange(&req);
    ck_status(seen.status, SHUB_E_TIMEOUT);
    ck_assert_int_ge(shub__loop_now_ms() - start, 99);
    peer_stop(p);
}
END_TEST

START_TEST(a_large_body_is_refused)
{
    char answer[512];
    struct seen seen;

    snprintf(answer, sizeof answer, PEER_OK("%0200d"), 0);
    seen = exchange_with(answer);
    ck_status(seen.status, SHUB_OK);
    snprintf(answer, sizeof answer, PEER_OK("%0201d"), 0);
    seen = exchange_with(answer);
    ck_status(seen.status, SHUB_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(seen.message, "larger than 200 bytes"));
}
END_TEST

START_TEST(a_redirect_is_told_and_not_followed)
{
    static const peer_answer target_answers[] = {{PEER_OK("trapped"), 0, 0}};
    peer *target = peer_start(target_answers, 1, 0);
    char answer[256];
    struct seen seen;

    snprintf(answer, sizeof answer,
             "HTTP/1.1 302 Found\r\nLocation: %s/x?secret=1\r\nContent-Length: 0\r\n\r\n",
             peer_url(target));
    seen = exchange_with(answer);
    ck_status(seen.status, SHUB_OK);
    ck_assert_int_eq(seen.http_status, 302);
    ck_assert_str_eq(seen.redirect, peer_url(target));
    ck_assert_uint_eq(peer_connections(target), 0);
    peer_stop(target);
}
END_TEST

static const struct {
    const char *value;
    int64_t us;
} retry_after[] = {
    {"0", SHUB_NONE},
    {"7", 7 * SHUB_SECOND_US},
    {"99999999999", SHUB__HTTP_RETRY_AFTER_MAX_S *SHUB_SECOND_US},
    {"soon", SHUB_NONE},
    {"-5", SHUB_NONE},
    {"Fri, 31 Dec 2999 23:59:59 GMT", SHUB__HTTP_RETRY_AFTER_MAX_S *SHUB_SECOND_US},
    {"Sat, 01 Jan 2000 00:00:00 GMT", SHUB_NONE},
};

START_TEST(retry_after_is_read)
{
    char answer[256];
    struct seen seen;

    snprintf(answer, sizeof answer,
             "HTTP/1.1 503 Busy\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
             retry_after[_i].value);
    seen = exchange_with(answer);
    ck_assert_int_eq(seen.http_status, 503);
    ck_assert_int_eq(seen.retry_after_us, retry_after[_i].us);
}
END_TEST

static const char *const bad_pins[] = {
    "",
    "sha256//",
    "/etc/passwd",
    "sha256//AAAA",
    "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF=U",
    "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;",
    "sha1//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
};

START_TEST(pins)
{
    const char *one = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    char two[128];
    size_t i;

    ck_status(shub__http_check_pin(one, NULL), SHUB_OK);
    snprintf(two, sizeof two, "%s;%s", one, one);
    ck_status(shub__http_check_pin(two, NULL), SHUB_OK);
    for (i = 0; i < sizeof bad_pins / sizeof *bad_pins; i++)
        ck_assert_msg(shub__http_check_pin(bad_pins[i], NULL) == SHUB_E_INVALID, "%s",
                      bad_pins[i]);
}
END_TEST

START_TEST(bad_requests)
{
    static const shub__http_header split[] = {{"Password", SECRET "\r\nX: y"}};
    shub__http_request req = request_to("http://127.0.0.1:1/");
    shub_loop *loop;
    shub__http *http;
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    req.headers = split;
    req.header_count = 1;
    ck_status(shub__http_start(loop, &req, on_done, NULL, &http, &err), SHUB_E_INVALID);
    ck_assert_ptr_null(http);
    ck_assert_str_eq(err.message, "Password holds a control character");
    req.header_count = 0;
    req.pin = "/etc/passwd";
    ck_status(shub__http_start(loop, &req, on_done, NULL, &http, &err), SHUB_E_INVALID);
    req.pin = NULL;
    req.url = "http://[::1/" SECRET;
    ck_status(shub__http_start(loop, &req, on_done, NULL, &http, &err), SHUB_E_INVALID);
    ck_assert_ptr_nonnull(strstr(err.message, "url: "));
    ck_assert_ptr_null(strstr(err.message, SECRET));
    shub_loop_close(loop);
}
END_TEST

START_TEST(other_schemes_are_not_spoken)
{
    shub__http_request req = request_to("file:///etc/hostname");
    struct seen seen = exchange(&req);

    ck_status(seen.status, SHUB_E_NETWORK);
    ck_assert_str_eq(seen.body, "");
}
END_TEST

static shub_status open_and_start(void *user)
{
    static const shub__http_header headers[] = {{"Content-Type", "text/xml"}};
    shub__http_request req = request_to("http://127.0.0.1:1/");
    shub_loop *loop;
    shub__http *http = NULL;
    shub_status status = shub_loop_open(&loop, NULL);

    (void)user;
    req.headers = headers;
    req.header_count = 1;
    req.user = "u";
    req.password = SECRET;
    if (status == SHUB_OK)
        status = shub__http_start(loop, &req, on_done, NULL, &http, NULL);
    shub__http_cancel(http);
    shub_loop_close(loop);
    return status;
}

START_TEST(out_of_memory)
{
    /* loop, timers, request; peer, row of shards, shard, table; four headers, two of
     * Basic */
    ck_assert_uint_eq(oom_loop(open_and_start, NULL), 13);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net http");
    TCase *tc = tcase_create("http");

    unsetenv("http_proxy");
    tcase_add_test(tc, what_is_sent);
    tcase_add_loop_test(tc, what_comes_back, 0, sizeof answers_of / sizeof *answers_of);
    tcase_add_test(tc, a_direct_request_goes_through_no_proxy);
    tcase_add_test(tc, a_proxy_of_the_environment_is_used);
    tcase_add_test(tc, a_reset_is_a_network_error);
    tcase_add_test(tc, nobody_listens);
    tcase_add_test(tc, a_deadline_ends_a_stall);
    tcase_add_test(tc, a_large_body_is_refused);
    tcase_add_test(tc, a_redirect_is_told_and_not_followed);
    tcase_add_loop_test(tc, retry_after_is_read, 0,
                        sizeof retry_after / sizeof *retry_after);
    tcase_add_test(tc, pins);
    tcase_add_test(tc, bad_requests);
    tcase_add_test(tc, other_schemes_are_not_spoken);
    tcase_add_test(tc, out_of_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
