/* The sum tree against a linear scan. */
#include "core/memory.h"
#include "core/rng.h"
#include "replay/sum_tree.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t sizes[] = {1, 2, 15, 16, 17, 255, 256, 257, 1000, 4097, 5000};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* small whole numbers, so that every sum is exact and both ways must agree to the last place */
static void fill(pv_sum_tree *tree, float *values, uint64_t n, pv_rng *rng)
{
    for (uint64_t i = 0; i < n; i++) {
        values[i] = pv_rng_below(rng, 3) ? (float)pv_rng_below(rng, 100) : 0.0f;
        pv_sum_tree_set(tree, i, values[i]);
    }
}

static uint64_t scan(const float *values, uint64_t n, double goal)
{
    double sum = 0.0;
    for (uint64_t i = 0; i < n; i++) {
        sum += (double)values[i];
        if (goal < sum) {
            return i;
        }
    }
    return n;
}

static uint64_t find(const pv_sum_tree *tree, double goal)
{
    uint64_t found = 0;
    pv_sum_tree_find(tree, &goal, &found, 1);
    return found;
}

START_TEST(finding_agrees_with_a_linear_scan)
{
    pv_rng rng = pv_rng_split(1, "tree");
    float *values = malloc(5000 * sizeof *values);
    for (int s = 0; s < SIZES; s++) {
        const uint64_t n = sizes[s];
        pv_sum_tree *tree = pv_sum_tree_create(n);
        fill(tree, values, n, &rng);
        values[n / 2] = 7.0f;
        pv_sum_tree_set(tree, n / 2, 7.0f);
        for (int i = 0; i < 1000; i++) {
            const double goal = pv_rng_uniform(&rng) * pv_sum_tree_total(tree);
            ck_assert_uint_eq(find(tree, goal), scan(values, n, goal));
            const uint64_t at = pv_rng_below(&rng, (uint32_t)n);
            values[at] = (float)pv_rng_below(&rng, 100) + (at == n / 2);
            pv_sum_tree_set(tree, at, values[at]);
            ck_assert_float_eq(pv_sum_tree_get(tree, at), values[at]);
        }
        pv_sum_tree_destroy(tree);
    }
    free(values);
}
END_TEST

START_TEST(whole_goals_find_the_first_beyond_them)
{
    pv_sum_tree *tree = pv_sum_tree_create(40);
    pv_sum_tree_set(tree, 3, 2.0f);
    pv_sum_tree_set(tree, 20, 1.0f);
    pv_sum_tree_set(tree, 39, 4.0f);
    static const uint64_t expected[] = {3, 3, 20, 39, 39, 39, 39};
    for (int goal = 0; goal < 7; goal++) {
        ck_assert_uint_eq(find(tree, goal), expected[goal]);
    }
    pv_sum_tree_destroy(tree);
}
END_TEST

START_TEST(many_goals_are_found_as_one_by_one)
{
    pv_rng rng = pv_rng_split(5, "tree");
    pv_sum_tree *tree = pv_sum_tree_create(3000);
    double goal[50];
    double kept[50];
    uint64_t found[50];
    for (uint64_t i = 0; i < 3000; i++) {
        pv_sum_tree_set(tree, i, (float)pv_rng_uniform(&rng));
    }
    for (int n = 1; n <= 50; n++) {
        for (int k = 0; k < n; k++) {
            goal[k] = kept[k] = pv_rng_uniform(&rng) * pv_sum_tree_total(tree);
        }
        pv_sum_tree_find(tree, goal, found, n);
        for (int k = 0; k < n; k++) {
            ck_assert_uint_eq(found[k], find(tree, kept[k]));
        }
    }
    pv_sum_tree_destroy(tree);
}
END_TEST

START_TEST(the_total_is_the_sum)
{
    pv_rng rng = pv_rng_split(2, "tree");
    float *values = malloc(5000 * sizeof *values);
    for (int s = 0; s < SIZES; s++) {
        pv_sum_tree *tree = pv_sum_tree_create(sizes[s]);
        fill(tree, values, sizes[s], &rng);
        double sum = 0.0;
        for (uint64_t i = 0; i < sizes[s]; i++) {
            sum += (double)values[i];
        }
        ck_assert_double_eq(pv_sum_tree_total(tree), sum);
        pv_sum_tree_destroy(tree);
    }
    free(values);
}
END_TEST

START_TEST(rounding_never_leads_to_a_zero)
{
    pv_rng rng = pv_rng_split(3, "tree");
    pv_sum_tree *tree = pv_sum_tree_create(3000);
    for (uint64_t i = 0; i < 3000; i++) {
        const double size = pow(10.0, 40.0 * pv_rng_uniform(&rng) - 30.0);
        pv_sum_tree_set(tree, i, i % 3 ? (float)size : 0.0f);
    }
    const double total = pv_sum_tree_total(tree);
    for (int i = 0; i < 20000; i++) {
        const double goal = i < 100 ? total * (1.0 - 1e-16 * i) : pv_rng_uniform(&rng) * total;
        const uint64_t found = find(tree, goal);
        ck_assert_uint_lt(found, 3000);
        ck_assert_float_gt(pv_sum_tree_get(tree, found), 0.0f);
    }
    pv_sum_tree_destroy(tree);
}
END_TEST

START_TEST(setting_all_gives_the_bits_of_setting_each)
{
    pv_rng rng = pv_rng_split(4, "tree");
    const uint64_t n = 5000;
    float *values = malloc(n * sizeof *values);
    pv_sum_tree *each = pv_sum_tree_create(n);
    pv_sum_tree *all = pv_sum_tree_create(n);
    for (int i = 0; i < 20000; i++) {
        const uint64_t at = pv_rng_below(&rng, (uint32_t)n);
        values[at] = (float)pv_rng_uniform(&rng);
        pv_sum_tree_set(each, at, values[at]);
    }
    for (uint64_t i = 0; i < n; i++) {
        values[i] = pv_sum_tree_get(each, i);
    }
    pv_sum_tree_set_all(all, values);
    const double totals[2] = {pv_sum_tree_total(each), pv_sum_tree_total(all)};
    ck_assert_mem_eq(&totals[0], &totals[1], sizeof totals[0]);
    for (int i = 0; i < 1000; i++) {
        const double goal = pv_rng_uniform(&rng) * totals[0];
        ck_assert_uint_eq(find(each, goal), find(all, goal));
    }
    pv_sum_tree_destroy(each);
    pv_sum_tree_destroy(all);
    free(values);
}
END_TEST

START_TEST(the_size_told_is_the_size_taken)
{
    for (int s = 0; s < SIZES; s++) {
        const size_t before = pv_memory_live();
        pv_sum_tree *tree = pv_sum_tree_create(sizes[s]);
        ck_assert_uint_eq(pv_memory_live() - before, pv_sum_tree_size(sizes[s]));
        pv_sum_tree_destroy(tree);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay_sum_tree");
    TCase *tree = tcase_create("tree");
    tcase_add_test(tree, finding_agrees_with_a_linear_scan);
    tcase_add_test(tree, whole_goals_find_the_first_beyond_them);
    tcase_add_test(tree, many_goals_are_found_as_one_by_one);
    tcase_add_test(tree, the_total_is_the_sum);
    tcase_add_test(tree, rounding_never_leads_to_a_zero);
    tcase_add_test(tree, setting_all_gives_the_bits_of_setting_each);
    tcase_add_test(tree, the_size_told_is_the_size_taken);
    suite_add_tcase(suite, tree);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
