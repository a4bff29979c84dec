/* Addresses as people type them, and as messages may show them. */
#ifndef SHUB_NET_URL_H
#define SHUB_NET_URL_H

#include <sensorhub/base.h>

/* Makes an http or https URL of what a user gave: a URL, a host or an address with or
 * without port (then http is meant). A missing path becomes `path`, one that is there is
 * kept. Errors: SHUB_E_INVALID (malformed, another scheme, credentials in it, a scheme
 * pasted twice), SHUB_E_NOMEM. Lifetime: free `url` with shub__free. */
shub_status shub__url_complete(const char *text, const char *path, char **url,
                               shub_error *err);

#define SHUB__ORIGIN_MAX 300 /* bytes of "https://HOST:PORT", NUL included */
/* Scheme, host and port of a URL for messages: never its credentials, path or query.
 * Empty when it is not one. */
void shub__url_origin(const char *url, char dst[SHUB__ORIGIN_MAX]);

#endif
