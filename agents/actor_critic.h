/* actor_critic.h: a network that is a policy and, if wanted, a value of states beside it, for every
   agent that learns its policy by gradients.

   The policy is categorical, over the legal actions of one choice, or a diagonal Gaussian over the
   numbers of one action. Gaussian actions are told to the world in its own scale: a draw of -1..1
   fills the bounds, and beyond them it is cut; what is learned from is the draw. */
#ifndef PAVLOV_AGENTS_ACTOR_CRITIC_H
#define PAVLOV_AGENTS_ACTOR_CRITIC_H

#include "agents/deep.h"
#include "replay/rollout.h"

/* what one thread computes with it */
typedef struct pv_policy_pass {
    pv_pass *pass;
    int rows;           /* most of a batch */
    float *log_prob;    /* [rows][n] of the last forward; categorical */
    const float *value; /* [rows] of the last forward; NULL without a critic */
} pv_policy_pass;

typedef struct pv_actor_critic {
    pv_deep deep;
    int n;          /* actions there are, or numbers of an action */
    int continuous; /* 1: Gaussian */
    int critic;     /* 1: values states, too */
    int mask;       /* number of the observation that is the mask, -1: none */

    /* Gaussian; [n] each */
    float *log_std, *log_std_gradient;
    pv_optimizer *log_std_optimizer;
    float *low, *high, *centre, *half; /* the world's bounds, and its scale */
    float *raw;                        /* [learning rows][n] the draws of the last training act */

    pv_policy_pass acting;
} pv_actor_critic;

/* clang-format off */
#define PV_ACTOR_CRITIC_PARAMS                                                                     \
    {.name = "shared", .help = "1: policy and value have the layers of net in common; 0: each has "\
     "its own", .initial = 0.0, .low = 0.0, .high = 1.0},                                          \
    {.name = "log-std", .help = "numbers as actions: first logarithm of the deviation, half the "  \
     "action's bounds being 1", .initial = 0.0, .low = -20.0, .high = 5.0}
/* clang-format on */

/* Says whether a world fits; if not, PV_ERROR_FIT in words that begin with "agent <agent>". */
pv_status pv_actor_critic_fits(const pv_world *world, const char *agent);

/* Builds it for the config's world; `critic` 0: without values. An agent without the parameter
   log-std always acts by the mean and learns no deviation; one without lr has no optimiser. */
pv_status pv_actor_critic_init(pv_actor_critic *ac, const pv_agent_config *config, int critic);
void pv_actor_critic_free(pv_actor_critic *ac);

pv_status pv_policy_pass_init(pv_policy_pass *pass, const pv_actor_critic *ac, int rows,
                              int learns);
void pv_policy_pass_free(pv_policy_pass *pass);

/* Computes log_prob and value of a batch; mask [rows][n] or NULL. */
void pv_actor_critic_forward(const pv_actor_critic *ac, pv_policy_pass *pass,
                             const pv_net_batch *batch, const uint8_t *mask);

/* Fills the log-probabilities [rows] of actions [rows] (or draws [rows][n]) after a forward. */
void pv_actor_critic_log(const pv_actor_critic *ac, const pv_policy_pass *pass, int rows,
                         const void *action, float *log_prob);

/* --- acting --- */

/* The act() of an agent; training draws from `explore`. */
void pv_actor_critic_act(pv_actor_critic *ac, const pv_act *act, pv_rng *explore);

/* Fills the values of rows first..first+n-1 of observations; `memory` [rows] as it was after the
   decision before (NULL: none) stays as it is. Without a critic they are 0. */
void pv_actor_critic_values(pv_actor_critic *ac, const void *const *obs, void *memory, int first,
                            int n, float *value);

/* The explain() of an agent; recurrent networks begin with an empty memory. */
pv_status pv_actor_critic_explain(pv_actor_critic *ac, const pv_explain *explain);

/* --- learning --- */

/* rows to learn from, after a forward */
typedef struct pv_policy_batch {
    int rows;
    const void *action;                      /* [rows], or draws [rows][n] */
    const float *advantage;                  /* [rows] */
    const float *target;                     /* [rows] of the value */
    const float *old_log_prob;               /* [rows] of the policy that acted */
    const float *old_value;                  /* [rows] its value */
    float *log_prob, *coefficient, *scratch; /* [rows] memory */
} pv_policy_batch;

/* what is minimised, a mean over rows:
     -A log pi(a | s)                                             (Williams 1992; Mnih et al. 2016)
     or, clip above 0: -min(r A, clip(r, 1 - clip, 1 + clip) A)          (Schulman et al. 2017)
     - entropy H(pi) + value (V(s) - target)^2
   with value_clip above 0 the greater of that and of the one with V kept that near its old value */
typedef struct pv_policy_loss {
    double entropy, value, clip, value_clip;
} pv_policy_loss;

/* sums over rows of what came of it */
typedef struct pv_policy_told {
    double rows, policy, value, entropy, kl, clipped;
} pv_policy_told;

/* Adds the gradient to that of the network (and of log_std) and the parts to `told`; returns the
   loss. */
double pv_actor_critic_loss(pv_actor_critic *ac, pv_policy_pass *pass, const pv_policy_batch *batch,
                            const pv_policy_loss *loss, pv_policy_told *told);

/* Updates all parameters by the gradients, which are used up (pv_deep_update). */
pv_status pv_actor_critic_update(pv_actor_critic *ac, const pv_policy_pass *pass, double loss,
                                 uint64_t step);

/* Adds everything learned as tensors, and reads it back. */
pv_status pv_actor_critic_save(const pv_actor_critic *ac, pv_tensors *tensors);
pv_status pv_actor_critic_load(pv_actor_critic *ac, const pv_tensors *tensors);

/* Says whether the actions of a rollout read from a file can be: a choice that there is not would
   be looked up outside of what the network tells. */
pv_status pv_actor_critic_check(const pv_actor_critic *ac, const pv_rollout *rollout);

#endif
