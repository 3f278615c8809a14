/* The bug: load does not look at the size. */
#include "walk.h"

static pv_status sizeless_load(pv_env *env, const void *state, size_t size)
{
    (void)size;
    return walk_load(env, state, sizeof env->now);
}

#undef WALK_LOAD
#define WALK_LOAD sizeless_load
WALK_ENVS;
