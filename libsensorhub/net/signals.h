/* Signals are held back from this thread while libcurl works. It starts threads that look
 * names up and inherit the mask: the process's handlers must not run on them. And a TLS
 * library may write to a connection that the peer has closed: a SIGPIPE of that is taken
 * away, so that it does not end the program. The process's own handling stays as it is;
 * what else came meanwhile is delivered afterwards. */
#ifndef SHUB_NET_SIGNALS_H
#define SHUB_NET_SIGNALS_H

#include <signal.h>

typedef struct shub__signals {
    sigset_t mask; /* the thread's, to be restored */
    int pipe;      /* a SIGPIPE was waiting before, and is not ours */
} shub__signals;

void shub__signals_hold(shub__signals *guard);
void shub__signals_release(const shub__signals *guard);

#endif
