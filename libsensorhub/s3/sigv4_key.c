#include "s3/sigv4.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/hash.h"

#include <string.h>

#define KEY_PREFIX "AWS4"
#define DAY_LEN    8 /* "20130524" */

static char *write_pair(char *to, int value)
{
    *to++ = (char)('0' + value / 10);
    *to++ = (char)('0' + value % 10);
    return to;
}

shub_status shub__sigv4_date(int64_t time_us, char dst[SHUB_S3_DATE_MAX], shub_error *err)
{
    shub__civil c;
    char *to = dst;

    memset(dst, 0, SHUB_S3_DATE_MAX);
    if (!shub__civil_from_us(time_us, &c))
        return shub__fail(err, SHUB_E_RANGE, SHUB_NONE,
                          "time %lld is outside the years 0000 to 9999",
                          (long long)time_us);
    to = write_pair(to, c.year / 100);
    to = write_pair(to, c.year % 100);
    to = write_pair(to, c.month);
    to = write_pair(to, c.day);
    *to++ = 'T';
    to = write_pair(to, c.hour);
    to = write_pair(to, c.minute);
    to = write_pair(to, c.second);
    *to = 'Z';
    return SHUB_OK;
}

static char *append(char *to, const char *ptr, size_t len)
{
    if (len)
        memcpy(to, ptr, len);
    return to + len;
}

shub_status shub__sigv4_scope(const shub__sigv4_signer *signer, const char *date,
                              char dst[SHUB__SIGV4_SCOPE], shub_error *err)
{
    size_t room = SHUB__SIGV4_SCOPE - sizeof "//" - DAY_LEN;
    shub_slice region = signer->region, service = signer->service;
    char *to;

    dst[0] = '\0';
    if (region.len > room || service.len > room - region.len)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "region and service are longer than %zu bytes", room);
    to = append(dst, date, DAY_LEN);
    *to++ = '/';
    to = append(to, region.ptr, region.len);
    *to++ = '/';
    to = append(to, service.ptr, service.len);
    *to = '\0';
    return SHUB_OK;
}

static shub_status derive(shub__hmac *hmac, const shub__sigv4_signer *signer,
                          const char *scope, unsigned char key[SHUB__SHA256_BYTES],
                          shub_error *err)
{
    char secret[sizeof KEY_PREFIX - 1 + SHUB__SIGV4_SECRET_MAX];
    const shub_slice steps[] = {shub_bytes(scope, DAY_LEN), signer->region,
                                signer->service, SHUB_LIT("aws4_request")};
    size_t len = sizeof KEY_PREFIX - 1 + signer->secret_key.len;
    shub_status status = SHUB_OK;

    if (signer->secret_key.len > SHUB__SIGV4_SECRET_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "secret key is longer than %d bytes", SHUB__SIGV4_SECRET_MAX);
    (void)append(append(secret, KEY_PREFIX, sizeof KEY_PREFIX - 1),
                 signer->secret_key.ptr, signer->secret_key.len);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == SHUB_OK; i++)
        status = shub__hmac_of(hmac, i ? (const void *)key : secret,
                               i ? SHUB__SHA256_BYTES : len, steps[i], key, err);
    shub__wipe(secret, len);
    return status;
}

/* The cached key, when it is of the same day, region, service and secret; else it becomes
 * so. */
static shub_status key_of(shub__hmac *hmac, const shub__sigv4_signer *signer,
                          const char *scope, shub__sigv4_key *cache, shub_error *err)
{
    unsigned char hash[SHUB__SHA256_BYTES];
    shub_status status = shub__sha256(signer->secret_key, hash, err);

    if (status != SHUB_OK)
        return status;
    if (strcmp(cache->scope, scope) == 0 &&
        memcmp(cache->secret_hash, hash, sizeof hash) == 0)
        return SHUB_OK;
    cache->scope[0] = '\0';
    status = derive(hmac, signer, scope, cache->key, err);
    if (status != SHUB_OK)
        return status;
    memcpy(cache->scope, scope, strlen(scope) + 1);
    memcpy(cache->secret_hash, hash, sizeof hash);
    return SHUB_OK;
}

shub_status shub__sigv4_sign(const shub__sigv4_signer *signer, const char *scope,
                             shub_slice text, char signature[SHUB__SIGV4_HEX],
                             shub_error *err)
{
    unsigned char key[SHUB__SHA256_BYTES], mac[SHUB__SHA256_BYTES];
    shub__sigv4_key *cache = signer->cache;
    shub__hmac *hmac;
    shub_status status = shub__hmac_new(&hmac, err);

    signature[0] = '\0';
    if (status != SHUB_OK)
        return status;
    status = cache ? key_of(hmac, signer, scope, cache, err)
                   : derive(hmac, signer, scope, key, err);
    if (status == SHUB_OK)
        status =
            shub__hmac_of(hmac, cache ? cache->key : key, sizeof key, text, mac, err);
    shub__hmac_free(hmac);
    shub__wipe(key, sizeof key);
    if (status != SHUB_OK)
        return status;
    shub__hex_write(mac, sizeof mac, signature);
    signature[SHUB__SIGV4_HEX - 1] = '\0';
    return SHUB_OK;
}
