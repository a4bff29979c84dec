/* What the server holds: buckets, objects in the order of their keys, uploads. */
#ifndef S3_STORE_H
#define S3_STORE_H

#include "s3_digest.h"
#include "s3_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct s3_blob {
    char *key;           /* NULL for a part */
    unsigned number;     /* of a part */
    unsigned char *data; /* a zero follows */
    size_t size;
    char etag[72]; /* without quotes */
    int64_t modified_ms;
    struct s3_pairs headers;   /* given back as they came, lower case */
    struct s3_pairs checksums; /* x-amz-checksum-... */
};

struct s3_bucket {
    char *name;
    char region[64];
    int64_t created_ms;
    struct s3_blob **objects;
    size_t object_count;
    size_t object_room;
};

enum s3_upload_state { S3_OPEN, S3_COMPLETED, S3_ABORTED };

struct s3_upload {
    char id[64];
    struct s3_bucket *bucket;
    char *key;
    enum s3_upload_state state;
    int64_t started_ms;
    struct s3_pairs headers;
    int algorithm; /* enum s3_algorithm, or -1 */
    bool full_object;
    struct s3_blob **parts; /* ascending numbers */
    size_t part_count;
    char etag[72]; /* of the completed object */
};

struct s3_store {
    struct s3_bucket **buckets; /* by name */
    size_t bucket_count;
    struct s3_upload **uploads; /* as they began; the done ones stay known */
    size_t upload_count;
    uint64_t upload_serial;
};

void s3_store_clear(struct s3_store *store);

struct s3_bucket *s3_store_bucket(const struct s3_store *store, const char *name);
struct s3_bucket *s3_store_add_bucket(struct s3_store *store, const char *name,
                                      const char *region, int64_t now_ms);
void s3_store_drop_bucket(struct s3_store *store, struct s3_bucket *bucket);

struct s3_blob *s3_blob_new(const char *key, const void *data, size_t size,
                            int64_t modified_ms);
void s3_blob_free(struct s3_blob *blob);

struct s3_blob *s3_bucket_get(const struct s3_bucket *bucket, const char *key);

/* Takes the blob; it replaces one of the same key. */
void s3_bucket_put(struct s3_bucket *bucket, struct s3_blob *blob);
bool s3_bucket_delete(struct s3_bucket *bucket, const char *key);

/* Index of the first key not below this one. */
size_t s3_bucket_find(const struct s3_bucket *bucket, const char *key);

struct s3_upload *s3_store_begin(struct s3_store *store, struct s3_bucket *bucket,
                                 const char *key, int64_t now_ms);
struct s3_upload *s3_store_upload(const struct s3_store *store, const char *id);

struct s3_blob *s3_upload_part(const struct s3_upload *upload, unsigned number);

/* Takes the blob; it replaces a part of the same number. */
void s3_upload_put(struct s3_upload *upload, struct s3_blob *part);

/* Forgets the parts; the upload is known as done. */
void s3_upload_end(struct s3_upload *upload, enum s3_upload_state state);

#endif
