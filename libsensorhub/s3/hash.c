#include "s3/hash.h"

#include "base/error.h"
#include "base/mem.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>

/* Whoever comes first keeps its own; who comes second at the same moment gives its back.
 */
static const EVP_MD *fetch_once(_Atomic(EVP_MD *) *kept, const char *name)
{
    EVP_MD *md = atomic_load(kept);
    EVP_MD *none = NULL;

    if (md)
        return md;
    md = EVP_MD_fetch(NULL, name, NULL);
    if (!md || atomic_compare_exchange_strong(kept, &none, md))
        return md;
    EVP_MD_free(md);
    return none;
}

const EVP_MD *shub__md_sha256(void)
{
    static _Atomic(EVP_MD *) kept;

    return fetch_once(&kept, "SHA256");
}

const EVP_MD *shub__md_md5(void)
{
    static _Atomic(EVP_MD *) kept;

    return fetch_once(&kept, "MD5");
}

static EVP_MAC *mac_hmac(void)
{
    static _Atomic(EVP_MAC *) kept;
    EVP_MAC *mac = atomic_load(&kept);
    EVP_MAC *none = NULL;

    if (mac)
        return mac;
    mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (!mac || atomic_compare_exchange_strong(&kept, &none, mac))
        return mac;
    EVP_MAC_free(mac);
    return none;
}

shub_status shub__sha256(shub_slice text, unsigned char out[SHUB__SHA256_BYTES],
                         shub_error *err)
{
    const EVP_MD *md = shub__md_sha256();

    if (!md)
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE, "OpenSSL has no SHA256");
    if (!EVP_Digest(text.ptr, text.len, out, NULL, md, NULL))
        return shub__fail_nomem(err);
    return SHUB_OK;
}

struct shub__hmac {
    EVP_MAC_CTX *context;
    int ready; /* the digest is set; it stays from one key to the next */
};

shub_status shub__hmac_new(shub__hmac **out, shub_error *err)
{
    EVP_MAC *mac = mac_hmac();
    shub__hmac *hmac;

    *out = NULL;
    if (!mac)
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE, "OpenSSL has no HMAC");
    hmac = shub__calloc(1, sizeof *hmac);
    if (!hmac)
        return shub__fail_nomem(err);
    hmac->context = EVP_MAC_CTX_new(mac);
    if (!hmac->context) {
        shub__free(hmac);
        return shub__fail_nomem(err);
    }
    *out = hmac;
    return SHUB_OK;
}

void shub__hmac_free(shub__hmac *hmac)
{
    if (!hmac)
        return;
    EVP_MAC_CTX_free(hmac->context);
    shub__free(hmac);
}

shub_status shub__hmac_of(shub__hmac *hmac, const void *key, size_t key_len,
                          shub_slice text, unsigned char out[SHUB__SHA256_BYTES],
                          shub_error *err)
{
    static char digest[] = "SHA256";
    OSSL_PARAM params[2];
    size_t len;

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (!EVP_MAC_init(hmac->context, key, key_len, hmac->ready ? NULL : params) ||
        !EVP_MAC_update(hmac->context, (const unsigned char *)text.ptr, text.len) ||
        !EVP_MAC_final(hmac->context, out, &len, SHUB__SHA256_BYTES))
        return shub__fail_nomem(err);
    hmac->ready = 1;
    return SHUB_OK;
}
