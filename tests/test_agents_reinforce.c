/* test_agents_reinforce.c: updates of reinforce against ones computed by hand, for all baselines,
   both kinds of returns, and episodes that end, are cut short, or are too long to be kept. */
#include "agents_help.h"

#include <math.h>

/* where nothing is drawn: three states seen as they are */
static const mdp_row rows[] = {{0, 0, {1.0, 1.0, 1, 0}}, {1, 1, {1.0, 1.0, 2, 0}}};
static const mdp_table table = {.states = 3, .actions = 2, .row = rows, .rows = 2};
MDP_WORLD(three, table);

#define BY_HAND "net='',optimizer=sgd,lr=0.1,gamma=0.5,"

/* the policy's and the value's parameters, computed beside the agent */
typedef struct model {
    double w[3][2], b[2], v[3], c; /* logits w[s] + b; value v[s] + c */
} model;

static const float *tensor(const pv_agent *agent, const char *name, int *backwards)
{
    const pv_net *net = agent->agent_class->net(agent);
    const pv_net_tensor *found = pv_net_tensor_find(net, name);
    ck_assert_msg(found != NULL, "no tensor %s", name);
    if (backwards) {
        *backwards = found->shape[0] == 2 && found->count == 6; /* [out][in] */
    }
    return pv_net_parameters_const(net) + found->offset;
}

static model read_model(const pv_agent *agent, int critic)
{
    model m = {.c = 0.0};
    int backwards;
    const float *w = tensor(agent, "policy.dense1.weight", &backwards);
    const float *b = tensor(agent, "policy.dense1.bias", NULL);
    for (int s = 0; s < 3; s++) {
        for (int a = 0; a < 2; a++) {
            m.w[s][a] = (double)(backwards ? w[a * 3 + s] : w[s * 2 + a]);
            m.b[a] = (double)b[a];
        }
        m.v[s] = critic ? (double)tensor(agent, "value.dense1.weight", NULL)[s] : 0.0;
    }
    m.c = critic ? (double)*tensor(agent, "value.dense1.bias", NULL) : 0.0;
    return m;
}

static double value(const model *m, int s)
{
    return m->v[s] + m->c;
}

/* adds the step of one decision: G less the baseline times grad log pi, and the value's */
static void add(model *to, const model *m, int s, int action, double g, double baseline)
{
    const double e[2] = {exp(m->w[s][0] + m->b[0]), exp(m->w[s][1] + m->b[1])};
    for (int a = 0; a < 2; a++) {
        const double slope = (a == action) - e[a] / (e[0] + e[1]);
        to->w[s][a] += 0.1 * (g - baseline) * slope;
        to->b[a] += 0.1 * (g - baseline) * slope;
    }
    /* value-coefficient 0.5: half the square of the error */
    to->v[s] += 0.1 * (g - value(m, s));
    to->c += 0.1 * (g - value(m, s));
}

static void expect_model(const pv_agent *agent, const model *right, int critic)
{
    const model own = read_model(agent, critic);
    for (int s = 0; s < 3; s++) {
        for (int a = 0; a < 2; a++) {
            ck_assert_double_eq_tol(own.w[s][a] + own.b[a], right->w[s][a] + right->b[a], 1e-5);
        }
        if (critic) {
            ck_assert_double_eq_tol(value(&own, s), value(right, s), 1e-5);
        }
    }
}

static pv_agent *ready(const pv_world *world, const char *settings)
{
    pv_agent *agent = make_agent("reinforce", world, settings);
    check(pv_agent_begin(agent));
    return agent;
}

/* rewards 2, 4, 8 with gamma 0.5: to go 6, 8, 8 */
static const double to_go[3] = {6.0, 8.0, 8.0};

static void play(pv_agent *agent)
{
    tell(agent, 0, 0, 2.0f, 1, GOES_ON);
    tell(agent, 1, 1, 4.0f, 2, GOES_ON);
    tell(agent, 2, 0, 8.0f, 2, TERMINATES);
}

static void expect_episode(const char *settings, const double g[3], double baseline)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = ready(world, settings);
    const model before = read_model(agent, 0);
    model right = before;
    for (int t = 0; t < 3; t++) {
        add(&right, &before, t, t == 1, g[t], baseline);
    }
    play(agent);
    expect_model(agent, &right, 0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}

START_TEST(an_episode_moves_the_policy_as_by_hand)
{
    const double total[3] = {6.0, 6.0, 6.0};
    expect_episode(BY_HAND "episodes=1,baseline=none", to_go, 0.0);
    expect_episode(BY_HAND "episodes=1,baseline=constant,constant=3", to_go, 3.0);
    expect_episode(BY_HAND "episodes=1,baseline=mean", to_go, 0.0); /* nothing is known yet */
    expect_episode(BY_HAND "episodes=1,baseline=none,returns=total", total, 0.0);
}
END_TEST

START_TEST(the_mean_of_returns_is_what_the_next_episode_is_compared_with)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = ready(world, BY_HAND "episodes=1,baseline=mean,mean-rate=0.5");
    double mean = 0.0;
    for (int episode = 0; episode < 3; episode++) {
        const model before = read_model(agent, 0);
        model right = before;
        for (int t = 0; t < 3; t++) {
            add(&right, &before, t, t == 1, to_go[t], mean);
        }
        play(agent);
        expect_model(agent, &right, 0);
        mean = 22.0 / 3.0; /* the same each time */
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(an_update_is_the_mean_over_episodes_and_the_value_is_learned)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = ready(world, BY_HAND "episodes=2,baseline=value,shared=1");
    const model before = read_model(agent, 1);
    model right = before;
    play(agent);
    expect_model(agent, &before, 1); /* not yet */
    /* cut short after a step: worth 2 and half of what state 2 is */
    tell(agent, 1, 0, 2.0f, 2, TRUNCATES);
    for (int t = 0; t < 3; t++) {
        add(&right, &before, t, t == 1, to_go[t], value(&before, t));
    }
    add(&right, &before, 1, 0, 2.0 + 0.5 * value(&before, 2), value(&before, 1));
    for (int s = 0; s < 3; s++) { /* half of the sum */
        right.v[s] = 0.5 * (right.v[s] + before.v[s]);
        for (int a = 0; a < 2; a++) {
            right.w[s][a] = 0.5 * (right.w[s][a] + before.w[s][a]);
        }
    }
    right.c = 0.5 * (right.c + before.c);
    right.b[0] = 0.5 * (right.b[0] + before.b[0]);
    right.b[1] = 0.5 * (right.b[1] + before.b[1]);
    expect_model(agent, &right, 1);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_long_episode_is_learned_from_in_pieces)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = ready(world, BY_HAND "episodes=1,baseline=value,shared=1,longest=2");
    const model before = read_model(agent, 1);
    model right = before;
    const double later = 4.0 + 0.5 * value(&before, 2);
    play(agent);
    add(&right, &before, 0, 0, 2.0 + 0.5 * later, value(&before, 0));
    add(&right, &before, 1, 1, later, value(&before, 1));
    add(&right, &before, 2, 0, 8.0, value(&before, 2));
    expect_model(agent, &right, 1);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(without_a_learned_value_there_is_none_to_explain)
{
    pv_world *world = open_mdp(&three);
    pv_agent *agent = ready(world, "baseline=mean");
    double told;
    const int32_t state = 0;
    const void *obs[1] = {&state};
    const pv_explain explain = {.rows = 1, .obs = obs, .value = &told};
    ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_ERROR_FIT);
    refused("reinforce", world, "episodes=1.5", PV_ERROR_ARGUMENT, "whole number");
    refused("reinforce", world, "baseline=median", PV_ERROR_ARGUMENT, "none|constant|mean|value");
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents/reinforce");
    TCase *tests = tcase_create("reinforce");
    tcase_add_test(tests, an_episode_moves_the_policy_as_by_hand);
    tcase_add_test(tests, the_mean_of_returns_is_what_the_next_episode_is_compared_with);
    tcase_add_test(tests, an_update_is_the_mean_over_episodes_and_the_value_is_learned);
    tcase_add_test(tests, a_long_episode_is_learned_from_in_pieces);
    tcase_add_test(tests, without_a_learned_value_there_is_none_to_explain);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
