/* reference_losses.h: the reference cases of losses and targets. */
#ifndef PAVLOV_TESTS_REFERENCE_LOSSES_H
#define PAVLOV_TESTS_REFERENCE_LOSSES_H

#include "nets/heads.h"
#include "nets/loss.h"
#include "reference_nets.h"

/* --- losses ---------------------------------------------------------------------------------- */

static inline void compare_loss(reference *ref, double loss, const float *dpred)
{
    const array right = ref_array(ref, "dpred");
    ref_compare_number(ref, "loss", loss);
    ref_compare(ref, "dpred", &right, dpred);
}

/* losses of predictions against targets, means over all elements */
static inline void run_loss_target(reference *ref)
{
    const array pred = ref_array(ref, "pred");
    const array target = ref_array(ref, "target");
    const int rows = pred.shape[0];
    const int n = pred.shape[1];
    const float mean = 1.0f / (float)pred.n;
    float *dpred = ref_memory(ref, (size_t)pred.n * sizeof *dpred);
    double loss = NAN;
    if (strcmp(ref->name, "loss_mse") == 0) { /* without our factor 1/2 */
        loss = pv_loss_squared(rows, n, pred.x, target.x, NULL, 2.0f * mean, dpred);
    } else if (strcmp(ref->name, "loss_huber") == 0) {
        loss = pv_loss_huber(rows, n, pred.x, target.x, 1.0f, NULL, mean, dpred);
    } else {
        loss = pv_loss_binary(rows, n, pred.x, target.x, NULL, mean, dpred);
    }
    compare_loss(ref, loss, dpred);
}

static inline void run_cross_entropy(reference *ref)
{
    const array pred = ref_array(ref, "pred");
    const array label = ref_array(ref, "label");
    float *dpred = ref_memory(ref, (size_t)pred.n * sizeof *dpred);
    const double loss =
        pv_loss_cross_entropy(pred.shape[0], pred.shape[1], pred.x, ref_categories(ref, &label),
                              NULL, 1.0f / (float)pred.shape[0], dpred);
    compare_loss(ref, loss, dpred);
}

/* what the three policy losses have in common: log-probabilities and the action's */
typedef struct policy_case {
    int rows, n;
    array advantage;
    int32_t *action;
    float *log_prob, *coefficient, *dpred;
} policy_case;

static inline policy_case open_policy(reference *ref, const uint8_t *mask)
{
    const array pred = ref_array(ref, "pred");
    const array action = ref_array(ref, "action");
    policy_case p = {.rows = pred.shape[0], .n = pred.shape[1]};
    p.advantage = ref_array(ref, "advantage");
    p.action = ref_categories(ref, &action);
    p.log_prob = ref_memory(ref, (size_t)pred.n * sizeof *p.log_prob);
    p.coefficient = ref_memory(ref, (size_t)p.rows * sizeof *p.coefficient);
    p.dpred = ref_memory(ref, (size_t)pred.n * sizeof *p.dpred);
    pv_categorical_log(p.rows, p.n, pred.x, mask, p.log_prob);
    return p;
}

static inline void run_policy_gradient(reference *ref)
{
    const uint8_t *mask = NULL;
    if (ref_object(ref, "mask")) {
        const array a = ref_array(ref, "mask");
        mask = ref_bytes(ref, &a);
    }
    policy_case p = open_policy(ref, mask);
    const double bonus = ref_number(ref, "entropy_coefficient");
    float *entropy = ref_memory(ref, (size_t)p.rows * sizeof *entropy);
    double loss = 0.0;
    pv_categorical_entropy(p.rows, p.n, p.log_prob, entropy);
    for (int i = 0; i < p.rows; i++) {
        p.coefficient[i] = -p.advantage.x[i] / (float)p.rows;
        loss += (double)(p.coefficient[i] * p.log_prob[i * p.n + p.action[i]]) -
                bonus * (double)entropy[i] / p.rows;
    }
    pv_categorical_gradient(p.rows, p.n, p.log_prob, p.action, p.coefficient,
                            (float)(-bonus / p.rows), p.dpred);
    compare_loss(ref, loss, p.dpred);
}

/* Schulman et al. 2017, equation 7 */
static inline void run_ppo(reference *ref)
{
    policy_case p = open_policy(ref, NULL);
    const array old = ref_array(ref, "old_log_prob");
    double loss = 0.0;
    for (int i = 0; i < p.rows; i++) {
        const float ratio = expf(p.log_prob[i * p.n + p.action[i]] - old.x[i]);
        const float clipped = ratio < 0.8f ? 0.8f : ratio > 1.2f ? 1.2f : ratio;
        const float advantage = p.advantage.x[i];
        const int free = ratio * advantage <= clipped * advantage;
        loss -= (double)((free ? ratio : clipped) * advantage) / p.rows;
        p.coefficient[i] = free ? -ratio * advantage / (float)p.rows : 0.0f;
    }
    pv_categorical_gradient(p.rows, p.n, p.log_prob, p.action, p.coefficient, 0.0f, p.dpred);
    compare_loss(ref, loss, p.dpred);
}

static inline void run_gaussian_policy(reference *ref)
{
    const array pred = ref_array(ref, "pred");
    const array action = ref_array(ref, "action");
    const array advantage = ref_array(ref, "advantage");
    const array log_std = ref_array(ref, "log_std");
    const int rows = pred.shape[0];
    const pv_gaussian g = {rows, pred.shape[1], pred.x, log_std.x, 1, 0};
    float *log_prob = ref_memory(ref, (size_t)rows * sizeof *log_prob);
    float *coefficient = ref_memory(ref, (size_t)rows * sizeof *coefficient);
    float *dmean = ref_memory(ref, (size_t)pred.n * sizeof *dmean);
    float *dlog_std = ref_memory(ref, (size_t)log_std.n * sizeof *dlog_std);
    double loss = 0.0;
    pv_gaussian_log(&g, action.x, log_prob);
    for (int i = 0; i < rows; i++) {
        coefficient[i] = -advantage.x[i] / (float)rows;
        loss += (double)(coefficient[i] * log_prob[i]);
    }
    pv_gaussian_gradient(&g, action.x, coefficient, 0.0f, dmean, dlog_std);
    compare_loss(ref, loss, dmean);
}

/* --- targets, by their formulas -------------------------------------------------------------- */

static inline float largest(const float *x, int n, int *at)
{
    *at = 0;
    for (int i = 1; i < n; i++) {
        *at = x[i] > x[*at] ? i : *at;
    }
    return x[*at];
}

static inline void run_target_dqn(reference *ref)
{
    const array online = ref_array(ref, "q_online_next");
    const array target = ref_array(ref, "q_target_next");
    const array reward = ref_array(ref, "reward");
    const array terminated = ref_array(ref, "terminated");
    const array plain = ref_array(ref, "target");
    const array twice = ref_array(ref, "double_target");
    float *own = ref_memory(ref, 2 * (size_t)reward.n * sizeof *own);
    for (int i = 0; i < reward.n; i++) {
        const int n = target.shape[1];
        const float discount = 0.99f * (1.0f - terminated.x[i]);
        int best = 0;
        own[i] = reward.x[i] + discount * largest(target.x + i * n, n, &best);
        (void)largest(online.x + i * n, n, &best);
        own[reward.n + i] = reward.x[i] + discount * target.x[i * n + best];
    }
    ref_compare(ref, "target", &plain, own);
    ref_compare(ref, "double_target", &twice, own + reward.n);
}

/* a rollout: what follows step t without the discount, 0 where the episode terminates */
typedef struct rollout {
    array reward, value, terminated, truncated, final_value;
} rollout;

static inline rollout open_rollout(reference *ref)
{
    return (rollout){ref_array(ref, "reward"), ref_array(ref, "value"),
                     ref_array(ref, "terminated"), ref_array(ref, "truncated"),
                     ref_array(ref, "final_value")};
}

static inline int ends(const rollout *r, int t)
{
    return r->terminated.x[t] != 0.0f || r->truncated.x[t] != 0.0f;
}

static inline float next_value(const rollout *r, int t)
{
    const float cut = r->truncated.x[t] != 0.0f ? r->final_value.x[t] : r->value.x[t + 1];
    return r->terminated.x[t] != 0.0f ? 0.0f : cut;
}

static inline void run_target_nstep(reference *ref)
{
    const rollout r = open_rollout(ref);
    const int horizon[] = {1, 3};
    const char *names[] = {"n1", "n3"};
    float *own = ref_memory(ref, (size_t)r.reward.n * sizeof *own);
    for (int k = 0; k < 2; k++) {
        const array right = ref_array(ref, names[k]);
        for (int t = 0; t < r.reward.n; t++) {
            float discount = 1.0f;
            own[t] = 0.0f;
            for (int i = t; i < r.reward.n; i++) {
                own[t] += discount * r.reward.x[i];
                discount *= 0.9f;
                if (ends(&r, i) || i == t + horizon[k] - 1 || i == r.reward.n - 1) {
                    own[t] += discount * next_value(&r, i);
                    break;
                }
            }
        }
        ref_compare(ref, names[k], &right, own);
    }
}

/* Schulman et al. 2016, equation 16 */
static inline void run_target_gae(reference *ref)
{
    const rollout r = open_rollout(ref);
    const array advantage = ref_array(ref, "advantage");
    const array returns = ref_array(ref, "returns");
    float *own = ref_memory(ref, 2 * (size_t)r.reward.n * sizeof *own);
    float trace = 0.0f;
    for (int t = r.reward.n - 1; t >= 0; t--) {
        const float delta = r.reward.x[t] + 0.99f * next_value(&r, t) - r.value.x[t];
        trace = delta + (ends(&r, t) ? 0.0f : 0.99f * 0.95f * trace);
        own[t] = trace;
        own[r.reward.n + t] = trace + r.value.x[t];
    }
    ref_compare(ref, "advantage", &advantage, own);
    ref_compare(ref, "returns", &returns, own + r.reward.n);
}

#endif
