/* s3 rm. */
#include "s3.h"

#include <stdlib.h>
#include <string.h>

const option_row s3_rm_options[] = {
    S3_OPTION_ROWS,
    {"recursive", NULL, "every object whose key begins with the one given; needs --yes"},
    {"yes", NULL, "it is meant"},
    {NULL, NULL, NULL},
};

enum { RECURSIVE = S3_ROWS, YES };

#define GROUP 1000 /* keys of a request (Amazon S3, DeleteObjects) */

/* Keys of one bucket that are to go. */
typedef struct removal {
    shub_s3 *s3;
    shub_slice bucket;
    shub_slice keys[GROUP];
    char *texts[GROUP]; /* of keys that are ours */
    size_t count;
    int64_t deleted, failed;
    int code; /* of the first failure */
} removal;

static void say_refused(removal *r, const shub_status *statuses, const shub_error *err)
{
    for (size_t i = 0; i < r->count; i++) {
        shub_error here = SHUB_ERROR_INIT;

        if (statuses[i] == SHUB_OK)
            continue;
        if (err->index < 0 || err->index == (int64_t)i)
            here = *err;
        r->code = r->code ? r->code : exit_of(statuses[i]);
        (void)failed(r->keys[i].ptr, statuses[i], &here);
    }
}

static void flush(removal *r)
{
    shub_status statuses[GROUP];
    shub_error err = SHUB_ERROR_INIT;

    if (!r->count)
        return;
    memset(statuses, 0, sizeof statuses);
    if (shub_s3_delete_many(r->s3, r->bucket, r->keys, r->count, statuses, &err) !=
        SHUB_OK)
        say_refused(r, statuses, &err);
    for (size_t i = 0; i < r->count; i++) {
        r->deleted += statuses[i] == SHUB_OK;
        r->failed += statuses[i] != SHUB_OK;
        free(r->texts[i]);
        r->texts[i] = NULL;
    }
    r->count = 0;
}

/* `text` is NULL, or the key's and now the removal's. */
static void add(removal *r, shub_slice bucket, shub_slice key, char *text)
{
    if (r->count == GROUP || (r->count && !shub_slice_equal(r->bucket, bucket)))
        flush(r);
    r->bucket = bucket;
    r->texts[r->count] = text;
    r->keys[r->count++] = key;
}

static void add_all_below(removal *r, const s3_place *place)
{
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_s3_list *list = NULL;
    int more = 1;
    shub_status status;

    opts.prefix = place->key;
    status = shub_s3_list_open(r->s3, place->bucket, &opts, &list, &err);
    while (status == SHUB_OK) {
        char *text;

        status = shub_s3_list_next(list, &entry, &more, &err);
        if (status != SHUB_OK || !more)
            break;
        text = strndup(entry.key.ptr, entry.key.len);
        if (!text)
            status = SHUB_E_NOMEM;
        else
            add(r, place->bucket, shub_bytes(text, entry.key.len), text);
    }
    shub_s3_list_close(list);
    if (status != SHUB_OK) {
        int code = failed(place->bucket.ptr, status, &err);
        r->code = r->code ? r->code : code;
    }
}

static int remove_opened(const arguments *args, const s3_place *places, shub_s3 *s3)
{
    removal *r = calloc(1, sizeof *r);
    int code;

    if (!r)
        return failed("s3 rm", SHUB_E_NOMEM, &(shub_error)SHUB_ERROR_INIT);
    r->s3 = s3;
    for (int i = 0; i < args->count; i++) {
        if (args->value[RECURSIVE])
            add_all_below(r, &places[i]);
        else
            add(r, places[i].bucket, places[i].key, NULL);
    }
    flush(r);
    if (args->json) {
        row_int("deleted", r->deleted);
        row_int("failed", r->failed);
        row_end(1);
    }
    code = r->code;
    free(r);
    return code;
}

static int read_places(const arguments *args, s3_place *places)
{
    int code = EXIT_OK;

    if (args->value[RECURSIVE] && !args->value[YES])
        return usage("--recursive deletes all below it: say --yes");
    for (int i = 0; code == EXIT_OK && i < args->count; i++)
        code = s3_place_read(args->rest[i], !args->value[RECURSIVE], &places[i]);
    return code;
}

int run_s3_rm(const arguments *args)
{
    s3_place *places = calloc((size_t)args->count, sizeof *places);
    shub_s3 *s3 = NULL;
    int code;

    if (!places)
        return failed("s3 rm", SHUB_E_NOMEM, &(shub_error)SHUB_ERROR_INIT);
    code = read_places(args, places);
    if (code == EXIT_OK)
        code = s3_open(args, NULL, &s3);
    if (code == EXIT_OK)
        code = remove_opened(args, places, s3);
    shub_s3_close(s3);
    free(places);
    return code;
}
