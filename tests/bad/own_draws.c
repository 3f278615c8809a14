/* The bug: slips are drawn past the host. */
#include "walk.h"

static pv_status own_step(pv_env *env, const pv_io *io)
{
    if (env->now.phase == WALK_RUNNING && pv_draw_uniform(&env->now.rng, NULL) < 0.1) {
        env->now.slips += 1.0f;
    }
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP own_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
