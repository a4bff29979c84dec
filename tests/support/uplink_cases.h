/* The cases of tests/vectors/uplink_cases.txt, whose first lines say how they are
 * written. */
#ifndef TESTS_SUPPORT_UPLINK_CASES_H
#define TESTS_SUPPORT_UPLINK_CASES_H

#include <sensorhub.h>

#include "base/buf.h"

typedef struct uplink_case {
    char *name;
    shub_slice body; /* in a block of exactly its size */
    char *topic;
    char *event;
    int64_t arrival_us;
    char *facts; /* lines */
    char *lines; /* of canonical JSON */
} uplink_case;

/* Reads the cases once; a malformed file ends the program. */
size_t uplink_case_count(void);
const uplink_case *uplink_case_at(size_t i);

/* Writes what a document says as the lines of a case. */
void uplink_say(shub__buf *out, const shub_uplink *up);

/* Walks a body as the case has it; appends facts, refusals and samples. Returns
 * SHUB_E_NOMEM, or SHUB_OK. */
shub_status uplink_case_walk(const uplink_case *c, shub_slice body, shub__buf *facts,
                             shub_batch *batch);

#endif
