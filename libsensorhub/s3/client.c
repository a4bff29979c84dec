/* The client's handle: its options, and what it has learnt. */
#include "s3/client.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "s3/journal.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_REGION     "us-east-1"
#define RETRIES            9
#define IN_FLIGHT_MAX      100 /* SHUB_LOOP_MAX_CONNECTIONS */
#define CONNECT_TIMEOUT_MS 10000
#define ANSWER_TIMEOUT_MS  60000
#define STALL_MS           30000
#define STALL_BYTES        1024
#define TOKENS             500 /* of the retry budget: full */
#define REGION_MAX         64  /* bytes of a region's name */

/* A bucket that is in another region than the client's. */
typedef struct bucket_region {
    shub__entry entry;
    char region[REGION_MAX];
    char bucket[];
} bucket_region;

int64_t shub__s3_now(const shub_s3 *s3)
{
    return shub__clock_now(&s3->opts.clock) + s3->stats.skew_us;
}

/* ---- regions -------------------------------------------------------------------- */

shub_slice shub__s3_region_of(const shub_s3 *s3, shub_slice bucket)
{
    const shub__entry *entry = shub__table_find(&s3->regions, bucket);

    return shub_str(entry ? ((const bucket_region *)(const void *)entry)->region
                          : s3->region);
}

shub_status shub__s3_learn_region(shub_s3 *s3, shub_slice bucket, shub_slice region,
                                  shub_error *err)
{
    bucket_region *row = (bucket_region *)(void *)shub__table_find(&s3->regions, bucket);

    if (region.len >= REGION_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "region is longer than %d bytes",
                          REGION_MAX - 1);
    if (!row) {
        row = shub__calloc(1, sizeof *row + bucket.len + 1);
        if (!row)
            return shub__fail_nomem(err);
        memcpy(row->bucket, bucket.ptr, bucket.len);
        row->entry.key = shub_bytes(row->bucket, bucket.len);
        if (shub__table_add(&s3->regions, &row->entry, err) != SHUB_OK) {
            shub__free(row);
            return SHUB_E_NOMEM;
        }
    }
    memcpy(row->region, region.ptr, region.len);
    row->region[region.len] = '\0';
    return SHUB_OK;
}

static void forget_regions(shub_s3 *s3)
{
    for (size_t i = 0; i < s3->regions.slot_count; i++)
        while (s3->regions.slots[i]) {
            shub__entry *entry = s3->regions.slots[i];

            shub__table_remove(&s3->regions, entry);
            shub__free(entry);
        }
    shub__table_fini(&s3->regions);
}

/* ---- integrity ------------------------------------------------------------------ */

static shub_s3_integrity integrity_of(const shub_s3 *s3)
{
    if (s3->opts.integrity != SHUB_S3_INTEGRITY_AUTO)
        return (shub_s3_integrity)s3->opts.integrity;
    return s3->endpoint.amazon && s3->endpoint.tls ? SHUB_S3_INTEGRITY_CRC32C
                                                   : SHUB_S3_INTEGRITY_SHA256;
}

shub__sum_kind shub__s3_sum_kind(const shub_s3 *s3)
{
    switch (integrity_of(s3)) {
    case SHUB_S3_INTEGRITY_MD5:
        return SHUB__SUM_MD5;
    case SHUB_S3_INTEGRITY_CRC32C:
        return SHUB__SUM_CRC32C;
    case SHUB_S3_INTEGRITY_CRC64NVME:
        return SHUB__SUM_CRC64NVME;
    default:
        return SHUB__SUM_NONE;
    }
}

int shub__s3_signs_bodies(const shub_s3 *s3)
{
    switch (integrity_of(s3)) {
    case SHUB_S3_INTEGRITY_SHA256:
        return 1;
    case SHUB_S3_INTEGRITY_NONE:
        return 0;
    default: /* TLS protects what is on its way */
        return !s3->endpoint.tls && !s3->opts.unsigned_payload;
    }
}

/* ---- options -------------------------------------------------------------------- */

static shub_status check_numbers(const shub_s3_options *o, shub_error *err)
{
    const struct {
        const char *name;
        int64_t value, max;
    } rows[] = {
        {"addressing", o->addressing, SHUB_S3_ADDRESSING_VIRTUAL},
        {"integrity", o->integrity, SHUB_S3_INTEGRITY_CRC64NVME},
        {"in_flight", o->in_flight, IN_FLIGHT_MAX},
        {"part_bytes", o->part_bytes, SHUB_S3_PUT_MAX},
        {"connect_timeout_ms", o->connect_timeout_ms, INT32_MAX},
        {"answer_timeout_ms", o->answer_timeout_ms, INT32_MAX},
        {"stall_ms", o->stall_ms, INT32_MAX},
        {"stall_bytes", o->stall_bytes, INT32_MAX},
        {"retries", o->retries == SHUB_NONE ? 0 : o->retries, 1000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].value < 0 || rows[i].value > rows[i].max)
            return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                              "%s is %lld, the limit is 0 to %lld", rows[i].name,
                              (long long)rows[i].value, (long long)rows[i].max);
    if (!o->access_key != !o->secret_key)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "access_key and secret_key go together");
    return o->pin ? shub__http_check_pin(o->pin, err) : SHUB_OK;
}

static void fill_numbers(shub_s3 *s3)
{
    shub_s3_options *o = &s3->opts;

    o->in_flight = o->in_flight ? o->in_flight : SHUB_S3_IN_FLIGHT;
    o->part_bytes = o->part_bytes ? o->part_bytes : SHUB_S3_PART_BYTES;
    o->retries = o->retries ? o->retries : RETRIES;
    o->connect_timeout_ms =
        o->connect_timeout_ms ? o->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    o->answer_timeout_ms =
        o->answer_timeout_ms ? o->answer_timeout_ms : ANSWER_TIMEOUT_MS;
    o->stall_ms = o->stall_ms ? o->stall_ms : STALL_MS;
    o->stall_bytes = o->stall_bytes ? o->stall_bytes : STALL_BYTES;
    s3->random =
        o->seed ? o->seed : (uint64_t)(uintptr_t)s3 ^ (uint64_t)shub__loop_now_ms() << 20;
}

static shub_status copy_strings(shub_s3 *s3, shub_error *err)
{
    const char **texts[SHUB__S3_STRINGS] = {
        &s3->opts.endpoint,   &s3->opts.region,        &s3->opts.access_key,
        &s3->opts.secret_key, &s3->opts.session_token, &s3->opts.profile,
        &s3->opts.ca_file,    &s3->opts.pin,           &s3->opts.journal,
    };

    for (size_t i = 0; i < SHUB__S3_STRINGS; i++) {
        char *copy = shub__strdup(*texts[i]);

        if (*texts[i] && !copy)
            return shub__fail_nomem(err);
        *texts[i] = copy;
        s3->strings[s3->string_count++] = copy;
    }
    return SHUB_OK;
}

/* ---- open, close ---------------------------------------------------------------- */

void shub__s3_origin(const shub_s3 *s3, char dst[SHUB__S3_ORIGIN_MAX])
{
    const shub__s3_endpoint *e = &s3->endpoint;

    (void)snprintf(dst, SHUB__S3_ORIGIN_MAX, "http%s://%s%s", e->tls ? "s" : "",
                   e->host ? e->host : e->amazon, e->host ? "" : s3->region);
}

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a ? a : b ? b : c;
}

static shub_status open_endpoint(shub_s3 *s3, shub_error *err)
{
    const char *region = NULL, *endpoint = NULL;
    char origin[SHUB__S3_ORIGIN_MAX];
    shub_status status;

    if (s3->provider) {
        region = shub__s3_provider_region(s3->provider);
        endpoint = shub__s3_provider_endpoint(s3->provider);
    }
    s3->region = shub__strdup(first_of(s3->opts.region, region, DEFAULT_REGION));
    if (!s3->region)
        return shub__fail_nomem(err);
    if (!s3->region[0] || strlen(s3->region) >= REGION_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "region \"%.64s\" is empty or longer than %d bytes", s3->region,
                          REGION_MAX - 1);
    status =
        shub__s3_endpoint_init(&s3->endpoint, first_of(s3->opts.endpoint, endpoint, NULL),
                               s3->region, s3->opts.addressing, err);
    if (status != SHUB_OK || !s3->endpoint.host)
        return status; /* each of Amazon's buckets is a host of its own */
    shub__s3_origin(s3, origin);
    return shub__peer_hold(s3->loop, origin, &s3->peer, err);
}

static shub_status open_journal(shub_s3 *s3, shub_error *err)
{
    char origin[SHUB__S3_ORIGIN_MAX];

    if (!s3->opts.journal)
        return SHUB_OK;
    shub__s3_origin(s3, origin);
    return shub__s3_journal_open(s3->opts.journal, origin, &s3->journal, err);
}

static shub_status open_parts(shub_s3 *s3, shub_error *err)
{
    shub_status status = copy_strings(s3, err);

    if (status == SHUB_OK)
        status = shub_loop_open(&s3->loop, err);
    if (status == SHUB_OK && !s3->opts.anonymous)
        status = shub__s3_provider_open(s3->loop, &s3->opts, shub__s3_keys_ready, s3,
                                        &s3->stats.requests, &s3->stats.refreshes,
                                        &s3->provider, err);
    if (status == SHUB_OK)
        status = open_endpoint(s3, err);
    return status == SHUB_OK ? open_journal(s3, err) : status;
}

shub_status shub_s3_open(const shub_s3_options *given, shub_s3 **out, shub_error *err)
{
    shub_s3_options opts;
    shub_s3 *s3;
    shub_status status = shub__options_in(&opts, sizeof opts, given, err);

    *out = NULL;
    if (status == SHUB_OK)
        status = check_numbers(&opts, err);
    if (status != SHUB_OK)
        return status;
    s3 = shub__calloc(1, sizeof *s3);
    if (!s3)
        return shub__fail_nomem(err);
    s3->opts = opts;
    s3->stats.size = sizeof s3->stats;
    s3->tokens = TOKENS;
    s3->wants_conditions = 1;
    s3->copy_max = SHUB_S3_PUT_MAX;
    fill_numbers(s3);
    status = open_parts(s3, err);
    if (status != SHUB_OK) {
        shub_s3_close(s3);
        return status;
    }
    *out = s3;
    return SHUB_OK;
}

void shub_s3_close(shub_s3 *s3)
{
    if (!s3)
        return;
    shub__s3_provider_close(s3->provider);
    shub__peer_release(s3->peer);
    shub_loop_close(s3->loop);
    shub__s3_journal_close(s3->journal);
    shub__s3_endpoint_fini(&s3->endpoint);
    forget_regions(s3);
    shub__arena_fini(&s3->arena);
    shub__wipe(&s3->key, sizeof s3->key);
    shub__free(s3->region);
    for (size_t i = 0; i < s3->string_count; i++)
        shub__free_secret(s3->strings[i]);
    shub__free(s3);
}

void shub_s3_get_stats(const shub_s3 *s3, shub_s3_stats *stats)
{
    shub__result_out(stats, &s3->stats, sizeof s3->stats);
}
