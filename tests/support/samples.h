/* Samples and batches for tests: made in one line, compared, drawn at random. */
#ifndef TESTS_SUPPORT_SAMPLES_H
#define TESTS_SUPPORT_SAMPLES_H

#include "support/suite.h"

#define T0 (1426010041 * SHUB_SECOND_US) /* 2015-03-10T17:54:01Z */

shub_sample sample_of(const char *device, const char *quantity, const char *unit,
                      int64_t time_us, shub_value value, uint32_t flags);
shub_batch *new_batch(void);
/* Appends a sample that must be good. */
void put(shub_batch *batch, const char *device, const char *quantity, const char *unit,
         int64_t time_us, shub_value value, uint32_t flags);

/* Asserts that both are the same, doubles bit by bit. */
void check_equal(const shub_sample *a, const shub_sample *b);
void check_same(const shub_batch *a, const shub_batch *b);

/* What a random batch may hold: what a format can express. */
typedef struct sample_limits {
    const char *const *devices; /* each list ends with NULL */
    const char *const *quantities;
    const char *const *units; /* "": none */
    int64_t first_us, last_us;
} sample_limits;

/* A batch of `rows`, the same for the same seed; frames of several rows, values of all
 * kinds, extreme numbers, any text, flags. */
shub_batch *random_batch(uint64_t seed, size_t rows, const sample_limits *limits);

#endif
