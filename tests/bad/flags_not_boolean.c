/* The bug: terminated is the number of the last cell. */
#include "walk.h"

static pv_status flag_step(pv_env *env, const pv_io *io)
{
    const pv_status status = walk_step(env, io);
    if (status == 0 && io->terminated[0]) {
        io->terminated[0] = WALK_CELLS - 1;
    }
    return status;
}

#undef WALK_STEP
#define WALK_STEP flag_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
