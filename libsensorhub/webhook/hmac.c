#include "webhook/hmac.h"

#include "base/error.h"
#include "base/mem.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdatomic.h>
#include <string.h>

static const struct {
    char name[8];
    size_t len;
} digests[] = {[SHUB__HMAC_SHA1] = {"SHA1", SHUB__SHA1_LEN},
               [SHUB__HMAC_SHA256] = {"SHA256", SHUB__SHA256_LEN}};

/* Looked up once a process: each look-up costs more than the HMAC of a small call.
 * Whoever comes second at the same moment gives its own back. */
static EVP_MAC *fetch_hmac(void)
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

static int compute(EVP_MAC_CTX *context, shub__hmac_digest digest, shub_slice secret,
                   const shub__hmac_text *text, unsigned char *out)
{
    char name[sizeof digests[0].name];
    OSSL_PARAM params[2];
    size_t len;

    memcpy(name, digests[digest].name, sizeof name);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (!EVP_MAC_init(context, (const unsigned char *)secret.ptr, secret.len, params))
        return 0;
    for (size_t i = 0; i < text->count; i++)
        if (text->parts[i].len &&
            !EVP_MAC_update(context, (const unsigned char *)text->parts[i].ptr,
                            text->parts[i].len))
            return 0;
    return EVP_MAC_final(context, out, &len, SHUB__HMAC_LEN);
}

static shub_status hmac(shub__hmac_digest digest, shub_slice secret,
                        const shub__hmac_text *text, unsigned char out[SHUB__HMAC_LEN],
                        shub_error *err)
{
    EVP_MAC *mac = fetch_hmac();
    EVP_MAC_CTX *context;
    int done;

    if (!mac)
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE, "OpenSSL has no HMAC");
    context = EVP_MAC_CTX_new(mac);
    if (!context)
        return shub__fail_nomem(err);
    done = compute(context, digest, secret, text, out);
    EVP_MAC_CTX_free(context);
    if (done)
        return SHUB_OK;
    memset(out, 0, SHUB__HMAC_LEN);
    return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE, "OpenSSL refuses HMAC-%s",
                      digests[digest].name);
}

/* An error that stayed in OpenSSL's queue would be taken for one of the thread's next
 * connection. */
shub_status shub__webhook_hmac(shub__hmac_digest digest, shub_slice secret,
                               const shub__hmac_text *text,
                               unsigned char out[SHUB__HMAC_LEN], shub_error *err)
{
    shub_status status;

    memset(out, 0, SHUB__HMAC_LEN);
    /* Anybody can sign with it. */
    if (!secret.len)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "a secret is empty");
    (void)ERR_set_mark();
    status = hmac(digest, secret, text, out, err);
    (void)ERR_pop_to_mark();
    return status;
}

shub_status shub__webhook_hmacs(shub__hmac_digest digest, const shub_slice *secrets,
                                size_t count, const shub__hmac_text *text,
                                shub__hmacs *hmacs, shub_error *err)
{
    hmacs->count = 0;
    hmacs->len = digests[digest].len;
    if (!count || count > SHUB_WEBHOOK_MAX_SECRETS)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%zu secrets, 1 to %d are used",
                          count, SHUB_WEBHOOK_MAX_SECRETS);
    for (size_t i = 0; i < count; i++) {
        shub_status status =
            shub__webhook_hmac(digest, secrets[i], text, hmacs->of[i], err);
        if (status != SHUB_OK)
            return status;
    }
    hmacs->count = count;
    return SHUB_OK;
}

int shub__webhook_matches(const shub__hmacs *hmacs, const unsigned char *signature)
{
    int matches = 0;

    for (size_t i = 0; i < hmacs->count; i++)
        matches |= CRYPTO_memcmp(hmacs->of[i], signature, hmacs->len) == 0;
    return matches;
}
