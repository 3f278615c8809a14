/* Control: the updates of every algorithm worked out by hand, convergence to the answer of value
   iteration, and what tells the algorithms apart. */
#include "agents_help.h"

#include <math.h>

#define GO(from, action, chance, to, earned, over)                                                 \
    {                                                                                              \
        from, action,                                                                              \
        {                                                                                          \
            chance, earned, to, over                                                               \
        }                                                                                          \
    }

/* four states in a row; 1 moves on and slips back one time in five, 0 stops for a small reward;
   moving on from state 3 earns 10 and ends */
static const mdp_row climb_rows[] = {
    GO(0, 0, 1.0, 0, 1.0, 1),  GO(0, 1, 0.8, 1, -1.0, 0), GO(0, 1, 0.2, 0, -1.0, 0),
    GO(1, 0, 1.0, 0, 2.0, 1),  GO(1, 1, 0.8, 2, -1.0, 0), GO(1, 1, 0.2, 0, -1.0, 0),
    GO(2, 0, 1.0, 0, 6.0, 1),  GO(2, 1, 0.8, 3, -1.0, 0), GO(2, 1, 0.2, 1, -1.0, 0),
    GO(3, 0, 1.0, 0, -5.0, 1), GO(3, 1, 1.0, 3, 10.0, 1)};
static const mdp_table climb_table = {
    .states = 4, .actions = 2, .start = 0, .row = climb_rows, .rows = 11};
MDP_WORLD(climb, climb_table);

/* the same where climbing on from state 2 is forbidden */
static const uint8_t fenced_mask[4 * 2] = {1, 1, 1, 1, 1, 0, 1, 1};
static const mdp_table fenced_table = {
    .states = 4, .actions = 2, .start = 0, .row = climb_rows, .rows = 11, .mask = fenced_mask};
MDP_WORLD(fenced, fenced_table);

#define EQ(a, b) ck_assert_double_eq_tol(a, b, 1e-12)

/* the world and an agent of it; greedy exploration makes hand-made updates certain */
typedef struct pair {
    pv_world *world;
    pv_agent *agent;
} pair;

static pair open_pair(const char *name, const char *settings)
{
    pair p = {.world = open_mdp(&climb)};
    p.agent = make_agent(name, p.world, settings);
    return p;
}

static void close_pair(pair *p)
{
    pv_agent_destroy(p->agent);
    pv_world_close(p->world);
}

/* --- by hand --- */

START_TEST(q_learning_moves_towards_the_best_next_value)
{
    pair p = open_pair("q-learning", "alpha=0.5,gamma=0.9");
    tell(p.agent, 1, 0, 4.0f, 2, GOES_ON); /* Q(1,0) = 2 */
    tell(p.agent, 1, 1, 6.0f, 2, GOES_ON); /* Q(1,1) = 3 */
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON); /* 0.5 (1 + 0.9 * 3) */
    EQ(q_of(p.agent, 0, 1), 1.85);
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
    EQ(q_of(p.agent, 0, 1), 1.85 + 0.5 * (3.7 - 1.85));
    EQ(q_of(p.agent, 0, 0), 0.0);
    close_pair(&p);
}
END_TEST

START_TEST(ends_bootstrap_zero_and_truncations_do_not)
{
    static const char *const names[] = {"q-learning", "sarsa", "expected-sarsa", "double-q", "mc"};
    for (int i = 0; i < 5; i++) {
        pair p = open_pair(names[i], "alpha=1,gamma=0.5,explore=greedy,initial=8");
        const double share = strcmp(names[i], "double-q") == 0 ? 0.5 : 1.0; /* one of two tables */
        tell(p.agent, 0, 1, 3.0f, 1, TERMINATES);
        EQ(q_of(p.agent, 0, 1), 8.0 + share * (3.0 - 8.0));
        tell(p.agent, 2, 1, 3.0f, 3, TRUNCATES);
        EQ(q_of(p.agent, 2, 1), 8.0 + share * (3.0 + 0.5 * 8.0 - 8.0));
        close_pair(&p);
    }
}
END_TEST

START_TEST(sarsa_learns_from_the_action_it_then_plays)
{
    pair p = open_pair("sarsa", "alpha=0.5,gamma=0.9,epsilon=1");
    tell(p.agent, 1, 0, 4.0f, 2, TERMINATES); /* Q(1,0) = 2, Q(1,1) = 0 */
    int played[2] = {0};
    for (int i = 0; i < 200; i++) {
        const double before = q_of(p.agent, 0, 1);
        tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
        const double after = q_of(p.agent, 0, 1);
        const int32_t next = ask(p.agent, 1, PV_ACT_TRAIN, NULL);
        EQ(after, before + 0.5 * (1.0 + 0.9 * (next == 0 ? 2.0 : 0.0) - before));
        played[next]++;
    }
    ck_assert_int_gt(played[0], 50);
    ck_assert_int_gt(played[1], 50);
    close_pair(&p);
}
END_TEST

START_TEST(what_is_pending_is_played_once_and_not_by_evaluation)
{
    pair p = open_pair("sarsa", "alpha=0.5,gamma=0.9,explore=greedy");
    pv_rng rng = pv_rng_split(1, "evaluation");
    tell(p.agent, 1, 1, 4.0f, 2, TERMINATES);
    tell(p.agent, 0, 1, 0.0f, 1, GOES_ON); /* 1 is pending in state 1 */
    tell(p.agent, 1, 0, 90.0f, 2, TERMINATES);
    ck_assert_int_eq(ask(p.agent, 1, PV_ACT_GREEDY, &rng), 0);
    ck_assert_int_eq(ask(p.agent, 1, PV_ACT_TRAIN, NULL), 1);
    ck_assert_int_eq(ask(p.agent, 1, PV_ACT_TRAIN, NULL), 0);
    close_pair(&p);
}
END_TEST

START_TEST(two_step_sarsa_uses_two_rewards_and_then_the_next_action)
{
    pair p = open_pair("sarsa", "alpha=0.5,gamma=0.5,n=2,explore=greedy,initial=0");
    tell(p.agent, 2, 1, 8.0f, 3, TERMINATES); /* Q(2,1) = 4, the greedy action there */
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
    EQ(q_of(p.agent, 0, 1), 0.0);
    tell(p.agent, 1, 0, 2.0f, 2, GOES_ON); /* 0.5 (1 + 0.5 * 2 + 0.25 * 4) */
    EQ(q_of(p.agent, 0, 1), 1.5);
    EQ(q_of(p.agent, 1, 0), 0.0);
    tell(p.agent, 2, 1, 4.0f, 3, TERMINATES);
    EQ(q_of(p.agent, 1, 0), 0.5 * (2.0 + 0.5 * 4.0));
    EQ(q_of(p.agent, 2, 1), 4.0);
    close_pair(&p);
}
END_TEST

START_TEST(sarsa_lambda_shares_errors_among_pairs)
{
    pair p = open_pair("sarsa", "alpha=0.1,gamma=0.5,lambda=0.8,explore=greedy");
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
    EQ(q_of(p.agent, 0, 1), 0.1);
    tell(p.agent, 1, 0, 2.0f, 0, GOES_ON); /* delta 2 + 0.5 * 0.1; e(0,1) = 0.4 */
    EQ(q_of(p.agent, 0, 1), 0.1 + 0.1 * 2.05 * 0.4);
    EQ(q_of(p.agent, 1, 0), 0.205);
    EQ(q_of(p.agent, 1, 1), 0.0);
    close_pair(&p);
}
END_TEST

START_TEST(replacing_traces_forget_the_other_actions_of_a_state)
{
    pair p = open_pair("sarsa", "alpha=0.1,gamma=1,lambda=1,traces=replace,explore=greedy");
    tell(p.agent, 0, 0, 0.0f, 1, GOES_ON);
    tell(p.agent, 1, 0, 0.0f, 0, GOES_ON);
    tell(p.agent, 0, 1, 1.0f, 2, TERMINATES); /* e(0,0) = 0 now, e(1,0) = e(0,1) = 1 */
    EQ(q_of(p.agent, 0, 0), 0.0);
    EQ(q_of(p.agent, 1, 0), 0.1);
    EQ(q_of(p.agent, 0, 1), 0.1);
    close_pair(&p);
}
END_TEST

START_TEST(watkins_traces_are_cut_by_exploration)
{
    pair p = open_pair("q-learning", "alpha=0.1,gamma=1,lambda=1");
    tell(p.agent, 1, 1, 10.0f, 2, TERMINATES); /* Q(1,1) = 1: action 0 there is exploration */
    tell(p.agent, 0, 0, 0.0f, 1, GOES_ON);     /* delta 1: Q(0,0) = 0.1 */
    tell(p.agent, 1, 0, 5.0f, 2, TERMINATES);  /* exploratory: no credit for (0,0) */
    EQ(q_of(p.agent, 0, 0), 0.1);
    EQ(q_of(p.agent, 1, 0), 0.5);
    tell(p.agent, 0, 0, 0.0f, 1, GOES_ON);
    EQ(q_of(p.agent, 0, 0), 0.1 + 0.1 * 0.9);
    tell(p.agent, 1, 1, 5.0f, 2, TERMINATES); /* greedy: delta 4 for both */
    EQ(q_of(p.agent, 0, 0), 0.19 + 0.4);
    EQ(q_of(p.agent, 1, 1), 1.4);
    close_pair(&p);
}
END_TEST

START_TEST(expected_sarsa_expects_over_its_exploration)
{
    pair p = open_pair("expected-sarsa", "alpha=0.5,gamma=0.5,epsilon=0.4");
    tell(p.agent, 1, 0, 4.0f, 2, TERMINATES); /* Q(1,0) = 2 */
    tell(p.agent, 1, 1, 8.0f, 2, TERMINATES); /* Q(1,1) = 4 */
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);    /* 0.2 * 2 + 0.8 * 4 = 3.6 */
    EQ(q_of(p.agent, 0, 1), 0.5 * (1.0 + 0.5 * 3.6));
    close_pair(&p);
    p = open_pair("expected-sarsa", "alpha=0.5,gamma=0.5,epsilon=0.4,n=2");
    tell(p.agent, 1, 1, 8.0f, 2, TERMINATES);
    tell(p.agent, 2, 0, 1.0f, 0, GOES_ON);
    tell(p.agent, 0, 0, 2.0f, 1, GOES_ON); /* 1 + 0.5 * 2 + 0.25 * 0.8 * 4 */
    EQ(q_of(p.agent, 2, 0), 0.5 * 2.8);
    close_pair(&p);
}
END_TEST

START_TEST(double_q_values_with_the_table_that_does_not_choose)
{
    /* whichever table learns, its target is what the other one says of the action it prefers */
    pair p = open_pair("double-q", "alpha=1,gamma=1");
    for (int i = 0; i < 40; i++) {
        tell(p.agent, 1, i % 2, i % 2 ? 4.0f : 2.0f, 2, TERMINATES); /* both learn 2 and 4 */
    }
    EQ(q_of(p.agent, 1, 0), 2.0);
    EQ(q_of(p.agent, 1, 1), 4.0);
    tell(p.agent, 0, 1, 1.0f, 1, GOES_ON);
    EQ(q_of(p.agent, 0, 1), 2.5); /* mean of 5 and 0 */
    close_pair(&p);
}
END_TEST

/* --- learning --- */

static const pv_outcome *draw_outcome(const mdp_table *table, int32_t state, int32_t action,
                                      pv_rng *rng)
{
    const mdp_row *row = table->row;
    double left = pv_rng_uniform(rng);
    while (row->state != (uint32_t)state || row->action != (uint32_t)action ||
           (left -= row->outcome.probability) >= 0.0) {
        row++;
    }
    return &row->outcome;
}

/* plays an episode of the table, cut after 100 steps; returns its first action */
static int32_t play_episode(pv_agent *agent, const mdp_table *table, pv_rng *rng)
{
    int32_t state = (int32_t)table->start;
    int32_t first = -1;
    for (int step = 1;; step++) {
        const int32_t action = ask_masked(agent, state, table->mask, PV_ACT_TRAIN, NULL);
        const pv_outcome *outcome = draw_outcome(table, state, action, rng);
        const int end = outcome->terminated ? TERMINATES : step == 100 ? TRUNCATES : GOES_ON;
        check(tell_masked(agent, state, action, (float)outcome->reward, (int32_t)outcome->next, end,
                          table->mask));
        first = step == 1 ? action : first;
        state = (int32_t)outcome->next;
        if (end) {
            return first;
        }
    }
}

static void practise(pv_agent *agent, const mdp_table *table, int episodes)
{
    pv_rng rng = pv_rng_split(3, "practice");
    for (int i = 0; i < episodes; i++) {
        play_episode(agent, table, &rng);
    }
}

static void agrees_with_the_plan(const char *name, const char *settings, double tolerance)
{
    pair p = open_pair(name, settings);
    pv_agent *plan = make_agent("value-iteration", p.world, "gamma=0.95");
    practise(p.agent, &climb_table, 20000);
    for (int32_t s = 0; s < 4; s++) {
        for (int a = 0; a < 2; a++) {
            ck_assert_msg(fabs(q_of(p.agent, s, a) - q_of(plan, s, a)) < tolerance,
                          "%s: Q(%d, %d) is %g, not %g", name, (int)s, a, q_of(p.agent, s, a),
                          q_of(plan, s, a));
        }
    }
    pv_agent_destroy(plan);
    close_pair(&p);
}

START_TEST(off_policy_learners_find_the_optimal_values)
{
    agrees_with_the_plan("q-learning", "gamma=0.95,alpha=1/k^0.7,epsilon=0.5", 0.15);
    agrees_with_the_plan("q-learning", "gamma=0.95,alpha=0.5/k^0.7,epsilon=0.5,lambda=0.5", 0.15);
    agrees_with_the_plan("double-q", "gamma=0.95,alpha=1/k^0.7,epsilon=0.5", 0.15);
    agrees_with_the_plan("q-learning", "gamma=0.95,alpha=1/k^0.7,explore=softmax,temperature=3",
                         0.15);
}
END_TEST

START_TEST(on_policy_learners_find_them_as_exploration_fades)
{
    static const char fading[] =
        "gamma=0.95,alpha=linear:0.1:0.001:60000,epsilon=linear:1:0.01:40000";
    agrees_with_the_plan("sarsa", fading, 0.4);
    agrees_with_the_plan("expected-sarsa", fading, 0.4);
}
END_TEST

/* Q of the epsilon-greedy policy that is greedy by `q`, by sweeping its own Bellman equation */
static void evaluate_policy(double q[4][2], double epsilon, double gamma)
{
    for (int sweep = 0; sweep < 2000; sweep++) {
        double next[4][2] = {{0}};
        for (size_t i = 0; i < sizeof climb_rows / sizeof climb_rows[0]; i++) {
            const mdp_row *row = &climb_rows[i];
            const double *of = q[row->outcome.next];
            const double best = fmax(of[0], of[1]);
            const double mean = 0.5 * (of[0] + of[1]);
            const double beyond =
                row->outcome.terminated ? 0.0 : (1.0 - epsilon) * best + epsilon * mean;
            next[row->state][row->action] +=
                row->outcome.probability * (row->outcome.reward + gamma * beyond);
        }
        memcpy(q, next, sizeof next);
    }
}

START_TEST(on_policy_learners_value_their_own_exploration)
{
    static const char *const names[] = {"sarsa", "expected-sarsa", "sarsa", "sarsa"};
    static const char *const settings[] = {"gamma=0.95,alpha=1/k^0.7,epsilon=0.3",
                                           "gamma=0.95,alpha=1/k^0.7,epsilon=0.3",
                                           "gamma=0.95,alpha=1/k^0.7,epsilon=0.3,n=3",
                                           "gamma=0.95,alpha=0.5/k^0.7,epsilon=0.3,lambda=0.7"};
    double q[4][2] = {{0}};
    evaluate_policy(q, 0.3, 0.95);
    for (int i = 0; i < 4; i++) {
        pair p = open_pair(names[i], settings[i]);
        practise(p.agent, &climb_table, 20000);
        for (int32_t s = 0; s < 4; s++) {
            for (int a = 0; a < 2; a++) {
                ck_assert_double_eq_tol(q_of(p.agent, s, a), q[s][a], 0.3);
            }
        }
        close_pair(&p);
    }
}
END_TEST

START_TEST(masked_actions_are_neither_played_nor_hoped_for)
{
    static const char *const names[] = {"q-learning", "sarsa", "expected-sarsa", "double-q", "mc"};
    pv_world *world = open_mdp(&fenced);
    for (int i = 0; i < 5; i++) {
        pv_agent *agent = make_agent(names[i], world, "gamma=1,alpha=0.1,epsilon=0.5,initial=0");
        practise(agent, &fenced_table, 5000);
        const int32_t state = 2;
        double value[2], probability[2], v;
        const void *obs[2] = {&state, fenced_mask + 2 * 2};
        const pv_explain explain = {
            .rows = 1, .obs = obs, .value = &v, .action_value = value, .probability = probability};
        ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_OK);
        EQ(value[1], 0.0); /* never tried */
        EQ(probability[0], 1.0);
        EQ(v, value[0]);
        ck_assert_double_eq_tol(value[0], 6.0, 1e-6);
        pv_agent_destroy(agent);
    }
    /* a high hope for the forbidden action stays out of the target */
    pv_agent *agent = make_agent("q-learning", world, "gamma=1,alpha=1,initial=50");
    tell_masked(agent, 2, 0, 6.0f, 0, TERMINATES, fenced_mask);
    tell_masked(agent, 1, 1, -1.0f, 2, GOES_ON, fenced_mask);
    const int32_t state = 1;
    double value[2];
    const void *obs[2] = {&state, fenced_mask + 2};
    ck_assert_int_eq(pv_agent_values(agent, obs, value), PV_OK);
    EQ(value[1], 5.0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_row_that_does_not_act_now_draws_nothing)
{
    static const uint8_t nothing[4 * 2] = {0};
    pv_world *world = open_mdp(&fenced);
    pv_agent *a = make_agent("q-learning", world, "epsilon=1");
    pv_agent *b = make_agent("q-learning", world, "epsilon=1");
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(ask_masked(a, 1, nothing, PV_ACT_TRAIN, NULL), 0);
        ck_assert_int_eq(ask_masked(a, 1, fenced_mask, PV_ACT_TRAIN, NULL),
                         ask_masked(b, 1, fenced_mask, PV_ACT_TRAIN, NULL));
    }
    pv_agent_destroy(a);
    pv_agent_destroy(b);
    pv_world_close(world);
}
END_TEST

START_TEST(evaluation_leaves_the_training_stream_alone)
{
    pair p = open_pair("q-learning", "epsilon=0.5");
    pair other = open_pair("q-learning", "epsilon=0.5");
    pv_rng rng = pv_rng_split(1, "evaluation");
    for (int i = 0; i < 200; i++) {
        ask(p.agent, 1, PV_ACT_GREEDY, &rng);
        ask(p.agent, 1, PV_ACT_SAMPLE, &rng);
        ck_assert_int_eq(ask(p.agent, 1, PV_ACT_TRAIN, NULL),
                         ask(other.agent, 1, PV_ACT_TRAIN, NULL));
    }
    close_pair(&p);
    close_pair(&other);
}
END_TEST

/* --- maximisation bias (Example 6.7) --- */

/* state 0 offers 0, an end worth 0, or 1, a state all of whose actions end with a reward of -1.1 or
   0.9, -0.1 in the mean: the way there is never worth it */
#define NOISE(action) GO(1, action, 0.5, 0, -1.1, 1), GO(1, action, 0.5, 0, 0.9, 1)
static const mdp_row noisy_rows[] = {GO(0, 0, 1.0, 0, 0.0, 1),
                                     GO(0, 1, 1.0, 1, 0.0, 0),
                                     NOISE(0),
                                     NOISE(1),
                                     NOISE(2),
                                     NOISE(3),
                                     NOISE(4),
                                     NOISE(5),
                                     NOISE(6),
                                     NOISE(7)};
static const uint8_t noisy_mask[2 * 8] = {1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
static const mdp_table noisy_table = {
    .states = 2, .actions = 8, .row = noisy_rows, .rows = 18, .mask = noisy_mask};
MDP_WORLD(noisy, noisy_table);

/* the share of first actions that were 1 in the first 100 episodes of 200 agents */
static double lured(const char *name)
{
    pv_world *world = open_mdp(&noisy);
    pv_rng rng = pv_rng_split(17, "noise");
    int wrong = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        pv_agent *agent = pv_agent_create(name, world, "alpha=0.1,gamma=1,epsilon=0.1", 1, seed);
        for (int i = 0; i < 100; i++) {
            wrong += play_episode(agent, &noisy_table, &rng);
        }
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
    return wrong / (200.0 * 100.0);
}

START_TEST(double_q_is_not_lured_by_noise_as_q_learning_is)
{
    const double q_learning = lured("q-learning");
    const double double_q = lured("double-q");
    ck_assert_msg(q_learning > 0.5, "%g", q_learning);
    ck_assert_msg(double_q < 0.4, "%g", double_q);
}
END_TEST

START_TEST(ucb_finds_the_best_arm)
{
    pair p = open_pair("q-learning", "explore=ucb,ucb=10,alpha=1/k^0.7,gamma=0.95");
    practise(p.agent, &climb_table, 3000);
    pv_rng rng = pv_rng_split(1, "greedy");
    pv_agent *plan = make_agent("value-iteration", p.world, "gamma=0.95");
    for (int32_t s = 0; s < 4; s++) {
        ck_assert_int_eq(ask(p.agent, s, PV_ACT_GREEDY, &rng), ask(plan, s, PV_ACT_GREEDY, &rng));
    }
    pv_agent_destroy(plan);
    close_pair(&p);
}
END_TEST

START_TEST(metrics_tell_what_was_learned_since_the_last_call)
{
    pair p = open_pair("q-learning", "alpha=0.5,gamma=1,epsilon=linear:1:0:4");
    pv_metric metrics[PV_METRICS_MAX];
    ask(p.agent, 0, PV_ACT_TRAIN, NULL);
    tell(p.agent, 0, 1, 4.0f, 1, TERMINATES);  /* error 4, value 2 */
    tell(p.agent, 1, 1, -2.0f, 2, TERMINATES); /* error -2, value -1 */
    const int n = p.agent->agent_class->metrics(p.agent, metrics);
    static const pv_metric expected[] = {{"epsilon", 0.75},
                                         {"alpha", 0.5},
                                         {"td_error", 3.0},
                                         {"mean_q", 0.5},
                                         {"states_visited", 0.5}};
    ck_assert_int_eq(n, 5);
    for (int i = 0; i < n; i++) {
        ck_assert_str_eq(metrics[i].name, expected[i].name);
        EQ(metrics[i].value, expected[i].value);
    }
    ck_assert_int_eq(p.agent->agent_class->metrics(p.agent, metrics), 2); /* nothing since */
    close_pair(&p);
}
END_TEST

START_TEST(values_that_are_no_numbers_are_named_with_state_and_action)
{
    static const char *const settings[] = {NULL, "lambda=0.5"};
    for (int i = 0; i < 2; i++) {
        pair p = open_pair("q-learning", settings[i]);
        ck_assert_int_eq(tell_masked(p.agent, 2, 1, NAN, 3, TERMINATES, NULL), PV_ERROR_NUMBER);
        ck_assert_ptr_nonnull(
            strstr(pv_last_error(),
                   "agent q-learning: the value of state 2, action 1 is no finite number"));
        close_pair(&p);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tests = tcase_create("control");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, q_learning_moves_towards_the_best_next_value);
    tcase_add_test(tests, ends_bootstrap_zero_and_truncations_do_not);
    tcase_add_test(tests, sarsa_learns_from_the_action_it_then_plays);
    tcase_add_test(tests, what_is_pending_is_played_once_and_not_by_evaluation);
    tcase_add_test(tests, two_step_sarsa_uses_two_rewards_and_then_the_next_action);
    tcase_add_test(tests, sarsa_lambda_shares_errors_among_pairs);
    tcase_add_test(tests, replacing_traces_forget_the_other_actions_of_a_state);
    tcase_add_test(tests, watkins_traces_are_cut_by_exploration);
    tcase_add_test(tests, expected_sarsa_expects_over_its_exploration);
    tcase_add_test(tests, double_q_values_with_the_table_that_does_not_choose);
    tcase_add_test(tests, off_policy_learners_find_the_optimal_values);
    tcase_add_test(tests, on_policy_learners_find_them_as_exploration_fades);
    tcase_add_test(tests, on_policy_learners_value_their_own_exploration);
    tcase_add_test(tests, masked_actions_are_neither_played_nor_hoped_for);
    tcase_add_test(tests, a_row_that_does_not_act_now_draws_nothing);
    tcase_add_test(tests, evaluation_leaves_the_training_stream_alone);
    tcase_add_test(tests, double_q_is_not_lured_by_noise_as_q_learning_is);
    tcase_add_test(tests, ucb_finds_the_best_arm);
    tcase_add_test(tests, metrics_tell_what_was_learned_since_the_last_call);
    tcase_add_test(tests, values_that_are_no_numbers_are_named_with_state_and_action);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
