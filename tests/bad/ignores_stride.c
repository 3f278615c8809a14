/* The bug: render takes the lines of the picture to lie side by side. */
#include "walk.h"

static pv_status dense_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    (void)stride;
    return walk_render(env, rgb, (size_t)3 * WALK_CELLS * WALK_SIDE);
}

#undef WALK_RENDER
#define WALK_RENDER dense_render
WALK_ENVS;
