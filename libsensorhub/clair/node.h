/* Ids of nodes: sixteen bytes, and their text. */
#ifndef SHUB_CLAIR_NODE_H
#define SHUB_CLAIR_NODE_H

#include <sensorhub/clair.h>

enum { SHUB__NODE_LEN = 16 };

/* Reads a UUID, 8-4-4-4-12 hexadecimal digits of either case. 1, or 0 when it is none. */
int shub__node_read(shub_slice text, unsigned char node[SHUB__NODE_LEN]);
/* Writes it in lower case, with a NUL. */
void shub__node_write(const unsigned char node[SHUB__NODE_LEN],
                      char text[SHUB_CLAIR_NODE_MAX]);

/* The ids of a device: of today, and (nullable) as exports of the MongoDB have it.
 * Errors: as shub_clair_node. */
shub_status shub__node_of(shub_slice protocol, shub_slice dev_eui,
                          unsigned char node[SHUB__NODE_LEN],
                          unsigned char older[SHUB__NODE_LEN], shub_error *err);

#endif
