/* Wrappers on where an episode ends: by its length, and by a life that is lost. */
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

/* --- life --- */

typedef struct life {
    float lives;
} life;

static pv_status life_shape(pv_wrap_draft *draft)
{
    const pv_spec *spec = &draft->spec;
    for (uint32_t i = 0; i < spec->n_info; i++) {
        if (strcmp(spec->info[i], "lives") == 0 && spec->agents == 1) {
            draft->wrap->which = (int)i;
            return PV_OK;
        }
    }
    return pv_wrap_fail(draft->wraps, draft->wrap,
                        "life takes a world of one agent that tells its \"lives\", and %s does not",
                        draft->wraps->world);
}

static void life_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    (void)scratch;
    layer->saved = pv_block_take(saved, 1, sizeof(life));
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        (void)pv_wrap_take_own(layer, saved, i);
    }
}

static void show_own(const pv_wrap_layer *layer, const pv_io *io)
{
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        if (io->obs[i]) {
            memcpy(io->obs[i], layer->own[i], pv_space_size(&layer->wrap->in->obs[i]));
        }
    }
}

static pv_status life_reset(pv_wrap_layer *layer, const pv_io *io)
{
    life *l = layer->saved;
    pv_io below;
    pv_status status = PV_OK;
    if (!layer->lane->soft) {
        pv_wrap_redirect(layer, io, 1, &below);
        status = pv_wrap_below_reset(layer, &below);
        l->lives = io->info[layer->wrap->which];
    }
    show_own(layer, io);
    return status;
}

static pv_status life_step(pv_wrap_layer *layer, const pv_io *io)
{
    life *l = layer->saved;
    pv_io below;
    pv_wrap_redirect(layer, io, 1, &below);
    const pv_status status = pv_wrap_below_step(layer, &below);
    const float lives = io->info[layer->wrap->which];
    if (status == PV_OK && layer->lane->training && lives < l->lives && lives > 0.0f &&
        !(io->terminated[0] | io->truncated[0])) {
        io->terminated[0] = 1;
        layer->lane->lost = 1;
    }
    l->lives = lives;
    show_own(layer, io);
    return status;
}

const pv_wrap_class pv_wrap_life = {
    .name = "life",
    .usage = "life",
    .help = "in training a lost life ends the episode for who learns, not for the world; the "
            "world's return and length count on",
    .takes = "no numbers",
    .every_frame = 1,
    .shape = life_shape,
    .layout = life_layout,
    .reset = life_reset,
    .step = life_step,
};
