#include "webhook/replay.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

enum { KEY_LEN = 16 }; /* bytes of a hash that are kept: 128 bits do not collide */

typedef struct key {
    unsigned char bytes[KEY_LEN]; /* all 0: a free slot */
} key;

/* A hash table whose keys are random already. */
typedef struct generation {
    key *slots;
    size_t count;
} generation;

/* A call whose time is within a window of now can come again until two windows from now
 * have passed. So each generation is two windows long, and the one before is kept: what
 * is forgotten is older than two, and nothing is ever searched for what is old. */
struct shub_webhook_replay {
    generation now, before;
    size_t slot_count; /* a power of two, at least twice `max` */
    size_t max;        /* calls of one generation */
    int64_t begin_us;  /* of the generation */
    int64_t window_us; /* 0: no call yet */
};

shub_status shub_webhook_replay_new(size_t calls, shub_webhook_replay **out,
                                    shub_error *err)
{
    shub_webhook_replay *replay;
    size_t slots = 2;

    *out = NULL;
    if (calls > SHUB_WEBHOOK_MAX_REPLAY_CALLS)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "%zu calls, at most %zu", calls,
                          SHUB_WEBHOOK_MAX_REPLAY_CALLS);
    if (!calls)
        calls = SHUB_WEBHOOK_REPLAY_CALLS;
    while (slots < 2 * calls)
        slots *= 2;
    replay = shub__calloc(1, sizeof *replay);
    if (!replay)
        return shub__fail_nomem(err);
    replay->max = calls;
    replay->slot_count = slots;
    replay->now.slots = shub__calloc(slots, sizeof(key));
    replay->before.slots = shub__calloc(slots, sizeof(key));
    if (!replay->now.slots || !replay->before.slots) {
        shub_webhook_replay_free(replay);
        return shub__fail_nomem(err);
    }
    *out = replay;
    return SHUB_OK;
}

void shub_webhook_replay_free(shub_webhook_replay *replay)
{
    if (!replay)
        return;
    shub__free(replay->now.slots);
    shub__free(replay->before.slots);
    shub__free(replay);
}

/* The slot that has the key, else the free one it would go to. */
static key *find(const shub_webhook_replay *replay, const generation *gen, const key *k)
{
    static const key free_slot;
    size_t mask = replay->slot_count - 1, i;

    memcpy(&i, k->bytes, sizeof i);
    for (i &= mask;; i = (i + 1) & mask) {
        key *slot = &gen->slots[i];
        if (memcmp(slot, k, sizeof *k) == 0 || memcmp(slot, &free_slot, sizeof *k) == 0)
            return slot;
    }
}

static int holds(const shub_webhook_replay *replay, const generation *gen, const key *k)
{
    return memcmp(find(replay, gen, k), k, sizeof *k) == 0;
}

static void clear(const shub_webhook_replay *replay, generation *gen)
{
    if (gen->count)
        memset(gen->slots, 0, replay->slot_count * sizeof(key));
    gen->count = 0;
}

/* A clock that was set back leaves everything known. */
static void turn(shub_webhook_replay *replay, int64_t now_us)
{
    int64_t age_us = now_us - replay->begin_us;
    generation old = replay->before;

    if (age_us < 2 * replay->window_us)
        return;
    replay->before = replay->now;
    replay->now = old;
    clear(replay, &replay->now);
    if (age_us >= 4 * replay->window_us)
        clear(replay, &replay->before);
    replay->begin_us = now_us;
}

shub_status shub__webhook_replay_note(shub_webhook_replay *replay,
                                      const unsigned char *hash, int64_t now_us,
                                      int64_t window_us, shub_error *err)
{
    key k;

    if (!replay->window_us) {
        replay->window_us = window_us;
        replay->begin_us = now_us;
    }
    if (replay->window_us != window_us)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "a window of %lld us, that of the replay memory is %lld",
                          (long long)window_us, (long long)replay->window_us);
    turn(replay, now_us);
    memcpy(k.bytes, hash, sizeof k.bytes);
    k.bytes[KEY_LEN - 1] |= 1; /* not a free slot */
    if (holds(replay, &replay->now, &k) || holds(replay, &replay->before, &k))
        return shub__fail(err, SHUB_E_REPLAYED, SHUB_NONE,
                          "the call was received before");
    if (replay->now.count == replay->max)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "more than %zu calls within two windows", replay->max);
    *find(replay, &replay->now, &k) = k;
    replay->now.count++;
    return SHUB_OK;
}
