/* Action values from a network, learned one step at a time by the semi-gradient (Sutton & Barto,
   2nd ed., equation 10.1; with lambda, the accumulating traces of 12.7 over all parameters):

     z <- gamma lambda z + grad Q(s, a),   theta <- theta + alpha delta z

   There is no memory and no second network: the plain method, whose failures replay and a target
   network cure (agents/dqn.c). */
#include "agents/approx.h"
#include "agents/net_inputs.h"

#include "core/memory.h"
#include "nets/optimizer.h"
#include "nets/pass.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct neural {
    pv_approx base;
    pv_net *net;
    pv_pass *pass;
    pv_optimizer *optimizer;
    const void **input; /* [n_inputs] of one row */
    int n_inputs;
    float *gradient; /* [parameters] */
    float *trace;    /* [rows][parameters], NULL: none */
    double norm;     /* sum of gradient norms, and of the dead part, since the last report */
    double dead;
    uint64_t moves;
} neural;

static void neural_destroy(pv_approx *base)
{
    neural *n = (neural *)base;
    if (n) {
        pv_pass_destroy(n->pass);
        pv_net_destroy(n->net);
        pv_optimizer_destroy(n->optimizer);
        pv_free(n->input);
        pv_free(n->gradient);
        pv_free(n->trace);
        pv_free(n);
    }
}

static void forward(neural *n, const void *const *obs, int row)
{
    const pv_spec *spec = pv_world_spec(n->base.world);
    int k = 0;
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if (strncmp(spec->obs[i].name, "action_mask", 11) != 0) {
            n->input[k++] = (const char *)obs[i] + (size_t)row * pv_space_size(&spec->obs[i]);
        }
    }
    const pv_net_batch batch = {.steps = 1, .sequences = 1, .input = n->input};
    pv_pass_forward(n->pass, n->net, &batch);
}

static void neural_values(pv_approx *base, const void *const *obs, int row, double *value)
{
    neural *n = (neural *)base;
    forward(n, obs, row);
    const float *out = pv_pass_output(n->pass, 0);
    for (int a = 0; a < base->actions; a++) {
        value[a] = (double)out[a];
    }
}

static void neural_cut(pv_approx *base, int row)
{
    neural *n = (neural *)base;
    const size_t count = pv_net_parameter_count(n->net);
    if (n->trace) {
        memset(n->trace + (size_t)row * count, 0, count * sizeof *n->trace);
    }
}

/* turns grad Q into what an optimiser takes: -error z */
static void point(neural *n, int row, double error)
{
    const size_t count = pv_net_parameter_count(n->net);
    float *z = n->trace ? n->trace + (size_t)row * count : NULL;
    for (size_t i = 0; i < count; i++) {
        float slope = n->gradient[i];
        if (z) {
            slope += (float)n->base.decay * z[i];
            z[i] = slope;
        }
        n->gradient[i] = (float)-error * slope;
    }
}

static pv_status neural_move(pv_approx *base, const pv_approx_move *move)
{
    neural *n = (neural *)base;
    pv_update_report report;
    forward(n, move->obs, move->row);
    pv_pass_output_gradient(n->pass, 0)[move->action] = 1.0f;
    pv_pass_backward(n->pass, n->net, n->gradient, 0);
    point(n, move->row, move->error);
    pv_optimizer_set_lr(n->optimizer, move->rate);
    pv_status status = pv_update(n->optimizer, n->net, n->gradient, NULL, &report);
    if (status == PV_OK) {
        const double dead = pv_pass_dead_units(n->pass);
        n->norm += report.gradient_norm;
        n->dead += isnan(dead) ? 0.0 : dead;
        n->moves++;
    }
    if (move->ended) {
        neural_cut(base, move->row);
    }
    return status;
}

static int neural_metrics(pv_approx *base, pv_metric *metrics)
{
    neural *n = (neural *)base;
    const double moves = (double)n->moves;
    int count = 0;
    if (n->moves) {
        metrics[count++] = (pv_metric){"gradient_norm", n->norm / moves};
        metrics[count++] = (pv_metric){"dead_units", n->dead / moves};
    }
    n->norm = n->dead = 0.0;
    n->moves = 0;
    return count;
}

static const pv_net *neural_net(const pv_approx *base)
{
    return ((const neural *)base)->net;
}

/* --- saving --- */

static pv_status neural_save(const pv_approx *base, pv_tensors *tensors)
{
    const neural *n = (const neural *)base;
    pv_status status = pv_net_save(n->net, tensors, "net.");
    status = status ? status : pv_optimizer_save(n->optimizer, tensors, "optimizer.");
    if (status || !n->trace) {
        return status;
    }
    return pv_tensors_add(tensors, "row.traces", PV_F32, n->trace,
                          (size_t)base->rows * pv_net_parameter_count(n->net));
}

static pv_status neural_load(pv_approx *base, const pv_tensors *tensors, int same_rows)
{
    neural *n = (neural *)base;
    pv_status status = pv_net_load(n->net, tensors, "net.");
    status = status ? status : pv_optimizer_load(n->optimizer, tensors, "optimizer.");
    for (int row = 0; row < base->rows; row++) {
        neural_cut(base, row);
    }
    if (status || !n->trace || !same_rows) {
        return status;
    }
    return pv_tensors_get(tensors, "row.traces", PV_F32, n->trace,
                          (size_t)base->rows * pv_net_parameter_count(n->net));
}

static const pv_approx_class neural_class = {.destroy = neural_destroy,
                                             .values = neural_values,
                                             .move = neural_move,
                                             .cut = neural_cut,
                                             .save = neural_save,
                                             .load = neural_load,
                                             .metrics = neural_metrics,
                                             .net = neural_net};

static pv_status make_net(neural *n, const pv_agent_config *config)
{
    char dense[32];
    snprintf(dense, sizeof dense, "dense %d", n->base.actions);
    const pv_net_head head = {"q", dense};
    pv_net_input *inputs = pv_net_inputs_create(pv_world_spec(config->world), &n->n_inputs);
    const pv_net_config net = {.inputs = inputs,
                               .n_inputs = n->n_inputs,
                               .text = pv_params_text(config->params, "net"),
                               .heads = &head,
                               .n_heads = 1,
                               .seed = pv_seed_split(config->seed, "net")};
    n->net = inputs ? pv_net_create(&net) : NULL;
    pv_free(inputs);
    if (!n->net) {
        return pv_last_status();
    }
    return pv_net_state_size(n->net) == 0
               ? PV_OK
               : pv_fail(PV_ERROR_FIT, "values learned step by step take no recurrent layer; "
                                       "agent dqn does");
}

static pv_status init(neural *n, const pv_agent_config *config)
{
    pv_approx_init(&n->base, &neural_class, config);
    const pv_status status = make_net(n, config);
    if (status) {
        return status;
    }
    const size_t count = pv_net_parameter_count(n->net);
    const pv_pass_config pass = {
        .rows = 1, .learns = 1, .seed = pv_seed_split(config->seed, "dropout")};
    const pv_optimizer_config optimizer = pv_optimizer_config_default(
        (pv_optimizer_kind)pv_params_number(config->params, "optimizer"));
    n->pass = pv_pass_create(n->net, &pass);
    n->optimizer = pv_optimizer_create(&optimizer, count);
    n->input = pv_alloc_array((size_t)n->n_inputs, sizeof *n->input);
    n->gradient = pv_alloc_array(count, sizeof *n->gradient);
    if (n->base.decay > 0.0) {
        n->trace = pv_alloc_array((size_t)config->rows * count, sizeof *n->trace);
    }
    const int complete = n->pass && n->optimizer && n->input && n->gradient;
    return complete && (n->trace || n->base.decay <= 0.0) ? PV_OK : PV_ERROR_MEMORY;
}

pv_approx *pv_neural_create(const pv_agent_config *config)
{
    neural *n = pv_alloc(sizeof *n);
    if (n && init(n, config)) {
        neural_destroy(&n->base);
        n = NULL;
    }
    return n ? &n->base : NULL;
}
