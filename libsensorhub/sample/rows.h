/* The way of decoders into a batch: what shub_batch_append does, at the speed at which
 * columns are written. The names that a decoder uses are a table of fields; a batch
 * learns the codes and the range of a field when it is put first, and every later value
 * of it is a comparison and a few stores.
 *
 * A field that is put twice at one time keeps its place and the last value: no frame says
 * (quantity, time) twice. A value that its quantity cannot have is kept, and its quality
 * is error: the rest of the frame may be right. Errors stick; shub__rows_end tells the
 * first. What was put before it stays: the caller has a mark. */
#ifndef SHUB_SAMPLE_ROWS_H
#define SHUB_SAMPLE_ROWS_H

#include <sensorhub/sample.h>

#include "sample/batch.h"

/* Begins each row of a decoder's table; rows without a quantity are never put. */
typedef struct shub__field {
    const char *quantity;
    const char *unit; /* "": none */
} shub__field;

typedef struct shub__fields {
    const void *first; /* a shub__field, the next `stride` bytes behind it */
    size_t stride;
    size_t count;
} shub__fields;

#define SHUB__FIELDS(table)                                                              \
    {                                                                                    \
        (table), sizeof((table)[0]), sizeof(table) / sizeof((table)[0])                  \
    }

/* What a batch knows about a field: its codes as long as the generation is its own, the
 * rest from the first on. */
typedef struct shub__term {
    double min, max;
    const shub_quantity *row; /* the table's, or NULL */
    int32_t quantity, unit;
    uint32_t quantity_hash, unit_hash;
    uint64_t generation; /* 0: nothing is known */
} shub__term;

typedef struct shub__vocabulary {
    struct shub__vocabulary *next;
    const shub__fields *fields;
    shub__term terms[];
} shub__vocabulary;

void shub__vocabularies_free(shub__vocabulary *first);

typedef struct shub__rows {
    shub_batch *batch;
    shub__vocabulary *words;
    size_t first; /* row */
    int64_t time_us;
    int32_t device;
    uint8_t flags;
    uint8_t backwards; /* 1: a time went back, rows are to be sorted */
    shub_status status;
    shub_error *err;
} shub__rows;

/* Begins a frame; `fields` is static. Errors stick too: SHUB_E_CONTENT, SHUB_E_LIMIT (the
 * device), SHUB_E_INVALID (flags), SHUB_E_NOMEM. */
void shub__rows_begin(shub__rows *r, shub_batch *batch, const shub__fields *fields,
                      shub_slice device, int64_t time_us, uint32_t flags,
                      shub_error *err);
/* The time of what is put from here on. */
static inline void shub__rows_at(shub__rows *r, int64_t time_us)
{
    r->backwards |= time_us < r->time_us;
    r->time_us = time_us;
}
/* Sets the sticky error, with its message, unless one is set. */
void shub__rows_fail(shub__rows *r, shub_status status, int64_t pos, const char *fmt, ...)
    SHUB_PRINTF(4, 5);
/* Puts a value of any kind. Errors: as shub_batch_append, but for its range. */
void shub__rows_put(shub__rows *r, size_t field, const shub_value *value);
/* The same for names that are no fields. */
void shub__rows_put_named(shub__rows *r, shub_slice quantity, shub_slice unit,
                          const shub_value *value);
/* Brings the rows into the order of their times. */
shub_status shub__rows_end(shub__rows *r);

/* 1 when the value is a row to be written at the end without further thought. */
static inline int shub__rows_is_plain(const shub__rows *r, const shub__term *t,
                                      double value)
{
    const shub_batch *b = r->batch;
    return t->generation == b->generation && value >= t->min && value <= t->max &&
           b->quantities.info[t->quantity].put_at <= r->first && b->rows < b->cap;
}

static inline void shub__rows_add(shub__rows *r, const shub__term *t, double f64,
                                  int64_t i64, int32_t kind)
{
    shub_batch *b = r->batch;
    const unsigned has = b->has;
    const int32_t quantity = t->quantity;
    const size_t i = b->rows;
    b->rows = i + 1;
    b->quantities.info[quantity].put_at = (uint32_t)(i + 1);
    b->time_us[i] = r->time_us;
    b->device[i] = r->device;
    b->quantity[i] = quantity;
    b->unit[i] = t->unit;
    b->f64[i] = f64;
    if (!has)
        return;
    if (has & SHUB__I64)
        b->i64[i] = i64;
    if (has & SHUB__KIND)
        b->kind[i] = (uint8_t)kind;
    if (!(has & (SHUB__TEXT | SHUB__FLAGS)))
        return;
    if (has & SHUB__TEXT)
        b->text[i] = (shub_slice){NULL, 0};
    if (has & SHUB__FLAGS)
        b->flags[i] = r->flags;
}

static inline void shub__rows_double(shub__rows *r, size_t field, double value)
{
    if (r->status)
        return;
    const shub__term *t = &r->words->terms[field];
    if (shub__rows_is_plain(r, t, value)) {
        shub__rows_add(r, t, value, 0, SHUB_KIND_DOUBLE);
    } else {
        shub_value any = shub_double(value);
        shub__rows_put(r, field, &any);
    }
}

static inline void shub__rows_int(shub__rows *r, size_t field, int64_t value)
{
    const unsigned needed = SHUB__I64 | SHUB__KIND;
    if (r->status)
        return;
    const shub__term *t = &r->words->terms[field];
    if (shub__rows_is_plain(r, t, (double)value) && (r->batch->has & needed) == needed) {
        shub__rows_add(r, t, 0, value, SHUB_KIND_INT64);
    } else {
        shub_value any = shub_int64(value);
        shub__rows_put(r, field, &any);
    }
}

#endif
