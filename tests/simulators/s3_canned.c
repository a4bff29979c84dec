/* Canned replies: {"status": N, "headers": {..}, "body": ["line", ..], "delay": S}. */
#include "s3_sim.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const char *s3_canned_check(const char *path)
{
    json_t *root = json_load_file(path, 0, NULL);
    bool good = json_is_integer(json_object_get(root, "status"));
    json_decref(root);
    return good ? NULL : "the file is no canned reply";
}

/* "<request-range>" in a header stands for the range that was asked for. */
static void add_header(struct s3_exchange *x, const char *name, const char *value)
{
    static const char mark[] = "<request-range>";
    const char *range = s3_header(x, "range");
    const char *found = strstr(value, mark);
    if (!found) {
        s3_reply_header(x, name, value);
        return;
    }
    const char *asked = range && s3_has_prefix(range, "bytes=") ? range + 6 : "0-0";
    char *filled = s3_print("%.*sbytes %s%s", (int)(found - value), value, asked,
                            found + sizeof mark - 1);
    s3_reply_header(x, name, filled);
    free(filled);
}

/* "<data-to-send>" stands for the object, or the part of it that was asked for. */
static void write_data(FILE *out, const struct s3_exchange *x)
{
    const struct s3_bucket *bucket = s3_store_bucket(&x->sim->store, x->bucket_name);
    const struct s3_blob *object = bucket ? s3_bucket_get(bucket, x->key) : NULL;
    const char *range = s3_header(x, "range");
    size_t first = 0;
    size_t size = object ? object->size : 0;
    if (object && range)
        s3_parse_range(range, object->size, &first, &size);
    if (object)
        fwrite(object->data + first, 1, size, out);
}

static void write_lines(struct s3_exchange *x, const json_t *lines)
{
    size_t index;
    json_t *line;
    FILE *out = open_memstream(&x->answer.body, &x->answer.size);
    if (!out)
        abort();
    json_array_foreach(lines, index, line)
    {
        const char *text = json_string_value(line);
        if (index > 0)
            putc('\n', out);
        if (text && strcmp(text, "<data-to-send>") == 0)
            write_data(out, x);
        else
            fputs(text ? text : "", out);
    }
    if (fclose(out) != 0)
        abort();
}

/* Content-Length of the file is for HEAD alone; the library makes the other ones. */
static void add_headers(struct s3_exchange *x, json_t *headers)
{
    const char *name;
    json_t *value;
    long long length;
    json_object_foreach(headers, name, value)
    {
        const char *text = json_string_value(value);
        if (!text)
            continue;
        if (!s3_same_word(name, "content-length"))
            add_header(x, name, text);
        else if (s3_parse_number(text, 0, INT64_MAX, &length))
            x->answer.declared = (size_t)length;
    }
}

void s3_canned_reply(struct s3_exchange *x, const char *path)
{
    json_t *root = json_load_file(path, 0, NULL);
    if (!root) {
        s3_fail(x, "InternalError", NULL);
        return;
    }
    const json_t *delay = json_object_get(root, "delay");
    s3_pairs_free(&x->answer.headers);
    free(x->answer.body);
    x->answer.body = NULL;
    x->answer.size = 0;
    x->answer.status = (unsigned)json_integer_value(json_object_get(root, "status"));
    add_headers(x, json_object_get(root, "headers"));
    write_lines(x, json_object_get(root, "body"));
    if (json_number_value(delay) > 0) {
        x->answer.delivery = S3_LATE;
        x->answer.delay_ms = (long long)(json_number_value(delay) * 1000);
    }
    json_decref(root);
}
