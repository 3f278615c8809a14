/* The bug: states are located one cell too far to the right. */
#include "walk.h"

static uint32_t shifted_locate(const pv_env *env, uint32_t state, pv_rect *rect)
{
    return walk_locate(env, state + 1, rect);
}

#undef WALK_LOCATE
#define WALK_LOCATE shifted_locate
WALK_ENVS;
