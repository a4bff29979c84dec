#include "s3/checksum.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/hash.h"

#include <openssl/evp.h>
#include <string.h>

struct shub__summer {
    shub__sum_kind kind;
    uint64_t crc;
    EVP_MD_CTX *digest; /* of MD5 and SHA256, else NULL */
};

static int is_digest(shub__sum_kind kind)
{
    return kind == SHUB__SUM_MD5 || kind == SHUB__SUM_SHA256;
}

static const EVP_MD *md_of(shub__sum_kind kind)
{
    return kind == SHUB__SUM_MD5 ? shub__md_md5() : shub__md_sha256();
}

static shub_status no_digest(shub__sum_kind kind, shub_error *err)
{
    return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE,
                      "%s is not to be had from OpenSSL here",
                      kind == SHUB__SUM_MD5 ? "MD5" : "SHA256");
}

static uint64_t crc_add(shub__sum_kind kind, uint64_t crc, const void *ptr, size_t len)
{
    if (kind == SHUB__SUM_CRC32C)
        return shub__crc32c((uint32_t)crc, ptr, len);
    if (kind == SHUB__SUM_CRC64NVME)
        return shub__crc64nvme(crc, ptr, len);
    return 0;
}

static void crc_write(shub__sum_kind kind, uint64_t crc, shub__sum *out)
{
    out->len = kind == SHUB__SUM_CRC32C ? 4 : kind == SHUB__SUM_CRC64NVME ? 8 : 0;
    for (size_t i = out->len; i > 0; i--, crc >>= 8)
        out->bytes[i - 1] = (unsigned char)crc;
}

static shub_status begin(shub__summer *summer, shub_error *err)
{
    const EVP_MD *md;

    summer->crc = 0;
    if (!summer->digest)
        return SHUB_OK;
    md = md_of(summer->kind);
    if (!md)
        return no_digest(summer->kind, err);
    return EVP_DigestInit_ex2(summer->digest, md, NULL) ? SHUB_OK : shub__fail_nomem(err);
}

shub_status shub__summer_new(shub__sum_kind kind, shub__summer **out, shub_error *err)
{
    shub__summer *summer = shub__calloc(1, sizeof *summer);
    shub_status status = SHUB_OK;

    *out = NULL;
    if (!summer)
        return shub__fail_nomem(err);
    summer->kind = kind;
    if (is_digest(kind) && !(summer->digest = EVP_MD_CTX_new()))
        status = shub__fail_nomem(err);
    if (status == SHUB_OK)
        status = begin(summer, err);
    if (status != SHUB_OK) {
        shub__summer_free(summer);
        return status;
    }
    *out = summer;
    return SHUB_OK;
}

void shub__summer_free(shub__summer *summer)
{
    if (!summer)
        return;
    EVP_MD_CTX_free(summer->digest);
    shub__free(summer);
}

shub_status shub__summer_add(shub__summer *summer, const void *ptr, size_t len,
                             shub_error *err)
{
    if (!summer->digest)
        summer->crc = crc_add(summer->kind, summer->crc, ptr, len);
    else if (!EVP_DigestUpdate(summer->digest, ptr, len))
        return shub__fail_nomem(err);
    return SHUB_OK;
}

shub_status shub__summer_end(shub__summer *summer, shub__sum *out, shub_error *err)
{
    unsigned len = 0;

    memset(out, 0, sizeof *out);
    if (!summer->digest)
        crc_write(summer->kind, summer->crc, out);
    else if (!EVP_DigestFinal_ex(summer->digest, out->bytes, &len))
        return shub__fail_nomem(err);
    else
        out->len = len;
    return begin(summer, err);
}

shub_status shub__sum_of(shub__sum_kind kind, const void *ptr, size_t len, shub__sum *out,
                         shub_error *err)
{
    const EVP_MD *md;
    unsigned written = 0;

    memset(out, 0, sizeof *out);
    if (!is_digest(kind)) {
        crc_write(kind, crc_add(kind, 0, ptr, len), out);
        return SHUB_OK;
    }
    md = md_of(kind);
    if (!md)
        return no_digest(kind, err);
    if (!EVP_Digest(ptr, len, out->bytes, &written, md, NULL))
        return shub__fail_nomem(err);
    out->len = written;
    return SHUB_OK;
}

void shub__sum_base64(const shub__sum *sum, char dst[SHUB__SUM_BASE64])
{
    shub__base64_write(sum->bytes, sum->len, dst);
    dst[shub__base64_size(sum->len)] = '\0';
}
