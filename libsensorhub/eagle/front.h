/* The tolerant front of the XML reader: from what gateways send to a document that expat
 * takes. It puts a root around the fragments, spells end tags as their start tags,
 * escapes a `&` that begins no reference, and turns bytes that are not UTF-8 into the
 * code page 1252 characters that they are (EAGLE REST API 1.0 p.5). It refuses
 * declarations and processing instructions behind the prolog; what else is wrong it
 * leaves to expat. */
#ifndef SHUB_EAGLE_FRONT_H
#define SHUB_EAGLE_FRONT_H

#include <sensorhub/eagle.h>

#include "base/buf.h"

/* What the front puts before the body. */
#define SHUB__EAGLE_FRONT_ROOT "<r>"

/* Bytes of the longest document: a byte of the body becomes 5 at most, "&amp;", and there
 * is a root around it. */
#define SHUB__EAGLE_FRONT_MAX (5 * SHUB_EAGLE_BODY_MAX + 7)

typedef struct shub__eagle_front {
    shub_slice body;
    size_t start;   /* where the first character stands */
    size_t content; /* where the fragments begin, behind the prolog */
    int truncated;  /* the body ends within a tag or an element */
} shub__eagle_front;

/* Writes the document; without `</r>` when the body is truncated, so that expat is
 * content with what is whole. Errors: SHUB_E_FORMAT, SHUB_E_UNEXPECTED (HTML),
 * SHUB_E_LIMIT (depth), with pos; SHUB_E_NOMEM. */
shub_status shub__eagle_front_run(shub__eagle_front *front, shub__buf *out,
                                  shub_error *err);

/* Where in a body the byte at `pos` of the document made from it comes from; the body's
 * byte `from` became the document's byte `to`. Walks both from there: errors are rare,
 * and a table of shifts would have to be kept for every body. */
size_t shub__eagle_origin(shub_slice body, size_t from, shub_slice document, size_t to,
                          size_t pos);

/* Appends text as UTF-8, bytes that are not UTF-8 as characters of code page 1252. */
void shub__eagle_add_utf8(shub__buf *out, shub_slice text);

#endif
