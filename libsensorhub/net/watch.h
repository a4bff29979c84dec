/* What epoll is told of the sockets. libcurl wants no events of a connection that rests
 * between two requests; to follow it would cost two system calls a request. So epoll goes
 * on watching it until it is closed, or until something comes that nobody waits for. */
#ifndef SHUB_NET_WATCH_H
#define SHUB_NET_WATCH_H

#include "net/line.h"

/* Of one descriptor. */
struct shub__watch {
    uint32_t shard;
    uint32_t events; /* that epoll watches for; 0: it does not know the socket */
    uint32_t wanted; /* by libcurl */
    int ours;        /* it is closed by shub__watch_close and by nobody else */
};

/* A socket was opened that shub__watch_close will hear of: 1, or 0 for want of memory. */
int shub__watch_open(shub_loop *loop, int fd);
/* It is closed next. */
void shub__watch_close(shub_loop *loop, int fd);
/* libcurl wants these events of a socket, or none. A failure is noted in the loop. */
void shub__watch_want(shub_loop *loop, uint32_t shard, int fd, uint32_t events);
/* Something came: 1 when the shard waits for it. Else the other side has most likely
 * closed the connection, which stays readable then: it is watched no longer, and libcurl
 * sees it when it looks for one to use. */
int shub__watch_came(shub_loop *loop, uint32_t shard, int fd);

#endif
