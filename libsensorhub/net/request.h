/* A request inside: what http.c makes, line.c lets wait, a shard carries out. */
#ifndef SHUB_NET_REQUEST_H
#define SHUB_NET_REQUEST_H

#include "base/buf.h"
#include "net/http.h"
#include "net/peer.h"

#include <curl/curl.h>

struct shub__http {
    shub__peer *peer; /* held */
    CURL *easy;
    CURLU *url; /* parsed once: libcurl would do it for each sending */
    struct curl_slist *headers;
    shub__buf body;
    shub__buf reply_headers;
    shub__http_sink_fn *sink;
    shub__http_done_fn *done;
    void *user;
    shub__http_list *list; /* where it is; NULL: nowhere */
    shub__http *prev, *next;
    int64_t started_ms; /* when it left the line */
    int opened;         /* a socket of its own */
    int keep;
    int sink_full;              /* the sink took no more */
    char text[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
};

/* Of http_setup.c: makes libcurl's handle for a request. Errors: SHUB_E_INVALID,
 * SHUB_E_NOMEM. */
shub_status shub__http_set_up(shub__http *http, const shub__http_request *req,
                              shub_error *err);
CURLcode shub__http_set_body(shub__http *http, shub_slice body);
/* The last settings before it starts. */
void shub__http_prepare(shub__http *http);
/* libcurl frees its list without wiping it. */
void shub__http_free_headers(struct curl_slist *list);
/* Of http.c: reports a request that ended, and frees one that did or will not. */
void shub__http_finish(shub__http *http, CURLcode code);
void shub__http_free(shub__http *http, int forked);

#endif
