/* A scripted server on 127.0.0.1, in a thread of its own: what a test wants a peer to
 * say. */
#ifndef TESTS_SUPPORT_PEER_H
#define TESTS_SUPPORT_PEER_H

#include <stddef.h>

typedef struct peer_answer {
    const char *bytes; /* sent as they are; NULL: nothing is ever said */
    int keep;          /* 1: the connection stays open, else it is closed */
    int reset;         /* 1: it is closed with a reset */
} peer_answer;

/* An answer whose body ends with the connection. */
#define PEER_OK(body) "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" body

typedef struct peer peer;

/* Each request gets the next answer, the last one again and again. While fewer than
 * `hold` requests have come, none is answered. */
peer *peer_start(const peer_answer *answers, size_t count, size_t hold);
/* "http://127.0.0.1:PORT". */
const char *peer_url(const peer *p);
/* Requests that came whole so far, connections, and most connections open at once. */
size_t peer_requests(peer *p);
size_t peer_connections(peer *p);
size_t peer_most_open(peer *p);
/* Everything that was received, one request after the other, as text. */
const char *peer_received(peer *p);
void peer_stop(peer *p);

#endif
