/* Put, Head, Delete, and URLs that carry their signature. */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "s3/client.h"

#include <stdio.h>
#include <string.h>

#define QUERY_MAX ((size_t)16 << 10)

/* ---- what calls share ----------------------------------------------------------- */

shub_status shub__s3_put_options(shub_s3 *s3, const shub_s3_put_options *given,
                                 shub_s3_put_options *opts, shub_error *err)
{
    shub__arena_clear(&s3->arena);
    return shub__options_in(opts, sizeof *opts, given, err);
}

shub_status shub__s3_put_init(shub__s3_call *call, shub_s3 *s3, shub_slice bucket,
                              shub_slice key, shub_slice body,
                              const shub_s3_put_options *opts,
                              const unsigned char *sha256, shub_error *err)
{
    shub_status status = shub__s3_call_init(call, s3, SHUB__S3_PUT, bucket, key, err);

    if (status == SHUB_OK)
        status = shub__s3_add_object_headers(&call->req, opts, err);
    if (status == SHUB_OK && sha256)
        status = shub__s3_add_sha256(&call->req, sha256, err);
    if (status == SHUB_OK && s3->wants_conditions)
        status = shub__s3_add_conditions(&call->req, opts, err);
    call->req.body = body.ptr ? body : SHUB_LIT("");
    return status;
}

int shub__s3_lost_conditions(const shub__s3_call *call)
{
    shub_s3 *s3 = call->s3;

    if (call->status != SHUB_E_UNSUPPORTED)
        return 0;
    /* Refused without a condition too, it was not for the condition. */
    s3->wants_conditions = call->fault.advice != SHUB__S3_UNCONDITIONAL;
    s3->stats.conditions_ignored = !s3->wants_conditions;
    return !s3->wants_conditions;
}

shub_status shub__s3_check_conditions(const shub_s3_put_options *opts, shub_status status,
                                      const shub_s3_object *there, shub_error *err)
{
    if (status != SHUB_OK && status != SHUB_E_NOT_FOUND)
        return status;
    if (opts->if_none_match && status == SHUB_OK)
        return shub__fail(err, SHUB_E_PRECONDITION, SHUB_NONE, "there is an object: %.*s",
                          SHUB__SHOW(there->key));
    if (opts->if_match.len &&
        (status != SHUB_OK || !shub_slice_equal(opts->if_match, there->etag)))
        return shub__fail(err, SHUB_E_PRECONDITION, SHUB_NONE,
                          "the object's ETag is \"%.*s\"", SHUB__SHOW(there->etag));
    return SHUB_OK;
}

int shub__s3_same_object(const shub_s3_object *a, const shub_s3_object *b)
{
    if (a->bytes != b->bytes)
        return 0;
    if (a->has_sha256 && b->has_sha256)
        return memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
    return a->etag.len && shub_slice_equal(a->etag, b->etag);
}

shub_status shub__s3_head(shub_s3 *s3, shub_slice bucket, shub_slice key,
                          shub_s3_object *object, shub_error *err)
{
    shub__s3_call call;
    shub_status status = shub__s3_call_init(&call, s3, SHUB__S3_HEAD, bucket, key, err);

    memset(object, 0, sizeof *object);
    if (status == SHUB_OK)
        status = shub__s3_call_run(&call, err);
    if (status == SHUB_OK)
        status = shub__s3_read_object(SHUB__S3_HEAD, shub__buf_view(&call.headers),
                                      &s3->arena, object, err);
    object->key = key;
    shub__s3_call_fini(&call);
    return status;
}

shub_status shub_s3_head(shub_s3 *s3, shub_slice bucket, shub_slice key,
                         shub_s3_object *object, shub_error *err)
{
    shub_s3_object full;
    shub_status status;

    shub__arena_clear(&s3->arena);
    status = shub__s3_head(s3, bucket, key, &full, err);
    if (status != SHUB_OK)
        memset(&full, 0, sizeof full);
    shub__result_out(object, &full, sizeof full);
    return status;
}

/* ---- put ------------------------------------------------------------------------ */

typedef struct put {
    shub_s3 *s3;
    shub_slice bucket, key, body;
    shub_s3_put_options opts;
    shub_s3_object mine; /* what the object is to be */
} put;

/* A Put with a condition whose answer was lost meets its own object when it is sent
 * again. */
static shub_status settle(put *p, const shub__s3_call *call, shub_error *err)
{
    shub_s3_object there;

    if (call->status != SHUB_E_PRECONDITION || !call->attempt ||
        shub__s3_head(p->s3, p->bucket, p->key, &there, NULL) != SHUB_OK ||
        !there.has_sha256 || !shub__s3_same_object(&there, &p->mine)) {
        if (err)
            *err = call->err;
        return call->status;
    }
    p->mine.etag = there.etag;
    return SHUB_OK;
}

static shub_status take_answer(put *p, const shub__s3_call *call, shub_error *err)
{
    shub_s3_object said;
    shub_status status;

    memset(&said, 0, sizeof said);
    status = shub__s3_read_object(SHUB__S3_PUT, shub__buf_view(&call->headers),
                                  &p->s3->arena, &said, err);
    p->mine.etag = said.etag;
    p->mine.version_id = said.version_id;
    p->mine.sse = said.sse;
    return status;
}

static shub_status put_once(put *p, int *unconditional, shub_error *err)
{
    shub__s3_call call;
    shub_error here = SHUB_ERROR_INIT;
    shub_status status =
        shub__s3_put_init(&call, p->s3, p->bucket, p->key, p->body, &p->opts,
                          p->mine.has_sha256 ? p->mine.sha256 : NULL, &here);

    *unconditional = 0;
    if (status == SHUB_OK) {
        status = shub__s3_call_run(&call, &here);
        *unconditional = shub__s3_lost_conditions(&call);
        if (status == SHUB_OK)
            status = take_answer(p, &call, &here);
        else
            status = settle(p, &call, &here);
    }
    if (status != SHUB_OK && err)
        *err = here;
    shub__s3_call_fini(&call);
    return status;
}

static shub_status put_object(put *p, shub_error *err)
{
    int has_condition = p->opts.if_none_match || p->opts.if_match.len;
    int unconditional = 0;
    shub_s3_object there;
    shub_status status = SHUB_OK;

    if (!has_condition || p->s3->wants_conditions) {
        status = put_once(p, &unconditional, err);
        if (!unconditional)
            return status;
    }
    status = shub__s3_head(p->s3, p->bucket, p->key, &there, err);
    status = shub__s3_check_conditions(&p->opts, status, &there, err);
    return status == SHUB_OK ? put_once(p, &unconditional, err) : status;
}

static shub_status sum_whole(put *p, shub_error *err)
{
    shub__sum sum;
    shub_status status;

    if (p->opts.sha256) {
        memcpy(p->mine.sha256, p->opts.sha256, sizeof p->mine.sha256);
        p->mine.has_sha256 = 1;
        return SHUB_OK;
    }
    if (p->opts.no_sha256)
        return SHUB_OK;
    status = shub__sum_of(SHUB__SUM_SHA256, p->body.ptr, p->body.len, &sum, err);
    if (status == SHUB_OK)
        memcpy(p->mine.sha256, sum.bytes, sizeof p->mine.sha256);
    p->mine.has_sha256 = status == SHUB_OK;
    return status;
}

shub_status shub_s3_put(shub_s3 *s3, shub_slice bucket, shub_slice key, shub_slice body,
                        const shub_s3_put_options *opts, shub_s3_object *object,
                        shub_error *err)
{
    put p;
    shub_status status;

    memset(&p, 0, sizeof p);
    p.s3 = s3;
    p.bucket = bucket;
    p.key = key;
    p.body = body;
    p.mine.key = key;
    p.mine.bytes = (int64_t)body.len;
    status = shub__s3_put_options(s3, opts, &p.opts, err);
    if (status == SHUB_OK && (int64_t)body.len > SHUB_S3_PUT_MAX)
        status = shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                            "%zu bytes in one Put, the limit is %lld", body.len,
                            (long long)SHUB_S3_PUT_MAX);
    if (status == SHUB_OK)
        status = sum_whole(&p, err);
    if (status == SHUB_OK)
        status = put_object(&p, err);
    if (status != SHUB_OK)
        memset(&p.mine, 0, sizeof p.mine);
    shub__result_out(object, &p.mine, sizeof p.mine);
    return status;
}

/* ---- delete --------------------------------------------------------------------- */

shub_status shub_s3_delete(shub_s3 *s3, shub_slice bucket, shub_slice key,
                           shub_error *err)
{
    shub__s3_call call;
    shub_error here = SHUB_ERROR_INIT;
    shub_status status =
        shub__s3_call_init(&call, s3, SHUB__S3_DELETE, bucket, key, &here);

    if (status == SHUB_OK)
        status = shub__s3_call_remove(&call, &here);
    if (status != SHUB_OK && err)
        *err = here;
    shub__s3_call_fini(&call);
    return status;
}

/* What a DeleteObjects answered. */
typedef struct deletion {
    const shub_slice *keys;
    size_t count;
    shub_status *statuses; /* may be NULL */
    size_t first;          /* index of the first that failed */
    shub_status status;    /* its */
    char message[SHUB_ERROR_MESSAGE_MAX / 2];
} deletion;

static void on_refused(shub_slice key, shub_slice code, shub_slice message, void *user)
{
    deletion *d = user;
    shub__s3_fault fault;
    char name[64];

    (void)snprintf(name, sizeof name, "%.*s", SHUB__SHOW(code));
    shub__s3_fault_of(name, 200, &fault);
    if (fault.status == SHUB_E_NOT_FOUND) /* as of one that is deleted alone */
        return;
    for (size_t i = 0; i < d->count; i++) {
        if (!shub_slice_equal(key, d->keys[i]))
            continue;
        if (d->statuses)
            d->statuses[i] = fault.status;
        if (d->status != SHUB_OK && i >= d->first)
            continue;
        d->first = i;
        d->status = fault.status;
        (void)snprintf(d->message, sizeof d->message, "%s: %.*s", name,
                       SHUB__SHOW(message));
    }
}

static shub_status delete_page(shub_s3 *s3, shub_slice bucket, deletion *d,
                               shub_error *err)
{
    shub__s3_call call;
    shub_status status =
        shub__s3_call_init(&call, s3, SHUB__S3_DELETE_MANY, bucket, SHUB_LIT(""), err);

    if (status == SHUB_OK)
        status = shub__s3_delete_body(&call.req, d->keys, d->count, err);
    if (status == SHUB_OK)
        status = shub__s3_call_run(&call, err);
    if (status == SHUB_OK)
        status = shub__s3_read_deleted(shub__buf_view(&call.body), on_refused, d, err);
    shub__s3_call_fini(&call);
    return status;
}

shub_status shub_s3_delete_many(shub_s3 *s3, shub_slice bucket, const shub_slice *keys,
                                size_t count, shub_status *statuses, shub_error *err)
{
    shub_status first = SHUB_OK;

    for (size_t i = 0; i < count; i += (size_t)SHUB__S3_DELETE_MAX) {
        deletion d = {keys + i,
                      count - i < (size_t)SHUB__S3_DELETE_MAX
                          ? count - i
                          : (size_t)SHUB__S3_DELETE_MAX,
                      statuses ? statuses + i : NULL,
                      0,
                      SHUB_OK,
                      ""};
        shub_error here = SHUB_ERROR_INIT;
        shub_status status;

        if (statuses)
            memset(d.statuses, 0, d.count * sizeof *d.statuses);
        status = delete_page(s3, bucket, &d, &here);
        for (size_t k = 0; statuses && status != SHUB_OK && k < d.count; k++)
            d.statuses[k] = status;
        d.first = status != SHUB_OK && here.index > 0 ? (size_t)here.index : d.first;
        if (status == SHUB_OK && d.status != SHUB_OK)
            status = shub__fail(&here, d.status, SHUB_NONE, "%.*s: %s",
                                SHUB__SHOW(d.keys[d.first]), d.message);
        shub__s3_provider_mask(s3->provider, &here);
        if (first == SHUB_OK && status != SHUB_OK) {
            first = status;
            here.index = (int64_t)(i + d.first);
            if (err)
                *err = here;
        }
    }
    return first;
}

/* ---- presigned URLs ------------------------------------------------------------- */

static shub_status wait_for_keys(shub_s3 *s3, const shub__s3_keys **keys, shub_error *err)
{
    shub_status status;

    *keys = NULL;
    if (!s3->provider)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "an anonymous client signs nothing");
    while ((status = shub__s3_provider_get(s3->provider, shub__s3_now(s3), keys, err)) ==
           SHUB_E_AGAIN) {
        status = shub_loop_run_once(s3->loop, SHUB_NONE, err);
        if (status != SHUB_OK)
            return status;
    }
    return status;
}

static shub_status presign(shub_s3 *s3, const shub__s3_request *req,
                           const shub__sigv4_request *signed_req, int64_t expires_s,
                           shub__buf *query, shub_error *err)
{
    const shub__s3_keys *keys;
    shub__sigv4_signer signer;
    shub_status status = wait_for_keys(s3, &keys, err);

    if (status != SHUB_OK)
        return status;
    shub__s3_signer(s3, req->bucket, keys, &signer);
    return shub__sigv4_presign(&signer, signed_req, expires_s, query, err);
}

static shub_status presign_request(shub_s3 *s3, shub_slice method,
                                   const shub__s3_request *req, int64_t expires_s,
                                   shub__buf *url, shub_error *err)
{
    shub__s3_target target;
    shub_s3_pair host = {SHUB_LIT("Host"), {NULL, 0}};
    shub__sigv4_request signed_req = {
        method, {NULL, 0}, NULL, 0, &host, 1, SHUB_LIT(SHUB__SIGV4_UNSIGNED)};
    shub__buf query;
    shub_status status;

    shub__buf_init_secret(&query, QUERY_MAX);
    memset(&target, 0, sizeof target);
    status =
        shub__s3_target_init(&target, &s3->endpoint, shub__s3_region_of(s3, req->bucket),
                             req->bucket, req->key, err);
    host.value = shub__buf_view(&target.host);
    signed_req.path = shub__buf_view(&target.path);
    if (status == SHUB_OK)
        status = presign(s3, req, &signed_req, expires_s, &query, err);
    shub__buf_slice(url, shub__buf_view(&target.url));
    shub__buf_byte(url, '?');
    shub__buf_slice(url, shub__buf_view(&query));
    shub__buf_fini(&query);
    shub__s3_target_fini(&target);
    return status;
}

shub_status shub_s3_presign_object(shub_s3 *s3, shub_slice method, shub_slice bucket,
                                   shub_slice key, int64_t expires_s, char *dst,
                                   size_t cap, size_t *len, shub_error *err)
{
    shub__s3_request req;
    shub__buf url;
    shub_status status;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    shub__buf_init_secret(&url, 2 * QUERY_MAX);
    status = shub__s3_request_init(&req, SHUB__S3_GET, bucket, key, err);
    if (status == SHUB_OK)
        status = shub__loop_check(s3->loop, err);
    if (status == SHUB_OK)
        status = presign_request(s3, method, &req, expires_s, &url, err);
    if (status == SHUB_OK)
        status = shub__buf_check(&url, "URL", err);
    if (status == SHUB_OK && url.len >= cap)
        status = shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                            "the URL has %zu bytes, the room is %zu", url.len, cap);
    if (status == SHUB_OK) {
        memcpy(dst, url.ptr, url.len + 1);
        *len = url.len;
    }
    shub__buf_fini(&url);
    shub__s3_request_fini(&req);
    return status;
}
