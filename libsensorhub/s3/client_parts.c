/* Parts in memory: read or filled, summed in the same pass, sent, sent again. A slot is
 * used for part after part, so that its memory is touched anew and not made anew. */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/client_upload.h"

#include <string.h>

#define CHUNK ((size_t)128 << 10) /* read and summed while it is in the cache */

/* ---- slots ---------------------------------------------------------------------- */

static shub_status make_room(shub__s3_slot *slot, size_t bytes, shub_error *err)
{
    if (slot->cap >= bytes)
        return SHUB_OK;
    shub__free(slot->bytes);
    slot->cap = 0;
    slot->bytes = shub__malloc(bytes);
    if (!slot->bytes)
        return shub__fail_nomem(err);
    slot->cap = bytes;
    return SHUB_OK;
}

static shub_status make_summers(shub__s3_slot *slot, shub_error *err)
{
    const shub_s3 *s3 = slot->upload->s3;
    shub__sum_kind kind = shub__s3_sum_kind(s3);
    shub_status status = SHUB_OK;

    if (kind != SHUB__SUM_NONE)
        status = shub__summer_new(kind, &slot->summer, err);
    if (status == SHUB_OK && shub__s3_signs_bodies(s3))
        status = shub__summer_new(SHUB__SUM_SHA256, &slot->hasher, err);
    return status;
}

static void free_slot(shub__s3_slot *slot)
{
    shub__s3_call_fini(&slot->call);
    shub__summer_free(slot->summer);
    shub__summer_free(slot->hasher);
    shub__free(slot->bytes);
    shub__free(slot);
}

static shub_status new_slot(shub_s3_upload *up, shub__s3_slot **out, shub_error *err)
{
    shub__s3_slot *slot = shub__calloc(1, sizeof *slot);
    shub_status status;

    if (!slot)
        return shub__fail_nomem(err);
    slot->upload = up;
    status = make_summers(slot, err);
    if (status != SHUB_OK) {
        free_slot(slot);
        return status;
    }
    slot->next = up->slots;
    up->slots = slot;
    *out = slot;
    return SHUB_OK;
}

shub_status shub__s3_slot_get(shub_s3_upload *up, size_t bytes, shub__s3_slot **out,
                              shub_error *err)
{
    shub__s3_slot *slot = up->slots;
    shub_status status = SHUB_OK;

    while (slot && (slot->part || slot == up->filling))
        slot = slot->next;
    if (!slot)
        status = new_slot(up, &slot, err);
    if (status == SHUB_OK)
        status = make_room(slot, bytes, err);
    *out = status == SHUB_OK ? slot : NULL;
    if (*out) {
        slot->len = 0;
        slot->is_summed = 0;
    }
    return status;
}

static void release(shub__s3_slot *slot)
{
    shub__s3_call_fini(&slot->call);
    slot->part = 0;
    slot->upload->s3->sending--;
}

/* Memory is for uploads that have something to send. */
static void free_idle(shub_s3_upload *up)
{
    shub__s3_slot **link = &up->slots;

    while (*link) {
        shub__s3_slot *slot = *link;

        if (slot->part || slot == up->filling) {
            link = &slot->next;
            continue;
        }
        *link = slot->next;
        free_slot(slot);
    }
}

void shub__s3_slots_cancel(shub_s3_upload *up)
{
    for (shub__s3_slot *slot = up->slots; slot; slot = slot->next)
        if (slot->part)
            release(slot);
}

void shub__s3_slots_free(shub_s3_upload *up)
{
    shub__s3_slots_cancel(up);
    while (up->slots) {
        shub__s3_slot *slot = up->slots;

        up->slots = slot->next;
        free_slot(slot);
    }
}

/* ---- filling -------------------------------------------------------------------- */

static shub_status sum(shub__s3_slot *slot, size_t from, shub_error *err)
{
    const char *bytes = slot->bytes + from;
    shub_status status = SHUB_OK;

    if (slot->summer)
        status = shub__summer_add(slot->summer, bytes, slot->len - from, err);
    if (status == SHUB_OK && slot->hasher)
        status = shub__summer_add(slot->hasher, bytes, slot->len - from, err);
    return status;
}

shub_status shub__s3_slot_add(shub__s3_slot *slot, shub_slice bytes, shub_error *err)
{
    size_t from = slot->len;

    memcpy(slot->bytes + from, bytes.ptr, bytes.len);
    slot->len += bytes.len;
    return sum(slot, from, err);
}

shub_status shub__s3_slot_read(shub__s3_slot *slot, int64_t offset, int64_t bytes,
                               shub_error *err)
{
    const shub_s3_upload *up = slot->upload;
    shub_status status = SHUB_OK;

    while (status == SHUB_OK && slot->len < (size_t)bytes) {
        size_t from = slot->len, got, want = (size_t)bytes - from;

        if (want > CHUNK)
            want = CHUNK;
        status = shub__file_read(up->fd, slot->bytes + from, want, offset + (int64_t)from,
                                 &got, err);
        if (status == SHUB_OK && got < want)
            status = shub__fail(err, SHUB_E_CORRUPT, offset + (int64_t)(from + got),
                                "%s: it became shorter while it was sent", up->path);
        slot->len = from + got;
        if (status == SHUB_OK)
            status = sum(slot, from, err);
    }
    return status;
}

shub_status shub__s3_upload_check_file(const shub_s3_upload *up, shub_error *err)
{
    shub__stat st;
    shub_status status;

    if (up->fd == SHUB_NONE)
        return SHUB_OK;
    status = shub__file_stat(up->fd, &st, err);
    if (status == SHUB_OK &&
        (st.bytes != up->file.bytes || st.mtime_us != up->file.mtime_us))
        status = shub__fail(err, SHUB_E_CORRUPT, SHUB_NONE,
                            "%s: it changed while it was sent", up->path);
    return status;
}

/* ---- sending -------------------------------------------------------------------- */

/* Once for what the slot holds: a summer that was ended begins anew. */
static shub_status end_summers(shub__s3_slot *slot, shub_error *err)
{
    shub__sum hash;
    shub_status status = SHUB_OK;

    if (slot->is_summed)
        return SHUB_OK;
    if (slot->summer)
        status = shub__summer_end(slot->summer, &slot->sum, err);
    memcpy(slot->payload, SHUB__SIGV4_UNSIGNED, sizeof SHUB__SIGV4_UNSIGNED);
    if (status == SHUB_OK && slot->hasher) {
        status = shub__summer_end(slot->hasher, &hash, err);
        shub__hex_write(hash.bytes, hash.len, slot->payload);
        slot->payload[2 * hash.len] = '\0';
    }
    slot->is_summed = status == SHUB_OK;
    return status;
}

static shub_status end_sums(shub__s3_slot *slot, shub_error *err)
{
    shub__s3_call *call = &slot->call;
    shub_status status = end_summers(slot, err);

    call->is_summed = 1;
    call->sum_kind = shub__s3_sum_kind(slot->upload->s3);
    call->sum = slot->sum;
    memcpy(call->payload, slot->payload, sizeof call->payload);
    return status;
}

static void start(shub__s3_slot *slot, shub_status status, const shub_error *err)
{
    if (status == SHUB_OK)
        shub__s3_call_start(&slot->call);
    else
        shub__s3_upload_fail(slot->upload, status, err);
}

static int is_all_taken(const shub_s3_upload *up)
{
    return up->fd == SHUB_NONE ? up->is_finished : up->parts.next == up->parts.count;
}

/* A hint for a later run: losing it loses nothing. */
static void note_part(shub_s3_upload *up, int part, shub_slice etag, shub_slice text)
{
    if (up->row)
        (void)shub__s3_journal_part(up->s3->journal, up->row, part, etag, text, NULL);
}

static void on_part(shub__s3_call *call, void *user)
{
    shub__s3_slot *slot = user;
    shub_s3_upload *up = slot->upload;
    shub_error err = call->err;
    shub_status status = call->status;
    int part = slot->part;
    int is_lost = status == SHUB_E_NOT_FOUND;
    int is_refused = status == SHUB_E_REMOTE && call->fault.advice == SHUB__S3_FINAL;

    if (status == SHUB_OK) {
        char text[SHUB__SUM_BASE64] = "";
        shub_slice etag =
            shub__trim_quotes(shub__s3_header(shub__buf_view(&call->headers), "ETag"));

        if (call->sum.len)
            shub__sum_base64(&call->sum, text);
        status = shub__s3_parts_done(&up->parts, part, etag, shub_str(text), &err);
        note_part(up, part, etag, shub_str(text));
    }
    release(slot);
    if (is_all_taken(up))
        free_idle(up);
    if (is_lost)
        shub__s3_upload_lost(up, &err);
    else if (is_refused)
        shub__s3_upload_refuse(up, status, &err);
    else if (status != SHUB_OK)
        shub__s3_upload_fail(up, status, &err);
    else if (shub__s3_parts_complete(&up->parts))
        shub__s3_upload_step(up);
    shub__s3_pump(up->s3);
}

void shub__s3_slot_send_part(shub__s3_slot *slot, int part)
{
    shub_s3_upload *up = slot->upload;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status =
        shub__s3_call_init(&slot->call, up->s3, SHUB__S3_PART, up->bucket, up->key, &err);

    slot->part = part;
    up->s3->sending++;
    if (status == SHUB_OK)
        status = shub__s3_add_part(&slot->call.req, shub__buf_view(&up->upload_id), part,
                                   &err);
    if (status == SHUB_OK)
        status = end_sums(slot, &err);
    slot->call.req.body = shub_bytes(slot->bytes, slot->len);
    slot->call.done = on_part;
    slot->call.user = slot;
    start(slot, status, &err);
}

/* ---- the whole in one Put ------------------------------------------------------- */

/* A condition that an earlier attempt of ours has broken, or that the server does not
 * know, is for a Head to judge. */
static void on_put(shub__s3_call *call, void *user)
{
    shub__s3_slot *slot = user;
    shub_s3_upload *up = slot->upload;
    int unconditional = shub__s3_lost_conditions(call);
    int doubtful = call->status == SHUB_E_PRECONDITION && call->attempt > 0;
    shub_error err = call->err;

    if (call->status == SHUB_OK) {
        shub__s3_upload_done(up, shub__trim_quotes(shub__s3_header(
                                     shub__buf_view(&call->headers), "ETag")));
    } else if (unconditional || doubtful) {
        up->is_put_doubtful = doubtful;
        up->is_put_begun = 0;
        up->err = err;
        release(slot);
        shub__s3_upload_check(up);
    } else {
        shub__s3_upload_fail(up, call->status, &err);
    }
    shub__s3_pump(up->s3);
}

/* The hash that the signature covers is the object's own. */
static shub_status know_sha256(shub__s3_slot *slot, shub_error *err)
{
    shub_s3_upload *up = slot->upload;
    shub__sum sum;
    size_t len;
    shub_status status = SHUB_OK;

    if (up->has_sha256 || up->opts.no_sha256)
        return SHUB_OK;
    if (slot->hasher) {
        (void)shub__hex_read(shub_str(slot->call.payload), up->sha256, sizeof up->sha256,
                             &len);
    } else {
        status = shub__sum_of(SHUB__SUM_SHA256, slot->bytes, slot->len, &sum, err);
        memcpy(up->sha256, sum.bytes, sizeof up->sha256);
    }
    up->has_sha256 = status == SHUB_OK;
    return status;
}

void shub__s3_slot_put(shub__s3_slot *slot)
{
    shub_s3_upload *up = slot->upload;
    shub_error err = SHUB_ERROR_INIT;
    shub_slice body = shub_bytes(slot->bytes, slot->len);
    shub_status status = shub__s3_put_init(&slot->call, up->s3, up->bucket, up->key, body,
                                           &up->opts, NULL, &err);

    slot->part = 1;
    up->s3->sending++;
    if (status == SHUB_OK)
        status = end_sums(slot, &err);
    if (status == SHUB_OK)
        status = know_sha256(slot, &err);
    if (status == SHUB_OK && up->has_sha256)
        status = shub__s3_add_sha256(&slot->call.req, up->sha256, &err);
    slot->call.done = on_put;
    slot->call.user = slot;
    start(slot, status, &err);
}
