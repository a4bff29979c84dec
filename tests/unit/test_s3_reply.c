/* What S3's answers say: objects, uploads, lists. */
#include "support/suite.h"

#include "s3/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XML   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
#define COMPLETED                                                                        \
    "<CompleteMultipartUploadResult" XMLNS "><Location>http://h/b/k</Location>"          \
    "<ETag>\"385-9\"</ETag></CompleteMultipartUploadResult>"

/* ---- headers ------------------------------------------------------------------- */

#define SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OBJECT_HEADERS                                                                   \
    "HTTP/1.1 206 Partial Content\r\n"                                                   \
    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"                                   \
    "etag:  \"b543-2\" \r\nContent-Length: 10\r\nContent-Range: bytes 0-9/443\r\n"       \
    "Content-Type: text/plain; x=\"y\"\r\nContent-Encoding: gzip\r\n"                    \
    "Cache-Control: no-cache\r\nx-amz-version-id: v1\r\n"                                \
    "x-amz-storage-class: GLACIER\r\nX-Amz-Server-Side-Encryption: AES256\r\n"           \
    "X-Amz-Meta-Device: 0x01: two\r\nx-amz-meta-empty:\r\nx-amz-meta-: none\r\n"         \
    "x-amz-meta-Shub-SHA256: " SHA256 "\r\n\r\n"

START_TEST(an_object_s_headers_are_read)
{
    shub_s3_object object;
    shub__arena arena = {NULL, NULL};

    ck_status(shub__s3_read_object(SHUB__S3_GET, SHUB_LIT(OBJECT_HEADERS), &arena,
                                   &object, NULL),
              SHUB_OK);
    ck_slice_eq(object.etag, "b543-2");
    ck_slice_eq(object.version_id, "v1");
    ck_slice_eq(object.content_type, "text/plain; x=\"y\"");
    ck_slice_eq(object.content_encoding, "gzip");
    ck_slice_eq(object.cache_control, "no-cache");
    ck_slice_eq(object.storage_class, "GLACIER");
    ck_slice_eq(object.sse, "AES256");
    ck_assert_int_eq(object.bytes, 443);
    ck_assert_int_eq(object.modified_us, INT64_C(784111777) * SHUB_SECOND_US);
    ck_assert_uint_eq(object.metadata_count, 3);
    ck_slice_eq(object.metadata[0].name, "device");
    ck_slice_eq(object.metadata[0].value, "0x01: two");
    ck_slice_eq(object.metadata[1].name, "empty");
    ck_slice_eq(object.metadata[1].value, "");
    ck_slice_eq(object.metadata[2].name, "shub-sha256");
    ck_assert_int_eq(object.has_sha256, 1);
    ck_assert_int_eq(object.sha256[0], 0xe3);
    ck_assert_int_eq(object.sha256[31], 0x55);
    shub__arena_fini(&arena);
}
END_TEST

START_TEST(an_answer_s_own_headers_are_not_the_object_s)
{
    shub_s3_object object;
    shub__arena arena = {NULL, NULL};

    ck_status(shub__s3_read_object(SHUB__S3_PUT, SHUB_LIT(OBJECT_HEADERS), &arena,
                                   &object, NULL),
              SHUB_OK);
    ck_slice_eq(object.etag, "b543-2");
    ck_slice_eq(object.version_id, "v1");
    ck_slice_eq(object.content_type, "");
    ck_assert_int_eq(object.bytes, SHUB_NONE);
    ck_assert_uint_eq(object.metadata_count, 0);
    shub__arena_fini(&arena);
}
END_TEST

static const struct {
    const char *headers;
    int64_t bytes;
} lengths[] = {
    {"Content-Length: 0\r\n", 0},
    {"Content-Length: 9223372036854775807\r\n", INT64_MAX},
    {"Content-Length: 9223372036854775808\r\n", SHUB_NONE},
    {"Content-Length: -1\r\n", SHUB_NONE},
    {"Content-Length: 1, 1\r\n", SHUB_NONE},
    {"Content-Length: 10\r\nContent-Range: bytes 0-9/*\r\n", SHUB_NONE},
    {"x-amz-meta-shub-sha256: abc\r\n", SHUB_NONE},
    {"x-amz-meta-shub-sha256: g" SHA256 "\r\n", SHUB_NONE},
    {"", SHUB_NONE},
};

START_TEST(what_headers_do_not_say_is_unknown)
{
    shub_s3_object object;
    shub__arena arena = {NULL, NULL};

    ck_status(shub__s3_read_object(SHUB__S3_HEAD, shub_str(lengths[_i].headers), &arena,
                                   &object, NULL),
              SHUB_OK);
    ck_assert_int_eq(object.bytes, lengths[_i].bytes);
    ck_assert_int_eq(object.has_sha256, 0);
    ck_assert_int_eq(object.modified_us, 0);
    shub__arena_fini(&arena);
}
END_TEST

/* ---- results ------------------------------------------------------------------- */

START_TEST(upload_ids_and_etags_are_read)
{
    shub__arena arena = {NULL, NULL};
    shub_slice text;

    ck_status(shub__s3_read_create(SHUB_LIT(XML "<InitiateMultipartUploadResult" XMLNS
                                                "><Key>k</Key>"
                                                "<UploadId>2~a&amp;b</UploadId>"
                                                "</InitiateMultipartUploadResult>"),
                                   &arena, &text, NULL),
              SHUB_OK);
    ck_slice_eq(text, "2~a&b");
    ck_status(shub__s3_read_create(SHUB_LIT("<InitiateMultipartUploadResult/>"), &arena,
                                   &text, NULL),
              SHUB_E_HTTP);
    ck_status(shub__s3_read_create(SHUB_LIT("<a>"), &arena, &text, NULL),
              SHUB_E_TRUNCATED);
    ck_status(shub__s3_read_create(shub_str(NULL), &arena, &text, NULL), SHUB_E_HTTP);
    ck_status(shub__s3_read_etag(SHUB_LIT(COMPLETED), &arena, &text, NULL), SHUB_OK);
    ck_slice_eq(text, "385-9");
    ck_status(
        shub__s3_read_etag(
            SHUB_LIT("<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>"),
            &arena, &text, NULL),
        SHUB_OK);
    ck_slice_eq(text, "e");
    ck_status(shub__s3_read_etag(SHUB_LIT("<CompleteMultipartUploadResult><ETag/>"
                                          "</CompleteMultipartUploadResult>"),
                                 &arena, &text, NULL),
              SHUB_OK);
    ck_slice_eq(text, "");
    shub__arena_fini(&arena);
}
END_TEST

static void note(shub_slice key, shub_slice code, shub_slice message, void *user)
{
    char *text = user;

    sprintf(text + strlen(text), "%.*s=%.*s(%.*s);", (int)key.len, key.ptr ? key.ptr : "",
            (int)code.len, code.ptr ? code.ptr : "", (int)message.len,
            message.ptr ? message.ptr : "");
}

#define DELETED                                                                          \
    "<DeleteResult" XMLNS "><Deleted><Key>gone</Key></Deleted><Error><Key>a</Key>"       \
    "<Code>AccessDenied</Code><Message>no</Message></Error><Error><Key> b&#10;</Key>"    \
    "<Code>InternalError</Code></Error></DeleteResult>"

START_TEST(what_was_not_deleted_is_told)
{
    char text[256] = "";

    ck_status(shub__s3_read_deleted(SHUB_LIT(DELETED), note, text, NULL), SHUB_OK);
    ck_assert_str_eq(text, "a=AccessDenied(no); b\n=InternalError();");
}
END_TEST

/* ---- lists --------------------------------------------------------------------- */

#define OBJECTS                                                                          \
    XML "<ListBucketResult" XMLNS "><Name>b</Name><Prefix></Prefix><KeyCount>4"          \
        "</KeyCount><MaxKeys>4</MaxKeys><Delimiter>/</Delimiter>"                        \
        "<IsTruncated>true</IsTruncated>"                                                \
        "<NextContinuationToken>1a/+==</NextContinuationToken>"                          \
        "<Contents><Key>a%2Bb+c%0A</Key><LastModified>1994-11-06T08:49:37.000Z"          \
        "</LastModified><ETag>&quot;e1&quot;</ETag><Size>434234</Size>"                  \
        "<StorageClass>STANDARD</StorageClass><Owner><ID>o</ID></Owner></Contents>"      \
        "<Contents><Key>c</Key><Size>0</Size></Contents>"                                \
        "<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"                           \
        "<CommonPrefixes><Prefix>d%2F</Prefix></CommonPrefixes>"                         \
        "<EncodingType>url</EncodingType></ListBucketResult>"

START_TEST(objects_and_prefixes_are_listed_in_order)
{
    static const char *const keys[] = {"a+b c\n", "a/", "c", "d/"};
    static const int64_t bytes[] = {434234, SHUB_NONE, 0, SHUB_NONE};
    shub__arena arena = {NULL, NULL};
    shub__s3_page page;

    ck_status(shub__s3_read_page(SHUB__S3_LIST, SHUB_LIT(OBJECTS), &arena, &page, NULL),
              SHUB_OK);
    ck_assert_uint_eq(page.count, 4);
    ck_assert_int_eq(page.truncated, 1);
    ck_slice_eq(page.next[0], "1a/+==");
    for (size_t i = 0; i < 4; i++) {
        ck_slice_eq(page.entries[i].key, keys[i]);
        ck_assert_int_eq(page.entries[i].is_prefix, i % 2);
        ck_assert_int_eq(page.entries[i].bytes, bytes[i]);
        ck_assert_int_eq(page.entries[i].key.ptr[page.entries[i].key.len], 0);
    }
    ck_slice_eq(page.entries[0].etag, "e1");
    ck_slice_eq(page.entries[0].storage_class, "STANDARD");
    ck_assert_int_eq(page.entries[0].modified_us, INT64_C(784111777) * SHUB_SECOND_US);
    ck_assert_int_eq(page.entries[2].modified_us, 0);
    shub__arena_fini(&arena);
}
END_TEST

#define UPLOADS                                                                          \
    "<ListMultipartUploadsResult" XMLNS "><KeyMarker/>"                                  \
    "<NextKeyMarker>k y%2B</NextKeyMarker><NextUploadIdMarker>i%d</NextUploadIdMarker>"  \
    "<IsTruncated>true</IsTruncated><Upload><Key>k y%2B</Key><UploadId>i%d</UploadId>"   \
    "<Initiator><ID>x</ID></Initiator><StorageClass>STANDARD</StorageClass><Initiated>"  \
    "1994-11-06T08:49:37.000Z</Initiated></Upload></ListMultipartUploadsResult>"

START_TEST(uploads_are_listed)
{
    shub__arena arena = {NULL, NULL};
    shub__s3_page page;

    ck_status(
        shub__s3_read_page(SHUB__S3_LIST_UPLOADS, SHUB_LIT(UPLOADS), &arena, &page, NULL),
        SHUB_OK);
    ck_assert_uint_eq(page.count, 1);
    ck_slice_eq(page.next[0], "k y%2B");
    ck_slice_eq(page.next[1], "i%d");
    ck_slice_eq(page.entries[0].key, "k y%2B");
    ck_slice_eq(page.entries[0].upload_id, "i%d");
    ck_assert_int_eq(page.entries[0].modified_us, INT64_C(784111777) * SHUB_SECOND_US);
    shub__arena_fini(&arena);
}
END_TEST

#define PARTS                                                                            \
    "<ListPartsResult" XMLNS "><UploadId>i</UploadId><PartNumberMarker>0"                \
    "</PartNumberMarker><NextPartNumberMarker>7</NextPartNumberMarker><IsTruncated>"     \
    "false</IsTruncated><Part><PartNumber>2</PartNumber><ETag>\"e2\"</ETag>"             \
    "<Size>5242880</Size><ChecksumCRC32C>c3Vt</ChecksumCRC32C></Part>"                   \
    "<Part><PartNumber>7</PartNumber><ETag>e7</ETag><Size>1</Size></Part>"               \
    "</ListPartsResult>"

START_TEST(parts_are_listed)
{
    shub__arena arena = {NULL, NULL};
    shub__s3_page page;

    ck_status(
        shub__s3_read_page(SHUB__S3_LIST_PARTS, SHUB_LIT(PARTS), &arena, &page, NULL),
        SHUB_OK);
    ck_assert_uint_eq(page.count, 2);
    ck_assert_int_eq(page.truncated, 0);
    ck_slice_eq(page.next[0], "7");
    ck_assert_int_eq(page.entries[0].part, 2);
    ck_slice_eq(page.entries[0].etag, "e2");
    ck_slice_eq(page.sums[0], "c3Vt");
    ck_assert_int_eq(page.entries[1].part, 7);
    ck_slice_eq(page.sums[1], "");
    shub__arena_fini(&arena);
}
END_TEST

static const struct {
    shub__s3_op op;
    const char *body;
    shub_status status;
    size_t count;
} pages[] = {
    {SHUB__S3_LIST, "<ListBucketResult/>", SHUB_OK, 0},
    {SHUB__S3_LIST,
     "<x:ListBucketResult xmlns:x=\"u\"><x:Contents><x:Key>a</x:Key></x:Contents>"
     "</x:ListBucketResult>",
     SHUB_OK, 1},
    {SHUB__S3_LIST,
     "<ListBucketResult><Contents><Key>a%2Bb</Key></Contents></ListBucketResult>",
     SHUB_OK, 1},
    {SHUB__S3_LIST,
     "<ListBucketResult><Contents><Key><![CDATA[a&b]]></Key></Contents>"
     "</ListBucketResult>",
     SHUB_OK, 1},
    {SHUB__S3_LIST,
     "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a%2</Key>"
     "</Contents></ListBucketResult>",
     SHUB_E_HTTP, 0},
    {SHUB__S3_LIST,
     "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", SHUB_E_HTTP,
     0},
    {SHUB__S3_LIST, "<ListBucketResult><Contents/></ListBucketResult>", SHUB_E_HTTP, 0},
    {SHUB__S3_LIST, "<ListPartsResult/>", SHUB_E_HTTP, 0},
    {SHUB__S3_LIST, "<ListBucketResult>", SHUB_E_TRUNCATED, 0},
    {SHUB__S3_LIST, "<ListBucketResult>&nbsp;</ListBucketResult>", SHUB_E_HTTP, 0},
    {SHUB__S3_LIST, "<ListBucketResult/><ListBucketResult/>", SHUB_E_HTTP, 0},
    {SHUB__S3_LIST_PARTS,
     "<ListPartsResult><Part><PartNumber>0</PartNumber></Part>"
     "</ListPartsResult>",
     SHUB_E_HTTP, 0},
    {SHUB__S3_LIST_PARTS,
     "<ListPartsResult><Part><PartNumber>10001</PartNumber></Part>"
     "</ListPartsResult>",
     SHUB_E_HTTP, 0},
    /* entities and depth, which attacks are made of */
    {SHUB__S3_LIST,
     "<!DOCTYPE a [<!ENTITY b \"c\">]><ListBucketResult>&b;</ListBucketResult>",
     SHUB_E_HTTP, 0},
    {SHUB__S3_LIST, "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><ListBucketResult/>",
     SHUB_E_HTTP, 0},
    {SHUB__S3_LIST, "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>", SHUB_E_LIMIT,
     0},
};

START_TEST(pages_are_what_was_asked_for)
{
    shub__arena arena = {NULL, NULL};
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_page page;

    ck_status(
        shub__s3_read_page(pages[_i].op, shub_str(pages[_i].body), &arena, &page, &err),
        pages[_i].status);
    ck_assert_int_eq(err.code, pages[_i].status);
    ck_assert_uint_eq(page.count, pages[_i].count);
    shub__arena_fini(&arena);
}
END_TEST

START_TEST(bodies_have_a_limit)
{
    size_t len = SHUB__S3_BODY_MAX + 1;
    char *body = malloc(len);
    shub__arena arena = {NULL, NULL};
    shub__s3_page page;

    memset(body, ' ', len);
    memcpy(body + len - 19, "<ListBucketResult/>", 19);
    ck_status(
        shub__s3_read_page(SHUB__S3_LIST, shub_bytes(body, len), &arena, &page, NULL),
        SHUB_E_LIMIT);
    ck_status(shub__s3_read_page(SHUB__S3_LIST, shub_bytes(body + 1, len - 1), &arena,
                                 &page, NULL),
              SHUB_OK);
    free(body);
    shub__arena_fini(&arena);
}
END_TEST

START_TEST(a_page_has_a_limit)
{
    static char body[400000];
    char *end = body + sprintf(body, "<ListBucketResult>");
    shub__arena arena = {NULL, NULL};
    shub__s3_page page;

    for (int i = 0; i < 10002; i++)
        end += sprintf(end, "<Contents><Key>a</Key></Contents>");
    sprintf(end, "</ListBucketResult>");
    ck_status(shub__s3_read_page(SHUB__S3_LIST, shub_str(body), &arena, &page, NULL),
              SHUB_E_LIMIT);
    shub__arena_fini(&arena);
}
END_TEST

/* ---- every answer, cut and without memory -------------------------------------- */

static const struct {
    shub__s3_op op;
    const char *body;
} answers[] = {
    {SHUB__S3_LIST, OBJECTS},
    {SHUB__S3_LIST_UPLOADS, UPLOADS},
    {SHUB__S3_LIST_PARTS, PARTS},
    {SHUB__S3_COMPLETE, COMPLETED},
    {SHUB__S3_COPY, XML "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>"},
    {SHUB__S3_PART_COPY, XML "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>"},
    {SHUB__S3_CREATE, XML "<InitiateMultipartUploadResult><UploadId>i</UploadId>"
                          "</InitiateMultipartUploadResult>"},
    {SHUB__S3_DELETE_MANY, DELETED},
};
#define ANSWERS (sizeof answers / sizeof *answers)

static shub_status read_answer(shub__s3_op op, shub_slice body, shub_error *err)
{
    shub__arena arena = {NULL, NULL};
    shub__s3_page page;
    char text[256] = "";
    shub_slice found;
    shub_status status;

    if (op == SHUB__S3_CREATE)
        status = shub__s3_read_create(body, &arena, &found, err);
    else if (op == SHUB__S3_DELETE_MANY)
        status = shub__s3_read_deleted(body, note, text, err);
    else if (shub__s3_calls[op].scope == SHUB__S3_OF_BUCKET || op == SHUB__S3_LIST_PARTS)
        status = shub__s3_read_page(op, body, &arena, &page, err);
    else
        status = shub__s3_read_etag(body, &arena, &found, err);
    shub__arena_fini(&arena);
    return status;
}

START_TEST(a_cut_answer_is_never_whole)
{
    size_t len = strlen(answers[_i].body);

    for (size_t cut = 0; cut < len; cut++) {
        char *body = malloc(cut ? cut : 1);
        shub_status wanted = cut ? SHUB_E_TRUNCATED : SHUB_E_HTTP;
        shub_error err = SHUB_ERROR_INIT;
        shub__s3_fault fault;
        memcpy(body, answers[_i].body, cut);
        ck_status(read_answer(answers[_i].op, shub_bytes(body, cut), &err), wanted);
        ck_assert_int_eq(err.code, wanted);
        ck_status(shub__s3_judge(answers[_i].op, 200, shub_str(NULL),
                                 shub_bytes(body, cut), 0, &fault, &err),
                  wanted);
        ck_assert_int_eq(fault.advice, SHUB__S3_RETRY);
        free(body);
    }
    ck_status(read_answer(answers[_i].op, shub_str(answers[_i].body), NULL), SHUB_OK);
}
END_TEST

static shub_status answer_once(void *user)
{
    int i = *(int *)user;
    shub_slice body = shub_str(answers[i].body);
    shub__s3_fault fault;
    shub_error err = SHUB_ERROR_INIT;
    shub_status status =
        shub__s3_judge(answers[i].op, 200, shub_str(NULL), body, 0, &fault, &err);

    if (!status)
        status = read_answer(answers[i].op, body, &err);
    ck_assert_int_eq(status, err.code);
    return status;
}

START_TEST(answers_may_find_no_memory)
{
    ck_assert_uint_gt(oom_loop(answer_once, &_i), 5);
}
END_TEST

static shub_status object_once(void *user)
{
    shub__arena arena = {NULL, NULL};
    shub_s3_object object;
    shub_status status = shub__s3_read_object(SHUB__S3_HEAD, SHUB_LIT(OBJECT_HEADERS),
                                              &arena, &object, NULL);

    (void)user;
    ck_assert_int_eq(status == SHUB_OK, object.etag.len > 0);
    shub__arena_fini(&arena);
    return status;
}

START_TEST(headers_may_find_no_memory)
{
    ck_assert_uint_gt(oom_loop(object_once, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 replies");
    TCase *tcase = tcase_create("results");

    tcase_add_test(tcase, an_object_s_headers_are_read);
    tcase_add_test(tcase, an_answer_s_own_headers_are_not_the_object_s);
    tcase_add_loop_test(tcase, what_headers_do_not_say_is_unknown, 0,
                        sizeof lengths / sizeof *lengths);
    tcase_add_test(tcase, upload_ids_and_etags_are_read);
    tcase_add_test(tcase, what_was_not_deleted_is_told);
    tcase_add_test(tcase, objects_and_prefixes_are_listed_in_order);
    tcase_add_test(tcase, uploads_are_listed);
    tcase_add_test(tcase, parts_are_listed);
    tcase_add_loop_test(tcase, pages_are_what_was_asked_for, 0,
                        sizeof pages / sizeof *pages);
    tcase_add_test(tcase, bodies_have_a_limit);
    tcase_add_test(tcase, a_page_has_a_limit);
    tcase_add_loop_test(tcase, a_cut_answer_is_never_whole, 0, ANSWERS);
    tcase_add_loop_test(tcase, answers_may_find_no_memory, 0, ANSWERS);
    tcase_add_test(tcase, headers_may_find_no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
