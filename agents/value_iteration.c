/* Value iteration (Bellman 1957; Sutton & Barto, 2nd ed., 4.4): solves the world's own table when
   it is made (agents/plan.c has the equation) and plays the best action ever after. It learns
   nothing; it is what learners are measured against. */
#include "agents/list.h"
#include "agents/plan.h"
#include "agents/policy.h"
#include "agents/table.h"

#include <string.h>

typedef struct value_iteration {
    pv_agent base;
    pv_plan plan;
    int sees_state; /* 1: the observation is the state's number */
    int mask;       /* number of the observation that is the mask, -1 if none */
} value_iteration;

static const pv_param params[] = {
    {.name = "gamma",
     .help = "discount of the next value",
     .initial = 0.99,
     .low = 0.0,
     .high = 1.0},
    {.name = "tolerance",
     .help = "a sweep that changes no value by this much is the last",
     .initial = 1e-10,
     .low = 1e-15,
     .high = 1e9},
    {.name = "sweeps",
     .help = "most sweeps before it gives up",
     .initial = 100000.0,
     .low = 1.0,
     .high = 1e9},
};

static pv_status accepts(const pv_world *world)
{
    return pv_plan_fits(world, "value-iteration");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    value_iteration *agent = (value_iteration *)base;
    agent->sees_state = pv_plan_sees_state(config->world);
    agent->mask = pv_table_find_mask(pv_world_spec(config->world));
    int sweeps;
    pv_status status = pv_agent_whole(config->params, "sweeps", &sweeps);
    status = status ? status : pv_plan_init(&agent->plan, config->model);
    return status ? status
                  : pv_plan_solve(&agent->plan, config->model,
                                  pv_params_number(config->params, "gamma"),
                                  pv_params_number(config->params, "tolerance"), sweeps);
}

static void free_all(pv_agent *base)
{
    pv_plan_free(&((value_iteration *)base)->plan);
}

/* the state of a row: its number where the caller knows it, else what is observed */
static pv_status find_state(const value_iteration *agent, const uint32_t *state,
                            const void *const *obs, int row, size_t *number)
{
    size_t found = UINT32_MAX;
    if (state && state[row] != UINT32_MAX) {
        found = state[row];
    } else if (obs && agent->sees_state) {
        found = (uint32_t)((const int32_t *)obs[0])[row];
    }
    if (found >= agent->plan.states) {
        return pv_fail(PV_ERROR_FIT,
                       "agent value-iteration needs the number of the state, 0 to %zu; world %s "
                       "does not observe it",
                       agent->plan.states - 1, pv_world_name(agent->base.world));
    }
    *number = found;
    return PV_OK;
}

/* the values of a row's actions */
static pv_choice choice_of(const value_iteration *agent, const void *const *obs, int row,
                           size_t state)
{
    const size_t n = (size_t)agent->plan.actions;
    pv_choice choice = {.n = agent->plan.actions, .value = agent->plan.action_value + state * n};
    if (agent->mask >= 0 && obs) {
        choice.mask = (const uint8_t *)obs[agent->mask] + (size_t)row * n;
    }
    return choice;
}

static pv_status act(pv_agent *base, const pv_act *act)
{
    const value_iteration *agent = (const value_iteration *)base;
    for (int row = 0; row < act->rows; row++) {
        size_t state = 0;
        const pv_status status = find_state(agent, act->state, act->obs, row, &state);
        if (status) {
            return status;
        }
        const pv_choice choice = choice_of(agent, act->obs, row, state);
        ((int32_t *)act->action[0])[row] = pv_policy_greedy(&choice);
    }
    return PV_OK;
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    (void)base;
    (void)transitions;
    return PV_OK;
}

static pv_status explain(pv_agent *base, const pv_explain *explain)
{
    const value_iteration *agent = (const value_iteration *)base;
    const size_t n = (size_t)agent->plan.actions;
    for (int row = 0; row < explain->rows; row++) {
        size_t state = 0;
        const pv_status status = find_state(agent, explain->state, explain->obs, row, &state);
        if (status) {
            return status;
        }
        const pv_choice choice = choice_of(agent, explain->obs, row, state);
        const size_t best = (size_t)pv_policy_greedy(&choice);
        if (explain->value) {
            explain->value[row] = agent->plan.value[state];
        }
        if (explain->action_value) {
            memcpy(explain->action_value + (size_t)row * n, choice.value, n * sizeof(double));
        }
        for (size_t a = 0; explain->probability && a < n; a++) {
            explain->probability[(size_t)row * n + a] = a == best ? 1.0 : 0.0;
        }
    }
    return PV_OK;
}

static int metrics(pv_agent *base, pv_metric list[PV_METRICS_MAX])
{
    const pv_plan *plan = &((const value_iteration *)base)->plan;
    list[0] = (pv_metric){"sweeps", (double)plan->sweeps};
    list[1] = (pv_metric){"residual", plan->residual};
    return 2;
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_plan *plan = &((const value_iteration *)base)->plan;
    const uint64_t shape[2] = {plan->states, (uint64_t)plan->actions};
    const pv_status status =
        pv_tensors_add_shaped(tensors, "q", PV_F64, plan->action_value, 2, shape);
    return status ? status : pv_tensors_add(tensors, "v", PV_F64, plan->value, plan->states);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    pv_plan *plan = &((value_iteration *)base)->plan;
    const size_t entries = plan->states * (size_t)plan->actions;
    const pv_status status = pv_tensors_get(tensors, "q", PV_F64, plan->action_value, entries);
    return status ? status : pv_tensors_get(tensors, "v", PV_F64, plan->value, plan->states);
}

const pv_agent_class pv_agent_value_iteration = {
    .name = "value-iteration",
    .summary = "solves the world's own table of transitions; the oracle of the learners",
    .source = "Bellman 1957; Sutton & Barto, 2nd ed., 4.4, equation 4.10",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .plans = 1,
    .size = sizeof(value_iteration),
    .accepts = accepts,
    .init = init,
    .free = free_all,
    .act = act,
    .observe = observe,
    .save = save,
    .load = load,
    .explain = explain,
    .metrics = metrics,
};
