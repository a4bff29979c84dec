/* The short way to read XML: what gateways answer with is nearly always elements and text
 * in ASCII, without attributes, references, comments or a prolog, and to read that, expat
 * takes half as long as libcurl for the whole request. Whatever else stands in a body is
 * left to expat, and so is every error, so that there is one place that tells of them. */
#ifndef SHUB_EAGLE_PLAIN_H
#define SHUB_EAGLE_PLAIN_H

#include "eagle/reply.h"

/* 1 when the body is of that kind and was read into the reply, as expat would, or when
 * memory was short, as `status` says. Else 0, and the reply is as it was. */
int shub__eagle_read_plain(shub_eagle_reply *reply, const shub__eagle_source *source,
                           shub_status *status, shub_error *err);

#endif
