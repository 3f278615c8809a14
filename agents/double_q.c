/* Double Q-learning (van Hasselt 2010; Sutton & Barto, 2nd ed., equation 6.10): a coin decides
   which of two tables learns,

     Q1(S, A) <- Q1(S, A) + alpha [R + gamma Q2(S', argmax_a Q1(S', a)) - Q1(S, A)]

   or the same with the tables exchanged. One chooses, the other values, so that the maximum is of
   no noise of its own. Behaviour follows the mean of both; with a learning rate by count, each
   table counts its own updates. */
#include "agents/list.h"
#include "agents/tabular.h"

typedef struct double_q {
    pv_tabular tabular;
    pv_rng coin;
} double_q;

static const pv_param params[] = {PV_TABULAR_PARAMS("0.1"), PV_POLICY_PARAMS};

static pv_status accepts(const pv_world *world)
{
    return pv_table_fits(world, "double-q");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    double_q *agent = (double_q *)base;
    agent->coin = pv_rng_split(config->seed, "double-q");
    return pv_tabular_init(&agent->tabular, config, PV_TABLE_TWO);
}

static void free_all(pv_agent *base)
{
    pv_tabular_free((pv_tabular *)base);
}

static pv_status learn(pv_tabular *tabular, const pv_step *step)
{
    pv_table *table = &tabular->table;
    const int heads = pv_rng_below(&((double_q *)tabular)->coin, 2) == 0;
    double *learner = heads ? table->value : table->second;
    const double *judge = heads ? table->second : table->value;
    double beyond = 0.0;
    if (step->bootstraps) {
        const size_t next = step->next * (size_t)table->width;
        const pv_choice choice = {
            .n = table->actions, .value = learner + next, .mask = step->next_legal};
        beyond = judge[next + (size_t)pv_policy_greedy(&choice)];
    }
    return pv_tabular_update(tabular, learner, step->entry, step->reward + tabular->gamma * beyond);
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    return pv_tabular_observe(base, transitions, learn);
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_status status = pv_tabular_save(base, tensors);
    return status ? status
                  : pv_tensors_add(tensors, "coin", PV_U64, ((const double_q *)base)->coin.s, 4);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    const pv_status status = pv_tabular_load(base, tensors);
    return status ? status : pv_tensors_get(tensors, "coin", PV_U64, ((double_q *)base)->coin.s, 4);
}

const pv_agent_class pv_agent_double_q = {
    .name = "double-q",
    .summary = "Q-learning with two tables, one choosing and one valuing",
    .source = "van Hasselt 2010; Sutton & Barto, 2nd ed., 6.7, equation 6.10",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(double_q),
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
