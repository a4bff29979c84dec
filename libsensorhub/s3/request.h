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

/* On what a call works. */
typedef enum shub__s3_scope {
    SHUB__S3_OF_OBJECT = 0,
    SHUB__S3_OF_BUCKET,
    SHUB__S3_OF_EITHER /* a HEAD of the bucket says its region */
} shub__s3_scope;

/* A row a call: how it is sent, and how its answer is to be taken. */
typedef struct shub__s3_call_row {
    const char *name; /* "UploadPart", for traces and messages */
    const char *method;
    shub__s3_scope scope;
    const char *query;  /* "uploads": the query that makes the call; NULL: none */
    const char *result; /* root element of its answer, without which it is none; NULL:
                           there is none */
    int etag;           /* 1: an answer without an ETag header is none */
    int error_in_200;   /* 1: an <Error> may stand in an answer of 200 */
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

/* Checks the names, and adds the query that makes the call. `bucket` and `key` stay the
 * caller's. Errors: SHUB_E_INVALID (a bucket that is empty, too long, "." or "..", or
 * holds another byte than A-Z a-z 0-9 . - _; a key that is empty, too long, not UTF-8, or
 * holds NUL; a key of a call on buckets). Lifetime: free with shub__s3_request_fini, also
 * after a failure. */
shub_status shub__s3_request_init(shub__s3_request *req, shub__s3_op op,
                                  shub_slice bucket, shub_slice key, shub_error *err);
void shub__s3_request_fini(shub__s3_request *req);
/* Adds a pair, copying the value; `name` is static. One of the same name is replaced.
 * Errors: SHUB_E_LIMIT, SHUB_E_INVALID (a header's value with control characters or
 * beyond US-ASCII), SHUB_E_NOMEM. */
shub_status shub__s3_add_query(shub__s3_request *req, const char *name, shub_slice value,
                               shub_error *err);
shub_status shub__s3_add_header(shub__s3_request *req, const char *name, shub_slice value,
                                shub_error *err);

/* Headers of the options that describe the object: of Put, Create and Copy. A copy keeps
 * its source's content headers, metadata and tags. Errors besides: SHUB_E_INVALID, with
 * the index of the metadata or tag (a metadata name that is no header token or there
 * twice, a value that US-ASCII cannot hold; a tag without name or not UTF-8; a KMS key
 * without "aws:kms"; content headers, metadata or tags of a copy). */
shub_status shub__s3_add_object_headers(shub__s3_request *req,
                                        const shub_s3_put_options *opts, shub_error *err);
/* x-amz-meta-shub-sha256. */
shub_status shub__s3_add_sha256(shub__s3_request *req, const unsigned char sha256[32],
                                shub_error *err);
/* If-None-Match and If-Match: of Put, Complete and Copy. Errors besides: SHUB_E_INVALID
 * (both; an ETag with a quotation mark within). */
shub_status shub__s3_add_conditions(shub__s3_request *req,
                                    const shub_s3_put_options *opts, shub_error *err);
/* 1 when the request has one of them. */
int shub__s3_has_condition(const shub__s3_request *req);
/* x-amz-copy-source, and for a part (`length` > 0) x-amz-copy-source-range. */
shub_status shub__s3_add_source(shub__s3_request *req, shub_slice bucket, shub_slice key,
                                int64_t offset, int64_t length, shub_error *err);
/* A header whose value is an ETag, between quotation marks, which it may have already. */
shub_status shub__s3_add_etag(shub__s3_request *req, const char *name, shub_slice etag,
                              shub_error *err);
/* Range and the like of a Get. Errors besides: SHUB_E_INVALID (negative numbers). */
shub_status shub__s3_add_get(shub__s3_request *req, const shub_s3_get_options *opts,
                             shub_error *err);
/* uploadId and, unless `part` is 0, partNumber: of Part, Part_copy; of Complete, Abort,
 * List_parts. Errors besides: SHUB_E_INVALID (no id, part above SHUB_S3_PARTS_MAX). */
shub_status shub__s3_add_part(shub__s3_request *req, shub_slice upload_id, int part,
                              shub_error *err);

/* What a list is asked with; `opts` may be NULL. `next`, of shub__s3_page, asks for the
 * page behind another; NULL: the first. List_parts takes the page's size alone, and
 * shub__s3_add_part besides. Errors besides: SHUB_E_INVALID (page outside 0 to 1000). */
shub_status shub__s3_add_list(shub__s3_request *req, const shub_s3_list_options *opts,
                              const shub_slice next[2], shub_error *err);

#define SHUB__S3_DELETE_MAX 1000 /* keys of one DeleteObjects */

/* Body of DeleteObjects, quiet: of the keys [0, count), at most SHUB__S3_DELETE_MAX. S3
 * wants Content-MD5 or a checksum header beside it: the client's. Errors besides:
 * SHUB_E_INVALID with index (a key that shub__s3_request_init or XML 1.0 refuses). */
shub_status shub__s3_delete_body(shub__s3_request *req, const shub_slice *keys,
                                 size_t count, shub_error *err);

/* One part that is there. */
typedef struct shub__s3_done {
    int part;
    shub_slice etag;
    shub_slice sum; /* base64 of its checksum; empty: none */
} shub__s3_done;

/* Body of CompleteMultipartUpload; parts ascending. `sum_name` is "ChecksumCRC32C" or the
 * like, NULL: no checksums. Errors besides: SHUB_E_INVALID with index (not ascending, no
 * ETag, one that XML 1.0 cannot hold), SHUB_E_LIMIT (more than SHUB_S3_PARTS_MAX). */
shub_status shub__s3_complete_body(shub__s3_request *req, const shub__s3_done *parts,
                                   size_t count, const char *sum_name, shub_error *err);

#endif
