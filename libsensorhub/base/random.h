/* Random numbers that are an argument: the caller keeps the state and seeds it. Not for
 * secrets. */
#ifndef SHUB_BASE_RANDOM_H
#define SHUB_BASE_RANDOM_H

#include <stdint.h>

/* Next of a SplitMix64 sequence. */
uint64_t shub__random(uint64_t *state);
/* Uniform in [0, bound); 0 for bound 0. */
uint64_t shub__random_below(uint64_t *state, uint64_t bound);

#endif
