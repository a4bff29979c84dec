/* The tolerant front of the XML reader: from what gateways send to a document that expat
 * takes. It puts a root around the fragments, spells end tags as their start tags, and
 * escapes a `&` that begins no reference. It refuses HTML, declarations, and processing
 * instructions behind the prolog; what else is wrong it leaves to expat. */
#ifndef SHUB_EAGLE_FRONT_H
#define SHUB_EAGLE_FRONT_H

#include "eagle/source.h"

/* What the front puts before the body. */
#define SHUB__EAGLE_FRONT_ROOT "<r>"

/* Bytes of the longest document: a byte of the body becomes 5 at most, "&amp;", and there
 * is a root around it. */
#define SHUB__EAGLE_FRONT_MAX (5 * SHUB_EAGLE_BODY_MAX + 7)

typedef struct shub__eagle_front {
    const shub__eagle_source *source;
    size_t content; /* where in the text the fragments begin, behind the prolog */
    int truncated;  /* the body ends within a tag or an element */
} shub__eagle_front;

/* Writes the document; without `</r>` when the body is truncated, so that expat is
 * content with what is whole. Errors: SHUB_E_FORMAT, SHUB_E_UNEXPECTED (HTML),
 * SHUB_E_LIMIT (depth), with pos; SHUB_E_NOMEM. */
shub_status shub__eagle_front_run(shub__eagle_front *front, shub__buf *document,
                                  shub_error *err);

/* Where in the body the byte at `pos` of the document comes from. */
int64_t shub__eagle_front_origin(const shub__eagle_front *front, shub_slice document,
                                 size_t pos);

#endif
