/* The bug: the table knows of no slips. */
#include "walk.h"

static uint32_t dry_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                             pv_outcome *outcomes, uint32_t capacity)
{
    pv_env dry = *env;
    dry.slip = 0.0;
    return walk_outcomes(&dry, state, action, outcomes, capacity);
}

#undef WALK_OUTCOMES
#define WALK_OUTCOMES dry_outcomes
WALK_ENVS;
