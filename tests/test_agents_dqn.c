/* test_agents_dqn.c: the whole agent: it solves worlds whose values are known, treats ends as it
   must, goes on exactly where it was, repeats, remembers with a recurrent net, and refuses what
   cannot be. */
#include "agents/train.h"
#include "agents_help.h"
#include "core/file.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

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

/* Q* of `two` where action 0 of state 1 is legal or not */
static void two_values(double gamma, int legal, double q[4])
{
    double v[2] = {0.0, 0.0};
    for (int sweep = 0; sweep < 2000; sweep++) {
        for (int i = 0; i < 4; i++) {
            const pv_outcome *o = &two_rows[i].outcome;
            q[i] = o->reward + (o->terminated ? 0.0 : gamma * v[o->next]);
        }
        v[0] = fmax(q[0], q[1]);
        v[1] = legal ? fmax(q[2], q[3]) : q[3];
    }
}

#define QUICK                                                                                      \
    "net='dense 16 tanh',lr=exp:0.02:0.0005:3000,gamma=0.9,epsilon=0.5,learn-start=100,"           \
    "target-every=25,capacity=1000"

static void expect_two(const char *settings, double tolerance)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("dqn", world, settings);
    double right[4];
    train(world, agent, 1, 3000);
    two_values(0.9, 1, right);
    for (int i = 0; i < 4; i++) {
        const double own = q_of(agent, i / 2, i % 2);
        ck_assert_msg(fabs(own - right[i]) < tolerance, "%s: Q(%d, %d) is %g, not %g", settings,
                      i / 2, i % 2, own, right[i]);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}

START_TEST(the_values_of_a_two_state_world_are_found)
{
    expect_two(QUICK, 0.05);
    expect_two(QUICK ",double=1", 0.05);
    expect_two(QUICK ",dueling=1,prioritised=1", 0.05);
    expect_two(QUICK ",explore=softmax,temperature=3", 0.05);
    expect_two(QUICK ",train-every=4,gradient-steps=4,loss=squared", 0.05);
    expect_two(QUICK ",distribution=qr,quantiles=5", 0.1);
    expect_two(QUICK ",distribution=c51,atoms=61,v-min=-5,v-max=25", 0.25);
}
END_TEST

START_TEST(several_lanes_find_them_too)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = pv_agent_create("dqn", world, QUICK, 20, 1); /* more than act at once */
    double right[4];
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    train(world, agent, 20, 4000);
    two_values(0.9, 1, right);
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq_tol(q_of(agent, i / 2, i % 2), right[i], 0.05);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(illegal_actions_are_neither_taken_nor_dreamed_of)
{
    pv_world *world = open_mdp(&masked);
    pv_agent *agent = make_agent("dqn", world, QUICK ",epsilon=1");
    pv_rng rng = pv_rng_split(1, "eval");
    double value[2];
    double right[4];
    train(world, agent, 1, 3000);
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_TRAIN, NULL), 1);
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_GREEDY, &rng), 1);
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_SAMPLE, &rng), 1);
    }
    two_values(0.9, 0, right);
    const int32_t state = 0;
    const void *obs[2] = {&state, two_mask};
    ck_assert_int_eq(pv_agent_values(agent, obs, value), PV_OK);
    ck_assert_double_eq_tol(value[0], right[0], 0.05);
    ck_assert_double_eq_tol(value[1], right[1], 0.05);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- ends --- */

#define BY_HAND "net='',optimizer=sgd,lr=0.1,loss=squared,gamma=0.9,replay=0,learn-start=0,target=0"

/* of one update by hand: weight and bias both move by lr times the error, Q by twice that */
static void expect_update(const char *settings, float reward, int end, double beyond_share,
                          double learned_reward)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("dqn", world, settings);
    check(pv_agent_begin(agent));
    const double q = q_of(agent, 0, 1);
    const double beyond = fmax(q_of(agent, 1, 0), q_of(agent, 1, 1));
    const double y = learned_reward + 0.9 * beyond_share * beyond;
    tell(agent, 0, 1, reward, 1, end);
    ck_assert_double_eq_tol(q_of(agent, 0, 1), q + 0.2 * (y - q), 1e-6);
    pv_agent_destroy(agent);
    pv_world_close(world);
}

START_TEST(terminal_states_never_bootstrap_and_truncated_ones_do)
{
    expect_update(BY_HAND, 2.0f, GOES_ON, 1.0, 2.0);
    expect_update(BY_HAND, 2.0f, TERMINATES, 0.0, 2.0);
    expect_update(BY_HAND, 2.0f, TRUNCATES, 1.0, 2.0);
    expect_update(BY_HAND ",clip-reward=1", -7.0f, TERMINATES, 0.0, -1.0);
}
END_TEST

START_TEST(so_it_is_with_a_memory)
{
    static const int ends[] = {GOES_ON, TERMINATES, TRUNCATES};
    for (int i = 0; i < 3; i++) {
        pv_world *world = open_mdp(&two);
        pv_agent *agent = make_agent("dqn", world,
                                     "net='',optimizer=sgd,lr=0.1,loss=squared,gamma=0.9,batch=4,"
                                     "learn-start=1,target=0,train-every=2");
        check(pv_agent_begin(agent));
        tell(agent, 0, 1, 2.0f, 1, ends[i]); /* remembered, not yet learned from */
        const double q = q_of(agent, 0, 1);
        const double beyond = fmax(q_of(agent, 1, 0), q_of(agent, 1, 1));
        const double y = 2.0 + (ends[i] == TERMINATES ? 0.0 : 0.9 * beyond);
        const pv_explain none = {0};
        ck_assert_int_eq(agent->agent_class->explain(agent, &none), PV_ERROR_FIT);
        tell(agent, ends[i] == GOES_ON ? 1 : 0, 1, 2.0f, 1, ends[i]);
        if (ends[i] != GOES_ON) { /* both memories are the same transition */
            ck_assert_double_eq_tol(q_of(agent, 0, 1), q + 0.2 * (y - q), 1e-5);
        }
        pv_agent_destroy(agent);
        pv_world_close(world);
    }
}
END_TEST

/* --- counting --- */

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

static double updates_after(const char *settings, int lanes, uint64_t steps)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = pv_agent_create("dqn", world, settings, lanes, 1);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    train(world, agent, lanes, steps);
    const double updates = metric_of(agent, "updates");
    pv_agent_destroy(agent);
    pv_world_close(world);
    return updates;
}

START_TEST(updates_keep_their_number_on_any_number_of_lanes)
{
    ck_assert_double_eq(updates_after("learn-start=100", 1, 300), 201);
    ck_assert_double_eq(updates_after("learn-start=100,train-every=10", 1, 300), 21);
    ck_assert_double_eq(updates_after("learn-start=0,train-every=50,gradient-steps=7", 1, 300), 42);
    ck_assert_double_eq(updates_after("learn-start=0,train-every=50,gradient-steps=7", 4, 300), 42);
    ck_assert_double_eq(updates_after("learn-start=0", 5, 300), 300);
    ck_assert_double_eq(updates_after("replay=0,learn-start=0", 1, 300), 300);
}
END_TEST

START_TEST(metrics_tell_how_it_goes)
{
    static const char *const names[] = {"epsilon", "overestimation", "replay_size",   "td_error",
                                        "mean_q",  "max_q",          "updates",       "replay_age",
                                        "lr",      "loss",           "gradient_norm", "dead_units"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        pv_world *world = open_mdp(&two);
        pv_agent *agent =
            make_agent("dqn", world, QUICK ",net='dense 16 relu',epsilon=linear:1:0.1:800");
        train(world, agent, 1, 500);
        const double value = metric_of(agent, names[i]);
        ck_assert_msg(isfinite(value), "%s is %g", names[i], value);
        if (i == 0) {
            ck_assert_double_eq_tol(value, 1.0 - 0.9 * 400 / 800, 1e-9);
        }
        if (strcmp(names[i], "replay_age") == 0) {
            ck_assert(value > 50 && value < 300);
        }
        if (strcmp(names[i], "dead_units") == 0) {
            ck_assert(value >= 0.0 && value <= 1.0);
        }
        pv_agent_destroy(agent);
        pv_world_close(world);
    }
}
END_TEST

/* --- going on --- */

static void remove_folder(const char *folder)
{
    char command[512];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

typedef struct half_run {
    pv_world *world;
    pv_agent *agent;
    pv_trainer *trainer;
} half_run;

static void begin_run(half_run *run, const pv_env_class *env_class, const char *settings, int lanes)
{
    run->world = open_mdp(env_class);
    run->agent = pv_agent_create("dqn", run->world, settings, lanes, 3);
    ck_assert_msg(run->agent != NULL, "%s", pv_last_error());
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

/* every tensor of what a checkpoint and a resume file hold, byte by byte */
static void expect_equal_checkpoints(const half_run *a, const half_run *b)
{
    pv_tensors *x = pv_tensors_create();
    pv_tensors *y = pv_tensors_create();
    check(pv_trainer_save(a->trainer, x));
    check(pv_trainer_save(b->trainer, y));
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

static void expect_exact_resume(const char *settings, int lanes)
{
    char folder[] = "/tmp/pavlov-dqn-XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    half_run whole, first, second;
    begin_run(&whole, &two, settings, lanes);
    begin_run(&first, &two, settings, lanes);
    check(pv_trainer_advance(whole.trainer, 1000));
    check(pv_trainer_advance(first.trainer, 407));
    pv_tensors *tensors = pv_tensors_create();
    check(pv_trainer_save(first.trainer, tensors));
    check(pv_agent_save_data(first.agent, folder, tensors));
    end_run(&first);
    begin_run(&second, &two, settings, lanes);
    check(pv_trainer_load(second.trainer, tensors));
    check(pv_agent_load_data(second.agent, folder, tensors));
    check(pv_trainer_advance(second.trainer, 1000));
    ck_assert(pv_trainer_done(second.trainer));
    expect_equal_checkpoints(&whole, &second);
    pv_tensors_destroy(tensors);
    end_run(&second);
    end_run(&whole);
    remove_folder(folder);
}

#define SHORT "net='dense 8 relu, dropout 0.1',learn-start=50,capacity=300,target-every=30"

START_TEST(a_loaded_agent_goes_on_exactly)
{
    expect_exact_resume(SHORT, 1);
    expect_exact_resume(SHORT, 3);
    expect_exact_resume(SHORT ",prioritised=1,n-step=3,tau=0.01,optimizer=rmsprop-centered", 1);
    expect_exact_resume(SHORT ",rainbow=1,atoms=11", 2);
    expect_exact_resume(SHORT ",replay=0", 2);
    expect_exact_resume("net='gru 6',learn-start=50,capacity=300,sequence=6,burn-in=2", 2);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_bytes)
{
    half_run a, b;
    begin_run(&a, &two, SHORT ",rainbow=1,atoms=11", 2);
    begin_run(&b, &two, SHORT ",rainbow=1,atoms=11", 2);
    check(pv_trainer_advance(a.trainer, 500));
    check(pv_trainer_advance(b.trainer, 500));
    expect_equal_checkpoints(&a, &b);
    end_run(&a);
    end_run(&b);
}
END_TEST

START_TEST(evaluation_needs_no_memory_and_leaves_no_trace)
{
    half_run a, b;
    begin_run(&a, &two, SHORT ",noisy=1", 1);
    begin_run(&b, &two, SHORT ",noisy=1", 1);
    check(pv_trainer_advance(a.trainer, 200));
    check(pv_trainer_advance(b.trainer, 200));
    pv_evaluation result;
    pv_evaluation_config config = pv_evaluation_config_default(a.world, a.agent);
    config.episodes = 5;
    config.mode = PV_ACT_SAMPLE;
    check(pv_evaluate(&config, &result));
    pv_evaluation_free(&result);
    check(pv_trainer_advance(a.trainer, 200));
    check(pv_trainer_advance(b.trainer, 200));
    expect_equal_checkpoints(&a, &b);
    char path[] = "/tmp/pavlov-dqn-XXXXXX";
    const int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
    check(pv_agent_save(a.agent, path));
    pv_agent *only_acts = make_agent("dqn", a.world, SHORT ",noisy=1");
    check(pv_agent_load(only_acts, path));
    for (int i = 0; i < 4; i++) {
        ck_assert_double_eq(q_of(only_acts, i / 2, i % 2), q_of(a.agent, i / 2, i % 2));
    }
    pv_agent_destroy(only_acts);
    unlink(path);
    end_run(&a);
    end_run(&b);
}
END_TEST

START_TEST(nothing_is_allocated_while_it_learns)
{
    static const char *const settings[] = {QUICK, QUICK ",rainbow=1,atoms=11",
                                           "net='gru 6',learn-start=50,capacity=300", "replay=0"};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        half_run run;
        begin_run(&run, &two, settings[i], 2);
        check(pv_trainer_advance(run.trainer, 400)); /* more than the memory of some holds */
        const uint64_t asked = pv_memory_count();
        check(pv_trainer_advance(run.trainer, 500));
        /* a vector writes down the actions of a world that cannot save itself */
        ck_assert_uint_le(pv_memory_count(), asked + 2);
        end_run(&run);
    }
}
END_TEST

/* --- remembering --- */

/* a sign is seen once, then nothing for two steps; whoever then repeats the sign earns 1 */
typedef struct recall {
    const pv_host *host;
    pv_rng rng;
    int step, sign;
} recall;

static const uint32_t recall_length = 3;

static void recall_show(const recall *env, const pv_io *io)
{
    *(float *)io->obs[0] = env->step == 0 ? (env->sign ? 1.0f : -1.0f) : 0.0f;
}

static pv_status recall_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    (void)params;
    recall *env = host->alloc(host->ctx, sizeof *env);
    if (env) {
        env->host = host;
    }
    *created = (pv_env *)(void *)env;
    return env ? 0 : -1;
}

static void recall_destroy(pv_env *env)
{
    recall *own = (recall *)(void *)env;
    own->host->free(own->host->ctx, own);
}

static void recall_spec(const pv_env *env, pv_spec *spec)
{
    static const pv_space obs = {.name = "sign", .dtype = PV_F32};
    static const pv_space action = {.name = "say", .dtype = PV_I32, .n = 2};
    (void)env;
    spec->agents = 1;
    spec->n_obs = spec->n_action = 1;
    spec->obs = &obs;
    spec->action = &action;
}

static pv_status recall_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    recall *own = (recall *)(void *)env;
    pv_rng_init(&own->rng, seed);
    own->step = 0;
    own->sign = (int)pv_rng_below(&own->rng, 2);
    recall_show(own, io);
    return 0;
}

static pv_status recall_step(pv_env *env, const pv_io *io)
{
    recall *own = (recall *)(void *)env;
    const int32_t said = *(const int32_t *)io->action[0];
    const int last = own->step == (int)recall_length - 1;
    io->reward[0] = last && said == own->sign ? 1.0f : 0.0f;
    io->terminated[0] = (uint8_t)last;
    io->truncated[0] = 0;
    own->step++;
    recall_show(own, io);
    return 0;
}

static const pv_env_class recall_class = {.size = sizeof recall_class,
                                          .abi = PV_ABI,
                                          .id = "Recall-v0",
                                          .version = "1",
                                          .summary = "a world of the tests",
                                          .create = recall_create,
                                          .destroy = recall_destroy,
                                          .spec = recall_spec,
                                          .reset = recall_reset,
                                          .step = recall_step};

static double mean_return(const pv_world *world, pv_agent *agent)
{
    pv_evaluation result;
    pv_evaluation_config config = pv_evaluation_config_default(world, agent);
    config.episodes = 100;
    check(pv_evaluate(&config, &result));
    double sum = 0.0;
    for (int i = 0; i < result.episodes; i++) {
        sum += result.returns[i];
    }
    pv_evaluation_free(&result);
    return sum / 100.0;
}

static double learn_recall(const char *settings)
{
    pv_world *world = open_mdp(&recall_class);
    pv_agent *agent = make_agent("dqn", world, settings);
    train(world, agent, 1, 3000);
    const double result = mean_return(world, agent);
    pv_agent_destroy(agent);
    pv_world_close(world);
    return result;
}

#define RECALL                                                                                     \
    "lr=0.01,learn-start=200,epsilon=0.3,gamma=0.9,target-every=50,batch=16,sequence=6,"           \
    "train-every=2,"

START_TEST(presets_give_way_to_a_recurrent_net_and_wishes_do_not)
{
    pv_world *world = pv_world_open("CartPole-v1"); /* its preset has n-step above 1 */
    pv_agent *agent = pv_agent_create("dqn", world, "net='gru 4',capacity=1000", 1, 1);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    ck_assert_double_eq(pv_params_number(&agent->params, "n-step"), 1.0);
    pv_agent_destroy(agent);
    refused("dqn", world, "net='lstm 4',n-step=2", PV_ERROR_ARGUMENT, "stretches");
    refused("dqn", world, "net='dense 8, gru 4',rainbow=1", PV_ERROR_ARGUMENT, "stretches");
    pv_world_close(world);
}
END_TEST

START_TEST(a_recurrent_net_remembers_what_it_no_longer_sees)
{
    ck_assert_double_ge(learn_recall(RECALL "net='gru 8'"), 0.95);
    ck_assert_double_ge(learn_recall(RECALL "net='lstm 8',double=1"), 0.95);
    ck_assert_double_le(learn_recall(RECALL "net='dense 8 tanh'"), 0.75);
}
END_TEST

/* --- what cannot be --- */

START_TEST(what_cannot_be_is_refused_in_words)
{
    pv_world *world = open_mdp(&two);
    refused("dqn", world, "net='dens 3'", PV_ERROR_ARGUMENT, "did you mean \"dense\"");
    refused("dqn", world, "replay=0,n-step=3", PV_ERROR_ARGUMENT, "replay=0 learns from one");
    refused("dqn", world, "net='gru 4',prioritised=1", PV_ERROR_ARGUMENT, "stretches");
    refused("dqn", world, "net='gru 4',sequence=5,burn-in=5", PV_ERROR_ARGUMENT, "burn-in=5");
    refused("dqn", world, "distribution=c51,v-min=2,v-max=2", PV_ERROR_ARGUMENT, "v-min");
    refused("dqn", world, "batch=1.5", PV_ERROR_ARGUMENT, "whole number");
    refused("dqn", world, "explore=ucb", PV_ERROR_ARGUMENT, "epsilon-greedy|softmax|greedy");
    pv_world_close(world);
    world = pv_world_open("Pendulum-v1");
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    refused("dqn", world, "", PV_ERROR_FIT, "is a number");
    pv_world_close(world);
}
END_TEST

START_TEST(a_reward_that_is_no_number_stops_the_run)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("dqn", world, BY_HAND);
    check(pv_agent_begin(agent));
    ck_assert_int_eq(tell_masked(agent, 0, 0, NAN, 1, GOES_ON, NULL), PV_ERROR_NUMBER);
    ck_assert_msg(strstr(pv_last_error(), "agent dqn: update 1: the loss is not finite") != NULL,
                  "%s", pv_last_error());
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(rainbow_sets_what_nobody_has_set)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("dqn", world, "double=0,rainbow=1,n-step=5");
    ck_assert_double_eq(pv_params_number(&agent->params, "dueling"), 1.0);
    ck_assert_double_eq(pv_params_number(&agent->params, "prioritised"), 1.0);
    ck_assert_double_eq(pv_params_number(&agent->params, "noisy"), 1.0);
    ck_assert_double_eq(pv_params_number(&agent->params, "distribution"), 1.0);
    ck_assert_double_eq(pv_params_number(&agent->params, "double"), 0.0);
    ck_assert_double_eq(pv_params_number(&agent->params, "n-step"), 5.0);
    const pv_net *net = agent->agent_class->net(agent);
    ck_assert_ptr_nonnull(pv_net_tensor_find(net, "noisy1.weight_sigma"));
    ck_assert_ptr_nonnull(pv_net_tensor_find(net, "advantage.noisy1.bias_sigma"));
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

static int try_to_train(const pv_world *world, const char *settings)
{
    pv_agent *agent = pv_agent_create("dqn", world, settings, 2, 1);
    const int good = agent && pv_agent_begin(agent) == PV_OK;
    pv_agent_destroy(agent);
    return good;
}

START_TEST(every_failing_allocation_is_survived)
{
    static const char *const settings[] = {"net='dense 3'", "net='gru 3',replay=1", "replay=0",
                                           "rainbow=1,atoms=5"};
    pv_world *world = open_mdp(&two);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const size_t live = pv_memory_live();
        uint64_t n = 1;
        for (int good = 0; !good; n++) {
            pv_memory_fail_at(n);
            good = try_to_train(world, settings[i]);
            ck_assert_uint_eq(pv_memory_live(), live);
        }
        pv_memory_fail_at(0);
        ck_assert_uint_gt(n, 20);
    }
    pv_world_close(world);
}
END_TEST

static Suite *dqn_suite(void)
{
    Suite *suite = suite_create("agents/dqn");
    TCase *tcase = tcase_create("dqn");
    tcase_add_test(tcase, the_values_of_a_two_state_world_are_found);
    tcase_add_test(tcase, several_lanes_find_them_too);
    tcase_add_test(tcase, illegal_actions_are_neither_taken_nor_dreamed_of);
    tcase_add_test(tcase, terminal_states_never_bootstrap_and_truncated_ones_do);
    tcase_add_test(tcase, so_it_is_with_a_memory);
    tcase_add_test(tcase, updates_keep_their_number_on_any_number_of_lanes);
    tcase_add_test(tcase, metrics_tell_how_it_goes);
    tcase_add_test(tcase, a_loaded_agent_goes_on_exactly);
    tcase_add_test(tcase, nothing_is_allocated_while_it_learns);
    tcase_add_test(tcase, the_same_seed_gives_the_same_bytes);
    tcase_add_test(tcase, evaluation_needs_no_memory_and_leaves_no_trace);
    tcase_add_test(tcase, presets_give_way_to_a_recurrent_net_and_wishes_do_not);
    tcase_add_test(tcase, a_recurrent_net_remembers_what_it_no_longer_sees);
    tcase_add_test(tcase, what_cannot_be_is_refused_in_words);
    tcase_add_test(tcase, a_reward_that_is_no_number_stops_the_run);
    tcase_add_test(tcase, rainbow_sets_what_nobody_has_set);
    tcase_add_test(tcase, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(dqn_suite());
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
