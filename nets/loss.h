/* loss.h: losses, each with its value and its gradient by the network's output.

   Every function adds scale * gradient to dpred (which the caller has zeroed; pv_pass_forward does)
   and returns scale * the sum over rows; for a mean over rows pass scale = 1 / rows, for a mean
   over all elements scale = 1 / (rows * n). dpred may be NULL: only the value is wanted. Weights
   per row (importance sampling) may be NULL: all 1. Computed stably: log-sum-exp, softplus. */
#ifndef PAVLOV_NETS_LOSS_H
#define PAVLOV_NETS_LOSS_H

#include <stdint.h>

/* 1/2 (pred - target)^2, summed over n outputs a row; factor 1/2 so that the gradient is the error
   (the mean squared error without it has twice the scale). */
double pv_loss_squared(int rows, int n, const float *pred, const float *target, const float *weight,
                       float scale, float *dpred);

/* Huber 1964: 1/2 e^2 for |e| <= delta, delta (|e| - delta/2) beyond; delta > 0. */
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

/* The clipped objective of PPO as a loss: -min(r A, clip(r, 1 - epsilon, 1 + epsilon) A) with
   r = exp(log_prob - old_log_prob) (Schulman et al. 2017, equation 7). All arrays are [rows]; the
   gradient by log_prob, added to dlog_prob, is what pv_categorical_gradient and
   pv_gaussian_gradient take as coefficient. clipped (may be NULL) gets the number of rows whose
   gradient the clip has set to zero. */
double pv_loss_ppo(int rows, const float *log_prob, const float *old_log_prob,
                   const float *advantage, float epsilon, const float *weight, float scale,
                   float *dlog_prob, int *clipped);

#endif
