/* The JSON scanner against itself (skipping checks as much as reading; what was written
 * reads back) and against jansson. Where the two may differ:
 * - depth: jansson allows 2048 levels, the scanner 64;
 * - numbers: jansson refuses those beyond a double's range when it reads, the scanner
 * when it is asked for the double;
 * - keys: jansson refuses U+0000 in them;
 * - a NUL byte behind the value: jansson takes it for the end of the text. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

/* What was met that jansson refuses. */
typedef struct peculiar {
    int key_with_nul;
    int huge_number;
} peculiar;

static void dump_value(shub__json *j, shub__buf *out, peculiar *seen);

static void dump_object(shub__json *j, shub__buf *out, peculiar *seen)
{
    shub_slice key;
    const char *between = "{";
    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        seen->key_with_nul |= memchr(key.ptr, 0, key.len) != NULL;
        shub__buf_text(out, between);
        shub__json_quote(out, key);
        shub__buf_byte(out, ':');
        dump_value(j, out, seen);
        between = ",";
    }
    shub__buf_text(out, *between == '{' ? "{}" : "}");
}

static void dump_array(shub__json *j, shub__buf *out, peculiar *seen)
{
    const char *between = "[";
    shub__json_enter_array(j);
    while (shub__json_next_item(j)) {
        shub__buf_text(out, between);
        dump_value(j, out, seen);
        between = ",";
    }
    shub__buf_text(out, *between == '[' ? "[]" : "]");
}

static void dump_number(shub__json *j, shub__buf *out, peculiar *seen)
{
    shub_slice text;
    double value;
    shub__json number;
    if (!shub__json_number(j, &text))
        return;
    shub__buf_slice(out, text);
    shub__json_init(&number, text, NULL);
    if (!shub__json_double(&number, &value)) {
        CHECK(number.status == SHUB_E_RANGE);
        seen->huge_number = 1;
    }
}

static void dump_value(shub__json *j, shub__buf *out, peculiar *seen)
{
    shub_slice text;
    int flag;
    switch (shub__json_type_next(j)) {
    case SHUB__JSON_OBJECT:
        dump_object(j, out, seen);
        break;
    case SHUB__JSON_ARRAY:
        dump_array(j, out, seen);
        break;
    case SHUB__JSON_STRING:
        if (shub__json_string(j, &text))
            shub__json_quote(out, text);
        break;
    case SHUB__JSON_NUMBER:
        dump_number(j, out, seen);
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

static shub_status dump(shub_slice text, shub__buf *out, peculiar *seen, shub_error *err)
{
    shub__json j;
    shub__buf scratch;
    shub__buf_init(&scratch, text.len);
    shub__json_init(&j, text, &scratch);
    dump_value(&j, out, seen);
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
    peculiar seen = {0, 0};
    shub__buf out;
    shub__buf_init(&out, SIZE_MAX / 2);
    CHECK(dump(text, &out, &seen, NULL) == SHUB_OK);
    CHECK(shub_slice_equal(shub__buf_view(&out), text));
    shub__buf_fini(&out);
}

static json_t *load(shub_slice text)
{
    return json_loadb(text.ptr, text.len,
                      JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
}

static void check_oracle(shub_slice text, shub_status status, shub_slice dumped,
                         const peculiar *seen)
{
    json_t *theirs = load(text);
    if (!theirs) {
        CHECK(status || seen->key_with_nul || seen->huge_number);
        return;
    }
    CHECK(!status || status == SHUB_E_LIMIT || memchr(text.ptr, 0, text.len));
    if (!status) {
        json_t *ours = load(dumped);
        CHECK(ours && json_equal(ours, theirs));
        json_decref(ours);
    }
    json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_slice text = shub_bytes(data, len);
    shub_error err = SHUB_ERROR_INIT;
    peculiar seen = {0, 0};
    shub__buf out;
    shub__buf_init(&out, SIZE_MAX / 2);
    shub_status status = dump(text, &out, &seen, &err);
    check_skipping(text, status, &err);
    if (!status)
        check_reading_back(shub__buf_view(&out));
    check_oracle(text, status, shub__buf_view(&out), &seen);
    shub__buf_fini(&out);
    return 0;
}
