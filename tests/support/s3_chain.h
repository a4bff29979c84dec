/* The sources of keys, decided from options, variables and profiles that a test sets:
 * what the tests of them share. */
#ifndef TESTS_SUPPORT_S3_CHAIN_H
#define TESTS_SUPPORT_S3_CHAIN_H

#include "s3/chain.h"
#include "support/suite.h"

#include <string.h>

static shub__profiles profiles;
static shub__s3_chain chain;
static shub_s3_options opts;
static shub_error err;
static const char *const *variables; /* "NAME=value", ended by NULL */

static inline const char *env(const char *name, void *user)
{
    size_t len = strlen(name);

    (void)user;
    for (size_t i = 0; variables && variables[i]; i++)
        if (!strncmp(variables[i], name, len) && variables[i][len] == '=')
            return variables[i] + len + 1;
    return NULL;
}

static inline void set_up(void)
{
    static const shub_error init = SHUB_ERROR_INIT;
    static const shub_s3_options init_opts = SHUB_S3_OPTIONS_INIT;

    err = init;
    opts = init_opts;
    variables = NULL;
    memset(&profiles, 0, sizeof profiles);
    memset(&chain, 0, sizeof chain);
}

static inline void tear_down(void)
{
    shub__s3_chain_fini(&chain);
    shub__profiles_fini(&profiles);
}

static inline void config(const char *text)
{
    ck_status(shub__profiles_read(&profiles, SHUB__PROFILE_CONFIG, "config",
                                  shub_str(text), &err),
              SHUB_OK);
}

static inline shub_status decide(void)
{
    return shub__s3_chain_init(&chain, &opts, &profiles, env, NULL, &err);
}

static inline void expect(shub__s3_source source)
{
    shub_status status = decide();

    ck_assert_msg(status == SHUB_OK, "%s", err.message);
    ck_assert_str_eq(shub__s3_source_name(chain.source), shub__s3_source_name(source));
}

#define KEYS(name) "aws_access_key_id = " name "\naws_secret_access_key = SECRET\n"

static inline shub_status callback(void *user, shub_s3_credentials *out, shub_error *e)
{
    (void)user, (void)out, (void)e;
    return SHUB_OK;
}

/* Every source at once, as variables: the first three are keys, the next three a web
 * identity, the rest a container. */
static const char *const everything[] = {
    "AWS_ACCESS_KEY_ID=ENV",
    "AWS_SECRET_ACCESS_KEY=SECRET",
    "AWS_SESSION_TOKEN=TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE=/token",
    "AWS_ROLE_ARN=arn:web",
    "AWS_ROLE_SESSION_NAME=me",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/x",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1/full",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN=Basic abc",
    NULL,
};

/* A test for each row of a table. */
#define LOOP(test, rows)                                                                 \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof rows / sizeof *rows))

#endif
