#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "s3/reply_internal.h"

#include <string.h>

/* ---- shared -------------------------------------------------------------------- */

shub_slice shub__s3_unquote(shub_slice text)
{
    text = shub__trim(text);
    if (text.len >= 2 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return shub_bytes(text.ptr + 1, text.len - 2);
    return text;
}

shub_status shub__s3_keep(shub__arena *arena, shub_slice text, shub_slice *out,
                          shub_error *err)
{
    *out = shub_str(NULL);
    if (!text.len)
        return SHUB_OK;
    if (!shub__arena_reserve(arena, text.len + 1))
        return shub__fail_nomem(err);
    *out = shub__arena_copy(arena, text);
    return SHUB_OK;
}

int64_t shub__s3_number(shub_slice text)
{
    int64_t value;

    text = shub__trim(text);
    if (!text.len || shub__int64_read(text.ptr, text.len, &value) || value < 0)
        return SHUB_NONE;
    return value;
}

shub_status shub__s3_read_body(shub_slice body, shub__s3_xml_fn *fn, void *user,
                               shub_error *err)
{
    shub_status status = shub__s3_xml_read(body, fn, user, err);

    if (status != SHUB_E_EMPTY && status != SHUB_E_FORMAT)
        return status;
    if (err)
        err->code = SHUB_E_HTTP;
    return SHUB_E_HTTP;
}

/* ---- results of one value ------------------------------------------------------ */

typedef struct wanted {
    const char *const *paths; /* to NULL */
    shub__arena *arena;
    shub_slice found;
} wanted;

static shub_status on_value(shub_slice path, shub_slice text, void *user, shub_error *err)
{
    wanted *w = user;

    for (size_t i = 0; w->paths[i]; i++)
        if (shub_slice_equal(path, shub_str(w->paths[i])))
            return shub__s3_keep(w->arena, shub__s3_unquote(text), &w->found, err);
    return SHUB_OK;
}

static shub_status read_value(shub_slice body, const char *const *paths,
                              shub__arena *arena, shub_slice *out, shub_error *err)
{
    wanted w = {paths, arena, {NULL, 0}};
    shub_status status = shub__s3_read_body(body, on_value, &w, err);

    *out = status ? shub_str(NULL) : w.found;
    return status;
}

shub_status shub__s3_read_create(shub_slice body, shub__arena *arena,
                                 shub_slice *upload_id, shub_error *err)
{
    static const char *const paths[] = {"InitiateMultipartUploadResult/UploadId", NULL};
    shub_status status = read_value(body, paths, arena, upload_id, err);

    if (!status && !upload_id->len)
        return shub__fail(err, SHUB_E_HTTP, SHUB_NONE,
                          "the answer to CreateMultipartUpload has no UploadId");
    return status;
}

shub_status shub__s3_read_etag(shub_slice body, shub__arena *arena, shub_slice *etag,
                               shub_error *err)
{
    static const char *const paths[] = {"CopyObjectResult/ETag", "CopyPartResult/ETag",
                                        "CompleteMultipartUploadResult/ETag", NULL};

    return read_value(body, paths, arena, etag, err);
}

/* ---- what was not deleted ------------------------------------------------------ */

typedef struct deletes {
    shub__s3_delete_fn *fn;
    void *user;
    shub__buf key, code, message;
} deletes;

static void set(shub__buf *buf, shub_slice text)
{
    shub__buf_clear(buf);
    shub__buf_slice(buf, text);
}

static shub_status end_row(deletes *d, shub_error *err)
{
    shub_status status = shub__buf_check(&d->key, "key", err);

    if (!status)
        status = shub__buf_check(&d->code, "code", err);
    if (!status)
        status = shub__buf_check(&d->message, "message", err);
    if (status)
        return status;
    d->fn(shub__buf_view(&d->key), shub__buf_view(&d->code), shub__buf_view(&d->message),
          d->user);
    shub__buf_clear(&d->key);
    shub__buf_clear(&d->code);
    shub__buf_clear(&d->message);
    return SHUB_OK;
}

static shub_status on_delete(shub_slice path, shub_slice text, void *user,
                             shub_error *err)
{
    deletes *d = user;
    shub_slice field = shub__s3_xml_below(path, "DeleteResult/Error");

    if (shub_slice_equal(field, SHUB_LIT("Key")))
        set(&d->key, text);
    else if (shub_slice_equal(field, SHUB_LIT("Code")))
        set(&d->code, shub__trim(text));
    else if (shub_slice_equal(field, SHUB_LIT("Message")))
        set(&d->message, shub__trim(text));
    else if (shub_slice_equal(path, SHUB_LIT("DeleteResult/Error")))
        return end_row(d, err);
    return SHUB_OK;
}

shub_status shub__s3_read_deleted(shub_slice body, shub__s3_delete_fn *fn, void *user,
                                  shub_error *err)
{
    deletes d = {.fn = fn, .user = user};
    shub_status status;

    shub__buf_init(&d.key, SHUB__S3_BODY_MAX);
    shub__buf_init(&d.code, SHUB__S3_BODY_MAX);
    shub__buf_init(&d.message, SHUB__S3_BODY_MAX);
    status = shub__s3_read_body(body, on_delete, &d, err);
    shub__buf_fini(&d.key);
    shub__buf_fini(&d.code);
    shub__buf_fini(&d.message);
    return status;
}
