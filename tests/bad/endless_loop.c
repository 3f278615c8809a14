/* The bug: from the third cell on the walk never gets out of step. */
#include "walk.h"

static pv_status looping_step(pv_env *env, const pv_io *io)
{
    volatile int32_t *cell = &env->now.cell;
    while (*cell > 2) {
    }
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP looping_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
