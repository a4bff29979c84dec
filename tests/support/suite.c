#include "support/suite.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

/* Of the tests, also in the processes that check forks for them. */
static pthread_t tests;

int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    tests = pthread_self();
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int fail_at_zero(size_t size, void *user)
{
    countdown *c = user;

    (void)size;
    if (!pthread_equal(pthread_self(), tests) || c->hit || c->left-- > 0)
        return 0;
    c->hit = 1;
    return 1;
}

size_t oom_loop(oom_fn *fn, void *user)
{
    size_t n = 0;

    for (;;) {
        countdown c = {n, 0};
        shub_status status;

        shub__mem_set_fail(fail_at_zero, &c);
        status = fn(user);
        shub__mem_set_fail(NULL, NULL);
        if (!c.hit) {
            ck_status(status, SHUB_OK);
            return n;
        }
        ck_assert_msg(status == SHUB_E_NOMEM, "allocation %zu failed: got %s", n,
                      shub_status_name(status));
        n++;
    }
}
