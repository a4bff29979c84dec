#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "eagle/fleet.h"

/* Upper bounds of the buckets but the last. */
static const int64_t bounds_ms[SHUB_FLEET_LATENESS_BUCKETS - 1] = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000};

void shub__fleet_count_start(shub__member *member)
{
    member->stats.polls++;
    member->fleet->stats.polls++;
}

void shub__fleet_count_missed(shub__member *member, int64_t beats)
{
    member->stats.missed += (uint64_t)beats;
    member->fleet->stats.missed += (uint64_t)beats;
}

static void count_lateness(shub_fleet_stats *stats, int64_t late_ms)
{
    size_t bucket = 0;

    while (bucket < SHUB_FLEET_LATENESS_BUCKETS - 1 && late_ms > bounds_ms[bucket])
        bucket++;
    stats->lateness[bucket]++;
    if (late_ms > stats->lateness_max_ms)
        stats->lateness_max_ms = late_ms;
}

static void count_result(shub_fleet_stats *stats, const shub_fleet_result *result,
                         int64_t now_us)
{
    stats->samples += result->samples;
    stats->duplicates += result->duplicates;
    if (result->status != SHUB_OK) {
        stats->failures++;
        stats->failed[shub_status_class((shub_status)result->status)]++;
        return;
    }
    stats->successes++;
    stats->last_success_us = now_us;
}

void shub__fleet_count_result(shub__member *member, const shub_fleet_result *result)
{
    shub_fleet *fleet = member->fleet;
    int64_t now_us = shub__clock_now(&fleet->opts.clock);

    count_result(&member->stats, result, now_us);
    count_result(&fleet->stats, result, now_us);
    if (!member->eagle->started_ms) /* it never came to a request */
        return;
    count_lateness(&member->stats, member->eagle->started_ms - member->due_ms);
    count_lateness(&fleet->stats, member->eagle->started_ms - member->due_ms);
}

shub_status shub_fleet_get_stats(const shub_fleet *fleet, shub_slice id,
                                 shub_fleet_stats *stats, shub_error *err)
{
    static const shub_fleet_stats none;
    const shub__member *member = id.len ? shub__fleet_find(fleet, id) : NULL;

    if (id.len && !member) {
        shub__result_out(stats, &none, sizeof none);
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE,
                          "no gateway \"%.*s\" in the fleet", SHUB__SHOW(id));
    }
    shub__result_out(stats, member ? &member->stats : &fleet->stats, sizeof *stats);
    return SHUB_OK;
}

int64_t shub_fleet_lateness_ms(const shub_fleet_stats *stats, double share)
{
    uint64_t total = 0, sum = 0;
    size_t i;

    for (i = 0; i < SHUB_FLEET_LATENESS_BUCKETS; i++)
        total += stats->lateness[i];
    if (!total)
        return 0;
    for (i = 0; i < SHUB_FLEET_LATENESS_BUCKETS - 1; i++) {
        sum += stats->lateness[i];
        if ((double)sum >= share * (double)total)
            break;
    }
    if (i == SHUB_FLEET_LATENESS_BUCKETS - 1 || bounds_ms[i] > stats->lateness_max_ms)
        return stats->lateness_max_ms;
    return bounds_ms[i];
}
