#include "s3_sim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_LIMIT  4096u
#define CONNECTION_MEMORY ((size_t)256 << 10)
#define EVENTS            64
#define PORT_TRIES        16

static bool watch(s3_sim *sim, struct s3_watch *what, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = what};
    return epoll_ctl(sim->epoll_fd, EPOLL_CTL_ADD, what->fd, &event) == 0;
}

static int open_listener(struct sockaddr *address, socklen_t size)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
    if (bind(fd, address, size) == 0 && listen(fd, 512) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool add_listener(s3_sim *sim, int fd)
{
    struct s3_watch *listener = &sim->listeners[sim->listener_count];
    if (fd < 0)
        return false;
    *listener = (struct s3_watch){S3_WATCH_LISTENER, fd};
    sim->listener_count++;
    return watch(sim, listener, EPOLLIN);
}

static void close_listeners(s3_sim *sim)
{
    for (size_t i = 0; i < sim->listener_count; i++)
        close(sim->listeners[i].fd);
    sim->listener_count = 0;
}

static bool listen_at(s3_sim *sim, unsigned short port, bool ipv6)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in6 address6 = {.sin6_family = AF_INET6,
                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t size = sizeof address;
    if (!add_listener(sim, open_listener((struct sockaddr *)&address, size)) ||
        getsockname(sim->listeners[0].fd, (struct sockaddr *)&address, &size) != 0)
        return false;
    sim->port = ntohs(address.sin_port);
    address6.sin6_port = address.sin_port;
    return !ipv6 || add_listener(sim, open_listener((struct sockaddr *)&address6,
                                                    sizeof address6));
}

/* A port that is free on 127.0.0.1 may be taken on ::1. */
static bool open_ports(s3_sim *sim, const s3_sim_options *options)
{
    for (int i = 0; i < (options->port ? 1 : PORT_TRIES); i++) {
        if (listen_at(sim, options->port, options->ipv6))
            return true;
        close_listeners(sim);
    }
    return false;
}

static struct MHD_Daemon *start_http(s3_sim *sim, const s3_sim_options *options)
{
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_SUPPRESS_DATE_NO_CLOCK;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)options->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)options->private_key},
        {MHD_OPTION_END, 0, NULL},
    };
    if (options->certificate)
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, s3_http_on_request, sim, MHD_OPTION_URI_LOG_CALLBACK,
        s3_http_on_target, sim, MHD_OPTION_NOTIFY_COMPLETED, s3_http_on_completed, sim,
        MHD_OPTION_CONNECTION_LIMIT, CONNECTION_LIMIT, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_MEMORY, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static void accept_all(s3_sim *sim, int listener)
{
    for (;;) {
        struct sockaddr_storage peer;
        socklen_t size = sizeof peer;
        int fd = accept4(listener, (struct sockaddr *)&peer, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        MHD_add_connection(sim->http, fd, (struct sockaddr *)&peer, size);
    }
}

/* libmicrohttpd does not look at a suspended connection, so the loop watches for its end.
 */
void s3_server_hold(struct s3_exchange *x, int64_t until_us)
{
    s3_sim *sim = x->sim;
    x->held = true;
    x->until_us = until_us;
    x->next = sim->held;
    sim->held = x;
    watch(sim, &x->watch, EPOLLRDHUP);
    MHD_suspend_connection(x->connection);
}

static void release_due(s3_sim *sim, int64_t now_us)
{
    struct s3_exchange **link = &sim->held;
    while (*link) {
        struct s3_exchange *x = *link;
        if (x->until_us > now_us) {
            link = &x->next;
            continue;
        }
        *link = x->next;
        epoll_ctl(sim->epoll_fd, EPOLL_CTL_DEL, x->watch.fd, NULL);
        MHD_resume_connection(x->connection);
    }
}

static void client_left(const s3_sim *sim, const struct s3_watch *left)
{
    for (struct s3_exchange *x = sim->held; x; x = x->next)
        if (&x->watch == left)
            x->until_us = 0;
}

static int wait_ms(const s3_sim *sim)
{
    MHD_UNSIGNED_LONG_LONG http_ms;
    int64_t next_us = INT64_MAX;
    for (const struct s3_exchange *x = sim->held; x; x = x->next)
        if (x->until_us < next_us)
            next_us = x->until_us;
    int64_t ms = INT32_MAX;
    if (next_us != INT64_MAX)
        ms = (next_us - sim_mono_us() + 999) / 1000;
    if (MHD_get_timeout(sim->http, &http_ms) == MHD_YES && (int64_t)http_ms < ms)
        ms = (int64_t)http_ms;
    return ms < 0 ? 0 : (int)ms;
}

static void handle(s3_sim *sim, const struct s3_watch *what)
{
    uint64_t count;
    if (what->kind == S3_WATCH_LISTENER)
        accept_all(sim, what->fd);
    else if (what->kind == S3_WATCH_WAKE && read(what->fd, &count, sizeof count) < 0)
        return;
    else if (what->kind == S3_WATCH_HELD)
        client_left(sim, what);
}

/* The lock is held but while waiting: whoever looks in sees whole requests. */
static void *run(void *cls)
{
    s3_sim *sim = cls;
    pthread_mutex_lock(&sim->lock);
    while (!sim->quitting) {
        struct epoll_event events[EVENTS];
        int timeout = wait_ms(sim);
        pthread_mutex_unlock(&sim->lock);
        int count = epoll_wait(sim->epoll_fd, events, EVENTS, timeout);
        pthread_mutex_lock(&sim->lock);
        for (int i = 0; i < count; i++)
            handle(sim, events[i].data.ptr);
        release_due(sim, sim->drop_held ? INT64_MAX : sim_mono_us());
        sim->drop_held = false;
        MHD_run(sim->http);
    }
    pthread_mutex_unlock(&sim->lock);
    return NULL;
}

void s3_server_wake(s3_sim *sim)
{
    uint64_t one = 1;
    if (write(sim->wake.fd, &one, sizeof one) != sizeof one)
        abort();
}

static void free_server(s3_sim *sim)
{
    if (sim->http)
        MHD_stop_daemon(sim->http);
    close_listeners(sim);
    close(sim->wake.fd);
    close(sim->epoll_fd);
}

/* Signals are for the threads of the program. */
static bool start_thread(s3_sim *sim)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&sim->thread, NULL, run, sim) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool s3_server_start(s3_sim *sim, const s3_sim_options *options)
{
    sim->tls = options->certificate != NULL;
    sim->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    sim->wake = (struct s3_watch){S3_WATCH_WAKE, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    sim->http = start_http(sim, options);
    if (sim->http) {
        sim->http_watch.kind = S3_WATCH_HTTP;
        sim->http_watch.fd =
            MHD_get_daemon_info(sim->http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
        if (watch(sim, &sim->wake, EPOLLIN) && watch(sim, &sim->http_watch, EPOLLIN) &&
            open_ports(sim, options) && start_thread(sim))
            return true;
    }
    free_server(sim);
    return false;
}

void s3_server_stop(s3_sim *sim)
{
    pthread_mutex_lock(&sim->lock);
    sim->quitting = true;
    s3_server_wake(sim);
    pthread_mutex_unlock(&sim->lock);
    pthread_join(sim->thread, NULL);
    release_due(sim,
                INT64_MAX); /* the daemon refuses to stop with suspended connections */
    free_server(sim);
}
