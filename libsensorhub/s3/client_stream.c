/* What drives an upload from outside: polling, writing, finishing, giving up. */
#include "s3/client_upload.h"

#include "base/error.h"
#include "base/options.h"

#include <string.h>

static shub_status result_of(const shub_s3_upload *up, shub_error *err)
{
    if (up->status != SHUB_OK && err)
        *err = up->err;
    return up->status;
}

static void tell_object(const shub_s3_upload *up, shub_status status,
                        shub_s3_object *object)
{
    shub_s3_object full;

    memset(&full, 0, sizeof full);
    if (status == SHUB_OK) {
        full.key = up->key;
        full.etag = shub__buf_view(&up->etag);
        full.bytes = up->parts.total;
        full.has_sha256 = up->has_sha256;
        memcpy(full.sha256, up->sha256, sizeof full.sha256);
    }
    shub__result_out(object, &full, sizeof full);
}

static void tell_progress(const shub_s3_upload *up, shub_s3_progress *progress)
{
    shub_s3_progress full = SHUB_S3_PROGRESS_INIT;
    int is_done = up->phase == SHUB__S3_ENDED && up->status == SHUB_OK;

    full.bytes = up->parts.total;
    full.sent = is_done ? up->parts.total : up->parts.bytes_done;
    full.reused = up->reused;
    full.parts = up->parts.count;
    full.parts_done = up->parts.done;
    full.restarts = up->restarts;
    if (is_done)
        full.parts_done = full.parts;
    for (const shub__s3_slot *slot = up->slots; slot; slot = slot->next)
        full.in_flight += slot->part > 0;
    shub__result_out(progress, &full, sizeof full);
}

shub_status shub_s3_upload_poll(shub_s3_upload *up, int64_t timeout_ms,
                                shub_s3_progress *progress, shub_s3_object *object,
                                shub_error *err)
{
    shub_status status = SHUB_OK;

    if (up->phase != SHUB__S3_ENDED)
        status = shub_loop_run_once(up->s3->loop, timeout_ms, err);
    tell_progress(up, progress);
    if (status == SHUB_OK)
        status = up->phase == SHUB__S3_ENDED ? result_of(up, err) : SHUB_E_AGAIN;
    tell_object(up, status, object);
    return status;
}

static shub_status run_until_ended(shub_s3_upload *up, shub_s3_object *object,
                                   shub_error *err)
{
    shub_status status;

    do
        status = shub_s3_upload_poll(up, SHUB_NONE, NULL, object, err);
    while (status == SHUB_E_AGAIN);
    return status;
}

shub_status shub_s3_put_file(shub_s3 *s3, shub_slice bucket, shub_slice key,
                             const char *path, const shub_s3_put_options *opts,
                             shub_s3_object *object, shub_error *err)
{
    shub_s3_object full = SHUB_S3_OBJECT_INIT;
    shub_s3_upload *up;
    shub_status status = shub_s3_upload_file(s3, bucket, key, path, opts, &up, err);

    if (status == SHUB_OK) {
        status = run_until_ended(up, &full, err);
        if (status == SHUB_OK && shub__arena_reserve(&s3->arena, full.etag.len + 1))
            full.etag = shub__arena_copy(&s3->arena, full.etag);
        else
            full.etag = shub_bytes(NULL, 0);
        full.key = key;
        shub_s3_upload_close(up);
    }
    if (status != SHUB_OK)
        memset(&full, 0, sizeof full);
    shub__result_out(object, &full, sizeof full);
    return status;
}

/* ---- streams -------------------------------------------------------------------- */

static shub_status check_open(const shub_s3_upload *up, shub_error *err)
{
    if (shub__loop_check(up->s3->loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    if (up->phase == SHUB__S3_ENDED && up->status != SHUB_OK)
        return result_of(up, err);
    if (up->path)
        return shub__fail(err, SHUB_E_CLOSED, SHUB_NONE, "a file is uploaded, no stream");
    if (up->is_finished)
        return shub__fail(err, SHUB_E_CLOSED, SHUB_NONE, "the stream was finished");
    return SHUB_OK;
}

/* Waits until a part may be in memory. */
static shub_status get_filling(shub_s3_upload *up, shub_error *err)
{
    shub_s3 *s3 = up->s3;
    shub_status status = SHUB_OK;

    while (status == SHUB_OK && up->phase != SHUB__S3_ENDED &&
           s3->sending >= s3->opts.in_flight)
        status = shub_loop_run_once(s3->loop, SHUB_NONE, err);
    if (status == SHUB_OK && up->phase == SHUB__S3_ENDED)
        status = result_of(up, err);
    return status == SHUB_OK
               ? shub__s3_slot_get(up, (size_t)up->parts.part_bytes, &up->filling, err)
               : status;
}

/* The first full part begins the upload at the server; others may be sent first. */
static shub_status wait_until_sending(shub_s3_upload *up, shub_error *err)
{
    shub_status status = SHUB_OK;

    if (up->phase == SHUB__S3_GATHERING)
        shub__s3_upload_step(up);
    while (status == SHUB_OK && up->phase != SHUB__S3_ENDED &&
           (up->phase != SHUB__S3_SENDING || up->s3->sending >= up->s3->opts.in_flight))
        status = shub_loop_run_once(up->s3->loop, SHUB_NONE, err);
    if (status == SHUB_OK && up->phase == SHUB__S3_ENDED)
        status = result_of(up, err);
    return status;
}

static shub_status send_filling(shub_s3_upload *up, shub_error *err)
{
    shub__s3_slot *slot = up->filling;
    int part = 0;
    shub_status status = wait_until_sending(up, err);

    if (status == SHUB_OK)
        status = shub__s3_parts_append(&up->parts, (int64_t)slot->len, &part, err);
    if (status != SHUB_OK)
        return status;
    up->filling = NULL;
    shub__s3_slot_send_part(slot, part);
    return SHUB_OK;
}

static shub_status fill(shub_s3_upload *up, shub_slice *rest, shub_error *err)
{
    shub_status status = up->filling ? SHUB_OK : get_filling(up, err);
    size_t room, len;

    if (status != SHUB_OK)
        return status;
    room = (size_t)up->parts.part_bytes - up->filling->len;
    len = rest->len < room ? rest->len : room;
    status = shub__s3_slot_add(up->filling, shub_bytes(rest->ptr, len), err);
    rest->ptr += len;
    rest->len -= len;
    if (status == SHUB_OK && len == room)
        status = send_filling(up, err);
    return status;
}

shub_status shub_s3_upload_write(shub_s3_upload *up, shub_slice bytes, shub_error *err)
{
    shub_error here = SHUB_ERROR_INIT;
    shub_status status = check_open(up, err);

    if (status != SHUB_OK)
        return status;
    while (status == SHUB_OK && bytes.len)
        status = fill(up, &bytes, &here);
    if (status != SHUB_OK) {
        shub__s3_upload_fail(up, status, &here);
        if (err)
            *err = here;
    }
    return status;
}

/* What is left goes out; the end is known now. */
static shub_status end_stream(shub_s3_upload *up, shub_error *err)
{
    shub_status status = SHUB_OK;

    if (up->parts.count && up->filling && up->filling->len)
        status = send_filling(up, err);
    if (status != SHUB_OK)
        return status;
    up->is_finished = 1;
    if (up->parts.count)
        shub__s3_parts_end(&up->parts);
    else
        up->parts.total = up->filling ? (int64_t)up->filling->len : 0;
    if (!up->parts.count || shub__s3_parts_complete(&up->parts))
        shub__s3_upload_step(up);
    return SHUB_OK;
}

shub_status shub_s3_upload_finish(shub_s3_upload *up, shub_s3_object *object,
                                  shub_error *err)
{
    shub_error here = SHUB_ERROR_INIT;
    shub_status status = check_open(up, err);

    if (status != SHUB_OK) {
        tell_object(up, status, object);
        return status;
    }
    status = end_stream(up, &here);
    if (status != SHUB_OK)
        shub__s3_upload_fail(up, status, &here);
    return run_until_ended(up, object, err);
}

/* ---- giving up ------------------------------------------------------------------ */

/* Whether something is at the server whose answer says what is there. */
static int is_awaited(shub_s3_upload *up)
{
    int is_put = 0;

    switch (up->phase) {
    case SHUB__S3_CREATING:
    case SHUB__S3_COMPLETING:
    case SHUB__S3_DROPPING:
        return 1;
    case SHUB__S3_SETTLING:
        return up->control.state != SHUB__S3_DONE;
    case SHUB__S3_PUTTING:
        for (shub__s3_slot *slot = up->slots; slot; slot = slot->next) {
            slot->call.once = 1;
            is_put |= slot->part && slot->call.state == SHUB__S3_RUNNING;
        }
        return is_put;
    default:
        return 0;
    }
}

shub_status shub_s3_upload_abort(shub_s3_upload *up, shub_error *err)
{
    uint64_t orphans = up->s3->stats.orphans;
    shub_status status = SHUB_OK;

    if (up->phase == SHUB__S3_ENDED)
        return SHUB_OK;
    if (shub__loop_check(up->s3->loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    up->is_aborting = 1;
    up->status = shub__fail(&up->err, SHUB_E_CLOSED, SHUB_NONE, "the upload was aborted");
    if (!is_awaited(up)) {
        shub__s3_slots_cancel(up);
        shub__s3_call_fini(&up->control);
        shub__s3_upload_step(up);
    }
    while (status == SHUB_OK && up->phase != SHUB__S3_ENDED)
        status = shub_loop_run_once(up->s3->loop, SHUB_NONE, err);
    if (status == SHUB_OK && up->status == SHUB_OK)
        status = shub__fail(err, SHUB_E_EXISTS, SHUB_NONE, "the object is there already");
    else if (status == SHUB_OK && up->s3->stats.orphans > orphans)
        status = shub__fail(err, SHUB_E_REMOTE, SHUB_NONE,
                            "what was sent could not be removed");
    return status;
}
