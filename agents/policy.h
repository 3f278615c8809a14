/* policy.h: choosing an action from values: epsilon-greedy, softmax, greedy, UCB.

   Every control agent has the same exploration parameters (PV_POLICY_PARAMS in its table) and the
   same pv_policy made from them. Masks restrict every choice; a mask of zeros restricts none. */
#ifndef PAVLOV_AGENTS_POLICY_H
#define PAVLOV_AGENTS_POLICY_H

#include "core/params.h"
#include "core/rng.h"
#include "core/schedule.h"

typedef enum pv_explore {
    PV_EXPLORE_EPSILON_GREEDY,
    PV_EXPLORE_SOFTMAX,
    PV_EXPLORE_GREEDY,
    PV_EXPLORE_UCB
} pv_explore;

typedef struct pv_policy {
    pv_explore explore;
    pv_schedule epsilon, temperature;
    double ucb; /* weight of the bonus */
} pv_policy;

/* clang-format off */
#define PV_POLICY_SCHEDULES(epsilon_default)                                                       \
    {.name = "epsilon", .help = "probability of a random action (epsilon-greedy); a schedule",     \
     .text = epsilon_default},                                                                     \
    {.name = "temperature", .help = "temperature of the softmax; a schedule", .text = "1"}

/* for agents that do not count tries, and so have no UCB */
#define PV_POLICY_PARAMS_UNCOUNTED(epsilon_default)                                                \
    {.name = "explore", .help = "how it explores while training",                                  \
     .choices = "epsilon-greedy|softmax|greedy"},                                                  \
    PV_POLICY_SCHEDULES(epsilon_default)

#define PV_POLICY_PARAMS                                                                           \
    {.name = "explore", .help = "how it explores while training",                                  \
     .choices = "epsilon-greedy|softmax|greedy|ucb"},                                              \
    PV_POLICY_SCHEDULES("0.1"),                                                                    \
    {.name = "ucb", .help = "weight of the bonus for actions tried rarely (ucb)",                  \
     .initial = 2.0, .low = 0.0, .high = 1e9}
/* clang-format on */

/* Reads the parameters. Schedules take the decisions so far as step and the number of the episode
   as count. */
pv_status pv_policy_init(pv_policy *policy, const pv_params *params);

/* Returns 1 if the mask (NULL: all) has a legal action. */
int pv_mask_any(const uint8_t *mask, int n);

/* Returns a random legal action, each equally likely; any if the mask forbids all. */
int pv_mask_choose(const uint8_t *mask, int n, pv_rng *rng);

/* Writes the probabilities of pv_mask_choose. */
void pv_mask_probabilities(const uint8_t *mask, int n, double *probability);

/* the values of a state's actions, and when the choice is made */
typedef struct pv_choice {
    int n;
    const double *value;   /* [n] */
    const uint8_t *mask;   /* [n] 1: legal; NULL: all are */
    const uint64_t *count; /* [n] times tried; for UCB */
    uint64_t step;         /* decisions so far */
    uint64_t episode;      /* 1 first */
} pv_choice;

/* Chooses as the policy explores; ties are broken at random. */
int pv_policy_choose(const pv_policy *policy, const pv_choice *choice, pv_rng *rng);

/* Writes the probability of every action under the policy, ties shared equally. */
void pv_policy_probabilities(const pv_policy *policy, const pv_choice *choice, double *probability);

/* Returns the best legal action, the lowest of several. */
int pv_policy_greedy(const pv_choice *choice);

/* Returns what metrics call the exploration ("epsilon", "temperature") and its value now; NULL for
   policies without a schedule. */
const char *pv_policy_metric(const pv_policy *policy, uint64_t step, uint64_t episode,
                             double *value);

#endif
