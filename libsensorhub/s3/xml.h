/* XML of S3's answers, by expat: elements by their path, no tree. */
#ifndef SHUB_S3_XML_H
#define SHUB_S3_XML_H

#include <sensorhub/base.h>

#define SHUB__S3_XML_DEPTH 16

/* Called where an element ends, with its path from the root ("ListPartsResult/Part/ETag",
 * namespaces and their prefixes taken out) and its own text. Another status than SHUB_OK
 * ends the reading with it. */
typedef shub_status shub__s3_xml_fn(shub_slice path, shub_slice text, void *user,
                                    shub_error *err);

/* Reads a whole document; white space may stand before its prolog, where servers send it
 * to keep the connection alive. There is no document type and so no entity but XML's own.
 * Errors: SHUB_E_EMPTY (nothing but white space), SHUB_E_TRUNCATED, SHUB_E_FORMAT with
 * pos (malformed, a document type), SHUB_E_LIMIT (SHUB__S3_BODY_MAX, depth),
 * SHUB_E_NOMEM, and those of `fn`. */
shub_status shub__s3_xml_read(shub_slice body, shub__s3_xml_fn *fn, void *user,
                              shub_error *err);

/* The path behind `prefix`, or the empty slice. Lifetime: borrowed. */
shub_slice shub__s3_xml_below(shub_slice path, const char *prefix);

#endif
