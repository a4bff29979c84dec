/* A TLS library may write to a connection that the peer has closed. Around such calls
 * SIGPIPE is blocked in this thread, and one that came is taken away, so that the
 * process's handling of it stays as it is and a closed connection does not end the
 * program. */
#ifndef SHUB_NET_SIGPIPE_H
#define SHUB_NET_SIGPIPE_H

#include <signal.h>

typedef struct shub__sigpipe {
    sigset_t mask; /* the thread's, to be restored */
    int pending;   /* one was waiting before, and is not ours */
} shub__sigpipe;

void shub__sigpipe_hold(shub__sigpipe *guard);
void shub__sigpipe_release(const shub__sigpipe *guard);

#endif
