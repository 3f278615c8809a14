/* Expected Sarsa (van Seijen, van Hasselt, Whiteson and Wiering 2009; Sutton & Barto, 2nd ed.,
   equation 6.9):

     Q(S, A) <- Q(S, A) + alpha [R + gamma sum_a pi(a | S') Q(S', a) - Q(S, A)]

   pi is the exploring policy of now. With n, n-step Expected Sarsa (7.2, equations 7.7 and 7.8). */
#include "agents/deep.h"
#include "agents/list.h"
#include "agents/tabular.h"
#include "agents/window.h"

typedef struct expected_sarsa {
    pv_tabular tabular;
    pv_window window;
} expected_sarsa;

static const pv_param params[] = {PV_TABULAR_PARAMS("0.1"), PV_POLICY_PARAMS, PV_WINDOW_PARAM,
                                  PV_APPROX_PARAMS};

static pv_status accepts(const pv_world *world)
{
    return pv_deep_fits_choice(world, "expected-sarsa");
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    expected_sarsa *agent = (expected_sarsa *)base;
    pv_status status = pv_tabular_init_values(&agent->tabular, config, PV_TARGET_EXPECTED);
    status = status ? status : pv_window_init(&agent->window, config);
    return status || !agent->tabular.approx ? status : pv_window_only_one(&agent->window);
}

static void free_all(pv_agent *base)
{
    expected_sarsa *agent = (expected_sarsa *)base;
    pv_window_free(&agent->window);
    pv_tabular_free(&agent->tabular);
}

static pv_status learn(pv_tabular *tabular, const pv_step *step)
{
    const double beyond =
        step->bootstraps ? pv_tabular_expected(tabular, step->next, step->next_legal) : 0.0;
    return pv_window_push(&((expected_sarsa *)tabular)->window, tabular, step, beyond);
}

static pv_status observe(pv_agent *base, const pv_transitions *transitions)
{
    return pv_tabular_observe(base, transitions, learn);
}

static pv_status save(const pv_agent *base, pv_tensors *tensors)
{
    const pv_status status = pv_tabular_save(base, tensors);
    return status ? status : pv_window_save(&((const expected_sarsa *)base)->window, tensors);
}

static pv_status load(pv_agent *base, const pv_tensors *tensors)
{
    expected_sarsa *agent = (expected_sarsa *)base;
    const pv_status status = pv_tabular_load(base, tensors);
    return status ? status : pv_window_load(&agent->window, &agent->tabular, tensors);
}

const pv_agent_class pv_agent_expected_sarsa = {
    .name = "expected-sarsa",
    .summary = "Sarsa with the expectation over the next action in place of a sample",
    .source = "van Seijen et al. 2009; Sutton & Barto, 2nd ed., 6.6, equation 6.9",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(expected_sarsa),
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
