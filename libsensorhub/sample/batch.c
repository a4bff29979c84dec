#include "sample/batch.h"

#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/options.h"
#include "sample/check.h"
#include "sample/rows.h"

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
    b->generation = 1;
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
    shub__vocabularies_free(batch->vocabularies);
    shub__free(batch);
}

void shub_batch_clear(shub_batch *batch)
{
    batch->rows = 0;
    batch->has = 0;
    batch->generation++;
    batch->clears++;
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
    unsigned needed; /* columns */
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
    return shub__columns_reserve(b, r->needed) &&
           (r->device >= 0 || shub__names_reserve(&b->devices)) &&
           (r->quantity >= 0 || shub__names_reserve(&b->quantities)) &&
           (r->unit >= 0 || !s->unit.len || shub__names_reserve(&b->units)) &&
           (!bytes || shub__arena_reserve(&b->arena, bytes));
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
    r.needed = shub__columns_of(sample->value.kind) | (sample->flags ? SHUB__FLAGS : 0);
    if (!reserve(batch, &r))
        return shub__fail_at(err, shub__fail_nomem(err), (int64_t)i);
    shub__columns_begin(batch, r.needed);
    add_names(batch, &r);
    batch->time_us[i] = sample->time_us;
    batch->device[i] = r.device;
    batch->quantity[i] = r.quantity;
    batch->unit[i] = r.unit;
    shub__columns_set(batch, i, &sample->value);
    if (batch->has & SHUB__FLAGS)
        batch->flags[i] = (uint8_t)sample->flags;
    batch->rows++;
    return SHUB_OK;
}

/* ---- marks -------------------------------------------------------------------- */

void shub__batch_rewind(shub_batch *b, const shub__batch_mark *mark)
{
    b->rows = mark->rows;
    b->has = mark->has;
    shub__names_cut(&b->devices, mark->devices);
    shub__names_cut(&b->quantities, mark->quantities);
    shub__names_cut(&b->units, mark->units);
    shub__arena_rewind(&b->arena, mark->arena);
    b->generation++;
}

/* ---- read --------------------------------------------------------------------- */

static shub_value value_at(const shub_batch *b, size_t i)
{
    switch (b->has & SHUB__KIND ? b->kind[i] : SHUB_KIND_DOUBLE) {
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
    if (batch->has & SHUB__FLAGS)
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
        .i64 = batch->has & SHUB__I64 ? batch->i64 : NULL,
        .text = batch->has & SHUB__TEXT ? batch->text : NULL,
        .kind = batch->has & SHUB__KIND ? batch->kind : NULL,
        .flags = batch->has & SHUB__FLAGS ? batch->flags : NULL,
        .devices = batch->devices.names,
        .device_count = batch->devices.count,
        .quantities = batch->quantities.names,
        .quantity_count = batch->quantities.count,
        .units = batch->units.names,
        .unit_count = batch->units.count,
    };
    shub__result_out(columns, &all, sizeof all);
}
