/* The provider: walks the chain, fetches keys over the network where it must, keeps them
 * fresh. One a client. */
#ifndef SHUB_S3_CLIENT_CREDENTIALS_H
#define SHUB_S3_CLIENT_CREDENTIALS_H

#include "s3/credentials.h"

#include <sensorhub/net.h>

/* botocore's and the CRT's times before keys expire. */
#define SHUB__S3_REFRESH_EARLY_US                                                        \
    (15 * 60 * SHUB_SECOND_US)                              /* fetched beside the work   \
                                                             */
#define SHUB__S3_REFRESH_LATE_US (10 * 60 * SHUB_SECOND_US) /* the work waits */

typedef struct shub__s3_provider shub__s3_provider;

/* Reads environment and files and decides on a source; fetches nothing yet. `region` and
 * `endpoint` are what environment and profile say, NULL when nothing (options win, that
 * is the caller's). `ready` is called from the loop when a fetch that a get was told to
 * wait for has ended, well or not. `requests` and `refreshes` are counted up. Errors:
 * SHUB_E_NOT_FOUND (a profile named by options or environment that is in no file, or the
 * chain is empty before any request), SHUB_E_INVALID, SHUB_E_FORMAT (a file, pos and line
 * in the message), SHUB_E_IO, SHUB_E_NOMEM. Lifetime: close with shub__s3_provider_close,
 * before the loop. */
shub_status shub__s3_provider_open(shub_loop *loop, const shub_s3_options *opts,
                                   void (*ready)(void *user), void *user,
                                   uint64_t *requests, uint64_t *refreshes,
                                   shub__s3_provider **provider, shub_error *err);
void shub__s3_provider_close(shub__s3_provider *provider);
/* What the environment, else the profile, says; NULL: nothing. Lifetime: the provider's.
 */
const char *shub__s3_provider_region(const shub__s3_provider *provider);
const char *shub__s3_provider_endpoint(const shub__s3_provider *provider);

/* Keys that are good at `now_us`. SHUB_E_AGAIN: they are being fetched, `ready` comes.
 * Else why there are none; the next get tries again, after a back-off.
 * Lifetime: borrowed until the loop runs. */
shub_status shub__s3_provider_get(shub__s3_provider *provider, int64_t now_us,
                                  const shub__s3_keys **keys, shub_error *err);
/* The server says that keys with this access key have expired: the next get fetches,
 * unless there are others by now. 1 when that can help, 0 for keys that stay the same. */
int shub__s3_provider_refused(shub__s3_provider *provider, const char *access_key);

#endif
