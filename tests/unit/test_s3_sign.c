/* Signing as programs call it: URL in, signature or signed URL out. */
#include "support/suite.h"

#include "s3/sigv4.h"

#include <stdio.h>
#include <string.h>

#define ACCESS_KEY "AKIAIOSFODNN7EXAMPLE"
#define SECRET_KEY "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define EMPTY      SHUB__SIGV4_EMPTY
#define UNSIGNED   SHUB__SIGV4_UNSIGNED
#define HOST       "https://examplebucket.s3.amazonaws.com"
#define SCOPE      "20130524/us-east-1/s3/aws4_request"

static shub_s3_sign_options opts;
static shub_s3_signature signature;
static shub_error err;
static char url[SHUB_S3_URL_MAX];
static size_t url_len;

static void setup(void)
{
    opts = (shub_s3_sign_options)SHUB_S3_SIGN_OPTIONS_INIT;
    opts.access_key = SHUB_LIT(ACCESS_KEY);
    opts.secret_key = SHUB_LIT(SECRET_KEY);
    ck_status(shub_time_parse(SHUB_LIT("2013-05-24T00:00:00Z"), &opts.time_us, NULL),
              SHUB_OK);
    signature = (shub_s3_signature)SHUB_S3_SIGNATURE_INIT;
    err = (shub_error)SHUB_ERROR_INIT;
}

static shub_status sign(const char *method, const char *to, const char *payload)
{
    return shub_s3_sign(&opts, shub_str(method), shub_str(to), NULL, 0, shub_str(payload),
                        &signature, &err);
}

static shub_status presign(const char *to)
{
    return shub_s3_presign(&opts, SHUB_LIT("GET"), shub_str(to), NULL, 0, url, sizeof url,
                           &url_len, &err);
}

/* ---- Amazon's examples (Amazon S3 API Reference, "Signature Calculations for the
 * Authorization Header") ------------------------------------------------------------ */

static const struct {
    const char *method, *url, *header, *value, *payload, *names, *signature;
} examples[] = {
    {"GET", HOST "/test.txt", "Range", "bytes=0-9", EMPTY,
     "host;range;x-amz-content-sha256;x-amz-date",
     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
    {"GET", HOST "/?lifecycle", NULL, NULL, EMPTY, "host;x-amz-content-sha256;x-amz-date",
     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
    {"GET", HOST "?prefix=J&max-keys=2", NULL, NULL, EMPTY,
     "host;x-amz-content-sha256;x-amz-date",
     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
};

START_TEST(documented_headers)
{
    char wanted[512];
    shub_s3_pair header = {shub_str(examples[_i].header), shub_str(examples[_i].value)};

    ck_status(shub_s3_sign(&opts, shub_str(examples[_i].method),
                           shub_str(examples[_i].url), &header, examples[_i].header != 0,
                           shub_str(examples[_i].payload), &signature, &err),
              SHUB_OK);
    snprintf(wanted, sizeof wanted,
             "AWS4-HMAC-SHA256 Credential=" ACCESS_KEY "/" SCOPE
             ", SignedHeaders=%s, Signature=%s",
             examples[_i].names, examples[_i].signature);
    ck_assert_str_eq(signature.authorization, wanted);
    ck_assert_str_eq(signature.date, "20130524T000000Z");
}
END_TEST

/* The example that puts an object: two headers, and a key that is encoded. */
START_TEST(documented_put)
{
    static const char payload[] =
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    const shub_s3_pair headers[] = {
        {SHUB_LIT("x-amz-storage-class"), SHUB_LIT("REDUCED_REDUNDANCY")},
        {SHUB_LIT("Date"), SHUB_LIT("Fri, 24 May 2013 00:00:00 GMT")}};
    static const char *const ways[] = {HOST "/test$file.text", HOST "/test%24file.text",
                                       HOST ":443/%74est%24file.text"};

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        ck_status(shub_s3_sign(&opts, SHUB_LIT("PUT"), shub_str(ways[i]), headers, 2,
                               shub_str(payload), &signature, &err),
                  SHUB_OK);
        ck_assert_ptr_nonnull(
            strstr(signature.authorization,
                   "Signature="
                   "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
    }
}
END_TEST

/* The same, "Authenticating Requests: Using Query Parameters". */
START_TEST(documented_presigned_url)
{
    opts.expires_s = 86400;
    ck_status(presign(HOST "/test.txt"), SHUB_OK);
    ck_assert_str_eq(
        url, HOST "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                  "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
                  "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
                  "&X-Amz-SignedHeaders=host&X-Amz-Signature="
                  "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    ck_assert_uint_eq(url_len, strlen(url));
}
END_TEST

/* ---- what goes into a signature ---------------------------------------------------- */

START_TEST(a_presigned_url_keeps_its_own)
{
    opts.session_token = SHUB_LIT("a/token+=");
    ck_status(presign("http://[::1]:7480?versionId=a%2Fb&partNumber=2&uploads&&"),
              SHUB_OK);
    ck_assert_int_eq(strncmp(url, "http://[::1]:7480/?X-Amz-Algorithm=", 35), 0);
    ck_assert_ptr_nonnull(strstr(url, "&X-Amz-Security-Token=a%2Ftoken%2B%3D&"));
    ck_assert_ptr_nonnull(strstr(url, "&partNumber=2&uploads=&versionId=a%2Fb&"));
    ck_assert_ptr_nonnull(strstr(url, "&X-Amz-Expires=900&"));
    ck_assert_uint_eq(strlen(strrchr(url, '&')), strlen("&X-Amz-Signature=") + 64);
}
END_TEST

/* The host as curl sends it. */
START_TEST(a_scheme_s_own_port_is_not_sent)
{
    static const struct {
        const char *one, *other;
        int same;
    } rows[] = {
        {"https://h/", "https://h:443/", 1},     {"http://h/", "http://h:80/", 1},
        {"https://h/", "https://h:80/", 0},      {"http://h/", "http://h:443/", 0},
        {"https://h/", "HTTPS://h", 1},          {"http://h/", "http://h:8080/", 0},
        {"http://h/?a=1", "http://h?a=1", 1},    {"http://h/a", "http://h/a/", 0},
        {"http://h/?a=%7e", "http://h/?a=~", 1}, {"http://h/+", "http://h/%20", 0},
        {"http://h/?a=+", "http://h/?a=%20", 1}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char first[SHUB_S3_AUTHORIZATION_MAX];
        ck_status(sign("GET", rows[i].one, UNSIGNED), SHUB_OK);
        strcpy(first, signature.authorization);
        ck_status(sign("GET", rows[i].other, UNSIGNED), SHUB_OK);
        ck_assert_msg((strcmp(first, signature.authorization) == 0) == rows[i].same,
                      "%s, %s", rows[i].one, rows[i].other);
    }
}
END_TEST

/* S3 signs a path as it is understood, and as it is; others what was sent, normalized. */
START_TEST(paths_of_s3_and_of_others)
{
    char first[SHUB_S3_AUTHORIZATION_MAX];

    ck_status(sign("GET", "http://h/a//../b", UNSIGNED), SHUB_OK);
    strcpy(first, signature.authorization);
    ck_status(sign("GET", "http://h/b", UNSIGNED), SHUB_OK);
    ck_assert_str_ne(first, signature.authorization);
    opts.service = SHUB_LIT("sts");
    ck_status(sign("GET", "http://h/a//../b", UNSIGNED), SHUB_OK);
    strcpy(first, signature.authorization);
    ck_status(sign("GET", "http://h/b", UNSIGNED), SHUB_OK);
    ck_assert_str_eq(first, signature.authorization);
    ck_status(sign("GET", "http://h/%62", UNSIGNED), SHUB_OK);
    ck_assert_str_ne(first, signature.authorization);
}
END_TEST

START_TEST(a_token_is_signed)
{
    opts.session_token = SHUB_LIT("token");
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_OK);
    ck_assert_ptr_nonnull(strstr(
        signature.authorization,
        "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
}
END_TEST

START_TEST(region_and_service_by_default)
{
    char first[SHUB_S3_AUTHORIZATION_MAX];

    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_OK);
    strcpy(first, signature.authorization);
    opts.region = SHUB_LIT("us-east-1");
    opts.service = SHUB_LIT("s3");
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_OK);
    ck_assert_str_eq(first, signature.authorization);
    opts.region = SHUB_LIT("eu-west-1");
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_OK);
    ck_assert_ptr_nonnull(strstr(signature.authorization, "/eu-west-1/s3/"));
}
END_TEST

/* ---- what is refused ----------------------------------------------------------------
 */

static const struct {
    const char *url;
    int64_t pos;
} bad_urls[] = {
    {"", 0},
    {"h/path", 0},
    {"ftp://h/", 0},
    {"http:/h/", 0},
    {"http://", 7},
    {"http:///path", 7},
    {"http://:80/path", 7},
    {"http://?a", 7},
    {"http://user:pw@h/", 7},
    {"http://h/a b", 10},
    {"http://h/\xc3\xa4", 9},
    {"http://h/\x7f", 9},
    {"http://h/a#b", 10},
    {"http://h/a%2", 10},
    {"http://h/?a=%zz", 12},
    {"http://h/?a=1&X-Amz-Signature=0", 14},
    {"http://h/?x-amz-date=0", 10},
};

START_TEST(urls_that_are_none)
{
    ck_status(sign("GET", bad_urls[_i].url, UNSIGNED), SHUB_E_INVALID);
    ck_assert_int_eq(err.pos, bad_urls[_i].pos);
    ck_assert_str_eq(signature.authorization, "");
    ck_assert_str_eq(signature.date, "");
    ck_status(presign(bad_urls[_i].url), SHUB_E_INVALID);
    ck_assert_str_eq(url, "");
    ck_assert_uint_eq(url_len, 0);
}
END_TEST

static const shub_s3_pair bad_headers[] = {{{"", 0}, {"v", 1}},
                                           {{"a b", 3}, {"v", 1}},
                                           {{"a:", 2}, {"v", 1}},
                                           {{"a\n", 2}, {"v", 1}},
                                           {{"a", 1}, {"v\r\nb: c", 7}},
                                           {{"a", 1}, {"\0", 1}},
                                           {{"Host", 4}, {"v", 1}},
                                           {{"AUTHORIZATION", 13}, {"v", 1}},
                                           {{"X-Amz-Date", 10}, {"v", 1}},
                                           {{"x-amz-content-sha256", 20}, {"v", 1}},
                                           {{"x-amz-security-token", 20}, {"v", 1}}};

START_TEST(headers_that_are_none)
{
    shub_s3_pair headers[] = {{SHUB_LIT("good"), SHUB_LIT("a\tb")}, bad_headers[_i]};

    ck_status(shub_s3_sign(&opts, SHUB_LIT("GET"), SHUB_LIT("http://h/"), headers, 1,
                           SHUB_LIT(UNSIGNED), &signature, &err),
              SHUB_OK);
    ck_status(shub_s3_sign(&opts, SHUB_LIT("GET"), SHUB_LIT("http://h/"), headers, 2,
                           SHUB_LIT(UNSIGNED), &signature, &err),
              SHUB_E_INVALID);
    ck_assert_int_eq(err.index, 1);
    ck_status(shub_s3_presign(&opts, SHUB_LIT("GET"), SHUB_LIT("http://h/"), headers, 2,
                              url, sizeof url, &url_len, &err),
              SHUB_E_INVALID);
}
END_TEST

START_TEST(options_that_are_none)
{
    static const struct {
        size_t member;
        const char *value;
    } rows[] = {{offsetof(shub_s3_sign_options, access_key), ""},
                {offsetof(shub_s3_sign_options, access_key), "a b"},
                {offsetof(shub_s3_sign_options, access_key), "a,b"},
                {offsetof(shub_s3_sign_options, secret_key), ""},
                {offsetof(shub_s3_sign_options, session_token), "a\nb"},
                {offsetof(shub_s3_sign_options, region), "a/b"},
                {offsetof(shub_s3_sign_options, service), "s3 "}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setup();
        *(shub_slice *)(void *)((char *)&opts + rows[i].member) = shub_str(rows[i].value);
        ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_E_INVALID);
        ck_status(presign("http://h/"), SHUB_E_INVALID);
    }
    ck_status(shub_s3_sign(NULL, SHUB_LIT("GET"), SHUB_LIT("http://h/"), NULL, 0,
                           SHUB_LIT(UNSIGNED), &signature, NULL),
              SHUB_E_INVALID);
}
END_TEST

START_TEST(methods_and_payloads)
{
    static const char *const methods[] = {"", "get", "GET /", "G\nT",
                                          "AVERYLONGMETHODOFMORETHANALLTHATIS"};
    static const char *const payloads[] = {
        "", "UNSIGNED", (EMPTY "0"),
        "g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"};

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        ck_status(sign(methods[i], "http://h/", UNSIGNED), SHUB_E_INVALID);
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++)
        ck_status(sign("GET", "http://h/", payloads[i]), SHUB_E_INVALID);
    ck_status(sign("M-SEARCH", "http://h/", UNSIGNED), SHUB_OK);
}
END_TEST

START_TEST(times_and_expiry)
{
    static const int64_t bad[] = {-1, SHUB_S3_EXPIRES_MAX + 1, INT64_MIN, INT64_MAX};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        opts.expires_s = bad[i];
        ck_status(presign("http://h/"), SHUB_E_INVALID);
    }
    opts.expires_s = SHUB_S3_EXPIRES_MAX;
    ck_status(presign("http://h/"), SHUB_OK);
    opts.time_us = INT64_MAX;
    ck_status(presign("http://h/"), SHUB_E_RANGE);
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_E_RANGE);
}
END_TEST

START_TEST(room_for_the_url)
{
    size_t whole;

    ck_status(presign("http://h/"), SHUB_OK);
    whole = url_len;
    for (size_t cap = 0; cap <= whole + 1; cap++) {
        memset(url, 'x', sizeof url);
        ck_status(shub_s3_presign(&opts, SHUB_LIT("GET"), SHUB_LIT("http://h/"), NULL, 0,
                                  url, cap, &url_len, &err),
                  cap > whole ? SHUB_OK : SHUB_E_LIMIT);
        ck_assert_uint_eq(url_len, cap > whole ? whole : 0);
        ck_assert_int_eq(url[cap], 'x');
        ck_assert(cap == 0 || strlen(url) == url_len);
    }
}
END_TEST

START_TEST(limits)
{
    static char text[SHUB_S3_URL_MAX + 1];

    memset(text, 'a', sizeof text);
    memcpy(text, "http://h/", 9);
    ck_status(shub_s3_sign(&opts, SHUB_LIT("GET"), shub_bytes(text, SHUB_S3_URL_MAX - 1),
                           NULL, 0, SHUB_LIT(UNSIGNED), &signature, &err),
              SHUB_OK);
    ck_status(shub_s3_sign(&opts, SHUB_LIT("GET"), shub_bytes(text, SHUB_S3_URL_MAX),
                           NULL, 0, SHUB_LIT(UNSIGNED), &signature, &err),
              SHUB_E_LIMIT);
    opts.access_key = shub_bytes(text, SHUB_S3_AUTHORIZATION_MAX);
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_E_LIMIT);
    ck_assert_str_eq(signature.authorization, "");
    opts.region = shub_bytes("rrrrrrrr", 8);
    opts.access_key = SHUB_LIT(ACCESS_KEY);
    opts.service = shub_bytes(text + 16, 200);
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_E_LIMIT);
}
END_TEST

/* ---- secrets ------------------------------------------------------------------------
 */

/* Whatever is wrong, messages show neither key nor token, nor what of a URL could hold
 * them. */
START_TEST(no_message_has_a_secret)
{
    static const char *const urls[] = {"http://h/",
                                       "http://h/?X-Amz-Security-Token=S3CR3T",
                                       "http://S3CR3T:S3CR3T@h/",
                                       "http://h/?key=S3CR3T&x=%",
                                       "S3CR3T://h/",
                                       "http://h/#S3CR3T"};
    static char long_secret[SHUB__SIGV4_SECRET_MAX + 1];

    memset(long_secret, 'a', sizeof long_secret);
    memcpy(long_secret, "S3CR3T", 6);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        for (int wrong = 0; wrong < 6; wrong++) {
            setup();
            opts.secret_key = SHUB_LIT("S3CR3T");
            opts.session_token = wrong == 1 ? SHUB_LIT("S3CR3T\n") : SHUB_LIT("S3CR3T");
            if (wrong == 2)
                opts.access_key = shub_str(NULL);
            if (wrong == 3)
                opts.time_us = INT64_MAX;
            if (wrong == 4)
                opts.secret_key = shub_bytes(long_secret, sizeof long_secret);
            if (wrong == 5)
                opts.access_key = SHUB_LIT("S3CR3T put, into the wrong place");
            ck_assert(sign("GET", urls[i], UNSIGNED) == SHUB_OK || err.message[0]);
            ck_assert_ptr_null(strstr(err.message, "S3CR3T"));
            ck_assert_ptr_null(strstr(signature.authorization, "S3CR3T"));
            (void)presign(urls[i]);
            ck_assert_ptr_null(strstr(err.message, "S3CR3T"));
        }
}
END_TEST

/* ---- memory and older callers --------------------------------------------------------
 */

static shub_status both(void *user)
{
    shub_status status = sign("GET", "http://h/a?b=c", UNSIGNED);

    (void)user;
    return status == SHUB_OK ? presign("http://h/a?b=c") : status;
}

START_TEST(memory_runs_out)
{
    opts.session_token = SHUB_LIT("token");
    ck_assert_uint_ge(oom_loop(both, NULL), 10);
}
END_TEST

/* A caller that was compiled before the last members were there. */
START_TEST(older_options_and_signatures)
{
    char before[32];

    opts.expires_s = -5;
    opts.size = offsetof(shub_s3_sign_options, expires_s);
    ck_status(presign("http://h/"), SHUB_OK);
    signature.size = offsetof(shub_s3_signature, date);
    memset(signature.date, 'x', sizeof signature.date);
    memcpy(before, signature.date, sizeof signature.date);
    ck_status(sign("GET", "http://h/", UNSIGNED), SHUB_OK);
    ck_assert_mem_eq(before, signature.date, sizeof signature.date);
    ck_assert_uint_eq(signature.size, offsetof(shub_s3_signature, date));
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof(rows)[0]))

int main(void)
{
    Suite *suite = suite_create("s3 sign");
    TCase *tc = tcase_create("sign");

    tcase_add_checked_fixture(tc, setup, NULL);
    tcase_add_loop_test(tc, documented_headers, 0, COUNT(examples));
    tcase_add_test(tc, documented_put);
    tcase_add_test(tc, documented_presigned_url);
    tcase_add_test(tc, a_presigned_url_keeps_its_own);
    tcase_add_test(tc, a_scheme_s_own_port_is_not_sent);
    tcase_add_test(tc, paths_of_s3_and_of_others);
    tcase_add_test(tc, a_token_is_signed);
    tcase_add_test(tc, region_and_service_by_default);
    tcase_add_loop_test(tc, urls_that_are_none, 0, COUNT(bad_urls));
    tcase_add_loop_test(tc, headers_that_are_none, 0, COUNT(bad_headers));
    tcase_add_test(tc, options_that_are_none);
    tcase_add_test(tc, methods_and_payloads);
    tcase_add_test(tc, times_and_expiry);
    tcase_add_test(tc, room_for_the_url);
    tcase_add_test(tc, limits);
    tcase_add_test(tc, no_message_has_a_secret);
    tcase_add_test(tc, memory_runs_out);
    tcase_add_test(tc, older_options_and_signatures);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
