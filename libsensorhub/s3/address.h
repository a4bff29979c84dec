/* The parts of a URL that a signature covers (RFC 3986 section 3). */
#ifndef SHUB_S3_ADDRESS_H
#define SHUB_S3_ADDRESS_H

#include <sensorhub/s3.h>

typedef struct shub__address {
    shub_slice url;
    shub_slice front; /* "https://HOST:443" */
    shub_slice host;  /* as clients send it: without the scheme's own port */
    shub_slice path;  /* "/" when it is empty */
    shub_slice query; /* without '?' */
} shub__address;

/* Reads an absolute http or https URL. Errors: SHUB_E_INVALID with pos (a byte that must
 * be percent-encoded; another scheme; no host; credentials or a fragment in it),
 * SHUB_E_LIMIT (SHUB_S3_URL_MAX). Lifetime: borrows `url`. */
shub_status shub__address_read(shub_slice url, shub__address *out, shub_error *err);

#endif
