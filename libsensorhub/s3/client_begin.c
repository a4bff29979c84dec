/* Uploads: how they begin, with a copy of all that was asked for, and how they go. */
#include "s3/client_upload.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"

#include <string.h>

#define CHUNK         ((size_t)128 << 10)
#define UPLOAD_ID_MAX ((size_t)4096)
#define ETAG_MAX      ((size_t)256)

static shub_status copy_text(shub_s3_upload *up, shub_slice *text, shub_error *err)
{
    if (!text->len)
        return SHUB_OK;
    if (!shub__arena_reserve(&up->arena, text->len + 1))
        return shub__fail_nomem(err);
    *text = shub__arena_copy(&up->arena, *text);
    return SHUB_OK;
}

static shub_status copy_pairs(shub_s3_upload *up, const shub_s3_pair **pairs,
                              size_t count, shub_error *err)
{
    shub_s3_pair *copy;
    shub_status status = SHUB_OK;

    if (!count)
        return SHUB_OK;
    copy = shub__arena_array(&up->arena, count, sizeof *copy);
    if (!copy)
        return shub__fail_nomem(err);
    memcpy(copy, *pairs, count * sizeof *copy);
    *pairs = copy;
    for (size_t i = 0; status == SHUB_OK && i < count; i++) {
        status = copy_text(up, &copy[i].name, err);
        if (status == SHUB_OK)
            status = copy_text(up, &copy[i].value, err);
    }
    return status;
}

static shub_status copy_options(shub_s3_upload *up, shub_error *err)
{
    shub_s3_put_options *o = &up->opts;
    shub_slice *const texts[] = {
        &up->bucket,       &up->key,          &o->content_type, &o->content_encoding,
        &o->cache_control, &o->storage_class, &o->sse,          &o->sse_kms_key_id,
        &o->if_match};
    shub_status status = SHUB_OK;

    for (size_t i = 0; status == SHUB_OK && i < sizeof texts / sizeof *texts; i++)
        status = copy_text(up, texts[i], err);
    if (status == SHUB_OK)
        status = copy_pairs(up, &o->metadata, o->metadata_count, err);
    if (status == SHUB_OK)
        status = copy_pairs(up, &o->tags, o->tag_count, err);
    up->has_sha256 = o->sha256 != NULL;
    if (o->sha256)
        memcpy(up->sha256, o->sha256, sizeof up->sha256);
    o->sha256 = NULL;
    return status;
}

/* What an upload was begun with cannot be changed: one with other headers or sums is
 * another. */
static shub_status identify_options(shub_s3_upload *up, const shub__s3_request *req,
                                    shub_error *err)
{
    shub__sum_kind kind = shub__s3_sum_kind(up->s3);
    shub__summer *summer;
    shub__sum sum;
    shub_status status = shub__summer_new(SHUB__SUM_SHA256, &summer, err);

    if (status == SHUB_OK)
        status = shub__summer_add(summer, &kind, sizeof kind, err);
    for (size_t i = 0; status == SHUB_OK && i < req->header_count; i++) {
        const shub_s3_pair *pair = &req->headers[i];

        status = shub__summer_add(summer, pair->name.ptr, pair->name.len, err);
        if (status == SHUB_OK) /* its NUL too, so that no two lists are one text */
            status = shub__summer_add(summer, pair->value.ptr, pair->value.len + 1, err);
    }
    if (status == SHUB_OK)
        status = shub__summer_end(summer, &sum, err);
    if (status == SHUB_OK)
        memcpy(up->file.options, sum.bytes, sizeof up->file.options);
    shub__summer_free(summer);
    return status;
}

/* Fails early on names and options that no request could carry. */
static shub_status check_options(shub_s3_upload *up, shub_error *err)
{
    shub__s3_request req;
    shub_status status =
        shub__s3_request_init(&req, SHUB__S3_PUT, up->bucket, up->key, err);

    if (status == SHUB_OK)
        status = shub__s3_add_object_headers(&req, &up->opts, err);
    if (status == SHUB_OK)
        status = identify_options(up, &req, err);
    if (status == SHUB_OK)
        status = shub__s3_add_conditions(&req, &up->opts, err);
    shub__s3_request_fini(&req);
    return status;
}

static shub_status new_upload(shub_s3 *s3, shub_slice bucket, shub_slice key,
                              const shub_s3_put_options *opts, shub_s3_upload **out,
                              shub_error *err)
{
    shub_s3_upload *up;
    shub_s3_upload **last = &s3->uploads;
    shub_status status = shub__loop_check(s3->loop, err);

    *out = NULL;
    if (status != SHUB_OK)
        return status;
    up = shub__calloc(1, sizeof *up);
    if (!up)
        return shub__fail_nomem(err);
    up->s3 = s3;
    up->bucket = bucket;
    up->key = key;
    up->fd = SHUB_NONE;
    shub__buf_init(&up->upload_id, UPLOAD_ID_MAX);
    shub__buf_init(&up->etag, ETAG_MAX);
    while (*last)
        last = &(*last)->next;
    *last = up;
    status = shub__s3_put_options(s3, opts, &up->opts, err);
    if (status == SHUB_OK)
        status = copy_options(up, err);
    if (status == SHUB_OK)
        status = check_options(up, err);
    if (status == SHUB_OK)
        status = shub__timer_join(shub__loop_timers(s3->loop), &up->timer,
                                  shub__s3_upload_on_timer, up, err);
    if (status != SHUB_OK) {
        shub_s3_upload_close(up);
        return status;
    }
    *out = up;
    return SHUB_OK;
}

/* The whole, before its parts: its SHA-256 stands in the request that begins an upload.
 */
static shub_status hash_file(shub_s3_upload *up, shub_error *err)
{
    shub__summer *summer = NULL;
    shub__sum sum;
    char *bytes = shub__malloc(CHUNK);
    size_t got = 1;
    int64_t offset = 0;
    shub_status status =
        bytes ? shub__summer_new(SHUB__SUM_SHA256, &summer, err) : shub__fail_nomem(err);

    while (status == SHUB_OK && got) {
        status = shub__file_read(up->fd, bytes, CHUNK, offset, &got, err);
        if (status == SHUB_OK && got)
            status = shub__summer_add(summer, bytes, got, err);
        offset += (int64_t)got;
    }
    if (status == SHUB_OK)
        status = shub__summer_end(summer, &sum, err);
    if (status == SHUB_OK) {
        memcpy(up->sha256, sum.bytes, sizeof up->sha256);
        up->has_sha256 = 1;
    }
    shub__summer_free(summer);
    shub__free(bytes);
    return status;
}

static shub_status identify(shub_s3_upload *up, shub_error *err)
{
    shub__stat st;
    shub_status status = shub__file_stat(up->fd, &st, err);

    if (status != SHUB_OK)
        return status;
    if (st.is_folder)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s is a folder", up->path);
    up->file.bytes = st.bytes;
    up->file.mtime_us = st.mtime_us;
    up->file.device = st.device;
    up->file.inode = st.inode;
    status = shub__s3_parts_init(
        &up->parts, st.bytes, shub__s3_part_size(st.bytes, up->s3->opts.part_bytes), err);
    if (status == SHUB_OK && st.bytes >= up->parts.part_bytes && !up->has_sha256 &&
        !up->opts.no_sha256)
        status = hash_file(up, err);
    up->file.has_sha256 = up->has_sha256;
    memcpy(up->file.sha256, up->sha256, sizeof up->sha256);
    return status;
}

shub_status shub_s3_upload_file(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                const char *path, const shub_s3_put_options *opts,
                                shub_s3_upload **out, shub_error *err)
{
    shub_slice copy = shub_str(path);
    shub_s3_upload *up;
    shub_status status = new_upload(s3, bucket, key, opts, &up, err);

    *out = NULL;
    if (status != SHUB_OK)
        return status;
    status = copy_text(up, &copy, err);
    up->path = copy.ptr;
    if (status == SHUB_OK)
        status = shub__file_open(path, SHUB__OPEN_READ, &up->fd, err);
    if (status == SHUB_OK)
        status = identify(up, err);
    if (status != SHUB_OK) {
        shub_s3_upload_close(up);
        return status;
    }
    up->is_found = !s3->journal;
    shub__s3_upload_step(up);
    *out = up;
    return SHUB_OK;
}

shub_status shub_s3_upload_open(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                const shub_s3_put_options *opts, shub_s3_upload **out,
                                shub_error *err)
{
    shub_s3_upload *up;
    shub_status status = new_upload(s3, bucket, key, opts, &up, err);

    *out = NULL;
    if (status != SHUB_OK)
        return status;
    status = shub__s3_parts_init(&up->parts, SHUB_NONE,
                                 shub__s3_part_size(0, s3->opts.part_bytes), err);
    if (status != SHUB_OK) {
        shub_s3_upload_close(up);
        return status;
    }
    up->is_found = 1;
    *out = up;
    return SHUB_OK;
}

void shub_s3_upload_close(shub_s3_upload *up)
{
    shub_s3_upload **link;

    if (!up)
        return;
    if (up->phase == SHUB__S3_CREATING ||
        (up->phase != SHUB__S3_ENDED && !up->row && up->upload_id.len))
        (void)shub_s3_upload_abort(up, NULL);
    for (link = &up->s3->uploads; *link != up; link = &(*link)->next)
        ;
    *link = up->next;
    shub__s3_call_fini(&up->control);
    shub__s3_slots_free(up);
    shub__timer_leave(&up->timer);
    if (!shub__s3_is_stream(up))
        shub__file_close(up->fd);
    shub__s3_parts_fini(&up->parts);
    shub__buf_fini(&up->upload_id);
    shub__buf_fini(&up->etag);
    shub__arena_fini(&up->arena);
    shub__free(up);
}
