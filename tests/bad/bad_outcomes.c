/* The bug: a slip and a step are both listed with the probability of a step. */
#include "walk.h"

static uint32_t generous_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                                  pv_outcome *outcomes, uint32_t capacity)
{
    const uint32_t n = walk_outcomes(env, state, action, outcomes, capacity);
    if (state != UINT32_MAX && n == 2 && capacity >= 2) {
        outcomes[1].probability = outcomes[0].probability;
    }
    return n;
}

#undef WALK_OUTCOMES
#define WALK_OUTCOMES generous_outcomes
WALK_ENVS;
