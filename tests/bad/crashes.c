/* The bug: the second slip of an episode reads from nowhere. */
#include "walk.h"

static pv_status crashing_step(pv_env *env, const pv_io *io)
{
    const volatile uint8_t *volatile nowhere = NULL;
    if (env->now.slips > 1.0f) {
        return *nowhere;
    }
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP crashing_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
