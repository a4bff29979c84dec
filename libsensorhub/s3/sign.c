#include "s3/sigv4.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "s3/address.h"
#include "s3/uri.h"

#include <string.h>

#define METHOD_MAX 32

/* All that one call needs. */
typedef struct call {
    shub_s3_sign_options opts;
    shub__sigv4_signer signer;
    shub__sigv4_request req;
    shub__address address;
    char date[SHUB_S3_DATE_MAX];
    shub_s3_pair query[SHUB__SIGV4_PAIRS];
    shub_s3_pair headers[SHUB__SIGV4_PAIRS];
    shub__buf decoded; /* path and query of the URL; as large as it from the start, so
                          that slices of it stay */
} call;

/* ---- what the caller gave --------------------------------------------------------- */

/* Printable ASCII without the bytes that end it where it is used. */
static int is_plain(shub_slice text, const char *not_these)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || strchr(not_these, text.ptr[i]))
            return 0;
    return 1;
}

/* Never shows the text: it may be a secret that was put into the wrong place. */
static shub_status check_plain(shub_slice text, const char *not_these, const char *what,
                               shub_error *err)
{
    if (is_plain(text, not_these))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                      "%s holds a byte that may not be there", what);
}

static shub_status check_given(shub_slice text, const char *what, shub_error *err)
{
    if (text.len)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s is missing", what);
}

static shub_status set_signer(call *c, shub_error *err)
{
    shub__sigv4_signer *s = &c->signer;
    shub_status status = check_given(c->opts.access_key, "access key", err);

    if (status == SHUB_OK)
        status = check_given(c->opts.secret_key, "secret key", err);
    if (status == SHUB_OK)
        status = check_plain(c->opts.access_key, ",", "access key", err);
    if (status == SHUB_OK)
        status = check_plain(c->opts.session_token, "", "session token", err);
    if (status == SHUB_OK)
        status = check_plain(c->opts.region, "/,", "region", err);
    if (status == SHUB_OK)
        status = check_plain(c->opts.service, "/,", "service", err);
    s->access_key = c->opts.access_key;
    s->secret_key = c->opts.secret_key;
    s->session_token = c->opts.session_token;
    s->region = c->opts.region.len ? c->opts.region : SHUB_LIT("us-east-1");
    s->service = c->opts.service.len ? c->opts.service : SHUB_LIT("s3");
    s->time_us = c->opts.time_us;
    s->normalize = !shub_slice_equal(s->service, SHUB_LIT("s3"));
    return status;
}

static shub_status set_method(call *c, shub_slice method, shub_error *err)
{
    int good = method.len > 0 && method.len <= METHOD_MAX;

    for (size_t i = 0; good && i < method.len; i++)
        good = (method.ptr[i] >= 'A' && method.ptr[i] <= 'Z') || method.ptr[i] == '-';
    c->req.method = method;
    if (good)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                      "method \"%.*s\" is none: 1 to %d capital letters",
                      SHUB__SHOW(method), METHOD_MAX);
}

static int is_sha256(shub_slice payload)
{
    for (size_t i = 0; i < payload.len; i++)
        if (shub__hex_value(payload.ptr[i]) < 0)
            return 0;
    return payload.len == SHUB__SIGV4_HEX - 1;
}

static shub_status set_payload(call *c, shub_slice payload, shub_error *err)
{
    c->req.payload = payload;
    if (is_sha256(payload) || shub_slice_equal(payload, SHUB_LIT(SHUB__SIGV4_UNSIGNED)))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                      "payload \"%.*s\" is neither 64 hexadecimal digits nor "
                      "UNSIGNED-PAYLOAD",
                      SHUB__SHOW(payload));
}

/* ---- url -------------------------------------------------------------------------- */

/* There is room, and the URL was checked: this cannot fail. */
static shub_slice decode(call *c, shub_slice text, int plus)
{
    size_t begin = c->decoded.len;

    (void)shub__uri_decode(&c->decoded, text, plus);
    return shub_bytes(c->decoded.ptr + begin, c->decoded.len - begin);
}

static int is_of_signing(shub_slice name)
{
    static const char *const names[] = {
        "X-Amz-Algorithm", "X-Amz-Credential",    "X-Amz-Date",          "X-Amz-Expires",
        "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Security-Token"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (shub__equal_nocase(name, shub_str(names[i])))
            return 1;
    return 0;
}

static shub_status add_parameter(call *c, shub_slice text, shub_error *err)
{
    shub_s3_pair *pair = &c->query[c->req.query_count];
    shub_slice name, value;

    if (c->req.query_count == SHUB__SIGV4_PAIRS)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "url has more than %d query parameters", SHUB__SIGV4_PAIRS);
    (void)shub__cut(text, '=', &name, &value);
    pair->name = decode(c, name, 1);
    pair->value = decode(c, value, 1);
    if (is_of_signing(pair->name))
        return shub__fail(err, SHUB_E_INVALID, text.ptr - c->address.url.ptr,
                          "url is presigned already: it has %.*s",
                          SHUB__SHOW(pair->name));
    c->req.query_count++;
    return SHUB_OK;
}

static shub_status set_query(call *c, shub_error *err)
{
    shub_slice rest = c->address.query, text;
    shub_status status = SHUB_OK;

    c->req.query = c->query;
    while (rest.len && status == SHUB_OK) {
        (void)shub__cut(rest, '&', &text, &rest);
        if (text.len)
            status = add_parameter(c, text, err);
    }
    return status;
}

/* S3 signs the path it understands, other services the one they were sent. */
static shub_status set_url(call *c, shub_slice url, shub_error *err)
{
    shub_status status = shub__address_read(url, &c->address, err);

    if (status != SHUB_OK)
        return status;
    shub__buf_init(&c->decoded, url.len);
    if (!shub__buf_room(&c->decoded, url.len))
        return shub__buf_check(&c->decoded, "url", err);
    c->req.path = c->signer.normalize ? c->address.path : decode(c, c->address.path, 0);
    return set_query(c, err);
}

/* ---- headers ---------------------------------------------------------------------- */

static int is_value(shub_slice value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.ptr[i] < ' ' && value.ptr[i] != '\t') ||
            value.ptr[i] == 127)
            return 0;
    return 1;
}

static const char *trouble_of(const shub_s3_pair *header)
{
    static const char *const ours[] = {"authorization", "host", "x-amz-content-sha256",
                                       "x-amz-date", "x-amz-security-token"};

    /* RFC 9110 section 5.6.2: what a token may not hold. */
    if (!header->name.len || !is_plain(header->name, "\"(),/:;<=>?@[\\]{}"))
        return "is no name of a header";
    if (!is_value(header->value))
        return "has a value with control characters";
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        if (shub__equal_nocase(header->name, shub_str(ours[i])))
            return "is added by signing";
    return NULL;
}

static void add_header(call *c, const char *name, shub_slice value)
{
    shub_s3_pair *pair = &c->headers[c->req.header_count++];

    pair->name = shub_str(name);
    pair->value = value;
}

static shub_status set_headers(call *c, const shub_s3_pair *headers, size_t count,
                               shub_error *err)
{
    enum { OURS = 4 };

    if (count > SHUB__SIGV4_PAIRS - OURS)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "request has %zu headers, at most %d can be signed", count,
                          SHUB__SIGV4_PAIRS - OURS);
    for (size_t i = 0; i < count; i++) {
        const char *trouble = trouble_of(&headers[i]);
        if (trouble)
            return shub__fail_at(err,
                                 shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                                            "header \"%.*s\" %s",
                                            SHUB__SHOW(headers[i].name), trouble),
                                 (int64_t)i);
        c->headers[i] = headers[i];
    }
    c->req.headers = c->headers;
    c->req.header_count = count;
    add_header(c, "host", c->address.host);
    return SHUB_OK;
}

/* ---- both ------------------------------------------------------------------------- */

static shub_status prepare(call *c, const shub_s3_sign_options *opts, shub_slice method,
                           shub_slice url, const shub_s3_pair *headers,
                           size_t header_count, shub_error *err)
{
    shub_status status = shub__options_in(&c->opts, sizeof c->opts, opts, err);

    memset(&c->signer, 0, sizeof c->signer);
    memset(&c->req, 0, sizeof c->req);
    shub__buf_init(&c->decoded, 0);
    if (status == SHUB_OK)
        status = set_signer(c, err);
    if (status == SHUB_OK)
        status = set_method(c, method, err);
    if (status == SHUB_OK)
        status = set_url(c, url, err);
    if (status == SHUB_OK)
        status = set_headers(c, headers, header_count, err);
    return status;
}

static shub_status authorize(call *c, shub_slice payload, shub__buf *value,
                             shub_error *err)
{
    shub_status status = set_payload(c, payload, err);

    if (status == SHUB_OK)
        status = shub__sigv4_date(c->signer.time_us, c->date, err);
    if (status != SHUB_OK)
        return status;
    add_header(c, "x-amz-content-sha256", payload);
    add_header(c, "x-amz-date", shub_str(c->date));
    if (c->signer.session_token.len)
        add_header(c, "x-amz-security-token", c->signer.session_token);
    return shub__sigv4_authorize(&c->signer, &c->req, value, err);
}

shub_status shub_s3_sign(const shub_s3_sign_options *opts, shub_slice method,
                         shub_slice url, const shub_s3_pair *headers, size_t header_count,
                         shub_slice payload, shub_s3_signature *signature,
                         shub_error *err)
{
    shub_s3_signature out = SHUB_S3_SIGNATURE_INIT;
    shub__buf value;
    shub_status status;
    call c;

    shub__buf_init(&value, sizeof out.authorization - 1);
    status = prepare(&c, opts, method, url, headers, header_count, err);
    if (status == SHUB_OK)
        status = authorize(&c, payload, &value, err);
    if (status == SHUB_OK) {
        memcpy(out.authorization, value.ptr, value.len + 1);
        memcpy(out.date, c.date, sizeof out.date);
    }
    shub__buf_fini(&value);
    shub__buf_fini(&c.decoded);
    shub__result_out(signature, &out, sizeof out);
    return status;
}

static shub_status presign(call *c, shub__buf *query, shub_error *err)
{
    c->req.payload = c->signer.normalize ? SHUB_LIT(SHUB__SIGV4_EMPTY)
                                         : SHUB_LIT(SHUB__SIGV4_UNSIGNED);
    return shub__sigv4_presign(&c->signer, &c->req, c->opts.expires_s, query, err);
}

/* The URL up to its query, "?", the new query. */
static shub_status write_url(const call *c, shub_slice query, char *dst, size_t cap,
                             size_t *len, shub_error *err)
{
    shub_slice front = c->address.front, path = c->address.path;
    size_t size = front.len + path.len + 1 + query.len;
    char *to = dst;

    if (size >= cap)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "presigned url has %zu bytes, there is room for %zu", size,
                          cap ? cap - 1 : 0);
    memcpy(to, front.ptr, front.len);
    memcpy(to += front.len, path.ptr, path.len);
    *(to += path.len) = '?';
    memcpy(to + 1, query.ptr, query.len);
    dst[size] = '\0';
    *len = size;
    return SHUB_OK;
}

shub_status shub_s3_presign(const shub_s3_sign_options *opts, shub_slice method,
                            shub_slice url, const shub_s3_pair *headers,
                            size_t header_count, char *dst, size_t cap, size_t *len,
                            shub_error *err)
{
    shub__buf query;
    shub_status status;
    call c;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    shub__buf_init(&query, SHUB_S3_URL_MAX - 1);
    status = prepare(&c, opts, method, url, headers, header_count, err);
    if (status == SHUB_OK)
        status = presign(&c, &query, err);
    if (status == SHUB_OK)
        status = write_url(&c, shub__buf_view(&query), dst, cap, len, err);
    shub__wipe(query.ptr, query.len);
    shub__buf_fini(&query);
    shub__buf_fini(&c.decoded);
    return status;
}
