/* The bug: states are numbered from 1. */
#include "walk.h"

static uint32_t shifted_number(const pv_env *env)
{
    return walk_state_number(env) + 1u;
}

#undef WALK_STATE
#define WALK_STATE shifted_number
WALK_ENVS;
