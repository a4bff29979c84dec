/* One libcurl multi handle on a loop's epoll descriptor, and the requests that use it. A
 * loop has one; libcurl's own bookkeeping makes more than about a hundred connections on
 * one slow. */
#ifndef SHUB_NET_MULTI_H
#define SHUB_NET_MULTI_H

#include "base/buf.h"
#include "net/http.h"
#include "net/loop.h"
#include "net/url.h"

#include <curl/curl.h>

struct shub__http {
    shub_loop *loop;
    CURL *easy;
    struct curl_slist *headers;
    shub__buf body;
    shub__http_done_fn *done;
    void *user;
    shub__http *prev, *next; /* in line, or among those running */
    int running;
    char origin[SHUB__ORIGIN_MAX];
    char text[CURL_ERROR_SIZE]; /* libcurl's words for a failure */
};

typedef struct shub__http_list {
    shub__http *first, *last;
} shub__http_list;

typedef struct shub__multi {
    CURLM *curl;
    int epoll_fd;
    int epoll_errno;    /* of a failed epoll_ctl, until the loop has told it */
    shub__timer expire; /* libcurl's own timer */
    shub__timer fill;   /* set when a request waits and there is a place */
    shub__http_list waiting;
    shub__http_list running;
    size_t running_count;
} shub__multi;

struct shub_loop {
    int epoll_fd;
    unsigned generation;
    shub__timers timers;
    shub__multi multi;
};

shub_status shub__multi_open(shub__multi *multi, shub__timers *timers, int epoll_fd,
                             shub_error *err);
/* Frees the requests without reporting them. In a forked child (`forked`) libcurl's
 * memory is left alone: closing its connections would end those of the parent. */
void shub__multi_close(shub__multi *multi, int forked);
/* 1 while requests run or wait. */
int shub__multi_busy(const shub__multi *multi);
/* Puts a request in line, and takes it out of there or of those running. */
void shub__multi_wait(shub__multi *multi, shub__http *http);
void shub__multi_remove(shub__multi *multi, shub__http *http, int forked);
/* Passes on what epoll said of a descriptor. */
void shub__multi_event(shub__multi *multi, int fd, uint32_t events);
/* Finishes the requests that are done. */
void shub__multi_collect(shub__multi *multi);

/* Of http.c: reports a request that ended, and frees one that did or will not. */
void shub__http_finish(shub__http *http, CURLcode code);
void shub__http_free(shub__http *http, int forked);

#endif
