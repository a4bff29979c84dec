#include "jansson.h"

#include "base/text.h"
#include "support/tables.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "a vector's JSON: %s\n", what);
    exit(EXIT_FAILURE);
}

static void *resize(void *ptr, size_t size)
{
    ptr = realloc(ptr, size);
    if (!ptr)
        die("no memory");
    return ptr;
}

static json_t *make(json_type type)
{
    json_t *value = resize(NULL, sizeof *value);

    memset(value, 0, sizeof *value);
    value->type = type;
    return value;
}

static json_t *make_text(json_type type, const char *text, size_t len)
{
    json_t *value = make(type);

    value->text = resize(NULL, len + 1);
    memcpy(value->text, text, len);
    value->text[len] = '\0';
    value->len = len;
    return value;
}

/* In steps that double: the corpus has thousands of members. */
static void append(json_t *to, char *key, json_t *value)
{
    if ((to->count & (to->count - 1)) == 0)
        to->members = resize(to->members, (2 * to->count + 1) * sizeof *to->members);
    to->members[to->count].key = key;
    to->members[to->count++].value = value;
}

/* ---- reading ----------------------------------------------------------------------- */

typedef struct source {
    const char *at, *end;
} source;

static json_t *read_value(source *s);

static int peek(source *s)
{
    while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
        s->at++;
    return s->at < s->end ? *s->at : -1;
}

static int take(source *s, char c)
{
    if (peek(s) != c)
        return 0;
    s->at++;
    return 1;
}

static void need(source *s, char c)
{
    if (!take(s, c))
        die("a bracket, a colon or a quote is missing");
}

static uint32_t read_hex(source *s)
{
    char digits[5] = "";
    char *end;
    uint32_t unit;

    if (s->end - s->at < 4)
        die("an escape breaks off");
    memcpy(digits, s->at, 4);
    unit = (uint32_t)strtoul(digits, &end, 16);
    if (*end)
        die("an escape without four digits");
    s->at += 4;
    return unit;
}

static size_t read_escape(source *s, char dst[4])
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = *s->at++;
    const char *known = strchr(from, c);
    uint32_t unit;

    if (known && c) {
        dst[0] = to[known - from];
        return 1;
    }
    if (c != 'u')
        die("an unknown escape");
    unit = read_hex(s);
    if (unit >= 0xd800 && unit < 0xdc00) {
        s->at += 2; /* the other half */
        unit = 0x10000 + ((unit - 0xd800) << 10) + (read_hex(s) - 0xdc00);
    }
    return shub__utf8_write(unit, dst);
}

static json_t *read_string(source *s)
{
    char *text = resize(NULL, (size_t)(s->end - s->at) + 1), *to = text;
    json_t *value;

    need(s, '"');
    while (s->end - s->at > 1 && *s->at != '"')
        if (*s->at != '\\')
            *to++ = *s->at++;
        else if (s->at++)
            to += read_escape(s, to);
    need(s, '"');
    value = make_text(JSON_STRING, text, (size_t)(to - text));
    free(text);
    return value;
}

static json_t *read_number(source *s)
{
    const char *from = s->at;
    json_t *value;

    while (s->at < s->end && strchr("+-.0123456789eE", *s->at) && *s->at)
        s->at++;
    value = make_text(JSON_INTEGER, from, (size_t)(s->at - from));
    if (!value->len)
        die("no value");
    if (strpbrk(value->text, ".eE"))
        value->type = JSON_REAL;
    value->real = strtod(value->text, NULL);
    value->integer = strtoll(value->text, NULL, 10);
    return value;
}

static json_t *read_members(source *s, json_type type, char end)
{
    json_t *value = make(type);

    s->at++;
    if (take(s, end))
        return value;
    do {
        char *key = NULL;
        if (type == JSON_OBJECT) {
            (void)peek(s);
            key = read_string(s)->text;
            need(s, ':');
        }
        append(value, key, read_value(s));
    } while (take(s, ','));
    need(s, end);
    return value;
}

static json_t *read_value(source *s)
{
    static const struct {
        const char *word;
        json_type type;
    } words[] = {{"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};
    int c = peek(s);

    if (c == '{')
        return read_members(s, JSON_OBJECT, '}');
    if (c == '[')
        return read_members(s, JSON_ARRAY, ']');
    if (c == '"')
        return read_string(s);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(s->end - s->at) >= len && !memcmp(s->at, words[i].word, len)) {
            s->at += len;
            return make(words[i].type);
        }
    }
    return read_number(s);
}

json_t *json_loadb(const char *text, size_t len, size_t flags, void *error)
{
    source s = {text, text + len};
    json_t *value;

    (void)flags;
    (void)error;
    if (!len)
        return NULL;
    value = read_value(&s);
    if (peek(&s) != -1)
        die("text behind the value");
    return value;
}

json_t *json_loads(const char *text, size_t flags, void *error)
{
    return json_loadb(text, strlen(text), flags, error);
}

json_t *json_load_file(const char *path, size_t flags, void *error)
{
    size_t len;
    char *text = read_whole(path, &len);

    return text ? json_loadb(text, len, flags, error) : NULL;
}

/* ---- writing ----------------------------------------------------------------------- */

static void write_value(FILE *out, const json_t *value);

static void write_string(FILE *out, const char *text, size_t len)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < ' ' || c == '"' || c == '\\')
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void write_members(FILE *out, const json_t *value)
{
    fputc(value->type == JSON_OBJECT ? '{' : '[', out);
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            fputc(',', out);
        if (value->type == JSON_OBJECT) {
            write_string(out, value->members[i].key, strlen(value->members[i].key));
            fputc(':', out);
        }
        write_value(out, value->members[i].value);
    }
    fputc(value->type == JSON_OBJECT ? '}' : ']', out);
}

static void write_value(FILE *out, const json_t *value)
{
    static const char *const words[] = {
        [JSON_TRUE] = "true", [JSON_FALSE] = "false", [JSON_NULL] = "null"};

    if (value->type == JSON_OBJECT || value->type == JSON_ARRAY)
        write_members(out, value);
    else if (value->type == JSON_STRING)
        write_string(out, value->text, value->len);
    else if (value->type == JSON_INTEGER || value->type == JSON_REAL)
        fputs(value->text, out);
    else
        fputs(words[value->type], out);
}

char *json_dumps(const json_t *value, size_t flags)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)flags;
    if (!out)
        die("no memory");
    write_value(out, value);
    fclose(out);
    return text;
}

/* ---- making ------------------------------------------------------------------------ */

void json_decref(json_t *value)
{
    (void)value;
}

json_t *json_array(void)
{
    return make(JSON_ARRAY);
}

json_t *json_stringn(const char *text, size_t len)
{
    if (shub__utf8_valid(shub_bytes(text, len)) != len)
        return NULL;
    return make_text(JSON_STRING, text, len);
}

json_t *json_string(const char *text)
{
    return json_stringn(text, strlen(text));
}

static json_t *make_number(json_type type, const char *text)
{
    source s = {text, text + strlen(text)};
    json_t *value = read_number(&s);

    value->type = type;
    return value;
}

json_t *json_integer(json_int_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", number);
    return make_number(JSON_INTEGER, text);
}

json_t *json_real(double number)
{
    char text[32];

    snprintf(text, sizeof text, "%.17g", number);
    return make_number(JSON_REAL, text);
}

static json_t *packed(char kind, va_list *args)
{
    if (kind == 'f')
        return json_real(va_arg(*args, double));
    if (kind == 'I')
        return json_integer(va_arg(*args, json_int_t));
    if (kind == 'b')
        return make(va_arg(*args, int) ? JSON_TRUE : JSON_FALSE);
    if (kind == 's')
        return json_string(va_arg(*args, const char *));
    if (kind != 'o')
        die("an unknown format");
    return va_arg(*args, json_t *);
}

json_t *json_pack(const char *format, ...)
{
    json_t *object = make(JSON_OBJECT);
    va_list args;

    va_start(args, format);
    for (const char *p = format; (p = strchr(p, ':')) != NULL; p++) {
        const char *key = va_arg(args, const char *);
        json_object_set(object, key, packed(p[1], &args));
    }
    va_end(args);
    return object;
}

/* ---- asking ------------------------------------------------------------------------ */

int json_is(const json_t *value, json_type type)
{
    return value && value->type == type;
}

static struct json_member *find(const json_t *object, const char *key)
{
    for (size_t i = 0; json_is(object, JSON_OBJECT) && i < object->count; i++)
        if (strcmp(object->members[i].key, key) == 0)
            return &object->members[i];
    return NULL;
}

json_t *json_object_get(const json_t *object, const char *key)
{
    const struct json_member *member = find(object, key);

    return member ? member->value : NULL;
}

int json_object_set(json_t *object, const char *key, json_t *value)
{
    struct json_member *member = find(object, key);

    if (member)
        member->value = value;
    else
        append(object, make_text(JSON_STRING, key, strlen(key))->text, value);
    return 0;
}

size_t json_object_size(const json_t *object)
{
    return json_is(object, JSON_OBJECT) ? object->count : 0;
}

size_t json_array_size(const json_t *array)
{
    return json_is(array, JSON_ARRAY) ? array->count : 0;
}

json_t *json_array_get(const json_t *array, size_t i)
{
    return i < json_array_size(array) ? array->members[i].value : NULL;
}

int json_array_append(json_t *array, json_t *value)
{
    append(array, NULL, value);
    return 0;
}

const char *json_string_value(const json_t *value)
{
    return json_is(value, JSON_STRING) ? value->text : NULL;
}

size_t json_string_length(const json_t *value)
{
    return json_is(value, JSON_STRING) ? value->len : 0;
}

json_int_t json_integer_value(const json_t *value)
{
    return json_is(value, JSON_INTEGER) ? value->integer : 0;
}

double json_number_value(const json_t *value)
{
    return json_is_number(value) ? value->real : 0;
}

static int equal_members(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const json_t *other = a->type == JSON_ARRAY
                                  ? json_array_get(b, i)
                                  : json_object_get(b, a->members[i].key);
        if (!json_equal(a->members[i].value, other))
            return 0;
    }
    return a->count == b->count;
}

int json_equal(const json_t *a, const json_t *b)
{
    if (!a || !b || a->type != b->type)
        return 0;
    if (a->type == JSON_OBJECT || a->type == JSON_ARRAY)
        return equal_members(a, b);
    if (a->type == JSON_STRING)
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    return a->type == JSON_REAL ? a->real == b->real : a->integer == b->integer;
}
