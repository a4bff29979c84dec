/* Uploads that nobody goes on with: they cost money until they are aborted. */
#include "base/error.h"
#include "base/mem.h"
#include "s3/client_upload.h"

#include <string.h>

shub_status shub_s3_abort(shub_s3 *s3, shub_slice bucket, shub_slice key,
                          shub_slice upload_id, shub_error *err)
{
    shub__s3_call call;
    shub_error here = SHUB_ERROR_INIT;
    shub_status status =
        shub__s3_call_init(&call, s3, SHUB__S3_ABORT, bucket, key, &here);

    if (status == SHUB_OK)
        status = shub__s3_add_part(&call.req, upload_id, 0, &here);
    if (status == SHUB_OK)
        status = shub__s3_call_remove(&call, &here);
    if (status != SHUB_OK && err)
        *err = here;
    shub__s3_call_fini(&call);
    return status;
}

/* One that was found. */
typedef struct stale {
    struct stale *next;
    int64_t row; /* in the journal; 0: none */
    int64_t begun_us;
    char *key, *upload_id; /* id "": the server may have begun it, or not */
    int spared;            /* it is only known */
} stale;

typedef struct search {
    shub_s3 *s3;
    int64_t before_us;
    stale *first;
} search;

static shub_status add(search *s, int64_t row, shub_slice key, shub_slice upload_id,
                       stale **added, shub_error *err)
{
    stale *found = shub__calloc(1, sizeof *found);

    if (!found)
        return shub__fail_nomem(err);
    found->next = s->first;
    s->first = found;
    found->row = row;
    found->key = shub__strndup(key.ptr, key.len);
    found->upload_id = shub__strndup(upload_id.ptr, upload_id.len);
    if (added)
        *added = found;
    return found->key && found->upload_id ? SHUB_OK : shub__fail_nomem(err);
}

static void forget(search *s)
{
    while (s->first) {
        stale *found = s->first;

        s->first = found->next;
        shub__free(found->key);
        shub__free(found->upload_id);
        shub__free(found);
    }
}

static int is_under_way(const shub_s3 *s3, int64_t row)
{
    for (const shub_s3_upload *up = s3->uploads; up; up = up->next)
        if (up->row == row)
            return 1;
    return 0;
}

static shub_status on_row(const shub__s3_journal_row *row, void *user, shub_error *err)
{
    search *s = user;
    stale *found = NULL;
    shub_status status = add(s, row->id, row->key, row->upload_id, &found, err);

    if (status != SHUB_OK)
        return status;
    found->begun_us = row->begun_us;
    found->spared =
        is_under_way(s->s3, row->id) ||
        (row->upload_id.len && !row->is_orphan && row->begun_us >= s->before_us);
    return SHUB_OK;
}

static int is_known(const search *s, shub_slice upload_id)
{
    for (const stale *found = s->first; found; found = found->next)
        if (shub_slice_equal(upload_id, shub_str(found->upload_id)))
            return 1;
    return 0;
}

/* Which uploads at the server are meant. */
typedef struct wanted {
    shub_slice prefix;
    shub_slice key; /* empty: any */
    int64_t from_us, before_us;
} wanted;

static shub_status search_server(search *s, shub_slice bucket, const wanted *w,
                                 shub_error *err)
{
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_s3_list *list;
    int more;
    shub_status status;

    opts.prefix = w->prefix;
    status = shub_s3_list_uploads(s->s3, bucket, &opts, &list, err);
    while (status == SHUB_OK) {
        status = shub_s3_list_next(list, &entry, &more, err);
        if (status != SHUB_OK || !more)
            break;
        if (entry.modified_us >= w->from_us && entry.modified_us < w->before_us &&
            (!w->key.len || shub_slice_equal(w->key, entry.key)) &&
            !is_known(s, entry.upload_id))
            status = add(s, 0, entry.key, entry.upload_id, NULL, err);
    }
    shub_s3_list_close(list);
    return status;
}

/* Uploads whose beginning had no answer: what the server has under their keys since, and
 * nobody knows. */
static shub_status search_lost(search *s, shub_slice bucket, shub_error *err)
{
    shub_status status = SHUB_OK;

    for (const stale *lost = s->first; status == SHUB_OK && lost; lost = lost->next) {
        shub_slice key = shub_str(lost->key);
        wanted w = {key, key, lost->begun_us - SHUB__S3_SKEW_US, INT64_MAX};

        if (!lost->spared && !lost->upload_id[0])
            status = search_server(s, bucket, &w, err);
    }
    return status;
}

static shub_status abort_one(search *s, shub_slice bucket, const stale *found,
                             size_t *count, shub_error *err)
{
    shub_status status = shub_s3_abort(s->s3, bucket, shub_str(found->key),
                                       shub_str(found->upload_id), err);

    if (status == SHUB_OK && found->row)
        status = shub__s3_journal_end(s->s3->journal, found->row, err);
    *count += status == SHUB_OK;
    return status;
}

/* Goes on after a failure, the first of which is told, unless nobody answers,
 * or it is too much. */
static shub_status abort_found(search *s, shub_slice bucket, size_t *count,
                               shub_error *err)
{
    shub_status first = SHUB_OK;

    for (const stale *found = s->first; found; found = found->next) {
        shub_error here = SHUB_ERROR_INIT;
        shub_status status = SHUB_OK;

        if (!found->spared && found->upload_id[0])
            status = abort_one(s, bucket, found, count, &here);
        if (first == SHUB_OK && status != SHUB_OK) {
            first = status;
            if (err)
                *err = here;
        }
        if (shub_status_class(status) == SHUB_CLASS_NETWORK ||
            status == SHUB_E_OVERLOADED)
            break;
    }
    return first;
}

/* Once all that it may have begun is gone. */
static shub_status forget_lost(search *s, shub_error *err)
{
    shub_status status = SHUB_OK;

    for (const stale *lost = s->first; status == SHUB_OK && lost; lost = lost->next)
        if (!lost->spared && !lost->upload_id[0])
            status = shub__s3_journal_end(s->s3->journal, lost->row, err);
    return status;
}

shub_status shub_s3_abort_stale(shub_s3 *s3, shub_slice bucket, shub_slice prefix,
                                int64_t before_us, int all, size_t *count,
                                shub_error *err)
{
    const wanted every = {prefix, {NULL, 0}, INT64_MIN, before_us};
    search s = {s3, before_us, NULL};
    size_t done = 0;
    shub_status lost = SHUB_OK, status = SHUB_OK;

    if (s3->journal)
        status = shub__s3_journal_each(s3->journal, bucket, prefix, on_row, &s, err);
    if (status == SHUB_OK) /* who may not list may abort what has a name */
        lost = search_lost(&s, bucket, err);
    if (status == SHUB_OK && all)
        status = search_server(&s, bucket, &every, err);
    if (status == SHUB_OK)
        status = abort_found(&s, bucket, &done, err);
    if (status == SHUB_OK && lost == SHUB_OK)
        status = forget_lost(&s, err);
    forget(&s);
    if (count)
        *count = done;
    return status == SHUB_OK ? lost : status;
}
