/* q_actor.h: behaving by a network that values actions: exploring while it trains, greedy when it
   is evaluated, and explaining itself. Illegal actions are never taken. */
#ifndef PAVLOV_AGENTS_Q_ACTOR_H
#define PAVLOV_AGENTS_Q_ACTOR_H

#include "agents/policy.h"
#include "agents/q_net.h"
#include "agents/q_return.h"

typedef struct pv_q_actor {
    pv_q_net *q;
    pv_q_pass pass;
    pv_policy policy;
    int mask;               /* number of the observation that is the mask, -1: none */
    uint64_t step, episode; /* where the policy's schedules are; the caller's to move */
    double *value;          /* [actions] scratch */
} pv_q_actor;

/* Reads the policy's parameters; `rows` is how many rows act together at most, beyond which they
   take turns. */
pv_status pv_q_actor_init(pv_q_actor *actor, pv_q_net *q, const pv_agent_config *config, int rows);
void pv_q_actor_free(pv_q_actor *actor);

/* The act() of an agent. Training draws from `explore`, its noise from `noise`, and notes the
   values of what it chose in `returns`. */
void pv_q_actor_act(pv_q_actor *actor, const pv_act *act, pv_rng *explore, pv_rng *noise,
                    pv_q_return *returns);

/* Returns the value of row `row` of observations to the greedy policy; `memory` [rows] as it was
   after the decision before (NULL: none) stays as it is. */
double pv_q_actor_value(pv_q_actor *actor, const void *const *obs, void *memory, int row);

/* The explain() of an agent; recurrent networks begin with an empty memory. */
pv_status pv_q_actor_explain(pv_q_actor *actor, const pv_explain *explain);

/* Returns the legal actions of a row, NULL: all. */
const uint8_t *pv_q_actor_mask(const pv_q_actor *actor, const void *const *obs, int row);

#endif
