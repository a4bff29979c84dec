/* Whom the provider trusts: authorities and `insecure` of the options wherever it asks, a
 * pin only where the objects are. The peer is a gateway, which knows TLS and nothing of
 * tokens: an answer of any HTTP status means that it was trusted. */
#include "net/loop.h"
#include "s3/client_credentials.h"
#include "support/certificate.h"
#include "support/gateways.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static certificate ours, other;
static gateways *sim;
static shub_loop *loop;
static shub_s3_options opts;
static char origin[64], token[96];

static void set_up(void)
{
    static const shub_s3_options init = SHUB_S3_OPTIONS_INIT;
    char line[256];
    const char *url;
    FILE *file;

    certificate_make(&ours);
    certificate_make(&other);
    snprintf(line, sizeof line, "--eagle200 1 --tls %s %s", ours.path, ours.key_path);
    sim = gateways_start(line);
    url = gateways_at(sim, 0)->url;
    snprintf(origin, sizeof origin, "%.*s", (int)(8 + strcspn(url + 8, "/")), url);
    setenv("AWS_ENDPOINT_URL_STS", origin, 1);
    snprintf(token, sizeof token, "%s/token", other.folder);
    file = fopen(token, "w");
    ck_assert_ptr_nonnull(file);
    fputs("token", file);
    fclose(file);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
    setenv("AWS_ROLE_ARN", "arn", 1);
    setenv("HOME", ours.folder, 1);
    opts = init;
    ck_status(shub_loop_open(&loop, NULL), SHUB_OK);
}

static void tear_down(void)
{
    shub_loop_close(loop);
    gateways_stop(sim);
    (void)remove(token);
    certificate_remove(&ours);
    certificate_remove(&other);
}

static void on_ready(void *user)
{
    *(int *)user = 1;
}

/* What a fetch comes to; http_status 0: nobody was trusted. */
static int fetch(void)
{
    uint64_t requests = 0, refreshes = 0;
    const shub__s3_keys *keys;
    shub__s3_provider *provider;
    shub_error err = SHUB_ERROR_INIT;
    int ready = 0;

    ck_status(shub__s3_provider_open(loop, &opts, on_ready, &ready, &requests, &refreshes,
                                     &provider, &err),
              SHUB_OK);
    ck_status(shub__s3_provider_get(provider, shub_now_us(), &keys, &err), SHUB_E_AGAIN);
    while (!ready)
        ck_status(shub_loop_run_once(loop, 1000, NULL), SHUB_OK);
    ck_assert_int_ne(shub__s3_provider_get(provider, shub_now_us(), &keys, &err),
                     SHUB_OK);
    shub__s3_provider_close(provider);
    if (!err.http_status)
        ck_status((shub_status)err.code, SHUB_E_TLS);
    ck_assert_uint_eq(requests, 1);
    return err.http_status;
}

START_TEST(authorities_and_insecure_hold_everywhere)
{
    ck_assert_int_eq(fetch(), 0);
    opts.ca_file = other.path;
    ck_assert_int_eq(fetch(), 0);
    opts.ca_file = ours.path;
    ck_assert_int_ne(fetch(), 0);
    opts.ca_file = NULL;
    opts.insecure = 1;
    ck_assert_int_ne(fetch(), 0);
}
END_TEST

START_TEST(pin_holds_where_the_objects_are)
{
    opts.endpoint = origin;
    opts.pin = ours.pin;
    ck_assert_int_ne(fetch(), 0);
    opts.pin = other.pin;
    ck_assert_int_eq(fetch(), 0);
    opts.insecure = 1;
    ck_assert_int_eq(fetch(), 0);
    opts.insecure = 0;
    opts.endpoint = NULL;
    opts.pin = ours.pin;
    setenv("AWS_ENDPOINT_URL_S3", origin, 1);
    ck_assert_int_ne(fetch(), 0);
    opts.endpoint = origin + strlen("https://"); /* which is meant without a scheme */
    ck_assert_int_ne(fetch(), 0);
    unsetenv("AWS_ENDPOINT_URL_S3");
}
END_TEST

START_TEST(pin_of_another_host_is_none)
{
    opts.pin = ours.pin;
    ck_assert_int_eq(fetch(), 0); /* it would let the certificate pass */
    opts.endpoint = "https://storage.example.org";
    ck_assert_int_eq(fetch(), 0);
    opts.pin = other.pin;
    opts.ca_file = ours.path;
    ck_assert_int_ne(fetch(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 provider tls");
    TCase *tcase = tcase_create("tls");

    if (!gateways_built())
        return 77;
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, authorities_and_insecure_hold_everywhere);
    tcase_add_test(tcase, pin_holds_where_the_objects_are);
    tcase_add_test(tcase, pin_of_another_host_is_none);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
