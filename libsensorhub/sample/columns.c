#include "sample/batch.h"

#include <string.h>

#include "base/mem.h"

#define FIRST_CAP ((size_t)16)

/* The column with room for `cap` rows; as it was, and `ok` 0, when there is no memory. */
static void *grown(void *column, size_t cap, size_t item, int *ok)
{
    void *ptr = *ok ? shub__reallocarray(column, cap, item) : NULL;
    if (ptr)
        return ptr;
    *ok = 0;
    return column;
}

static int must_grow(const void *column, unsigned needed, int more_rows)
{
    return column ? more_rows : needed != 0;
}

int shub__columns_grow(shub_batch *b, unsigned needed)
{
    int ok = 1;
    int more = b->rows == b->cap;
    size_t cap = !more ? b->cap : b->cap ? b->cap * 2 : FIRST_CAP;
    if (more) {
        b->time_us = grown(b->time_us, cap, sizeof b->time_us[0], &ok);
        b->device = grown(b->device, cap, sizeof b->device[0], &ok);
        b->quantity = grown(b->quantity, cap, sizeof b->quantity[0], &ok);
        b->unit = grown(b->unit, cap, sizeof b->unit[0], &ok);
        b->f64 = grown(b->f64, cap, sizeof b->f64[0], &ok);
    }
    if (must_grow(b->i64, needed & SHUB__I64, more))
        b->i64 = grown(b->i64, cap, sizeof b->i64[0], &ok);
    if (must_grow(b->text, needed & SHUB__TEXT, more))
        b->text = grown(b->text, cap, sizeof b->text[0], &ok);
    if (must_grow(b->kind, needed & SHUB__KIND, more))
        b->kind = grown(b->kind, cap, sizeof b->kind[0], &ok);
    if (must_grow(b->flags, needed & SHUB__FLAGS, more))
        b->flags = grown(b->flags, cap, sizeof b->flags[0], &ok);
    if (ok)
        b->cap = cap;
    return ok;
}

void shub__columns_start(shub_batch *b, unsigned needed)
{
    if (needed & SHUB__I64)
        memset(b->i64, 0, b->rows * sizeof b->i64[0]);
    if (needed & SHUB__TEXT)
        memset(b->text, 0, b->rows * sizeof b->text[0]);
    if (needed & SHUB__KIND)
        memset(b->kind, SHUB_KIND_DOUBLE, b->rows * sizeof b->kind[0]);
    if (needed & SHUB__FLAGS)
        memset(b->flags, 0, b->rows * sizeof b->flags[0]);
    b->has |= needed;
}

void shub__columns_set(shub_batch *b, size_t i, const shub_value *value)
{
    const int32_t kind = value->kind;
    int64_t i64 = kind == SHUB_KIND_INT64  ? value->as.i64
                  : kind == SHUB_KIND_BOOL ? value->as.boolean != 0
                                           : 0;
    b->f64[i] = kind == SHUB_KIND_DOUBLE ? value->as.f64 : 0;
    if (b->has & SHUB__I64)
        b->i64[i] = i64;
    if (b->has & SHUB__TEXT)
        b->text[i] = (shub_slice){NULL, 0};
    if (kind == SHUB_KIND_TEXT)
        b->text[i] = shub__arena_copy(&b->arena, value->as.text);
    if (b->has & SHUB__KIND)
        b->kind[i] = (uint8_t)kind;
}
