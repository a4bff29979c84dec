/* sensorhub/fleet.h: a fleet of EAGLE gateways. Polls thousands of gateways on one loop,
 * each at its interval:
 *
 *     shub_fleet_add(fleet, SHUB_LIT("004792"), &options, err);
 *     while (shub_loop_run_once(loop, SHUB_NONE, err) == SHUB_OK)
 *         while (shub_fleet_next(fleet, batch, &result, err) == SHUB_OK)
 *             ...
 *
 * The first polls are spread over the interval by the hash of the id. Each gateway then
 * keeps its own beat: a poll comes up to a sixteenth of the interval, at random, after
 * its beat, and being late moves no later beat. What shub_eagle_start promises of one
 * gateway holds for each: one request in flight, min_gap_ms between two, back-off, a
 * circuit. A gateway that is busy, rests, or whose result was not taken misses beats;
 * they are counted. */
#ifndef SENSORHUB_FLEET_H
#define SENSORHUB_FLEET_H

#include <sensorhub/eagle.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHUB_FLEET_RELAY_INTERVAL_MS 6000  /* as the ISEIF project asks the relay */
#define SHUB_FLEET_LOCAL_INTERVAL_MS 15000 /* a Z109 asked more often locks up */
#define SHUB_FLEET_ID_MAX            255   /* bytes */

typedef struct shub_fleet_options {
    size_t size;
    int64_t interval_ms;     /* of gateways that say none; 0: by their transport */
    int64_t spread_ms;       /* first polls come within it; 0: the gateway's interval;
                                SHUB_NONE: at once */
    int32_t shard;           /* polls only ids whose hash, modulo `shards`, is this */
    int32_t shards;          /* 0: 1 */
    int32_t keep_duplicates; /* 1: they are counted and appended */
    int32_t reserved;
    uint64_t seed;    /* of beats and jitter; 0: from the handle's address, the clock */
    shub_clock clock; /* also of gateways that have none; {NULL, NULL}: the system's */
} shub_fleet_options;

#define SHUB_FLEET_OPTIONS_INIT                                                          \
    {                                                                                    \
        sizeof(shub_fleet_options), 0, 0, 0, 0, 0, 0, 0,                                 \
        {                                                                                \
            NULL, NULL                                                                   \
        }                                                                                \
    }

typedef struct shub_fleet shub_fleet;

/* Opens an empty fleet on a loop. `opts` may be NULL. Errors: SHUB_E_INVALID,
 * SHUB_E_FORKED, SHUB_E_NOMEM. Lifetime: close with shub_fleet_close before the loop. */
SHUB_API shub_status shub_fleet_open(shub_loop *loop, const shub_fleet_options *opts,
                                     shub_fleet **fleet, shub_error *err);
/* Gives up what is in flight, wipes the credentials. NULL is fine. */
SHUB_API void shub_fleet_close(shub_fleet *fleet);

/* 1 when the id belongs to the fleet's shard, else 0. The hash is the same on every
 * machine and in every release. */
SHUB_API int shub_fleet_owns(const shub_fleet *fleet, shub_slice id);
/* Adds a gateway, copying its options; one of another shard is left to that shard, and
 * SHUB_OK too. `id` is any text of 1 to SHUB_FLEET_ID_MAX bytes. Errors: SHUB_E_EXISTS,
 * and those of shub_eagle_open. */
SHUB_API shub_status shub_fleet_add(shub_fleet *fleet, shub_slice id,
                                    const shub_eagle_options *opts, shub_error *err);
/* Removes a gateway, whatever it is doing; a result that waits is dropped. Its counts
 * stay in those of the fleet. Errors: SHUB_E_NOT_FOUND (never for another shard's),
 * SHUB_E_FORKED. */
SHUB_API shub_status shub_fleet_remove(shub_fleet *fleet, shub_slice id, shub_error *err);
/* Says what was logged before, after a restart by shub_log_tail: its samples are
 * duplicates from now on. Of each device and quantity the last four times are known.
 * Errors: SHUB_E_NOT_FOUND (never for another shard's), SHUB_E_NOMEM, SHUB_E_FORKED. */
SHUB_API shub_status shub_fleet_note(shub_fleet *fleet, shub_slice id,
                                     const shub_batch *batch, shub_error *err);

/* One finished poll. */
typedef struct shub_fleet_result {
    size_t size;
    shub_slice id;
    int32_t status; /* the poll's shub_status, as shub_eagle_take gives it */
    int32_t reserved;
    uint64_t samples;    /* appended to the batch, also before a failure */
    uint64_t duplicates; /* of a device, quantity and meter time that came before */
    shub_error err;      /* of the poll, when its status is not SHUB_OK */
} shub_fleet_result;

#define SHUB_FLEET_RESULT_INIT                                                           \
    {                                                                                    \
        sizeof(shub_fleet_result), {NULL, 0}, 0, 0, 0, 0, SHUB_ERROR_INIT                \
    }

/* Takes the result of a poll that is finished, the oldest first, and appends its samples
 * to `batch`; its gateway's next poll is then due. Failures of polls are results too.
 * Errors: SHUB_E_AGAIN (none is finished), SHUB_E_FORKED. Lifetime: `id` is borrowed
 * until its gateway is removed. */
SHUB_API shub_status shub_fleet_next(shub_fleet *fleet, shub_batch *batch,
                                     shub_fleet_result *result, shub_error *err);
/* The i-th reply of the poll taken last, for its raw fields; NULL past the end.
 * Lifetime: borrowed until the next shub_fleet_next, _remove or shub_loop_run_once. */
SHUB_API const shub_eagle_reply *shub_fleet_last_reply(const shub_fleet *fleet, size_t i);

#define SHUB_FLEET_CLASSES 8 /* of failures, by shub_class */
#define SHUB_FLEET_LATENESS_BUCKETS                                                      \
    16 /* up to 1, 2, 5, 10, ... 10 000, 30 000, 60 000 ms, more */

/* Counts since a gateway was added, or since the fleet was opened. */
typedef struct shub_fleet_stats {
    size_t size;
    uint64_t gateways; /* there are now */
    uint64_t polls;    /* started */
    uint64_t successes;
    uint64_t failures;
    uint64_t failed[SHUB_FLEET_CLASSES];
    uint64_t missed; /* beats without a poll */
    uint64_t samples;
    uint64_t duplicates;
    int64_t last_success_us; /* 0: none yet */
    int64_t lateness_max_ms; /* from when a poll was due to its first request's start */
    uint64_t lateness[SHUB_FLEET_LATENESS_BUCKETS];
} shub_fleet_stats;

#define SHUB_FLEET_STATS_INIT                                                            \
    {                                                                                    \
        sizeof(shub_fleet_stats), 0, 0, 0, 0, {0}, 0, 0, 0, 0, 0,                        \
        {                                                                                \
            0                                                                            \
        }                                                                                \
    }

/* Counts of a gateway, or of the whole fleet for an empty id. Errors: SHUB_E_NOT_FOUND.
 */
SHUB_API shub_status shub_fleet_get_stats(const shub_fleet *fleet, shub_slice id,
                                          shub_fleet_stats *stats, shub_error *err);
/* Milliseconds that a share of the polls, 0 to 1, was late at most, by the buckets'
 * bounds: 0.99 gives the 99th percentile. 0 before the first. */
SHUB_API int64_t shub_fleet_lateness_ms(const shub_fleet_stats *stats, double share);

#ifdef __cplusplus
}
#endif

#endif
