/* stats.c: moments, quantiles, means and the bootstrap. Whatever takes sorted numbers is a
   statistic that the bootstrap can ask, since it draws its resamples in sorted order. */
#include "core/stats.h"

#include "core/memory.h"
#include "core/rng.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void pv_moments_add(pv_moments *moments, double x)
{
    moments->min = moments->n == 0 || x < moments->min ? x : moments->min;
    moments->max = moments->n == 0 || x > moments->max ? x : moments->max;
    moments->n++;
    const double delta = x - moments->mean;
    moments->mean += delta / (double)moments->n;
    moments->m2 += delta * (x - moments->mean);
}

void pv_moments_merge(pv_moments *moments, const pv_moments *other)
{
    if (other->n == 0) {
        return;
    }
    if (moments->n == 0) {
        *moments = *other;
        return;
    }
    const double a = (double)moments->n;
    const double b = (double)other->n;
    const double delta = other->mean - moments->mean;
    moments->m2 += other->m2 + delta * delta * (a * b / (a + b));
    moments->mean += delta * (b / (a + b));
    moments->min = other->min < moments->min ? other->min : moments->min;
    moments->max = other->max > moments->max ? other->max : moments->max;
    moments->n += other->n;
}

double pv_moments_variance(const pv_moments *moments)
{
    return moments->n < 2 ? 0.0 : moments->m2 / (double)(moments->n - 1);
}

double pv_moments_deviation(const pv_moments *moments)
{
    return sqrt(pv_moments_variance(moments));
}

double pv_mean(const double *x, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return n ? sum / (double)n : NAN;
}

double pv_mean_sorted(const double *sorted, size_t n)
{
    return pv_mean(sorted, n);
}

/* NaN last, so that the order is one even with it */
static int compare(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    if (isnan(a) || isnan(b)) {
        return (isnan(a) != 0) - (isnan(b) != 0);
    }
    return (a > b) - (a < b);
}

void pv_sort(double *x, size_t n)
{
    if (n > 1) {
        qsort(x, n, sizeof *x, compare);
    }
}

double pv_quantile(const double *sorted, size_t n, double q)
{
    assert(q >= 0.0 && q <= 1.0);
    if (n == 0) {
        return NAN;
    }
    const double place = (double)(n - 1) * q;
    const size_t below = (size_t)place;
    const double part = place - (double)below;
    if (part == 0.0 || sorted[below] == sorted[below + 1]) {
        return sorted[below];
    }
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double pv_iqm(const double *sorted, size_t n)
{
    if (n == 0) {
        return NAN;
    }
    /* number i covers i..i+1 of 0..n, of which the middle half counts */
    const double low = 0.25 * (double)n;
    const double high = 0.75 * (double)n;
    double sum = 0.0;
    for (size_t i = (size_t)low; i < n && (double)i < high; i++) {
        const double begin = (double)i > low ? (double)i : low;
        const double end = (double)(i + 1) < high ? (double)(i + 1) : high;
        sum += (end - begin) * sorted[i];
    }
    return sum / (high - low);
}

/* draws n of x[0..n-1] with replacement into `drawn`, in the order of x */
static void resample(pv_rng *rng, const double *x, size_t n, uint32_t *times, double *drawn)
{
    memset(times, 0, n * sizeof *times);
    for (size_t i = 0; i < n; i++) {
        times[pv_rng_below(rng, (uint32_t)n)]++;
    }
    for (size_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < times[i]; k++) {
            *drawn++ = x[i];
        }
    }
}

int pv_bootstrap(const double *x, size_t n, pv_statistic *statistic, int resamples, double level,
                 uint64_t seed, double *low, double *high)
{
    assert(n <= UINT32_MAX && resamples > 0 && level > 0.0 && level < 1.0);
    *low = *high = NAN;
    if (n == 0) {
        return 0;
    }
    const size_t draws = (size_t)resamples;
    double *sorted = pv_alloc_array(n, sizeof *sorted);
    double *drawn = pv_alloc_array(n, sizeof *drawn);
    uint32_t *times = pv_alloc_array(n, sizeof *times);
    double *value = pv_alloc_array(draws, sizeof *value);
    const int ready = sorted && drawn && times && value;
    if (ready) {
        pv_rng rng = pv_rng_split(seed, "bootstrap");
        memcpy(sorted, x, n * sizeof *sorted);
        pv_sort(sorted, n);
        for (size_t i = 0; i < draws; i++) {
            resample(&rng, sorted, n, times, drawn);
            value[i] = statistic(drawn, n);
        }
        pv_sort(value, draws);
        *low = pv_quantile(value, draws, 0.5 * (1.0 - level));
        *high = pv_quantile(value, draws, 0.5 * (1.0 + level));
    }
    pv_free(sorted);
    pv_free(drawn);
    pv_free(times);
    pv_free(value);
    return ready ? 0 : -1;
}
