/* InfluxData's corpus of line protocol in $SENSORHUB_VECTORS/influx: which texts are
 * valid, what points they hold, and how points are written. Skipped when the variable is
 * not set; test_sample_influx_read.c and test_sample_influx_write.c restate what it
 * teaches. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/text.h"
#include "sample/influx.h"
#include "support/samples.h"

static json_t *corpus;

/* The string of a JSON string, or of {"binary": base64}. */
static shub_slice text_of(const json_t *value, char **owned)
{
    size_t len = 0;
    *owned = NULL;
    if (json_is_string(value))
        return shub_bytes(json_string_value(value), json_string_length(value));
    const json_t *binary = json_object_get(value, "binary");
    shub_slice base64 = {json_string_value(binary), json_string_length(binary)};
    *owned = malloc(base64.len + 1);
    ck_status(shub__base64_read(base64, *owned, base64.len, &len), SHUB_OK);
    return shub_bytes(*owned, len);
}

static int64_t step_of(const json_t *input)
{
    const char *precision = json_string_value(json_object_get(input, "precision"));
    if (!strcmp(precision, "1ns"))
        return 1;
    if (!strcmp(precision, "1\xc2\xb5s"))
        return 1000;
    return strcmp(precision, "1ms") ? 1000000000 : 1000000;
}

/* ---- points --------------------------------------------------------------------- */

static json_t *json_of(shub_slice text)
{
    json_t *value = json_stringn(text.ptr ? text.ptr : "", text.len);
    ck_assert_msg(value != NULL, "\"%.*s\" is not UTF-8", (int)text.len, text.ptr);
    return value;
}

static json_t *json_of_value(const shub_value *value)
{
    char text[SHUB__INT64_MAX];
    switch (value->kind) {
    case SHUB_KIND_DOUBLE:
        return json_pack("{s:f}", "float", value->as.f64);
    case SHUB_KIND_INT64:
        return json_pack("{s:I}", "int", (json_int_t)value->as.i64);
    case SHUB_KIND_BOOL:
        return json_pack("{s:b}", "bool", (int)value->as.boolean);
    case SHUB_KIND_TEXT:
        return json_pack("{s:o}", "string", json_of(value->as.text));
    default:
        shub__uint64_write((uint64_t)value->as.i64, text);
        return json_pack("{s:s}", "uint", text);
    }
}

static int by_key(const void *a, const void *b)
{
    return strcmp(json_string_value(json_object_get(*(json_t *const *)a, "key")),
                  json_string_value(json_object_get(*(json_t *const *)b, "key")));
}

/* The corpus has tags in order of key. */
static json_t *sorted(json_t *tags)
{
    json_t *rows[SHUB_INFLUX_TAGS_MAX];
    size_t count = json_array_size(tags);
    json_t *result = json_array();
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(tags, i);
    qsort(rows, count, sizeof rows[0], by_key);
    for (size_t i = 0; i < count; i++)
        json_array_append(result, rows[i]);
    json_decref(tags);
    return result;
}

static json_t *read_point(shub__influx *r, shub_slice name, int64_t default_ns,
                          int64_t step)
{
    shub_slice key, text;
    shub_value value;
    int64_t time;
    json_t *tags = json_array();
    json_t *fields = json_array();
    while (shub__influx_next_tag(r, &key, &text))
        json_array_append_new(
            tags, json_pack("{s:o,s:o}", "key", json_of(key), "value", json_of(text)));
    while (shub__influx_next_field(r, &key, &value))
        json_array_append_new(fields, json_pack("{s:o,s:o}", "key", json_of(key), "value",
                                                json_of_value(&value)));
    int64_t ns = default_ns - default_ns % step;
    if (shub__influx_time(r, &time) && !shub__i64_mul(time, step, &ns)) {
        r->status = SHUB_E_RANGE;
        r->why = "time";
    }
    return json_pack("{s:I,s:o,s:o,s:o}", "time", (json_int_t)ns, "name", json_of(name),
                     "tags", sorted(tags), "fields", fields);
}

/* The points of a text, or NULL when any is bad. */
static json_t *read_points(shub_slice text, const json_t *input, const char **why)
{
    int64_t default_ns = json_integer_value(json_object_get(input, "defaultTime"));
    json_t *points = json_array();
    shub_slice name;
    shub__buf scratch;
    shub__influx r;
    *why = NULL;
    shub__buf_init(&scratch, SHUB__INFLUX_POINT_MAX);
    shub__influx_init(&r, text, &scratch);
    while (shub__influx_next_point(&r, &name) && !*why) {
        json_t *point = read_point(&r, name, default_ns, step_of(input));
        json_array_append_new(points, point);
        if (shub__influx_end(&r))
            *why = r.why;
    }
    shub__buf_fini(&scratch);
    if (*why) {
        json_decref(points);
        return NULL;
    }
    return points;
}

/* Numbers as jansson reads those that are whole: 1, not 1.0. */
static int same(const json_t *a, const json_t *b)
{
    const char *key;
    const json_t *item;
    size_t i;
    if (json_is_number(a) && json_is_number(b) && json_typeof(a) != json_typeof(b))
        return json_number_value(a) == json_number_value(b);
    if (json_is_object(a) && json_object_size(a) == json_object_size(b)) {
        json_object_foreach((json_t *)a, key, item)
        {
            if (!json_object_get(b, key) || !same(item, json_object_get(b, key)))
                return 0;
        }
        return json_is_object(b);
    }
    if (json_is_array(a) && json_array_size(a) == json_array_size(b)) {
        json_array_foreach(a, i, item)
        {
            if (!same(item, json_array_get(b, i)))
                return 0;
        }
        return json_is_array(b);
    }
    return json_equal(a, b);
}

START_TEST(texts_are_read_alike)
{
    const char *id;
    json_t *one;
    size_t good = 0, bad = 0;
    json_object_foreach(json_object_get(corpus, "decode"), id, one)
    {
        const json_t *input = json_object_get(one, "input");
        const json_t *wanted = json_object_get(json_object_get(one, "output"), "result");
        const char *why;
        char *owned;
        shub_slice text = text_of(json_object_get(input, "text"), &owned);
        json_t *points = read_points(text, input, &why);
        if (!!wanted != !!points || (wanted && !same(points, wanted)))
            ck_abort_msg("%s: \"%.*s\" gave %.500s, wanted %.500s", id,
                         (int)(text.len < 500 ? text.len : 500), text.ptr,
                         points ? json_dumps(points, JSON_COMPACT) : why,
                         json_dumps(json_object_get(one, "output"), JSON_COMPACT));
        *(wanted ? &good : &bad) += 1;
        json_decref(points);
        free(owned);
    }
    ck_assert_uint_gt(good, 300);
    ck_assert_uint_gt(bad, 6000);
}
END_TEST

/* ---- writing -------------------------------------------------------------------- */

static shub_value value_of(const json_t *field)
{
    const json_t *value = json_object_get(field, "value");
    const json_t *item;
    if ((item = json_object_get(value, "float")))
        return shub_double(json_number_value(item));
    if ((item = json_object_get(value, "int")))
        return shub_int64(json_integer_value(item));
    if ((item = json_object_get(value, "bool")))
        return shub_bool(json_is_true(item));
    if ((item = json_object_get(value, "string")))
        return shub_text(shub_bytes(json_string_value(item), json_string_length(item)));
    const char *digits = json_string_value(json_object_get(value, "uint"));
    shub_value uint = shub_int64((int64_t)strtoull(digits, NULL, 10));
    uint.kind = SHUB__KIND_UINT64;
    return uint;
}

static shub_slice member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return shub_bytes(json_string_value(value), json_string_length(value));
}

/* The end of the line, or NULL: a name that cannot be written. */
static char *write_point(char *dst, const json_t *point)
{
    size_t i;
    const json_t *one;
    if (shub__influx_refuses(member(point, "name"), SHUB__INFLUX_MEASUREMENT))
        return NULL;
    dst = shub__influx_put_name(dst, member(point, "name"), SHUB__INFLUX_MEASUREMENT);
    json_array_foreach(json_object_get(point, "tags"), i, one)
    {
        if (shub__influx_refuses(member(one, "key"), SHUB__INFLUX_KEY) ||
            shub__influx_refuses(member(one, "value"), SHUB__INFLUX_VALUE))
            return NULL;
        *dst++ = ',';
        dst = shub__influx_put_name(dst, member(one, "key"), SHUB__INFLUX_KEY);
        *dst++ = '=';
        dst = shub__influx_put_name(dst, member(one, "value"), SHUB__INFLUX_VALUE);
    }
    json_array_foreach(json_object_get(point, "fields"), i, one)
    {
        shub_value value = value_of(one);
        *dst++ = i ? ',' : ' ';
        dst = shub__influx_put_name(dst, member(one, "key"), SHUB__INFLUX_KEY);
        *dst++ = '=';
        dst = shub__influx_put_value(dst, &value, 1);
    }
    *dst++ = ' ';
    return dst +
           shub__int64_write(json_integer_value(json_object_get(point, "time")), dst);
}

/* 1 when both are the same but for how a double is spelled: "1", "1.0", "1e+00". */
static int same_line(const char *a, const char *b)
{
    char *after_a, *after_b;
    while (*a || *b) {
        if (a[0] != '=' || b[0] != '=' || !strchr("-.0123456789", a[1])) {
            if (*a++ != *b++)
                return 0;
            continue;
        }
        double one = strtod(a + 1, &after_a);
        double other = strtod(b + 1, &after_b);
        if (memcmp(&one, &other, sizeof one) != 0)
            return 0;
        a = after_a;
        b = after_b;
    }
    return 1;
}

START_TEST(points_are_written_alike)
{
    const char *id;
    json_t *one;
    size_t count = 0;
    json_object_foreach(json_object_get(corpus, "encode"), id, one)
    {
        char line[4096];
        const json_t *point = json_object_get(json_object_get(one, "input"), "point");
        const json_t *wanted = json_object_get(json_object_get(one, "output"), "result");
        char *end = write_point(line, point);
        ck_assert_msg(!!wanted == !!end, "%s: %s", id, wanted ? "refused" : "written");
        if (end) {
            *end = '\0';
            ck_assert_msg(same_line(line, json_string_value(wanted)),
                          "%s gave %s, wanted %s", id, line, json_string_value(wanted));
        }
        count++;
    }
    ck_assert_uint_gt(count, 100);
}
END_TEST

/* ---- ChirpStack ----------------------------------------------------------------- */

static json_t *chirpstack;

static void put_members(shub_batch *batch, const char *device, const char *path,
                        const json_t *object)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        char name[200];
        snprintf(name, sizeof name, "%s%s%s", path, *path ? "." : "", key);
        if (json_is_object(value))
            put_members(batch, device, name, value);
        else if (json_is_number(value))
            put(batch, device, name, "", 0, shub_double(json_number_value(value)), 0);
        else if (json_is_boolean(value))
            put(batch, device, name, "", 0, shub_bool(json_is_true(value)), 0);
        else if (json_is_string(value))
            put(batch, device, name, "", 0, shub_text(shub_str(json_string_value(value))),
                0);
    }
}

static void add_tag(shub_influx_options *opts, shub_tag *tags, const char *key,
                    const char *value)
{
    tags[opts->tag_count++] = (shub_tag){shub_str(key), shub_str(value)};
    opts->tags = tags;
}

/* 1 when one of our lines is the same but for its time. */
static int has_line(const char *text, const char *wanted)
{
    for (const char *end; (end = strstr(text, " 0\n")); text = end + 3) {
        char line[1000];
        snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
        if (same_line(line, wanted))
            return 1;
    }
    return 0;
}

static void check_uplink(const json_t *uplink)
{
    shub_influx_options opts = SHUB_INFLUX_OPTIONS_INIT;
    shub_tag tags[16];
    char port[16];
    const char *key;
    const json_t *value;
    shub_slice text;
    shub_batch *batch = new_batch();
    put_members(batch, json_string_value(json_object_get(uplink, "dev_eui")), "",
                json_object_get(uplink, "object"));
    snprintf(port, sizeof port, "%d",
             (int)json_integer_value(json_object_get(uplink, "f_port")));
    opts.naming = SHUB_INFLUX_CHIRPSTACK;
    add_tag(&opts, tags, "f_port", port);
    add_tag(&opts, tags, "application_name",
            json_string_value(json_object_get(uplink, "application_name")));
    add_tag(&opts, tags, "device_name",
            json_string_value(json_object_get(uplink, "device_name")));
    json_object_foreach(json_object_get(uplink, "tags"), key, value)
    {
        add_tag(&opts, tags, key, json_string_value(value));
    }
    ck_status(shub_batch_to_influx(batch, &opts, &text, NULL), SHUB_OK);
    char *wanted = strdup(json_string_value(json_object_get(uplink, "expected_body")));
    size_t lines = 0, ours = 0;
    for (char *line = strtok(wanted, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strncmp(line, "device_uplink", 13))
            continue;
        ck_assert_msg(has_line(text.ptr, line), "no %s in\n%s", line, text.ptr);
        lines++;
    }
    for (size_t i = 0; i < text.len; i++)
        ours += text.ptr[i] == '\n';
    ck_assert_uint_eq(lines, ours);
    free(wanted);
    shub_batch_free(batch);
}

START_TEST(rows_are_chirpstacks)
{
    size_t i;
    const json_t *uplink;
    json_array_foreach(json_object_get(chirpstack, "uplink"), i, uplink)
    {
        check_uplink(uplink);
    }
    ck_assert_uint_gt(i, 5);
}
END_TEST

/* ---- the file ------------------------------------------------------------------- */

/* jansson has no integers beyond 2^63: those of "uint" become strings. */
static void quote_uints(const char *text, shub__buf *buf)
{
    static const char key[] = "\"uint\": ";
    for (const char *at; (at = strstr(text, key)); text = at) {
        at += sizeof key - 1;
        shub__buf_add(buf, text, (size_t)(at - text));
        shub__buf_byte(buf, '"');
        shub__buf_add(buf, at, strspn(at, "0123456789"));
        shub__buf_byte(buf, '"');
        at += strspn(at, "0123456789");
    }
    shub__buf_text(buf, text);
}

static json_t *load(const char *path)
{
    shub__buf raw, text;
    json_t *result = NULL;
    FILE *file = fopen(path, "rb");
    char *room;
    shub__buf_init(&raw, 1 << 24);
    shub__buf_init(&text, 1 << 24);
    while (file && (room = shub__buf_room(&raw, 65536))) {
        size_t got = fread(room, 1, 65536, file);
        shub__buf_added(&raw, got);
        if (!got)
            break;
    }
    if (file) {
        quote_uints(raw.ptr, &text);
        result = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
        fclose(file);
    }
    shub__buf_fini(&raw);
    shub__buf_fini(&text);
    return result;
}

int main(void)
{
    char path[4096];
    const char *folder = getenv("SENSORHUB_VECTORS");
    if (!folder) {
        puts("SENSORHUB_VECTORS is not set");
        return 77;
    }
    snprintf(path, sizeof path, "%s/influx/line-protocol-corpus.json", folder);
    corpus = load(path);
    snprintf(path, sizeof path, "%s/chirpstack/influx_expected.json", folder);
    chirpstack = load(path);
    if (!corpus || !chirpstack) {
        printf("a file below %s cannot be read\n", folder);
        return EXIT_FAILURE;
    }
    Suite *suite = suite_create("sample_influx_corpus");
    TCase *tcase = tcase_create("corpus");
    tcase_add_test(tcase, texts_are_read_alike);
    tcase_add_test(tcase, points_are_written_alike);
    tcase_add_test(tcase, rows_are_chirpstacks);
    suite_add_tcase(suite, tcase);
    int code = suite_run(suite);
    json_decref(corpus);
    json_decref(chirpstack);
    return code;
}
