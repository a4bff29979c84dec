/* SHA-256 and HMAC-SHA-256, by OpenSSL. */
#ifndef SHUB_S3_HASH_H
#define SHUB_S3_HASH_H

#include <sensorhub/base.h>

#include <openssl/types.h>

#define SHUB__SHA256_BYTES 32

/* A digest of OpenSSL's by its name, looked up once a process: each look-up costs as much
 * as hashing a kilobyte. NULL when this OpenSSL has or allows none. Lifetime: static. */
const EVP_MD *shub__md_sha256(void);
const EVP_MD *shub__md_md5(void);

/* Errors: SHUB_E_NOMEM, SHUB_E_UNSUPPORTED. */
shub_status shub__sha256(shub_slice text, unsigned char out[SHUB__SHA256_BYTES],
                         shub_error *err);

/* HMACs one after the other. Errors of both: SHUB_E_NOMEM, SHUB_E_UNSUPPORTED. Lifetime:
 * free with shub__hmac_free, which wipes the key. */
typedef struct shub__hmac shub__hmac;
shub_status shub__hmac_new(shub__hmac **hmac, shub_error *err);
void shub__hmac_free(shub__hmac *hmac);
/* `key` and `text` may lie in `out`. */
shub_status shub__hmac_of(shub__hmac *hmac, const void *key, size_t key_len,
                          shub_slice text, unsigned char out[SHUB__SHA256_BYTES],
                          shub_error *err);

#endif
