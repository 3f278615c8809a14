/* The bug: what reset makes is used before there was one. */
#include "walk.h"

static pv_status early_step(pv_env *env, const pv_io *io)
{
    const volatile int32_t *volatile cell = env->now.phase == WALK_NEW ? NULL : &env->now.cell;
    env->now.unused = *cell;
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP early_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
