/* Fields of forms. (WHATWG URL section 5.1: parsing is total, nothing is malformed.) */
#include <sensorhub/webhook.h>

#include "base/error.h"
#include "base/reader.h"
#include "base/text.h"

/* The next byte of an encoded text that is not at its end. */
static char next_byte(shub__reader *r)
{
    shub__reader ahead = *r;
    char c = (char)shub__read_u8(r);
    shub_slice digits;

    if (c == '+')
        return ' ';
    if (c != '%')
        return c;
    shub__skip(&ahead, 1);
    digits = shub__read_bytes(&ahead, 2);
    if (!digits.len || shub__hex_value(digits.ptr[0]) < 0 ||
        shub__hex_value(digits.ptr[1]) < 0)
        return c;
    *r = ahead;
    return (char)(shub__hex_value(digits.ptr[0]) << 4 | shub__hex_value(digits.ptr[1]));
}

static int says(shub_slice encoded, shub_slice name)
{
    shub__reader r;
    size_t i = 0;

    shub__reader_init(&r, encoded.ptr, encoded.len);
    while (shub__reader_left(&r)) {
        char c = next_byte(&r);
        if (i == name.len || c != name.ptr[i])
            return 0;
        i++;
    }
    return i == name.len;
}

/* Finds the value, as it stands. */
static int find(shub_slice body, shub_slice name, shub_slice *value)
{
    shub__reader r;
    shub_slice key;

    shub__reader_init(&r, body.ptr, body.len);
    do {
        shub_slice field = shub__read_until(&r, '&');
        shub__cut(field, '=', &key, value);
        if (field.len && says(key, name))
            return 1;
    } while (shub__accept(&r, '&'));
    return 0;
}

shub_status shub_webhook_form_field(shub_slice body, shub_slice name, char *dst,
                                    size_t cap, size_t *len, shub_error *err)
{
    shub__reader r;
    shub_slice value;
    size_t size = 0;

    *len = 0;
    if (cap)
        dst[0] = '\0';
    if (!find(body, name, &value))
        return shub__fail(err, SHUB_E_NOT_FOUND, SHUB_NONE, "a form without \"%.*s\"",
                          SHUB__SHOW(name));
    shub__reader_init(&r, value.ptr, value.len);
    while (shub__reader_left(&r)) {
        char c = next_byte(&r);
        if (size + 1 < cap)
            dst[size] = c;
        size++;
    }
    if (size >= cap) {
        if (cap)
            dst[0] = '\0';
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                          "a field of %zu bytes and a NUL, room for %zu", size, cap);
    }
    dst[size] = '\0';
    *len = size;
    return SHUB_OK;
}
