#include "s3_sigv4.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SKEW_MAX_S 900

struct s3_key *s3_key_find(const s3_sim *sim, const char *access)
{
    for (size_t i = sim->key_count; i > 0; i--)
        if (strcmp(sim->keys[i - 1]->access, access) == 0)
            return sim->keys[i - 1];
    return NULL;
}

struct s3_key *s3_key_add(s3_sim *sim, const char *access, const char *secret,
                          const char *token, double expires)
{
    struct s3_key *key = s3_key_find(sim, access);
    if (!key) {
        key = s3_alloc(sizeof *key);
        sim->keys = s3_grow(sim->keys, sim->key_count + 1, sizeof *sim->keys);
        sim->keys[sim->key_count++] = key;
    }
    free(key->secret);
    free(key->token);
    *key = (struct s3_key){.expires = expires};
    snprintf(key->access, sizeof key->access, "%s", access);
    key->secret = s3_copy(secret);
    key->token = token ? s3_copy(token) : NULL;
    return key;
}

void s3_keys_free(s3_sim *sim)
{
    for (size_t i = 0; i < sim->key_count; i++) {
        free(sim->keys[i]->secret);
        free(sim->keys[i]->token);
        free(sim->keys[i]);
    }
    free(sim->keys);
}

static bool check_key(struct s3_exchange *x, const struct s3_claim *claim,
                      const struct s3_key *key)
{
    if (!key || (key->token && !claim->token)) {
        char *details = s3_print("<AWSAccessKeyId>%s</AWSAccessKeyId>", claim->access);
        s3_fail(x, "InvalidAccessKeyId", details);
        free(details);
        return false;
    }
    if (claim->token && (!key->token || strcmp(key->token, claim->token) != 0))
        return s3_fail(x, "InvalidToken", NULL);
    if (key->expires > 0 && s3_now(x->sim) >= key->expires)
        return s3_fail(x, "ExpiredToken", NULL);
    return true;
}

static bool refuse_skew(struct s3_exchange *x, const struct s3_claim *claim)
{
    char now[S3_TIME_SIZE];
    s3_time_iso(s3_now_ms(x->sim) / 1000 * 1000, now);
    memcpy(now + 19, "Z", 2); /* this one goes without milliseconds */
    char *details =
        s3_print("<RequestTime>%s</RequestTime><ServerTime>%s</ServerTime>"
                 "<MaxAllowedSkewMilliseconds>%d</MaxAllowedSkewMilliseconds>",
                 claim->amz_date, now, SKEW_MAX_S * 1000);
    s3_fail(x, "RequestTimeTooSkewed", details);
    free(details);
    return false;
}

static bool check_clock(struct s3_exchange *x, const struct s3_claim *claim)
{
    int64_t signed_s;
    double now = s3_now(x->sim);
    if (!s3_parse_time_basic(claim->amz_date, &signed_s))
        return s3_fail_as(x, 403, "AccessDenied",
                          "AWS authentication requires a valid Date or x-amz-date header",
                          NULL);
    if (strncmp(claim->amz_date, claim->date, 8) != 0)
        return s3_fail_as(x, 400, "AuthorizationHeaderMalformed",
                          "The authorization header is malformed; Invalid credential "
                          "date. Date is not the same as X-Amz-Date",
                          NULL);
    if (!claim->presigned)
        return fabs(now - (double)signed_s) <= SKEW_MAX_S || refuse_skew(x, claim);
    if ((double)signed_s > now + SKEW_MAX_S)
        return s3_fail_as(x, 403, "AccessDenied", "Request is not yet valid", NULL);
    if (now > (double)(signed_s + claim->expires_s))
        return s3_fail_as(x, 403, "AccessDenied", "Request has expired", NULL);
    return true;
}

static bool refuse_redirect(struct s3_exchange *x, const char *region)
{
    char *details = s3_print("<Endpoint>%s.s3.%s.amazonaws.com</Endpoint>"
                             "<Bucket>%s</Bucket>",
                             x->bucket_name, region, x->bucket_name);
    s3_fail(x, "PermanentRedirect", details);
    free(details);
    return false;
}

static bool refuse_region(struct s3_exchange *x, const struct s3_claim *claim,
                          const char *region)
{
    char *message = s3_print("The authorization header is malformed; the region '%s' is "
                             "wrong; expecting '%s'",
                             claim->region, region);
    char *details = s3_print("<Region>%s</Region>", region);
    s3_fail_as(x, 400, "AuthorizationHeaderMalformed", message, details);
    free(message);
    free(details);
    return false;
}

static bool check_region(struct s3_exchange *x, const struct s3_claim *claim)
{
    const struct s3_bucket *bucket = s3_store_bucket(&x->sim->store, x->bucket_name);
    const char *region = bucket ? bucket->region : x->sim->region;
    bool sts = x->operation == S3_AssumeRole;
    if (strcmp(claim->service, sts ? "sts" : "s3") != 0)
        return s3_fail_as(x, 400, "AuthorizationHeaderMalformed",
                          "The authorization header is malformed; incorrect service", "");
    if (sts || strcmp(claim->region, region) == 0)
        return true;
    if (x->sim->quirks[S3_QUIRK_redirect] && bucket)
        refuse_redirect(x, region);
    else
        refuse_region(x, claim, region);
    s3_reply_header(x, "x-amz-bucket-region", region);
    return false;
}

static bool check_payload(struct s3_exchange *x, const struct s3_claim *claim)
{
    char hash[S3_HEX_SIZE];
    if (strcmp(claim->payload, "UNSIGNED-PAYLOAD") == 0)
        return true;
    if (s3_has_prefix(claim->payload, "STREAMING-"))
        return s3_fail(x, "NotImplemented", NULL);
    s3_digest_hex(S3_SHA256, x->body, x->size, hash);
    if (strcmp(hash, claim->payload) == 0)
        return true;
    char *details = s3_print("<ClientComputedContentSHA256>%.64s"
                             "</ClientComputedContentSHA256>"
                             "<S3ComputedContentSHA256>%s</S3ComputedContentSHA256>",
                             claim->payload, hash);
    s3_fail(x, "XAmzContentSHA256Mismatch", details);
    free(details);
    return false;
}

static bool check_claim(struct s3_exchange *x, const struct s3_claim *claim)
{
    struct s3_key *key = s3_key_find(x->sim, claim->access);
    memcpy(x->access, claim->access, sizeof x->access);
    return s3_claim_covers(x, claim) && check_clock(x, claim) &&
           check_key(x, claim, key) && check_region(x, claim) &&
           s3_claim_verify(x, claim, key) && check_payload(x, claim);
}

bool s3_authenticate(struct s3_exchange *x)
{
    struct s3_claim claim;
    bool good = s3_claim_read(x, &claim) && check_claim(x, &claim);
    s3_claim_free(&claim);
    return good;
}
