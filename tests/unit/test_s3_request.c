/* What each call of S3 sends: names, queries and headers. */
#include "support/suite.h"

#include "s3/request.h"

#include <stdio.h>
#include <string.h>

#define BUCKET SHUB_LIT("bucket")
#define KEY    SHUB_LIT("a/key")

static void begin(shub__s3_request *req, shub__s3_op op)
{
    int of_bucket = shub__s3_calls[op].scope == SHUB__S3_OF_BUCKET;

    ck_status(
        shub__s3_request_init(req, op, BUCKET, of_bucket ? shub_str(NULL) : KEY, NULL),
        SHUB_OK);
}

/* Pairs as "name=value;", in the order of their adding. */
static const char *shown(const shub_s3_pair *pairs, size_t count)
{
    static char text[4096];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%.*s=%.*s;",
                              (int)pairs[i].name.len, pairs[i].name.ptr,
                              (int)pairs[i].value.len, pairs[i].value.ptr);
    return text;
}

#define ck_query(req, text) ck_assert_str_eq(shown((req).query, (req).query_count), text)
#define ck_headers(req, text)                                                            \
    ck_assert_str_eq(shown((req).headers, (req).header_count), text)

/* ---- calls and names ----------------------------------------------------------- */

static const struct {
    const char *name, *method, *query;
} calls[SHUB__S3_OPS] = {
    [SHUB__S3_PUT] = {"PutObject", "PUT", ""},
    [SHUB__S3_GET] = {"GetObject", "GET", ""},
    [SHUB__S3_HEAD] = {"HeadObject", "HEAD", ""},
    [SHUB__S3_DELETE] = {"DeleteObject", "DELETE", ""},
    [SHUB__S3_DELETE_MANY] = {"DeleteObjects", "POST", "delete=;"},
    [SHUB__S3_COPY] = {"CopyObject", "PUT", ""},
    [SHUB__S3_LIST] = {"ListObjectsV2", "GET", ""},
    [SHUB__S3_LIST_UPLOADS] = {"ListMultipartUploads", "GET", "uploads=;"},
    [SHUB__S3_LIST_PARTS] = {"ListParts", "GET", ""},
    [SHUB__S3_CREATE] = {"CreateMultipartUpload", "POST", "uploads=;"},
    [SHUB__S3_PART] = {"UploadPart", "PUT", ""},
    [SHUB__S3_PART_COPY] = {"UploadPartCopy", "PUT", ""},
    [SHUB__S3_COMPLETE] = {"CompleteMultipartUpload", "POST", ""},
    [SHUB__S3_ABORT] = {"AbortMultipartUpload", "DELETE", ""},
};

START_TEST(every_call_has_its_method_and_query)
{
    shub__s3_request req;

    begin(&req, (shub__s3_op)_i);
    ck_assert_str_eq(shub__s3_calls[_i].name, calls[_i].name);
    ck_assert_str_eq(shub__s3_calls[_i].method, calls[_i].method);
    ck_query(req, calls[_i].query);
    ck_assert_uint_eq(req.header_count, 0);
    shub__s3_request_fini(&req);
}
END_TEST

static const struct {
    shub__s3_op op;
    const char *bucket, *key;
    shub_status status;
} names[] = {
    {SHUB__S3_GET, "bucket", "key", SHUB_OK},
    {SHUB__S3_GET, "Bucket_1.x-y", "../a//b/.", SHUB_OK},
    {SHUB__S3_GET, "bucket", "h\xc3\xa4user\n", SHUB_OK},
    {SHUB__S3_HEAD, "bucket", "", SHUB_OK},
    {SHUB__S3_LIST, "bucket", "", SHUB_OK},
    {SHUB__S3_LIST, "bucket", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "bucket", "", SHUB_E_INVALID},
    {SHUB__S3_GET, "", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, ".", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "..", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "a/b", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "a b", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "b\xc3\xa4r", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "a?b", "key", SHUB_E_INVALID},
    {SHUB__S3_GET, "bucket", "latin \xe4", SHUB_E_INVALID},
    {SHUB__S3_GET, "bucket", "cut \xc3", SHUB_E_INVALID},
};

START_TEST(names_are_checked)
{
    shub__s3_request req;
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub__s3_request_init(&req, names[_i].op, shub_str(names[_i].bucket),
                                    shub_str(names[_i].key), &err),
              names[_i].status);
    ck_assert_int_eq(err.code, names[_i].status);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(names_have_limits)
{
    shub__s3_request req;
    char text[SHUB_S3_KEY_MAX + 1];

    memset(text, 'x', sizeof text);
    ck_status(shub__s3_request_init(&req, SHUB__S3_GET,
                                    shub_bytes(text, SHUB_S3_BUCKET_MAX),
                                    shub_bytes(text, SHUB_S3_KEY_MAX), NULL),
              SHUB_OK);
    shub__s3_request_fini(&req);
    ck_status(shub__s3_request_init(&req, SHUB__S3_GET, BUCKET,
                                    shub_bytes(text, SHUB_S3_KEY_MAX + 1), NULL),
              SHUB_E_INVALID);
    shub__s3_request_fini(&req);
    ck_status(shub__s3_request_init(&req, SHUB__S3_GET,
                                    shub_bytes(text, SHUB_S3_BUCKET_MAX + 1), KEY, NULL),
              SHUB_E_INVALID);
    shub__s3_request_fini(&req);
    ck_status(
        shub__s3_request_init(&req, SHUB__S3_GET, BUCKET, shub_bytes("a\0b", 3), NULL),
        SHUB_E_INVALID);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(a_name_said_twice_is_replaced)
{
    shub__s3_request req;

    begin(&req, SHUB__S3_CREATE);
    ck_status(shub__s3_add_query(&req, "uploads", shub_str(NULL), NULL), SHUB_OK);
    ck_status(shub__s3_add_header(&req, "content-md5", SHUB_LIT("one"), NULL), SHUB_OK);
    ck_status(shub__s3_add_header(&req, "Content-MD5", SHUB_LIT("two"), NULL), SHUB_OK);
    ck_query(req, "uploads=;");
    ck_headers(req, "Content-MD5=two;");
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(there_is_room_for_so_many_pairs)
{
    static char text[SHUB__S3_HEADER_MAX + 1][8];
    shub__s3_request req;

    begin(&req, SHUB__S3_GET);
    for (size_t i = 0; i <= SHUB__S3_HEADER_MAX; i++) {
        shub_status wanted = i < SHUB__S3_HEADER_MAX ? SHUB_OK : SHUB_E_LIMIT;
        snprintf(text[i], sizeof text[i], "h%zu", i);
        ck_status(shub__s3_add_header(&req, text[i], KEY, NULL), wanted);
    }
    for (size_t i = 0; i <= SHUB__S3_QUERY_MAX; i++)
        ck_status(shub__s3_add_query(&req, text[i], KEY, NULL),
                  i < SHUB__S3_QUERY_MAX ? SHUB_OK : SHUB_E_LIMIT);
    shub__s3_request_fini(&req);
}
END_TEST

/* ---- headers of an object ------------------------------------------------------ */

START_TEST(an_object_is_described)
{
    static const unsigned char sha256[32] = {0xab};
    const shub_s3_pair metadata[] = {{SHUB_LIT("Hour-UTC"), SHUB_LIT("2015-03-10 17")},
                                     {SHUB_LIT("x"), {NULL, 0}}};
    const shub_s3_pair tags[] = {{SHUB_LIT("site a"), SHUB_LIT("b&c=\xc3\xa4")},
                                 {SHUB_LIT("k"), {NULL, 0}}};
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub__s3_request req;

    opts.content_encoding = SHUB_LIT("gzip");
    opts.cache_control = SHUB_LIT("no-cache");
    opts.storage_class = SHUB_LIT("GLACIER_IR");
    opts.sse = SHUB_LIT("aws:kms");
    opts.sse_kms_key_id = SHUB_LIT("arn:1");
    opts.metadata = metadata;
    opts.metadata_count = 2;
    opts.tags = tags;
    opts.tag_count = 2;
    begin(&req, SHUB__S3_PUT);
    ck_status(shub__s3_add_object_headers(&req, &opts, NULL), SHUB_OK);
    ck_status(shub__s3_add_sha256(&req, sha256, NULL), SHUB_OK);
    ck_headers(
        req, "content-type=application/octet-stream;content-encoding=gzip;"
             "cache-control=no-cache;x-amz-meta-hour-utc=2015-03-10 17;x-amz-meta-x=;"
             "x-amz-tagging=site%20a=b%26c%3D%C3%A4&k=;x-amz-storage-class=GLACIER_IR;"
             "x-amz-server-side-encryption=aws:kms;"
             "x-amz-server-side-encryption-aws-kms-key-id=arn:1;"
             "x-amz-meta-shub-sha256=ab00000000000000000000000000000000000000000000000000"
             "000000000000;");
    shub__s3_request_fini(&req);
}
END_TEST

static const struct {
    const char *name, *value;
    shub_status status;
    const char *message;
} metadata_rows[] = {
    {"device", "0x00135003007c2d12", SHUB_OK, ""},
    {"A.b_c!#$%&'*+-^`|~9", "tab\tand  spaces", SHUB_OK, ""},
    {"", "x", SHUB_E_INVALID, "header token"},
    {"a b", "x", SHUB_E_INVALID, "header token"},
    {"a:b", "x", SHUB_E_INVALID, "header token"},
    {"a\nb", "x", SHUB_E_INVALID, "header token"},
    {"\xc3\xa4", "x", SHUB_E_INVALID, "header token"},
    {"a", "x\r\nx-amz-acl: public-read", SHUB_E_INVALID, "control character"},
    {"a", "x\x7f", SHUB_E_INVALID, "control character"},
    {"a", "h\xc3\xa4user", SHUB_E_INVALID, "US-ASCII"},
    {"FIRST", "x", SHUB_E_INVALID, "twice"},
};

START_TEST(metadata_is_checked)
{
    const shub_s3_pair metadata[] = {
        {SHUB_LIT("first"), SHUB_LIT("1")},
        {shub_str(metadata_rows[_i].name), shub_str(metadata_rows[_i].value)}};
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_request req;

    opts.metadata = metadata;
    opts.metadata_count = 2;
    begin(&req, SHUB__S3_CREATE);
    ck_status(shub__s3_add_object_headers(&req, &opts, &err), metadata_rows[_i].status);
    if (metadata_rows[_i].status) {
        ck_assert_int_eq(err.index, 1);
        ck_assert_ptr_nonnull(strstr(err.message, metadata_rows[_i].message));
    }
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(tags_are_checked)
{
    shub_s3_pair tags[2] = {{SHUB_LIT("a"), SHUB_LIT("b")}, {{NULL, 0}, SHUB_LIT("b")}};
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_request req;

    opts.tags = tags;
    opts.tag_count = 2;
    begin(&req, SHUB__S3_PUT);
    ck_status(shub__s3_add_object_headers(&req, &opts, &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 1);
    tags[1].name = SHUB_LIT("a\xff");
    ck_status(shub__s3_add_object_headers(&req, &opts, &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 1);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(a_copy_keeps_what_describes_its_source)
{
    const shub_s3_pair pair = {SHUB_LIT("a"), SHUB_LIT("b")};
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub__s3_request req;

    begin(&req, SHUB__S3_COPY);
    opts.storage_class = SHUB_LIT("STANDARD_IA");
    opts.sse = SHUB_LIT("AES256");
    ck_status(shub__s3_add_object_headers(&req, &opts, NULL), SHUB_OK);
    ck_headers(req, "x-amz-storage-class=STANDARD_IA;"
                    "x-amz-server-side-encryption=AES256;");
    opts.metadata = &pair;
    opts.metadata_count = 1;
    ck_status(shub__s3_add_object_headers(&req, &opts, NULL), SHUB_E_INVALID);
    opts.metadata_count = 0;
    opts.content_type = SHUB_LIT("text/plain");
    ck_status(shub__s3_add_object_headers(&req, &opts, NULL), SHUB_E_INVALID);
    opts.content_type.len = 0;
    opts.sse_kms_key_id = SHUB_LIT("arn:1");
    ck_status(shub__s3_add_object_headers(&req, &opts, NULL), SHUB_E_INVALID);
    shub__s3_request_fini(&req);
}
END_TEST

static const struct {
    int if_none_match;
    const char *if_match;
    shub_status status;
    const char *headers;
} conditions[] = {
    {0, NULL, SHUB_OK, ""},
    {1, NULL, SHUB_OK, "if-none-match=*;"},
    {0, "abc-2", SHUB_OK, "if-match=\"abc-2\";"},
    {0, "\"abc\"", SHUB_OK, "if-match=\"abc\";"},
    {0, "a\"b", SHUB_E_INVALID, ""},
    {0, "a\nb", SHUB_E_INVALID, ""},
    {1, "abc", SHUB_E_INVALID, ""},
};

START_TEST(conditions_are_quoted)
{
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub__s3_request req;

    opts.if_none_match = conditions[_i].if_none_match;
    opts.if_match = shub_str(conditions[_i].if_match);
    begin(&req, SHUB__S3_PUT);
    ck_status(shub__s3_add_conditions(&req, &opts, NULL), conditions[_i].status);
    ck_headers(req, conditions[_i].headers);
    shub__s3_request_fini(&req);
}
END_TEST

/* ---- sources, ranges, parts ---------------------------------------------------- */

START_TEST(a_source_is_encoded)
{
    shub_slice key = SHUB_LIT("a b//../h\xc3\xa4+%?x=1&y#z~");
    shub__s3_request req;

    begin(&req, SHUB__S3_PART_COPY);
    ck_status(shub__s3_add_source(&req, BUCKET, key, 0, 0, NULL), SHUB_OK);
    ck_headers(req,
               "x-amz-copy-source=/bucket/a%20b//../h%C3%A4%2B%25%3Fx%3D1%26y%23z~;");
    ck_status(shub__s3_add_source(&req, BUCKET, KEY, 5 << 20, 1, NULL), SHUB_OK);
    ck_headers(req, "x-amz-copy-source=/bucket/a/key;"
                    "x-amz-copy-source-range=bytes=5242880-5242880;");
    ck_status(shub__s3_add_source(&req, SHUB_LIT(".."), KEY, 0, 0, NULL), SHUB_E_INVALID);
    ck_status(shub__s3_add_source(&req, BUCKET, shub_str(NULL), 0, 0, NULL),
              SHUB_E_INVALID);
    ck_status(shub__s3_add_source(&req, BUCKET, KEY, -1, 5, NULL), SHUB_E_INVALID);
    shub__s3_request_fini(&req);
}
END_TEST

static const struct {
    int64_t offset, length;
    shub_status status;
    const char *headers;
} ranges[] = {
    {0, 0, SHUB_OK, ""},
    {0, 1, SHUB_OK, "range=bytes=0-0;"},
    {7, 0, SHUB_OK, "range=bytes=7-;"},
    {7, 10, SHUB_OK, "range=bytes=7-16;"},
    {INT64_MAX - 1, 1, SHUB_OK, "range=bytes=9223372036854775806-9223372036854775806;"},
    {INT64_MAX, 1, SHUB_E_INVALID, ""},
    {-1, 0, SHUB_E_INVALID, ""},
    {0, -1, SHUB_E_INVALID, ""},
};

START_TEST(ranges_end_at_their_last_byte)
{
    shub_s3_get_options opts = SHUB_S3_GET_OPTIONS_INIT;
    shub__s3_request req;

    opts.offset = ranges[_i].offset;
    opts.length = ranges[_i].length;
    begin(&req, SHUB__S3_GET);
    ck_status(shub__s3_add_get(&req, &opts, NULL), ranges[_i].status);
    ck_headers(req, ranges[_i].headers);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(a_get_may_name_version_and_etag)
{
    shub_s3_get_options opts = SHUB_S3_GET_OPTIONS_INIT;
    shub__s3_request req;

    opts.version_id = SHUB_LIT("v 1");
    opts.if_match = SHUB_LIT("etag");
    begin(&req, SHUB__S3_GET);
    ck_status(shub__s3_add_get(&req, &opts, NULL), SHUB_OK);
    ck_query(req, "versionId=v 1;");
    ck_headers(req, "if-match=\"etag\";");
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(parts_have_numbers)
{
    shub__s3_request req;

    begin(&req, SHUB__S3_PART);
    ck_status(shub__s3_add_part(&req, SHUB_LIT("2~id/+="), 10000, NULL), SHUB_OK);
    ck_query(req, "partNumber=10000;uploadId=2~id/+=;");
    ck_status(shub__s3_add_part(&req, SHUB_LIT("id"), 10001, NULL), SHUB_E_INVALID);
    ck_status(shub__s3_add_part(&req, SHUB_LIT("id"), -1, NULL), SHUB_E_INVALID);
    ck_status(shub__s3_add_part(&req, shub_str(NULL), 1, NULL), SHUB_E_INVALID);
    shub__s3_request_fini(&req);
    begin(&req, SHUB__S3_ABORT);
    ck_status(shub__s3_add_part(&req, SHUB_LIT("id"), 0, NULL), SHUB_OK);
    ck_query(req, "uploadId=id;");
    shub__s3_request_fini(&req);
}
END_TEST

/* ---- lists --------------------------------------------------------------------- */

static const struct {
    shub__s3_op op;
    int more;
    const char *query;
} lists[] = {
    {SHUB__S3_LIST, 0,
     "list-type=2;encoding-type=url;prefix=p/;delimiter=/;start-after=p/a;max-keys=7;"},
    {SHUB__S3_LIST, 1,
     "list-type=2;encoding-type=url;prefix=p/;delimiter=/;max-keys=7;"
     "continuation-token=one;"},
    {SHUB__S3_LIST_UPLOADS, 0,
     "uploads=;prefix=p/;delimiter=/;key-marker=p/a;max-uploads=7;"},
    {SHUB__S3_LIST_UPLOADS, 1,
     "uploads=;prefix=p/;delimiter=/;max-uploads=7;key-marker=one;"
     "upload-id-marker=two;"},
    {SHUB__S3_LIST_PARTS, 0, "max-parts=7;"},
    {SHUB__S3_LIST_PARTS, 1, "max-parts=7;part-number-marker=one;"},
};

START_TEST(lists_ask_for_a_page)
{
    const shub_slice next[2] = {SHUB_LIT("one"), SHUB_LIT("two")};
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub__s3_request req;

    opts.prefix = SHUB_LIT("p/");
    opts.delimiter = SHUB_LIT("/");
    opts.start_after = SHUB_LIT("p/a");
    opts.page = 7;
    begin(&req, lists[_i].op);
    ck_status(shub__s3_add_list(&req, &opts, lists[_i].more ? next : NULL, NULL),
              SHUB_OK);
    ck_query(req, lists[_i].query);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(pages_have_at_most_a_thousand_entries)
{
    shub_s3_list_options opts = SHUB_S3_LIST_OPTIONS_INIT;
    shub__s3_request req;

    begin(&req, SHUB__S3_LIST);
    ck_status(shub__s3_add_list(&req, NULL, NULL, NULL), SHUB_OK);
    ck_query(req, "list-type=2;encoding-type=url;max-keys=1000;");
    opts.page = 1001;
    ck_status(shub__s3_add_list(&req, &opts, NULL, NULL), SHUB_E_INVALID);
    opts.page = -1;
    ck_status(shub__s3_add_list(&req, &opts, NULL, NULL), SHUB_E_INVALID);
    shub__s3_request_fini(&req);
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

static shub_status everything(void *user)
{
    const shub_s3_pair pair = {SHUB_LIT("a"), SHUB_LIT("b")};
    const shub_slice keys[] = {SHUB_LIT("a")};
    shub_s3_put_options opts = SHUB_S3_PUT_OPTIONS_INIT;
    shub__s3_request req;
    shub_status status;

    (void)user;
    opts.metadata = opts.tags = &pair;
    opts.metadata_count = opts.tag_count = 1;
    opts.if_match = SHUB_LIT("etag");
    status = shub__s3_request_init(&req, SHUB__S3_CREATE, BUCKET, KEY, NULL);
    if (!status)
        status = shub__s3_add_object_headers(&req, &opts, NULL);
    if (!status)
        status = shub__s3_add_conditions(&req, &opts, NULL);
    if (!status)
        status = shub__s3_add_source(&req, BUCKET, KEY, 0, 1, NULL);
    if (!status)
        status = shub__s3_delete_body(&req, keys, 1, NULL);
    shub__s3_request_fini(&req);
    return status;
}

START_TEST(requests_may_find_no_memory)
{
    ck_assert_uint_gt(oom_loop(everything, NULL), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 requests");
    TCase *tcase = tcase_create("requests");

    tcase_add_loop_test(tcase, every_call_has_its_method_and_query, 0, SHUB__S3_OPS);
    tcase_add_loop_test(tcase, names_are_checked, 0, sizeof names / sizeof *names);
    tcase_add_test(tcase, names_have_limits);
    tcase_add_test(tcase, a_name_said_twice_is_replaced);
    tcase_add_test(tcase, there_is_room_for_so_many_pairs);
    tcase_add_test(tcase, an_object_is_described);
    tcase_add_loop_test(tcase, metadata_is_checked, 0,
                        sizeof metadata_rows / sizeof *metadata_rows);
    tcase_add_test(tcase, tags_are_checked);
    tcase_add_test(tcase, a_copy_keeps_what_describes_its_source);
    tcase_add_loop_test(tcase, conditions_are_quoted, 0,
                        sizeof conditions / sizeof *conditions);
    tcase_add_test(tcase, a_source_is_encoded);
    tcase_add_loop_test(tcase, ranges_end_at_their_last_byte, 0,
                        sizeof ranges / sizeof *ranges);
    tcase_add_test(tcase, a_get_may_name_version_and_etag);
    tcase_add_test(tcase, parts_have_numbers);
    tcase_add_loop_test(tcase, lists_ask_for_a_page, 0, sizeof lists / sizeof *lists);
    tcase_add_test(tcase, pages_have_at_most_a_thousand_entries);
    tcase_add_test(tcase, requests_may_find_no_memory);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
