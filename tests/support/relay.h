/* An HTTP proxy on 127.0.0.1, in a thread of its own: a request with an absolute target
 * is handed on without it, CONNECT makes a tunnel. One request or tunnel a connection,
 * one connection at a time. */
#ifndef TESTS_SUPPORT_RELAY_H
#define TESTS_SUPPORT_RELAY_H

#include <stddef.h>

typedef struct relay relay;

relay *relay_start(void);
/* "http://127.0.0.1:PORT". */
const char *relay_url(const relay *r);
/* Connections that came, and those of them that became tunnels. */
size_t relay_requests(relay *r);
size_t relay_tunnels(relay *r);
void relay_stop(relay *r);

#endif
