/* Wrappers on time and on actions: how long an episode is, how long an action lasts, when another
   is taken instead. */
#include "envs/host/wrap.h"

#include <string.h>

/* --- limit --- */

static pv_status limit_shape(pv_wrap_draft *draft)
{
    const uint32_t n = (uint32_t)draft->wrap->number[0];
    const int shorter = draft->wraps->limited && draft->spec.max_steps < n;
    draft->spec.max_steps = shorter ? draft->spec.max_steps : n;
    draft->wraps->limited = 1;
    return PV_OK;
}

static void limit_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    (void)scratch;
    layer->saved = pv_block_take(saved, 1, sizeof(uint64_t));
}

static void limit_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    uint64_t *steps = layer->saved;
    (void)below;
    *steps = first ? 0 : *steps + 1;
    for (int i = 0; i < layer->lane->agents && *steps >= (uint64_t)layer->wrap->number[0]; i++) {
        io->truncated[i] = 1;
    }
}

const pv_wrap_class pv_wrap_limit = {
    .name = "limit",
    .usage = "limit n",
    .help = "an episode is truncated after n steps; takes the place of the world's own limit",
    .takes = "a number of steps from 1 to 1000000000, like limit 500",
    .least = 1,
    .most = 1,
    .whole = 1,
    .low = 1,
    .high = 1e9,
    .keeps_stack = 1,
    .keeps_outcomes = 1,
    .shape = limit_shape,
    .layout = limit_layout,
    .after = limit_after,
};
