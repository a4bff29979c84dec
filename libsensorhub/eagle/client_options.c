#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "eagle/client.h"
#include "net/url.h"

#include <string.h>

#define PATH             "/cgi-bin/post_manager"
#define CGI_PATH         "/cgi-bin/cgi_manager"
#define RELAY_URL        "https://rainforestcloud.com:9445"
#define REST_URL_MAX     400 /* bytes */
#define CLOUD_ID         6   /* digits */
#define RETRIES          2
#define RETRIES_MAX      10
#define CIRCUIT_FAILURES 5
#define CIRCUIT_REST_MS  30000
#define DAY_MS           86400000
#define ALL_READS                                                                        \
    (SHUB_EAGLE_READ_DEMAND | SHUB_EAGLE_READ_SUMMATION | SHUB_EAGLE_READ_PRICE |        \
     SHUB_EAGLE_READ_NETWORK)

static shub_status invalid(shub_error *err, const char *what)
{
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s", what);
}

/* Basic auth and the relay take the id as it is on the label; one that lost its leading
 * zeros to a number in between would be refused there without saying why. */
static shub_status check_cloud_id(const char *id, shub_error *err)
{
    size_t i;

    for (i = 0; id[i] && shub__hex_value(id[i]) != SHUB_NONE; i++)
        continue;
    if (id[i] || i != CLOUD_ID)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "cloud_id \"%.*s\" is not six hexadecimal digits",
                          SHUB__SHOW(shub_str(id)));
    return SHUB_OK;
}

static shub_status check_secret(const char *name, const char *text, shub_error *err)
{
    if (!text)
        return SHUB_OK;
    if (!*text)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s is empty", name);
    return shub__http_check_value(name, text, err);
}

static shub_status check_range(const char *name, int64_t value, int64_t min, int64_t max,
                               shub_error *err)
{
    if (value >= min && value <= max)
        return SHUB_OK;
    return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%s %lld is not in %lld to %lld",
                      name, (long long)value, (long long)min, (long long)max);
}

static shub_status check_numbers(const shub_eagle_options *o, shub_error *err)
{
    if (check_range("transport", o->transport, SHUB_EAGLE_AUTO, SHUB_EAGLE_CGI, err) ||
        check_range("reads", o->reads, 0, ALL_READS, err) ||
        check_range("insecure", o->insecure, 0, 1, err) ||
        check_range("retries", o->retries, SHUB_NONE, RETRIES_MAX, err) ||
        check_range("timeout_ms", o->timeout_ms, 0, DAY_MS, err) ||
        check_range("min_gap_ms", o->min_gap_ms, 0, DAY_MS, err) ||
        check_range("interval_ms", o->interval_ms, 0, DAY_MS, err) ||
        check_range("unstick_ms", o->unstick_ms, 0, DAY_MS, err) ||
        check_range("circuit_failures", o->circuit_failures, 0, INT32_MAX, err) ||
        check_range("circuit_rest_ms", o->circuit_rest_ms, 0, DAY_MS, err))
        return SHUB_E_INVALID;
    return SHUB_OK;
}

static shub_status check_account(const shub_eagle_options *o, shub_error *err)
{
    int relay = o->transport == SHUB_EAGLE_RELAY;

    if (!o->url && !relay)
        return invalid(err, "url is missing");
    if (!o->cloud_id && (relay || o->install_code))
        return invalid(err, "cloud_id is missing");
    if (relay && (!o->user || !o->password))
        return invalid(err, "user and password of the relay account are missing");
    return SHUB_OK;
}

static shub_status check(const shub_eagle_options *o, shub_error *err)
{
    if (check_numbers(o, err) || check_account(o, err))
        return SHUB_E_INVALID;
    if (o->cloud_id && check_cloud_id(o->cloud_id, err))
        return SHUB_E_INVALID;
    if (check_secret("install_code", o->install_code, err) ||
        check_secret("user", o->user, err) || check_secret("password", o->password, err))
        return SHUB_E_INVALID;
    return o->pin ? shub__http_check_pin(o->pin, err) : SHUB_OK;
}

static void fill_in(shub_eagle_options *o)
{
    if (!o->reads)
        o->reads = SHUB_EAGLE_READ_DEMAND;
    if (!o->retries)
        o->retries = RETRIES;
    if (!o->timeout_ms)
        o->timeout_ms = o->transport == SHUB_EAGLE_RELAY ? SHUB_EAGLE_RELAY_TIMEOUT_MS
                                                         : SHUB_EAGLE_LOCAL_TIMEOUT_MS;
    if (!o->min_gap_ms)
        o->min_gap_ms = SHUB_EAGLE_MIN_GAP_MS;
    if (!o->circuit_failures)
        o->circuit_failures = CIRCUIT_FAILURES;
    if (!o->circuit_rest_ms)
        o->circuit_rest_ms = CIRCUIT_REST_MS;
}

/* Makes the text ours. */
static shub_status keep(shub_eagle *eagle, const char **text, shub_error *err)
{
    char *copy;

    if (!*text)
        return SHUB_OK;
    copy = shub__strdup(*text);
    if (!copy)
        return shub__fail_nomem(err);
    eagle->strings[eagle->string_count++] = copy;
    *text = copy;
    return SHUB_OK;
}

/* The address in full, ours. */
static shub_status keep_url(shub_eagle *eagle, const char **text, const char *otherwise,
                            const char *path, shub_error *err)
{
    char *url;
    shub_status status = shub__url_complete(*text ? *text : otherwise, path, &url, err);

    if (status != SHUB_OK)
        return status;
    eagle->strings[eagle->string_count++] = url;
    *text = url;
    return SHUB_OK;
}

static shub_status keep_urls(shub_eagle *eagle, shub_error *err)
{
    shub_eagle_options *o = &eagle->opts;
    const char *path = o->transport == SHUB_EAGLE_CGI ? CGI_PATH : PATH;
    shub_status status = keep_url(eagle, &o->url, RELAY_URL, path, err);

    if (status != SHUB_OK)
        return status;
    if (o->rest_url && strlen(o->rest_url) > REST_URL_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "rest_url of %zu bytes, at most %d", strlen(o->rest_url),
                          REST_URL_MAX);
    if (o->rest_url)
        return keep_url(eagle, &o->rest_url, NULL, "", err);
    o->rest_url = SHUB_EAGLE_REST_URL;
    return SHUB_OK;
}

static shub_status keep_all(shub_eagle *eagle, shub_error *err)
{
    shub_eagle_options *o = &eagle->opts;

    if (keep(eagle, &o->cloud_id, err) || keep(eagle, &o->install_code, err) ||
        keep(eagle, &o->user, err) || keep(eagle, &o->password, err) ||
        keep(eagle, &o->meter, err) || keep(eagle, &o->ca_file, err) ||
        keep(eagle, &o->pin, err))
        return SHUB_E_NOMEM;
    return SHUB_OK;
}

shub_status shub__eagle_copy_options(shub_eagle *eagle, const shub_eagle_options *opts,
                                     shub_error *err)
{
    shub_eagle_options *o = &eagle->opts;
    shub_status status;

    status = shub__options_in(o, sizeof *o, opts, err);
    if (status == SHUB_OK)
        status = check(o, err);
    if (status != SHUB_OK)
        return status;
    status = keep_urls(eagle, err);
    if (status != SHUB_OK)
        return status;
    fill_in(o);
    if (o->meter)
        (void)shub__eagle_write_mac(shub_str(o->meter), eagle->named);
    if (o->cloud_id)
        shub__base64_write(o->cloud_id, CLOUD_ID, eagle->basic);
    eagle->random =
        o->seed ? o->seed
                : (uint64_t)(uintptr_t)eagle ^ (uint64_t)shub__clock_now(&o->clock);
    return keep_all(eagle, err);
}

void shub__eagle_free_options(shub_eagle *eagle)
{
    while (eagle->string_count)
        shub__free_secret(eagle->strings[--eagle->string_count]);
}
