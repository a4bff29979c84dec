#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "eagle/fleet.h"

#include <string.h>

/* ---- what came before ---------------------------------------------------------- */

/* A place for a device and quantity: its own, a new one, or the oldest. NULL: no memory.
 */
static shub__seen *place_of(shub__member *member, const shub_sample *sample)
{
    uint64_t key = shub__hash(sample->device) * 31 + shub__hash(sample->quantity);
    shub__seen *seen;
    size_t i;

    for (i = 0; i < member->seen_count; i++)
        if (member->seen[i].key == key)
            return &member->seen[i];

    if (member->seen_count < SHUB__FLEET_SEEN) {
        seen = shub__reallocarray(member->seen, member->seen_count + 1, sizeof *seen);
        if (!seen)
            return NULL;
        member->seen = seen;
        seen += member->seen_count++;
    } else {
        seen = &member->seen[member->seen_next++ % SHUB__FLEET_SEEN];
    }
    memset(seen, 0, sizeof *seen);
    seen->key = key;
    return seen;
}

/* A time that was assumed says when it was asked, not what. */
static int is_seen(const shub__seen *seen, const shub_sample *sample)
{
    size_t i;

    for (i = 0; i < SHUB__FLEET_TIMES; i++)
        if (seen->times[i] == sample->time_us)
            return !(sample->flags & SHUB_TIME_ASSUMED);
    return 0;
}

static void note(shub__seen *seen, const shub_sample *sample)
{
    if (!(sample->flags & SHUB_TIME_ASSUMED) && !is_seen(seen, sample))
        seen->times[seen->next++ % SHUB__FLEET_TIMES] = sample->time_us;
}

shub_status shub_fleet_note(shub_fleet *fleet, shub_slice id, const shub_batch *batch,
                            shub_error *err)
{
    shub__member *member;
    shub_status status = shub__fleet_member(fleet, id, &member, err);
    shub_sample sample;
    size_t i;

    if (status != SHUB_OK || !member)
        return status;
    for (i = 0; shub_batch_get(batch, i, &sample, NULL) == SHUB_OK; i++) {
        shub__seen *seen = place_of(member, &sample);

        if (!seen)
            return shub__fail_nomem(err);
        note(seen, &sample);
    }
    return SHUB_OK;
}

/* ---- results ------------------------------------------------------------------- */

/* Appends a sample when it is new, and notes it: one that could not be appended may come
 * again with the next poll. */
static shub_status pass_on(shub__member *member, const shub_sample *sample,
                           shub_batch *batch, shub_fleet_result *result)
{
    shub__seen *seen = place_of(member, sample);
    shub_status status;

    if (!seen)
        return shub__fail_nomem(&result->err);
    if (is_seen(seen, sample)) {
        result->duplicates++;
        if (!member->fleet->opts.keep_duplicates)
            return SHUB_OK;
    }
    status = shub_batch_append(batch, sample, &result->err);
    if (status != SHUB_OK)
        return status;
    note(seen, sample);
    result->samples++;
    return SHUB_OK;
}

static void forget_last(shub_fleet *fleet)
{
    shub__member *last = fleet->last_taken;

    fleet->last_taken = NULL;
    if (last && last->eagle->state == SHUB__EAGLE_IDLE)
        shub__eagle_forget_replies(last->eagle);
}

static void take(shub__member *member, shub_batch *batch, shub_fleet_result *result)
{
    shub_fleet *fleet = member->fleet;
    shub_status status = SHUB_OK;
    shub_sample sample;
    size_t i;

    result->id = member->entry.key;
    shub_batch_clear(fleet->scratch);
    result->status = shub_eagle_take(member->eagle, fleet->scratch, &result->err);
    for (i = 0; !status && !shub_batch_get(fleet->scratch, i, &sample, NULL); i++)
        status = pass_on(member, &sample, batch, result);
    if (status != SHUB_OK)
        result->status = status;
    shub__fleet_count_result(member, result);
    member->beat_ms += member->interval_ms;
    shub__fleet_arm(member);
    fleet->last_taken = member;
}

shub_status shub_fleet_next(shub_fleet *fleet, shub_batch *batch,
                            shub_fleet_result *result, shub_error *err)
{
    shub_fleet_result ours = SHUB_FLEET_RESULT_INIT;
    shub__member *member = fleet->ready_first;
    shub_status status = shub__loop_check(fleet->loop, err);

    if (status == SHUB_OK && !member)
        status = shub__fail(err, SHUB_E_AGAIN, SHUB_NONE, "no poll is finished");
    if (member && status == SHUB_OK) {
        forget_last(fleet);
        shub__fleet_unready(member);
        take(member, batch, &ours);
    }
    shub__result_out(result, &ours, sizeof ours);
    return status;
}

const shub_eagle_reply *shub_fleet_last_reply(const shub_fleet *fleet, size_t i)
{
    return fleet->last_taken ? shub_eagle_last_reply(fleet->last_taken->eagle, i) : NULL;
}
