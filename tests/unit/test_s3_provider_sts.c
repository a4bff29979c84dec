/* Keys of the token service, as they go over the wire: web identities, and roles one
 * behind the other. */
#include "s3/sigv4.h"
#include "support/s3_provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STS "AWS_ENDPOINT_URL_STS"

static void set_web_identity(void)
{
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", write_file("token", "ey.SECRET.jwt\n"), 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/web", 1);
}

START_TEST(web_identity_is_not_signed)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK(XML_KEYS("WEB"))}};

    SERVE(answers, STS, "");
    set_web_identity();
    open_provider();
    expect_key("WEB");
    expect_received("POST / HTTP/1.1\r\n");
    expect_received("\r\nContent-Type: application/x-www-form-urlencoded");
    expect_received("Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                    "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fweb"
                    "&RoleSessionName=sensorhub-1700000000"
                    "&WebIdentityToken=ey.SECRET.jwt");
    ck_assert_ptr_null(strstr(peer_received(server), "Authorization"));
}
END_TEST

START_TEST(web_identity_s_file_has_a_limit)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK("")}};
    static char text[SHUB__S3_TOKEN_MAX + 2];

    SERVE(answers, STS, "");
    set_web_identity();
    memset(text, 'x', SHUB__S3_TOKEN_MAX + 1);
    write_file("token", text);
    open_provider();
    expect_failure(SHUB_E_LIMIT, "20000");
    now_us += MINUTE_US;
    write_file("token", " \n");
    expect_failure(SHUB_E_CONTENT, "no token");
    now_us += MINUTE_US;
    text[SHUB__S3_TOKEN_MAX] = '\0';
    write_file("token", text);
    ck_status(get(), SHUB_E_AGAIN);
    ck_assert_uint_eq(requests, 1);
}
END_TEST

START_TEST(web_identity_is_tried_three_times)
{
    static const peer_answer answers[] = {
        {.bytes = XML_ERROR("400 Bad Request", "IDPCommunicationError")},
        {.bytes = XML_ERROR("400 Bad Request", "InvalidIdentityToken")},
        {.bytes = PEER_OK(XML_KEYS("WEB"))},
        {.bytes = XML_ERROR("400 Bad Request", "InvalidIdentityToken")},
    };

    SERVE(answers, STS, "");
    set_web_identity();
    open_provider();
    expect_key("WEB");
    ck_assert_uint_eq(requests, 3);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "WEB"), 1);
    expect_failure(SHUB_E_AUTH, "InvalidIdentityToken: m");
    ck_assert_int_eq(err.http_status, 400);
    ck_assert_uint_eq(requests, 6);
}
END_TEST

START_TEST(web_identity_is_not_tried_again_when_refused)
{
    static const peer_answer answers[] = {
        {.bytes = XML_ERROR("403 Forbidden", "AccessDenied")}};

    SERVE(answers, STS, "");
    set_web_identity();
    open_provider();
    expect_failure(SHUB_E_DENIED, "AccessDenied: m");
    ck_assert_uint_eq(requests, 1);
}
END_TEST

/* The value of a header in the request that begins at `text`. */
static shub_slice header(const char *text, const char *name)
{
    char line[64];
    const char *at, *end = strstr(text, "\r\n\r\n");

    snprintf(line, sizeof line, "\r\n%s: ", name);
    at = strstr(text, line);
    if (!at || at > end)
        return shub_bytes(NULL, 0);
    at += strlen(line);
    return shub_bytes(at, (size_t)(strstr(at, "\r\n") - at));
}

/* Signs again what was sent, with the keys it should have been signed with. */
static void expect_signed(const char *text, const char *access_key, const char *token,
                          const char *payload)
{
    shub_s3_pair headers[] = {
        {SHUB_LIT("content-type"), header(text, "Content-Type")},
        {SHUB_LIT("host"), header(text, "Host")},
        {SHUB_LIT("x-amz-date"), header(text, "X-Amz-Date")},
        {SHUB_LIT("x-amz-security-token"), header(text, "X-Amz-Security-Token")},
    };
    shub__sigv4_signer signer = {.normalize = 1, .time_us = now_us};
    shub__sigv4_request req = {.headers = headers, .header_count = token ? 4 : 3};
    shub__buf value;

    ck_slice_eq(headers[2].value, "20231114T221320Z");
    ck_slice_eq(headers[3].value, token ? token : "");
    signer.access_key = shub_str(access_key);
    signer.secret_key = SHUB_LIT("SECRET");
    signer.session_token = shub_str(token);
    signer.region = SHUB_LIT("eu-west-1");
    signer.service = SHUB_LIT("sts");
    req.method = SHUB_LIT("POST");
    req.path = SHUB_LIT("/");
    req.payload = shub_str(payload);
    shub__buf_init(&value, SHUB_S3_AUTHORIZATION_MAX);
    ck_status(shub__sigv4_authorize(&signer, &req, &value, NULL), SHUB_OK);
    ck_slice_eq(header(text, "Authorization"), value.ptr);
    shub__buf_fini(&value);
}

#define ROLES                                                                            \
    "[profile p]\nrole_arn = r1\nrole_session_name = me\nsource_profile = q\n"           \
    "[profile q]\nrole_arn = r2\nrole_session_name = me\nsource_profile = s\n"           \
    "[profile s]\naws_access_key_id = BASE\naws_secret_access_key = SECRET\n"

/* sha256sum of the forms below */
#define FORM_2 "Action=AssumeRole&Version=2011-06-15&RoleArn=r2&RoleSessionName=me"
#define FORM_1 "Action=AssumeRole&Version=2011-06-15&RoleArn=r1&RoleSessionName=me"
#define HASH_2 "be32788f41f12c17bdb3f0ed4bc3077d5a08b81a61c9fbbbba58a155a69de969"
#define HASH_1 "961e0f6a7d926d793a2d0f46d74ee0cfc187b91ba5b4285273adf051bfaea6ea"

START_TEST(roles_are_assumed_one_with_the_keys_of_the_other)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK(XML_KEYS("R2"))},
        {.bytes = STATUS("500 Error")},
        {.bytes = PEER_OK(XML_KEYS("R1"))},
    };
    const char *second;

    SERVE(answers, STS, "");
    write_file(".aws/config", ROLES);
    opts.profile = "p";
    opts.region = "eu-west-1";
    open_provider();
    expect_key("R1");
    ck_assert_str_eq(keys->session_token, "TR1");
    ck_assert_uint_eq(requests, 3);
    ck_assert_uint_eq(refreshes, 1);
    expect_received(FORM_2);
    expect_signed(peer_received(server), "BASE", NULL, HASH_2);
    second = strstr(peer_received(server), FORM_2) + strlen(FORM_2);
    ck_assert_ptr_nonnull(strstr(second, FORM_1));
    expect_signed(second, "R2", "TR2", HASH_1);
}
END_TEST

START_TEST(requests_are_signed_by_the_server_s_clock)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK(XML_KEYS("R"))}};

    SERVE(answers, STS, "");
    write_file(".aws/config", ROLES);
    opts.profile = "q";
    open_provider();
    /* The caller has learnt that the server is a minute ahead. */
    ck_status(shub__s3_provider_get(provider, now_us + MINUTE_US, &keys, &err),
              SHUB_E_AGAIN);
    wait_ready();
    expect_received("X-Amz-Date: 20231114T221420Z\r\n");
}
END_TEST

START_TEST(role_that_is_refused_ends_the_chain)
{
    static const peer_answer answers[] = {
        {.bytes = PEER_OK(XML_KEYS("R2"))},
        {.bytes = XML_ERROR("403 Forbidden", "AccessDenied")},
    };

    SERVE(answers, STS, "");
    write_file(".aws/config", ROLES);
    opts.profile = "p";
    open_provider();
    expect_failure(SHUB_E_DENIED, "AccessDenied");
    ck_assert_uint_eq(requests, 2);
    ck_assert_uint_eq(refreshes, 0);
}
END_TEST

START_TEST(roles_survive_failing_allocations)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK(XML_KEYS("K"))}};

    SERVE(answers, STS, "");
    write_file(".aws/config", ROLES);
    opts.profile = "p";
    ck_assert_uint_ge(oom_loop(once, NULL), 40);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider sts");
    TCase *tcase = tcase_create("sts");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, web_identity_is_not_signed);
    tcase_add_test(tcase, web_identity_s_file_has_a_limit);
    tcase_add_test(tcase, web_identity_is_tried_three_times);
    tcase_add_test(tcase, web_identity_is_not_tried_again_when_refused);
    tcase_add_test(tcase, roles_are_assumed_one_with_the_keys_of_the_other);
    tcase_add_test(tcase, requests_are_signed_by_the_server_s_clock);
    tcase_add_test(tcase, role_that_is_refused_ends_the_chain);
    tcase_add_test(tcase, roles_survive_failing_allocations);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
