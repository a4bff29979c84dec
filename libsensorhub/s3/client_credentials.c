#include "s3/client_credentials.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/trace.h"
#include "net/loop.h"
#include "net/url.h"
#include "s3/client_provider.h"
#include "s3/endpoint.h"

#include <string.h>

#define HOLD_US   (60 * SHUB_SECOND_US)
#define OUTAGE_US (15 * 60 * SHUB_SECOND_US)

/* ---- open, close --------------------------------------------------------------- */

static shub_status decide(shub__s3_provider *p, const shub_s3_options *opts,
                          shub_error *err)
{
    shub__profiles profiles = {0};
    shub_error why = SHUB_ERROR_INIT;
    shub_status status = shub__s3_profiles_load(&profiles, &why);

    if (status != SHUB_OK && status != SHUB_E_NOMEM && shub__s3_needs_no_profile(opts)) {
        shub__trace(SHUB_LEVEL_WARN, "s3 event=profiles_ignored status=%s why=\"%s\"",
                    shub_status_name(status), why.message);
        status = SHUB_OK;
    }
    if (status == SHUB_OK)
        status =
            shub__s3_chain_init(&p->chain, opts, &profiles, shub__s3_getenv, NULL, err);
    else if (err)
        *err = why;
    shub__profiles_fini(&profiles);
    return status;
}

static shub_status keep(char **to, const char *text, shub_error *err)
{
    *to = shub__strdup(text);
    return *to || !text ? SHUB_OK : shub__fail_nomem(err);
}

/* Keeps the pin and whose it is. */
static shub_status keep_pin(shub__s3_provider *p, const shub_s3_options *opts,
                            shub_error *err)
{
    const char *text = opts->endpoint ? opts->endpoint : p->chain.endpoint;
    shub__s3_endpoint endpoint;
    shub__buf url;
    shub_status status;

    if (!opts->pin || !text)
        return SHUB_OK;
    shub__buf_init(&url, SHUB__ORIGIN_MAX);
    status = shub__s3_endpoint_init(&endpoint, text, NULL, SHUB_S3_ADDRESSING_PATH, err);
    if (status == SHUB_OK && endpoint.host) {
        shub__buf_text(&url, endpoint.tls ? "https://" : "http://");
        shub__buf_text(&url, endpoint.host);
        status = shub__buf_check(&url, "endpoint", err);
        if (status == SHUB_OK)
            status = keep(&p->pinned_url, url.ptr, err);
    }
    if (status == SHUB_OK)
        status = keep(&p->pin, opts->pin, err);
    shub__s3_endpoint_fini(&endpoint);
    shub__buf_fini(&url);
    return status;
}

static shub_status set_up(shub__s3_provider *p, const shub_s3_options *opts,
                          shub_error *err)
{
    shub_status status = decide(p, opts, err);

    if (status != SHUB_OK)
        return status;
    p->insecure = opts->insecure;
    p->callback = opts->credentials;
    p->callback_user = opts->user;
    p->clock = opts->clock;
    p->random = opts->seed
                    ? opts->seed
                    : (uint64_t)(uintptr_t)p ^ (uint64_t)shub__clock_now(&p->clock);
    if (keep(&p->ca_file, opts->ca_file, err) != SHUB_OK)
        return SHUB_E_NOMEM;
    status = keep_pin(p, opts, err);
    if (status != SHUB_OK)
        return status;
    return shub__timer_join(shub__loop_timers(p->loop), &p->timer, shub__s3_fetch_go_on,
                            p, err);
}

shub_status shub__s3_provider_open(shub_loop *loop, const shub_s3_options *opts,
                                   void (*ready)(void *user), void *user,
                                   uint64_t *requests, uint64_t *refreshes,
                                   shub__s3_provider **provider, shub_error *err)
{
    shub__s3_provider *p = shub__calloc(1, sizeof *p);
    shub_status status;

    *provider = NULL;
    if (!p)
        return shub__fail_nomem(err);
    p->loop = loop;
    p->ready = ready;
    p->ready_user = user;
    p->requests = requests;
    p->refreshes = refreshes;
    shub__buf_init_secret(&p->output, SHUB__S3_METADATA_MAX);
    status = set_up(p, opts, err);
    if (status != SHUB_OK) {
        shub__s3_provider_close(p);
        return status;
    }
    shub__trace(SHUB_LEVEL_DEBUG, "s3 event=credentials_source source=%s roles=%zu",
                shub__s3_source_name(p->chain.source), p->chain.role_count);
    *provider = p;
    return SHUB_OK;
}

void shub__s3_provider_close(shub__s3_provider *provider)
{
    if (!provider)
        return;
    shub__s3_fetch_abandon(provider);
    shub__timer_leave(&provider->timer);
    shub__s3_keys_fini(&provider->keys);
    shub__s3_chain_fini(&provider->chain);
    shub__free(provider->ca_file);
    shub__free(provider->pin);
    shub__free(provider->pinned_url);
    shub__free(provider);
}

const char *shub__s3_provider_region(const shub__s3_provider *provider)
{
    return provider->chain.region;
}

const char *shub__s3_provider_endpoint(const shub__s3_provider *provider)
{
    return provider->chain.endpoint;
}

/* ---- a fetch's end ------------------------------------------------------------- */

int64_t shub__s3_provider_now(const shub__s3_provider *p)
{
    return shub__clock_now(&p->clock) + p->offset_us;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When keys are to be fetched anew. */
static void plan(shub__s3_provider *p, int64_t now_us)
{
    int64_t expires_us = p->keys.expires_us, left_us = expires_us - now_us;

    p->early_us = p->late_us = INT64_MAX;
    if (!expires_us)
        return;
    p->early_us = later(expires_us - SHUB__S3_REFRESH_EARLY_US, now_us + left_us / 2);
    p->late_us = later(expires_us - SHUB__S3_REFRESH_LATE_US, now_us + left_us / 4 * 3);
}

/* Keys that have expired when they come are of no use, but for an instance's: while the
 * service that makes them is out, AWS takes the old ones, and they are asked for again
 * later (as botocore does it). */
static shub_status check_expiry(shub__s3_provider *p, int64_t now_us, shub_error *err)
{
    if (!p->found.expires_us || p->found.expires_us > now_us)
        return SHUB_OK;
    if (p->chain.source != SHUB__S3_FROM_INSTANCE || p->chain.role_count)
        return shub__fail(err, SHUB_E_EXPIRED, SHUB_NONE,
                          "the credentials that came have expired");
    p->found.expires_us = now_us + OUTAGE_US;
    shub__trace(SHUB_LEVEL_WARN, "s3 event=credentials_extended source=instance");
    return SHUB_OK;
}

static void rest(shub__s3_provider *p, int64_t now_us)
{
    int shift = p->failures < 6 ? p->failures : 6;
    int64_t rest_us = SHUB__S3_REFRESH_REST_US << shift;

    if (rest_us > SHUB__S3_REFRESH_REST_MAX_US)
        rest_us = SHUB__S3_REFRESH_REST_MAX_US;
    p->failures++;
    rest_us -= (int64_t)shub__random_below(&p->random, (uint64_t)rest_us / 2);
    p->rest_us = now_us + rest_us;
}

static void accept(shub__s3_provider *p, int64_t now_us)
{
    if (p->stale && shub__s3_keys_equal(&p->keys, &p->found))
        p->hold_us = now_us + HOLD_US;
    shub__s3_keys_fini(&p->keys);
    p->keys = p->found;
    memset(&p->found, 0, sizeof p->found);
    p->stale = 0;
    p->failures = 0;
    p->rest_us = 0;
    (*p->refreshes)++;
    plan(p, now_us);
}

void shub__s3_provider_settle(shub__s3_provider *p, shub_status status,
                              const shub_error *err)
{
    int64_t now_us = shub__s3_provider_now(p);

    if (status == SHUB_OK)
        status = check_expiry(p, now_us, &p->err);
    else
        p->err = *err;
    if (status == SHUB_OK) {
        accept(p, now_us);
    } else {
        p->err.code = status;
        shub__s3_keys_mask(&p->found, &p->err);
        shub__s3_keys_mask(&p->keys, &p->err);
        rest(p, now_us);
    }
    shub__trace(status == SHUB_OK ? SHUB_LEVEL_INFO : SHUB_LEVEL_WARN,
                "s3 event=credentials source=%s status=%s",
                shub__s3_source_name(p->chain.source), shub_status_name(status));
}

/* ---- get ----------------------------------------------------------------------- */

/* A clock that was put back does not make a rest longer. */
static int is_resting(const shub__s3_provider *p, int64_t now_us)
{
    return p->failures && now_us < p->rest_us &&
           p->rest_us - now_us <= SHUB__S3_REFRESH_REST_MAX_US;
}

static int is_usable(const shub__s3_provider *p, int64_t now_us)
{
    const shub__s3_keys *k = &p->keys;

    if (!k->access_key || p->stale)
        return 0;
    return now_us < p->late_us || (!p->fetching && now_us < k->expires_us);
}

static shub_status tell(const shub__s3_provider *p, int64_t now_us, shub_error *err)
{
    if (err) {
        *err = p->err;
        err->retry_after_us = later(p->rest_us - now_us, 0);
    }
    return (shub_status)p->err.code;
}

shub_status shub__s3_provider_get(shub__s3_provider *provider, int64_t now_us,
                                  const shub__s3_keys **keys, shub_error *err)
{
    shub__s3_provider *p = provider;
    int wanted = !p->keys.access_key || p->stale || now_us >= p->early_us;

    *keys = NULL;
    if (p->chain.source == SHUB__S3_FROM_NOTHING)
        return SHUB_OK;
    p->offset_us = now_us - shub__clock_now(&p->clock);
    if (wanted && !p->fetching && !is_resting(p, now_us))
        shub__s3_fetch_begin(p);
    if (is_usable(p, now_us)) {
        *keys = &p->keys;
        return SHUB_OK;
    }
    if (!p->fetching)
        return tell(p, now_us, err);
    p->waiting = 1;
    return shub__fail(err, SHUB_E_AGAIN, SHUB_NONE, "credentials are being fetched");
}

void shub__s3_provider_mask(const shub__s3_provider *provider, shub_error *err)
{
    if (provider)
        shub__s3_keys_mask(&provider->keys, err);
}

int shub__s3_provider_refused(shub__s3_provider *provider, const char *access_key)
{
    shub__s3_provider *p = provider;
    int fixed = p->chain.source == SHUB__S3_FROM_KEYS && !p->chain.role_count;

    if (fixed || p->chain.source == SHUB__S3_FROM_NOTHING)
        return 0;
    if (!p->keys.access_key || p->stale || strcmp(p->keys.access_key, access_key) != 0)
        return 1;
    if (shub__s3_provider_now(p) < p->hold_us)
        return 0;
    p->stale = 1;
    p->failures = 0;
    p->rest_us = 0;
    return 1;
}
