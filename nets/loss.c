/* loss.c: losses and their gradients by the network's output. Each is a sum over rows of a weighted
   term; exponentials are taken of differences that are not positive, so that no output, however
   large, overflows. */
#include "nets/loss.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

/* what a row counts, scale included */
static float row_scale(const float *weight, int row, float scale)
{
    return weight ? scale * weight[row] : scale;
}

/* the loss of an error e and, in *slope, its derivative; delta <= 0: squared */
static double error_loss(float e, float delta, float *slope)
{
    const float size = fabsf(e);
    if (delta <= 0.0f || size <= delta) {
        *slope = e;
        return 0.5 * (double)e * (double)e;
    }
    *slope = e > 0.0f ? delta : e < 0.0f ? -delta : e; /* not-a-number stays one */
    return (double)delta * ((double)size - 0.5 * (double)delta);
}

static double regression(int rows, int n, const float *pred, const float *target, float delta,
                         const float *weight, float scale, float *dpred)
{
    double sum = 0.0;
    for (int r = 0; r < rows; r++) {
        const float w = row_scale(weight, r, scale);
        const size_t first = (size_t)r * (size_t)n;
        double row = 0.0;
        for (size_t i = first; i < first + (size_t)n; i++) {
            float slope;
            row += error_loss(pred[i] - target[i], delta, &slope);
            if (dpred) {
                dpred[i] += w * slope;
            }
        }
        sum += (double)w * row;
    }
    return sum;
}

double pv_loss_squared(int rows, int n, const float *pred, const float *target, const float *weight,
                       float scale, float *dpred)
{
    return regression(rows, n, pred, target, 0.0f, weight, scale, dpred);
}

double pv_loss_huber(int rows, int n, const float *pred, const float *target, float delta,
                     const float *weight, float scale, float *dpred)
{
    assert(delta > 0.0f);
    return regression(rows, n, pred, target, delta, weight, scale, dpred);
}

double pv_loss_chosen(int rows, int n, const float *pred, const int32_t *action,
                      const float *target, float delta, const float *weight, float scale,
                      float *dpred, float *error)
{
    double sum = 0.0;
    for (int r = 0; r < rows; r++) {
        assert(action[r] >= 0 && action[r] < n);
        const float w = row_scale(weight, r, scale);
        const size_t chosen = (size_t)r * (size_t)n + (size_t)action[r];
        const float e = pred[chosen] - target[r];
        float slope;
        sum += (double)w * error_loss(e, delta, &slope);
        if (dpred) {
            dpred[chosen] += w * slope;
        }
        if (error) {
            error[r] = e;
        }
    }
    return sum;
}

/* --- cross-entropy --- */

/* log sum exp(z) as its two parts: the largest z, and in *rest the log of the sum relative to it */
static float log_sum_exp(int n, const float *z, double *rest)
{
    float largest = z[0];
    for (int i = 1; i < n; i++) {
        largest = z[i] > largest ? z[i] : largest;
    }
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += (double)expf(z[i] - largest);
    }
    *rest = log(sum);
    return largest;
}

/* adds w * total * softmax(z) */
static void add_softmax(int n, const float *z, float largest, double rest, float w, float *dz)
{
    for (int i = 0; i < n; i++) {
        dz[i] += w * expf(z[i] - largest - (float)rest);
    }
}

double pv_loss_cross_entropy(int rows, int n, const float *logits, const int32_t *label,
                             const float *weight, float scale, float *dlogits)
{
    double sum = 0.0;
    for (int r = 0; r < rows; r++) {
        assert(label[r] >= 0 && label[r] < n);
        const float w = row_scale(weight, r, scale);
        const float *z = logits + (size_t)r * (size_t)n;
        double rest;
        const float largest = log_sum_exp(n, z, &rest);
        sum += (double)w * ((double)largest - (double)z[label[r]] + rest);
        if (dlogits) {
            float *dz = dlogits + (size_t)r * (size_t)n;
            add_softmax(n, z, largest, rest, w, dz);
            dz[label[r]] -= w;
        }
    }
    return sum;
}

double pv_loss_cross_entropy_soft(int rows, int n, const float *logits, const float *target,
                                  const float *weight, float scale, float *dlogits)
{
    double sum = 0.0;
    for (int r = 0; r < rows; r++) {
        const float w = row_scale(weight, r, scale);
        const size_t first = (size_t)r * (size_t)n;
        const float *z = logits + first;
        const float *t = target + first;
        double rest;
        const float largest = log_sum_exp(n, z, &rest);
        double total = 0.0;
        for (int i = 0; i < n; i++) {
            if (t[i] != 0.0f) { /* a class that nobody asks for may have the logit -INFINITY */
                sum += (double)w * (double)t[i] * ((double)largest - (double)z[i] + rest);
                total += (double)t[i];
            }
        }
        if (dlogits) {
            add_softmax(n, z, largest, rest, w * (float)total, dlogits + first);
            for (int i = 0; i < n; i++) {
                dlogits[first + (size_t)i] -= w * t[i];
            }
        }
    }
    return sum;
}

double pv_loss_binary(int rows, int n, const float *logits, const float *target,
                      const float *weight, float scale, float *dlogits)
{
    double sum = 0.0;
    for (int r = 0; r < rows; r++) {
        const float w = row_scale(weight, r, scale);
        const size_t first = (size_t)r * (size_t)n;
        for (size_t i = first; i < first + (size_t)n; i++) {
            const float z = logits[i];
            const float small = expf(-fabsf(z)); /* in 0..1 */
            const double linear = (z > 0.0f ? 1.0 - (double)target[i] : -(double)target[i]);
            sum += (double)w * ((double)z * linear + log1p((double)small));
            if (dlogits) {
                const float sigmoid = (z > 0.0f ? 1.0f : small) / (1.0f + small);
                dlogits[i] += w * (sigmoid - target[i]);
            }
        }
    }
    return sum;
}

/* --- PPO --- */

double pv_loss_ppo(int rows, const float *log_prob, const float *old_log_prob,
                   const float *advantage, float epsilon, const float *weight, float scale,
                   float *dlog_prob, int *clipped)
{
    double sum = 0.0;
    int cut = 0;
    for (int r = 0; r < rows; r++) {
        const float w = row_scale(weight, r, scale);
        const double a = (double)advantage[r];
        const double difference = (double)log_prob[r] - (double)old_log_prob[r];
        const double ratio = exp(difference > 700.0 ? 700.0 : difference); /* finite */
        const double near = fmin(fmax(ratio, 1.0 - (double)epsilon), 1.0 + (double)epsilon);
        const int outside = near * a < ratio * a; /* the clipped term is the smaller one */
        sum -= (double)w * (outside ? near : ratio) * a;
        cut += outside;
        if (dlog_prob && !outside) {
            dlog_prob[r] -= (float)((double)w * ratio * a);
        }
    }
    if (clipped) {
        *clipped = cut;
    }
    return sum;
}
