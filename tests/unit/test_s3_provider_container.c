/* Keys of the container that we run in, as they go over the wire, and fetched beside the
 * work. */
#include "support/s3_provider.h"

#include <stdlib.h>
#include <string.h>

#define CONTAINER "AWS_CONTAINER_CREDENTIALS_FULL_URI"

START_TEST(container_s_token_is_read_each_time)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK(JSON_KEYS("C1"))},
        {.bytes = PEER_OK(JSON_KEYS("C2"))},
    };

    SERVE(answers, CONTAINER, "/creds?id=1");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", write_file("token", "Basic one\n"),
           1);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    open_provider();
    expect_key("C1");
    expect_received("GET /creds?id=1 HTTP/1.1\r\n");
    expect_received("\r\nAccept: application/json\r\n");
    expect_received("\r\nAuthorization: Basic one\r\n");
    write_file("token", "two");
    ck_assert_int_eq(shub__s3_provider_refused(provider, "C1"), 1);
    expect_key("C2");
    expect_received("\r\nAuthorization: two\r\n");
}
END_TEST

START_TEST(container_is_tried_three_times)
{
    static const peer_answer answers[] = {
        {.bytes = STATUS("500 Error")},
        {.bytes = PEER_OK("{")},
        {.bytes = PEER_OK(JSON_KEYS("C"))},
        {.bytes = STATUS("404 Not Found")},
    };

    SERVE(answers, CONTAINER, "/");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "tok", 1);
    open_provider();
    expect_key("C");
    ck_assert_uint_eq(requests, 3);
    expect_received("\r\nAuthorization: tok\r\n");
    ck_assert_int_eq(shub__s3_provider_refused(provider, "C"), 1);
    expect_failure(SHUB_E_HTTP, "HTTP 404");
    ck_assert_uint_eq(requests, 6);
}
END_TEST

START_TEST(container_s_answer_has_a_limit)
{
    static char text[10200] = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    peer_answer answers[] = {{.bytes = text}};

    memset(text + strlen(text), ' ', sizeof text - strlen(text) - 1);
    SERVE(answers, CONTAINER, "/");
    open_provider();
    expect_failure(SHUB_E_LIMIT, "10000");
    ck_assert_uint_eq(requests, 1);
}
END_TEST

START_TEST(container_without_its_token_file_is_not_asked)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK("")}};

    SERVE(answers, CONTAINER, "/");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token", 1);
    open_provider();
    expect_failure(SHUB_E_NOT_FOUND, "/nowhere/token");
    ck_assert_uint_eq(requests, 0);
}
END_TEST

START_TEST(token_with_a_line_break_is_not_sent)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK("")}};

    SERVE(answers, CONTAINER, "/");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "SECRET\r\nX: y", 1);
    open_provider();
    expect_failure(SHUB_E_INVALID, "Authorization holds a control character");
    ck_assert_uint_eq(requests, 0);
}
END_TEST

START_TEST(early_fetch_does_not_keep_the_work_waiting)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK(JSON_KEYS("C1"))}, {.bytes = NULL}, /* nothing is ever said */
    };

    SERVE(answers, CONTAINER, "/");
    open_provider();
    expect_key("C1");
    now_us = START_US + 45 * MINUTE_US;
    ck_status(get(), SHUB_OK); /* at once */
    ck_assert_str_eq(keys->access_key, "C1");
    ck_assert_uint_eq(requests, 2);
    now_us = START_US + 50 * MINUTE_US - 1;
    ck_status(get(), SHUB_OK);
    now_us++;
    ck_status(get(), SHUB_E_AGAIN);
    ck_assert_ptr_null(keys);
    ck_assert_uint_eq(requests, 2);
    /* Closed while it runs. */
}
END_TEST

START_TEST(early_fetch_brings_keys_beside_the_work)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK(JSON_KEYS("C1"))},
        {.bytes = PEER_OK(JSON_KEYS("C2"))},
    };

    SERVE(answers, CONTAINER, "/");
    open_provider();
    expect_key("C1");
    now_us = START_US + 45 * MINUTE_US;
    ck_status(get(), SHUB_OK);
    ck_assert_str_eq(keys->access_key, "C1");
    while (refreshes < 2)
        ck_status(shub_loop_run_once(loop, 1000, NULL), SHUB_OK);
    ck_assert_int_eq(ready_count, 1); /* of the first: nobody waited for the second */
    ck_status(get(), SHUB_OK);
    ck_assert_str_eq(keys->access_key, "C2");
}
END_TEST

START_TEST(container_survives_failing_allocations)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK(JSON_KEYS("K"))}};

    SERVE(answers, CONTAINER, "/");
    ck_assert_uint_ge(oom_loop(once, NULL), 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider container");
    TCase *tcase = tcase_create("container");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, container_s_token_is_read_each_time);
    tcase_add_test(tcase, container_is_tried_three_times);
    tcase_add_test(tcase, container_s_answer_has_a_limit);
    tcase_add_test(tcase, container_without_its_token_file_is_not_asked);
    tcase_add_test(tcase, token_with_a_line_break_is_not_sent);
    tcase_add_test(tcase, early_fetch_does_not_keep_the_work_waiting);
    tcase_add_test(tcase, early_fetch_brings_keys_beside_the_work);
    tcase_add_test(tcase, container_survives_failing_allocations);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
