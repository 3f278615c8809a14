/* reinforce_learn.c: an episode becomes returns, these less a baseline a gradient, a number of
   gradients an update. */
#include "agents/reinforce.h"

#include <string.h>

/* what a row of the agent's numbers is */
enum { ADVANTAGE, TARGET, LOG, COEFFICIENT, SCRATCH };

/* steps first..first+n-1 of the episode of a row go through the network */
static void forward(pv_reinforce *agent, int row, int first, int n, int trains)
{
    const pv_rollout *r = agent->running[row];
    const size_t state = pv_net_state_size(agent->ac.deep.net);
    const void *const *obs = (const void *const *)r->obs;
    const pv_net_batch batch = {.steps = state ? n : 1,
                                .sequences = state ? 1 : n,
                                .input = pv_deep_inputs(&agent->ac.deep, obs, first),
                                .state = state ? agent->state + (size_t)row * state : NULL,
                                .training = trains};
    const int mask = agent->ac.mask;
    pv_actor_critic_forward(
        &agent->ac, &agent->pass, &batch,
        mask < 0 ? NULL : (const uint8_t *)obs[mask] + (size_t)first * (size_t)agent->ac.n);
}

/* what the returns of an episode of n steps are compared with */
static void set_baseline(pv_reinforce *agent, int row, int n)
{
    const double flat = agent->baseline == PV_BASELINE_CONSTANT ? agent->constant
                        : agent->baseline == PV_BASELINE_MEAN   ? agent->now.mean
                                                                : 0.0;
    for (int i = 0; i < n; i++) {
        agent->value[i] = (float)flat;
    }
    for (int i = 0; agent->baseline == PV_BASELINE_VALUE && i < n; i += agent->chunk) {
        const int some = n - i < agent->chunk ? n - i : agent->chunk;
        forward(agent, row, i, some, 0);
        memcpy(agent->value + i, agent->pass.value, (size_t)some * sizeof *agent->value);
    }
}

/* G_t, in the place of advantages, then less the baseline */
static void judge(pv_reinforce *agent, int row, int n, float last)
{
    const pv_rollout *r = agent->running[row];
    float *g = agent->advantage;
    double mean = 0.0;
    memset(agent->value, 0, (size_t)n * sizeof *agent->value);
    pv_rollout_advantages(r, agent->value, &last, agent->gamma, 1.0, g);
    for (int i = n - 1; i >= 0; i--) {
        g[i] = agent->total ? g[0] : g[i];
        mean += (double)g[i] / n;
    }
    set_baseline(agent, row, n);
    for (int i = 0; i < n; i++) {
        g[i] -= agent->value[i];
    }
    const double step = agent->now.judged++ == 0 ? 1.0 : agent->rate;
    agent->now.mean += step * (mean - agent->now.mean);
}

/* adds the gradient of steps first..first+n-1; the loss is a sum over steps and a mean over
   episodes, where pv_actor_critic_loss takes the mean over rows */
static void add_gradient(pv_reinforce *agent, int row, int first, int n, double entropy)
{
    const pv_rollout *r = agent->running[row];
    const size_t stride = (size_t)agent->chunk;
    const double scale = (double)n / agent->episodes;
    float *number = agent->row;
    forward(agent, row, first, n, 1);
    for (int i = 0; i < n; i++) {
        const float a = agent->advantage[first + i];
        number[ADVANTAGE * stride + (size_t)i] = (float)scale * a;
        number[TARGET * stride + (size_t)i] = a + agent->value[first + i];
    }
    const pv_policy_batch batch = {.rows = n,
                                   .action = (const char *)r->action[0] +
                                             (size_t)first * r->action_size[0],
                                   .advantage = number + ADVANTAGE * stride,
                                   .target = number + TARGET * stride,
                                   .log_prob = number + LOG * stride,
                                   .coefficient = number + COEFFICIENT * stride,
                                   .scratch = number + SCRATCH * stride};
    const pv_policy_loss weights = {.entropy = scale * entropy,
                                    .value = scale * agent->value_coefficient};
    agent->now.loss +=
        pv_actor_critic_loss(&agent->ac, &agent->pass, &batch, &weights, &agent->told);
}

/* the episode (or a piece of it) of a row is over, after which `last` would have come */
pv_status pv_reinforce_learn(pv_reinforce *agent, int row, int ended, float last)
{
    pv_rollout *r = agent->running[row];
    const double entropy =
        pv_schedule_at(&agent->entropy, agent->now.decisions, agent->ac.deep.updates + 1);
    judge(agent, row, r->filled, last);
    for (int i = 0; i < r->filled; i += agent->chunk) {
        const int some = r->filled - i < agent->chunk ? r->filled - i : agent->chunk;
        add_gradient(agent, row, i, some, entropy);
    }
    pv_rollout_clear(r);
    agent->now.ended += (uint64_t)ended;
    if (agent->now.ended < (uint64_t)agent->episodes) {
        return PV_OK;
    }
    const double loss = agent->now.loss;
    agent->now.loss = 0.0;
    agent->now.ended = 0;
    const pv_status status =
        pv_actor_critic_update(&agent->ac, &agent->pass, loss, agent->now.decisions);
    return status ? pv_fail_in("agent reinforce") : PV_OK;
}
