#include "s3/sigv4.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "s3/hash.h"
#include "s3/uri.h"

#include <string.h>

#define REQUEST_MAX       ((size_t)1 << 17) /* bytes of a canonical request */
#define SCOPE_END         "/aws4_request"
#define TEXT_MAX          512 /* bytes of a string to sign */

#define DEFAULT_EXPIRES_S 900

/* What a signature is made of, besides the request. */
typedef struct stamp {
    char date[SHUB_S3_DATE_MAX];
    char scope[SHUB__SIGV4_SCOPE];
} stamp;

static shub_status stamp_of(const shub__sigv4_signer *signer, stamp *out, shub_error *err)
{
    shub_status status = shub__sigv4_date(signer->time_us, out->date, err);

    if (status != SHUB_OK)
        return status;
    return shub__sigv4_scope(signer, out->date, out->scope, err);
}

static shub_status write_text(const stamp *at, shub_slice canonical, shub__buf *out,
                              shub_error *err)
{
    unsigned char hash[SHUB__SHA256_BYTES];
    char hex[2 * SHUB__SHA256_BYTES];
    shub_status status = shub__sha256(canonical, hash, err);

    if (status != SHUB_OK)
        return status;
    shub__hex_write(hash, sizeof hash, hex);
    shub__buf_text(out, SHUB__SIGV4_ALGORITHM "\n");
    shub__buf_text(out, at->date);
    shub__buf_byte(out, '\n');
    shub__buf_text(out, at->scope);
    shub__buf_text(out, SCOPE_END "\n");
    shub__buf_add(out, hex, sizeof hex);
    return shub__buf_check(out, "string to sign", err);
}

shub_status shub__sigv4_string_to_sign(const shub__sigv4_signer *signer,
                                       shub_slice canonical, shub__buf *out,
                                       shub_error *err)
{
    stamp at;
    shub_status status = stamp_of(signer, &at, err);

    return status == SHUB_OK ? write_text(&at, canonical, out, err) : status;
}

/* The canonical request holds the session token, when there is one. */
static void free_canonical(const shub__sigv4_signer *signer, shub__buf *canonical)
{
    if (signer->session_token.len)
        shub__wipe(canonical->ptr, canonical->len);
    shub__buf_fini(canonical);
}

static shub_status sign(const shub__sigv4_signer *signer, const stamp *at,
                        shub_slice canonical, char signature[SHUB__SIGV4_HEX],
                        shub_error *err)
{
    shub__buf text;
    shub_status status;

    shub__buf_init(&text, TEXT_MAX);
    status = write_text(at, canonical, &text, err);
    if (status == SHUB_OK)
        status =
            shub__sigv4_sign(signer, at->scope, shub__buf_view(&text), signature, err);
    shub__buf_fini(&text);
    return status;
}

static void write_credential(const shub__sigv4_signer *signer, const stamp *at,
                             shub__buf *out)
{
    shub__buf_slice(out, signer->access_key);
    shub__buf_byte(out, '/');
    shub__buf_text(out, at->scope);
    shub__buf_text(out, SCOPE_END);
}

/* ---- header form ------------------------------------------------------------------ */

static shub_status authorize(const shub__sigv4_signer *signer, const stamp *at,
                             const shub__sigv4_request *req, shub__buf *canonical,
                             shub__buf *value, shub_error *err)
{
    char signature[SHUB__SIGV4_HEX];
    shub_slice names;
    shub_status status = shub__sigv4_canonical(signer, req, canonical, NULL, &names, err);

    if (status == SHUB_OK)
        status = sign(signer, at, shub__buf_view(canonical), signature, err);
    if (status != SHUB_OK)
        return status;
    shub__buf_text(value, SHUB__SIGV4_ALGORITHM " Credential=");
    write_credential(signer, at, value);
    shub__buf_text(value, ", SignedHeaders=");
    shub__buf_slice(value, names);
    shub__buf_text(value, ", Signature=");
    shub__buf_text(value, signature);
    return shub__buf_check(value, "Authorization", err);
}

shub_status shub__sigv4_authorize(const shub__sigv4_signer *signer,
                                  const shub__sigv4_request *req, shub__buf *value,
                                  shub_error *err)
{
    shub__buf canonical;
    stamp at;
    shub_status status = stamp_of(signer, &at, err);

    if (status != SHUB_OK)
        return status;
    shub__buf_init(&canonical, REQUEST_MAX);
    status = authorize(signer, &at, req, &canonical, value, err);
    free_canonical(signer, &canonical);
    return status;
}

/* ---- query form ------------------------------------------------------------------- */

/* The request with the parameters of signing. */
typedef struct presigned {
    shub__sigv4_request req;
    shub_s3_pair query[SHUB__SIGV4_PAIRS];
    shub__buf credential, names, canonical;
    char expires[SHUB__INT64_MAX];
} presigned;

static void add(presigned *p, const char *name, shub_slice value)
{
    shub_s3_pair *pair = &p->query[p->req.query_count++];

    pair->name = shub_str(name);
    pair->value = value;
}

static shub_status add_parameters(presigned *p, const shub__sigv4_signer *signer,
                                  const stamp *at, int64_t expires_s, shub_error *err)
{
    shub_status status = shub__sigv4_signed_headers(&p->req, &p->names, err);

    write_credential(signer, at, &p->credential);
    if (status == SHUB_OK)
        status = shub__buf_check(&p->credential, "credential", err);
    if (status != SHUB_OK)
        return status;
    (void)shub__int64_write(expires_s, p->expires);
    add(p, "X-Amz-Algorithm", SHUB_LIT(SHUB__SIGV4_ALGORITHM));
    add(p, "X-Amz-Credential", shub__buf_view(&p->credential));
    add(p, "X-Amz-Date", shub_str(at->date));
    add(p, "X-Amz-Expires", shub_str(p->expires));
    if (signer->session_token.len && !signer->omit_token)
        add(p, "X-Amz-Security-Token", signer->session_token);
    add(p, "X-Amz-SignedHeaders", shub__buf_view(&p->names));
    return SHUB_OK;
}

static shub_status presign(presigned *p, const shub__sigv4_signer *signer,
                           int64_t expires_s, shub__buf *query, shub_error *err)
{
    char signature[SHUB__SIGV4_HEX];
    shub_slice signed_query;
    stamp at;
    shub_status status = stamp_of(signer, &at, err);

    if (status == SHUB_OK)
        status = add_parameters(p, signer, &at, expires_s, err);
    if (status == SHUB_OK)
        status = shub__sigv4_canonical(signer, &p->req, &p->canonical, &signed_query,
                                       NULL, err);
    if (status == SHUB_OK)
        status = sign(signer, &at, shub__buf_view(&p->canonical), signature, err);
    if (status != SHUB_OK)
        return status;
    shub__buf_slice(query, signed_query);
    if (signer->session_token.len && signer->omit_token) {
        shub__buf_text(query, "&X-Amz-Security-Token=");
        shub__uri_encode(query, signer->session_token, 0);
    }
    shub__buf_text(query, "&X-Amz-Signature=");
    shub__buf_text(query, signature);
    return shub__buf_check(query, "presigned query", err);
}

shub_status shub__sigv4_presign(const shub__sigv4_signer *signer,
                                const shub__sigv4_request *req, int64_t expires_s,
                                shub__buf *query, shub_error *err)
{
    enum { OWN = 6 };
    presigned p;
    shub_status status;

    if (!expires_s)
        expires_s = DEFAULT_EXPIRES_S;
    if (expires_s < 1 || expires_s > SHUB_S3_EXPIRES_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "expires_s is %lld, not 1 to %d", (long long)expires_s,
                          SHUB_S3_EXPIRES_MAX);
    if (req->query_count > SHUB__SIGV4_PAIRS - OWN)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "request has more than %d query parameters",
                          SHUB__SIGV4_PAIRS - OWN);
    p.req = *req;
    p.req.query = p.query;
    if (req->query_count)
        memcpy(p.query, req->query, req->query_count * sizeof *p.query);
    shub__buf_init(&p.credential, REQUEST_MAX);
    shub__buf_init(&p.names, REQUEST_MAX);
    shub__buf_init(&p.canonical, REQUEST_MAX);
    status = presign(&p, signer, expires_s, query, err);
    shub__buf_fini(&p.credential);
    shub__buf_fini(&p.names);
    free_canonical(signer, &p.canonical);
    return status;
}
