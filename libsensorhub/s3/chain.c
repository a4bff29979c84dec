#include "s3/chain.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "s3/sts.h"

#include <stdio.h>
#include <string.h>

#define DURATION_MIN   900   /* STS API Reference, AssumeRole: DurationSeconds */
#define DURATION_MAX   43200 /* the same */

#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_URL   "http://169.254.169.254"
#define INSTANCE_URL_6 "http://[fd00:ec2::254]"

typedef struct decider {
    shub__s3_chain *chain;
    const shub_s3_options *opts;
    const shub__profiles *profiles;
    shub__s3_env_fn *env;
    void *user;
    const char *profile; /* in force */
    shub_error *err;
} decider;

/* A step of the chain: *found is 1 when it is the source. */
typedef shub_status step_fn(const decider *d, int *found);

/* ---- texts --------------------------------------------------------------------- */

static const char *env(const decider *d, const char *name)
{
    const char *value = d->env(name, d->user);

    return value && *value ? value : NULL;
}

static const char *of_profile(const decider *d, const char *profile, const char *key)
{
    return shub__profiles_get(d->profiles, profile, key);
}

/* By the environment, else by the profile. */
static const char *setting(const decider *d, const char *name, const char *key)
{
    const char *value = env(d, name);

    return value ? value : of_profile(d, d->profile, key);
}

static shub_status keep(const decider *d, char **to, const char *text)
{
    *to = shub__strdup(text);
    return *to || !text ? SHUB_OK : shub__fail_nomem(d->err);
}

static int is_true(const char *text)
{
    return text && shub__equal_nocase(shub_str(text), SHUB_LIT("true"));
}

static shub_status refuse(const decider *d, shub_status status, const char *profile,
                          const char *why)
{
    return shub__fail(d->err, status, SHUB_NONE, "profile \"%.64s\": %s", profile, why);
}

const char *shub__s3_source_name(shub__s3_source source)
{
    static const char *const names[] = {
        [SHUB__S3_FROM_NOTHING] = "nothing",
        [SHUB__S3_FROM_KEYS] = "keys",
        [SHUB__S3_FROM_CALLBACK] = "callback",
        [SHUB__S3_FROM_WEB_IDENTITY] = "web_identity",
        [SHUB__S3_FROM_PROCESS] = "process",
        [SHUB__S3_FROM_CONTAINER] = "container",
        [SHUB__S3_FROM_INSTANCE] = "instance",
    };

    return names[source];
}

/* ---- options, environment ------------------------------------------------------ */

static shub_status take_keys(const decider *d, const char *from, shub_status bad,
                             const char *access_key, const char *secret_key,
                             const char *token)
{
    d->chain->source = SHUB__S3_FROM_KEYS;
    return shub__s3_keys_init(&d->chain->keys, from, bad, shub_str(access_key),
                              shub_str(secret_key), shub_str(token), 0, d->err);
}

static shub_status by_options(const decider *d, int *found)
{
    const shub_s3_options *o = d->opts;

    *found = 1;
    if (o->anonymous)
        return SHUB_OK;
    if (o->access_key || o->secret_key || o->session_token)
        return take_keys(d, "options", SHUB_E_INVALID, o->access_key, o->secret_key,
                         o->session_token);
    *found = o->credentials != NULL;
    if (*found)
        d->chain->source = SHUB__S3_FROM_CALLBACK;
    return SHUB_OK;
}

static shub_status by_environment(const decider *d, int *found)
{
    const char *access_key = env(d, "AWS_ACCESS_KEY_ID");

    *found = access_key != NULL;
    if (!*found)
        return SHUB_OK;
    return take_keys(d, "environment", SHUB_E_INVALID, access_key,
                     env(d, "AWS_SECRET_ACCESS_KEY"), env(d, "AWS_SESSION_TOKEN"));
}

static shub_status by_web_identity(const decider *d, int *found)
{
    const char *file = env(d, "AWS_WEB_IDENTITY_TOKEN_FILE");
    const char *arn = env(d, "AWS_ROLE_ARN");

    *found = file != NULL;
    if (!file)
        return SHUB_OK;
    if (!arn)
        return shub__fail(d->err, SHUB_E_INVALID, SHUB_NONE,
                          "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not");
    d->chain->source = SHUB__S3_FROM_WEB_IDENTITY;
    if (keep(d, &d->chain->token_file, file) || keep(d, &d->chain->identity.arn, arn))
        return SHUB_E_NOMEM;
    return keep(d, &d->chain->identity.session_name, env(d, "AWS_ROLE_SESSION_NAME"));
}

/* ---- container, instance ------------------------------------------------------- */

static shub_status container_url(const decider *d, const char *relative, const char *full)
{
    size_t size = sizeof CONTAINER_HOST + (relative ? strlen(relative) : 0);

    if (!relative) {
        if (!shub__s3_container_url_allowed(shub_str(full)))
            return shub__fail(d->err, SHUB_E_INVALID, SHUB_NONE,
                              "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor "
                              "http to an address where keys may be fetched");
        return keep(d, &d->chain->url, full);
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

static shub_status by_container(const decider *d, int *found)
{
    const char *relative = env(d, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = env(d, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    const char *token = env(d, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    const char *file = env(d, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    shub_status status;

    *found = relative || full;
    if (!*found)
        return SHUB_OK;
    d->chain->source = SHUB__S3_FROM_CONTAINER;
    status = container_url(d, relative, full);
    if (status == SHUB_OK)
        status = keep(d, &d->chain->authorization_file, file);
    if (status == SHUB_OK && !file)
        status = keep(d, &d->chain->authorization, token);
    return status;
}

static shub_status by_instance(const decider *d, int *found)
{
    const char *url =
        setting(d, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const char *mode = setting(d, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                               "ec2_metadata_service_endpoint_mode");
    size_t len;

    *found = !is_true(env(d, "AWS_EC2_METADATA_DISABLED"));
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
    if (keep(d, &d->chain->url, url) != SHUB_OK)
        return SHUB_E_NOMEM;
    len = strlen(d->chain->url);
    if (d->chain->url[len - 1] == '/')
        d->chain->url[len - 1] = '\0';
    return SHUB_OK;
}

/* ---- profiles ------------------------------------------------------------------ */

static int has_keys(const decider *d, const char *profile)
{
    return of_profile(d, profile, "aws_access_key_id") ||
           of_profile(d, profile, "aws_secret_access_key");
}

static int has_role(const decider *d, const char *profile)
{
    return of_profile(d, profile, "role_arn") &&
           !of_profile(d, profile, "web_identity_token_file");
}

static shub_status read_role(const decider *d, const char *profile, shub__s3_role *role)
{
    const char *duration = of_profile(d, profile, "duration_seconds");

    if (duration &&
        (shub__int64_read(duration, strlen(duration), &role->duration_s) != SHUB_OK ||
         role->duration_s < DURATION_MIN || role->duration_s > DURATION_MAX))
        return refuse(d, SHUB_E_INVALID, profile,
                      "duration_seconds is not a number from 900 to 43200");
    if (keep(d, &role->arn, of_profile(d, profile, "role_arn")) ||
        keep(d, &role->session_name, of_profile(d, profile, "role_session_name")) ||
        keep(d, &role->external_id, of_profile(d, profile, "external_id")))
        return SHUB_E_NOMEM;
    return SHUB_OK;
}

/* What a profile without a role of another's keys says. */
static shub_status by_profile_alone(const decider *d, const char *profile, int *found)
{
    const char *file = of_profile(d, profile, "web_identity_token_file");
    const char *command = of_profile(d, profile, "credential_process");
    char from[96];

    *found = 1;
    if (file) {
        d->chain->source = SHUB__S3_FROM_WEB_IDENTITY;
        if (!of_profile(d, profile, "role_arn"))
            return refuse(d, SHUB_E_INVALID, profile,
                          "web_identity_token_file without role_arn");
        if (keep(d, &d->chain->token_file, file) != SHUB_OK)
            return SHUB_E_NOMEM;
        return read_role(d, profile, &d->chain->identity);
    }
    if (has_keys(d, profile)) {
        (void)snprintf(from, sizeof from, "profile \"%.64s\"", profile);
        return take_keys(d, from, SHUB_E_INVALID,
                         of_profile(d, profile, "aws_access_key_id"),
                         of_profile(d, profile, "aws_secret_access_key"),
                         of_profile(d, profile, "aws_session_token"));
    }
    if (command) {
        d->chain->source = SHUB__S3_FROM_PROCESS;
        return keep(d, &d->chain->command, command);
    }
    *found = 0;
    if (of_profile(d, profile, "sso_session") ||
        of_profile(d, profile, "sso_start_url") ||
        of_profile(d, profile, "login_session"))
        return refuse(d, SHUB_E_UNSUPPORTED, profile,
                      "it signs in by sso or login, which needs a browser");
    return SHUB_OK;
}

static shub_status by_credential_source(const decider *d, const char *profile,
                                        const char *source)
{
    static const struct {
        const char *name;
        step_fn *fn;
    } rows[] = {
        {"Environment", by_environment},
        {"EcsContainer", by_container},
        {"Ec2InstanceMetadata", by_instance},
    };
    shub_status status;
    int found;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, source) != 0)
            continue;
        status = rows[i].fn(d, &found);
        if (status == SHUB_OK && !found)
            return refuse(d, SHUB_E_NOT_FOUND, profile,
                          "its credential_source has no credentials");
        return status;
    }
    return refuse(d, SHUB_E_INVALID, profile, "its credential_source is unknown");
}

/* Checks the role's source; `source` is the source_profile, NULL for a
 * credential_source. */
static shub_status check_source(const decider *d, const char *const *visited,
                                size_t count, const char *source)
{
    const char *profile = visited[count - 1];
    const char *other = of_profile(d, profile, "credential_source");

    if (of_profile(d, profile, "mfa_serial"))
        return refuse(d, SHUB_E_UNSUPPORTED, profile,
                      "mfa_serial, which asks somebody for a code");
    if (!source == !other)
        return refuse(d, SHUB_E_INVALID, profile,
                      "role_arn wants one of source_profile and credential_source");
    if (!source)
        return SHUB_OK;
    if (!shub__profiles_has(d->profiles, source))
        return refuse(d, SHUB_E_NOT_FOUND, profile, "its source_profile is in no file");
    for (size_t i = 0; i < count; i++)
        if (strcmp(visited[i], source) == 0 && (i + 1 < count || !has_keys(d, source)))
            return refuse(d, SHUB_E_INVALID, profile, "its roles lead back to itself");
    return SHUB_OK;
}

/* Collects roles until a profile has keys. As in botocore keys beside a role are the
 * role's own source only when its source_profile is the profile itself; in a profile that
 * is a source they come before its role. */
static shub_status by_profile(const decider *d, int *found)
{
    const char *visited[SHUB__S3_ROLES_MAX + 1] = {d->profile};
    size_t count = 1;
    shub_status status;

    while (has_role(d, visited[count - 1]) &&
           (count == 1 || !has_keys(d, visited[count - 1]))) {
        const char *profile = visited[count - 1];
        const char *source = of_profile(d, profile, "source_profile");

        *found = 1;
        if (count > SHUB__S3_ROLES_MAX)
            return refuse(d, SHUB_E_INVALID, d->profile,
                          "more than 8 roles are assumed one after the other");
        status = check_source(d, visited, count, source);
        if (status == SHUB_OK)
            status = read_role(d, profile, &d->chain->roles[d->chain->role_count++]);
        if (status != SHUB_OK)
            return status;
        if (!source)
            return by_credential_source(d, profile,
                                        of_profile(d, profile, "credential_source"));
        visited[count++] = source;
        if (strcmp(source, profile) == 0)
            break;
    }
    status = by_profile_alone(d, visited[count - 1], found);
    if (status == SHUB_OK && !*found && count > 1)
        return refuse(d, SHUB_E_NOT_FOUND, visited[count - 1],
                      "it is a source of credentials and has none");
    return status;
}

static shub_status by_named_profile(const decider *d, int *found)
{
    *found = 0;
    if (shub__profiles_has(d->profiles, d->profile))
        return by_profile(d, found);
    if (strcmp(d->profile, "default") == 0 && !d->opts->profile)
        return SHUB_OK;
    return refuse(d, SHUB_E_NOT_FOUND, d->profile, "it is in no file");
}

/* ---- all ----------------------------------------------------------------------- */

static shub_status find_places(const decider *d)
{
    int ignore = is_true(setting(d, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                 "ignore_configured_endpoint_urls"));
    const char *region = env(d, "AWS_REGION");
    const char *all = setting(d, "AWS_ENDPOINT_URL", "endpoint_url");
    const char *s3 = env(d, "AWS_ENDPOINT_URL_S3");
    const char *sts = env(d, "AWS_ENDPOINT_URL_STS");
    const char *sts_region;

    if (!region)
        region = setting(d, "AWS_DEFAULT_REGION", "region");
    sts_region = d->opts->region ? d->opts->region : region ? region : "us-east-1";
    if (keep(d, &d->chain->region, region) || keep(d, &d->chain->sts_region, sts_region))
        return SHUB_E_NOMEM;
    if (ignore)
        return SHUB_OK;
    if (keep(d, &d->chain->endpoint, s3 ? s3 : all) ||
        keep(d, &d->chain->sts_endpoint, sts ? sts : all))
        return SHUB_E_NOMEM;
    return SHUB_OK;
}

/* Where roles are assumed must be a place, before any is. */
static shub_status check_place(const decider *d)
{
    shub__sts_place place;
    shub_status status = shub__sts_place_init(&place, d->chain->sts_endpoint,
                                              d->chain->sts_region, d->err);

    shub__sts_place_fini(&place);
    return status;
}

static shub_status find_source(const decider *d)
{
    static const struct {
        step_fn *fn;
        int is_environment; /* 1: not when the options name a profile */
    } steps[] = {
        {by_options, 0},      {by_environment, 1}, {by_named_profile, 0},
        {by_web_identity, 1}, {by_container, 0},   {by_instance, 0},
    };
    shub_status status = SHUB_OK;
    int found = 0;

    for (size_t i = 0; i < sizeof steps / sizeof *steps && !found; i++) {
        if (steps[i].is_environment && d->opts->profile)
            continue;
        status = steps[i].fn(d, &found);
        if (status != SHUB_OK)
            return status;
    }
    if (!found)
        return shub__fail(d->err, SHUB_E_NOT_FOUND, SHUB_NONE,
                          "no credentials: none in options, environment and profile "
                          "\"%.64s\", no container's, and the metadata service is "
                          "switched off",
                          d->profile);
    if (d->chain->role_count || d->chain->source == SHUB__S3_FROM_WEB_IDENTITY)
        return check_place(d);
    return SHUB_OK;
}

const char *shub__s3_profile_name(const shub_s3_options *opts, shub__s3_env_fn *env_fn,
                                  void *user)
{
    const char *name = opts->profile ? opts->profile : env_fn("AWS_PROFILE", user);

    return name && *name ? name : "default";
}

int shub__s3_needs_no_profile(const shub_s3_options *opts)
{
    return !opts->profile && (opts->anonymous || opts->credentials || opts->access_key ||
                              opts->secret_key || opts->session_token);
}

shub_status shub__s3_chain_init(shub__s3_chain *chain, const shub_s3_options *opts,
                                const shub__profiles *profiles, shub__s3_env_fn *env_fn,
                                void *user, shub_error *err)
{
    decider d = {chain, opts, profiles, env_fn, user, NULL, err};
    shub_status status;

    memset(chain, 0, sizeof *chain);
    d.profile = shub__s3_profile_name(opts, env_fn, user);
    if (opts->profile && !shub__profiles_has(profiles, d.profile))
        return refuse(&d, SHUB_E_NOT_FOUND, d.profile, "it is in no file");
    status = find_places(&d);
    if (status == SHUB_OK)
        status = find_source(&d);
    if (status != SHUB_OK)
        shub__s3_chain_fini(chain);
    return status;
}

static void role_fini(shub__s3_role *role)
{
    shub__free(role->arn);
    shub__free(role->session_name);
    shub__free_secret(role->external_id);
}

void shub__s3_chain_fini(shub__s3_chain *chain)
{
    shub__s3_keys_fini(&chain->keys);
    shub__free(chain->token_file);
    role_fini(&chain->identity);
    shub__free_secret(chain->command);
    shub__free(chain->url);
    shub__free_secret(chain->authorization);
    shub__free(chain->authorization_file);
    for (size_t i = 0; i < chain->role_count; i++)
        role_fini(&chain->roles[i]);
    shub__free(chain->region);
    shub__free(chain->endpoint);
    shub__free(chain->sts_region);
    shub__free(chain->sts_endpoint);
    memset(chain, 0, sizeof *chain);
}
