/* The wrappers of one lane: layers, each of which calls the one below it, the world itself at the
   bottom. What a layer leaves alone goes straight into the buffer of whoever asked for it. */
#include "envs/host/statistics.h"

#include "core/rng.h"

#include <string.h>

/* --- the world at the bottom --- */

/* saved: how far the episode is and which agents have finished */
typedef struct bottom {
    uint64_t steps;
    uint8_t over[]; /* [agents] 1: terminated, 2: truncated, kept once set */
} bottom;

static pv_status world_reset(pv_wrap_layer *layer, const pv_io *io)
{
    pv_wrap_lane *lane = layer->lane;
    bottom *b = layer->saved;
    b->steps = 0;
    memset(b->over, 0, (size_t)lane->agents);
    return lane->env_class->reset(lane->env, lane->seed, io);
}

/* flags once set stay set, and what a finished agent is paid does not count */
static void settle(const pv_wrap_lane *lane, bottom *b, const pv_io *io, int late)
{
    for (int i = 0; i < lane->agents; i++) {
        if (b->over[i]) {
            io->reward[i] = 0.0f;
            io->terminated[i] = b->over[i] & 1;
            io->truncated[i] = b->over[i] >> 1;
            continue;
        }
        if (lane->counting) {
            lane->world_reward[i] += io->reward[i];
        }
        io->terminated[i] = io->terminated[i] != 0;
        io->truncated[i] = io->truncated[i] != 0 || late;
        b->over[i] = (uint8_t)(io->terminated[i] | io->truncated[i] << 1);
    }
}

static pv_status world_step(pv_wrap_layer *layer, const pv_io *io)
{
    pv_wrap_lane *lane = layer->lane;
    bottom *b = layer->saved;
    const pv_status status = lane->env_class->step(lane->env, io);
    if (status == PV_OK) {
        b->steps++;
        settle(lane, b, io, lane->max_steps && b->steps >= lane->max_steps);
    }
    return status;
}

/* --- the usual layer --- */

void pv_wrap_redirect(const pv_wrap_layer *layer, const pv_io *io, int wanted, pv_io *below)
{
    const int always = layer->wrap->wrap_class->every_frame;
    const uint32_t n = layer->wrap->in->n_obs;
    for (uint32_t i = 0; i < n; i++) {
        void *to = layer->own[i] ? layer->own[i] : io->obs[i];
        layer->shown[i] = (wanted && io->obs[i]) || (always && layer->own[i]) ? to : NULL;
    }
    *below = *io;
    below->obs = layer->shown;
}

static pv_status usual_reset(pv_wrap_layer *layer, const pv_io *io)
{
    pv_io below;
    pv_wrap_redirect(layer, io, 1, &below);
    const pv_status status = pv_wrap_below_reset(layer, &below);
    if (status == PV_OK && layer->wrap->wrap_class->after) {
        layer->wrap->wrap_class->after(layer, &below, io, 1);
    }
    return status;
}

static pv_status usual_step(pv_wrap_layer *layer, const pv_io *io)
{
    pv_io below;
    pv_wrap_redirect(layer, io, 1, &below);
    const pv_status status = pv_wrap_below_step(layer, &below);
    if (status == PV_OK && layer->wrap->wrap_class->after) {
        layer->wrap->wrap_class->after(layer, &below, io, 0);
    }
    return status;
}

void *pv_wrap_take_own(pv_wrap_layer *layer, pv_block *block, uint32_t i)
{
    const size_t size = pv_space_size(&layer->wrap->in->obs[i]);
    void *own = pv_block_take(block, (size_t)layer->lane->agents, size);
    if (layer->own) {
        layer->own[i] = own;
    }
    return own;
}

pv_rng pv_wrap_stream(const pv_wrap_layer *layer)
{
    const uint64_t place = (uint64_t)(layer - layer->lane->layer);
    pv_rng rng;
    pv_rng_init(&rng, pv_seed_hash(pv_seed_split(layer->lane->seed, "wrap"), &place, 1));
    return rng;
}

/* --- memory --- */

/* wrappers that only change the spec have nothing to do in a step */
static int has_layer(const pv_wrap_class *row)
{
    return row->step || row->reset || row->after;
}

static void take_layer(pv_block *saved, pv_block *scratch, pv_wrap_lane *lane, int at,
                       const pv_wrap *wrap)
{
    const uint32_t n_obs = wrap->in->n_obs;
    pv_wrap_layer counted = {.wrap = wrap, .lane = lane};
    pv_wrap_layer *layer = lane->layer ? &lane->layer[at] : &counted;
    void **own = pv_block_take(scratch, n_obs, sizeof *own);
    void **shown = pv_block_take(scratch, n_obs, sizeof *shown);
    *layer =
        (pv_wrap_layer){.wrap = wrap,
                        .lane = lane,
                        .reset = wrap->wrap_class->reset ? wrap->wrap_class->reset : usual_reset,
                        .step = wrap->wrap_class->step ? wrap->wrap_class->step : usual_step,
                        .own = own,
                        .shown = shown};
    if (wrap->wrap_class->layout) {
        wrap->wrap_class->layout(layer, saved, scratch);
    }
}

/* all layers; what is saved and what is not come from two blocks */
static void take_layers(pv_block *saved, pv_block *scratch, pv_wrap_lane *lane,
                        const pv_wraps *wraps)
{
    int at = 0;
    lane->layer = pv_block_take(scratch, (size_t)wraps->n + 1, sizeof *lane->layer);
    bottom *b = pv_block_take(saved, 1, sizeof *b + (size_t)lane->agents);
    if (lane->layer) {
        lane->layer[0] =
            (pv_wrap_layer){.lane = lane, .reset = world_reset, .step = world_step, .saved = b};
    }
    for (int i = 0; i < wraps->n; i++) {
        if (has_layer(wraps->wrap[i].wrap_class)) {
            take_layer(saved, scratch, lane, ++at, &wraps->wrap[i]);
        }
    }
    lane->top = lane->layer ? &lane->layer[at] : NULL;
}

void pv_wrap_lane_take(pv_block *block, pv_wrap_lane *lane, const pv_wraps *wraps)
{
    /* a lane to count with, where there is no memory yet */
    pv_wrap_lane counted = {.agents = (int)wraps->spec[0].agents};
    pv_block saved = {NULL, 0};
    pv_block scratch = {NULL, 0};
    take_layers(&saved, &scratch, &counted, wraps);
    void *state = pv_block_take(block, saved.used, 1);
    if (!state) {
        (void)pv_block_take(block, scratch.used, 1);
        return;
    }
    lane->agents = counted.agents;
    lane->state = state;
    lane->state_size = saved.used;
    saved = (pv_block){state, 0};
    scratch = (pv_block){pv_block_take(block, scratch.used, 1), 0};
    take_layers(&saved, &scratch, lane, wraps);
}

/* --- stepping --- */

pv_status pv_wrap_lane_reset(pv_wrap_lane *lane, uint64_t seed, const pv_io *io)
{
    lane->seed = seed;
    lane->counting = 0;
    return lane->top->reset(lane->top, io);
}

pv_status pv_wrap_lane_step(pv_wrap_lane *lane, const pv_io *io)
{
    lane->counting = 1;
    lane->lost = 0;
    memset(lane->world_reward, 0, (size_t)lane->agents * sizeof *lane->world_reward);
    return lane->top->step(lane->top, io);
}

void pv_wrap_lane_learn(pv_wrap_lane *lane, int forget)
{
    for (pv_wrap_layer *layer = lane->layer + 1; layer <= lane->top; layer++) {
        if (!layer->wrap->wrap_class->moments) {
            continue;
        }
        /* wrappers with moments keep what the lane has seen first in their scratch */
        pv_running *seen = layer->scratch;
        pv_running *known = &lane->statistics->running[layer->wrap->index];
        if (forget) {
            *seen->n = 0.0;
            memset(seen->mean, 0, seen->count * sizeof *seen->mean);
            memset(seen->squares, 0, seen->count * sizeof *seen->squares);
        } else {
            pv_running_merge(known, seen);
        }
    }
}

pv_status pv_wrap_lane_go_on(pv_wrap_lane *lane, const pv_io *io)
{
    lane->soft = 1;
    const pv_status status = pv_wrap_lane_reset(lane, lane->seed, io);
    lane->soft = 0;
    return status;
}
