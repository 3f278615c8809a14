/* heads_gaussian.c: the diagonal Gaussian policy, x = mean + std * noise with std = exp(log_std),
   and its squashed form, action = tanh(x) (Haarnoja et al. 2018, appendix C). With u = (x - mean) /
   std: log p(x) = sum -u^2/2 - log_std - log(2 pi)/2, less log(1 - tanh(x)^2) where squashed. */
#include "nets/heads.h"

#include <math.h>
#include <stddef.h>

static const double HALF_LOG_2_PI = 0.91893853320467274178;
static const double LOG_2 = 0.69314718055994530942;

/* where the log_std of a row begins */
static const float *row_log_std(const pv_gaussian *g, int row)
{
    return g->shared ? g->log_std : g->log_std + (size_t)row * (size_t)g->n;
}

void pv_gaussian_sample(const pv_gaussian *g, pv_rng *rng, float *action, float *raw)
{
    for (int r = 0; r < g->rows; r++) {
        const float *log_std = row_log_std(g, r);
        for (int k = 0; k < g->n; k++) {
            const size_t i = (size_t)r * (size_t)g->n + (size_t)k;
            const float x = g->mean[i] + expf(log_std[k]) * (float)pv_rng_normal(&rng[r]);
            action[i] = g->squash ? tanhf(x) : x;
            if (raw) {
                raw[i] = x;
            }
        }
    }
}

void pv_gaussian_best(const pv_gaussian *g, float *action)
{
    const size_t count = (size_t)g->rows * (size_t)g->n;
    for (size_t i = 0; i < count; i++) {
        action[i] = g->squash ? tanhf(g->mean[i]) : g->mean[i];
    }
}

/* log(1 - tanh(x)^2) = 2 (log 2 - |x| - log(1 + exp(-2 |x|))), exact where tanh rounds to 1 */
static double log_squash_slope(double x)
{
    return 2.0 * (LOG_2 - fabs(x) - log1p(exp(-2.0 * fabs(x))));
}

void pv_gaussian_log(const pv_gaussian *g, const float *raw, float *log_prob)
{
    for (int r = 0; r < g->rows; r++) {
        const float *log_std = row_log_std(g, r);
        double sum = 0.0;
        for (int k = 0; k < g->n; k++) {
            const size_t i = (size_t)r * (size_t)g->n + (size_t)k;
            const double u = ((double)raw[i] - (double)g->mean[i]) * exp(-(double)log_std[k]);
            sum -= 0.5 * u * u + (double)log_std[k] + HALF_LOG_2_PI;
            sum -= g->squash ? log_squash_slope((double)raw[i]) : 0.0;
        }
        log_prob[r] = (float)sum;
    }
}

void pv_gaussian_entropy(const pv_gaussian *g, float *entropy)
{
    for (int r = 0; r < g->rows; r++) {
        const float *log_std = row_log_std(g, r);
        double sum = 0.0;
        for (int k = 0; k < g->n; k++) {
            sum += (double)log_std[k] + 0.5 + HALF_LOG_2_PI;
        }
        entropy[r] = (float)sum;
    }
}

/* KL = sum log(std_q / std_p) + (std_p^2 + (mean_p - mean_q)^2) / (2 std_q^2) - 1/2 */
void pv_gaussian_kl(const pv_gaussian *p, const pv_gaussian *q, float *kl)
{
    for (int r = 0; r < p->rows; r++) {
        const float *log_p = row_log_std(p, r);
        const float *log_q = row_log_std(q, r);
        double sum = 0.0;
        for (int k = 0; k < p->n; k++) {
            const size_t i = (size_t)r * (size_t)p->n + (size_t)k;
            const double ratio = (double)log_p[k] - (double)log_q[k];
            const double apart = ((double)p->mean[i] - (double)q->mean[i]) * exp(-(double)log_q[k]);
            /* expm1: std_p^2 / std_q^2 - 1 without cancellation where they are near */
            sum += 0.5 * (expm1(2.0 * ratio) + apart * apart) - ratio;
        }
        kl[r] = (float)sum;
    }
}

/* d log p / d mean = u / std,  d log p / d log_std = u^2 - 1,  dH / d log_std = 1 */
void pv_gaussian_gradient(const pv_gaussian *g, const float *raw, const float *coefficient,
                          float entropy_coefficient, float *dmean, float *dlog_std)
{
    for (int r = 0; r < g->rows; r++) {
        const float *log_std = row_log_std(g, r);
        float *dl = g->shared ? dlog_std : dlog_std + (size_t)r * (size_t)g->n;
        const double c = (double)coefficient[r];
        for (int k = 0; k < g->n; k++) {
            const size_t i = (size_t)r * (size_t)g->n + (size_t)k;
            const double inverse = exp(-(double)log_std[k]);
            const double u = ((double)raw[i] - (double)g->mean[i]) * inverse;
            dmean[i] += (float)(c * u * inverse);
            dl[k] += (float)(c * (u * u - 1.0) + (double)entropy_coefficient);
        }
    }
}
