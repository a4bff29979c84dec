#include "webhook/python_json.h"

#include "base/number.h"

#include <inttypes.h>

/* The code point at the begin of valid UTF-8, and its bytes. */
static size_t first_point(shub_slice text, uint32_t *point)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    *point = size == 1 ? p[0] : p[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        *point = *point << 6 | (p[i] & 0x3f);
    return size;
}

/* json.encoder, ESCAPE_ASCII and ESCAPE_DCT. */
static void write_point(uint32_t point, shub__buf *out)
{
    static const char from[] = "\\\"\b\f\n\r\t", to[] = "\\\"bfnrt";
    const char *special = point && point < 0x80 ? strchr(from, (int)point) : NULL;

    if (special)
        shub__buf_printf(out, "\\%c", to[special - from]);
    else if (point >= ' ' && point <= '~')
        shub__buf_byte(out, (char)point);
    else if (point < 0x10000)
        shub__buf_printf(out, "\\u%04" PRIx32, point);
    else
        shub__buf_printf(out, "\\u%04" PRIx32 "\\u%04" PRIx32,
                         0xd800 + ((point - 0x10000) >> 10),
                         0xdc00 + ((point - 0x10000) & 0x3ff));
}

void shub__python_string(shub_slice text, shub__buf *out)
{
    uint32_t point;

    shub__buf_byte(out, '"');
    while (text.len) {
        size_t size = first_point(text, &point);
        write_point(point, out);
        text.ptr += size;
        text.len -= size;
    }
    shub__buf_byte(out, '"');
}

static int is_integer(shub_slice number)
{
    return !memchr(number.ptr, '.', number.len) && !memchr(number.ptr, 'e', number.len) &&
           !memchr(number.ptr, 'E', number.len);
}

/* Python's integers have any number of digits, and one zero. */
static void write_number(shub__json *j, shub__buf *out)
{
    char digits[SHUB__DOUBLE_MAX];
    shub_slice number;
    double value;
    shub_status status;

    if (!shub__json_number(j, &number))
        return;
    if (is_integer(number)) {
        shub__buf_slice(out, shub__json_is(number, "-0") ? SHUB_LIT("0") : number);
        return;
    }
    status = shub__double_read(number.ptr, number.len, SHUB__NUMBER_JSON, &value);
    if (status)
        shub__json_refuse(j, status, "a number beyond doubles");
    else
        shub__buf_add(out, digits, shub__double_write(value, digits));
}

static void write_object(shub__json *j, shub__buf *out)
{
    const char *before = "{";
    shub_slice key;

    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        shub__buf_text(out, before);
        shub__python_string(key, out);
        shub__buf_byte(out, ':');
        shub__python_value(j, out);
        before = ",";
    }
    shub__buf_text(out, *before == '{' ? "{}" : "}");
}

static void write_array(shub__json *j, shub__buf *out)
{
    const char *before = "[";

    shub__json_enter_array(j);
    while (shub__json_next_item(j)) {
        shub__buf_text(out, before);
        shub__python_value(j, out);
        before = ",";
    }
    shub__buf_text(out, *before == '[' ? "[]" : "]");
}

void shub__python_value(shub__json *j, shub__buf *out)
{
    shub_slice text;
    int truth;

    switch (shub__json_type_next(j)) {
    case SHUB__JSON_OBJECT:
        write_object(j, out);
        break;
    case SHUB__JSON_ARRAY:
        write_array(j, out);
        break;
    case SHUB__JSON_STRING:
        if (shub__json_string(j, &text))
            shub__python_string(text, out);
        break;
    case SHUB__JSON_NUMBER:
        write_number(j, out);
        break;
    case SHUB__JSON_BOOL:
        if (shub__json_bool(j, &truth))
            shub__buf_text(out, truth ? "true" : "false");
        break;
    case SHUB__JSON_NULL:
        shub__buf_text(out, "null");
        shub__json_skip(j);
        break;
    case SHUB__JSON_NONE:
        shub__json_skip(j); /* which says what is wrong */
        break;
    }
}
