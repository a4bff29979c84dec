#include "net/multi.h"

#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

static void list_add(shub__http_list *list, shub__http *http)
{
    http->next = NULL;
    http->prev = list->last;
    if (list->last)
        list->last->next = http;
    else
        list->first = http;
    list->last = http;
}

static void list_remove(shub__http_list *list, shub__http *http)
{
    if (http->prev)
        http->prev->next = http->next;
    else
        list->first = http->next;
    if (http->next)
        http->next->prev = http->prev;
    else
        list->last = http->prev;
    http->prev = http->next = NULL;
}

/* libcurl says which events of a socket it waits for. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *known)
{
    shub__multi *multi = user;
    struct epoll_event event = {0};
    int done;

    (void)easy;
    event.data.fd = fd;
    if (what == CURL_POLL_REMOVE) {
        (void)epoll_ctl(multi->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    event.events =
        (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    done = epoll_ctl(multi->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
    if (done < 0) {
        multi->epoll_errno = errno;
        return 0; /* any other answer makes the multi handle useless; the deadline ends
                     this */
    }
    (void)curl_multi_assign(multi->curl, fd, multi);
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

    (void)curl_multi_socket_action(multi->curl, CURL_SOCKET_TIMEOUT, 0, &running);
}

static void fill(void *user)
{
    shub__multi *multi = user;

    while (multi->waiting.first && multi->running_count < SHUB_LOOP_MAX_CONNECTIONS) {
        shub__http *http = multi->waiting.first;

        list_remove(&multi->waiting, http);
        list_add(&multi->running, http);
        multi->running_count++;
        http->running = 1;
        if (curl_multi_add_handle(multi->curl, http->easy) != CURLM_OK) {
            shub__multi_remove(multi, http, 0);
            shub__http_finish(http, CURLE_OUT_OF_MEMORY);
        }
    }
}

shub_status shub__multi_open(shub__multi *multi, shub__timers *timers, int epoll_fd,
                             shub_error *err)
{
    CURLM *curl = curl_multi_init();

    if (!curl)
        return shub__fail_nomem(err);
    if (shub__timer_join(timers, &multi->expire, on_expire, multi, err) != SHUB_OK ||
        shub__timer_join(timers, &multi->fill, fill, multi, err) != SHUB_OK) {
        shub__timer_leave(&multi->expire);
        curl_multi_cleanup(curl);
        return SHUB_E_NOMEM;
    }
    multi->curl = curl;
    multi->epoll_fd = epoll_fd;
    (void)curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, on_socket);
    (void)curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
    (void)curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, on_timer);
    (void)curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
    (void)curl_multi_setopt(curl, CURLMOPT_MAXCONNECTS, (long)SHUB_LOOP_MAX_CONNECTIONS);
    return SHUB_OK;
}

static void free_list(shub__http_list *list, int forked)
{
    while (list->first) {
        shub__http *http = list->first;

        list_remove(list, http);
        shub__http_free(http, forked);
    }
}

void shub__multi_close(shub__multi *multi, int forked)
{
    shub__http *http;

    for (http = multi->running.first; http && !forked; http = http->next)
        (void)curl_multi_remove_handle(multi->curl, http->easy);
    free_list(&multi->running, forked);
    free_list(&multi->waiting, forked);
    if (!forked)
        (void)curl_multi_cleanup(multi->curl);
    shub__timer_leave(&multi->expire);
    shub__timer_leave(&multi->fill);
}

int shub__multi_busy(const shub__multi *multi)
{
    return multi->running.first || multi->waiting.first;
}

void shub__multi_wait(shub__multi *multi, shub__http *http)
{
    list_add(&multi->waiting, http);
    if (multi->running_count < SHUB_LOOP_MAX_CONNECTIONS)
        shub__timer_set(&multi->fill, shub__loop_now_ms());
}

void shub__multi_remove(shub__multi *multi, shub__http *http, int forked)
{
    if (!http->running) {
        list_remove(&multi->waiting, http);
        return;
    }
    if (!forked)
        (void)curl_multi_remove_handle(multi->curl, http->easy);
    list_remove(&multi->running, http);
    multi->running_count--;
    http->running = 0;
    if (multi->waiting.first)
        shub__timer_set(&multi->fill, shub__loop_now_ms());
}

void shub__multi_event(shub__multi *multi, int fd, uint32_t events)
{
    int flags = (events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                (events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                (events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    int running;

    (void)curl_multi_socket_action(multi->curl, fd, flags, &running);
}

void shub__multi_collect(shub__multi *multi)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
        CURLcode code = message->data.result;
        void *private = NULL;

        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
                                (char **)&private);
        shub__multi_remove(multi, private, 0);
        shub__http_finish(private, code);
    }
}
