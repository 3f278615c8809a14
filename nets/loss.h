/* loss.h: losses, each with its value and its gradient by the network's output.

   Every function adds scale * gradient to dpred (which the caller has zeroed; pv_pass_forward does)
   and returns scale * the sum over rows; for a mean pass scale = 1 / rows. Weights per row
   (importance sampling) may be NULL: all 1. Computed stably: log-sum-exp, softplus. */
#ifndef PAVLOV_NETS_LOSS_H
#define PAVLOV_NETS_LOSS_H

#include <stdint.h>

/* 1/2 (pred - target)^2, summed over n outputs a row; factor 1/2 so that the gradient is the error.
 */
double pv_loss_squared(int rows, int n, const float *pred, const float *target, const float *weight,
                       float scale, float *dpred);

/* Huber 1964: 1/2 e^2 for |e| <= delta, delta (|e| - delta/2) beyond. */
double pv_loss_huber(int rows, int n, const float *pred, const float *target, float delta,
                     const float *weight, float scale, float *dpred);

/* The same two on one output a row, chosen by action[rows]: pred is [rows][n], target [rows];
   error[rows] (may be NULL) gets pred - target. delta <= 0: squared. (DQN: Mnih et al. 2015.) */
double pv_loss_chosen(int rows, int n, const float *pred, const int32_t *action,
                      const float *target, float delta, const float *weight, float scale,
                      float *dpred, float *error);

/* Cross-entropy of logits against a class (label[rows]) or a distribution (target[rows][n]). */
double pv_loss_cross_entropy(int rows, int n, const float *logits, const int32_t *label,
                             const float *weight, float scale, float *dlogits);
double pv_loss_cross_entropy_soft(int rows, int n, const float *logits, const float *target,
                                  const float *weight, float scale, float *dlogits);

/* Binary cross-entropy of logits against targets in 0..1, summed over n. */
double pv_loss_binary(int rows, int n, const float *logits, const float *target,
                      const float *weight, float scale, float *dlogits);

#endif
