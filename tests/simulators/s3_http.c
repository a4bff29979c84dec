#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLOCK_BYTES ((size_t)64 << 10)

static int connection_fd(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
        ->connect_fd;
}

void *s3_http_on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    struct s3_exchange *x = s3_alloc(sizeof *x);
    x->sim = cls;
    x->connection = connection;
    x->target = s3_copy(target);
    x->watch = (struct s3_watch){S3_WATCH_HELD, -1};
    return x;
}

static void free_fault(struct s3_fault *fault)
{
    free(fault->text);
    free(fault->key);
}

void s3_http_on_completed(void *cls, struct MHD_Connection *connection, void **context,
                          enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    struct s3_exchange *x = *context;
    *context = NULL;
    if (!x)
        return;
    s3_pairs_free(&x->query);
    s3_pairs_free(&x->form);
    s3_pairs_free(&x->headers);
    s3_pairs_free(&x->answer.headers);
    free_fault(&x->fault);
    free(x->answer.body);
    free(x->bucket_name);
    free(x->key);
    free(x->path);
    free(x->target);
    free(x->body);
    free(x);
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    s3_pairs_add(cls, name, value ? value : "");
    return MHD_YES;
}

static void begin(struct s3_exchange *x, const char *method)
{
    x->begun = true;
    x->method = method;
    x->watch.fd = connection_fd(x->connection);
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, take_header, &x->headers);
    long long length;
    if (s3_parse_number(s3_header(x, "content-length"), 1, INT32_MAX, &length)) {
        x->room = (size_t)length;
        x->body = s3_grow(NULL, x->room, 1);
    }
    s3_route(x);
    s3_fault_take_early(x);
}

/* False when the connection is to end over the body. */
static bool receive(struct s3_exchange *x, const char *data, size_t size)
{
    if (size > x->room - x->size) {
        x->room = 2 * x->room + size;
        x->body = s3_grow(x->body, x->room, 1);
    }
    memcpy(x->body + x->size, data, size);
    x->size += size;
    if (x->fault.kind != S3_DROP_DURING || x->size < (size_t)x->fault.number)
        return true;
    x->answer.delivery = S3_DROP;
    s3_log_add(x);
    return false;
}

/* The answer to HEAD has the length of a body and none. */
static void drop_body_of_head(struct s3_exchange *x)
{
    struct s3_answer *answer = &x->answer;
    if (strcmp(x->method, "HEAD") != 0)
        return;
    free(answer->body);
    answer->body = NULL;
    answer->size = 0;
}

static void make_answer(struct s3_exchange *x)
{
    x->sim->serial++;
    s3_route_form(x);
    s3_fault_take(x);
    if (!s3_fault_before(x))
        s3_perform(x);
    s3_fault_after(x);
    drop_body_of_head(x);
    s3_log_add(x);
}

static ssize_t on_content(void *cls, uint64_t at, char *out, size_t max)
{
    struct s3_exchange *x = cls;
    const struct s3_answer *answer = &x->answer;
    bool cut = answer->delivery == S3_CUT;
    size_t end = cut && answer->cut < answer->size ? answer->cut : answer->size;
    if (at >= end)
        return cut ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
    size_t size = end - (size_t)at < max ? end - (size_t)at : max;
    memcpy(out, answer->body + at, size);
    return (ssize_t)size;
}

static struct MHD_Response *make_response(struct s3_exchange *x)
{
    struct s3_answer *answer = &x->answer;
    if (strcmp(x->method, "HEAD") == 0)
        return MHD_create_response_from_callback(answer->declared, 1, on_content, x,
                                                 NULL);
    if (answer->delivery == S3_CHUNKED)
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES,
                                                 on_content, x, NULL);
    if (answer->delivery == S3_CUT)
        return MHD_create_response_from_callback(answer->size, BLOCK_BYTES, on_content, x,
                                                 NULL);
    char *body = answer->body;
    answer->body = NULL;
    return body ? MHD_create_response_from_buffer(answer->size, body,
                                                  MHD_RESPMEM_MUST_FREE)
                : MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
}

static void add_common_headers(const struct s3_exchange *x, struct MHD_Response *response)
{
    char text[S3_TIME_SIZE];
    s3_time_http((int64_t)s3_now(x->sim), text);
    if (!s3_pairs_get(&x->answer.headers, "date"))
        MHD_add_response_header(response, "Date", text);
    snprintf(text, sizeof text, "%016llX", x->sim->serial);
    MHD_add_response_header(response, "x-amz-request-id", text);
    MHD_add_response_header(response, "x-amz-id-2", "simulated+host/id=");
    MHD_add_response_header(response, "Server", "AmazonS3");
}

static enum MHD_Result send_answer(struct s3_exchange *x)
{
    struct MHD_Response *response = make_response(x);
    if (!response)
        return MHD_NO;
    x->done = true;
    for (size_t i = 0; i < x->answer.headers.count; i++) {
        const struct s3_pair *header = &x->answer.headers.items[i];
        MHD_add_response_header(response, header->name, header->value);
    }
    add_common_headers(x, response);
    enum MHD_Result result =
        MHD_queue_response(x->connection, x->answer.status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result deliver(struct s3_exchange *x)
{
    switch (x->answer.delivery) {
    case S3_DROP:
        return MHD_NO;
    case S3_NEVER:
        s3_server_hold(x, INT64_MAX);
        return MHD_YES;
    case S3_LATE:
        s3_server_hold(x, sim_mono_us() + x->answer.delay_ms * 1000);
        return MHD_YES;
    default:
        return send_answer(x);
    }
}

enum MHD_Result s3_http_on_request(void *cls, struct MHD_Connection *connection,
                                   const char *url, const char *method,
                                   const char *version, const char *upload,
                                   size_t *upload_size, void **context)
{
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    struct s3_exchange *x = *context;
    if (x->sim->down)
        return MHD_NO;
    if (!x->begun) {
        begin(x, method);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        bool received = receive(x, upload, *upload_size);
        *upload_size = 0;
        return received ? MHD_YES : MHD_NO;
    }
    if (x->done)
        return MHD_YES;
    if (!x->held) {
        make_answer(x);
        return deliver(x);
    }
    /* Back from being held; the client of a stalled request has gone, or is to be. */
    return x->answer.delivery == S3_NEVER ? MHD_NO : send_answer(x);
}
