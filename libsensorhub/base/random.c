#include "base/random.h"

/* Sebastiano Vigna, SplitMix64: increments and multipliers of its reference
 * description. */
uint64_t shub__random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

uint64_t shub__random_below(uint64_t *state, uint64_t bound)
{
    uint64_t unfair = bound ? -bound % bound : 0;
    uint64_t value;

    if (!bound)
        return 0;
    do
        value = shub__random(state);
    while (value < unfair);
    return value % bound;
}
