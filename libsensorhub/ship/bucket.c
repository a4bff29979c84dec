/* A bucket as destination: "s3://bucket/prefix". */
#include "ship/dest.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* An upload that nothing has gone on with for so long is given up: what it holds costs
 * money, and the file it was of is sent anew if it is still here. */
#define STALE_US (7 * 24 * SHUB_HOUR_US)

typedef struct bucket {
    shub__dest dest; /* first: the handle */
    shub_s3 *s3;
    char *name;
    char *prefix; /* before each key, with its '/'; or "" */
    shub_clock clock;
} bucket;

/* Key in the bucket; `full` is to be freed also on failure. */
static shub_status key_of(const bucket *b, const char *key, shub__buf *full,
                          shub_error *err)
{
    shub__buf_init(full, SHUB_S3_KEY_MAX);
    shub__buf_printf(full, "%s%s", b->prefix, key);
    return shub__buf_check(full, "key", err);
}

/* ---- put ------------------------------------------------------------------------ */

static shub_status begin(bucket *b, const shub__dest_put *put, shub_s3_upload **up)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub__buf key;
    shub_status status = key_of(b, put->key, &key, put->err);

    opts.content_type = SHUB_LIT("application/x-ndjson");
    opts.content_encoding = SHUB_LIT("gzip");
    opts.sha256 = put->digest->sha256;
    opts.if_none_match = 1;
    *up = NULL;
    if (status == SHUB_OK)
        status = shub_s3_upload_file(b->s3, shub_str(b->name), shub__buf_view(&key),
                                     put->path, &opts, up, put->err);
    shub__buf_fini(&key);
    return status;
}

static shub_status end(shub_s3_upload *up, shub_error *err)
{
    shub_status status;

    do
        status = shub_s3_upload_poll(up, SHUB_NONE, NULL, NULL, err);
    while (status == SHUB_E_AGAIN);
    return status == SHUB_E_PRECONDITION ? SHUB_E_EXISTS : status;
}

/* All at once: the client bounds what is in flight. */
static void bucket_put(shub__dest *dest, shub__dest_put *puts, size_t count)
{
    bucket *b = (bucket *)dest;
    shub_s3_upload **ups = shub__calloc(count, sizeof *ups);

    for (size_t i = 0; i < count; i++)
        puts[i].status =
            ups ? begin(b, &puts[i], &ups[i]) : shub__fail_nomem(puts[i].err);
    for (size_t i = 0; ups && i < count; i++)
        if (puts[i].status == SHUB_OK)
            puts[i].status = end(ups[i], puts[i].err);
    for (size_t i = 0; ups && i < count; i++)
        shub_s3_upload_close(ups[i]);
    shub__free(ups);
}

/* ---- look ----------------------------------------------------------------------- */

static shub_status bucket_head(shub__dest *dest, const char *key, shub__digest *out,
                               shub_error *err)
{
    bucket *b = (bucket *)dest;
    shub_s3_object object = SHUB_S3_OBJECT_INIT;
    shub__buf full;
    shub_status status = key_of(b, key, &full, err);

    memset(out, 0, sizeof *out);
    if (status == SHUB_OK)
        status =
            shub_s3_head(b->s3, shub_str(b->name), shub__buf_view(&full), &object, err);
    shub__buf_fini(&full);
    if (status != SHUB_OK)
        return status;
    out->bytes = object.bytes;
    out->known = object.has_sha256;
    memcpy(out->sha256, object.sha256, sizeof out->sha256);
    return SHUB_OK;
}

static shub_status add_bytes(shub_slice bytes, void *user, shub_error *err)
{
    return shub__digester_add(user, bytes.ptr, bytes.len, err);
}

static shub_status bucket_read(shub__dest *dest, const char *key, int gzip,
                               shub__digest *out, shub_error *err)
{
    bucket *b = (bucket *)dest;
    shub__digester d;
    shub__buf full;
    shub_status status = key_of(b, key, &full, err);

    memset(out, 0, sizeof *out);
    memset(&d, 0, sizeof d);
    if (status == SHUB_OK)
        status = shub__digester_init(&d, gzip, err);
    if (status == SHUB_OK)
        status = shub_s3_get(b->s3, shub_str(b->name), shub__buf_view(&full), NULL,
                             add_bytes, &d, NULL, err);
    if (status == SHUB_OK)
        status = shub__digester_end(&d, out, err);
    shub__digester_fini(&d);
    shub__buf_fini(&full);
    return status == SHUB_E_CHECKSUM ? SHUB_E_CORRUPT : status;
}

/* What a store has acknowledged is durable. */
static shub_status bucket_settle(shub__dest *dest, const char *key, shub_error *err)
{
    (void)dest;
    (void)key;
    (void)err;
    return SHUB_OK;
}

static shub_status walk(const bucket *b, shub_s3_list *list, shub__dest_fn *fn,
                        void *user, shub_error *err)
{
    shub_s3_object entry = SHUB_S3_OBJECT_INIT;
    size_t skip = strlen(b->prefix);
    int more;
    shub_status status;

    while ((status = shub_s3_list_next(list, &entry, &more, err)) == SHUB_OK && more) {
        if (entry.key.len < skip)
            continue;
        status = fn(shub_bytes(entry.key.ptr + skip, entry.key.len - skip), entry.bytes,
                    user, err);
        if (status != SHUB_OK)
            break;
    }
    return status;
}

static shub_status bucket_list(shub__dest *dest, const char *folder, shub__dest_fn *fn,
                               void *user, shub_error *err)
{
    const bucket *b = (bucket *)dest;
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub_s3_list *list = NULL;
    shub__buf full;
    shub_status status = key_of(b, folder, &full, err);

    opts.prefix = shub__buf_view(&full);
    if (status == SHUB_OK)
        status = shub_s3_list_open(b->s3, shub_str(b->name), &opts, &list, err);
    if (status == SHUB_OK)
        status = walk(b, list, fn, user, err);
    shub_s3_list_close(list);
    shub__buf_fini(&full);
    return status;
}

/* What cannot be removed now is for the next run: it stops none. */
static shub_status bucket_clean(shub__dest *dest, shub_error *err)
{
    bucket *b = (bucket *)dest;
    int64_t before_us = shub__clock_now(&b->clock) - STALE_US;

    (void)err;
    (void)shub_s3_abort_stale(b->s3, shub_str(b->name), shub_str(b->prefix), before_us, 0,
                              NULL, NULL);
    return SHUB_OK;
}

/* ---- open ----------------------------------------------------------------------- */

static void bucket_close(shub__dest *dest)
{
    bucket *b = (bucket *)dest;

    shub_s3_close(b->s3);
    shub__free(b->name);
    shub__free(b->prefix);
    shub__free(b);
}

static const shub__dest_calls bucket_calls = {
    bucket_close,  bucket_put,  bucket_head,  bucket_read,
    bucket_settle, bucket_list, bucket_clean,
};

static shub_status parse_url(bucket *b, shub_slice url, shub_error *err)
{
    const size_t scheme = sizeof "s3://" - 1;
    shub_slice name, prefix;
    size_t size;

    (void)shub__cut(shub_bytes(url.ptr + scheme, url.len - scheme), '/', &name, &prefix);
    while (prefix.len && prefix.ptr[prefix.len - 1] == '/')
        prefix.len--;
    if (!name.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "destination \"%.*s\": want s3://bucket/prefix",
                          SHUB__SHOW(url));
    size = prefix.len + 2;
    b->name = shub__strndup(name.ptr, name.len);
    b->prefix = shub__calloc(1, size);
    if (!b->name || !b->prefix)
        return shub__fail_nomem(err);
    if (prefix.len) {
        memcpy(b->prefix, prefix.ptr, prefix.len);
        b->prefix[prefix.len] = '/';
    }
    return SHUB_OK;
}

static shub_status open_client(bucket *b, const shub__dest_options *more, shub_error *err)
{
    static const shub_s3_options init = SHUB_S3_OPTIONS_INIT;
    shub_s3_options opts = more->s3 ? *more->s3 : init;

    if (!opts.journal)
        opts.journal = more->uploads;
    if (!opts.clock.now_us)
        opts.clock = more->clock;
    return shub_s3_open(&opts, &b->s3, err);
}

shub_status shub__bucket_open(shub_slice url, const shub__dest_options *opts,
                              shub__dest **dest, shub_error *err)
{
    bucket *b = shub__calloc(1, sizeof *b);
    shub_status status;

    *dest = NULL;
    if (!b)
        return shub__fail_nomem(err);
    b->dest.calls = &bucket_calls;
    b->clock = opts->clock;
    status = parse_url(b, url, err);
    if (status == SHUB_OK)
        status = open_client(b, opts, err);
    if (status != SHUB_OK) {
        bucket_close(&b->dest);
        return status;
    }
    *dest = &b->dest;
    return SHUB_OK;
}
