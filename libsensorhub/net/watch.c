#include "net/watch.h"

#include "base/mem.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#define FIRST_COUNT 64

static int reserve(shub_loop *loop, int fd)
{
    size_t count = loop->watch_count ? loop->watch_count : FIRST_COUNT;
    shub__watch *watches;

    if ((size_t)fd < loop->watch_count)
        return 1;
    while (count <= (size_t)fd)
        count *= 2;
    watches = shub__reallocarray(loop->watches, count, sizeof *watches);
    if (!watches)
        return 0;
    memset(watches + loop->watch_count, 0, (count - loop->watch_count) * sizeof *watches);
    loop->watches = watches;
    loop->watch_count = count;
    return 1;
}

static void forget(shub_loop *loop, int fd)
{
    if (loop->watches[fd].events)
        (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    loop->watches[fd].events = 0;
}

int shub__watch_open(shub_loop *loop, int fd)
{
    static const shub__watch ours = {.ours = 1};

    if (!reserve(loop, fd))
        return 0;
    loop->watches[fd] = ours;
    return 1;
}

/* To close it is not enough where a forked child has it too. */
void shub__watch_close(shub_loop *loop, int fd)
{
    static const shub__watch none;

    forget(loop, fd);
    loop->watches[fd] = none;
}

static void watch(shub_loop *loop, uint32_t shard, int fd, uint32_t events)
{
    shub__watch *w = &loop->watches[fd];
    struct epoll_event event = {.events = events};

    if (w->events == events && w->shard == shard)
        return;
    event.data.u64 = (uint64_t)shard << 32 | (uint32_t)fd;
    if (epoll_ctl(loop->epoll_fd, w->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) <
        0) {
        loop->epoll_errno = errno;
        return;
    }
    w->events = events;
    w->shard = shard;
}

void shub__watch_want(shub_loop *loop, uint32_t shard, int fd, uint32_t events)
{
    if (!reserve(loop, fd)) {
        loop->epoll_errno = ENOMEM;
        return;
    }
    loop->watches[fd].wanted = events;
    if (events)
        watch(loop, shard, fd, events);
    else if (!loop->watches[fd].ours || loop->watches[fd].events != EPOLLIN)
        forget(loop, fd); /* what can be written to would wake the loop for ever */
}

int shub__watch_came(shub_loop *loop, uint32_t shard, int fd)
{
    const shub__watch *w = &loop->watches[fd];

    if (w->wanted)
        return w->shard == shard;
    forget(loop, fd);
    return 0;
}
