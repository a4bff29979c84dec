/* What tells one file's content from another's: size and SHA-256. */
#ifndef SHUB_SHIP_DIGEST_H
#define SHUB_SHIP_DIGEST_H

#include "log/gzip.h"
#include "s3/checksum.h"

#define SHUB__SHA256_SIZE 32
#define SHUB__CHUNK       ((size_t)1 << 17) /* bytes read, hashed, written at once */

typedef struct shub__digest {
    int64_t bytes;
    uint64_t device, inode; /* of a file; 0 of other objects */
    int known;              /* 1: sha256 is */
    unsigned char sha256[SHUB__SHA256_SIZE];
} shub__digest;

/* 1 when both SHA-256 are known and sizes and they are equal. */
int shub__digest_equal(const shub__digest *a, const shub__digest *b);

/* Bytes as they come, hashed and, with `gzip`, looked at whether they are whole gzip
 * members and nothing else. */
typedef struct shub__digester {
    shub__summer *summer;
    shub__gunzipper *gunzip; /* NULL: bytes of any kind */
    int64_t bytes;
} shub__digester;
/* Errors: SHUB_E_NOMEM. Lifetime: end with shub__digester_fini, also after a failure. */
shub_status shub__digester_init(shub__digester *d, int gzip, shub_error *err);
void shub__digester_fini(shub__digester *d);
/* Errors: SHUB_E_CORRUPT, SHUB_E_NOMEM. */
shub_status shub__digester_add(shub__digester *d, const void *ptr, size_t len,
                               shub_error *err);
shub_status shub__digester_end(shub__digester *d, shub__digest *out, shub_error *err);

/* Reads a file whole. With `gzip` it must be one or more gzip members and nothing else.
 * Errors: SHUB_E_CORRUPT (`gzip`, and it is not), SHUB_E_NOT_FOUND, SHUB_E_IO,
 * SHUB_E_NOMEM. */
shub_status shub__digest_file(const char *path, int gzip, shub__digest *out,
                              shub_error *err);

#endif
