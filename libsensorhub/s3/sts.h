/* The Security Token Service, pure (AWS STS API Reference, version 2011-06-15): forms
 * that ask for the keys of a role, XML that answers. */
#ifndef SHUB_S3_STS_H
#define SHUB_S3_STS_H

#include "s3/chain.h"

#define SHUB__STS_FORM_MAX ((size_t)64 << 10)  /* bytes of a request's body */
#define SHUB__STS_BODY_MAX ((size_t)128 << 10) /* bytes of an answer's */

/* Where to ask. `host` is as clients send it, `path` as it is on the wire; both are parts
 * of `url`. */
typedef struct shub__sts_place {
    shub__buf url;
    shub_slice host, path;
} shub__sts_place;
/* `endpoint`, as shub__s3_endpoint_init reads it, else Amazon's for the region. Errors:
 * SHUB_E_INVALID, SHUB_E_NOMEM. Lifetime: free with shub__sts_place_fini, also after a
 * failure. */
shub_status shub__sts_place_init(shub__sts_place *place, const char *endpoint,
                                 const char *region, shub_error *err);
void shub__sts_place_fini(shub__sts_place *place);

/* Bodies, application/x-www-form-urlencoded, appended to `form`. A role without a session
 * name gets "sensorhub-SECONDS". Errors: SHUB_E_LIMIT, SHUB_E_NOMEM. */
shub_status shub__sts_assume_role(const shub__s3_role *role, int64_t now_us,
                                  shub__buf *form, shub_error *err);
shub_status shub__sts_assume_with_token(const shub__s3_role *role, shub_slice token,
                                        int64_t now_us, shub__buf *form, shub_error *err);

/* Reads an answer. An error's code decides the status, and whether it may be tried
 * `again` (IDPCommunicationError, InvalidIdentityToken, throttling, 5xx): SHUB_E_EXPIRED,
 * SHUB_E_DENIED, SHUB_E_AUTH, SHUB_E_SIGNATURE, SHUB_E_SKEWED, SHUB_E_OVERLOADED,
 * SHUB_E_REMOTE, with "Code: message" and http_status; SHUB_E_HTTP for an answer that is
 * not of the service. A 200: SHUB_E_FORMAT with pos (no XML), SHUB_E_CONTENT (no keys in
 * it), SHUB_E_NOMEM. Lifetime: free with shub__s3_keys_fini. */
shub_status shub__sts_read(int http_status, shub_slice body, shub__s3_keys *keys,
                           int *again, shub_error *err);

#endif
