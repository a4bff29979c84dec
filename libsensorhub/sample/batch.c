#include "sample/batch.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "sample/check.h"

#define FIRST_CAP ((size_t)16)

/* More than all rows as text can have: the buffer ends with the memory. */
#define OUT_MAX (SIZE_MAX / 2)

shub_status shub_batch_new(shub_batch **batch, shub_error *err)
{
    *batch = NULL;
    shub_batch *b = shub__calloc(1, sizeof *b);
    if (!b)
        return shub__fail_nomem(err);
    uint32_t seed = (uint32_t)((uintptr_t)b >> 4);
    shub__names_init(&b->devices, seed);
    shub__names_init(&b->quantities, seed);
    shub__names_init(&b->units, seed);
    shub__buf_init(&b->out, OUT_MAX);
    *batch = b;
    return SHUB_OK;
}

void shub_batch_free(shub_batch *batch)
{
    if (!batch)
        return;
    shub__free(batch->time_us);
    shub__free(batch->device);
    shub__free(batch->quantity);
    shub__free(batch->unit);
    shub__free(batch->f64);
    shub__free(batch->i64);
    shub__free(batch->text);
    shub__free(batch->kind);
    shub__free(batch->flags);
    shub__names_fini(&batch->devices);
    shub__names_fini(&batch->quantities);
    shub__names_fini(&batch->units);
    shub__arena_fini(&batch->arena);
    shub__buf_fini(&batch->out);
    shub__free(batch);
}

void shub_batch_clear(shub_batch *batch)
{
    batch->rows = 0;
    batch->has_i64 = 0;
    batch->has_text = 0;
    batch->has_kind = 0;
    batch->has_flags = 0;
    shub__names_clear(&batch->devices);
    shub__names_clear(&batch->quantities);
    shub__names_clear(&batch->units);
    shub__arena_clear(&batch->arena);
}

size_t shub_batch_count(const shub_batch *batch)
{
    return batch->rows;
}

/* ---- append ------------------------------------------------------------------- */

/* A row on its way in: its names' codes, SHUB_NONE for names that are new. */
typedef struct row {
    const shub_sample *sample;
    const shub_quantity *known; /* the table's row of the quantity, or NULL */
    int32_t device, quantity, unit;
    uint32_t device_hash, quantity_hash, unit_hash;
    int needs_i64, needs_text, needs_kind, needs_flags;
} row;

/* Names that are in a dictionary were checked when they came there. */
static shub_status look_up(shub_batch *b, row *r, shub_error *err)
{
    const shub_sample *s = r->sample;
    shub_status status = SHUB_OK;
    r->device = shub__names_find(&b->devices, s->device, &r->device_hash);
    if (r->device < 0)
        status = shub__check_name(s->device, "device", err);
    r->quantity = shub__names_find(&b->quantities, s->quantity, &r->quantity_hash);
    if (r->quantity >= 0)
        r->known = b->quantities.info[r->quantity].quantity;
    else if (!status)
        status = shub__check_name(s->quantity, "quantity", err);
    if (r->quantity < 0 && !status)
        r->known = shub_quantity_find(s->quantity);
    r->unit = SHUB_NONE;
    if (s->unit.len)
        r->unit = shub__names_find(&b->units, s->unit, &r->unit_hash);
    if (r->unit < 0 && s->unit.len && !status)
        status = shub__check_name(s->unit, "unit", err);
    return status;
}

static void see_needs(const shub_batch *b, row *r)
{
    int32_t kind = r->sample->value.kind;
    r->needs_i64 = b->has_i64 || kind == SHUB_KIND_INT64 || kind == SHUB_KIND_BOOL;
    r->needs_text = b->has_text || kind == SHUB_KIND_TEXT;
    r->needs_kind = b->has_kind || kind != SHUB_KIND_DOUBLE;
    r->needs_flags = b->has_flags || r->sample->flags != 0;
}

/* The column with room for `cap` rows; as it was, and `ok` 0, when there is no memory. */
static void *grown(void *column, size_t cap, size_t item, int *ok)
{
    void *ptr = *ok ? shub__reallocarray(column, cap, item) : NULL;
    if (ptr)
        return ptr;
    *ok = 0;
    return column;
}

static int must_grow(const void *column, int needed, int more_rows)
{
    return column ? more_rows : needed;
}

static int reserve_row(shub_batch *b, const row *r)
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
    if (must_grow(b->i64, r->needs_i64, more))
        b->i64 = grown(b->i64, cap, sizeof b->i64[0], &ok);
    if (must_grow(b->text, r->needs_text, more))
        b->text = grown(b->text, cap, sizeof b->text[0], &ok);
    if (must_grow(b->kind, r->needs_kind, more))
        b->kind = grown(b->kind, cap, sizeof b->kind[0], &ok);
    if (must_grow(b->flags, r->needs_flags, more))
        b->flags = grown(b->flags, cap, sizeof b->flags[0], &ok);
    if (ok)
        b->cap = cap;
    return ok;
}

/* All the memory that the row takes, before anything that can be seen changes. */
static int reserve(shub_batch *b, const row *r)
{
    const shub_sample *s = r->sample;
    size_t bytes = 0;
    if (r->device < 0)
        bytes += s->device.len + 1;
    if (r->quantity < 0)
        bytes += s->quantity.len + 1;
    if (r->unit < 0 && s->unit.len)
        bytes += s->unit.len + 1;
    if (s->value.kind == SHUB_KIND_TEXT)
        bytes += s->value.as.text.len + 1;
    return reserve_row(b, r) && (r->device >= 0 || shub__names_reserve(&b->devices)) &&
           (r->quantity >= 0 || shub__names_reserve(&b->quantities)) &&
           (r->unit >= 0 || !s->unit.len || shub__names_reserve(&b->units)) &&
           (!bytes || shub__arena_reserve(&b->arena, bytes));
}

static void begin_columns(shub_batch *b, const row *r)
{
    if (r->needs_i64 && !b->has_i64)
        memset(b->i64, 0, b->rows * sizeof b->i64[0]);
    if (r->needs_text && !b->has_text)
        memset(b->text, 0, b->rows * sizeof b->text[0]);
    if (r->needs_kind && !b->has_kind)
        memset(b->kind, SHUB_KIND_DOUBLE, b->rows * sizeof b->kind[0]);
    if (r->needs_flags && !b->has_flags)
        memset(b->flags, 0, b->rows * sizeof b->flags[0]);
    b->has_i64 = r->needs_i64;
    b->has_text = r->needs_text;
    b->has_kind = r->needs_kind;
    b->has_flags = r->needs_flags;
}

static void add_names(shub_batch *b, row *r)
{
    const shub_sample *s = r->sample;
    if (r->device < 0)
        r->device = shub__names_add(&b->devices, shub__arena_copy(&b->arena, s->device),
                                    r->device_hash, NULL);
    if (r->quantity < 0)
        r->quantity =
            shub__names_add(&b->quantities, shub__arena_copy(&b->arena, s->quantity),
                            r->quantity_hash, r->known);
    if (r->unit < 0 && s->unit.len)
        r->unit = shub__names_add(&b->units, shub__arena_copy(&b->arena, s->unit),
                                  r->unit_hash, NULL);
}

static void add_value(shub_batch *b, size_t i, const shub_value *value)
{
    const int32_t kind = value->kind;
    int64_t i64 = kind == SHUB_KIND_INT64  ? value->as.i64
                  : kind == SHUB_KIND_BOOL ? value->as.boolean != 0
                                           : 0;
    b->f64[i] = kind == SHUB_KIND_DOUBLE ? value->as.f64 : 0;
    if (b->has_i64)
        b->i64[i] = i64;
    if (b->has_text)
        b->text[i] = (shub_slice){NULL, 0};
    if (kind == SHUB_KIND_TEXT)
        b->text[i] = shub__arena_copy(&b->arena, value->as.text);
    if (b->has_kind)
        b->kind[i] = (uint8_t)kind;
}

shub_status shub_batch_append(shub_batch *batch, const shub_sample *sample,
                              shub_error *err)
{
    row r = {.sample = sample};
    size_t i = batch->rows;
    if (i == SHUB_BATCH_MAX_ROWS) {
        shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %zu rows",
                   SHUB_BATCH_MAX_ROWS);
        return shub__fail_at(err, SHUB_E_LIMIT, (int64_t)i);
    }
    shub_status status = look_up(batch, &r, err);
    if (!status)
        status = shub__check_value(sample, r.known, err);
    if (status)
        return shub__fail_at(err, status, (int64_t)i);
    see_needs(batch, &r);
    if (!reserve(batch, &r))
        return shub__fail_at(err, shub__fail_nomem(err), (int64_t)i);
    begin_columns(batch, &r);
    add_names(batch, &r);
    batch->time_us[i] = sample->time_us;
    batch->device[i] = r.device;
    batch->quantity[i] = r.quantity;
    batch->unit[i] = r.unit;
    add_value(batch, i, &sample->value);
    if (batch->has_flags)
        batch->flags[i] = (uint8_t)sample->flags;
    batch->rows++;
    return SHUB_OK;
}

/* ---- read --------------------------------------------------------------------- */

static shub_value value_at(const shub_batch *b, size_t i)
{
    switch (b->has_kind ? b->kind[i] : SHUB_KIND_DOUBLE) {
    case SHUB_KIND_INT64:
        return shub_int64(b->i64[i]);
    case SHUB_KIND_BOOL:
        return shub_bool(b->i64[i] != 0);
    case SHUB_KIND_TEXT:
        return shub_text(b->text[i]);
    default:
        return shub_double(b->f64[i]);
    }
}

shub_status shub_batch_get(const shub_batch *batch, size_t i, shub_sample *sample,
                           shub_error *err)
{
    memset(sample, 0, sizeof *sample);
    if (i >= batch->rows)
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "row %zu of %zu", i,
                          batch->rows);
    sample->device = batch->devices.names[batch->device[i]];
    sample->quantity = batch->quantities.names[batch->quantity[i]];
    if (batch->unit[i] >= 0)
        sample->unit = batch->units.names[batch->unit[i]];
    sample->time_us = batch->time_us[i];
    sample->value = value_at(batch, i);
    if (batch->has_flags)
        sample->flags = batch->flags[i];
    return SHUB_OK;
}

int shub_batch_next_group(const shub_batch *batch, shub_group *group)
{
    size_t first = group->first + group->count;
    memset(group, 0, sizeof *group);
    if (first >= batch->rows)
        return 0;
    size_t end = first + 1;
    while (end < batch->rows && batch->time_us[end] == batch->time_us[first] &&
           batch->device[end] == batch->device[first])
        end++;
    group->first = first;
    group->count = end - first;
    group->device = batch->devices.names[batch->device[first]];
    group->time_us = batch->time_us[first];
    return 1;
}

void shub_batch_columns(const shub_batch *batch, shub_columns *columns)
{
    const shub_columns all = {
        .rows = batch->rows,
        .time_us = batch->time_us,
        .device = batch->device,
        .quantity = batch->quantity,
        .unit = batch->unit,
        .f64 = batch->f64,
        .i64 = batch->has_i64 ? batch->i64 : NULL,
        .text = batch->has_text ? batch->text : NULL,
        .kind = batch->has_kind ? batch->kind : NULL,
        .flags = batch->has_flags ? batch->flags : NULL,
        .devices = batch->devices.names,
        .device_count = batch->devices.count,
        .quantities = batch->quantities.names,
        .quantity_count = batch->quantities.count,
        .units = batch->units.names,
        .unit_count = batch->units.count,
    };
    shub__result_out(columns, &all, sizeof all);
}
