/* What the unit tests use of jansson to read vectors, for where there is none. The names
 * and what they mean are jansson's, but that nothing is freed (each test is a process),
 * members are looked up one by one, and text that is no JSON ends the program. */
#ifndef TESTS_BIGENDIAN_JANSSON_H
#define TESTS_BIGENDIAN_JANSSON_H

#include <stddef.h>

typedef long long json_int_t;
typedef enum json_type {
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_INTEGER,
    JSON_REAL,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL
} json_type;

typedef struct json_t {
    json_type type;
    char *text; /* a string, a number as it was written */
    size_t len;
    json_int_t integer;
    double real;
    struct json_member {
        char *key;
        struct json_t *value;
    } * members; /* of an array without keys */
    size_t count;
} json_t;

enum { JSON_COMPACT = 0, JSON_ALLOW_NUL = 0, JSON_DECODE_ANY = 0 }; /* as it always is */

json_t *json_loadb(const char *text, size_t len, size_t flags, void *error);
json_t *json_loads(const char *text, size_t flags, void *error);
json_t *json_load_file(const char *path, size_t flags, void *error);
char *json_dumps(const json_t *value, size_t flags);
void json_decref(json_t *value);

json_t *json_array(void);
json_t *json_string(const char *text);
json_t *json_stringn(const char *text, size_t len); /* NULL: it is not UTF-8 */
json_t *json_integer(json_int_t value);
json_t *json_real(double value);
json_t *json_pack(const char *format,
                  ...); /* of an object's members s:f s:I s:b s:o s:s */
int json_equal(const json_t *a, const json_t *b);

json_t *json_object_get(const json_t *object, const char *key);
int json_object_set(json_t *object, const char *key, json_t *value);
#define json_object_set_new json_object_set
size_t json_object_size(const json_t *object);
size_t json_array_size(const json_t *array);
json_t *json_array_get(const json_t *array, size_t i);
int json_array_append(json_t *array, json_t *value);
#define json_array_append_new json_array_append

const char *json_string_value(const json_t *value);
size_t json_string_length(const json_t *value);
json_int_t json_integer_value(const json_t *value);
double json_number_value(const json_t *value);

#define json_typeof(value) ((value)->type)
int json_is(const json_t *value, json_type type);
#define json_is_object(value)  json_is(value, JSON_OBJECT)
#define json_is_array(value)   json_is(value, JSON_ARRAY)
#define json_is_string(value)  json_is(value, JSON_STRING)
#define json_is_true(value)    json_is(value, JSON_TRUE)
#define json_is_number(value)  (json_is(value, JSON_INTEGER) || json_is(value, JSON_REAL))
#define json_is_boolean(value) (json_is(value, JSON_TRUE) || json_is(value, JSON_FALSE))

#define json_object_foreach(object, name, item)                                          \
    for (size_t json_i_ = 0; json_i_ < json_object_size(object) &&                       \
                             ((name) = (object)->members[json_i_].key,                   \
                             (item) = (object)->members[json_i_].value, 1);              \
         json_i_++)
#define json_array_foreach(array, i, item)                                               \
    for ((i) = 0;                                                                        \
         (i) < json_array_size(array) && ((item) = json_array_get(array, i), 1); (i)++)

#endif
