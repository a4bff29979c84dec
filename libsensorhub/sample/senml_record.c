#include "sample/senml_record.h"

#include <string.h>

#include "base/number.h"
#include "sample/senml.h"
#include "sample/senml_seconds.h"

/* ---- fields --------------------------------------------------------------------- */

void shub__senml_refuse(shub__senml_record *r, shub_status status, const char *why)
{
    if (r->status)
        return;
    r->status = status;
    r->why = why;
}

static void refuse_base(shub__senml_record *r, shub_status status, const char *why)
{
    shub__senml_refuse(r, status, why);
    r->stop = 1;
}

/* 1 when a value of the type is due; every other is passed over and not wanted. */
static int wants(shub__senml_record *r, shub__json_type type, const char *why)
{
    if (shub__json_type_next(&r->json) == type)
        return 1;
    shub__json_skip(&r->json);
    shub__senml_refuse(r, SHUB_E_CONTENT, why);
    return 0;
}

static void read_text(shub__senml_record *r, shub_slice *out)
{
    if (wants(r, SHUB__JSON_STRING, "a field that is no string"))
        shub__json_string(&r->json, out);
}

/* A number with '.' or exponent is a double, every other an int64. */
static void read_number(shub__senml_record *r, shub_value *value)
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
        shub__senml_refuse(r, status, "a number beyond its type");
}

static void read_seconds(shub__senml_record *r, int64_t *us)
{
    shub_slice text;
    if (!wants(r, SHUB__JSON_NUMBER, "a time that is no number") ||
        !shub__json_number(&r->json, &text))
        return;
    if (shub__seconds_read(text, us))
        shub__senml_refuse(r, SHUB_E_RANGE, "a time beyond 64 bits of microseconds");
}

static void read_bn(shub__senml_record *r, shub__senml_bases *b)
{
    shub_slice name = {NULL, 0};
    read_text(r, &name);
    b->name_len = 0;
    if (name.len > sizeof b->name)
        shub__senml_refuse(r, SHUB_E_LIMIT, "a base name that is too long");
    else if (name.len)
        memcpy(b->name, name.ptr, b->name_len = name.len);
}

static void read_bu(shub__senml_record *r, shub__senml_bases *b)
{
    shub_slice unit = {NULL, 0};
    read_text(r, &unit);
    b->unit_len = 0;
    if (unit.len > sizeof b->unit)
        shub__senml_refuse(r, SHUB_E_LIMIT, "a base unit that is too long");
    else if (unit.len)
        memcpy(b->unit, unit.ptr, b->unit_len = unit.len);
}

static void read_bt(shub__senml_record *r, shub__senml_bases *b)
{
    b->time_us = 0;
    read_seconds(r, &b->time_us);
}

static void read_bv(shub__senml_record *r, shub__senml_bases *b)
{
    memset(&b->value, 0, sizeof b->value);
    read_number(r, &b->value);
}

static void read_bs(shub__senml_record *r, shub__senml_bases *b)
{
    shub_value sum;
    b->has_sum = 1;
    read_number(r, &sum);
}

static void read_bver(shub__senml_record *r, shub__senml_bases *b)
{
    shub_value version;
    (void)b;
    memset(&version, 0, sizeof version);
    read_number(r, &version);
    if (version.kind != SHUB_KIND_INT64 || version.as.i64 < 1 ||
        (version.as.i64 > SHUB__SENML_VERSION && version.as.i64 != SHUB__SENML_SECONDARY))
        shub__senml_refuse(r, SHUB_E_UNSUPPORTED, "a version of SenML that is not known");
}

static void read_n(shub__senml_record *r)
{
    read_text(r, &r->n);
}

static void read_u(shub__senml_record *r)
{
    read_text(r, &r->sample.unit);
}

static void read_t(shub__senml_record *r)
{
    read_seconds(r, &r->sample.time_us);
}

static void read_v(shub__senml_record *r)
{
    r->has |= SHUB__SENML_V;
    read_number(r, &r->sample.value);
}

static void read_vs(shub__senml_record *r)
{
    r->has |= SHUB__SENML_VS;
    r->sample.value.kind = SHUB_KIND_TEXT;
    read_text(r, &r->sample.value.as.text);
}

static void read_vd(shub__senml_record *r)
{
    read_vs(r);
    r->has ^= SHUB__SENML_VS | SHUB__SENML_VD;
}

static void read_vb(shub__senml_record *r)
{
    int flag = 0;
    r->has |= SHUB__SENML_VB;
    if (wants(r, SHUB__JSON_BOOL, "\"vb\" is neither true nor false"))
        shub__json_bool(&r->json, &flag);
    r->sample.value = shub_bool(flag);
}

static void read_s(shub__senml_record *r)
{
    shub_value sum;
    r->has |= SHUB__SENML_SUM;
    read_number(r, &sum);
}

static void read_quality(shub__senml_record *r)
{
    shub_slice word = {NULL, 0};
    read_text(r, &word);
    r->sample.flags &= ~SHUB_QUALITY_MASK;
    if (shub__json_is(word, "replaced"))
        r->sample.flags |= SHUB_QUALITY_REPLACED;
    else if (shub__json_is(word, "error"))
        r->sample.flags |= SHUB_QUALITY_ERROR;
    else if (!shub__json_is(word, "measured"))
        shub__senml_refuse(r, SHUB_E_CONTENT, "an unknown quality");
}

static void read_assumed(shub__senml_record *r)
{
    int flag = 0;
    r->has |= SHUB__SENML_ASSUMED;
    if (wants(r, SHUB__JSON_BOOL, "\"time_assumed\" is neither true nor false"))
        shub__json_bool(&r->json, &flag);
    r->sample.flags &= ~SHUB_TIME_ASSUMED;
    if (flag)
        r->sample.flags |= SHUB_TIME_ASSUMED;
}

#define FIELD(label, read)                                                               \
    {                                                                                    \
        {label, sizeof(label) - 1}, read                                                 \
    }

static const struct {
    shub_slice label;
    void (*read)(shub__senml_record *r, shub__senml_bases *b);
} base_fields[] = {
    FIELD("bn", read_bn), FIELD("bt", read_bt), FIELD("bu", read_bu),
    FIELD("bv", read_bv), FIELD("bs", read_bs), FIELD("bver", read_bver),
};

static const struct {
    shub_slice label;
    void (*read)(shub__senml_record *r);
} fields[] = {
    FIELD("n", read_n),
    FIELD("u", read_u),
    FIELD("v", read_v),
    FIELD("vs", read_vs),
    FIELD("vb", read_vb),
    FIELD("vd", read_vd),
    FIELD("s", read_s),
    FIELD("t", read_t),
    FIELD("quality", read_quality),
    FIELD("time_assumed", read_assumed),
};

/* ---- a record ------------------------------------------------------------------- */

static int is_label(shub_slice label, const shub_slice *field)
{
    return label.len == field->len && !memcmp(label.ptr, field->ptr, field->len);
}

/* All of them, and none of the others, begin with 'b'. */
static int read_base(shub__senml_record *r, shub__senml_bases *b, shub_slice label)
{
    if (!label.len || label.ptr[0] != 'b')
        return 0;
    for (size_t i = 0; i < sizeof base_fields / sizeof base_fields[0]; i++) {
        if (!is_label(label, &base_fields[i].label))
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
static void read_field(shub__senml_record *r, shub_slice label)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (is_label(label, &fields[i].label)) {
            r->has |= SHUB__SENML_OWN;
            fields[i].read(r);
            return;
        }
    }
    if (label.len && label.ptr[label.len - 1] == '_')
        refuse_base(r, SHUB_E_UNSUPPORTED, "a label that must be understood and is not");
}

void shub__senml_record_read(shub__senml_record *r, shub__senml_bases *b)
{
    shub_slice label;
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &label)) {
        if (!read_base(r, b, label))
            read_field(r, label);
    }
}
