/* What each call of S3 sends, pure (Amazon S3 API Reference, the page of each call). */
#ifndef SHUB_S3_REQUEST_H
#define SHUB_S3_REQUEST_H

#include "base/arena.h"
#include "base/buf.h"

#include <sensorhub/s3.h>

typedef enum shub__s3_op {
    SHUB__S3_PUT = 0,
    SHUB__S3_GET,
    SHUB__S3_HEAD,
    SHUB__S3_DELETE,
    SHUB__S3_DELETE_MANY,
    SHUB__S3_COPY,
    SHUB__S3_LIST,
    SHUB__S3_LIST_UPLOADS,
    SHUB__S3_LIST_PARTS,
    SHUB__S3_CREATE, /* CreateMultipartUpload */
    SHUB__S3_PART,
    SHUB__S3_PART_COPY,
    SHUB__S3_COMPLETE,
    SHUB__S3_ABORT,
    SHUB__S3_OPS
} shub__s3_op;

/* A row a call: how it is sent, and how its answer is to be taken. */
typedef struct shub__s3_call_row {
    const char *name; /* "UploadPart", for traces and messages */
    const char *method;
    int error_in_200; /* an <Error> may stand in an answer of 200 */
    int has_result;   /* an answer without its root element is no answer */
} shub__s3_call_row;

extern const shub__s3_call_row shub__s3_calls[SHUB__S3_OPS];

#define SHUB__S3_QUERY_MAX  12
#define SHUB__S3_HEADER_MAX 96 /* metadata and tags included */

/* A request before it is signed. Its texts are the caller's or lie in `arena`. */
typedef struct shub__s3_request {
    shub__s3_op op;
    shub_slice bucket, key;                 /* key empty: of the bucket */
    shub_s3_pair query[SHUB__S3_QUERY_MAX]; /* not encoded; an empty value is sent as
                                               "name=" */
    size_t query_count;
    shub_s3_pair headers[SHUB__S3_HEADER_MAX]; /* without those of signing and sums */
    size_t header_count;
    shub_slice body; /* borrowed, or in `text` */
    shub__buf text;
    shub__arena arena;
} shub__s3_request;

/* Checks the names. Errors: SHUB_E_INVALID (a bucket that is empty, too long, or holds
 * another byte than A-Z a-z 0-9 . - _; a key that is empty, too long, not UTF-8, or holds
 * NUL). Lifetime: free with shub__s3_request_fini, also after a failure. */
shub_status shub__s3_request_init(shub__s3_request *req, shub__s3_op op,
                                  shub_slice bucket, shub_slice key, shub_error *err);
void shub__s3_request_fini(shub__s3_request *req);
/* Adds a pair, copying the value. Errors: SHUB_E_LIMIT, SHUB_E_INVALID (a header's value
 * with control characters), SHUB_E_NOMEM. */
shub_status shub__s3_add_query(shub__s3_request *req, const char *name, shub_slice value,
                               shub_error *err);
shub_status shub__s3_add_header(shub__s3_request *req, const char *name, shub_slice value,
                                shub_error *err);

/* Headers of the options that describe the object: of Put, Create and Copy. With `copy`
 * the metadata directive of a copy is left as it is. */
shub_status shub__s3_add_object_headers(shub__s3_request *req,
                                        const shub_s3_put_options *opts, shub_error *err);
/* x-amz-meta-shub-sha256. */
shub_status shub__s3_add_sha256(shub__s3_request *req, const unsigned char sha256[32],
                                shub_error *err);
/* If-None-Match and If-Match: of Put, Complete and Copy. */
shub_status shub__s3_add_conditions(shub__s3_request *req,
                                    const shub_s3_put_options *opts, shub_error *err);
/* x-amz-copy-source, and for a part (`length` > 0) x-amz-copy-source-range. */
shub_status shub__s3_add_source(shub__s3_request *req, shub_slice bucket, shub_slice key,
                                int64_t offset, int64_t length, shub_error *err);
/* A header that has an ETag as its value. */
shub_status shub__s3_add_etag(shub__s3_request *req, const char *name, shub_slice etag,
                              shub_error *err);
/* Range and the like of a Get. */
shub_status shub__s3_add_get(shub__s3_request *req, const shub_s3_get_options *opts,
                             shub_error *err);
/* partNumber and uploadId. */
shub_status shub__s3_add_part(shub__s3_request *req, shub_slice upload_id, int part,
                              shub_error *err);

/* Body of DeleteObjects, quiet: of the keys [0, count), at most 1000. Errors besides:
 * SHUB_E_INVALID with index (a key that XML 1.0 cannot hold). */
shub_status shub__s3_delete_body(shub__s3_request *req, const shub_slice *keys,
                                 size_t count, shub_error *err);

/* One part that is there. */
typedef struct shub__s3_done {
    int part;
    shub_slice etag;
    shub_slice sum; /* base64 of its checksum; empty: none */
} shub__s3_done;

/* Body of CompleteMultipartUpload; parts ascending. `sum_name` is "ChecksumCRC32C" or the
 * like, NULL: no checksums. */
shub_status shub__s3_complete_body(shub__s3_request *req, const shub__s3_done *parts,
                                   size_t count, const char *sum_name, shub_error *err);

#endif
