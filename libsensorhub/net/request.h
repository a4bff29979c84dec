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
    shub__http_done_fn *done;
    void *user;
    shub__http_list *list; /* where it is; NULL: nowhere */
    shub__http *prev, *next;
    int64_t started_ms; /* when it left the line */
    int opened;         /* a socket of its own */
    int keep;
    char text[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
};

/* Of http.c: the last settings before it starts. */
void shub__http_prepare(shub__http *http);
/* Of http.c: reports a request that ended, and frees one that did or will not. */
void shub__http_finish(shub__http *http, CURLcode code);
void shub__http_free(shub__http *http, int forked);

#endif
