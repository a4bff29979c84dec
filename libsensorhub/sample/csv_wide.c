#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "sample/csv.h"
#include "sample/put.h"

#define VALUE_MAX (SHUB__DOUBLE_MAX + 4) /* bytes: a number, or quotes; a comma */

/* A quantity in one unit. */
typedef struct column {
    int32_t quantity;
    int32_t unit; /* SHUB_NONE: none */
    int32_t next; /* column of the same quantity, SHUB_NONE: none */
    size_t row;   /* of the line's value, plus 1; 0: none */
} column;

/* Columns in order of first use, found by the code of their quantity. */
typedef struct table {
    column *columns;
    size_t count, cap;
    int32_t *first; /* by quantity; SHUB_NONE: none */
} table;

/* ---- columns -------------------------------------------------------------------- */

static column *find(const table *t, int32_t quantity, int32_t unit)
{
    for (int32_t i = t->first[quantity]; i >= 0; i = t->columns[i].next) {
        if (t->columns[i].unit == unit)
            return &t->columns[i];
    }
    return NULL;
}

static shub_status add(table *t, int32_t quantity, int32_t unit, shub_error *err)
{
    if (t->count == SHUB_CSV_COLUMNS_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "more than %d columns",
                          SHUB_CSV_COLUMNS_MAX);
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        column *columns = shub__reallocarray(t->columns, cap, sizeof columns[0]);
        if (!columns)
            return shub__fail_nomem(err);
        t->columns = columns;
        t->cap = cap;
    }
    t->columns[t->count] = (column){quantity, unit, t->first[quantity], 0};
    t->first[quantity] = (int32_t)t->count++;
    return SHUB_OK;
}

static shub_status plan(table *t, const shub_columns *c, shub_error *err)
{
    size_t quantities = c->quantity_count;
    t->first = shub__reallocarray(NULL, quantities + 1, sizeof t->first[0]);
    if (!t->first)
        return shub__fail_nomem(err);
    memset(t->first, 0xff, quantities * sizeof t->first[0]);
    for (size_t i = 0; i < c->rows; i++) {
        shub_status status = SHUB_OK;
        if (!find(t, c->quantity[i], c->unit[i]))
            status = add(t, c->quantity[i], c->unit[i], err);
        if (status)
            return shub__fail_at(err, status, (int64_t)i);
    }
    return SHUB_OK;
}

/* ---- lines ---------------------------------------------------------------------- */

static shub_slice column_name(const shub__csv *csv, const column *c, char *name)
{
    shub_slice quantity = csv->columns.quantities[c->quantity];
    char *end = shub__put(name, quantity.ptr, quantity.len);
    if (c->unit >= 0) {
        shub_slice unit = csv->columns.units[c->unit];
        end = SHUB__PUT(end, " [");
        end = shub__put(end, unit.ptr, unit.len);
        end = SHUB__PUT(end, "]");
    }
    return shub_bytes(name, (size_t)(end - name));
}

static void put_header(shub__csv *csv, const table *t)
{
    shub__buf_text(csv->buf, "time,device");
    if (csv->columns.flags)
        shub__buf_text(csv->buf, ",quality,time_assumed");
    for (size_t i = 0; i < t->count; i++) {
        char name[2 * SHUB_SAMPLE_NAME_MAX + 3];
        shub_slice text = column_name(csv, &t->columns[i], name);
        char *dst = shub__buf_room(csv->buf, 1 + SHUB__CSV_QUOTED_MAX(text.len));
        if (!dst)
            return;
        char *end = shub__csv_put_name(SHUB__PUT(dst, ","), text);
        shub__buf_added(csv->buf, (size_t)(end - dst));
    }
    shub__buf_text(csv->buf, csv->opts.lf ? "\n" : "\r\n");
}

/* Worse qualities are higher numbers. */
static uint32_t worst(uint32_t a, uint32_t b)
{
    uint32_t quality = a & SHUB_QUALITY_MASK;
    if ((b & SHUB_QUALITY_MASK) > quality)
        quality = b & SHUB_QUALITY_MASK;
    return quality | ((a | b) & SHUB_TIME_ASSUMED);
}

/* What its values have besides numbers. */
static size_t texts_len(const shub__csv *csv, const table *t)
{
    size_t len = 0;
    if (!csv->columns.text)
        return 0;
    for (size_t i = 0; i < t->count; i++)
        len += t->columns[i].row ? csv->columns.text[t->columns[i].row - 1].len : 0;
    return len;
}

static char *put_values(char *dst, const shub__csv *csv, table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        shub_sample s;
        *dst++ = ',';
        if (!t->columns[i].row)
            continue;
        shub_batch_get(csv->batch, t->columns[i].row - 1, &s, NULL);
        dst = shub__csv_put_value(dst, &s.value);
        t->columns[i].row = 0;
    }
    return dst;
}

static shub_status put_line(shub__csv *csv, table *t, const shub_group *group,
                            uint32_t flags, shub_error *err)
{
    shub_status status = shub__jsonl_time(&csv->time, group->time_us, err);
    if (status)
        return status;
    size_t room = SHUB__CSV_LINE_MAX + t->count * VALUE_MAX +
                  SHUB__CSV_QUOTED_MAX(group->device.len + texts_len(csv, t));
    char *begin = shub__buf_room(csv->buf, room);
    if (!begin)
        return SHUB_OK;
    char *dst = shub__put(begin, csv->time.text, csv->time.len);
    dst = shub__csv_put_name(SHUB__PUT(dst, ","), group->device);
    if (csv->columns.flags)
        dst = shub__csv_put_flags(dst, flags);
    dst = shub__csv_put_end(put_values(dst, csv, t), csv);
    shub__buf_added(csv->buf, (size_t)(dst - begin));
    return SHUB_OK;
}

static shub_status put_group(shub__csv *csv, table *t, const shub_group *group,
                             shub_error *err)
{
    const shub_columns *all = &csv->columns;
    shub_status status = SHUB_OK;
    uint32_t flags = 0;
    for (size_t i = group->first; i < group->first + group->count && !status; i++) {
        column *c = find(t, all->quantity[i], all->unit[i]);
        if (c->row) {
            status = put_line(csv, t, group, flags, err);
            flags = 0;
        }
        c->row = i + 1;
        flags = worst(flags, all->flags ? all->flags[i] : 0);
    }
    return status ? status : put_line(csv, t, group, flags, err);
}

static shub_status put_groups(shub__csv *csv, table *t, shub_error *err)
{
    shub_group group = {0, 0, {NULL, 0}, 0};
    if (!csv->opts.no_header)
        put_header(csv, t);
    while (!csv->buf->status && shub_batch_next_group(csv->batch, &group)) {
        shub_status status = put_group(csv, t, &group, err);
        if (status)
            return shub__fail_at(err, status, (int64_t)group.first);
    }
    return SHUB_OK;
}

shub_status shub__csv_wide(shub__csv *csv, shub_error *err)
{
    table t = {NULL, 0, 0, NULL};
    shub_status status = plan(&t, &csv->columns, err);
    if (!status)
        status = put_groups(csv, &t, err);
    shub__free(t.columns);
    shub__free(t.first);
    return status;
}
