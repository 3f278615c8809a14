/* Q-learning (Watkins 1989; Sutton & Barto, 2nd ed., equation 6.8):

     Q(S, A) <- Q(S, A) + alpha [R + gamma max_a Q(S', a) - Q(S, A)]

   With lambda, Watkins's Q(lambda): the same error updates every entry in proportion to its trace,
   and an exploratory action forgets all traces, since what follows it is not the greedy policy's
   doing (Watkins 1989; Sutton & Barto, 1st ed., 7.6). An action counts as exploratory if its value
   is below the best when its update comes.

   Where the world is not categorical, the values are a function (agents/semi_gradient.c). */
#include "agents/deep.h"
#include "agents/list.h"
#include "agents/tabular.h"
#include "agents/traces.h"

typedef struct qlearning {
    pv_tabular tabular;
    pv_traces traces;
} qlearning;

static const pv_param params[] = {PV_TABULAR_PARAMS("0.1"), PV_POLICY_PARAMS, PV_TRACES_PARAMS,
                                  PV_APPROX_PARAMS};

static pv_status accepts(const pv_world *world)
{
    return pv_deep_fits_choice(world, "q-learning");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    qlearning *agent = (qlearning *)base;
    const pv_status status = pv_tabular_init_values(&agent->tabular, config, PV_TARGET_BEST);
    return status || agent->tabular.approx
               ? status
               : pv_traces_init(&agent->traces, config, &agent->tabular.table);
}

static void free_all(pv_agent *base)
{
    qlearning *agent = (qlearning *)base;
    pv_traces_free(&agent->traces);
    pv_tabular_free(&agent->tabular);
}

static pv_status learn(pv_tabular *tabular, const pv_step *step)
{
    qlearning *agent = (qlearning *)tabular;
    const double *value = tabular->table.value;
    const double beyond =
        step->bootstraps ? pv_tabular_best(tabular, step->next, step->next_legal) : 0.0;
    const double target = step->reward + tabular->gamma * beyond;
    if (!pv_traces_on(&agent->traces)) {
        return pv_tabular_update(tabular, tabular->table.value, step->entry, target);
    }
    if (value[step->entry] < pv_tabular_best(tabular, step->state, step->legal)) {
        pv_traces_cut(&agent->traces, step->row);
    }
    return pv_traces_update(&agent->traces, tabular, step, target - value[step->entry]);
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    return pv_tabular_observe(base, transitions, learn);
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_status status = pv_tabular_save(base, tensors);
    return status ? status : pv_traces_save(&((const qlearning *)base)->traces, tensors);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    qlearning *agent = (qlearning *)base;
    const pv_status status = pv_tabular_load(base, tensors);
    return status ? status : pv_traces_load(&agent->traces, &agent->tabular, tensors);
}

const pv_agent_class pv_agent_qlearning = {
    .name = "q-learning",
    .summary = "learns the best policy's action values while exploring by another",
    .source = "Watkins 1989; Sutton & Barto, 2nd ed., 6.5, equation 6.8",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(qlearning),
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
