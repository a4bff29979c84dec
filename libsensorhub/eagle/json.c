#include "base/json.h"

#include "base/error.h"
#include "eagle/build.h"

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

/* Where in the body a place of the document is. */
static int64_t origin(const shub__eagle_source *source, int bare, size_t pos)
{
    return shub__eagle_source_pos(source, source->start + pos - (size_t)bare);
}

/* `bare`: braces were put around the text. One that breaks off fails at the closing
 * one. */
static shub_status stopped(reader *r, const shub__eagle_source *source, int bare,
                           shub_error *err)
{
    const shub__json *j = &r->json;
    int at_brace = bare && j->status == SHUB_E_FORMAT && j->pos + 1 == j->len;

    if (r->builder.status == SHUB_E_LIMIT && err)
        err->pos = origin(source, bare, j->pos);
    if (r->builder.status)
        return r->builder.status;
    if (j->status == SHUB_E_NOMEM)
        return shub__fail_nomem(err);
    if (bare && (j->status == SHUB_E_TRUNCATED || at_brace))
        return shub__fail(err, SHUB_E_TRUNCATED, (int64_t)source->body.len,
                          "JSON ends within a value"); /* our brace closed the last one */
    if (j->status == SHUB_E_TRUNCATED)
        return shub__eagle_broken_off(&r->builder, source, "JSON ends within a value");
    return shub__fail(err, j->status, origin(source, bare, j->pos), "JSON: %s", j->why);
}

static shub_status read_document(shub_eagle_reply *reply,
                                 const shub__eagle_source *source, shub_slice document,
                                 int bare, shub_error *err)
{
    shub__buf scratch;
    shub_status status;
    reader r;

    shub__eagle_build_init(&r.builder, reply, 1, err);
    shub__buf_init(&scratch, document.len);
    shub__json_init(&r.json, document, &scratch);
    read_members(&r);
    if (r.builder.status || shub__json_finish(&r.json, NULL))
        status = stopped(&r, source, bare, err);
    else
        status = shub__eagle_build_finish(&r.builder);
    shub__buf_fini(&scratch);
    return status;
}

/* Some answers of an EAGLE-100 come without the outer braces (get_history_data,
 * get_schedule, list_network). */
shub_status shub__eagle_read_json(shub_eagle_reply *reply,
                                  const shub__eagle_source *source, shub_error *err)
{
    shub_slice text =
        shub_bytes(source->text.ptr + source->start, source->text.len - source->start);
    shub__buf braced;
    shub_status status;

    if (*text.ptr == '{')
        return read_document(reply, source, text, 0, err);
    shub__buf_init(&braced, text.len + 2);
    shub__buf_byte(&braced, '{');
    shub__buf_slice(&braced, text);
    shub__buf_byte(&braced, '}');
    status = shub__buf_check(&braced, "JSON document", err);
    if (!status)
        status = read_document(reply, source, shub__buf_view(&braced), 1, err);
    shub__buf_fini(&braced);
    return status;
}
