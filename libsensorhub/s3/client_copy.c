/* Copies within the store, and rename, which S3 does not have. */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "s3/client.h"
#include "s3/parts.h"

#include <string.h>

#define COPY_PART_BYTES ((int64_t)512 << 20) /* the CRT copies in parts of 128 MiB up */

typedef struct transfer {
    shub_s3 *s3;
    shub_slice from_bucket, from_key, to_bucket, to_key;
    shub_s3_put_options opts;
    shub_s3_object source;
    int64_t part_bytes;
    shub_slice upload_id;
    shub__s3_parts parts;
} transfer;

/* The source must still be what was looked at. */
static shub_status add_source(transfer *t, shub__s3_call *call, int64_t offset,
                              int64_t length, shub_error *err)
{
    shub_status status =
        shub__s3_add_source(&call->req, t->from_bucket, t->from_key, offset, length, err);

    if (status == SHUB_OK && t->source.etag.len)
        status = shub__s3_add_etag(&call->req, "x-amz-copy-source-if-match",
                                   t->source.etag, err);
    return status;
}

static shub_status copy_whole(transfer *t, shub_error *err)
{
    shub__s3_call call;
    shub_status status =
        shub__s3_call_init(&call, t->s3, SHUB__S3_COPY, t->to_bucket, t->to_key, err);

    if (status == SHUB_OK)
        status = add_source(t, &call, 0, 0, err);
    if (status == SHUB_OK)
        status = shub__s3_add_object_headers(&call.req, &t->opts, err);
    if (status == SHUB_OK)
        status = shub__s3_add_conditions(&call.req, &t->opts, err);
    if (status == SHUB_OK)
        status = shub__s3_call_run(&call, err);
    shub__s3_call_fini(&call);
    return status;
}

/* ---- above what one request copies ---------------------------------------------- */

/* A multipart upload takes nothing along by itself. */
static void take_along(const transfer *t, shub_s3_put_options *opts)
{
    *opts = t->opts;
    opts->content_type = t->source.content_type;
    opts->content_encoding = t->source.content_encoding;
    opts->cache_control = t->source.cache_control;
    opts->metadata = t->source.metadata;
    opts->metadata_count = t->source.metadata_count;
}

static shub_status create(transfer *t, shub_error *err)
{
    shub_s3_put_options opts;
    shub__s3_call call;
    shub_status status =
        shub__s3_call_init(&call, t->s3, SHUB__S3_CREATE, t->to_bucket, t->to_key, err);

    take_along(t, &opts);
    if (status == SHUB_OK)
        status = shub__s3_add_object_headers(&call.req, &opts, err);
    call.req.body = SHUB_LIT("");
    if (status == SHUB_OK)
        status = shub__s3_call_run(&call, err);
    if (status == SHUB_OK)
        status = shub__s3_read_create(shub__buf_view(&call.body), &t->s3->arena,
                                      &t->upload_id, err);
    shub__s3_call_fini(&call);
    return status;
}

static shub_status copy_part(transfer *t, int part, int64_t offset, int64_t bytes,
                             shub_error *err)
{
    shub_slice etag = {NULL, 0};
    shub__s3_call call;
    shub_status status = shub__s3_call_init(&call, t->s3, SHUB__S3_PART_COPY,
                                            t->to_bucket, t->to_key, err);

    if (status == SHUB_OK)
        status = shub__s3_add_part(&call.req, t->upload_id, part, err);
    if (status == SHUB_OK)
        status = add_source(t, &call, offset, bytes, err);
    if (status == SHUB_OK)
        status = shub__s3_call_run(&call, err);
    if (status == SHUB_OK)
        status =
            shub__s3_read_etag(shub__buf_view(&call.body), &t->s3->arena, &etag, err);
    if (status == SHUB_OK)
        status = shub__s3_parts_done(&t->parts, part, etag, SHUB_LIT(""), err);
    shub__s3_call_fini(&call);
    return status;
}

/* A Complete whose answer was lost was done all the same, and is not known any more when
 * it is sent again. */
static shub_status settle(transfer *t, shub_status status, const shub_error *why,
                          shub_error *err)
{
    shub_s3_object there;
    shub__buf etag;
    int is_done = 0;

    shub__buf_init(&etag, 64);
    if (status != SHUB_E_PRECONDITION &&
        shub__s3_head(t->s3, t->to_bucket, t->to_key, &there, NULL) == SHUB_OK &&
        there.bytes == t->source.bytes)
        is_done = shub__s3_same_object(&there, &t->source) ||
                  (shub__s3_parts_etag(&t->parts, &etag, NULL) == SHUB_OK && etag.len &&
                   shub_slice_equal(shub__buf_view(&etag), there.etag));
    shub__buf_fini(&etag);
    if (is_done)
        return SHUB_OK;
    if (err)
        *err = *why;
    return status;
}

static shub_status complete(transfer *t, shub_error *err)
{
    shub_error here = SHUB_ERROR_INIT;
    shub__s3_done *list = NULL;
    shub__s3_call call;
    shub_status status =
        shub__s3_call_init(&call, t->s3, SHUB__S3_COMPLETE, t->to_bucket, t->to_key, err);

    if (status == SHUB_OK)
        status = shub__s3_add_part(&call.req, t->upload_id, 0, err);
    if (status == SHUB_OK)
        status = shub__s3_parts_list(&t->parts, &list, err);
    if (status == SHUB_OK)
        status =
            shub__s3_complete_body(&call.req, list, (size_t)t->parts.count, NULL, err);
    if (status == SHUB_OK)
        status = shub__s3_add_conditions(&call.req, &t->opts, err);
    if (status == SHUB_OK) {
        status = shub__s3_call_run(&call, &here);
        if (status != SHUB_OK)
            status = settle(t, status, &here, err);
    }
    shub__free(list);
    shub__s3_call_fini(&call);
    return status;
}

static shub_status copy_parts(transfer *t, shub_error *err)
{
    int64_t offset, bytes;
    int part;
    shub_status status =
        shub__s3_parts_init(&t->parts, t->source.bytes,
                            shub__s3_part_size(t->source.bytes, t->part_bytes), err);

    if (status == SHUB_OK)
        status = create(t, err);
    while (status == SHUB_OK &&
           (part = shub__s3_parts_take(&t->parts, &offset, &bytes)) != 0)
        status = copy_part(t, part, offset, bytes, err);
    if (status == SHUB_OK)
        status = complete(t, err);
    if (status != SHUB_OK && t->upload_id.len &&
        shub_s3_abort(t->s3, t->to_bucket, t->to_key, t->upload_id, NULL) != SHUB_OK)
        t->s3->stats.orphans++;
    shub__s3_parts_fini(&t->parts);
    return status;
}

/* ---- copy ----------------------------------------------------------------------- */

static shub_status copy_object(transfer *t, shub_s3_object *object, shub_error *err)
{
    shub_status status =
        shub__s3_head(t->s3, t->from_bucket, t->from_key, &t->source, err);

    t->part_bytes = t->s3->copy_max < COPY_PART_BYTES ? t->s3->copy_max : COPY_PART_BYTES;
    if (status == SHUB_OK)
        status =
            t->source.bytes > t->s3->copy_max ? copy_parts(t, err) : copy_whole(t, err);
    if (status == SHUB_OK)
        status = shub__s3_head(t->s3, t->to_bucket, t->to_key, object, err);
    return status;
}

shub_status shub_s3_copy(shub_s3 *s3, shub_slice from_bucket, shub_slice from_key,
                         shub_slice to_bucket, shub_slice to_key,
                         const shub_s3_put_options *opts, shub_s3_object *object,
                         shub_error *err)
{
    shub_s3_object full;
    transfer t;
    shub_status status;

    memset(&t, 0, sizeof t);
    memset(&full, 0, sizeof full);
    t.s3 = s3;
    t.from_bucket = from_bucket;
    t.from_key = from_key;
    t.to_bucket = to_bucket;
    t.to_key = to_key;
    status = shub__s3_put_options(s3, opts, &t.opts, err);
    if (status == SHUB_OK)
        status = copy_object(&t, &full, err);
    if (status != SHUB_OK)
        memset(&full, 0, sizeof full);
    shub__result_out(object, &full, sizeof full);
    return status;
}

/* ---- rename --------------------------------------------------------------------- */

static shub_status hash_bytes(shub_slice bytes, void *user, shub_error *err)
{
    return shub__summer_add(user, bytes.ptr, bytes.len, err);
}

static shub_status read_sha256(shub_s3 *s3, shub_slice bucket, shub_slice key,
                               shub__sum *sum, shub_error *err)
{
    shub__summer *summer;
    shub_status status = shub__summer_new(SHUB__SUM_SHA256, &summer, err);

    if (status == SHUB_OK)
        status = shub_s3_get(s3, bucket, key, NULL, hash_bytes, summer, NULL, err);
    if (status == SHUB_OK)
        status = shub__summer_end(summer, sum, err);
    shub__summer_free(summer);
    return status;
}

/* Whether what is under the target's name already is a copy of the source. ETags of equal
 * objects differ where one was put in parts or encrypted: then both are read. */
static shub_status compare(shub_s3 *s3, shub_slice bucket, shub_slice from_key,
                           shub_slice to_key, int *same, shub_error *err)
{
    shub_s3_object source, target;
    shub__sum sums[2];
    shub_status status = shub__s3_head(s3, bucket, from_key, &source, err);

    *same = 0;
    if (status == SHUB_OK)
        status = shub__s3_head(s3, bucket, to_key, &target, err);
    if (status != SHUB_OK || source.bytes != target.bytes)
        return status;
    *same = shub__s3_same_object(&source, &target);
    if (*same || (source.has_sha256 && target.has_sha256))
        return SHUB_OK;
    status = read_sha256(s3, bucket, from_key, &sums[0], err);
    if (status == SHUB_OK)
        status = read_sha256(s3, bucket, to_key, &sums[1], err);
    *same = status == SHUB_OK && memcmp(sums[0].bytes, sums[1].bytes, sums[0].len) == 0;
    return status;
}

/* The source is there. The target may be: a rename that died has made it. */
static shub_status move(shub_s3 *s3, shub_slice bucket, shub_slice from_key,
                        shub_slice to_key, const shub_s3_object *source, shub_error *err)
{
    shub_s3_object target;
    shub_status status = shub__s3_head(s3, bucket, to_key, &target, err);
    int same = 0;

    if (status == SHUB_E_NOT_FOUND) {
        target.size = sizeof target;
        status = shub_s3_copy(s3, bucket, from_key, bucket, to_key, NULL, &target, err);
        same = status == SHUB_OK && target.bytes == source->bytes;
    } else if (status == SHUB_OK) {
        status = compare(s3, bucket, from_key, to_key, &same, err);
    }
    if (status == SHUB_OK && !same)
        status = shub__fail(err, SHUB_E_EXISTS, SHUB_NONE, "%.*s is another object",
                            SHUB__SHOW(to_key));
    return status == SHUB_OK ? shub_s3_delete(s3, bucket, from_key, err) : status;
}

shub_status shub_s3_rename(shub_s3 *s3, shub_slice bucket, shub_slice from_key,
                           shub_slice to_key, shub_s3_object *object, shub_error *err)
{
    shub_error here = SHUB_ERROR_INIT;
    shub_s3_object full;
    shub_status status;
    int is_gone;

    shub__arena_clear(&s3->arena);
    if (shub_slice_equal(from_key, to_key))
        status = shub__fail(&here, SHUB_E_INVALID, SHUB_NONE, "both keys are the same");
    else
        status = shub__s3_head(s3, bucket, from_key, &full, &here);
    is_gone = status == SHUB_E_NOT_FOUND;
    if (status == SHUB_OK)
        status = move(s3, bucket, from_key, to_key, &full, &here);
    /* Without its source the rename was done before, when the target is there. */
    if (status == SHUB_OK || is_gone)
        status = shub__s3_head(s3, bucket, to_key, &full, &here);
    if (status != SHUB_OK) {
        memset(&full, 0, sizeof full);
        if (err)
            *err = here;
    }
    shub__result_out(object, &full, sizeof full);
    return status;
}
