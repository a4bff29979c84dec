#include "webhook/replay.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

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

static const key free_slot;

static key key_of(const unsigned char *hash)
{
    key k;

    memcpy(k.bytes, hash, sizeof k.bytes);
    k.bytes[KEY_LEN - 1] |= 1; /* not a free slot */
    return k;
}

static int same(const key *a, const key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Where the search for a key begins. */
static size_t home_of(const shub_webhook_replay *replay, const key *k)
{
    size_t bits;

    memcpy(&bits, k->bytes, sizeof bits);
    return bits & (replay->slot_count - 1);
}

/* The slot that has the key, else the free one it would go to. */
static key *find(const shub_webhook_replay *replay, const generation *gen, const key *k)
{
    size_t i = home_of(replay, k);

    while (!same(&gen->slots[i], k) && !same(&gen->slots[i], &free_slot))
        i = (i + 1) & (replay->slot_count - 1);
    return &gen->slots[i];
}

/* Frees a slot; keys behind it, up to the next free one, move to where a search that
 * begins at their home still meets them. (Knuth, TAOCP 6.4, algorithm R.) */
static void vacate(const shub_webhook_replay *replay, generation *gen, key *slot)
{
    size_t mask = replay->slot_count - 1;
    size_t hole = (size_t)(slot - gen->slots);

    for (size_t i = (hole + 1) & mask; !same(&gen->slots[i], &free_slot);
         i = (i + 1) & mask) {
        size_t home = home_of(replay, &gen->slots[i]);
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        gen->slots[hole] = gen->slots[i];
        hole = i;
    }
    gen->slots[hole] = free_slot;
    gen->count--;
}

static int holds(const shub_webhook_replay *replay, const generation *gen, const key *k)
{
    return same(find(replay, gen, k), k);
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
    key k = key_of(hash);

    if (!replay->window_us) {
        replay->window_us = window_us;
        replay->begin_us = now_us;
    }
    if (replay->window_us != window_us)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE,
                          "a window of %lld us, that of the replay memory is %lld",
                          (long long)window_us, (long long)replay->window_us);
    turn(replay, now_us);
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

shub_status shub_webhook_replay_forget(shub_webhook_replay *replay, shub_slice id,
                                       shub_error *err)
{
    generation *const both[] = {&replay->now, &replay->before};
    unsigned char hash[KEY_LEN];
    size_t len;

    if (shub__hex_read(id, hash, sizeof hash, &len) || len != sizeof hash)
        return shub__fail(err, SHUB_E_FORMAT, SHUB_NONE,
                          "\"%.*s\" is no id of %d hexadecimal digits", SHUB__SHOW(id),
                          2 * KEY_LEN);
    const key k = key_of(hash);
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        if (!holds(replay, both[i], &k))
            continue;
        vacate(replay, both[i], find(replay, both[i], &k));
        return SHUB_OK;
    }
    return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "no call of the id \"%.*s\"",
                      SHUB__SHOW(id));
}
