/* Percent-encoding as Signature Version 4 wants it: every byte but A-Z a-z 0-9 - . _ ~
 * becomes %XX, upper case (Amazon S3 API Reference, "Signature Calculations"). */
#ifndef SHUB_S3_URI_H
#define SHUB_S3_URI_H

#include "base/buf.h"

/* Appends `text` encoded; with `slash` a '/' stays. */
void shub__uri_encode(shub__buf *out, shub_slice text, int slash);
/* Appends `text` decoded: %XX and, with `plus`, '+' as space. Errors: SHUB_E_FORMAT (a
 * '%' without two digits; nothing is appended). That there was room, shub__buf_check
 * says. */
shub_status shub__uri_decode(shub__buf *out, shub_slice text, int plus);
/* Order of two texts as it is once both are encoded, byte by byte: below, at or above
 * 0. */
int shub__uri_compare(shub_slice a, shub_slice b);

#endif
