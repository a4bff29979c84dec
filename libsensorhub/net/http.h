/* One HTTP request on a loop.
 *
 * Only http and https are spoken, HTTP/1.1 with kept-alive connections; TLS is verified
 * unless told otherwise; no redirect is followed, no netrc or cookie used. A proxy is
 * taken from the environment (http_proxy, https_proxy, no_proxy), as libcurl does; that
 * there is none is seen when a request is made, not each time it is sent again. A name is
 * looked up again when the request to it before has failed. */
#ifndef SHUB_NET_HTTP_H
#define SHUB_NET_HTTP_H

#include <sensorhub/net.h>

#define SHUB__HTTP_RETRY_AFTER_MAX_S 86400               /* longer wishes count as this */
#define SHUB__HTTP_HEADERS_MAX       ((size_t)256 << 10) /* bytes of a reply's headers */

typedef struct shub__http_header {
    const char *name;
    const char *value; /* may be a secret and empty; control characters are refused;
                          NULL: the header is not sent, though libcurl would */
} shub__http_header;

/* Takes bytes of a reply's body as they come; 0 ends the request with SHUB_E_LIMIT. */
typedef int shub__http_sink_fn(shub_slice bytes, void *user);

/* Everything is borrowed for the call of shub__http_start only. */
typedef struct shub__http_request {
    const char *method; /* "GET", "HEAD", "POST", ... */
    const char *url;    /* without credentials */
    const shub__http_header *headers;
    size_t header_count;
    shub_slice body;
    const char *user; /* of Basic authentication; NULL: none */
    const char *password;
    const char *ca_file; /* PEM file of authorities; NULL: the system's */
    /* As shub__http_check_pin wants it; without a ca_file it alone decides whom to trust,
     * so that a self-signed certificate can be pinned. */
    const char *pin;
    int insecure;        /* 1: certificates are not verified; a pin is */
    int64_t deadline_ms; /* from the first packet to the last, names resolved included; 0:
                            none */
    int64_t connect_ms;  /* of it, until the connection stands; 0: all of it */
    int64_t stall_ms;    /* it is given up when for so long fewer than ... */
    int64_t stall_bytes; /* ... a second went either way; 0: never */
    size_t max_body;     /* bytes of the reply's body */
    shub__http_sink_fn *sink; /* gets the body of a 2xx reply; NULL: the result has it */
    int keep;                 /* 1: it can be sent again, until shub__http_cancel */
    int want_headers;         /* 1: the result has the reply's */
    int borrow_body; /* 1: `body` is not copied; it stays until done, or cancelled */
    int secret;      /* 1: the reply's body is wiped when it goes */
    /* 1: on a connection of its own. On one that was kept alive and ends without a byte
     * of an answer libcurl asks again by itself, whatever the server has done. */
    int fresh;
    int direct; /* 1: through no proxy: for addresses that mean this machine */
} shub__http_request;

/* What came back. Lifetime: until the done function returns. */
typedef struct shub__http_result {
    /* SHUB_OK: a whole reply, whatever its HTTP status. Else SHUB_E_NETWORK,
     * SHUB_E_TIMEOUT, SHUB_E_TLS, SHUB_E_TRUNCATED (the body ended early), SHUB_E_LIMIT
     * (max_body), SHUB_E_NOMEM. */
    shub_status status;
    const shub_error *err;  /* filled in when status is not SHUB_OK; no secrets */
    int http_status;        /* 0 when no status line came */
    shub_slice body;        /* as far as it came */
    shub_slice headers;     /* "Name: value" lines, as far as they came */
    shub_slice redirect;    /* scheme, host and port of a 3xx reply's Location */
    int64_t retry_after_us; /* Retry-After, SHUB_NONE when absent */
    int64_t started_ms;     /* shub__loop_now_ms() when the request left the line */
} shub__http_result;

typedef struct shub__http shub__http;
/* Called from shub_loop_run_once, once for each request that was not cancelled; `http`
 * ends when it returns unless it is to be kept. It may start and cancel requests. */
typedef void shub__http_done_fn(const shub__http_result *result, void *user);

/* Puts a request in line; it starts in shub_loop_run_once, when fewer than
 * SHUB_LOOP_MAX_CONNECTIONS to its host are in flight and descriptors are left. Errors:
 * SHUB_E_INVALID (control characters in a header, a bad pin or URL), SHUB_E_FORKED,
 * SHUB_E_NOMEM. Lifetime: `http` until `done` was called or shub__http_cancel. */
shub_status shub__http_start(shub_loop *loop, const shub__http_request *req,
                             shub__http_done_fn *done, void *user, shub__http **http,
                             shub_error *err);
/* The reply's headers so far, of a request that wants them: for its sink. Lifetime: until
 * the sink returns. */
shub_slice shub__http_headers(const shub__http *http);
/* Puts one that was kept and is done in line again, with another body: a good deal
 * cheaper than a new one. Errors: SHUB_E_FORKED, SHUB_E_NOMEM. */
shub_status shub__http_again(shub__http *http, shub_slice body, shub_error *err);
/* Gives up, or ends one that was kept; `done` is not called. NULL is fine. */
void shub__http_cancel(shub__http *http);

/* 1 for the status of a result that another attempt may better: no answer came, or not
 * the whole of it. */
int shub__http_is_transient(shub_status status);

/* SHUB_OK when the text is one or more of "sha256//" and the base64 of 32 bytes, with ';'
 * between; else SHUB_E_INVALID. (libcurl takes any other text for the name of a file.) */
shub_status shub__http_check_pin(const char *pin, shub_error *err);
/* SHUB_OK when the text may be the value of a header; else SHUB_E_INVALID. `name` is
 * shown, the text is not. */
shub_status shub__http_check_value(const char *name, const char *text, shub_error *err);

#endif
