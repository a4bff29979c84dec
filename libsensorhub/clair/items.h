/* The items of a document, each read for itself: what is right is kept, and of what is
 * not the first is told, with its place in the whole. */
#ifndef SHUB_CLAIR_ITEMS_H
#define SHUB_CLAIR_ITEMS_H

#include <sensorhub/clair.h>

#include "base/json.h"

/* Reads one item; err->pos is in `item`. `scratch` is for its strings. */
typedef shub_status shub__clair_read_fn(shub_slice item, shub__buf *scratch, void *user,
                                        shub_error *err);

typedef struct shub__clair_items {
    shub_slice text;
    shub__clair_read_fn *read;
    void *user;
    shub__buf outer, scratch;
    size_t count;   /* items so far */
    size_t refused; /* of them */
    shub_status first;
    shub_error *err;
    int stopped; /* no memory */
} shub__clair_items;

/* Errors: SHUB_E_LIMIT (SHUB_CLAIR_TEXT_MAX), after which nothing is read. */
void shub__clair_items_init(shub__clair_items *items, shub_slice text,
                            shub__clair_read_fn *read, void *user, shub_error *err);
/* Reads an item, which stands in the text. */
void shub__clair_item(shub__clair_items *items, shub_slice item);
/* Notes an item that is wrong for another reason, told in items->err unless that is told
 * already. */
void shub__clair_refused(shub__clair_items *items, shub_status status);
/* Reads the items of the array that is due. */
void shub__clair_array(shub__clair_items *items, shub__json *j);
/* Ends the outer document; what is wrong with it counts as an item. */
void shub__clair_document_end(shub__clair_items *items, shub__json *j);
/* Reads a text that is one array. */
void shub__clair_array_document(shub__clair_items *items);
/* Frees, and returns the status of the first; `refused` is nullable. */
shub_status shub__clair_items_end(shub__clair_items *items, size_t *refused);

#endif
