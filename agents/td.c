/* TD(0) prediction of a given policy (Sutton 1988; Sutton & Barto, 2nd ed., equation 6.2):

     V(S) <- V(S) + alpha [R + gamma V(S') - V(S)]

   With n, n-step TD (7.1, equations 7.1 and 7.2); with lambda, the backward view of TD(lambda) with
   updates in every step (12.2; accumulating traces of Sutton 1988 or replacing ones of Singh &
   Sutton 1996). */
#include "agents/given.h"
#include "agents/list.h"
#include "agents/tabular.h"
#include "agents/traces.h"
#include "agents/window.h"

typedef struct td {
    pv_tabular tabular;
    pv_window window;
    pv_traces traces;
} td;

static const pv_param params[] = {PV_TABULAR_PARAMS("0.1"), PV_GIVEN_PARAM, PV_WINDOW_PARAM,
                                  PV_TRACES_PARAMS};

static pv_status accepts(const pv_world *world)
{
    return pv_table_fits(world, "td");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    td *agent = (td *)base;
    pv_status status = pv_tabular_init(&agent->tabular, config, PV_TABLE_STATES);
    status = status ? status : pv_window_init(&agent->window, config);
    status = status ? status : pv_traces_init(&agent->traces, config, &agent->tabular.table);
    return status ? status : pv_traces_or_window(&agent->traces, &agent->window);
}

static void free_all(pv_agent *base)
{
    td *agent = (td *)base;
    pv_traces_free(&agent->traces);
    pv_window_free(&agent->window);
    pv_tabular_free(&agent->tabular);
}

static pv_status learn(pv_tabular *tabular, const pv_step *step)
{
    td *agent = (td *)tabular;
    const double *value = tabular->table.value;
    const double beyond = step->bootstraps ? value[step->next] : 0.0;
    if (!pv_traces_on(&agent->traces)) {
        return pv_window_push(&agent->window, tabular, step, beyond);
    }
    const double error = step->reward + tabular->gamma * beyond - value[step->entry];
    return pv_traces_update(&agent->traces, tabular, step, error);
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    return pv_tabular_observe(base, transitions, learn);
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const td *agent = (const td *)base;
    pv_status status = pv_tabular_save(base, tensors);
    status = status ? status : pv_window_save(&agent->window, tensors);
    return status ? status : pv_traces_save(&agent->traces, tensors);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    td *agent = (td *)base;
    pv_status status = pv_tabular_load(base, tensors);
    status = status ? status : pv_window_load(&agent->window, &agent->tabular, tensors);
    return status ? status : pv_traces_load(&agent->traces, &agent->tabular, tensors);
}

const pv_agent_class pv_agent_td = {
    .name = "td",
    .summary = "predicts the value of a given policy: TD(0), n-step, TD(lambda)",
    .source = "Sutton 1988; Sutton & Barto, 2nd ed., 6.1, 7.1 and 12.2",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(td),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = pv_tabular_act,
    .observe = observe,
    .save = save,
    .load = load,
    .explain = pv_tabular_explain,
    .metrics = pv_tabular_metrics,
};
