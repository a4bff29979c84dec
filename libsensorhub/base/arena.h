/* Bytes that stay where they are until all of them go. */
#ifndef SHUB_BASE_ARENA_H
#define SHUB_BASE_ARENA_H

#include <sensorhub/base.h>

typedef struct shub__arena_block shub__arena_block;

typedef struct shub__arena {
    shub__arena_block *first;
    shub__arena_block *current; /* those before it are full, those behind it empty */
} shub__arena;

/* Makes room for `size` bytes: 1, or 0 when there is no memory. What is stored does not
 * change. */
int shub__arena_reserve(shub__arena *arena, size_t size);
/* Copies `text` and a NUL into room that was reserved. Lifetime: until clear or fini. */
shub_slice shub__arena_copy(shub__arena *arena, shub_slice text);
/* `count` zeroed items of `size` bytes, aligned for pointers and 64-bit numbers; NULL
 * when there is no memory. Lifetime: until clear or fini. */
void *shub__arena_array(shub__arena *arena, size_t count, size_t size);
/* How far it is filled; what was stored behind a mark can be forgotten. */
typedef struct shub__arena_mark {
    shub__arena_block *block; /* NULL: nothing is stored */
    size_t used;
} shub__arena_mark;

shub__arena_mark shub__arena_marked(const shub__arena *arena);
void shub__arena_rewind(shub__arena *arena, shub__arena_mark mark);
/* Forgets all bytes and keeps the memory. */
void shub__arena_clear(shub__arena *arena);
void shub__arena_fini(shub__arena *arena);

#endif
