/* Lists: a page at a time, an entry at a time. */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "s3/client.h"

#include <string.h>

struct shub_s3_list {
    shub_s3 *s3;
    shub__s3_op op;
    char *bucket, *key, *upload_id; /* of parts: key and upload */
    char *prefix, *delimiter, *start_after;
    int32_t page_max;
    int begun;
    char *next[2]; /* marks of the page behind this one */
    shub__arena arena;
    shub__s3_page page;
    size_t at; /* entry that is next */
};

static shub_status copy(char **to, shub_slice text, shub_error *err)
{
    if (!text.len)
        return SHUB_OK;
    *to = shub__strndup(text.ptr, text.len);
    return *to ? SHUB_OK : shub__fail_nomem(err);
}

static shub_status copy_options(shub_s3_list *list, const shub_s3_list_options *given,
                                shub_error *err)
{
    shub_s3_list_options opts;
    shub_status status = shub__options_in(&opts, sizeof opts, given, err);

    if (status != SHUB_OK)
        return status;
    list->page_max = opts.page;
    status = copy(&list->prefix, opts.prefix, err);
    if (status == SHUB_OK)
        status = copy(&list->delimiter, opts.delimiter, err);
    return status == SHUB_OK ? copy(&list->start_after, opts.start_after, err) : status;
}

static shub_status open_list(shub_s3 *s3, shub__s3_op op, shub_slice bucket,
                             const shub_s3_list_options *opts, shub_s3_list **out,
                             shub_error *err)
{
    shub_s3_list *list = shub__calloc(1, sizeof *list);
    shub_status status;

    *out = NULL;
    if (!list)
        return shub__fail_nomem(err);
    list->s3 = s3;
    list->op = op;
    status = copy(&list->bucket, bucket, err);
    if (status == SHUB_OK)
        status = copy_options(list, opts, err);
    if (status != SHUB_OK) {
        shub_s3_list_close(list);
        return status;
    }
    *out = list;
    return SHUB_OK;
}

shub_status shub_s3_list_open(shub_s3 *s3, shub_slice bucket,
                              const shub_s3_list_options *opts, shub_s3_list **list,
                              shub_error *err)
{
    return open_list(s3, SHUB__S3_LIST, bucket, opts, list, err);
}

shub_status shub_s3_list_uploads(shub_s3 *s3, shub_slice bucket,
                                 const shub_s3_list_options *opts, shub_s3_list **list,
                                 shub_error *err)
{
    return open_list(s3, SHUB__S3_LIST_UPLOADS, bucket, opts, list, err);
}

shub_status shub_s3_list_parts(shub_s3 *s3, shub_slice bucket, shub_slice key,
                               shub_slice upload_id, shub_s3_list **out, shub_error *err)
{
    shub_status status = open_list(s3, SHUB__S3_LIST_PARTS, bucket, NULL, out, err);

    if (status == SHUB_OK)
        status = copy(&(*out)->key, key, err);
    if (status == SHUB_OK)
        status = copy(&(*out)->upload_id, upload_id, err);
    if (status != SHUB_OK) {
        shub_s3_list_close(*out);
        *out = NULL;
    }
    return status;
}

void shub_s3_list_close(shub_s3_list *list)
{
    if (!list)
        return;
    shub__arena_fini(&list->arena);
    shub__free(list->next[0]);
    shub__free(list->next[1]);
    shub__free(list->prefix);
    shub__free(list->delimiter);
    shub__free(list->start_after);
    shub__free(list->bucket);
    shub__free(list->key);
    shub__free(list->upload_id);
    shub__free(list);
}

/* ---- pages ---------------------------------------------------------------------- */

static shub_status fill_in(const shub_s3_list *list, shub__s3_request *req,
                           shub_error *err)
{
    shub_slice next[2] = {shub_str(list->next[0]), shub_str(list->next[1])};
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_status status = SHUB_OK;

    opts.prefix = shub_str(list->prefix);
    opts.delimiter = shub_str(list->delimiter);
    opts.start_after = shub_str(list->start_after);
    opts.page = list->page_max;
    if (list->op == SHUB__S3_LIST_PARTS)
        status = shub__s3_add_part(req, shub_str(list->upload_id), 0, err);
    return status == SHUB_OK
               ? shub__s3_add_list(req, &opts, list->begun ? next : NULL, err)
               : status;
}

static shub_status keep_marks(shub_s3_list *list, const shub__s3_page *page,
                              shub_error *err)
{
    char *next[2] = {NULL, NULL};

    if (page->truncated && !page->next[0].len)
        return shub__fail(err, SHUB_E_FORMAT, SHUB_NONE,
                          "%s: there is more, and not said where",
                          shub__s3_calls[list->op].name);
    for (int i = 0; i < 2; i++)
        if (copy(&next[i], page->next[i], err) != SHUB_OK) {
            shub__free(next[0]);
            return SHUB_E_NOMEM;
        }
    for (int i = 0; i < 2; i++) {
        shub__free(list->next[i]);
        list->next[i] = next[i];
    }
    return SHUB_OK;
}

/* Takes the page of an answer in place of the one that was read to its end. After a
 * failure the same page is asked for again. */
static shub_status take_page(shub_s3_list *list, shub_slice body, shub_error *err)
{
    shub__s3_page page = {0};
    shub_status status;

    shub__arena_clear(&list->arena);
    list->page.count = list->at = 0;
    status = shub__s3_read_page(list->op, body, &list->arena, &page, err);
    if (status == SHUB_OK)
        status = keep_marks(list, &page, err);
    if (status != SHUB_OK)
        return status;
    list->page = page;
    list->begun = 1;
    return SHUB_OK;
}

static shub_status get_page(shub_s3_list *list, shub_error *err)
{
    shub__s3_call call;
    shub_status status = shub__s3_call_init(
        &call, list->s3, list->op, shub_str(list->bucket), shub_str(list->key), err);

    if (status == SHUB_OK)
        status = fill_in(list, &call.req, err);
    if (status == SHUB_OK)
        status = shub__s3_call_run(&call, err);
    if (status == SHUB_OK)
        status = take_page(list, shub__buf_view(&call.body), err);
    shub__s3_call_fini(&call);
    return status;
}

shub_status shub_s3_list_next(shub_s3_list *list, shub_s3_object *entry, int *more,
                              shub_error *err)
{
    static const shub_s3_object none;
    shub_status status = SHUB_OK;

    *more = 0;
    while (status == SHUB_OK && list->at == list->page.count &&
           (!list->begun || list->page.truncated))
        status = get_page(list, err);
    if (status == SHUB_OK && list->at < list->page.count) {
        shub__result_out(entry, &list->page.entries[list->at++], sizeof *entry);
        *more = 1;
        return SHUB_OK;
    }
    shub__result_out(entry, &none, sizeof none);
    return status;
}
