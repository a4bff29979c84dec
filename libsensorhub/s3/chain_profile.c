#include "base/error.h"
#include "base/number.h"
#include "s3/chain_internal.h"

#include <stdio.h>
#include <string.h>

#define DURATION_MIN 900   /* STS API Reference, AssumeRole: DurationSeconds */
#define DURATION_MAX 43200 /* the same */

static int has_keys(const shub__s3_decider *d, const char *profile)
{
    return shub__s3_chain_profile(d, profile, "aws_access_key_id") ||
           shub__s3_chain_profile(d, profile, "aws_secret_access_key");
}

static int has_role(const shub__s3_decider *d, const char *profile)
{
    return shub__s3_chain_profile(d, profile, "role_arn") &&
           !shub__s3_chain_profile(d, profile, "web_identity_token_file");
}

static shub_status read_role(const shub__s3_decider *d, const char *profile,
                             shub__s3_role *role)
{
    const char *duration = shub__s3_chain_profile(d, profile, "duration_seconds");

    if (duration &&
        (shub__int64_read(duration, strlen(duration), &role->duration_s) != SHUB_OK ||
         role->duration_s < DURATION_MIN || role->duration_s > DURATION_MAX))
        return shub__s3_chain_refuse(
            d, SHUB_E_INVALID, profile,
            "duration_seconds is not a number from 900 to 43200");
    if (shub__s3_chain_keep(d, &role->arn,
                            shub__s3_chain_profile(d, profile, "role_arn")) ||
        shub__s3_chain_keep(d, &role->session_name,
                            shub__s3_chain_profile(d, profile, "role_session_name")) ||
        shub__s3_chain_keep(d, &role->external_id,
                            shub__s3_chain_profile(d, profile, "external_id")))
        return SHUB_E_NOMEM;
    return SHUB_OK;
}

/* What a profile without a role of another's keys says. */
static shub_status by_profile_alone(const shub__s3_decider *d, const char *profile,
                                    int *found)
{
    const char *file = shub__s3_chain_profile(d, profile, "web_identity_token_file");
    const char *command = shub__s3_chain_profile(d, profile, "credential_process");
    char from[96];

    *found = 1;
    if (file) {
        d->chain->source = SHUB__S3_FROM_WEB_IDENTITY;
        if (!shub__s3_chain_profile(d, profile, "role_arn"))
            return shub__s3_chain_refuse(d, SHUB_E_INVALID, profile,
                                         "web_identity_token_file without role_arn");
        if (shub__s3_chain_keep(d, &d->chain->token_file, file) != SHUB_OK)
            return SHUB_E_NOMEM;
        return read_role(d, profile, &d->chain->identity);
    }
    if (has_keys(d, profile)) {
        (void)snprintf(from, sizeof from, "profile \"%.64s\"", profile);
        return shub__s3_chain_take_keys(
            d, from, shub__s3_chain_profile(d, profile, "aws_access_key_id"),
            shub__s3_chain_profile(d, profile, "aws_secret_access_key"),
            shub__s3_chain_profile(d, profile, "aws_session_token"));
    }
    if (command) {
        d->chain->source = SHUB__S3_FROM_PROCESS;
        return shub__s3_chain_keep(d, &d->chain->command, command);
    }
    *found = 0;
    if (shub__s3_chain_profile(d, profile, "sso_session") ||
        shub__s3_chain_profile(d, profile, "sso_start_url") ||
        shub__s3_chain_profile(d, profile, "login_session"))
        return shub__s3_chain_refuse(
            d, SHUB_E_UNSUPPORTED, profile,
            "it signs in by sso or login, which needs a browser");
    return SHUB_OK;
}

static shub_status by_credential_source(const shub__s3_decider *d, const char *profile,
                                        const char *source)
{
    static const struct {
        const char *name;
        shub__s3_step_fn *fn;
    } rows[] = {
        {"Environment", shub__s3_by_environment},
        {"EcsContainer", shub__s3_by_container},
        {"Ec2InstanceMetadata", shub__s3_by_instance},
    };
    shub_status status;
    int found;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, source) != 0)
            continue;
        status = rows[i].fn(d, &found);
        if (status == SHUB_OK && !found)
            return shub__s3_chain_refuse(d, SHUB_E_NOT_FOUND, profile,
                                         "its credential_source has no credentials");
        return status;
    }
    return shub__s3_chain_refuse(d, SHUB_E_INVALID, profile,
                                 "its credential_source is unknown");
}

/* Checks the role's source; `source` is the source_profile, NULL for a
 * credential_source. */
static shub_status check_source(const shub__s3_decider *d, const char *const *visited,
                                size_t count, const char *source)
{
    const char *profile = visited[count - 1];
    const char *other = shub__s3_chain_profile(d, profile, "credential_source");

    if (shub__s3_chain_profile(d, profile, "mfa_serial"))
        return shub__s3_chain_refuse(d, SHUB_E_UNSUPPORTED, profile,
                                     "mfa_serial, which asks somebody for a code");
    if (!source == !other)
        return shub__s3_chain_refuse(
            d, SHUB_E_INVALID, profile,
            "role_arn wants one of source_profile and credential_source");
    if (!source)
        return SHUB_OK;
    if (!shub__profiles_has(d->profiles, source))
        return shub__s3_chain_refuse(d, SHUB_E_NOT_FOUND, profile,
                                     "its source_profile is in no file");
    for (size_t i = 0; i < count; i++)
        if (strcmp(visited[i], source) == 0 && (i + 1 < count || !has_keys(d, source)))
            return shub__s3_chain_refuse(d, SHUB_E_INVALID, profile,
                                         "its roles lead back to itself");
    return SHUB_OK;
}

/* Collects roles until a profile has keys. As in botocore keys beside a role are the
 * role's own source only when its source_profile is the profile itself; in a profile that
 * is a source they come before its role. */
static shub_status follow(const shub__s3_decider *d, int *found)
{
    const char *visited[SHUB__S3_ROLES_MAX + 1] = {d->profile};
    size_t count = 1;
    shub_status status;

    while (has_role(d, visited[count - 1]) &&
           (count == 1 || !has_keys(d, visited[count - 1]))) {
        const char *profile = visited[count - 1];
        const char *source = shub__s3_chain_profile(d, profile, "source_profile");

        *found = 1;
        if (count > SHUB__S3_ROLES_MAX)
            return shub__s3_chain_refuse(
                d, SHUB_E_INVALID, d->profile,
                "more than 8 roles are assumed one after the other");
        status = check_source(d, visited, count, source);
        if (status == SHUB_OK)
            status = read_role(d, profile, &d->chain->roles[d->chain->role_count++]);
        if (status != SHUB_OK)
            return status;
        if (!source)
            return by_credential_source(
                d, profile, shub__s3_chain_profile(d, profile, "credential_source"));
        visited[count++] = source;
        if (strcmp(source, profile) == 0)
            break;
    }
    status = by_profile_alone(d, visited[count - 1], found);
    if (status == SHUB_OK && !*found && count > 1)
        return shub__s3_chain_refuse(d, SHUB_E_NOT_FOUND, visited[count - 1],
                                     "it is a source of credentials and has none");
    return status;
}

shub_status shub__s3_by_profile(const shub__s3_decider *d, int *found)
{
    *found = 0;
    if (shub__profiles_has(d->profiles, d->profile))
        return follow(d, found);
    if (strcmp(d->profile, "default") == 0 && !d->opts->profile)
        return SHUB_OK;
    return shub__s3_chain_refuse(d, SHUB_E_NOT_FOUND, d->profile, "it is in no file");
}
