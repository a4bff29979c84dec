/* The provider against a scripted peer: each source as it goes over the wire, when keys
 * are fetched anew, and what is left when that fails. Time is the options' clock. */
#include "net/loop.h"
#include "s3/client_credentials.h"
#include "s3/sigv4.h"
#include "support/peer.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MINUTE_US (60 * SHUB_SECOND_US)
/* 2023-11-14T22:13:20Z; answers' keys expire an hour later */
#define START_US (INT64_C(1700000000) * SHUB_SECOND_US)
#define EXPIRES  "2023-11-14T23:13:20Z"

static shub_loop *loop;
static shub_s3_options opts;
static shub__s3_provider *provider;
static shub_error err;
static const shub__s3_keys *keys;
static uint64_t requests, refreshes;
static int ready_count;
static int64_t now_us;
static peer *server;
static char home[64];

static int64_t read_now(void *user)
{
    (void)user;
    return now_us;
}

static void on_ready(void *user)
{
    (void)user;
    ready_count++;
}

static void on_trace(shub_level level, const char *line, void *user)
{
    (void)level, (void)user;
    ck_assert_msg(!strstr(line, "SECRET"), "%s", line);
}

static void set_up(void)
{
    static const shub_error init = SHUB_ERROR_INIT;
    static const shub_s3_options init_opts = SHUB_S3_OPTIONS_INIT;
    static const char *const names[] = {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL_STS",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "http_proxy",
        "no_proxy",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    snprintf(home, sizeof home, "/tmp/sensorhub-s3-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    setenv("HOME", home, 1);
    err = init;
    opts = init_opts;
    opts.clock.now_us = read_now;
    opts.seed = 1;
    provider = NULL;
    server = NULL;
    requests = refreshes = 0;
    ready_count = 0;
    now_us = START_US;
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
}

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static void tear_down(void)
{
    static const char *const files[] = {".aws/config", ".aws/credentials", ".aws",
                                        "token",       "command",          "count"};

    shub__s3_provider_close(provider);
    shub_loop_close(loop);
    if (server)
        peer_stop(server);
    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        (void)remove(path_of(files[i]));
    ck_assert_int_eq(rmdir(home), 0);
}

static const char *write_file(const char *name, const char *text)
{
    const char *path = path_of(name);
    FILE *file;

    if (!strncmp(name, ".aws/", 5)) {
        (void)mkdir(path_of(".aws"), 0700);
        path = path_of(name);
    }
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static shub_status try_open(void)
{
    return shub__s3_provider_open(loop, &opts, on_ready, NULL, &requests, &refreshes,
                                  &provider, &err);
}

static void open_provider(void)
{
    shub_status status = try_open();

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
}

static shub_status get(void)
{
    return shub__s3_provider_get(provider, now_us, &keys, &err);
}

/* Runs the loop until `ready` comes. */
static void wait_ready(void)
{
    int before = ready_count;

    while (ready_count == before)
        ck_status(shub_loop_run_once(loop, 1000, NULL), SHUB_OK);
}

/* Gets, waiting for a fetch where it must. */
static shub_status fetch(void)
{
    shub_status status = get();

    if (status != SHUB_E_AGAIN)
        return status;
    ck_assert_ptr_null(keys);
    wait_ready();
    status = get();
    ck_assert_int_ne(status, SHUB_E_AGAIN);
    return status;
}

static void expect_key(const char *access_key)
{
    shub_status status = fetch();

    ck_assert_msg(status == SHUB_OK, "%s: %s", shub_status_name(status), err.message);
    ck_assert_str_eq(keys->access_key, access_key);
}

static void expect_failure(shub_status wanted, const char *says)
{
    ck_status(fetch(), wanted);
    ck_assert_ptr_null(keys);
    ck_assert_int_eq(err.code, wanted);
    ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "SECRET"));
    ck_assert_int_gt(err.retry_after_us, 0);
}

static const char *serve(const peer_answer *answers, size_t count, const char *variable,
                         const char *path)
{
    static char url[128];

    server = peer_start(answers, count, 0);
    snprintf(url, sizeof url, "%s%s", peer_url(server), path);
    setenv(variable, url, 1);
    return url;
}

#define SERVE(answers, variable, path)                                                   \
    serve(answers, sizeof(answers) / sizeof *(answers), variable, path)

#define STATUS(line) "HTTP/1.1 " line "\r\nConnection: close\r\n\r\n"
#define JSON_KEYS(name)                                                                  \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"" name "\",\"SecretAccessKey\":\"SECRET\"," \
    "\"Token\":\"TOKEN\",\"Expiration\":\"" EXPIRES "\"}"
#define XML_KEYS(name)                                                                   \
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>" name              \
    "</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>T" name        \
    "</SessionToken><Expiration>" EXPIRES                                                \
    "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
#define XML_ERROR(line, code)                                                            \
    "HTTP/1.1 " line "\r\nConnection: close\r\n\r\n<ErrorResponse><Error><Code>" code    \
    "</Code><Message>m</Message></Error></ErrorResponse>"

static void expect_received(const char *text)
{
    ck_assert_msg(strstr(peer_received(server), text) != NULL, "no \"%s\" in \"%s\"",
                  text, peer_received(server));
}

/* ---- without a network --------------------------------------------------------- */

START_TEST(keys_of_options_stay)
{
    opts.access_key = "AK";
    opts.secret_key = "SECRET";
    open_provider();
    expect_key("AK");
    now_us += 1000000 * MINUTE_US;
    expect_key("AK");
    ck_assert_int_eq(shub__s3_provider_refused(provider, "AK"), 0);
    ck_assert_uint_eq(requests, 0);
}
END_TEST

START_TEST(anonymous_has_no_keys)
{
    opts.anonymous = 1;
    open_provider();
    ck_status(get(), SHUB_OK);
    ck_assert_ptr_null(keys);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "AK"), 0);
}
END_TEST

START_TEST(files_are_read)
{
    write_file(".aws/config", "[default]\nregion = eu-west-1\nendpoint_url = http://h\n");
    write_file(".aws/credentials", "[default]\naws_access_key_id = FILE\n"
                                   "aws_secret_access_key = SECRET\n");
    open_provider();
    expect_key("FILE");
    ck_assert_str_eq(shub__s3_provider_region(provider), "eu-west-1");
    ck_assert_str_eq(shub__s3_provider_endpoint(provider), "http://h");
}
END_TEST

START_TEST(files_are_where_variables_say)
{
    write_file("token",
               "[p]\naws_access_key_id = FILE\naws_secret_access_key = SECRET\n");
    setenv("AWS_SHARED_CREDENTIALS_FILE", "~/token", 1);
    setenv("AWS_CONFIG_FILE", "/nowhere/config", 1);
    opts.profile = "p";
    open_provider();
    expect_key("FILE");
}
END_TEST

START_TEST(malformed_file_is_told_with_its_line)
{
    write_file(".aws/config", "[default]\nregion\n");
    ck_status(try_open(), SHUB_E_FORMAT);
    ck_assert_ptr_null(provider);
    ck_assert_int_eq(err.index, 1);
    ck_assert_ptr_nonnull(strstr(err.message, "/.aws/config: line 2: "));
    opts.access_key = "AK"; /* then nobody needs the file */
    opts.secret_key = "SECRET";
    open_provider();
    expect_key("AK");
}
END_TEST

START_TEST(folder_in_the_place_of_a_file_is_told)
{
    (void)mkdir(path_of(".aws"), 0700);
    ck_assert_int_eq(mkdir(path_of(".aws/config"), 0700), 0);
    ck_status(try_open(), SHUB_E_IO);
    ck_assert_int_eq(rmdir(path_of(".aws/config")), 0);
}
END_TEST

/* ---- the callback, and when keys are fetched anew ------------------------------ */

static struct {
    int calls;
    shub_status status;
    int64_t expires_us;
    const char *access_key;
} bring;

static shub_status on_credentials(void *user, shub_s3_credentials *out, shub_error *e)
{
    ck_assert_ptr_eq(user, &bring);
    bring.calls++;
    if (bring.status != SHUB_OK) {
        if (e)
            snprintf(e->message, sizeof e->message, "the vault is closed");
        return bring.status;
    }
    out->access_key = shub_str(bring.access_key);
    out->secret_key = SHUB_LIT("SECRET");
    out->expires_us = bring.expires_us;
    return SHUB_OK;
}

static void open_callback(int64_t lives_us)
{
    bring.calls = 0;
    bring.status = SHUB_OK;
    bring.access_key = "K1";
    bring.expires_us = lives_us ? START_US + lives_us : 0;
    opts.credentials = on_credentials;
    opts.user = &bring;
    open_provider();
    ck_assert_int_eq(bring.calls, 0);
    expect_key("K1");
    ck_assert_int_eq(bring.calls, 1);
}

/* The key in use at a time after the start, and the calls so far. */
static void at(int64_t time_us, const char *access_key, int calls)
{
    now_us = START_US + time_us;
    expect_key(access_key);
    ck_assert_int_eq(bring.calls, calls);
}

START_TEST(keys_without_an_end_are_asked_for_once)
{
    open_callback(0);
    at(INT64_C(1000000) * MINUTE_US, "K1", 1);
    ck_assert_uint_eq(refreshes, 1);
}
END_TEST

START_TEST(keys_are_fetched_a_quarter_of_an_hour_before_they_expire)
{
    open_callback(60 * MINUTE_US);
    at(45 * MINUTE_US - 1, "K1", 1);
    bring.access_key = "K2";
    bring.expires_us += 60 * MINUTE_US;
    at(45 * MINUTE_US, "K2", 2);
    at(105 * MINUTE_US - 1, "K2", 2);
    ck_assert_uint_eq(refreshes, 2);
}
END_TEST

START_TEST(keys_are_kept_while_fetching_fails)
{
    open_callback(60 * MINUTE_US);
    bring.status = SHUB_E_IO;
    at(45 * MINUTE_US, "K1", 2);
    at(45 * MINUTE_US + 1, "K1", 2); /* it rests */
    at(45 * MINUTE_US + SHUB_SECOND_US, "K1", 3);
    at(55 * MINUTE_US, "K1", 4); /* the work would wait, but there is nothing to come */
    at(60 * MINUTE_US - 1, "K1", 5);
    now_us = START_US + 60 * MINUTE_US;
    ck_status(fetch(), SHUB_E_IO);
    ck_assert_str_eq(err.message, "the vault is closed");
    ck_assert_int_eq(err.code, SHUB_E_IO);
    ck_assert_int_gt(err.retry_after_us, 0);
    ck_assert_int_eq(bring.calls, 5);
    bring.status = SHUB_OK;
    bring.access_key = "K2";
    bring.expires_us += 60 * MINUTE_US;
    at(60 * MINUTE_US + SHUB__S3_REFRESH_REST_MAX_US, "K2", 6);
}
END_TEST

START_TEST(rests_grow_to_a_minute)
{
    int64_t rest_us = 0;

    open_callback(60 * MINUTE_US);
    bring.status = SHUB_E_IO;
    now_us = bring.expires_us;
    for (int i = 0; i < 12; i++) {
        int64_t most_us = SHUB__S3_REFRESH_REST_US << (i < 6 ? i : 6);

        if (most_us > SHUB__S3_REFRESH_REST_MAX_US)
            most_us = SHUB__S3_REFRESH_REST_MAX_US;
        ck_status(get(), SHUB_E_IO);
        ck_assert_int_eq(bring.calls, 2 + i);
        rest_us = err.retry_after_us;
        ck_assert_int_gt(rest_us, most_us / 2);
        ck_assert_int_le(rest_us, most_us);
        now_us += rest_us - 1;
        ck_status(get(), SHUB_E_IO);
        ck_assert_int_eq(bring.calls, 2 + i);
        ck_assert_int_eq(err.retry_after_us, 1);
        now_us++;
    }
}
END_TEST

START_TEST(clock_put_back_does_not_lengthen_a_rest)
{
    open_callback(60 * MINUTE_US);
    bring.status = SHUB_E_IO;
    now_us = bring.expires_us;
    ck_status(get(), SHUB_E_IO);
    now_us -= 5 * MINUTE_US;
    bring.status = SHUB_OK;
    bring.access_key = "K2";
    expect_key("K2");
}
END_TEST

START_TEST(short_lived_keys_are_not_fetched_again_and_again)
{
    open_callback(8 * MINUTE_US);
    at(4 * MINUTE_US - 1, "K1", 1);
    bring.expires_us += 4 * MINUTE_US;
    at(4 * MINUTE_US, "K1", 2);
    at(8 * MINUTE_US - 1, "K1", 2);
    at(8 * MINUTE_US, "K1", 3);
}
END_TEST

START_TEST(expired_keys_are_refused)
{
    open_callback(60 * MINUTE_US);
    now_us += 60 * MINUTE_US;
    expect_failure(SHUB_E_EXPIRED, "have expired");
}
END_TEST

START_TEST(malformed_keys_of_the_callback_are_refused)
{
    bring.status = SHUB_OK;
    bring.access_key = "A\nB";
    opts.credentials = on_credentials;
    opts.user = &bring;
    open_provider();
    expect_failure(SHUB_E_CONTENT, "credentials callback");
    now_us += MINUTE_US;
    bring.status = SHUB_E_AGAIN; /* nobody would come back */
    expect_failure(SHUB_E_INVALID, "SHUB_E_AGAIN");
}
END_TEST

START_TEST(refused_keys_are_fetched_anew)
{
    open_callback(60 * MINUTE_US);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K0"), 1); /* others by now */
    at(0, "K1", 1);
    bring.access_key = "K2";
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(0, "K2", 2);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(0, "K2", 2);
}
END_TEST

START_TEST(refused_keys_that_come_again_help_nobody)
{
    open_callback(60 * MINUTE_US);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(0, "K1", 2);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 0);
    at(1, "K1", 2);
    now_us = START_US + MINUTE_US;
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    at(MINUTE_US, "K1", 3);
}
END_TEST

START_TEST(same_keys_of_an_early_fetch_are_still_asked_for_when_refused)
{
    open_callback(60 * MINUTE_US);
    at(45 * MINUTE_US, "K1", 2); /* the source has no others yet */
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    bring.access_key = "K2";
    at(45 * MINUTE_US, "K2", 3);
}
END_TEST

START_TEST(refused_keys_are_not_used_when_fetching_fails)
{
    open_callback(60 * MINUTE_US);
    ck_assert_int_eq(shub__s3_provider_refused(provider, "K1"), 1);
    bring.status = SHUB_E_IO;
    expect_failure(SHUB_E_IO, "vault");
}
END_TEST

/* ---- instance ------------------------------------------------------------------ */

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

/* ---- container ----------------------------------------------------------------- */

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

/* ---- the token service --------------------------------------------------------- */

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

/* ---- a command ----------------------------------------------------------------- */

static void set_command(const char *script)
{
    char text[512];
    const char *path = write_file("command", script);

    snprintf(text, sizeof text, "[default]\ncredential_process = /bin/sh \"%s\" 'a b'\n",
             path);
    write_file(".aws/config", text);
}

START_TEST(command_brings_keys)
{
    set_command("echo '{\"Version\":1,\"AccessKeyId\":\"CMD\",\"SecretAccessKey\":"
                "\"SECRET\",\"SessionToken\":\"'${1% b}'\",\"Expiration\":\"" EXPIRES
                "\"}'\n");
    open_provider();
    expect_key("CMD");
    ck_assert_str_eq(keys->session_token, "a");
    ck_assert_int_eq(keys->expires_us, START_US + 60 * MINUTE_US);
    ck_assert_uint_eq(requests, 0);
    ck_assert_uint_eq(refreshes, 1);
}
END_TEST

START_TEST(command_that_fails_is_told)
{
    set_command("echo SECRET; exit 7\n");
    open_provider();
    expect_failure(SHUB_E_REMOTE, "/bin/sh: exit status 7");
    now_us += MINUTE_US;
    set_command("echo '{\"Version\":2}'");
    expect_failure(SHUB_E_UNSUPPORTED, "Version");
}
END_TEST

START_TEST(command_that_runs_is_ended_with_the_provider)
{
    set_command("sleep 1000\n");
    open_provider();
    ck_status(get(), SHUB_E_AGAIN);
    ck_status(shub_loop_run_once(loop, 10, NULL), SHUB_OK);
    ck_status(get(), SHUB_E_AGAIN);
}
END_TEST

START_TEST(command_line_that_is_none_is_told)
{
    write_file(".aws/config", "[default]\ncredential_process = 'SECRET\n");
    open_provider();
    expect_failure(SHUB_E_INVALID, "quotation");
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

static shub_status once(void *user)
{
    uint64_t sent = 0, fetched = 0;
    shub__s3_provider *p;
    const shub__s3_keys *got;
    shub_status status =
        shub__s3_provider_open(loop, &opts, on_ready, NULL, &sent, &fetched, &p, NULL);

    (void)user;
    if (status != SHUB_OK)
        return status;
    while ((status = shub__s3_provider_get(p, now_us, &got, NULL)) == SHUB_E_AGAIN) {
        status = shub_loop_run_once(loop, 1000, NULL);
        if (status != SHUB_OK)
            break;
    }
    shub__s3_provider_close(p);
    return status;
}

START_TEST(container_survives_failing_allocations)
{
    static const peer_answer answers[] = {{.bytes = PEER_OK(JSON_KEYS("K"))}};

    SERVE(answers, CONTAINER, "/");
    ck_assert_uint_ge(oom_loop(once, NULL), 10);
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

START_TEST(command_survives_failing_allocations)
{
    set_command("echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\"}'");
    ck_assert_uint_ge(oom_loop(once, NULL), 15);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider");
    TCase *tcase = tcase_create("provider");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, keys_of_options_stay);
    tcase_add_test(tcase, anonymous_has_no_keys);
    tcase_add_test(tcase, files_are_read);
    tcase_add_test(tcase, files_are_where_variables_say);
    tcase_add_test(tcase, malformed_file_is_told_with_its_line);
    tcase_add_test(tcase, folder_in_the_place_of_a_file_is_told);
    tcase_add_test(tcase, keys_without_an_end_are_asked_for_once);
    tcase_add_test(tcase, keys_are_fetched_a_quarter_of_an_hour_before_they_expire);
    tcase_add_test(tcase, keys_are_kept_while_fetching_fails);
    tcase_add_test(tcase, rests_grow_to_a_minute);
    tcase_add_test(tcase, clock_put_back_does_not_lengthen_a_rest);
    tcase_add_test(tcase, short_lived_keys_are_not_fetched_again_and_again);
    tcase_add_test(tcase, expired_keys_are_refused);
    tcase_add_test(tcase, malformed_keys_of_the_callback_are_refused);
    tcase_add_test(tcase, refused_keys_are_fetched_anew);
    tcase_add_test(tcase, refused_keys_that_come_again_help_nobody);
    tcase_add_test(tcase, same_keys_of_an_early_fetch_are_still_asked_for_when_refused);
    tcase_add_test(tcase, refused_keys_are_not_used_when_fetching_fails);
    tcase_add_test(tcase, instance_is_asked_by_version_2);
    tcase_add_loop_test(tcase, instance_is_tried_twice, 0,
                        (int)(sizeof instances / sizeof *instances));
    tcase_add_test(tcase, instance_s_expired_keys_are_used_during_an_outage);
    tcase_add_test(tcase, container_s_token_is_read_each_time);
    tcase_add_test(tcase, container_is_tried_three_times);
    tcase_add_test(tcase, container_s_answer_has_a_limit);
    tcase_add_test(tcase, container_without_its_token_file_is_not_asked);
    tcase_add_test(tcase, token_with_a_line_break_is_not_sent);
    tcase_add_test(tcase, early_fetch_does_not_keep_the_work_waiting);
    tcase_add_test(tcase, early_fetch_brings_keys_beside_the_work);
    tcase_add_test(tcase, web_identity_is_not_signed);
    tcase_add_test(tcase, web_identity_s_file_has_a_limit);
    tcase_add_test(tcase, web_identity_is_tried_three_times);
    tcase_add_test(tcase, web_identity_is_not_tried_again_when_refused);
    tcase_add_test(tcase, roles_are_assumed_one_with_the_keys_of_the_other);
    tcase_add_test(tcase, requests_are_signed_by_the_server_s_clock);
    tcase_add_test(tcase, role_that_is_refused_ends_the_chain);
    tcase_add_test(tcase, command_brings_keys);
    tcase_add_test(tcase, command_that_fails_is_told);
    tcase_add_test(tcase, command_that_runs_is_ended_with_the_provider);
    tcase_add_test(tcase, command_line_that_is_none_is_told);
    tcase_add_test(tcase, container_survives_failing_allocations);
    tcase_add_test(tcase, roles_survive_failing_allocations);
    tcase_add_test(tcase, command_survives_failing_allocations);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
