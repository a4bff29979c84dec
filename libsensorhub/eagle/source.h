/* A body as UTF-8, and the way back: errors tell their place in what the caller gave. */
#ifndef SHUB_EAGLE_SOURCE_H
#define SHUB_EAGLE_SOURCE_H

#include <sensorhub/eagle.h>

#include "base/buf.h"

typedef struct shub__eagle_source {
    shub_slice body; /* as the caller gave it */
    shub_slice text; /* the same as UTF-8 */
    size_t start;    /* of its first character, behind byte order mark and white space */
} shub__eagle_source;

/* Appends text whose bytes that are not UTF-8 are characters of code page 1252, as those
 * of the vendor are (EAGLE REST API 1.0 p.5). */
void shub__eagle_add_utf8(shub__buf *out, shub_slice text);

/* Where in a text the byte at `pos` of the document made from it comes from; the text's
 * byte `from` became the document's byte `to`. Walks both from there: errors are rare,
 * and a table of shifts would have to be kept for every body. */
size_t shub__eagle_origin(shub_slice text, size_t from, shub_slice document, size_t to,
                          size_t pos);

/* Place in the body of a place in its text. */
int64_t shub__eagle_source_pos(const shub__eagle_source *source, size_t pos);

#endif
