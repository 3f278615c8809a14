/* policy_loss.c: what a policy and its critic are changed by: the policy gradient or PPO's clipped
   objective, an entropy bonus and the squared error of the values, each a mean over the batch. */
#include "agents/actor_critic.h"

#include "nets/heads.h"
#include "nets/loss.h"

#include <math.h>

enum { POLICY, VALUE }; /* heads */

/* -mean A log pi, and its coefficients of the gradients of log pi */
static double plain(const pv_policy_batch *b, float scale)
{
    double sum = 0.0;
    for (int i = 0; i < b->rows; i++) {
        b->coefficient[i] = -scale * b->advantage[i];
        sum += (double)b->coefficient[i] * (double)b->log_prob[i];
    }
    return sum;
}

/* PPO's, and how far the policy has gone: KL(old || new) is the mean of r - 1 - log r, which is
   never negative (Schulman 2020) */
static double clipped(const pv_policy_batch *b, float clip, float scale, pv_policy_told *told)
{
    int cut = 0;
    for (int i = 0; i < b->rows; i++) {
        const double log_ratio = (double)b->log_prob[i] - (double)b->old_log_prob[i];
        b->coefficient[i] = 0.0f;
        told->kl += expm1(log_ratio) - log_ratio;
    }
    const double loss = pv_loss_ppo(b->rows, b->log_prob, b->old_log_prob, b->advantage, clip, NULL,
                                    scale, b->coefficient, &cut);
    told->clipped += cut;
    return loss;
}

/* adds the gradient by the policy's head; returns the loss with the bonus for entropy */
static double policy_loss(pv_actor_critic *ac, pv_policy_pass *pass, const pv_policy_batch *b,
                          const pv_policy_loss *loss, pv_policy_told *told)
{
    const float scale = 1.0f / (float)b->rows;
    const float bonus = -(float)loss->entropy * scale;
    float *gradient = pv_pass_output_gradient(pass->pass, POLICY);
    pv_actor_critic_log(ac, pass, b->rows, b->action, b->log_prob);
    const double value =
        loss->clip > 0.0 ? clipped(b, (float)loss->clip, scale, told) : plain(b, scale);
    if (ac->continuous) {
        const pv_gaussian g = {.rows = b->rows,
                               .n = ac->n,
                               .mean = pv_pass_output(pass->pass, POLICY),
                               .log_std = ac->log_std,
                               .shared = 1};
        pv_gaussian_entropy(&g, b->scratch);
        pv_gaussian_gradient(&g, b->action, b->coefficient, bonus, gradient, ac->log_std_gradient);
    } else {
        pv_categorical_entropy(b->rows, ac->n, pass->log_prob, b->scratch);
        pv_categorical_gradient(b->rows, ac->n, pass->log_prob, b->action, b->coefficient, bonus,
                                gradient);
    }
    double entropy = 0.0;
    for (int i = 0; i < b->rows; i++) {
        entropy += (double)b->scratch[i];
    }
    told->policy += value * b->rows;
    told->entropy += entropy;
    return value - loss->entropy * entropy / b->rows;
}

/* the mean of (V - target)^2, or of the greater of it and the same with V kept near its old value
 */
static double value_loss(pv_policy_pass *pass, const pv_policy_batch *b, const pv_policy_loss *loss,
                         pv_policy_told *told)
{
    float *gradient = pv_pass_output_gradient(pass->pass, VALUE);
    const float near = (float)loss->value_clip;
    const float scale = (float)loss->value / (float)b->rows;
    double sum = 0.0;
    for (int i = 0; i < b->rows; i++) {
        const float error = pass->value[i] - b->target[i];
        float worst = error;
        int moves = 1;
        if (near > 0.0f) {
            const float step = pass->value[i] - b->old_value[i];
            const float kept = step < -near ? -near : step > near ? near : step;
            const float other = b->old_value[i] + kept - b->target[i];
            if (other * other > error * error) {
                worst = other;
                moves = step >= -near && step <= near;
            }
        }
        sum += (double)worst * (double)worst;
        gradient[i] += moves ? 2.0f * scale * worst : 0.0f;
    }
    told->value += sum;
    return loss->value * sum / b->rows;
}

double pv_actor_critic_loss(pv_actor_critic *ac, pv_policy_pass *pass, const pv_policy_batch *batch,
                            const pv_policy_loss *loss, pv_policy_told *told)
{
    double total = policy_loss(ac, pass, batch, loss, told);
    total += ac->critic ? value_loss(pass, batch, loss, told) : 0.0;
    told->rows += batch->rows;
    pv_pass_backward(pass->pass, ac->deep.net, ac->deep.gradient, 0);
    return total;
}

pv_status pv_actor_critic_update(pv_actor_critic *ac, const pv_policy_pass *pass, double loss,
                                 uint64_t step)
{
    const pv_status status = pv_deep_update(&ac->deep, pass->pass, loss, step);
    if (status || !ac->continuous) {
        return status;
    }
    const pv_net_tensor tensor = {
        .name = "policy.log_std", .count = (size_t)ac->n, .ndim = 1, .shape = {(uint64_t)ac->n}};
    pv_optimizer_set_lr(ac->log_std_optimizer, ac->deep.told.lr);
    return pv_update_block(ac->log_std_optimizer, ac->log_std, &tensor, 1, ac->log_std_gradient,
                           NULL, NULL);
}
