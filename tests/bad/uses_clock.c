/* The bug: the walk begins where the clock says. */
#include "walk.h"

#include <time.h>

static pv_status clock_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    return walk_reset(env, seed + (uint64_t)time(NULL) / 1000000000u, io);
}

#undef WALK_RESET
#define WALK_RESET clock_reset
WALK_ENVS;
