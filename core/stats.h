/* stats.h: what is said about many numbers: moments, quantiles, means and their intervals. */
#ifndef PAVLOV_CORE_STATS_H
#define PAVLOV_CORE_STATS_H

#include "pavlov/env.h"

#include <stddef.h>

/* Running mean and variance (Welford 1962); all zero is empty. */
typedef struct pv_moments {
    uint64_t n;
    double mean, m2, min, max;
} pv_moments;

void pv_moments_add(pv_moments *moments, double x);

/* Adds what `other` has seen (Chan, Golub and LeVeque 1979). */
void pv_moments_merge(pv_moments *moments, const pv_moments *other);

/* Sample variance (n - 1), 0 below two numbers; and its root. */
double pv_moments_variance(const pv_moments *moments);
double pv_moments_deviation(const pv_moments *moments);

/* The mean of x[0..n-1]; NaN for n = 0, as all below. */
double pv_mean(const double *x, size_t n);

/* Sorts x in rising order. */
void pv_sort(double *x, size_t n);

/* The q-quantile, linear between neighbours (R's type 7), of x sorted in rising order. */
double pv_quantile(const double *sorted, size_t n, double q);

/* Mean of the middle half of x sorted in rising order, the border points weighted by the part of
   them inside (interquartile mean; Agarwal et al. 2021). */
double pv_iqm(const double *sorted, size_t n);

typedef double pv_statistic(const double *sorted, size_t n);
double pv_mean_sorted(const double *sorted, size_t n); /* pv_mean, as a pv_statistic */

/* The percentile bootstrap interval of a statistic (Efron 1979): `resamples` draws with replacement
   of x[0..n-1], repeatable from `seed`; level 0.95 gives the 2.5 and 97.5 percentiles. Returns 0,
   or -1 for want of memory. One number gives an interval of no width. */
int pv_bootstrap(const double *x, size_t n, pv_statistic *statistic, int resamples, double level,
                 uint64_t seed, double *low, double *high);

#endif
