#include "support/oom.h"

#include "base/mem.h"

static long left;
static long failed;

static int count_down(size_t size, void *user)
{
    (void)size;
    (void)user;
    if (left-- > 0)
        return 0;
    failed++;
    return 1;
}

void oom_fail_at(long n)
{
    left = n;
    failed = 0;
    shub__mem_set_fail(count_down, 0);
}

long oom_stop(void)
{
    shub__mem_set_fail(0, 0);
    return failed;
}
