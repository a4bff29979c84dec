#include "clair/items.h"

#include "base/error.h"

#include <string.h>

void shub__clair_items_init(shub__clair_items *items, shub_slice text,
                            shub__clair_read_fn *read, void *user, shub_error *err)
{
    memset(items, 0, sizeof *items);
    items->text = text;
    items->read = read;
    items->user = user;
    items->err = err;
    shub__buf_init(&items->outer, SHUB_CLAIR_TEXT_MAX);
    shub__buf_init(&items->scratch, SHUB_CLAIR_TEXT_MAX);
    if (text.len <= SHUB_CLAIR_TEXT_MAX)
        return;
    items->text = shub_bytes(NULL, 0);
    items->stopped = 1;
    shub__clair_refused(items, shub__fail(err, SHUB_E_LIMIT, SHUB_NONE,
                                          "a document of %zu bytes, at most %zu",
                                          text.len, SHUB_CLAIR_TEXT_MAX));
}

void shub__clair_refused(shub__clair_items *items, shub_status status)
{
    if (items->first == SHUB_OK || status == SHUB_E_NOMEM)
        items->first = shub__fail_at(items->err, status, (int64_t)items->count);
    if (status == SHUB_E_NOMEM)
        items->stopped = 1;
    items->count++;
    items->refused++;
}

void shub__clair_item(shub__clair_items *items, shub_slice item)
{
    shub_error *told = items->first == SHUB_OK ? items->err : NULL;
    shub_status status;

    if (items->stopped)
        return;
    shub__buf_clear(&items->scratch);
    status = items->read(item, &items->scratch, items->user, told);
    if (status == SHUB_OK) {
        items->count++;
        return;
    }
    if (told && told->pos != SHUB_NONE)
        told->pos += item.ptr - items->text.ptr;
    if (status == SHUB_E_NOMEM)
        status = shub__fail_nomem(items->err);
    shub__clair_refused(items, status);
}

void shub__clair_array(shub__clair_items *items, shub__json *j)
{
    shub_slice item;

    shub__json_enter_array(j);
    while (!items->stopped && shub__json_next_item(j))
        if (shub__json_raw(j, &item))
            shub__clair_item(items, item);
}

void shub__clair_document_end(shub__clair_items *items, shub__json *j)
{
    shub_status status;

    if (items->stopped)
        return;
    status = shub__json_finish(j, items->first == SHUB_OK ? items->err : NULL);
    if (status == SHUB_E_NOMEM)
        status = shub__fail_nomem(items->err);
    if (status != SHUB_OK)
        shub__clair_refused(items, status);
}

void shub__clair_array_document(shub__clair_items *items)
{
    shub__json j;

    shub__json_init(&j, items->text, &items->outer);
    shub__clair_array(items, &j);
    shub__clair_document_end(items, &j);
}

shub_status shub__clair_items_end(shub__clair_items *items, size_t *refused)
{
    shub__buf_fini(&items->outer);
    shub__buf_fini(&items->scratch);
    if (refused)
        *refused = items->refused;
    return items->first;
}
