/* rng.h: random streams split by name, and the distributions the library needs.

   The generator itself (xoshiro256++) is in pavlov/env.h, where worlds have it too. A run is one
   seed; every consumer takes a stream of its own by name, so that adding one changes no other. */
#ifndef PAVLOV_CORE_RNG_H
#define PAVLOV_CORE_RNG_H

#include "pavlov/env.h"

/* Returns the seed of the stream `name` under `seed`: pv_seed_split(seed, "replay"). */
uint64_t pv_seed_split(uint64_t seed, const char *name);

/* Returns a hash of `seed` and `n` further numbers, for seeds by lane and episode. */
uint64_t pv_seed_hash(uint64_t seed, const uint64_t *numbers, int n);

/* Returns a stream seeded with pv_seed_split(seed, name). */
pv_rng pv_rng_split(uint64_t seed, const char *name);

/* A double in [0, 1), a multiple of 2^-53. */
static inline double pv_rng_uniform(pv_rng *rng)
{
    return pv_draw_uniform(rng, NULL);
}

/* An integer in 0..n-1, without bias; n in 1..2^32-1. */
static inline uint32_t pv_rng_below(pv_rng *rng, uint32_t n)
{
    return (uint32_t)pv_draw_integer(rng, NULL, 0, (int64_t)n);
}

/* A standard normal number (Box and Muller's cosine half: two uniforms a call, no state kept). */
double pv_rng_normal(pv_rng *rng);

/* An index with probability p[i] / sum(p), i in 0..n-1; p not negative, not all zero. */
uint32_t pv_rng_index(pv_rng *rng, const double *p, int n);

/* Puts 0..n-1 into `order` in random order (Fisher and Yates). */
void pv_rng_shuffle(pv_rng *rng, int *order, int n);

#endif
