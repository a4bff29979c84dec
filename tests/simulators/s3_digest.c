#include "s3_digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdint.h>

/* All three reflected, initial value and final complement all ones. */
#define CRC32_POLYNOMIAL     0xedb88320u
#define CRC32C_POLYNOMIAL    0x82f63b78u
#define CRC64NVME_POLYNOMIAL UINT64_C(0x9a6c9329ac4bc9b5)

static uint64_t tables[3][256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill_table(enum s3_algorithm algorithm, uint64_t polynomial)
{
    for (unsigned i = 0; i < 256; i++) {
        uint64_t crc = i;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
        tables[algorithm][i] = crc;
    }
}

static void fill_tables(void)
{
    fill_table(S3_CRC32, CRC32_POLYNOMIAL);
    fill_table(S3_CRC32C, CRC32C_POLYNOMIAL);
    fill_table(S3_CRC64NVME, CRC64NVME_POLYNOMIAL);
}

void s3_digest_init(void)
{
    pthread_once(&once, fill_tables);
}

static size_t crc(enum s3_algorithm algorithm, const unsigned char *data, size_t size,
                  unsigned char *digest)
{
    size_t width = algorithm == S3_CRC64NVME ? 8 : 4;
    uint64_t ones = width == 8 ? UINT64_MAX : UINT32_MAX;
    uint64_t value = ones;
    for (size_t i = 0; i < size; i++)
        value = value >> 8 ^ tables[algorithm][(value ^ data[i]) & 255];
    value ^= ones;
    for (size_t i = 0; i < width; i++)
        digest[i] = (unsigned char)(value >> 8 * (width - 1 - i));
    return width;
}

size_t s3_digest(enum s3_algorithm algorithm, const void *data, size_t size,
                 unsigned char digest[S3_DIGEST_MAX])
{
    unsigned length = 0;
    if (algorithm <= S3_CRC64NVME)
        return crc(algorithm, data, size, digest);
    const EVP_MD *type = algorithm == S3_MD5    ? EVP_md5()
                         : algorithm == S3_SHA1 ? EVP_sha1()
                                                : EVP_sha256();
    EVP_Digest(data, size, digest, &length, type, NULL);
    return length;
}

void s3_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                    unsigned char mac[S3_DIGEST_MAX])
{
    HMAC(EVP_sha256(), key, (int)key_size, data, size, mac, NULL);
}

void s3_hex(const unsigned char *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
    *text = '\0';
}

void s3_base64(const unsigned char *bytes, size_t size, char text[S3_BASE64_MAX])
{
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
}

void s3_digest_hex(enum s3_algorithm algorithm, const void *data, size_t size,
                   char text[S3_HEX_SIZE])
{
    unsigned char digest[S3_DIGEST_MAX];
    s3_hex(digest, s3_digest(algorithm, data, size, digest), text);
}

void s3_digest_base64(enum s3_algorithm algorithm, const void *data, size_t size,
                      char text[S3_BASE64_MAX])
{
    unsigned char digest[S3_DIGEST_MAX];
    s3_base64(digest, s3_digest(algorithm, data, size, digest), text);
}
