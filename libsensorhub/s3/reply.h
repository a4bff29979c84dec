/* What S3 answers, pure: XML by expat, headers, and errors wherever they stand. */
#ifndef SHUB_S3_REPLY_H
#define SHUB_S3_REPLY_H

#include "base/arena.h"
#include "s3/request.h"

#define SHUB__S3_BODY_MAX                                                                \
    ((size_t)8 << 20) /* of an XML answer; a full page is below 2                        \
                       */

/* Clocks that differ less are no reason for a 403 (AWS SDK for JavaScript,
 * "systemClockOffset"; S3 itself allows 15 minutes). */
#define SHUB__S3_SKEW_US (300 * SHUB_SECOND_US)

/* What to do about an answer that says no. */
typedef enum shub__s3_advice {
    SHUB__S3_FINAL = 0,    /* nothing helps */
    SHUB__S3_RETRY,        /* again, after a while */
    SHUB__S3_SLOW,         /* again, and everything slower */
    SHUB__S3_SKEW,         /* learn the clock, sign anew; a 403 without a word may be one:
                              again only when the clocks differ by more than
                              SHUB__S3_SKEW_US */
    SHUB__S3_REFRESH,      /* fetch credentials, sign anew */
    SHUB__S3_REGION,       /* learn the region, sign anew */
    SHUB__S3_UNCONDITIONAL /* it does not know conditions: 501 to a request with one */
} shub__s3_advice;

/* An answer that was judged; region and time also of one that says yes. */
typedef struct shub__s3_fault {
    shub_status status; /* SHUB_OK: no fault */
    shub__s3_advice advice;
    char code[64];          /* "NoSuchKey"; empty: none was given */
    char region[64];        /* where the bucket is; empty: not said */
    int64_t server_time_us; /* ServerTime, else the Date header; SHUB_NONE */
} shub__s3_fault;

/* Reads an HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 section 5.6.7): 1, or 0
 * when it is none. */
int shub__s3_http_date(shub_slice text, int64_t *time_us);

/* The value of a header in an answer's block of headers ("Name: value" lines), trimmed;
 * empty when absent. Lifetime: borrowed. */
shub_slice shub__s3_header(shub_slice headers, const char *name);

/* Judges a whole answer: status line, headers, body (of GetObject only when it is an
 * error's). An <Error> in a 200, an answer without its root element, or without an ETag
 * where one must be, count: SHUB_E_HTTP or, cut off, SHUB_E_TRUNCATED, to be tried again.
 * `had_condition`: the request had If-Match or If-None-Match. Fills in `err` with "Code:
 * message", control characters and credentials taken out. What the caller must know
 * besides: a 500 at Complete may hide that it was done, or that the upload is gone (Ceph
 * says "already in progress"): ask before it is sent again; SHUB_E_CONFLICT at Complete
 * means a new upload, so its advice is FINAL. SHUB_E_NOMEM: nothing was judged. */
shub_status shub__s3_judge(shub__s3_op op, int http_status, shub_slice headers,
                           shub_slice body, int had_condition, shub__s3_fault *fault,
                           shub_error *err);

/* Fills in what the headers of an answer say. Those of a Get or Head describe the object;
 * others tell its ETag, version and SSE only, their length and type are the answer's own.
 * Texts and metadata lie in the arena. Errors: SHUB_E_NOMEM. */
shub_status shub__s3_read_object(shub__s3_op op, shub_slice headers, shub__arena *arena,
                                 shub_s3_object *object, shub_error *err);

/* Results of calls that have one; slices lie in the arena. Errors: SHUB_E_HTTP (it does
 * not say what it must, or is malformed), SHUB_E_TRUNCATED, SHUB_E_LIMIT, SHUB_E_NOMEM:
 * all but the last mean that the answer is none. */
shub_status shub__s3_read_create(shub_slice body, shub__arena *arena,
                                 shub_slice *upload_id, shub_error *err);
/* ETag of CopyObject, UploadPartCopy, CompleteMultipartUpload; empty when the server left
 * it out, as radosgw does. */
shub_status shub__s3_read_etag(shub_slice body, shub__arena *arena, shub_slice *etag,
                               shub_error *err);

/* One page of a list, in the order of its keys, common prefixes among them. Entries and
 * marks lie in the arena; keys are decoded. */
typedef struct shub__s3_page {
    shub_s3_object *entries;
    shub_slice *sums; /* of List_parts: base64 of each part's checksum; empty: none */
    size_t count;
    int truncated;
    shub_slice next[2]; /* what asks for the page behind it: continuation token; key and
                           upload id marker; part number marker */
} shub__s3_page;
shub_status shub__s3_read_page(shub__s3_op op, shub_slice body, shub__arena *arena,
                               shub__s3_page *page, shub_error *err);

/* Calls `fn` for each <Error> of a DeleteResult; shub__s3_fault_of knows its code. */
typedef void shub__s3_delete_fn(shub_slice key, shub_slice code, shub_slice message,
                                void *user);
shub_status shub__s3_read_deleted(shub_slice body, shub__s3_delete_fn *fn, void *user,
                                  shub_error *err);

/* The status, advice and code of an error code; NULL, empty or unknown: of the HTTP
 * status, 0 where there is none of its own. */
void shub__s3_fault_of(const char *code, int http_status, shub__s3_fault *fault);

#endif
