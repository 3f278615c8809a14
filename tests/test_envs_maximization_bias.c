/* test_envs_maximization_bias.c: the two states of Sutton & Barto's Example 6.7, move by move. */
#include "play.h"

#include "core/memory.h"
#include "core/stats.h"

#include <math.h>
#include <stdlib.h>

enum { LEFT, RIGHT };
enum { A, B, END };

static int count_legal(const play *played)
{
    const uint8_t *mask = (const uint8_t *)played->obs[1];
    int legal = 0;
    for (uint32_t i = 0; i < played->spec->action[0].n; i++) {
        legal += mask[i];
    }
    return legal;
}

START_TEST(right_ends_at_once_and_pays_nothing)
{
    play played;
    ck_assert_int_eq(play_open(&played, "MaximizationBias-v0", NULL), 0);
    ck_assert_int_eq(play_reset(&played, 1), 0);
    ck_assert_int_eq(played.obs[0][0], A);
    ck_assert_int_eq(count_legal(&played), 2);
    ck_assert_int_eq(play_step(&played, RIGHT), 0);
    ck_assert_int_eq(played.obs[0][0], END);
    ck_assert_int_eq(play_state(&played), END);
    ck_assert_int_eq(count_legal(&played), 0);
    ck_assert(played.terminated && !played.truncated);
    ck_assert(played.reward == 0.0f && played.info[0] == 0.0f);
    play_close(&played);
}
END_TEST

START_TEST(left_leads_to_many_actions_that_all_end)
{
    play played;
    ck_assert_int_eq(play_open(&played, "MaximizationBias-v0:actions=7,spread=0", NULL), 0);
    for (int action = 0; action < 7; action++) {
        ck_assert_int_eq(play_reset(&played, 1), 0);
        ck_assert_int_eq(play_step(&played, LEFT), 0);
        ck_assert(played.reward == 0.0f && !played.terminated && played.info[0] == 1.0f);
        ck_assert_int_eq(played.obs[0][0], B);
        ck_assert_int_eq(count_legal(&played), 7);
        ck_assert_int_eq(play_step(&played, action), 0);
        ck_assert(played.reward == -0.1f && played.terminated && played.info[0] == 0.0f);
        ck_assert_int_eq(played.obs[0][0], END);
    }
    play_close(&played);
}
END_TEST

START_TEST(actions_beyond_the_legal_ones_are_refused)
{
    play played;
    ck_assert_int_eq(play_open(&played, "MaximizationBias-v0", NULL), 0);
    ck_assert_int_eq(play_reset(&played, 1), 0);
    ck_assert_int_ne(play_step(&played, 2), 0);
    ck_assert_int_ne(play_step(&played, -1), 0);
    ck_assert_int_eq(play_step(&played, LEFT), 0);
    ck_assert_int_ne(play_step(&played, 10), 0);
    ck_assert_int_eq(play_step(&played, 9), 0);
    play_close(&played);
    ck_assert_int_ne(play_open(&played, "MaximizationBias-v0:actions=2.5", NULL), 0);
}
END_TEST

START_TEST(rewards_of_b_have_the_mean_and_spread_asked_for)
{
    enum { N = 20000 };
    pv_moments moments = {0};
    play played;
    ck_assert_int_eq(play_open(&played, "MaximizationBias-v0:mean=2,spread=3", NULL), 0);
    for (uint64_t seed = 0; seed < N; seed++) {
        ck_assert_int_eq(play_reset(&played, seed), 0);
        ck_assert_int_eq(play_step(&played, LEFT), 0);
        ck_assert_int_eq(play_step(&played, 3), 0);
        pv_moments_add(&moments, (double)played.reward);
    }
    /* five standard errors */
    ck_assert_double_eq_tol(moments.mean, 2.0, 5.0 * 3.0 / sqrt(N));
    ck_assert_double_eq_tol(pv_moments_deviation(&moments), 3.0, 5.0 * 3.0 / sqrt(2.0 * N));
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("MaximizationBias");
    TCase *tests = tcase_create("world");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, right_ends_at_once_and_pays_nothing);
    tcase_add_test(tests, left_leads_to_many_actions_that_all_end);
    tcase_add_test(tests, actions_beyond_the_legal_ones_are_refused);
    tcase_add_test(tests, rewards_of_b_have_the_mean_and_spread_asked_for);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
