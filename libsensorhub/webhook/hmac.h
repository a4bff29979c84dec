/* HMACs, by OpenSSL, and what verifying by any of several secrets needs. */
#ifndef SHUB_WEBHOOK_HMAC_H
#define SHUB_WEBHOOK_HMAC_H

#include <sensorhub/webhook.h>

typedef enum shub__hmac_digest {
    SHUB__HMAC_SHA1 = 0,
    SHUB__HMAC_SHA256 = 1
} shub__hmac_digest;

enum { SHUB__SHA1_LEN = 20, SHUB__SHA256_LEN = 32, SHUB__HMAC_LEN = SHUB__SHA256_LEN };

/* What is signed: texts one behind the other. */
typedef struct shub__hmac_text {
    const shub_slice *parts;
    size_t count;
} shub__hmac_text;

/* Errors: SHUB_E_INVALID (empty secret), SHUB_E_NOMEM, SHUB_E_UNSUPPORTED. */
shub_status shub__webhook_hmac(shub__hmac_digest digest, shub_slice secret,
                               const shub__hmac_text *text,
                               unsigned char out[SHUB__HMAC_LEN], shub_error *err);

/* HMACs of one text by each of several secrets. */
typedef struct shub__hmacs {
    unsigned char of[SHUB_WEBHOOK_MAX_SECRETS][SHUB__HMAC_LEN];
    size_t count;
    size_t len; /* of each */
} shub__hmacs;

/* Errors: as shub__webhook_hmac; SHUB_E_INVALID for the number of secrets. */
shub_status shub__webhook_hmacs(shub__hmac_digest digest, const shub_slice *secrets,
                                size_t count, const shub__hmac_text *text,
                                shub__hmacs *hmacs, shub_error *err);

/* 1 when `signature`, of as many bytes, is one of them, in a time that does not tell
 * which or how much of it is right. */
int shub__webhook_matches(const shub__hmacs *hmacs, const unsigned char *signature);

#endif
