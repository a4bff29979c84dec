/* The files ~/.aws/config and ~/.aws/credentials, pure (AWS SDKs and Tools Reference
 * Guide, "Shared config and credentials files").
 *
 *     [default]                        a profile, in both files
 *     [profile name]                   one in config; in credentials it is just [name]
 *     aws_access_key_id = AKIDEXAMPLE  # a comment has white space before it
 *     s3 =
 *       addressing_style = path        deeper than its key: belongs to it; under one
 *                                      without a value it is skipped
 *
 * Keys are taken without regard to case; the last of the same name wins; a profile may
 * come in pieces. Where both files have a key, credentials wins. In config
 * [profile default] puts [default] aside. Sections that are no profiles are skipped. */
#ifndef SHUB_S3_PROFILE_H
#define SHUB_S3_PROFILE_H

#include <sensorhub/base.h>

#define SHUB__PROFILE_FILE_MAX ((size_t)1 << 20) /* bytes */

/* Of both files; wiped when freed. Zeroed: none. */
typedef struct shub__profiles {
    struct shub__profile_entry *entries;
    size_t count, cap;
} shub__profiles;

typedef enum shub__profile_file {
    SHUB__PROFILE_CONFIG = 0,
    SHUB__PROFILE_CREDENTIALS = 1
} shub__profile_file;

/* Adds what a file says; a UTF-8 byte order mark and CRLF are fine. `path` is for
 * messages, which show no value. Errors: SHUB_E_FORMAT with pos and index (the line, from
 * 0; the message counts from 1), SHUB_E_LIMIT, SHUB_E_NOMEM. */
shub_status shub__profiles_read(shub__profiles *profiles, shub__profile_file file,
                                const char *path, shub_slice text, shub_error *err);
void shub__profiles_fini(shub__profiles *profiles);

int shub__profiles_has(const shub__profiles *profiles, const char *name);
/* The value of a key (in lower case), NULL when it is missing or empty.
 * Lifetime: the profiles'. */
const char *shub__profiles_get(const shub__profiles *profiles, const char *name,
                               const char *key);

#endif
