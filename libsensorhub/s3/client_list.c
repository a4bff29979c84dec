/* Lists: a page at a time, an entry at a time. */
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "s3/client.h"

#include <stdio.h>
#include <string.h>

#define PAGE_MAX 1000 /* API Reference, "ListObjectsV2", max-keys */

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
    if (opts.page < 0 || opts.page > PAGE_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "page is %d, the limit is 0 to %d", (int)opts.page, PAGE_MAX);
    list->page_max = opts.page ? opts.page : PAGE_MAX;
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
    shub__free(list->page.entries);
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

/* What each kind of list calls its parameters (API Reference, "ListObjectsV2",
 * "ListMultipartUploads", "ListParts"). */
static const struct names {
    const char *first; /* sent with an empty value, or this one */
    const char *value;
    const char *page;    /* how many entries */
    const char *mark[2]; /* where the page begins */
} names[SHUB__S3_OPS] = {
    [SHUB__S3_LIST] = {"list-type", "2", "max-keys", {"continuation-token", NULL}},
    [SHUB__S3_LIST_UPLOADS] = {"uploads",
                               "",
                               "max-uploads",
                               {"key-marker", "upload-id-marker"}},
    [SHUB__S3_LIST_PARTS] = {NULL, NULL, "max-parts", {"part-number-marker", NULL}},
};

static shub_status add(shub__s3_request *req, const char *name, const char *value,
                       shub_error *err)
{
    return name && value ? shub__s3_add_query(req, name, shub_str(value), err) : SHUB_OK;
}

static shub_status fill_in(const shub_s3_list *list, shub__s3_request *req,
                           shub_error *err)
{
    const struct names *n = &names[list->op];
    int is_parts = list->op == SHUB__S3_LIST_PARTS;
    int is_objects = list->op == SHUB__S3_LIST;
    char page[16];
    const struct {
        const char *name, *value;
    } rows[] = {
        {n->first, n->value},
        {n->page, page},
        {"uploadId", list->upload_id},
        {"prefix", list->prefix},
        {"delimiter", list->delimiter},
        {"encoding-type", is_parts ? NULL : "url"}, /* XML cannot hold every key */
        {"start-after", is_objects && !list->begun ? list->start_after : NULL},
        {n->mark[0], list->next[0]},
        {n->mark[1], list->next[1]},
    };

    (void)snprintf(page, sizeof page, "%d", (int)list->page_max);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (add(req, rows[i].name, rows[i].value, err) != SHUB_OK)
            return SHUB_E_NOMEM;
    return SHUB_OK;
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
    shub__free(list->page.entries);
    list->page.entries = NULL;
    list->page.count = list->at = 0;
    status = shub__s3_read_page(list->op, body, &list->arena, &page, err);
    if (status == SHUB_OK)
        status = keep_marks(list, &page, err);
    if (status != SHUB_OK) {
        shub__free(page.entries);
        return status;
    }
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
