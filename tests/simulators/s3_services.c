/* Where programs get keys from: instance metadata, container endpoint, STS. */
#include "s3_sim.h"

#include <stdlib.h>
#include <string.h>

#define IMDS_TOKEN      "simulated-imds-token=="
#define IMDS_TTL_HEADER "x-aws-ec2-metadata-token-ttl-seconds"
#define CREDENTIALS     "/latest/meta-data/iam/security-credentials/"

static void reply_text(struct s3_exchange *x, unsigned status, const char *type,
                       const char *text)
{
    free(x->answer.body);
    x->answer.status = status;
    x->answer.body = s3_copy(text);
    x->answer.size = strlen(text);
    s3_reply_header(x, "Content-Type", type);
}

/* A fresh key of its own for every call, so that tests see which one signed. */
static const struct s3_key *hand_out(struct s3_exchange *x, char expiration[S3_TIME_SIZE])
{
    s3_sim *sim = x->sim;
    double expires = s3_now(sim) + (double)sim->lifetime_s;
    char *access = s3_print("ASIASIM%013llu", ++sim->serial);
    char *secret = s3_print("handed/out+secret%023llu", sim->serial);
    char *token = s3_print("session//token+of==%llu", sim->serial);
    const struct s3_key *key = s3_key_add(sim, access, secret, token, expires);
    free(access);
    free(secret);
    free(token);
    s3_time_iso((int64_t)expires * 1000, expiration);
    memcpy(expiration + 19, "Z", 2);
    snprintf(x->access, sizeof x->access, "%s", key->access);
    x->applied = true;
    return key;
}

/* API of the instance metadata service, version 2: sessions begin with a PUT. */
void s3_imds_token(struct s3_exchange *x)
{
    long long ttl;
    if (strcmp(x->method, "PUT") != 0) {
        reply_text(x, 405, "text/html", "");
        return;
    }
    if (!s3_parse_number(s3_header(x, IMDS_TTL_HEADER), 1, 21600, &ttl)) {
        reply_text(x, 400, "text/html", "");
        return;
    }
    s3_reply_header(x, IMDS_TTL_HEADER, s3_header(x, IMDS_TTL_HEADER));
    reply_text(x, 200, "text/plain", IMDS_TOKEN);
    x->applied = true;
}

static bool check_imds_token(struct s3_exchange *x)
{
    const char *token = s3_header(x, "x-aws-ec2-metadata-token");
    bool good = token && strcmp(token, IMDS_TOKEN) == 0 && strcmp(x->method, "GET") == 0;
    if (!good)
        reply_text(x, 401, "text/html", "<h1>401 - Unauthorized</h1>");
    return good;
}

void s3_imds_role(struct s3_exchange *x)
{
    if (!check_imds_token(x))
        return;
    x->applied = true;
    if (x->sim->role)
        reply_text(x, 200, "text/plain", x->sim->role);
    else
        reply_text(x, 404, "text/html", "<h1>404 - Not Found</h1>");
}

static char *credentials_json(struct s3_exchange *x, const char *first)
{
    char expiration[S3_TIME_SIZE];
    const struct s3_key *key = hand_out(x, expiration);
    return s3_print("{\n  %s,\n  \"AccessKeyId\" : \"%s\",\n"
                    "  \"SecretAccessKey\" : \"%s\",\n  \"Token\" : \"%s\",\n"
                    "  \"Expiration\" : \"%s\"\n}",
                    first, key->access, key->secret, key->token, expiration);
}

void s3_imds_credentials(struct s3_exchange *x)
{
    if (!check_imds_token(x))
        return;
    if (!x->sim->role || strcmp(x->path + strlen(CREDENTIALS), x->sim->role) != 0) {
        reply_text(x, 404, "text/html", "<h1>404 - Not Found</h1>");
        return;
    }
    char *json =
        credentials_json(x, "\"Code\" : \"Success\",\n  \"Type\" : \"AWS-HMAC\"");
    reply_text(x, 200, "text/plain", json);
    free(json);
}

void s3_container(struct s3_exchange *x)
{
    const char *expected = x->sim->container_token;
    const char *given = s3_header(x, "authorization");
    if (expected && (!given || strcmp(given, expected) != 0)) {
        reply_text(x, 401, "application/json",
                   "{\"code\":\"Unauthorized\",\"message\":\"wrong token\"}");
        return;
    }
    char *json =
        credentials_json(x, "\"RoleArn\" : \"arn:aws:iam::123456789012:role/a\"");
    reply_text(x, 200, "application/json", json);
    free(json);
}

static void write_credentials(FILE *out, struct s3_exchange *x)
{
    char expiration[S3_TIME_SIZE];
    const struct s3_key *key = hand_out(x, expiration);
    fputs("<Credentials>", out);
    s3_write_element(out, "AccessKeyId", key->access);
    s3_write_element(out, "SecretAccessKey", key->secret);
    s3_write_element(out, "SessionToken", key->token);
    s3_write_element(out, "Expiration", expiration);
    fputs("</Credentials>", out);
}

/* AssumeRole and AssumeRoleWithWebIdentity: alike but for who asks. */
void s3_assume_role(struct s3_exchange *x)
{
    const char *name = s3_operation_name(x->operation);
    const char *version = s3_parameter(x, "Version");
    const char *identity = s3_parameter(x, "WebIdentityToken");
    const char *role = s3_parameter(x, "RoleArn");
    const char *session = s3_parameter(x, "RoleSessionName");
    if (!version || strcmp(version, "2011-06-15") != 0 || !role || !session) {
        s3_fail_as(x, 400, "ValidationError",
                   "Version, RoleArn and RoleSessionName must be given", NULL);
        return;
    }
    if (x->operation == S3_AssumeRoleWithWebIdentity && (!identity || !*identity)) {
        s3_fail(x, "InvalidIdentityToken", NULL);
        return;
    }
    char *root = s3_print("%sResponse", name);
    FILE *out = s3_reply_open(x, root);
    fprintf(out, "<%sResult>", name);
    write_credentials(out, x);
    fputs("<AssumedRoleUser>", out);
    s3_write_element(out, "Arn", role);
    fprintf(out, "</AssumedRoleUser></%sResult>", name);
    s3_reply_close(x, out, root);
    free(root);
}
