#include "sample/check.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"

shub_status shub__check_name(shub_slice name, const char *what, shub_error *err)
{
    if (!name.len && strcmp(what, "unit") != 0)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%s is empty", what);
    if (name.len > SHUB_SAMPLE_NAME_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%s of %zu bytes, at most %d",
                          what, name.len, SHUB_SAMPLE_NAME_MAX);
    size_t valid = shub__utf8_valid(name);
    if (valid < name.len)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "%s is not UTF-8 at its byte %zu", what, valid);
    return SHUB_OK;
}

/* The table's range is one of its unit; nothing is known about values in another. */
int shub__in_range(const shub_quantity *row, shub_slice unit, double value)
{
    if (!row || (value >= row->min && value <= row->max))
        return 1;
    return unit.len && !shub_slice_equal(unit, shub_str(row->unit));
}

static shub_status check_number(const shub_sample *sample, const shub_quantity *row,
                                double value, shub_error *err)
{
    char number[2][SHUB__DOUBLE_MAX];
    if (!isfinite(value))
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s is %s",
                          SHUB__SHOW(sample->quantity),
                          isnan(value) ? "NaN" : "infinite");
    if (shub__in_range(row, sample->unit, value) ||
        (sample->flags & SHUB_QUALITY_MASK) == SHUB_QUALITY_ERROR)
        return SHUB_OK;
    const int below = value < row->min;
    shub__double_write(value, number[0]);
    shub__double_write(below ? row->min : row->max, number[1]);
    return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE, "%.*s %s is %s %s%s%s",
                      SHUB__SHOW(sample->quantity), number[0], below ? "below" : "above",
                      number[1], row->unit[0] ? " " : "", row->unit);
}

static shub_status check_text(const shub_sample *sample, shub_error *err)
{
    shub_slice text = sample->value.as.text;
    if (text.len > SHUB_SAMPLE_TEXT_MAX)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "text of %zu bytes, at most %d",
                          text.len, SHUB_SAMPLE_TEXT_MAX);
    size_t valid = shub__utf8_valid(text);
    if (valid < text.len)
        return shub__fail(err, SHUB_E_CONTENT, SHUB_NONE,
                          "%.*s is not UTF-8 at its byte %zu",
                          SHUB__SHOW(sample->quantity), valid);
    return SHUB_OK;
}

shub_status shub__check_flags(uint32_t flags, shub_error *err)
{
    const uint32_t known = SHUB_QUALITY_MASK | SHUB_TIME_ASSUMED;
    if (flags & ~known || (flags & SHUB_QUALITY_MASK) > SHUB_QUALITY_ERROR)
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown flags 0x%x",
                          (unsigned)flags);
    return SHUB_OK;
}

shub_status shub__check_value(const shub_sample *sample, const shub_quantity *row,
                              shub_error *err)
{
    shub_status status = shub__check_flags(sample->flags, err);
    if (status)
        return status;
    switch (sample->value.kind) {
    case SHUB_KIND_DOUBLE:
        return check_number(sample, row, sample->value.as.f64, err);
    case SHUB_KIND_INT64:
        return check_number(sample, row, (double)sample->value.as.i64, err);
    case SHUB_KIND_BOOL:
        return SHUB_OK;
    case SHUB_KIND_TEXT:
        return check_text(sample, err);
    default:
        return shub__fail(err, SHUB_E_INVALID, SHUB_NONE, "unknown kind %d",
                          (int)sample->value.kind);
    }
}

shub_status shub__check_sample(const shub_sample *sample, shub_error *err)
{
    shub_status status = shub__check_name(sample->device, "device", err);
    if (!status)
        status = shub__check_name(sample->quantity, "quantity", err);
    if (!status)
        status = shub__check_name(sample->unit, "unit", err);
    if (!status)
        status = shub__check_value(sample, shub_quantity_find(sample->quantity), err);
    return status;
}
