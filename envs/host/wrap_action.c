/* Wrappers that take another action than the one chosen, by draws from a stream of the episode. */
#include "envs/host/wrap.h"

#include "core/rng.h"

#include <string.h>

/* --- sticky --- */

typedef struct sticky {
    pv_rng rng;
    uint64_t begun; /* 1: there is an action to repeat */
} sticky;

/* the actions really taken, [n_action] -> [agents][...]; the bytes are saved */
typedef struct sticky_scratch {
    void **action;
    size_t *size; /* [n_action] of one agent */
} sticky_scratch;

static void sticky_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    const pv_spec *in = layer->wrap->in;
    sticky_scratch *s = pv_block_take(scratch, 1, sizeof *s);
    void **action = pv_block_take(scratch, in->n_action, sizeof *action);
    size_t *size = pv_block_take(scratch, in->n_action, sizeof *size);
    layer->saved = pv_block_take(saved, 1, sizeof(sticky));
    for (uint32_t i = 0; i < in->n_action; i++) {
        const size_t bytes = pv_space_size(&in->action[i]);
        void *memory = pv_block_take(saved, (size_t)layer->lane->agents, bytes);
        if (action && size) {
            action[i] = memory;
            size[i] = bytes;
        }
    }
    if (s) {
        *s = (sticky_scratch){action, size};
    }
    layer->scratch = s;
}

static pv_status sticky_reset(pv_wrap_layer *layer, const pv_io *io)
{
    sticky *s = layer->saved;
    pv_io below;
    if (!layer->lane->soft) {
        s->rng = pv_wrap_stream(layer);
    }
    s->begun = 0;
    pv_wrap_redirect(layer, io, 1, &below);
    return pv_wrap_below_reset(layer, &below);
}

static pv_status sticky_step(pv_wrap_layer *layer, const pv_io *io)
{
    sticky *s = layer->saved;
    const sticky_scratch *taken = layer->scratch;
    pv_io below;
    for (int agent = 0; agent < layer->lane->agents; agent++) {
        const int repeat = pv_rng_uniform(&s->rng) < layer->wrap->number[0] && s->begun;
        for (uint32_t i = 0; i < layer->wrap->in->n_action && !repeat; i++) {
            const size_t at = (size_t)agent * taken->size[i];
            memcpy((char *)taken->action[i] + at, (const char *)io->action[i] + at, taken->size[i]);
        }
    }
    s->begun = 1;
    pv_wrap_redirect(layer, io, 1, &below);
    below.action = (const void *const *)taken->action;
    return pv_wrap_below_step(layer, &below);
}

const pv_wrap_class pv_wrap_sticky = {
    .name = "sticky",
    .usage = "sticky p",
    .help = "with probability p the action before is taken again instead; before skip it is drawn "
            "for every frame, behind it for every decision",
    .takes = "a probability from 0 to 1, like sticky 0.25",
    .least = 1,
    .most = 1,
    .low = 0,
    .high = 1,
    .keeps_stack = 1,
    .layout = sticky_layout,
    .reset = sticky_reset,
    .step = sticky_step,
};

/* --- noop --- */

/* what the world's keys say happens when no key is down, else 0, or the bound nearest to it */
static double idle_value(const pv_spec *spec, uint32_t agent, uint32_t action, size_t element)
{
    const pv_space *space = &spec->action[action];
    for (uint32_t i = 0; i < spec->n_keys; i++) {
        const pv_key *key = &spec->keys[i];
        if (key->idle && key->agent == agent && key->action == action) {
            return key->value;
        }
    }
    const double low = space->low ? space->low[element] : 0.0;
    const double high = space->high ? space->high[element] : 0.0;
    return low > 0.0 ? low : high < 0.0 ? high : 0.0;
}

static void fill_idle(const pv_spec *spec, uint32_t agent, uint32_t action, void *to)
{
    const pv_space *space = &spec->action[action];
    const size_t count = pv_space_count(space);
    for (size_t k = 0; k < count; k++) {
        const double value = idle_value(spec, agent, action, k);
        const size_t at = (size_t)agent * count + k;
        if (space->dtype == PV_F32) {
            ((float *)to)[at] = (float)value;
        } else if (space->dtype == PV_I32) {
            ((int32_t *)to)[at] = (int32_t)value;
        } else {
            ((uint8_t *)to)[at] = (uint8_t)value;
        }
    }
}

static void noop_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    const pv_spec *in = layer->wrap->in;
    const uint32_t agents = (uint32_t)layer->lane->agents;
    const void **action = pv_block_take(scratch, in->n_action, sizeof *action);
    (void)saved;
    for (uint32_t i = 0; i < in->n_action; i++) {
        void *memory = pv_block_take(scratch, agents, pv_space_size(&in->action[i]));
        for (uint32_t agent = 0; memory && agent < agents; agent++) {
            fill_idle(in, agent, i, memory);
        }
        if (action) {
            action[i] = memory;
        }
    }
    layer->scratch = action;
}

static pv_status noop_reset(pv_wrap_layer *layer, const pv_io *io)
{
    pv_rng rng = pv_wrap_stream(layer);
    uint32_t steps = 1 + pv_rng_below(&rng, (uint32_t)layer->wrap->number[0]);
    pv_io below;
    pv_wrap_redirect(layer, io, 1, &below);
    pv_status status = pv_wrap_below_reset(layer, &below);
    for (; steps > 0 && status == PV_OK; steps--) {
        pv_wrap_redirect(layer, io, steps == 1, &below);
        below.action = layer->scratch;
        status = pv_wrap_below_step(layer, &below);
        if (status == PV_OK && pv_wrap_all_over(layer->lane, io)) {
            /* too long a wait for this episode: it begins without one */
            pv_wrap_redirect(layer, io, 1, &below);
            return pv_wrap_below_reset(layer, &below);
        }
    }
    return status;
}

const pv_wrap_class pv_wrap_noop = {
    .name = "noop",
    .usage = "noop n",
    .help = "an episode begins with 1 to n steps of doing nothing, their number drawn; their "
            "rewards do not count",
    .takes = "a number of steps from 1 to 1000, like noop 30",
    .least = 1,
    .most = 1,
    .whole = 1,
    .low = 1,
    .high = 1000,
    .layout = noop_layout,
    .reset = noop_reset,
};
