#include "sample/influx_number.h"

#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "sample/influx.h"

int shub__influx_bool(shub_slice word, shub_value *value)
{
    static const char *const words[] = {"t", "T", "true",  "True",  "TRUE",
                                        "f", "F", "false", "False", "FALSE"};
    for (int i = 0; i < 10; i++) {
        if (shub__json_is(word, words[i])) {
            *value = shub_bool(i < 5);
            return 1;
        }
    }
    return 0;
}

shub_status shub__influx_integer(shub_slice digits, int is_signed, int64_t *out)
{
    char text[SHUB__INT64_MAX];
    size_t len = 0;
    uint64_t u64 = 0;
    if (is_signed && digits.len && digits.ptr[0] == '-') {
        text[len++] = '-';
        digits = shub_bytes(digits.ptr + 1, digits.len - 1);
    }
    while (digits.len > 1 && digits.ptr[0] == '0')
        digits = shub_bytes(digits.ptr + 1, digits.len - 1);
    for (size_t i = 0; i < digits.len; i++) {
        if (!shub__is_digit(digits.ptr[i]))
            return SHUB_E_FORMAT;
    }
    if (digits.len > 20)
        return SHUB_E_RANGE;
    if (digits.len)
        memcpy(text + len, digits.ptr, digits.len);
    len += digits.len;
    if (is_signed)
        return shub__int64_read(text, len, out);
    shub_status status = shub__uint64_read(text, len, &u64);
    *out = (int64_t)u64;
    return status;
}

shub_status shub__influx_number(shub_slice word, shub_value *value)
{
    char last = word.ptr[word.len - 1];
    shub_slice digits = {word.ptr, word.len - 1};
    if (last == 'i' || last == 'u') {
        value->kind = last == 'i' ? SHUB_KIND_INT64 : SHUB__KIND_UINT64;
        return shub__influx_integer(digits, last == 'i', &value->as.i64);
    }
    value->kind = SHUB_KIND_DOUBLE;
    if (word.ptr[0] == '+')
        return SHUB_E_FORMAT;
    return shub__double_read(word.ptr, word.len, SHUB__NUMBER_LOOSE, &value->as.f64);
}
