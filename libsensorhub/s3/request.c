#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "s3/request_internal.h"
#include "s3/uri.h"

#include <stdio.h>
#include <string.h>

#define BODY_MAX   ((size_t)8 << 20) /* 1000 keys of 1024 bytes, each escaped: 6 MB */
#define VALUE_MAX  ((size_t)8192)    /* S3 takes 8 KB of headers in all */
#define PAGE_MAX   1000
#define SOURCE_MAX ((size_t)SHUB_S3_BUCKET_MAX + 2 + 3 * (size_t)SHUB_S3_KEY_MAX)

const shub__s3_call_row shub__s3_calls[SHUB__S3_OPS] = {
    [SHUB__S3_PUT] = {"PutObject", "PUT", SHUB__S3_OF_OBJECT, NULL, NULL, 1, 1},
    [SHUB__S3_GET] = {"GetObject", "GET", SHUB__S3_OF_OBJECT, NULL, NULL, 0, 0},
    [SHUB__S3_HEAD] = {"HeadObject", "HEAD", SHUB__S3_OF_EITHER, NULL, NULL, 0, 0},
    [SHUB__S3_DELETE] = {"DeleteObject", "DELETE", SHUB__S3_OF_OBJECT, NULL, NULL, 0, 1},
    [SHUB__S3_DELETE_MANY] = {"DeleteObjects", "POST", SHUB__S3_OF_BUCKET, "delete",
                              "DeleteResult", 0, 1},
    [SHUB__S3_COPY] = {"CopyObject", "PUT", SHUB__S3_OF_OBJECT, NULL, "CopyObjectResult",
                       0, 1},
    [SHUB__S3_LIST] = {"ListObjectsV2", "GET", SHUB__S3_OF_BUCKET, NULL,
                       "ListBucketResult", 0, 1},
    [SHUB__S3_LIST_UPLOADS] = {"ListMultipartUploads", "GET", SHUB__S3_OF_BUCKET,
                               "uploads", "ListMultipartUploadsResult", 0, 1},
    [SHUB__S3_LIST_PARTS] = {"ListParts", "GET", SHUB__S3_OF_OBJECT, NULL,
                             "ListPartsResult", 0, 1},
    [SHUB__S3_CREATE] = {"CreateMultipartUpload", "POST", SHUB__S3_OF_OBJECT, "uploads",
                         "InitiateMultipartUploadResult", 0, 1},
    [SHUB__S3_PART] = {"UploadPart", "PUT", SHUB__S3_OF_OBJECT, NULL, NULL, 1, 1},
    [SHUB__S3_PART_COPY] = {"UploadPartCopy", "PUT", SHUB__S3_OF_OBJECT, NULL,
                            "CopyPartResult", 0, 1},
    [SHUB__S3_COMPLETE] = {"CompleteMultipartUpload", "POST", SHUB__S3_OF_OBJECT, NULL,
                           "CompleteMultipartUploadResult", 0, 1},
    [SHUB__S3_ABORT] = {"AbortMultipartUpload", "DELETE", SHUB__S3_OF_OBJECT, NULL, NULL,
                        0, 1},
};

/* ---- names --------------------------------------------------------------------- */

static int is_bucket_byte(char c)
{
    char lower = shub__lower(c);

    return shub__is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '.' || c == '-' ||
           c == '_';
}

/* "." and ".." would become other paths on the way. */
static shub_status check_bucket(shub_slice bucket, shub_error *err)
{
    if (!bucket.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "no bucket is named");
    if (bucket.len > SHUB_S3_BUCKET_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "bucket of %zu bytes, the limit is %d", bucket.len,
                          SHUB_S3_BUCKET_MAX);
    for (size_t i = 0; i < bucket.len; i++)
        if (!is_bucket_byte(bucket.ptr[i]))
            return shub__fail(err, SHUB_E_INVALID, (int64_t)i,
                              "bucket \"%.*s\" holds another byte than A-Z a-z 0-9 . - _",
                              SHUB__SHOW(bucket));
    if (shub_slice_equal(bucket, SHUB_LIT(".")) ||
        shub_slice_equal(bucket, SHUB_LIT("..")))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "bucket \"%.*s\" is no name",
                          SHUB__SHOW(bucket));
    return SHUB_OK;
}

shub_status shub__s3_check_key(shub_slice key, shub_error *err)
{
    size_t valid;

    if (!key.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "no key is named");
    if (key.len > SHUB_S3_KEY_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "key of %zu bytes, the limit is %d", key.len, SHUB_S3_KEY_MAX);
    valid = shub__utf8_valid(key);
    if (valid < key.len)
        return shub__fail(err, SHUB_E_INVALID, (int64_t)valid,
                          "key is not UTF-8 at byte %zu", valid);
    if (memchr(key.ptr, '\0', key.len))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "key holds a NUL");
    return SHUB_OK;
}

static shub_status check_names(shub__s3_op op, shub_slice bucket, shub_slice key,
                               shub_error *err)
{
    shub__s3_scope scope = shub__s3_calls[op].scope;
    shub_status status = check_bucket(bucket, err);

    if (status)
        return status;
    if (scope == SHUB__S3_OF_BUCKET && key.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s takes no key",
                          shub__s3_calls[op].name);
    if (scope != SHUB__S3_OF_OBJECT && !key.len)
        return SHUB_OK;
    return shub__s3_check_key(key, err);
}

/* ---- the request --------------------------------------------------------------- */

shub_status shub__s3_request_init(shub__s3_request *req, shub__s3_op op,
                                  shub_slice bucket, shub_slice key, shub_error *err)
{
    const char *query = shub__s3_calls[op].query;
    shub_status status;

    memset(req, 0, sizeof *req);
    shub__buf_init(&req->text, BODY_MAX);
    req->op = op;
    status = check_names(op, bucket, key, err);
    if (status)
        return status;
    req->bucket = bucket;
    req->key = key;
    return query ? shub__s3_add_query(req, query, shub_str(NULL), err) : SHUB_OK;
}

void shub__s3_request_fini(shub__s3_request *req)
{
    shub__buf_fini(&req->text);
    shub__arena_fini(&req->arena);
    memset(req, 0, sizeof *req);
}

static shub_s3_pair *find(shub_s3_pair *pairs, size_t count, shub_slice name)
{
    for (size_t i = 0; i < count; i++)
        if (shub__equal_nocase(pairs[i].name, name))
            return &pairs[i];
    return NULL;
}

static shub_status add(shub__s3_request *req, shub_s3_pair *pairs, size_t *count,
                       size_t max, shub_s3_pair pair, shub_error *err)
{
    shub_s3_pair *at = find(pairs, *count, pair.name);

    if (!at && *count == max)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "\"%.*s\" would be one more than the %zu there may be",
                          SHUB__SHOW(pair.name), max);
    if (!shub__arena_reserve(&req->arena, pair.value.len + 1))
        return shub__fail_nomem(err);
    if (!at)
        at = &pairs[(*count)++];
    at->name = pair.name;
    at->value = shub__arena_copy(&req->arena, pair.value);
    return SHUB_OK;
}

shub_status shub__s3_add_query(shub__s3_request *req, const char *name, shub_slice value,
                               shub_error *err)
{
    shub_s3_pair pair = {shub_str(name), value};

    return add(req, req->query, &req->query_count, SHUB__S3_QUERY_MAX, pair, err);
}

/* S3 User Guide, "Working with object metadata": US-ASCII over REST. */
static shub_status check_value(shub_s3_pair pair, shub_error *err)
{
    for (size_t i = 0; i < pair.value.len; i++) {
        unsigned char c = (unsigned char)pair.value.ptr[i];
        if (c >= 0x80)
            return shub__fail(err, SHUB_E_INVALID, (int64_t)i,
                              "\"%.*s\" holds more than US-ASCII, which S3 refuses: "
                              "encode it (RFC 2047, percent)",
                              SHUB__SHOW(pair.name));
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return shub__fail(err, SHUB_E_INVALID, (int64_t)i,
                              "\"%.*s\" holds a control character",
                              SHUB__SHOW(pair.name));
    }
    if (pair.value.len > VALUE_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "\"%.*s\" of %zu bytes, the limit is %zu",
                          SHUB__SHOW(pair.name), pair.value.len, VALUE_MAX);
    return SHUB_OK;
}

shub_status shub__s3_add_pair(shub__s3_request *req, shub_s3_pair pair, shub_error *err)
{
    shub_status status = check_value(pair, err);

    if (status)
        return status;
    return add(req, req->headers, &req->header_count, SHUB__S3_HEADER_MAX, pair, err);
}

shub_status shub__s3_add_header(shub__s3_request *req, const char *name, shub_slice value,
                                shub_error *err)
{
    shub_s3_pair pair = {shub_str(name), value};

    return shub__s3_add_pair(req, pair, err);
}

/* ---- what calls share ---------------------------------------------------------- */

static shub_status add_range(shub__s3_request *req, const char *name, int64_t offset,
                             int64_t length, shub_error *err)
{
    char text[64];
    int n;

    if (offset < 0 || length < 0 || length > INT64_MAX - offset)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "offset %lld and length %lld are no range", (long long)offset,
                          (long long)length);
    if (length)
        n = snprintf(text, sizeof text, "bytes=%lld-%lld", (long long)offset,
                     (long long)(offset + length - 1));
    else
        n = snprintf(text, sizeof text, "bytes=%lld-", (long long)offset);
    return shub__s3_add_header(req, name, shub_bytes(text, (size_t)n), err);
}

shub_status shub__s3_add_source(shub__s3_request *req, shub_slice bucket, shub_slice key,
                                int64_t offset, int64_t length, shub_error *err)
{
    shub_status status = check_names(SHUB__S3_GET, bucket, key, err);
    shub__buf source;

    if (status)
        return status;
    shub__buf_init(&source, SOURCE_MAX);
    shub__buf_byte(&source, '/');
    shub__buf_slice(&source, bucket);
    shub__buf_byte(&source, '/');
    shub__uri_encode(&source, key, 1);
    status = shub__buf_check(&source, "x-amz-copy-source", err);
    if (!status)
        status =
            shub__s3_add_header(req, "x-amz-copy-source", shub__buf_view(&source), err);
    shub__buf_fini(&source);
    if (status || length <= 0)
        return status;
    return add_range(req, "x-amz-copy-source-range", offset, length, err);
}

shub_status shub__s3_add_get(shub__s3_request *req, const shub_s3_get_options *opts,
                             shub_error *err)
{
    shub_status status = SHUB_OK;

    if (opts->offset || opts->length)
        status = add_range(req, "range", opts->offset, opts->length, err);
    if (!status && opts->version_id.len)
        status = shub__s3_add_query(req, "versionId", opts->version_id, err);
    if (!status && opts->if_match.len)
        status = shub__s3_add_etag(req, "if-match", opts->if_match, err);
    return status;
}

static shub_status add_number(shub__s3_request *req, const char *name, int64_t value,
                              shub_error *err)
{
    char text[SHUB__INT64_MAX];

    return shub__s3_add_query(req, name, shub_bytes(text, shub__int64_write(value, text)),
                              err);
}

shub_status shub__s3_add_part(shub__s3_request *req, shub_slice upload_id, int part,
                              shub_error *err)
{
    shub_status status = SHUB_OK;

    if (!upload_id.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "no upload is named");
    if (part < 0 || part > SHUB_S3_PARTS_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "part %d is none of 1 to %d",
                          part, SHUB_S3_PARTS_MAX);
    if (part)
        status = add_number(req, "partNumber", part, err);
    return status ? status : shub__s3_add_query(req, "uploadId", upload_id, err);
}

/* ---- lists --------------------------------------------------------------------- */

/* A row a list: the names of its queries; NULL: it has none. */
typedef struct list_row {
    const char *page;
    const char *next[2];
    int describes; /* prefix, delimiter, start and encoding besides */
} list_row;

static const list_row *list_row_of(shub__s3_op op)
{
    static const list_row objects = {"max-keys", {"continuation-token", NULL}, 1};
    static const list_row uploads = {
        "max-uploads", {"key-marker", "upload-id-marker"}, 1};
    static const list_row parts = {"max-parts", {"part-number-marker", NULL}, 0};

    return op == SHUB__S3_LIST ? &objects : op == SHUB__S3_LIST_PARTS ? &parts : &uploads;
}

static shub_status add_given(shub__s3_request *req, const char *name, shub_slice value,
                             shub_error *err)
{
    return name && value.len ? shub__s3_add_query(req, name, value, err) : SHUB_OK;
}

/* Keys come percent-encoded where the server knows how: XML 1.0 cannot hold them all. */
static shub_status add_description(shub__s3_request *req,
                                   const shub_s3_list_options *opts, int first,
                                   shub_error *err)
{
    const char *start = req->op == SHUB__S3_LIST ? "start-after" : "key-marker";
    shub_status status = shub__s3_add_query(req, "encoding-type", SHUB_LIT("url"), err);

    if (!status && req->op == SHUB__S3_LIST)
        status = shub__s3_add_query(req, "list-type", SHUB_LIT("2"), err);
    if (!status && opts)
        status = add_given(req, "prefix", opts->prefix, err);
    if (!status && opts)
        status = add_given(req, "delimiter", opts->delimiter, err);
    if (!status && opts && first)
        status = add_given(req, start, opts->start_after, err);
    return status;
}

shub_status shub__s3_add_list(shub__s3_request *req, const shub_s3_list_options *opts,
                              const shub_slice next[2], shub_error *err)
{
    const list_row *row = list_row_of(req->op);
    int32_t page = opts ? opts->page : 0;
    shub_status status = SHUB_OK;

    if (page < 0 || page > PAGE_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "page of %d entries is none of 1 to %d", (int)page, PAGE_MAX);
    if (row->describes)
        status = add_description(req, opts, next == NULL, err);
    if (!status)
        status = add_number(req, row->page, page ? page : PAGE_MAX, err);
    for (size_t i = 0; !status && next && i < 2; i++)
        status = add_given(req, row->next[i], next[i], err);
    return status;
}
