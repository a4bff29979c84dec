#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "sample/senml.h"
#include "sample/senml_record.h"

typedef struct reader {
    shub_batch *batch;
    int64_t now_us;
    shub__senml_bases base;
    shub__buf scratch;
} reader;

/* ---- resolving (section 4.6) ------------------------------------------------------ */

static void resolve_name(shub__senml_record *r, const shub__senml_bases *b,
                         char name[SHUB__SENML_NAME_MAX])
{
    size_t len = b->name_len;
    if (r->n.len > SHUB__SENML_NAME_MAX - len) {
        shub__senml_refuse(r, SHUB_E_LIMIT, "a name that is too long");
        return;
    }
    memcpy(name, b->name, len);
    if (r->n.len)
        memcpy(name + len, r->n.ptr, r->n.len);
    len += r->n.len;
    size_t colon = len;
    int good = !len || shub__senml_name_begin(name[0]);
    for (size_t i = 0; i < len; i++) {
        good &= shub__senml_name_byte(name[i]);
        if (name[i] == ':')
            colon = i;
    }
    if (!good)
        shub__senml_refuse(r, SHUB_E_CONTENT,
                           "a name with a character that SenML has not there");
    if (colon == len) {
        shub__senml_refuse(r, SHUB_E_CONTENT,
                           "a name without ':' between device and quantity");
        return;
    }
    r->sample.device = shub_bytes(name, colon);
    r->sample.quantity = shub_bytes(name + colon + 1, len - colon - 1);
}

static double as_double(const shub_value *v)
{
    return v->kind == SHUB_KIND_INT64 ? (double)v->as.i64 : v->as.f64;
}

/* Exactly one value, but for a sum (section 4.2); a base value alone is the value. */
static void resolve_value(shub__senml_record *r, const shub__senml_bases *b)
{
    shub_value *v = &r->sample.value;
    unsigned values = r->has & SHUB__SENML_VALUE;
    if (values & (values - 1))
        shub__senml_refuse(r, SHUB_E_CONTENT, "a record with two values");
    else if (!values && (r->has & SHUB__SENML_SUM || b->has_sum))
        shub__senml_refuse(r, SHUB_E_UNSUPPORTED, "a record with a sum alone");
    else if (!values && !b->value.kind)
        shub__senml_refuse(r, SHUB_E_CONTENT, "a record without a value");
    if (!b->value.kind || (values && values != SHUB__SENML_V))
        return;
    if (!values)
        *v = b->value;
    else if (v->kind == SHUB_KIND_DOUBLE || b->value.kind == SHUB_KIND_DOUBLE)
        *v = shub_double(as_double(v) + as_double(&b->value));
    else if (!shub__i64_add(v->as.i64, b->value.as.i64, &v->as.i64))
        shub__senml_refuse(r, SHUB_E_RANGE, "a number beyond its type");
}

static void resolve_time(shub__senml_record *r, const shub__senml_bases *b,
                         int64_t now_us)
{
    int64_t *time_us = &r->sample.time_us;
    if (!shub__i64_add(*time_us, b->time_us, time_us)) {
        shub__senml_refuse(r, SHUB_E_RANGE, "a time beyond 64 bits of microseconds");
        return;
    }
    if (*time_us >= SHUB__SENML_RELATIVE_US)
        return;
    if (!now_us)
        shub__senml_refuse(r, SHUB_E_CONTENT,
                           "a time relative to now, which is not known");
    if (*time_us == 0 && !(r->has & SHUB__SENML_ASSUMED))
        r->sample.flags |= SHUB_TIME_ASSUMED;
    if (!shub__i64_add(*time_us, now_us, time_us))
        shub__senml_refuse(r, SHUB_E_RANGE, "a time beyond 64 bits of microseconds");
}

static void resolve(shub__senml_record *r, const shub__senml_bases *b, int64_t now_us,
                    char name[SHUB__SENML_NAME_MAX])
{
    resolve_name(r, b, name);
    resolve_value(r, b);
    resolve_time(r, b, now_us);
    if (!r->sample.unit.ptr)
        r->sample.unit = shub_bytes(b->unit, b->unit_len);
}

static shub_status read_record(reader *rd, shub_slice text, int *stop, shub_error *err)
{
    shub__senml_record r;
    char name[SHUB__SENML_NAME_MAX];
    memset(&r, 0, sizeof r);
    shub__buf_clear(&rd->scratch);
    shub__json_init(&r.json, text, &rd->scratch);
    shub__senml_record_read(&r, &rd->base);
    shub_status status = shub__json_finish(&r.json, err);
    *stop = r.stop || status == SHUB_E_NOMEM;
    if (status)
        return status;
    if (r.has || r.status)
        resolve(&r, &rd->base, rd->now_us, name);
    if (r.status)
        return shub__fail(err, r.status, 0, "%s", r.why);
    if (!r.has)
        return SHUB_OK;
    status = shub_batch_append(rd->batch, &r.sample, err);
    *stop = status == SHUB_E_NOMEM;
    return status;
}

/* ---- the pack ------------------------------------------------------------------- */

static shub_status read_pack(reader *rd, shub_slice text, size_t *refused,
                             shub_error *err)
{
    shub__json pack;
    shub_slice one;
    shub_status first = SHUB_OK;
    int64_t number = 0;
    shub__json_init(&pack, text, &rd->scratch);
    shub__json_enter_array(&pack);
    for (; shub__json_next_item(&pack) && shub__json_raw(&pack, &one); number++) {
        int stop = 0;
        shub_error *told = first ? NULL : err;
        shub_status status = read_record(rd, one, &stop, told);
        if (!status)
            continue;
        if (status == SHUB_E_NOMEM)
            return shub__fail_at(err, shub__fail_nomem(err), number);
        if (told)
            told->pos = one.ptr - text.ptr;
        shub__fail_at(told, status, number);
        ++*refused;
        if (!first)
            first = status;
        if (stop)
            return first;
    }
    shub_status status = shub__json_finish(&pack, first ? NULL : err);
    if (status && !first)
        shub__fail_at(err, status, number);
    return first ? first : status;
}

shub_status shub_batch_add_senml(shub_batch *batch, shub_slice text, int64_t now_us,
                                 size_t *refused, shub_error *err)
{
    reader rd = {.batch = batch, .now_us = now_us};
    size_t count = 0;
    shub__buf_init(&rd.scratch, text.len);
    shub_status status = read_pack(&rd, text, &count, err);
    shub__buf_fini(&rd.scratch);
    if (refused)
        *refused = count;
    return status;
}
