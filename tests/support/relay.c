#include "support/relay.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD_MAX 8192

struct relay {
    int listener, stop[2];
    pthread_t thread;
    char url[32];
    atomic_size_t requests, tunnels;
};

/* Reads up to the end of a request's head, perhaps more; 0 when none comes. */
static size_t read_head(int fd, char *head)
{
    size_t len = 0;

    head[0] = '\0';
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t got = recv(fd, head + len, HEAD_MAX - 1 - len, 0);

        if (got <= 0)
            return 0;
        len += (size_t)got;
        head[len] = '\0';
    }
    return len;
}

/* A socket to the host of "http://127.0.0.1:PORT/..." or "127.0.0.1:PORT". */
static int connect_to(const char *target)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    const char *host = strncmp(target, "http://", 7) == 0 ? target + 7 : target;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    addr.sin_port = htons((unsigned short)atoi(strchr(host, ':') + 1));
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr) == 0)
        return fd;
    close(fd);
    return -1;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        bytes += sent;
        len -= (size_t)sent;
    }
}

/* Both ways, until one side has ended or the relay is to stop. */
static void carry(const relay *r, int client, int server)
{
    struct pollfd set[] = {
        {r->stop[0], POLLIN, 0}, {client, POLLIN, 0}, {server, POLLIN, 0}};
    char block[HEAD_MAX];

    while (poll(set, 3, -1) >= 0 && !set[0].revents)
        for (int i = 1; i < 3; i++) {
            ssize_t got;

            if (!set[i].revents)
                continue;
            got = recv(set[i].fd, block, sizeof block, 0);
            if (got <= 0)
                return;
            send_all(i == 1 ? server : client, block, (size_t)got);
        }
}

static void serve_one(relay *r, int client)
{
    static const char made[] = "HTTP/1.1 200 Connection established\r\n\r\n";
    char head[HEAD_MAX];
    size_t len = read_head(client, head);
    char *target = strchr(head, ' ');
    int server, tunnel = strncmp(head, "CONNECT ", 8) == 0;

    if (!len || !target)
        return;
    r->requests++;
    r->tunnels += (size_t)tunnel;
    server = connect_to(++target);
    if (server < 0)
        return;
    if (tunnel) {
        send_all(client, made, sizeof made - 1);
    } else {
        const char *path = strchr(target + 7, '/');

        send_all(server, head, (size_t)(target - head));
        send_all(server, path, len - (size_t)(path - head));
    }
    carry(r, client, server);
    close(server);
}

static void *serve(void *user)
{
    relay *r = user;
    struct pollfd set[] = {{r->stop[0], POLLIN, 0}, {r->listener, POLLIN, 0}};

    while (poll(set, 2, -1) >= 0 && !set[0].revents) {
        int client = accept(r->listener, NULL, NULL);

        if (client < 0)
            continue;
        serve_one(r, client);
        close(client);
    }
    return NULL;
}

relay *relay_start(void)
{
    relay *r = calloc(1, sizeof *r);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;

    ck_assert_ptr_nonnull(r);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(r->listener, (struct sockaddr *)&addr, len), 0);
    ck_assert_int_eq(listen(r->listener, 16), 0);
    ck_assert_int_eq(getsockname(r->listener, (struct sockaddr *)&addr, &len), 0);
    snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d", ntohs(addr.sin_port));
    ck_assert_int_eq(pipe(r->stop), 0);
    ck_assert_int_eq(pthread_create(&r->thread, NULL, serve, r), 0);
    return r;
}

const char *relay_url(const relay *r)
{
    return r->url;
}

size_t relay_requests(relay *r)
{
    return r->requests;
}

size_t relay_tunnels(relay *r)
{
    return r->tunnels;
}

void relay_stop(relay *r)
{
    ck_assert_int_eq((int)write(r->stop[1], "", 1), 1);
    pthread_join(r->thread, NULL);
    close(r->listener);
    close(r->stop[0]);
    close(r->stop[1]);
    free(r);
}
