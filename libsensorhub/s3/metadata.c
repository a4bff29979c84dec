#include "s3/metadata.h"

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

static const char *const names[] = {
    [SHUB__S3_METADATA_INSTANCE] = "metadata service",
    [SHUB__S3_METADATA_CONTAINER] = "container credentials",
    [SHUB__S3_METADATA_PROCESS] = "credential_process",
};

typedef struct answer {
    shub_slice code, message;
    shub_slice access_key, secret_key, token, expiration;
    int64_t version; /* SHUB_NONE: not said */
} answer;

/* A text; null is as none. */
static void read_text(shub__json *j, shub_slice *out)
{
    *out = shub_bytes(NULL, 0);
    if (shub__json_type_next(j) == SHUB__JSON_NULL)
        (void)shub__json_skip(j);
    else
        (void)shub__json_string(j, out);
}

static void read_fields(shub__json *j, shub__s3_metadata kind, answer *a)
{
    const char *token = kind == SHUB__S3_METADATA_PROCESS ? "SessionToken" : "Token";
    struct {
        const char *name;
        shub_slice *to;
    } rows[] = {
        {"AccessKeyId", &a->access_key}, {"SecretAccessKey", &a->secret_key},
        {"Expiration", &a->expiration},  {"Code", &a->code},
        {"Message", &a->message},        {token, &a->token},
    };
    shub_slice key;

    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        if (shub__json_is(key, "Version") && kind == SHUB__S3_METADATA_PROCESS)
            (void)shub__json_int64(j, &a->version);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (shub__json_is(key, rows[i].name)) {
                read_text(j, rows[i].to);
                break;
            }
    }
}

static shub_status check(shub__s3_metadata kind, const answer *a, shub_error *err)
{
    const char *from = names[kind];

    if (kind == SHUB__S3_METADATA_PROCESS) {
        if (a->version == 1)
            return SHUB_OK;
        return shub__fail(err, SHUB_E_UNSUPPORTED, SHUB_NONE,
                          "%s: its answer has not \"Version\": 1", from);
    }
    if (a->code.len && !shub_slice_equal(a->code, SHUB_LIT("Success")))
        return shub__fail(err, SHUB_E_REMOTE, SHUB_NONE, "%s: %.*s: %.*s", from,
                          SHUB__SHOW(a->code), SHUB__SHOW(a->message));
    if (kind == SHUB__S3_METADATA_INSTANCE && !(a->token.len && a->expiration.len))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%s: no Token or Expiration",
                          from);
    return SHUB_OK;
}

static shub_status make_keys(shub__s3_metadata kind, const answer *a, shub__s3_keys *keys,
                             shub_error *err)
{
    shub_status status = check(kind, a, err);
    int64_t expires_us = 0;

    if (status == SHUB_OK && a->expiration.len &&
        shub_time_parse(a->expiration, &expires_us, NULL) != SHUB_OK)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "%s: Expiration \"%.*s\" is no time", names[kind],
                          SHUB__SHOW(a->expiration));
    if (status != SHUB_OK)
        return status;
    return shub__s3_keys_init(keys, names[kind], SHUB_E_CONTENT, a->access_key,
                              a->secret_key, a->token, expires_us, err);
}

shub_status shub__s3_metadata_read(shub__s3_metadata kind, shub_slice body,
                                   shub__s3_keys *keys, shub_error *err)
{
    answer a = {.version = SHUB_NONE};
    shub__buf scratch;
    shub__json j;
    shub_status status;

    memset(keys, 0, sizeof *keys);
    if (body.len > SHUB__S3_METADATA_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "%s: answer is larger than %zu bytes", names[kind],
                          SHUB__S3_METADATA_MAX);
    shub__buf_init_secret(&scratch, SHUB__S3_METADATA_MAX);
    shub__json_init(&j, body, &scratch);
    read_fields(&j, kind, &a);
    status = shub__json_finish(&j, err);
    if (status == SHUB_OK)
        status = make_keys(kind, &a, keys, err);
    shub__buf_fini(&scratch);
    return status;
}

/* IAM API Reference, CreateRole: RoleName matches [\w+=,.@-]+. */
static int is_name_byte(char c)
{
    char lower = shub__lower(c);

    return shub__is_digit(c) || (lower >= 'a' && lower <= 'z') ||
           (c && strchr("_+=,.@-", c));
}

shub_status shub__s3_role_name_read(shub_slice body, char name[SHUB__S3_ROLE_NAME_MAX],
                                    shub_error *err)
{
    shub_slice line, rest;
    size_t i = 0;

    name[0] = '\0';
    (void)shub__cut(shub__trim(body), '\n', &line, &rest);
    line = shub__trim(line);
    while (i < line.len && is_name_byte(line.ptr[i]))
        i++;
    if (!line.len || i < line.len || line.len >= SHUB__S3_ROLE_NAME_MAX)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "%s: the instance has no role with a name",
                          names[SHUB__S3_METADATA_INSTANCE]);
    memcpy(name, line.ptr, line.len);
    name[line.len] = '\0';
    return SHUB_OK;
}
