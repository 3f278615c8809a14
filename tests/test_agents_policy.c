/* Exploration: the probabilities of every policy against their formulas, and choices against their
   probabilities. */
#include "agents/policy.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const pv_param table[] = {PV_POLICY_PARAMS};

enum { PARAMS = sizeof table / sizeof table[0], ACTIONS = 4 };

static pv_policy policy_of(const char *settings)
{
    pv_params params;
    pv_policy policy;
    ck_assert_int_eq(pv_params_init(&params, "policy", table, PARAMS), PV_OK);
    ck_assert_int_eq(pv_params_parse(&params, settings, PV_SOURCE_USER), PV_OK);
    ck_assert_int_eq(pv_policy_init(&policy, &params), PV_OK);
    pv_params_free(&params);
    return policy;
}

static pv_choice choice_of(const double *value, const uint8_t *mask, const uint64_t *count)
{
    return (pv_choice){.n = ACTIONS, .value = value, .mask = mask, .count = count, .episode = 1};
}

/* holds probabilities against what is expected, and 20000 choices against the probabilities: the
   frequency of an action stays within 5 standard deviations */
static void holds(const char *settings, const pv_choice *choice, const double *expected)
{
    const pv_policy policy = policy_of(settings);
    double probability[ACTIONS];
    int chosen[ACTIONS] = {0};
    const int n = 20000;
    pv_rng rng = pv_rng_split(7, settings);
    pv_policy_probabilities(&policy, choice, probability);
    for (int i = 0; i < n; i++) {
        chosen[pv_policy_choose(&policy, choice, &rng)]++;
    }
    for (int a = 0; a < ACTIONS; a++) {
        ck_assert_double_eq_tol(probability[a], expected[a], 1e-12);
        const double deviation = sqrt(expected[a] * (1.0 - expected[a]) / n);
        ck_assert_double_eq_tol((double)chosen[a] / n, expected[a], 5.0 * deviation + 1e-12);
    }
}

static const double values[ACTIONS] = {1.0, 3.0, 2.0, 3.0};
static const uint8_t not_one[ACTIONS] = {1, 0, 1, 1};
static const uint8_t none[ACTIONS] = {0, 0, 0, 0};

START_TEST(epsilon_greedy_shares_epsilon_among_all_and_the_rest_among_the_best)
{
    const pv_choice choice = choice_of(values, NULL, NULL);
    const double expected[ACTIONS] = {0.05, 0.45, 0.05, 0.45};
    holds("epsilon=0.2", &choice, expected);
}
END_TEST

START_TEST(epsilon_greedy_never_plays_what_the_mask_forbids)
{
    const pv_choice choice = choice_of(values, not_one, NULL);
    const double expected[ACTIONS] = {0.1, 0.0, 0.1, 0.8};
    holds("epsilon=0.3", &choice, expected);
}
END_TEST

START_TEST(softmax_weighs_by_the_exponential_of_value_over_temperature)
{
    const pv_choice choice = choice_of(values, NULL, NULL);
    const double w[ACTIONS] = {exp(0.5), exp(1.5), exp(1.0), exp(1.5)};
    const double sum = w[0] + w[1] + w[2] + w[3];
    const double expected[ACTIONS] = {w[0] / sum, w[1] / sum, w[2] / sum, w[3] / sum};
    holds("explore=softmax,temperature=2", &choice, expected);
}
END_TEST

START_TEST(softmax_of_huge_values_does_not_overflow)
{
    const double huge[ACTIONS] = {1e6, 1e6 + 1.0, -1e6, 1e6};
    const pv_choice choice = choice_of(huge, not_one, NULL);
    const double expected[ACTIONS] = {0.5, 0.0, 0.0, 0.5};
    holds("explore=softmax", &choice, expected);
}
END_TEST

START_TEST(greedy_breaks_ties_at_random)
{
    const pv_choice choice = choice_of(values, NULL, NULL);
    const double expected[ACTIONS] = {0.0, 0.5, 0.0, 0.5};
    holds("explore=greedy", &choice, expected);
}
END_TEST

START_TEST(ucb_tries_the_untried_first)
{
    const uint64_t count[ACTIONS] = {0, 9, 0, 9};
    const pv_choice choice = choice_of(values, NULL, count);
    const double expected[ACTIONS] = {0.5, 0.0, 0.5, 0.0};
    holds("explore=ucb", &choice, expected);
}
END_TEST

START_TEST(ucb_weighs_value_against_doubt)
{
    /* t = 1 + 1 + 90 + 4 + 10 = 106; the bonus 2 sqrt(ln t / N) is 4.32 for one try, 0.46 for 90,
       2.16 for 4 and 1.37 for 10: scores 5.32, 3.46, 4.16, 4.37 */
    const uint64_t count[ACTIONS] = {1, 90, 4, 10};
    const pv_choice choice = choice_of(values, NULL, count);
    const double expected[ACTIONS] = {1.0, 0.0, 0.0, 0.0};
    const double without_doubt[ACTIONS] = {0.0, 0.5, 0.0, 0.5};
    holds("explore=ucb", &choice, expected);
    holds("explore=ucb,ucb=0", &choice, without_doubt);
}
END_TEST

START_TEST(a_mask_of_zeros_forbids_nothing)
{
    const pv_choice choice = choice_of(values, none, NULL);
    const double expected[ACTIONS] = {0.05, 0.45, 0.05, 0.45};
    holds("epsilon=0.2", &choice, expected);
}
END_TEST

START_TEST(the_greedy_action_is_the_lowest_of_the_best)
{
    pv_choice choice = choice_of(values, NULL, NULL);
    ck_assert_int_eq(pv_policy_greedy(&choice), 1);
    choice.mask = not_one;
    ck_assert_int_eq(pv_policy_greedy(&choice), 3);
    choice.mask = none;
    ck_assert_int_eq(pv_policy_greedy(&choice), 1);
}
END_TEST

START_TEST(epsilon_follows_its_schedule)
{
    const pv_policy by_step = policy_of("epsilon=linear:1:0:100");
    const pv_policy by_episode = policy_of("epsilon=1/k");
    const pv_policy greedy = policy_of("explore=greedy");
    double now;
    ck_assert_str_eq(pv_policy_metric(&by_step, 25, 9, &now), "epsilon");
    ck_assert_double_eq_tol(now, 0.75, 1e-12);
    pv_policy_metric(&by_episode, 25, 4, &now);
    ck_assert_double_eq_tol(now, 0.25, 1e-12);
    ck_assert_ptr_null(pv_policy_metric(&greedy, 0, 1, &now));
    pv_choice choice = choice_of(values, NULL, NULL);
    choice.step = 50;
    double probability[ACTIONS];
    pv_policy_probabilities(&by_step, &choice, probability);
    ck_assert_double_eq_tol(probability[0], 0.5 / 4, 1e-12);
}
END_TEST

START_TEST(a_schedule_that_leaves_its_bounds_is_refused)
{
    pv_params params;
    pv_policy policy;
    ck_assert_int_eq(pv_params_init(&params, "policy", table, PARAMS), PV_OK);
    ck_assert_int_eq(pv_params_parse(&params, "epsilon=linear:2:0:10", PV_SOURCE_USER), PV_OK);
    ck_assert_int_eq(pv_policy_init(&policy, &params), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "epsilon"));
    ck_assert_int_eq(pv_params_parse(&params, "epsilon=0.1,temperature=0", PV_SOURCE_USER), PV_OK);
    ck_assert_int_eq(pv_policy_init(&policy, &params), PV_ERROR_ARGUMENT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "temperature"));
    pv_params_free(&params);
}
END_TEST

START_TEST(random_legal_actions_are_equally_likely)
{
    const uint8_t mask[ACTIONS] = {0, 1, 0, 1};
    int chosen[ACTIONS] = {0};
    double probability[ACTIONS];
    pv_rng rng = pv_rng_split(3, "mask");
    for (int i = 0; i < 10000; i++) {
        chosen[pv_mask_choose(mask, ACTIONS, &rng)]++;
    }
    pv_mask_probabilities(mask, ACTIONS, probability);
    ck_assert_int_eq(chosen[0] + chosen[2], 0);
    ck_assert_int_eq(abs(chosen[1] - 5000) < 250, 1);
    ck_assert_double_eq(probability[1], 0.5);
    ck_assert_double_eq(probability[2], 0.0);
    pv_mask_probabilities(none, ACTIONS, probability);
    ck_assert_double_eq(probability[2], 0.25);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tests = tcase_create("policy");
    tcase_add_test(tests, epsilon_greedy_shares_epsilon_among_all_and_the_rest_among_the_best);
    tcase_add_test(tests, epsilon_greedy_never_plays_what_the_mask_forbids);
    tcase_add_test(tests, softmax_weighs_by_the_exponential_of_value_over_temperature);
    tcase_add_test(tests, softmax_of_huge_values_does_not_overflow);
    tcase_add_test(tests, greedy_breaks_ties_at_random);
    tcase_add_test(tests, ucb_tries_the_untried_first);
    tcase_add_test(tests, ucb_weighs_value_against_doubt);
    tcase_add_test(tests, a_mask_of_zeros_forbids_nothing);
    tcase_add_test(tests, the_greedy_action_is_the_lowest_of_the_best);
    tcase_add_test(tests, epsilon_follows_its_schedule);
    tcase_add_test(tests, a_schedule_that_leaves_its_bounds_is_refused);
    tcase_add_test(tests, random_legal_actions_are_equally_likely);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
