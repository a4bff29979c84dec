#include "base/json.h"

#include "base/error.h"
#include "base/text.h"
#include "eagle/build.h"
#include "eagle/front.h"

typedef struct reader {
    shub__json json;
    shub__eagle_builder builder;
} reader;

static void read_value(reader *r, shub_slice name);

static void read_text(reader *r, shub_slice name)
{
    shub_slice text = {NULL, 0};
    int truth;

    switch (shub__json_type_next(&r->json)) {
    case SHUB__JSON_STRING:
        shub__json_string(&r->json, &text);
        break;
    case SHUB__JSON_NUMBER:
        shub__json_number(&r->json, &text);
        break;
    case SHUB__JSON_BOOL:
        shub__json_bool(&r->json, &truth);
        text = truth ? SHUB_LIT("true") : SHUB_LIT("false");
        break;
    default:
        shub__json_skip(&r->json);
    }
    if (r->json.status)
        return;
    shub__eagle_open(&r->builder, name);
    shub__eagle_text(&r->builder, text);
    shub__eagle_close(&r->builder);
}

static void read_members(reader *r)
{
    shub_slice key;

    shub__json_enter_object(&r->json);
    while (!r->builder.status && shub__json_next_key(&r->json, &key))
        read_value(r, key);
}

/* A member is an element of its key's name; the items of an array are elements of the
 * array's name. As deep as the scanner goes, SHUB__JSON_MAX_DEPTH. */
static void read_value(reader *r, shub_slice name)
{
    switch (shub__json_type_next(&r->json)) {
    case SHUB__JSON_OBJECT:
        shub__eagle_open(&r->builder, name);
        read_members(r);
        if (!r->json.status)
            shub__eagle_close(&r->builder);
        break;
    case SHUB__JSON_ARRAY:
        shub__json_enter_array(&r->json);
        while (!r->builder.status && shub__json_next_item(&r->json))
            read_value(r, name);
        break;
    default:
        read_text(r, name);
    }
}

/* The text as UTF-8, and in braces: some answers of an EAGLE-100 come without the outer
 * ones (get_history_data, get_schedule, list_network). */
static void repair(shub__buf *out, shub_slice text, int bare)
{
    if (bare)
        shub__buf_byte(out, '{');
    shub__eagle_add_utf8(out, text);
    if (bare)
        shub__buf_byte(out, '}');
}

/* The document that the scanner reads, and the body that it was made from. */
typedef struct source {
    shub_slice body;
    size_t start;
    int bare; /* it had no braces */
    shub_slice document;
} source;

static int64_t origin(const source *from, size_t pos)
{
    return (int64_t)shub__eagle_origin(from->body, from->start, from->document,
                                       (size_t)from->bare, pos);
}

static shub_status stopped(const reader *r, const source *from, shub_error *err)
{
    const shub__json *j = &r->json;

    if (r->builder.status == SHUB_E_LIMIT && err)
        err->pos = origin(from, j->pos);
    if (r->builder.status)
        return r->builder.status;
    if (j->status == SHUB_E_NOMEM)
        return shub__fail_nomem(err);
    /* A body without braces that breaks off fails at the brace that was put behind it. */
    if (j->status == SHUB_E_TRUNCATED ||
        (from->bare && j->status == SHUB_E_FORMAT && j->pos + 1 == from->document.len))
        return shub__fail(err, SHUB_E_TRUNCATED, (int64_t)from->body.len,
                          "JSON ends within a value");
    return shub__fail(err, j->status, origin(from, j->pos), "JSON: %s", j->why);
}

static shub_status read_document(shub_eagle_reply *reply, const source *from,
                                 shub_error *err)
{
    shub__buf scratch;
    shub_status status;
    reader r;

    shub__eagle_build_init(&r.builder, reply, err);
    shub__buf_init(&scratch, from->document.len);
    shub__json_init(&r.json, from->document, &scratch);
    read_members(&r);
    if (r.builder.status || shub__json_finish(&r.json, NULL))
        status = stopped(&r, from, err);
    else
        status = shub__eagle_build_finish(&r.builder);
    shub__buf_fini(&scratch);
    return status;
}

shub_status shub__eagle_read_json(shub_eagle_reply *reply, shub_slice body, size_t start,
                                  shub_error *err)
{
    source from = {body, start, body.ptr[start] == '"',
                   shub_bytes(body.ptr + start, body.len - start)};
    shub__buf repaired;
    shub_status status;

    shub__buf_init(&repaired, 3 * SHUB_EAGLE_BODY_MAX + 2);
    if (from.bare || shub__utf8_valid(from.document) < from.document.len) {
        repair(&repaired, from.document, from.bare);
        from.document = shub__buf_view(&repaired);
    }
    status = shub__buf_check(&repaired, "JSON document", err);
    if (!status)
        status = read_document(reply, &from, err);
    shub__buf_fini(&repaired);
    return status;
}
