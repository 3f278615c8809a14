/* Skipping frames. The layer below writes into a ring of the frames that max looks at; frames that
   nobody looks at are not asked for, so that a world need not draw them. */
#include "envs/host/wrap.h"

#include <string.h>

/* --- skip and max ---

   Saved are the last frames that were drawn, as many as max looks at. An episode that ends in a
   frame nobody drew keeps, as its final observation, what the decision before it saw. */

typedef struct drawn {
    uint32_t newest; /* slot of the ring */
    uint32_t have;   /* frames of the last decision that drew any */
} drawn;

typedef struct skip_scratch {
    void **ring; /* [n_obs] -> [keep][agents][...] */
    double *sum; /* [agents] of rewards */
} skip_scratch;

static uint32_t kept_frames(const pv_wrap *wrap)
{
    return wrap->which ? (uint32_t)wrap->which : 1;
}

static pv_status skip_shape(pv_wrap_draft *draft)
{
    const uint32_t n = (uint32_t)draft->wrap->number[0];
    const uint32_t steps = draft->spec.max_steps;
    draft->spec.max_steps = steps / n + (steps % n != 0);
    draft->spec.fps /= n;
    return PV_OK;
}

static size_t lane_size(const pv_wrap_layer *layer, uint32_t i)
{
    return (size_t)layer->lane->agents * pv_space_size(&layer->wrap->in->obs[i]);
}

static void skip_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    const uint32_t n_obs = layer->wrap->in->n_obs;
    skip_scratch *s = pv_block_take(scratch, 1, sizeof *s);
    void **ring = pv_block_take(scratch, n_obs, sizeof *ring);
    double *sum = pv_block_take(scratch, (size_t)layer->lane->agents, sizeof *sum);
    layer->saved = pv_block_take(saved, 1, sizeof(drawn));
    for (uint32_t i = 0; i < n_obs; i++) {
        void *frames = pv_block_take(saved, kept_frames(layer->wrap), lane_size(layer, i));
        if (ring) {
            ring[i] = frames;
        }
    }
    if (s) {
        *s = (skip_scratch){ring, sum};
    }
    layer->scratch = s;
}

static char *slot_of(const pv_wrap_layer *layer, uint32_t i, uint32_t slot)
{
    const skip_scratch *s = layer->scratch;
    return (char *)s->ring[i] + slot * lane_size(layer, i);
}

/* points the layer below at a new slot, or with `wanted` 0 at nothing; returns 1 if it will draw */
static int aim_slot(pv_wrap_layer *layer, const pv_io *io, int wanted)
{
    drawn *d = layer->saved;
    int draws = 0;
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        draws |= wanted && io->obs[i];
    }
    if (draws) {
        d->newest = (d->newest + 1) % kept_frames(layer->wrap);
    }
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        layer->shown[i] = draws && io->obs[i] ? slot_of(layer, i, d->newest) : NULL;
    }
    return draws;
}

static void max_bytes(uint8_t *restrict to, const uint8_t *restrict a, const uint8_t *restrict b,
                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = a[i] > b[i] ? a[i] : b[i];
    }
}

static void max_numbers(pv_dtype dtype, void *to, const void *other, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (dtype == PV_F32) {
            float *x = to;
            const float *y = other;
            x[i] = y[i] > x[i] ? y[i] : x[i];
        } else if (dtype == PV_I32) {
            int32_t *x = to;
            const int32_t *y = other;
            x[i] = y[i] > x[i] ? y[i] : x[i];
        } else {
            uint8_t *x = to;
            const uint8_t *y = other;
            x[i] = y[i] > x[i] ? y[i] : x[i];
        }
    }
}

/* the last frames as one observation: their maximum, or the newest where a maximum means nothing */
static void show_frames(const pv_wrap_layer *layer, const pv_io *io)
{
    const drawn *d = layer->saved;
    const uint32_t keep = kept_frames(layer->wrap);
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        const pv_space *space = &layer->wrap->in->obs[i];
        const size_t size = lane_size(layer, i);
        const size_t count = (size_t)layer->lane->agents * pv_space_count(space);
        const char *newest = slot_of(layer, i, d->newest);
        const int numbers = space->n == 0 && !pv_wrap_is_mask(space);
        if (!io->obs[i]) {
            continue;
        }
        if (numbers && d->have == 2 && space->dtype == PV_U8) {
            const char *other = slot_of(layer, i, (d->newest + keep - 1) % keep);
            max_bytes(io->obs[i], (const uint8_t *)newest, (const uint8_t *)other, size);
            continue;
        }
        memcpy(io->obs[i], newest, size);
        for (uint32_t k = 1; numbers && k < d->have; k++) {
            max_numbers(space->dtype, io->obs[i], slot_of(layer, i, (d->newest + keep - k) % keep),
                        count);
        }
    }
}

static pv_status skip_reset(pv_wrap_layer *layer, const pv_io *io)
{
    drawn *d = layer->saved;
    pv_io below = *io;
    below.obs = layer->shown;
    d->newest = 0;
    d->have = (uint32_t)aim_slot(layer, io, 1);
    const pv_status status = pv_wrap_below_reset(layer, &below);
    if (status == PV_OK) {
        show_frames(layer, io);
    }
    return status;
}

static pv_status skip_step(pv_wrap_layer *layer, const pv_io *io)
{
    drawn *d = layer->saved;
    double *sum = ((skip_scratch *)layer->scratch)->sum;
    const uint32_t n = (uint32_t)layer->wrap->number[0];
    const int agents = layer->lane->agents;
    uint32_t n_drawn = 0;
    pv_io below = *io;
    below.obs = layer->shown;
    memset(sum, 0, (size_t)agents * sizeof *sum);
    for (uint32_t k = 0; k < n; k++) {
        n_drawn += (uint32_t)aim_slot(layer, io, k + kept_frames(layer->wrap) >= n);
        const pv_status status = pv_wrap_below_step(layer, &below);
        if (status) {
            return status;
        }
        for (int i = 0; i < agents; i++) {
            sum[i] += (double)io->reward[i];
        }
        if (pv_wrap_all_over(layer->lane, io)) {
            break;
        }
    }
    for (int i = 0; i < agents; i++) {
        io->reward[i] = (float)sum[i];
    }
    d->have = n_drawn ? n_drawn : d->have;
    show_frames(layer, io);
    return PV_OK;
}

const pv_wrap_class pv_wrap_skip = {
    .name = "skip",
    .usage = "skip n",
    .help =
        "every action is taken n times, or until the episode ends; rewards add up, and only the "
        "last frame is drawn",
    .takes = "a number of frames from 1 to 1000, like skip 4",
    .least = 1,
    .most = 1,
    .whole = 1,
    .low = 1,
    .high = 1000,
    .shape = skip_shape,
    .layout = skip_layout,
    .reset = skip_reset,
    .step = skip_step,
};

static pv_status max_shape(pv_wrap_draft *draft)
{
    pv_wrap *wrap = draft->wrap;
    pv_wrap *before = wrap > draft->wraps->wrap ? wrap - 1 : NULL;
    if (!before || before->wrap_class != &pv_wrap_skip) {
        return pv_wrap_fail(draft->wraps, wrap,
                            "max looks at the frames of a skip and stands right behind it, like "
                            "skip 4, max 2");
    }
    if (wrap->number[0] > before->number[0]) {
        return pv_wrap_fail(draft->wraps, wrap, "max looks at %g frames, but skip has only %g",
                            wrap->number[0], before->number[0]);
    }
    before->which = (int)wrap->number[0];
    return PV_OK;
}

const pv_wrap_class pv_wrap_max = {
    .name = "max",
    .usage = "max n",
    .help = "behind skip: of its last n frames the larger number at each place",
    .takes = "a number of frames from 1 to 64, like max 2",
    .least = 1,
    .most = 1,
    .whole = 1,
    .low = 1,
    .high = 64,
    .shape = max_shape,
};
