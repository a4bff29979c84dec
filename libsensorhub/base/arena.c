#include "base/arena.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

#define FIRST_BLOCK   ((size_t)512)
#define LARGEST_BLOCK ((size_t)1 << 18) /* unless more is asked for at once */

struct shub__arena_block {
    shub__arena_block *next;
    size_t size;
    size_t used;
    char bytes[];
};

static size_t room(const shub__arena_block *block)
{
    return block->size - block->used;
}

static shub__arena_block *new_block(const shub__arena_block *before, size_t size)
{
    size_t usual = before ? before->size * 2 : FIRST_BLOCK;
    if (usual > LARGEST_BLOCK)
        usual = LARGEST_BLOCK;
    if (size < usual)
        size = usual;
    size_t bytes;
    shub__arena_block *block = NULL;
    if (shub__size_add(sizeof *block, size, &bytes))
        block = shub__malloc(bytes);
    if (!block)
        return NULL;
    block->next = NULL;
    block->size = size;
    block->used = 0;
    return block;
}

int shub__arena_reserve(shub__arena *arena, size_t size)
{
    shub__arena_block *current = arena->current;
    if (current && room(current) >= size)
        return 1;
    if (current && current->next && current->next->size >= size) {
        arena->current = current->next;
        return 1;
    }
    shub__arena_block *block = new_block(current, size);
    if (!block)
        return 0;
    if (current) {
        block->next = current->next;
        current->next = block;
    } else {
        arena->first = block;
    }
    arena->current = block;
    return 1;
}

shub_slice shub__arena_copy(shub__arena *arena, shub_slice text)
{
    shub__arena_block *block = arena->current;
    assert(block && room(block) > text.len);
    char *dst = block->bytes + block->used;
    if (text.len)
        memcpy(dst, text.ptr, text.len);
    dst[text.len] = '\0';
    block->used += text.len + 1;
    return (shub_slice){dst, text.len};
}

void *shub__arena_array(shub__arena *arena, size_t count, size_t size)
{
    const size_t align = sizeof(uint64_t);
    size_t bytes, most;
    if (!shub__size_mul(count, size, &bytes) || !shub__size_add(bytes, align, &most) ||
        !shub__arena_reserve(arena, most))
        return NULL;
    shub__arena_block *block = arena->current;
    char *end = block->bytes + block->used;
    size_t gap = (size_t)(-(uintptr_t)end & (align - 1));
    memset(end + gap, 0, bytes);
    block->used += gap + bytes;
    return end + gap;
}

shub__arena_mark shub__arena_marked(const shub__arena *arena)
{
    shub__arena_block *block = arena->current;
    return (shub__arena_mark){block, block ? block->used : 0};
}

void shub__arena_rewind(shub__arena *arena, shub__arena_mark mark)
{
    shub__arena_block *block = mark.block ? mark.block->next : arena->first;
    for (; block; block = block->next)
        block->used = 0;
    if (mark.block)
        mark.block->used = mark.used;
    arena->current = mark.block ? mark.block : arena->first;
}

void shub__arena_clear(shub__arena *arena)
{
    for (shub__arena_block *block = arena->first; block; block = block->next)
        block->used = 0;
    arena->current = arena->first;
}

void shub__arena_fini(shub__arena *arena)
{
    shub__arena_block *block = arena->first;
    while (block) {
        shub__arena_block *next = block->next;
        shub__free(block);
        block = next;
    }
    arena->first = NULL;
    arena->current = NULL;
}
