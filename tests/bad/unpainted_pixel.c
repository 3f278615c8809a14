/* The bug: the last line of the picture is not painted. */
#include "walk.h"

static pv_status hasty_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    uint8_t last[3 * WALK_CELLS * WALK_SIDE];
    memcpy(last, rgb + (WALK_SIDE - 1) * stride, sizeof last);
    const pv_status status = walk_render(env, rgb, stride);
    memcpy(rgb + (WALK_SIDE - 1) * stride, last, sizeof last);
    return status;
}

#undef WALK_RENDER
#define WALK_RENDER hasty_render
WALK_ENVS;
