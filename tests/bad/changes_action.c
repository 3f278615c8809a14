/* The bug: a slip is written into the caller's array of actions. */
#include "walk.h"

static pv_status careless_step(pv_env *env, const pv_io *io)
{
    const pv_status status = walk_step(env, io);
    const int32_t none = 0;
    memcpy((void *)(uintptr_t)io->action[0], &none, sizeof none);
    return status;
}

#undef WALK_STEP
#define WALK_STEP careless_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
