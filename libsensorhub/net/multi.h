/* A shard: one libcurl multi handle on the loop's epoll descriptor. libcurl's own
 * bookkeeping makes more than about a hundred connections on one slow, so a loop has as
 * many shards as it needs. */
#ifndef SHUB_NET_MULTI_H
#define SHUB_NET_MULTI_H

#include "net/http.h"
#include "net/line.h"

#include <curl/curl.h>

#define SHUB__SHARD_PEERS 100 /* hosts of one shard */

typedef struct shub__multi {
    shub_loop *loop;
    CURLM *curl;
    uint32_t place;     /* in the loop's row of shards */
    size_t peers;       /* hosts whose connections are here */
    int touched;        /* there may be something to collect */
    shub__timer expire; /* libcurl's own timer */
} shub__multi;

shub_status shub__multi_open(shub_loop *loop, uint32_t place, shub__multi **multi,
                             shub_error *err);
/* No requests may be left. In a forked child (`forked`) libcurl's memory is left alone:
 * closing its connections would end those of the parent. */
void shub__multi_close(shub__multi *multi, int forked);
/* Starts a request of the shard's. */
CURLcode shub__multi_add(shub__multi *multi, CURL *easy);
void shub__multi_remove(shub__multi *multi, CURL *easy);
/* Passes on what epoll said of a descriptor, and finishes the requests that are done by
 * it, while what they brought is in the processor's cache. */
void shub__multi_event(shub__multi *multi, int fd, uint32_t events);
/* Finishes those that are done by the shard's timer. */
void shub__multi_collect(shub__multi *multi);

#endif
