/* The bug: the state of the random numbers is left out of the save. */
#include "walk.h"

static pv_status partial_save(const pv_env *env, void *state)
{
    walk_state saved = env->now;
    pv_rng_init(&saved.rng, 1);
    memcpy(state, &saved, sizeof saved);
    return 0;
}

#undef WALK_SAVE
#define WALK_SAVE partial_save
WALK_ENVS;
