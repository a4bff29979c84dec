#include <sensorhub/sample.h>

shub_value shub_double(double value)
{
    shub_value v = {SHUB_KIND_DOUBLE, 0, {.f64 = value}};
    return v;
}

shub_value shub_int64(int64_t value)
{
    shub_value v = {SHUB_KIND_INT64, 0, {.i64 = value}};
    return v;
}

shub_value shub_bool(int value)
{
    shub_value v = {SHUB_KIND_BOOL, 0, {.boolean = value != 0}};
    return v;
}

shub_value shub_text(shub_slice text)
{
    shub_value v = {SHUB_KIND_TEXT, 0, {.text = text}};
    return v;
}
