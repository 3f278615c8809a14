/* test_agents_on_policy.c: a2c, ppo and reinforce as whole agents: they solve worlds whose best
   policy is known, treat ends as they must, go on exactly where they were, repeat, remember with a
   recurrent net, and refuse what cannot be. */
#include "agents/on_policy.h"
#include "agents/train.h"
#include "agents_help.h"

#include <math.h>
#include <stdio.h>

/* two states: 0 is worth staying in for a little, 1 ends with much after a costly step */
static const mdp_row two_rows[] = {
    {0, 0, {1.0, 0.5, 0, 0}},
    {0, 1, {1.0, -1.0, 1, 0}},
    {1, 0, {1.0, 10.0, 1, 1}},
    {1, 1, {1.0, 0.0, 0, 0}},
};
static const mdp_table two_table = {.states = 2, .actions = 2, .row = two_rows, .rows = 4};
MDP_WORLD(two, two_table);

/* the same, but what is best is illegal */
static const uint8_t two_mask[] = {1, 1, 0, 1};
static const mdp_table masked_table = {
    .states = 2, .actions = 2, .row = two_rows, .rows = 4, .mask = two_mask};
MDP_WORLD(masked, masked_table);

static void train(const pv_world *world, pv_agent *agent, int lanes, uint64_t steps)
{
    pv_train_config config = pv_train_config_default(world, agent);
    config.lanes = lanes;
    config.steps = steps;
    config.metrics_every = 1000000; /* so that a test can ask for them */
    check(pv_train(&config));
}

static pv_agent *make_lanes(const char *name, const pv_world *world, const char *settings,
                            int lanes)
{
    pv_agent *agent = pv_agent_create(name, world, settings, lanes, 3);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    return agent;
}

#define QUICK_A2C "net='dense 16 tanh',lr=linear:0.01:0.001:8000,gamma=0.9,entropy=0.05,clip-norm=1"
#define QUICK_PPO "net='dense 16 tanh',lr=0.005,gamma=0.9,entropy=0.01,steps=16,batch=32,epochs=4"

static const struct {
    const char *name, *settings;
} kinds[] = {{"a2c", QUICK_A2C},
             {"a2c", QUICK_A2C ",shared=1,lambda=0.9,normalise=1"},
             {"ppo", QUICK_PPO},
             {"ppo", QUICK_PPO ",value-clip=1,kl-stop=0.02,clip=linear:0.3:0.1:8000"},
             {"reinforce", "net='dense 16 tanh',lr=linear:0.01:0.002:8000,gamma=0.9,entropy=0.05"}};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

START_TEST(the_best_policy_of_a_two_state_world_is_found)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_lanes(kinds[_i].name, world, kinds[_i].settings, 4);
    pv_rng rng = pv_rng_split(1, "eval");
    train(world, agent, 4, 8000);
    ck_assert_int_eq(ask(agent, 0, PV_ACT_GREEDY, &rng), 1);
    ck_assert_int_eq(ask(agent, 1, PV_ACT_GREEDY, &rng), 0);
    /* values of the policy as it is sampled, near those of the best: -1 + 0.9 * 10 and 10 */
    ck_assert_msg(fabs(v_of(agent, 0) - 8.0) < 1.0, "V(0) is %g", v_of(agent, 0));
    ck_assert_msg(fabs(v_of(agent, 1) - 10.0) < 1.0, "V(1) is %g", v_of(agent, 1));
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(illegal_actions_are_never_taken)
{
    pv_world *world = open_mdp(&masked);
    pv_agent *agent = make_lanes(kinds[_i].name, world, kinds[_i].settings, 4);
    pv_rng rng = pv_rng_split(1, "eval");
    train(world, agent, 4, 6000);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_TRAIN, NULL), 1);
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_GREEDY, &rng), 1);
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_SAMPLE, &rng), 1);
    }
    /* what is left is to stay in state 0 */
    ck_assert_int_eq(ask_masked(agent, 0, two_mask, PV_ACT_GREEDY, &rng), 0);
    double probability[2];
    const int32_t state = 1;
    const void *obs[2] = {&state, two_mask + 2};
    const pv_explain explain = {.rows = 1, .obs = obs, .probability = probability};
    check(agent->agent_class->explain(agent, &explain));
    ck_assert_double_eq(probability[0], 0.0);
    ck_assert_double_eq(probability[1], 1.0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- ends --- */

/* one update by hand: weight and bias of the value both move by lr times the error */
static void expect_update(const char *name, int end, double share)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent(name, world,
                                 "net='',shared=1,optimizer=sgd,lr=0.1,gamma=0.9,entropy=0,"
                                 "value-coefficient=0.5,steps=1");
    check(pv_agent_begin(agent));
    const double v = v_of(agent, 0);
    const double target = 2.0 + 0.9 * share * v_of(agent, 1);
    tell(agent, 0, 1, 2.0f, 1, end);
    const int epochs = strcmp(name, "ppo") == 0 ? 10 : 1;
    ck_assert_double_eq_tol(v_of(agent, 0), target + pow(0.8, epochs) * (v - target), 1e-5);
    pv_agent_destroy(agent);
    pv_world_close(world);
}

START_TEST(terminal_states_never_bootstrap_and_truncated_ones_do)
{
    static const char *const names[] = {"a2c", "ppo"};
    for (int i = 0; i < 2; i++) {
        expect_update(names[i], GOES_ON, 1.0);
        expect_update(names[i], TERMINATES, 0.0);
        expect_update(names[i], TRUNCATES, 1.0);
    }
}
END_TEST

START_TEST(updates_come_with_full_rollouts)
{
    pv_world *world = open_mdp(&two);
    pv_agent *a2c = make_lanes("a2c", world, "steps=5", 4);
    pv_agent *ppo = make_lanes("ppo", world, "steps=10,batch=15,epochs=2", 4);
    train(world, a2c, 4, 5 * 4 * 3 + 4);
    train(world, ppo, 4, 10 * 4 * 2 + 4);
    ck_assert_uint_eq(((pv_on_policy *)a2c)->ac.deep.updates, 3);
    ck_assert_uint_eq(((pv_on_policy *)ppo)->ac.deep.updates, 2 * 2 * 3); /* 15, 15, 10 */
    pv_agent_destroy(a2c);
    pv_agent_destroy(ppo);
    pv_world_close(world);
}
END_TEST

START_TEST(epochs_end_where_the_policy_has_gone_too_far)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent =
        make_lanes("ppo", world, "steps=10,batch=40,epochs=50,lr=0.1,kl-stop=0.001", 4);
    train(world, agent, 4, 40);
    const uint64_t updates = ((pv_on_policy *)agent)->ac.deep.updates;
    ck_assert(updates >= 2 && updates < 50); /* the first is before it has gone anywhere */
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- telling --- */

static double metric_of(pv_agent *agent, const char *name)
{
    pv_metric metrics[PV_METRICS_MAX];
    const int n = agent->agent_class->metrics(agent, metrics);
    ck_assert_int_le(n, PV_METRICS_MAX);
    for (int i = 0; i < n; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return metrics[i].value;
        }
    }
    return NAN;
}

START_TEST(metrics_tell_how_it_goes)
{
    static const struct {
        const char *name;
        double low, high;
    } told[] = {{"entropy", 0.0, 0.6932},      {"kl", 0.0, 1.0},
                {"clip_fraction", 0.0, 1.0},   {"explained_variance", -1e6, 1.0},
                {"policy_loss", -100, 100},    {"value_loss", 0.0, 1000},
                {"gradient_norm", 1e-9, 1e6},  {"dead_units", 0.0, 1.0},
                {"updates", 200 / 64 * 8, 50}, {"lr", 0.005, 0.005}};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        pv_world *world = open_mdp(&two);
        pv_agent *agent = make_lanes("ppo", world, QUICK_PPO ",net='dense 16 relu'", 4);
        train(world, agent, 4, 200);
        const double value = metric_of(agent, told[i].name);
        ck_assert_msg(value >= told[i].low && value <= told[i].high, "%s is %g", told[i].name,
                      value);
        pv_agent_destroy(agent);
        pv_world_close(world);
    }
}
END_TEST

/* --- going on --- */

typedef struct half_run {
    pv_world *world;
    pv_agent *agent;
    pv_trainer *trainer;
} half_run;

static void begin_run(half_run *run, pv_world *world, const char *name, const char *settings,
                      int lanes)
{
    run->world = world;
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    run->agent = make_lanes(name, world, settings, lanes);
    pv_train_config config = pv_train_config_default(run->world, run->agent);
    config.lanes = lanes;
    config.steps = 1000;
    run->trainer = pv_trainer_create(&config);
    ck_assert_msg(run->trainer != NULL, "%s", pv_last_error());
}

static void end_run(half_run *run)
{
    pv_trainer_destroy(run->trainer);
    pv_agent_destroy(run->agent);
    pv_world_close(run->world);
}

static pv_tensors *saved(const half_run *run)
{
    pv_tensors *tensors = pv_tensors_create();
    check(pv_trainer_save(run->trainer, tensors));
    check(pv_agent_save_data(run->agent, "/nowhere", tensors));
    return tensors;
}

/* every tensor of what a checkpoint and a resume file hold, byte by byte */
static void expect_equal(const half_run *a, const half_run *b)
{
    pv_tensors *x = saved(a);
    pv_tensors *y = saved(b);
    ck_assert_int_eq(pv_tensors_count(x), pv_tensors_count(y));
    for (int i = 0; i < pv_tensors_count(x); i++) {
        const pv_tensor *s = pv_tensors_at(x, i);
        const pv_tensor *t = pv_tensors_find(y, s->name);
        ck_assert_msg(t && s->count == t->count &&
                          memcmp(s->data, t->data, s->count * pv_dtype_size(s->dtype)) == 0,
                      "%s differs", s->name);
    }
    pv_tensors_destroy(x);
    pv_tensors_destroy(y);
}

#define PPO_SHORT "net='dense 8 relu',steps=20,batch=16,epochs=2"

static const struct {
    const char *world, *name, *settings; /* no world: two */
    int lanes;
} runs[] = {{NULL, "a2c", "net='dense 8 relu, dropout 0.1',entropy=linear:0.1:0:500", 3},
            {NULL, "a2c", "net='lstm 6',steps=7", 2},
            {NULL, "a2c", "net='gru 6',steps=7,shared=1", 2},
            {NULL, "ppo", PPO_SHORT, 3},
            {NULL, "ppo", "net='gru 6',steps=20,epochs=2", 2},
            {"Pendulum-v1", "a2c", "net='dense 8 tanh',optimizer=rmsprop", 3},
            {"Pendulum-v1", "ppo", PPO_SHORT ",value-clip=0.2", 1},
            {NULL, "reinforce", "net='dense 8 relu, dropout 0.1',baseline=mean,longest=9", 3},
            {NULL, "reinforce", "net='gru 6',longest=9", 2},
            {"Pendulum-v1", "reinforce", "net='dense 8 tanh',episodes=1,returns=total", 2}};

enum { RUNS = sizeof runs / sizeof runs[0] };

static void begin_number(half_run *run, int i)
{
    pv_world *world = runs[i].world ? pv_world_open(runs[i].world) : open_mdp(&two);
    begin_run(run, world, runs[i].name, runs[i].settings, runs[i].lanes);
}

START_TEST(a_loaded_agent_goes_on_exactly)
{
    half_run whole, first, second;
    begin_number(&whole, _i);
    begin_number(&first, _i);
    check(pv_trainer_advance(whole.trainer, 1000));
    check(pv_trainer_advance(first.trainer, 407));
    pv_tensors *tensors = saved(&first);
    end_run(&first);
    begin_number(&second, _i);
    check(pv_trainer_load(second.trainer, tensors));
    check(pv_agent_load_data(second.agent, "/nowhere", tensors));
    check(pv_trainer_advance(second.trainer, 1000));
    ck_assert(pv_trainer_done(second.trainer));
    expect_equal(&whole, &second);
    pv_tensors_destroy(tensors);
    end_run(&second);
    end_run(&whole);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_bytes_and_evaluation_leaves_no_trace)
{
    half_run a, b;
    begin_number(&a, _i);
    begin_number(&b, _i);
    check(pv_trainer_advance(a.trainer, 200));
    check(pv_trainer_advance(b.trainer, 200));
    pv_evaluation_config config = pv_evaluation_config_default(a.world, a.agent);
    pv_evaluation result;
    config.episodes = 3;
    config.mode = PV_ACT_SAMPLE;
    config.max_length = 100;
    check(pv_evaluate(&config, &result));
    pv_evaluation_free(&result);
    check(pv_trainer_advance(a.trainer, 200));
    check(pv_trainer_advance(b.trainer, 200));
    expect_equal(&a, &b);
    end_run(&a);
    end_run(&b);
}
END_TEST

START_TEST(nothing_is_allocated_while_it_learns)
{
    half_run run;
    begin_number(&run, _i);
    check(pv_trainer_advance(run.trainer, 400));
    const uint64_t asked = pv_memory_count();
    check(pv_trainer_advance(run.trainer, 500));
    /* a vector writes down the actions of a world that cannot save itself */
    ck_assert_uint_le(pv_memory_count(), asked + 2);
    end_run(&run);
}
END_TEST

START_TEST(want_of_memory_leaves_nothing_behind)
{
    pv_world *world = runs[_i].world ? pv_world_open(runs[_i].world) : open_mdp(&two);
    const size_t before = pv_memory_live();
    pv_status status = PV_ERROR_MEMORY;
    for (uint64_t n = 1; status; n++) {
        ck_assert_uint_lt(n, 500);
        pv_memory_fail_at(n);
        pv_agent *agent = pv_agent_create(runs[_i].name, world, runs[_i].settings, 2, 1);
        status = agent ? pv_agent_begin(agent) : PV_ERROR_MEMORY;
        pv_memory_fail_at(0);
        if (agent && status) { /* and it can be asked again */
            check(pv_agent_begin(agent));
        }
        pv_agent_destroy(agent);
        ck_assert_uint_eq(pv_memory_live(), before);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(a_damaged_rollout_is_refused)
{
    half_run a, b;
    begin_number(&a, 0);
    begin_number(&b, 0);
    check(pv_trainer_advance(a.trainer, 100));
    pv_tensors *tensors = saved(&a);
    const pv_tensor *action = pv_tensors_find(tensors, "rollout.action0");
    memset(action->data, 0x7f, action->count);
    check(pv_trainer_load(b.trainer, tensors));
    ck_assert_int_eq(pv_agent_load_data(b.agent, "/nowhere", tensors), PV_ERROR_FORMAT);
    pv_tensors_destroy(tensors);
    end_run(&a);
    end_run(&b);
}
END_TEST

/* --- what cannot be --- */

START_TEST(what_cannot_be_is_refused_in_words)
{
    pv_world *world = open_mdp(&two);
    refused("a2c", world, "net='dens 3'", PV_ERROR_ARGUMENT, "did you mean \"dense\"");
    refused("a2c", world, "net='state: dense 4; dense 3'", PV_ERROR_ARGUMENT, "set shared=1");
    refused("a2c", world, "steps=1.5", PV_ERROR_ARGUMENT, "whole number");
    refused("ppo", world, "clip=0", PV_ERROR_ARGUMENT, "clip");
    pv_agent_destroy(make_agent("a2c", world, "net='state: dense 4; dense 3',shared=1"));
    pv_world_close(world);
    world = pv_world_open("Pong-v0:players=2,obs=state");
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    refused("a2c", world, "net='lstm 4'", PV_ERROR_FIT, "one agent");
    pv_world_close(world);
}
END_TEST

START_TEST(a_reward_that_is_no_number_stops_the_run)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("a2c", world, "steps=1");
    check(pv_agent_begin(agent));
    ck_assert_int_eq(tell_masked(agent, 0, 0, NAN, 1, GOES_ON, NULL), PV_ERROR_NUMBER);
    ck_assert_msg(strstr(pv_last_error(), "agent a2c: update 1: the loss is not finite") != NULL,
                  "%s", pv_last_error());
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents/on_policy");
    TCase *tests = tcase_create("on_policy");
    tcase_add_loop_test(tests, the_best_policy_of_a_two_state_world_is_found, 0, KINDS);
    tcase_add_loop_test(tests, illegal_actions_are_never_taken, 0, KINDS);
    tcase_add_test(tests, terminal_states_never_bootstrap_and_truncated_ones_do);
    tcase_add_test(tests, updates_come_with_full_rollouts);
    tcase_add_test(tests, epochs_end_where_the_policy_has_gone_too_far);
    tcase_add_test(tests, metrics_tell_how_it_goes);
    tcase_add_loop_test(tests, a_loaded_agent_goes_on_exactly, 0, RUNS);
    tcase_add_loop_test(tests, the_same_seed_gives_the_same_bytes_and_evaluation_leaves_no_trace, 0,
                        RUNS);
    tcase_add_loop_test(tests, nothing_is_allocated_while_it_learns, 0, RUNS);
    tcase_add_loop_test(tests, want_of_memory_leaves_nothing_behind, 0, RUNS);
    tcase_add_test(tests, a_damaged_rollout_is_refused);
    tcase_add_test(tests, what_cannot_be_is_refused_in_words);
    tcase_add_test(tests, a_reward_that_is_no_number_stops_the_run);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
