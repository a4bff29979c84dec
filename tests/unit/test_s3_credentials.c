/* Keys, and what hands them out: JSON of the metadata service, containers and commands,
 * the token service's forms and XML. */
#include "base/mem.h"
#include "s3/credentials.h"
#include "s3/metadata.h"
#include "s3/sts.h"
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2023-11-14T22:13:20Z */
#define NOW_US (INT64_C(1700000000) * SHUB_SECOND_US)

static shub__s3_keys keys;
static shub_error err;

static void set_up(void)
{
    static const shub_error init = SHUB_ERROR_INIT;

    err = init;
    memset(&keys, 0, sizeof keys);
}

static void tear_down(void)
{
    shub__s3_keys_fini(&keys);
}

/* ---- keys ---------------------------------------------------------------------- */

static const struct {
    const char *access, *secret, *token;
    int good;
} rows[] = {
    {"AKID", "secret", "token", 1},
    {"AKID", "a/b+c=", "", 1},
    {"", "secret", "", 0},
    {"AKID", "", "", 0},
    {"AK ID", "secret", "", 0},
    {"AK\nID", "secret", "", 0},
    {"AK/ID", "secret", "", 1},
    {"AK,ID", "secret", "", 0},
    {"AKID", "sec\tret", "", 0},
    {"AKID", "secret", "to ken", 0},
    {"AKID", "secret", "token\r\n", 0},
    {"AK\xc3\xa9", "secret", "", 0},
    {"AKID", "secret\x7f", "", 0},
    {"minio", "minio 123 \xc3\xa9", "", 1},
};

START_TEST(keys_are_checked_and_never_shown)
{
    shub_status status =
        shub__s3_keys_init(&keys, "somewhere", SHUB_E_CONTENT, shub_str(rows[_i].access),
                           shub_str(rows[_i].secret), shub_str(rows[_i].token), 5, &err);

    ck_status(status, rows[_i].good ? SHUB_OK : SHUB_E_CONTENT);
    if (rows[_i].good) {
        ck_assert_str_eq(keys.access_key, rows[_i].access);
        ck_assert_str_eq(keys.secret_key, rows[_i].secret);
        ck_slice_eq(shub_str(keys.session_token), rows[_i].token);
        ck_assert_int_eq(keys.expires_us, 5);
    } else {
        ck_assert_ptr_null(keys.access_key);
        ck_assert_msg(!strncmp(err.message, "somewhere: ", 11), "%s", err.message);
        if (rows[_i].access[0])
            ck_assert_ptr_null(strstr(err.message, rows[_i].access));
    }
}
END_TEST

START_TEST(keys_have_limits)
{
    static char text[SHUB__S3_TOKEN_MAX + 1];
    shub_slice full = {text, SHUB__S3_KEY_TEXT_MAX}, more = {text, full.len + 1};
    shub_slice token = {text, SHUB__S3_TOKEN_MAX}, longer = {text, token.len + 1};

    memset(text, 'x', sizeof text);
    ck_status(shub__s3_keys_init(&keys, "x", SHUB_E_CONTENT, full, full, token, 0, &err),
              SHUB_OK);
    shub__s3_keys_fini(&keys);
    ck_status(shub__s3_keys_init(&keys, "x", SHUB_E_CONTENT, more, full, token, 0, &err),
              SHUB_E_CONTENT);
    ck_status(shub__s3_keys_init(&keys, "x", SHUB_E_CONTENT, full, more, token, 0, &err),
              SHUB_E_CONTENT);
    ck_status(shub__s3_keys_init(&keys, "x", SHUB_E_CONTENT, full, full, longer, 0, &err),
              SHUB_E_CONTENT);
}
END_TEST

START_TEST(equal_keys_are_known)
{
    shub__s3_keys a = {"AK", "s", "t", 1}, b = {"AK", "s", "t", 2};
    shub__s3_keys c = {"AK", "s", NULL, 1}, none = {NULL, NULL, NULL, 0};

    ck_assert_int_eq(shub__s3_keys_equal(&a, &b), 1);
    ck_assert_int_eq(shub__s3_keys_equal(&a, &c), 0);
    ck_assert_int_eq(shub__s3_keys_equal(&a, &none), 0);
    ck_assert_int_eq(shub__s3_keys_equal(&none, &none), 1);
}
END_TEST

START_TEST(token_is_one_trimmed_word)
{
    shub_slice token;

    ck_status(
        shub__s3_token_read(SHUB_LIT(" abc.def \r\n"), "f", SHUB_E_CONTENT, &token, &err),
        SHUB_OK);
    ck_slice_eq(token, "abc.def");
    ck_status(
        shub__s3_token_read(SHUB_LIT("abc\ndef"), "f", SHUB_E_CONTENT, &token, &err),
        SHUB_E_CONTENT);
    ck_assert_ptr_null(token.ptr);
    ck_assert_ptr_null(strstr(err.message, "abc"));
    ck_status(shub__s3_token_read(SHUB_LIT(" \n"), "f", SHUB_E_CONTENT, &token, &err),
              SHUB_E_CONTENT);
}
END_TEST

START_TEST(memory_of_secrets_keeps_its_content)
{
    char *text = shub__secret_malloc(4);

    ck_assert_ptr_nonnull(text);
    memcpy(text, "abc", 4);
    text = shub__secret_realloc(text, 1000);
    ck_assert_str_eq(text, "abc");
    text = shub__secret_realloc(text, 2);
    ck_assert_int_eq(text[1], 'b');
    shub__secret_free(text);
    shub__secret_free(shub__secret_realloc(NULL, 3));
    shub__secret_free(NULL);
    ck_assert_ptr_null(shub__secret_malloc(SIZE_MAX));
}
END_TEST

/* ---- JSON ---------------------------------------------------------------------- */

#define KEYS    "\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"SECRET\""
#define TIME    "\"Expiration\":\"2023-11-15T00:00:00Z\""
#define TIME_US (INT64_C(1700006400) * SHUB_SECOND_US)

/* As the EC2 User Guide, "Retrieve security credentials from instance metadata", and the
 * AWS CLI User Guide, "Sourcing credentials with an external process", have them. */
static const struct {
    shub__s3_metadata kind;
    const char *body;
    shub_status status;
    const char *token; /* of good ones */
    int64_t expires_us;
    const char *says; /* of others */
} answers[] = {
    {SHUB__S3_METADATA_INSTANCE,
     "{\n  \"Code\" : \"Success\",\n  \"LastUpdated\" : \"2023-11-14T16:39:16Z\",\n"
     "  \"Type\" : \"AWS-HMAC\",\n  " KEYS ",\n  \"Token\" : \"tok\\u0065n\",\n  " TIME
     "\n}\n",
     SHUB_OK, "token", TIME_US, NULL},
    {SHUB__S3_METADATA_INSTANCE, "{" KEYS ",\"Token\":\"t\"," TIME "}", SHUB_OK, "t",
     TIME_US, NULL},
    {SHUB__S3_METADATA_INSTANCE, "{" KEYS "," TIME "}", SHUB_E_CONTENT, NULL, 0, "Token"},
    {SHUB__S3_METADATA_INSTANCE, "{" KEYS ",\"Token\":\"t\"}", SHUB_E_CONTENT, NULL, 0,
     "Expiration"},
    {SHUB__S3_METADATA_INSTANCE,
     "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"EC2 cannot assume the "
     "role\"}",
     SHUB_E_REMOTE, NULL, 0, "AssumeRoleUnauthorizedAccess: EC2 cannot assume the role"},
    {SHUB__S3_METADATA_INSTANCE, "{" KEYS ",\"Token\":\"t\",\"Expiration\":\"soon\"}",
     SHUB_E_CONTENT, NULL, 0, "soon"},
    {SHUB__S3_METADATA_INSTANCE, "<html>", SHUB_E_FORMAT, NULL, 0, ""},
    {SHUB__S3_METADATA_INSTANCE, "", SHUB_E_EMPTY, NULL, 0, ""},
    {SHUB__S3_METADATA_INSTANCE, "[1]", SHUB_E_CONTENT, NULL, 0, ""},
    {SHUB__S3_METADATA_CONTAINER,
     "{\"RoleArn\":\"arn\"," KEYS ",\"Token\":\"t\"," TIME "}", SHUB_OK, "t", TIME_US,
     NULL},
    {SHUB__S3_METADATA_CONTAINER, "{" KEYS ",\"Token\":null}", SHUB_OK, "", 0, NULL},
    {SHUB__S3_METADATA_CONTAINER, "{\"AccessKeyId\":\"AKID\"}", SHUB_E_CONTENT, NULL, 0,
     "secret key"},
    {SHUB__S3_METADATA_CONTAINER, "{\"AccessKeyId\":5}", SHUB_E_CONTENT, NULL, 0, ""},
    {SHUB__S3_METADATA_PROCESS, "{\"Version\":1," KEYS "}\n", SHUB_OK, "", 0, NULL},
    {SHUB__S3_METADATA_PROCESS,
     "{\"Version\":1," KEYS ",\"SessionToken\":\"t\",\"Token\":\"u\"," TIME "}", SHUB_OK,
     "t", TIME_US, NULL},
    {SHUB__S3_METADATA_PROCESS, "{" KEYS "}", SHUB_E_UNSUPPORTED, NULL, 0, "Version"},
    {SHUB__S3_METADATA_PROCESS, "{\"Version\":2," KEYS "}", SHUB_E_UNSUPPORTED, NULL, 0,
     "Version"},
    {SHUB__S3_METADATA_PROCESS, "{\"Version\":1,\"SecretAccessKey\":\"SECRET\"}",
     SHUB_E_CONTENT, NULL, 0, "access key"},
    {SHUB__S3_METADATA_PROCESS,
     "{\"Version\":1," KEYS ",\"Expiration\":\"2023-11-15T01:00:00+01:00\"}", SHUB_OK, "",
     TIME_US, NULL},
    {SHUB__S3_METADATA_PROCESS, "Enter MFA code: {\"Version\":1," KEYS "}", SHUB_E_FORMAT,
     NULL, 0, ""},
};

START_TEST(json_gives_keys_or_says_why_not)
{
    shub_status status =
        shub__s3_metadata_read(answers[_i].kind, shub_str(answers[_i].body), &keys, &err);

    ck_assert_msg(status == answers[_i].status, "%s: %s", shub_status_name(status),
                  err.message);
    if (status == SHUB_OK) {
        ck_assert_str_eq(keys.access_key, "AKID");
        ck_assert_str_eq(keys.secret_key, "SECRET");
        ck_slice_eq(shub_str(keys.session_token), answers[_i].token);
        ck_assert_int_eq(keys.expires_us, answers[_i].expires_us);
    } else {
        ck_assert_ptr_null(keys.access_key);
        ck_assert_msg(strstr(err.message, answers[_i].says) != NULL, "%s", err.message);
        ck_assert_ptr_null(strstr(err.message, "SECRET"));
    }
}
END_TEST

START_TEST(json_is_cut_at_every_byte)
{
    shub_slice body = shub_str(answers[0].body);

    body.len -= 2; /* the last brace and the end of the line */
    for (size_t cut = 0; cut <= body.len; cut++) {
        char *exact = malloc(cut ? cut : 1);

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, body.ptr, cut);
        ck_assert_int_ne(shub__s3_metadata_read(SHUB__S3_METADATA_INSTANCE,
                                                shub_bytes(exact, cut), &keys, &err),
                         SHUB_OK);
        ck_assert_ptr_null(keys.access_key);
        free(exact);
    }
}
END_TEST

static shub_status json_once(void *user)
{
    shub_status status = shub__s3_metadata_read(SHUB__S3_METADATA_INSTANCE,
                                                shub_str(answers[0].body), &keys, NULL);

    (void)user;
    shub__s3_keys_fini(&keys);
    return status;
}

START_TEST(json_survives_failing_allocations)
{
    ck_assert_uint_ge(oom_loop(json_once, NULL), 4);
}
END_TEST

static const struct {
    const char *body, *name; /* NULL: refused */
} roles[] = {
    {"my-role", "my-role"},
    {"my-role\n", "my-role"},
    {"a\r\nb\r\n", "a"},
    {"Role_1+=,.@-x", "Role_1+=,.@-x"},
    {"", NULL},
    {"../../user-data", NULL},
    {"a b", NULL},
    {"<html>", NULL},
    {"a?b", NULL},
    {"0123456789012345678901234567890123456789012345678901234567890123",
     "0123456789012345678901234567890123456789012345678901234567890123"},
    {"01234567890123456789012345678901234567890123456789012345678901234", NULL},
};

START_TEST(role_name_is_one_of_iam)
{
    char name[SHUB__S3_ROLE_NAME_MAX];
    shub_status status = shub__s3_role_name_read(shub_str(roles[_i].body), name, &err);

    ck_status(status, roles[_i].name ? SHUB_OK : SHUB_E_CONTENT);
    ck_assert_str_eq(name, roles[_i].name ? roles[_i].name : "");
}
END_TEST

/* ---- the token service --------------------------------------------------------- */

static const struct {
    const char *endpoint, *region;
    const char *url, *host, *path; /* url NULL: refused */
} places[] = {
    {NULL, "eu-west-1", "https://sts.eu-west-1.amazonaws.com/",
     "sts.eu-west-1.amazonaws.com", "/"},
    {NULL, "cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/",
     "sts.cn-north-1.amazonaws.com.cn", "/"},
    {NULL, "us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/",
     "sts.us-gov-west-1.amazonaws.com", "/"},
    {NULL, "evil.example/", NULL, NULL, NULL},
    {NULL, "", NULL, NULL, NULL},
    {"http://127.0.0.1:9000", "x_y", "http://127.0.0.1:9000/", "127.0.0.1:9000", "/"},
    {"https://sts.example:443/a b/", "x", NULL, NULL, NULL},
    {"https://STS.example:443/a/", "x", "https://sts.example/a", "sts.example", "/a"},
    {"https://user:secret@sts.example", "x", NULL, NULL, NULL},
    {"ftp://sts.example", "x", NULL, NULL, NULL},
    {"https://s3.eu-west-1.amazonaws.com", "x", NULL, NULL, NULL},
};

START_TEST(place_of_the_token_service)
{
    shub__sts_place place;
    shub_status status =
        shub__sts_place_init(&place, places[_i].endpoint, places[_i].region, &err);

    ck_status(status, places[_i].url ? SHUB_OK : SHUB_E_INVALID);
    if (status == SHUB_OK) {
        ck_slice_eq(shub__buf_view(&place.url), places[_i].url);
        ck_slice_eq(place.host, places[_i].host);
        ck_slice_eq(place.path, places[_i].path);
    } else {
        ck_assert_ptr_null(strstr(err.message, "secret"));
    }
    shub__sts_place_fini(&place);
}
END_TEST

START_TEST(forms_ask_for_roles)
{
    char arn[] = "arn:aws:iam::123456789012:role/a/b+c";
    shub__s3_role role = {arn, NULL, NULL, 0};
    shub__buf form;

    shub__buf_init_secret(&form, SHUB__STS_FORM_MAX);
    ck_status(shub__sts_assume_role(&role, NOW_US + 999999, &form, &err), SHUB_OK);
    ck_slice_eq(shub__buf_view(&form),
                "Action=AssumeRole&Version=2011-06-15"
                "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fa%2Fb%2Bc"
                "&RoleSessionName=sensorhub-1700000000");
    shub__buf_clear(&form);
    role.session_name = "me@x";
    role.external_id = "a&b=c";
    role.duration_s = 3600;
    ck_status(shub__sts_assume_role(&role, NOW_US, &form, &err), SHUB_OK);
    ck_assert_ptr_nonnull(strstr(form.ptr, "&RoleSessionName=me%40x&DurationSeconds=3600"
                                           "&ExternalId=a%26b%3Dc"));
    shub__buf_clear(&form);
    ck_status(shub__sts_assume_with_token(&role, SHUB_LIT("a.b/c="), NOW_US, &form, &err),
              SHUB_OK);
    ck_assert_ptr_nonnull(strstr(form.ptr, "Action=AssumeRoleWithWebIdentity&"));
    ck_assert_ptr_nonnull(strstr(form.ptr, "&WebIdentityToken=a.b%2Fc%3D"));
    shub__buf_fini(&form);
}
END_TEST

#define STS_KEYS                                                                         \
    "<AccessKeyId>AKID</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey>"           \
    "<SessionToken>\n  a&amp;b/c=\n  </SessionToken>"                                    \
    "<Expiration>2023-11-15T00:00:00Z</Expiration>"
#define STS_OK                                                                           \
    "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n"         \
    "<AssumeRoleResult><SourceIdentity>Alice</SourceIdentity><AssumedRoleUser>"          \
    "<Arn>arn:x</Arn><AssumedRoleId>ARO123:x</AssumedRoleId></AssumedRoleUser>"          \
    "<Credentials>" STS_KEYS "</Credentials></AssumeRoleResult>"                         \
    "<ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata>"               \
    "</AssumeRoleResponse>\n"
#define STS_ERROR(code, message)                                                         \
    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>"         \
    "<Type>Sender</Type><Code>" code "</Code><Message>" message                          \
    "</Message></Error><RequestId>x</RequestId></ErrorResponse>"

START_TEST(sts_gives_keys)
{
    int again = 7;

    ck_status(shub__sts_read(200, SHUB_LIT(STS_OK), &keys, &again, &err), SHUB_OK);
    ck_assert_str_eq(keys.access_key, "AKID");
    ck_assert_str_eq(keys.secret_key, "SECRET");
    ck_assert_str_eq(keys.session_token, "a&b/c=");
    ck_assert_int_eq(keys.expires_us, TIME_US);
    ck_assert_int_eq(again, 0);
}
END_TEST

static const struct {
    int http_status;
    const char *body;
    shub_status status;
    int again;
    const char *says;
} refusals[] = {
    {403, STS_ERROR("AccessDenied", "User: x is not authorized"), SHUB_E_DENIED, 0,
     "AccessDenied: User: x is not authorized"},
    {400, STS_ERROR("ExpiredTokenException", "Token expired"), SHUB_E_EXPIRED, 0, ""},
    {403, STS_ERROR("ExpiredToken", ""), SHUB_E_EXPIRED, 0, "ExpiredToken"},
    {403, STS_ERROR("InvalidClientTokenId", "invalid"), SHUB_E_AUTH, 0, ""},
    {400, STS_ERROR("IDPCommunicationError", "x"), SHUB_E_REMOTE, 1, ""},
    {400, STS_ERROR("InvalidIdentityToken", "No provider"), SHUB_E_AUTH, 1, ""},
    {400, STS_ERROR("ValidationError", "x"), SHUB_E_REMOTE, 0, "ValidationError: x"},
    {400, STS_ERROR("Throttling", "Rate exceeded"), SHUB_E_OVERLOADED, 1, ""},
    {500, STS_ERROR("InternalFailure", "x"), SHUB_E_REMOTE, 1, ""},
    {403,
     STS_ERROR("SignatureDoesNotMatch",
               "Signature expired: 20131114T000000Z is now earlier than "
               "20231114T221320Z (20231114T222820Z - 15 min.)"),
     SHUB_E_SKEWED, 0, "Signature expired"},
    {403,
     STS_ERROR("SignatureDoesNotMatch",
               "The request signature we calculated does not match. The Canonical String "
               "should have been 'POST\n/\n\nx-amz-security-token:SECRET"),
     SHUB_E_SIGNATURE, 0, "does not match"},
    {503, "<html>busy</html>", SHUB_E_OVERLOADED, 1, "HTTP 503"},
    {502, "bad gateway", SHUB_E_HTTP, 1, "HTTP 502"},
    {404, "", SHUB_E_HTTP, 0, "HTTP 404"},
    {403, "{}", SHUB_E_DENIED, 0, "HTTP 403"},
    {302, "", SHUB_E_HTTP, 0, "HTTP 302"},
    {200, "<AssumeRoleResponse/>", SHUB_E_CONTENT, 0, "SessionToken"},
    {200, "<x><Credentials><SessionToken>t</SessionToken></Credentials></x>",
     SHUB_E_CONTENT, 0, "Expiration"},
    {200, "not XML", SHUB_E_FORMAT, 0, ""},
    {200, "", SHUB_E_EMPTY, 0, ""},
    {200, "<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>", SHUB_E_FORMAT, 0, ""},
    {200, "<x><AccessKeyId>AKID</AccessKeyId>" STS_KEYS "</x>", SHUB_E_CONTENT, 0, ""},
    {200,
     "<x><AccessKeyId>AKID</AccessKeyId><Credentials><SecretAccessKey>SECRET"
     "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2023-11-15T00:00:00Z"
     "</Expiration></Credentials></x>",
     SHUB_E_CONTENT, 0, "no access key"},
};

START_TEST(sts_says_why_not)
{
    int again = 7;
    shub_status status = shub__sts_read(refusals[_i].http_status,
                                        shub_str(refusals[_i].body), &keys, &again, &err);

    ck_assert_msg(status == refusals[_i].status, "%s: %s", shub_status_name(status),
                  err.message);
    ck_assert_int_eq(again, refusals[_i].again);
    if (refusals[_i].http_status != 200)
        ck_assert_int_eq(err.http_status, refusals[_i].http_status);
    ck_assert_msg(strstr(err.message, refusals[_i].says) != NULL, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "SECRET"));
    ck_assert_ptr_null(keys.access_key);
}
END_TEST

START_TEST(sts_is_cut_at_every_byte)
{
    shub_slice body = SHUB_LIT(STS_OK);
    int again;

    for (size_t cut = 0; cut + 2 < body.len; cut++) {
        char *exact = malloc(cut ? cut : 1);

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, body.ptr, cut);
        ck_assert_int_ne(shub__sts_read(200, shub_bytes(exact, cut), &keys, &again, &err),
                         SHUB_OK);
        ck_assert_ptr_null(keys.access_key);
        free(exact);
    }
}
END_TEST

static shub_status sts_good_once(void *user)
{
    int again;
    shub_status status = shub__sts_read(200, SHUB_LIT(STS_OK), &keys, &again, NULL);

    (void)user;
    shub__s3_keys_fini(&keys);
    return status;
}

static shub_status sts_bad_once(void *user)
{
    int again;
    shub_status status = shub__sts_read(
        403, SHUB_LIT(STS_ERROR("AccessDenied", "User: x")), &keys, &again, NULL);

    (void)user;
    return status == SHUB_E_DENIED ? SHUB_OK : status;
}

START_TEST(sts_survives_failing_allocations)
{
    ck_assert_uint_ge(oom_loop(sts_good_once, NULL), 8);
    ck_assert_uint_ge(oom_loop(sts_bad_once, NULL), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("s3 credentials");
    TCase *plain = tcase_create("keys"), *json = tcase_create("json");
    TCase *sts = tcase_create("sts");

    tcase_add_checked_fixture(plain, set_up, tear_down);
    tcase_add_loop_test(plain, keys_are_checked_and_never_shown, 0,
                        (int)(sizeof rows / sizeof *rows));
    tcase_add_test(plain, keys_have_limits);
    tcase_add_test(plain, equal_keys_are_known);
    tcase_add_test(plain, token_is_one_trimmed_word);
    tcase_add_test(plain, memory_of_secrets_keeps_its_content);
    suite_add_tcase(suite, plain);
    tcase_add_checked_fixture(json, set_up, tear_down);
    tcase_add_loop_test(json, json_gives_keys_or_says_why_not, 0,
                        (int)(sizeof answers / sizeof *answers));
    tcase_add_test(json, json_is_cut_at_every_byte);
    tcase_add_test(json, json_survives_failing_allocations);
    tcase_add_loop_test(json, role_name_is_one_of_iam, 0,
                        (int)(sizeof roles / sizeof *roles));
    suite_add_tcase(suite, json);
    tcase_add_checked_fixture(sts, set_up, tear_down);
    tcase_add_loop_test(sts, place_of_the_token_service, 0,
                        (int)(sizeof places / sizeof *places));
    tcase_add_test(sts, forms_ask_for_roles);
    tcase_add_test(sts, sts_gives_keys);
    tcase_add_loop_test(sts, sts_says_why_not, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(sts, sts_is_cut_at_every_byte);
    tcase_add_test(sts, sts_survives_failing_allocations);
    suite_add_tcase(suite, sts);
    return suite_run(suite);
}
