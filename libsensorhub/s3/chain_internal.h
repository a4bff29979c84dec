/* The chain inside: chain.c has the order and the places, chain_source.c the sources that
 * are no profile's, chain_profile.c those that are. */
#ifndef SHUB_S3_CHAIN_INTERNAL_H
#define SHUB_S3_CHAIN_INTERNAL_H

#include "s3/chain.h"

/* What is decided by. */
typedef struct shub__s3_decider {
    shub__s3_chain *chain;
    const shub_s3_options *opts;
    const shub__profiles *profiles;
    shub__s3_env_fn *env;
    void *user;
    const char *profile; /* in force */
    shub_error *err;
} shub__s3_decider;

/* ---- chain.c -------------------------------------------------------------------- */

/* A variable that is set and not empty, else NULL. */
const char *shub__s3_chain_env(const shub__s3_decider *d, const char *name);
const char *shub__s3_chain_profile(const shub__s3_decider *d, const char *profile,
                                   const char *key);
/* By the environment, else by the profile in force. */
const char *shub__s3_chain_setting(const shub__s3_decider *d, const char *name,
                                   const char *key);
/* 1 for the text "true", without regard to case; NULL is none. */
int shub__s3_chain_true(const char *text);
/* Copies a text (nullable) into the chain. */
shub_status shub__s3_chain_keep(const shub__s3_decider *d, char **to, const char *text);
/* Fails with what is wrong with a profile. */
shub_status shub__s3_chain_refuse(const shub__s3_decider *d, shub_status status,
                                  const char *profile, const char *why);

/* ---- the steps of the chain ----------------------------------------------------- */

/* *found is 1 when the keys come from there. */
typedef shub_status shub__s3_step_fn(const shub__s3_decider *d, int *found);
shub__s3_step_fn shub__s3_by_options, shub__s3_by_environment, shub__s3_by_profile,
    shub__s3_by_web_identity, shub__s3_by_container, shub__s3_by_instance;

/* Takes keys that are at hand. */
shub_status shub__s3_chain_take_keys(const shub__s3_decider *d, const char *from,
                                     const char *access_key, const char *secret_key,
                                     const char *token);

#endif
