/* A2C, the advantage actor-critic in step (Mnih et al. 2016, algorithm S3, with one learner for all
   rows): after `steps` steps in every row, one update by the mean over all of them of

     -A log pi(a | s) - entropy H(pi(. | s)) + value (V(s) - A - V'(s))^2

   where V' is V before the update and A the advantage of as many steps as the rollout still has
   (lambda 1) or a mixture of all lengths (Schulman et al. 2016). */
#include "agents/list.h"
#include "agents/on_policy.h"

/* clang-format off */
static const pv_param params[] = {
    PV_DEEP_PARAMS("dense 64 init=orthogonal:1.414 tanh, dense 64 init=orthogonal:1.414 tanh",
                   "0.0007"),
    PV_ON_POLICY_PARAMS(1.0, 0.0, "0.01"),
    {.name = "steps", .help = "of a rollout, in each row", .initial = 5.0, .low = 1.0,
     .high = 1e6},
};
/* clang-format on */

static pv_status accepts(const pv_world *world)
{
    return pv_actor_critic_fits(world, "a2c");
}

static pv_status learn(pv_on_policy *agent, int n)
{
    const pv_policy_loss weights = pv_on_policy_loss(agent);
    pv_on_policy_forward(agent, 0, n, 1);
    pv_on_policy_keep(agent, 0, n);
    pv_on_policy_advantages(agent, n);
    pv_on_policy_targets(agent, 0, n);
    const double loss =
        pv_actor_critic_loss(&agent->ac, &agent->pass, &agent->gathered, &weights, &agent->told);
    return pv_actor_critic_update(&agent->ac, &agent->pass, loss, agent->counter);
}

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    pv_on_policy *agent = (pv_on_policy *)base;
    const pv_status status = pv_agent_whole(config->params, "steps", &agent->steps);
    agent->batch = agent->steps * base->rows;
    agent->learn = learn;
    return status ? status : pv_on_policy_init(agent, config);
}

const pv_agent_class pv_agent_a2c = {
    .name = "a2c",
    .summary = "learns a policy and values of states together, from a few steps of all lanes",
    .source = "Mnih et al. 2016; advantages: Schulman et al. 2016",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(pv_on_policy),
    .accepts = accepts,
    .init = init,
    .free = pv_on_policy_free,
    .act = pv_on_policy_act,
    .observe = pv_on_policy_observe,
    .save = pv_on_policy_save,
    .load = pv_on_policy_load,
    .memory_size = pv_on_policy_memory_size,
    .explain = pv_on_policy_explain,
    .metrics = pv_on_policy_metrics,
    .net = pv_on_policy_net,
    .learning_size = pv_on_policy_learning_size,
    .begin = pv_on_policy_begin,
    .save_data = pv_on_policy_save_data,
    .load_data = pv_on_policy_load_data,
};
