/* The bug: where many step at once the last one is left out. */
#include "walk.h"

static pv_status few_step(pv_env *const *envs, const pv_io *ios, size_t n)
{
    return walk_step_many(envs, ios, n > 1 ? n - 1 : n);
}

#undef WALK_STEP_MANY
#define WALK_STEP_MANY few_step
WALK_ENVS;
