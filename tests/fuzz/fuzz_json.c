/* The JSON scanner against itself: skipping checks as much as reading, and what was
 * written reads back. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

static void dump_value(shub__json *j, shub__buf *out);

static void dump_object(shub__json *j, shub__buf *out)
{
    shub_slice key;
    const char *between = "{";
    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        shub__buf_text(out, between);
        shub__json_quote(out, key);
        shub__buf_byte(out, ':');
        dump_value(j, out);
        between = ",";
    }
    shub__buf_text(out, *between == '{' ? "{}" : "}");
}

static void dump_array(shub__json *j, shub__buf *out)
{
    const char *between = "[";
    shub__json_enter_array(j);
    while (shub__json_next_item(j)) {
        shub__buf_text(out, between);
        dump_value(j, out);
        between = ",";
    }
    shub__buf_text(out, *between == '[' ? "[]" : "]");
}

static void dump_value(shub__json *j, shub__buf *out)
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

static shub_status dump(shub_slice text, shub__buf *out, shub_error *err)
{
    shub__json j;
    shub__buf scratch;
    shub__buf_init(&scratch, text.len);
    shub__json_init(&j, text, &scratch);
    dump_value(&j, out);
    shub_status status = shub__json_finish(&j, err);
    CHECK(j.pos <= text.len);
    shub__buf_fini(&scratch);
    return status;
}

static void check_skipping(shub_slice text, shub_status status,
                           const shub_error *expected)
{
    shub__json j;
    shub_error err = SHUB_ERROR_INIT;
    shub__json_init(&j, text, NULL);
    CHECK(shub__json_finish(&j, &err) == status);
    CHECK(err.pos == expected->pos);
}

static void check_reading_back(shub_slice text)
{
    shub__buf out;
    shub__buf_init(&out, SIZE_MAX / 2);
    CHECK(dump(text, &out, NULL) == SHUB_OK);
    CHECK(shub_slice_equal(shub__buf_view(&out), text));
    shub__buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_slice text = shub_bytes(data, len);
    shub_error err = SHUB_ERROR_INIT;
    shub__buf out;
    shub__buf_init(&out, SIZE_MAX / 2);
    shub_status status = dump(text, &out, &err);
    check_skipping(text, status, &err);
    if (!status)
        check_reading_back(shub__buf_view(&out));
    shub__buf_fini(&out);
    return 0;
}
