/* The bug: slips are counted on through resets. */
#include "walk.h"

static pv_status counting_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    const float slips = env->now.slips;
    const pv_status status = walk_reset(env, seed, io);
    env->now.slips = slips;
    walk_show(env, io);
    return status;
}

#undef WALK_RESET
#define WALK_RESET counting_reset
WALK_ENVS;
