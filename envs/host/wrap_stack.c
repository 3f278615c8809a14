/* Several frames in one observation. Saved is a ring of the last n frames of each observation; the
   layer below writes the newest one straight into its place, and the observation is laid together
   from the ring. */
#include "envs/host/wrap.h"

#include "core/tensors.h"

#include <string.h>

typedef struct ring {
    uint32_t newest;
} ring;

/* the size of the last axis in bytes, and how often it comes in one row */
static size_t last_axis(const pv_space *space)
{
    const size_t size = pv_dtype_size(space->dtype);
    return space->ndim ? size * space->shape[space->ndim - 1] : size;
}

/* bounds of an observation stacked: each stretch of the last axis n times */
static pv_status stack_bounds(pv_wrap_draft *draft, const pv_space *space, size_t n,
                              const double **bounds)
{
    if (!*bounds) {
        return PV_OK;
    }
    const size_t count = pv_space_count(space);
    const size_t axis = space->ndim ? space->shape[space->ndim - 1] : 1;
    double *stacked = pv_wrap_bounds(draft, count * n);
    if (!stacked) {
        return PV_ERROR_MEMORY;
    }
    for (size_t k = 0; k < count * n; k++) {
        stacked[k] = (*bounds)[k / (axis * n) * axis + k % axis];
    }
    *bounds = stacked;
    return PV_OK;
}

static pv_status stack_shape(pv_wrap_draft *draft)
{
    const uint32_t n = (uint32_t)draft->wrap->number[0];
    for (uint32_t i = 0; i < draft->spec.n_obs; i++) {
        pv_space *space = &draft->obs[i];
        if (pv_wrap_is_mask(space)) {
            continue;
        }
        if (pv_space_count(space) > (1u << 28) / n) {
            return pv_wrap_fail(draft->wraps, draft->wrap, "stack makes too much of \"%s\"",
                                space->name);
        }
        if (stack_bounds(draft, space, n, &space->low) ||
            stack_bounds(draft, space, n, &space->high)) {
            return PV_ERROR_MEMORY;
        }
        if (space->ndim == 0) {
            space->shape[space->ndim++] = 1;
        }
        space->shape[space->ndim - 1] *= n;
        draft->wrap->acts[i] = 1;
    }
    return PV_OK;
}

/* one piece: the ring of every observation that is stacked, slot after slot */
static char *ring_of(const pv_wrap_layer *layer, uint32_t i, uint32_t slot)
{
    void *const *rings = layer->scratch;
    const size_t size = (size_t)layer->lane->agents * pv_space_size(&layer->wrap->in->obs[i]);
    return (char *)rings[i] + slot * size;
}

static void stack_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    const pv_spec *in = layer->wrap->in;
    const size_t n = (size_t)layer->wrap->number[0];
    layer->saved = pv_block_take(saved, 1, sizeof(ring));
    void **rings = pv_block_take(scratch, in->n_obs, sizeof *rings);
    for (uint32_t i = 0; i < in->n_obs; i++) {
        if (layer->wrap->acts[i]) {
            const size_t size = (size_t)layer->lane->agents * pv_space_size(&in->obs[i]);
            void *memory = pv_block_take(saved, n, size);
            if (rings) {
                rings[i] = memory;
                layer->own[i] = memory;
            }
        }
    }
    layer->scratch = rings;
}

/* lays the frames of the ring together, the oldest first */
static void stack_rows(const pv_wrap_layer *layer, uint32_t i, uint32_t newest, char *to)
{
    const pv_space *space = &layer->wrap->in->obs[i];
    const uint32_t n = (uint32_t)layer->wrap->number[0];
    const size_t axis = last_axis(space);
    const size_t times = (size_t)layer->lane->agents * pv_space_size(space) / axis;
    for (uint32_t k = 0; k < n; k++) {
        const char *from = ring_of(layer, i, (newest + 1 + k) % n);
        if (axis == 1) {
            for (size_t j = 0; j < times; j++) {
                to[j * n + k] = from[j];
            }
            continue;
        }
        for (size_t j = 0; j < times; j++) {
            memcpy(to + (j * n + k) * axis, from + j * axis, axis);
        }
    }
}

/* four frames of one byte, the usual case, are woven together in one pass */
static void weave_four(const pv_wrap_layer *layer, uint32_t i, uint32_t newest,
                       uint8_t *restrict to)
{
    const size_t times = (size_t)layer->lane->agents * pv_space_size(&layer->wrap->in->obs[i]);
    const uint8_t *restrict a = (const uint8_t *)ring_of(layer, i, (newest + 1) % 4);
    const uint8_t *restrict b = (const uint8_t *)ring_of(layer, i, (newest + 2) % 4);
    const uint8_t *restrict c = (const uint8_t *)ring_of(layer, i, (newest + 3) % 4);
    const uint8_t *restrict d = (const uint8_t *)ring_of(layer, i, newest);
    for (size_t j = 0; j < times; j++) {
        to[4 * j] = a[j];
        to[4 * j + 1] = b[j];
        to[4 * j + 2] = c[j];
        to[4 * j + 3] = d[j];
    }
}

static void show_stack(const pv_wrap_layer *layer, const pv_io *io)
{
    const ring *r = layer->saved;
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        if (!layer->wrap->acts[i] || !io->obs[i]) {
            continue;
        }
        if (layer->wrap->number[0] == 4.0 && last_axis(&layer->wrap->in->obs[i]) == 1) {
            weave_four(layer, i, r->newest, io->obs[i]);
        } else {
            stack_rows(layer, i, r->newest, io->obs[i]);
        }
    }
}

/* the layer below writes into this slot */
static void aim(pv_wrap_layer *layer, uint32_t slot)
{
    ring *r = layer->saved;
    r->newest = slot;
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        if (layer->wrap->acts[i]) {
            layer->own[i] = ring_of(layer, i, slot);
        }
    }
}

static pv_status stack_reset(pv_wrap_layer *layer, const pv_io *io)
{
    const uint32_t n = (uint32_t)layer->wrap->number[0];
    pv_io below;
    aim(layer, 0);
    pv_wrap_redirect(layer, io, 1, &below);
    const pv_status status = pv_wrap_below_reset(layer, &below);
    if (status) {
        return status;
    }
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        for (uint32_t k = 1; k < n && layer->wrap->acts[i]; k++) {
            memcpy(ring_of(layer, i, k), ring_of(layer, i, 0),
                   (size_t)layer->lane->agents * pv_space_size(&layer->wrap->in->obs[i]));
        }
    }
    show_stack(layer, io);
    return PV_OK;
}

static pv_status stack_step(pv_wrap_layer *layer, const pv_io *io)
{
    const ring *r = layer->saved;
    pv_io below;
    aim(layer, (r->newest + 1) % (uint32_t)layer->wrap->number[0]);
    pv_wrap_redirect(layer, io, 1, &below);
    const pv_status status = pv_wrap_below_step(layer, &below);
    if (status == PV_OK) {
        show_stack(layer, io);
    }
    return status;
}

const pv_wrap_class pv_wrap_stack = {
    .name = "stack",
    .usage = "stack n",
    .help = "the last n observations in one, along the last axis, oldest first; at the beginning "
            "of an episode n times the first",
    .takes = "a number of frames from 1 to 64, like stack 4",
    .least = 1,
    .most = 1,
    .whole = 1,
    .low = 1,
    .high = 64,
    .keeps_stack = 1,
    .every_frame = 1,
    .keeps_outcomes = 1,
    .shape = stack_shape,
    .layout = stack_layout,
    .reset = stack_reset,
    .step = stack_step,
};
