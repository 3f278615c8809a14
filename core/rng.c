/* rng.c: seeds derived from seeds, and distributions over the generator of pavlov/env.h. Each byte
   or number is stirred in by one round of splitmix64 (Steele, Lea and Flood 2014), whose finaliser
   lets every bit of the input change every bit of the seed. */
#include "core/rng.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

/* where the two kinds of derived seeds start, so that they never meet: digits of pi and of e */
static const uint64_t SPLIT_START = 0x243F6A8885A308D3u;
static const uint64_t HASH_START = 0xB7E151628AED2A6Au;

static uint64_t stir(uint64_t state, uint64_t input)
{
    state ^= input;
    return pv_splitmix(&state);
}

uint64_t pv_seed_split(uint64_t seed, const char *name)
{
    uint64_t state = stir(SPLIT_START, seed);
    uint64_t length = 0;
    for (; name[length]; length++) {
        state = stir(state, (unsigned char)name[length]);
    }
    return stir(state, SPLIT_START ^ length);
}

uint64_t pv_seed_hash(uint64_t seed, const uint64_t *numbers, int n)
{
    uint64_t state = stir(HASH_START, seed);
    for (int i = 0; i < n; i++) {
        state = stir(state, numbers[i]);
    }
    return stir(state, HASH_START ^ (uint64_t)n);
}

pv_rng pv_rng_split(uint64_t seed, const char *name)
{
    pv_rng rng;
    pv_rng_init(&rng, pv_seed_split(seed, name));
    return rng;
}

double pv_rng_normal(pv_rng *rng)
{
    /* Box and Muller 1958; 1 - u is in (0, 1], so the logarithm is finite */
    const double radius = sqrt(-2.0 * log(1.0 - pv_rng_uniform(rng)));
    return radius * cos(6.283185307179586 * pv_rng_uniform(rng));
}

uint32_t pv_rng_index(pv_rng *rng, const double *p, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        assert(p[i] >= 0.0);
        sum += p[i];
    }
    assert(sum > 0.0);
    const double goal = pv_rng_uniform(rng) * sum;
    uint32_t last = 0;
    double passed = 0.0;
    for (int i = 0; i < n; i++) {
        passed += p[i];
        if (passed > goal) {
            return (uint32_t)i;
        }
        last = p[i] > 0.0 ? (uint32_t)i : last;
    }
    return last; /* goal was rounded up to the sum */
}

void pv_rng_shuffle(pv_rng *rng, int *order, int n)
{
    for (int i = 0; i < n; i++) {
        const int j = (int)pv_rng_below(rng, (uint32_t)i + 1u);
        if (j < i) {
            order[i] = order[j];
        }
        order[j] = i;
    }
}
