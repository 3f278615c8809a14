/* The bug: slips come from rand(). */
#include "walk.h"

static pv_status rand_step(pv_env *env, const pv_io *io)
{
    if (rand() % 5 == 0) {
        env->now.slips += 1.0f;
    }
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP rand_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
