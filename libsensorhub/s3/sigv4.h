/* Signature Version 4, pure (Amazon S3 API Reference, "Authenticating Requests";
 * AWS General Reference, "Signing AWS API requests"). */
#ifndef SHUB_S3_SIGV4_H
#define SHUB_S3_SIGV4_H

#include "base/buf.h"

#include <sensorhub/s3.h>

#define SHUB__SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define SHUB__SIGV4_UNSIGNED  "UNSIGNED-PAYLOAD"
#define SHUB__SIGV4_EMPTY                                                                \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" /* of no bytes */
#define SHUB__SIGV4_HEX        65  /* bytes of a hash in hexadecimal, NUL included */
#define SHUB__SIGV4_SCOPE      192 /* bytes of "20130524/us-east-1/s3", NUL included */
#define SHUB__SIGV4_SECRET_MAX 512 /* bytes of a secret key */
#define SHUB__SIGV4_PAIRS      256 /* headers, or query parameters, of one request */

/* The key that signs, kept for a day: four HMACs less a request. Zeroed: empty. It is a
 * secret: wipe it. */
typedef struct shub__sigv4_key {
    char scope[SHUB__SIGV4_SCOPE];
    unsigned char secret_hash[32]; /* of the secret key it came from */
    unsigned char key[32];
} shub__sigv4_key;

/* Who signs. */
typedef struct shub__sigv4_signer {
    shub_slice access_key, secret_key, session_token; /* token empty: none */
    shub_slice region, service;
    int64_t time_us;
    int normalize;  /* 1: other services than S3: the path's dot segments and doubled
                       slashes go */
    int omit_token; /* 1: the token is added after signing, as IoT wants it */
    shub__sigv4_key *cache; /* NULL: none */
} shub__sigv4_signer;

/* What is signed; names and values as they are, not encoded. Host and the x-amz- headers
 * that belong to signing are among the headers. Those that proxies change (connection,
 * expect, transfer-encoding, upgrade, user-agent, x-amzn-trace-id, sec-websocket-…) and
 * authorization are passed over. */
typedef struct shub__sigv4_request {
    shub_slice method;
    shub_slice path; /* begins with '/'; S3 signs it decoded, other services as it is on
                        the wire: both then encode it once */
    const shub_s3_pair *query;
    size_t query_count;
    const shub_s3_pair *headers;
    size_t header_count;
    shub_slice payload; /* text of x-amz-content-sha256 */
} shub__sigv4_request;

/* ---- sigv4_canonical.c ---------------------------------------------------------- */

/* Writes the canonical request to `out`. `query` and `signed_headers` ("a;b;c") are parts
 * of it, either may be NULL. Errors: SHUB_E_LIMIT (more than SHUB__SIGV4_PAIRS),
 * SHUB_E_NOMEM. Lifetime: parts are borrowed until `out` changes. */
shub_status shub__sigv4_canonical(const shub__sigv4_signer *signer,
                                  const shub__sigv4_request *req, shub__buf *out,
                                  shub_slice *query, shub_slice *signed_headers,
                                  shub_error *err);
/* Appends the names of the headers that are signed, "a;b;c". Errors: the same. */
shub_status shub__sigv4_signed_headers(const shub__sigv4_request *req, shub__buf *out,
                                       shub_error *err);

/* ---- sigv4_key.c ---------------------------------------------------------------- */

/* "20130524T000000Z" of a time. Errors: SHUB_E_RANGE (years 0000 to 9999). */
shub_status shub__sigv4_date(int64_t time_us, char dst[SHUB_S3_DATE_MAX],
                             shub_error *err);
/* "20130524/us-east-1/s3" of a date. Errors: SHUB_E_LIMIT. */
shub_status shub__sigv4_scope(const shub__sigv4_signer *signer, const char *date,
                              char dst[SHUB__SIGV4_SCOPE], shub_error *err);
/* Signs a text with the day's key, from the signer's cache or into it. Errors:
 * SHUB_E_LIMIT (secret), SHUB_E_UNSUPPORTED, SHUB_E_NOMEM. */
shub_status shub__sigv4_sign(const shub__sigv4_signer *signer, const char *scope,
                             shub_slice text, char signature[SHUB__SIGV4_HEX],
                             shub_error *err);

/* ---- sigv4.c -------------------------------------------------------------------- */

/* The string to sign, appended to `out`, of a canonical request. Errors: SHUB_E_RANGE,
 * SHUB_E_LIMIT, SHUB_E_UNSUPPORTED, SHUB_E_NOMEM. */
shub_status shub__sigv4_string_to_sign(const shub__sigv4_signer *signer,
                                       shub_slice canonical, shub__buf *out,
                                       shub_error *err);
/* Appends the value of the Authorization header for a request that has all its headers.
 * Errors: the same. */
shub_status shub__sigv4_authorize(const shub__sigv4_signer *signer,
                                  const shub__sigv4_request *req, shub__buf *value,
                                  shub_error *err);
/* Appends the query of a presigned URL, encoded, without '?': the request's own and
 * X-Amz-… in the order they are signed in, and X-Amz-Signature last. Errors: the same,
 * and SHUB_E_INVALID (expires_s, as in shub_s3_sign_options). */
shub_status shub__sigv4_presign(const shub__sigv4_signer *signer,
                                const shub__sigv4_request *req, int64_t expires_s,
                                shub__buf *query, shub_error *err);

#endif
