/* semi_gradient.h: Q-learning, Sarsa and Expected Sarsa with values that are a function of what is
   observed (agents/approx.h), for a pv_tabular that has one in place of its table. */
#ifndef PAVLOV_AGENTS_SEMI_GRADIENT_H
#define PAVLOV_AGENTS_SEMI_GRADIENT_H

#include "agents/tabular.h"

/* Chooses for every row. */
pv_status pv_semi_gradient_act(pv_tabular *agent, const pv_act *act);

/* Learns from every row that has something to tell. */
pv_status pv_semi_gradient_observe(pv_tabular *agent, const pv_transitions *transitions);

/* Tells values and the greedy choice of every row. */
pv_status pv_semi_gradient_explain(pv_tabular *agent, const pv_explain *explain);

#endif
