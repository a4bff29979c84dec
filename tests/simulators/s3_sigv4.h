/* AWS Signature Version 4: what a request claims, and what its signature ought to be. */
#ifndef S3_SIGV4_H
#define S3_SIGV4_H

#include "s3_sim.h"

struct s3_claim {
    bool presigned;
    char access[64];
    char date[9];
    char region[64];
    char service[32];
    char amz_date[17];
    char *signed_headers; /* "a;b;c" */
    char signature[65];
    long long expires_s; /* presigned */
    const char *payload; /* the value of x-amz-content-sha256, or what stands for it */
    const char *token;   /* NULL: none */
    char payload_hash[S3_HEX_SIZE];
};

/* Reads it from header or query; false with the answer made. Lifetime: s3_claim_free. */
bool s3_claim_read(struct s3_exchange *x, struct s3_claim *claim);
void s3_claim_free(struct s3_claim *claim);

/* True when every header that must be signed is; false with the answer made. */
bool s3_claim_covers(struct s3_exchange *x, const struct s3_claim *claim);

/* True when this secret made the signature; false with the answer made. */
bool s3_claim_verify(struct s3_exchange *x, const struct s3_claim *claim,
                     struct s3_key *key);

#endif
