/* on_policy.h: what agents that learn from a rollout share (a2c, ppo): they play some steps in all
   rows, value them, learn from them once or several times, and forget them.

   An agent's struct begins with pv_on_policy; it adds how it learns. */
#ifndef PAVLOV_AGENTS_ON_POLICY_H
#define PAVLOV_AGENTS_ON_POLICY_H

#include "agents/actor_critic.h"

typedef struct pv_on_policy pv_on_policy;

/* Learns from a full rollout; its places that count are order[0..n-1]. */
typedef pv_status pv_on_policy_learn(pv_on_policy *agent, int n);

struct pv_on_policy {
    pv_agent base;
    pv_actor_critic ac;
    int steps, batch; /* of a rollout in each row; places that are learned from at once */
    int normalise;
    double gamma, lambda, value_coefficient;
    pv_schedule entropy;
    pv_rng explore, shuffle;
    uint64_t counter; /* decisions told */
    pv_on_policy_learn *learn;

    /* taken in begin */
    pv_rollout *rollout;
    pv_policy_pass pass;
    float *value, *advantage, *log_prob; /* [steps][rows] by the policy that acted */
    int *order;                          /* [steps * rows] places in the order of learning */
    float *last;                         /* [rows] values of what came after */
    float *state;                        /* [rows][state size] memory before the rollout */
    void **obs;                          /* [n_obs] -> [batch][...] gathered */
    void *action;                        /* [batch][...] */
    uint8_t *reset;                      /* [batch] */
    float *row;                          /* [7][batch] numbers of gathered rows */
    pv_policy_batch gathered;
    int begun;

    pv_policy_told told; /* since the last metrics */
    double explained;    /* sum over rollouts of the variance that values explain */
    int rollouts;
};

/* clang-format off */
#define PV_ON_POLICY_PARAMS(lambda_default, normalise_default, entropy_default)                    \
    PV_ACTOR_CRITIC_PARAMS,                                                                        \
    {.name = "gamma", .help = "discount of the next value", .initial = 0.99, .low = 0.0,           \
     .high = 1.0},                                                                                 \
    {.name = "lambda", .help = "generalised advantages: 0 looks one step ahead, 1 to the end of "  \
     "the rollout", .initial = lambda_default, .low = 0.0, .high = 1.0},                           \
    {.name = "value-coefficient", .help = "weight of the values' squared error",                   \
     .initial = 0.5, .low = 0.0, .high = 1e3},                                                     \
    {.name = "entropy", .help = "weight of the policy's entropy, which keeps it trying; a "        \
     "schedule", .text = entropy_default},                                                         \
    {.name = "normalise", .help = "1: advantages of a batch get mean 0 and deviation 1",           \
     .initial = normalise_default, .low = 0.0, .high = 1.0}
/* clang-format on */

/* Reads the parameters and builds the network; steps, batch and learn are the agent's to set before
   begin. */
pv_status pv_on_policy_init(pv_on_policy *agent, const pv_agent_config *config);

/* Gathers places order[first..first+n-1] into a batch and computes policy and value of it, ready
   for pv_actor_critic_loss; `trains` as in pv_net_batch. With a recurrent network that is the whole
   rollout. */
void pv_on_policy_forward(pv_on_policy *agent, int first, int n, int trains);

/* Writes values and log-probabilities of the batch at hand to where they came from. */
void pv_on_policy_keep(pv_on_policy *agent, int first, int n);

/* Computes the advantages of all places by the values kept; pv_on_policy_targets then fills those
   of the batch. */
void pv_on_policy_advantages(pv_on_policy *agent, int n);
void pv_on_policy_targets(pv_on_policy *agent, int first, int n);

/* Returns the weights of a loss now; without clipping. */
pv_policy_loss pv_on_policy_loss(const pv_on_policy *agent);

/* The functions of the class. */
void pv_on_policy_free(pv_agent *agent);
pv_status pv_on_policy_begin(pv_agent *agent);
uint64_t pv_on_policy_learning_size(const pv_agent *agent);
pv_status pv_on_policy_act(pv_agent *agent, const pv_act *act);
pv_status pv_on_policy_observe(pv_agent *agent, const pv_transitions *transitions);
size_t pv_on_policy_memory_size(const pv_agent *agent);
pv_status pv_on_policy_explain(pv_agent *agent, const pv_explain *explain);
int pv_on_policy_metrics(pv_agent *agent, pv_metric metrics[PV_METRICS_MAX]);
const pv_net *pv_on_policy_net(const pv_agent *agent);
pv_status pv_on_policy_save(const pv_agent *agent, pv_tensors *tensors);
pv_status pv_on_policy_load(pv_agent *agent, const pv_tensors *tensors);
pv_status pv_on_policy_save_data(pv_agent *agent, const char *folder, pv_tensors *resume);
pv_status pv_on_policy_load_data(pv_agent *agent, const char *folder, const pv_tensors *resume);

#endif
