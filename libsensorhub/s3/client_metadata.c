#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/client_provider.h"

#include <stdio.h>
#include <string.h>

/* EC2 User Guide, "Use the Instance Metadata Service". */
#define TOKEN_PATH  "/latest/api/token"
#define ROLES_PATH  "/latest/meta-data/iam/security-credentials/"

#define DEADLINE_MS 2000 /* they answer from this machine or not at all */
#define URL_MAX     2048

static shub_status bad_status(const char *from, int http_status, shub_error *err)
{
    shub_status status = http_status == 401                         ? SHUB_E_AUTH
                         : http_status == 403                       ? SHUB_E_DENIED
                         : http_status == 429 || http_status == 503 ? SHUB_E_OVERLOADED
                                                                    : SHUB_E_HTTP;

    (void)shub__fail(err, status, SHUB_NONE, "%s: HTTP %d", from, http_status);
    if (err)
        err->http_status = http_status;
    return status;
}

static shub_status send_direct(shub__s3_provider *p, shub__http_request *req,
                               shub_error *err)
{
    req->deadline_ms = DEADLINE_MS;
    req->direct = 1;
    return shub__s3_fetch_send(p, req, err);
}

/* ---- instance ------------------------------------------------------------------ */

static shub_status instance_send(shub__s3_provider *p, const char *method,
                                 const char *path, const char *name, const char *header,
                                 const char *value, shub_error *err)
{
    shub__http_header headers[] = {{header, value}};
    shub__http_request req = {0};
    char url[URL_MAX];
    int len = snprintf(url, sizeof url, "%s%s%s", p->chain.url, path, name);

    if (len >= URL_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "metadata service's URL is longer than %d bytes", URL_MAX - 1);
    req.method = method;
    req.url = url;
    req.headers = headers;
    req.header_count = 1;
    req.max_body = SHUB__S3_METADATA_MAX;
    return send_direct(p, &req, err);
}

shub_status shub__s3_send_instance_token(shub__s3_provider *p, shub_error *err)
{
    return instance_send(p, "PUT", TOKEN_PATH, "", "x-aws-ec2-metadata-token-ttl-seconds",
                         "21600", err);
}

shub_status shub__s3_send_instance_role(shub__s3_provider *p, shub_error *err)
{
    return instance_send(p, "GET", ROLES_PATH, "", "x-aws-ec2-metadata-token",
                         p->instance_token, err);
}

shub_status shub__s3_send_instance_keys(shub__s3_provider *p, shub_error *err)
{
    return instance_send(p, "GET", ROLES_PATH, p->instance_role,
                         "x-aws-ec2-metadata-token", p->instance_token, err);
}

/* 404 of the list of roles: the instance has none. */
static shub_status check_instance(const shub__http_result *result, int *again,
                                  shub_error *err)
{
    *again = result->http_status >= 500 || result->http_status == 429;
    if (result->http_status == 404)
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE,
                          "metadata service: the instance has no role");
    if (result->http_status != 200)
        return bad_status("metadata service", result->http_status, err);
    return SHUB_OK;
}

shub_status shub__s3_take_instance_token(shub__s3_provider *p,
                                         const shub__http_result *result, int *again,
                                         shub_error *err)
{
    shub_slice token;
    shub_status status;

    *again = result->http_status >= 500 || result->http_status == 429;
    if (result->http_status != 200)
        return bad_status("metadata service, version 2", result->http_status, err);
    status = shub__s3_token_read(result->body, "metadata service", SHUB_E_CONTENT, &token,
                                 err);
    if (status != SHUB_OK)
        return status;
    shub__free_secret(p->instance_token);
    p->instance_token = shub__strndup(token.ptr, token.len);
    return p->instance_token ? SHUB_OK : shub__fail_nomem(err);
}

shub_status shub__s3_take_instance_role(shub__s3_provider *p,
                                        const shub__http_result *result, int *again,
                                        shub_error *err)
{
    shub_status status = check_instance(result, again, err);

    if (status != SHUB_OK)
        return status;
    return shub__s3_role_name_read(result->body, p->instance_role, err);
}

shub_status shub__s3_take_instance_keys(shub__s3_provider *p,
                                        const shub__http_result *result, int *again,
                                        shub_error *err)
{
    shub_status status = check_instance(result, again, err);

    if (status != SHUB_OK)
        return status;
    *again = 1; /* botocore asks again for what is no JSON */
    return shub__s3_metadata_read(SHUB__S3_METADATA_INSTANCE, result->body, &p->found,
                                  err);
}

/* ---- container ----------------------------------------------------------------- */

/* The file is read each time: EKS changes it. */
static shub_status authorization(const shub__s3_provider *p, shub__buf *text,
                                 shub_error *err)
{
    shub_status status = SHUB_OK;

    if (p->chain.authorization_file)
        status = shub__s3_file_read(p->chain.authorization_file, text, err);
    else if (p->chain.authorization)
        shub__buf_text(text, p->chain.authorization);
    if (status == SHUB_OK)
        status = shub__buf_check(text, "container authorization token", err);
    if (status == SHUB_OK && text->len)
        shub__buf_cut(text, shub__trim(shub__buf_view(text)).len);
    return status;
}

shub_status shub__s3_send_container(shub__s3_provider *p, shub_error *err)
{
    shub__http_header headers[] = {{"Accept", "application/json"},
                                   {"Authorization", NULL}};
    shub__http_request req = {0};
    shub__buf text;
    shub_status status;

    shub__buf_init_secret(&text, SHUB__S3_TOKEN_MAX);
    status = authorization(p, &text, err);
    if (status == SHUB_OK) {
        headers[1].value = text.ptr;
        req.method = "GET";
        req.url = p->chain.url;
        req.headers = headers;
        req.header_count = text.len ? 2 : 1;
        req.max_body = SHUB__S3_CONTAINER_MAX;
        status = send_direct(p, &req, err);
    }
    shub__buf_fini(&text);
    return status;
}

shub_status shub__s3_take_container(shub__s3_provider *p, const shub__http_result *result,
                                    int *again, shub_error *err)
{
    *again = 1; /* as botocore does, whatever is wrong */
    if (result->http_status != 200)
        return bad_status("container credentials", result->http_status, err);
    return shub__s3_metadata_read(SHUB__S3_METADATA_CONTAINER, result->body, &p->found,
                                  err);
}
