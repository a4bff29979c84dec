/* URLs and headers to be signed: what is signed can be sent, comes out the same in any
 * order of headers, and is not signed a second time. The input is texts with a NUL
 * between them: method, URL, token, then names and values of headers. */
#include <sensorhub.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define HEADERS_MAX 8
#define UNSIGNED    SHUB_LIT("UNSIGNED-PAYLOAD")

#define must(condition)                                                                  \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

typedef struct input {
    shub_s3_sign_options opts;
    shub_slice method, url;
    shub_s3_pair headers[HEADERS_MAX], reversed[HEADERS_MAX];
    size_t count;
} input;

static shub_slice next_text(const char **p, const char *end)
{
    const char *begin = *p;
    const char *nul = begin < end ? memchr(begin, 0, (size_t)(end - begin)) : NULL;

    *p = nul ? nul + 1 : end;
    return shub_bytes(begin, (size_t)((nul ? nul : end) - begin));
}

static void read_input(const uint8_t *data, size_t len, input *in)
{
    const char *p = (const char *)data;
    const char *end = p + len;

    memset(in, 0, sizeof *in);
    in->opts = (shub_s3_sign_options)SHUB_S3_SIGN_OPTIONS_INIT;
    in->opts.access_key = SHUB_LIT("AKIAIOSFODNN7EXAMPLE");
    in->opts.secret_key = SHUB_LIT("\x01"); /* nothing that comes out may hold it */
    in->opts.service = len & 1 ? SHUB_LIT("sts") : SHUB_LIT("s3");
    in->opts.time_us = (int64_t)len * 1000000000;
    in->method = next_text(&p, end);
    in->url = next_text(&p, end);
    in->opts.session_token = next_text(&p, end);
    for (; p < end && in->count < HEADERS_MAX; in->count++) {
        in->headers[in->count].name = next_text(&p, end);
        in->headers[in->count].value = next_text(&p, end);
    }
    for (size_t i = 0; i < in->count; i++)
        in->reversed[i] = in->headers[in->count - 1 - i];
}

static int names_differ(const input *in)
{
    for (size_t i = 0; i < in->count; i++)
        for (size_t k = 0; k < i; k++)
            if (shub__equal_nocase(in->headers[i].name, in->headers[k].name))
                return 0;
    return 1;
}

static void check_printable(const char *text, char from)
{
    for (; *text; text++)
        must(*text >= from && *text <= '~');
}

/* A URL of its own size, so that a byte too many is seen. */
static void check_presigned(const input *in, const char *url, size_t len)
{
    char *exact = malloc(len);
    shub_s3_signature signature = SHUB_S3_SIGNATURE_INIT;

    must(exact != NULL);
    memcpy(exact, url, len);
    must(len == strlen(url) && strstr(url, "X-Amz-Signature="));
    check_printable(url, '!');
    must(shub_s3_sign(&in->opts, in->method, shub_bytes(exact, len), NULL, 0, UNSIGNED,
                      &signature, NULL) == SHUB_E_INVALID);
    free(exact);
}

static void check_signature(const input *in, const shub_s3_signature *signature)
{
    shub_s3_signature again = SHUB_S3_SIGNATURE_INIT;

    check_printable(signature->authorization, ' ');
    must(strlen(signature->date) == SHUB_S3_DATE_MAX - 1);
    if (!names_differ(in))
        return;
    must(shub_s3_sign(&in->opts, in->method, in->url, in->reversed, in->count, UNSIGNED,
                      &again, NULL) == SHUB_OK);
    must(memcmp(signature, &again, sizeof again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static char url[SHUB_S3_URL_MAX];
    shub_s3_signature signature = SHUB_S3_SIGNATURE_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status;
    size_t url_len;
    input in;

    read_input(data, len, &in);
    status = shub_s3_sign(&in.opts, in.method, in.url, in.headers, in.count, UNSIGNED,
                          &signature, &err);
    must((status == SHUB_OK) == (signature.authorization[0] != 0));
    must(status == SHUB_OK || err.message[0]);
    must(err.pos >= SHUB_NONE && err.pos <= (int64_t)in.url.len);
    if (status == SHUB_OK)
        check_signature(&in, &signature);
    status = shub_s3_presign(&in.opts, in.method, in.url, in.headers, in.count, url,
                             sizeof url, &url_len, &err);
    must((status == SHUB_OK) == (url_len != 0));
    if (status == SHUB_OK)
        check_presigned(&in, url, url_len);
    return 0;
}
