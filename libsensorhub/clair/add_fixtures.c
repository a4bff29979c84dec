/* Fixtures of Django, as dumpdata and clair-ttn write them. (managair, core/fixtures/
 * data-fixtures.json.) */
#include "clair/fixture.h"
#include "clair/items.h"

/* What the fields of other models are called is not ours to judge: they are read once the
 * model is known. */
static void read_fields(shub__clair_record *r)
{
    shub_slice key;

    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key)) {
        if (shub__json_is(key, "node"))
            shub__clair_read_node(r);
        else
            (void)shub__clair_read_member(r, key);
    }
}

/* A first look for the model, which may stand behind the fields. */
static int is_sample(const shub__clair_record *r)
{
    shub__json ahead = r->json;
    shub_slice key, model = {NULL, 0};

    shub__json_enter_object(&ahead);
    while (shub__json_next_key(&ahead, &key))
        if (shub__json_is(key, "model"))
            shub__json_string(&ahead, &model);
    return ahead.status != SHUB_OK || shub__json_is(model, "core.sample");
}

int shub__clair_read_fixture(shub__clair_record *r)
{
    shub_slice key;

    if (!is_sample(r))
        return 0;
    shub__buf_clear(r->json.scratch);
    shub__json_enter_object(&r->json);
    while (shub__json_next_key(&r->json, &key))
        if (shub__json_is(key, "fields"))
            read_fields(r);
    return 1;
}

static shub_status read_item(shub_slice item, shub__buf *scratch, void *user,
                             shub_error *err)
{
    shub__clair_record r;

    shub__clair_record_init(&r, item, scratch);
    if (!shub__clair_read_fixture(&r))
        return SHUB_OK;
    return shub__clair_record_append(&r, user, err);
}

shub_status shub_clair_add_fixtures(shub_batch *batch, shub_slice text, size_t *refused,
                                    shub_error *err)
{
    shub__clair_items items;

    shub__clair_items_init(&items, text, read_item, batch, err);
    if (!items.stopped)
        shub__clair_array_document(&items);
    return shub__clair_items_end(&items, refused);
}
