/* The bug: the size of a state depends on where the walker is. */
#include "walk.h"

static size_t growing_size(const pv_env *env)
{
    return env->now.slips > 0.0f ? sizeof env->now : sizeof env->now - sizeof env->now.unused;
}

static pv_status growing_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, growing_size(env));
    return 0;
}

static pv_status growing_load(pv_env *env, const void *state, size_t size)
{
    walk_state loaded = {.unused = 0};
    if (size > sizeof loaded || size + sizeof loaded.unused < sizeof loaded) {
        return walk_fail(env, "a state of another size");
    }
    memcpy(&loaded, state, size);
    return walk_load(env, &loaded, sizeof loaded);
}

#undef WALK_STATE_SIZE
#define WALK_STATE_SIZE growing_size
#undef WALK_SAVE
#define WALK_SAVE growing_save
#undef WALK_LOAD
#define WALK_LOAD growing_load
WALK_ENVS;
