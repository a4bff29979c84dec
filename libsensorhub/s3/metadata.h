/* What those who hand keys out answer in JSON, pure: the instance's metadata service,
 * container endpoints, commands. */
#ifndef SHUB_S3_METADATA_H
#define SHUB_S3_METADATA_H

#include "s3/credentials.h"

#define SHUB__S3_METADATA_MAX ((size_t)65536) /* bytes of an answer */

/* The CRT takes no more from a container. */
#define SHUB__S3_CONTAINER_MAX ((size_t)10000)

typedef enum shub__s3_metadata {
    SHUB__S3_METADATA_INSTANCE = 0,  /* Code, AccessKeyId, SecretAccessKey, Token,
                                        Expiration; all but Code must be there */
    SHUB__S3_METADATA_CONTAINER = 1, /* the same; Token and Expiration may be missing */
    SHUB__S3_METADATA_PROCESS = 2    /* Version 1, SessionToken for Token */
} shub__s3_metadata;

/* Reads keys. Errors: SHUB_E_REMOTE (a Code that is not Success: Code and Message are
 * told), SHUB_E_UNSUPPORTED (another Version), SHUB_E_CONTENT (something is missing or
 * not allowed), SHUB_E_FORMAT, SHUB_E_TRUNCATED, SHUB_E_EMPTY with pos, SHUB_E_NOMEM.
 * Lifetime: free with shub__s3_keys_fini. */
shub_status shub__s3_metadata_read(shub__s3_metadata kind, shub_slice body,
                                   shub__s3_keys *keys, shub_error *err);

#define SHUB__S3_ROLE_NAME_MAX 65 /* bytes, NUL included (IAM API Reference: 64) */
/* The role's name as the instance's metadata service lists it: the first line. Errors:
 * SHUB_E_CONTENT (no name a role may have). */
shub_status shub__s3_role_name_read(shub_slice body, char name[SHUB__S3_ROLE_NAME_MAX],
                                    shub_error *err);

#endif
