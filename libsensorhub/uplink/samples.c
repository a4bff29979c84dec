#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "uplink/values.h"

void shub__values_fail(shub__values *v, shub_status status, const char *why,
                       shub_slice name)
{
    if (!v->status)
        v->status =
            shub__fail(v->err, status, SHUB_NONE, "%s: \"%.*s\"", why, SHUB__SHOW(name));
}

static shub__value_row *find_row(shub__values *v, const char *quantity)
{
    for (size_t i = v->count; i-- > 0;)
        if (v->rows[i].time_us == v->time_us && !strcmp(v->rows[i].quantity, quantity))
            return &v->rows[i];
    return NULL;
}

void shub__values_add(shub__values *v, shub_slice name, const char *qualifier,
                      const char *more, const char *unit, shub_value value)
{
    char quantity[SHUB__VALUE_NAME_MAX];
    size_t len = strlen(qualifier);
    size_t more_len = strlen(more);
    if (!name.len || name.len > sizeof quantity - 1 - len - more_len) {
        shub__values_fail(v, SHUB_E_LIMIT, "a name that is too long or none", name);
        return;
    }
    memcpy(quantity, name.ptr, name.len);
    memcpy(quantity + name.len, qualifier, len);
    memcpy(quantity + name.len + len, more, more_len + 1);
    shub__value_row *row = find_row(v, quantity);
    if (!row && v->count == SHUB_UPLINK_VALUES_MAX) {
        shub__values_fail(v, SHUB_E_LIMIT, "more than 128 values", name);
        return;
    }
    if (!row)
        row = &v->rows[v->count++];
    memcpy(row->quantity, quantity, sizeof quantity);
    row->unit = unit;
    row->time_us = v->time_us;
    row->value = value;
}

/* Divides digits from their exponent, which is `more` of ten beside what the text says:
 * 1, or 0 when the text has an exponent that no number needs. */
static int cut_exponent(shub_slice *text, int64_t *more)
{
    size_t i = 0;
    int64_t own;
    while (i < text->len && text->ptr[i] != 'e' && text->ptr[i] != 'E')
        i++;
    shub_slice behind = shub_bytes(text->ptr + i, text->len - i);
    text->len = i;
    if (!behind.len)
        return 1;
    int negative = behind.len > 1 && behind.ptr[1] == '-';
    size_t skip = 1 + (negative || (behind.len > 1 && behind.ptr[1] == '+'));
    while (skip + 1 < behind.len && behind.ptr[skip] == '0')
        skip++;
    if (behind.len - skip > 6 ||
        shub__int64_read(behind.ptr + skip, behind.len - skip, &own))
        return 0;
    *more += negative ? -own : own;
    return 1;
}

/* The exponent goes into the text: digits times a power of ten are read, and rounded,
 * once. */
shub_value shub__values_number(shub_slice text, int exponent, int32_t kind)
{
    char scaled[80];
    int64_t whole;
    int64_t power = exponent;
    double value;
    shub_value none = {SHUB_KIND_NONE, 0, {0}};
    if (kind == SHUB_KIND_INT64 && !exponent &&
        !shub__int64_read(text.ptr, text.len, &whole))
        return shub_int64(whole);
    if (exponent) {
        if (!cut_exponent(&text, &power) || text.len > sizeof scaled - 16)
            return none;
        memcpy(scaled, text.ptr, text.len);
        scaled[text.len] = 'e';
        size_t len = text.len + 1;
        len += shub__int64_write(power, scaled + len);
        text = shub_bytes(scaled, len);
    }
    if (shub__double_read(text.ptr, text.len, SHUB__NUMBER_JSON, &value))
        return none;
    return shub_double(value);
}

/* ---- which document --------------------------------------------------------------- */

static void add_known(shub__values *v, const char *quantity, double value)
{
    const shub_quantity *row = shub_quantity_find(shub_str(quantity));
    shub__values_add(v, shub_str(quantity), "", "", row ? row->unit : "",
                     shub_double(value));
}

static void collect(shub__values *v, const shub_uplink *up)
{
    if (up->event == SHUB_UPLINK_STATUS && up->flags & SHUB_UPLINK_HAS_BATTERY)
        add_known(v, "battery", up->battery);
    if (up->event == SHUB_UPLINK_STATUS && up->flags & SHUB_UPLINK_HAS_MARGIN)
        add_known(v, "link_margin", up->margin_db);
    if (up->event == SHUB_UPLINK_LOCATION && up->flags & SHUB_UPLINK_HAS_LOCATION) {
        add_known(v, "latitude", up->latitude);
        add_known(v, "longitude", up->longitude);
        add_known(v, "altitude", up->altitude_m);
    }
    if (up->event != SHUB_UPLINK_UP && up->event != SHUB_UPLINK_NORMALIZED)
        return;
    if (up->dialect == SHUB_UPLINK_OSM && up->object.len)
        shub__values_osm(v, up->object);
    if (up->normalized.len)
        shub__values_normalized(v, up->normalized);
}

shub_slice shub__uplink_device(const shub_uplink *up)
{
    return up->dev_eui.len ? up->dev_eui : up->device.len ? up->device : up->name;
}

/* One that is refused does not keep the others out. */
static void append(shub__values *v, const shub_uplink *up, shub_batch *batch)
{
    for (size_t i = 0; i < v->count; i++) {
        shub_sample s = SHUB_SAMPLE_INIT;
        s.device = shub__uplink_device(up);
        s.quantity = shub_str(v->rows[i].quantity);
        s.unit = shub_str(v->rows[i].unit);
        s.time_us = v->rows[i].time_us;
        s.value = v->rows[i].value;
        if (up->time_source == SHUB_UPLINK_TIME_ARRIVAL && s.time_us == up->time_us)
            s.flags |= SHUB_TIME_ASSUMED;
        shub_status status = shub_batch_append(batch, &s, v->status ? NULL : v->err);
        if (status == SHUB_E_NOMEM) {
            v->status = shub__fail_nomem(v->err);
            return;
        }
        if (!v->status)
            v->status = status;
    }
}

shub_status shub_uplink_samples(const shub_uplink *up, shub_batch *batch, shub_error *err)
{
    shub__values v;
    shub_slice device = shub__uplink_device(up);
    v.count = 0;
    v.time_us = up->time_us;
    v.status = SHUB_OK;
    v.err = err;
    shub__buf_init(&v.scratch, 2 * SHUB_UPLINK_MAX);
    collect(&v, up);
    if (v.count && !device.len)
        shub__values_fail(&v, SHUB_E_CONTENT, "values of no device", up->application);
    else if (v.count && !up->time_source)
        shub__values_fail(&v, SHUB_E_CONTENT, "values without a time", device);
    else
        append(&v, up, batch);
    shub__buf_fini(&v.scratch);
    return v.status;
}
