#include "net/multi.h"

#include "base/error.h"
#include "base/mem.h"
#include "net/request.h"
#include "net/watch.h"

#include <sys/epoll.h>

/* libcurl says which events of a socket it waits for. A failure is not answered: that
 * would make the multi handle useless; the deadline ends the request. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    const shub__multi *multi = user;
    uint32_t events = 0;

    (void)easy;
    (void)known;
    if (what != CURL_POLL_REMOVE)
        events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
                 (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
    shub__watch_want(multi->loop, multi->place, fd, events);
    return 0;
}

static int on_timer(CURLM *curl, long timeout_ms, void *user)
{
    shub__multi *multi = user;

    (void)curl;
    if (timeout_ms < 0)
        shub__timer_cancel(&multi->expire);
    else
        shub__timer_set(&multi->expire, shub__loop_now_ms() + timeout_ms);
    return 0;
}

static void on_expire(void *user)
{
    shub__multi *multi = user;
    int running;

    multi->touched = 1;
    (void)curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
}

shub_status shub__multi_open(shub_loop *loop, uint32_t place, shub__multi **multi,
                             shub_error *err)
{
    shub__multi *m = shub__calloc(1, sizeof *m);

    *multi = NULL;
    if (!m)
        return shub__fail_nomem(err);
    m->loop = loop;
    m->place = place;
    m->curl = curl_multi_init();
    if (!m->curl)
        (void)shub__fail_nomem(err);
    if (!m->curl ||
        shub__timer_join(&loop->timers, &m->expire, on_expire, m, err) != SHUB_OK) {
        (void)curl_multi_cleanup(m->curl);
        shub__free(m);
        return SHUB_E_NOMEM;
    }
    (void)curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
    (void)curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
    (void)curl_multi_setopt(m->curl, CURLMOPT_MAXCONNECTS,
                            (long)(SHUB__SHARD_PEERS + SHUB_LOOP_MAX_CONNECTIONS));
    *multi = m;
    return SHUB_OK;
}

void shub__multi_close(shub__multi *multi, int forked)
{
    if (!forked)
        (void)curl_multi_cleanup(multi->curl);
    shub__timer_leave(&multi->expire);
    shub__free(multi);
}

CURLcode shub__multi_add(shub__multi *multi, CURL *easy)
{
    return curl_multi_add_handle(multi->curl, easy) == CURLM_OK ? CURLE_OK
                                                                : CURLE_OUT_OF_MEMORY;
}

void shub__multi_remove(shub__multi *multi, CURL *easy)
{
    (void)curl_multi_remove_handle(multi->curl, easy);
}

/* Finishes the requests that are done. */
static void collect(shub__multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
        CURLcode code = message->data.result;
        void *private = NULL;

        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                                (char **)&private);
        shub__line_leave(private, 0);
        shub__http_finish(private, code);
    }
}

void shub__multi_event(shub__multi *multi, int fd, uint32_t events)
{
    int flags = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    int running;

    if (!shub__watch_came(multi->loop, multi->place, fd))
        return;
    (void)curl_multi_socket_action(multi->curl, fd, flags, &running);
    collect(multi);
}

void shub__multi_collect(shub__multi *multi)
{
    if (multi->touched)
        collect(multi);
    multi->touched = 0;
}
