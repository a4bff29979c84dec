/* Bodies of DeleteObjects and CompleteMultipartUpload. */
#include "support/suite.h"

#include "s3/request.h"

#include <string.h>

static void begin(shub__s3_request *req, shub__s3_op op)
{
    int of_bucket = shub__s3_calls[op].scope == SHUB__S3_OF_BUCKET;
    shub_slice key = of_bucket ? shub_str(NULL) : SHUB_LIT("key");

    ck_status(shub__s3_request_init(req, op, SHUB_LIT("bucket"), key, NULL), SHUB_OK);
}

#define XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

START_TEST(deletes_escape_their_keys)
{
    const shub_slice keys[] = {SHUB_LIT("a"), SHUB_LIT("<b>&\"c'"),
                               SHUB_LIT("\t\r\n \xc3\xa4\xef\xbf\xbd")};
    shub__s3_request req;

    begin(&req, SHUB__S3_DELETE_MANY);
    ck_status(shub__s3_delete_body(&req, keys, 3, NULL), SHUB_OK);
    ck_slice_eq(req.body,
                "<Delete" XMLNS "><Quiet>true</Quiet><Object><Key>a</Key></Object>"
                "<Object><Key>&lt;b&gt;&amp;\"c'</Key></Object><Object><Key>"
                "&#9;&#13;&#10; \xc3\xa4\xef\xbf\xbd</Key></Object></Delete>");
    shub__s3_request_fini(&req);
}
END_TEST

static const char *const unspeakable[] = {
    "a\x01", "\x1f", "a\xef\xbf\xbe", "\xef\xbf\xbf", "\xff", "",
};

START_TEST(keys_that_xml_cannot_say_are_refused_by_index)
{
    const shub_slice keys[] = {SHUB_LIT("a"), shub_str(unspeakable[_i])};
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_request req;

    begin(&req, SHUB__S3_DELETE_MANY);
    ck_status(shub__s3_delete_body(&req, keys, 2, &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 1);
    ck_assert_uint_eq(req.body.len, 0);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(the_largest_delete_fits)
{
    static char text[SHUB_S3_KEY_MAX];
    static shub_slice keys[SHUB__S3_DELETE_MAX + 1];
    shub__s3_request req;

    memset(text, '&', sizeof text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        keys[i] = shub_bytes(text, sizeof text);
    begin(&req, SHUB__S3_DELETE_MANY);
    ck_status(shub__s3_delete_body(&req, keys, SHUB__S3_DELETE_MAX, NULL), SHUB_OK);
    ck_assert_uint_gt(req.body.len, 5 * sizeof text * SHUB__S3_DELETE_MAX);
    ck_status(shub__s3_delete_body(&req, keys, SHUB__S3_DELETE_MAX + 1, NULL),
              SHUB_E_LIMIT);
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(a_complete_names_its_parts)
{
    const shub__s3_done parts[] = {{1, SHUB_LIT("e<1>"), SHUB_LIT("c3Vt")},
                                   {3, SHUB_LIT("e3"), {NULL, 0}}};
    shub__s3_request req;

    begin(&req, SHUB__S3_COMPLETE);
    ck_status(shub__s3_complete_body(&req, parts, 2, NULL, NULL), SHUB_OK);
    ck_slice_eq(req.body, "<CompleteMultipartUpload" XMLNS "><Part><ETag>\"e&lt;1&gt;\""
                          "</ETag><PartNumber>1</PartNumber></Part><Part><ETag>\"e3\""
                          "</ETag><PartNumber>3</PartNumber></Part>"
                          "</CompleteMultipartUpload>");
    ck_status(shub__s3_complete_body(&req, parts, 1, "ChecksumCRC32C", NULL), SHUB_OK);
    ck_slice_eq(req.body, "<CompleteMultipartUpload" XMLNS "><Part><ETag>\"e&lt;1&gt;\""
                          "</ETag><ChecksumCRC32C>c3Vt</ChecksumCRC32C>"
                          "<PartNumber>1</PartNumber></Part></CompleteMultipartUpload>");
    shub__s3_request_fini(&req);
}
END_TEST

START_TEST(a_complete_is_in_order)
{
    static shub__s3_done parts[SHUB_S3_PARTS_MAX + 1];
    shub_error err = SHUB_ERROR_INIT;
    shub__s3_request req;

    for (int i = 0; i <= SHUB_S3_PARTS_MAX; i++)
        parts[i] =
            (shub__s3_done){i + 1, SHUB_LIT("0123456789abcdef0123456789abcdef"),
                            SHUB_LIT("0123456789abcdef0123456789abcdef01234567890=")};
    begin(&req, SHUB__S3_COMPLETE);
    ck_status(
        shub__s3_complete_body(&req, parts, SHUB_S3_PARTS_MAX, "ChecksumSHA256", NULL),
        SHUB_OK);
    ck_status(shub__s3_complete_body(&req, parts, SHUB_S3_PARTS_MAX + 1, NULL, NULL),
              SHUB_E_LIMIT);
    parts[2].part = 2;
    ck_status(shub__s3_complete_body(&req, parts, 3, NULL, &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 2);
    parts[2].part = 3;
    parts[1].etag.len = 0;
    ck_status(shub__s3_complete_body(&req, parts, 3, NULL, &err), SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 1);
    shub__s3_request_fini(&req);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 bodies");
    TCase *tcase = tcase_create("bodies");

    tcase_add_test(tcase, deletes_escape_their_keys);
    tcase_add_loop_test(tcase, keys_that_xml_cannot_say_are_refused_by_index, 0,
                        sizeof unspeakable / sizeof *unspeakable);
    tcase_add_test(tcase, the_largest_delete_fits);
    tcase_add_test(tcase, a_complete_names_its_parts);
    tcase_add_test(tcase, a_complete_is_in_order);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
