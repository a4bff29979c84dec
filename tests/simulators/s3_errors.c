#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

/* Amazon S3 API Reference, "Error responses": code, status, description. */
static const struct error_form {
    const char *code;
    unsigned status;
    const char *message;
} forms[] = {
    {"AccessDenied", 403, "Access Denied"},
    {"AuthorizationHeaderMalformed", 400,
     "The authorization header is malformed; the region is wrong"},
    {"AuthorizationQueryParametersError", 400,
     "Query-string authentication version 4 requires the X-Amz-Algorithm, "
     "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
     "X-Amz-Expires parameters."},
    {"BadDigest", 400,
     "The Content-MD5 or checksum value that you specified did not match what the "
     "server received."},
    {"BadGateway", 502, "Bad Gateway"},
    {"BandwidthLimitExceeded", 509, "Bandwidth limit exceeded"},
    {"BucketAlreadyOwnedByYou", 409,
     "Your previous request to create the named bucket succeeded and you already own "
     "it."},
    {"BucketNotEmpty", 409, "The bucket you tried to delete is not empty"},
    {"ConditionalRequestConflict", 409,
     "The conditional request cannot succeed due to a conflicting operation against this "
     "resource."},
    {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size"},
    {"EntityTooSmall", 400,
     "Your proposed upload is smaller than the minimum allowed size"},
    {"ExpiredToken", 400, "The provided token has expired."},
    {"GatewayTimeout", 504, "Gateway Timeout"},
    {"InternalError", 500, "We encountered an internal error. Please try again."},
    {"InternalErrors", 500, "We encountered an internal error. Please try again."},
    {"InvalidAccessKeyId", 403,
     "The AWS Access Key Id you provided does not exist in our records."},
    {"InvalidArgument", 400, "Invalid Argument"},
    {"InvalidBucketName", 400, "The specified bucket is not valid."},
    {"InvalidDigest", 400, "The Content-MD5 you specified was invalid."},
    {"InvalidPart", 400,
     "One or more of the specified parts could not be found.  The part may not have been "
     "uploaded, or the specified entity tag may not match the part's entity tag."},
    {"InvalidPartOrder", 400,
     "The list of parts was not in ascending order. Parts must be ordered by part "
     "number."},
    {"InvalidRange", 416, "The requested range is not satisfiable"},
    {"InvalidRequest", 400, "Invalid Request"},
    {"InvalidToken", 400, "The provided token is malformed or otherwise invalid."},
    {"InvalidIdentityToken", 400,
     "The web identity token that was passed could not be validated."},
    {"IDPCommunicationError", 400,
     "Couldn't retrieve verification key from your identity provider."},
    {"KeyTooLongError", 400, "Your key is too long"},
    {"MalformedXML", 400,
     "The XML you provided was not well-formed or did not validate against our published "
     "schema"},
    {"MethodNotAllowed", 405,
     "The specified method is not allowed against this resource."},
    {"MissingContentLength", 411, "You must provide the Content-Length HTTP header."},
    {"NoSuchBucket", 404, "The specified bucket does not exist"},
    {"NoSuchKey", 404, "The specified key does not exist."},
    {"NoSuchUpload", 404,
     "The specified upload does not exist. The upload ID may be invalid, or the upload "
     "may have been aborted or completed."},
    {"NotImplemented", 501,
     "A header you provided implies functionality that is not implemented"},
    {"PermanentRedirect", 301,
     "The bucket you are attempting to access must be addressed using the specified "
     "endpoint. Please send all future requests to this endpoint."},
    {"PreconditionFailed", 412,
     "At least one of the pre-conditions you specified did not hold"},
    {"PriorRequestNotComplete", 400, "The previous request is not complete"},
    {"QuotaExceeded", 403, "Quota exceeded"},
    {"RequestExpired", 400, "Request has expired."},
    {"RequestLimitExceeded", 503, "Request limit exceeded"},
    {"RequestThrottled", 503, "Please reduce your request rate."},
    {"RequestThrottledException", 400, "Rate exceeded"},
    {"RequestTimeTooSkewed", 403,
     "The difference between the request time and the current time is too large."},
    {"RequestTimeout", 400,
     "Your socket connection to the server was not read from or written to within the "
     "timeout period. Idle connections will be closed."},
    {"RequestTimeoutException", 400, "The request timed out"},
    {"ServiceUnavailable", 503, "Service is unable to handle request."},
    {"SignatureDoesNotMatch", 403,
     "The request signature we calculated does not match the signature you provided. "
     "Check your key and signing method."},
    {"SlowDown", 503, "Please reduce your request rate."},
    {"TemporaryRedirect", 307,
     "Please re-send this request to the specified temporary "
     "endpoint. Continue to use the original request endpoint "
     "for future requests."},
    {"Throttling", 400, "Rate exceeded"},
    {"ThrottlingException", 400, "Rate exceeded"},
    {"TooManyRequests", 429, "Too many requests"},
    {"TooManyRequestsException", 429, "Too many requests"},
    {"XAmzContentSHA256Mismatch", 400,
     "The provided 'x-amz-content-sha256' header does not match what was computed."},
};

#define FORMS (sizeof forms / sizeof forms[0])

static const struct error_form *find_form(const char *code)
{
    for (size_t i = 0; i < FORMS; i++)
        if (s3_same_word(forms[i].code, code))
            return &forms[i];
    return NULL;
}

const char *s3_error_named(const char *word)
{
    const struct error_form *form = find_form(word);
    return form ? form->code : NULL;
}

unsigned s3_error_status(const char *code)
{
    const struct error_form *form = find_form(code);
    return form ? form->status : 500;
}

const char *s3_error_message(const char *code)
{
    const struct error_form *form = find_form(code);
    return form ? form->message : "";
}

void s3_error_list(FILE *out)
{
    for (size_t i = 0; i < FORMS; i++)
        fprintf(out, "%s%s", i % 4 ? " " : "\n ", forms[i].code);
    putc('\n', out);
}

void s3_reply_header(struct s3_exchange *x, const char *name, const char *value)
{
    s3_pairs_add(&x->answer.headers, name, value);
}

static FILE *open_body(struct s3_exchange *x)
{
    free(x->answer.body);
    x->answer.body = NULL;
    x->answer.size = 0;
    FILE *out = open_memstream(&x->answer.body, &x->answer.size);
    if (!out)
        abort();
    return out;
}

FILE *s3_reply_open(struct s3_exchange *x, const char *root)
{
    FILE *out = open_body(x);
    s3_reply_header(x, "Content-Type", "application/xml");
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<%s xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
            root);
    return out;
}

void s3_reply_close(struct s3_exchange *x, FILE *out, const char *root)
{
    fprintf(out, "</%s>", root);
    if (fclose(out) != 0)
        abort();
    if (x->answer.status == 0)
        x->answer.status = 200;
}

static void write_sts_error(struct s3_exchange *x, const char *code, const char *message)
{
    FILE *out = open_body(x);
    fputs("<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
          "<Error><Type>Sender</Type>",
          out);
    s3_write_element(out, "Code", code);
    s3_write_element(out, "Message", message);
    fprintf(out, "</Error><RequestId>%016llX</RequestId>", x->sim->serial);
    s3_reply_close(x, out, "ErrorResponse");
}

static void write_error(struct s3_exchange *x, const char *code, const char *message,
                        const char *details)
{
    FILE *out = open_body(x);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>", out);
    s3_write_element(out, "Code", code);
    s3_write_element(out, "Message",
                     x->sim->quirks[S3_QUIRK_empty_message] ? "" : message);
    if (details)
        fputs(details, out);
    fprintf(out, "<RequestId>%016llX</RequestId><HostId>simulated+host/id=</HostId>",
            x->sim->serial);
    s3_reply_close(x, out, "Error");
}

bool s3_fail_as(struct s3_exchange *x, unsigned status, const char *code,
                const char *message, const char *details)
{
    s3_pairs_free(&x->answer.headers);
    x->answer.status = status;
    x->answer.code = code;
    s3_reply_header(x, "Content-Type", "application/xml");
    if (x->operation == S3_AssumeRole || x->operation == S3_AssumeRoleWithWebIdentity)
        write_sts_error(x, code, message);
    else
        write_error(x, code, message, details);
    return false;
}

bool s3_fail(struct s3_exchange *x, const char *code, const char *details)
{
    return s3_fail_as(x, s3_error_status(code), code, s3_error_message(code), details);
}
