/* Uploads: what comes next, and how they end. */
#include "s3/client_upload.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "base/trace.h"

#include <string.h>

#define RESTARTS_MAX  3
#define CHUNK         ((size_t)128 << 10)
#define UPLOAD_ID_MAX ((size_t)4096)
#define ETAG_MAX      ((size_t)256)

static int is_stream(const shub_s3_upload *up)
{
    return up->fd == SHUB_NONE;
}

/* ---- the end -------------------------------------------------------------------- */

static void forget_row(shub_s3_upload *up)
{
    if (up->row)
        (void)shub__s3_journal_end(up->s3->journal, up->row, NULL);
    up->row = 0;
}

static void end(shub_s3_upload *up)
{
    up->phase = SHUB__S3_ENDED;
    shub__timer_cancel(&up->timer);
    shub__s3_call_fini(&up->control);
    shub__s3_slots_free(up);
    up->filling = NULL;
    if (!is_stream(up))
        shub__file_close(up->fd);
    up->fd = SHUB_NONE;
    shub__trace(up->status == SHUB_OK ? SHUB_LEVEL_DEBUG : SHUB_LEVEL_WARN,
                "s3 event=upload status=%s bytes=%lld parts=%d restarts=%d",
                shub_status_name(up->status), (long long)up->parts.total, up->parts.count,
                up->restarts);
}

void shub__s3_upload_done(shub_s3_upload *up, shub_slice etag)
{
    up->status = SHUB_OK;
    shub__buf_clear(&up->etag);
    shub__buf_slice(&up->etag, etag);
    forget_row(up);
    end(up);
}

/* Failures of the moment: a later run may go on with the parts that are there. */
static int can_go_on(const shub_s3_upload *up)
{
    if (up->status == SHUB_E_TRUNCATED)
        return up->row != 0;
    switch (shub_status_class(up->status)) {
    case SHUB_CLASS_NETWORK:
    case SHUB_CLASS_RESOURCE:
    case SHUB_CLASS_SYSTEM:
        return up->row != 0;
    case SHUB_CLASS_REMOTE:
        return up->row && up->status != SHUB_E_PRECONDITION;
    default:
        return 0;
    }
}

void shub__s3_upload_fail(shub_s3_upload *up, shub_status status, const shub_error *err)
{
    if (up->phase == SHUB__S3_ENDED || up->drop_fails)
        return;
    up->status = status;
    up->err = *err;
    shub__s3_slots_cancel(up);
    if (!up->upload_id.len || can_go_on(up))
        end(up);
    else
        shub__s3_upload_drop(up, 1);
}

void shub__s3_upload_refuse(shub_s3_upload *up, shub_status status, const shub_error *err)
{
    if (up->phase == SHUB__S3_ENDED || up->drop_fails)
        return;
    up->status = status;
    up->err = *err;
    shub__s3_upload_drop(up, 1);
}

/* ---- beginning anew ------------------------------------------------------------- */

/* What a later run is to abort. */
static void leave_row(shub_s3_upload *up)
{
    if (up->row)
        (void)shub__s3_journal_orphan(up->s3->journal, up->row, NULL);
    up->row = 0;
}

static void begin_anew(shub_s3_upload *up)
{
    forget_row(up);
    shub__buf_clear(&up->upload_id);
    if (up->drop_fails) {
        end(up);
    } else if (is_stream(up) || up->restarts == RESTARTS_MAX) {
        up->drop_fails = 1;
        end(up);
    } else {
        up->restarts++;
        up->completes = 0;
        up->reused = 0;
        up->is_there = 0;
        up->begun_us = 0;
        up->is_found = 1; /* in the journal there is no other */
        shub__s3_parts_restart(&up->parts);
        shub__s3_upload_step(up);
    }
}

static void leave_orphan(shub_s3_upload *up, shub_status status)
{
    up->s3->stats.orphans++;
    leave_row(up);
    shub__trace(SHUB_LEVEL_WARN, "s3 event=orphan status=%s", shub_status_name(status));
    begin_anew(up);
}

static void on_dropped(shub__s3_call *call, void *user)
{
    shub_s3_upload *up = user;
    int is_gone = call->status == SHUB_E_NOT_FOUND;

    if (call->status != SHUB_OK && !is_gone)
        leave_orphan(up, call->status);
    else if (is_gone && up->is_aborting && up->is_there)
        shub__s3_upload_done(up, shub__buf_view(&up->etag));
    else
        begin_anew(up);
}

void shub__s3_upload_drop(shub_s3_upload *up, int fails)
{
    shub_status status;

    if (up->phase == SHUB__S3_ENDED || up->phase == SHUB__S3_DROPPING)
        return;
    up->drop_fails = fails;
    shub__s3_slots_cancel(up);
    shub__timer_cancel(&up->timer);
    status = shub__s3_upload_abort(up, on_dropped);
    if (status != SHUB_OK)
        leave_orphan(up, status);
}

/* Only a Complete or someone's Abort ends an upload at the server; but a 404 may be of
 * something on the way. */
void shub__s3_upload_lost(shub_s3_upload *up, const shub_error *err)
{
    if (up->phase == SHUB__S3_ENDED || up->phase == SHUB__S3_DROPPING)
        return;
    if (up->is_there) {
        shub__s3_upload_done(up, shub__buf_view(&up->etag));
        return;
    }
    up->status = SHUB_E_NOT_FOUND;
    up->err = *err;
    shub__s3_slots_cancel(up);
    leave_row(up);
    begin_anew(up);
}

/* ---- what comes next ------------------------------------------------------------ */

/* A whole that needs no parts. */
static int is_single(const shub_s3_upload *up)
{
    if (up->upload_id.len)
        return 0;
    return is_stream(up) ? up->is_finished && !up->parts.count
                         : up->file.bytes < up->parts.part_bytes;
}

static int must_check(const shub_s3_upload *up)
{
    int has_condition = up->opts.if_none_match || up->opts.if_match.len;

    return has_condition && !up->is_checked &&
           !(is_single(up) && up->s3->wants_conditions);
}

void shub__s3_upload_step(shub_s3_upload *up)
{
    if (up->is_aborting) {
        up->drop_fails = 1;
        if (up->upload_id.len)
            shub__s3_upload_drop(up, 1);
        else
            end(up);
    } else if (must_check(up)) {
        shub__s3_upload_check(up);
    } else if (is_single(up)) {
        up->phase = SHUB__S3_PUTTING;
        shub__s3_pump(up->s3);
    } else if (!up->is_found) {
        shub__s3_upload_find(up);
    } else if (!up->upload_id.len) {
        shub__s3_upload_create(up);
    } else if (shub__s3_parts_complete(&up->parts)) {
        shub__s3_upload_complete(up);
    } else {
        up->phase = SHUB__S3_SENDING;
        shub__s3_pump(up->s3);
    }
}

static void on_timer(void *user)
{
    shub__s3_upload_step(user);
}

/* Puts the whole; the bytes of a stream are in memory. */
static void begin_put(shub_s3_upload *up)
{
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_slot *slot = up->filling;
    shub_status status = SHUB_OK;

    up->is_put_begun = 1;
    if (!slot)
        status = shub__s3_slot_get(up, (size_t)up->parts.total + 1, &slot, &err);
    if (status == SHUB_OK && !is_stream(up))
        status = shub__s3_slot_read(slot, 0, up->parts.total, &err);
    if (status == SHUB_OK)
        status = shub__s3_upload_check_file(up, &err);
    if (status == SHUB_OK)
        shub__s3_slot_put(slot);
    else
        shub__s3_upload_fail(up, status, &err);
}

/* Sends the next part of a file: 0 when there is none. */
static int send_next(shub_s3_upload *up)
{
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_slot *slot;
    int64_t offset, bytes;
    int part = is_stream(up) ? 0 : shub__s3_parts_take(&up->parts, &offset, &bytes);
    shub_status status;

    if (!part)
        return 0;
    status = shub__s3_slot_get(up, (size_t)up->parts.part_bytes, &slot, &err);
    if (status == SHUB_OK)
        status = shub__s3_slot_read(slot, offset, bytes, &err);
    if (status == SHUB_OK)
        shub__s3_slot_send_part(slot, part);
    else
        shub__s3_upload_fail(up, status, &err);
    return 1;
}

void shub__s3_pump(shub_s3 *s3)
{
    for (shub_s3_upload *up = s3->uploads; up; up = up->next) {
        if (up->phase == SHUB__S3_PUTTING && !up->is_put_begun &&
            s3->sending < s3->opts.in_flight)
            begin_put(up);
        while (up->phase == SHUB__S3_SENDING && s3->sending < s3->opts.in_flight &&
               send_next(up))
            ;
    }
}

/* ---- open ----------------------------------------------------------------------- */

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

/* Fails early on names and options that no request could carry. */
static shub_status check_options(shub_s3_upload *up, shub_error *err)
{
    shub__s3_call call;
    shub_status status = shub__s3_put_init(&call, up->s3, up->bucket, up->key,
                                           SHUB_LIT(""), &up->opts, NULL, err);

    shub__s3_call_fini(&call);
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
        status =
            shub__timer_join(shub__loop_timers(s3->loop), &up->timer, on_timer, up, err);
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
    if (!is_stream(up))
        shub__file_close(up->fd);
    shub__s3_parts_fini(&up->parts);
    shub__buf_fini(&up->upload_id);
    shub__buf_fini(&up->etag);
    shub__arena_fini(&up->arena);
    shub__free(up);
}
