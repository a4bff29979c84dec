#include "s3_sigv4.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

/* ACCESS/DATE/REGION/SERVICE/aws4_request */
static bool parse_credential(const char *text, struct s3_claim *claim)
{
    char rest[16];
    char end;
    return sscanf(text, "%63[^/]/%8[0-9]/%63[^/]/%31[^/]/%15[^/]%c", claim->access,
                  claim->date, claim->region, claim->service, rest, &end) == 5 &&
           strlen(claim->date) == 8 && strcmp(rest, "aws4_request") == 0;
}

static bool take_text(char *to, size_t size, const char *from)
{
    return from && snprintf(to, size, "%s", from) < (int)size;
}

static bool take_signature(struct s3_claim *claim, const char *text)
{
    return take_text(claim->signature, sizeof claim->signature, text) &&
           strlen(text) == 64;
}

static bool parse_fields(char *text, struct s3_claim *claim)
{
    bool credential = false;
    bool signature = false;
    char *rest = text;
    char *field;
    while ((field = strsep(&rest, ",")) != NULL) {
        field += strspn(field, " \t");
        if (s3_has_prefix(field, "Credential="))
            credential = parse_credential(field + 11, claim);
        else if (s3_has_prefix(field, "SignedHeaders=") && !claim->signed_headers)
            claim->signed_headers = s3_copy(field + 14);
        else if (s3_has_prefix(field, "Signature="))
            signature = take_signature(claim, field + 10);
    }
    return credential && signature && claim->signed_headers;
}

static bool read_header(struct s3_exchange *x, const char *authorization,
                        struct s3_claim *claim)
{
    if (!s3_has_prefix(authorization, ALGORITHM " "))
        return s3_fail_as(x, 400, "InvalidRequest",
                          "The authorization mechanism you have provided is not "
                          "supported. Please use AWS4-HMAC-SHA256.",
                          NULL);
    char *fields = s3_copy(authorization + sizeof ALGORITHM);
    bool good = parse_fields(fields, claim);
    free(fields);
    if (!good)
        return s3_fail_as(x, 400, "AuthorizationHeaderMalformed",
                          "The authorization header is malformed", NULL);
    if (!take_text(claim->amz_date, sizeof claim->amz_date, s3_header(x, "x-amz-date")))
        return s3_fail_as(x, 403, "AccessDenied",
                          "AWS authentication requires a valid Date or x-amz-date header",
                          NULL);
    claim->token = s3_header(x, "x-amz-security-token");
    claim->payload = s3_header(x, "x-amz-content-sha256");
    if (!claim->payload && strcmp(claim->service, "s3") == 0)
        return s3_fail_as(x, 400, "InvalidRequest",
                          "Missing required header for this request: "
                          "x-amz-content-sha256",
                          NULL);
    if (!claim->payload) {
        s3_digest_hex(S3_SHA256, x->body, x->size, claim->payload_hash);
        claim->payload = claim->payload_hash;
    }
    return true;
}

static bool read_query(struct s3_exchange *x, struct s3_claim *claim)
{
    const char *algorithm = s3_parameter(x, "X-Amz-Algorithm");
    const char *credential = s3_parameter(x, "X-Amz-Credential");
    const char *headers = s3_parameter(x, "X-Amz-SignedHeaders");
    const char *date = s3_parameter(x, "X-Amz-Date");
    const char *payload = s3_header(x, "x-amz-content-sha256");
    claim->presigned = true;
    claim->token = s3_parameter(x, "X-Amz-Security-Token");
    claim->payload = payload ? payload : "UNSIGNED-PAYLOAD";
    claim->signed_headers = headers ? s3_copy(headers) : NULL;
    bool good =
        algorithm && strcmp(algorithm, ALGORITHM) == 0 && credential && headers &&
        parse_credential(credential, claim) &&
        take_text(claim->amz_date, sizeof claim->amz_date, date) &&
        take_signature(claim, s3_parameter(x, "X-Amz-Signature")) &&
        s3_parse_number(s3_parameter(x, "X-Amz-Expires"), 1, 604800, &claim->expires_s);
    return good || s3_fail(x, "AuthorizationQueryParametersError", NULL);
}

bool s3_claim_read(struct s3_exchange *x, struct s3_claim *claim)
{
    const char *authorization = s3_header(x, "authorization");
    *claim = (struct s3_claim){0};
    if (authorization)
        return read_header(x, authorization, claim);
    if (s3_parameter(x, "X-Amz-Signature") || s3_parameter(x, "X-Amz-Algorithm"))
        return read_query(x, claim);
    return s3_fail(x, "AccessDenied", NULL);
}

void s3_claim_free(struct s3_claim *claim)
{
    free(claim->signed_headers);
    claim->signed_headers = NULL;
}

static bool is_signed(const struct s3_claim *claim, const char *name)
{
    size_t size = strlen(name);
    const char *at = claim->signed_headers;
    while (*at) {
        size_t word = strcspn(at, ";");
        if (word == size && strncasecmp(at, name, size) == 0)
            return true;
        at += word + (at[word] == ';');
    }
    return false;
}

bool s3_claim_covers(struct s3_exchange *x, const struct s3_claim *claim)
{
    for (size_t i = 0; i < x->headers.count; i++) {
        const char *name = x->headers.items[i].name;
        bool needed = strcasecmp(name, "host") == 0 ||
                      strncasecmp(name, "x-amz-", 6) == 0 ||
                      (strcasecmp(name, "content-md5") == 0 && !claim->presigned);
        if (!needed || is_signed(claim, name))
            continue;
        char *details = s3_print("<HeadersNotSigned>%s</HeadersNotSigned>", name);
        s3_fail_as(x, 403, "AccessDenied",
                   "There were headers present in the request which were not signed",
                   details);
        free(details);
        return false;
    }
    return true;
}

/* Inner runs of spaces become one, those around the value none. */
static void write_trimmed(FILE *out, const char *value)
{
    bool pending = false;
    value += strspn(value, " \t");
    for (; *value; value++) {
        if (*value == ' ' || *value == '\t') {
            pending = true;
            continue;
        }
        if (pending)
            putc(' ', out);
        pending = false;
        putc(*value, out);
    }
}

static void write_header(FILE *out, const struct s3_exchange *x, const char *name)
{
    bool first = true;
    fprintf(out, "%s:", name);
    for (size_t i = 0; i < x->headers.count; i++) {
        if (strcasecmp(x->headers.items[i].name, name) != 0)
            continue;
        if (!first)
            putc(',', out);
        first = false;
        write_trimmed(out, x->headers.items[i].value);
    }
    putc('\n', out);
}

static void write_headers(FILE *out, const struct s3_exchange *x,
                          const struct s3_claim *claim)
{
    char *names = s3_copy(claim->signed_headers);
    char *rest = names;
    char *name;
    while ((name = strsep(&rest, ";")) != NULL)
        write_header(out, x, name);
    free(names);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "a=1" must come before "a-b=1": sorted by name, so the pair is compared with a NUL. */
static void write_query(FILE *out, const struct s3_exchange *x)
{
    char **texts = s3_alloc((x->query.count + 1) * sizeof *texts);
    size_t count = 0;
    for (size_t i = 0; i < x->query.count; i++) {
        const struct s3_pair *pair = &x->query.items[i];
        if (strcmp(pair->name, "X-Amz-Signature") == 0)
            continue;
        char *name = s3_url_encode(pair->name, false);
        char *value = s3_url_encode(pair->value, false);
        texts[count++] = s3_print("%s\1%s", name, value);
        free(name);
        free(value);
    }
    qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t i = 0; i < count; i++) {
        texts[i][strcspn(texts[i], "\1")] = '=';
        fprintf(out, "%s%s", i ? "&" : "", texts[i]);
        free(texts[i]);
    }
    free(texts);
}

/* S3 encodes the path once and does not normalize it; "//" and ".." stay. */
static char *canonical_request(const struct s3_exchange *x, const struct s3_claim *claim)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    char *path = s3_copy(x->path);
    s3_url_decode(path, false);
    char *encoded = s3_url_encode(path, true);
    fprintf(out, "%s\n%s\n", x->method, encoded);
    free(encoded);
    free(path);
    write_query(out, x);
    putc('\n', out);
    write_headers(out, x, claim);
    fprintf(out, "\n%s\n%s", claim->signed_headers, claim->payload);
    if (fclose(out) != 0)
        abort();
    return text;
}

/* The four steps of the derivation, kept as long as date, region and service stay. */
static void derive(struct s3_key *key, const struct s3_claim *claim)
{
    char scope[sizeof key->scope];
    snprintf(scope, sizeof scope, "%s/%s", claim->region, claim->service);
    if (strcmp(key->date, claim->date) == 0 && strcmp(key->scope, scope) == 0)
        return;
    memcpy(key->date, claim->date, sizeof key->date);
    memcpy(key->scope, scope, sizeof scope);
    char *secret = s3_print("AWS4%s", key->secret);
    const char *steps[] = {claim->date, claim->region, claim->service, "aws4_request"};
    unsigned char mac[S3_DIGEST_MAX];
    s3_hmac_sha256(secret, strlen(secret), steps[0], strlen(steps[0]), mac);
    for (int i = 1; i < 4; i++) {
        unsigned char next[S3_DIGEST_MAX];
        s3_hmac_sha256(mac, sizeof mac, steps[i], strlen(steps[i]), next);
        memcpy(mac, next, sizeof mac);
    }
    memcpy(key->derived, mac, sizeof mac);
    free(secret);
}

static void refuse(struct s3_exchange *x, const struct s3_claim *claim,
                   const char *request, const char *string)
{
    char *details = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&details, &size);
    if (!out)
        abort();
    s3_write_element(out, "AWSAccessKeyId", claim->access);
    s3_write_element(out, "StringToSign", string);
    s3_write_element(out, "SignatureProvided", claim->signature);
    s3_write_element(out, "CanonicalRequest", request);
    if (fclose(out) != 0)
        abort();
    s3_fail(x, "SignatureDoesNotMatch", details);
    free(details);
}

bool s3_claim_verify(struct s3_exchange *x, const struct s3_claim *claim,
                     struct s3_key *key)
{
    char hash[S3_HEX_SIZE];
    char signature[S3_HEX_SIZE];
    unsigned char mac[S3_DIGEST_MAX];
    char *request = canonical_request(x, claim);
    s3_digest_hex(S3_SHA256, request, strlen(request), hash);
    char *string =
        s3_print("%s\n%s\n%s/%s/%s/aws4_request\n%s", ALGORITHM, claim->amz_date,
                 claim->date, claim->region, claim->service, hash);
    derive(key, claim);
    s3_hmac_sha256(key->derived, sizeof key->derived, string, strlen(string), mac);
    s3_hex(mac, sizeof mac, signature);
    bool same = CRYPTO_memcmp(signature, claim->signature, 64) == 0;
    if (!same)
        refuse(x, claim, request, string);
    free(request);
    free(string);
    return same;
}
