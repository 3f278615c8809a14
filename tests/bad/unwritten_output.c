/* The bug: the reward is only written where there is one to speak of. */
#include "walk.h"

static pv_status silent_step(pv_env *env, const pv_io *io)
{
    const float before = io->reward[0];
    const pv_status status = walk_step(env, io);
    if (!io->terminated[0]) {
        io->reward[0] = before;
    }
    return status;
}

#undef WALK_STEP
#define WALK_STEP silent_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
