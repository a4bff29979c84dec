/* The parts of a multipart upload, pure: which there are, which to send next, when it is
 * complete (Amazon S3 User Guide, "Multipart upload limits"). */
#ifndef SHUB_S3_PARTS_H
#define SHUB_S3_PARTS_H

#include "base/arena.h"
#include "s3/request.h"

/* Bytes of each part of `total` bytes: `wanted` (0: SHUB_S3_PART_BYTES) within
 * SHUB_S3_PART_MIN and SHUB_S3_PUT_MAX, grown to whole MiB where SHUB_S3_PARTS_MAX would
 * not suffice. 0 when `total` is above what parts can hold, 48.8 TiB. */
int64_t shub__s3_part_size(int64_t total, int64_t wanted);

typedef enum shub__s3_part_state {
    SHUB__S3_PART_WAITING = 0,
    SHUB__S3_PART_SENDING = 1,
    SHUB__S3_PART_DONE = 2
} shub__s3_part_state;

typedef struct shub__s3_parts {
    int64_t total; /* bytes; SHUB_NONE: not known yet */
    int64_t part_bytes;
    struct shub__s3_part_row *rows;
    int count, cap;
    int done;
    int needs_sums;     /* 1: one that is found without a checksum is sent again */
    int next;           /* parts before it, counted from 0, are not WAITING */
    int64_t bytes;      /* of all parts that are planned */
    int64_t bytes_done; /* of those that are DONE */
    shub__arena arena;
} shub__s3_parts;

/* Plans the parts of `total` bytes (of 0: one, empty), or none yet. Errors: SHUB_E_LIMIT
 * (more than SHUB_S3_PARTS_MAX, no part size), SHUB_E_NOMEM. Lifetime: free with
 * shub__s3_parts_fini, also after a failure. */
shub_status shub__s3_parts_init(shub__s3_parts *parts, int64_t total, int64_t part_bytes,
                                shub_error *err);
void shub__s3_parts_fini(shub__s3_parts *parts);
/* All parts are to be sent again: the upload began anew. */
void shub__s3_parts_restart(shub__s3_parts *parts);
/* All parts are to be sent again, unless shub__s3_parts_found says otherwise: an upload
 * goes on. What is known of their ETags and sums is kept to compare with. */
void shub__s3_parts_doubt(shub__s3_parts *parts);
/* Adds a part behind the last, of a stream. Errors: SHUB_E_LIMIT (more than
 * SHUB_S3_PARTS_MAX), SHUB_E_NOMEM. */
shub_status shub__s3_parts_append(shub__s3_parts *parts, int64_t bytes, int *part,
                                  shub_error *err);
/* Takes the next part to send, from 1; 0 when there is none. It is SENDING then. */
int shub__s3_parts_take(shub__s3_parts *parts, int64_t *offset, int64_t *bytes);
/* It did not arrive: to be sent again. */
void shub__s3_parts_return(shub__s3_parts *parts, int part);
/* It arrived; said twice, the later ETag counts. Errors: SHUB_E_NOMEM. */
shub_status shub__s3_parts_done(shub__s3_parts *parts, int part, shub_slice etag,
                                shub_slice sum, shub_error *err);
/* What ListParts says of a part that is WAITING: DONE when its size is the planned one
 * and, where we know its ETag or sum and the server says one, they agree; else it is sent
 * again. One that is not planned is passed over. Errors: SHUB_E_NOMEM. */
shub_status shub__s3_parts_found(shub__s3_parts *parts, int part, int64_t bytes,
                                 shub_slice etag, shub_slice sum, shub_error *err);
/* No part follows: the total is what there is. */
void shub__s3_parts_end(shub__s3_parts *parts);
/* The ETag that Amazon S3 and its like give an object of these parts: the MD5 of their
 * MD5s, "-", their number; `etag` stays empty when a part's ETag is no MD5. Errors:
 * SHUB_E_NOMEM. */
shub_status shub__s3_parts_etag(const shub__s3_parts *parts, shub__buf *etag,
                                shub_error *err);
/* 1 when there are parts, all of them are DONE, and none follows. */
int shub__s3_parts_complete(const shub__s3_parts *parts);
/* The `parts->done` parts that are DONE, ascending, for shub__s3_complete_body; their
 * texts are the parts'. Errors: SHUB_E_NOMEM. Lifetime: free with shub__free. */
shub_status shub__s3_parts_list(const shub__s3_parts *parts, shub__s3_done **list,
                                shub_error *err);

#endif
