/* A fleet, inside: fleet.c keeps the gateways and their beats, fleet_result.c takes what
 * they said, fleet_stats.c counts. */
#ifndef SHUB_EAGLE_FLEET_H
#define SHUB_EAGLE_FLEET_H

#include <sensorhub/fleet.h>

#include "base/table.h"
#include "eagle/client.h"

#define SHUB__FLEET_TIMES 4  /* kept of each device and quantity */
#define SHUB__FLEET_SEEN  64 /* devices and quantities of a gateway, at most */

/* The last meter times of a device and quantity, known by their hash. */
typedef struct shub__seen {
    uint64_t key;
    int64_t times[SHUB__FLEET_TIMES]; /* 0: none */
    unsigned next;                    /* the one that is replaced next */
} shub__seen;

typedef struct shub__member shub__member;
struct shub__member {
    shub__entry entry; /* by id, in the fleet's table */
    shub_fleet *fleet;
    shub_eagle *eagle;
    shub__timer timer; /* set while no poll runs or waits to be taken */
    int64_t interval_ms;
    int64_t beat_ms; /* of the next poll, or of the one that runs */
    int64_t due_ms;  /* the beat and its jitter */
    shub__seen *seen;
    size_t seen_count;
    size_t seen_next; /* replaced next when there are too many */
    shub_fleet_stats stats;
    shub__member *prev, *next; /* of all */
    shub__member *ready_prev, *ready_next;
    int ready; /* its result waits to be taken */
    char id[];
};

struct shub_fleet {
    shub_loop *loop;
    shub_fleet_options opts; /* numbers filled in */
    uint64_t random;
    int64_t quiet_until_ms; /* after a removal: the gateway may be added again */
    shub__table members;
    shub__member *first;
    shub__member *ready_first, *ready_last;
    shub__member *last_taken;
    shub_batch *scratch;
    shub_fleet_stats stats;
};

/* fleet.c */
shub__member *shub__fleet_find(const shub_fleet *fleet, shub_slice id);
/* The same for a public call: SHUB_OK and NULL when another shard owns the id. Errors:
 * SHUB_E_FORKED, SHUB_E_NOT_FOUND. */
shub_status shub__fleet_member(const shub_fleet *fleet, shub_slice id,
                               shub__member **member, shub_error *err);
/* Sets the timer for the next beat, missing those that are over or that the gateway
 * rests through. */
void shub__fleet_arm(shub__member *member);
void shub__fleet_unready(shub__member *member);

/* fleet_stats.c: counts for the member and the fleet. */
void shub__fleet_count_start(shub__member *member);
void shub__fleet_count_missed(shub__member *member, int64_t beats);
void shub__fleet_count_result(shub__member *member, const shub_fleet_result *result);

#endif
