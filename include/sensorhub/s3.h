/* sensorhub/s3.h: objects in Amazon S3, and in every store that speaks its protocol.
 *
 * A client signs each request anew (Signature Version 4), tries again what fails for the
 * moment, learns the server's clock and the bucket's region from its answers, slows down
 * when it is told to, and asks for new credentials before the old ones expire. Uploads
 * hold one part in memory for each one in flight, and nothing else. Calls block.
 *
 *     shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
 *     shub_s3 *s3;
 *     opts.region = "eu-west-1";
 *     if (shub_s3_open(&opts, &s3, err) == SHUB_OK)
 *         shub_s3_put_file(s3, SHUB_LIT("bucket"), SHUB_LIT("a/key"), "file", NULL, NULL,
 *                          err);
 *     shub_s3_close(s3);
 *
 * Errors that a server's answer gives, in every call that asks one:
 *   SHUB_E_NOT_FOUND     no such key, bucket, upload
 *   SHUB_E_AUTH          key unknown, or refused without a word (401, 403)
 *   SHUB_E_SIGNATURE     the secret key is wrong
 *   SHUB_E_EXPIRED       credentials have expired, and new ones too
 *   SHUB_E_DENIED        the key may not do this
 *   SHUB_E_SKEWED        the clocks differ, also after the server's was learnt
 *   SHUB_E_CHECKSUM      what arrived is not what was sent, there or here
 *   SHUB_E_PRECONDITION  if_none_match, if_match: 412
 *   SHUB_E_CONFLICT      another request changes the same object: 409
 *   SHUB_E_OVERLOADED    SlowDown and its like, to the last attempt
 *   SHUB_E_REDIRECT      another region or address, and nothing says which
 *   SHUB_E_RANGE         the range lies behind the object's end (416)
 *   SHUB_E_FULL          the store, or a quota there, is full
 *   SHUB_E_UNSUPPORTED   the server does not know the call (405, 501)
 *   SHUB_E_REMOTE        another S3 error; the message begins with its code
 *   SHUB_E_HTTP          an answer that is not S3's
 *   SHUB_E_NETWORK, SHUB_E_TIMEOUT, SHUB_E_TLS, SHUB_E_TRUNCATED   no whole answer
 * all with http_status where there was one. Others: SHUB_E_INVALID (names, options),
 * SHUB_E_FORKED, SHUB_E_NOMEM. */
#ifndef SENSORHUB_S3_H
#define SENSORHUB_S3_H

#include <sensorhub/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Amazon S3 User Guide, "Multipart upload limits" and "Object key names". */
#define SHUB_S3_KEY_MAX     1024               /* bytes */
#define SHUB_S3_BUCKET_MAX  255                /* bytes; Amazon's own: 63 */
#define SHUB_S3_PARTS_MAX   10000              /* of one upload */
#define SHUB_S3_PART_MIN    ((int64_t)5 << 20) /* bytes; the last may have fewer */
#define SHUB_S3_PUT_MAX     ((int64_t)5 << 30) /* bytes of one PUT, part or copy */
#define SHUB_S3_EXPIRES_MAX 604800             /* seconds of a presigned URL */

#define SHUB_S3_PART_BYTES  ((int64_t)8 << 20) /* of a part, by default */
#define SHUB_S3_IN_FLIGHT   4                  /* parts, by default */

/* A name and its value: of metadata (without "x-amz-meta-"), a tag, a header. */
typedef struct shub_s3_pair {
    shub_slice name, value;
} shub_s3_pair;

/* ---- signing alone ------------------------------------------------------------- */

typedef struct shub_s3_sign_options {
    size_t size;
    shub_slice access_key;
    shub_slice secret_key;    /* secret */
    shub_slice session_token; /* secret; empty: none */
    shub_slice region;        /* empty: "us-east-1" */
    shub_slice service;       /* empty: "s3", whose paths are encoded once and kept */
    int64_t time_us;          /* of the signature */
    int64_t expires_s;        /* presigned: 1 to SHUB_S3_EXPIRES_MAX; 0: 900 */
} shub_s3_sign_options;

#define SHUB_S3_SIGN_OPTIONS_INIT                                                        \
    {                                                                                    \
        sizeof(shub_s3_sign_options), {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0},        \
            {NULL, 0}, 0, 0                                                              \
    }

#define SHUB_S3_AUTHORIZATION_MAX 2048 /* bytes, NUL included */
#define SHUB_S3_DATE_MAX          17   /* "20130524T000000Z" and NUL */

/* What a signed request is sent with, besides the headers that were signed. */
typedef struct shub_s3_signature {
    size_t size;
    char authorization[SHUB_S3_AUTHORIZATION_MAX]; /* header Authorization */
    char date[SHUB_S3_DATE_MAX];                   /* header x-amz-date */
    char reserved[15];
} shub_s3_signature;

#define SHUB_S3_SIGNATURE_INIT                                                           \
    {                                                                                    \
        sizeof(shub_s3_signature), "", "", ""                                            \
    }

#define SHUB_S3_URL_MAX 16384 /* bytes of a URL, NUL included */

/* Signs a request (Signature Version 4, header form). `url` is absolute, as it goes on
 * the wire; `headers` are those to be signed besides host, x-amz-date,
 * x-amz-content-sha256 and x-amz-security-token, which are added, and must be sent too.
 * Headers that proxies change (user-agent, connection, expect, transfer-encoding,
 * upgrade, x-amzn-trace-id, sec-websocket-…) are passed over. `payload` is the text of
 * x-amz-content-sha256: 64 hexadecimal digits, or "UNSIGNED-PAYLOAD". Errors:
 * SHUB_E_INVALID (url with pos, method, payload, a missing or malformed key or scope; a
 * header, with index), SHUB_E_RANGE (time), SHUB_E_LIMIT, SHUB_E_UNSUPPORTED (an OpenSSL
 * without HMAC or SHA-256), SHUB_E_NOMEM. */
SHUB_API shub_status shub_s3_sign(const shub_s3_sign_options *opts, shub_slice method,
                                  shub_slice url, const shub_s3_pair *headers,
                                  size_t header_count, shub_slice payload,
                                  shub_s3_signature *signature, shub_error *err);

/* Makes a URL that carries its own signature (query form): `url` with X-Amz-… added, in
 * `dst` of `cap` bytes, NUL-terminated. Who has it may send the request until it expires:
 * the URL is a secret. `headers` must then be sent with it. SHUB_S3_URL_MAX bytes are
 * enough for every URL. Errors: as shub_s3_sign; SHUB_E_INVALID (expires_s), SHUB_E_LIMIT
 * when `cap` is too small. */
SHUB_API shub_status shub_s3_presign(const shub_s3_sign_options *opts, shub_slice method,
                                     shub_slice url, const shub_s3_pair *headers,
                                     size_t header_count, char *dst, size_t cap,
                                     size_t *len, shub_error *err);

/* ---- the client ---------------------------------------------------------------- */

/* How a bucket is named in a URL. */
typedef enum shub_s3_addressing {
    SHUB_S3_ADDRESSING_AUTO = 0, /* virtual host on Amazon's own, where the bucket's name
                                    allows it; else path */
    SHUB_S3_ADDRESSING_PATH = 1,
    SHUB_S3_ADDRESSING_VIRTUAL = 2
} shub_s3_addressing;

/* What tells the server that a body arrived as it was sent. */
typedef enum shub_s3_integrity {
    SHUB_S3_INTEGRITY_AUTO = 0,   /* CRC32C on Amazon's own over TLS; else SHA256 */
    SHUB_S3_INTEGRITY_NONE = 1,   /* nothing; UNSIGNED-PAYLOAD */
    SHUB_S3_INTEGRITY_MD5 = 2,    /* Content-MD5 */
    SHUB_S3_INTEGRITY_SHA256 = 3, /* the signature covers the body; every server knows it
                                   */
    SHUB_S3_INTEGRITY_CRC32C = 4, /* x-amz-checksum-crc32c */
    SHUB_S3_INTEGRITY_CRC64NVME = 5 /* x-amz-checksum-crc64nvme */
} shub_s3_integrity;

/* Keys that an application brings itself. */
typedef struct shub_s3_credentials {
    size_t size;
    shub_slice access_key;
    shub_slice secret_key;    /* secret */
    shub_slice session_token; /* secret; may be empty */
    int64_t expires_us;       /* 0: never */
} shub_s3_credentials;

#define SHUB_S3_CREDENTIALS_INIT                                                         \
    {                                                                                    \
        sizeof(shub_s3_credentials), {NULL, 0}, {NULL, 0}, {NULL, 0}, 0                  \
    }

/* Fills in `out`; its slices are copied when it returns. Called on the client's thread,
 * once, and again before they expire or when the server says that they have. */
typedef shub_status shub_s3_credentials_fn(void *user, shub_s3_credentials *out,
                                           shub_error *err);

typedef struct shub_s3_options {
    size_t size;
    /* "https://storage.example.org/prefix", "http://[::1]:7480", without a scheme https;
     * NULL: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's endpoint_url, else
     * Amazon's for the region */
    const char *endpoint;
    /* NULL: AWS_REGION, AWS_DEFAULT_REGION, the profile's, else "us-east-1" */
    const char *region;
    /* Keys. NULL: `credentials`, else the chain: environment, profile (keys, role,
     * web identity, credential_process), web identity, container, instance */
    const char *access_key;
    const char *secret_key;    /* secret */
    const char *session_token; /* secret */
    const char *profile; /* of ~/.aws/config and credentials; NULL: AWS_PROFILE, else
                            "default" */
    shub_s3_credentials_fn *credentials;
    void *user;          /* of `credentials` */
    const char *ca_file; /* PEM file of authorities; NULL: the system's */
    const char *pin;     /* as in shub_eagle_options */
    const char *journal; /* SQLite file that lets uploads of files go on after a crash, to
                            the same endpoint; NULL: they start anew */
    int32_t insecure;    /* 1: TLS certificates are not verified; a pin still is */
    int32_t anonymous;   /* 1: nothing is signed */
    int32_t addressing;  /* a shub_s3_addressing */
    int32_t integrity;   /* a shub_s3_integrity */
    int32_t unsigned_payload; /* 1: the signature leaves the body out over plain HTTP too,
                                 when `integrity` does not ask for SHA256 */
    int32_t in_flight;        /* parts of all uploads together; 0: SHUB_S3_IN_FLIGHT */
    int32_t retries;          /* of one request; 0: 9; SHUB_NONE: none */
    int32_t reserved;
    int64_t part_bytes;         /* 0: SHUB_S3_PART_BYTES; at least SHUB_S3_PART_MIN; of a
                                   file grown where 10 000 parts would not do */
    int64_t connect_timeout_ms; /* 0: 10 000 */
    int64_t answer_timeout_ms;  /* for requests without a large body; 0: 60 000 */
    int64_t stall_ms;           /* a connection this long below stall_bytes is given up;
                                   0: 30 000 */
    int64_t stall_bytes;        /* a second; 0: 1024 */
    uint64_t seed;    /* of the jitter; 0: from the handle's address, the clock */
    shub_clock clock; /* {NULL, NULL}: the system's */
} shub_s3_options;

#define SHUB_S3_OPTIONS_INIT                                                             \
    {                                                                                    \
        sizeof(shub_s3_options), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,   \
            NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                        \
        {                                                                                \
            NULL, NULL                                                                   \
        }                                                                                \
    }

typedef struct shub_s3 shub_s3;

/* Opens a client, copying the options; sends nothing yet. Errors: SHUB_E_INVALID,
 * SHUB_E_NOT_FOUND (a profile that was asked for by name, no credentials anywhere that
 * can be told now), SHUB_E_FORMAT (a profile's file, with its line), SHUB_E_IO,
 * SHUB_E_CORRUPT, SHUB_E_UNSUPPORTED, SHUB_E_BUSY (journal), SHUB_E_NOMEM.
 * Lifetime: close with shub_s3_close, after its lists and uploads. */
SHUB_API shub_status shub_s3_open(const shub_s3_options *opts, shub_s3 **s3,
                                  shub_error *err);
/* Wipes the credentials. NULL is fine. */
SHUB_API void shub_s3_close(shub_s3 *s3);

/* Counts since the client was opened. */
typedef struct shub_s3_stats {
    size_t size;
    uint64_t requests;                   /* sent, credentials' included */
    uint64_t retries;                    /* of them: further attempts */
    uint64_t throttled;                  /* answers that said SlowDown, or the like */
    uint64_t bytes_sent, bytes_received; /* of bodies */
    uint64_t refreshes;                  /* of credentials */
    uint64_t orphans; /* uploads given up whose abort failed: shub_s3_abort_stale */
    int64_t skew_us;  /* server's clock less ours, as learnt */
    int32_t conditions_ignored; /* 1: the server refused if_none_match or if_match as
                                   unknown: HEAD was asked in their place */
    int32_t reserved;
} shub_s3_stats;

#define SHUB_S3_STATS_INIT                                                               \
    {                                                                                    \
        sizeof(shub_s3_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0                              \
    }

SHUB_API void shub_s3_get_stats(const shub_s3 *s3, shub_s3_stats *stats);

/* ---- objects ------------------------------------------------------------------- */

/* What is known of an object, an upload or a part; what is not is empty, 0 or SHUB_NONE.
 * Lifetime: borrowed from the client until its next call, from a list until the next
 * entry. */
typedef struct shub_s3_object {
    size_t size;
    shub_slice key;  /* of a list: key, or common prefix */
    shub_slice etag; /* without quotation marks; opaque */
    shub_slice version_id;
    shub_slice content_type, content_encoding, cache_control;
    shub_slice storage_class;
    shub_slice sse;               /* x-amz-server-side-encryption */
    shub_slice upload_id;         /* of a list of uploads */
    const shub_s3_pair *metadata; /* names in lower case, without "x-amz-meta-" */
    size_t metadata_count;
    int64_t bytes;       /* SHUB_NONE: not said */
    int64_t modified_us; /* of an upload: when it began */
    int32_t part;        /* number of a part */
    int32_t is_prefix;   /* 1: a common prefix, not an object */
    int32_t has_sha256;  /* 1: sha256 is x-amz-meta-shub-sha256 */
    int32_t reserved;
    unsigned char sha256[32];
} shub_s3_object;

#define SHUB_S3_OBJECT_INIT                                                              \
    {                                                                                    \
        sizeof(shub_s3_object), {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0},   \
            {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0, 0, 0, 0, 0, 0, 0,       \
        {                                                                                \
            0                                                                            \
        }                                                                                \
    }

typedef struct shub_s3_put_options {
    size_t size;
    shub_slice content_type;     /* empty: "application/octet-stream" */
    shub_slice content_encoding; /* "gzip" */
    shub_slice cache_control;
    shub_slice storage_class; /* "STANDARD_IA", "GLACIER_IR", … */
    shub_slice sse;           /* "AES256", "aws:kms" */
    shub_slice sse_kms_key_id;
    shub_slice if_match; /* ETag that the object must have now */
    const shub_s3_pair *metadata;
    size_t metadata_count;
    const shub_s3_pair *tags;
    size_t tag_count;
    const unsigned char *sha256; /* of the whole, 32 bytes, when the caller knows it */
    int32_t if_none_match;       /* 1: only when there is no such object */
    int32_t no_sha256; /* 1: no x-amz-meta-shub-sha256; a file is then read once only */
} shub_s3_put_options;

#define SHUB_S3_PUT_OPTIONS_INIT                                                         \
    {                                                                                    \
        sizeof(shub_s3_put_options), {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0},         \
            {NULL, 0}, {NULL, 0}, {NULL, 0}, NULL, 0, NULL, 0, NULL, 0, 0                \
    }

/* Puts an object in one request. `opts` and `object` may be NULL. Errors: SHUB_E_LIMIT
 * (above SHUB_S3_PUT_MAX), and the server's. */
SHUB_API shub_status shub_s3_put(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                 shub_slice body, const shub_s3_put_options *opts,
                                 shub_s3_object *object, shub_error *err);

typedef struct shub_s3_get_options {
    size_t size;
    int64_t offset; /* of the first byte */
    int64_t length; /* in bytes; 0: to the end */
    shub_slice version_id;
    shub_slice if_match; /* ETag that the object must have */
} shub_s3_get_options;

#define SHUB_S3_GET_OPTIONS_INIT                                                         \
    {                                                                                    \
        sizeof(shub_s3_get_options), 0, 0, {NULL, 0},                                    \
        {                                                                                \
            NULL, 0                                                                      \
        }                                                                                \
    }

/* Takes bytes of an object as they come: SHUB_OK to go on, another status ends the call
 * with it. It must not call the client that calls it. */
typedef shub_status shub_s3_sink_fn(shub_slice bytes, void *user, shub_error *err);

/* Gets an object. A connection that breaks is taken up again behind the last byte, as
 * long as the object's ETag stays the same. A whole object is compared with
 * x-amz-meta-shub-sha256 and with the checksum that the server keeps: SHUB_E_CHECKSUM
 * then comes after the last byte. `opts` and `object` may be NULL. */
SHUB_API shub_status shub_s3_get(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                 const shub_s3_get_options *opts, shub_s3_sink_fn *sink,
                                 void *user, shub_s3_object *object, shub_error *err);
/* The same into a file, which gets its name (replacing what had it) when it is whole,
 * compared and synced. Errors besides: SHUB_E_FULL, SHUB_E_IO. */
SHUB_API shub_status shub_s3_get_file(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                      const char *path, const shub_s3_get_options *opts,
                                      shub_s3_object *object, shub_error *err);
/* What is known of an object without its bytes. */
SHUB_API shub_status shub_s3_head(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                  shub_s3_object *object, shub_error *err);
/* Deletes an object; one that is not there is fine. */
SHUB_API shub_status shub_s3_delete(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                    shub_error *err);
/* Deletes many, a thousand a request. `statuses`, of `count`, says of each whether it is
 * gone; it may be NULL. The first that is not gives the error, with its index. */
SHUB_API shub_status shub_s3_delete_many(shub_s3 *s3, shub_slice bucket,
                                         const shub_slice *keys, size_t count,
                                         shub_status *statuses, shub_error *err);
/* Copies an object within the store, in parts above SHUB_S3_PUT_MAX. Metadata and content
 * type go along; `opts` (nullable) adds conditions on the target, storage class, SSE. */
SHUB_API shub_status shub_s3_copy(shub_s3 *s3, shub_slice from_bucket,
                                  shub_slice from_key, shub_slice to_bucket,
                                  shub_slice to_key, const shub_s3_put_options *opts,
                                  shub_s3_object *object, shub_error *err);
/* Copies, compares, deletes the source. Said again after it was done (the source is gone,
 * the target is there) it succeeds. Errors besides: SHUB_E_EXISTS (the target holds
 * something else). */
SHUB_API shub_status shub_s3_rename(shub_s3 *s3, shub_slice bucket, shub_slice from_key,
                                    shub_slice to_key, shub_s3_object *object,
                                    shub_error *err);
/* Makes a URL for one request on an object, with the client's keys, region and
 * addressing, as shub_s3_presign. */
SHUB_API shub_status shub_s3_presign_object(shub_s3 *s3, shub_slice method,
                                            shub_slice bucket, shub_slice key,
                                            int64_t expires_s, char *dst, size_t cap,
                                            size_t *len, shub_error *err);

/* ---- lists --------------------------------------------------------------------- */

typedef struct shub_s3_list_options {
    size_t size;
    shub_slice prefix;
    shub_slice delimiter;   /* "/": what lies below a further one is one common prefix */
    shub_slice start_after; /* objects: keys behind it */
    int32_t page;           /* entries a request; 0: 1000, the most there is */
    int32_t reserved;
} shub_s3_list_options;

#define SHUB_S3_LIST_OPTIONS_INIT                                                        \
    {                                                                                    \
        sizeof(shub_s3_list_options), {NULL, 0}, {NULL, 0}, {NULL, 0}, 0, 0              \
    }

typedef struct shub_s3_list shub_s3_list;

/* Lists objects, in the order of their keys. `opts` may be NULL.
 * Lifetime: close with shub_s3_list_close. */
SHUB_API shub_status shub_s3_list_open(shub_s3 *s3, shub_slice bucket,
                                       const shub_s3_list_options *opts,
                                       shub_s3_list **list, shub_error *err);
/* Lists multipart uploads that were begun and not ended. Lifetime: as above. */
SHUB_API shub_status shub_s3_list_uploads(shub_s3 *s3, shub_slice bucket,
                                          const shub_s3_list_options *opts,
                                          shub_s3_list **list, shub_error *err);
/* Lists the parts of an upload. Lifetime: as above. */
SHUB_API shub_status shub_s3_list_parts(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                        shub_slice upload_id, shub_s3_list **list,
                                        shub_error *err);
/* The next entry, asking for the next page where one is needed; `more` is 0 past the end.
 * Lifetime: borrowed until the next call on the list. */
SHUB_API shub_status shub_s3_list_next(shub_s3_list *list, shub_s3_object *entry,
                                       int *more, shub_error *err);
/* NULL is fine. */
SHUB_API void shub_s3_list_close(shub_s3_list *list);

/* ---- uploads ------------------------------------------------------------------- */

typedef struct shub_s3_upload shub_s3_upload;

typedef struct shub_s3_progress {
    size_t size;
    int64_t bytes;  /* of the whole; SHUB_NONE for a stream that is not finished */
    int64_t sent;   /* arrived there, what an earlier run sent included */
    int64_t reused; /* of them: by an earlier run */
    int32_t parts, parts_done;
    int32_t in_flight;
    int32_t restarts; /* the upload was not known any more and began anew */
} shub_s3_progress;

#define SHUB_S3_PROGRESS_INIT                                                            \
    {                                                                                    \
        sizeof(shub_s3_progress), 0, 0, 0, 0, 0, 0, 0                                    \
    }

/* Uploads a file: one PUT below a part's size, else a multipart upload, whose parts are
 * read when they are sent. With a journal an upload that broke off goes on: the server is
 * asked which parts it has, a file that changed starts anew. Blocks; is
 * shub_s3_upload_file, _poll until it is done, _close. Errors besides the server's:
 * SHUB_E_CORRUPT (the file changed meanwhile), SHUB_E_LIMIT (too large), those of reading
 * it. */
SHUB_API shub_status shub_s3_put_file(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                      const char *path, const shub_s3_put_options *opts,
                                      shub_s3_object *object, shub_error *err);

/* Begins to upload a file; any number of uploads share the client's parts in flight.
 * Lifetime: close with shub_s3_upload_close. */
SHUB_API shub_status shub_s3_upload_file(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                         const char *path,
                                         const shub_s3_put_options *opts,
                                         shub_s3_upload **upload, shub_error *err);
/* Begins an upload of unknown length. A body that stays below a part's size becomes one
 * PUT; of a longer one x-amz-meta-shub-sha256 is what opts->sha256 says, or missing.
 * Writing and finishing give SHUB_E_LIMIT behind 10 000 parts of the client's part_bytes.
 * Lifetime: as above. */
SHUB_API shub_status shub_s3_upload_open(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                         const shub_s3_put_options *opts,
                                         shub_s3_upload **upload, shub_error *err);
/* Adds bytes to a stream, copying them; full parts are sent meanwhile. Waits while as
 * many parts as may be are in flight. A failure is final. */
SHUB_API shub_status shub_s3_upload_write(shub_s3_upload *upload, shub_slice bytes,
                                          shub_error *err);
/* Works on all uploads of the client, up to `timeout_ms` for something to happen.
 * SHUB_E_AGAIN: this one goes on; SHUB_OK: it is done, `object` (nullable) says with what
 * ETag; else it failed. `progress` may be NULL. */
SHUB_API shub_status shub_s3_upload_poll(shub_s3_upload *upload, int64_t timeout_ms,
                                         shub_s3_progress *progress,
                                         shub_s3_object *object, shub_error *err);
/* Ends a stream and waits until the object is there. */
SHUB_API shub_status shub_s3_upload_finish(shub_s3_upload *upload, shub_s3_object *object,
                                           shub_error *err);
/* Gives up and removes at the server what was sent; nothing appears under the key. What
 * is at the server already is waited for. Errors besides the server's: SHUB_E_EXISTS (the
 * object is there), SHUB_E_REMOTE (what was sent could not be removed). */
SHUB_API shub_status shub_s3_upload_abort(shub_s3_upload *upload, shub_error *err);
/* Of an upload that is not done: a file's with a journal can go on later, any other is
 * aborted, which may block as long as one request. NULL is fine. */
SHUB_API void shub_s3_upload_close(shub_s3_upload *upload);

/* Aborts one multipart upload, also one that another client began; one that is not there
 * is fine. */
SHUB_API shub_status shub_s3_abort(shub_s3 *s3, shub_slice bucket, shub_slice key,
                                   shub_slice upload_id, shub_error *err);
/* Aborts uploads below `prefix` that began before `before_us` and are this client's own:
 * those its journal knows and no upload goes on with, and, whenever it was, those whose
 * beginning had no answer. With `all`, every one. `count` (nullable) says how many. */
SHUB_API shub_status shub_s3_abort_stale(shub_s3 *s3, shub_slice bucket,
                                         shub_slice prefix, int64_t before_us, int all,
                                         size_t *count, shub_error *err);

#ifdef __cplusplus
}
#endif

#endif
