/* Percent-encoding as Signature Version 4 wants it: every byte but A-Z a-z 0-9 - . _ ~
 * becomes %XX, upper case (Amazon S3 API Reference, "Signature Calculations"). */
#ifndef SHUB_S3_URI_H
#define SHUB_S3_URI_H

#include "base/buf.h"

/* Appends `text` encoded; with `slash` a '/' stays. */
void shub__uri_encode(shub__buf *out, shub_slice text, int slash);
/* Appends `text` decoded: %XX and, with `plus`, '+' as space. Errors: SHUB_E_FORMAT (a
 * '%' without two digits). */
shub_status shub__uri_decode(shub__buf *out, shub_slice text, int plus);

#endif
