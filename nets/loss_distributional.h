/* loss_distributional.h: losses of agents that learn the whole distribution of the return.

   Outputs are [rows][actions][n]: n logits over fixed atoms (C51) or n quantiles, of every action;
   the loss is that of each row's action. As in loss.h the functions add scale * weight[row] *
   gradient to the gradient array (may be NULL: only the value is wanted), return the sum of
   scale * weight[row] * loss, and take weight NULL as all 1. row_loss[rows] (may be NULL) gets each
   row's loss without scale and weight: a priority for replay. */
#ifndef PAVLOV_NETS_LOSS_DISTRIBUTIONAL_H
#define PAVLOV_NETS_LOSS_DISTRIBUTIONAL_H

#include <stdint.h>

/* --- categorical distributions on fixed atoms (C51: Bellemare et al. 2017) --- */

/* atom i stands for the return low + i (high - low) / (atoms - 1) */
typedef struct pv_support {
    int atoms;       /* at least 2 */
    float low, high; /* low < high */
} pv_support;

/* probability[rows][atoms] (may be NULL) and mean[rows] (may be NULL) of logits [rows][atoms]; for
   Q values rows are batch rows x actions. */
void pv_support_mean(const pv_support *support, int rows, const float *logits, float *probability,
                     float *mean);

/* Algorithm 1: the distribution of reward[row] + discount[row] * Z with Z ~ probability[row],
   brought back onto the atoms: projected[rows][atoms]. discount is gamma^n, 0 where the episode
   terminated. A row with a reward or a discount that is not a number gets none either. */
void pv_support_project(const pv_support *support, int rows, const float *reward,
                        const float *discount, const float *probability, float *projected);

/* Cross-entropy -sum target log softmax(logits of the action), target [rows][atoms]. It is the
   divergence KL(target || prediction) plus the target's own entropy, which no gradient sees. */
double pv_loss_atoms(int rows, int actions, int atoms, const float *logits, const int32_t *action,
                     const float *target, const float *weight, float scale, float *dlogits,
                     float *row_loss);

/* --- quantiles (QR-DQN: Dabney et al. 2017) --- */

/* mean[rows] of quantiles [rows][n]. */
void pv_quantile_mean(int rows, int n, const float *quantile, float *mean);

/* Quantile Huber loss, equation 10 and Algorithm 1: sum over quantiles i of the mean over targets j
   of |tau_i - 1{u < 0}| L(u), u = target[j] - quantile[i], tau_i = (i + 1/2) / n, L Huber's loss
   with `delta` (their kappa); delta 0: |u|, plain quantile regression. target is
   [rows][n_target]. */
double pv_loss_quantile(int rows, int actions, int n, const float *quantile, const int32_t *action,
                        int n_target, const float *target, float delta, const float *weight,
                        float scale, float *dquantile, float *row_loss);

#endif
