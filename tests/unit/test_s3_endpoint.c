/* Where requests go: endpoints as users write them, Amazon's host names, buckets in the
 * host or in the path. */
#include "support/suite.h"

#include "s3/endpoint.h"

#include <string.h>

#define AUTO    SHUB_S3_ADDRESSING_AUTO
#define PATH    SHUB_S3_ADDRESSING_PATH
#define VIRTUAL SHUB_S3_ADDRESSING_VIRTUAL

typedef struct target_case {
    const char *endpoint; /* NULL: Amazon's */
    const char *region;   /* of the request */
    int addressing;
    const char *bucket, *key;
    const char *url, *path;
} target_case;

static const target_case targets[] = {
    /* Amazon's own */
    {NULL, "", AUTO, "bucket", "a/key", "https://bucket.s3.eu-west-1.amazonaws.com/a/key",
     "/a/key"},
    {NULL, "us-east-2", AUTO, "bucket", "", "https://bucket.s3.us-east-2.amazonaws.com/",
     "/"},
    {NULL, "cn-north-1", AUTO, "bucket", "k",
     "https://bucket.s3.cn-north-1.amazonaws.com.cn/k", "/k"},
    {NULL, "us-iso-east-1", AUTO, "bucket", "k",
     "https://bucket.s3.us-iso-east-1.c2s.ic.gov/k", "/k"},
    {NULL, "us-isob-east-1", AUTO, "bucket", "k",
     "https://bucket.s3.us-isob-east-1.sc2s.sgov.gov/k", "/k"},
    {NULL, "us-gov-west-1", AUTO, "bucket", "k",
     "https://bucket.s3.us-gov-west-1.amazonaws.com/k", "/k"},
    {NULL, "", PATH, "bucket", "k", "https://s3.eu-west-1.amazonaws.com/bucket/k",
     "/bucket/k"},
    {NULL, "", PATH, "bucket", "", "https://s3.eu-west-1.amazonaws.com/bucket",
     "/bucket"},
    /* names that no certificate, or no host name, can hold */
    {NULL, "", AUTO, "a.bucket", "k", "https://s3.eu-west-1.amazonaws.com/a.bucket/k",
     "/a.bucket/k"},
    {NULL, "", VIRTUAL, "Bucket", "k", "https://s3.eu-west-1.amazonaws.com/Bucket/k",
     "/Bucket/k"},
    {NULL, "", AUTO, "a_b", "k", "https://s3.eu-west-1.amazonaws.com/a_b/k", "/a_b/k"},
    {NULL, "", AUTO, "ab", "k", "https://s3.eu-west-1.amazonaws.com/ab/k", "/ab/k"},
    {NULL, "", AUTO, "-abc", "k", "https://s3.eu-west-1.amazonaws.com/-abc/k", "/-abc/k"},
    {NULL, "", AUTO, "abc-", "k", "https://s3.eu-west-1.amazonaws.com/abc-/k", "/abc-/k"},
    {NULL, "", AUTO, "a-b-1", "k", "https://a-b-1.s3.eu-west-1.amazonaws.com/k", "/k"},
    {"http://s3.eu-west-1.amazonaws.com", "", AUTO, "a.b-c.d", "k",
     "http://a.b-c.d.s3.eu-west-1.amazonaws.com/k", "/k"},
    {"http://s3.eu-west-1.amazonaws.com", "", AUTO, "a..b", "k",
     "http://s3.eu-west-1.amazonaws.com/a..b/k", "/a..b/k"},
    {"http://s3.eu-west-1.amazonaws.com", "", AUTO, "a.-b", "k",
     "http://s3.eu-west-1.amazonaws.com/a.-b/k", "/a.-b/k"},
    {"http://s3.eu-west-1.amazonaws.com", "", AUTO, "10.0.0.1", "k",
     "http://s3.eu-west-1.amazonaws.com/10.0.0.1/k", "/10.0.0.1/k"},
    /* Amazon's, written out */
    {"s3.dualstack.eu-west-1.amazonaws.com", "", AUTO, "bucket", "k",
     "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/k", "/k"},
    {"https://s3-fips.us-east-1.amazonaws.com", "us-west-2", AUTO, "bucket", "k",
     "https://bucket.s3-fips.us-west-2.amazonaws.com/k", "/k"},
    {"https://s3-fips.dualstack.us-east-1.amazonaws.com/", "", AUTO, "bucket", "k",
     "https://bucket.s3-fips.dualstack.us-east-1.amazonaws.com/k", "/k"},
    {"s3-fips-us-gov-west-1.amazonaws.com", "", AUTO, "bucket", "k",
     "https://bucket.s3-fips.us-gov-west-1.amazonaws.com/k", "/k"},
    {"https://s3.cn-north-1.amazonaws.com.cn", "", AUTO, "bucket", "k",
     "https://bucket.s3.cn-north-1.amazonaws.com.cn/k", "/k"},
    {"https://s3.amazonaws.com", "", AUTO, "bucket", "k",
     "https://bucket.s3.us-east-1.amazonaws.com/k", "/k"},
    {"https://s3-external-1.amazonaws.com", "", AUTO, "bucket", "k",
     "https://bucket.s3.us-east-1.amazonaws.com/k", "/k"},
    {"https://S3-EU-West-1.amazonaws.com:443", "", AUTO, "bucket", "k",
     "https://bucket.s3.eu-west-1.amazonaws.com/k", "/k"},
    /* not Amazon's, though alike */
    {"https://s3.eu-west-1.amazonaws.com.example.org", "us-east-2", AUTO, "bucket", "k",
     "https://s3.eu-west-1.amazonaws.com.example.org/bucket/k", "/bucket/k"},
    {"https://s3.cn-north-1.amazonaws.com", "", AUTO, "bucket", "k",
     "https://s3.cn-north-1.amazonaws.com/bucket/k", "/bucket/k"},
    {"https://s3-accelerate.amazonaws.com", "", VIRTUAL, "bucket", "k",
     "https://bucket.s3-accelerate.amazonaws.com/k", "/k"},
    {"https://s3.eu-west-1.amazonaws.com:8443", "us-east-2", AUTO, "bucket", "k",
     "https://s3.eu-west-1.amazonaws.com:8443/bucket/k", "/bucket/k"},
    /* other stores */
    {"host", "", AUTO, "bucket", "k", "https://host/bucket/k", "/bucket/k"},
    {"http://host:7480/", "x", AUTO, "bucket", "k", "http://host:7480/bucket/k",
     "/bucket/k"},
    {"HTTP://Host:80//", "", AUTO, "bucket", "k", "http://host/bucket/k", "/bucket/k"},
    {"https://host:80", "", AUTO, "bucket", "k", "https://host:80/bucket/k", "/bucket/k"},
    {"host:443", "", AUTO, "bucket", "k", "https://host/bucket/k", "/bucket/k"},
    {"http://host:1234/pre%20fix/s3/", "", AUTO, "bucket", "k",
     "http://host:1234/pre%20fix/s3/bucket/k", "/pre fix/s3/bucket/k"},
    {"http://host/p", "", VIRTUAL, "bucket", "k", "http://bucket.host/p/k", "/p/k"},
    {"http://host:7480", "", VIRTUAL, "bucket", "k", "http://bucket.host:7480/k", "/k"},
    {"[::1]:7480", "", AUTO, "bucket", "k", "https://[::1]:7480/bucket/k", "/bucket/k"},
    {"http://[2001:DB8::1]", "", VIRTUAL, "bucket", "k", "http://[2001:db8::1]/bucket/k",
     "/bucket/k"},
    {"http://127.0.0.1:7480", "", VIRTUAL, "bucket", "k",
     "http://127.0.0.1:7480/bucket/k", "/bucket/k"},
    /* keys */
    {"http://host", "", AUTO, "bucket", "a b//../h\xc3\xa4+%?x#~",
     "http://host/bucket/a%20b//../h%C3%A4%2B%25%3Fx%23~",
     "/bucket/a b//../h\xc3\xa4+%?x#~"},
    {"http://host", "", AUTO, "bucket", "/a/", "http://host/bucket//a/", "/bucket//a/"},
};

START_TEST(every_request_has_its_place)
{
    const target_case *c = &targets[_i];
    shub__s3_endpoint endpoint;
    shub__s3_target target;
    shub_slice host;

    ck_status(
        shub__s3_endpoint_init(&endpoint, c->endpoint, "eu-west-1", c->addressing, NULL),
        SHUB_OK);
    ck_status(shub__s3_target_init(&target, &endpoint, shub_str(c->region),
                                   shub_str(c->bucket), shub_str(c->key), NULL),
              SHUB_OK);
    ck_slice_eq(shub__buf_view(&target.url), c->url);
    ck_slice_eq(shub__buf_view(&target.path), c->path);
    host = shub__buf_view(&target.host);
    ck_assert_mem_eq(strstr(c->url, "://") + 3, host.ptr, host.len);
    ck_assert_int_eq(strstr(c->url, "://")[3 + host.len], '/');
    shub__s3_target_fini(&target);
    shub__s3_endpoint_fini(&endpoint);
}
END_TEST

static const char *const wrong[] = {
    "",
    "http://",
    "https:///bucket",
    "ftp://host",
    "://host",
    "http://http://host",
    "http://user:secret@host",
    "secret@host",
    "http://host?secret",
    "http://host/#secret",
    "http://ho st",
    "http://host\n",
    "http://host:",
    "http://host:0",
    "http://host:65536",
    "http://host:80x",
    "http://host:-1",
    "http:/host",
    "[::1",
    "[::1]7480",
    "[::1]:",
    "[]",
    "[g::1]",
    "::1",
    "-host",
    ".host",
    "h\xc3\xa4user",
    "http://host/%2",
    "http://host/%zz",
};

START_TEST(malformed_endpoints_are_refused_without_secrets)
{
    shub__s3_endpoint endpoint;
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub__s3_endpoint_init(&endpoint, wrong[_i], NULL, AUTO, &err),
              SHUB_E_INVALID);
    ck_assert_ptr_null(strchr(err.message, '@'));
    if (!strchr(wrong[_i], '#'))
        ck_assert_ptr_null(strstr(err.message, "secret"));
    shub__s3_endpoint_fini(&endpoint);
}
END_TEST

static const char *const regions[] = {
    "evil.example.org/",
    "a.b",
    "EU-WEST-1",
    "x@y",
    "a b",
    "0123456789012345678901234567890123456789012345678901234567890123",
};

START_TEST(a_learnt_region_leads_to_no_other_host)
{
    shub__s3_endpoint endpoint;
    shub__s3_target target;

    ck_status(shub__s3_endpoint_init(&endpoint, NULL, NULL, AUTO, NULL), SHUB_OK);
    ck_status(shub__s3_target_init(&target, &endpoint, shub_str(regions[_i]),
                                   SHUB_LIT("bucket"), SHUB_LIT("k"), NULL),
              SHUB_E_INVALID);
    shub__s3_target_fini(&target);
    shub__s3_endpoint_fini(&endpoint);
    ck_status(shub__s3_endpoint_init(&endpoint, NULL, regions[_i], AUTO, NULL),
              SHUB_E_INVALID);
    shub__s3_endpoint_fini(&endpoint);
}
END_TEST

START_TEST(addressing_is_one_of_three)
{
    shub__s3_endpoint endpoint;

    ck_status(shub__s3_endpoint_init(&endpoint, "host", NULL, 3, NULL), SHUB_E_INVALID);
    shub__s3_endpoint_fini(&endpoint);
    ck_status(shub__s3_endpoint_init(&endpoint, "host", NULL, -1, NULL), SHUB_E_INVALID);
    shub__s3_endpoint_fini(&endpoint);
}
END_TEST

START_TEST(the_longest_names_fit)
{
    static char key[SHUB_S3_KEY_MAX], bucket[SHUB_S3_BUCKET_MAX];
    shub__s3_endpoint endpoint;
    shub__s3_target target;

    memset(key, ' ', sizeof key);
    memset(bucket, 'X', sizeof bucket);
    ck_status(shub__s3_endpoint_init(&endpoint, "http://host", NULL, AUTO, NULL),
              SHUB_OK);
    ck_status(shub__s3_target_init(&target, &endpoint, shub_str(NULL),
                                   shub_bytes(bucket, sizeof bucket),
                                   shub_bytes(key, sizeof key), NULL),
              SHUB_OK);
    ck_assert_uint_eq(target.url.len,
                      strlen("http://host//") + sizeof bucket + 3 * sizeof key);
    shub__s3_target_fini(&target);
    shub__s3_endpoint_fini(&endpoint);
}
END_TEST

static shub_status reach(void *user)
{
    const target_case *c = user;
    shub__s3_endpoint endpoint;
    shub__s3_target target;
    shub_status status =
        shub__s3_endpoint_init(&endpoint, c->endpoint, "eu-west-1", AUTO, NULL);

    if (!status) {
        status = shub__s3_target_init(&target, &endpoint, shub_str(NULL),
                                      shub_str(c->bucket), shub_str(c->key), NULL);
        shub__s3_target_fini(&target);
    }
    shub__s3_endpoint_fini(&endpoint);
    return status;
}

START_TEST(endpoints_may_find_no_memory)
{
    target_case c = targets[_i];

    ck_assert_uint_gt(oom_loop(reach, &c), 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 endpoints");
    TCase *tcase = tcase_create("endpoints");
    int count = (int)(sizeof targets / sizeof *targets);

    tcase_add_loop_test(tcase, every_request_has_its_place, 0, count);
    tcase_add_loop_test(tcase, malformed_endpoints_are_refused_without_secrets, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_loop_test(tcase, a_learnt_region_leads_to_no_other_host, 0,
                        sizeof regions / sizeof *regions);
    tcase_add_test(tcase, addressing_is_one_of_three);
    tcase_add_test(tcase, the_longest_names_fit);
    tcase_add_loop_test(tcase, endpoints_may_find_no_memory, 0, count);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
