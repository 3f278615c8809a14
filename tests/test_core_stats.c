/* test_core_stats.c: statistics against numbers worked out by hand, and the bootstrap's coverage.
 */
#include "core/stats.h"

#include "core/memory.h"
#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(running_moments_equal_those_worked_out_by_hand)
{
    /* 2 4 4 4 5 5 7 9: mean 5, squares 32 */
    static const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    pv_moments moments = {0};
    ck_assert_double_eq(pv_moments_variance(&moments), 0.0);
    for (int i = 0; i < 8; i++) {
        pv_moments_add(&moments, x[i]);
        if (i == 0) {
            ck_assert_double_eq(moments.mean, 2.0);
            ck_assert_double_eq(pv_moments_variance(&moments), 0.0);
        }
    }
    ck_assert_uint_eq(moments.n, 8);
    ck_assert_double_eq_tol(moments.mean, 5.0, 1e-15);
    ck_assert_double_eq_tol(pv_moments_variance(&moments), 32.0 / 7.0, 1e-14);
    ck_assert_double_eq_tol(pv_moments_deviation(&moments), sqrt(32.0 / 7.0), 1e-14);
    ck_assert_double_eq(moments.min, 2.0);
    ck_assert_double_eq(moments.max, 9.0);
}
END_TEST

START_TEST(minimum_and_maximum_do_not_begin_at_zero)
{
    pv_moments moments = {0};
    pv_moments_add(&moments, -3.0);
    ck_assert_double_eq(moments.max, -3.0);
    pv_moments_add(&moments, -5.0);
    ck_assert_double_eq(moments.min, -5.0);
    ck_assert_double_eq(moments.max, -3.0);
    pv_moments positive = {0};
    pv_moments_add(&positive, 4.0);
    ck_assert_double_eq(positive.min, 4.0);
}
END_TEST

START_TEST(a_small_variance_far_from_zero_survives)
{
    pv_moments moments = {0};
    for (int i = 0; i < 999; i++) {
        pv_moments_add(&moments, 1e9 + i % 3); /* variance 2/3 * 999/998 */
    }
    ck_assert_double_eq_tol(pv_moments_variance(&moments), 2.0 / 3.0 * 999.0 / 998.0, 1e-6);
}
END_TEST

START_TEST(merged_moments_equal_those_of_the_whole)
{
    pv_rng rng = pv_rng_split(1, "merge");
    for (int cut = 0; cut <= 50; cut += 5) {
        pv_moments whole = {0};
        pv_moments halves[2] = {{0}};
        for (int i = 0; i < 50; i++) {
            const double x = pv_rng_normal(&rng) * 3.0 + 10.0;
            pv_moments_add(&whole, x);
            pv_moments_add(&halves[i >= cut], x);
        }
        pv_moments_merge(&halves[0], &halves[1]);
        ck_assert_uint_eq(halves[0].n, 50);
        ck_assert_double_eq_tol(halves[0].mean, whole.mean, 1e-13);
        ck_assert_double_eq_tol(pv_moments_variance(&halves[0]), pv_moments_variance(&whole),
                                1e-12);
        ck_assert_double_eq(halves[0].min, whole.min);
        ck_assert_double_eq(halves[0].max, whole.max);
    }
}
END_TEST

START_TEST(numbers_are_sorted_with_nan_last)
{
    double x[] = {3, NAN, -INFINITY, 2, 2, INFINITY, -1};
    static const double sorted[] = {-INFINITY, -1, 2, 2, 3, INFINITY};
    pv_sort(x, 7);
    ck_assert_int_eq(memcmp(x, sorted, sizeof sorted), 0);
    ck_assert(isnan(x[6]));
    pv_sort(NULL, 0);
}
END_TEST

START_TEST(quantiles_are_those_of_type_seven)
{
    static const double x[] = {1, 2, 4, 8, 16};
    static const double expected[][2] = {{0, 1},     {0.1, 1.4},  {0.25, 2}, {0.5, 4},
                                         {0.625, 6}, {0.9, 12.8}, {1, 16}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        ck_assert_double_eq_tol(pv_quantile(x, 5, expected[i][0]), expected[i][1], 1e-14);
    }
    ck_assert_double_eq(pv_quantile(x, 1, 0.3), 1.0);
    static const double ends[] = {-INFINITY, -INFINITY, 0, INFINITY, INFINITY};
    ck_assert_double_eq(pv_quantile(ends, 5, 0.1), -INFINITY);
    ck_assert_double_eq(pv_quantile(ends, 5, 0.9), INFINITY);
}
END_TEST

START_TEST(the_interquartile_mean_weighs_the_border_points_by_their_part)
{
    static const double one[] = {7};
    static const double two[] = {1, 3};
    static const double three[] = {1, 2, 9};                 /* (1/4 + 2 + 9/4) / 1.5 */
    static const double four[] = {-100, 2, 3, 100};          /* (2 + 3) / 2 */
    static const double five[] = {1, 2, 3, 4, 10};           /* (0.75 2 + 3 + 0.75 4) / 2.5 */
    static const double six[] = {0, 1, 2, 3, 4, 50};         /* (0.5 1 + 2 + 3 + 0.5 4) / 3 */
    static const double eight[] = {0, 0, 1, 2, 3, 6, 9, 99}; /* (1 + 2 + 3 + 6) / 4 */
    ck_assert_double_eq(pv_iqm(one, 1), 7.0);
    ck_assert_double_eq(pv_iqm(two, 2), 2.0);
    ck_assert_double_eq_tol(pv_iqm(three, 3), 3.0, 1e-15);
    ck_assert_double_eq(pv_iqm(four, 4), 2.5);
    ck_assert_double_eq_tol(pv_iqm(five, 5), 3.0, 1e-15);
    ck_assert_double_eq_tol(pv_iqm(six, 6), 2.5, 1e-15);
    ck_assert_double_eq(pv_iqm(eight, 8), 3.0);
}
END_TEST

START_TEST(the_statistics_of_nothing_are_not_a_number)
{
    double low = 0;
    double high = 0;
    ck_assert(isnan(pv_mean(NULL, 0)));
    ck_assert(isnan(pv_mean_sorted(NULL, 0)));
    ck_assert(isnan(pv_quantile(NULL, 0, 0.5)));
    ck_assert(isnan(pv_iqm(NULL, 0)));
    ck_assert_int_eq(pv_bootstrap(NULL, 0, pv_iqm, 10, 0.95, 1, &low, &high), 0);
    ck_assert(isnan(low) && isnan(high));
    ck_assert_double_eq(pv_mean((double[]){1, 2, 6}, 3), 3.0);
}
END_TEST

START_TEST(the_bootstrap_of_two_numbers_has_the_quantiles_of_a_coin)
{
    /* the mean of two draws of {0, 1} is 0, 1/2, 1 with probability 1/4, 1/2, 1/4 */
    static const double x[] = {1, 0};
    double low;
    double high;
    ck_assert_int_eq(pv_bootstrap(x, 2, pv_mean_sorted, 4000, 0.4, 1, &low, &high), 0);
    ck_assert_double_eq(low, 0.5);
    ck_assert_double_eq(high, 0.5);
    ck_assert_int_eq(pv_bootstrap(x, 2, pv_mean_sorted, 4000, 0.6, 1, &low, &high), 0);
    ck_assert_double_eq(low, 0.0);
    ck_assert_double_eq(high, 1.0);
    ck_assert_double_eq(x[0], 1.0);
}
END_TEST

static double sorted_or_nan(const double *sorted, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (sorted[i] < sorted[i - 1]) {
            return NAN;
        }
    }
    return sorted[n - 1];
}

START_TEST(a_statistic_is_given_sorted_numbers)
{
    static const double x[] = {5, 1, 4, 2, 3, 9, 7};
    double low;
    double high;
    ck_assert_int_eq(pv_bootstrap(x, 7, sorted_or_nan, 500, 0.9, 3, &low, &high), 0);
    ck_assert_double_eq(high, 9.0); /* P(max = 9) = 1 - (6/7)^7 = 0.66 */
    ck_assert_double_ge(low, 4.0);  /* P(max < 4) = (3/7)^7 < 0.003 */
    ck_assert_double_lt(low, 9.0);
}
END_TEST

START_TEST(one_number_has_an_interval_of_no_width)
{
    const double x = 0.1;
    double low;
    double high;
    ck_assert_int_eq(pv_bootstrap(&x, 1, pv_iqm, 100, 0.95, 1, &low, &high), 0);
    ck_assert_double_eq(low, 0.1);
    ck_assert_double_eq(high, 0.1);
}
END_TEST

START_TEST(the_bootstrap_repeats_by_seed)
{
    double x[30];
    double low[3];
    double high[3];
    pv_rng rng = pv_rng_split(9, "data");
    for (int i = 0; i < 30; i++) {
        x[i] = pv_rng_normal(&rng);
    }
    static const uint64_t seeds[] = {1, 1, 2};
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(pv_bootstrap(x, 30, pv_iqm, 200, 0.95, seeds[i], &low[i], &high[i]), 0);
    }
    ck_assert_double_eq(low[0], low[1]);
    ck_assert_double_eq(high[0], high[1]);
    ck_assert(low[0] != low[2] || high[0] != high[2]);
}
END_TEST

START_TEST(a_bootstrap_interval_covers_the_truth_as_often_as_it_says)
{
    enum { TRIALS = 600, N = 25 };
    int covered = 0;
    double width = 0.0;
    pv_rng rng = pv_rng_split(4, "coverage");
    for (int trial = 0; trial < TRIALS; trial++) {
        double x[N];
        double low;
        double high;
        for (int i = 0; i < N; i++) {
            x[i] = 5.0 + 2.0 * pv_rng_normal(&rng);
        }
        pv_bootstrap(x, N, pv_mean_sorted, 300, 0.9, (uint64_t)trial, &low, &high);
        covered += low <= 5.0 && 5.0 <= high;
        width += (high - low) / TRIALS;
    }
    /* the percentile interval of 25 normal numbers behaves as mean +- 1.645 s sqrt(24)/25, which
       covers P(|t| < 1.612 with 24 degrees of freedom) = 0.880; three deviations are 0.040 */
    ck_assert_double_eq_tol((double)covered / TRIALS, 0.880, 0.040);
    ck_assert_double_eq_tol(width, 2.0 * 1.645 * 2.0 * sqrt(24.0) / 25.0, 0.06);
}
END_TEST

START_TEST(the_bootstrap_survives_every_failing_allocation)
{
    static const double x[] = {1, 2, 3};
    const size_t before = pv_memory_live();
    double low;
    double high;
    uint64_t n = 1;
    for (int status = -1; status != 0; n++) {
        pv_memory_fail_at(n);
        status = pv_bootstrap(x, 3, pv_iqm, 50, 0.95, 1, &low, &high);
        pv_memory_fail_at(0);
        ck_assert_uint_eq(pv_memory_live(), before);
        ck_assert_uint_lt(n, 20);
    }
    ck_assert_uint_gt(n, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stats");
    TCase *tests = tcase_create("stats");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, running_moments_equal_those_worked_out_by_hand);
    tcase_add_test(tests, minimum_and_maximum_do_not_begin_at_zero);
    tcase_add_test(tests, a_small_variance_far_from_zero_survives);
    tcase_add_test(tests, merged_moments_equal_those_of_the_whole);
    tcase_add_test(tests, numbers_are_sorted_with_nan_last);
    tcase_add_test(tests, quantiles_are_those_of_type_seven);
    tcase_add_test(tests, the_interquartile_mean_weighs_the_border_points_by_their_part);
    tcase_add_test(tests, the_statistics_of_nothing_are_not_a_number);
    tcase_add_test(tests, the_bootstrap_of_two_numbers_has_the_quantiles_of_a_coin);
    tcase_add_test(tests, a_statistic_is_given_sorted_numbers);
    tcase_add_test(tests, one_number_has_an_interval_of_no_width);
    tcase_add_test(tests, the_bootstrap_repeats_by_seed);
    tcase_add_test(tests, a_bootstrap_interval_covers_the_truth_as_often_as_it_says);
    tcase_add_test(tests, the_bootstrap_survives_every_failing_allocation);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
