/* The bug: all instances of the process stand in one cell. */
#include "walk.h"

static int32_t shared_cell;

static pv_status shared_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    const pv_status status = walk_reset(env, seed, io);
    shared_cell = env->now.cell;
    return status;
}

static pv_status shared_step(pv_env *env, const pv_io *io)
{
    if (env->now.phase == WALK_RUNNING) {
        env->now.cell = shared_cell;
    }
    const pv_status status = walk_step(env, io);
    shared_cell = env->now.cell;
    return status;
}

#undef WALK_RESET
#define WALK_RESET shared_reset
#undef WALK_STEP
#define WALK_STEP shared_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
