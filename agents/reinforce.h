/* reinforce.h: the agent reinforce, and how it learns from an episode. */
#ifndef PAVLOV_AGENTS_REINFORCE_H
#define PAVLOV_AGENTS_REINFORCE_H

#include "agents/actor_critic.h"

typedef enum pv_baseline {
    PV_BASELINE_NONE,
    PV_BASELINE_CONSTANT,
    PV_BASELINE_MEAN,
    PV_BASELINE_VALUE
} pv_baseline;

enum { PV_REINFORCE_NUMBERS = 5 }; /* numbers of a step that is learned from */

/* what changes and is no network's */
typedef struct pv_reinforce_now {
    double mean;                       /* of returns, the baseline */
    double loss;                       /* of the batch so far */
    uint64_t decisions, judged, ended; /* judged: episodes; ended: of the batch so far */
} pv_reinforce_now;

typedef struct pv_reinforce {
    pv_agent base;
    pv_actor_critic ac;
    int baseline, total, episodes, longest;
    double gamma, constant, rate, value_coefficient;
    pv_schedule entropy;
    pv_rng explore;
    pv_reinforce_now now;

    /* taken in begin */
    pv_rollout **running; /* [rows] the episode so far */
    pv_policy_pass pass;
    int chunk;
    float *value, *advantage;              /* [longest] */
    float *row;                            /* [PV_REINFORCE_NUMBERS][chunk] */
    float *state;                          /* [rows][state size] before the piece at hand */
    const void **obs, **next, **final_obs; /* [n_obs] of one row */
    int begun;

    pv_policy_told told;
} pv_reinforce;

/* Learns from the episode of a row (or, `ended` 0, a piece of it), after which a state of value
   `last` would have come, and forgets it; every `episodes` ends the policy is updated. */
pv_status pv_reinforce_learn(pv_reinforce *agent, int row, int ended, float last);

#endif
