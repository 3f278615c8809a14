/* Control by the semi-gradient (Sutton & Barto, 2nd ed., 10.1 and 12.7):

     delta = R + gamma beyond - Q(S, A),   theta <- theta + alpha delta z

   where `beyond` is max_a Q(S', a) for Q-learning, Q(S', A') for Sarsa and the policy's expectation
   for Expected Sarsa, and z is grad Q(S, A) or, with lambda, its trace. The target is taken for a
   constant. Watkins's Q(lambda) forgets its traces at an exploratory action, as in a table. */
#include "agents/semi_gradient.h"

#include "agents/approx.h"

#include <math.h>
#include <string.h>

static const uint8_t *mask_of(const pv_tabular *agent, const void *const *obs, int row)
{
    const pv_approx *approx = agent->approx;
    return approx->mask < 0
               ? NULL
               : (const uint8_t *)obs[approx->mask] + (size_t)row * (size_t)approx->actions;
}

/* the choice in what a row observes; its values are in the agent's scratch until the next */
static pv_choice choice_in(pv_tabular *agent, const void *const *obs, int row)
{
    agent->approx->kind->values(agent->approx, obs, row, agent->mean);
    return (pv_choice){.n = agent->approx->actions,
                       .value = agent->mean,
                       .mask = mask_of(agent, obs, row),
                       .step = agent->decisions,
                       .episode = agent->episodes + 1};
}

/* --- behaving --- */

static int32_t act_training(pv_tabular *agent, const void *const *obs, int row)
{
    int32_t action = agent->pending ? agent->pending[row] : -1;
    if (action < 0) {
        const pv_choice choice = choice_in(agent, obs, row);
        action = pv_policy_choose(&agent->policy, &choice, &agent->explore);
    } else {
        agent->pending[row] = -1;
    }
    agent->decisions++;
    return action;
}

pv_status pv_semi_gradient_act(pv_tabular *agent, const pv_act *act)
{
    int32_t *action = act->action[0];
    for (int row = 0; row < act->rows; row++) {
        if (!pv_mask_any(mask_of(agent, act->obs, row), agent->approx->actions)) {
            action[row] = 0; /* does not act now */
        } else if (act->mode == PV_ACT_TRAIN) {
            action[row] = act_training(agent, act->obs, row);
        } else {
            const pv_choice choice = choice_in(agent, act->obs, row);
            action[row] = act->mode == PV_ACT_GREEDY
                              ? pv_policy_greedy(&choice)
                              : pv_policy_choose(&agent->policy, &choice, &act->rng[row]);
        }
    }
    return PV_OK;
}

/* --- learning --- */

static double expected(pv_tabular *agent, const pv_choice *choice)
{
    double sum = 0.0;
    pv_policy_probabilities(&agent->policy, choice, agent->probability);
    for (int a = 0; a < choice->n; a++) {
        sum += agent->probability[a] * choice->value[a];
    }
    return sum;
}

/* what follows row's transition is worth; Sarsa chooses its next action here */
static double look_beyond(pv_tabular *agent, const pv_transitions *t, int row)
{
    if (t->terminated[row]) {
        return 0.0;
    }
    const pv_choice choice = choice_in(agent, pv_transition_next(t, row), row);
    if (agent->target == PV_TARGET_BEST) {
        return choice.value[pv_policy_greedy(&choice)];
    }
    if (agent->target == PV_TARGET_EXPECTED) {
        return expected(agent, &choice);
    }
    const int next = pv_policy_choose(&agent->policy, &choice, &agent->explore);
    if (!t->truncated[row]) {
        agent->pending[row] = next;
    }
    return choice.value[next];
}

static pv_status learn(pv_tabular *agent, const pv_transitions *t, int row)
{
    pv_approx *approx = agent->approx;
    const int action = ((const int32_t *)t->action[0])[row];
    const int ended = t->terminated[row] || t->truncated[row];
    const double beyond = look_beyond(agent, t, row);
    const pv_choice here = choice_in(agent, t->obs, row);
    const double value = here.value[action];
    if (agent->target == PV_TARGET_BEST && value < here.value[pv_policy_greedy(&here)]) {
        approx->kind->cut(approx, row);
    }
    const pv_approx_move move = {
        .obs = t->obs,
        .row = row,
        .action = action,
        .rate = pv_schedule_at(&agent->alpha, agent->decisions, ++agent->moves),
        .error = (double)t->reward[row] + agent->gamma * beyond - value,
        .ended = ended};
    agent->episodes += ended != 0;
    agent->learned.alpha = move.rate;
    agent->learned.updates++;
    agent->learned.error += fabs(move.error);
    agent->learned.value += value;
    return approx->kind->move(approx, &move);
}

pv_status pv_semi_gradient_observe(pv_tabular *agent, const pv_transitions *transitions)
{
    pv_status status = PV_OK;
    for (int row = 0; row < transitions->rows && !status; row++) {
        if (transitions->valid[row]) {
            status = learn(agent, transitions, row);
        }
    }
    return status ? pv_fail_in("agent %s", agent->base.agent_class->name) : PV_OK;
}

/* --- telling --- */

pv_status pv_semi_gradient_explain(pv_tabular *agent, const pv_explain *explain)
{
    const size_t n = (size_t)agent->approx->actions;
    for (int row = 0; row < explain->rows; row++) {
        const pv_choice choice = choice_in(agent, explain->obs, row);
        const int best = pv_policy_greedy(&choice);
        const size_t first = (size_t)row * n;
        if (explain->value) {
            explain->value[row] = choice.value[best];
        }
        if (explain->action_value) {
            memcpy(explain->action_value + first, choice.value, n * sizeof(double));
        }
        for (size_t a = 0; explain->probability && a < n; a++) {
            explain->probability[first + a] = (int)a == best ? 1.0 : 0.0;
        }
    }
    return PV_OK;
}
