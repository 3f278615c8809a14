/* Observations and rewards by their running mean and deviation (Henderson et al. 2018 tell how much
   depends on it). A step uses what was known before it, and adds what it saw when all lanes have
   stepped; outside training nothing is added. */
#include "envs/host/statistics.h"

/* numbers beyond so many deviations are cut */
#define FARTHEST 10.0

/* --- norm --- */

static int is_normed(const pv_space *space)
{
    return space->dtype == PV_F32 && !pv_wrap_is_mask(space);
}

static pv_status norm_shape(pv_wrap_draft *draft)
{
    int n = 0;
    for (uint32_t i = 0; i < draft->spec.n_obs; i++) {
        pv_space *space = &draft->obs[i];
        if (!is_normed(space)) {
            continue;
        }
        const size_t count = pv_space_count(space);
        double *low = pv_wrap_bounds(draft, count);
        double *high = low ? pv_wrap_bounds(draft, count) : NULL;
        if (!high) {
            return PV_ERROR_MEMORY;
        }
        for (size_t k = 0; k < count; k++) {
            low[k] = -FARTHEST;
            high[k] = FARTHEST;
        }
        space->low = low;
        space->high = high;
        draft->wrap->acts[i] = 1;
        n++;
    }
    return n ? PV_OK
             : pv_wrap_fail(draft->wraps, draft->wrap,
                            "norm takes an observation of numbers (f32), and %s has none",
                            draft->wraps->world);
}

static size_t norm_moments(const pv_wrap *wrap)
{
    size_t count = 0;
    for (uint32_t i = 0; i < wrap->in->n_obs; i++) {
        count += wrap->acts[i] ? pv_space_count(&wrap->in->obs[i]) : 0;
    }
    return count;
}

/* one observation of one agent: seen, then normalised in place */
static void norm_row(const pv_running *known, pv_running *seen, size_t first, float *x,
                     size_t count)
{
    for (size_t k = 0; k < count; k++) {
        const double number = (double)x[k];
        if (seen) {
            pv_running_add(seen, first + k, number, *seen->n);
        }
        const double normed = (number - known->mean[first + k]) * known->inverse[first + k];
        x[k] = (float)(normed > FARTHEST ? FARTHEST : normed < -FARTHEST ? -FARTHEST : normed);
    }
}

static void norm_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    const pv_wrap *wrap = layer->wrap;
    const pv_running *known = &layer->lane->statistics->running[wrap->index];
    pv_running *seen = layer->lane->training ? layer->scratch : NULL;
    int wanted = 1;
    (void)below;
    (void)first;
    for (uint32_t i = 0; i < wrap->in->n_obs; i++) {
        wanted &= !wrap->acts[i] || io->obs[i] != NULL;
    }
    for (int agent = 0; agent < layer->lane->agents && wanted; agent++) {
        size_t at = 0;
        if (seen) {
            *seen->n += 1.0;
        }
        for (uint32_t i = 0; i < wrap->in->n_obs; i++) {
            if (wrap->acts[i]) {
                const size_t count = pv_space_count(&wrap->in->obs[i]);
                norm_row(known, seen, at, (float *)io->obs[i] + (size_t)agent * count, count);
                at += count;
            }
        }
    }
}

static void take_seen(pv_wrap_layer *layer, pv_block *scratch)
{
    pv_running *seen = pv_block_take(scratch, 1, sizeof *seen);
    pv_running arrays;
    pv_running_take(&arrays, scratch, layer->wrap->wrap_class->moments(layer->wrap));
    if (seen) {
        *seen = arrays;
    }
    layer->scratch = seen;
}

static void norm_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    (void)saved;
    take_seen(layer, scratch);
}

const pv_wrap_class pv_wrap_norm = {
    .name = "norm",
    .usage = "norm",
    .help = "observations less their running mean, over their running deviation, cut at 10; "
            "learned in training only and kept with the agent",
    .takes = "no numbers",
    .keeps_stack = 1,
    .keeps_outcomes = 1,
    .shape = norm_shape,
    .layout = norm_layout,
    .after = norm_after,
    .moments = norm_moments,
};

/* --- norm-reward --- */

/* saved: the running discounted return of each agent, whose deviation rewards are divided by */
static void norm_reward_layout(pv_wrap_layer *layer, pv_block *saved, pv_block *scratch)
{
    layer->saved = pv_block_take(saved, (size_t)layer->lane->agents, sizeof(double));
    take_seen(layer, scratch);
}

static void norm_reward_after(pv_wrap_layer *layer, const pv_io *below, const pv_io *io, int first)
{
    const pv_running *known = &layer->lane->statistics->running[layer->wrap->index];
    pv_running *seen = layer->scratch;
    double *returns = layer->saved;
    (void)below;
    for (int i = 0; i < layer->lane->agents; i++) {
        if (first) {
            returns[i] = 0.0;
            continue;
        }
        returns[i] = layer->wrap->number[0] * returns[i] + (double)io->reward[i];
        if (layer->lane->training) {
            *seen->n += 1.0;
            pv_running_add(seen, 0, returns[i], *seen->n);
        }
        const double normed = (double)io->reward[i] * known->inverse[0];
        io->reward[i] = (float)(normed > FARTHEST    ? FARTHEST
                                : normed < -FARTHEST ? -FARTHEST
                                                     : normed);
    }
}

static size_t one_moment(const pv_wrap *wrap)
{
    (void)wrap;
    return 1;
}

const pv_wrap_class pv_wrap_norm_reward = {
    .name = "norm-reward",
    .usage = "norm-reward [gamma]",
    .help = "rewards over the running deviation of their sum discounted by gamma (0.99 if not "
            "given), cut at 10; learned in training only and kept with the agent",
    .takes = "a discount from 0 to 1, like norm-reward 0.99",
    .least = 0,
    .most = 1,
    .low = 0,
    .high = 1,
    .usual = 0.99,
    .keeps_stack = 1,
    .layout = norm_reward_layout,
    .after = norm_reward_after,
    .moments = one_moment,
};
