#include "base/error.h"
#include "base/text.h"
#include "s3/client_provider.h"
#include "s3/hash.h"
#include "s3/sigv4.h"
#include "s3/sts.h"

#include <string.h>

#define DEADLINE_MS 20000
#define FORM_TYPE   "application/x-www-form-urlencoded; charset=utf-8"

static shub_status post(shub__s3_provider *p, const char *url,
                        const shub__http_header *headers, size_t count, shub_slice form,
                        shub_error *err)
{
    shub__http_request req = {0};

    req.method = "POST";
    req.url = url;
    req.headers = headers;
    req.header_count = count;
    req.body = form;
    req.deadline_ms = DEADLINE_MS;
    req.max_body = SHUB__STS_BODY_MAX;
    return shub__s3_fetch_send(p, &req, err);
}

/* ---- web identity --------------------------------------------------------------- */

static shub_status send_with_token(shub__s3_provider *p, shub_slice text, shub_error *err)
{
    static const shub__http_header type = {"Content-Type", FORM_TYPE};
    shub__sts_place place;
    shub__buf form;
    shub_slice token;
    shub_status status =
        shub__s3_token_read(text, p->chain.token_file, SHUB_E_CONTENT, &token, err);

    if (status != SHUB_OK)
        return status;
    shub__buf_init_secret(&form, SHUB__STS_FORM_MAX);
    status =
        shub__sts_place_init(&place, p->chain.sts_endpoint, p->chain.sts_region, err);
    if (status == SHUB_OK)
        status = shub__sts_assume_with_token(&p->chain.identity, token,
                                             shub__s3_provider_now(p), &form, err);
    if (status == SHUB_OK)
        status = post(p, place.url.ptr, &type, 1, shub__buf_view(&form), err);
    shub__sts_place_fini(&place);
    shub__buf_fini(&form);
    return status;
}

/* The file is read each time: who puts the token there replaces it before it expires. */
shub_status shub__s3_send_web_identity(shub__s3_provider *p, shub_error *err)
{
    shub__buf text;
    shub_status status;

    shub__buf_init_secret(&text, SHUB__S3_TOKEN_MAX);
    status = shub__s3_file_read(p->chain.token_file, &text, err);
    if (status == SHUB_OK)
        status = send_with_token(p, shub__buf_view(&text), err);
    shub__buf_fini(&text);
    return status;
}

/* What was sent is in the file, and nowhere else. */
static void mask_token(const shub__s3_provider *p, shub_error *err)
{
    shub__buf text;
    shub_slice token;

    shub__buf_init_secret(&text, SHUB__S3_TOKEN_MAX);
    if (shub__s3_file_read(p->chain.token_file, &text, NULL) == SHUB_OK &&
        shub__s3_token_read(shub__buf_view(&text), p->chain.token_file, SHUB_E_CONTENT,
                            &token, NULL) == SHUB_OK) {
        text.ptr[token.ptr - text.ptr + (ptrdiff_t)token.len] = '\0';
        shub__s3_mask(token.ptr, err);
    }
    shub__buf_fini(&text);
}

/* ---- roles ---------------------------------------------------------------------- */

/* A signed request, as it is put together. */
typedef struct call {
    shub__sts_place place;
    char date[SHUB_S3_DATE_MAX];
    shub__buf form, authorization;
} call;

static shub_status sign(const shub__s3_provider *p, call *c, int64_t now_us,
                        shub_error *err)
{
    shub_slice token = shub_str(p->found.session_token);
    const shub_s3_pair headers[] = {
        {SHUB_LIT("content-type"), SHUB_LIT(FORM_TYPE)},
        {SHUB_LIT("host"), c->place.host},
        {SHUB_LIT("x-amz-date"), shub_str(c->date)},
        {SHUB_LIT("x-amz-security-token"), token},
    };
    unsigned char hash[SHUB__SHA256_BYTES];
    char payload[2 * SHUB__SHA256_BYTES];
    shub__sigv4_signer signer = {0};
    shub__sigv4_request req = {0};
    shub_status status = shub__sha256(shub__buf_view(&c->form), hash, err);

    if (status != SHUB_OK)
        return status;
    shub__hex_write(hash, sizeof hash, payload);
    signer.access_key = shub_str(p->found.access_key);
    signer.secret_key = shub_str(p->found.secret_key);
    signer.session_token = token;
    signer.region = shub_str(p->chain.sts_region);
    signer.service = SHUB_LIT("sts");
    signer.time_us = now_us;
    signer.normalize = 1;
    req.method = SHUB_LIT("POST");
    req.path = c->place.path;
    req.headers = headers;
    req.header_count = token.len ? 4 : 3;
    req.payload = shub_bytes(payload, sizeof payload);
    return shub__sigv4_authorize(&signer, &req, &c->authorization, err);
}

static shub_status send_signed(shub__s3_provider *p, const call *c, shub_error *err)
{
    const shub__http_header headers[] = {
        {"Content-Type", FORM_TYPE},
        {"X-Amz-Date", c->date},
        {"Authorization", c->authorization.ptr},
        {"X-Amz-Security-Token", p->found.session_token},
    };

    return post(p, c->place.url.ptr, headers, p->found.session_token ? 4 : 3,
                shub__buf_view(&c->form), err);
}

static shub_status make_call(shub__s3_provider *p, call *c, shub_error *err)
{
    const shub__s3_role *role = &p->chain.roles[p->roles_left - 1];
    int64_t now_us = shub__s3_provider_now(p);
    shub_status status =
        shub__sts_place_init(&c->place, p->chain.sts_endpoint, p->chain.sts_region, err);

    if (status == SHUB_OK)
        status = shub__sigv4_date(now_us, c->date, err);
    if (status == SHUB_OK)
        status = shub__sts_assume_role(role, now_us, &c->form, err);
    if (status == SHUB_OK)
        status = sign(p, c, now_us, err);
    return status;
}

shub_status shub__s3_send_assume_role(shub__s3_provider *p, shub_error *err)
{
    call c;
    shub_status status;

    shub__buf_init_secret(&c.form, SHUB__STS_FORM_MAX); /* external ids are half secret */
    shub__buf_init_secret(&c.authorization, SHUB_S3_AUTHORIZATION_MAX);
    status = make_call(p, &c, err);
    if (status == SHUB_OK)
        status = send_signed(p, &c, err);
    shub__buf_fini(&c.authorization);
    shub__buf_fini(&c.form);
    shub__sts_place_fini(&c.place);
    return status;
}

shub_status shub__s3_take_sts(shub__s3_provider *p, const shub__http_result *result,
                              int *again, shub_error *err)
{
    shub__s3_keys keys;
    shub_status status =
        shub__sts_read(result->http_status, result->body, &keys, again, err);

    if (status != SHUB_OK && p->step == SHUB__S3_STEP_WEB_IDENTITY)
        mask_token(p, err);
    if (status != SHUB_OK)
        return status;
    shub__s3_keys_fini(&p->found);
    p->found = keys;
    if (p->step == SHUB__S3_STEP_ASSUME_ROLE)
        p->roles_left--;
    return SHUB_OK;
}
