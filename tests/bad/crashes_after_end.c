/* The bug: behind the end of the corridor is nothing to stand on. */
#include "walk.h"

static pv_status late_step(pv_env *env, const pv_io *io)
{
    const volatile int32_t *volatile cell = env->now.phase == WALK_OVER ? NULL : &env->now.cell;
    env->now.unused = *cell;
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP late_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
