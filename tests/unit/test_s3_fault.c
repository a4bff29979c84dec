/* What S3's answers mean when they say no, or yes without meaning it. */
#include "support/suite.h"

#include "s3/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XML   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define ERROR(code, more)                                                                \
    XML "<Error><Code>" code "</Code>" more "<RequestId>1</RequestId></Error>"
#define COMPLETED                                                                        \
    "<CompleteMultipartUploadResult" XMLNS "><Location>http://h/b/k</Location>"          \
    "<ETag>\"385-9\"</ETag></CompleteMultipartUploadResult>"
#define DATE    "Date: Thu, 12 Jan 2023 00:04:21 GMT\r\n"
#define DATE_US (INT64_C(1673481861) * SHUB_SECOND_US)
#define REGION  "x-amz-bucket-region: eu-central-1\r\n"
#define ETAG    "ETag: \"b543\"\r\n"

/* ---- judging ------------------------------------------------------------------- */

typedef struct judge_case {
    shub__s3_op op;
    int http;
    const char *headers, *body;
    shub_status status;
    shub__s3_advice advice;
    const char *code, *message;
} judge_case;

#define PUT      SHUB__S3_PUT
#define GET      SHUB__S3_GET
#define HEAD     SHUB__S3_HEAD
#define PART     SHUB__S3_PART
#define COMPLETE SHUB__S3_COMPLETE
#define LIST     SHUB__S3_LIST

static const judge_case judged[] = {
    /* yes */
    {PUT, 200, ETAG, "", SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {GET, 200, "", "<Error><Code>NoSuchKey</Code></Error>", SHUB_OK, SHUB__S3_FINAL, "",
     NULL},
    {GET, 206, ETAG, "bytes", SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {HEAD, 200, "", "", SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {SHUB__S3_DELETE, 204, "", "", SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {SHUB__S3_DELETE, 200, "", "not XML", SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {COMPLETE, 200, "", XML COMPLETED, SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {COMPLETE, 200, "", " \r\n\t  " XML COMPLETED "\n", SHUB_OK, SHUB__S3_FINAL, "",
     NULL},
    {COMPLETE, 200, "",
     "<CompleteMultipartUploadResult><ETag></ETag>"
     "</CompleteMultipartUploadResult>",
     SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {SHUB__S3_PART_COPY, 200, "", "<CopyPartResult><ETag>e</ETag></CopyPartResult>",
     SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {SHUB__S3_DELETE_MANY, 200, "", "<DeleteResult" XMLNS "/>", SHUB_OK, SHUB__S3_FINAL,
     "", NULL},
    /* a yes that is none */
    {COMPLETE, 200, "", "", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "the answer to CompleteMultipartUpload is empty"},
    {COMPLETE, 200, "", "  \n ", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "the answer to CompleteMultipartUpload is empty"},
    {COMPLETE, 200, "", "<CompleteMultipartUploadResult><ETag>", SHUB_E_TRUNCATED,
     SHUB__S3_RETRY, "", "the answer to CompleteMultipartUpload ends early"},
    {COMPLETE, 200, "", "<html><body>Log in</body></html>", SHUB_E_HTTP, SHUB__S3_RETRY,
     "", "the answer to CompleteMultipartUpload is not what S3 answers"},
    {COMPLETE, 200, "", "<a></b>", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "the answer to CompleteMultipartUpload is not what S3 answers"},
    {PART, 200, "Connection: keep-alive\r\n", "", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "the answer to UploadPart has no ETag"},
    {PART, 200, "ETag:\r\n", "", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "the answer to UploadPart has no ETag"},
    {SHUB__S3_PART_COPY, 200, "", "<CopyPartResult/>", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "the answer to UploadPartCopy has no ETag"},
    {COMPLETE, 200, "", ERROR("InternalError", "<Message>Again.</Message>"),
     SHUB_E_REMOTE, SHUB__S3_RETRY, "InternalError", "InternalError: Again."},
    {COMPLETE, 200, "", "  \n" ERROR("SlowDown", ""), SHUB_E_OVERLOADED, SHUB__S3_SLOW,
     "SlowDown", "SlowDown (HTTP 200)"},
    {SHUB__S3_COPY, 200, "", ERROR("AccessDenied", ""), SHUB_E_DENIED, SHUB__S3_FINAL,
     "AccessDenied", "AccessDenied (HTTP 200)"},
    {PUT, 200, ETAG, ERROR("RequestTimeout", ""), SHUB_E_REMOTE, SHUB__S3_RETRY,
     "RequestTimeout", "RequestTimeout (HTTP 200)"},
    {COMPLETE, 200, "", ERROR("Odd", ""), SHUB_E_REMOTE, SHUB__S3_FINAL, "Odd",
     "Odd (HTTP 200)"},
    /* no, in words */
    {GET, 404, "", ERROR("NoSuchKey", "<Message></Message>"), SHUB_E_NOT_FOUND,
     SHUB__S3_FINAL, "NoSuchKey", "NoSuchKey (HTTP 404)"},
    {GET, 403, DATE, ERROR("AccessDenied", "<Message>Access Denied</Message>"),
     SHUB_E_DENIED, SHUB__S3_FINAL, "AccessDenied", "AccessDenied: Access Denied"},
    {GET, 403, "",
     "<s3:Error"
     " xmlns:s3=\"urn:x\"><s3:Code>NoSuchKey</s3:Code></s3:Error>",
     SHUB_E_NOT_FOUND, SHUB__S3_FINAL, "NoSuchKey", "NoSuchKey (HTTP 403)"},
    {GET, 403, "",
     "<ErrorResponse><Error><Code>InvalidAccessKeyId</Code></Error></ErrorResponse>",
     SHUB_E_AUTH, SHUB__S3_REFRESH, "InvalidAccessKeyId",
     "InvalidAccessKeyId (HTTP 403)"},
    {PUT, 418, "", ERROR("Teapot", "<Message>a\nb&#x9;c &amp; d</Message>"),
     SHUB_E_REMOTE, SHUB__S3_FINAL, "Teapot", "Teapot: a b c & d"},
    {PUT, 403, "", ERROR("Odd", ""), SHUB_E_DENIED, SHUB__S3_FINAL, "Odd",
     "Odd (HTTP 403)"},
    {PUT, 409, "", ERROR("BucketNotEmpty", ""), SHUB_E_REMOTE, SHUB__S3_FINAL,
     "BucketNotEmpty", "BucketNotEmpty (HTTP 409)"},
    {PUT, 599, "", ERROR("Odd", ""), SHUB_E_REMOTE, SHUB__S3_RETRY, "Odd",
     "Odd (HTTP 599)"},
    {PUT, 409, "", ERROR("ConditionalRequestConflict", ""), SHUB_E_CONFLICT,
     SHUB__S3_RETRY, "ConditionalRequestConflict",
     "ConditionalRequestConflict (HTTP 409)"},
    {COMPLETE, 409, "", ERROR("ConditionalRequestConflict", ""), SHUB_E_CONFLICT,
     SHUB__S3_FINAL, "ConditionalRequestConflict",
     "ConditionalRequestConflict (HTTP 409)"},
    {COMPLETE, 500, "",
     ERROR("InternalError", "<Message>This multipart completion is already in progress"
                            "</Message>"),
     SHUB_E_REMOTE, SHUB__S3_RETRY, "InternalError",
     "InternalError: This multipart completion is already in progress"},
    {PUT, 400, "", ERROR("AuthorizationHeaderMalformed", "<Message>empty key</Message>"),
     SHUB_E_AUTH, SHUB__S3_FINAL, "AuthorizationHeaderMalformed",
     "AuthorizationHeaderMalformed: empty key"},
    /* no, without a word */
    {HEAD, 404, "", "", SHUB_E_NOT_FOUND, SHUB__S3_FINAL, "", "HTTP 404 to HeadObject"},
    {HEAD, 403, "", "", SHUB_E_AUTH, SHUB__S3_FINAL, "", "HTTP 403 to HeadObject"},
    {HEAD, 403, DATE, "", SHUB_E_AUTH, SHUB__S3_SKEW, "", "HTTP 403 to HeadObject"},
    {HEAD, 400, "", "", SHUB_E_HTTP, SHUB__S3_REFRESH, "", "HTTP 400 to HeadObject"},
    {HEAD, 400, REGION, "", SHUB_E_REDIRECT, SHUB__S3_REGION, "",
     "HTTP 400 to HeadObject: the bucket is in region eu-central-1"},
    {HEAD, 301, REGION, "", SHUB_E_REDIRECT, SHUB__S3_REGION, "",
     "HTTP 301 to HeadObject: the bucket is in region eu-central-1"},
    {GET, 307, "Location: http://elsewhere/\r\n", "", SHUB_E_REDIRECT, SHUB__S3_REGION,
     "", "HTTP 307 to GetObject"},
    {GET, 304, "", "", SHUB_E_REDIRECT, SHUB__S3_FINAL, "", "HTTP 304 to GetObject"},
    {PUT, 401, "", "", SHUB_E_AUTH, SHUB__S3_FINAL, "", "HTTP 401 to PutObject"},
    {PUT, 400, "", "", SHUB_E_HTTP, SHUB__S3_FINAL, "", "HTTP 400 to PutObject"},
    {PUT, 408, "", "", SHUB_E_HTTP, SHUB__S3_RETRY, "", "HTTP 408 to PutObject"},
    {PUT, 409, "", "", SHUB_E_CONFLICT, SHUB__S3_FINAL, "", "HTTP 409 to PutObject"},
    {PUT, 412, "", "", SHUB_E_PRECONDITION, SHUB__S3_FINAL, "", "HTTP 412 to PutObject"},
    {PUT, 413, "", "<html>too large</html>", SHUB_E_LIMIT, SHUB__S3_FINAL, "",
     "HTTP 413 to PutObject"},
    {GET, 416, "", "", SHUB_E_RANGE, SHUB__S3_FINAL, "", "HTTP 416 to GetObject"},
    {PUT, 429, "", "", SHUB_E_OVERLOADED, SHUB__S3_SLOW, "", "HTTP 429 to PutObject"},
    {PUT, 500, "", "<Error><Code>Cut", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "HTTP 500 to PutObject"},
    {PUT, 502, "", "<html><hr></html>", SHUB_E_HTTP, SHUB__S3_RETRY, "",
     "HTTP 502 to PutObject"},
    {HEAD, 503, "", "", SHUB_E_OVERLOADED, SHUB__S3_SLOW, "", "HTTP 503 to HeadObject"},
    {PUT, 504, "", "", SHUB_E_HTTP, SHUB__S3_RETRY, "", "HTTP 504 to PutObject"},
    {PUT, 507, "", "", SHUB_E_FULL, SHUB__S3_FINAL, "", "HTTP 507 to PutObject"},
    {PUT, 501, "", "", SHUB_E_UNSUPPORTED, SHUB__S3_FINAL, "", "HTTP 501 to PutObject"},
    {PUT, 100, "", "", SHUB_E_HTTP, SHUB__S3_FINAL, "", "HTTP 100 to PutObject"},
};

START_TEST(answers_are_judged)
{
    const judge_case *c = &judged[_i];
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_fault fault;

    ck_status(shub__s3_judge(c->op, c->http, shub_str(c->headers), shub_str(c->body), 0,
                             &fault, &err),
              c->status);
    ck_status(fault.status, c->status);
    ck_assert_int_eq(fault.advice, c->advice);
    ck_assert_str_eq(fault.code, c->code);
    if (!c->status)
        return;
    ck_assert_str_eq(err.message, c->message);
    ck_assert_int_eq(err.code, c->status);
    ck_assert_int_eq(err.http_status, c->http);
}
END_TEST

/* ---- codes --------------------------------------------------------------------- */

static const struct {
    const char *codes; /* with blanks between */
    shub_status status;
    shub__s3_advice advice;
} codes[] = {
    {"NoSuchKey NoSuchBucket NoSuchUpload NotFound", SHUB_E_NOT_FOUND, SHUB__S3_FINAL},
    {"AccessDenied AllAccessDisabled AccountProblem", SHUB_E_DENIED, SHUB__S3_FINAL},
    {"InvalidAccessKeyId InvalidToken", SHUB_E_AUTH, SHUB__S3_REFRESH},
    {"ExpiredToken ExpiredTokenException TokenRefreshRequired RequestExpired",
     SHUB_E_EXPIRED, SHUB__S3_REFRESH},
    {"SignatureDoesNotMatch", SHUB_E_SIGNATURE, SHUB__S3_FINAL},
    {"RequestTimeTooSkewed", SHUB_E_SKEWED, SHUB__S3_SKEW},
    {"XAmzContentSHA256Mismatch BadDigest", SHUB_E_CHECKSUM, SHUB__S3_RETRY},
    {"InvalidDigest", SHUB_E_CHECKSUM, SHUB__S3_FINAL},
    {"PreconditionFailed", SHUB_E_PRECONDITION, SHUB__S3_FINAL},
    {"ConditionalRequestConflict OperationAborted", SHUB_E_CONFLICT, SHUB__S3_RETRY},
    {"EntityTooLarge", SHUB_E_LIMIT, SHUB__S3_FINAL},
    {"EntityTooSmall InvalidPart InvalidPartOrder MalformedXML InvalidArgument",
     SHUB_E_REMOTE, SHUB__S3_FINAL},
    {"SlowDown SlowDownWrite Throttling ThrottlingException ThrottledException "
     "RequestThrottled RequestThrottledException RequestLimitExceeded "
     "BandwidthLimitExceeded TooManyRequests TooManyRequestsException "
     "ServiceUnavailable",
     SHUB_E_OVERLOADED, SHUB__S3_SLOW},
    {"InternalError InternalErrors RequestTimeout RequestTimeoutException "
     "IncompleteBody PriorRequestNotComplete",
     SHUB_E_REMOTE, SHUB__S3_RETRY},
    {"QuotaExceeded StorageFull XMinioStorageFull", SHUB_E_FULL, SHUB__S3_FINAL},
    {"NotImplemented MethodNotAllowed", SHUB_E_UNSUPPORTED, SHUB__S3_FINAL},
    {"PermanentRedirect TemporaryRedirect AuthorizationHeaderMalformed "
     "IllegalLocationConstraintException",
     SHUB_E_REDIRECT, SHUB__S3_REGION},
    {"InvalidBucketName KeyTooLongError", SHUB_E_INVALID, SHUB__S3_FINAL},
    {"InvalidRange", SHUB_E_RANGE, SHUB__S3_FINAL},
    {"Slow NoSuch nosuchkey InternalErro", SHUB_E_REMOTE, SHUB__S3_FINAL},
};

START_TEST(codes_have_status_and_advice)
{
    char text[512];

    snprintf(text, sizeof text, "%s", codes[_i].codes);
    for (char *code = strtok(text, " "); code; code = strtok(NULL, " ")) {
        shub__s3_fault fault;
        shub__s3_fault_of(code, 0, &fault);
        ck_assert_msg(
            fault.status == codes[_i].status && fault.advice == codes[_i].advice,
            "%s: %s, advice %d", code, shub_status_name(fault.status), (int)fault.advice);
        ck_assert_str_eq(fault.code, code);
    }
}
END_TEST

START_TEST(a_condition_that_is_unknown_can_be_left_out)
{
    static const struct {
        int http;
        const char *body;
    } rows[] = {{501, ""},
                {501, ERROR("NotImplemented", "")},
                {400, ERROR("NotImplemented", "")}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        shub__s3_fault fault;
        ck_status(shub__s3_judge(PUT, rows[i].http, shub_str(NULL),
                                 shub_str(rows[i].body), 1, &fault, NULL),
                  SHUB_E_UNSUPPORTED);
        ck_assert_int_eq(fault.advice, SHUB__S3_UNCONDITIONAL);
    }
}
END_TEST

static const struct {
    int http;
    const char *headers, *body, *region;
} regions[] = {
    {301, REGION, ERROR("PermanentRedirect", "<Region>eu-west-1</Region>"),
     "eu-central-1"},
    {301, "", ERROR("PermanentRedirect", "<Region>eu-west-1</Region>"), "eu-west-1"},
    {400, "", ERROR("AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"),
     "eu-west-1"},
    {400, "", ERROR("AuthorizationHeaderMalformed", "<Region>eu/../west</Region>"), "eu"},
    {403, "", ERROR("AccessDenied", "<Region>eu-west-1</Region>"), ""},
    {200, REGION, "", "eu-central-1"},
    {301, "X-Amz-Bucket-Region:us-west-2\n", "", "us-west-2"},
};

START_TEST(the_bucket_s_region_is_learnt)
{
    shub__s3_fault fault;

    (void)shub__s3_judge(HEAD, regions[_i].http, shub_str(regions[_i].headers),
                         shub_str(regions[_i].body), 0, &fault, NULL);
    ck_assert_str_eq(fault.region, regions[_i].region);
}
END_TEST

START_TEST(the_server_s_clock_is_learnt)
{
    shub_slice body = SHUB_LIT(ERROR("RequestTimeTooSkewed",
                                     "<ServerTime>2023-07-25T16:27:59Z</ServerTime>"
                                     "<MaxAllowedSkewMilliseconds>900000"
                                     "</MaxAllowedSkewMilliseconds>"));
    shub__s3_fault fault;

    ck_status(shub__s3_judge(PUT, 403, SHUB_LIT(DATE), body, 0, &fault, NULL),
              SHUB_E_SKEWED);
    ck_assert_int_eq(fault.server_time_us, INT64_C(1690302479) * SHUB_SECOND_US);
    ck_assert_int_eq(fault.advice, SHUB__S3_SKEW);
    ck_status(shub__s3_judge(PUT, 403, SHUB_LIT(DATE),
                             SHUB_LIT(ERROR("RequestTimeTooSkewed", "")), 0, &fault,
                             NULL),
              SHUB_E_SKEWED);
    ck_assert_int_eq(fault.server_time_us, DATE_US);
    ck_status(shub__s3_judge(GET, 200, SHUB_LIT(DATE), shub_str(NULL), 0, &fault, NULL),
              SHUB_OK);
    ck_assert_int_eq(fault.server_time_us, DATE_US);
    ck_status(shub__s3_judge(GET, 200, shub_str(NULL), shub_str(NULL), 0, &fault, NULL),
              SHUB_OK);
    ck_assert_int_eq(fault.server_time_us, SHUB_NONE);
}
END_TEST

static const struct {
    const char *text;
    int64_t time_s; /* SHUB_NONE: it is none */
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Thu, 29 Feb 2024 23:59:59 GMT", 1709251199},
    {"Wed, 29 Feb 2023 00:00:00 GMT", SHUB_NONE},
    {"Sat, 31 Apr 2023 00:00:00 GMT", SHUB_NONE},
    {"Sat, 00 Apr 2023 00:00:00 GMT", SHUB_NONE},
    {"Sun, 06 Nov 1994 24:00:00 GMT", SHUB_NONE},
    {"Sun, 06 Nov 1994 08:60:37 GMT", SHUB_NONE},
    {"Sun, 06 Nov 1994 08:49:37 UTC", SHUB_NONE},
    {"Sun, 06 Abc 1994 08:49:37 GMT", SHUB_NONE},
    {"Sun, 06 Nov 1994 08:49:3x GMT", SHUB_NONE},
    {"Sunday, 06-Nov-94 08:49:37 GMT", SHUB_NONE},
    {"Sun Nov  6 08:49:37 1994", SHUB_NONE},
    {"", SHUB_NONE},
};

START_TEST(http_dates_are_read)
{
    int64_t time_us = 1;
    int is_date = shub__s3_http_date(shub_str(dates[_i].text), &time_us);

    ck_assert_int_eq(is_date, dates[_i].time_s != SHUB_NONE);
    ck_assert_int_eq(time_us, is_date ? dates[_i].time_s * SHUB_SECOND_US : 0);
}
END_TEST

/* ---- messages ------------------------------------------------------------------ */

#define KEY_ID "AKIAIOSFODNN7EXAMPLE"
#define TOKEN  "IQoJb3JpZ2luX2VjEXAMPLETOKEN"

static const struct {
    const char *more, *message;
} secrets[] = {
    {"<Message>No key " KEY_ID " here</Message><AWSAccessKeyId>" KEY_ID
     "</AWSAccessKeyId>",
     "Odd: No key ******************** here"},
    {"<SignatureProvided>deadbeef</SignatureProvided><Message>deadbeefdeadbeef</Message>",
     "Odd: ****************"},
    {"<Message>The provided token " TOKEN "</Message><Token-0>" TOKEN "</Token-0>",
     "Odd: The provided token ****************************"},
    {"<StringToSign>AWS4</StringToSign><CanonicalRequest>GET\n/</CanonicalRequest>",
     "Odd (HTTP 400)"},
    {"<Message>bad header: AWS4-HMAC-SHA256 Credential=x, Signature=y</Message>",
     "Odd: bad header:"},
    {"<Message>url /k?x-amz-security-token=z</Message>", "Odd: url /k?"},
    {"<Message>****</Message><ArgumentValue>****</ArgumentValue>", "Odd: ****"},
    {"<Message>a\xc2\x85"
     "b &#x9b;c</Message>",
     "Odd: a  b   c"},
};

START_TEST(messages_hold_no_secret)
{
    char body[1024];
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_fault fault;

    snprintf(body, sizeof body, "<Error><Code>Odd</Code>%s</Error>", secrets[_i].more);
    ck_status(shub__s3_judge(PUT, 400, shub_str(NULL), shub_str(body), 0, &fault, &err),
              SHUB_E_REMOTE);
    ck_assert_str_eq(err.message, secrets[_i].message);
}
END_TEST

/* Whole characters, and one line, however long the server talks. */
START_TEST(messages_are_cut_at_a_character)
{
    static char body[20000];
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_fault fault;
    size_t n = (size_t)snprintf(
        body, sizeof body, "<Error><Code>AccessDenied</Code><Message>%.*s", _i, "xx");

    while (n < 15000)
        n += (size_t)snprintf(body + n, sizeof body - n, "\xe2\x82\xac");
    snprintf(body + n, sizeof body - n, "</Message></Error>");
    ck_status(shub__s3_judge(PUT, 403, shub_str(NULL), shub_str(body), 0, &fault, &err),
              SHUB_E_DENIED);
    n = strlen(err.message);
    ck_assert_uint_gt(n, SHUB_ERROR_MESSAGE_MAX - 5);
    ck_assert_str_eq(err.message + n - 3, "\xe2\x82\xac");
}
END_TEST

START_TEST(a_code_is_a_word)
{
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_fault fault;
    char body[400], code[201];

    ck_status(shub__s3_judge(PUT, 400, shub_str(NULL),
                             SHUB_LIT("<Error><Code> Odd: x&#10;y</Code></Error>"), 0,
                             &fault, &err),
              SHUB_E_REMOTE);
    ck_assert_str_eq(fault.code, "Odd");
    ck_assert_str_eq(err.message, "Odd (HTTP 400)");
    memset(code, 'A', sizeof code - 1);
    code[sizeof code - 1] = '\0';
    snprintf(body, sizeof body, "<Error><Code>%s</Code><Message>m</Message></Error>",
             code);
    ck_status(shub__s3_judge(PUT, 400, shub_str(NULL), shub_str(body), 0, &fault, &err),
              SHUB_E_REMOTE);
    ck_assert_uint_eq(strlen(fault.code), sizeof fault.code - 1);
    ck_assert_str_eq(err.message + strlen(fault.code), ": m");
}
END_TEST

/* ---- cut, and without memory ---------------------------------------------------- */

/* A cut error is judged by what of it is whole, never as a yes. */
START_TEST(a_cut_error_is_an_error)
{
    static const char body[] = ERROR("NoSuchKey", "<Message>gone</Message>");

    for (size_t cut = 0; cut < sizeof body; cut++) {
        shub__s3_fault fault;
        ck_status(shub__s3_judge(GET, 404, shub_str(NULL), shub_bytes(body, cut), 0,
                                 &fault, NULL),
                  SHUB_E_NOT_FOUND);
    }
}
END_TEST

static shub_status error_once(void *user)
{
    shub__s3_fault fault;
    shub_status status =
        shub__s3_judge(PUT, 403, shub_str(NULL),
                       SHUB_LIT(ERROR("SignatureDoesNotMatch",
                                      "<Message>no</Message><AWSAccessKeyId>" KEY_ID
                                      "</AWSAccessKeyId>")),
                       0, &fault, NULL);

    (void)user;
    return status == SHUB_E_SIGNATURE ? SHUB_OK : status;
}

START_TEST(errors_may_find_no_memory)
{
    ck_assert_uint_gt(oom_loop(error_once, NULL), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 faults");
    TCase *tcase = tcase_create("errors");

    tcase_add_loop_test(tcase, answers_are_judged, 0, sizeof judged / sizeof *judged);
    tcase_add_loop_test(tcase, codes_have_status_and_advice, 0,
                        sizeof codes / sizeof *codes);
    tcase_add_test(tcase, a_condition_that_is_unknown_can_be_left_out);
    tcase_add_loop_test(tcase, the_bucket_s_region_is_learnt, 0,
                        sizeof regions / sizeof *regions);
    tcase_add_test(tcase, the_server_s_clock_is_learnt);
    tcase_add_loop_test(tcase, http_dates_are_read, 0, sizeof dates / sizeof *dates);
    tcase_add_loop_test(tcase, messages_hold_no_secret, 0,
                        sizeof secrets / sizeof *secrets);
    tcase_add_loop_test(tcase, messages_are_cut_at_a_character, 0, 3);
    tcase_add_test(tcase, a_code_is_a_word);
    tcase_add_test(tcase, a_cut_error_is_an_error);
    tcase_add_test(tcase, errors_may_find_no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
