/* One attempt of a call: its headers, its signature, its way to the loop. */
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/client.h"
#include "s3/uri.h"

#include <string.h>

#define URL_MAX           ((size_t)32 << 10)
#define AUTHORIZATION_MAX ((size_t)8 << 10)
#define HEADERS_OWN       8 /* besides those of the request: of signing and of the sum */
#define LARGE_BODY        ((size_t)1 << 16) /* a deadline for all of it says nothing */
#define SLOW_ANSWERS      10 /* times the timeout: the server works before it answers */

static const char *const sum_headers[] = {
    [SHUB__SUM_NONE] = NULL,
    [SHUB__SUM_MD5] = "Content-MD5",
    [SHUB__SUM_SHA256] = NULL,
    [SHUB__SUM_CRC32C] = "x-amz-checksum-crc32c",
    [SHUB__SUM_CRC64NVME] = "x-amz-checksum-crc64nvme",
};

/* What an attempt is made of; it lives until the loop has copied it. */
typedef struct attempt {
    shub__s3_target target;
    shub_s3_pair pairs[SHUB__S3_HEADER_MAX + HEADERS_OWN]; /* Host first */
    size_t count;
    char date[SHUB_S3_DATE_MAX];
    char sum[SHUB__SUM_BASE64];
    shub__buf url;           /* with query */
    shub__buf authorization; /* a secret */
} attempt;

/* ---- sums ----------------------------------------------------------------------- */

static int is_data(const shub__s3_call *call)
{
    return call->req.op == SHUB__S3_PUT || call->req.op == SHUB__S3_PART;
}

/* Objects and parts may go unsigned; documents about them are small, and signed. */
static int is_signed(const shub__s3_call *call)
{
    return !is_data(call) || shub__s3_signs_bodies(call->s3);
}

/* The sum that goes along: a Complete's would be taken for the whole object's. */
static shub__sum_kind sum_kind(const shub__s3_call *call)
{
    shub__sum_kind kind = shub__s3_sum_kind(call->s3);

    if (call->req.op == SHUB__S3_DELETE_MANY) /* must have one */
        return sum_headers[kind] ? kind : SHUB__SUM_MD5;
    return is_data(call) ? kind : SHUB__SUM_NONE;
}

static shub_status hash_payload(shub__s3_call *call, shub_error *err)
{
    shub__sum hash;
    shub_status status;

    if (!call->req.body.len) {
        memcpy(call->payload, SHUB__SIGV4_EMPTY, sizeof SHUB__SIGV4_EMPTY);
        return SHUB_OK;
    }
    if (!is_signed(call)) {
        memcpy(call->payload, SHUB__SIGV4_UNSIGNED, sizeof SHUB__SIGV4_UNSIGNED);
        return SHUB_OK;
    }
    status = shub__sum_of(SHUB__SUM_SHA256, call->req.body.ptr, call->req.body.len, &hash,
                          err);
    if (status == SHUB_OK)
        shub__hex_write(hash.bytes, hash.len, call->payload);
    return status;
}

/* Once for all attempts. */
static shub_status sum_body(shub__s3_call *call, shub_error *err)
{
    shub_status status = SHUB_OK;

    if (call->is_summed)
        return SHUB_OK;
    call->sum_kind = sum_kind(call);
    if (sum_headers[call->sum_kind] && call->req.body.len)
        status = shub__sum_of(call->sum_kind, call->req.body.ptr, call->req.body.len,
                              &call->sum, err);
    if (status == SHUB_OK)
        status = hash_payload(call, err);
    call->is_summed = status == SHUB_OK;
    return status;
}

/* ---- headers -------------------------------------------------------------------- */

static void add(attempt *a, const char *name, shub_slice value)
{
    a->pairs[a->count].name = shub_str(name);
    a->pairs[a->count++].value = value;
}

static shub_status add_headers(attempt *a, shub__s3_call *call, const shub__s3_keys *keys,
                               shub_error *err)
{
    const shub__s3_request *req = &call->req;
    shub_status status = shub__sigv4_date(shub__s3_now(call->s3), a->date, err);

    if (status == SHUB_OK)
        status = sum_body(call, err);
    if (status != SHUB_OK)
        return status;
    add(a, "Host", shub__buf_view(&a->target.host));
    if (keys) {
        add(a, "x-amz-date", shub_str(a->date));
        add(a, "x-amz-content-sha256", shub_str(call->payload));
        if (keys->session_token)
            add(a, "x-amz-security-token", shub_str(keys->session_token));
    }
    if (call->sum.len) {
        shub__sum_base64(&call->sum, a->sum);
        add(a, sum_headers[call->sum_kind], shub_str(a->sum));
    }
    memcpy(a->pairs + a->count, req->headers, req->header_count * sizeof *req->headers);
    a->count += req->header_count;
    return SHUB_OK;
}

/* ---- signature ------------------------------------------------------------------ */

void shub__s3_signer(shub_s3 *s3, shub_slice bucket, const shub__s3_keys *keys,
                     shub__sigv4_signer *signer)
{
    memset(signer, 0, sizeof *signer);
    signer->access_key = shub_str(keys->access_key);
    signer->secret_key = shub_str(keys->secret_key);
    signer->session_token = shub_str(keys->session_token);
    signer->region = shub__s3_region_of(s3, bucket);
    signer->service = SHUB_LIT("s3");
    signer->time_us = shub__s3_now(s3);
    signer->cache = &s3->key;
}

static shub_status sign(attempt *a, shub__s3_call *call, const shub__s3_keys *keys,
                        shub_error *err)
{
    const shub__s3_request *req = &call->req;
    shub__sigv4_request signed_req = {shub_str(shub__s3_calls[req->op].method),
                                      shub__buf_view(&a->target.path),
                                      req->query,
                                      req->query_count,
                                      a->pairs,
                                      a->count,
                                      shub_str(call->payload)};
    shub__sigv4_signer signer;
    shub_status status;

    if (!keys)
        return SHUB_OK;
    shub__s3_signer(call->s3, req->bucket, keys, &signer);
    status = shub__sigv4_authorize(&signer, &signed_req, &a->authorization, err);
    if (status == SHUB_OK)
        add(a, "Authorization", shub__buf_view(&a->authorization));
    return status;
}

/* ---- sending -------------------------------------------------------------------- */

static shub_status write_url(attempt *a, const shub__s3_request *req, shub_error *err)
{
    shub__buf_slice(&a->url, shub__buf_view(&a->target.url));
    for (size_t i = 0; i < req->query_count; i++) {
        shub__buf_byte(&a->url, i ? '&' : '?');
        shub__uri_encode(&a->url, req->query[i].name, 0);
        shub__buf_byte(&a->url, '=');
        shub__uri_encode(&a->url, req->query[i].value, 0);
    }
    return shub__buf_check(&a->url, "URL", err);
}

static void set_limits(const shub__s3_call *call, shub__http_request *req)
{
    const shub_s3_options *opts = &call->s3->opts;
    shub__s3_op op = call->req.op;

    req->connect_ms = opts->connect_timeout_ms;
    if (call->sink || call->req.body.len > LARGE_BODY) {
        req->stall_ms = opts->stall_ms;
        req->stall_bytes = opts->stall_bytes;
        return;
    }
    req->deadline_ms = opts->answer_timeout_ms;
    if (op == SHUB__S3_COMPLETE || op == SHUB__S3_COPY || op == SHUB__S3_PART_COPY)
        req->deadline_ms *= SLOW_ANSWERS;
}

/* libcurl makes Host itself, of the URL, and would say that a body is a form. */
static size_t list_headers(const attempt *a, const shub__s3_request *req,
                           shub__http_header *headers)
{
    size_t count = 0;

    for (size_t i = 1; i < a->count; i++) {
        headers[count].name = a->pairs[i].name.ptr;
        headers[count++].value = a->pairs[i].value.len ? a->pairs[i].value.ptr : "";
    }
    if (req->body.ptr) {
        headers[count].name = "Content-Type";
        headers[count].value = NULL;
        for (size_t i = 0; i < req->header_count; i++)
            if (shub__equal_nocase(req->headers[i].name, SHUB_LIT("Content-Type")))
                return count;
        count++;
    }
    return count;
}

/* Sent twice unseen, a Create would begin two uploads of which one is known, and a Put
 * with a condition would meet its own object. */
static int counts_repeats(const shub__s3_call *call)
{
    return call->req.op == SHUB__S3_CREATE ||
           (call->req.op == SHUB__S3_PUT && shub__s3_has_condition(&call->req));
}

static shub_status start(attempt *a, shub__s3_call *call, shub__http_done_fn *done,
                         shub__http_sink_fn *sink, shub_error *err)
{
    const shub_s3_options *opts = &call->s3->opts;
    shub__http_header headers[SHUB__S3_HEADER_MAX + HEADERS_OWN + 1];
    shub__http_request req = {0};

    req.method = shub__s3_calls[call->req.op].method;
    req.url = a->url.ptr;
    req.headers = headers;
    req.header_count = list_headers(a, &call->req, headers);
    req.body = call->req.body;
    req.borrow_body = 1;
    req.ca_file = opts->ca_file;
    req.pin = opts->pin;
    req.insecure = opts->insecure;
    req.max_body = SHUB__S3_BODY_MAX;
    req.sink = call->sink ? sink : NULL;
    req.want_headers = 1;
    req.fresh = counts_repeats(call);
    set_limits(call, &req);
    call->s3->stats.requests++;
    return shub__http_start(call->s3->loop, &req, done, call, &call->http, err);
}

shub_status shub__s3_send(shub__s3_call *call, const shub__s3_keys *keys,
                          shub__http_done_fn *done, shub__http_sink_fn *sink,
                          shub_error *err)
{
    attempt a;
    shub_status status;

    memset(&a, 0, sizeof a);
    shub__buf_init(&a.url, URL_MAX);
    shub__buf_init_secret(&a.authorization, AUTHORIZATION_MAX);
    status = shub__s3_target_init(&a.target, &call->s3->endpoint,
                                  shub__s3_region_of(call->s3, call->req.bucket),
                                  call->req.bucket, call->req.key, err);
    if (status == SHUB_OK)
        status = write_url(&a, &call->req, err);
    if (status == SHUB_OK)
        status = add_headers(&a, call, keys, err);
    if (status == SHUB_OK)
        status = sign(&a, call, keys, err);
    if (status == SHUB_OK)
        status = start(&a, call, done, sink, err);
    shub__buf_fini(&a.authorization);
    shub__buf_fini(&a.url);
    shub__s3_target_fini(&a.target);
    return status;
}
