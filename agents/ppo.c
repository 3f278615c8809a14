/* PPO, proximal policy optimisation (Schulman et al. 2017, equations 7 and 9): a rollout of all
   rows is learned from for some epochs, in minibatches drawn anew in each, by the mean of

     -min(r A, clip(r, 1 - clip, 1 + clip) A) - entropy H(pi) + value (V(s) - A - V'(s))^2

   with r = pi(a | s) / pi'(a | s), pi' and V' being those before the first epoch. With value-clip V
   is kept near V' likewise; with kl-stop the epochs end when KL(pi' || pi) of a minibatch is 1.5
   times that (as in the authors' programs). A recurrent network learns from the whole rollout at
   once. */
#include "agents/list.h"
#include "agents/on_policy.h"

typedef struct ppo {
    pv_on_policy base;
    int epochs;
    pv_schedule clip;
    double value_clip, kl_stop;
} ppo;

/* clang-format off */
static const pv_param params[] = {
    PV_DEEP_PARAMS("dense 64 init=orthogonal:1.414 tanh, dense 64 init=orthogonal:1.414 tanh",
                   "0.0003"),
    PV_ON_POLICY_PARAMS(0.95, 1.0, "0"),
    {.name = "steps", .help = "of a rollout, in each row", .initial = 256.0, .low = 1.0,
     .high = 1e6},
    {.name = "batch", .help = "places of a minibatch", .initial = 64.0, .low = 1.0, .high = 1e6},
    {.name = "epochs", .help = "times that a rollout is learned from", .initial = 10.0, .low = 1.0,
     .high = 1000.0},
    {.name = "clip", .help = "how far the probability of an action may go from 1 times the old "
     "one; a schedule", .text = "0.2"},
    {.name = "value-clip", .help = "how far a value may go from the old one; 0: any", .initial = 0.0,
     .low = 0.0, .high = 1e9},
    {.name = "kl-stop", .help = "ends the epochs where the policy has gone so far; 0: never",
     .initial = 0.0, .low = 0.0, .high = 1e3},
};
/* clang-format on */

static pv_status accepts(const pv_world *world)
{
    return pv_actor_critic_fits(world, "ppo");
}

/* --- learning --- */

/* values and probabilities of the policy that acted, for all places */
static void value_rollout(pv_on_policy *agent, int n)
{
    for (int i = 0; i < n; i += agent->batch) {
        const int some = n - i < agent->batch ? n - i : agent->batch;
        pv_on_policy_forward(agent, i, some, 0);
        pv_on_policy_keep(agent, i, some);
    }
    pv_on_policy_advantages(agent, n);
}

/* the next places in random order; a net that remembers needs them as they came */
static void shuffle(pv_on_policy *agent, int n)
{
    if (pv_net_state_size(agent->ac.deep.net) > 0) {
        return;
    }
    for (int i = n - 1; i > 0; i--) {
        const int k = (int)pv_rng_below(&agent->shuffle, (uint32_t)i + 1);
        const int kept = agent->order[i];
        agent->order[i] = agent->order[k];
        agent->order[k] = kept;
    }
}

/* one minibatch; *far: the policy has gone far enough */
static pv_status learn_batch(pv_on_policy *agent, int first, int n, const pv_policy_loss *weights,
                             int *far)
{
    const double stop = ((const ppo *)agent)->kl_stop;
    const double kl = agent->told.kl;
    pv_on_policy_forward(agent, first, n, 1);
    pv_on_policy_targets(agent, first, n);
    const double loss =
        pv_actor_critic_loss(&agent->ac, &agent->pass, &agent->gathered, weights, &agent->told);
    *far = stop > 0.0 && (agent->told.kl - kl) / n > 1.5 * stop;
    return pv_actor_critic_update(&agent->ac, &agent->pass, loss, agent->counter);
}

static pv_status learn(pv_on_policy *agent, int n)
{
    const ppo *own = (const ppo *)agent;
    pv_policy_loss weights = pv_on_policy_loss(agent);
    weights.clip = pv_schedule_at(&own->clip, agent->counter, agent->ac.deep.updates + 1);
    weights.value_clip = own->value_clip;
    pv_status status = PV_OK;
    int far = 0;
    value_rollout(agent, n);
    for (int epoch = 0; epoch < own->epochs && !far && status == PV_OK; epoch++) {
        shuffle(agent, n);
        for (int i = 0; i < n && !far && status == PV_OK; i += agent->batch) {
            const int some = n - i < agent->batch ? n - i : agent->batch;
            status = learn_batch(agent, i, some, &weights, &far);
        }
    }
    return status;
}

/* --- making --- */

static pv_status init(pv_agent *base, const pv_agent_config *config)
{
    ppo *own = (ppo *)base;
    pv_on_policy *agent = &own->base;
    const pv_params *values = config->params;
    own->value_clip = pv_params_number(values, "value-clip");
    own->kl_stop = pv_params_number(values, "kl-stop");
    agent->learn = learn;
    pv_status status = pv_agent_whole(values, "steps", &agent->steps);
    status = status ? status : pv_agent_whole(values, "batch", &agent->batch);
    status = status ? status : pv_agent_whole(values, "epochs", &own->epochs);
    status = status
                 ? status
                 : pv_schedule_parse(&own->clip, "clip", pv_params_text(values, "clip"), 1e-6, 1e3);
    status = status ? status : pv_on_policy_init(agent, config);
    const int places = agent->steps * base->rows;
    if (status == PV_OK && (agent->batch > places || pv_net_state_size(agent->ac.deep.net) > 0)) {
        agent->batch = places;
    }
    return status;
}

const pv_agent_class pv_agent_ppo = {
    .name = "ppo",
    .summary = "learns a policy in small safe steps from rollouts of all lanes, used several times",
    .source = "Schulman et al. 2017; advantages: Schulman et al. 2016",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .size = sizeof(ppo),
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
