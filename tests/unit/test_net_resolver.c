/* libcurl looks names up on a thread of its own: here it calls this program's
 * getaddrinfo, which sees what signals that thread could be given. */
#include "net/http.h"
#include "support/suite.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>

static pthread_t caller;
static int calls, on_caller, open_signals;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    static const int asynchronous[] = {SIGINT,  SIGTERM, SIGHUP,  SIGALRM, SIGCHLD,
                                       SIGPIPE, SIGUSR1, SIGUSR2, SIGPROF};
    sigset_t blocked;

    (void)name;
    (void)service;
    (void)hints;
    *result = NULL;
    calls++;
    on_caller = pthread_equal(caller, pthread_self());
    (void)pthread_sigmask(SIG_BLOCK, NULL, &blocked);
    for (size_t i = 0; i < sizeof asynchronous / sizeof *asynchronous; i++)
        open_signals += !sigismember(&blocked, asynchronous[i]);
    return EAI_NONAME;
}

static void on_done(const shub__http_result *result, void *user)
{
    *(shub_status *)user = result->status;
}

START_TEST(threads_take_no_signals)
{
    shub__http_request req = {.method = "GET",
                              .url = "http://eagle-004792.local",
                              .deadline_ms = 2000,
                              .max_body = 200};
    shub_status status = SHUB_OK;
    shub_loop *loop;
    shub__http *http;
    sigset_t before, after;

    caller = pthread_self();
    (void)pthread_sigmask(SIG_BLOCK, NULL, &before);
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub__http_start(loop, &req, on_done, &status, &http, NULL), SHUB_OK);
    while (!status)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    shub_loop_close(loop);
    ck_status(status, SHUB_E_NETWORK);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(on_caller, 0);
    ck_assert_int_eq(open_signals, 0);
    (void)pthread_sigmask(SIG_BLOCK, NULL, &after);
    ck_assert_int_eq(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net resolver");
    TCase *tcase = tcase_create("resolver");

    tcase_add_test(tcase, threads_take_no_signals);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
