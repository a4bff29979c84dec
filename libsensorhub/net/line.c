#include "net/line.h"

#include "net/multi.h"
#include "net/request.h"

#include <sys/resource.h>

#define DESCRIPTORS_MIN 32
#define DESCRIPTORS_MAX (1 << 20)

static void list_add(shub__http_list *list, shub__http *http)
{
    http->list = list;
    http->next = NULL;
    http->prev = list->last;
    if (list->last)
        list->last->next = http;
    else
        list->first = http;
    list->last = http;
}

static void list_remove(shub__http *http)
{
    if (http->prev)
        http->prev->next = http->next;
    else
        http->list->first = http->next;
    if (http->next)
        http->next->prev = http->prev;
    else
        http->list->last = http->prev;
    http->prev = http->next = NULL;
    http->list = NULL;
}

/* A quarter of what the process may open is left to the program. */
static size_t descriptors(void)
{
    struct rlimit limit;
    rlim_t count = DESCRIPTORS_MIN;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > count)
        count = limit.rlim_cur < DESCRIPTORS_MAX ? limit.rlim_cur : DESCRIPTORS_MAX;
    return (size_t)count / 4 * 3;
}

int shub__line_has_room(const shub_loop *loop, int keep)
{
    size_t max = keep ? loop->sockets_max / 4 * 3 : loop->sockets_max;

    return loop->sockets + loop->opening < max;
}

static void fill(void *user)
{
    shub_loop *loop = user;

    while (loop->line.first && shub__line_has_room(loop, 0)) {
        shub__http *http = loop->line.first;
        shub__multi *shard = http->peer->shard;
        CURLcode code;

        list_remove(http);
        list_add(&loop->running, http);
        http->started_ms = shub__loop_now_ms();
        shub__http_prepare(http);
        loop->opening++;
        code = shub__multi_add(shard, http->easy);
        if (code != CURLE_OK) {
            shub__line_leave(http, 0);
            shub__http_finish(http, code);
        }
    }
}

static void set_fill(shub_loop *loop)
{
    if (!loop->fill.place && loop->line.first && shub__line_has_room(loop, 0))
        shub__timer_set(&loop->fill, shub__loop_now_ms());
}

static void free_list(shub__http_list *list, int forked)
{
    while (list->first) {
        shub__http *http = list->first;

        shub__line_leave(http, forked);
        shub__http_free(http, forked);
    }
}

shub_status shub__line_open(shub_loop *loop, shub_error *err)
{
    loop->sockets_max = descriptors();
    return shub__timer_join(&loop->timers, &loop->fill, fill, loop, err);
}

void shub__line_close(shub_loop *loop, int forked)
{
    /* A request that leaves lets one of its peer's line into the loop's. */
    free_list(&loop->running, forked);
    free_list(&loop->line, forked);
    shub__timer_leave(&loop->fill);
}

static void admit(shub__http *http)
{
    http->peer->admitted++;
    list_add(&http->peer->loop->line, http);
}

void shub__line_join(shub__http *http)
{
    shub__peer *peer = http->peer;

    if (peer->admitted == SHUB_LOOP_MAX_CONNECTIONS)
        list_add(&peer->line, http);
    else
        admit(http);
    set_fill(peer->loop);
}

void shub__line_leave(shub__http *http, int forked)
{
    shub__peer *peer = http->peer;
    shub__http_list *list = http->list;
    shub__http *next;

    if (!list)
        return;
    list_remove(http);
    if (list == &peer->line)
        return;
    if (list == &peer->loop->running) {
        peer->loop->opening -= !http->opened;
        if (!forked)
            shub__multi_remove(peer->shard, http->easy);
    }
    peer->admitted--;
    next = peer->line.first;
    if (next) {
        list_remove(next);
        admit(next);
    }
    set_fill(peer->loop);
}
