/* Where requests go: an endpoint, and how buckets are named there (Amazon S3 User Guide,
 * "Virtual hosting of buckets"; AWS General Reference, "Amazon S3 endpoints"). */
#ifndef SHUB_S3_ENDPOINT_H
#define SHUB_S3_ENDPOINT_H

#include "s3/request.h"

typedef struct shub__s3_endpoint {
    char *scheme; /* "http", "https" */
    char *host;   /* with ":port" unless it is the scheme's own */
    char *path;   /* before the bucket: "" or "/prefix" */
    int amazon;   /* one of Amazon's own, whose host names the region */
    int addressing;
} shub__s3_endpoint;

/* Reads an endpoint; NULL: Amazon's for the region. Errors: SHUB_E_INVALID (malformed,
 * another scheme, credentials, query or fragment in it), SHUB_E_NOMEM. Lifetime: free
 * with shub__s3_endpoint_fini. */
shub_status shub__s3_endpoint_init(shub__s3_endpoint *endpoint, const char *text,
                                   const char *region, int addressing, shub_error *err);
void shub__s3_endpoint_fini(shub__s3_endpoint *endpoint);

/* Where one request goes. `path` is decoded, as it is signed. `region` replaces the
 * endpoint's own in Amazon's host names. A bucket that is no DNS label, or has a dot
 * under TLS, goes into the path. */
typedef struct shub__s3_target {
    shub__buf url;  /* without query */
    shub__buf host; /* as in the Host header */
    shub__buf path;
} shub__s3_target;
shub_status shub__s3_target_init(shub__s3_target *target,
                                 const shub__s3_endpoint *endpoint, shub_slice region,
                                 shub_slice bucket, shub_slice key, shub_error *err);
void shub__s3_target_fini(shub__s3_target *target);

#endif
