/* Many requests on one loop: connections that are kept, the line before them, giving up,
 * other event loops, forks. */
#include "net/loop.h"
#include "net/signals.h"
#include "support/http_exchange.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(connections_are_kept)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http;
    struct seen seen = {0};
    int i;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    for (i = 1; i <= 5; i++) {
        ck_status(shub__http_start(loop, &req, on_done, &seen, &http, NULL), SHUB_OK);
        while (seen.calls < i)
            ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
        ck_status(seen.status, SHUB_OK);
    }
    ck_assert_uint_eq(peer_requests(p), 5);
    ck_assert_uint_eq(peer_connections(p), 1);
    shub_loop_close(loop);
    peer_stop(p);
}
END_TEST

static int again_left;

static void on_again(const shub__http_result *result, void *user)
{
    shub__http **http = user;

    ck_status(result->status, SHUB_OK);
    ck_slice_eq(result->body, "ok");
    if (again_left-- > 0)
        ck_status(shub__http_again(*http, SHUB_LIT("second"), NULL), SHUB_OK);
    else
        shub__http_cancel(*http); /* in its own end */
}

START_TEST(a_request_is_sent_again)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http;

    req.method = "POST";
    req.body = SHUB_LIT("the first");
    req.keep = 1;
    again_left = 2;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub__http_start(loop, &req, on_again, &http, &http, NULL), SHUB_OK);
    while (again_left >= 0)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    shub_loop_close(loop);
    ck_assert_uint_eq(peer_requests(p), 3);
    ck_assert_uint_eq(peer_connections(p), 1);
    ck_assert_ptr_nonnull(strstr(peer_received(p), "\r\n\r\nthe first"));
    ck_assert_ptr_nonnull(strstr(peer_received(p), "Content-Length: 6\r\n"));
    ck_assert_ptr_nonnull(strstr(peer_received(p), "\r\n\r\nsecond"));
    peer_stop(p);
}
END_TEST

static int order[200], order_count;

static void on_ordered(const shub__http_result *result, void *user)
{
    ck_status(result->status, SHUB_OK);
    order[order_count++] = *(int *)user;
}

START_TEST(more_than_the_limit_wait_in_line)
{
    static const peer_answer answers[] = {{PEER_OK("ok"), 0, 0}};
    peer *p = peer_start(answers, 1, SHUB_LOOP_MAX_CONNECTIONS);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http;
    int numbers[150], i;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    for (i = 0; i < 150; i++) {
        numbers[i] = i;
        ck_status(shub__http_start(loop, &req, on_ordered, &numbers[i], &http, NULL),
                  SHUB_OK);
    }
    while (order_count < 150)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    ck_assert_uint_eq(peer_requests(p), 150);
    ck_assert_uint_le(peer_most_open(p), SHUB_LOOP_MAX_CONNECTIONS);
    ck_assert_int_lt(order[0], SHUB_LOOP_MAX_CONNECTIONS);
    ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL),
              SHUB_OK); /* at once: nothing is left */
    shub_loop_close(loop);
    peer_stop(p);
}
END_TEST

START_TEST(cancelled_places_are_filled)
{
    static const peer_answer answers[] = {{PEER_OK("ok"), 0, 0}};
    peer *p = peer_start(answers, 1, SHUB_LOOP_MAX_CONNECTIONS + 1);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http[SHUB_LOOP_MAX_CONNECTIONS + 1];
    struct seen seen = {0}, never = {0};
    int i;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    for (i = 0; i < SHUB_LOOP_MAX_CONNECTIONS; i++)
        ck_status(shub__http_start(loop, &req, on_done, &never, &http[i], NULL), SHUB_OK);
    ck_status(shub__http_start(loop, &req, on_done, &seen, &http[i], NULL), SHUB_OK);
    while (peer_requests(p) < SHUB_LOOP_MAX_CONNECTIONS)
        ck_status(shub_loop_run_once(loop, 10, NULL), SHUB_OK);
    for (i = 0; i < SHUB_LOOP_MAX_CONNECTIONS; i++)
        shub__http_cancel(http[i]);
    shub__http_cancel(NULL);
    while (!seen.calls)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    ck_status(seen.status, SHUB_OK);
    ck_assert_int_eq(never.calls, 0);
    shub_loop_close(loop);
    peer_stop(p);
}
END_TEST

START_TEST(closing_gives_up)
{
    static const peer_answer answers[] = {{NULL, 1, 0}};
    peer *p = peer_start(answers, 1, 0);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http;
    struct seen seen = {0};
    int i;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    for (i = 0; i < 120; i++)
        ck_status(shub__http_start(loop, &req, on_done, &seen, &http, NULL), SHUB_OK);
    while (peer_requests(p) < 1)
        ck_status(shub_loop_run_once(loop, 10, NULL), SHUB_OK);
    shub_loop_close(loop);
    ck_assert_int_eq(seen.calls, 0);
    peer_stop(p);
}
END_TEST

/* A program with its own event loop: it waits by poll() for the descriptor and the time,
 * and never lets run_once wait. */
START_TEST(another_event_loop)
{
    static const peer_answer answers[] = {{PEER_OK("ok"), 0, 0}};
    peer *p = peer_start(answers, 1, 3);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http;
    struct seen seen = {0};
    int i, rounds = 0;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_assert_int_eq(shub_loop_timeout_ms(loop), SHUB_NONE);
    ck_assert_int_eq(fcntl(shub_loop_fd(loop), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (i = 0; i < 3; i++)
        ck_status(shub__http_start(loop, &req, on_done, &seen, &http, NULL), SHUB_OK);
    ck_assert_int_eq(shub_loop_timeout_ms(loop), 0);
    for (; seen.calls < 3; rounds++) {
        struct pollfd set = {shub_loop_fd(loop), POLLIN, 0};

        ck_assert_int_ge(poll(&set, 1, (int)shub_loop_timeout_ms(loop)), 0);
        ck_status(shub_loop_run_once(loop, 0, NULL), SHUB_OK);
    }
    ck_assert_int_lt(rounds, 100);
    shub_loop_close(loop);
    peer_stop(p);
}
END_TEST

START_TEST(an_idle_loop_waits)
{
    shub_loop *loop;
    int64_t start;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    start = shub__loop_now_ms();
    ck_status(shub_loop_run_once(loop, 30, NULL), SHUB_OK);
    ck_assert_int_ge(shub__loop_now_ms() - start, 29);
    shub_loop_close(loop);
}
END_TEST

START_TEST(a_forked_child_is_told_and_harms_nobody)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 0}};
    peer *p = peer_start(answers, 1, 3);
    shub__http_request req = request_to(peer_url(p));
    shub_loop *loop;
    shub__http *http, *other, *third;
    struct seen seen = {0};
    int status;
    pid_t child;

    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
    ck_status(shub__http_start(loop, &req, on_done, &seen, &http, NULL), SHUB_OK);
    ck_status(shub__http_start(loop, &req, on_done, &seen, &other, NULL), SHUB_OK);
    while (peer_connections(p) < 2)
        ck_status(shub_loop_run_once(loop, 10, NULL), SHUB_OK);
    child = fork();
    if (child == 0) {
        int ok =
            shub_loop_run_once(loop, SHUB_NONE, NULL) == SHUB_E_FORKED &&
            shub__http_start(loop, &req, on_done, &seen, &third, NULL) == SHUB_E_FORKED;

        shub__http_cancel(http);
        shub_loop_close(loop);
        _exit(ok ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_status(shub__http_start(loop, &req, on_done, &seen, &third, NULL), SHUB_OK);
    while (seen.calls < 3)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
    ck_status(seen.status, SHUB_OK);
    ck_assert_uint_eq(peer_connections(p), 3);
    shub_loop_close(loop);
    peer_stop(p);
}
END_TEST

START_TEST(a_broken_pipe_ends_nothing)
{
    shub__signals outer, inner;
    sigset_t before, after;
    int fds[2];

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ck_assert_int_eq(pipe(fds), 0);
    close(fds[0]);
    shub__signals_hold(&outer);
    ck_assert_int_eq((int)write(fds[1], "x", 1), -1);
    shub__signals_hold(&inner); /* finds one that is not its own */
    shub__signals_release(&inner);
    shub__signals_release(&outer);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&before, SIGPIPE), sigismember(&after, SIGPIPE));
    close(fds[1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net loop");
    TCase *tc = tcase_create("loop");

    unsetenv("http_proxy");
    tcase_add_test(tc, connections_are_kept);
    tcase_add_test(tc, a_request_is_sent_again);
    tcase_add_test(tc, more_than_the_limit_wait_in_line);
    tcase_add_test(tc, cancelled_places_are_filled);
    tcase_add_test(tc, closing_gives_up);
    tcase_add_test(tc, another_event_loop);
    tcase_add_test(tc, an_idle_loop_waits);
    tcase_add_test(tc, a_forked_child_is_told_and_harms_nobody);
    tcase_add_test(tc, a_broken_pipe_ends_nothing);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
