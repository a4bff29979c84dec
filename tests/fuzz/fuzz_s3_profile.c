/* Files of profiles: whatever they hold is read or refused with its line, and what is
 * decided of it is whole. */
#include "s3/chain.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                               \
    do {                                                                                 \
        if (!(condition))                                                                \
            abort();                                                                     \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *no_environment(const char *name, void *user)
{
    (void)name, (void)user;
    return NULL;
}

static void decide(const shub__profiles *profiles, const char *profile)
{
    shub_s3_options opts = SHUB_S3_OPTIONS_INIT;
    shub__s3_chain chain;
    shub_error err = SHUB_ERROR_INIT;

    opts.profile = profile;
    if (shub__s3_chain_init(&chain, &opts, profiles, no_environment, NULL, &err)) {
        REQUIRE(err.code && err.message[0]);
        return;
    }
    REQUIRE(chain.sts_region && chain.role_count <= SHUB__S3_ROLES_MAX);
    REQUIRE(chain.source == SHUB__S3_FROM_KEYS ? chain.keys.secret_key != NULL
                                               : chain.keys.secret_key == NULL);
    for (size_t i = 0; i < chain.role_count; i++)
        REQUIRE(chain.roles[i].arn);
    shub__s3_chain_fini(&chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    shub__profiles profiles = {0};
    shub_error err = SHUB_ERROR_INIT;
    /* An empty line in front makes it the file of credentials. */
    shub__profile_file file =
        size && data[0] == '\n' ? SHUB__PROFILE_CREDENTIALS : SHUB__PROFILE_CONFIG;
    shub_status status =
        shub__profiles_read(&profiles, file, "file", shub_bytes(data, size), &err);

    REQUIRE(status == SHUB_OK || status == SHUB_E_FORMAT || status == SHUB_E_LIMIT);
    if (status == SHUB_E_FORMAT)
        REQUIRE(err.index >= 0 && err.pos >= 0 && (size_t)err.pos <= size);
    if (status == SHUB_OK) {
        decide(&profiles, NULL);
        decide(&profiles, "p");
    }
    shub__profiles_fini(&profiles);
    return 0;
}
