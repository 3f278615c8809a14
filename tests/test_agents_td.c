/* TD prediction: updates worked out by hand, the ends of the n-step and lambda scales, and the true
   values of a walk. */
#include "agents/given.h"
#include "agents_help.h"

#include <math.h>
#include <stdio.h>

/* a walk of five places between two ends, as in Example 6.2; end 0 earns 0, end 6 earns 1 */
#define GO(from, action, to, earned, over)                                                         \
    {                                                                                              \
        from, action,                                                                              \
        {                                                                                          \
            1.0, earned, to, over                                                                  \
        }                                                                                          \
    }
static const mdp_row walk_rows[] = {GO(1, 0, 0, 0.0, 1), GO(1, 1, 2, 0.0, 0), GO(2, 0, 1, 0.0, 0),
                                    GO(2, 1, 3, 0.0, 0), GO(3, 0, 2, 0.0, 0), GO(3, 1, 4, 0.0, 0),
                                    GO(4, 0, 3, 0.0, 0), GO(4, 1, 5, 0.0, 0), GO(5, 0, 4, 0.0, 0),
                                    GO(5, 1, 6, 1.0, 1)};
static const mdp_table walk_table = {
    .states = 7, .actions = 2, .start = 3, .row = walk_rows, .rows = 10};
MDP_WORLD(walk, walk_table);

#define EQ(a, b) ck_assert_double_eq_tol(a, b, 1e-12)

START_TEST(td0_moves_a_value_towards_reward_and_next_value)
{
    pv_world *world = open_mdp(&walk);
    pv_agent *agent = make_agent("td", world, "alpha=0.1,gamma=0.9,initial=0.5");
    tell(agent, 3, 1, 0.0f, 4, GOES_ON);
    EQ(v_of(agent, 3), 0.5 + 0.1 * (0.0 + 0.9 * 0.5 - 0.5)); /* 0.495 */
    tell(agent, 4, 0, 2.0f, 3, GOES_ON);
    EQ(v_of(agent, 4), 0.5 + 0.1 * (2.0 + 0.9 * 0.495 - 0.5));
    tell(agent, 3, 1, 0.0f, 3, GOES_ON); /* bootstraps from itself */
    EQ(v_of(agent, 3), 0.495 + 0.1 * (0.9 * 0.495 - 0.495));
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_terminal_state_bootstraps_zero_and_a_truncated_one_does_not)
{
    static const char *const settings[] = {"alpha=0.5,gamma=0.9,initial=0.5",
                                           "alpha=0.5,gamma=0.9,initial=0.5,n=4",
                                           "alpha=0.5,gamma=0.9,initial=0.5,lambda=0.5"};
    pv_world *world = open_mdp(&walk);
    for (int i = 0; i < 3; i++) {
        pv_agent *agent = make_agent("td", world, settings[i]);
        tell(agent, 5, 1, 1.0f, 6, TERMINATES);
        EQ(v_of(agent, 5), 0.5 + 0.5 * (1.0 - 0.5));
        tell(agent, 4, 1, 1.0f, 5, TRUNCATES);
        EQ(v_of(agent, 4), 0.5 + 0.5 * (1.0 + 0.9 * 0.75 - 0.5));
        EQ(v_of(agent, 6), 0.5); /* an end is never updated */
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(two_step_td_uses_two_rewards_and_then_the_estimate)
{
    pv_world *world = open_mdp(&walk);
    pv_agent *agent = make_agent("td", world, "alpha=0.5,gamma=0.5,initial=1,n=2");
    tell(agent, 1, 1, 1.0f, 2, GOES_ON);
    EQ(v_of(agent, 1), 1.0); /* its second reward has not come */
    tell(agent, 2, 1, 2.0f, 3, GOES_ON);
    EQ(v_of(agent, 1), 1.0 + 0.5 * (1.0 + 0.5 * 2.0 + 0.25 * 1.0 - 1.0)); /* 1.625 */
    EQ(v_of(agent, 2), 1.0);
    tell(agent, 3, 1, 4.0f, 4, TERMINATES);
    EQ(v_of(agent, 2), 1.0 + 0.5 * (2.0 + 0.5 * 4.0 - 1.0));
    EQ(v_of(agent, 3), 1.0 + 0.5 * (4.0 - 1.0));
    tell(agent, 1, 1, 1.0f, 2, GOES_ON); /* nothing is left over from the episode before */
    EQ(v_of(agent, 3), 2.5);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(accumulating_traces_share_every_error)
{
    pv_world *world = open_mdp(&walk);
    pv_agent *agent = make_agent("td", world, "alpha=0.1,gamma=0.5,lambda=0.8");
    tell(agent, 1, 1, 1.0f, 2, GOES_ON); /* delta 1; e(1) = 1, then 0.4 */
    EQ(v_of(agent, 1), 0.1);
    tell(agent, 2, 0, 2.0f, 1, GOES_ON);        /* delta 2 + 0.05; e(1) = 0.4, e(2) = 1 */
    EQ(v_of(agent, 1), 0.1 + 0.1 * 2.05 * 0.4); /* 0.182 */
    EQ(v_of(agent, 2), 0.205);
    tell(agent, 1, 0, 0.0f, 0, TERMINATES); /* delta -0.182; e(1) = 0.16 + 1, e(2) = 0.4 */
    EQ(v_of(agent, 1), 0.182 - 0.1 * 0.182 * 1.16);
    EQ(v_of(agent, 2), 0.205 - 0.1 * 0.182 * 0.4);
    tell(agent, 3, 0, 1.0f, 2, GOES_ON); /* the next episode begins without traces */
    EQ(v_of(agent, 1), 0.182 - 0.1 * 0.182 * 1.16);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(replacing_traces_are_one_after_a_visit)
{
    pv_world *world = open_mdp(&walk);
    pv_agent *agent = make_agent("td", world, "alpha=0.1,gamma=0.5,lambda=0.8,traces=replace");
    tell(agent, 1, 1, 1.0f, 2, GOES_ON);
    tell(agent, 2, 0, 2.0f, 1, GOES_ON);
    tell(agent, 1, 0, 0.0f, 0, TERMINATES); /* e(1) = 1 now, not 1.16 */
    EQ(v_of(agent, 1), 0.182 - 0.1 * 0.182);
    EQ(v_of(agent, 2), 0.205 - 0.1 * 0.182 * 0.4);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* a random episode of the walk told to two agents */
static void walk_episode(pv_agent *a, pv_agent *b, pv_rng *rng)
{
    int32_t place = 3;
    for (;;) {
        const int32_t action = (int32_t)pv_rng_below(rng, 2);
        const int32_t next = action ? place + 1 : place - 1;
        const int end = next == 0 || next == 6 ? TERMINATES : GOES_ON;
        const float reward = next == 6 ? 1.0f : 0.25f;
        tell(a, place, action, reward, next, end);
        tell(b, place, action, reward, next, end);
        if (end) {
            return;
        }
        place = next;
    }
}

/* the largest difference between the values of two agents after `episodes` episodes */
static double difference(const char *settings_a, const char *name_b, const char *settings_b,
                         int episodes)
{
    pv_world *world = open_mdp(&walk);
    pv_agent *a = make_agent("td", world, settings_a);
    pv_agent *b = make_agent(name_b, world, settings_b);
    pv_rng rng = pv_rng_split(5, "walk");
    double largest = 0.0;
    for (int i = 0; i < episodes; i++) {
        walk_episode(a, b, &rng);
    }
    for (int32_t place = 1; place <= 5; place++) {
        ck_assert(v_of(a, place) != 0.0);
        largest = fmax(largest, fabs(v_of(a, place) - v_of(b, place)));
    }
    pv_agent_destroy(a);
    pv_agent_destroy(b);
    pv_world_close(world);
    return largest;
}

START_TEST(one_step_is_the_lower_end_of_both_scales)
{
    /* so small a lambda leaves no trace beyond the step itself */
    ck_assert(difference("n=1", "td", "lambda=1e-13", 50) < 1e-12);
    ck_assert(difference("n=1", "td", "n=2", 50) > 1e-3);
}
END_TEST

START_TEST(monte_carlo_is_the_upper_end_of_n)
{
    /* both update at the end of the episode only; they differ in the order of the updates, which
       matters for repeated visits by alpha squared */
    static const char monte_carlo[] = "mode=prediction,visits=every,alpha=0.0001";
    const double far = difference("alpha=0.0001,n=1000", "mc", monte_carlo, 50);
    ck_assert_msg(far < 1e-5, "%g", far);
    ck_assert(difference("alpha=0.0001,n=1", "mc", monte_carlo, 50) > 1e-4);
}
END_TEST

START_TEST(monte_carlo_is_the_upper_end_of_lambda)
{
    static const char monte_carlo[] = "mode=prediction,visits=every,alpha=0.0001,gamma=1";
    const double far = difference("alpha=0.0001,lambda=1,gamma=1", "mc", monte_carlo, 50);
    ck_assert_msg(far < 2e-5, "%g", far);
    ck_assert(difference("alpha=0.0001,lambda=0.5,gamma=1", "mc", monte_carlo, 50) > 1e-4);
}
END_TEST

START_TEST(the_walk_is_predicted_as_it_is)
{
    /* V(i) = i / 6 (Example 6.2) */
    static const char *const settings[] = {
        "alpha=1/k^0.7,gamma=1,initial=0.5", "alpha=1/k^0.7,gamma=1,n=3",
        "alpha=0.5/k^0.7,gamma=1,lambda=0.7", "alpha=0.5/k^0.7,gamma=1,lambda=0.7,traces=replace"};
    pv_world *world = open_mdp(&walk);
    for (int i = 0; i < 4; i++) {
        pv_agent *agent = make_agent("td", world, settings[i]);
        for (int episode = 0; episode < 20000; episode++) {
            int32_t place = 3;
            while (place != 0 && place != 6) {
                const int32_t action = ask(agent, place, PV_ACT_TRAIN, NULL);
                const int32_t next = action ? place + 1 : place - 1;
                const int end = next == 0 || next == 6 ? TERMINATES : GOES_ON;
                tell(agent, place, action, next == 6 ? 1.0f : 0.0f, next, end);
                place = next;
            }
        }
        for (int32_t place = 1; place <= 5; place++) {
            ck_assert_double_eq_tol(v_of(agent, place), place / 6.0, 0.03);
        }
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(several_rows_share_the_table_but_not_their_traces)
{
    pv_world *world = open_mdp(&walk);
    pv_agent *agent = pv_agent_create("td", world, "alpha=0.1,gamma=1,lambda=1", 2, 1);
    const int32_t at[2] = {1, 5}, to[2] = {2, 6}, then[2] = {3, 3}, action[2] = {1, 1};
    const int32_t last[2] = {4, 4};
    const uint8_t valid[2] = {1, 1}, none[2] = {0, 0}, second[2] = {0, 1}, first_only[2] = {1, 0};
    const float reward[2] = {0.0f, 1.0f}, one[2] = {1.0f, 1.0f};
    const void *obs[1] = {at}, *next[1] = {to}, *final[1] = {to}, *actions[1] = {action};
    pv_transitions t = {.rows = 2,
                        .valid = valid,
                        .obs = obs,
                        .action = actions,
                        .reward = reward,
                        .terminated = second,
                        .truncated = none,
                        .next_obs = next,
                        .final_obs = final};
    ck_assert_int_eq(agent->agent_class->observe(agent, &t), PV_OK);
    EQ(v_of(agent, 1), 0.0);
    EQ(v_of(agent, 5), 0.1);
    obs[0] = to; /* row 0 goes on from 2 to 3 and earns 1; row 1 has nothing to tell */
    next[0] = final[0] = then;
    t.reward = one;
    t.terminated = none;
    t.valid = first_only;
    ck_assert_int_eq(agent->agent_class->observe(agent, &t), PV_OK);
    EQ(v_of(agent, 1), 0.1);
    EQ(v_of(agent, 2), 0.1);
    EQ(v_of(agent, 5), 0.1); /* not of this row's trace */
    obs[0] = then;           /* row 1 begins at 3, without a trace of 5 */
    next[0] = final[0] = last;
    t.valid = second;
    ck_assert_int_eq(agent->agent_class->observe(agent, &t), PV_OK);
    EQ(v_of(agent, 3), 0.1);
    EQ(v_of(agent, 5), 0.1);
    EQ(v_of(agent, 1), 0.1);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(given_policies_are_followed)
{
    pv_world *world = open_mdp(&walk);
    pv_rng rng = pv_rng_split(1, "rows");
    pv_agent *left = make_agent("td", world, "policy=action:0");
    pv_agent *best = make_agent("td", world, "policy=optimal,gamma=0.9");
    pv_agent *any = make_agent("td", world, NULL);
    int rights = 0;
    for (int i = 0; i < 1000; i++) {
        ck_assert_int_eq(ask(left, 1 + i % 5, PV_ACT_TRAIN, NULL), 0);
        ck_assert_int_eq(ask(best, 1 + i % 5, PV_ACT_TRAIN, NULL), 1);
        ck_assert_int_eq(ask(best, 1 + i % 5, PV_ACT_GREEDY, &rng), 1);
        rights += ask(any, 3, PV_ACT_TRAIN, NULL);
    }
    ck_assert_int_ge(rights, 420);
    ck_assert_int_le(rights, 580);
    double probability[2];
    const int32_t place = 2;
    const void *obs[1] = {&place};
    const pv_explain explain = {.rows = 1, .obs = obs, .probability = probability};
    ck_assert_int_eq(left->agent_class->explain(left, &explain), PV_OK);
    EQ(probability[0], 1.0);
    ck_assert_int_eq(any->agent_class->explain(any, &explain), PV_OK);
    EQ(probability[0], 0.5);
    ck_assert_int_eq(pv_agent_values(any, obs, probability), PV_ERROR_FIT);
    pv_agent_destroy(left);
    pv_agent_destroy(best);
    pv_agent_destroy(any);
    pv_world_close(world);
}
END_TEST

START_TEST(the_policy_of_a_saved_agent_is_followed)
{
    char path[512];
    char settings[600];
    pv_world *world = open_mdp(&walk);
    snprintf(path, sizeof path, "%s/td_policy.safetensors", PV_TEST_BUILD_DIR);
    snprintf(settings, sizeof settings, "policy=%s", path);
    static const char *const teachers[] = {"q-learning", "double-q", "value-iteration"};
    for (int i = 0; i < 3; i++) {
        pv_agent *teacher = make_agent(teachers[i], world, NULL);
        for (int k = 0; k < 20; k++) { /* worse to the right at 4; better at 2 */
            if (i < 2) {
                tell(teacher, 4, 1, -1.0f, 5, TERMINATES);
                tell(teacher, 2, 1, 1.0f, 3, TERMINATES);
            }
        }
        ck_assert_int_eq(pv_agent_save(teacher, path), PV_OK);
        pv_agent *agent = make_agent("td", world, settings);
        ck_assert_int_eq(ask(agent, 4, PV_ACT_TRAIN, NULL), i == 2);
        ck_assert_int_eq(ask(agent, 2, PV_ACT_TRAIN, NULL), 1);
        pv_agent_destroy(teacher);
        pv_agent_destroy(agent);
    }
    refused("td", world, "policy=/nowhere/x.safetensors", PV_ERROR_FILE, "/nowhere/x.safetensors");
    pv_agent *no_values = make_agent("td", world, NULL);
    ck_assert_int_eq(pv_agent_save(no_values, path), PV_OK);
    refused("td", world, settings, PV_ERROR_FORMAT, "agent td: policy");
    pv_agent_destroy(no_values);
    pv_world_close(world);
}
END_TEST

START_TEST(wrong_settings_are_refused_in_words)
{
    pv_world *world = open_mdp(&walk);
    refused("td", world, "n=2,lambda=0.5", PV_ERROR_ARGUMENT, "n = 2 and lambda > 0");
    refused("td", world, "n=2.5", PV_ERROR_ARGUMENT, "whole number");
    refused("td", world, "policy=action:2", PV_ERROR_ARGUMENT, "this world has 0 to 1");
    refused("td", world, "policy=best", PV_ERROR_ARGUMENT, "random, optimal, action:K");
    refused("td", world, "alpha=1.5", PV_ERROR_ARGUMENT, "alpha");
    refused("td", world, "alpha=nonsense", PV_ERROR_ARGUMENT, "alpha");
    refused("td", world, "lambda=2", PV_ERROR_ARGUMENT, "lambda");
    pv_world_close(world);
}
END_TEST

START_TEST(values_that_are_no_numbers_are_named)
{
    static const char *const settings[] = {"n=1", "n=3", "lambda=0.5"};
    pv_world *world = open_mdp(&walk);
    for (int i = 0; i < 3; i++) {
        pv_agent *agent = make_agent("td", world, settings[i]);
        tell(agent, 1, 1, 1.0f, 2, TERMINATES);
        ck_assert_int_eq(tell_masked(agent, 2, 0, INFINITY, 3, TERMINATES, NULL), PV_ERROR_NUMBER);
        ck_assert_ptr_nonnull(
            strstr(pv_last_error(), "agent td: the value of state 2 is no finite number"));
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("td");
    TCase *tests = tcase_create("td");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, td0_moves_a_value_towards_reward_and_next_value);
    tcase_add_test(tests, a_terminal_state_bootstraps_zero_and_a_truncated_one_does_not);
    tcase_add_test(tests, two_step_td_uses_two_rewards_and_then_the_estimate);
    tcase_add_test(tests, accumulating_traces_share_every_error);
    tcase_add_test(tests, replacing_traces_are_one_after_a_visit);
    tcase_add_test(tests, one_step_is_the_lower_end_of_both_scales);
    tcase_add_test(tests, monte_carlo_is_the_upper_end_of_n);
    tcase_add_test(tests, monte_carlo_is_the_upper_end_of_lambda);
    tcase_add_test(tests, the_walk_is_predicted_as_it_is);
    tcase_add_test(tests, several_rows_share_the_table_but_not_their_traces);
    tcase_add_test(tests, given_policies_are_followed);
    tcase_add_test(tests, the_policy_of_a_saved_agent_is_followed);
    tcase_add_test(tests, wrong_settings_are_refused_in_words);
    tcase_add_test(tests, values_that_are_no_numbers_are_named);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
