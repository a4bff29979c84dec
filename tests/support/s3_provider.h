/* The provider of keys in a home of its own, with a scripted peer and the options' clock:
 * what the tests of its sources share. */
#ifndef TESTS_SUPPORT_S3_PROVIDER_H
#define TESTS_SUPPORT_S3_PROVIDER_H

#include "s3/client_credentials.h"
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

static inline int64_t read_now(void *user)
{
    (void)user;
    return now_us;
}

static inline void on_ready(void *user)
{
    (void)user;
    ready_count++;
}

static inline void on_trace(shub_level level, const char *line, void *user)
{
    (void)level, (void)user;
    ck_assert_msg(!strstr(line, "SECRET"), "%s", line);
}

static inline void set_up(void)
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

static inline const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static inline void tear_down(void)
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

static inline const char *write_file(const char *name, const char *text)
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

static inline shub_status try_open(void)
{
    return shub__s3_provider_open(loop, &opts, on_ready, NULL, &requests, &refreshes,
                                  &provider, &err);
}

static inline void open_provider(void)
{
    shub_status status = try_open();

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
}

static inline shub_status get(void)
{
    return shub__s3_provider_get(provider, now_us, &keys, &err);
}

/* Runs the loop until `ready` comes. */
static inline void wait_ready(void)
{
    int before = ready_count;

    while (ready_count == before)
        ck_status(shub_loop_run_once(loop, 1000, NULL), SHUB_OK);
}

/* Gets, waiting for a fetch where it must. */
static inline shub_status fetch(void)
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

static inline void expect_key(const char *access_key)
{
    shub_status status = fetch();

    ck_assert_msg(status == SHUB_OK, "%s: %s", shub_status_name(status), err.message);
    ck_assert_str_eq(keys->access_key, access_key);
}

static inline void expect_failure(shub_status wanted, const char *says)
{
    ck_status(fetch(), wanted);
    ck_assert_ptr_null(keys);
    ck_assert_int_eq(err.code, wanted);
    ck_assert_msg(strstr(err.message, says) != NULL, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "SECRET"));
    ck_assert_int_gt(err.retry_after_us, 0);
}

static inline const char *serve(const peer_answer *answers, size_t count,
                                const char *variable, const char *path)
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

static inline void expect_received(const char *text)
{
    ck_assert_msg(strstr(peer_received(server), text) != NULL, "no \"%s\" in \"%s\"",
                  text, peer_received(server));
}

/* Opens, gets keys and closes: for oom_loop. */
static inline shub_status once(void *user)
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

#endif
