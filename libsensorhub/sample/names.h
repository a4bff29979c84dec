/* A dictionary: names and their codes, 0 and up in order of first use. */
#ifndef SHUB_SAMPLE_NAMES_H
#define SHUB_SAMPLE_NAMES_H

#include <sensorhub/sample.h>

typedef struct shub__name_info {
    uint32_t hash;
    uint32_t
        put_at; /* in a dictionary of quantities: 1 + the row that a frame put last */
    const shub_quantity *quantity; /* and the table's row */
} shub__name_info;

typedef struct shub__names {
    shub_slice *names; /* by code */
    shub__name_info *info;
    size_t count;
    size_t cap;
    int32_t *slots; /* code + 1 by hash, 0: free */
    size_t slot_count;
    int32_t last; /* last code found */
    uint32_t seed;
} shub__names;

/* The names may come from outside; `seed` makes names of one hash hard to prepare. */
void shub__names_init(shub__names *names, uint32_t seed);
void shub__names_fini(shub__names *names);
/* Forgets all names and keeps the memory. */
void shub__names_clear(shub__names *names);

/* The name's code, or SHUB_NONE when it has none; then `hash` is for shub__names_add. */
int32_t shub__names_find(shub__names *names, shub_slice name, uint32_t *hash);
/* The same in steps: the hash of a name holds as long as the dictionary. */
uint32_t shub__names_hash(const shub__names *names, shub_slice name);
int32_t shub__names_find_hash(shub__names *names, shub_slice name, uint32_t hash);
/* Makes room for one more name: 1, or 0 when there is no memory. */
int shub__names_reserve(shub__names *names);
/* Adds a name that is not there, after room was reserved; returns its code. `name` is
 * borrowed until the names are cleared. */
int32_t shub__names_add(shub__names *names, shub_slice name, uint32_t hash,
                        const shub_quantity *quantity);
/* Forgets the names added since there were `count`. */
void shub__names_cut(shub__names *names, size_t count);

#endif
