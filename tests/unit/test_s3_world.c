/* The world as it is: clocks that are wrong, buckets elsewhere, servers that ask for
 * patience, keys that expire on the way. */
#include "simulators/s3.h"
#include "support/s3_store.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB   ((size_t)1 << 20)
#define BYTES (11 * MIB) /* three parts of 5 MiB at most */
#define KEY   SHUB_LIT("logs/meter.jl.gz")
#define PUTS  60

static store s;
static shub_error err;
static char folder[64], path[96], token_path[96];
static char *content;
static int64_t off_us; /* of the client's clock */

static int64_t read_clock(void *user)
{
    (void)user;
    return shub_now_us() + off_us;
}

/* What the client traced. */
static struct {
    int skews, retries;
    int64_t wait_ms[8 * PUTS], attempt[8 * PUTS];
} traced;

static void on_trace(shub_level level, const char *line, void *user)
{
    const char *wait = strstr(line, "wait_ms="), *attempt = strstr(line, "attempt=");

    (void)level;
    (void)user;
    traced.skews += strncmp(line, "s3 event=skew", 13) == 0;
    if (strncmp(line, "s3 event=retry", 14) != 0 || traced.retries == 8 * PUTS)
        return;
    traced.wait_ms[traced.retries] = atoll(wait + 8);
    traced.attempt[traced.retries++] = atoll(attempt + 8);
}

static void write_file(const char *name, const void *bytes, size_t count)
{
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static void setup(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    off_us = 0;
    unsetenv("http_proxy");
    snprintf(folder, sizeof folder, "/tmp/shub-world-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(token_path, sizeof token_path, "%s/token", folder);
    setenv("HOME", folder, 1);
    content = malloc(BYTES);
    for (size_t i = 0; i < BYTES; i++)
        content[i] = (char)(i * 31 + (i >> 20) * 7);
    memset(&traced, 0, sizeof traced);
    shub_trace_set(SHUB_LEVEL_DEBUG, on_trace, NULL);
}

static void teardown(void)
{
    shub_trace_set(SHUB_LEVEL_OFF, NULL, NULL);
    store_close(&s);
    (void)unlink(path);
    (void)unlink(token_path);
    ck_assert_int_eq(rmdir(folder), 0);
    free(content);
}

static void open_with(int32_t retries)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    opts.retries = retries;
    opts.clock.now_us = read_clock;
    store_open(&s, &opts);
}

static shub_status put(void)
{
    return shub_s3_put(s.s3, BUCKET, KEY, SHUB_LIT("hello"), NULL, NULL, &err);
}

static shub_s3_stats stats(void)
{
    shub_s3_stats now = SHUB_S3_STATS_INIT;

    shub_s3_get_stats(s.s3, &now);
    return now;
}

static const s3_sim_request *request_at(size_t i)
{
    const s3_sim_request *request = s3_sim_log_at(s.sim, i);

    ck_assert_ptr_nonnull(request);
    return request;
}

/* ---- clocks --------------------------------------------------------------------- */

static const int64_t offs_s[] = {3600, -3600, 86400, -86400};
enum { OFFS = sizeof offs_s / sizeof *offs_s };

/* Gateways without NTP (boto/boto3#1252). */
START_TEST(a_wrong_clock_costs_one_request)
{
    int64_t off_s = offs_s[_i % OFFS];
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    int by_head = _i >= OFFS; /* whose answer has no body */

    off_us = off_s * SHUB_SECOND_US;
    open_with(0);
    s3_sim_put(s.sim, "bucket", "there", "x", 1);
    if (by_head)
        ck_ok(shub_s3_head(s.s3, BUCKET, SHUB_LIT("there"), &object, &err));
    else
        ck_ok(put());
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), 2);
    for (int i = 0; i < 3; i++)
        ck_ok(put());
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), 5);
    ck_assert_int_le(llabs(stats().skew_us + off_us), 2 * SHUB_SECOND_US);
    ck_assert_int_eq(traced.skews, 1);
}
END_TEST

/* The clock is mended while the program runs: it is learnt again. */
START_TEST(a_clock_that_is_set_is_learnt_again)
{
    open_with(0);
    ck_ok(put());
    off_us = -3600 * SHUB_SECOND_US;
    ck_ok(put());
    off_us = 0;
    ck_ok(put());
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), 5);
    ck_assert_int_le(llabs(stats().skew_us), 2 * SHUB_SECOND_US);
}
END_TEST

/* ---- regions -------------------------------------------------------------------- */

/* 400 AuthorizationHeaderMalformed, 301 PermanentRedirect, and both of a Head. */
START_TEST(a_bucket_elsewhere_is_followed_once)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;

    open_with(0);
    script(&s, "bucket bucket eu-west-3");
    s3_sim_put(s.sim, "bucket", "there", "x", 1);
    if (_i & 1)
        script(&s, "quirk redirect on");
    if (_i & 2)
        ck_ok(shub_s3_head(s.s3, BUCKET, SHUB_LIT("there"), &object, &err));
    else
        ck_ok(put());
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), 2);
    ck_ok(put());
    ck_ok(shub_s3_put(s.s3, SHUB_LIT("other"), KEY, SHUB_LIT("x"), NULL, NULL, &err));
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), 4); /* each bucket has its own */
    ck_assert_int_eq(traced.retries, 0);
}
END_TEST

START_TEST(a_redirect_to_nowhere_ends)
{
    open_with(0);
    script(&s, "fault put error=PermanentRedirect always");
    ck_status(put(), SHUB_E_REDIRECT);
    ck_assert_uint_le(s3_sim_requests(s.sim, "any"), 2);
}
END_TEST

/* ---- patience ------------------------------------------------------------------- */

static void put_at_once(int count, shub_status wanted)
{
    shub_s3_upload *up[PUTS];
    char key[16];

    write_file(path, "hello", 5);
    for (int i = 0; i < count; i++) {
        snprintf(key, sizeof key, "k%d", i);
        ck_ok(shub_s3_upload_file(s.s3, BUCKET, shub_str(key), path, NULL, &up[i], &err));
    }
    for (int i = 0; i < count; i++) {
        shub_status status;

        do
            status = shub_s3_upload_poll(up[i], SHUB_NONE, NULL, NULL, &err);
        while (status == SHUB_E_AGAIN);
        ck_status(status, wanted);
    }
    for (int i = 0; i < count; i++)
        shub_s3_upload_close(up[i]);
}

/* One answer makes every call of the client wait, as long as it says. */
START_TEST(slow_down_slows_the_whole_client)
{
    size_t struck = 0;
    int64_t begin_us;

    open_with(0);
    s.opts.in_flight = 2;
    store_reopen(&s);
    script(&s, "fault put retry_after=1 1 skip=3");
    put_at_once(12, SHUB_OK);
    while (request_at(struck)->status != 503)
        struck++;
    begin_us = request_at(struck)->mono_us;
    for (size_t i = struck + 2; i < s3_sim_log_size(s.sim); i++) /* one was in flight */
        ck_assert_int_ge(request_at(i)->mono_us, begin_us + 990000);
    ck_assert_uint_eq(s3_sim_log_size(s.sim), 13);
    ck_assert_uint_eq(stats().throttled, 1);
}
END_TEST

START_TEST(retry_after_is_honoured)
{
    open_with(0);
    script(&s, "fault put retry_after=1 1");
    ck_ok(put());
    ck_assert_int_ge(request_at(1)->mono_us, request_at(0)->mono_us + 990000);
}
END_TEST

/* Not all within one second, and then never again (fluent/fluent-bit#9214). Full jitter:
 * between nothing and a bound that doubles. */
START_TEST(further_attempts_are_spread)
{
    int64_t least = INT64_MAX, most = 0, sum = 0;
    int count = 0;

    open_with(3);
    s.opts.in_flight = PUTS;
    store_reopen(&s);
    script(&s, "fault put status=500 30");
    put_at_once(PUTS, SHUB_OK);
    for (int i = 0; i < traced.retries; i++) {
        ck_assert_int_le(traced.wait_ms[i], 100 << (traced.attempt[i] - 1));
        if (traced.attempt[i] != 1)
            continue;
        count++;
        sum += traced.wait_ms[i];
        least = traced.wait_ms[i] < least ? traced.wait_ms[i] : least;
        most = traced.wait_ms[i] > most ? traced.wait_ms[i] : most;
    }
    ck_assert_int_ge(count, 20);
    ck_assert_int_lt(least, 20);
    ck_assert_int_gt(most, 80);
    ck_assert_int_gt(sum, 30 * count);
    ck_assert_int_lt(sum, 70 * count);
}
END_TEST

/* A server in trouble is not made worse: 500 tokens, five a further attempt. */
START_TEST(the_budget_ends_further_attempts)
{
    size_t before;

    open_with(3);
    s.opts.in_flight = PUTS;
    store_reopen(&s);
    script(&s, "fault put status=500 always");
    put_at_once(PUTS, SHUB_E_REMOTE);
    ck_assert_uint_eq(stats().retries, 100);
    before = s3_sim_requests(s.sim, "any");
    ck_status(put(), SHUB_E_REMOTE);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), before + 1);
    script(&s, "fault clear");
    for (int i = 0; i < 5; i++) /* successes fill it again */
        ck_ok(put());
    script(&s, "fault put status=500 1");
    ck_ok(put());
}
END_TEST

/* ---- keys that expire ------------------------------------------------------------ */

static int asked;

/* A new key each time, which the server knows. */
static shub_status bring_keys(void *user, shub_s3_credentials *out, shub_error *fail)
{
    static char access[32], line[96];

    (void)user;
    (void)fail;
    snprintf(access, sizeof access, "ASIABROUGHT%d", ++asked);
    snprintf(line, sizeof line, "key %s secret token", access);
    script(&s, line);
    out->access_key = shub_str(access);
    out->secret_key = SHUB_LIT("secret");
    out->session_token = SHUB_LIT("token");
    return SHUB_OK;
}

static const char *const sources[] = {"callback", "instance", "container", "identity"};
enum { SOURCES = sizeof sources / sizeof *sources };

/* Opens a client that gets its keys from one of the sources. */
static void open_source(const char *source)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    char url[96];

    open_with(0); /* for the server */
    shub_s3_close(s.s3);
    opts.endpoint = s.endpoint;
    opts.part_bytes = SHUB_S3_PART_MIN;
    opts.in_flight = 2;
    snprintf(url, sizeof url, "%s/credentials", s.endpoint);
    write_file(token_path, "web-identity", 12);
    asked = 0;
    if (strcmp(source, "callback") == 0) {
        opts.credentials = bring_keys;
    } else if (strcmp(source, "instance") == 0) {
        setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s.endpoint, 1);
    } else if (strcmp(source, "container") == 0) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", url, 1);
    } else {
        setenv("AWS_ENDPOINT_URL_STS", s.endpoint, 1);
        setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token_path, 1);
        setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/a", 1);
    }
    s.opts = opts;
    ck_ok(shub_s3_open(&s.opts, &s.s3, &err));
}

/* Ends the validity of the key that signed the last request. */
static void expire(void)
{
    char line[96] = "";

    for (size_t i = s3_sim_log_size(s.sim); i-- > 0 && !line[0];)
        if (strcmp(request_at(i)->operation, "UploadPart") == 0)
            snprintf(line, sizeof line, "expire %s", request_at(i)->access);
    script(&s, line);
}

static void must_be_whole(void)
{
    s3_sim_object object;

    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object));
    ck_assert_uint_eq(object.size, BYTES);
    ck_assert(memcmp(object.data, content, BYTES) == 0);
    s3_sim_object_free(&object);
}

/* aws/aws-for-fluent-bit#138: they expire in the middle of an upload, which stalls or
 * drops nothing. */
START_TEST(keys_expire_in_the_middle_of_an_upload)
{
    shub_s3_upload *up;
    shub_status status;
    int expired = 0;

    open_source(sources[_i]);
    write_file(path, content, BYTES);
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &up, &err));
    do {
        status = shub_s3_upload_poll(up, 1, NULL, NULL, &err);
        if (!expired && s3_sim_successes(s.sim, "part") >= 1) {
            expire();
            expired = 1;
        }
    } while (status == SHUB_E_AGAIN);
    ck_ok(status);
    shub_s3_upload_close(up);
    must_be_whole();
    ck_assert_uint_eq(s3_sim_successes(s.sim, "part"), 3);
    ck_assert_uint_le(s3_sim_requests(s.sim, "part"), 3 + 2); /* those in flight */
    ck_assert_uint_eq(s3_sim_requests(s.sim, "create"), 1);
    ck_assert_uint_ge(stats().refreshes, 2);
    ck_assert_int_eq(traced.retries, 0);
}
END_TEST

/* They have expired for good: that is told, and the upload stays for a later run. */
START_TEST(keys_that_stay_expired_are_told)
{
    open_with(0);
    script(&s, "fault part error=ExpiredToken always");
    write_file(path, content, BYTES);
    ck_status(shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err),
              SHUB_E_EXPIRED);
    ck_assert_int_eq(err.http_status, 400);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 world");
    TCase *tc = tcase_create("world");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_wrong_clock_costs_one_request, 0, 2 * OFFS);
    tcase_add_test(tc, a_clock_that_is_set_is_learnt_again);
    tcase_add_loop_test(tc, a_bucket_elsewhere_is_followed_once, 0, 4);
    tcase_add_test(tc, a_redirect_to_nowhere_ends);
    tcase_add_test(tc, slow_down_slows_the_whole_client);
    tcase_add_test(tc, retry_after_is_honoured);
    tcase_add_test(tc, further_attempts_are_spread);
    tcase_add_test(tc, the_budget_ends_further_attempts);
    tcase_add_loop_test(tc, keys_expire_in_the_middle_of_an_upload, 0, SOURCES);
    tcase_add_test(tc, keys_that_stay_expired_are_told);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
