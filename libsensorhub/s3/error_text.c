#include "s3/error_text.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#include <string.h>

#define MESSAGE_MAX ((size_t)4096)
#define SECRETS_MAX ((size_t)65536)
#define SECRET_MIN  4 /* bytes; shorter ones would take words out */

void shub__s3_error_text_init(shub__s3_error_text *text)
{
    shub__buf_init_secret(&text->message, MESSAGE_MAX);
    shub__buf_init_secret(&text->secrets, SECRETS_MAX);
}

void shub__s3_error_text_fini(shub__s3_error_text *text)
{
    shub__buf_fini(&text->secrets);
    shub__buf_fini(&text->message);
}

/* Elements in which Amazon S3, Ceph and MinIO send back what was signed with what. */
static int is_secret(shub_slice name)
{
    static const char *const names[] = {
        "AWSAccessKeyId", "SignatureProvided",    "StringToSign", "CanonicalRequest",
        "Token-0",        "x-amz-security-token", "Token",        "ArgumentValue",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (shub__equal_nocase(name, shub_str(names[i])))
            return 1;
    return 0;
}

void shub__s3_error_text_add(shub__s3_error_text *text, shub_slice name, shub_slice value)
{
    if (is_secret(name) && value.len >= SECRET_MIN) {
        shub__buf_slice(&text->secrets, value);
        shub__buf_byte(&text->secrets, '\0');
    }
    if (!shub_slice_equal(name, SHUB_LIT("Message")))
        return;
    shub__buf_clear(&text->message);
    shub__buf_add(&text->message, value.ptr,
                  value.len < MESSAGE_MAX ? value.len : MESSAGE_MAX);
}

shub_status shub__s3_error_text_check(const shub__s3_error_text *text, shub_error *err)
{
    if (text->message.status == SHUB_E_NOMEM || text->secrets.status == SHUB_E_NOMEM)
        return shub__fail_nomem(err);
    return SHUB_OK;
}

/* ---- showing ------------------------------------------------------------------- */

static void take_out(shub__buf *message, shub_slice secret)
{
    size_t pos = 0;
    char *at;

    while (
        message->len - pos >= secret.len &&
        (at = memmem(message->ptr + pos, message->len - pos, secret.ptr, secret.len))) {
        memset(at, '*', secret.len);
        pos = (size_t)(at - message->ptr) + secret.len;
    }
}

/* Where a message begins to quote a request: the rest goes. */
static void cut_quotation(shub__buf *message)
{
    static const char *const marks[] = {
        "AWS4-HMAC", "Credential=",      "Signature=",     "X-Amz-Security-Token",
        "Bearer ",   "X-Amz-Credential", "AWSAccessKeyId", "Authorization:",
    };

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t len = strlen(marks[i]);
        for (size_t k = 0; k + len <= message->len; k++)
            if (shub__equal_nocase(shub_bytes(message->ptr + k, len), shub_str(marks[i])))
                shub__buf_cut(message, k);
    }
}

/* C1 controls in UTF-8; those of ASCII become spaces in every message. */
static void blank_controls(shub__buf *message)
{
    for (size_t i = 0; i + 1 < message->len; i++)
        if ((unsigned char)message->ptr[i] == 0xc2 &&
            (unsigned char)message->ptr[i + 1] < 0xa0)
            memset(message->ptr + i, ' ', 2);
}

shub_slice shub__s3_error_text_show(shub__s3_error_text *text, size_t max)
{
    shub__buf *message = &text->message;
    const char *secrets = text->secrets.ptr;
    size_t left = text->secrets.len, len;

    if (text->secrets.status)
        return shub_str(NULL); /* more of a request than is kept: none of it is shown */
    while (left) {
        shub_slice secret = shub_str(secrets);
        if (secret.len)
            take_out(message, secret);
        secrets += secret.len + 1;
        left -= secret.len + 1;
    }
    cut_quotation(message);
    blank_controls(message);
    len = message->len < max ? message->len : max;
    while (len && len < message->len && (message->ptr[len] & 0xc0) == 0x80)
        len--;
    return shub__trim(shub_bytes(message->ptr, len));
}
