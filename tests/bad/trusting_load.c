/* The bug: load believes whatever it is given, and a cell far outside is looked up. */
#include "walk.h"

static pv_status trusting_load(pv_env *env, const void *state, size_t size)
{
    if (size != sizeof env->now) {
        return walk_fail(env, "a state of another size");
    }
    memcpy(&env->now, state, size);
    return 0;
}

static pv_status lookup_step(pv_env *env, const pv_io *io)
{
    static const uint8_t floor_of[WALK_CELLS] = {0};
    const volatile uint8_t *cell = floor_of;
    env->now.unused = cell[env->now.cell];
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP lookup_step
#undef WALK_LOAD
#define WALK_LOAD trusting_load
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
