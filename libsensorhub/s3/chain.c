#include "s3/chain.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "s3/chain_internal.h"
#include "s3/sts.h"

#include <string.h>

/* ---- texts --------------------------------------------------------------------- */

const char *shub__s3_chain_env(const shub__s3_decider *d, const char *name)
{
    const char *value = d->env(name, d->user);

    return value && *value ? value : NULL;
}

const char *shub__s3_chain_profile(const shub__s3_decider *d, const char *profile,
                                   const char *key)
{
    return shub__profiles_get(d->profiles, profile, key);
}

const char *shub__s3_chain_setting(const shub__s3_decider *d, const char *name,
                                   const char *key)
{
    const char *value = shub__s3_chain_env(d, name);

    return value ? value : shub__s3_chain_profile(d, d->profile, key);
}

shub_status shub__s3_chain_keep(const shub__s3_decider *d, char **to, const char *text)
{
    *to = shub__strdup(text);
    return *to || !text ? SHUB_OK : shub__fail_nomem(d->err);
}

int shub__s3_chain_true(const char *text)
{
    return text && shub__equal_nocase(shub_str(text), SHUB_LIT("true"));
}

shub_status shub__s3_chain_refuse(const shub__s3_decider *d, shub_status status,
                                  const char *profile, const char *why)
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

/* ---- deciding ------------------------------------------------------------------ */

static shub_status find_places(const shub__s3_decider *d)
{
    int ignore = shub__s3_chain_true(shub__s3_chain_setting(
        d, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"));
    const char *region = shub__s3_chain_env(d, "AWS_REGION");
    const char *all = shub__s3_chain_setting(d, "AWS_ENDPOINT_URL", "endpoint_url");
    const char *s3 = shub__s3_chain_env(d, "AWS_ENDPOINT_URL_S3");
    const char *sts = shub__s3_chain_env(d, "AWS_ENDPOINT_URL_STS");
    const char *sts_region;

    if (!region)
        region = shub__s3_chain_setting(d, "AWS_DEFAULT_REGION", "region");
    sts_region = d->opts->region ? d->opts->region : region ? region : "us-east-1";
    if (shub__s3_chain_keep(d, &d->chain->region, region) ||
        shub__s3_chain_keep(d, &d->chain->sts_region, sts_region))
        return SHUB_E_NOMEM;
    if (ignore)
        return SHUB_OK;
    if (shub__s3_chain_keep(d, &d->chain->endpoint, s3 ? s3 : all) ||
        shub__s3_chain_keep(d, &d->chain->sts_endpoint, sts ? sts : all))
        return SHUB_E_NOMEM;
    return SHUB_OK;
}

/* Where roles are assumed must be a place, before any is. */
static shub_status check_place(const shub__s3_decider *d)
{
    shub__sts_place place;
    shub_status status = shub__sts_place_init(&place, d->chain->sts_endpoint,
                                              d->chain->sts_region, d->err);

    shub__sts_place_fini(&place);
    return status;
}

static shub_status find_source(const shub__s3_decider *d)
{
    static const struct {
        shub__s3_step_fn *fn;
        int is_environment; /* 1: not when the options name a profile */
    } steps[] = {
        {shub__s3_by_options, 0},   {shub__s3_by_environment, 1},
        {shub__s3_by_profile, 0},   {shub__s3_by_web_identity, 1},
        {shub__s3_by_container, 0}, {shub__s3_by_instance, 0},
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
    shub__s3_decider d = {chain, opts, profiles, env_fn, user, NULL, err};
    shub_status status;

    memset(chain, 0, sizeof *chain);
    d.profile = shub__s3_profile_name(opts, env_fn, user);
    if (opts->profile && !shub__profiles_has(profiles, d.profile))
        return shub__s3_chain_refuse(&d, SHUB_E_NOT_FOUND, d.profile, "it is in no file");
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
