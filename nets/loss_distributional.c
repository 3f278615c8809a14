/* loss_distributional.c: losses on distributions of the return: C51 (Bellemare et al. 2017,
   Algorithm 1) moves a target's atoms by the Bellman operator and shares each between its two
   neighbours; QR-DQN (Dabney et al. 2017, equation 10) moves quantiles by regression. */
#include "nets/loss_distributional.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

/* --- atoms ----------------------------------------------------------------------------------- */

static double atom(const pv_support *support, int i)
{
    const double low = (double)support->low;
    return low + i * ((double)support->high - low) / (support->atoms - 1);
}

static float largest(int n, const float *z)
{
    float most = z[0];
    for (int i = 1; i < n; i++) {
        most = z[i] > most ? z[i] : most;
    }
    return most;
}

/* log sum exp(z): exponentials of differences that are not positive */
static double log_sum_exp(int n, const float *z)
{
    const float most = largest(n, z);
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        sum += (double)expf(z[i] - most);
    }
    return (double)most + log(sum);
}

void pv_support_mean(const pv_support *support, int rows, const float *logits, float *probability,
                     float *mean)
{
    const int atoms = support->atoms;
    const double low = (double)support->low;
    const double spacing = ((double)support->high - low) / (atoms - 1);
    assert(atoms >= 2 && support->low < support->high);
    for (int r = 0; r < rows; r++) {
        const float *z = logits + (size_t)r * (size_t)atoms;
        float *p = probability ? probability + (size_t)r * (size_t)atoms : NULL;
        const float most = largest(atoms, z);
        double total = 0.0;
        double sum = 0.0;
        for (int i = 0; i < atoms; i++) {
            const float e = expf(z[i] - most);
            total += (double)e;
            sum += (double)e * (low + i * spacing);
            if (p) {
                p[i] = e;
            }
        }
        for (int i = 0; i < atoms && p; i++) {
            p[i] = (float)((double)p[i] / total);
        }
        if (mean) {
            mean[r] = (float)(sum / total);
        }
    }
}

/* One row. The upper neighbour is always lower + 1: where the paper's floor and ceiling are one
   atom, which would lose its probability, the whole of it goes to the lower. */
static void project(const pv_support *support, double reward, double discount, const float *p,
                    float *projected)
{
    const int last = support->atoms - 1;
    const double low = (double)support->low;
    const double spacing = ((double)support->high - low) / last;
    for (int i = 0; i <= last; i++) {
        const double place = (reward + discount * atom(support, i) - low) / spacing;
        if (isnan(place)) {
            projected[i] = NAN;
            continue;
        }
        const double inside = fmin(fmax(place, 0.0), (double)last);
        const int lower = inside < last ? (int)inside : last - 1;
        const double part = inside - lower;
        projected[lower] += (float)((double)p[i] * (1.0 - part));
        projected[lower + 1] += (float)((double)p[i] * part);
    }
}

void pv_support_project(const pv_support *support, int rows, const float *reward,
                        const float *discount, const float *probability, float *projected)
{
    const size_t atoms = (size_t)support->atoms;
    assert(atoms >= 2 && support->low < support->high);
    memset(projected, 0, (size_t)rows * atoms * sizeof *projected);
    for (int r = 0; r < rows; r++) {
        project(support, (double)reward[r], (double)discount[r], probability + (size_t)r * atoms,
                projected + (size_t)r * atoms);
    }
}

/* the first of the numbers of a row's action */
static size_t chosen(int row, int actions, const int32_t *action, int n)
{
    assert(action[row] >= 0 && action[row] < actions);
    return ((size_t)row * (size_t)actions + (size_t)action[row]) * (size_t)n;
}

double pv_loss_atoms(int rows, int actions, int atoms, const float *logits, const int32_t *action,
                     const float *target, const float *weight, float scale, float *dlogits,
                     float *row_loss)
{
    double sum = 0.0;
    for (int r = 0; r < rows; r++) {
        const double w = (double)scale * (weight ? (double)weight[r] : 1.0);
        const size_t first = chosen(r, actions, action, atoms);
        const float *z = logits + first;
        const float *t = target + (size_t)r * (size_t)atoms;
        const double log_total = log_sum_exp(atoms, z);
        double loss = 0.0;
        double total = 0.0; /* of the target: 1 but for rounding */
        for (int i = 0; i < atoms; i++) {
            loss += t[i] != 0.0f ? (double)t[i] * (log_total - (double)z[i]) : 0.0;
            total += (double)t[i];
        }
        for (int i = 0; i < atoms && dlogits; i++) {
            const double p = (double)expf((float)((double)z[i] - log_total));
            dlogits[first + (size_t)i] += (float)(w * (total * p - (double)t[i]));
        }
        sum += w * loss;
        if (row_loss) {
            row_loss[r] = (float)loss;
        }
    }
    return sum;
}

/* --- quantiles ------------------------------------------------------------------------------- */

void pv_quantile_mean(int rows, int n, const float *quantile, float *mean)
{
    for (int r = 0; r < rows; r++) {
        double sum = 0.0;
        for (int i = 0; i < n; i++) {
            sum += (double)quantile[(size_t)r * (size_t)n + (size_t)i];
        }
        mean[r] = (float)(sum / n);
    }
}

/* u brought into -most .. most; not-a-number stays one */
static double clamp(double u, double most)
{
    return u > most ? most : u < -most ? -most : u;
}

/* The loss of quantile i of n against all targets, and its derivative by the quantile. With c = u
   clamped to +-delta, Huber's loss is c (u - c/2) and its derivative c; delta 0: |u| and the sign.
 */
static double quantile_loss(double tau, double quantile, int n_target, const float *target,
                            double delta, double *slope)
{
    const double most = delta > 0.0 ? delta : 1.0;
    const double scale = delta > 0.0 ? 1.0 : INFINITY; /* takes any u to the bounds */
    double loss = 0.0;
    double down = 0.0;
    for (int j = 0; j < n_target; j++) {
        const double u = (double)target[j] - quantile;
        const double c = clamp(u != 0.0 ? u * scale : 0.0, most);
        const double weighted = (u < 0.0 ? 1.0 - tau : tau) * c;
        loss += weighted * (u - (delta > 0.0 ? 0.5 * c : 0.0));
        down += weighted;
    }
    *slope = -down / n_target;
    return loss / n_target;
}

double pv_loss_quantile(int rows, int actions, int n, const float *quantile, const int32_t *action,
                        int n_target, const float *target, float delta, const float *weight,
                        float scale, float *dquantile, float *row_loss)
{
    double sum = 0.0;
    assert(n > 0 && n_target > 0 && delta >= 0.0f);
    for (int r = 0; r < rows; r++) {
        const double w = (double)scale * (weight ? (double)weight[r] : 1.0);
        const size_t first = chosen(r, actions, action, n);
        double loss = 0.0;
        for (int i = 0; i < n; i++) {
            double slope;
            loss += quantile_loss((i + 0.5) / n, (double)quantile[first + (size_t)i], n_target,
                                  target + (size_t)r * (size_t)n_target, (double)delta, &slope);
            if (dquantile) {
                dquantile[first + (size_t)i] += (float)(w * slope);
            }
        }
        sum += w * loss;
        if (row_loss) {
            row_loss[r] = (float)loss;
        }
    }
    return sum;
}
