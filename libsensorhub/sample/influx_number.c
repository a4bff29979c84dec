#include "sample/influx_number.h"

#include <string.h>

#include "base/json.h"
#include "base/number.h"
#include "base/text.h"
#include "sample/influx.h"

#define DIGITS_THAT_FIT 19 /* into 64 bits, whatever they are */

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
    size_t negative = is_signed && digits.len && digits.ptr[0] == '-';
    uint64_t size = 0;
    int fits = 1;
    *out = 0;
    if (digits.len == negative)
        return SHUB_E_FORMAT;
    for (size_t i = negative; i < digits.len; i++) {
        if (!shub__is_digit(digits.ptr[i]))
            return SHUB_E_FORMAT;
        uint64_t digit = (uint64_t)(digits.ptr[i] - '0');
        if (i >= DIGITS_THAT_FIT)
            fits = fits && size <= (UINT64_MAX - digit) / 10;
        size = size * 10 + digit;
    }
    if (!fits || (is_signed && size > (uint64_t)INT64_MAX + negative))
        return SHUB_E_RANGE;
    *out = (int64_t)(negative ? 0 - size : size);
    return SHUB_OK;
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
