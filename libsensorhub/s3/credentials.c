#include "s3/credentials.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define MASK_MIN 8 /* bytes that a word has in common with a secret by chance */

/* 1 when every byte is above `floor` and none is DEL; `ascii`: nor above it. */
static int holds(shub_slice text, unsigned char floor, int ascii)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= floor || c == 0x7f || (ascii && c > 0x7f))
            return 0;
    }
    return 1;
}

static shub_status check(const char *from, shub_status bad, const char *what,
                         shub_slice text, size_t max, shub_error *err)
{
    if (!text.len)
        return shub__fail(err, bad, SHUB_NONE, "%s: no %s", from, what);
    if (text.len > max)
        return shub__fail(err, bad, SHUB_NONE, "%s: the %s is longer than %zu bytes",
                          from, what, max);
    if (!holds(text, 0x1f, 0))
        return shub__fail(err, bad, SHUB_NONE, "%s: the %s holds a control character",
                          from, what);
    return SHUB_OK;
}

/* Of what becomes a header's value, or a part of one. */
static shub_status check_word(const char *from, shub_status bad, const char *what,
                              shub_slice text, size_t max, shub_error *err)
{
    if (check(from, bad, what, text, max, err) != SHUB_OK)
        return bad;
    if (!holds(text, ' ', 1))
        return shub__fail(err, bad, SHUB_NONE,
                          "%s: the %s holds a space or other than ASCII", from, what);
    return SHUB_OK;
}

static shub_status check_all(const char *from, shub_status bad, shub_slice access_key,
                             shub_slice secret_key, shub_slice token, shub_error *err)
{
    size_t max = SHUB__S3_KEY_TEXT_MAX;

    if (check_word(from, bad, "access key", access_key, max, err) ||
        check(from, bad, "secret key", secret_key, max, err) ||
        (token.len &&
         check_word(from, bad, "session token", token, SHUB__S3_TOKEN_MAX, err)))
        return bad;
    if (memchr(access_key.ptr, ',', access_key.len))
        return shub__fail(err, bad, SHUB_NONE, "%s: the access key holds ','", from);
    return SHUB_OK;
}

shub_status shub__s3_keys_init(shub__s3_keys *keys, const char *from, shub_status bad,
                               shub_slice access_key, shub_slice secret_key,
                               shub_slice token, int64_t expires_us, shub_error *err)
{
    shub_status status = check_all(from, bad, access_key, secret_key, token, err);

    memset(keys, 0, sizeof *keys);
    if (status != SHUB_OK)
        return status;
    keys->access_key = shub__strndup(access_key.ptr, access_key.len);
    keys->secret_key = shub__strndup(secret_key.ptr, secret_key.len);
    if (token.len)
        keys->session_token = shub__strndup(token.ptr, token.len);
    keys->expires_us = expires_us;
    if (keys->access_key && keys->secret_key && (keys->session_token || !token.len))
        return SHUB_OK;
    shub__s3_keys_fini(keys);
    return shub__fail_nomem(err);
}

void shub__s3_keys_fini(shub__s3_keys *keys)
{
    shub__free_secret(keys->access_key);
    shub__free_secret(keys->secret_key);
    shub__free_secret(keys->session_token);
    memset(keys, 0, sizeof *keys);
}

int shub__s3_keys_equal(const shub__s3_keys *a, const shub__s3_keys *b)
{
    return shub_slice_equal(shub_str(a->access_key), shub_str(b->access_key)) &&
           shub_slice_equal(shub_str(a->secret_key), shub_str(b->secret_key)) &&
           shub_slice_equal(shub_str(a->session_token), shub_str(b->session_token));
}

static size_t common(const char *a, const char *b)
{
    size_t len = 0;

    while (a[len] && a[len] == b[len])
        len++;
    return len;
}

void shub__s3_mask(const char *secret, shub_error *err)
{
    char *at = err ? err->message : NULL;

    while (secret && at && *at) {
        size_t len = common(at, secret);

        if (len < MASK_MIN) {
            at++;
            continue;
        }
        memset(at, '*', len);
        at += len;
    }
}

void shub__s3_keys_mask(const shub__s3_keys *keys, shub_error *err)
{
    shub__s3_mask(keys->access_key, err);
    shub__s3_mask(keys->secret_key, err);
    shub__s3_mask(keys->session_token, err);
}

shub_status shub__s3_token_read(shub_slice text, const char *from, shub_status bad,
                                shub_slice *token, shub_error *err)
{
    shub_slice trimmed = shub__trim(text);
    shub_status status = check_word(from, bad, "token", trimmed, SHUB__S3_TOKEN_MAX, err);

    *token = status == SHUB_OK ? trimmed : shub_bytes(NULL, 0);
    return status;
}
