/* Ways to a server: hosts of buckets, IPv6, TLS, proxies; connections that stall, servers
 * that are not there; a forked child, memory that runs out, two clients at once. */
#include "simulators/s3.h"
#include "support/certificate.h"
#include "support/peer.h"
#include "support/relay.h"
#include "support/s3_store.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB   ((size_t)1 << 20)
#define BYTES (6 * MIB) /* two parts of 5 MiB at most */
#define KEY   SHUB_LIT("logs/meter.jl.gz")

static store s;
static shub_error err;
static char folder[64], path[96], journal[96];
static char *content;

static void setup(void)
{
    static const char *const variables[] = {"http_proxy", "https_proxy", "no_proxy",
                                            "HTTPS_PROXY", "NO_PROXY"};
    static const shub_error init = SHUB_ERROR_INIT;
    FILE *file;

    err = init;
    memset(&s, 0, sizeof s);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    snprintf(folder, sizeof folder, "/tmp/shub-network-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(journal, sizeof journal, "%s/uploads.db", folder);
    content = malloc(BYTES);
    for (size_t i = 0; i < BYTES; i++)
        content[i] = (char)(i * 31 + (i >> 20) * 7);
    file = fopen(path, "w");
    ck_assert_uint_eq(fwrite(content, 1, BYTES, file), BYTES);
    fclose(file);
}

static void remove_journal(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[112];

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", journal, ends[i]);
        (void)unlink(name);
    }
}

static void teardown(void)
{
    store_close(&s);
    remove_journal();
    (void)unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
    free(content);
}

/* Starts a server, and opens a client of its endpoint of this form. */
static shub_status open_world(const s3_sim_options *server, const char *form,
                              shub_s3_options opts)
{
    s.sim = s3_sim_start(server);
    ck_assert_ptr_nonnull(s.sim);
    snprintf(s.endpoint, sizeof s.endpoint, form, s3_sim_port(s.sim));
    s.opts = opts;
    s.opts.endpoint = s.endpoint;
    s.opts.access_key = S3_SIM_ACCESS;
    s.opts.secret_key = S3_SIM_SECRET;
    s.opts.seed = 1;
    return shub_s3_open(&s.opts, &s.s3, &err);
}

static shub_s3_options few_retries(int32_t retries)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;

    opts.retries = retries;
    return opts;
}

static shub_status put(void)
{
    return shub_s3_put(s.s3, BUCKET, KEY, SHUB_LIT("hello"), NULL, NULL, &err);
}

static void must_be_there(void)
{
    s3_sim_object object;

    ck_assert(s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object));
    ck_assert_uint_eq(object.size, 5);
    s3_sim_object_free(&object);
}

/* ---- addresses ------------------------------------------------------------------ */

START_TEST(a_bucket_is_a_host)
{
    shub_s3_options opts = few_retries(SHUB_NONE);
    char url[SHUB_S3_URL_MAX], wanted[96];
    size_t len;

    opts.addressing = SHUB_S3_ADDRESSING_VIRTUAL;
    ck_ok(open_world(NULL, "http://localhost:%u", opts));
    script(&s, "host localhost");
    ck_ok(put());
    must_be_there();
    ck_ok(shub_s3_presign_object(s.s3, SHUB_LIT("GET"), BUCKET, KEY, 60, url, sizeof url,
                                 &len, &err));
    snprintf(wanted, sizeof wanted, "http://bucket.localhost:%u/logs/meter.jl.gz?",
             s3_sim_port(s.sim));
    ck_assert_int_eq(strncmp(url, wanted, strlen(wanted)), 0);
}
END_TEST

START_TEST(an_address_of_ipv6)
{
    s3_sim_options server = {.ipv6 = true};
    s3_sim *sim = s3_sim_start(&server);

    if (!sim) {
        puts("this machine has no IPv6: not tested");
        return;
    }
    s3_sim_stop(sim);
    ck_ok(open_world(&server, "http://[::1]:%u", few_retries(SHUB_NONE)));
    ck_ok(put());
    must_be_there();
}
END_TEST

/* ---- TLS ------------------------------------------------------------------------ */

static certificate ours, other;
static char pem[2][4096];

static void read_pem(const char *name, char *text)
{
    FILE *file = fopen(name, "r");

    ck_assert_ptr_nonnull(file);
    text[fread(text, 1, sizeof pem[0] - 1, file)] = '\0';
    fclose(file);
}

static void setup_tls(void)
{
    setup();
    certificate_make(&ours);
    certificate_make(&other);
    read_pem(ours.path, pem[0]);
    read_pem(ours.key_path, pem[1]);
}

static void teardown_tls(void)
{
    teardown();
    certificate_remove(&ours);
    certificate_remove(&other);
}

static shub_status open_tls(const char *ca_file, const char *pin, int insecure)
{
    s3_sim_options server = {.certificate = pem[0], .private_key = pem[1]};
    shub_s3_options opts = few_retries(SHUB_NONE);

    opts.ca_file = ca_file;
    opts.pin = pin;
    opts.insecure = insecure;
    return open_world(&server, "https://127.0.0.1:%u", opts);
}

START_TEST(tls_is_verified)
{
    static const struct {
        int ca, pin, insecure; /* 1: the server's, 2: another's */
        shub_status status;
    } rows[] = {
        {1, 0, 0, SHUB_OK},    {0, 1, 0, SHUB_OK},    {1, 1, 0, SHUB_OK},
        {0, 0, 1, SHUB_OK},    {0, 0, 0, SHUB_E_TLS}, {2, 0, 0, SHUB_E_TLS},
        {0, 2, 0, SHUB_E_TLS}, {1, 2, 0, SHUB_E_TLS}, {0, 2, 1, SHUB_E_TLS},
    };
    const char *const files[] = {NULL, ours.path, other.path};
    const char *const pins[] = {NULL, ours.pin, other.pin};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_ok(open_tls(files[rows[i].ca], pins[rows[i].pin], rows[i].insecure));
        ck_assert_msg(put() == rows[i].status, "row %zu: %s", i, err.message);
        ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), rows[i].status == SHUB_OK);
        store_close(&s);
    }
    memset(&s, 0, sizeof s);
}
END_TEST

/* ---- proxies -------------------------------------------------------------------- */

START_TEST(the_environment_names_a_proxy)
{
    relay *proxy;

    ck_ok(open_world(NULL, "http://127.0.0.1:%u", few_retries(SHUB_NONE)));
    proxy = relay_start();
    setenv("http_proxy", relay_url(proxy), 1);
    ck_ok(put());
    must_be_there();
    ck_assert_uint_eq(relay_requests(proxy), 1);
    ck_assert_uint_eq(relay_tunnels(proxy), 0);
    setenv("no_proxy", "127.0.0.1", 1);
    store_reopen(&s);
    ck_ok(put());
    ck_assert_uint_eq(relay_requests(proxy), 1);
    relay_stop(proxy);
}
END_TEST

/* What goes through a tunnel the proxy cannot read. */
START_TEST(tls_goes_through_a_tunnel)
{
    relay *proxy = relay_start();

    setenv("https_proxy", relay_url(proxy), 1);
    ck_ok(open_tls(ours.path, NULL, 0));
    ck_ok(put());
    must_be_there();
    ck_assert_uint_eq(relay_tunnels(proxy), 1);
    ck_assert_uint_eq(relay_requests(proxy), 1);
    relay_stop(proxy);
}
END_TEST

START_TEST(a_proxy_that_is_not_there)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    ck_ok(open_world(NULL, "http://127.0.0.1:%u", few_retries(SHUB_NONE)));
    ck_status(put(), SHUB_E_NETWORK);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "any"), 0);
}
END_TEST

/* ---- no answer ------------------------------------------------------------------ */

static shub_status drop(shub_slice bytes, void *user, shub_error *fail)
{
    (void)fail;
    *(size_t *)user += bytes.len;
    return SHUB_OK;
}

/* Given up by bytes a second, not by an age of the whole, and tried again. */
START_TEST(a_stalled_connection_is_given_up)
{
    shub_s3_options opts = few_retries(3);
    size_t got = 0;
    int64_t begin_us;

    opts.stall_ms = 1000;
    opts.part_bytes = SHUB_S3_PART_MIN;
    ck_ok(open_world(NULL, "http://127.0.0.1:%u", opts));
    script(&s, _i ? "fault get stall 1" : "fault part stall 1");
    begin_us = shub_now_us();
    ck_ok(shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err));
    ck_ok(shub_s3_get(s.s3, BUCKET, KEY, NULL, drop, &got, NULL, &err));
    ck_assert_uint_eq(got, BYTES);
    ck_assert_int_ge(shub_now_us() - begin_us, 900000);
    ck_assert_uint_eq(s3_sim_faults(s.sim, "stall"), 1);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "part"), _i ? 2 : 3);
}
END_TEST

START_TEST(a_server_that_says_nothing)
{
    static const peer_answer silence = {NULL, 0, 0};
    shub_s3_options opts = few_retries(SHUB_NONE);
    peer *silent = peer_start(&silence, 1, 0);

    opts.answer_timeout_ms = 200;
    opts.endpoint = peer_url(silent);
    opts.access_key = S3_SIM_ACCESS;
    opts.secret_key = S3_SIM_SECRET;
    ck_ok(shub_s3_open(&opts, &s.s3, &err));
    ck_status(put(), SHUB_E_TIMEOUT);
    peer_stop(silent);
}
END_TEST

START_TEST(a_server_that_is_not_there)
{
    shub_s3_stats stats = SHUB_S3_STATS_INIT;
    shub_s3_options opts = few_retries(2);

    opts.endpoint = "http://127.0.0.1:1";
    opts.access_key = S3_SIM_ACCESS;
    opts.secret_key = S3_SIM_SECRET;
    ck_ok(shub_s3_open(&opts, &s.s3, &err));
    ck_status(put(), SHUB_E_NETWORK);
    shub_s3_get_stats(s.s3, &stats);
    ck_assert_uint_eq(stats.requests, 3);
}
END_TEST

/* ---- a forked child ------------------------------------------------------------- */

/* The number of the first call that did not give SHUB_E_FORKED; 0: none. */
static int calls_of_a_child(shub_s3_upload *file, shub_s3_upload *stream,
                            shub_s3_list *list)
{
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub_slice key = KEY;
    shub_s3_upload *up;
    char url[SHUB_S3_URL_MAX];
    size_t got = 0, len;
    int more;
    const shub_status statuses[] = {
        put(),
        shub_s3_get(s.s3, BUCKET, KEY, NULL, drop, &got, NULL, &err),
        shub_s3_get_file(s.s3, BUCKET, KEY, journal, NULL, NULL, &err),
        shub_s3_head(s.s3, BUCKET, KEY, &object, &err),
        shub_s3_delete(s.s3, BUCKET, KEY, &err),
        shub_s3_delete_many(s.s3, BUCKET, &key, 1, NULL, &err),
        shub_s3_copy(s.s3, BUCKET, KEY, BUCKET, SHUB_LIT("k"), NULL, NULL, &err),
        shub_s3_rename(s.s3, BUCKET, KEY, SHUB_LIT("k"), NULL, &err),
        shub_s3_presign_object(s.s3, SHUB_LIT("GET"), BUCKET, KEY, 60, url, sizeof url,
                               &len, &err),
        shub_s3_list_next(list, &object, &more, &err),
        shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err),
        shub_s3_upload_poll(file, SHUB_NONE, NULL, NULL, &err),
        shub_s3_upload_abort(file, &err),
        shub_s3_upload_write(stream, shub_bytes(content, BYTES), &err),
        shub_s3_upload_finish(stream, &object, &err),
        shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err),
        shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &up, &err),
        shub_s3_abort(s.s3, BUCKET, KEY, SHUB_LIT("id"), &err),
        shub_s3_abort_stale(s.s3, BUCKET, SHUB_LIT(""), 0, 1, NULL, &err),
    };
    int count = (int)(sizeof statuses / sizeof *statuses);

    for (int i = 0; i < count; i++)
        if (statuses[i] != SHUB_E_FORKED) {
            fprintf(stderr, "call %d: %s\n", i + 1, shub_status_name(statuses[i]));
            return i + 1;
        }
    shub_s3_upload_close(file);
    shub_s3_upload_close(stream);
    shub_s3_list_close(list);
    shub_s3_close(s.s3);
    return 0;
}

START_TEST(a_forked_child_is_refused)
{
    shub_s3_options opts = few_retries(0);
    shub_s3_upload *file, *stream;
    shub_s3_list *list;
    size_t before;
    int status;
    pid_t child;

    opts.part_bytes = SHUB_S3_PART_MIN;
    ck_ok(open_world(NULL, "http://127.0.0.1:%u", opts));
    ck_ok(shub_s3_upload_file(s.s3, BUCKET, KEY, path, NULL, &file, &err));
    ck_ok(shub_s3_upload_open(s.s3, BUCKET, SHUB_LIT("k"), NULL, &stream, &err));
    ck_ok(shub_s3_upload_write(stream, shub_bytes(content, BYTES), &err));
    ck_ok(shub_s3_list_open(s.s3, BUCKET, NULL, &list, &err));
    before = s3_sim_requests(s.sim, "any");
    child = fork();
    if (child == 0)
        _exit(calls_of_a_child(file, stream, list));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_uint_eq(s3_sim_requests(s.sim, "abort"), 0);
    ck_assert_uint_le(s3_sim_requests(s.sim, "any"), before + 4); /* ours, in flight */
    do
        status = shub_s3_upload_poll(file, SHUB_NONE, NULL, NULL, &err);
    while (status == SHUB_E_AGAIN);
    ck_ok((shub_status)status);
    ck_ok(shub_s3_upload_finish(stream, NULL, &err));
    shub_s3_upload_close(file);
    shub_s3_upload_close(stream);
    shub_s3_list_close(list);
}
END_TEST

/* ---- memory runs out ------------------------------------------------------------ */

static shub_status list_all(void)
{
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_s3_list *list = NULL;
    int more = 1;
    shub_status status = shub_s3_list_open(s.s3, BUCKET, NULL, &list, &err);

    while (status == SHUB_OK && more)
        status = shub_s3_list_next(list, &entry, &more, &err);
    shub_s3_list_close(list);
    return status;
}

static shub_status stream(void)
{
    shub_s3_upload *up = NULL;
    shub_status status = shub_s3_upload_open(s.s3, BUCKET, KEY, NULL, &up, &err);

    if (status == SHUB_OK)
        status = shub_s3_upload_write(up, shub_bytes(content, BYTES), &err);
    if (status == SHUB_OK)
        status = shub_s3_upload_finish(up, NULL, &err);
    shub_s3_upload_close(up);
    return status;
}

/* One kind of work, with a client of its own. */
static shub_status work(int kind)
{
    shub_status status = shub_s3_open(&s.opts, &s.s3, &err);

    if (status == SHUB_OK)
        switch (kind) {
        case 0:
            status = put();
            break;
        case 1:
            status = shub_s3_put_file(s.s3, BUCKET, KEY, path, NULL, NULL, &err);
            break;
        case 2:
            status = stream();
            break;
        default:
            status = list_all();
        }
    shub_s3_close(s.s3);
    s.s3 = NULL;
    return status;
}

/* Nothing, or the whole. */
static void must_be_whole_or_absent(int kind, size_t at)
{
    size_t wanted = kind ? BYTES : 5;
    s3_sim_object object;

    if (kind == 3 || !s3_sim_get(s.sim, "bucket", "logs/meter.jl.gz", &object))
        return;
    ck_assert_msg(object.size == wanted, "allocation %zu: %zu bytes", at, object.size);
    s3_sim_object_free(&object);
}

/* A failure ends in SHUB_E_NOMEM, or was of no consequence. */
START_TEST(without_memory)
{
    shub_s3_options opts = few_retries(0);
    countdown short_of;
    size_t at = 0;

    opts.part_bytes = SHUB_S3_PART_MIN;
    opts.integrity = SHUB_S3_INTEGRITY_NONE;
    opts.journal = _i == 1 ? journal : NULL;
    ck_ok(open_world(NULL, "http://127.0.0.1:%u", opts));
    shub_s3_close(s.s3);
    s.s3 = NULL;
    do {
        shub_status status;

        short_of = (countdown){at, 0};
        s3_sim_reset(s.sim);
        for (int i = 0; _i == 3 && i < 3; i++)
            s3_sim_put(s.sim, "bucket", i == 0 ? "a" : i == 1 ? "b" : "c", "x", 1);
        shub__mem_set_fail(fail_at_zero, &short_of);
        status = work(_i);
        shub__mem_set_fail(NULL, NULL);
        ck_assert_msg(status == SHUB_OK || (short_of.hit && status == SHUB_E_NOMEM),
                      "allocation %zu: %s: %s", at, shub_status_name(status),
                      err.message);
        must_be_whole_or_absent(_i, at);
        if (status == SHUB_OK && _i != 3)
            ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
        at++;
    } while (short_of.hit);
    ck_assert_uint_gt(at, 30);
}
END_TEST

/* ---- two at once ---------------------------------------------------------------- */

static void *upload_alone(void *user)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_status *status = user;
    shub_error fail = SHUB_ERROR_INIT;
    shub_s3 *s3;

    opts.if_none_match = 1;
    *status = shub_s3_open(&s.opts, &s3, &fail);
    if (*status == SHUB_OK)
        *status = shub_s3_put_file(s3, BUCKET, KEY, path, &opts, NULL, &fail);
    shub_s3_close(s3);
    return NULL;
}

/* Each has its handle; both want one key, and one gets it. */
START_TEST(two_clients_at_once)
{
    shub_s3_options opts = few_retries(0);
    shub_status statuses[2];
    pthread_t threads[2];

    opts.part_bytes = _i ? SHUB_S3_PART_MIN : 2 * (int64_t)BYTES;
    ck_ok(open_world(NULL, "http://127.0.0.1:%u", opts));
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, upload_alone, &statuses[i]),
                         0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq((statuses[0] == SHUB_OK) + (statuses[1] == SHUB_OK), 1);
    ck_assert_int_eq(
        (statuses[0] == SHUB_E_PRECONDITION) + (statuses[1] == SHUB_E_PRECONDITION), 1);
    ck_assert_uint_eq(s3_sim_object_count(s.sim, NULL), 1);
    ck_assert_uint_eq(s3_sim_upload_count(s.sim, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 network");
    TCase *tc = tcase_create("network"), *tls = tcase_create("tls");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_bucket_is_a_host);
    tcase_add_test(tc, an_address_of_ipv6);
    tcase_add_test(tc, the_environment_names_a_proxy);
    tcase_add_test(tc, a_proxy_that_is_not_there);
    tcase_add_loop_test(tc, a_stalled_connection_is_given_up, 0, 2);
    tcase_add_test(tc, a_server_that_says_nothing);
    tcase_add_test(tc, a_server_that_is_not_there);
    tcase_add_test(tc, a_forked_child_is_refused);
    tcase_add_loop_test(tc, without_memory, 0, 4);
    tcase_add_loop_test(tc, two_clients_at_once, 0, 2);
    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tls, setup_tls, teardown_tls);
    tcase_add_test(tls, tls_is_verified);
    tcase_add_test(tls, tls_goes_through_a_tunnel);
    suite_add_tcase(suite, tls);
    return suite_run(suite);
}
