/* What a greedy policy earns under a step limit: a small world by hand, and the optima and the
   uniform policy's returns of the toy worlds, found independently from their recorded tables. */
#include "agents/exact_return.h"
#include "agents_help.h"
#include "pavlov/train.h"

#include <math.h>

#define GO(from, action, chance, to, earned, over)                                                 \
    {                                                                                              \
        from, action,                                                                              \
        {                                                                                          \
            chance, earned, to, over                                                               \
        }                                                                                          \
    }

/* state 0: action 0 ends for 1; action 1 earns 0 and half the time reaches 1, half the time stays;
   state 1: action 0 ends for 4, action 1 goes back for 0 */
static const mdp_row small_rows[] = {GO(0, 0, 1.0, 0, 1.0, 1), GO(0, 1, 0.5, 1, 0.0, 0),
                                     GO(0, 1, 0.5, 0, 0.0, 0), GO(1, 0, 1.0, 1, 4.0, 1),
                                     GO(1, 1, 1.0, 0, 0.0, 0)};
static const mdp_table small_table = {.states = 2, .actions = 2, .row = small_rows, .rows = 5};
MDP_WORLD(small, small_table);

START_TEST(a_step_limit_cuts_what_is_not_over)
{
    pv_world *world = open_mdp(&small);
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.9");
    for (int steps = 1; steps < 6; steps++) {
        /* it tries action 1 until it reaches state 1: by step t with chance 1 - 2^-t */
        pv_exact_return result;
        ck_assert_int_eq(pv_exact_return_of(agent, (uint64_t)steps, &result), PV_OK);
        ck_assert_double_eq_tol(result.mean, 4.0 * (1.0 - pow(2.0, 1 - steps)), 1e-12);
        ck_assert_double_eq_tol(result.cut, pow(2.0, 1 - steps), 1e-12);
        /* in step 1 for certain, in step t > 1 if it was not over after t - 1 */
        double length = 1.0;
        for (int t = 2; t <= steps; t++) {
            length += pow(2.0, 2 - t);
        }
        ck_assert_double_eq_tol(result.mean_length, length, 1e-12);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

static const struct {
    const char *agent, *settings, *world;
    uint64_t steps;
    double mean, within;
} known[] = {
    {"random", NULL, "FrozenLake-v1", 0, 0.013940, 1e-6},
    {"random", NULL, "FrozenLake8x8-v1", 0, 0.001901, 1e-6},
    {"random", NULL, "Taxi-v4", 0, -771.1, 0.05},
    {"value-iteration", "gamma=0.9999", "CliffWalking-v1", 100, -13.0, 1e-12},
    {"value-iteration", "gamma=0.9999", "Taxi-v4", 0, 7.930, 1e-3},
};

START_TEST(the_toy_worlds_have_the_known_returns)
{
    pv_world *world = pv_world_open(known[_i].world);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_agent *agent = make_agent(known[_i].agent, world, known[_i].settings);
    pv_exact_return result;
    ck_assert_msg(pv_exact_return_of(agent, known[_i].steps, &result) == PV_OK, "%s",
                  pv_last_error());
    ck_assert_double_eq_tol(result.mean, known[_i].mean, known[_i].within);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(playing_episodes_comes_to_the_same)
{
    pv_world *world = pv_world_open("FrozenLake8x8-v1");
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.99");
    pv_exact_return result;
    ck_assert_int_eq(pv_exact_return_of(agent, 0, &result), PV_OK);
    pv_evaluation_config config = pv_evaluation_config_default(world, agent);
    config.episodes = 2000;
    pv_evaluation played;
    ck_assert_int_eq(pv_evaluate(&config, &played), PV_OK);
    double mean = 0.0;
    for (int i = 0; i < 2000; i++) {
        mean += played.returns[i] / 2000.0;
    }
    const double error = sqrt(result.mean * (1.0 - result.mean) / 2000.0);
    ck_assert_double_eq_tol(mean, result.mean, 4.0 * error);
    pv_evaluation_free(&played);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

static const struct {
    const char *agent, *world, *says;
} unfit[] = {{"random", "CliffWalking-v1", "no step limit"},
             {"random", "Bandit-v0", "no table of outcomes"},
             {"random", "Taxi-v4:mask=1", "more or less than the number of its state"}};

START_TEST(what_cannot_be_evaluated_exactly_is_refused_in_words)
{
    pv_world *world = pv_world_open(unfit[_i].world);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_agent *agent = make_agent(unfit[_i].agent, world, NULL);
    pv_exact_return result;
    ck_assert_int_eq(pv_exact_return_of(agent, 0, &result), PV_ERROR_FIT);
    ck_assert_msg(strstr(pv_last_error(), unfit[_i].says) != NULL, "%s", pv_last_error());
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(want_of_memory_leaves_nothing_behind)
{
    pv_world *world = pv_world_open("FrozenLake-v1");
    pv_agent *agent = make_agent("random", world, NULL);
    const size_t live = pv_memory_live();
    pv_status status = PV_ERROR_MEMORY;
    for (uint64_t n = 1; status; n++) {
        pv_exact_return result;
        pv_memory_fail_at(n);
        status = pv_exact_return_of(agent, 0, &result);
        pv_memory_fail_at(0);
        ck_assert(status == PV_OK || strstr(pv_last_error(), "out of memory") != NULL);
        ck_assert_uint_eq(pv_memory_live(), live);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents_exact_return");
    TCase *tests = tcase_create("exact_return");
    tcase_add_test(tests, a_step_limit_cuts_what_is_not_over);
    tcase_add_loop_test(tests, the_toy_worlds_have_the_known_returns, 0,
                        sizeof known / sizeof known[0]);
    tcase_add_test(tests, playing_episodes_comes_to_the_same);
    tcase_add_loop_test(tests, what_cannot_be_evaluated_exactly_is_refused_in_words, 0,
                        sizeof unfit / sizeof unfit[0]);
    tcase_add_test(tests, want_of_memory_leaves_nothing_behind);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
