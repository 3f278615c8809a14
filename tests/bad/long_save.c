/* The bug: save writes more than state_size says. */
#include "walk.h"

static size_t short_size(const pv_env *env)
{
    return walk_state_size(env) - sizeof env->now.unused;
}

static pv_status short_load(pv_env *env, const void *state, size_t size)
{
    walk_state loaded = {.unused = 0};
    if (size != short_size(env)) {
        return walk_fail(env, "a state of another size");
    }
    memcpy(&loaded, state, size);
    return walk_load(env, &loaded, sizeof loaded);
}

#undef WALK_STATE_SIZE
#define WALK_STATE_SIZE short_size
#undef WALK_LOAD
#define WALK_LOAD short_load
WALK_ENVS;
