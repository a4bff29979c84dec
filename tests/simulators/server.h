/* HTTP in front of the gateways: listeners, requests, and the one event loop. */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "clock.h"
#include "gateway.h"

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an event of the loop belongs to. */
enum watch_kind { WATCH_LISTENER, WATCH_HTTP, WATCH_STDIN, WATCH_SIGNAL, WATCH_HELD };

struct watch {
    enum watch_kind kind;
    int fd;
};

struct request;

struct server {
    struct sim_clock clock;
    uint64_t seed;
    struct gateway *gateways; /* numbers from 1 at index 0; the relay's come first */
    unsigned gateway_count;
    unsigned relay_count;
    unsigned short relay_port;
    struct gateway *by_port[65536]; /* the gateways with a port of their own */

    struct MHD_Daemon *http;
    struct watch http_watch;
    struct watch *listeners;
    unsigned listener_count;
    int epoll_fd;
    struct request *held; /* waiting for their time to go on */
    bool quitting;
};

/* Certificate and key are PEM texts; both NULL: plain HTTP. */
bool server_start(struct server *server, const char *certificate, const char *key);

/*
 * Opens a port on 127.0.0.1 for one gateway, or for all behind the relay when gateway is
 * NULL, and gives its number; 0 on failure. port 0: any free one.
 */
unsigned short server_listen(struct server *server, struct gateway *gateway,
                             unsigned short port);

/* Watches a descriptor for input. False with errno as epoll_ctl sets it. */
bool server_watch(struct server *server, struct watch *watch, uint32_t events);

/* Runs until `quitting`; on_input is called when WATCH_STDIN has something. */
void server_run(struct server *server, void (*on_input)(struct server *server));

void server_stop(struct server *server);

/* For http.c and server.c: holding a request back, and letting it go on. */
void server_hold(struct server *server, struct request *request, int64_t until_us);

#endif
