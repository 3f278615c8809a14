/* q_return.h: how far action values lie above what was then earned.

   For every decision of an episode, Q(s_t, a_t) as it was when a_t was taken is compared with the
   discounted return that followed, G_t = r_{t+1} + gamma r_{t+2} + ... (van Hasselt et al. 2016,
   figure 3). Rows need only sums: with c_t = 1 + gamma c_{t-1}, the G_t of an episode add up to the
   sum of r_{t+1} c_t. The return is that of the exploring policy; where an episode was cut short,
   its rest is the value of the last observation. */
#ifndef PAVLOV_AGENTS_Q_RETURN_H
#define PAVLOV_AGENTS_Q_RETURN_H

#include "core/tensors.h"

typedef struct pv_q_return {
    int rows;
    double gamma;
    double *row;            /* [rows][5]: chosen Q, c, sums of Q and G, decisions */
    double over, decisions; /* sums over episodes since the last report */
} pv_q_return;

pv_status pv_q_return_init(pv_q_return *returns, int rows, double gamma);
void pv_q_return_free(pv_q_return *returns);

/* Notes the value of the action that a row takes. */
void pv_q_return_choose(pv_q_return *returns, int row, double value);

/* Tells what it earned. */
void pv_q_return_earn(pv_q_return *returns, int row, double reward);

/* Ends a row's episode; `beyond` is the value of its last observation, 0 where it terminated. */
void pv_q_return_end(pv_q_return *returns, int row, double beyond);

/* Forgets the running episodes. */
void pv_q_return_forget(pv_q_return *returns);

/* Returns the mean of Q - G over the decisions of the episodes that ended since the last call, NaN
   if none did. */
double pv_q_return_over(pv_q_return *returns);

/* Adds what is running as tensor "row.returns"; reads it, or forgets it if of other rows. */
pv_status pv_q_return_save(const pv_q_return *returns, pv_tensors *tensors);
pv_status pv_q_return_load(pv_q_return *returns, const pv_tensors *tensors);

#endif
