/* The bug: step begins the next episode where the last one ended. */
#include "walk.h"

static pv_status endless_step(pv_env *env, const pv_io *io)
{
    const pv_status status = walk_step(env, io);
    if (status == 0 && env->now.phase == WALK_OVER) {
        env->now.phase = WALK_RUNNING;
        env->now.cell = 0;
        env->now.slips = 0.0f;
        walk_show(env, io);
    }
    return status;
}

#undef WALK_STEP
#define WALK_STEP endless_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
