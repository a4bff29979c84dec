/* The control calls of an upload, one at a time: what is there, begin, complete, and what
 * to believe when a Complete has no answer. */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/text.h"
#include "base/trace.h"
#include "s3/client_upload.h"

#include <string.h>

#define COMPLETE_WAIT_MS 100 /* doubled for each further one */

/* The time of an object is that of its upload's beginning (User Guide, "System-defined
 * object metadata": Last-Modified); the clocks within a store may differ. */
#define OLDER_US (60 * SHUB_SECOND_US)

/* What Complete calls a part's sum (API Reference, "CompletedPart"), and Create the
 * algorithm. */
static const struct {
    const char *element, *algorithm;
} sum_names[] = {
    [SHUB__SUM_NONE] = {NULL, NULL},
    [SHUB__SUM_MD5] = {NULL, NULL},
    [SHUB__SUM_SHA256] = {NULL, NULL},
    [SHUB__SUM_CRC32C] = {"ChecksumCRC32C", "CRC32C"},
    [SHUB__SUM_CRC64NVME] = {"ChecksumCRC64NVME", "CRC64NVME"},
};

static shub_status init(shub_s3_upload *up, shub__s3_op op)
{
    shub__s3_call_fini(&up->control);
    return shub__s3_call_init(&up->control, up->s3, op, up->bucket, up->key, &up->err);
}

static void start(shub_s3_upload *up, shub__s3_phase phase, shub_status status,
                  shub__s3_done_fn *done)
{
    up->phase = phase;
    up->control.done = done;
    up->control.user = up;
    if (status == SHUB_OK)
        shub__s3_call_start(&up->control);
    else
        shub__s3_upload_fail(up, status, &up->err);
}

static shub_status add_upload_id(shub_s3_upload *up)
{
    return shub__s3_add_part(&up->control.req, shub__buf_view(&up->upload_id), 0,
                             &up->err);
}

/* ---- what is under the key ------------------------------------------------------ */

static shub_status read_head(shub_s3_upload *up, const shub__s3_call *call,
                             shub_s3_object *there, shub_error *err)
{
    memset(there, 0, sizeof *there);
    *err = call->err;
    there->key = up->key;
    return call->status == SHUB_OK
               ? shub__s3_read_object(SHUB__S3_HEAD, shub__buf_view(&call->headers),
                                      &up->arena, there, err)
               : call->status;
}

/* It was there before the upload began. */
static int is_older(const shub_s3_upload *up, const shub_s3_object *there)
{
    return up->begun_us > 0 && there->modified_us > 0 &&
           there->modified_us < up->begun_us - OLDER_US;
}

/* 1: it is this upload's; 0: it is not; SHUB_NONE: it may be. */
static int is_ours(const shub_s3_upload *up, const shub_s3_object *there)
{
    shub__buf etag;
    int ours = up->has_sha256 || is_older(up, there) ? 0 : SHUB_NONE;

    if (there->bytes != up->parts.total)
        return 0;
    if (up->has_sha256 && there->has_sha256)
        return memcmp(up->sha256, there->sha256, sizeof up->sha256) == 0;
    shub__buf_init(&etag, 64);
    if (shub__s3_parts_etag(&up->parts, &etag, NULL) == SHUB_OK && etag.len &&
        shub_slice_equal(shub__buf_view(&etag), there->etag))
        ours = 1;
    shub__buf_fini(&etag);
    return ours;
}

static void on_checked(shub__s3_call *call, void *user)
{
    shub_s3_upload *up = user;
    shub_s3_object there;
    shub_error err, refused = up->err;
    shub_status status = read_head(up, call, &there, &err);

    if (up->is_put_doubtful) {
        if (status == SHUB_OK && up->has_sha256 && is_ours(up, &there) == 1)
            shub__s3_upload_done(up, there.etag);
        else
            shub__s3_upload_fail(up, SHUB_E_PRECONDITION, &refused);
        return;
    }
    status = shub__s3_check_conditions(&up->opts, status, &there, &err);
    if (status != SHUB_OK) {
        shub__s3_upload_fail(up, status, &err);
        return;
    }
    up->is_checked = 1;
    shub__s3_upload_step(up);
}

void shub__s3_upload_check(shub_s3_upload *up)
{
    shub_error kept = up->err; /* of a Put that is in doubt */
    shub_status status = init(up, SHUB__S3_HEAD);

    if (status == SHUB_OK)
        up->err = kept;
    start(up, SHUB__S3_CHECKING, status, on_checked);
}

/* ---- which parts are there ------------------------------------------------------ */

static shub_status on_noted(int part, shub_slice etag, shub_slice sum, void *user,
                            shub_error *err)
{
    shub_s3_upload *up = user;

    return part >= 1 && part <= up->parts.count
               ? shub__s3_parts_done(&up->parts, part, etag, sum, err)
               : SHUB_OK;
}

static void list_parts(shub_s3_upload *up, shub_slice mark);

/* The bytes of a stream are gone: what the server has lost of it cannot be sent again. */
static void go_on(shub_s3_upload *up)
{
    shub_error err = SHUB_ERROR_INIT;

    up->is_found = 1;
    if (!up->completes)
        up->reused = up->parts.bytes_done;
    if (up->fd == SHUB_NONE && !shub__s3_parts_complete(&up->parts))
        shub__s3_upload_refuse(up,
                               shub__fail(&err, SHUB_E_REMOTE, SHUB_NONE,
                                          "the server has %d of the stream's %d parts",
                                          up->parts.done, up->parts.count),
                               &err);
    else
        shub__s3_upload_step(up);
}

static void on_listed(shub__s3_call *call, void *user)
{
    shub_s3_upload *up = user;
    shub_error err = call->err;
    shub__s3_page page = {0};
    shub__arena arena = {0};
    shub_status status = call->status;

    if (status == SHUB_E_NOT_FOUND) {
        shub__s3_upload_lost(up, &err);
        return;
    }
    if (status == SHUB_OK)
        status = shub__s3_read_page(SHUB__S3_LIST_PARTS, shub__buf_view(&call->body),
                                    &arena, &page, &err);
    for (size_t i = 0; status == SHUB_OK && i < page.count; i++)
        status =
            shub__s3_parts_found(&up->parts, page.entries[i].part, page.entries[i].bytes,
                                 page.entries[i].etag, page.sums[i], &err);
    if (status == SHUB_E_REMOTE && call->fault.advice == SHUB__S3_FINAL)
        shub__s3_upload_refuse(up, status, &err);
    else if (status != SHUB_OK)
        shub__s3_upload_fail(up, status, &err);
    else if (page.truncated)
        list_parts(up, page.next[0]);
    else
        go_on(up);
    shub__arena_fini(&arena);
}

static void list_parts(shub_s3_upload *up, shub_slice mark)
{
    shub_slice next[2] = {mark, {NULL, 0}};
    shub_status status;

    status = init(up, SHUB__S3_LIST_PARTS);
    if (status == SHUB_OK)
        status = add_upload_id(up);
    if (status == SHUB_OK)
        status =
            shub__s3_add_list(&up->control.req, NULL, mark.len ? next : NULL, &up->err);
    start(up, SHUB__S3_FINDING, status, on_listed);
}

/* A part size that this library has not chosen is of a damaged row. */
static int is_usable(const shub_s3_upload *up, int64_t part_bytes)
{
    return up->row && part_bytes == shub__s3_part_size(up->file.bytes, part_bytes);
}

/* The parts as the earlier run had them, and what it noted of them. */
static shub_status replan(shub_s3_upload *up, int64_t part_bytes)
{
    shub_status status;

    shub__s3_parts_fini(&up->parts);
    status = shub__s3_parts_init(&up->parts, up->file.bytes, part_bytes, &up->err);
    up->parts.needs_sums = shub__s3_sum_kind(up->s3) != SHUB__SUM_NONE;
    return status == SHUB_OK
               ? shub__s3_journal_parts(up->s3->journal, up->row, on_noted, up, &up->err)
               : status;
}

/* The journal says which upload, the server what it has of it. */
void shub__s3_upload_find(shub_s3_upload *up)
{
    int64_t part_bytes = up->parts.part_bytes;
    shub_status status = SHUB_OK;

    if (!up->upload_id.len) {
        status = shub__s3_journal_find(up->s3->journal, up->bucket, up->key, &up->file,
                                       &up->row, &part_bytes, &up->upload_id, &up->err);
        if (status == SHUB_OK && !is_usable(up, part_bytes)) {
            up->row = 0; /* a row becomes an orphan when the next one begins */
            shub__buf_clear(&up->upload_id);
            up->is_found = 1;
            shub__s3_upload_step(up);
            return;
        }
        if (status == SHUB_OK)
            status = replan(up, part_bytes);
    }
    shub__s3_parts_doubt(&up->parts);
    if (status == SHUB_OK)
        list_parts(up, SHUB_LIT(""));
    else
        shub__s3_upload_fail(up, status, &up->err);
}

/* ---- begin ---------------------------------------------------------------------- */

/* An upload that the journal does not know would be an orphan after a crash. */
static shub_status note_begin(shub_s3_upload *up, shub_error *err)
{
    shub__s3_journal_row row = {0};

    if (!up->s3->journal || up->fd == SHUB_NONE)
        return SHUB_OK;
    row.bucket = up->bucket;
    row.key = up->key;
    row.upload_id = shub__buf_view(&up->upload_id);
    row.part_bytes = up->parts.part_bytes;
    row.begun_us = shub__s3_now(up->s3);
    return shub__s3_journal_begin(up->s3->journal, &row, &up->file, &up->row, err);
}

/* Where an attempt before this one had no answer, the server may have begun two: the
 * other is an orphan. */
static shub_status note_id(shub_s3_upload *up, int attempts, shub_error *err)
{
    shub_status status;

    if (!up->row)
        return SHUB_OK;
    status = attempts ? note_begin(up, err)
                      : shub__s3_journal_name(up->s3->journal, up->row,
                                              shub__buf_view(&up->upload_id), err);
    if (status != SHUB_OK)
        up->row = 0; /* no later run could go on with it */
    return status;
}

/* A refusal in so many words: nothing was begun. */
static void forget_refused(shub_s3_upload *up, const shub__s3_call *call)
{
    if (!up->row || call->attempt || call->http_status < 400 || call->http_status >= 500)
        return;
    (void)shub__s3_journal_end(up->s3->journal, up->row, NULL);
    up->row = 0;
}

static void on_created(shub__s3_call *call, void *user)
{
    shub_s3_upload *up = user;
    shub_slice upload_id = {NULL, 0};
    shub__arena arena = {0};
    shub_error err = call->err;
    shub_status status = call->status;

    if (status == SHUB_OK)
        status =
            shub__s3_read_create(shub__buf_view(&call->body), &arena, &upload_id, &err);
    if (status == SHUB_OK) {
        shub__buf_clear(&up->upload_id);
        shub__buf_slice(&up->upload_id, upload_id);
        status = shub__buf_check(&up->upload_id, "upload id", &err);
    }
    shub__arena_fini(&arena);
    up->begun_us = call->fault.server_time_us;
    if (status == SHUB_OK)
        status = note_id(up, call->attempt, &err);
    else
        forget_refused(up, call);
    if (status == SHUB_OK)
        shub__s3_upload_step(up);
    else
        shub__s3_upload_fail(up, status, &err);
}

void shub__s3_upload_create(shub_s3_upload *up)
{
    const char *algorithm = sum_names[shub__s3_sum_kind(up->s3)].algorithm;
    shub_status status = init(up, SHUB__S3_CREATE);

    up->control.req.body = SHUB_LIT("");
    if (status == SHUB_OK)
        status = shub__s3_add_object_headers(&up->control.req, &up->opts, &up->err);
    if (status == SHUB_OK && up->has_sha256)
        status = shub__s3_add_sha256(&up->control.req, up->sha256, &up->err);
    if (status == SHUB_OK && algorithm)
        status = shub__s3_add_header(&up->control.req, "x-amz-checksum-algorithm",
                                     shub_str(algorithm), &up->err);
    if (status == SHUB_OK)
        status = note_begin(up, &up->err);
    start(up, SHUB__S3_CREATING, status, on_created);
}

/* ---- complete ------------------------------------------------------------------- */

static void settle(shub_s3_upload *up);

static int is_code(const shub__s3_call *call, const char *code)
{
    return strcmp(call->fault.code, code) == 0;
}

/* An answer after which the object may be there. Those that say no for sure are the
 * others. NoSuchUpload is what a Complete that was done before gets. */
static int is_in_doubt(const shub__s3_call *call)
{
    switch (call->status) {
    case SHUB_E_NETWORK:
    case SHUB_E_TIMEOUT:
    case SHUB_E_TRUNCATED:
    case SHUB_E_OVERLOADED:
    case SHUB_E_FORMAT:
        return 1;
    case SHUB_E_NOT_FOUND:
        return is_code(call, "NoSuchUpload");
    default:
        return call->http_status >= 500 || call->http_status / 100 == 2 ||
               call->fault.advice == SHUB__S3_RETRY;
    }
}

static void on_completed(shub__s3_call *call, void *user)
{
    shub_s3_upload *up = user;
    shub_slice etag = {NULL, 0};
    shub__arena arena = {0};
    shub_error err = call->err;
    shub_status status = call->status;
    int is_anew = is_code(call, "InvalidPart") || is_code(call, "InvalidPartOrder") ||
                  status == SHUB_E_CONFLICT;

    if (status == SHUB_OK) {
        /* The object is there, whatever its answer lacks. */
        (void)shub__s3_read_etag(shub__buf_view(&call->body), &arena, &etag, NULL);
        shub__s3_upload_done(up, etag);
        shub__arena_fini(&arena);
    } else if (shub__s3_lost_conditions(call)) {
        up->is_checked = 0;
        shub__s3_upload_step(up);
    } else if (is_in_doubt(call) ||
               (status == SHUB_E_PRECONDITION && up->completes > 1)) {
        up->err = err;
        settle(up);
    } else if (is_anew) {
        up->status = status;
        up->err = err;
        shub__s3_upload_drop(up, 0);
    } else if (status == SHUB_E_REMOTE) {
        shub__s3_upload_refuse(up, status, &err);
    } else {
        shub__s3_upload_fail(up, status, &err);
    }
}

void shub__s3_upload_complete(shub_s3_upload *up)
{
    const char *element = sum_names[shub__s3_sum_kind(up->s3)].element;
    shub__s3_done *list = NULL;
    shub_status status = shub__s3_upload_check_file(up, &up->err);

    if (status == SHUB_OK)
        status = init(up, SHUB__S3_COMPLETE);
    up->control.once = 1;
    up->completes++;
    if (status == SHUB_OK)
        status = add_upload_id(up);
    if (status == SHUB_OK)
        status = shub__s3_parts_list(&up->parts, &list, &up->err);
    if (status == SHUB_OK)
        status = shub__s3_complete_body(&up->control.req, list, (size_t)up->parts.count,
                                        element, &up->err);
    if (status == SHUB_OK && up->s3->wants_conditions)
        status = shub__s3_add_conditions(&up->control.req, &up->opts, &up->err);
    shub__free(list);
    start(up, SHUB__S3_COMPLETING, status, on_completed);
}

/* ---- a Complete without an answer ----------------------------------------------- */

static void on_settled(shub__s3_call *call, void *user)
{
    shub_s3_upload *up = user;
    shub_s3_object there;
    shub_error err, doubt = up->err;
    shub_status status = read_head(up, call, &there, &err);
    int ours = status == SHUB_OK ? is_ours(up, &there) : 0;

    if (ours == 1) {
        shub__s3_upload_done(up, there.etag);
    } else if (status != SHUB_OK && status != SHUB_E_NOT_FOUND) {
        shub__s3_upload_fail(up, status, &err);
    } else if (up->completes > up->s3->opts.retries) {
        shub__s3_upload_fail(up, (shub_status)doubt.code, &doubt);
    } else {
        int shift = up->completes < 8 ? up->completes : 8;
        uint64_t max_ms = (uint64_t)COMPLETE_WAIT_MS << shift;

        up->is_there = ours == SHUB_NONE;
        up->is_found = 0; /* the server is asked which parts it has */
        up->phase = SHUB__S3_SETTLING;
        shub__buf_clear(&up->etag);
        shub__buf_slice(&up->etag, there.etag);
        shub__timer_set(&up->timer,
                        shub__loop_now_ms() +
                            (int64_t)shub__random_below(&up->s3->random, max_ms + 1));
    }
}

static void settle(shub_s3_upload *up)
{
    shub_error doubt = up->err;
    shub_status status = init(up, SHUB__S3_HEAD);

    shub__trace(SHUB_LEVEL_INFO, "s3 event=settle tries=%d", up->completes);
    if (status == SHUB_OK)
        up->err = doubt;
    start(up, SHUB__S3_SETTLING, status, on_settled);
}

/* ---- abort ---------------------------------------------------------------------- */

shub_status shub__s3_upload_abort(shub_s3_upload *up, shub__s3_done_fn *done)
{
    shub_error kept = up->err;
    shub_status status = init(up, SHUB__S3_ABORT);

    up->phase = SHUB__S3_DROPPING;
    if (status == SHUB_OK)
        status = add_upload_id(up);
    up->err = kept;
    if (status == SHUB_OK)
        start(up, SHUB__S3_DROPPING, status, done);
    return status;
}
