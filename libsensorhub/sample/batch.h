/* Inside a batch. */
#ifndef SHUB_SAMPLE_BATCH_H
#define SHUB_SAMPLE_BATCH_H

#include <sensorhub/sample.h>

#include "base/arena.h"
#include "base/buf.h"
#include "sample/names.h"

/* Columns that exist only from the first row on that needs them. */
enum { SHUB__I64 = 1, SHUB__TEXT = 2, SHUB__KIND = 4, SHUB__FLAGS = 8 };

struct shub__vocabulary;

/* The last four columns are read only where their bit of `has` is set: then rows before
 * the first that needed them are filled with what says nothing. */
struct shub_batch {
    size_t rows;
    size_t cap; /* rows that every column which is there has room for */
    int64_t *time_us;
    int32_t *device;
    int32_t *quantity;
    int32_t *unit; /* SHUB_NONE: none */
    double *f64;
    int64_t *i64;
    shub_slice *text;
    uint8_t *kind;
    uint8_t *flags;
    unsigned has;
    shub__names devices, quantities, units;
    shub__arena arena; /* names and texts */
    shub__buf out;     /* what the last encoder returned */
    /* Decoders' fields, and since when their codes hold: see sample/rows.h. */
    struct shub__vocabulary *vocabularies;
    uint64_t generation;
    uint64_t clears;
};

/* Of the calls below, for rows that need room or a column. */
int shub__columns_grow(shub_batch *b, unsigned needed);
void shub__columns_start(shub_batch *b, unsigned needed);

/* Makes room for one row more, in the columns of `needed` too: 1, or 0 when there is no
 * memory. Nothing that can be seen changes. */
static inline int shub__columns_reserve(shub_batch *b, unsigned needed)
{
    return (b->rows < b->cap && !(needed & ~b->has)) || shub__columns_grow(b, needed);
}

/* Begins those columns of `needed` that are not there yet. */
static inline void shub__columns_begin(shub_batch *b, unsigned needed)
{
    if (needed & ~b->has)
        shub__columns_start(b, needed & ~b->has);
}

/* The columns that a value of this kind needs. */
static inline unsigned shub__columns_of(int32_t kind)
{
    return kind == SHUB_KIND_DOUBLE ? 0
           : kind == SHUB_KIND_TEXT ? SHUB__KIND | SHUB__TEXT
                                    : SHUB__KIND | SHUB__I64;
}

/* Writes the value of row `i` into columns that have begun, its text copied into room
 * that was reserved. */
void shub__columns_set(shub_batch *b, size_t i, const shub_value *value);

/* What a batch held once: rows and names behind it can be forgotten. */
typedef struct shub__batch_mark {
    size_t rows;
    size_t devices, quantities, units;
    unsigned has;
    shub__arena_mark arena;
    uint64_t clears;
} shub__batch_mark;

static inline shub__batch_mark shub__batch_marked(const shub_batch *b)
{
    return (shub__batch_mark){
        .rows = b->rows,
        .devices = b->devices.count,
        .quantities = b->quantities.count,
        .units = b->units.count,
        .has = b->has,
        .arena = shub__arena_marked(&b->arena),
        .clears = b->clears,
    };
}

/* 0 when the batch was cleared since. */
static inline int shub__batch_holds(const shub_batch *b, const shub__batch_mark *mark)
{
    return b->clears == mark->clears;
}

void shub__batch_rewind(shub_batch *b, const shub__batch_mark *mark);

#endif
