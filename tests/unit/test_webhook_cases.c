/* Every case of tests/vectors/webhook_cases.txt, and what signing gives for it; then each
 * cut at every byte. */
#include <stdlib.h>
#include <string.h>

#include "support/cases.h"
#include "support/suite.h"

enum { SECRETS = 16 };

/* What the calls take, in blocks of exactly their size. */
typedef struct call {
    const test_case *c;
    shub_slice secrets[SECRETS];
    size_t secret_count;
    shub_slice body;
    shub_slice header;
    shub_slice url;
    shub_error err;
} call;

static shub_slice exactly(shub_slice text)
{
    char *block = malloc(text.len ? text.len : 1);

    if (text.len)
        memcpy(block, text.ptr, text.len);
    return shub_bytes(block, text.len);
}

static void call_init(call *k, const test_case *c)
{
    static const shub_error none = SHUB_ERROR_INIT;
    shub_slice secret;

    memset(k, 0, sizeof *k);
    k->c = c;
    k->err = none;
    while ((secret = case_text(c, "secret", k->secret_count)).ptr)
        k->secrets[k->secret_count++] = secret;
    k->body = exactly(case_text(c, "body", 0));
    k->header = exactly(case_text(c, "header", 0));
    k->url = case_text(c, "url", 0);
}

static void call_fini(call *k)
{
    free((char *)(uintptr_t)k->body.ptr);
    free((char *)(uintptr_t)k->header.ptr);
}

static int is_kind(const call *k, const char *kind)
{
    return shub_slice_equal(case_text(k->c, "kind", 0), shub_str(kind));
}

static int64_t now_us(const call *k)
{
    return case_number(k->c, "now", 0) * SHUB_SECOND_US;
}

static shub_status verify_timed(call *k)
{
    shub_webhook_options opts = SHUB_WEBHOOK_OPTIONS_INIT;

    opts.secrets = k->secrets;
    opts.secret_count = k->secret_count;
    opts.now_us = now_us(k);
    opts.window_us = case_number(k->c, "window", 0) * SHUB_SECOND_US;
    return shub_webhook_verify(&opts, k->header, k->body, NULL, &k->err);
}

static shub_status read_field(call *k)
{
    char value[256];
    size_t len;
    shub_status status = shub_webhook_form_field(k->body, case_text(k->c, "field", 0),
                                                 value, sizeof value, &len, &k->err);

    if (!status)
        ck_assert(shub_slice_equal(shub_bytes(value, len), case_text(k->c, "value", 0)));
    ck_assert_uint_eq(value[len], 0);
    return status;
}

static shub_status verify(call *k)
{
    if (is_kind(k, "timed"))
        return verify_timed(k);
    if (is_kind(k, "pipe"))
        return shub_webhook_pipe_verify(k->secrets, k->secret_count, k->url, k->body,
                                        k->header, &k->err);
    if (is_kind(k, "lambda"))
        return shub_webhook_lambda_verify(k->secrets, k->secret_count, k->body, k->header,
                                          &k->err);
    ck_assert(is_kind(k, "form"));
    return read_field(k);
}

static void check_sign(call *k)
{
    char header[SHUB_WEBHOOK_SIGN_MAX] = "";
    shub_status status = SHUB_OK;
    size_t len = 0;

    if (is_kind(k, "timed"))
        status = shub_webhook_sign(k->secrets[0], now_us(k), k->body, header,
                                   sizeof header, &len, &k->err);
    else if (is_kind(k, "pipe"))
        status = shub_webhook_pipe_sign(k->secrets[0], k->url, k->body, header, &k->err);
    else
        status = shub_webhook_lambda_sign(k->secrets[0], k->body, header, &k->err);
    ck_status(status, SHUB_OK);
    ck_assert_str_eq(header, case_text(k->c, "header", 0).ptr);
    ck_assert(!is_kind(k, "timed") || len == strlen(header));
}

static const test_case *cases;
static size_t count;

START_TEST(test_case_means)
{
    call k;

    call_init(&k, &cases[_i]);
    ck_case_status(k.c, verify(&k), &k.err);
    if (case_text(k.c, "signs", 0).ptr)
        check_sign(&k);
    call_fini(&k);
}
END_TEST

/* No beginning of a body or header is taken for the whole. */
START_TEST(test_cut)
{
    call k;

    call_init(&k, &cases[_i]);
    for (size_t len = 0; len < k.body.len && !is_kind(&k, "form"); len++) {
        call cut = k;
        cut.body = exactly(shub_bytes(k.body.ptr, len));
        ck_assert(verify(&cut) != SHUB_OK);
        free((char *)(uintptr_t)cut.body.ptr);
    }
    call_fini(&k);
}
END_TEST

/* The '=' of base64 may be missing. */
START_TEST(test_cut_header)
{
    size_t whole = 0;
    call k;

    call_init(&k, &cases[_i]);
    for (size_t len = 0; len < k.header.len && case_text(k.c, "signs", 0).ptr; len++) {
        call cut = k;
        cut.header = exactly(shub_bytes(k.header.ptr, len));
        whole += verify(&cut) == SHUB_OK;
        free((char *)(uintptr_t)cut.header.ptr);
    }
    ck_assert_uint_eq(whole, is_kind(&k, "pipe") && case_text(k.c, "signs", 0).ptr);
    call_fini(&k);
}
END_TEST

START_TEST(test_no_secret_in_messages)
{
    call k;

    call_init(&k, &cases[_i]);
    (void)verify(&k);
    for (size_t i = 0; i < k.secret_count; i++)
        if (k.secrets[i].len)
            ck_assert_ptr_null(strstr(k.err.message, k.secrets[i].ptr));
    call_fini(&k);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook_cases");
    TCase *all = tcase_create("cases");

    cases = cases_of("webhook_cases.txt", &count);
    if (count < 50)
        return EXIT_FAILURE;
    tcase_add_loop_test(all, test_case_means, 0, (int)count);
    tcase_add_loop_test(all, test_cut, 0, (int)count);
    tcase_add_loop_test(all, test_cut_header, 0, (int)count);
    tcase_add_loop_test(all, test_no_secret_in_messages, 0, (int)count);
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
