/* heads.h: distributions on top of a network: categorical and Gaussian policies, with gradients.

   Glossary: log_prob is the logarithm of a probability or density, KL the divergence of Kullback
   and Leibler; all logarithms are natural. Values that are not finite stay so and reach the
   gradient, where pv_update refuses them. */
#ifndef PAVLOV_NETS_HEADS_H
#define PAVLOV_NETS_HEADS_H

#include "core/rng.h"

/* --- categorical: logits [rows][n]; mask [rows][n] of bytes, 0: illegal (probability 0), NULL: all
   legal; an all-zero mask counts as all legal --- */

/* Log-probabilities of all actions, [rows][n]; illegal ones are -INFINITY. */
void pv_categorical_log(int rows, int n, const float *logits, const uint8_t *mask, float *log_prob);

/* Draws an action for each row from its own stream (rng[rows], one number each), or takes the most
   probable, the first of equals. Never an illegal one where the logits are finite. */
void pv_categorical_sample(int rows, int n, const float *log_prob, pv_rng *rng, int32_t *action);
void pv_categorical_best(int rows, int n, const float *log_prob, int32_t *action);

/* Picks the log-probability of each row's action: chosen[rows]. */
void pv_categorical_chosen(int rows, int n, const float *log_prob, const int32_t *action,
                           float *chosen);

/* Entropy of each row, and KL(p || q) of each row (infinite where q excludes what p does). */
void pv_categorical_entropy(int rows, int n, const float *log_prob, float *entropy);
void pv_categorical_kl(int rows, int n, const float *log_p, const float *log_q, float *kl);

/* Adds to dlogits the gradient of sum_i coefficient[i] * log p(action[i]) + entropy_coefficient *
   H_i: callers that descend pass negative coefficients (policy gradient: Williams 1992; entropy
   bonus: Mnih et al. 2016). Illegal actions get nothing. */
void pv_categorical_gradient(int rows, int n, const float *log_prob, const int32_t *action,
                             const float *coefficient, float entropy_coefficient, float *dlogits);

/* --- diagonal Gaussian: mean [rows][n], log_std [n] (shared) or [rows][n]; with `squash` the
   action is tanh of the draw (Haarnoja et al. 2018, appendix C) --- */

typedef struct pv_gaussian {
    int rows, n;
    const float *mean;
    const float *log_std;
    int shared; /* 1: log_std is [n] */
    int squash;
} pv_gaussian;

/* Draws actions [rows][n] (n numbers from each row's stream); `raw` gets the draws before squashing
   (may be NULL). Best: the mean, squashed. */
void pv_gaussian_sample(const pv_gaussian *g, pv_rng *rng, float *action, float *raw);
void pv_gaussian_best(const pv_gaussian *g, float *action);

/* log p(action), summed over n, of each row; with squash `raw` are the draws before tanh, without
   the actions. */
void pv_gaussian_log(const pv_gaussian *g, const float *raw, float *log_prob);

/* Entropy before squashing, and KL(p || q) of each row (which tanh does not change). */
void pv_gaussian_entropy(const pv_gaussian *g, float *entropy);
void pv_gaussian_kl(const pv_gaussian *p, const pv_gaussian *q, float *kl);

/* Adds the gradient of sum_i coefficient[i] log p(raw[i]) + entropy_coefficient H_i by mean and
   log_std; the actions are held, so squashing plays no part. dlog_std has the shape of log_std. */
void pv_gaussian_gradient(const pv_gaussian *g, const float *raw, const float *coefficient,
                          float entropy_coefficient, float *dmean, float *dlog_std);

#endif
