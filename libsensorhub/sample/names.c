#include "sample/names.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/number_wide.h"

#define FIRST_CAP 8

void shub__names_init(shub__names *names, uint32_t seed)
{
    memset(names, 0, sizeof *names);
    names->seed = seed;
}

void shub__names_fini(shub__names *names)
{
    shub__free(names->names);
    shub__free(names->info);
    shub__free(names->slots);
    shub__names_init(names, names->seed);
}

void shub__names_clear(shub__names *names)
{
    if (names->slots)
        memset(names->slots, 0, names->slot_count * sizeof names->slots[0]);
    names->count = 0;
    names->last = 0;
}

/* Both halves of the product: the lower alone carries a change of the highest bits on in
 * a way that does not depend on the seed, and names of one hash could be prepared. */
static uint64_t mix(uint64_t hash, uint64_t word)
{
    shub__u128 product = shub__multiply(hash ^ word, UINT64_C(0x9e3779b97f4a7c15));
    return product.hi ^ product.lo;
}

uint32_t shub__names_hash(const shub__names *names, shub_slice name)
{
    uint64_t hash = mix(names->seed, name.len);
    uint64_t word = 0;
    size_t i = 0;
    for (; name.len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, name.ptr + i, sizeof word);
        hash = mix(hash, word);
    }
    word = 0;
    if (name.len > i)
        memcpy(&word, name.ptr + i, name.len - i);
    return (uint32_t)mix(hash, word);
}

/* Names of one length differ at their end, mostly: numbers, qualifiers. */
static inline int is_name(const shub__names *names, int32_t code, shub_slice name)
{
    shub_slice other = names->names[code];
    size_t len = name.len;
    return other.len == len && len && other.ptr[len - 1] == name.ptr[len - 1] &&
           !memcmp(other.ptr, name.ptr, len);
}

int32_t shub__names_find_hash(shub__names *names, shub_slice name, uint32_t hash)
{
    if (!names->count)
        return SHUB_NONE;
    size_t mask = names->slot_count - 1;
    for (size_t slot = hash & mask; names->slots[slot]; slot = (slot + 1) & mask) {
        int32_t code = names->slots[slot] - 1;
        if (names->info[code].hash == hash && is_name(names, code, name)) {
            names->last = code;
            return code;
        }
    }
    return SHUB_NONE;
}

/* The name that was found last, or the one that came first behind it: what comes again
 * mostly comes in the order in which it came before. SHUB_NONE: neither. */
static int32_t guess(const shub__names *names, shub_slice name)
{
    if (is_name(names, names->last, name))
        return names->last;
    int32_t next = names->last + 1;
    if ((size_t)next == names->count)
        next = 0;
    return is_name(names, next, name) ? next : SHUB_NONE;
}

int32_t shub__names_find(shub__names *names, shub_slice name, uint32_t *hash)
{
    int32_t code = names->count ? guess(names, name) : SHUB_NONE;
    *hash = 0;
    if (code >= 0) {
        names->last = code;
        return code;
    }
    *hash = shub__names_hash(names, name);
    return shub__names_find_hash(names, name, *hash);
}

static void put(int32_t *slots, size_t slot_count, uint32_t hash, int32_t code)
{
    size_t slot = hash & (slot_count - 1);
    while (slots[slot])
        slot = (slot + 1) & (slot_count - 1);
    slots[slot] = code + 1;
}

/* The slots are twice as many as the names can be, so that a search soon meets a free
 * one. */
static int grow_slots(shub__names *names, size_t cap)
{
    size_t slot_count = cap * 2;
    int32_t *slots = shub__calloc(slot_count, sizeof slots[0]);
    if (!slots)
        return 0;
    for (size_t i = 0; i < names->count; i++)
        put(slots, slot_count, names->info[i].hash, (int32_t)i);
    shub__free(names->slots);
    names->slots = slots;
    names->slot_count = slot_count;
    return 1;
}

int shub__names_reserve(shub__names *names)
{
    if (names->count < names->cap)
        return 1;
    size_t cap = names->cap ? names->cap * 2 : FIRST_CAP;
    shub_slice *by_code = shub__reallocarray(names->names, cap, sizeof by_code[0]);
    if (!by_code)
        return 0;
    names->names = by_code;
    shub__name_info *info = shub__reallocarray(names->info, cap, sizeof info[0]);
    if (!info)
        return 0;
    names->info = info;
    if (!grow_slots(names, cap))
        return 0;
    names->cap = cap;
    return 1;
}

int32_t shub__names_add(shub__names *names, shub_slice name, uint32_t hash,
                        const shub_quantity *quantity)
{
    assert(names->count < names->cap);
    int32_t code = (int32_t)names->count++;
    names->names[code] = name;
    names->info[code].hash = hash;
    names->info[code].put_at = 0;
    names->info[code].quantity = quantity;
    put(names->slots, names->slot_count, hash, code);
    names->last = code;
    return code;
}

/* Latest first: no search goes past the slot of a name to one that was there before. */
void shub__names_cut(shub__names *names, size_t count)
{
    while (names->count > count) {
        int32_t code = (int32_t)--names->count;
        size_t slot = names->info[code].hash & (names->slot_count - 1);
        while (names->slots[slot] != code + 1)
            slot = (slot + 1) & (names->slot_count - 1);
        names->slots[slot] = 0;
        names->last = 0;
    }
}
