#include "server.h"

#include "http.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_LIMIT  60000u
#define CONNECTION_MEMORY ((size_t)8 << 10)
#define EVENTS            64

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool server_watch(struct server *s, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

bool server_start(struct server *s, const char *certificate, const char *key)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
        {MHD_OPTION_END, 0, NULL},
    };
    if (certificate)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    raise_file_limit();
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->http = MHD_start_daemon(flags, 0, NULL, NULL, http_on_request, s,
                               MHD_OPTION_NOTIFY_COMPLETED, http_on_completed, s,
                               MHD_OPTION_CONNECTION_LIMIT, CONNECTION_LIMIT,
                               MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY,
                               MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (s->epoll_fd < 0 || !s->http)
        return false;
    s->http_watch.kind = WATCH_HTTP;
    s->http_watch.fd = MHD_get_daemon_info(s->http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    s->listeners = calloc(s->gateway_count + 1, sizeof *s->listeners);
    return s->listeners && server_watch(s, &s->http_watch, EPOLLIN);
}

unsigned short server_listen(struct server *s, struct gateway *gateway,
                             unsigned short port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    struct watch *watch = &s->listeners[s->listener_count++];
    *watch = (struct watch){.kind = WATCH_LISTENER, .fd = fd};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0 ||
        !server_watch(s, watch, EPOLLIN))
        return 0;
    port = ntohs(address.sin_port);
    if (gateway)
        s->by_port[port] = gateway;
    else
        s->relay_port = port;
    return port;
}

static void accept_all(struct server *s, int listener)
{
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int fd = accept4(listener, (struct sockaddr *)&peer, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        MHD_add_connection(s->http, fd, (struct sockaddr *)&peer, size);
    }
}

/* libmicrohttpd does not look at a suspended connection, so the loop watches for its end.
 */
void server_hold(struct server *s, struct request *r, int64_t until_us)
{
    r->state = HELD;
    r->until_us = until_us;
    r->next = s->held;
    s->held = r;
    server_watch(s, &r->watch, EPOLLRDHUP);
    MHD_suspend_connection(r->connection);
}

static void release(struct server *s, struct request *r)
{
    epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, r->watch.fd, NULL);
    MHD_resume_connection(r->connection);
}

static void release_due(struct server *s, int64_t now_us)
{
    struct request **link = &s->held;
    while (*link) {
        struct request *r = *link;
        if (r->until_us <= now_us) {
            *link = r->next;
            release(s, r);
        } else {
            link = &r->next;
        }
    }
}

static void client_left(const struct server *s, const struct watch *watch)
{
    for (struct request *r = s->held; r; r = r->next)
        if (&r->watch == watch)
            r->until_us = 0;
}

static int wait_ms(const struct server *s)
{
    MHD_UNSIGNED_LONG_LONG http_ms;
    int64_t next_us = INT64_MAX;
    for (const struct request *r = s->held; r; r = r->next)
        if (r->until_us < next_us)
            next_us = r->until_us;
    int64_t ms = INT32_MAX;
    if (next_us != INT64_MAX)
        ms = (next_us - sim_mono_us() + 999) / 1000;
    if (MHD_get_timeout(s->http, &http_ms) == MHD_YES && (int64_t)http_ms < ms)
        ms = (int64_t)http_ms;
    return ms < 0 ? 0 : (int)ms;
}

void server_run(struct server *s, void (*on_input)(struct server *server))
{
    while (!s->quitting) {
        struct epoll_event events[EVENTS];
        int count = epoll_wait(s->epoll_fd, events, EVENTS, wait_ms(s));
        for (int i = 0; i < count; i++) {
            struct watch *watch = events[i].data.ptr;
            if (watch->kind == WATCH_LISTENER)
                accept_all(s, watch->fd);
            else if (watch->kind == WATCH_STDIN)
                on_input(s);
            else if (watch->kind == WATCH_SIGNAL)
                s->quitting = true;
            else if (watch->kind == WATCH_HELD)
                client_left(s, watch);
        }
        release_due(s, sim_mono_us());
        MHD_run(s->http);
    }
}

void server_stop(struct server *s)
{
    release_due(s, INT64_MAX); /* the daemon refuses to stop with suspended connections */
    if (s->http)
        MHD_stop_daemon(s->http);
    for (unsigned i = 0; i < s->listener_count; i++)
        close(s->listeners[i].fd);
    free(s->listeners);
    close(s->epoll_fd);
}
