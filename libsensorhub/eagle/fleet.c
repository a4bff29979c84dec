#include "eagle/fleet.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/random.h"

#include <string.h>

#define DAY_MS       86400000
#define SHARDS_MAX   65536
#define JITTER_SHARE 16 /* of the interval */

/* ---- opening ------------------------------------------------------------------- */

static shub_status check(const shub_fleet_options *o, shub_error *err)
{
    if (o->interval_ms < 0 || o->interval_ms > DAY_MS)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "interval_ms %lld is not in 0 to %d", (long long)o->interval_ms,
                          DAY_MS);
    if (o->spread_ms < SHUB_NONE || o->spread_ms > DAY_MS)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "spread_ms %lld is not in -1 to %d", (long long)o->spread_ms,
                          DAY_MS);
    if (o->shards < 0 || o->shards > SHARDS_MAX || o->shard < 0 ||
        o->shard >= (o->shards ? o->shards : 1))
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "there is no shard %d of %d",
                          (int)o->shard, (int)o->shards);
    if (o->keep_duplicates < 0 || o->keep_duplicates > 1)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "keep_duplicates %d is not 0 or 1", (int)o->keep_duplicates);
    return SHUB_OK;
}

static shub_status fill_in(shub_fleet *fleet, const shub_fleet_options *opts,
                           shub_error *err)
{
    shub_fleet_options *o = &fleet->opts;
    shub_status status = shub__options_in(o, sizeof *o, opts, err);

    if (status == SHUB_OK)
        status = check(o, err);
    if (!o->shards)
        o->shards = 1;
    fleet->random =
        o->seed ? o->seed
                : (uint64_t)(uintptr_t)fleet ^ (uint64_t)shub__clock_now(&o->clock);
    return status;
}

shub_status shub_fleet_open(shub_loop *loop, const shub_fleet_options *opts,
                            shub_fleet **fleet, shub_error *err)
{
    shub_fleet *f;
    shub_status status;

    *fleet = NULL;
    if (shub__loop_check(loop, err) != SHUB_OK)
        return SHUB_E_FORKED;
    f = shub__calloc(1, sizeof *f);
    if (!f)
        return shub__fail_nomem(err);
    f->loop = loop;
    f->stats.size = sizeof f->stats;
    status = fill_in(f, opts, err);
    if (status == SHUB_OK)
        status = shub_batch_new(&f->scratch, err);
    if (status != SHUB_OK) {
        shub__free(f);
        return status;
    }
    *fleet = f;
    return SHUB_OK;
}

static void free_member(shub__member *member)
{
    shub_eagle_close(member->eagle);
    shub__timer_leave(&member->timer);
    shub__free(member->seen);
    shub__free(member);
}

void shub_fleet_close(shub_fleet *fleet)
{
    shub__member *member, *next;

    if (!fleet)
        return;
    for (member = fleet->first; member; member = next) {
        next = member->next;
        free_member(member);
    }
    shub__table_fini(&fleet->members);
    shub_batch_free(fleet->scratch);
    shub__free(fleet);
}

/* ---- beats --------------------------------------------------------------------- */

void shub__fleet_arm(shub__member *member)
{
    const shub_eagle *eagle = member->eagle;
    int64_t earliest_ms = shub__loop_now_ms();

    if (eagle->failures == eagle->opts.circuit_failures &&
        eagle->open_until_ms > earliest_ms)
        earliest_ms = eagle->open_until_ms;
    if (member->beat_ms < earliest_ms) {
        int64_t missed = (earliest_ms - member->beat_ms - 1) / member->interval_ms + 1;

        member->beat_ms += missed * member->interval_ms;
        shub__fleet_count_missed(member, missed);
    }
    member->due_ms =
        member->beat_ms +
        (int64_t)shub__random_below(&member->fleet->random,
                                    (uint64_t)member->interval_ms / JITTER_SHARE + 1);
    shub__timer_set(&member->timer, member->due_ms);
}

static void on_due(void *user)
{
    shub__member *member = user;

    /* No poll runs, none waits to be taken, the circuit was waited for. */
    if (shub_eagle_start(member->eagle, NULL) == SHUB_OK) {
        shub__fleet_count_start(member);
    } else {
        member->beat_ms += member->interval_ms;
        shub__fleet_count_missed(member, 1);
        shub__fleet_arm(member);
    }
}

static void on_finish(void *user)
{
    shub__member *member = user;
    shub_fleet *fleet = member->fleet;

    member->ready = 1;
    member->ready_next = NULL;
    member->ready_prev = fleet->ready_last;
    if (fleet->ready_last)
        fleet->ready_last->ready_next = member;
    else
        fleet->ready_first = member;
    fleet->ready_last = member;
}

void shub__fleet_unready(shub__member *member)
{
    shub_fleet *fleet = member->fleet;

    if (!member->ready)
        return;
    if (member->ready_prev)
        member->ready_prev->ready_next = member->ready_next;
    else
        fleet->ready_first = member->ready_next;
    if (member->ready_next)
        member->ready_next->ready_prev = member->ready_prev;
    else
        fleet->ready_last = member->ready_prev;
    member->ready = 0;
}

/* Where in the interval a gateway has its beat: by its hash, so that a fleet that starts
 * asks evenly. */
static void set_first_beat(shub__member *member)
{
    const shub_fleet *fleet = member->fleet;
    uint64_t place = member->entry.hash ^ fleet->opts.seed;
    int64_t spread_ms =
        fleet->opts.spread_ms ? fleet->opts.spread_ms : member->interval_ms;
    int64_t now_ms = shub__loop_now_ms();

    if (now_ms < fleet->quiet_until_ms)
        now_ms = fleet->quiet_until_ms;
    member->beat_ms = now_ms;
    if (spread_ms > 0)
        member->beat_ms += (int64_t)shub__random_below(&place, (uint64_t)spread_ms);
    member->due_ms = member->beat_ms;
    shub__timer_set(&member->timer, member->due_ms);
}

/* ---- gateways ------------------------------------------------------------------ */

int shub_fleet_owns(const shub_fleet *fleet, shub_slice id)
{
    return shub__hash(id) % (uint64_t)fleet->opts.shards == (uint64_t)fleet->opts.shard;
}

shub__member *shub__fleet_find(const shub_fleet *fleet, shub_slice id)
{
    return (shub__member *)shub__table_find(&fleet->members, id);
}

static int64_t interval_of(const shub_fleet *fleet, const shub_eagle_options *o)
{
    if (o->interval_ms)
        return o->interval_ms;
    if (fleet->opts.interval_ms)
        return fleet->opts.interval_ms;
    return o->transport == SHUB_EAGLE_RELAY ? SHUB_FLEET_RELAY_INTERVAL_MS
                                            : SHUB_FLEET_LOCAL_INTERVAL_MS;
}

static shub_status open_member(shub__member *member, const shub_eagle_options *opts,
                               shub_error *err)
{
    shub_fleet *fleet = member->fleet;
    shub_eagle_options o;
    shub_status status = shub__options_in(&o, sizeof o, opts, err);

    if (status != SHUB_OK)
        return status;
    if (!o.clock.now_us)
        o.clock = fleet->opts.clock;
    if (!o.seed)
        o.seed = shub__random(&fleet->random);
    member->interval_ms = interval_of(fleet, &o);
    status = shub_eagle_open(fleet->loop, &o, &member->eagle, err);
    if (status != SHUB_OK)
        return status;
    member->eagle->on_finish = on_finish;
    member->eagle->user = member;
    return shub__timer_join(shub__loop_timers(fleet->loop), &member->timer, on_due,
                            member, err);
}

static shub_status check_new(const shub_fleet *fleet, shub_slice id, shub_error *err)
{
    if (!id.len || id.len > SHUB_FLEET_ID_MAX)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "id of %zu bytes is not of 1 to %d", id.len, SHUB_FLEET_ID_MAX);
    if (shub__fleet_find(fleet, id))
        return shub__fail(err, SHUB_E_EXISTS, SHUB_NONE,
                          "gateway \"%.*s\" is in the fleet", SHUB__SHOW(id));
    return SHUB_OK;
}

static void link_member(shub__member *member)
{
    shub_fleet *fleet = member->fleet;

    member->next = fleet->first;
    if (member->next)
        member->next->prev = member;
    fleet->first = member;
    fleet->stats.gateways++;
}

shub_status shub_fleet_add(shub_fleet *fleet, shub_slice id,
                           const shub_eagle_options *opts, shub_error *err)
{
    shub__member *member;
    shub_status status = shub__loop_check(fleet->loop, err);

    if (status == SHUB_OK)
        status = check_new(fleet, id, err);
    if (status != SHUB_OK || !shub_fleet_owns(fleet, id))
        return status;
    member = shub__calloc(1, sizeof *member + id.len + 1);
    if (!member)
        return shub__fail_nomem(err);
    memcpy(member->id, id.ptr, id.len);
    member->entry.key = shub_bytes(member->id, id.len);
    member->fleet = fleet;
    member->stats.size = sizeof member->stats;
    member->stats.gateways = 1;
    status = open_member(member, opts, err);
    if (status == SHUB_OK)
        status = shub__table_add(&fleet->members, &member->entry, err);
    if (status != SHUB_OK) {
        free_member(member);
        return status;
    }
    link_member(member);
    set_first_beat(member);
    return SHUB_OK;
}

static void unlink_member(shub__member *member)
{
    shub_fleet *fleet = member->fleet;

    if (member->prev)
        member->prev->next = member->next;
    else
        fleet->first = member->next;
    if (member->next)
        member->next->prev = member->prev;
    if (fleet->last_taken == member)
        fleet->last_taken = NULL;
    fleet->stats.gateways--;
}

shub_status shub__fleet_member(const shub_fleet *fleet, shub_slice id,
                               shub__member **member, shub_error *err)
{
    shub_status status = shub__loop_check(fleet->loop, err);

    *member = NULL;
    if (status != SHUB_OK)
        return status;
    *member = shub__fleet_find(fleet, id);
    if (*member || !shub_fleet_owns(fleet, id))
        return SHUB_OK;
    return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE,
                      "no gateway \"%.*s\" in the fleet", SHUB__SHOW(id));
}

shub_status shub_fleet_remove(shub_fleet *fleet, shub_slice id, shub_error *err)
{
    shub__member *member;
    shub_status status = shub__fleet_member(fleet, id, &member, err);
    int64_t quiet_ms;

    if (status != SHUB_OK || !member)
        return status;
    quiet_ms = shub__loop_now_ms() + member->eagle->opts.min_gap_ms + 1;
    if (quiet_ms > fleet->quiet_until_ms)
        fleet->quiet_until_ms = quiet_ms;
    shub__fleet_unready(member);
    unlink_member(member);
    shub__table_remove(&fleet->members, &member->entry);
    free_member(member);
    return SHUB_OK;
}
