#include "s3/reply.h"

#include "base/error.h"
#include "base/text.h"
#include "s3/error_text.h"
#include "s3/xml.h"

#include <stdio.h>
#include <string.h>

/* What a body says, whatever was asked for. */
typedef struct verdict {
    char root[64];
    char code[64];
    char region[64];
    int64_t server_time_us;
    int etag; /* the result has one */
    shub__s3_error_text text;
} verdict;

/* Region names and codes become part of requests and messages: letters, digits and a few
 * marks, up to the first other byte. */
static void copy_word(char *dst, size_t cap, shub_slice text)
{
    size_t n = 0;

    while (n < text.len && n < cap - 1) {
        char c = shub__lower(text.ptr[n]);
        if (!shub__is_digit(c) && (c < 'a' || c > 'z') && !(c && strchr("-_.", c)))
            break;
        dst[n] = text.ptr[n];
        n++;
    }
    dst[n] = '\0';
}

static int is(shub_slice path, const char *name)
{
    return shub_slice_equal(path, shub_str(name));
}

/* IAM's and STS's errors stand one level deeper. */
static shub_slice error_field(shub_slice path)
{
    shub_slice inner = shub__s3_xml_below(path, "ErrorResponse");

    return shub__s3_xml_below(inner.len ? inner : path, "Error");
}

static shub_status on_element(shub_slice path, shub_slice text, void *user,
                              shub_error *err)
{
    verdict *v = user;
    shub_slice field = error_field(path);
    shub_slice value = shub__trim(text);

    (void)err;
    if (!memchr(path.ptr, '/', path.len))
        copy_word(v->root, sizeof v->root, path);
    else if (shub__ends_with(path, SHUB_LIT("Result/ETag")))
        v->etag = value.len > 0;
    else if (is(field, "Code"))
        copy_word(v->code, sizeof v->code, value);
    else if (is(field, "Region"))
        copy_word(v->region, sizeof v->region, value);
    else if (is(field, "ServerTime"))
        (void)shub_time_parse(value, &v->server_time_us, NULL);
    else if (field.len)
        shub__s3_error_text_add(&v->text, field, value);
    return SHUB_OK;
}

static int says_error(const verdict *v)
{
    return strcmp(v->root, "Error") == 0 || strcmp(v->root, "ErrorResponse") == 0;
}

/* ---- answers that say no ------------------------------------------------------- */

/* What a HEAD, which has no body, can be told by: a bucket elsewhere (400 too), keys that
 * have expired (400), clocks that differ (403). */
static void guess(shub__s3_op op, int http_status, shub__s3_fault *fault)
{
    if (op == SHUB__S3_HEAD && http_status == 400) {
        int elsewhere = fault->region[0] != '\0';
        fault->status = elsewhere ? SHUB_E_REDIRECT : SHUB_E_HTTP;
        fault->advice = elsewhere ? SHUB__S3_REGION : SHUB__S3_REFRESH;
    }
    if (http_status == 403 && fault->server_time_us != SHUB_NONE)
        fault->advice = SHUB__S3_SKEW;
}

static void decide(shub__s3_op op, int http_status, int had_condition, const verdict *v,
                   shub__s3_fault *fault)
{
    shub__s3_fault_of(v->code, http_status, fault);
    if (!v->code[0])
        guess(op, http_status, fault);
    if (fault->advice == SHUB__S3_REGION && !fault->region[0])
        memcpy(fault->region, v->region, sizeof fault->region);
    if (strcmp(v->code, "AuthorizationHeaderMalformed") == 0 && !fault->region[0]) {
        fault->status = SHUB_E_AUTH;
        fault->advice = SHUB__S3_FINAL;
    }
    if (fault->status == SHUB_E_UNSUPPORTED && had_condition && http_status != 405)
        fault->advice = SHUB__S3_UNCONDITIONAL;
    if (fault->status == SHUB_E_CONFLICT && op == SHUB__S3_COMPLETE)
        fault->advice = SHUB__S3_FINAL;
}

static shub_status refused(shub__s3_op op, int http_status, int had_condition, verdict *v,
                           shub__s3_fault *fault, shub_error *err)
{
    shub_slice message = shub_str(NULL);
    shub_status status = shub__s3_error_text_check(&v->text, err);

    if (status)
        return status;
    if (v->server_time_us != SHUB_NONE)
        fault->server_time_us = v->server_time_us;
    decide(op, http_status, had_condition, v, fault);
    if (v->code[0])
        message = shub__s3_error_text_show(&v->text, SHUB_ERROR_MESSAGE_MAX - 1 -
                                                         strlen(v->code) - strlen(": "));
    if (message.len)
        return shub__fail(err, fault->status, SHUB_NONE, "%s: %.*s", v->code,
                          (int)message.len, message.ptr);
    if (v->code[0])
        return shub__fail(err, fault->status, SHUB_NONE, "%s (HTTP %d)", v->code,
                          http_status);
    if (fault->advice == SHUB__S3_REGION && fault->region[0])
        return shub__fail(err, fault->status, SHUB_NONE,
                          "HTTP %d to %s: the bucket is in region %s", http_status,
                          shub__s3_calls[op].name, fault->region);
    return shub__fail(err, fault->status, SHUB_NONE, "HTTP %d to %s", http_status,
                      shub__s3_calls[op].name);
}

/* ---- answers that say yes ------------------------------------------------------ */

static shub_status no_answer(shub__s3_op op, shub_status status, const char *why,
                             shub__s3_fault *fault, shub_error *err)
{
    fault->status = status;
    fault->advice = SHUB__S3_RETRY;
    return shub__fail(err, status, SHUB_NONE, "the answer to %s %s",
                      shub__s3_calls[op].name, why);
}

/* `read`: how the body was as XML. */
static shub_status check_result(shub__s3_op op, shub_slice headers, shub_status read,
                                const verdict *v, shub__s3_fault *fault, shub_error *err)
{
    const shub__s3_call_row *call = &shub__s3_calls[op];

    if (call->result && read == SHUB_E_EMPTY)
        return no_answer(op, SHUB_E_HTTP, "is empty", fault, err);
    if (call->result && read == SHUB_E_TRUNCATED)
        return no_answer(op, SHUB_E_TRUNCATED, "ends early", fault, err);
    if (call->result && (read || strcmp(v->root, call->result) != 0))
        return no_answer(op, SHUB_E_HTTP, "is not what S3 answers", fault, err);
    if ((call->etag && !shub__s3_header(headers, "ETag").len) ||
        (op == SHUB__S3_PART_COPY && !v->etag))
        return no_answer(op, SHUB_E_HTTP, "has no ETag", fault, err);
    return SHUB_OK;
}

/* ---- judging ------------------------------------------------------------------- */

static void read_headers(shub_slice headers, shub__s3_fault *fault)
{
    copy_word(fault->region, sizeof fault->region,
              shub__s3_header(headers, "x-amz-bucket-region"));
    if (!shub__s3_http_date(shub__s3_header(headers, "Date"), &fault->server_time_us))
        fault->server_time_us = SHUB_NONE;
}

static shub_status judge(shub__s3_op op, int http_status, shub_slice headers,
                         shub_slice body, int had_condition, verdict *v,
                         shub__s3_fault *fault, shub_error *err)
{
    int yes = http_status >= 200 && http_status <= 299;
    shub_status read;

    if (yes && !shub__s3_calls[op].error_in_200)
        return SHUB_OK;
    read = shub__s3_xml_read(body, on_element, v, NULL);
    if (read == SHUB_E_NOMEM)
        return shub__fail_nomem(err);
    if (!yes || (!read && says_error(v)))
        return refused(op, http_status, had_condition, v, fault, err);
    return check_result(op, headers, read, v, fault, err);
}

shub_status shub__s3_judge(shub__s3_op op, int http_status, shub_slice headers,
                           shub_slice body, int had_condition, shub__s3_fault *fault,
                           shub_error *err)
{
    verdict v = {.server_time_us = SHUB_NONE};
    shub_status status;

    memset(fault, 0, sizeof *fault);
    read_headers(headers, fault);
    shub__s3_error_text_init(&v.text);
    status = judge(op, http_status, headers, body, had_condition, &v, fault, err);
    shub__s3_error_text_fini(&v.text);
    if (status == SHUB_E_NOMEM)
        fault->status = status;
    if (status && err)
        err->http_status = http_status;
    return status;
}
