/* Where requests go: an endpoint, and how buckets are named there (Amazon S3 User Guide,
 * "Virtual hosting of buckets"; AWS General Reference, "Amazon S3 endpoints"). */
#ifndef SHUB_S3_ENDPOINT_H
#define SHUB_S3_ENDPOINT_H

#include "s3/request.h"

/* Amazon's host names: "s3.", "s3-fips.", ..., then the region and what belongs to it. */
typedef struct shub__s3_endpoint {
    int tls;            /* 1: https */
    char *host;         /* with ":port" unless it is the scheme's own; NULL: Amazon's */
    const char *amazon; /* before the region in Amazon's host names; NULL: another host */
    char *path;         /* before the bucket, decoded: "" or "/prefix" */
    char *region;       /* that Amazon's own go by when a request names none */
    int addressing;     /* a shub_s3_addressing */
} shub__s3_endpoint;

/* Reads an endpoint: "https://host:port/prefix", "[::1]:7480"; without a scheme it is
 * https. NULL: Amazon's for the region. Amazon's own hosts (dualstack and FIPS among
 * them) are known by their names. Errors: SHUB_E_INVALID (malformed, another scheme,
 * credentials, query or fragment in it, addressing; the text is shown only where it can
 * hold no credentials), SHUB_E_NOMEM. Lifetime: free with shub__s3_endpoint_fini, also
 * after a failure. */
shub_status shub__s3_endpoint_init(shub__s3_endpoint *endpoint, const char *text,
                                   const char *region, int addressing, shub_error *err);
void shub__s3_endpoint_fini(shub__s3_endpoint *endpoint);

/* 1 when the text can be a region in one of Amazon's host names. */
int shub__s3_is_region(shub_slice text);
/* What stands behind the region in Amazon's host names: ".amazonaws.com", and ".cn" in
 * China. Lifetime: static. */
const char *shub__s3_amazon_suffix(shub_slice region);

/* Where one request goes. `path` is decoded, as it is signed. `region` (empty: the
 * endpoint's own) is part of Amazon's host names. A bucket that is no DNS label, or has a
 * dot under TLS, or whose host is an address, goes into the path. Segments "." and ".."
 * of keys stay, as S3 wants it: whoever sends the URL must not resolve them. An empty key
 * means the bucket. Errors: SHUB_E_INVALID (a region that no host name can hold),
 * SHUB_E_LIMIT, SHUB_E_NOMEM. Lifetime: free with shub__s3_target_fini, also after a
 * failure. */
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
