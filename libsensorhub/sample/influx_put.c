#include "sample/influx.h"

#include <string.h>

#include "base/json.h"
#include "base/number.h"

/* Bytes that cannot stand in a name, and those that need a '\'. */
enum { PLAIN, ESCAPED, ESCAPED_IN_KEYS, REFUSED };

static int class_of(char c)
{
    unsigned char byte = (unsigned char)c;
    if (byte < 0x20 || byte == 0x7f)
        return REFUSED;
    if (byte == ' ' || byte == ',')
        return ESCAPED;
    return byte == '=' ? ESCAPED_IN_KEYS : PLAIN;
}

const char *shub__influx_refuses(shub_slice name, shub__influx_word word)
{
    if (!name.len)
        return "is empty";
    for (size_t i = 0; i < name.len; i++) {
        if (class_of(name.ptr[i]) == REFUSED)
            return "has a control character";
    }
    if (name.ptr[name.len - 1] == '\\')
        return "ends with '\\'";
    if (word == SHUB__INFLUX_MEASUREMENT && name.ptr[0] == '#')
        return "begins with '#'";
    if (word == SHUB__INFLUX_KEY && shub__json_is(name, "time"))
        return "is the server's own";
    return NULL;
}

char *shub__influx_put_name(char *dst, shub_slice name, shub__influx_word word)
{
    int last = word == SHUB__INFLUX_MEASUREMENT ? ESCAPED : ESCAPED_IN_KEYS;
    for (size_t i = 0; i < name.len; i++) {
        int class = class_of(name.ptr[i]);
        if (class != PLAIN && class <= last)
            *dst++ = '\\';
        *dst++ = name.ptr[i];
    }
    return dst;
}

static char *put_text(char *dst, shub_slice text, int one_line)
{
    *dst++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '\\') {
            *dst++ = '\\';
        } else if (one_line && (c == '\n' || c == '\r')) {
            *dst++ = '\\';
            c = c == '\n' ? 'n' : 'r';
        }
        *dst++ = c;
    }
    *dst++ = '"';
    return dst;
}

static char *put_word(char *dst, const char *word, size_t len)
{
    memcpy(dst, word, len);
    return dst + len;
}

char *shub__influx_put_value(char *dst, const shub_value *value, int one_line)
{
    switch (value->kind) {
    case SHUB_KIND_DOUBLE:
        return dst + shub__double_write(value->as.f64, dst);
    case SHUB_KIND_INT64:
        dst += shub__int64_write(value->as.i64, dst);
        *dst++ = 'i';
        return dst;
    case SHUB__KIND_UINT64:
        dst += shub__uint64_write((uint64_t)value->as.i64, dst);
        *dst++ = 'u';
        return dst;
    case SHUB_KIND_BOOL:
        return value->as.boolean ? put_word(dst, "true", 4) : put_word(dst, "false", 5);
    default:
        return put_text(dst, value->as.text, one_line);
    }
}
