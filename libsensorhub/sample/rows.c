#include "sample/rows.h"

#include <float.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "sample/check.h"

void shub__vocabularies_free(shub__vocabulary *first)
{
    while (first) {
        shub__vocabulary *next = first->next;
        shub__free(first);
        first = next;
    }
}

/* There are as many as decoders that were used, a handful; the last used is first. */
static shub__vocabulary *vocabulary(shub_batch *b, const shub__fields *fields)
{
    shub__vocabulary **at = &b->vocabularies;
    if (*at && (*at)->fields == fields)
        return *at;
    while (*at && (*at)->fields != fields)
        at = &(*at)->next;
    shub__vocabulary *words = *at;
    if (words) {
        *at = words->next;
    } else {
        words = shub__calloc(1, sizeof *words + fields->count * sizeof words->terms[0]);
        if (!words)
            return NULL;
        words->fields = fields;
    }
    words->next = b->vocabularies;
    b->vocabularies = words;
    return words;
}

/* ---- names ------------------------------------------------------------------------ */

/* The code of a name from outside, added when it is new. */
static shub_status intern(shub__rows *r, shub__names *names, shub_slice name,
                          const char *what, int32_t *code)
{
    shub_batch *b = r->batch;
    uint32_t hash;
    *code = shub__names_find(names, name, &hash);
    if (*code >= 0)
        return SHUB_OK;
    shub_status status = shub__check_name(name, what, r->err);
    if (status)
        return status;
    if (!shub__names_reserve(names) || !shub__arena_reserve(&b->arena, name.len + 1))
        return shub__fail_nomem(r->err);
    const shub_quantity *row = names == &b->quantities ? shub_quantity_find(name) : NULL;
    *code = shub__names_add(names, shub__arena_copy(&b->arena, name), hash, row);
    return SHUB_OK;
}

/* As shub__in_range has it: the table's range is one of its unit. */
static void set_range(shub__term *t, const shub_quantity *row, shub_slice unit)
{
    int known = row && (!unit.len || shub_slice_equal(unit, shub_str(row->unit)));
    t->row = row;
    t->min = known && row->min > -DBL_MAX ? row->min : -DBL_MAX;
    t->max = known && row->max < DBL_MAX ? row->max : DBL_MAX;
}

/* What holds as long as the batch: a field's names are right and static. */
static void study(const shub_batch *b, const shub__field *field, shub__term *t)
{
    shub_slice quantity = shub_str(field->quantity);
    shub_slice unit = shub_str(field->unit);
    t->quantity_hash = shub__names_hash(&b->quantities, quantity);
    t->unit_hash = shub__names_hash(&b->units, unit);
    set_range(t, shub_quantity_find(quantity), unit);
}

/* As intern, of a field's name: nothing is checked, hashed or copied. */
static shub_status recall(shub__rows *r, shub__names *names, const char *text,
                          uint32_t hash, const shub_quantity *row, int32_t *code)
{
    shub_slice name = shub_str(text);
    *code = shub__names_find_hash(names, name, hash);
    if (*code >= 0)
        return SHUB_OK;
    if (!shub__names_reserve(names))
        return shub__fail_nomem(r->err);
    *code = shub__names_add(names, name, hash, row);
    return SHUB_OK;
}

static shub_status learn(shub__rows *r, const shub__field *field, shub__term *t)
{
    shub_batch *b = r->batch;
    if (!t->generation)
        study(b, field, t);
    shub_status status = recall(r, &b->quantities, field->quantity, t->quantity_hash,
                                t->row, &t->quantity);
    t->unit = SHUB_NONE;
    if (!status && field->unit[0])
        status = recall(r, &b->units, field->unit, t->unit_hash, NULL, &t->unit);
    if (!status)
        t->generation = b->generation;
    return status;
}

/* ---- begin ------------------------------------------------------------------------ */

void shub__rows_begin(shub__rows *r, shub_batch *batch, const shub__fields *fields,
                      shub_slice device, int64_t time_us, uint32_t flags, shub_error *err)
{
    r->batch = batch;
    r->words = NULL;
    r->first = batch->rows;
    r->time_us = time_us;
    r->flags = (uint8_t)flags;
    r->backwards = 0;
    r->err = err;
    r->status = flags ? shub__check_flags(flags, err) : SHUB_OK;
    if (!r->status)
        r->status = intern(r, &batch->devices, device, "device", &r->device);
    if (r->status)
        return;
    r->words = vocabulary(batch, fields);
    if (!r->words || (flags && !shub__columns_reserve(batch, SHUB__FLAGS))) {
        r->status = shub__fail_nomem(err);
        return;
    }
    if (flags)
        shub__columns_begin(batch, SHUB__FLAGS);
}

void shub__rows_fail(shub__rows *r, shub_status status, int64_t pos, const char *fmt, ...)
{
    char message[SHUB_ERROR_MESSAGE_MAX];
    va_list args;
    if (r->status)
        return;
    va_start(args, fmt);
    (void)vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    r->status = shub__fail(r->err, status, pos, "%s", message);
}

/* ---- put -------------------------------------------------------------------------- */

/* The row of this frame that says the quantity at this time, or the number of rows. */
static size_t row_of(const shub__rows *r, int32_t quantity)
{
    const shub_batch *b = r->batch;
    size_t i = b->rows;
    if (b->quantities.info[quantity].put_at <= r->first)
        return i;
    for (i = r->first; i < b->rows; i++)
        if (b->quantity[i] == quantity && b->time_us[i] == r->time_us)
            break;
    return i;
}

static shub_status reserve(shub__rows *r, const shub_value *value, unsigned needed)
{
    shub_batch *b = r->batch;
    if (b->rows == SHUB_BATCH_MAX_ROWS)
        return shub__fail(r->err, SHUB_E_LIMIT, SHUB_NONE, "more than %zu rows",
                          SHUB_BATCH_MAX_ROWS);
    size_t text = value->kind == SHUB_KIND_TEXT ? value->as.text.len + 1 : 0;
    if (!shub__columns_reserve(b, needed) ||
        (text && !shub__arena_reserve(&b->arena, text)))
        return shub__fail_nomem(r->err);
    shub__columns_begin(b, needed);
    return SHUB_OK;
}

/* What the quantity cannot be is an error of the device, not of the frame. */
static void mark(shub_sample *sample, const shub_quantity *row)
{
    const shub_value *v = &sample->value;
    int number = v->kind == SHUB_KIND_DOUBLE || v->kind == SHUB_KIND_INT64;
    double value = v->kind == SHUB_KIND_INT64 ? (double)v->as.i64 : v->as.f64;
    if (number && !shub__in_range(row, sample->unit, value))
        sample->flags = (sample->flags & ~SHUB_QUALITY_MASK) | SHUB_QUALITY_ERROR;
}

static shub_status put(shub__rows *r, const shub__term *t, const shub_value *value)
{
    shub_batch *b = r->batch;
    const shub_quantity *row = b->quantities.info[t->quantity].quantity;
    shub_sample sample = SHUB_SAMPLE_INIT;
    sample.quantity = b->quantities.names[t->quantity];
    if (t->unit >= 0)
        sample.unit = b->units.names[t->unit];
    sample.value = *value;
    sample.flags = r->flags;
    mark(&sample, row);
    shub_status status = shub__check_value(&sample, row, r->err);
    if (!status)
        status = reserve(
            r, value, shub__columns_of(value->kind) | (sample.flags ? SHUB__FLAGS : 0));
    if (status)
        return status;
    size_t i = row_of(r, t->quantity);
    if (i == b->rows)
        shub__rows_add(r, t, 0, 0, SHUB_KIND_DOUBLE);
    b->unit[i] = t->unit;
    shub__columns_set(b, i, value);
    if (b->has & SHUB__FLAGS)
        b->flags[i] = (uint8_t)sample.flags;
    return SHUB_OK;
}

/* What shub__rows_double and shub__rows_int do with a field that is known: these have
 * just become so. */
static int put_plain(shub__rows *r, const shub__term *t, const shub_value *value)
{
    const unsigned needed = shub__columns_of(value->kind);
    if ((r->batch->has & needed) != needed)
        return 0;
    if (value->kind == SHUB_KIND_DOUBLE && shub__rows_is_plain(r, t, value->as.f64))
        shub__rows_add(r, t, value->as.f64, 0, SHUB_KIND_DOUBLE);
    else if (value->kind == SHUB_KIND_INT64 &&
             shub__rows_is_plain(r, t, (double)value->as.i64))
        shub__rows_add(r, t, 0, value->as.i64, SHUB_KIND_INT64);
    else
        return 0;
    return 1;
}

void shub__rows_put(shub__rows *r, size_t field, const shub_value *value)
{
    if (r->status)
        return;
    const shub__fields *fields = r->words->fields;
    const shub__field *names =
        (const void *)((const char *)fields->first + field * fields->stride);
    shub__term *t = &r->words->terms[field];
    if (t->generation != r->batch->generation)
        r->status = learn(r, names, t);
    if (!r->status && !put_plain(r, t, value))
        r->status = put(r, t, value);
}

void shub__rows_put_named(shub__rows *r, shub_slice quantity, shub_slice unit,
                          const shub_value *value)
{
    shub_batch *b = r->batch;
    shub__term t;
    if (r->status)
        return;
    r->status = intern(r, &b->quantities, quantity, "quantity", &t.quantity);
    t.unit = SHUB_NONE;
    if (!r->status && unit.len)
        r->status = intern(r, &b->units, unit, "unit", &t.unit);
    if (r->status)
        return;
    set_range(&t, b->quantities.info[t.quantity].quantity, unit);
    t.generation = b->generation;
    if (!put_plain(r, &t, value))
        r->status = put(r, &t, value);
}

/* ---- end -------------------------------------------------------------------------- */

#define SWAP(column, i)                                                                  \
    do {                                                                                 \
        char swapped_[sizeof(column)[0]];                                                \
        memcpy(swapped_, &(column)[i], sizeof swapped_);                                 \
        (column)[i] = (column)[(i) + 1];                                                 \
        memcpy(&(column)[(i) + 1], swapped_, sizeof swapped_);                           \
    } while (0)

static void swap_with_next(shub_batch *b, size_t i)
{
    SWAP(b->time_us, i);
    SWAP(b->quantity, i);
    SWAP(b->unit, i);
    SWAP(b->f64, i);
    if (b->has & SHUB__I64)
        SWAP(b->i64, i);
    if (b->has & SHUB__TEXT)
        SWAP(b->text, i);
    if (b->has & SHUB__KIND)
        SWAP(b->kind, i);
    if (b->has & SHUB__FLAGS)
        SWAP(b->flags, i);
}

/* A frame has few rows, and few of them out of order; rows of one time keep theirs. */
shub_status shub__rows_end(shub__rows *r)
{
    shub_batch *b = r->batch;
    for (size_t i = r->first + 1; r->backwards && i < b->rows; i++)
        for (size_t j = i; j > r->first && b->time_us[j - 1] > b->time_us[j]; j--)
            swap_with_next(b, j - 1);
    return r->status;
}
