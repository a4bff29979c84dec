/* Digests and checksums, and how their values are written. */
#ifndef S3_DIGEST_H
#define S3_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#define S3_DIGEST_MAX 32 /* bytes of the longest, SHA-256 */
#define S3_HEX_SIZE   (2 * S3_DIGEST_MAX + 1)
#define S3_BASE64_MAX 48

enum s3_algorithm {
    S3_CRC32,
    S3_CRC32C,
    S3_CRC64NVME,
    S3_SHA1,
    S3_SHA256,
    S3_ALGORITHMS, /* those that have a header x-amz-checksum-... */
    S3_MD5 = S3_ALGORITHMS,
};

/* Gives the size of the digest. */
size_t s3_digest(enum s3_algorithm algorithm, const void *data, size_t size,
                 unsigned char digest[S3_DIGEST_MAX]);

void s3_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                    unsigned char mac[S3_DIGEST_MAX]);

/* Call once before threads: fills the tables. */
void s3_digest_init(void);

void s3_hex(const unsigned char *bytes, size_t size, char *text);
void s3_base64(const unsigned char *bytes, size_t size, char text[S3_BASE64_MAX]);

/* Hexadecimal or base64 digest of the data. */
void s3_digest_hex(enum s3_algorithm algorithm, const void *data, size_t size,
                   char text[S3_HEX_SIZE]);
void s3_digest_base64(enum s3_algorithm algorithm, const void *data, size_t size,
                      char text[S3_BASE64_MAX]);

#endif
