#include "base/table.h"

#include "base/error.h"
#include "base/mem.h"

#include <string.h>

#define FIRST_SLOTS 16

/* Fowler, Noll, Vo: offset basis and prime of the 64-bit hash; the finalizer of
 * SplitMix64 behind it, because the low bits of FNV alone are weak. */
uint64_t shub__hash(shub_slice text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    size_t i;

    for (i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 27) * UINT64_C(0x94d049bb133111eb);
    return hash ^ hash >> 31;
}

static shub__entry **slot_of(const shub__table *table, uint64_t hash)
{
    return &table->slots[hash & (table->slot_count - 1)];
}

static void put(shub__table *table, shub__entry *entry)
{
    shub__entry **slot = slot_of(table, entry->hash);

    entry->next = *slot;
    *slot = entry;
}

static shub_status grow(shub__table *table, shub_error *err)
{
    shub__table bigger = {0};
    size_t i;

    bigger.slot_count = table->slot_count ? 2 * table->slot_count : FIRST_SLOTS;
    bigger.slots = shub__calloc(bigger.slot_count, sizeof(shub__entry *));
    if (!bigger.slots)
        return shub__fail_nomem(err);
    for (i = 0; i < table->slot_count; i++)
        while (table->slots[i]) {
            shub__entry *entry = table->slots[i];

            table->slots[i] = entry->next;
            put(&bigger, entry);
        }
    bigger.count = table->count;
    shub__free(table->slots);
    *table = bigger;
    return SHUB_OK;
}

void shub__table_fini(shub__table *table)
{
    shub__free(table->slots);
    memset(table, 0, sizeof(*table));
}

shub__entry *shub__table_find(const shub__table *table, shub_slice key)
{
    shub__entry *entry;
    uint64_t hash = shub__hash(key);

    if (!table->count)
        return NULL;
    for (entry = *slot_of(table, hash); entry; entry = entry->next)
        if (entry->hash == hash && shub_slice_equal(entry->key, key))
            return entry;
    return NULL;
}

shub_status shub__table_add(shub__table *table, shub__entry *entry, shub_error *err)
{
    if (table->count == table->slot_count && grow(table, err) != SHUB_OK)
        return SHUB_E_NOMEM;
    entry->hash = shub__hash(entry->key);
    put(table, entry);
    table->count++;
    return SHUB_OK;
}

void shub__table_remove(shub__table *table, shub__entry *entry)
{
    shub__entry **link = slot_of(table, entry->hash);

    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    entry->next = NULL;
    table->count--;
}
