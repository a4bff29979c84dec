#include "base/clock.h"
#include "base/error.h"

#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile unsigned generation;

static void in_child(void)
{
    generation++;
}

static void install(void)
{
    (void)pthread_atfork(NULL, NULL, in_child);
}

unsigned shub__fork_generation(void)
{
    (void)pthread_once(&once, install);
    return generation;
}

shub_status shub__fork_check(unsigned opened_at, shub_error *err)
{
    if (opened_at == generation)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_FORKED, SHUB_NONE, "handle was opened before fork");
}
