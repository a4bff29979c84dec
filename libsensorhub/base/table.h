/* A hash table of things found by a text; each carries its own link, so that only growing
 * needs memory. */
#ifndef SHUB_BASE_TABLE_H
#define SHUB_BASE_TABLE_H

#include <sensorhub/base.h>

/* Lives inside what is found; its key too, or longer. */
typedef struct shub__entry {
    struct shub__entry *next;
    uint64_t hash;
    shub_slice key;
} shub__entry;

/* Zeroed: empty. */
typedef struct shub__table {
    shub__entry **slots;
    size_t slot_count; /* 0 or a power of two */
    size_t count;
} shub__table;

/* FNV-1a of 64 bits, then mixed: the same on every machine and in every release. */
uint64_t shub__hash(shub_slice text);

void shub__table_fini(shub__table *table);
/* NULL when there is none. */
shub__entry *shub__table_find(const shub__table *table, shub_slice key);
/* Adds an entry whose key is set and not in the table. Errors: SHUB_E_NOMEM. */
shub_status shub__table_add(shub__table *table, shub__entry *entry, shub_error *err);
void shub__table_remove(shub__table *table, shub__entry *entry);

#endif
