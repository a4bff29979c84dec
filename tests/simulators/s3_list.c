#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

static size_t page_size(const struct s3_exchange *x, const char *parameter)
{
    long long size = (long long)x->sim->page_size;
    const char *given = s3_parameter(x, parameter);
    if (given && (!s3_parse_number(given, 0, INT32_MAX, &size) ||
                  size > (long long)x->sim->page_size))
        size = (long long)x->sim->page_size;
    return (size_t)size;
}

static void write_number(FILE *out, const char *name, unsigned long long number)
{
    fprintf(out, "<%s>%llu</%s>", name, number, name);
}

static const char *parameter_or_empty(const struct s3_exchange *x, const char *name)
{
    const char *value = s3_parameter(x, name);
    return value ? value : "";
}

/* A key, or part of one, as encoding-type asks for it. */
static void write_key(FILE *out, const struct s3_exchange *x, const char *name,
                      const char *text)
{
    const char *encoding = s3_parameter(x, "encoding-type");
    if (!encoding || strcmp(encoding, "url") != 0) {
        s3_write_element(out, name, text);
        return;
    }
    char *encoded = s3_url_encode(text, true);
    s3_write_element(out, name, encoded);
    free(encoded);
}

static void write_etag_and_time(FILE *out, const struct s3_blob *blob)
{
    char text[80];
    s3_time_iso(blob->modified_ms, text);
    s3_write_element(out, "LastModified", text);
    snprintf(text, sizeof text, "\"%s\"", blob->etag);
    s3_write_element(out, "ETag", text);
    write_number(out, "Size", blob->size);
}

/* ---- objects ---- */

struct listing {
    const char *prefix;
    const char *delimiter;
    size_t max;
    size_t count; /* of keys and common prefixes */
    bool truncated;
    char *last; /* where the next page goes on behind */
    struct s3_pairs prefixes;
};

/* Length of the key up to and with the delimiter; 0 when it has none. */
static size_t common_size(const struct listing *l, const char *key)
{
    size_t prefix = strlen(l->prefix);
    const char *found = *l->delimiter ? strstr(key + prefix, l->delimiter) : NULL;
    return found ? (size_t)(found - key) + strlen(l->delimiter) : 0;
}

static void write_object(FILE *out, const struct s3_exchange *x,
                         const struct s3_blob *object)
{
    const char *storage = s3_pairs_get(&object->headers, "x-amz-storage-class");
    fputs("<Contents>", out);
    write_key(out, x, "Key", object->key);
    write_etag_and_time(out, object);
    s3_write_element(out, "StorageClass", storage ? storage : "STANDARD");
    fputs("</Contents>", out);
}

/* The last of the page: a key, or a common prefix with all keys below it. */
static void set_last(struct listing *l, const char *text, size_t size)
{
    free(l->last);
    l->last = s3_copy_n(text, size);
}

static size_t skip_common(const struct s3_bucket *bucket, size_t i, const char *common,
                          size_t size)
{
    while (i < bucket->object_count &&
           strncmp(bucket->objects[i]->key, common, size) == 0)
        i++;
    return i;
}

static void write_page(FILE *out, const struct s3_exchange *x, struct listing *l,
                       size_t i)
{
    const struct s3_bucket *bucket = x->bucket;
    while (i < bucket->object_count &&
           s3_has_prefix(bucket->objects[i]->key, l->prefix)) {
        const struct s3_blob *object = bucket->objects[i];
        size_t common = common_size(l, object->key);
        if (l->count == l->max) {
            l->truncated = l->max > 0;
            return;
        }
        l->count++;
        set_last(l, object->key, common ? common : strlen(object->key));
        if (common) {
            s3_pairs_add(&l->prefixes, l->last, "");
            i = skip_common(bucket, i, l->last, common);
        } else {
            write_object(out, x, object);
            i++;
        }
    }
}

/* A token is opaque: the last key in hexadecimal digits. */
static char *make_token(const char *key)
{
    char *token = s3_alloc(2 * strlen(key) + 3);
    token[0] = '1';
    token[1] = '/';
    s3_hex((const unsigned char *)key, strlen(key), token + 2);
    return token;
}

static char *read_token(const char *token)
{
    char *key = s3_alloc(strlen(token) + 1);
    size_t size = 0;
    unsigned byte;
    if (!s3_has_prefix(token, "1/")) {
        free(key);
        return NULL;
    }
    for (token += 2; sscanf(token, "%2x", &byte) == 1; token += 2)
        key[size++] = (char)byte;
    return key;
}

/* Index of the first object behind `after`, and behind all below it if it is a prefix. */
static size_t start_index(const struct s3_exchange *x, const struct listing *l,
                          const char *after)
{
    const struct s3_bucket *bucket = x->bucket;
    size_t size = strlen(after);
    size_t first = s3_bucket_find(bucket, l->prefix);
    size_t i = size > 0 ? s3_bucket_find(bucket, after) : 0;
    size_t delimiter = strlen(l->delimiter);
    if (delimiter > 0 && size > strlen(l->prefix) && size >= delimiter &&
        strcmp(after + size - delimiter, l->delimiter) == 0)
        i = skip_common(bucket, i, after, size);
    else if (size > 0 && i < bucket->object_count &&
             strcmp(bucket->objects[i]->key, after) == 0)
        i++;
    return i > first ? i : first;
}

static void write_list_fields(FILE *out, const struct s3_exchange *x,
                              const struct listing *l)
{
    const char *token = s3_parameter(x, "continuation-token");
    const char *after = s3_parameter(x, "start-after");
    s3_write_element(out, "Name", x->bucket_name);
    write_key(out, x, "Prefix", l->prefix);
    if (*l->delimiter)
        write_key(out, x, "Delimiter", l->delimiter);
    if (s3_parameter(x, "encoding-type"))
        s3_write_element(out, "EncodingType", s3_parameter(x, "encoding-type"));
    if (token)
        s3_write_element(out, "ContinuationToken", token);
    if (after)
        write_key(out, x, "StartAfter", after);
    write_number(out, "KeyCount", l->count);
    write_number(out, "MaxKeys", l->max);
    s3_write_element(out, "IsTruncated", l->truncated ? "true" : "false");
    if (!l->truncated)
        return;
    char *next = make_token(l->last);
    s3_write_element(out, "NextContinuationToken", next);
    free(next);
}

/* The page is made first: what comes before it in the answer depends on it. */
static void list_after(struct s3_exchange *x, const char *after)
{
    struct listing l = {.prefix = parameter_or_empty(x, "prefix"),
                        .delimiter = parameter_or_empty(x, "delimiter"),
                        .max = page_size(x, "max-keys")};
    char *page = NULL;
    size_t size = 0;
    FILE *contents = open_memstream(&page, &size);
    if (!contents)
        abort();
    write_page(contents, x, &l, start_index(x, &l, after));
    if (fclose(contents) != 0)
        abort();
    FILE *out = s3_reply_open(x, "ListBucketResult");
    write_list_fields(out, x, &l);
    fputs(page, out);
    for (size_t i = 0; i < l.prefixes.count; i++) {
        fputs("<CommonPrefixes>", out);
        write_key(out, x, "Prefix", l.prefixes.items[i].name);
        fputs("</CommonPrefixes>", out);
    }
    s3_reply_close(x, out, "ListBucketResult");
    s3_pairs_free(&l.prefixes);
    free(l.last);
    free(page);
    x->applied = true;
}

void s3_list_objects(struct s3_exchange *x)
{
    const char *token = s3_parameter(x, "continuation-token");
    char *after =
        token ? read_token(token) : s3_copy(parameter_or_empty(x, "start-after"));
    if (after)
        list_after(x, after);
    else
        s3_fail_as(x, 400, "InvalidArgument",
                   "The continuation token provided is incorrect", NULL);
    free(after);
}

/* ---- parts ---- */

static void write_part(FILE *out, const struct s3_blob *part)
{
    fputs("<Part>", out);
    write_number(out, "PartNumber", part->number);
    write_etag_and_time(out, part);
    for (int i = 0; i < S3_ALGORITHMS; i++) {
        const char *value = s3_pairs_get(&part->checksums, s3_algorithm_header(i));
        if (value)
            s3_write_element(out, s3_algorithm_element(i), value);
    }
    fputs("</Part>", out);
}

static void write_parts(FILE *out, const struct s3_exchange *x,
                        const struct s3_upload *upload, long long marker)
{
    size_t max = page_size(x, "max-parts");
    size_t first = 0;
    while (first < upload->part_count && upload->parts[first]->number <= marker)
        first++;
    size_t end = first + max < upload->part_count ? first + max : upload->part_count;
    write_number(out, "PartNumberMarker", (unsigned long long)marker);
    if (end > first)
        write_number(out, "NextPartNumberMarker", upload->parts[end - 1]->number);
    write_number(out, "MaxParts", max);
    s3_write_element(out, "IsTruncated", end < upload->part_count ? "true" : "false");
    for (size_t i = first; i < end; i++)
        write_part(out, upload->parts[i]);
}

void s3_list_parts(struct s3_exchange *x)
{
    long long marker = 0;
    const char *given = s3_parameter(x, "part-number-marker");
    const struct s3_upload *upload = s3_find_upload(x);
    if (!upload)
        return;
    if (given && *given && !s3_parse_number(given, 0, INT32_MAX, &marker)) {
        s3_fail(x, "InvalidArgument", NULL);
        return;
    }
    FILE *out = s3_reply_open(x, "ListPartsResult");
    s3_write_element(out, "Bucket", x->bucket_name);
    write_key(out, x, "Key", x->key);
    s3_write_element(out, "UploadId", upload->id);
    s3_write_element(out, "StorageClass", "STANDARD");
    if (upload->algorithm >= 0) {
        s3_write_element(out, "ChecksumAlgorithm",
                         s3_algorithm_element(upload->algorithm) + strlen("Checksum"));
        s3_write_element(out, "ChecksumType",
                         upload->full_object ? "FULL_OBJECT" : "COMPOSITE");
    }
    write_parts(out, x, upload, marker);
    s3_reply_close(x, out, "ListPartsResult");
    x->applied = true;
}

/* ---- uploads ---- */

/* By key; those of a key by the time they began, which is the order of their ids. */
static int compare_uploads(const void *a, const void *b)
{
    const struct s3_upload *left = *(struct s3_upload *const *)a;
    const struct s3_upload *right = *(struct s3_upload *const *)b;
    int order = strcmp(left->key, right->key);
    return order ? order : strcmp(left->id, right->id);
}

static bool is_behind(const struct s3_upload *upload, const char *key, const char *id)
{
    int order = strcmp(upload->key, key);
    return order > 0 || (order == 0 && *id && strcmp(upload->id, id) > 0);
}

/* Those the page may show, in order. */
static size_t collect_uploads(const struct s3_exchange *x, struct s3_upload **found)
{
    const struct s3_store *store = &x->sim->store;
    const char *prefix = parameter_or_empty(x, "prefix");
    const char *key = parameter_or_empty(x, "key-marker");
    const char *id = parameter_or_empty(x, "upload-id-marker");
    size_t count = 0;
    for (size_t i = 0; i < store->upload_count; i++) {
        struct s3_upload *upload = store->uploads[i];
        if (upload->state == S3_OPEN && upload->bucket == x->bucket &&
            s3_has_prefix(upload->key, prefix) && is_behind(upload, key, id))
            found[count++] = upload;
    }
    qsort(found, count, sizeof *found, compare_uploads);
    return count;
}

static void write_upload(FILE *out, const struct s3_exchange *x,
                         const struct s3_upload *upload)
{
    char time[S3_TIME_SIZE];
    s3_time_iso(upload->started_ms, time);
    fputs("<Upload>", out);
    write_key(out, x, "Key", upload->key);
    s3_write_element(out, "UploadId", upload->id);
    s3_write_element(out, "StorageClass", "STANDARD");
    s3_write_element(out, "Initiated", time);
    fputs("</Upload>", out);
}

void s3_list_uploads(struct s3_exchange *x)
{
    size_t max = page_size(x, "max-uploads");
    struct s3_upload **found =
        s3_alloc((x->sim->store.upload_count + 1) * sizeof(struct s3_upload *));
    size_t count = collect_uploads(x, found);
    size_t end = count < max ? count : max;
    FILE *out = s3_reply_open(x, "ListMultipartUploadsResult");
    s3_write_element(out, "Bucket", x->bucket_name);
    write_key(out, x, "KeyMarker", parameter_or_empty(x, "key-marker"));
    s3_write_element(out, "UploadIdMarker", parameter_or_empty(x, "upload-id-marker"));
    if (end < count && end > 0) {
        write_key(out, x, "NextKeyMarker", found[end - 1]->key);
        s3_write_element(out, "NextUploadIdMarker", found[end - 1]->id);
    }
    write_key(out, x, "Prefix", parameter_or_empty(x, "prefix"));
    write_number(out, "MaxUploads", max);
    s3_write_element(out, "IsTruncated", end < count && end > 0 ? "true" : "false");
    for (size_t i = 0; i < end; i++)
        write_upload(out, x, found[i]);
    s3_reply_close(x, out, "ListMultipartUploadsResult");
    free(found);
    x->applied = true;
}
