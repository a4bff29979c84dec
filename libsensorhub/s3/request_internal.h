/* What the files of a request share. */
#ifndef SHUB_S3_REQUEST_INTERNAL_H
#define SHUB_S3_REQUEST_INTERNAL_H

#include "s3/request.h"

/* SHUB_OK, or SHUB_E_INVALID as shub__s3_request_init says of keys. */
shub_status shub__s3_check_key(shub_slice key, shub_error *err);
/* shub__s3_add_header with a name that lies in the arena. */
shub_status shub__s3_add_pair(shub__s3_request *req, shub_s3_pair pair, shub_error *err);
/* Adds an ETag between quotation marks, which it may have already. */
shub_status shub__s3_add_etag(shub__s3_request *req, const char *name, shub_slice etag,
                              shub_error *err);

#endif
