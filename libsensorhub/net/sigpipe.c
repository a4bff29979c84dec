#include "net/sigpipe.h"

#include <stddef.h>
#include <time.h>

static void only_sigpipe(sigset_t *set)
{
    (void)sigemptyset(set);
    (void)sigaddset(set, SIGPIPE);
}

void shub__sigpipe_hold(shub__sigpipe *guard)
{
    sigset_t set;

    (void)sigpending(&set);
    guard->pending = sigismember(&set, SIGPIPE) == 1;
    only_sigpipe(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, &guard->mask);
}

void shub__sigpipe_release(const shub__sigpipe *guard)
{
    static const struct timespec at_once = {0, 0};
    sigset_t set;

    only_sigpipe(&set);
    if (!guard->pending)
        (void)sigtimedwait(&set, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}
