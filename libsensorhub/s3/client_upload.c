/* Uploads: what comes next, and how they end. */
#include "s3/client_upload.h"

#include "base/error.h"
#include "base/file.h"
#include "base/trace.h"

#include <string.h>

#define RESTARTS_MAX 3

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
    if (!shub__s3_is_stream(up))
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
    } else if (shub__s3_is_stream(up) || up->restarts == RESTARTS_MAX) {
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
    return shub__s3_is_stream(up) ? up->is_finished && !up->parts.count
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

void shub__s3_upload_on_timer(void *user)
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
    if (status == SHUB_OK && !shub__s3_is_stream(up))
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
    int part =
        shub__s3_is_stream(up) ? 0 : shub__s3_parts_take(&up->parts, &offset, &bytes);
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
