/* The canned answers in $SENSORHUB_VECTORS/s3/mock_s3_responses, of a mock server that
 * Amazon's own client is tested with: what this library makes of each. Skipped when the
 * variable is not set. */
#include "support/suite.h"

#include "s3/reply.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct mock {
    shub__s3_op op;
    const char *file; /* without ".json" */
    shub_status status;
    shub__s3_advice advice;
    const char *code;
    const char *says; /* upload id, ETag, or how many parts and where the list goes on */
} mock;

#define CREATE   SHUB__S3_CREATE
#define COMPLETE SHUB__S3_COMPLETE
#define PART     SHUB__S3_PART
#define PARTS    SHUB__S3_LIST_PARTS
#define GET      SHUB__S3_GET

static const mock mocks[] = {
    {SHUB__S3_ABORT, "AbortMultipartUpload/default", SHUB_OK, SHUB__S3_FINAL, "", NULL},
    {CREATE, "CreateMultipartUpload/default", SHUB_OK, SHUB__S3_FINAL, "", "defaultID"},
    {CREATE, "CreateMultipartUpload/request_time_too_skewed", SHUB_E_SKEWED,
     SHUB__S3_SKEW, "RequestTimeTooSkewed", NULL},
    {CREATE, "CreateMultipartUpload/request_timeout", SHUB_E_REMOTE, SHUB__S3_RETRY,
     "RequestTimeout", NULL},
    {COMPLETE, "CompleteMultipartUpload/default", SHUB_OK, SHUB__S3_FINAL, "",
     "3858f62230ac3c915f300c664312c11f-9"},
    {COMPLETE, "CompleteMultipartUpload/sse_kms", SHUB_OK, SHUB__S3_FINAL, "",
     "3858f62230ac3c915f300c664312c11f-9"},
    {COMPLETE, "CompleteMultipartUpload/async_access_denied_error", SHUB_E_DENIED,
     SHUB__S3_FINAL, "AccessDenied", NULL},
    {COMPLETE, "CompleteMultipartUpload/async_internal_error", SHUB_E_REMOTE,
     SHUB__S3_RETRY, "InternalError", NULL},
    {PART, "UploadPart/default", SHUB_OK, SHUB__S3_FINAL, "",
     "b54357faf0632cce46e942fa68356b38"},
    {PART, "UploadPart/missing_etag", SHUB_E_HTTP, SHUB__S3_RETRY, "", NULL},
    {PART, "UploadPart/throttle", SHUB_E_OVERLOADED, SHUB__S3_SLOW, "SlowDown", NULL},
    {PART, "UploadPart/throttle_before_finish", SHUB_E_OVERLOADED, SHUB__S3_SLOW,
     "SlowDown", NULL},
    {PART, "UploadPart/upload_part_error", SHUB_E_DENIED, SHUB__S3_FINAL, "AccessDenied",
     NULL},
    {PARTS, "ListParts/default", SHUB_E_NOT_FOUND, SHUB__S3_FINAL, "", NULL},
    {PARTS, "ListParts/multiple_list_parts_1", SHUB_OK, SHUB__S3_FINAL, "", "1 entries"},
    {PARTS, "ListParts/multiple_list_parts_2", SHUB_OK, SHUB__S3_FINAL, "", "1 entries"},
    {PARTS, "ListParts/resume_first_part_not_completed", SHUB_OK, SHUB__S3_FINAL, "",
     "2 entries"},
    {GET, "GetObject/get_object_error_part", SHUB_E_DENIED, SHUB__S3_FINAL,
     "AccessDenied", NULL},
    {GET, "GetObject/get_object_long_error", SHUB_E_NOT_FOUND, SHUB__S3_FINAL,
     "NoSuchKey", NULL},
    {GET, "GetObject/get_object_modified_failure", SHUB_E_HTTP, SHUB__S3_FINAL, "", NULL},
};

typedef struct answer {
    int http;
    char headers[1024];
    char *body; /* lines of the file, joined by line feeds as the server does */
} answer;

static void read_body(const json_t *lines, answer *a)
{
    size_t i, n = 0;
    json_t *line;

    a->body = calloc(1, 1 << 20);
    json_array_foreach(lines, i, line) n +=
        (size_t)sprintf(a->body + n, "%s\n", json_string_value(line));
}

static void read_mock(const char *file, answer *a)
{
    char path[512];
    const char *name;
    size_t n = 0;
    json_t *value, *root;

    snprintf(path, sizeof path, "%s/s3/mock_s3_responses/%s.json",
             getenv("SENSORHUB_VECTORS"), file);
    root = json_load_file(path, 0, NULL);
    ck_assert_msg(root != NULL, "%s", path);
    a->http = (int)json_integer_value(json_object_get(root, "status"));
    a->headers[0] = '\0';
    json_object_foreach(json_object_get(root, "headers"), name, value) n +=
        (size_t)snprintf(a->headers + n, sizeof a->headers - n, "%s: %s\r\n", name,
                         json_string_value(value));
    read_body(json_object_get(root, "body"), a);
    json_decref(root);
}

static void check_result(const mock *m, const answer *a)
{
    shub_slice body = shub_str(a->body), text = shub_str(NULL);
    shub__arena arena = {NULL, NULL};
    shub_s3_object object;
    shub__s3_page page;
    char count[32];

    if (m->op == CREATE) {
        ck_status(shub__s3_read_create(body, &arena, &text, NULL), SHUB_OK);
    } else if (m->op == COMPLETE) {
        ck_status(shub__s3_read_etag(body, &arena, &text, NULL), SHUB_OK);
    } else if (m->op == PART) {
        ck_status(shub__s3_read_object(PART, shub_str(a->headers), &arena, &object, NULL),
                  SHUB_OK);
        text = object.etag;
    } else if (m->op == PARTS) {
        ck_status(shub__s3_read_page(PARTS, body, &arena, &page, NULL), SHUB_OK);
        snprintf(count, sizeof count, "%zu entries", page.count);
        text = shub_str(count);
    }
    ck_slice_eq(text, m->says ? m->says : "");
    shub__arena_fini(&arena);
}

START_TEST(canned_answers_are_understood)
{
    const mock *m = &mocks[_i];
    shub__s3_fault fault;
    shub_error err = SHUB_ERROR_INIT;
    answer a;

    read_mock(m->file, &a);
    ck_assert_msg(shub__s3_judge(m->op, a.http, shub_str(a.headers), shub_str(a.body), 0,
                                 &fault, &err) == m->status,
                  "%s: %s: %s", m->file, shub_status_name(fault.status), err.message);
    ck_assert_int_eq(fault.advice, m->advice);
    ck_assert_str_eq(fault.code, m->code);
    if (!m->status)
        check_result(m, &a);
    free(a.body);
}
END_TEST

int main(void)
{
    Suite *suite;
    TCase *tcase;

    if (!getenv("SENSORHUB_VECTORS")) {
        puts("SENSORHUB_VECTORS is not set");
        return 77;
    }
    suite = suite_create("s3 mock");
    tcase = tcase_create("canned answers");
    tcase_add_loop_test(tcase, canned_answers_are_understood, 0,
                        sizeof mocks / sizeof *mocks);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
