/* test_envs_bandit.c: the arms by their moments; with noise=0 a pull shows a mean as it is. */
#include "play.h"

#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdlib.h>

enum { OPTIMAL, REGRET };

/* five standard errors of a mean, and about that of a deviation */
static double margin(double deviation, uint64_t n)
{
    return 5.0 * deviation / sqrt((double)n);
}

static void reset(play *played, uint64_t seed)
{
    ck_assert_int_eq(play_reset(played, seed), PV_OK);
    ck_assert_int_eq(played->obs[0][0], 0);
    ck_assert(played->info[OPTIMAL] == 0.0f && played->info[REGRET] == 0.0f);
}

static double pull(play *played, int arm)
{
    ck_assert_int_eq(play_step(played, arm), PV_OK);
    ck_assert(played->obs[0][0] == 0 && !played->terminated && !played->truncated);
    return (double)played->reward;
}

/* Pulls every arm once and finds the means, where there is no noise and no drift. */
static void show_means(play *played, double *mean)
{
    for (uint32_t arm = 0; arm < played->spec->action[0].n; arm++) {
        mean[arm] = pull(played, (int)arm);
    }
}

START_TEST(means_and_rewards_have_the_spread_and_noise_asked_for)
{
    pv_moments means = {0};
    pv_moments noise = {0};
    double mean[50];
    play quiet;
    play loud;
    ck_assert_int_eq(play_open(&quiet, "Bandit-v0:arms=50,problem=0,spread=2,noise=0", NULL), 0);
    ck_assert_int_eq(play_open(&loud, "Bandit-v0:arms=50,problem=0,spread=2,noise=3", NULL), 0);
    for (uint64_t seed = 1; seed <= 100; seed++) {
        reset(&quiet, seed);
        reset(&loud, seed); /* the same means from the same seed */
        show_means(&quiet, mean);
        for (int arm = 0; arm < 50; arm++) {
            pv_moments_add(&means, mean[arm]);
            pv_moments_add(&noise, pull(&loud, arm) - mean[arm]);
        }
    }
    ck_assert_double_eq_tol(means.mean, 0.0, margin(2.0, means.n));
    ck_assert_double_eq_tol(pv_moments_deviation(&means), 2.0, margin(2.0, means.n));
    ck_assert_double_eq_tol(noise.mean, 0.0, margin(3.0, noise.n));
    ck_assert_double_eq_tol(pv_moments_deviation(&noise), 3.0, margin(3.0, noise.n));
    play_close(&quiet);
    play_close(&loud);
}
END_TEST

START_TEST(rewards_are_normal)
{
    /* the share within 1 and within 2 deviations: 0.6827 and 0.9545 */
    enum { MANY = 40000 };
    int within[2] = {0, 0};
    play played;
    ck_assert_int_eq(play_open(&played, "Bandit-v0:spread=0", NULL), 0);
    reset(&played, 3);
    for (int i = 0; i < MANY; i++) {
        const double size = fabs(pull(&played, 0));
        within[0] += size < 1.0;
        within[1] += size < 2.0;
    }
    ck_assert_double_eq_tol((double)within[0] / MANY, 0.6827, margin(0.466, MANY));
    ck_assert_double_eq_tol((double)within[1] / MANY, 0.9545, margin(0.209, MANY));
    play_close(&played);
}
END_TEST

START_TEST(a_numbered_problem_is_the_same_in_every_episode)
{
    double first[10];
    double other[10];
    play played;
    ck_assert_int_eq(play_open(&played, "Bandit-v0:problem=7,noise=0", NULL), 0);
    reset(&played, 1);
    show_means(&played, first);
    reset(&played, 2);
    show_means(&played, other);
    ck_assert_mem_eq(first, other, sizeof first);
    play_close(&played);
    ck_assert_int_eq(play_open(&played, "Bandit-v0:problem=8,noise=0", NULL), 0);
    reset(&played, 1);
    show_means(&played, other);
    ck_assert_mem_ne(first, other, sizeof first);
    play_close(&played);
}
END_TEST

START_TEST(problem_0_is_new_in_every_episode)
{
    double first[10];
    double other[10];
    play played;
    ck_assert_int_eq(play_open(&played, "Bandit-v0:problem=0,noise=0", NULL), 0);
    reset(&played, 1);
    show_means(&played, first);
    reset(&played, 2);
    show_means(&played, other);
    ck_assert_mem_ne(first, other, sizeof first);
    reset(&played, 1);
    show_means(&played, other);
    ck_assert_mem_eq(first, other, sizeof first);
    play_close(&played);
}
END_TEST

START_TEST(regret_is_what_the_best_arm_pays_more)
{
    double mean[10];
    double best = -INFINITY;
    int optimal = 0;
    play played;
    ck_assert_int_eq(play_open(&played, "Bandit-v0:noise=0", NULL), 0);
    reset(&played, 1);
    show_means(&played, mean);
    for (int arm = 0; arm < 10; arm++) {
        best = fmax(best, mean[arm]);
    }
    for (int arm = 0; arm < 10; arm++) {
        pull(&played, arm);
        ck_assert_double_eq_tol((double)played.info[REGRET], best - mean[arm], 1e-6);
        ck_assert(played.info[OPTIMAL] == (mean[arm] == best ? 1.0f : 0.0f));
        optimal += played.info[OPTIMAL] == 1.0f;
    }
    ck_assert_int_eq(optimal, 1);
    play_close(&played);
}
END_TEST

START_TEST(drifting_means_walk_and_a_reset_puts_them_back)
{
    pv_moments change = {0};
    play played;
    ck_assert_int_eq(play_open(&played, "Bandit-v0:noise=0,drift=0.1", NULL), 0);
    reset(&played, 1);
    const double start = pull(&played, 4);
    double before = start;
    for (int i = 0; i < 5000; i++) {
        const double now = pull(&played, 4);
        pv_moments_add(&change, now - before);
        before = now;
    }
    ck_assert_double_eq_tol(change.mean, 0.0, margin(0.1, change.n));
    ck_assert_double_eq_tol(pv_moments_deviation(&change), 0.1, margin(0.1, change.n));
    reset(&played, 2);
    ck_assert_double_eq(pull(&played, 4), start);
    play_close(&played);
}
END_TEST

START_TEST(numbers_that_are_not_whole_are_refused)
{
    play played;
    ck_assert_int_lt(play_open(&played, "Bandit-v0:arms=2.5", NULL), 0);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "must be whole numbers"));
    ck_assert_int_lt(play_open(&played, "Bandit-v0:problem=0.5", NULL), 0);
}
END_TEST

START_TEST(each_arm_has_a_key_as_far_as_keys_go)
{
    play played;
    ck_assert_int_eq(play_open(&played, "Bandit-v0:arms=3", NULL), 0);
    ck_assert_uint_eq(played.spec->n_keys, 3);
    play_close(&played);
    ck_assert_int_eq(play_open(&played, "Bandit-v0:arms=1000", NULL), 0);
    ck_assert_uint_eq(played.spec->n_keys, 36);
    for (uint32_t i = 0; i < 36; i++) {
        ck_assert_double_eq(played.spec->keys[i].value, i);
    }
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("bandit");
    TCase *tests = tcase_create("bandit");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, means_and_rewards_have_the_spread_and_noise_asked_for);
    tcase_add_test(tests, rewards_are_normal);
    tcase_add_test(tests, a_numbered_problem_is_the_same_in_every_episode);
    tcase_add_test(tests, problem_0_is_new_in_every_episode);
    tcase_add_test(tests, regret_is_what_the_best_arm_pays_more);
    tcase_add_test(tests, drifting_means_walk_and_a_reset_puts_them_back);
    tcase_add_test(tests, numbers_that_are_not_whole_are_refused);
    tcase_add_test(tests, each_arm_has_a_key_as_far_as_keys_go);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
