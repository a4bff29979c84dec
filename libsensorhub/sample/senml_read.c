#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "sample/senml.h"
#include "sample/senml_seconds.h"

#define NAME_MAX_BYTES                                                                   \
    ((size_t)2 * SHUB_SAMPLE_NAME_MAX + 1) /* device, ':', quantity                      \
                                            */

/* What a record says, in the order of value_names. */
enum { HAS_V = 1, HAS_VS = 2, HAS_VB = 4, HAS_VD = 8, HAS_SUM = 16, HAS_OWN = 32 };
#define HAS_VALUE (HAS_V | HAS_VS | HAS_VB | HAS_VD)

/* What applies to the records from one on, until another says it anew. */
typedef struct bases {
    char name[NAME_MAX_BYTES];
    size_t name_len;
    char unit[SHUB_SAMPLE_NAME_MAX];
    size_t unit_len;
    int64_t time_us;
    shub_value value; /* SHUB_KIND_NONE: none */
} bases;

typedef struct record {
    shub__json json;
    shub_slice n;
    shub_sample sample; /* as the record alone says it; unit.ptr NULL: says none */
    unsigned has;
    shub_status status; /* of the first thing that was wrong */
    const char *why;
    int stop; /* and what follows cannot be understood */
} record;

typedef struct reader {
    shub_batch *batch;
    int64_t now_us;
    bases base;
    shub__buf scratch;
} reader;

/* ---- fields --------------------------------------------------------------------- */

static void refuse(record *r, shub_status status, const char *why)
{
    if (r->status)
        return;
    r->status = status;
    r->why = why;
}

static void refuse_base(record *r, shub_status status, const char *why)
{
    refuse(r, status, why);
    r->stop = 1;
}

/* 1 when a value of the type is due; every other is passed over and not wanted. */
static int wants(record *r, shub__json_type type, const char *why)
{
    if (shub__json_type_next(&r->json) == type)
        return 1;
    shub__json_skip(&r->json);
    refuse(r, SHUB_E_CONTENT, why);
    return 0;
}

static void read_text(record *r, shub_slice *out)
{
    if (wants(r, SHUB__JSON_STRING, "a field that is no string"))
        shub__json_string(&r->json, out);
}

/* A number with '.' or exponent is a double, every other an int64. */
static void read_number(record *r, shub_value *value)
{
    shub_slice text;
    if (!wants(r, SHUB__JSON_NUMBER, "a field that is no number") ||
        !shub__json_number(&r->json, &text))
        return;
    shub_status status;
    if (memchr(text.ptr, '.', text.len) || memchr(text.ptr, 'e', text.len) ||
        memchr(text.ptr, 'E', text.len)) {
        value->kind = SHUB_KIND_DOUBLE;
        status = shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, &value->as.f64);
    } else {
        value->kind = SHUB_KIND_INT64;
        status = shub__int64_read(text.ptr, text.len, &value->as.i64);
    }
    if (status)
        refuse(r, status, "a number beyond its type");
}

static void read_seconds(record *r, int64_t *us)
{
    shub_slice text;
    if (!wants(r, SHUB__JSON_NUMBER, "a time that is no number") ||
        !shub__json_number(&r->json, &text))
        return;
    if (shub__seconds_read(text, us))
        refuse(r, SHUB_E_RANGE, "a time beyond 64 bits of microseconds");
}

static void read_bn(record *r, bases *b)
{
    shub_slice name = {NULL, 0};
    read_text(r, &name);
    b->name_len = 0;
    if (name.len > sizeof b->name)
        refuse(r, SHUB_E_LIMIT, "a base name that is too long");
    else if (name.len)
        memcpy(b->name, name.ptr, b->name_len = name.len);
}

static void read_bu(record *r, bases *b)
{
    shub_slice unit = {NULL, 0};
    read_text(r, &unit);
    b->unit_len = 0;
    if (unit.len > sizeof b->unit)
        refuse(r, SHUB_E_LIMIT, "a base unit that is too long");
    else if (unit.len)
        memcpy(b->unit, unit.ptr, b->unit_len = unit.len);
}

static void read_bt(record *r, bases *b)
{
    b->time_us = 0;
    read_seconds(r, &b->time_us);
}

static void read_bv(record *r, bases *b)
{
    memset(&b->value, 0, sizeof b->value);
    read_number(r, &b->value);
}

static void read_bver(record *r, bases *b)
{
    shub_value version;
    (void)b;
    memset(&version, 0, sizeof version);
    read_number(r, &version);
    if (version.kind != SHUB_KIND_INT64 || version.as.i64 < 1 ||
        (version.as.i64 > SHUB__SENML_VERSION && version.as.i64 != SHUB__SENML_SECONDARY))
        refuse(r, SHUB_E_UNSUPPORTED, "a version of SenML that is not known");
}

static void read_n(record *r)
{
    read_text(r, &r->n);
}

static void read_u(record *r)
{
    read_text(r, &r->sample.unit);
}

static void read_t(record *r)
{
    read_seconds(r, &r->sample.time_us);
}

static void read_v(record *r)
{
    r->has |= HAS_V;
    read_number(r, &r->sample.value);
}

static void read_vs(record *r)
{
    r->has |= HAS_VS;
    r->sample.value.kind = SHUB_KIND_TEXT;
    read_text(r, &r->sample.value.as.text);
}

static void read_vd(record *r)
{
    read_vs(r);
    r->has ^= HAS_VS | HAS_VD;
}

static void read_vb(record *r)
{
    int flag = 0;
    r->has |= HAS_VB;
    if (wants(r, SHUB__JSON_BOOL, "\"vb\" is neither true nor false"))
        shub__json_bool(&r->json, &flag);
    r->sample.value = shub_bool(flag);
}

static void read_s(record *r)
{
    r->has |= HAS_SUM;
    shub__json_skip(&r->json);
}

static void read_quality(record *r)
{
    shub_slice word = {NULL, 0};
    read_text(r, &word);
    r->sample.flags &= ~SHUB_QUALITY_MASK;
    if (shub__json_is(word, "replaced"))
        r->sample.flags |= SHUB_QUALITY_REPLACED;
    else if (shub__json_is(word, "error"))
        r->sample.flags |= SHUB_QUALITY_ERROR;
    else if (!shub__json_is(word, "measured"))
        refuse(r, SHUB_E_CONTENT, "an unknown quality");
}

static void read_assumed(record *r)
{
    int flag = 0;
    if (wants(r, SHUB__JSON_BOOL, "\"time_assumed\" is neither true nor false"))
        shub__json_bool(&r->json, &flag);
    r->sample.flags &= ~SHUB_TIME_ASSUMED;
    if (flag)
        r->sample.flags |= SHUB_TIME_ASSUMED;
}

static const struct {
    const char *label;
    void (*read)(record *r, bases *b);
} base_fields[] = {
    {"bn", read_bn}, {"bt", read_bt},     {"bu", read_bu},
    {"bv", read_bv}, {"bver", read_bver},
};

static const struct {
    const char *label;
    void (*read)(record *r);
} fields[] = {
    {"n", read_n},
    {"u", read_u},
    {"v", read_v},
    {"vs", read_vs},
    {"vb", read_vb},
    {"vd", read_vd},
    {"s", read_s},
    {"t", read_t},
    {"quality", read_quality},
    {"time_assumed", read_assumed},
};

/* ---- a record ------------------------------------------------------------------- */

static int read_base(record *r, bases *b, shub_slice label)
{
    for (size_t i = 0; i < sizeof base_fields / sizeof base_fields[0]; i++) {
        if (!shub__json_is(label, base_fields[i].label))
            continue;
        int before = r->status != SHUB_OK;
        base_fields[i].read(r, b);
        if (!before && r->status)
            refuse_base(r, r->status, r->why);
        return 1;
    }
    return 0;
}

/* Labels that end with '_' must be understood (section 4.4), others need not. */
static void read_field(record *r, shub_slice label)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (shub__json_is(label, fields[i].label)) {
            r->has |= HAS_OWN;
            fields[i].read(r);
            return;
        }
    }
    if (label.len && label.ptr[label.len - 1] == '_')
        refuse_base(r, SHUB_E_UNSUPPORTED, "a label that must be understood and is not");
}

static void read_fields(record *r, bases *b)
{
    shub_slice label;
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &label)) {
        if (!read_base(r, b, label))
            read_field(r, label);
    }
}

static void resolve_name(record *r, const bases *b, char name[NAME_MAX_BYTES])
{
    size_t len = b->name_len;
    if (r->n.len > NAME_MAX_BYTES - len) {
        refuse(r, SHUB_E_LIMIT, "a name that is too long");
        return;
    }
    memcpy(name, b->name, len);
    if (r->n.len)
        memcpy(name + len, r->n.ptr, r->n.len);
    len += r->n.len;
    size_t colon = len;
    for (size_t i = 0; i < len; i++) {
        if (!shub__senml_name_byte(name[i]) || !shub__senml_name_begin(name[0]))
            refuse(r, SHUB_E_CONTENT, "a name with a character that SenML has not there");
        if (name[i] == ':')
            colon = i;
    }
    if (colon == len) {
        refuse(r, SHUB_E_CONTENT, "a name without ':' between device and quantity");
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
static void resolve_value(record *r, const bases *b)
{
    shub_value *v = &r->sample.value;
    unsigned values = r->has & HAS_VALUE;
    if (values & (values - 1))
        refuse(r, SHUB_E_CONTENT, "a record with two values");
    else if (!values && r->has & HAS_SUM)
        refuse(r, SHUB_E_UNSUPPORTED, "a record with a sum alone");
    else if (!values && !b->value.kind)
        refuse(r, SHUB_E_CONTENT, "a record without a value");
    if (!b->value.kind || (values && values != HAS_V))
        return;
    if (!values)
        *v = b->value;
    else if (v->kind == SHUB_KIND_DOUBLE || b->value.kind == SHUB_KIND_DOUBLE)
        *v = shub_double(as_double(v) + as_double(&b->value));
    else if (!shub__i64_add(v->as.i64, b->value.as.i64, &v->as.i64))
        refuse(r, SHUB_E_RANGE, "a number beyond its type");
}

static void resolve_time(record *r, const bases *b, int64_t now_us)
{
    int64_t *time_us = &r->sample.time_us;
    if (!shub__i64_add(*time_us, b->time_us, time_us)) {
        refuse(r, SHUB_E_RANGE, "a time beyond 64 bits of microseconds");
        return;
    }
    if (*time_us >= SHUB__SENML_RELATIVE_US)
        return;
    if (!now_us)
        refuse(r, SHUB_E_CONTENT, "a time relative to now, which is not known");
    if (*time_us == 0)
        r->sample.flags |= SHUB_TIME_ASSUMED;
    if (!shub__i64_add(*time_us, now_us, time_us))
        refuse(r, SHUB_E_RANGE, "a time beyond 64 bits of microseconds");
}

static void resolve(record *r, const bases *b, int64_t now_us, char name[NAME_MAX_BYTES])
{
    resolve_name(r, b, name);
    resolve_value(r, b);
    resolve_time(r, b, now_us);
    if (!r->sample.unit.ptr)
        r->sample.unit = shub_bytes(b->unit, b->unit_len);
}

static shub_status read_record(reader *rd, shub_slice text, int *stop, shub_error *err)
{
    record r;
    char name[NAME_MAX_BYTES];
    memset(&r, 0, sizeof r);
    shub__buf_clear(&rd->scratch);
    shub__json_init(&r.json, text, &rd->scratch);
    read_fields(&r, &rd->base);
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
