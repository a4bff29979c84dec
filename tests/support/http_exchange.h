/* A request over a real socket and what came of it: what the tests of net/ share. */
#ifndef TESTS_SUPPORT_HTTP_EXCHANGE_H
#define TESTS_SUPPORT_HTTP_EXCHANGE_H

#include "net/http.h"
#include "support/peer.h"
#include "support/suite.h"

#include <stdio.h>

/* What a done function saw. */
struct seen {
    int calls;
    shub_status status;
    int http_status;
    int64_t retry_after_us;
    char body[256], redirect[128], message[SHUB_ERROR_MESSAGE_MAX];
};

static inline void on_done(const shub__http_result *result, void *user)
{
    struct seen *seen = user;

    seen->calls++;
    seen->status = result->status;
    seen->http_status = result->http_status;
    seen->retry_after_us = result->retry_after_us;
    snprintf(seen->body, sizeof seen->body, "%.*s", (int)result->body.len,
             result->body.ptr ? result->body.ptr : "");
    snprintf(seen->redirect, sizeof seen->redirect, "%s", result->redirect.ptr);
    ck_assert_int_eq(result->err != NULL, result->status != SHUB_OK);
    if (result->err) {
        ck_assert_int_eq(result->err->code, result->status);
        snprintf(seen->message, sizeof seen->message, "%s", result->err->message);
    }
}

static inline shub__http_request request_to(const char *url)
{
    shub__http_request req = {0};

    req.method = "POST";
    req.url = url;
    req.body = SHUB_LIT("<Command/>");
    req.deadline_ms = 2000;
    req.max_body = 200;
    return req;
}

static inline struct seen exchange(const shub__http_request *req)
{
    shub_loop *loop;
    shub__http *http;
    struct seen seen = {0};
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub_loop_open(&loop, &err), SHUB_OK);
    ck_status(shub__http_start(loop, req, on_done, &seen, &http, &err), SHUB_OK);
    while (!seen.calls)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, &err), SHUB_OK);
    shub_loop_close(loop);
    ck_assert_int_eq(seen.calls, 1);
    return seen;
}

static inline struct seen exchange_with(const char *answer)
{
    peer_answer answers[] = {{answer, 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    struct seen seen = exchange(&req);

    peer_stop(p);
    return seen;
}

#endif
