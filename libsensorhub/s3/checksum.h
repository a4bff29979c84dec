/* Checksums that S3 compares bodies with (Amazon S3 User Guide, "Checking object
 * integrity"), each computed as the bytes come. SHA-256 and MD5 are OpenSSL's. */
#ifndef SHUB_S3_CHECKSUM_H
#define SHUB_S3_CHECKSUM_H

#include <sensorhub/base.h>

/* CRC-32C (RFC 3720 section 12.1, Castagnoli), by the CPU's own instruction where it has
 * one, chosen when first called; begin with 0. */
uint32_t shub__crc32c(uint32_t crc, const void *ptr, size_t len);
/* The same without the instruction: for CPUs without it, and as the other's oracle. */
uint32_t shub__crc32c_table(uint32_t crc, const void *ptr, size_t len);
/* CRC-64/NVME (NVM Express NVM Command Set 1.0 section 5.2.1.3.4: polynomial
 * 0xAD93D23594C93659, reflected, all ones in and out); begin with 0. */
uint64_t shub__crc64nvme(uint64_t crc, const void *ptr, size_t len);
uint64_t shub__crc64nvme_table(uint64_t crc, const void *ptr, size_t len);

/* CRCs of two parts joined, the second of `len` bytes. */
uint32_t shub__crc32c_join(uint32_t first, uint32_t second, uint64_t len);
uint64_t shub__crc64nvme_join(uint64_t first, uint64_t second, uint64_t len);

typedef enum shub__sum_kind {
    SHUB__SUM_NONE = 0,
    SHUB__SUM_MD5 = 1,
    SHUB__SUM_SHA256 = 2,
    SHUB__SUM_CRC32C = 3,
    SHUB__SUM_CRC64NVME = 4
} shub__sum_kind;

#define SHUB__SUM_MAX    32 /* bytes of the longest */
#define SHUB__SUM_BASE64 45 /* its base64, NUL included */

/* A sum as bytes, big-endian as S3 writes them. */
typedef struct shub__sum {
    unsigned char bytes[SHUB__SUM_MAX];
    size_t len;
} shub__sum;

typedef struct shub__summer shub__summer;
/* SHUB__SUM_NONE gives an empty sum. Errors: SHUB_E_UNSUPPORTED (an OpenSSL that allows
 * no MD5), SHUB_E_NOMEM. Lifetime: free with shub__summer_free. */
shub_status shub__summer_new(shub__sum_kind kind, shub__summer **summer, shub_error *err);
void shub__summer_free(shub__summer *summer);
shub_status shub__summer_add(shub__summer *summer, const void *ptr, size_t len,
                             shub_error *err);
/* Ends it and begins anew. Errors: SHUB_E_NOMEM. */
shub_status shub__summer_end(shub__summer *summer, shub__sum *out, shub_error *err);
/* Sum of bytes that are all there. Errors: as shub__summer_new. */
shub_status shub__sum_of(shub__sum_kind kind, const void *ptr, size_t len, shub__sum *out,
                         shub_error *err);
/* Base64 of a sum, NUL-terminated. */
void shub__sum_base64(const shub__sum *sum, char dst[SHUB__SUM_BASE64]);

#endif
