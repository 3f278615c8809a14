/* What may be asked of a vector between two steps: its buffers, a lane's picture and its state. */
#include "envs/host/lanes.h"

#include <assert.h>

const pv_batch *pv_vector_batch(const pv_vector *v)
{
    return &v->batch;
}

void pv_vector_hold(pv_vector *v, int on)
{
    v->hold = on != 0;
}

pv_status pv_vector_render(const pv_vector *v, int lane, uint8_t *rgb, size_t stride)
{
    assert(lane >= 0 && lane < v->lanes);
    if (!v->env_class->render || v->spec->width == 0) {
        return pv_fail(PV_ERROR_WORLD, "world %s has no picture", v->env_class->id);
    }
    assert(stride >= (size_t)v->spec->width * 3);
    return v->env_class->render(v->env[lane], rgb, stride) ? pv_lane_failed(v, lane) : PV_OK;
}

uint32_t pv_vector_state(const pv_vector *v, int lane)
{
    assert(lane >= 0 && lane < v->lanes);
    return v->env_class->state ? v->env_class->state(v->env[lane]) : UINT32_MAX;
}

uint32_t pv_vector_locate(const pv_vector *v, int lane, uint32_t state, pv_rect *rect)
{
    assert(lane >= 0 && lane < v->lanes);
    return v->env_class->locate ? v->env_class->locate(v->env[lane], state, rect) : 0;
}
