/* Q-learning and the Sarsas without a table: one tile a state is a table again; updates of a linear
   network by hand; what is saved goes on; poles are balanced. */
#include "agents_help.h"
#include "pavlov/train.h"

#include <math.h>
#include <stdio.h>

#define GO(from, action, chance, to, earned, over)                                                 \
    {                                                                                              \
        from, action,                                                                              \
        {                                                                                          \
            chance, earned, to, over                                                               \
        }                                                                                          \
    }

static const mdp_row three_rows[] = {GO(0, 0, 1.0, 1, 1.0, 0), GO(0, 1, 1.0, 2, 0.0, 0),
                                     GO(1, 0, 1.0, 2, 0.0, 0), GO(1, 1, 1.0, 0, 0.0, 0),
                                     GO(2, 0, 1.0, 0, 2.0, 1), GO(2, 1, 1.0, 1, 0.0, 0)};
static const mdp_table three_table = {.states = 3, .actions = 2, .row = three_rows, .rows = 6};
MDP_WORLD(three, three_table);

/* trains and returns a checkpoint's worth of values: every Q of a lake */
static void learn_lake(const char *agent_name, const char *settings, double *q)
{
    pv_world *world = pv_world_open("FrozenLake-v1");
    pv_agent *agent = make_agent(agent_name, world, settings);
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = 3000;
    check(pv_train(&config));
    for (int32_t s = 0; s < 16; s++) {
        for (int a = 0; a < 4; a++) {
            q[s * 4 + a] = q_of(agent, s, a);
        }
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}

static const char *const learners[] = {"q-learning", "sarsa", "expected-sarsa", "q-learning",
                                       "sarsa"};
static const char *const settings[] = {
    "alpha=0.1,epsilon=0.2", "alpha=0.1,epsilon=0.2", "alpha=0.1,epsilon=0.2",
    "alpha=0.1,epsilon=0.2,lambda=0.5,initial=0.3", "alpha=0.1,epsilon=0.2,lambda=0.5,initial=0.3"};

START_TEST(a_tile_for_each_state_is_a_table)
{
    double table[64];
    double tiles[64];
    char with_tiles[128];
    snprintf(with_tiles, sizeof with_tiles, "%s,values=tiles,tilings=1", settings[_i]);
    learn_lake(learners[_i], settings[_i], table);
    learn_lake(learners[_i], with_tiles, tiles);
    double largest = 0.0;
    for (int i = 0; i < 64; i++) {
        /* tables forget a trace below 1e-12, tiles below 1e-4 */
        ck_assert_double_eq_tol(tiles[i], table[i], _i < 3 ? 1e-300 : 2e-4);
        largest = fmax(largest, table[i]);
    }
    ck_assert_double_gt(largest, 0.0);
}
END_TEST

/* a network without layers below its values is Q(s, a) = w(s, a) + b(a) of the one-hot state */
#define LINEAR "values=net,net='',alpha=0.1,gamma=0.9,epsilon=0"

START_TEST(a_linear_network_moves_as_computed_by_hand)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = make_agent("q-learning", world, LINEAR);
    double q[3][2];
    for (int32_t s = 0; s < 3; s++) {
        for (int a = 0; a < 2; a++) {
            q[s][a] = q_of(agent, s, a);
        }
    }
    const double error = 1.0 + 0.9 * fmax(q[1][0], q[1][1]) - q[0][0];
    tell(agent, 0, 0, 1.0f, 1, GOES_ON);
    ck_assert_double_eq_tol(q_of(agent, 0, 0), q[0][0] + 0.2 * error, 1e-6); /* weight and bias */
    for (int32_t s = 1; s < 3; s++) {
        ck_assert_double_eq_tol(q_of(agent, s, 0), q[s][0] + 0.1 * error, 1e-6); /* bias */
    }
    for (int32_t s = 0; s < 3; s++) {
        ck_assert_double_eq(q_of(agent, s, 1), q[s][1]);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(terminated_steps_look_at_nothing_beyond_and_truncated_ones_do)
{
    pv_world *world = open_mdp(&three);
    for (int end = TERMINATES; end <= TRUNCATES; end++) {
        pv_agent *agent = make_agent("q-learning", world, LINEAR);
        const double before = q_of(agent, 2, 0);
        const double beyond = fmax(q_of(agent, 1, 0), q_of(agent, 1, 1));
        const double target = 2.0 + (end == TRUNCATES ? 0.9 * beyond : 0.0);
        tell(agent, 2, 0, 2.0f, 1, end);
        ck_assert_double_eq_tol(q_of(agent, 2, 0), before + 0.2 * (target - before), 1e-6);
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(traces_of_a_network_carry_errors_back)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = make_agent("sarsa", world, LINEAR ",lambda=0.5");
    /* choose and tell two steps: 0 -0-> 1 -0-> 2; after the second, z = 0.45 grad(0, 0) + grad(1,
       0) moves w(0, 0) by 0.045 errors, w(1, 0) by 0.1 and b(0), in both gradients, by 0.145 */
    tell(agent, 0, 0, 1.0f, 1, GOES_ON);
    const double q00 = q_of(agent, 0, 0);
    const double q10 = q_of(agent, 1, 0);
    const double q20 = q_of(agent, 2, 0);
    tell(agent, 1, 0, 0.0f, 2, TERMINATES);
    const double error = -q10;
    ck_assert_double_eq_tol(q_of(agent, 0, 0), q00 + (0.045 + 0.145) * error, 1e-6);
    ck_assert_double_eq_tol(q_of(agent, 1, 0), q10 + (0.1 + 0.145) * error, 1e-6);
    ck_assert_double_eq_tol(q_of(agent, 2, 0), q20 + 0.145 * error, 1e-6);
    /* the episode is over: nothing of it is left in the next step */
    const double q01 = q_of(agent, 0, 1);
    const double now00 = q_of(agent, 0, 0);
    tell(agent, 0, 1, 0.0f, 2, TERMINATES);
    ck_assert_double_eq_tol(q_of(agent, 0, 1), q01 - 0.2 * q01, 1e-6);
    ck_assert_double_eq(q_of(agent, 0, 0), now00);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* what trains, is saved in the middle and read by another, learns the same as what went on */
static const char *const resumed[] = {"values=tiles,lambda=0.9,ranges='-2..2 -2..2 -2..2 -2..2'",
                                      "values=net,net='dense 8 tanh',lambda=0.8,alpha=0.01",
                                      "values=net,net='dense 8 relu',optimizer=adam,alpha=0.01"};

START_TEST(a_checkpoint_goes_on_exactly)
{
    pv_world *world = pv_world_open("CartPole-v1");
    pv_agent *agent = make_agent("sarsa", world, resumed[_i]);
    pv_agent *other = make_agent("sarsa", world, resumed[_i]);
    pv_train_config config = pv_train_config_default(world, agent);
    config.steps = 500;
    check(pv_train(&config));
    pv_tensors *tensors = pv_tensors_create();
    check(agent->agent_class->save(agent, tensors));
    check(other->agent_class->load(other, tensors));
    pv_tensors_destroy(tensors);
    for (int i = 0; i < 2; i++) {
        pv_train_config more = pv_train_config_default(world, i ? other : agent);
        more.steps = 500;
        more.seed = 7;
        check(pv_train(&more));
    }
    for (int k = 0; k < 20; k++) {
        const float obs[4] = {0.1f * (float)k - 1.0f, 0.2f, 0.01f * (float)k, -0.3f};
        const void *const arrays[] = {obs};
        double a[2];
        double b[2];
        check(pv_agent_values(agent, arrays, a));
        check(pv_agent_values(other, arrays, b));
        ck_assert_double_eq(a[0], b[0]);
        ck_assert_double_eq(a[1], b[1]);
    }
    pv_agent_destroy(agent);
    pv_agent_destroy(other);
    pv_world_close(world);
}
END_TEST

START_TEST(sarsa_with_tiles_balances_poles)
{
    int balanced = 0;
    pv_world *world = pv_world_open("CartPole-v1");
    for (uint64_t seed = 1; seed <= 5; seed++) {
        pv_agent *agent = pv_agent_create(
            "sarsa", world,
            "values=tiles,ranges='-2.4..2.4 -3..3 -0.21..0.21 -3.5..3.5',alpha=0.2,epsilon=0.02,"
            "lambda=0.8",
            1, seed);
        pv_train_config config = pv_train_config_default(world, agent);
        config.steps = 100000;
        config.seed = seed;
        config.stop_at = 300.0;
        pv_trainer *trainer = pv_trainer_create(&config);
        check(pv_trainer_advance(trainer, 100000));
        balanced += pv_trainer_recent_return(trainer) >= 250.0;
        pv_trainer_destroy(trainer);
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
    ck_assert_int_ge(balanced, 4);
}
END_TEST

static const struct {
    const char *agent, *settings, *says;
} unfit[] = {{"q-learning", "values=table", "needs categorical observations"},
             {"q-learning", "ranges=''", "set ranges="},
             {"q-learning", "values=net,net='lstm 8'", "no recurrent layer"},
             {"q-learning", "values=net,net='dens 8'", "did you mean \"dense\""},
             {"q-learning", "values=net,explore=ucb", "only values=table"},
             {"sarsa", "values=net,n=4", "need values=table"},
             {"expected-sarsa", "values=net,n=4", "need values=table"}};

START_TEST(what_does_not_fit_is_told)
{
    pv_world *world = pv_world_open("CartPole-v1");
    ck_assert_ptr_null(pv_agent_create(unfit[_i].agent, world, unfit[_i].settings, 1, 1));
    ck_assert_msg(strstr(pv_last_error(), unfit[_i].says) != NULL, "%s", pv_last_error());
    pv_world_close(world);
}
END_TEST

START_TEST(want_of_memory_leaves_nothing_behind)
{
    pv_world *world = pv_world_open("CartPole-v1");
    const size_t live = pv_memory_live();
    pv_agent *agent = NULL;
    for (uint64_t n = 1; !agent; n++) {
        pv_memory_fail_at(n);
        agent = pv_agent_create("sarsa", world, resumed[_i], 1, 1);
        pv_memory_fail_at(0);
        ck_assert(agent || pv_memory_live() == live);
    }
    pv_agent_destroy(agent);
    ck_assert_uint_eq(pv_memory_live(), live);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents_approx");
    TCase *tests = tcase_create("approx");
    tcase_add_loop_test(tests, a_tile_for_each_state_is_a_table, 0, 5);
    tcase_add_test(tests, a_linear_network_moves_as_computed_by_hand);
    tcase_add_test(tests, terminated_steps_look_at_nothing_beyond_and_truncated_ones_do);
    tcase_add_test(tests, traces_of_a_network_carry_errors_back);
    tcase_add_loop_test(tests, a_checkpoint_goes_on_exactly, 0, 3);
    tcase_add_test(tests, sarsa_with_tiles_balances_poles);
    tcase_add_loop_test(tests, what_does_not_fit_is_told, 0, sizeof unfit / sizeof unfit[0]);
    tcase_add_loop_test(tests, want_of_memory_leaves_nothing_behind, 0, 3);
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
