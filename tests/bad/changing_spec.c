/* The bug: the step limit is another after a reset. */
#include "walk.h"

static void moody_spec(const pv_env *env, pv_spec *spec)
{
    walk_spec(env, spec);
    spec->max_steps = env->now.phase == WALK_NEW ? 100 : 200;
}

#undef WALK_SPEC
#define WALK_SPEC moody_spec
WALK_ENVS;
