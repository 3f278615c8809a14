/* Wrappers on what an observation is made of: components hidden, categories as flags, axes gone. */
#include "envs/host/wrap.h"

#include "core/memory.h"
#include "core/tensors.h"

#include <string.h>

/* what a layer does to each observation it changes; rows are the lane's agents */
typedef void change(const pv_wrap *wrap, uint32_t i, const void *from, void *to, size_t rows);

static void change_all(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, change *function)
{
    const pv_wrap *wrap = layer->wrap;
    for (uint32_t i = 0; i < wrap->in->n_obs; i++) {
        if (wrap->acts[i] && io->obs[i]) {
            function(wrap, i, below->obs[i], io->obs[i], (size_t)layer->lane->agents);
        }
    }
}

static void take_changed(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    (void)saved;
    for (uint32_t i = 0; i < layer->wrap->in->n_obs; i++) {
        if (layer->wrap->acts[i]) {
            (void)pv_wrap_take_own(layer, scratch, i);
        }
    }
}

/* --- hide --- */

static int is_hidden(const pv_wrap *wrap, uint32_t component)
{
    for (int i = 0; i < wrap->n; i++) {
        if (wrap->number[i] == (double)component) {
            return 1;
        }
    }
    return 0;
}

/* the one observation that `hide` means: numbers in a row */
static pv_status find_row(const pv_wrap_draft *draft, uint32_t *found)
{
    int n = 0;
    for (uint32_t i = 0; i < draft->spec.n_obs; i++) {
        const pv_space *space = &draft->obs[i];
        if (!pv_wrap_is_mask(space) && space->n == 0 && space->ndim == 1) {
            *found = i;
            n++;
        }
    }
    return n == 1 ? PV_OK
                  : pv_wrap_fail(draft->wraps, draft->wrap,
                                 "hide takes a world with one observation that is a row of "
                                 "numbers, and %s has %s",
                                 draft->wraps->world, n ? "several" : "none (flatten makes one)");
}

/* the bounds of what is left; NULL stays NULL */
static pv_status hide_bounds(pv_wrap_draft *draft, uint32_t count, const double **bounds)
{
    if (!*bounds) {
        return PV_OK;
    }
    double *left = pv_wrap_bounds(draft, count);
    if (!left) {
        return PV_ERROR_MEMORY;
    }
    for (uint32_t i = 0, kept = 0; i < count; i++) {
        if (!is_hidden(draft->wrap, i)) {
            left[kept++] = (*bounds)[i];
        }
    }
    *bounds = left;
    return PV_OK;
}

static pv_status hide_shape(pv_wrap_draft *draft)
{
    pv_wrap *wrap = draft->wrap;
    uint32_t which = 0;
    if (find_row(draft, &which)) {
        return pv_last_status();
    }
    pv_space *space = &draft->obs[which];
    const uint32_t count = space->shape[0];
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        left += !is_hidden(wrap, i);
    }
    for (int i = 0; i < wrap->n; i++) {
        if (wrap->number[i] >= count) {
            return pv_wrap_fail(draft->wraps, wrap,
                                "hide takes numbers of components, and \"%s\" has 0 to %u",
                                space->name, (unsigned)(count - 1));
        }
    }
    if (left == 0) {
        return pv_wrap_fail(draft->wraps, wrap, "hide leaves nothing of \"%s\"", space->name);
    }
    if (hide_bounds(draft, count, &space->low) || hide_bounds(draft, count, &space->high)) {
        return PV_ERROR_MEMORY;
    }
    space->shape[0] = left;
    wrap->acts[which] = 1;
    return PV_OK;
}

/* which components stay, in order */
static pv_status hide_prepare(pv_wrap *wrap)
{
    for (uint32_t i = 0; i < wrap->in->n_obs; i++) {
        if (!wrap->acts[i]) {
            continue;
        }
        uint32_t *kept = pv_alloc_array(wrap->out->obs[i].shape[0], sizeof *kept);
        if (!kept) {
            return PV_ERROR_MEMORY;
        }
        wrap->constant = kept;
        for (uint32_t k = 0; k < wrap->in->obs[i].shape[0]; k++) {
            if (!is_hidden(wrap, k)) {
                *kept++ = k;
            }
        }
    }
    return PV_OK;
}

static void hide_rows(const pv_wrap *wrap, uint32_t i, const void *from, void *to, size_t rows)
{
    const uint32_t *kept = wrap->constant;
    const size_t size = pv_dtype_size(wrap->in->obs[i].dtype);
    const size_t in = wrap->in->obs[i].shape[0];
    const size_t out = wrap->out->obs[i].shape[0];
    for (size_t row = 0; row < rows; row++) {
        for (size_t k = 0; k < out; k++) {
            memcpy((char *)to + (row * out + k) * size,
                   (const char *)from + (row * in + kept[k]) * size, size);
        }
    }
}

static void hide_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    (void)first;
    change_all(layer, below, io, hide_rows);
}

const pv_wrap_class pv_wrap_hide = {
    .name = "hide",
    .usage = "hide i j ...",
    .help = "leaves those components (0 is the first) out of the one observation in a row",
    .takes = "numbers of components, 64 at most, like hide 1 3",
    .least = 1,
    .most = PV_WRAP_NUMBERS,
    .whole = 1,
    .high = 1e6,
    .keeps_stack = 1,
    .keeps_outcomes = 1,
    .shape = hide_shape,
    .prepare = hide_prepare,
    .layout = take_changed,
    .after = hide_after,
};

/* --- onehot --- */

static pv_status flag_bounds(pv_wrap_draft *draft, pv_space *space)
{
    const size_t count = pv_space_count(space);
    double *low = pv_wrap_bounds(draft, count);
    double *high = low ? pv_wrap_bounds(draft, count) : NULL;
    if (!high) {
        return PV_ERROR_MEMORY;
    }
    for (size_t k = 0; k < count; k++) {
        high[k] = 1.0;
    }
    space->low = low;
    space->high = high;
    return PV_OK;
}

static pv_status onehot_shape(pv_wrap_draft *draft)
{
    int n = 0;
    for (uint32_t i = 0; i < draft->spec.n_obs; i++) {
        pv_space *space = &draft->obs[i];
        if (space->n == 0 || space->ndim == 4) {
            continue;
        }
        if (pv_space_count(space) > (1u << 24) / space->n) {
            return pv_wrap_fail(draft->wraps, draft->wrap, "onehot makes too many flags of \"%s\"",
                                space->name);
        }
        space->shape[space->ndim++] = space->n;
        space->n = 0;
        space->dtype = PV_U8;
        draft->wrap->acts[i] = 1;
        if (flag_bounds(draft, space)) {
            return PV_ERROR_MEMORY;
        }
        n++;
    }
    return n ? PV_OK
             : pv_wrap_fail(draft->wraps, draft->wrap,
                            "onehot takes an observation of categories, and %s has none",
                            draft->wraps->world);
}

static void onehot_rows(const pv_wrap *wrap, uint32_t i, const void *from, void *to, size_t rows)
{
    const int32_t *category = from;
    uint8_t *flag = to;
    const size_t n = wrap->in->obs[i].n;
    const size_t count = rows * pv_space_count(&wrap->in->obs[i]);
    memset(flag, 0, count * n);
    for (size_t k = 0; k < count; k++) {
        flag[k * n + (size_t)category[k]] = 1;
    }
}

static void onehot_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    (void)first;
    change_all(layer, below, io, onehot_rows);
}

const pv_wrap_class pv_wrap_onehot = {
    .name = "onehot",
    .usage = "onehot",
    .help = "categories become flags, one byte each, of which one is 1",
    .takes = "no numbers",
    .keeps_stack = 1,
    .keeps_outcomes = 1,
    .shape = onehot_shape,
    .layout = take_changed,
    .after = onehot_after,
};

/* --- flatten --- */

static pv_status flatten_shape(pv_wrap_draft *draft)
{
    for (uint32_t i = 0; i < draft->spec.n_obs; i++) {
        pv_space *space = &draft->obs[i];
        if (!pv_wrap_is_mask(space) && space->ndim != 1) {
            space->shape[0] = (uint32_t)pv_space_count(space);
            space->ndim = 1;
            draft->wrap->acts[i] = 1;
        }
    }
    return PV_OK;
}

const pv_wrap_class pv_wrap_flatten = {
    .name = "flatten",
    .usage = "flatten",
    .help = "every observation becomes a row, [count]; nothing is moved",
    .takes = "no numbers",
    .keeps_stack = 1,
    .keeps_outcomes = 1,
    .shape = flatten_shape,
};
