/* The random agent on spaces of every kind, and two players who learn from each other in one table.
 */
#include "agents/agent.h"
#include "envs/host/instance.h"
#include "pavlov/train.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 2, DRAWS = 20000 };

static const pv_env_class any_class = {.id = "Any-v0"};

static pv_world world_of(const pv_space *obs, uint32_t n_obs, const pv_space *action,
                         uint32_t n_action)
{
    static char name[] = "Any-v0";
    return (pv_world){
        .name = name,
        .env_class = &any_class,
        .spec = {.agents = 1, .n_obs = n_obs, .obs = obs, .n_action = n_action, .action = action}};
}

static pv_agent *make_random(const pv_world *world)
{
    pv_agent *agent = pv_agent_create("random", world, NULL, ROWS, 3);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    return agent;
}

static void play(pv_agent *agent, const void *const *obs, void *const *action)
{
    const pv_act act = {.rows = ROWS, .obs = obs, .mode = PV_ACT_TRAIN, .action = action};
    if (agent->agent_class->act(agent, &act)) {
        ck_abort_msg("%s", pv_last_error());
    }
}

START_TEST(numbers_are_uniform_within_their_bounds)
{
    const double low[2] = {-2.0, 0.0}, high[2] = {4.0, 1.0};
    const pv_space push = {
        .name = "push", .dtype = PV_F32, .ndim = 1, .shape = {2}, .low = low, .high = high};
    const pv_world world = world_of(NULL, 0, &push, 1);
    pv_agent *agent = make_random(&world);
    float x[ROWS][2];
    void *action[1] = {x};
    double sum[2] = {0}, squares[2] = {0};
    for (int i = 0; i < DRAWS; i++) {
        play(agent, NULL, action);
        for (int k = 0; k < 2; k++) {
            if ((double)x[1][k] < low[k] || (double)x[1][k] > high[k]) {
                ck_abort_msg("%g is out of bounds", (double)x[1][k]);
            }
            sum[k] += (double)x[1][k];
            squares[k] += (double)x[1][k] * (double)x[1][k];
        }
    }
    for (int k = 0; k < 2; k++) { /* mean (a + b) / 2, variance (b - a)^2 / 12 */
        const double width = high[k] - low[k];
        const double mean = sum[k] / DRAWS;
        ck_assert_double_eq_tol(mean, 0.5 * (low[k] + high[k]), 0.02 * width);
        ck_assert_double_eq_tol(squares[k] / DRAWS - mean * mean, width * width / 12.0,
                                0.02 * width * width);
    }
    pv_agent_destroy(agent);
}
END_TEST

START_TEST(numbers_without_bounds_are_normal_and_with_one_exponential)
{
    const double low[2] = {-INFINITY, 5.0};
    const pv_space push = {.name = "push", .dtype = PV_F32, .ndim = 1, .shape = {2}, .low = low};
    const pv_world world = world_of(NULL, 0, &push, 1);
    pv_agent *agent = make_random(&world);
    float x[ROWS][2];
    void *action[1] = {x};
    double sum[2] = {0}, squares[2] = {0};
    int below = 0;
    for (int i = 0; i < DRAWS; i++) {
        play(agent, NULL, action);
        below += (double)x[0][1] < 5.0;
        for (int k = 0; k < 2; k++) {
            sum[k] += (double)x[0][k];
            squares[k] += (double)x[0][k] * (double)x[0][k];
        }
    }
    ck_assert_int_eq(below, 0);
    ck_assert_double_eq_tol(sum[0] / DRAWS, 0.0, 0.05);
    ck_assert_double_eq_tol(squares[0] / DRAWS, 1.0, 0.05);
    ck_assert_double_eq_tol(sum[1] / DRAWS, 6.0, 0.05);
    pv_agent_destroy(agent);
}
END_TEST

START_TEST(whole_numbers_reach_both_bounds)
{
    const double low = -1.0, high = 2.0, zero = 0.0, most = 255.0;
    const pv_space spaces[2] = {{.name = "whole", .dtype = PV_I32, .low = &low, .high = &high},
                                {.name = "byte", .dtype = PV_U8, .low = &zero, .high = &most}};
    const pv_world world = world_of(NULL, 0, spaces, 2);
    pv_agent *agent = make_random(&world);
    int32_t whole[ROWS];
    uint8_t byte[ROWS];
    void *action[2] = {whole, byte};
    int seen[4] = {0}, bytes[256] = {0};
    for (int i = 0; i < DRAWS; i++) {
        play(agent, NULL, action);
        if (whole[1] < -1 || whole[1] > 2) {
            ck_abort_msg("%d is out of bounds", (int)whole[1]);
        }
        seen[whole[1] + 1]++;
        bytes[byte[0]]++;
    }
    for (int k = 0; k < 4; k++) {
        ck_assert_int_lt(abs(seen[k] - DRAWS / 4), 400);
    }
    ck_assert_int_gt(bytes[0], 20);
    ck_assert_int_gt(bytes[255], 20);
    pv_agent_destroy(agent);
}
END_TEST

START_TEST(each_action_space_has_its_own_mask)
{
    const pv_space actions[2] = {{.name = "move", .dtype = PV_I32, .n = 3},
                                 {.name = "say", .dtype = PV_I32, .n = 4}};
    const pv_space obs[2] = {{.name = "action_mask.say", .dtype = PV_U8, .ndim = 1, .shape = {4}},
                             {.name = "action_mask.move", .dtype = PV_U8, .ndim = 1, .shape = {3}}};
    const pv_world world = world_of(obs, 2, actions, 2);
    pv_agent *agent = make_random(&world);
    const uint8_t say_mask[ROWS * 4] = {1, 1, 1, 1, 0, 1, 0, 1};
    const uint8_t move_mask[ROWS * 3] = {1, 1, 1, 0, 1, 0};
    const void *masks[2] = {say_mask, move_mask};
    int32_t move[ROWS], say[ROWS];
    void *action[2] = {move, say};
    int said[4] = {0}, moved[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        play(agent, masks, action);
        said[say[1]]++;
        moved[move[1]]++;
    }
    ck_assert_int_eq(moved[1], DRAWS);
    ck_assert_int_eq(said[0] + said[2], 0);
    ck_assert_int_lt(abs(said[1] - DRAWS / 2), 400);
    pv_agent_destroy(agent);
}
END_TEST

START_TEST(several_choices_at_once_are_drawn_each_for_itself)
{
    const pv_space pair = {.name = "pair", .dtype = PV_I32, .n = 3, .ndim = 1, .shape = {2}};
    const pv_world world = world_of(NULL, 0, &pair, 1);
    pv_agent *agent = make_random(&world);
    int32_t x[ROWS][2];
    void *action[1] = {x};
    int seen[3][3] = {{0}};
    for (int i = 0; i < DRAWS; i++) {
        play(agent, NULL, action);
        seen[x[1][0]][x[1][1]]++;
    }
    for (int k = 0; k < 9; k++) {
        ck_assert_int_lt(abs(seen[k / 3][k % 3] - DRAWS / 9), 300);
    }
    pv_agent_destroy(agent);
}
END_TEST

START_TEST(its_policy_is_uniform_and_it_values_nothing)
{
    const pv_space move = {.name = "move", .dtype = PV_I32, .n = 4};
    const pv_world world = world_of(NULL, 0, &move, 1);
    pv_agent *agent = make_random(&world);
    double probability[4];
    const pv_explain explain = {.rows = 1, .probability = probability};
    ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_OK);
    ck_assert_double_eq(probability[3], 0.25);
    ck_assert_int_eq(pv_agent_values(agent, NULL, probability), PV_ERROR_FIT);
    pv_agent_destroy(agent);
}
END_TEST

/* --- two players --- */

START_TEST(players_who_share_a_table_learn_to_win_at_matches)
{
    /* who leaves a multiple of 3 wins: take 1 of 3k + 1, 2 of 3k + 2 (Bouton 1901) */
    static const char *const names[] = {"q-learning", "expected-sarsa", "double-q"};
    pv_world *world = pv_world_open(PV_TEST_BUILD_DIR "/good/duel.so#test/Duel-v1:heap=8");
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    for (int i = 0; i < 3; i++) {
        pv_agent *agent = pv_agent_create(names[i], world, "gamma=1,alpha=0.1,epsilon=0.2", 2, 5);
        ck_assert_msg(agent != NULL, "%s", pv_last_error());
        pv_train_config config = pv_train_config_default(world, agent);
        config.seed = 5;
        config.steps = 60000;
        ck_assert_msg(pv_train(&config) == PV_OK, "%s", pv_last_error());
        for (int32_t left = 2; left <= 8; left++) {
            static const uint8_t both[2] = {1, 1};
            const void *obs[2] = {&left, both};
            double value[2];
            ck_assert_int_eq(pv_agent_values(agent, obs, value), PV_OK);
            if (left % 3 != 0) {
                ck_assert_msg((value[1] > value[0]) == (left % 3 == 2), "%s with %d left", names[i],
                              (int)left);
            }
        }
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tests = tcase_create("random");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, numbers_are_uniform_within_their_bounds);
    tcase_add_test(tests, numbers_without_bounds_are_normal_and_with_one_exponential);
    tcase_add_test(tests, whole_numbers_reach_both_bounds);
    tcase_add_test(tests, each_action_space_has_its_own_mask);
    tcase_add_test(tests, several_choices_at_once_are_drawn_each_for_itself);
    tcase_add_test(tests, its_policy_is_uniform_and_it_values_nothing);
    tcase_add_test(tests, players_who_share_a_table_learn_to_win_at_matches);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
