/* The bug: instances on two threads write down their cell on one piece of paper. */
#include "walk.h"

#include <sched.h>

static volatile int32_t paper;

static pv_status scratch_step(pv_env *env, const pv_io *io)
{
    const pv_status status = walk_step(env, io);
    paper = env->now.cell;
    sched_yield();
    if (status == 0 && io->obs[0]) {
        const int32_t cell = paper;
        memcpy(io->obs[0], &cell, sizeof cell);
    }
    return status;
}

#undef WALK_STEP
#define WALK_STEP scratch_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
