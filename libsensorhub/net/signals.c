#include "net/signals.h"

#include <stddef.h>
#include <time.h>

/* All but those that a fault raises where it happens: blocked, they would end the process
 * without its handler. */
static void all_but_faults(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};

    (void)sigfillset(set);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        (void)sigdelset(set, faults[i]);
}

void shub__signals_hold(shub__signals *guard)
{
    sigset_t set;

    (void)sigpending(&set);
    guard->pipe = sigismember(&set, SIGPIPE) == 1;
    all_but_faults(&set);
    (void)pthread_sigmask(SIG_BLOCK, &set, &guard->mask);
}

void shub__signals_release(const shub__signals *guard)
{
    static const struct timespec at_once = {0, 0};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    if (!guard->pipe)
        (void)sigtimedwait(&set, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}
