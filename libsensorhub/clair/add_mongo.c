/* Exports of the MongoDB that samples were kept in first. (clair-stack, tools/
 * sampledump2fixture.py; MongoDB Extended JSON v1 and v2.) */
#include "base/error.h"
#include "base/mem.h"
#include "base/reader.h"
#include "base/text.h"
#include "clair/items.h"
#include "clair/record.h"

#include <stdlib.h>
#include <string.h>

typedef struct renamed {
    unsigned char older[SHUB__NODE_LEN];
    unsigned char node[SHUB__NODE_LEN];
} renamed;

typedef struct mongo {
    shub_batch *batch;
    renamed *nodes; /* in order of `older` */
    size_t count;
} mongo;

/* ---- ids ----------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SHUB__NODE_LEN); /* `older` stands first */
}

static shub_status take_devices(mongo *m, const shub_clair_device *devices, size_t count,
                                shub_error *err)
{
    if (count > SHUB_CLAIR_MAX_DEVICES)
        return shub__fail(err, SHUB_E_LIMIT, SHUB_NONE, "%zu devices, at most %d", count,
                          SHUB_CLAIR_MAX_DEVICES);
    if (!count)
        return SHUB_OK;
    m->nodes = shub__reallocarray(NULL, count, sizeof *m->nodes);
    if (!m->nodes)
        return shub__fail_nomem(err);
    for (size_t i = 0; i < count; i++) {
        shub_status status = shub__node_of(devices[i].protocol, devices[i].dev_eui,
                                           m->nodes[i].node, m->nodes[i].older, err);
        if (status != SHUB_OK)
            return shub__fail_at(err, status, (int64_t)i);
    }
    qsort(m->nodes, count, sizeof *m->nodes, compare);
    m->count = count;
    return SHUB_OK;
}

static void take_node(const mongo *m, shub__clair_record *r,
                      const unsigned char node[SHUB__NODE_LEN])
{
    const renamed *found =
        m->count ? bsearch(node, m->nodes, m->count, sizeof *m->nodes, compare) : NULL;

    shub__clair_take_node(r, found ? found->node : node);
}

static void read_base64(const mongo *m, shub__clair_record *r)
{
    unsigned char node[SHUB__NODE_LEN];
    shub_slice text;
    size_t len;

    if (!shub__json_string(&r->json, &text))
        return;
    if (shub__base64_read(text, node, sizeof node, &len) || len != sizeof node)
        shub__json_refuse(&r->json, SHUB_E_CONTENT, "a node that is no UUID");
    else
        take_node(m, r, node);
}

static void read_uuid(const mongo *m, shub__clair_record *r)
{
    unsigned char node[SHUB__NODE_LEN];

    shub__clair_read_node(r);
    if (r->json.status != SHUB_OK)
        return;
    memcpy(node, r->node, sizeof node);
    take_node(m, r, node);
}

/* v1: {"$binary":"…","$type":"03"}, v2: {"$binary":{"base64":"…","subType":"03"}}. */
static void read_binary(const mongo *m, shub__clair_record *r)
{
    shub_slice key;

    if (shub__json_type_next(&r->json) == SHUB__JSON_STRING) {
        read_base64(m, r);
        return;
    }
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key))
        if (shub__json_is(key, "base64"))
            read_base64(m, r);
}

static void read_node(const mongo *m, shub__clair_record *r)
{
    shub_slice key;

    if (shub__json_type_next(&r->json) == SHUB__JSON_STRING) {
        read_uuid(m, r);
        return;
    }
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key)) {
        if (shub__json_is(key, "$binary"))
            read_binary(m, r);
        else if (shub__json_is(key, "$uuid"))
            read_uuid(m, r);
    }
}

/* ---- documents ----------------------------------------------------------------- */

static shub_status read_item(shub_slice item, shub__buf *scratch, void *user,
                             shub_error *err)
{
    const mongo *m = user;
    shub__clair_record r;
    shub_slice key;

    shub__clair_record_init(&r, item, scratch);
    r.extended = 1;
    shub__json_enter_object(&r.json);
    while (shub__json_next_key(&r.json, &key)) {
        if (shub__json_is(key, "node_ref"))
            read_node(m, &r);
        else
            (void)shub__clair_read_member(&r, key);
    }
    return shub__clair_record_append(&r, m->batch, err);
}

static void read_lines(shub__clair_items *items)
{
    shub__reader r;
    shub_slice line;

    shub__reader_init(&r, items->text.ptr, items->text.len);
    while (!items->stopped && shub__read_line(&r, &line))
        if (shub__trim(line).len)
            shub__clair_item(items, line);
}

static int is_array(shub_slice text)
{
    shub_slice rest = shub__trim(text);

    return rest.len && rest.ptr[0] == '[';
}

shub_status shub_clair_add_mongo(shub_batch *batch, shub_slice text,
                                 const shub_clair_device *devices, size_t count,
                                 size_t *refused, shub_error *err)
{
    mongo m = {.batch = batch};
    shub__clair_items items;
    shub_status status = take_devices(&m, devices, count, err);

    if (refused)
        *refused = 0;
    if (status == SHUB_OK) {
        shub__clair_items_init(&items, text, read_item, &m, err);
        if (!items.stopped && is_array(text))
            shub__clair_array_document(&items);
        else if (!items.stopped)
            read_lines(&items);
        status = shub__clair_items_end(&items, refused);
    }
    shub__free(m.nodes);
    return status;
}
