/* Large bodies, heads and their limits: what clients of object stores need of a request.
 */
#include "net/http.h"
#include "net/loop.h"
#include "support/peer.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CRLF "\r\n"

struct seen {
    int calls;
    shub_status status;
    int http_status;
    char body[256], headers[256], message[SHUB_ERROR_MESSAGE_MAX];
    size_t sunk;      /* bytes that the sink got */
    size_t sink_room; /* it takes no more */
};

static void on_done(const shub__http_result *result, void *user)
{
    struct seen *seen = user;

    seen->calls++;
    seen->status = result->status;
    seen->http_status = result->http_status;
    snprintf(seen->body, sizeof seen->body, "%.*s", (int)result->body.len,
             result->body.ptr ? result->body.ptr : "");
    snprintf(seen->headers, sizeof seen->headers, "%.*s", (int)result->headers.len,
             result->headers.ptr ? result->headers.ptr : "");
    if (result->err)
        snprintf(seen->message, sizeof seen->message, "%s", result->err->message);
}

static int on_bytes(shub_slice bytes, void *user)
{
    struct seen *seen = user;

    seen->sunk += bytes.len;
    return seen->sunk <= seen->sink_room;
}

/* Sends `req` to a peer that gives one answer; the request as it came, in `received`
 * (nullable). */
static struct seen exchange(shub__http_request *req, const char *bytes, size_t room,
                            char *received, size_t received_size)
{
    peer_answer answers[] = {{bytes, bytes == NULL, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub_loop *loop;
    shub__http *http;
    struct seen seen = {0};
    shub_error err = SHUB_ERROR_INIT;

    seen.sink_room = room;
    req->url = peer_url(p);
    if (!req->max_body)
        req->max_body = 100;
    ck_status(shub_loop_open(&loop, &err), SHUB_OK);
    ck_status(shub__http_start(loop, req, on_done, &seen, &http, &err), SHUB_OK);
    while (!seen.calls)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    ck_assert_int_eq(seen.calls, 1);
    shub_loop_close(loop);
    if (received)
        snprintf(received, received_size, "%s", peer_received(p));
    peer_stop(p);
    return seen;
}

START_TEST(a_body_is_sent_from_where_it_is)
{
    static const shub__http_header headers[] = {{"Content-Type", NULL}, {"x-empty", ""}};
    static char body[7001], text[9000];
    shub__http_request req = {.method = "PUT", .borrow_body = 1, .deadline_ms = 5000};
    const char *end;

    memset(body, 'b', sizeof body - 1);
    req.body = shub_bytes(body, sizeof body - 1);
    req.headers = headers;
    req.header_count = 2;
    ck_status(exchange(&req, PEER_OK("ok"), 0, text, sizeof text).status, SHUB_OK);
    ck_assert_ptr_nonnull(strstr(text, "PUT / HTTP/1.1" CRLF));
    ck_assert_ptr_nonnull(strstr(text, "Content-Length: 7000" CRLF));
    ck_assert_ptr_null(strstr(text, "Content-Type"));
    ck_assert_ptr_nonnull(strstr(text, CRLF "x-empty:" CRLF));
    ck_assert_ptr_null(strstr(text, "Expect"));
    end = strstr(text, CRLF CRLF);
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end + 4, body);
}
END_TEST

START_TEST(an_empty_body_has_its_length)
{
    char text[1000];
    shub__http_request req = {.method = "POST", .deadline_ms = 5000};

    req.body = SHUB_LIT("");
    ck_status(exchange(&req, PEER_OK("ok"), 0, text, sizeof text).status, SHUB_OK);
    ck_assert_ptr_nonnull(strstr(text, "Content-Length: 0" CRLF));
}
END_TEST

START_TEST(head_waits_for_no_body)
{
    char text[1000];
    shub__http_request req = {.method = "HEAD", .deadline_ms = 5000, .want_headers = 1};
    struct seen seen =
        exchange(&req, "HTTP/1.1 200 OK" CRLF "Content-Length: 1000" CRLF CRLF, 0, text,
                 sizeof text);

    ck_status(seen.status, SHUB_OK);
    ck_assert_ptr_nonnull(strstr(text, "HEAD / HTTP/1.1" CRLF));
    ck_assert_str_eq(seen.headers, "Content-Length: 1000" CRLF CRLF);
}
END_TEST

START_TEST(heads_are_those_of_the_last_reply)
{
    shub__http_request req = {.method = "GET", .deadline_ms = 5000, .want_headers = 1};
    struct seen seen = exchange(&req,
                                "HTTP/1.1 100 Continue" CRLF "x-interim: 1" CRLF CRLF
                                "HTTP/1.1 200 OK" CRLF "ETag: \"e\"" CRLF
                                "Content-Length: 2" CRLF CRLF "ok",
                                0, NULL, 0);

    ck_status(seen.status, SHUB_OK);
    ck_assert_str_eq(seen.headers, "ETag: \"e\"" CRLF "Content-Length: 2" CRLF CRLF);
}
END_TEST

START_TEST(heads_have_a_limit)
{
    static char answer[SHUB__HTTP_HEADERS_MAX + 1000];
    shub__http_request req = {.method = "GET", .deadline_ms = 5000, .want_headers = 1};
    size_t len = (size_t)snprintf(answer, sizeof answer, "HTTP/1.1 200 OK" CRLF);
    struct seen seen;

    while (len < SHUB__HTTP_HEADERS_MAX + 100)
        len += (size_t)snprintf(answer + len, sizeof answer - len, "x: %050zu" CRLF, len);
    snprintf(answer + len, sizeof answer - len, CRLF);
    seen = exchange(&req, answer, 0, NULL, 0);
    ck_status(seen.status, SHUB_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(seen.message, "head is larger than 262144 bytes"));
}
END_TEST

START_TEST(a_sink_gets_what_was_asked_for)
{
    shub__http_request req = {.method = "GET", .deadline_ms = 5000, .sink = on_bytes};
    struct seen seen = exchange(&req, PEER_OK("twelve bytes"), 100, NULL, 0);

    ck_status(seen.status, SHUB_OK);
    ck_assert_uint_eq(seen.sunk, 12);
    ck_assert_str_eq(seen.body, "");
}
END_TEST

START_TEST(a_sink_gets_no_error_page)
{
    shub__http_request req = {.method = "GET", .deadline_ms = 5000, .sink = on_bytes};
    struct seen seen = exchange(
        &req, "HTTP/1.1 404 No" CRLF "Content-Length: 4" CRLF CRLF "page", 100, NULL, 0);

    ck_status(seen.status, SHUB_OK);
    ck_assert_uint_eq(seen.sunk, 0);
    ck_assert_str_eq(seen.body, "page");
}
END_TEST

START_TEST(a_sink_may_refuse)
{
    shub__http_request req = {.method = "GET", .deadline_ms = 5000, .sink = on_bytes};
    struct seen seen = exchange(&req, PEER_OK("twelve bytes"), 11, NULL, 0);

    ck_status(seen.status, SHUB_E_LIMIT);
    ck_assert_ptr_nonnull(strstr(seen.message, "not taken"));
}
END_TEST

START_TEST(a_stall_ends_without_a_deadline)
{
    shub__http_request req = {.method = "GET", .stall_ms = 1000, .stall_bytes = 100};
    int64_t start = shub__loop_now_ms();
    struct seen seen = exchange(&req, NULL, 0, NULL, 0);

    ck_status(seen.status, SHUB_E_TIMEOUT);
    ck_assert_int_ge(shub__loop_now_ms() - start, 900);
}
END_TEST

START_TEST(connecting_has_a_limit_of_its_own)
{
    shub_loop *loop;
    shub__http *http;
    struct seen seen = {0};
    shub_error err = SHUB_ERROR_INIT;
    /* RFC 5737: an address for documents, where nobody answers. */
    shub__http_request req = {.method = "GET",
                              .url = "http://192.0.2.1:9",
                              .connect_ms = 50,
                              .deadline_ms = 60000,
                              .max_body = 10};

    ck_status(shub_loop_open(&loop, &err), SHUB_OK);
    ck_status(shub__http_start(loop, &req, on_done, &seen, &http, &err), SHUB_OK);
    while (!seen.calls)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    /* Where there is no way to it at all, that is said at once. */
    ck_assert(seen.status == SHUB_E_TIMEOUT || seen.status == SHUB_E_NETWORK);
    shub_loop_close(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net transfer");
    TCase *tc = tcase_create("transfer");

    unsetenv("http_proxy");
    tcase_add_test(tc, a_body_is_sent_from_where_it_is);
    tcase_add_test(tc, an_empty_body_has_its_length);
    tcase_add_test(tc, head_waits_for_no_body);
    tcase_add_test(tc, heads_are_those_of_the_last_reply);
    tcase_add_test(tc, heads_have_a_limit);
    tcase_add_test(tc, a_sink_gets_what_was_asked_for);
    tcase_add_test(tc, a_sink_gets_no_error_page);
    tcase_add_test(tc, a_sink_may_refuse);
    tcase_add_test(tc, a_stall_ends_without_a_deadline);
    tcase_add_test(tc, connecting_has_a_limit_of_its_own);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
