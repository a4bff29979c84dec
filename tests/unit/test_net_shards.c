/* Peers and the shards they are in, what a loop does when descriptors are short, and what
 * epoll watches. */
#include "base/mem.h"
#include "net/http.h"
#include "net/multi.h"
#include "net/peer.h"
#include "net/watch.h"
#include "support/peer.h"
#include "support/suite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PEERS 250

static shub_loop *loop;

static void open_loop(void)
{
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
}

static void close_loop(void)
{
    shub_loop_close(loop);
}

static shub__peer *hold(const char *url)
{
    shub__peer *held;

    ck_status(shub__peer_hold(loop, url, &held, NULL), SHUB_OK);
    return held;
}

START_TEST(a_host_stays_in_its_shard)
{
    shub__peer *one = hold("http://192.0.2.1/a"), *again = hold("http://192.0.2.1/b?c");
    shub__peer *other = hold("http://192.0.2.1:81/a");

    ck_assert_ptr_eq(one, again);
    ck_assert_ptr_ne(one, other);
    shub__peer_release(one);
    ck_assert_ptr_eq(hold("http://192.0.2.1/"), again);
    shub__peer_release(again);
    shub__peer_release(again);
    shub__peer_release(other);
    shub__peer_release(NULL);
    ck_assert_uint_eq(loop->peers.count, 0);
}
END_TEST

START_TEST(shards_fill_and_are_used_again)
{
    shub__peer *held[PEERS];
    char url[64];
    size_t i;

    for (i = 0; i < PEERS; i++) {
        (void)snprintf(url, sizeof url, "http://gateway-%zu.example/", i);
        held[i] = hold(url);
    }
    ck_assert_uint_eq(loop->shard_count, 3);
    for (i = 0; i < loop->shard_count; i++)
        ck_assert_uint_le(loop->shards[i]->peers, SHUB__SHARD_PEERS);
    for (i = 0; i < PEERS; i += 2)
        shub__peer_release(held[i]);
    for (i = 0; i < PEERS; i += 2) {
        (void)snprintf(url, sizeof url, "http://other-%zu.example/", i);
        held[i] = hold(url);
    }
    ck_assert_uint_eq(loop->shard_count, 3);
    for (i = 0; i < PEERS; i++)
        shub__peer_release(held[i]);
}
END_TEST

/* ---- requests ------------------------------------------------------------------ */

static int done;
static shub_status last;

static void on_done(const shub__http_result *result, void *user)
{
    (void)user;
    last = result->status;
    done++;
}

static void start(const char *url)
{
    shub__http_request req = {0};
    shub__http *http;

    req.method = "GET";
    req.url = url;
    req.deadline_ms = 10000;
    req.max_body = 1024;
    ck_status(shub__http_start(loop, &req, on_done, NULL, &http, NULL), SHUB_OK);
}

static void run_until(int count)
{
    while (done < count)
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
}

START_TEST(a_name_is_doubted_after_a_failure)
{
    static const peer_answer answers[] = {{NULL, 0, 1}, {PEER_OK("ok"), 0, 0}};
    peer *p = peer_start(answers, 2, 0);
    shub__peer *held = hold(peer_url(p));

    start(peer_url(p));
    run_until(1);
    ck_status(last, SHUB_E_NETWORK);
    ck_assert_int_eq(held->doubtful, 1);
    start(peer_url(p));
    run_until(2);
    ck_status(last, SHUB_OK);
    ck_assert_int_eq(held->doubtful, 0);
    shub__peer_release(held);
    peer_stop(p);
}
END_TEST

/* Two peers: neither is full, the loop is. */
START_TEST(short_descriptors_make_a_line)
{
    static const peer_answer answers[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 0}};
    struct rlimit before, low;
    peer *p[2];
    size_t most;
    int i;

    p[0] = peer_start(answers, 1, 0);
    p[1] = peer_start(answers, 1, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = 64; /* 48 in flight, 36 kept */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
    open_loop();
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (i = 0; i < 90; i++)
        start(peer_url(p[i % 2]));
    for (most = 0; done < 90;) {
        ck_status(shub_loop_run_once(loop, SHUB_NONE, NULL), SHUB_OK);
        ck_assert_uint_le(loop->sockets + loop->opening, 48);
        most = loop->sockets > most ? loop->sockets : most;
    }
    ck_status(last, SHUB_OK);
    ck_assert_uint_gt(most, 8);
    ck_assert_uint_le(most, 48);
    ck_assert_uint_le(loop->sockets, 36);
    ck_assert_uint_eq(loop->opening, 0);
    close_loop();
    peer_stop(p[0]);
    peer_stop(p[1]);
}
END_TEST

START_TEST(closed_sockets_are_counted)
{
    static const peer_answer answers[] = {{PEER_OK("ok"), 0, 0}};
    peer *p = peer_start(answers, 1, 0);
    int i;

    for (i = 0; i < 5; i++)
        start(peer_url(p));
    run_until(5);
    ck_assert_uint_eq(loop->sockets, 0);
    ck_assert_uint_eq(loop->opening, 0);
    ck_assert_uint_eq(loop->peers.count, 0);
    peer_stop(p);
}
END_TEST

/* ---- what epoll watches -------------------------------------------------------- */

static const peer_answer kept[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1, 0}};

/* The one socket that epoll watches; -1 when it watches none. */
static int watched(void)
{
    int fd = -1;

    for (size_t i = 0; i < loop->watch_count; i++)
        if (loop->watches[i].events) {
            ck_assert_int_eq(fd, -1);
            fd = (int)i;
        }
    return fd;
}

static int is_ready(int timeout_ms)
{
    struct pollfd fd = {.fd = shub_loop_fd(loop), .events = POLLIN};

    return poll(&fd, 1, timeout_ms);
}

START_TEST(a_resting_connection_stays_watched)
{
    peer *p = peer_start(kept, 1, 0);
    int fd;

    start(peer_url(p));
    run_until(1);
    fd = watched();
    ck_assert_int_ge(fd, 0);
    ck_assert_uint_eq(loop->watches[fd].wanted, 0);
    ck_assert_int_eq(is_ready(0), 0);
    start(peer_url(p));
    run_until(2);
    ck_status(last, SHUB_OK);
    ck_assert_int_eq(watched(), fd);
    ck_assert_uint_eq(peer_connections(p), 1);
    peer_stop(p);
}
END_TEST

START_TEST(one_that_is_closed_at_rest_wakes_the_loop_once)
{
    peer *p = peer_start(kept, 1, 0), *other;

    start(peer_url(p));
    run_until(1);
    peer_stop(p);
    ck_assert_int_eq(is_ready(5000), 1);
    ck_status(shub_loop_run_once(loop, 0, NULL), SHUB_OK);
    ck_assert_int_eq(is_ready(0), 0);
    ck_assert_int_eq(watched(), -1);

    other = peer_start(kept, 1, 0);
    start(peer_url(other));
    run_until(2);
    ck_status(last, SHUB_OK);
    peer_stop(other);
}
END_TEST

/* The second peer says nothing at rest, and its socket may have the first one's number.
 */
START_TEST(descriptors_are_used_again)
{
    static const peer_answer closing[] = {{PEER_OK("ok"), 0, 0}};
    peer *p = peer_start(closing, 1, 0), *other = peer_start(kept, 1, 0);
    int fd;

    for (int i = 1; i <= 4; i++) {
        start(peer_url(i % 2 ? p : other));
        run_until(i);
        ck_status(last, SHUB_OK);
        fd = watched();
        ck_assert_int_eq(fd >= 0, i > 1);
    }
    ck_assert_uint_eq(peer_connections(other), 1);
    peer_stop(p);
    peer_stop(other);
}
END_TEST

static int fail_watches(size_t size, void *user)
{
    (void)user;
    return size % sizeof *loop->watches == 0 && size >= 64 * sizeof *loop->watches;
}

START_TEST(a_socket_that_cannot_be_watched_is_no_socket)
{
    peer *p = peer_start(kept, 1, 0);

    start(peer_url(p));
    shub__mem_set_fail(fail_watches, NULL);
    run_until(1);
    shub__mem_set_fail(NULL, NULL);
    ck_status(last, SHUB_E_NOMEM);
    ck_assert_uint_eq(loop->sockets, 0);
    ck_assert_uint_eq(loop->opening, 0);
    start(peer_url(p));
    run_until(2);
    ck_status(last, SHUB_OK);
    peer_stop(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net shards");
    TCase *tc = tcase_create("shards"), *bare = tcase_create("descriptors");

    unsetenv("http_proxy");
    tcase_add_checked_fixture(tc, open_loop, close_loop);
    tcase_add_test(tc, a_host_stays_in_its_shard);
    tcase_add_test(tc, shards_fill_and_are_used_again);
    tcase_add_test(tc, a_name_is_doubted_after_a_failure);
    tcase_add_test(tc, closed_sockets_are_counted);
    tcase_add_test(tc, a_resting_connection_stays_watched);
    tcase_add_test(tc, one_that_is_closed_at_rest_wakes_the_loop_once);
    tcase_add_test(tc, descriptors_are_used_again);
    tcase_add_test(tc, a_socket_that_cannot_be_watched_is_no_socket);
    suite_add_tcase(suite, tc);
    tcase_add_test(bare, short_descriptors_make_a_line);
    suite_add_tcase(suite, bare);
    return suite_run(suite);
}
