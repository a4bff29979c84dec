#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/chain_internal.h"

#include <stdio.h>
#include <string.h>

#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_URL   "http://169.254.169.254"
#define INSTANCE_URL_6 "http://[fd00:ec2::254]"

/* ---- options, environment ------------------------------------------------------ */

shub_status shub__s3_chain_take_keys(const shub__s3_decider *d, const char *from,
                                     const char *access_key, const char *secret_key,
                                     const char *token)
{
    d->chain->source = SHUB__S3_FROM_KEYS;
    return shub__s3_keys_init(&d->chain->keys, from, SHUB_E_INVALID, shub_str(access_key),
                              shub_str(secret_key), shub_str(token), 0, d->err);
}

shub_status shub__s3_by_options(const shub__s3_decider *d, int *found)
{
    const shub_s3_options *o = d->opts;

    *found = 1;
    if (o->anonymous)
        return SHUB_OK;
    if (o->access_key || o->secret_key || o->session_token)
        return shub__s3_chain_take_keys(d, "options", o->access_key, o->secret_key,
                                        o->session_token);
    *found = o->credentials != NULL;
    if (*found)
        d->chain->source = SHUB__S3_FROM_CALLBACK;
    return SHUB_OK;
}

shub_status shub__s3_by_environment(const shub__s3_decider *d, int *found)
{
    const char *access_key = shub__s3_chain_env(d, "AWS_ACCESS_KEY_ID");

    *found = access_key != NULL;
    if (!*found)
        return SHUB_OK;
    return shub__s3_chain_take_keys(d, "environment", access_key,
                                    shub__s3_chain_env(d, "AWS_SECRET_ACCESS_KEY"),
                                    shub__s3_chain_env(d, "AWS_SESSION_TOKEN"));
}

shub_status shub__s3_by_web_identity(const shub__s3_decider *d, int *found)
{
    const char *file = shub__s3_chain_env(d, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *arn = shub__s3_chain_env(d, "AWS_ROLE_ARN");

    *found = file != NULL;
    if (!file)
        return SHUB_OK;
    if (!arn)
        return shub__fail(d->err, SHUB_E_INVALID, SHUB_NONE,
                          "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not");
    d->chain->source = SHUB__S3_FROM_WEB_IDENTITY;
    if (shub__s3_chain_keep(d, &d->chain->token_file, file) ||
        shub__s3_chain_keep(d, &d->chain->identity.arn, arn))
        return SHUB_E_NOMEM;
    return shub__s3_chain_keep(d, &d->chain->identity.session_name,
                               shub__s3_chain_env(d, "AWS_ROLE_SESSION_NAME"));
}

/* ---- container, instance ------------------------------------------------------- */

static shub_status container_url(const shub__s3_decider *d, const char *relative,
                                 const char *full)
{
    size_t size = sizeof CONTAINER_HOST + (relative ? strlen(relative) : 0);

    if (!relative) {
        if (!shub__s3_container_url_allowed(shub_str(full)))
            return shub__fail(d->err, SHUB_E_INVALID, SHUB_NONE,
                              "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor "
                              "http to an address where keys may be fetched");
        return shub__s3_chain_keep(d, &d->chain->url, full);
    }
    if (relative[0] != '/')
        return shub__fail(d->err, SHUB_E_INVALID, SHUB_NONE,
                          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with "
                          "'/'");
    d->chain->url = shub__malloc(size);
    if (!d->chain->url)
        return shub__fail_nomem(d->err);
    (void)snprintf(d->chain->url, size, CONTAINER_HOST "%s", relative);
    return SHUB_OK;
}

shub_status shub__s3_by_container(const shub__s3_decider *d, int *found)
{
    const char *relative =
        shub__s3_chain_env(d, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = shub__s3_chain_env(d, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *token = shub__s3_chain_env(d, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = shub__s3_chain_env(d, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    shub_status status;

    *found = relative || full;
    if (!*found)
        return SHUB_OK;
    d->chain->source = SHUB__S3_FROM_CONTAINER;
    status = container_url(d, relative, full);
    if (status == SHUB_OK)
        status = shub__s3_chain_keep(d, &d->chain->authorization_file, file);
    if (status == SHUB_OK && !file)
        status = shub__s3_chain_keep(d, &d->chain->authorization, token);
    return status;
}

shub_status shub__s3_by_instance(const shub__s3_decider *d, int *found)
{
    const char *url = shub__s3_chain_setting(d, "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                             "ec2_metadata_service_endpoint");
    const char *mode = shub__s3_chain_setting(d, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                              "ec2_metadata_service_endpoint_mode");
    size_t len;

    *found = !shub__s3_chain_true(shub__s3_chain_env(d, "AWS_EC2_METADATA_DISABLED"));
    if (!*found)
        return SHUB_OK;
    if (!url && mode && shub__equal_nocase(shub_str(mode), SHUB_LIT("ipv6")))
        url = INSTANCE_URL_6;
    if (!url)
        url = INSTANCE_URL;
    if (!shub__starts_with(shub_str(url), SHUB_LIT("http://")) &&
        !shub__starts_with(shub_str(url), SHUB_LIT("https://")))
        return shub__fail(d->err, SHUB_E_INVALID, SHUB_NONE,
                          "the metadata service's endpoint is neither http nor https");
    d->chain->source = SHUB__S3_FROM_INSTANCE;
    if (shub__s3_chain_keep(d, &d->chain->url, url) != SHUB_OK)
        return SHUB_E_NOMEM;
    len = strlen(d->chain->url);
    if (d->chain->url[len - 1] == '/')
        d->chain->url[len - 1] = '\0';
    return SHUB_OK;
}
