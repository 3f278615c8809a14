/* deep.c: a network, its optimiser and its bookkeeping, made from an agent's parameters. What a
   deep agent adds is its loss. */
#include "agents/deep.h"

#include "agents/net_inputs.h"
#include "agents/table.h"
#include "core/memory.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* --- what fits --- */

static int is_mask(const pv_space *space)
{
    return strncmp(space->name, "action_mask", 11) == 0;
}

pv_status pv_deep_fits(const pv_world *world, const char *agent)
{
    const pv_spec *spec = pv_world_spec(world);
    int inputs = 0;
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        const pv_space *space = &spec->obs[i];
        inputs += !is_mask(space);
        if (space->dtype == PV_I32 && space->n == 0) {
            return pv_fail(PV_ERROR_FIT,
                           "agent %s reads bytes, floats and categories; the observation \"%s\" of "
                           "world %s is whole numbers without bounds",
                           agent, space->name, pv_world_name(world));
        }
    }
    if (inputs == 0) {
        return pv_fail(PV_ERROR_FIT, "agent %s needs something to observe; world %s has nothing",
                       agent, pv_world_name(world));
    }
    return PV_OK;
}

pv_status pv_deep_fits_choice(const pv_world *world, const char *agent)
{
    const pv_spec *spec = pv_world_spec(world);
    const char *name = pv_world_name(world);
    if (spec->n_action != 1) {
        return pv_fail(PV_ERROR_FIT, "agent %s needs one action space; world %s has %u", agent,
                       name, (unsigned)spec->n_action);
    }
    const pv_space *action = &spec->action[0];
    if (action->n == 0 || pv_space_count(action) != 1) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s needs one action out of several; the action \"%s\" of world %s "
                       "is %s",
                       agent, action->name, name,
                       action->n == 0 ? "a number" : "several choices at once");
    }
    const int mask = pv_table_find_mask(spec);
    if (mask >= 0 &&
        (spec->obs[mask].dtype != PV_U8 || pv_space_count(&spec->obs[mask]) != action->n)) {
        return pv_fail(PV_ERROR_FIT,
                       "agent %s needs an action mask of %u bytes; that of world %s is otherwise",
                       agent, (unsigned)action->n, name);
    }
    return PV_OK;
}

/* --- making --- */

pv_optimizer_config pv_deep_optimizer(const pv_params *params)
{
    const pv_optimizer_kind kind = (pv_optimizer_kind)pv_params_number(params, "optimizer");
    pv_optimizer_config config = pv_optimizer_config_default(kind);
    const struct {
        const char *name;
        double *value;
    } given[] = {{"momentum", &config.momentum},
                 {"beta1", &config.beta1},
                 {"beta2", &config.beta2},
                 {"l2", &config.l2}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        const double value = pv_params_number(params, given[i].name);
        *given[i].value = value >= 0.0 ? value : *given[i].value;
    }
    const double eps = pv_params_number(params, "eps");
    config.eps = eps > 0.0 ? eps : config.eps;
    config.eps_outside = pv_params_number(params, "eps-outside") != 0.0;
    config.clip_norm = pv_params_number(params, "clip-norm");
    config.clip_value = pv_params_number(params, "clip-value");
    return config;
}

static pv_status make_inputs(pv_deep *deep, const pv_spec *spec)
{
    const size_t n = spec->n_obs;
    deep->source = pv_alloc_array(n, sizeof *deep->source);
    deep->row_size = pv_alloc_array(n, sizeof *deep->row_size);
    deep->input = pv_alloc_array(n, sizeof *deep->input);
    if (!deep->source || !deep->row_size || !deep->input) {
        return pv_last_status();
    }
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        if (!is_mask(&spec->obs[i])) {
            deep->source[deep->n_inputs] = (int)i;
            deep->row_size[deep->n_inputs++] = pv_space_size(&spec->obs[i]);
        }
    }
    return PV_OK;
}

static pv_status make_net(pv_deep *deep, const pv_agent_config *config, const char *text,
                          const pv_net_head *heads, int n_heads)
{
    int n;
    pv_net_input *inputs = pv_net_inputs_create(pv_world_spec(config->world), &n);
    if (!inputs) {
        return pv_last_status();
    }
    assert(n == deep->n_inputs);
    deep->net = pv_net_create(&(pv_net_config){.inputs = inputs,
                                               .n_inputs = n,
                                               .text = text,
                                               .heads = heads,
                                               .n_heads = n_heads,
                                               .seed = pv_seed_split(config->seed, "net")});
    pv_free(inputs);
    return deep->net ? PV_OK : pv_last_status();
}

pv_status pv_deep_init(pv_deep *deep, const pv_agent_config *config, const char *text,
                       const pv_net_head *heads, int n_heads)
{
    pv_status status = make_inputs(deep, pv_world_spec(config->world));
    status = status ? status : make_net(deep, config, text, heads, n_heads);
    if (status || pv_params_find(config->params, "lr") < 0) {
        return status;
    }
    status = pv_schedule_parse(&deep->lr, "lr", pv_params_text(config->params, "lr"), 0.0, 1e3);
    if (status) {
        return status;
    }
    const pv_optimizer_config optimizer = pv_deep_optimizer(config->params);
    const size_t count = pv_net_parameter_count(deep->net);
    deep->optimizer = pv_optimizer_create(&optimizer, count);
    deep->gradient = pv_alloc_array(count, sizeof *deep->gradient);
    return deep->optimizer && deep->gradient ? PV_OK : pv_last_status();
}

void pv_deep_free(pv_deep *deep)
{
    pv_optimizer_destroy(deep->optimizer);
    pv_net_destroy(deep->net);
    pv_free(deep->gradient);
    pv_free(deep->source);
    pv_free(deep->row_size);
    pv_free(deep->input);
}

/* --- using --- */

const void *const *pv_deep_inputs(pv_deep *deep, const void *const *obs, int row)
{
    for (int i = 0; i < deep->n_inputs; i++) {
        deep->input[i] = (const char *)obs[deep->source[i]] + (size_t)row * deep->row_size[i];
    }
    return deep->input;
}

pv_status pv_deep_update(pv_deep *deep, const pv_pass *pass, double loss, uint64_t step)
{
    if (!isfinite(loss)) {
        const pv_status status = pv_pass_check(pass);
        return status ? pv_fail_in("update %llu", (unsigned long long)deep->updates + 1)
                      : pv_fail(PV_ERROR_NUMBER,
                                "update %llu: the loss is not finite; rewards must be, and a lower "
                                "lr or a clip-norm keeps values so",
                                (unsigned long long)deep->updates + 1);
    }
    pv_update_report report;
    const double lr = pv_schedule_at(&deep->lr, step, deep->updates + 1);
    pv_optimizer_set_lr(deep->optimizer, lr);
    const pv_status status = pv_update(deep->optimizer, deep->net, deep->gradient, NULL, &report);
    if (status) {
        return status;
    }
    pv_pass_keep_statistics(pass, deep->net);
    deep->updates++;
    deep->told.updates++;
    deep->told.loss += loss;
    deep->told.gradient_norm += report.gradient_norm;
    deep->told.lr = lr;
    return PV_OK;
}

/* --- telling --- */

int pv_deep_metrics(pv_deep *deep, const pv_pass *pass, pv_metric *metrics, int n)
{
    const pv_deep_told *told = &deep->told;
    metrics[n++] = (pv_metric){"updates", (double)deep->updates};
    if (told->updates > 0) {
        const double updates = (double)told->updates;
        metrics[n++] = (pv_metric){"lr", told->lr};
        metrics[n++] = (pv_metric){"loss", told->loss / updates};
        metrics[n++] = (pv_metric){"gradient_norm", told->gradient_norm / updates};
        metrics[n++] = (pv_metric){"dead_units", pv_pass_dead_units(pass)};
    }
    deep->told = (pv_deep_told){0};
    return n;
}

/* --- saving --- */

pv_status pv_deep_save(const pv_deep *deep, pv_tensors *tensors)
{
    pv_status status = pv_net_save(deep->net, tensors, "net.");
    if (status == PV_OK && deep->optimizer) {
        status = pv_optimizer_save(deep->optimizer, tensors, "optimizer.");
    }
    return status ? status : pv_tensors_add(tensors, "updates", PV_U64, &deep->updates, 1);
}

pv_status pv_deep_load(pv_deep *deep, const pv_tensors *tensors)
{
    pv_status status = pv_net_load(deep->net, tensors, "net.");
    if (status == PV_OK && deep->optimizer) {
        status = pv_optimizer_load(deep->optimizer, tensors, "optimizer.");
    }
    return status ? status : pv_tensors_get(tensors, "updates", PV_U64, &deep->updates, 1);
}
