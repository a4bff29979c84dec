/* The words of an <Error>, as far as they may be shown. */
#ifndef SHUB_S3_ERROR_TEXT_H
#define SHUB_S3_ERROR_TEXT_H

#include "base/buf.h"

typedef struct shub__s3_error_text {
    shub__buf message;
    shub__buf secrets; /* what must not be shown, each with a NUL behind it */
} shub__s3_error_text;

void shub__s3_error_text_init(shub__s3_error_text *text);
void shub__s3_error_text_fini(shub__s3_error_text *text);
/* Takes an element of the error: its message, or what servers send back of a request. */
void shub__s3_error_text_add(shub__s3_error_text *text, shub_slice name,
                             shub_slice value);
/* SHUB_OK or SHUB_E_NOMEM. */
shub_status shub__s3_error_text_check(const shub__s3_error_text *text, shub_error *err);
/* The message in at most `max` bytes, whole characters, without control characters,
 * credentials, signatures and tokens. Lifetime: until the text is changed. */
shub_slice shub__s3_error_text_show(shub__s3_error_text *text, size_t max);

#endif
