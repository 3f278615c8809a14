/* test_slow_policy.c: policy gradients, and searches without any, learn to balance a pole by
   their presets, over seeds that were not used to find these. */
#include "agents/agent.h"
#include "agents/presets.h"
#include "pavlov/train.h"

#include <check.h>
#include <stdlib.h>

/* the mean of 20 greedy episodes after a plain command */
static double learn(const char *name, const char *id, uint64_t seed)
{
    const pv_preset *preset = pv_preset_find(name, id);
    const int lanes = preset->lanes > 0 ? preset->lanes : 1;
    pv_world *world = pv_world_open(id);
    pv_agent *agent = world ? pv_agent_create(name, world, NULL, lanes, seed) : NULL;
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = preset->steps;
    config.lanes = lanes;
    config.seed = seed;
    ck_assert_msg(pv_train(&config) == PV_OK, "%s", pv_last_error());
    pv_evaluation_config evaluation = pv_evaluation_config_default(world, agent);
    evaluation.episodes = 20;
    evaluation.seed = seed;
    pv_evaluation result;
    ck_assert_int_eq(pv_evaluate(&evaluation, &result), PV_OK);
    double sum = 0.0;
    for (int i = 0; i < result.episodes; i++) {
        sum += result.returns[i];
    }
    const double mean = sum / result.episodes;
    pv_evaluation_free(&result);
    pv_agent_destroy(agent);
    pv_world_close(world);
    return mean;
}

static void expect_learned(const char *name, const char *world, uint64_t seeds, double at_least)
{
    for (uint64_t seed = 2001; seed < 2001 + seeds; seed++) {
        const double mean = learn(name, world, seed);
        ck_assert_msg(mean >= at_least, "%s in %s, seed %d: %g, not %g", name, world, (int)seed,
                      mean, at_least);
    }
}

START_TEST(advantages_balance_the_pole)
{
    expect_learned("a2c", "CartPole-v1", 2, 400.0);
}
END_TEST

START_TEST(whole_episodes_balance_the_pole)
{
    expect_learned("reinforce", "CartPole-v1", 2, 400.0);
}
END_TEST

START_TEST(small_safe_steps_balance_the_pole)
{
    expect_learned("ppo", "CartPole-v1", 2, 400.0);
}
END_TEST

START_TEST(small_safe_steps_push_with_measure)
{
    expect_learned("ppo", "Pendulum-v1", 1, -300.0);
}
END_TEST

START_TEST(search_without_gradients_balances_the_pole)
{
    expect_learned("es", "CartPole-v1", 3, 400.0);
    expect_learned("hill-climb", "CartPole-v1", 3, 400.0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slow/policy");
    TCase *tests = tcase_create("policy");
    tcase_add_test(tests, advantages_balance_the_pole);
    tcase_add_test(tests, whole_episodes_balance_the_pole);
    tcase_add_test(tests, small_safe_steps_balance_the_pole);
    tcase_add_test(tests, small_safe_steps_push_with_measure);
    tcase_add_test(tests, search_without_gradients_balances_the_pole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
