/* A reader of all that a JSON text holds, which writes what it read. */
#ifndef TESTS_SUPPORT_JSON_DUMP_H
#define TESTS_SUPPORT_JSON_DUMP_H

#include "base/json.h"

#include <stdlib.h>

static inline void dump_value(shub__json *j, shub__buf *out);

static inline void dump_object(shub__json *j, shub__buf *out)
{
    shub_slice key;
    const char *between = "";
    shub__json_enter_object(j);
    shub__buf_byte(out, '{');
    while (shub__json_next_key(j, &key)) {
        shub__buf_text(out, between);
        shub__json_quote(out, key);
        shub__buf_byte(out, ':');
        dump_value(j, out);
        between = ",";
    }
    shub__buf_byte(out, '}');
}

static inline void dump_array(shub__json *j, shub__buf *out)
{
    const char *between = "";
    shub__json_enter_array(j);
    shub__buf_byte(out, '[');
    while (shub__json_next_item(j)) {
        shub__buf_text(out, between);
        dump_value(j, out);
        between = ",";
    }
    shub__buf_byte(out, ']');
}

static inline void dump_value(shub__json *j, shub__buf *out)
{
    shub_slice text;
    int flag;
    switch (shub__json_type_next(j)) {
    case SHUB__JSON_OBJECT:
        dump_object(j, out);
        break;
    case SHUB__JSON_ARRAY:
        dump_array(j, out);
        break;
    case SHUB__JSON_STRING:
        if (shub__json_string(j, &text))
            shub__json_quote(out, text);
        break;
    case SHUB__JSON_NUMBER:
        shub__json_number(j, &text);
        shub__buf_slice(out, text);
        break;
    case SHUB__JSON_BOOL:
        shub__json_bool(j, &flag);
        shub__buf_text(out, flag ? "true" : "false");
        break;
    case SHUB__JSON_NULL:
        shub__json_skip(j);
        shub__buf_text(out, "null");
        break;
    case SHUB__JSON_NONE:
        break;
    }
}

static inline shub_status dump(shub_slice text, shub__buf *out, shub_error *err)
{
    shub__json j;
    shub__buf scratch;
    shub__buf_init(&scratch, text.len);
    shub__json_init(&j, text, &scratch);
    dump_value(&j, out);
    shub_status status = shub__json_finish(&j, err);
    if (j.pos > text.len)
        abort();
    shub__buf_fini(&scratch);
    return status;
}

#endif
