/* Where keys come from, pure: the texts of the chain (AWS SDKs and Tools Reference Guide,
 * "Standardized credential providers"). Who asks for them over the network is
 * client_credentials.c. */
#ifndef SHUB_S3_CREDENTIALS_H
#define SHUB_S3_CREDENTIALS_H

#include "base/buf.h"

#include <sensorhub/s3.h>

/* Keys that were found; wiped when freed. Zeroed: none. */
typedef struct shub__s3_keys {
    char *access_key;
    char *secret_key;
    char *session_token; /* NULL: none */
    int64_t expires_us;  /* 0: never */
} shub__s3_keys;
void shub__s3_keys_fini(shub__s3_keys *keys);

#endif
