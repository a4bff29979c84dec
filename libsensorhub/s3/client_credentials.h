/* The provider: walks the chain, fetches keys over the network where it must, keeps them
 * fresh. One a client. */
#ifndef SHUB_S3_CLIENT_CREDENTIALS_H
#define SHUB_S3_CLIENT_CREDENTIALS_H

#include "s3/credentials.h"

#include <sensorhub/net.h>

/* botocore's times before keys expire; keys that live less than twenty minutes are
 * fetched after a half, and waited for after three quarters of their time. */
#define SHUB__S3_REFRESH_EARLY_US (15 * 60 * SHUB_SECOND_US) /* beside the work */
#define SHUB__S3_REFRESH_LATE_US  (10 * 60 * SHUB_SECOND_US) /* the work waits */
/* Between fetches that fail: doubled from the first to the second. */
#define SHUB__S3_REFRESH_REST_US     SHUB_SECOND_US
#define SHUB__S3_REFRESH_REST_MAX_US (60 * SHUB_SECOND_US)

typedef struct shub__s3_provider shub__s3_provider;

/* Reads environment and files and decides on a source; fetches nothing yet. Files are
 * only traced when something is wrong with them and the options bring the keys. `ready`
 * is called from the loop when a fetch that a get was told to wait for has ended, well or
 * not; it may call get, and not close. `requests` and `refreshes` are counted up; they
 * outlive the provider. The options' callback and clock are kept, all else is copied.
 * Errors: those of shub__s3_chain_init, SHUB_E_FORMAT (a file, with pos and line),
 * SHUB_E_LIMIT, SHUB_E_IO, SHUB_E_NOMEM. Lifetime: close with shub__s3_provider_close,
 * before the loop. */
shub_status shub__s3_provider_open(shub_loop *loop, const shub_s3_options *opts,
                                   void (*ready)(void *user), void *user,
                                   uint64_t *requests, uint64_t *refreshes,
                                   shub__s3_provider **provider, shub_error *err);
/* Gives up a fetch without a call of `ready`; wipes. NULL is fine. */
void shub__s3_provider_close(shub__s3_provider *provider);
/* What the environment, else the profile, says; NULL: nothing (options win, that is the
 * caller's). Lifetime: the provider's. */
const char *shub__s3_provider_region(const shub__s3_provider *provider);
const char *shub__s3_provider_endpoint(const shub__s3_provider *provider);

/* Keys that are good at `now_us`, which is the server's time as far as the caller knows
 * it: requests for keys are signed by that clock too. `keys` is NULL when nothing is to
 * be signed. SHUB_E_AGAIN: they are being fetched, `ready` comes. Else why there are
 * none, with retry_after_us: until then a get gives the same answer, later it fetches.
 * Keys that are there are used until they expire when fetching others fails.
 * Lifetime: borrowed until the loop runs or the next get. */
shub_status shub__s3_provider_get(shub__s3_provider *provider, int64_t now_us,
                                  const shub__s3_keys **keys, shub_error *err);
/* Makes stars of its keys in a message. */
void shub__s3_provider_mask(const shub__s3_provider *provider, shub_error *err);
/* The server says that keys with this access key have expired: the next get fetches,
 * unless there are others by now. 1 when that can help; 0 for keys that stay the same, or
 * that were the same when fetched less than a minute ago for this reason. */
int shub__s3_provider_refused(shub__s3_provider *provider, const char *access_key);

#endif
