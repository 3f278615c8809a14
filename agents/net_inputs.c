/* net_inputs.c: what a network sees of a world: its observations, masks left out. */
#include "agents/net_inputs.h"

#include "core/memory.h"

#include <string.h>

static float byte_scale(const pv_space *space)
{
    const double high = space->high && space->high[0] > 0.0 ? space->high[0] : 255.0;
    return space->dtype == PV_U8 ? (float)(1.0 / high) : 1.0f;
}

pv_net_input *pv_net_inputs_create(const pv_spec *spec, int *n)
{
    pv_net_input *inputs = pv_alloc_array(spec->n_obs, sizeof *inputs);
    *n = 0;
    for (uint32_t i = 0; inputs && i < spec->n_obs; i++) {
        const pv_space *space = &spec->obs[i];
        if (strncmp(space->name, "action_mask", 11) == 0) {
            continue;
        }
        pv_net_input *input = &inputs[(*n)++];
        *input = (pv_net_input){.name = space->name,
                                .dtype = space->dtype,
                                .n = space->n,
                                .ndim = space->ndim,
                                .scale = byte_scale(space)};
        memcpy(input->shape, space->shape, sizeof input->shape);
    }
    return inputs;
}
