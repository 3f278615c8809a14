/* Sarsa (Rummery & Niranjan 1994; Sutton & Barto, 2nd ed., equation 6.7):

     Q(S, A) <- Q(S, A) + alpha [R + gamma Q(S', A') - Q(S, A)]

   A' is chosen before the update and is what is played next, as in the book's pseudo-code. With n,
   n-step Sarsa (7.2, equations 7.4 and 7.5); with lambda, Sarsa(lambda) by traces (12.7). At a
   truncation A' is chosen for the value alone and never played. Where the world is not
   categorical, the values are a function (agents/semi_gradient.c). */
#include "agents/deep.h"
#include "agents/list.h"
#include "agents/tabular.h"
#include "agents/traces.h"
#include "agents/window.h"

typedef struct sarsa {
    pv_tabular tabular;
    pv_window window;
    pv_traces traces;
} sarsa;

static const pv_param params[] = {PV_TABULAR_PARAMS("0.1"), PV_POLICY_PARAMS, PV_WINDOW_PARAM,
                                  PV_TRACES_PARAMS, PV_APPROX_PARAMS};

static pv_status accepts(const pv_world *world)
{
    return pv_deep_fits_choice(world, "sarsa");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    sarsa *agent = (sarsa *)base;
    pv_status status = pv_tabular_init_values(&agent->tabular, config, PV_TARGET_CHOSEN);
    status = status ? status : pv_window_init(&agent->window, config);
    if (status == PV_OK && agent->tabular.approx) {
        status = pv_window_only_one(&agent->window);
        return status ? status : pv_tabular_plan_ahead(&agent->tabular);
    }
    status = status ? status : pv_traces_init(&agent->traces, config, &agent->tabular.table);
    status = status ? status : pv_traces_or_window(&agent->traces, &agent->window);
    return status ? status : pv_tabular_plan_ahead(&agent->tabular);
}

static void free_all(pv_agent *base)
{
    sarsa *agent = (sarsa *)base;
    pv_traces_free(&agent->traces);
    pv_window_free(&agent->window);
    pv_tabular_free(&agent->tabular);
}

/* what follows a step: the value of the action to play next, which then is pending */
static double look_beyond(pv_tabular *tabular, const pv_step *step)
{
    if (!step->bootstraps) {
        return 0.0;
    }
    const int next = pv_tabular_choose(tabular, step->next, step->next_legal);
    if (!step->ended) {
        tabular->pending[step->row] = next;
    }
    return tabular->table.value[step->next * (size_t)tabular->table.width + (size_t)next];
}

static pv_status learn(pv_tabular *tabular, const pv_step *step)
{
    sarsa *agent = (sarsa *)tabular;
    const double beyond = look_beyond(tabular, step);
    if (!pv_traces_on(&agent->traces)) {
        return pv_window_push(&agent->window, tabular, step, beyond);
    }
    const double error = step->reward + tabular->gamma * beyond - tabular->table.value[step->entry];
    return pv_traces_update(&agent->traces, tabular, step, error);
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    return pv_tabular_observe(base, transitions, learn);
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const sarsa *agent = (const sarsa *)base;
    pv_status status = pv_tabular_save(base, tensors);
    status = status ? status : pv_window_save(&agent->window, tensors);
    return status ? status : pv_traces_save(&agent->traces, tensors);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    sarsa *agent = (sarsa *)base;
    pv_status status = pv_tabular_load(base, tensors);
    status = status ? status : pv_window_load(&agent->window, &agent->tabular, tensors);
    return status ? status : pv_traces_load(&agent->traces, &agent->tabular, tensors);
}

const pv_agent_class pv_agent_sarsa = {
    .name = "sarsa",
    .summary = "learns the action values of the very policy that explores",
    .source = "Rummery & Niranjan 1994; Sutton & Barto, 2nd ed., 6.4, equation 6.7",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(sarsa),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = pv_tabular_act,
    .observe = observe,
    .save = save,
    .load = load,
    .explain = pv_tabular_explain,
    .metrics = pv_tabular_metrics,
    .net = pv_tabular_net,
};
