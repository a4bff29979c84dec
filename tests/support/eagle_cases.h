/* The cases of tests/vectors/eagle_cases.txt, whose first lines say how they are written.
 */
#ifndef TESTS_SUPPORT_EAGLE_CASES_H
#define TESTS_SUPPORT_EAGLE_CASES_H

#include <sensorhub.h>

/* When bodies arrive in tests: 2020-01-01T00:00:00Z. */
#define EAGLE_ARRIVAL_US (INT64_C(1577836800) * SHUB_SECOND_US)

enum { EAGLE_READINGS = 16, EAGLE_FIELDS = 16 };

typedef struct eagle_case {
    char *name;
    int part; /* 1: parsed by shub_eagle_parse_part */
    shub_eagle_sample_options opts;
    char *meter;     /* of the options; NULL: none */
    shub_slice body; /* in a block of exactly its size */
    shub_status parse;
    int64_t pos;
    char *message; /* NULL: not told */
    int family;
    char *gateway;
    int64_t envelope_us;
    size_t reading_count;
    struct eagle_reading {
        int root;
        char *name;
        char *meter;
        int64_t time_us;
        int connected;
    } readings[EAGLE_READINGS];
    size_t field_count;
    struct eagle_field {
        size_t reading;
        char *name;
        shub_slice value;
    } fields[EAGLE_FIELDS];
    shub_status samples;
    int64_t index;
    char *lines; /* of canonical JSON, each with its '\n' */
} eagle_case;

/* Reads the cases once; a malformed file ends the program. */
size_t eagle_case_count(void);
const eagle_case *eagle_case_at(size_t i);

/* Parse a body, make samples of a reply, as the case has it. */
shub_status eagle_case_parse(const eagle_case *c, shub_slice body,
                             shub_eagle_reply **reply, shub_error *err);
shub_status eagle_case_samples(const eagle_case *c, const shub_eagle_reply *reply,
                               shub_batch *batch, shub_error *err);

#endif
