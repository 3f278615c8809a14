/* Monte Carlo: returns worked out by hand, first against every visit, what is done at a cut, and
   the values of a walk and of a policy that explores. */
#include "agents_help.h"

#include <math.h>

#define GO(from, action, chance, to, earned, over)                                                 \
    {                                                                                              \
        from, action,                                                                              \
        {                                                                                          \
            chance, earned, to, over                                                               \
        }                                                                                          \
    }

/* three places in a row: 0 goes back (or ends, at place 0), 1 goes on; the way out earns 5 */
static const mdp_row lane_rows[] = {GO(0, 0, 1.0, 0, 0.5, 1),  GO(0, 1, 1.0, 1, -1.0, 0),
                                    GO(1, 0, 1.0, 0, -1.0, 0), GO(1, 1, 1.0, 2, -1.0, 0),
                                    GO(2, 0, 1.0, 1, -1.0, 0), GO(2, 1, 1.0, 2, 5.0, 1)};
static const mdp_table lane_table = {
    .states = 3, .actions = 2, .start = 0, .row = lane_rows, .rows = 6};
MDP_WORLD(lane, lane_table);

#define EQ(a, b) ck_assert_double_eq_tol(a, b, 1e-12)

typedef struct pair {
    pv_world *world;
    pv_agent *agent;
} pair;

static pair open_pair(const char *settings)
{
    pair p = {.world = open_mdp(&lane)};
    p.agent = make_agent("mc", p.world, settings);
    return p;
}

static void close_pair(pair *p)
{
    pv_agent_destroy(p->agent);
    pv_world_close(p->world);
}

/* place 0, 1, 0, 1, 2 and out: rewards 1, 2, 3, 4, 5; with gamma 0.5 the returns are, from the
   last, 5, 6.5, 6.25, 5.125, 3.5625 */
static void tell_detour(pv_agent *agent)
{
    tell(agent, 0, 1, 1.0f, 1, GOES_ON);
    tell(agent, 1, 0, 2.0f, 0, GOES_ON);
    tell(agent, 0, 1, 3.0f, 1, GOES_ON);
    tell(agent, 1, 1, 4.0f, 2, GOES_ON);
    tell(agent, 2, 1, 5.0f, 2, TERMINATES);
}

START_TEST(every_visit_averages_all_returns_of_a_state)
{
    pair p = open_pair("mode=prediction,visits=every,gamma=0.5");
    tell_detour(p.agent);
    EQ(v_of(p.agent, 0), (3.5625 + 6.25) / 2.0);
    EQ(v_of(p.agent, 1), (5.125 + 6.5) / 2.0);
    EQ(v_of(p.agent, 2), 5.0);
    close_pair(&p);
}
END_TEST

START_TEST(first_visit_takes_the_first_return_of_each_episode)
{
    pair p = open_pair("mode=prediction,visits=first,gamma=0.5");
    tell_detour(p.agent);
    EQ(v_of(p.agent, 0), 3.5625);
    EQ(v_of(p.agent, 1), 5.125);
    tell(p.agent, 1, 1, 0.0f, 2, GOES_ON);
    tell(p.agent, 2, 1, 1.0f, 2, TERMINATES);
    EQ(v_of(p.agent, 0), 3.5625);
    EQ(v_of(p.agent, 1), (5.125 + 0.5) / 2.0);
    EQ(v_of(p.agent, 2), (5.0 + 1.0) / 2.0);
    close_pair(&p);
}
END_TEST

START_TEST(control_averages_returns_of_state_and_action)
{
    pair p = open_pair("gamma=0.5,visits=first");
    tell_detour(p.agent);
    EQ(q_of(p.agent, 0, 1), 3.5625); /* of two visits the first */
    EQ(q_of(p.agent, 1, 0), 5.125);
    EQ(q_of(p.agent, 1, 1), 6.5);
    EQ(q_of(p.agent, 0, 0), 0.0);
    tell(p.agent, 0, 0, 0.5f, 0, TERMINATES);
    EQ(q_of(p.agent, 0, 0), 0.5);
    close_pair(&p);
}
END_TEST

START_TEST(a_constant_rate_moves_last_step_first)
{
    pair p = open_pair("mode=prediction,visits=every,gamma=0.5,alpha=0.5");
    tell_detour(p.agent);
    EQ(v_of(p.agent, 0), 0.5 * 3.5625 + 0.25 * 6.25); /* 6.25 came first */
    close_pair(&p);
}
END_TEST

START_TEST(nothing_is_learned_before_the_episode_ends)
{
    pair p = open_pair("gamma=0.5");
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
    tell(p.agent, 1, 1, 4.0f, 2, GOES_ON);
    EQ(q_of(p.agent, 0, 1), 0.0);
    EQ(q_of(p.agent, 1, 1), 0.0);
    close_pair(&p);
}
END_TEST

START_TEST(a_cut_episode_ends_with_the_estimate)
{
    pair p = open_pair("mode=prediction,gamma=0.5,initial=8");
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
    tell(p.agent, 1, 1, 2.0f, 2, TRUNCATES);
    EQ(v_of(p.agent, 1), 2.0 + 0.5 * 8.0);
    EQ(v_of(p.agent, 0), 1.0 + 0.5 * 6.0);
    tell(p.agent, 1, 1, 2.0f, 2, TERMINATES); /* an end has nothing after it */
    EQ(v_of(p.agent, 1), (6.0 + 2.0) / 2.0);
    close_pair(&p);
    p = open_pair("gamma=0.5,epsilon=0.4");
    tell(p.agent, 1, 0, 4.0f, 0, TERMINATES);
    tell(p.agent, 0, 1, 1.0f, 1, TRUNCATES); /* 0.8 * 4 by its own exploration */
    EQ(q_of(p.agent, 0, 1), 1.0 + 0.5 * 3.2);
    close_pair(&p);
}
END_TEST

/* plays the table, cut after 50 steps */
static void practise(pv_agent *agent, int episodes)
{
    for (int i = 0; i < episodes; i++) {
        int32_t state = 0;
        for (int step = 1;; step++) {
            const int32_t action = ask(agent, state, PV_ACT_TRAIN, NULL);
            const pv_outcome *outcome = &lane_rows[2 * state + action].outcome;
            const int end = outcome->terminated ? TERMINATES : step == 50 ? TRUNCATES : GOES_ON;
            tell(agent, state, action, (float)outcome->reward, (int32_t)outcome->next, end);
            if (end) {
                break;
            }
            state = (int32_t)outcome->next;
        }
    }
}

/* values of a policy that plays 1 with probability `on`, by sweeping its Bellman equation */
static void evaluate_policy(double v[3], double on, double gamma)
{
    for (int sweep = 0; sweep < 1000; sweep++) {
        for (int s = 0; s < 3; s++) {
            v[s] = 0.0;
            for (int a = 0; a < 2; a++) {
                const pv_outcome *outcome = &lane_rows[2 * s + a].outcome;
                v[s] += (a ? on : 1.0 - on) *
                        (outcome->reward + (outcome->terminated ? 0.0 : gamma * v[outcome->next]));
            }
        }
    }
}

START_TEST(prediction_finds_the_values_of_the_random_policy)
{
    static const char *const settings[] = {"mode=prediction,visits=first,gamma=0.9",
                                           "mode=prediction,visits=every,gamma=0.9"};
    double v[3] = {0};
    evaluate_policy(v, 0.5, 0.9);
    for (int i = 0; i < 2; i++) {
        pair p = open_pair(settings[i]);
        practise(p.agent, 40000);
        for (int32_t s = 0; s < 3; s++) {
            ck_assert_double_eq_tol(v_of(p.agent, s), v[s], 0.1);
        }
        close_pair(&p);
    }
}
END_TEST

START_TEST(control_finds_the_way_out_and_values_its_exploration)
{
    double v[3] = {0};
    pair p = open_pair("gamma=0.9,alpha=0.005,epsilon=0.2");
    practise(p.agent, 20000);
    evaluate_policy(v, 0.9, 0.9); /* the way out is best in every place */
    for (int32_t s = 0; s < 3; s++) {
        const double q0 = q_of(p.agent, s, 0);
        const double q1 = q_of(p.agent, s, 1);
        ck_assert_double_gt(q1, q0);
        ck_assert_double_eq_tol(0.1 * q0 + 0.9 * q1, v[s], 0.1);
    }
    close_pair(&p);
}
END_TEST

START_TEST(an_episode_may_be_long)
{
    pair p = open_pair("gamma=1,visits=first");
    for (int i = 0; i < 5000; i++) {
        tell(p.agent, 1, 0, 1.0f, 1, GOES_ON);
    }
    tell(p.agent, 1, 0, 1.0f, 1, TERMINATES);
    EQ(q_of(p.agent, 1, 0), 5001.0);
    close_pair(&p);
}
END_TEST

START_TEST(want_of_memory_for_an_episode_is_told)
{
    pair p = open_pair("gamma=1");
    for (uint64_t k = 1; k <= 2; k++) {
        pv_memory_fail_at(k);
        ck_assert_int_eq(tell_masked(p.agent, 1, 0, 1.0f, 1, GOES_ON, NULL), PV_ERROR_MEMORY);
    }
    tell(p.agent, 1, 0, 1.0f, 1, TERMINATES); /* what failed was not taken */
    EQ(q_of(p.agent, 1, 0), 1.0);
    close_pair(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mc");
    TCase *tests = tcase_create("mc");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, every_visit_averages_all_returns_of_a_state);
    tcase_add_test(tests, first_visit_takes_the_first_return_of_each_episode);
    tcase_add_test(tests, control_averages_returns_of_state_and_action);
    tcase_add_test(tests, a_constant_rate_moves_last_step_first);
    tcase_add_test(tests, nothing_is_learned_before_the_episode_ends);
    tcase_add_test(tests, a_cut_episode_ends_with_the_estimate);
    tcase_add_test(tests, prediction_finds_the_values_of_the_random_policy);
    tcase_add_test(tests, control_finds_the_way_out_and_values_its_exploration);
    tcase_add_test(tests, an_episode_may_be_long);
    tcase_add_test(tests, want_of_memory_for_an_episode_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
