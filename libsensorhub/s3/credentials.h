/* Keys, pure. Where they come from: profile.h (files), chain.h (which source), sts.h and
 * metadata.h (what sources answer). Who asks for them over the network is
 * client_credentials.c. */
#ifndef SHUB_S3_CREDENTIALS_H
#define SHUB_S3_CREDENTIALS_H

#include "base/buf.h"

#include <sensorhub/s3.h>

#define SHUB__S3_KEY_TEXT_MAX ((size_t)512)   /* bytes of either key (Amazon's: 128) */
#define SHUB__S3_TOKEN_MAX    ((size_t)20000) /* bytes of a token (STS, web identity) */

/* Keys that were found; wiped when freed. Zeroed: none. */
typedef struct shub__s3_keys {
    char *access_key;
    char *secret_key;
    char *session_token; /* NULL: none */
    int64_t expires_us;  /* 0: never */
} shub__s3_keys;

/* Copies and checks: neither key empty or longer than SHUB__S3_KEY_TEXT_MAX, no token
 * longer than SHUB__S3_TOKEN_MAX; no control character in any, access key and token
 * printable ASCII without spaces; the access key without ',', which ends it in a header.
 * A failure is of status `bad`; the message shows `from` and nothing of the keys. An
 * empty `token`: none. Errors: `bad`, SHUB_E_NOMEM. Lifetime: free with
 * shub__s3_keys_fini. */
shub_status shub__s3_keys_init(shub__s3_keys *keys, const char *from, shub_status bad,
                               shub_slice access_key, shub_slice secret_key,
                               shub_slice token, int64_t expires_us, shub_error *err);
void shub__s3_keys_fini(shub__s3_keys *keys);
/* 1 when both are the same, or both none. */
int shub__s3_keys_equal(const shub__s3_keys *a, const shub__s3_keys *b);

/* Makes stars of a secret, or the beginning of one that was cut, in a message: some
 * servers say what they were sent. NULL is fine. */
void shub__s3_mask(const char *secret, shub_error *err);
void shub__s3_keys_mask(const shub__s3_keys *keys, shub_error *err);

/* A token as a file or an answer holds it: trimmed, `bad` unless it is one line of
 * printable ASCII, at most SHUB__S3_TOKEN_MAX bytes. `from` is shown, the token never.
 * Lifetime: `token` borrows `text`. */
shub_status shub__s3_token_read(shub_slice text, const char *from, shub_status bad,
                                shub_slice *token, shub_error *err);

#endif
