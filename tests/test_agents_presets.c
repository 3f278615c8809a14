/* Learning: the plain command's settings reach what they are meant to reach, on seeds that were not
   used to find them. */
#include "agents/agent.h"
#include "agents/presets.h"
#include "pavlov/train.h"

#include <check.h>
#include <stdlib.h>

/* the greedy return after training by the preset, mean of a seed's episodes; the optimum, or what
   the method leads to, is in the comment */
static const struct {
    const char *agent, *world;
    int episodes;
    double least;
} goals[] = {{"q-learning", "CliffWalking-v1", 1, -13.0},     /* -13 along the edge (Example 6.6) */
             {"expected-sarsa", "CliffWalking-v1", 1, -17.0}, /* at most -15 one row away */
             {"double-q", "CliffWalking-v1", 1, -17.0},       /* as Sarsa: -17 */
             {"mc", "CliffWalking-v1", 1, -23.0},             /* -17 */
             {"q-learning", "WindyGridWorld-v0", 1, -17.0},   /* -15 (Example 6.5) */
             {"sarsa", "WindyGridWorld-v0", 1, -17.0},        /* -15 */
             {"q-learning", "FrozenLake-v1", 2000, 0.68},     /* 0.744 */
             {"sarsa", "FrozenLake-v1", 2000, 0.68},          /* 0.744 */
             {"q-learning", "Taxi-v4", 500, 7.4},             /* 7.93 */
             {"expected-sarsa", "Taxi-v4", 500, 7.4},         /* 7.93 */
             {"q-learning", "FourRooms-v0", 50, 1.0},         /* 1 */
             {"value-iteration", "Taxi-v4", 500, 7.6},        /* 7.93 */
             {"value-iteration", "FrozenLake-v1", 2000, 0.70}};

static double greedy_return(const pv_world *world, pv_agent *agent, int episodes)
{
    pv_evaluation_config config = pv_evaluation_config_default(world, agent);
    pv_evaluation evaluation;
    double sum = 0.0;
    config.episodes = episodes;
    ck_assert_msg(pv_evaluate(&config, &evaluation) == PV_OK, "%s", pv_last_error());
    for (int i = 0; i < episodes; i++) {
        sum += evaluation.returns[i];
    }
    pv_evaluation_free(&evaluation);
    return sum / episodes;
}

START_TEST(presets_reach_their_goals)
{
    pv_world *world = pv_world_open(goals[_i].world);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    const pv_preset *preset = pv_preset_find(goals[_i].agent, goals[_i].world);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        pv_agent *agent = pv_agent_create(goals[_i].agent, world, NULL, 1, seed);
        ck_assert_msg(agent != NULL, "%s", pv_last_error());
        pv_train_config config = pv_train_config_default(world, agent);
        config.seed = seed;
        config.steps = preset->steps;
        config.episodes = preset->episodes;
        ck_assert_msg(pv_train(&config) == PV_OK, "%s", pv_last_error());
        const double reached = greedy_return(world, agent, goals[_i].episodes);
        ck_assert_msg(reached >= goals[_i].least, "%s on %s, seed %d: %g", goals[_i].agent,
                      goals[_i].world, (int)seed, reached);
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("presets");
    TCase *tests = tcase_create("presets");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, presets_reach_their_goals, 0, sizeof goals / sizeof goals[0]);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
