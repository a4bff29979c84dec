/* Keys of the machine that we run on, as they go over the wire. */
#include "support/s3_provider.h"

#include <stdlib.h>

#define INSTANCE "AWS_EC2_METADATA_SERVICE_ENDPOINT"

START_TEST(instance_is_asked_by_version_2)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK("IMDSTOKEN")},
        {.bytes = PEER_OK("my-role\n")},
        {.bytes = PEER_OK(JSON_KEYS("INST"))},
    };

    SERVE(answers, INSTANCE, "");
    setenv("http_proxy", "http://127.0.0.1:1", 1); /* must not be used */
    open_provider();
    ck_assert_uint_eq(requests, 0);
    expect_key("INST");
    ck_assert_str_eq(keys->session_token, "TOKEN");
    ck_assert_int_eq(keys->expires_us, START_US + 60 * MINUTE_US);
    ck_assert_uint_eq(requests, 3);
    ck_assert_uint_eq(refreshes, 1);
    expect_received("PUT /latest/api/token HTTP/1.1\r\n");
    expect_received("\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n");
    expect_received("GET /latest/meta-data/iam/security-credentials/ HTTP/1.1\r\n");
    expect_received(
        "GET /latest/meta-data/iam/security-credentials/my-role HTTP/1.1\r\n");
    expect_received("\r\nx-aws-ec2-metadata-token: IMDSTOKEN\r\n");
    ck_assert_int_eq(ready_count, 1);
}
END_TEST

static const struct {
    peer_answer answers[5];
    size_t count;
    shub_status status;
    size_t requests;
    const char *says;
} instances[] = {
    {{{.bytes = STATUS("503 Busy")},
      {.bytes = PEER_OK("T")},
      {.bytes = PEER_OK("r")},
      {.bytes = PEER_OK("not JSON")},
      {.bytes = PEER_OK(JSON_KEYS("K"))}},
     5,
     SHUB_OK,
     5,
     ""},
    {{{.bytes = STATUS("503 Busy")}}, 1, SHUB_E_OVERLOADED, 2, "HTTP 503"},
    {{{.bytes = STATUS("403 Forbidden")}}, 1, SHUB_E_DENIED, 1, "version 2: HTTP 403"},
    {{{.bytes = ""}}, 1, SHUB_E_NETWORK, 2, ""},
    {{{.bytes = PEER_OK("")}}, 1, SHUB_E_CONTENT, 1, "token"},
    {{{.bytes = PEER_OK("T")}, {.bytes = STATUS("404 Not Found")}},
     2,
     SHUB_E_NOT_FOUND,
     2,
     "no role"},
    {{{.bytes = PEER_OK("T")}, {.bytes = PEER_OK("../x")}}, 2, SHUB_E_CONTENT, 2, "role"},
    {{{.bytes = PEER_OK("T")},
      {.bytes = PEER_OK("r")},
      {.bytes = PEER_OK("{\"Code\":\"Failed\",\"Message\":\"m\"}")}},
     3,
     SHUB_E_REMOTE,
     4,
     "Failed: m"},
};

START_TEST(instance_is_tried_twice)
{
    serve(instances[_i].answers, instances[_i].count, INSTANCE, "/");
    open_provider();
    if (instances[_i].status == SHUB_OK)
        expect_key("K");
    else
        expect_failure(instances[_i].status, instances[_i].says);
    ck_assert_uint_eq(peer_requests(server), instances[_i].requests);
    ck_assert_uint_eq(requests, instances[_i].requests);
}
END_TEST

START_TEST(instance_s_expired_keys_are_used_during_an_outage)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK("T")},
        {.bytes = PEER_OK("r")},
        {.bytes = PEER_OK(JSON_KEYS("OLD"))},
    };

    SERVE(answers, INSTANCE, "");
    now_us += 61 * MINUTE_US;
    open_provider();
    expect_key("OLD");
    ck_assert_int_gt(keys->expires_us, now_us);
    now_us += 7 * MINUTE_US;
    expect_key("OLD");
    ck_assert_uint_eq(requests, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider instance");
    TCase *tcase = tcase_create("instance");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, instance_is_asked_by_version_2);
    tcase_add_loop_test(tcase, instance_is_tried_twice, 0,
                        (int)(sizeof instances / sizeof *instances));
    tcase_add_test(tcase, instance_s_expired_keys_are_used_during_an_outage);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
