/* The scripted S3 as tests in C use it: in their own process. libcurl signs. */
#include "simulators/s3.h"
#include "support/suite.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define ROUNDS  50

struct client {
    CURL *curl;
    struct curl_slist *headers;
    char body[4096];
    size_t size;
};

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct client *client = user;
    size_t room = sizeof client->body - 1 - client->size;
    if (size * count > room)
        return 0;
    memcpy(client->body + client->size, data, size * count);
    client->size += size * count;
    client->body[client->size] = '\0';
    return size * count;
}

static void open_client(struct client *client)
{
    *client = (struct client){.curl = curl_easy_init()};
    ck_assert_ptr_nonnull(client->curl);
    client->headers = curl_slist_append(NULL, "x-amz-content-sha256: UNSIGNED-PAYLOAD");
    client->headers = curl_slist_append(client->headers, "x-amz-meta-a: one");
    client->headers = curl_slist_append(client->headers, "Content-Type: text/plain");
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(client->curl, CURLOPT_AWS_SIGV4, "aws:amz:us-east-1:s3");
    curl_easy_setopt(client->curl, CURLOPT_USERPWD, S3_SIM_ACCESS ":" S3_SIM_SECRET);
    curl_easy_setopt(client->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, client);
}

static void close_client(struct client *client)
{
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
}

/* The status; 0 when there was no answer. */
static long ask(struct client *client, s3_sim *sim, const char *method,
                const char *target, const char *body)
{
    char url[256];
    long status = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", s3_sim_port(sim), target);
    client->size = 0;
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
    curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(client->curl) != CURLE_OK)
        return 0;
    curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static s3_sim *sim;
static struct client client;

static void set_up(void)
{
    sim = s3_sim_start(NULL);
    ck_assert_ptr_nonnull(sim);
    open_client(&client);
}

static void tear_down(void)
{
    close_client(&client);
    s3_sim_stop(sim);
}

START_TEST(objects_can_be_looked_at)
{
    s3_sim_object object;
    char value[16];

    ck_assert_int_eq(ask(&client, sim, "PUT", "/b/k%20%26", "text"), 200);
    ck_assert(s3_sim_get(sim, "b", "k &", &object));
    ck_assert_uint_eq(object.size, 4);
    ck_assert_str_eq((char *)object.data, "text");
    ck_assert_str_eq(object.etag, "1cb251ec0d568de6a929b520c4aed8d1");
    ck_assert(s3_sim_header(&object, "x-amz-meta-a", value, sizeof value));
    ck_assert_str_eq(value, "one");
    ck_assert(s3_sim_header(&object, "content-type", value, sizeof value));
    ck_assert_str_eq(value, "text/plain");
    ck_assert(!s3_sim_header(&object, "content-type", value, 4)); /* does not fit */
    ck_assert(!s3_sim_header(&object, "x-amz-meta", value, sizeof value));
    s3_sim_object_free(&object);
    ck_assert(!s3_sim_get(sim, "b", "other", &object));
    ck_assert(!s3_sim_get(sim, "other", "k &", &object));
    ck_assert_ptr_null(object.data);
    ck_assert_uint_eq(s3_sim_object_count(sim, "b"), 1);
    ck_assert_uint_eq(s3_sim_object_count(sim, "other"), 0);
    ck_assert_uint_eq(s3_sim_object_count(sim, NULL), 1);
}
END_TEST

START_TEST(objects_can_be_put_there_and_taken_away)
{
    s3_sim_put(sim, "b", "k", "given", 5);
    ck_assert_int_eq(ask(&client, sim, "GET", "/b/k", ""), 200);
    ck_assert_str_eq(client.body, "given");
    ck_assert(s3_sim_delete(sim, "b", "k"));
    ck_assert(!s3_sim_delete(sim, "b", "k"));
    ck_assert(!s3_sim_delete(sim, "c", "k"));
    ck_assert_int_eq(ask(&client, sim, "GET", "/b/k", ""), 404);
}
END_TEST

START_TEST(uploads_and_parts_can_be_looked_at)
{
    s3_sim_object part;
    char id[64];
    char target[128];

    ck_assert_int_eq(ask(&client, sim, "POST", "/b/k?uploads=", ""), 200);
    ck_assert_uint_eq(s3_sim_upload_count(sim, "b"), 1);
    ck_assert_uint_eq(s3_sim_upload_count(sim, "c"), 0);
    ck_assert(s3_sim_upload_id(sim, "b", "k", id));
    snprintf(target, sizeof target, "/b/k?partNumber=7&uploadId=%s", id);
    ck_assert_int_eq(ask(&client, sim, "PUT", target, "part"), 200);
    ck_assert_uint_eq(s3_sim_part_count(sim, id), 1);
    ck_assert(!s3_sim_part(sim, id, 1, &part));
    ck_assert(s3_sim_part(sim, id, 7, &part));
    ck_assert_str_eq((char *)part.data, "part");
    s3_sim_object_free(&part);
    snprintf(target, sizeof target, "/b/k?uploadId=%s", id);
    ck_assert_int_eq(ask(&client, sim, "DELETE", target, ""), 204);
    ck_assert_uint_eq(s3_sim_upload_count(sim, NULL), 0);
    ck_assert(!s3_sim_upload_id(sim, "b", "k", id));
    ck_assert(!s3_sim_part(sim, id, 7, &part));
}
END_TEST

START_TEST(the_log_tells_what_took_effect)
{
    const s3_sim_request *request;

    ck_assert_ptr_null(s3_sim_script(sim, "fault put drop_after 1 skip=1"));
    ck_assert_int_eq(ask(&client, sim, "PUT", "/b/a", "1"), 200);
    curl_easy_setopt(client.curl, CURLOPT_FRESH_CONNECT, 1L); /* else curl tries again */
    ck_assert_int_eq(ask(&client, sim, "PUT", "/b/b", "22"), 0);
    ck_assert_int_eq(ask(&client, sim, "GET", "/b/none", ""), 404);
    ck_assert_uint_eq(s3_sim_log_size(sim), 3);
    request = s3_sim_log_at(sim, 1);
    ck_assert_str_eq(request->operation, "PutObject");
    ck_assert_str_eq(request->bucket, "b");
    ck_assert_str_eq(request->key, "b");
    ck_assert_str_eq(request->access, S3_SIM_ACCESS);
    ck_assert_str_eq(request->fault, "drop_after");
    ck_assert_uint_eq(request->status, 0);
    ck_assert_uint_eq(request->body_size, 2);
    ck_assert(request->applied);
    ck_assert_str_eq(s3_sim_log_at(sim, 2)->code, "NoSuchKey");
    ck_assert(!s3_sim_log_at(sim, 2)->applied);
    ck_assert_ptr_null(s3_sim_log_at(sim, 3));
    ck_assert_uint_eq(s3_sim_requests(sim, "put"), 2);
    ck_assert_uint_eq(s3_sim_successes(sim, "PutObject"), 1);
    ck_assert_uint_eq(s3_sim_requests(sim, NULL), 3);
    ck_assert_uint_eq(s3_sim_faults(sim, "drop_after"), 1);
    ck_assert_uint_eq(s3_sim_faults(sim, "stall"), 0);
    ck_assert_uint_eq(s3_sim_faults(sim, NULL), 1);
}
END_TEST

START_TEST(a_reset_forgets)
{
    ck_assert_ptr_null(s3_sim_script(sim, "part_minimum 1"));
    ck_assert_ptr_null(s3_sim_script(sim, "fault get status=500 always"));
    ck_assert_int_eq(ask(&client, sim, "PUT", "/b/k", "1"), 200);
    ck_assert_int_eq(ask(&client, sim, "POST", "/b/k?uploads=", ""), 200);
    ck_assert_int_eq(ask(&client, sim, "GET", "/b/k", ""), 500);
    s3_sim_reset(sim);
    ck_assert_uint_eq(s3_sim_object_count(sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_upload_count(sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_log_size(sim), 0);
    ck_assert_uint_eq(s3_sim_requests(sim, NULL), 0);
    ck_assert_uint_eq(s3_sim_faults(sim, NULL), 0);
    ck_assert_int_eq(ask(&client, sim, "GET", "/b/k", ""), 404);
}
END_TEST

START_TEST(what_a_line_says_wrong_is_told)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_str_eq(s3_sim_script(sim, "nonsense"), "no such command");
    ck_assert_str_eq(s3_sim_script(sim, "stats"), "no such command"); /* nowhere to go */
    ck_assert_ptr_null(s3_sim_script(sim, ""));
    ck_assert_ptr_null(s3_sim_ask(sim, "stats", out));
    fclose(out);
    ck_assert_str_eq(text, "stats\n");
    free(text);
}
END_TEST

/* The client of a stalled request leaves, or the server stops over it. */
START_TEST(stalled_requests_keep_nothing_from_ending)
{
    curl_easy_setopt(client.curl, CURLOPT_TIMEOUT_MS, 100L);
    ck_assert_ptr_null(s3_sim_script(sim, "fault any stall always"));
    ck_assert_int_eq(ask(&client, sim, "PUT", "/b/k", "1"), 0);
    ck_assert_int_eq(ask(&client, sim, "PUT", "/b/k", "1"), 0);
    ck_assert_uint_eq(s3_sim_requests(sim, "put"), 2);
    ck_assert_uint_eq(s3_sim_object_count(sim, NULL), 0);
}
END_TEST

static void *put_and_get(void *user)
{
    struct client own;
    char target[64];
    size_t good = 0;

    open_client(&own);
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(target, sizeof target, "/b/%s/%d", (const char *)user, i);
        good += ask(&own, sim, "PUT", target, target) == 200;
        good += ask(&own, sim, "GET", target, "") == 200 && !strcmp(own.body, target);
    }
    close_client(&own);
    return (void *)good;
}

START_TEST(threads_may_ask_and_look_at_once)
{
    static const char *const names[THREADS] = {"a", "b", "c", "d"};
    pthread_t threads[THREADS];
    size_t done = 0;

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, put_and_get, (void *)names[i]),
                         0);
    while (done < (size_t)2 * THREADS * ROUNDS) {
        const s3_sim_request *request = s3_sim_log_at(sim, done);
        if (request)
            ck_assert_uint_eq(request->status, 200);
        done += request != NULL;
    }
    for (int i = 0; i < THREADS; i++) {
        void *good;
        pthread_join(threads[i], &good);
        ck_assert_uint_eq((size_t)good, (size_t)2 * ROUNDS);
    }
    ck_assert_uint_eq(s3_sim_object_count(sim, "b"), (size_t)THREADS * ROUNDS);
}
END_TEST

START_TEST(several_servers_at_once)
{
    s3_sim *other = s3_sim_start(&(s3_sim_options){.ipv6 = false, .region = "us-east-1"});

    ck_assert_ptr_nonnull(other);
    ck_assert_uint_ne(s3_sim_port(other), s3_sim_port(sim));
    ck_assert_int_eq(ask(&client, other, "PUT", "/b/k", "1"), 200);
    ck_assert_uint_eq(s3_sim_object_count(sim, NULL), 0);
    ck_assert_ptr_null(s3_sim_start(&(s3_sim_options){.port = s3_sim_port(sim)}));
    s3_sim_stop(other);
    s3_sim_stop(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("simulator s3");
    TCase *tc = tcase_create("library");

    curl_global_init(CURL_GLOBAL_DEFAULT);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, objects_can_be_looked_at);
    tcase_add_test(tc, objects_can_be_put_there_and_taken_away);
    tcase_add_test(tc, uploads_and_parts_can_be_looked_at);
    tcase_add_test(tc, the_log_tells_what_took_effect);
    tcase_add_test(tc, a_reset_forgets);
    tcase_add_test(tc, what_a_line_says_wrong_is_told);
    tcase_add_test(tc, stalled_requests_keep_nothing_from_ending);
    tcase_add_test(tc, threads_may_ask_and_look_at_once);
    tcase_add_test(tc, several_servers_at_once);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
