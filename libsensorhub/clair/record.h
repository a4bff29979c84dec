/* One sample of a document, read member by member. */
#ifndef SHUB_CLAIR_RECORD_H
#define SHUB_CLAIR_RECORD_H

#include <sensorhub/clair.h>

#include "base/json.h"
#include "clair/node.h"
#include "clair/sample.h"

typedef struct shub__clair_record {
    shub__json json;
    shub_clair_sample sample;
    unsigned char node[SHUB__NODE_LEN];
    size_t pos[SHUB__CLAIR_PARTS]; /* of the value */
    unsigned seen;                 /* a bit for each part that has a value */
    int extended;                  /* numbers as MongoDB's Extended JSON writes them */
} shub__clair_record;

/* Begins at the value that is all of `text`. */
void shub__clair_record_init(shub__clair_record *r, shub_slice text, shub__buf *scratch);

/* Reads the value that is due when `key` names a number or a status of a sample: 1, else
 * 0 and it is due still. */
int shub__clair_read_member(shub__clair_record *r, shub_slice key);
/* Reads the value that is due as the text of a node's id. */
void shub__clair_read_node(shub__clair_record *r);
/* Takes a node's id that was read otherwise; the value last read is where it stands. */
void shub__clair_take_node(shub__clair_record *r,
                           const unsigned char node[SHUB__NODE_LEN]);

/* Checks that all of the text was read and that the parts that `needed` has bits of were
 * there. Errors: as of shub_clair_add_body, for one resource. */
shub_status shub__clair_record_finish(shub__clair_record *r, unsigned needed,
                                      shub_error *err);
/* The same for a whole sample, and appends it. */
shub_status shub__clair_record_append(shub__clair_record *r, shub_batch *batch,
                                      shub_error *err);

#endif
