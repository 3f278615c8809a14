/* heads_categorical.c: the categorical policy, a softmax over actions. Everything works on
   log-probabilities, z_i - max - log sum exp(z - max), which stay exact where probabilities round
   to 0 or 1; an illegal action has log-probability -INFINITY and takes part in nothing. */
#include "nets/heads.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

/* the mask of a row, NULL where all actions are legal */
static const uint8_t *row_mask(const uint8_t *mask, int row, int n)
{
    const uint8_t *m = mask ? mask + (size_t)row * (size_t)n : NULL;
    for (int i = 0; m && i < n; i++) {
        if (m[i]) {
            return m;
        }
    }
    return NULL;
}

static void row_log(int n, const float *z, const uint8_t *mask, float *log_prob)
{
    float largest = -INFINITY;
    for (int i = 0; i < n; i++) {
        if ((!mask || mask[i]) && !(z[i] <= largest)) {
            largest = z[i];
        }
    }
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        if (!mask || mask[i]) {
            sum += (double)expf(z[i] - largest);
        }
    }
    const float rest = (float)log(sum);
    for (int i = 0; i < n; i++) {
        log_prob[i] = !mask || mask[i] ? z[i] - largest - rest : -INFINITY;
    }
}

void pv_categorical_log(int rows, int n, const float *logits, const uint8_t *mask, float *log_prob)
{
    for (int r = 0; r < rows; r++) {
        const size_t first = (size_t)r * (size_t)n;
        row_log(n, logits + first, row_mask(mask, r, n), log_prob + first);
    }
}

/* inverts the distribution function; what rounding leaves over goes to the last legal action */
static int32_t draw(int n, const float *log_prob, pv_rng *rng)
{
    double left = pv_rng_uniform(rng);
    int32_t action = 0;
    for (int32_t i = 0; i < n; i++) {
        const double p = (double)expf(log_prob[i]);
        if (p > 0.0) {
            action = i;
            if (left < p) {
                break;
            }
            left -= p;
        }
    }
    return action;
}

void pv_categorical_sample(int rows, int n, const float *log_prob, pv_rng *rng, int32_t *action)
{
    for (int r = 0; r < rows; r++) {
        action[r] = draw(n, log_prob + (size_t)r * (size_t)n, &rng[r]);
    }
}

void pv_categorical_best(int rows, int n, const float *log_prob, int32_t *action)
{
    for (int r = 0; r < rows; r++) {
        const float *l = log_prob + (size_t)r * (size_t)n;
        action[r] = 0;
        for (int32_t i = 1; i < n; i++) {
            action[r] = l[i] > l[action[r]] ? i : action[r];
        }
    }
}

void pv_categorical_chosen(int rows, int n, const float *log_prob, const int32_t *action,
                           float *chosen)
{
    for (int r = 0; r < rows; r++) {
        assert(action[r] >= 0 && action[r] < n);
        chosen[r] = log_prob[(size_t)r * (size_t)n + (size_t)action[r]];
    }
}

static double row_entropy(int n, const float *log_prob)
{
    double entropy = 0.0;
    for (int i = 0; i < n; i++) {
        if (log_prob[i] != -INFINITY) {
            entropy -= (double)expf(log_prob[i]) * (double)log_prob[i];
        }
    }
    return entropy;
}

void pv_categorical_entropy(int rows, int n, const float *log_prob, float *entropy)
{
    for (int r = 0; r < rows; r++) {
        entropy[r] = (float)row_entropy(n, log_prob + (size_t)r * (size_t)n);
    }
}

void pv_categorical_kl(int rows, int n, const float *log_p, const float *log_q, float *kl)
{
    for (int r = 0; r < rows; r++) {
        const float *p = log_p + (size_t)r * (size_t)n;
        const float *q = log_q + (size_t)r * (size_t)n;
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            if (p[i] != -INFINITY) {
                sum += (double)expf(p[i]) * ((double)p[i] - (double)q[i]);
            }
        }
        kl[r] = (float)sum;
    }
}

/* d log p(a) / dz_i = 1[i = a] - p_i,  dH / dz_i = -p_i (log p_i + H) */
void pv_categorical_gradient(int rows, int n, const float *log_prob, const int32_t *action,
                             const float *coefficient, float entropy_coefficient, float *dlogits)
{
    for (int r = 0; r < rows; r++) {
        assert(action[r] >= 0 && action[r] < n);
        const float *l = log_prob + (size_t)r * (size_t)n;
        float *dz = dlogits + (size_t)r * (size_t)n;
        const float c = coefficient[r];
        const float entropy = entropy_coefficient != 0.0f ? (float)row_entropy(n, l) : 0.0f;
        for (int i = 0; i < n; i++) {
            if (l[i] != -INFINITY) {
                const float p = expf(l[i]);
                dz[i] += (i == action[r] ? c : 0.0f) - p * c -
                         entropy_coefficient * p * (l[i] + entropy);
            }
        }
    }
}
