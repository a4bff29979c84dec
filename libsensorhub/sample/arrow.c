#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "sample/arrow.h"
#include "sample/batch.h"

/* ---- memory of an array --------------------------------------------------------- */

/* Buffers of a node are its own, whatever made them: all are freed with it. */
static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child->release)
            child->release(child);
        shub__free(child);
    }
    if (array->dictionary) {
        if (array->dictionary->release)
            array->dictionary->release(array->dictionary);
        shub__free(array->dictionary);
    }
    for (int64_t i = 0; i < array->n_buffers; i++)
        shub__free((void *)(uintptr_t)array->buffers[i]);
    shub__free(array->buffers);
    shub__free(array->children);
    memset(array, 0, sizeof *array);
}

/* An array of no rows and NULL buffers. 1, or 0 without memory. */
static int begin_array(struct ArrowArray *array, int64_t buffers, int64_t children)
{
    memset(array, 0, sizeof *array);
    array->buffers = shub__calloc((size_t)buffers, sizeof array->buffers[0]);
    if (children)
        array->children = shub__calloc((size_t)children, sizeof array->children[0]);
    if (!array->buffers || (children && !array->children)) {
        shub__free(array->buffers);
        shub__free(array->children);
        memset(array, 0, sizeof *array);
        return 0;
    }
    array->n_buffers = buffers;
    array->release = release_array;
    return 1;
}

static struct ArrowArray *new_array(int64_t buffers)
{
    struct ArrowArray *array = shub__malloc(sizeof *array);
    if (array && begin_array(array, buffers, 0))
        return array;
    shub__free(array);
    return NULL;
}

/* ---- columns -------------------------------------------------------------------- */

/* One bit a row, the lowest first. */
static uint8_t *new_bits(size_t rows)
{
    return shub__calloc(rows / 8 + 1, 1);
}

static void set_bit(uint8_t *bits, size_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << i % 8);
}

static int kind_at(const shub_columns *c, size_t i)
{
    return c->kind ? c->kind[i] : SHUB_KIND_DOUBLE;
}

/* Which rows are of this kind. Nothing is stored when all are. */
static int add_validity(struct ArrowArray *array, const shub_columns *c, int kind)
{
    uint8_t *bits;
    if (kind == SHUB_KIND_DOUBLE && !c->kind)
        return 1;
    bits = new_bits(c->rows);
    if (!bits)
        return 0;
    array->buffers[0] = bits;
    array->null_count = (int64_t)c->rows;
    for (size_t i = 0; i < c->rows; i++) {
        if (kind_at(c, i) != kind)
            continue;
        set_bit(bits, i);
        array->null_count--;
    }
    return 1;
}

/* Lengths as Arrow's texts have them: where each begins, then all of them. */
static int add_texts(struct ArrowArray *array, const shub_slice *texts, size_t count)
{
    int64_t *offsets = shub__reallocarray(NULL, count + 1, sizeof offsets[0]);
    if (!offsets)
        return 0;
    array->buffers[1] = offsets;
    offsets[0] = 0;
    for (size_t i = 0; i < count; i++)
        offsets[i + 1] = offsets[i] + (int64_t)(texts ? texts[i].len : 0);
    char *bytes = shub__malloc((size_t)offsets[count] + 1);
    if (!bytes)
        return 0;
    array->buffers[2] = bytes;
    for (size_t i = 0; i < count && texts; i++) {
        if (texts[i].len)
            memcpy(bytes + offsets[i], texts[i].ptr, texts[i].len);
    }
    array->length = (int64_t)count;
    return 1;
}

static int add_bools(struct ArrowArray *array, const shub_columns *c)
{
    uint8_t *bits = new_bits(c->rows);
    if (!bits)
        return 0;
    array->buffers[1] = bits;
    for (size_t i = 0; i < c->rows; i++) {
        if (kind_at(c, i) == SHUB_KIND_BOOL && c->i64[i])
            set_bit(bits, i);
    }
    return 1;
}

static int add_dictionary(struct ArrowArray *array, const shub_slice *names, size_t count)
{
    array->dictionary = new_array(3);
    return array->dictionary && add_texts(array->dictionary, names, count);
}

/* Rows without a unit have a code that no dictionary has. */
static int add_unit_validity(struct ArrowArray *array, const shub_columns *c)
{
    size_t none = 0;
    for (size_t i = 0; i < c->rows; i++)
        none += c->unit[i] < 0;
    if (!none)
        return 1;
    uint8_t *bits = new_bits(c->rows);
    if (!bits)
        return 0;
    array->buffers[0] = bits;
    array->null_count = (int64_t)none;
    for (size_t i = 0; i < c->rows; i++) {
        if (c->unit[i] >= 0)
            set_bit(bits, i);
    }
    return 1;
}

/* What is not a column of the batch as it stands. */
static int add_made(struct ArrowArray **children, const shub_columns *c)
{
    return add_dictionary(children[SHUB__ARROW_DEVICE], c->devices, c->device_count) &&
           add_dictionary(children[SHUB__ARROW_QUANTITY], c->quantities,
                          c->quantity_count) &&
           add_dictionary(children[SHUB__ARROW_UNIT], c->units, c->unit_count) &&
           add_unit_validity(children[SHUB__ARROW_UNIT], c) &&
           add_validity(children[SHUB__ARROW_VALUE], c, SHUB_KIND_DOUBLE) &&
           add_validity(children[SHUB__ARROW_INT64], c, SHUB_KIND_INT64) &&
           add_validity(children[SHUB__ARROW_BOOL], c, SHUB_KIND_BOOL) &&
           add_bools(children[SHUB__ARROW_BOOL], c) &&
           add_validity(children[SHUB__ARROW_TEXT], c, SHUB_KIND_TEXT) &&
           add_texts(children[SHUB__ARROW_TEXT], c->text, c->rows);
}

/* ---- columns of the batch ------------------------------------------------------- */

typedef struct shared {
    int column;
    void *ptr; /* NULL where no row needed it */
    size_t item;
} shared;

static void copy_or_zero(void *dst, const shared *s, size_t rows)
{
    if (s->ptr && rows)
        memcpy(dst, s->ptr, rows * s->item);
    else
        memset(dst, 0, rows * s->item);
}

/* Copies all, or, to move, makes those that are not there. */
static int add_copies(struct ArrowArray **columns, const shared *all, size_t count,
                      size_t rows, shub_arrow_mode mode)
{
    for (size_t i = 0; i < count; i++) {
        if (mode == SHUB_ARROW_MOVE && all[i].ptr)
            continue;
        void *copy = shub__reallocarray(NULL, rows + 1, all[i].item);
        if (!copy)
            return 0;
        copy_or_zero(copy, &all[i], rows);
        columns[all[i].column]->buffers[1] = copy;
    }
    return 1;
}

/* Nothing fails from here on. */
static void move_columns(struct ArrowArray **columns, const shared *all, size_t count,
                         const shub_columns *c, shub_batch *b)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].ptr)
            columns[all[i].column]->buffers[1] = all[i].ptr;
    }
    b->time_us = NULL;
    b->device = NULL;
    b->quantity = NULL;
    b->unit = NULL;
    b->f64 = NULL;
    if (!c->i64)
        shub__free(b->i64);
    if (!c->flags)
        shub__free(b->flags);
    b->i64 = NULL;
    b->flags = NULL;
    shub__free(b->text);
    b->text = NULL;
    shub__free(b->kind);
    b->kind = NULL;
    b->cap = 0;
    shub_batch_clear(b);
}

static int add_shared(struct ArrowArray **columns, const shub_columns *c, shub_batch *b,
                      shub_arrow_mode mode)
{
    const shared all[] = {
        {SHUB__ARROW_TIME, b->time_us, sizeof b->time_us[0]},
        {SHUB__ARROW_DEVICE, b->device, sizeof b->device[0]},
        {SHUB__ARROW_QUANTITY, b->quantity, sizeof b->quantity[0]},
        {SHUB__ARROW_UNIT, b->unit, sizeof b->unit[0]},
        {SHUB__ARROW_VALUE, b->f64, sizeof b->f64[0]},
        {SHUB__ARROW_INT64, c->i64 ? b->i64 : NULL, sizeof b->i64[0]},
        {SHUB__ARROW_FLAGS, c->flags ? b->flags : NULL, sizeof b->flags[0]},
    };
    const size_t count = sizeof all / sizeof all[0];
    if (!add_copies(columns, all, count, b->rows, mode))
        return 0;
    if (mode == SHUB_ARROW_MOVE)
        move_columns(columns, all, count, c, b);
    return 1;
}

/* ---- the array ------------------------------------------------------------------ */

static int make_children(struct ArrowArray *array, size_t rows)
{
    for (int i = 0; i < SHUB__ARROW_COLUMNS; i++) {
        array->children[i] = new_array(i == SHUB__ARROW_TEXT ? 3 : 2);
        if (!array->children[i])
            return 0;
        array->children[i]->length = (int64_t)rows;
        array->n_children++;
    }
    return 1;
}

static int make_array(struct ArrowArray *array, shub_batch *b, shub_arrow_mode mode)
{
    shub_columns c = {.size = sizeof c};
    shub_batch_columns(b, &c);
    if (!begin_array(array, 1, SHUB__ARROW_COLUMNS))
        return 0;
    array->length = (int64_t)c.rows;
    if (make_children(array, c.rows) && add_made(array->children, &c) &&
        add_shared(array->children, &c, b, mode))
        return 1;
    array->release(array);
    return 0;
}

shub_status shub_batch_to_arrow(shub_batch *batch, shub_arrow_mode mode,
                                struct ArrowSchema *schema, struct ArrowArray *array,
                                shub_error *err)
{
    memset(schema, 0, sizeof *schema);
    memset(array, 0, sizeof *array);
    if (mode != SHUB_ARROW_MOVE && mode != SHUB_ARROW_COPY)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown mode %d", (int)mode);
    shub_status status = shub_arrow_schema(schema, err);
    if (status)
        return status;
    if (make_array(array, batch, mode))
        return SHUB_OK;
    schema->release(schema);
    memset(array, 0, sizeof *array);
    return shub__fail_nomem(err);
}
