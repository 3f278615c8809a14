/* The bug: each picture taken counts as a slip. */
#include "walk.h"

static pv_status counting_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    ((pv_env *)(uintptr_t)env)->now.slips += 1.0f;
    return walk_render(env, rgb, stride);
}

#undef WALK_RENDER
#define WALK_RENDER counting_render
WALK_ENVS;
