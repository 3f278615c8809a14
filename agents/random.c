/* The uniformly random agent, the floor under every comparison. It fits every world: any legal
   category equally likely, numbers uniform within their bounds, standard normal where there are
   none, exponentially far from the one bound where there is one. */
#include "agents/list.h"
#include "agents/policy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct random_agent {
    pv_agent base;
    pv_rng rng; /* training's stream */
} random_agent;

static pv_status accepts(const pv_world *world)
{
    (void)world;
    return PV_OK;
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    ((random_agent *)base)->rng = pv_rng_split(config->seed, "explore");
    return PV_OK;
}

static void free_all(pv_agent *base)
{
    (void)base;
}

/* the mask of a row for action space k: "action_mask", or "action_mask.<name>" beside others; NULL
   if there is none */
static const uint8_t *find_mask(const pv_spec *spec, uint32_t k, const void *const *obs, int row)
{
    char name[128] = "action_mask";
    if (spec->n_action > 1) {
        snprintf(name, sizeof name, "action_mask.%s", spec->action[k].name);
    }
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if (strcmp(spec->obs[i].name, name) == 0 && spec->obs[i].dtype == PV_U8 &&
            pv_space_count(&spec->obs[i]) == spec->action[k].n) {
            return (const uint8_t *)obs[i] + (size_t)row * spec->action[k].n;
        }
    }
    return NULL;
}

static double draw_number(const pv_space *space, size_t element, pv_rng *rng)
{
    const double low = space->low ? space->low[element] : -INFINITY;
    const double high = space->high ? space->high[element] : INFINITY;
    const int whole = space->dtype != PV_F32;
    if (isfinite(low) && isfinite(high)) {
        return whole ? low + floor(pv_rng_uniform(rng) * (high - low + 1.0))
                     : low + pv_rng_uniform(rng) * (high - low);
    }
    if (isfinite(low)) {
        return low - log(1.0 - pv_rng_uniform(rng));
    }
    return isfinite(high) ? high + log(1.0 - pv_rng_uniform(rng)) : pv_rng_normal(rng);
}

static void draw_numbers(const pv_space *space, void *action, int row, pv_rng *rng)
{
    const size_t count = pv_space_count(space);
    for (size_t k = 0; k < count; k++) {
        const size_t at = (size_t)row * count + k;
        const double x = draw_number(space, k, rng);
        switch (space->dtype) {
        case PV_U8:
            ((uint8_t *)action)[at] = (uint8_t)x;
            break;
        case PV_I32:
            ((int32_t *)action)[at] = (int32_t)x;
            break;
        default:
            ((float *)action)[at] = (float)x;
            break;
        }
    }
}

static void draw_categories(const pv_space *space, const uint8_t *mask, int32_t *action, int row,
                            pv_rng *rng)
{
    const size_t count = pv_space_count(space);
    for (size_t k = 0; k < count; k++) {
        action[(size_t)row * count + k] =
            pv_mask_choose(count == 1 ? mask : NULL, (int)space->n, rng);
    }
}

static pv_status act(pv_agent *base, const pv_act *act)
{
    const pv_spec *spec = pv_world_spec(base->world);
    for (int row = 0; row < act->rows; row++) {
        pv_rng *rng = act->mode == PV_ACT_TRAIN ? &((random_agent *)base)->rng : &act->rng[row];
        for (uint32_t k = 0; k < spec->n_action; k++) {
            const pv_space *space = &spec->action[k];
            if (space->n == 0) {
                draw_numbers(space, act->action[k], row, rng);
            } else {
                draw_categories(space, find_mask(spec, k, act->obs, row), act->action[k], row, rng);
            }
        }
    }
    return PV_OK;
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    (void)base;
    (void)transitions;
    return PV_OK;
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    return pv_tensors_add(tensors, "rng", PV_U64, ((const random_agent *)base)->rng.s, 4);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    return pv_tensors_get(tensors, "rng", PV_U64, ((random_agent *)base)->rng.s, 4);
}

static pv_status explain(pv_agent *base, const pv_explain *explain)
{
    const pv_spec *spec = pv_world_spec(base->world);
    if (explain->value || explain->action_value || !explain->probability || spec->n_action != 1 ||
        spec->action[0].n == 0 || pv_space_count(&spec->action[0]) != 1) {
        return pv_fail(PV_ERROR_FIT, "agent random has no values to explain");
    }
    const int n = (int)spec->action[0].n;
    for (int row = 0; row < explain->rows; row++) {
        const uint8_t *mask = explain->obs ? find_mask(spec, 0, explain->obs, row) : NULL;
        pv_mask_probabilities(mask, n, explain->probability + (size_t)row * (size_t)n);
    }
    return PV_OK;
}

const pv_agent_class pv_agent_random = {
    .name = "random",
    .summary = "plays any action, each equally likely; the floor of every comparison",
    .source = "uniform choice",
    .size = sizeof(random_agent),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = act,
    .observe = observe,
    .save = save,
    .load = load,
    .explain = explain,
};
