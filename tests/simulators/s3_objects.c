#include "s3_sim.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DELETE_LIMIT 1000

static bool is_kept(const char *name)
{
    static const char *const names[] = {
        "content-type",        "content-encoding", "content-language",
        "content-disposition", "cache-control",    "expires",
        "x-amz-storage-class", "x-amz-tagging",    "x-amz-website-redirect-location",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncasecmp(name, "x-amz-meta-", 11) == 0 ||
           strncasecmp(name, "x-amz-server-side-encryption", 28) == 0;
}

void s3_keep_headers(const struct s3_exchange *x, struct s3_pairs *kept)
{
    for (size_t i = 0; i < x->headers.count; i++) {
        if (!is_kept(x->headers.items[i].name))
            continue;
        s3_pairs_add(kept, x->headers.items[i].name, x->headers.items[i].value);
        for (char *c = kept->items[kept->count - 1].name; *c; c++)
            *c = (char)tolower((unsigned char)*c);
    }
    if (!s3_pairs_get(kept, "content-type"))
        s3_pairs_add(kept, "content-type", "binary/octet-stream");
}

static void reply_etag(struct s3_exchange *x, const struct s3_blob *object)
{
    char quoted[sizeof object->etag + 2];
    snprintf(quoted, sizeof quoted, "\"%s\"", object->etag);
    s3_reply_header(x, "ETag", quoted);
}

static void reply_checksums(struct s3_exchange *x, const struct s3_blob *object)
{
    for (size_t i = 0; i < object->checksums.count; i++) {
        const struct s3_pair *checksum = &object->checksums.items[i];
        bool composite = strchr(checksum->value, '-') != NULL;
        s3_reply_header(x, checksum->name, checksum->value);
        s3_reply_header(x, "x-amz-checksum-type",
                        composite ? "COMPOSITE" : "FULL_OBJECT");
    }
}

static void reply_tag_count(struct s3_exchange *x, const char *tags)
{
    char count[16];
    int n = *tags != '\0';
    for (; *tags; tags++)
        n += *tags == '&';
    snprintf(count, sizeof count, "%d", n);
    s3_reply_header(x, "x-amz-tagging-count", count);
}

static void reply_kept(struct s3_exchange *x, const struct s3_blob *object)
{
    for (size_t i = 0; i < object->headers.count; i++) {
        const struct s3_pair *header = &object->headers.items[i];
        if (strcmp(header->name, "x-amz-tagging") == 0)
            reply_tag_count(x, header->value);
        else if (strcmp(header->value, "STANDARD") != 0)
            s3_reply_header(x, header->name, header->value);
    }
}

void s3_reply_object(struct s3_exchange *x, const struct s3_blob *object, bool whole)
{
    char time[S3_TIME_SIZE];
    const char *mode = s3_header(x, "x-amz-checksum-mode");
    s3_time_http(object->modified_ms / 1000, time);
    s3_reply_header(x, "Last-Modified", time);
    s3_reply_header(x, "Accept-Ranges", "bytes");
    reply_etag(x, object);
    reply_kept(x, object);
    if (whole && mode && strcasecmp(mode, "ENABLED") == 0 &&
        !x->sim->quirks[S3_QUIRK_ignore_checksums])
        reply_checksums(x, object);
}

size_t s3_kept_size(const struct s3_exchange *x, size_t size)
{
    if (x->fault.kind != S3_WRONG_SIZE)
        return size;
    long long changed = (long long)size + x->fault.number;
    return changed < 0 ? 0 : (size_t)changed < size ? (size_t)changed : size;
}

/* Answered as done; whether it is kept is the fault's business. */
static void keep_object(struct s3_exchange *x, struct s3_blob *object)
{
    x->applied = x->fault.kind != S3_LOSE_OBJECT;
    if (x->applied)
        s3_bucket_put(x->bucket, object);
    else
        s3_blob_free(object);
}

/* S3 itself adds CRC64NVME to an object that came with no checksum. */
static void add_default_checksum(struct s3_blob *object)
{
    char value[S3_BASE64_MAX];
    if (object->checksums.count > 0)
        return;
    s3_digest_base64(S3_CRC64NVME, object->data, object->size, value);
    s3_pairs_add(&object->checksums, s3_algorithm_header(S3_CRC64NVME), value);
}

static void reply_encryption(struct s3_exchange *x, const struct s3_pairs *headers)
{
    const char *value = s3_pairs_get(headers, "x-amz-server-side-encryption");
    if (value)
        s3_reply_header(x, "x-amz-server-side-encryption", value);
}

void s3_put_object(struct s3_exchange *x)
{
    struct s3_pairs checksums = {0};
    if (x->size > x->sim->put_maximum) {
        s3_fail(x, "EntityTooLarge", NULL);
        return;
    }
    if (!s3_check_body(x, &checksums) || !s3_check_write(x, false)) {
        s3_pairs_free(&checksums);
        return;
    }
    struct s3_blob *object =
        s3_blob_new(x->key, x->body, s3_kept_size(x, x->size), s3_now_ms(x->sim));
    if (object->size != x->size)
        s3_digest_hex(S3_MD5, x->body, x->size, object->etag);
    object->checksums = checksums;
    add_default_checksum(object);
    s3_keep_headers(x, &object->headers);
    reply_etag(x, object);
    reply_encryption(x, &object->headers);
    if (!x->sim->quirks[S3_QUIRK_ignore_checksums])
        reply_checksums(x, object);
    x->answer.status = 200;
    keep_object(x, object);
}

static struct s3_blob *find_object(struct s3_exchange *x)
{
    struct s3_blob *object = s3_bucket_get(x->bucket, x->key);
    if (object)
        return s3_check_read(x, object) ? object : NULL;
    char *details = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&details, &size);
    if (!out)
        abort();
    s3_write_element(out, "Key", x->key);
    if (fclose(out) != 0)
        abort();
    s3_fail(x, "NoSuchKey", details);
    free(details);
    return NULL;
}

/* False with the answer made: the range lies behind the end. */
static bool take_range(struct s3_exchange *x, const struct s3_blob *object, size_t *first,
                       size_t *size)
{
    const char *range = s3_header(x, "range");
    *first = 0;
    *size = object->size;
    x->answer.status = 200;
    if (!range || !s3_parse_range(range, object->size, first, size)) {
        *first = 0;
        *size = object->size;
        return true;
    }
    if (*size == 0)
        return s3_fail(x, "InvalidRange", NULL);
    char *text = s3_print("bytes %zu-%zu/%zu", *first, *first + *size - 1, object->size);
    s3_reply_header(x, "Content-Range", text);
    free(text);
    x->answer.status = 206;
    return true;
}

void s3_get_object(struct s3_exchange *x)
{
    size_t first;
    size_t size;
    const struct s3_blob *object = find_object(x);
    if (!object || !take_range(x, object, &first, &size))
        return;
    s3_reply_object(x, object, x->answer.status == 200);
    x->answer.size = s3_kept_size(x, size);
    x->answer.body = s3_grow(NULL, size + 1, 1);
    memcpy(x->answer.body, object->data + first, size);
    x->applied = true;
}

void s3_head_object(struct s3_exchange *x)
{
    size_t first;
    size_t size;
    const struct s3_blob *object = find_object(x);
    if (!object || !take_range(x, object, &first, &size))
        return;
    s3_reply_object(x, object, x->answer.status == 200);
    x->answer.declared = size;
    if (x->fault.kind == S3_WRONG_SIZE)
        x->answer.declared = (size_t)((long long)size + x->fault.number);
    x->applied = true;
}

/* The tags came as a query: a=1&b=2. */
void s3_get_tagging(struct s3_exchange *x)
{
    struct s3_pairs tags = {0};
    const struct s3_blob *object = find_object(x);
    if (!object)
        return;
    const char *given = s3_pairs_get(&object->headers, "x-amz-tagging");
    s3_parse_query(given ? given : "", &tags);
    FILE *out = s3_reply_open(x, "Tagging");
    fputs("<TagSet>", out);
    for (size_t i = 0; i < tags.count; i++) {
        fputs("<Tag>", out);
        s3_write_element(out, "Key", tags.items[i].name);
        s3_write_element(out, "Value", tags.items[i].value);
        fputs("</Tag>", out);
    }
    fputs("</TagSet>", out);
    s3_reply_close(x, out, "Tagging");
    s3_pairs_free(&tags);
    x->applied = true;
}

void s3_delete_object(struct s3_exchange *x)
{
    x->applied = x->fault.kind != S3_LOSE_OBJECT;
    if (x->applied)
        s3_bucket_delete(x->bucket, x->key);
    x->answer.status = 204;
}

/* DeleteObjects must bring a digest of its body (API Reference, DeleteObjects). */
static bool check_delete_body(struct s3_exchange *x)
{
    struct s3_pairs checksums = {0};
    bool good = s3_check_body(x, &checksums);
    bool digest = checksums.count > 0 || s3_header(x, "content-md5") ||
                  x->sim->quirks[S3_QUIRK_ignore_checksums];
    s3_pairs_free(&checksums);
    if (good && !digest)
        return s3_fail_as(x, 400, "InvalidRequest",
                          "Missing required header for this request: Content-MD5 OR "
                          "x-amz-checksum-*",
                          NULL);
    return good;
}

static void delete_all(struct s3_exchange *x, const struct s3_body *body)
{
    const char *quiet = s3_pairs_get(&body->top, "Quiet");
    FILE *out = s3_reply_open(x, "DeleteResult");
    x->applied = x->fault.kind != S3_LOSE_OBJECT;
    for (size_t i = 0; i < body->count; i++) {
        const char *key = s3_pairs_get(&body->items[i], "Key");
        if (x->applied)
            s3_bucket_delete(x->bucket, key);
        if (quiet && strcmp(quiet, "true") == 0)
            continue;
        fputs("<Deleted>", out);
        s3_write_element(out, "Key", key);
        fputs("</Deleted>", out);
    }
    s3_reply_close(x, out, "DeleteResult");
}

void s3_delete_objects(struct s3_exchange *x)
{
    struct s3_body body;
    if (!check_delete_body(x))
        return;
    bool good = s3_parse_body(x, "Delete", "Object", &body) && body.count > 0 &&
                body.count <= DELETE_LIMIT;
    for (size_t i = 0; good && i < body.count; i++)
        good = s3_pairs_get(&body.items[i], "Key") != NULL;
    if (good)
        delete_all(x, &body);
    else
        s3_fail(x, "MalformedXML", NULL);
    s3_body_free(&body);
}

static bool check_copy_size(struct s3_exchange *x, size_t size)
{
    if (size <= x->sim->put_maximum)
        return true;
    char *message = s3_print("The specified copy source is larger than the maximum "
                             "allowable size for a copy source: %zu",
                             x->sim->put_maximum);
    s3_fail_as(x, 400, "InvalidRequest", message, NULL);
    free(message);
    return false;
}

static void write_copy_result(struct s3_exchange *x, const struct s3_blob *object)
{
    char time[S3_TIME_SIZE];
    char quoted[sizeof object->etag + 2];
    FILE *out = s3_reply_open(x, "CopyObjectResult");
    s3_time_iso(object->modified_ms, time);
    snprintf(quoted, sizeof quoted, "\"%s\"", object->etag);
    s3_write_element(out, "LastModified", time);
    s3_write_element(out, "ETag", quoted);
    s3_reply_close(x, out, "CopyObjectResult");
}

void s3_copy_object(struct s3_exchange *x)
{
    struct s3_blob *source;
    size_t first;
    size_t size;
    const char *directive = s3_header(x, "x-amz-metadata-directive");
    bool replace = directive && strcasecmp(directive, "REPLACE") == 0;
    if (!s3_copy_source(x, &source, &first, &size) || !check_copy_size(x, size) ||
        !s3_check_write(x, false))
        return;
    if (!replace && s3_bucket_get(x->bucket, x->key) == source) {
        s3_fail_as(x, 400, "InvalidRequest",
                   "This copy request is illegal because it is trying to copy an object "
                   "to itself without changing the object's metadata, storage class, "
                   "website redirect location or encryption attributes.",
                   NULL);
        return;
    }
    struct s3_blob *object =
        s3_blob_new(x->key, source->data, s3_kept_size(x, size), s3_now_ms(x->sim));
    if (replace)
        s3_keep_headers(x, &object->headers);
    else
        s3_pairs_add_all(&object->headers, &source->headers);
    add_default_checksum(object);
    write_copy_result(x, object);
    keep_object(x, object);
}
