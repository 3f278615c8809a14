/* Action values that are linear in tiles: Q(s, a) is the sum of action a's weights of the tiles
   that s is in, and its gradient is 1 there, 0 elsewhere (Sutton & Barto, 2nd ed., 9.4, 10.1). With
   lambda, sparse traces as in 12.7. The rate is shared among the tilings, so that alpha = 1 would
   remove an error whole, as in a table. */
#include "agents/approx.h"
#include "agents/tiles.h"

#include "core/memory.h"

#include <math.h>

static const double forgotten = 1e-4; /* a trace this weak is dropped */

typedef struct linear {
    pv_approx base;
    pv_tiles tiles;
    size_t weights;   /* actions * features */
    double *weight;   /* [actions][features] */
    uint32_t *find;   /* [tilings] scratch */
    double *strength; /* [rows][weights], NULL: no traces */
    uint32_t *active; /* [rows][weights] whose strength is not 0 */
    uint32_t *length; /* [rows] of them */
} linear;

static void linear_destroy(pv_approx *base)
{
    linear *l = (linear *)base;
    if (l) {
        pv_free(l->weight);
        pv_free(l->find);
        pv_free(l->strength);
        pv_free(l->active);
        pv_free(l->length);
        pv_free(l);
    }
}

static void linear_values(pv_approx *base, const void *const *obs, int row, double *value)
{
    linear *l = (linear *)base;
    pv_tiles_find(&l->tiles, obs, row, l->find);
    for (int a = 0; a < base->actions; a++) {
        const double *weight = l->weight + (size_t)a * l->tiles.features;
        value[a] = 0.0;
        for (int t = 0; t < l->tiles.tilings; t++) {
            value[a] += weight[l->find[t]];
        }
    }
}

/* --- traces --- */

static void linear_cut(pv_approx *base, int row)
{
    linear *l = (linear *)base;
    if (!l->strength) {
        return;
    }
    const size_t first = (size_t)row * l->weights;
    for (uint32_t i = 0; i < l->length[row]; i++) {
        l->strength[first + l->active[first + i]] = 0.0;
    }
    l->length[row] = 0;
}

static void visit(linear *l, int row, size_t weight)
{
    const size_t first = (size_t)row * l->weights;
    double *strength = &l->strength[first + weight];
    if (*strength == 0.0) {
        l->active[first + l->length[row]++] = (uint32_t)weight;
    }
    *strength = l->base.replaces ? 1.0 : *strength + 1.0;
}

/* moves every weight by its trace, which then decays */
static void follow_traces(linear *l, int row, double step)
{
    const size_t first = (size_t)row * l->weights;
    uint32_t *active = l->active + first;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->length[row]; i++) {
        double *strength = &l->strength[first + active[i]];
        l->weight[active[i]] += step * *strength;
        *strength *= l->base.decay;
        if (*strength < forgotten) {
            *strength = 0.0;
        } else {
            active[kept++] = active[i];
        }
    }
    l->length[row] = kept;
}

static pv_status linear_move(pv_approx *base, const pv_approx_move *move)
{
    linear *l = (linear *)base;
    const double step = move->rate * move->error / l->tiles.tilings;
    const size_t offset = (size_t)move->action * l->tiles.features;
    if (!isfinite(step)) {
        return pv_fail(PV_ERROR_NUMBER,
                       "an error of %g is no finite number; a smaller alpha keeps "
                       "values so",
                       move->error);
    }
    pv_tiles_find(&l->tiles, move->obs, move->row, l->find);
    for (int t = 0; t < l->tiles.tilings; t++) {
        const size_t weight = offset + l->find[t];
        if (l->strength) {
            visit(l, move->row, weight);
        } else {
            l->weight[weight] += step;
        }
    }
    if (l->strength) {
        follow_traces(l, move->row, step);
    }
    if (move->ended) {
        linear_cut(base, move->row);
    }
    return PV_OK;
}

/* --- saving --- */

static pv_status linear_save(const pv_approx *base, pv_tensors *tensors)
{
    const linear *l = (const linear *)base;
    const uint64_t shape[2] = {(uint64_t)base->actions, l->tiles.features};
    const pv_status status =
        pv_tensors_add_shaped(tensors, "tiles.weight", PV_F64, l->weight, 2, shape);
    if (status || !l->strength) {
        return status;
    }
    return pv_tensors_add(tensors, "row.traces", PV_F64, l->strength,
                          (size_t)base->rows * l->weights);
}

static pv_status linear_load(pv_approx *base, const pv_tensors *tensors, int same_rows)
{
    linear *l = (linear *)base;
    pv_status status = pv_tensors_get(tensors, "tiles.weight", PV_F64, l->weight, l->weights);
    for (int row = 0; row < base->rows; row++) {
        linear_cut(base, row);
    }
    if (status || !l->strength || !same_rows) {
        return status;
    }
    status =
        pv_tensors_get(tensors, "row.traces", PV_F64, l->strength, (size_t)base->rows * l->weights);
    for (size_t i = 0; i < (size_t)base->rows * l->weights && !status; i++) {
        const size_t row = i / l->weights;
        if (l->strength[i] != 0.0) {
            l->active[row * l->weights + l->length[row]++] = (uint32_t)(i % l->weights);
        }
    }
    return status;
}

static const pv_approx_class linear_class = {.destroy = linear_destroy,
                                             .values = linear_values,
                                             .move = linear_move,
                                             .cut = linear_cut,
                                             .save = linear_save,
                                             .load = linear_load};

static pv_status init(linear *l, const pv_agent_config *config)
{
    const pv_params *params = config->params;
    pv_approx_init(&l->base, &linear_class, config);
    const pv_status status = pv_tiles_init(
        &l->tiles, config->world, (int)pv_params_number(params, "tilings"),
        (int)pv_params_number(params, "tiles"), (size_t)pv_params_number(params, "tile-memory"),
        pv_params_text(params, "ranges"));
    if (status) {
        return status;
    }
    l->weights = (size_t)l->base.actions * l->tiles.features;
    l->weight = pv_alloc_array(l->weights, sizeof *l->weight);
    l->find = pv_alloc_array((size_t)l->tiles.tilings, sizeof *l->find);
    if (!l->weight || !l->find) {
        return PV_ERROR_MEMORY;
    }
    for (size_t i = 0; i < l->weights; i++) {
        l->weight[i] = pv_params_number(params, "initial") / l->tiles.tilings;
    }
    if (l->base.decay <= 0.0) {
        return PV_OK;
    }
    const size_t traces = (size_t)config->rows * l->weights;
    l->strength = pv_alloc_array(traces, sizeof *l->strength);
    l->active = pv_alloc_array(traces, sizeof *l->active);
    l->length = pv_alloc_array((size_t)config->rows, sizeof *l->length);
    return l->strength && l->active && l->length ? PV_OK : PV_ERROR_MEMORY;
}

pv_approx *pv_linear_create(const pv_agent_config *config)
{
    linear *l = pv_alloc(sizeof *l);
    if (l && init(l, config)) {
        linear_destroy(&l->base);
        l = NULL;
    }
    return l ? &l->base : NULL;
}
