/* Which source keys come from, pure: options, environment and files decide it once (AWS
 * SDKs and Tools Reference Guide, "Standardized credential providers"; the order is
 * botocore's):
 *
 *   1. keys, then the callback, of the options
 *   2. AWS_ACCESS_KEY_ID and its like, unless the options name a profile
 *   3. the profile: role_arn, web_identity_token_file, keys, credential_process
 *   4. AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, unless the options name a profile
 *   5. AWS_CONTAINER_CREDENTIALS_…_URI
 *   6. the instance's metadata service, version 2, unless AWS_EC2_METADATA_DISABLED
 *
 * A role of a profile is assumed with keys of its source_profile, which may name a role
 * again, or of its credential_source. */
#ifndef SHUB_S3_CHAIN_H
#define SHUB_S3_CHAIN_H

#include "s3/credentials.h"
#include "s3/profile.h"

#define SHUB__S3_ROLES_MAX 8 /* assumed one after the other */

typedef enum shub__s3_source {
    SHUB__S3_FROM_NOTHING = 0, /* nothing is signed */
    SHUB__S3_FROM_KEYS = 1,
    SHUB__S3_FROM_CALLBACK = 2,
    SHUB__S3_FROM_WEB_IDENTITY = 3,
    SHUB__S3_FROM_PROCESS = 4,
    SHUB__S3_FROM_CONTAINER = 5,
    SHUB__S3_FROM_INSTANCE = 6
} shub__s3_source;

typedef struct shub__s3_role {
    char *arn;
    char *session_name; /* NULL: one is made */
    char *external_id;  /* NULL: none */
    int64_t duration_s; /* 0: the service's default */
} shub__s3_role;

/* What was decided. Texts are the chain's own; NULL: none. Zeroed: nothing. */
typedef struct shub__s3_chain {
    shub__s3_source source;
    shub__s3_keys keys;       /* FROM_KEYS */
    char *token_file;         /* FROM_WEB_IDENTITY */
    shub__s3_role identity;   /* FROM_WEB_IDENTITY */
    char *command;            /* FROM_PROCESS; may hold secrets */
    char *url;                /* FROM_CONTAINER; FROM_INSTANCE, without a '/' behind */
    char *authorization;      /* FROM_CONTAINER; secret */
    char *authorization_file; /* FROM_CONTAINER; comes before the other */
    shub__s3_role roles[SHUB__S3_ROLES_MAX]; /* the last is assumed first */
    size_t role_count;
    char *region, *endpoint; /* what environment, else the profile, says */
    char *sts_region;        /* where roles are assumed; never NULL */
    char *sts_endpoint;      /* NULL: Amazon's for sts_region */
} shub__s3_chain;

/* The value of a variable, NULL or empty when it is not set. */
typedef const char *shub__s3_env_fn(const char *name, void *user);

/* The name of the profile in force: of the options, else AWS_PROFILE, else "default". */
const char *shub__s3_profile_name(const shub_s3_options *opts, shub__s3_env_fn *env,
                                  void *user);
/* 1 when keys need no profile, so that what is wrong with the files is no failure. */
int shub__s3_needs_no_profile(const shub_s3_options *opts);

/* Decides. Errors: SHUB_E_NOT_FOUND (a profile that is named and in no file; a
 * source_profile that is not there or has no keys; no source at all), SHUB_E_INVALID
 * (half of a pair of keys, a role without a source or with two, roles in a loop or more
 * than SHUB__S3_ROLES_MAX, an unknown credential_source, a duration, a URL, a region),
 * SHUB_E_UNSUPPORTED (mfa_serial; a profile that signs in by sso or login),
 * SHUB_E_NOMEM. Lifetime: free with shub__s3_chain_fini. */
shub_status shub__s3_chain_init(shub__s3_chain *chain, const shub_s3_options *opts,
                                const shub__profiles *profiles, shub__s3_env_fn *env,
                                void *user, shub_error *err);
void shub__s3_chain_fini(shub__s3_chain *chain);

/* "profile", "instance" and the like, for traces. */
const char *shub__s3_source_name(shub__s3_source source);

/* 1 for a URL that keys may be fetched from: https, or http to this machine, or to one
 * of the addresses where ECS and EKS serve them. */
int shub__s3_container_url_allowed(shub_slice url);

#endif
