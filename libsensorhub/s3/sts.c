#include "s3/sts.h"

#include "base/error.h"
#include "base/text.h"
#include "s3/endpoint.h"
#include "s3/error_text.h"
#include "s3/uri.h"
#include "s3/xml.h"

#include <stdio.h>
#include <string.h>

#define VERSION   "2011-06-15"
#define URL_BYTES ((size_t)8192)
#define CODE_MAX  ((size_t)64)  /* bytes of an error's code that are kept */
#define WORDS_MAX ((size_t)120) /* of its message that are shown */

/* ---- requests ------------------------------------------------------------------ */

static shub_status write_place(shub__sts_place *place, const shub__s3_endpoint *endpoint,
                               shub_error *err)
{
    shub_slice rest;
    shub_status status;

    if (!endpoint->host)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "endpoint of the token service is one of Amazon S3");
    shub__buf_text(&place->url, endpoint->tls ? "https://" : "http://");
    shub__buf_text(&place->url, endpoint->host);
    if (!endpoint->path[0])
        shub__buf_byte(&place->url, '/');
    shub__uri_encode(&place->url, shub_str(endpoint->path), 1);
    status = shub__buf_check(&place->url, "URL of the token service", err);
    if (status != SHUB_OK)
        return status;
    rest = shub__buf_view(&place->url);
    rest.ptr += endpoint->tls ? sizeof "https://" - 1 : sizeof "http://" - 1;
    place->host = shub_bytes(rest.ptr, strlen(endpoint->host));
    place->path = shub_str(rest.ptr + place->host.len);
    return SHUB_OK;
}

shub_status shub__sts_place_init(shub__sts_place *place, const char *endpoint,
                                 const char *region, shub_error *err)
{
    const char *suffix = shub__s3_amazon_suffix(shub_str(region));
    shub__s3_endpoint parts;
    char own[128];
    shub_status status;

    memset(place, 0, sizeof *place);
    shub__buf_init(&place->url, URL_BYTES);
    if (!endpoint && !shub__s3_is_region(shub_str(region)))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "region \"%.*s\" is none of Amazon's",
                          SHUB__SHOW(shub_str(region)));
    (void)snprintf(own, sizeof own, "https://sts.%.63s%s", region, suffix);
    status = shub__s3_endpoint_init(&parts, endpoint ? endpoint : own, NULL,
                                    SHUB_S3_ADDRESSING_PATH, err);
    if (status == SHUB_OK)
        status = write_place(place, &parts, err);
    shub__s3_endpoint_fini(&parts);
    return status;
}

void shub__sts_place_fini(shub__sts_place *place)
{
    shub__buf_fini(&place->url);
    memset(place, 0, sizeof *place);
}

static void add(shub__buf *form, const char *name, shub_slice value)
{
    shub__buf_byte(form, '&');
    shub__buf_text(form, name);
    shub__buf_byte(form, '=');
    shub__uri_encode(form, value, 0);
}

static shub_status write_form(const char *action, const shub__s3_role *role,
                              shub_slice token, int64_t now_us, shub__buf *form,
                              shub_error *err)
{
    char session[32], duration[32];

    (void)snprintf(session, sizeof session, "sensorhub-%lld",
                   (long long)(now_us / SHUB_SECOND_US));
    shub__buf_text(form, "Action=");
    shub__buf_text(form, action);
    shub__buf_text(form, "&Version=" VERSION);
    add(form, "RoleArn", shub_str(role->arn));
    add(form, "RoleSessionName",
        shub_str(role->session_name ? role->session_name : session));
    if (role->duration_s) {
        (void)snprintf(duration, sizeof duration, "%lld", (long long)role->duration_s);
        add(form, "DurationSeconds", shub_str(duration));
    }
    if (role->external_id)
        add(form, "ExternalId", shub_str(role->external_id));
    if (token.len)
        add(form, "WebIdentityToken", token);
    return shub__buf_check(form, "request to the token service", err);
}

shub_status shub__sts_assume_role(const shub__s3_role *role, int64_t now_us,
                                  shub__buf *form, shub_error *err)
{
    return write_form("AssumeRole", role, shub_bytes(NULL, 0), now_us, form, err);
}

shub_status shub__sts_assume_with_token(const shub__s3_role *role, shub_slice token,
                                        int64_t now_us, shub__buf *form, shub_error *err)
{
    return write_form("AssumeRoleWithWebIdentity", role, token, now_us, form, err);
}

/* ---- answers ------------------------------------------------------------------- */

/* STS API Reference, "Common Errors" and the pages of both actions. */
static const struct fault {
    const char *code;
    shub_status status;
    int again;
} faults[] = {
    {"AccessDenied", SHUB_E_DENIED, 0},
    {"AccessDeniedException", SHUB_E_DENIED, 0},
    {"ExpiredToken", SHUB_E_EXPIRED, 0},
    {"ExpiredTokenException", SHUB_E_EXPIRED, 0},
    {"IDPCommunicationError", SHUB_E_REMOTE, 1},
    {"IDPRejectedClaim", SHUB_E_AUTH, 0},
    {"IncompleteSignature", SHUB_E_SIGNATURE, 0},
    {"InvalidAccessKeyId", SHUB_E_AUTH, 0},
    {"InvalidClientTokenId", SHUB_E_AUTH, 0},
    {"InvalidIdentityToken", SHUB_E_AUTH, 1},
    {"MissingAuthenticationToken", SHUB_E_AUTH, 0},
    {"NotAuthorized", SHUB_E_DENIED, 0},
    {"OptInRequired", SHUB_E_DENIED, 0},
    {"RegionDisabledException", SHUB_E_DENIED, 0},
    {"RequestExpired", SHUB_E_SKEWED, 0},
    {"RequestTimeTooSkewed", SHUB_E_SKEWED, 0},
    {"SignatureDoesNotMatch", SHUB_E_SIGNATURE, 0},
    {"SlowDown", SHUB_E_OVERLOADED, 1},
    {"Throttling", SHUB_E_OVERLOADED, 1},
    {"ThrottlingException", SHUB_E_OVERLOADED, 1},
    {"UnrecognizedClientException", SHUB_E_AUTH, 0},
};

typedef struct answer {
    shub__buf access_key, secret_key, token, expiration;
    shub__buf code;
    shub__s3_error_text words;
} answer;

static void answer_init(answer *a)
{
    shub__buf_init_secret(&a->access_key, SHUB__STS_BODY_MAX);
    shub__buf_init_secret(&a->secret_key, SHUB__STS_BODY_MAX);
    shub__buf_init_secret(&a->token, SHUB__STS_BODY_MAX);
    shub__buf_init(&a->expiration, SHUB__STS_BODY_MAX);
    shub__buf_init(&a->code, CODE_MAX);
    shub__s3_error_text_init(&a->words);
}

static void answer_fini(answer *a)
{
    shub__buf_fini(&a->access_key);
    shub__buf_fini(&a->secret_key);
    shub__buf_fini(&a->token);
    shub__buf_fini(&a->expiration);
    shub__buf_fini(&a->code);
    shub__s3_error_text_fini(&a->words);
}

static int is_below(shub_slice path, const char *parent, shub_slice *name)
{
    size_t len = strlen(parent);

    *name = path;
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] == '/')
            *name = shub_bytes(path.ptr + i + 1, path.len - i - 1);
    return shub__ends_with(shub_bytes(path.ptr, path.len - name->len),
                           shub_bytes(parent, len));
}

static shub_status on_element(shub_slice path, shub_slice text, void *user,
                              shub_error *err)
{
    answer *a = user;
    struct {
        const char *parent, *name;
        shub__buf *to;
    } rows[] = {
        {"/Credentials/", "AccessKeyId", &a->access_key},
        {"/Credentials/", "SecretAccessKey", &a->secret_key},
        {"/Credentials/", "SessionToken", &a->token},
        {"/Credentials/", "Expiration", &a->expiration},
        {"Error/", "Code", &a->code},
    };
    shub_slice name;

    text = shub__trim(text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!is_below(path, rows[i].parent, &name) ||
            !shub_slice_equal(name, shub_str(rows[i].name)))
            continue;
        shub__buf_clear(rows[i].to);
        shub__buf_add(rows[i].to, text.ptr,
                      text.len < rows[i].to->max ? text.len : rows[i].to->max);
        return shub__buf_check(rows[i].to, rows[i].name, err);
    }
    if (is_below(path, "Error/", &name))
        shub__s3_error_text_add(&a->words, name, text);
    return shub__s3_error_text_check(&a->words, err);
}

/* ---- judging ------------------------------------------------------------------- */

static shub_status told(shub_error *err, shub_status status, int http_status)
{
    if (err)
        err->http_status = http_status;
    return status;
}

static shub_status no_answer(int http_status, int *again, shub_error *err)
{
    shub_status status = http_status == 429 || http_status == 503 ? SHUB_E_OVERLOADED
                         : http_status == 401                     ? SHUB_E_AUTH
                         : http_status == 403                     ? SHUB_E_DENIED
                                                                  : SHUB_E_HTTP;

    *again = http_status == 429 || http_status >= 500;
    (void)shub__fail(err, status, SHUB_NONE, "token service: HTTP %d", http_status);
    return told(err, status, http_status);
}

/* A clock that is wrong gets the code of a signature that is. */
static int is_skew(const answer *a)
{
    shub_slice words = shub__buf_view(&a->words.message);

    return shub__starts_with(words, SHUB_LIT("Signature expired")) ||
           shub__starts_with(words, SHUB_LIT("Signature not yet current"));
}

static shub_status judge(answer *a, int http_status, int *again, shub_error *err)
{
    shub_slice code = shub__buf_view(&a->code), words;
    shub_status status = SHUB_E_REMOTE;

    if (!code.len)
        return no_answer(http_status, again, err);
    *again = http_status == 429 || http_status >= 500;
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (shub_slice_equal(code, shub_str(faults[i].code))) {
            status = faults[i].status;
            *again |= faults[i].again;
        }
    if (status == SHUB_E_SIGNATURE && is_skew(a))
        status = SHUB_E_SKEWED;
    words = shub__s3_error_text_show(&a->words, WORDS_MAX);
    (void)shub__fail(err, status, SHUB_NONE, "%.*s: %.*s", SHUB__SHOW(code),
                     (int)words.len, words.ptr ? words.ptr : "");
    return told(err, status, http_status);
}

static shub_status make_keys(const answer *a, shub__s3_keys *keys, shub_error *err)
{
    int64_t expires_us;

    if (!a->token.len ||
        shub_time_parse(shub__buf_view(&a->expiration), &expires_us, NULL) != SHUB_OK)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "token service: an answer without SessionToken or Expiration");
    return shub__s3_keys_init(
        keys, "token service", SHUB_E_CONTENT, shub__buf_view(&a->access_key),
        shub__buf_view(&a->secret_key), shub__buf_view(&a->token), expires_us, err);
}

shub_status shub__sts_read(int http_status, shub_slice body, shub__s3_keys *keys,
                           int *again, shub_error *err)
{
    answer a;
    shub_status status;

    memset(keys, 0, sizeof *keys);
    *again = 0;
    if (body.len > SHUB__STS_BODY_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "token service: answer is larger than %zu bytes",
                          SHUB__STS_BODY_MAX);
    answer_init(&a);
    status = shub__s3_xml_read(body, on_element, &a, err);
    if (status == SHUB_OK && http_status == 200)
        status = make_keys(&a, keys, err);
    else if (status == SHUB_OK)
        status = judge(&a, http_status, again, err);
    else if (status != SHUB_E_NOMEM && http_status != 200)
        status = no_answer(http_status, again, err);
    answer_fini(&a);
    return status;
}
