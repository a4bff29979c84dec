/* The loop inside, and the line its requests wait in: first each peer's, when more than
 * SHUB_LOOP_MAX_CONNECTIONS go to one peer, then the loop's, when descriptors are short.
 */
#ifndef SHUB_NET_LINE_H
#define SHUB_NET_LINE_H

#include "base/table.h"
#include "net/loop.h"

typedef struct shub__http shub__http;
typedef struct shub__peer shub__peer;
typedef struct shub__watch shub__watch;

typedef struct shub__http_list {
    shub__http *first, *last;
} shub__http_list;

struct shub_loop {
    int epoll_fd;
    int epoll_errno;      /* of a failed epoll_ctl, until the loop has told it */
    shub__watch *watches; /* by descriptor */
    size_t watch_count;
    unsigned generation;
    shub__timers timers;
    shub__table peers;
    struct shub__multi **shards;
    size_t shard_count;
    shub__http_list line;
    shub__http_list running;
    size_t sockets; /* open, used or kept for later */
    size_t opening; /* requests that run and have opened none yet, or need not */
    size_t sockets_max;
    shub__timer fill; /* set when a request waits and there is a place */
};

shub_status shub__line_open(shub_loop *loop, shub_error *err);
/* Frees the requests without reporting them. */
void shub__line_close(shub_loop *loop, int forked);
/* 1 while there are descriptors for one more request; with `keep` while its connection
 * can be kept besides: a quarter is for those that are not, so that some can always run.
 */
int shub__line_has_room(const shub_loop *loop, int keep);
/* Puts a request in line, and takes it out of there or of those running, or of nowhere.
 */
void shub__line_join(shub__http *http);
void shub__line_leave(shub__http *http, int forked);

#endif
