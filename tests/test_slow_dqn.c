/* test_slow_dqn.c: dqn learns to balance a pole, over several seeds, each of which must do far
   better than the 22 steps of random play; how well the tuned presets do is told in
   docs/results.md.
 */
#include "agents/agent.h"
#include "pavlov/train.h"

#include <check.h>
#include <stdlib.h>

/* the mean of 20 greedy episodes after so many steps */
static double learn(const char *settings, uint64_t steps, uint64_t seed)
{
    pv_world *world = pv_world_open("CartPole-v1");
    pv_agent *agent = world ? pv_agent_create("dqn", world, settings, 1, seed) : NULL;
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = steps;
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

static void expect_learned(const char *settings, uint64_t steps, double at_least)
{
    for (uint64_t seed = 2001; seed <= 2004; seed++) {
        const double mean = learn(settings, steps, seed);
        ck_assert_msg(mean >= at_least, "%s, seed %d: %g, not %g", settings, (int)seed, mean,
                      at_least);
    }
}

#define COMMON                                                                                     \
    "net='dense 64 relu, dense 64 relu',lr=0.001,learn-start=1000,capacity=50000,"                 \
    "epsilon=linear:1:0.04:5000,"

START_TEST(several_steps_and_a_slow_target_balance_the_pole)
{
    expect_learned(COMMON "batch=64,train-every=1,gradient-steps=1,target-every=1000,n-step=5,"
                          "double=1",
                   20000, 150.0);
}
END_TEST

START_TEST(a_distribution_balances_the_pole)
{
    expect_learned(COMMON "batch=32,train-every=4,gradient-steps=2,target-every=64,"
                          "distribution=c51,atoms=21,v-min=0,v-max=100",
                   20000, 80.0);
}
END_TEST

START_TEST(rainbow_balances_the_pole)
{
    expect_learned(COMMON "batch=32,train-every=4,gradient-steps=2,target-every=64,rainbow=1,"
                          "atoms=21,v-min=0,v-max=100",
                   15000, 80.0);
}
END_TEST

static Suite *slow_suite(void)
{
    Suite *suite = suite_create("slow/dqn");
    TCase *tcase = tcase_create("dqn");
    tcase_add_test(tcase, several_steps_and_a_slow_target_balance_the_pole);
    tcase_add_test(tcase, a_distribution_balances_the_pole);
    tcase_add_test(tcase, rainbow_balances_the_pole);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(slow_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
