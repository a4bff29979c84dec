/* Addresses as people type them, and what of them a message may show. */
#include "base/mem.h"
#include "net/url.h"
#include "support/suite.h"

#include <string.h>

#define PATH "/cgi-bin/post_manager"

static const struct {
    const char *text, *url;
} good[] = {
    {"192.168.1.5", "http://192.168.1.5" PATH},
    {"192.168.1.5:8080", "http://192.168.1.5:8080" PATH},
    {"eagle-004792.local", "http://eagle-004792.local" PATH},
    {"eagle-004792.local/", "http://eagle-004792.local" PATH},
    {"http://eagle-004792.local", "http://eagle-004792.local" PATH},
    {"HTTP://eagle-004792.local/", "http://eagle-004792.local" PATH},
    {"https://192.168.7.1/", "https://192.168.7.1" PATH},
    {"https://192.168.7.1:8443", "https://192.168.7.1:8443" PATH},
    {"http://host/cgi-bin/post_manager/", "http://host/cgi-bin/post_manager/"},
    {"host/other?x=1", "http://host/other?x=1"},
    {"http://host/#top", "http://host" PATH},
    {"[fe80::1]:80", "http://[fe80::1]:80" PATH},
};

START_TEST(completed)
{
    char *url;
    shub_error err;

    ck_status(shub__url_complete(good[_i].text, PATH, &url, &err), SHUB_OK);
    ck_assert_str_eq(url, good[_i].url);
    shub__free(url);
}
END_TEST

static const struct {
    const char *text, *says;
} bad[] = {
    {"", "url"},
    {"http://", "url"},
    {"http://http//192.168.1.5", "twice"},
    {"http://https://192.168.1.5", "twice"},
    {"http//192.168.1.5", "twice"},
    {"https:/192.168.1.5", "twice"},
    {"ftp://192.168.1.5", "neither http nor https"},
    {"file:///etc/passwd", "neither http nor https"},
    {"http://two words", "url"},
    {"http://host:99999", "url"},
    {"http://host/a\nb", "url"},
    {"http://004792:s3cr3tpw@host/", "credentials"},
    {"004792:s3cr3tpw@host", "credentials"},
    {"http://host:x@y@99999:s3cr3tpw/", "url"},
    {"http://bad host/?token=s3cr3tpw", "url"},
};

START_TEST(refused)
{
    char *url;
    shub_error err = SHUB_ERROR_INIT;

    ck_status(shub__url_complete(bad[_i].text, PATH, &url, &err), SHUB_E_INVALID);
    ck_assert_ptr_null(url);
    ck_assert_int_eq(err.code, SHUB_E_INVALID);
    ck_assert_msg(strstr(err.message, bad[_i].says) != NULL, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "s3cr3tpw"));
}
END_TEST

START_TEST(origins)
{
    char origin[SHUB__ORIGIN_MAX];

    shub__url_origin("https://u:s3cr3tpw@192.168.7.1:8443/a?b=c#d", origin);
    ck_assert_str_eq(origin, "https://192.168.7.1:8443");
    shub__url_origin("http://host/x", origin);
    ck_assert_str_eq(origin, "http://host");
    shub__url_origin("not a url", origin);
    ck_assert_str_eq(origin, "");
}
END_TEST

static shub_status complete(void *user)
{
    char *url;
    shub_status status = shub__url_complete(user, PATH, &url, NULL);

    shub__free(url);
    return status;
}

START_TEST(out_of_memory)
{
    ck_assert_uint_eq(oom_loop(complete, "host"), 2);
    ck_assert_uint_eq(oom_loop(complete, "http://host"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("net url");
    TCase *tc = tcase_create("url");

    tcase_add_loop_test(tc, completed, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(tc, refused, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tc, origins);
    tcase_add_test(tc, out_of_memory);
    suite_add_tcase(suite, tc);
    return suite_run(suite);
}
