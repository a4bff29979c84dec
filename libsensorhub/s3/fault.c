#include "base/text.h"
#include "s3/reply.h"

#include <stdio.h>
#include <string.h>

typedef struct code_row {
    const char *code; /* a '*' at the end: whatever begins so */
    shub_status status;
    shub__s3_advice advice;
} code_row;

/* Amazon S3 API Reference, "Error responses"; the codes of the AWS SDKs' retry modes; and
 * those that Ceph, MinIO and Swift have of their own. */
static const code_row codes[] = {
    {"NoSuchKey", SHUB_E_NOT_FOUND, SHUB__S3_FINAL},
    {"NoSuchBucket", SHUB_E_NOT_FOUND, SHUB__S3_FINAL},
    {"NoSuchUpload", SHUB_E_NOT_FOUND, SHUB__S3_FINAL},
    {"NoSuchVersion", SHUB_E_NOT_FOUND, SHUB__S3_FINAL},
    {"NotFound", SHUB_E_NOT_FOUND, SHUB__S3_FINAL},

    {"AccessDenied", SHUB_E_DENIED, SHUB__S3_FINAL},
    {"AllAccessDisabled", SHUB_E_DENIED, SHUB__S3_FINAL},
    {"AccountProblem", SHUB_E_DENIED, SHUB__S3_FINAL},
    {"NotSignedUp", SHUB_E_DENIED, SHUB__S3_FINAL},
    {"UserSuspended", SHUB_E_DENIED, SHUB__S3_FINAL},
    {"InvalidAccessKeyId", SHUB_E_AUTH, SHUB__S3_REFRESH}, /* keys may be rotated */
    {"InvalidToken", SHUB_E_AUTH, SHUB__S3_REFRESH},
    {"ExpiredToken*", SHUB_E_EXPIRED, SHUB__S3_REFRESH},
    {"TokenRefreshRequired", SHUB_E_EXPIRED, SHUB__S3_REFRESH},
    {"RequestExpired", SHUB_E_EXPIRED, SHUB__S3_REFRESH},
    {"SignatureDoesNotMatch", SHUB_E_SIGNATURE, SHUB__S3_FINAL},
    {"RequestTimeTooSkewed", SHUB_E_SKEWED, SHUB__S3_SKEW},
    {"RequestInTheFuture", SHUB_E_SKEWED, SHUB__S3_SKEW},

    {"BadDigest", SHUB_E_CHECKSUM, SHUB__S3_RETRY},
    {"XAmzContentSHA256Mismatch", SHUB_E_CHECKSUM, SHUB__S3_RETRY},
    {"XAmzContentChecksumMismatch", SHUB_E_CHECKSUM, SHUB__S3_RETRY},
    {"InvalidDigest", SHUB_E_CHECKSUM, SHUB__S3_FINAL},

    {"PreconditionFailed", SHUB_E_PRECONDITION, SHUB__S3_FINAL},
    {"ConditionalRequestConflict", SHUB_E_CONFLICT, SHUB__S3_RETRY},
    {"OperationAborted", SHUB_E_CONFLICT, SHUB__S3_RETRY},

    {"EntityTooLarge", SHUB_E_LIMIT, SHUB__S3_FINAL},
    {"EntityTooSmall", SHUB_E_REMOTE, SHUB__S3_FINAL},
    {"InvalidPart", SHUB_E_REMOTE, SHUB__S3_FINAL},
    {"InvalidPartOrder", SHUB_E_REMOTE, SHUB__S3_FINAL},
    {"InvalidRange", SHUB_E_RANGE, SHUB__S3_FINAL},
    {"InvalidBucketName", SHUB_E_INVALID, SHUB__S3_FINAL},
    {"KeyTooLong*", SHUB_E_INVALID, SHUB__S3_FINAL},
    {"MalformedXML", SHUB_E_REMOTE, SHUB__S3_FINAL},

    {"SlowDown*", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"Throttl*", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"RequestThrottled*", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"RequestLimitExceeded", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"BandwidthLimitExceeded", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"TooManyRequests*", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"ServiceUnavailable", SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"Busy", SHUB_E_OVERLOADED, SHUB__S3_SLOW},

    {"InternalError*", SHUB_E_REMOTE, SHUB__S3_RETRY},
    {"InternalServerError", SHUB_E_REMOTE, SHUB__S3_RETRY},
    {"RequestTimeout*", SHUB_E_REMOTE, SHUB__S3_RETRY},
    {"IncompleteBody", SHUB_E_REMOTE, SHUB__S3_RETRY},
    {"PriorRequestNotComplete", SHUB_E_REMOTE, SHUB__S3_RETRY},

    {"QuotaExceeded", SHUB_E_FULL, SHUB__S3_FINAL},
    {"StorageFull", SHUB_E_FULL, SHUB__S3_FINAL},
    {"XMinioStorageFull", SHUB_E_FULL, SHUB__S3_FINAL},
    {"XMinioAdminBucketQuotaExceeded", SHUB_E_FULL, SHUB__S3_FINAL},

    {"NotImplemented", SHUB_E_UNSUPPORTED, SHUB__S3_FINAL},
    {"MethodNotAllowed", SHUB_E_UNSUPPORTED, SHUB__S3_FINAL},

    {"PermanentRedirect", SHUB_E_REDIRECT, SHUB__S3_REGION},
    {"TemporaryRedirect", SHUB_E_REDIRECT, SHUB__S3_REGION},
    {"Redirect", SHUB_E_REDIRECT, SHUB__S3_REGION},
    {"AuthorizationHeaderMalformed", SHUB_E_REDIRECT, SHUB__S3_REGION},
    {"IllegalLocationConstraintException", SHUB_E_REDIRECT, SHUB__S3_REGION},
};

typedef struct http_row {
    int first, last;   /* HTTP statuses */
    shub_status bare;  /* without a code: HEAD, a proxy */
    shub_status coded; /* with a code that is not above */
    shub__s3_advice advice;
} http_row;

static const http_row https[] = {
    {301, 302, SHUB_E_REDIRECT, SHUB_E_REDIRECT, SHUB__S3_REGION},
    {307, 308, SHUB_E_REDIRECT, SHUB_E_REDIRECT, SHUB__S3_REGION},
    {300, 399, SHUB_E_REDIRECT, SHUB_E_REDIRECT, SHUB__S3_FINAL},
    {401, 401, SHUB_E_AUTH, SHUB_E_AUTH, SHUB__S3_FINAL},
    {403, 403, SHUB_E_AUTH, SHUB_E_DENIED, SHUB__S3_FINAL},
    {404, 404, SHUB_E_NOT_FOUND, SHUB_E_NOT_FOUND, SHUB__S3_FINAL},
    {405, 405, SHUB_E_UNSUPPORTED, SHUB_E_UNSUPPORTED, SHUB__S3_FINAL},
    {408, 408, SHUB_E_HTTP, SHUB_E_REMOTE, SHUB__S3_RETRY},
    {409, 409, SHUB_E_CONFLICT, SHUB_E_REMOTE, SHUB__S3_FINAL},
    {412, 412, SHUB_E_PRECONDITION, SHUB_E_PRECONDITION, SHUB__S3_FINAL},
    {413, 413, SHUB_E_LIMIT, SHUB_E_LIMIT, SHUB__S3_FINAL},
    {416, 416, SHUB_E_RANGE, SHUB_E_RANGE, SHUB__S3_FINAL},
    {425, 425, SHUB_E_HTTP, SHUB_E_REMOTE, SHUB__S3_RETRY},
    {429, 429, SHUB_E_OVERLOADED, SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {501, 501, SHUB_E_UNSUPPORTED, SHUB_E_UNSUPPORTED, SHUB__S3_FINAL},
    {503, 503, SHUB_E_OVERLOADED, SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {507, 507, SHUB_E_FULL, SHUB_E_FULL, SHUB__S3_FINAL},
    {509, 509, SHUB_E_OVERLOADED, SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {529, 529, SHUB_E_OVERLOADED, SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {500, 599, SHUB_E_HTTP, SHUB_E_REMOTE, SHUB__S3_RETRY},
};

static int matches(const char *pattern, const char *code)
{
    size_t len = strlen(pattern);

    if (pattern[len - 1] == '*')
        return strncmp(pattern, code, len - 1) == 0;
    return strcmp(pattern, code) == 0;
}

static int by_code(const char *code, shub__s3_fault *fault)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (!matches(codes[i].code, code))
            continue;
        fault->status = codes[i].status;
        fault->advice = codes[i].advice;
        return 1;
    }
    return 0;
}

static void by_http(int http_status, int coded, shub__s3_fault *fault)
{
    fault->status = coded ? SHUB_E_REMOTE : SHUB_E_HTTP;
    fault->advice = SHUB__S3_FINAL;
    for (size_t i = 0; i < sizeof https / sizeof *https; i++) {
        if (http_status < https[i].first || http_status > https[i].last)
            continue;
        fault->status = coded ? https[i].coded : https[i].bare;
        fault->advice = https[i].advice;
        return;
    }
}

void shub__s3_fault_of(const char *code, int http_status, shub__s3_fault *fault)
{
    int coded = code && *code;

    fault->code[0] = '\0';
    if (coded)
        (void)snprintf(fault->code, sizeof fault->code, "%s", code);
    if (!coded || !by_code(code, fault))
        by_http(http_status, coded, fault);
}
