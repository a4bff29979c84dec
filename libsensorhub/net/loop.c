#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/multi.h"
#include "net/signals.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Taken from epoll at once. What belongs to that many requests, some 10 KB each, stays in
 * a processor's cache from their answers to the next sending; with 256 it does not. */
#define EVENTS_MAX 64

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready;

static void init_curl(void)
{
    curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

int64_t shub__loop_now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

shub__timers *shub__loop_timers(shub_loop *loop)
{
    return &loop->timers;
}

shub_status shub__loop_check(const shub_loop *loop, shub_error *err)
{
    return shub__fork_check(loop->generation, err);
}

shub_status shub_loop_open(shub_loop **loop, shub_error *err)
{
    shub_loop *l;
    shub_status status = SHUB_E_NOMEM;

    *loop = NULL;
    (void)pthread_once(&curl_once, init_curl);
    l = shub__calloc(1, sizeof *l);
    if (!l || curl_ready != CURLE_OK) {
        (void)shub__fail_nomem(err);
        goto fail_alloc;
    }
    l->generation = shub__fork_generation();
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0) {
        status = shub__fail_errno(err, errno, "epoll_create1");
        goto fail_alloc;
    }
    status = shub__line_open(l, err);
    if (status != SHUB_OK)
        goto fail_epoll;
    *loop = l;
    return SHUB_OK;

fail_epoll:
    (void)close(l->epoll_fd);
    shub__timers_fini(&l->timers);
fail_alloc:
    shub__free(l);
    return status;
}

void shub_loop_close(shub_loop *loop)
{
    shub__signals guard;
    int forked;

    if (!loop)
        return;
    forked = shub__loop_check(loop, NULL) != SHUB_OK;
    shub__signals_hold(&guard);
    shub__line_close(loop, forked);
    while (loop->shard_count)
        shub__multi_close(loop->shards[--loop->shard_count], forked);
    shub__signals_release(&guard);
    (void)close(loop->epoll_fd);
    shub__free(loop->shards);
    shub__free(loop->watches);
    shub__table_fini(&loop->peers);
    shub__timers_fini(&loop->timers);
    shub__free(loop);
}

int shub_loop_fd(const shub_loop *loop)
{
    return loop->epoll_fd;
}

int64_t shub_loop_timeout_ms(shub_loop *loop)
{
    int64_t due = shub__timers_due(&loop->timers);
    int64_t now;

    if (due == SHUB_NONE)
        return SHUB_NONE;
    now = shub__loop_now_ms();
    return due > now ? due - now : 0;
}

static int has_work(const shub_loop *loop)
{
    return loop->running.first || loop->line.first || loop->timers.set > 0;
}

/* How long epoll may wait: until the first timer or the end of the caller's patience. */
static int wait_ms(shub_loop *loop, int64_t timeout_ms)
{
    int64_t timer_ms = shub_loop_timeout_ms(loop);

    if (timeout_ms < 0 && !has_work(loop))
        return 0;
    if (timeout_ms < 0 || (timer_ms != SHUB_NONE && timer_ms < timeout_ms))
        timeout_ms = timer_ms;
    return timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
}

shub_status shub_loop_run_once(shub_loop *loop, int64_t timeout_ms, shub_error *err)
{
    struct epoll_event events[EVENTS_MAX];
    shub__signals guard;
    size_t shard;
    int i, count;

    if (shub__loop_check(loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    count = epoll_wait(loop->epoll_fd, events, EVENTS_MAX, wait_ms(loop, timeout_ms));
    if (count < 0 && errno != EINTR)
        return shub__fail_errno(err, errno, "epoll_wait");
    shub__signals_hold(&guard);
    for (i = 0; i < count; i++)
        shub__multi_event(loop->shards[events[i].data.u64 >> 32],
                          (int)(uint32_t)events[i].data.u64, events[i].events);
    shub__timers_run(&loop->timers, shub__loop_now_ms());
    for (shard = 0; shard < loop->shard_count; shard++)
        shub__multi_collect(loop->shards[shard]);
    shub__signals_release(&guard);
    if (loop->epoll_errno) {
        int number = loop->epoll_errno;

        loop->epoll_errno = 0;
        return shub__fail_errno(err, number, "epoll_ctl");
    }
    return SHUB_OK;
}
