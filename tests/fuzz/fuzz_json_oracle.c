/* The JSON scanner beside jansson (JSON_DECODE_ANY, JSON_ALLOW_NUL): they accept the same
 * texts, and read the same values of them. Where they may differ, the scanner keeping to
 * RFC 8259:
 * - integers beyond 64 bits are numbers (section 6); jansson refuses them;
 * - so are reals beyond a double's range, 1e400; jansson refuses them;
 * - depth: section 9 leaves the limit to the parser, jansson has 2048, the scanner 64;
 * - keys with U+0000 are strings (section 7); jansson's keys are C strings, and refused;
 * - a NUL byte behind the value is no white space (section 2); jansson takes it for the
 *   end of the text.
 * Halves of a surrogate pair, which section 8.2 calls unpredictable, are refused by both.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define CHECK(condition) ((condition) ? (void)0 : abort())

/* What was met that jansson refuses. */
typedef struct peculiar {
    int key_with_nul;
    int big_integer;
    int huge_real;
} peculiar;

static json_t *read_value(shub__json *j, peculiar *seen);

/* Of doubled keys the last wins, as in jansson. */
static json_t *read_object(shub__json *j, peculiar *seen)
{
    json_t *object = json_object();
    shub_slice key;
    shub__json_enter_object(j);
    while (shub__json_next_key(j, &key)) {
        char *name = calloc(key.len + 1, 1);
        CHECK(name != NULL);
        if (key.len)
            memcpy(name, key.ptr, key.len);
        seen->key_with_nul |= strlen(name) != key.len;
        json_object_set_new_nocheck(object, name, read_value(j, seen));
        free(name);
    }
    return object;
}

static json_t *read_array(shub__json *j, peculiar *seen)
{
    json_t *array = json_array();
    shub__json_enter_array(j);
    while (shub__json_next_item(j))
        json_array_append_new(array, read_value(j, seen));
    return array;
}

/* Kept as a text until it is asked for: an integer has neither '.' nor exponent. */
static json_t *read_number(shub__json *j, peculiar *seen)
{
    shub__json number;
    shub_slice text;
    int64_t whole;
    double real;
    if (!shub__json_number(j, &text))
        return json_null();
    shub__json_init(&number, text, NULL);
    if (shub__json_int64(&number, &whole))
        return json_integer(whole);
    if (number.status == SHUB_E_RANGE) {
        seen->big_integer = 1;
        return json_null();
    }
    shub__json_init(&number, text, NULL);
    if (shub__json_double(&number, &real))
        return json_real(real);
    CHECK(number.status == SHUB_E_RANGE);
    seen->huge_real = 1;
    return json_null();
}

static json_t *read_string(shub__json *j)
{
    shub_slice text;
    if (!shub__json_string(j, &text))
        return json_null();
    return json_stringn_nocheck(text.ptr ? text.ptr : "", text.len);
}

static json_t *read_value(shub__json *j, peculiar *seen)
{
    int flag = 0;
    switch (shub__json_type_next(j)) {
    case SHUB__JSON_OBJECT:
        return read_object(j, seen);
    case SHUB__JSON_ARRAY:
        return read_array(j, seen);
    case SHUB__JSON_STRING:
        return read_string(j);
    case SHUB__JSON_NUMBER:
        return read_number(j, seen);
    case SHUB__JSON_BOOL:
        shub__json_bool(j, &flag);
        return json_boolean(flag);
    case SHUB__JSON_NULL:
        shub__json_skip(j);
        return json_null();
    default:
        return json_null();
    }
}

static shub_status read_text(shub_slice text, json_t **value, peculiar *seen)
{
    shub__json j;
    shub__buf scratch;
    shub__buf_init(&scratch, text.len);
    shub__json_init(&j, text, &scratch);
    *value = read_value(&j, seen);
    shub_status status = shub__json_finish(&j, NULL);
    shub__buf_fini(&scratch);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    shub_slice text = shub_bytes(data, len);
    peculiar seen = {0, 0, 0};
    json_t *ours;
    shub_status status = read_text(text, &ours, &seen);
    json_t *theirs =
        json_loadb((const char *)data, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!theirs)
        CHECK(status || seen.key_with_nul || seen.big_integer || seen.huge_real);
    else if (status)
        CHECK(status == SHUB_E_LIMIT || memchr(data, 0, len));
    else
        CHECK(json_equal(ours, theirs));
    json_decref(ours);
    json_decref(theirs);
    return 0;
}
