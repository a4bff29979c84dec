#include "s3_store.h"

#include <stdlib.h>
#include <string.h>

struct s3_blob *s3_blob_new(const char *key, const void *data, size_t size,
                            int64_t modified_ms)
{
    struct s3_blob *blob = s3_alloc(sizeof *blob);
    blob->key = key ? s3_copy(key) : NULL;
    blob->data = s3_grow(NULL, size + 1, 1);
    if (size > 0)
        memcpy(blob->data, data, size);
    blob->data[size] = 0;
    blob->size = size;
    blob->modified_ms = modified_ms;
    s3_digest_hex(S3_MD5, blob->data, size, blob->etag);
    return blob;
}

void s3_blob_free(struct s3_blob *blob)
{
    if (!blob)
        return;
    s3_pairs_free(&blob->headers);
    s3_pairs_free(&blob->checksums);
    free(blob->key);
    free(blob->data);
    free(blob);
}

struct s3_bucket *s3_store_bucket(const struct s3_store *store, const char *name)
{
    for (size_t i = 0; i < store->bucket_count; i++)
        if (strcmp(store->buckets[i]->name, name) == 0)
            return store->buckets[i];
    return NULL;
}

struct s3_bucket *s3_store_add_bucket(struct s3_store *store, const char *name,
                                      const char *region, int64_t now_ms)
{
    struct s3_bucket *bucket = s3_alloc(sizeof *bucket);
    bucket->name = s3_copy(name);
    snprintf(bucket->region, sizeof bucket->region, "%s", region);
    bucket->created_ms = now_ms;
    store->buckets =
        s3_grow(store->buckets, store->bucket_count + 1, sizeof *store->buckets);
    store->buckets[store->bucket_count++] = bucket;
    return bucket;
}

static void free_bucket(struct s3_bucket *bucket)
{
    for (size_t i = 0; i < bucket->object_count; i++)
        s3_blob_free(bucket->objects[i]);
    free(bucket->objects);
    free(bucket->name);
    free(bucket);
}

static void free_upload(struct s3_upload *upload)
{
    s3_upload_end(upload, S3_ABORTED);
    s3_pairs_free(&upload->headers);
    free(upload->key);
    free(upload);
}

void s3_store_drop_bucket(struct s3_store *store, struct s3_bucket *bucket)
{
    size_t kept = 0;
    for (size_t i = 0; i < store->upload_count; i++) {
        if (store->uploads[i]->bucket == bucket)
            free_upload(store->uploads[i]);
        else
            store->uploads[kept++] = store->uploads[i];
    }
    store->upload_count = kept;
    kept = 0;
    for (size_t i = 0; i < store->bucket_count; i++)
        if (store->buckets[i] != bucket)
            store->buckets[kept++] = store->buckets[i];
    store->bucket_count = kept;
    free_bucket(bucket);
}

void s3_store_clear(struct s3_store *store)
{
    for (size_t i = 0; i < store->upload_count; i++)
        free_upload(store->uploads[i]);
    for (size_t i = 0; i < store->bucket_count; i++)
        free_bucket(store->buckets[i]);
    free(store->uploads);
    free(store->buckets);
    *store = (struct s3_store){.upload_serial = store->upload_serial};
}

size_t s3_bucket_find(const struct s3_bucket *bucket, const char *key)
{
    size_t low = 0;
    size_t high = bucket->object_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(bucket->objects[middle]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct s3_blob *s3_bucket_get(const struct s3_bucket *bucket, const char *key)
{
    size_t at = s3_bucket_find(bucket, key);
    bool found = at < bucket->object_count && !strcmp(bucket->objects[at]->key, key);
    return found ? bucket->objects[at] : NULL;
}

void s3_bucket_put(struct s3_bucket *bucket, struct s3_blob *blob)
{
    size_t at = s3_bucket_find(bucket, blob->key);
    if (at < bucket->object_count && !strcmp(bucket->objects[at]->key, blob->key)) {
        s3_blob_free(bucket->objects[at]);
        bucket->objects[at] = blob;
        return;
    }
    if (bucket->object_count == bucket->object_room) {
        bucket->object_room = bucket->object_room * 2 + 16;
        bucket->objects =
            s3_grow(bucket->objects, bucket->object_room, sizeof *bucket->objects);
    }
    memmove(&bucket->objects[at + 1], &bucket->objects[at],
            (bucket->object_count++ - at) * sizeof *bucket->objects);
    bucket->objects[at] = blob;
}

bool s3_bucket_delete(struct s3_bucket *bucket, const char *key)
{
    size_t at = s3_bucket_find(bucket, key);
    if (at == bucket->object_count || strcmp(bucket->objects[at]->key, key) != 0)
        return false;
    s3_blob_free(bucket->objects[at]);
    memmove(&bucket->objects[at], &bucket->objects[at + 1],
            (--bucket->object_count - at) * sizeof *bucket->objects);
    return true;
}

struct s3_upload *s3_store_begin(struct s3_store *store, struct s3_bucket *bucket,
                                 const char *key, int64_t now_ms)
{
    struct s3_upload *upload = s3_alloc(sizeof *upload);
    snprintf(upload->id, sizeof upload->id, "upload.%08llu~_-",
             (unsigned long long)++store->upload_serial);
    upload->bucket = bucket;
    upload->key = s3_copy(key);
    upload->started_ms = now_ms;
    upload->algorithm = -1;
    store->uploads =
        s3_grow(store->uploads, store->upload_count + 1, sizeof *store->uploads);
    store->uploads[store->upload_count++] = upload;
    return upload;
}

/* The latest first: those are asked for. */
struct s3_upload *s3_store_upload(const struct s3_store *store, const char *id)
{
    for (size_t i = store->upload_count; i > 0; i--)
        if (strcmp(store->uploads[i - 1]->id, id) == 0)
            return store->uploads[i - 1];
    return NULL;
}

static size_t find_part(const struct s3_upload *upload, unsigned number)
{
    size_t at = upload->part_count;
    while (at > 0 && upload->parts[at - 1]->number >= number)
        at--;
    return at;
}

struct s3_blob *s3_upload_part(const struct s3_upload *upload, unsigned number)
{
    size_t at = find_part(upload, number);
    bool found = at < upload->part_count && upload->parts[at]->number == number;
    return found ? upload->parts[at] : NULL;
}

void s3_upload_put(struct s3_upload *upload, struct s3_blob *part)
{
    size_t at = find_part(upload, part->number);
    if (at < upload->part_count && upload->parts[at]->number == part->number) {
        s3_blob_free(upload->parts[at]);
        upload->parts[at] = part;
        return;
    }
    upload->parts = s3_grow(upload->parts, upload->part_count + 1, sizeof *upload->parts);
    memmove(&upload->parts[at + 1], &upload->parts[at],
            (upload->part_count++ - at) * sizeof *upload->parts);
    upload->parts[at] = part;
}

void s3_upload_end(struct s3_upload *upload, enum s3_upload_state state)
{
    for (size_t i = 0; i < upload->part_count; i++)
        s3_blob_free(upload->parts[i]);
    free(upload->parts);
    upload->parts = NULL;
    upload->part_count = 0;
    upload->state = state;
}
