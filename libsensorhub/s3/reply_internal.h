/* What the files of a reply share. */
#ifndef SHUB_S3_REPLY_INTERNAL_H
#define SHUB_S3_REPLY_INTERNAL_H

#include "s3/reply.h"
#include "s3/xml.h"

/* Without white space and a pair of quotation marks around it. Lifetime: borrowed. */
shub_slice shub__s3_unquote(shub_slice text);
/* Copies a text into the arena; an empty one stays absent. Errors: SHUB_E_NOMEM. */
shub_status shub__s3_keep(shub__arena *arena, shub_slice text, shub_slice *out,
                          shub_error *err);
/* A count of bytes, SHUB_NONE when the text is none. */
int64_t shub__s3_number(shub_slice text);
/* Reads a body as XML; one that is malformed is no answer of S3's: SHUB_E_HTTP. Errors:
 * as shub__s3_read_create. */
shub_status shub__s3_read_body(shub_slice body, shub__s3_xml_fn *fn, void *user,
                               shub_error *err);

#endif
