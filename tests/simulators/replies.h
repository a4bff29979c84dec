/* The bodies gateways answer with: real captured replies, filled with live values. */
#ifndef SIM_REPLIES_H
#define SIM_REPLIES_H

#include "gateway.h"
#include "request.h"

#include <stdio.h>

/*
 * Each writes the answer to the request in `text`; writing nothing is the empty body real
 * gateways answer unknown commands with.
 */
void reply_post_manager(const struct gateway *gateway, const struct reading *reading,
                        struct span text, FILE *out);
void reply_cgi_manager(const struct gateway *gateway, const struct reading *reading,
                       struct span text, FILE *out);
void reply_eagle200(const struct gateway *gateway, const struct reading *reading,
                    struct span text, FILE *out);

#endif
