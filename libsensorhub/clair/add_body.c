/* Bodies as the endpoint takes them. (managair, ingest/serializers.py and JSON:API 1.0;
 * the flat form is ingestair's.) */
#include "base/error.h"
#include "clair/items.h"
#include "clair/record.h"

static void read_type(shub__json *j, const char *name, const char *other,
                      shub_status status, const char *why)
{
    shub_slice text;

    if (shub__json_string(j, &text) && !shub__json_is(text, name) &&
        !shub__json_is(text, other))
        shub__json_refuse(j, status, why);
}

static void read_attributes(shub__clair_record *r)
{
    shub_slice key;

    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key)) {
        if (shub__json_is(key, "node_id"))
            shub__clair_read_node(r);
        else
            (void)shub__clair_read_member(r, key);
    }
}

static void read_node_data(shub__clair_record *r)
{
    shub_slice key;

    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key)) {
        if (shub__json_is(key, "type"))
            read_type(&r->json, "Node", "node", SHUB_E_CONTENT,
                      "a relationship to something that is no Node");
        else if (shub__json_is(key, "id"))
            shub__clair_read_node(r);
    }
}

static void read_relationships(shub__clair_record *r)
{
    shub_slice key, inner;

    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key)) {
        if (!shub__json_is(key, "node"))
            continue;
        shub__json_enter_object(&r->json);
        while (shub__json_next_key(&r->json, &inner))
            if (shub__json_is(inner, "data"))
                read_node_data(r);
    }
}

static shub_status read_resource(shub_slice item, shub__buf *scratch, void *user,
                                 shub_error *err)
{
    shub__clair_record r;
    shub_slice key;

    shub__clair_record_init(&r, item, scratch);
    shub__json_enter_object(&r.json);
    while (shub__json_next_key(&r.json, &key)) {
        if (shub__json_is(key, "type"))
            read_type(&r.json, "Sample", "sample", SHUB_E_UNEXPECTED,
                      "a resource that is no Sample");
        else if (shub__json_is(key, "attributes"))
            read_attributes(&r);
        else if (shub__json_is(key, "relationships"))
            read_relationships(&r);
    }
    return shub__clair_record_append(&r, user, err);
}

static void read_data(shub__clair_items *items, shub__json *j)
{
    shub_slice item;

    if (shub__json_type_next(j) == SHUB__JSON_ARRAY)
        shub__clair_array(items, j);
    else if (shub__json_raw(j, &item))
        shub__clair_item(items, item);
}

/* A document without "data" is one item that is wrong. */
static void read_document(shub__clair_items *items)
{
    shub__json j;
    shub_slice key;
    int found = 0;

    shub__json_init(&j, items->text, &items->outer);
    shub__json_enter_object(&j);
    while (!items->stopped && shub__json_next_key(&j, &key))
        if (shub__json_is(key, "data")) {
            found = 1;
            read_data(items, &j);
        }
    shub__clair_document_end(items, &j);
    if (!found && items->first == SHUB_OK)
        shub__clair_refused(items, shub__fail(items->err, SHUB_E_CONTENT, 0,
                                              "a document without \"data\""));
}

shub_status shub_clair_add_body(shub_batch *batch, shub_slice text, size_t *refused,
                                shub_error *err)
{
    shub__clair_items items;

    shub__clair_items_init(&items, text, read_resource, batch, err);
    if (!items.stopped)
        read_document(&items);
    return shub__clair_items_end(&items, refused);
}
