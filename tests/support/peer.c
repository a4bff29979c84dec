#include "support/peer.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define REQUEST_MAX     8192
#define RECEIVED_MAX    (512 * 1024)

struct connection {
    int fd;
    size_t len;
    int waiting; /* its request is whole and not answered */
    char text[REQUEST_MAX];
};

struct peer {
    const peer_answer *answers;
    size_t count, hold;
    int listener, stop[2];
    pthread_t thread;
    char url[32];
    struct connection open[CONNECTIONS_MAX];
    size_t open_count;
    size_t answered;
    pthread_mutex_t lock; /* over the rest */
    size_t requests, connections, most_open;
    size_t received_len;
    char received[RECEIVED_MAX];
};

static void end_connection(peer *p, size_t i, int reset)
{
    struct linger at_once = {1, 0};

    if (reset)
        setsockopt(p->open[i].fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(p->open[i].fd);
    p->open[i] = p->open[--p->open_count];
}

static int is_whole(const struct connection *c)
{
    const char *end = strstr(c->text, "\r\n\r\n");
    const char *length = strcasestr(c->text, "\r\nContent-Length:");
    size_t body = length && end && length < end ? strtoul(length + 17, NULL, 10) : 0;

    return end && c->len >= (size_t)(end + 4 - c->text) + body;
}

static void note_request(peer *p, struct connection *c)
{
    pthread_mutex_lock(&p->lock);
    p->requests++;
    if (p->received_len + c->len < RECEIVED_MAX) {
        memcpy(p->received + p->received_len, c->text, c->len + 1);
        p->received_len += c->len;
    }
    pthread_mutex_unlock(&p->lock);
    c->waiting = 1;
    c->len = 0;
    c->text[0] = '\0';
}

static void accept_one(peer *p)
{
    int fd = accept(p->listener, NULL, NULL);

    if (fd < 0 || p->open_count == CONNECTIONS_MAX)
        return;
    memset(&p->open[p->open_count], 0, sizeof p->open[0]);
    p->open[p->open_count++].fd = fd;
    pthread_mutex_lock(&p->lock);
    p->connections++;
    if (p->open_count > p->most_open)
        p->most_open = p->open_count;
    pthread_mutex_unlock(&p->lock);
}

/* 0 when the connection is gone. */
static int read_some(peer *p, size_t i)
{
    struct connection *c = &p->open[i];
    ssize_t got = recv(c->fd, c->text + c->len, REQUEST_MAX - 1 - c->len, MSG_DONTWAIT);

    if (got <= 0) {
        end_connection(p, i, 0);
        return 0;
    }
    c->len += (size_t)got;
    c->text[c->len] = '\0';
    if (is_whole(c))
        note_request(p, c);
    return 1;
}

static void answer_all(peer *p)
{
    size_t i = 0;

    while (p->requests >= p->hold && i < p->open_count) {
        const peer_answer *answer;

        if (!p->open[i].waiting) {
            i++;
            continue;
        }
        answer = &p->answers[p->answered < p->count ? p->answered : p->count - 1];
        p->answered++;
        p->open[i].waiting = 0;
        if (answer->bytes)
            send(p->open[i].fd, answer->bytes, strlen(answer->bytes), MSG_NOSIGNAL);
        if (answer->reset || (answer->bytes && !answer->keep))
            end_connection(p, i, answer->reset);
    }
}

static void *serve(void *user)
{
    peer *p = user;
    struct pollfd set[CONNECTIONS_MAX + 2];

    for (;;) {
        size_t i, polled = p->open_count;

        set[0] = (struct pollfd){p->stop[0], POLLIN, 0};
        set[1] = (struct pollfd){p->listener, POLLIN, 0};
        for (i = 0; i < polled; i++)
            set[i + 2] = (struct pollfd){p->open[i].fd, POLLIN, 0};
        if (poll(set, polled + 2, -1) < 0)
            continue;
        if (set[0].revents)
            return NULL;
        /* Backwards: a connection that ends is replaced by the last one. */
        for (i = polled; i-- > 0;)
            if (set[i + 2].revents)
                (void)read_some(p, i);
        if (set[1].revents)
            accept_one(p);
        answer_all(p);
    }
}

peer *peer_start(const peer_answer *answers, size_t count, size_t hold)
{
    peer *p = calloc(1, sizeof *p);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;

    ck_assert_ptr_nonnull(p);
    p->answers = answers;
    p->count = count;
    p->hold = hold;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(p->listener, (struct sockaddr *)&addr, len), 0);
    ck_assert_int_eq(listen(p->listener, CONNECTIONS_MAX), 0);
    ck_assert_int_eq(getsockname(p->listener, (struct sockaddr *)&addr, &len), 0);
    snprintf(p->url, sizeof p->url, "http://127.0.0.1:%d", ntohs(addr.sin_port));
    ck_assert_int_eq(pipe(p->stop), 0);
    pthread_mutex_init(&p->lock, NULL);
    ck_assert_int_eq(pthread_create(&p->thread, NULL, serve, p), 0);
    return p;
}

const char *peer_url(const peer *p)
{
    return p->url;
}

static size_t locked(peer *p, const size_t *number)
{
    size_t value;

    pthread_mutex_lock(&p->lock);
    value = *number;
    pthread_mutex_unlock(&p->lock);
    return value;
}

size_t peer_requests(peer *p)
{
    return locked(p, &p->requests);
}

size_t peer_connections(peer *p)
{
    return locked(p, &p->connections);
}

size_t peer_most_open(peer *p)
{
    return locked(p, &p->most_open);
}

const char *peer_received(peer *p)
{
    (void)locked(p, &p->received_len);
    return p->received;
}

void peer_stop(peer *p)
{
    ck_assert_int_eq((int)write(p->stop[1], "", 1), 1);
    pthread_join(p->thread, NULL);
    while (p->open_count)
        end_connection(p, 0, 0);
    close(p->listener);
    close(p->stop[0]);
    close(p->stop[1]);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
