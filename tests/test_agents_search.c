/* test_agents_search.c: es and hill-climb: ranks and estimated gradients against ones computed
   beside them, pairs of noise, tiny worlds solved, runs that go on exactly and repeat. */
#include "agents/search.h"
#include "agents/train.h"
#include "agents_help.h"

#include <math.h>

/* two states: 0 is worth staying in for a little, 1 ends with much after a costly step */
static const mdp_row two_rows[] = {
    {0, 0, {1.0, 0.5, 0, 1}},
    {0, 1, {1.0, -1.0, 1, 0}},
    {1, 0, {1.0, 10.0, 1, 1}},
    {1, 1, {1.0, 0.0, 0, 1}},
};
static const mdp_table two_table = {.states = 2, .actions = 2, .row = two_rows, .rows = 4};
MDP_WORLD(two, two_table);

/* the same, but what is best is illegal */
static const uint8_t two_mask[] = {1, 1, 0, 1};
static const mdp_table masked_table = {
    .states = 2, .actions = 2, .row = two_rows, .rows = 4, .mask = two_mask};
MDP_WORLD(masked, masked_table);

static pv_agent *make_lanes(const char *name, const pv_world *world, const char *settings,
                            int lanes)
{
    pv_agent *agent = pv_agent_create(name, world, settings, lanes, 3);
    ck_assert_msg(agent != NULL, "%s", pv_last_error());
    return agent;
}

static pv_search *search_of(pv_agent *agent)
{
    return (pv_search *)agent;
}

static size_t count_of(pv_agent *agent)
{
    return pv_net_parameter_count(agent->agent_class->net(agent));
}

static float *copy_parameters(pv_agent *agent)
{
    float *copy = malloc(count_of(agent) * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, pv_net_parameters_const(agent->agent_class->net(agent)),
           count_of(agent) * sizeof *copy);
    return copy;
}

/* --- by hand --- */

START_TEST(fitness_is_shaped_by_its_rank_alone)
{
    const double fitness[5] = {3.0, -100.0, 3.0, 1e9, 0.0};
    const double right[5] = {0.125, -0.5, 0.125, 0.5, -0.25};
    const double same[3] = {7.0, 7.0, 7.0};
    double shaped[5];
    pv_search_ranks(fitness, 5, shaped);
    for (int i = 0; i < 5; i++) {
        ck_assert_double_eq_tol(shaped[i], right[i], 1e-12);
    }
    pv_search_ranks(same, 3, shaped);
    for (int i = 0; i < 3; i++) {
        ck_assert_double_eq(shaped[i], 0.0);
    }
    pv_search_ranks(fitness, 1, shaped);
    ck_assert_double_eq(shaped[0], 0.0);
}
END_TEST

START_TEST(members_come_in_pairs_around_the_network_with_the_deviation_asked_for)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("es", world, "net='dense 100 tanh',sigma=0.3");
    const size_t n = count_of(agent);
    const float *mean = pv_net_parameters_const(agent->agent_class->net(agent));
    float *member[4];
    double squares = 0.0;
    int differ = 0;
    for (int i = 0; i < 4; i++) {
        member[i] = malloc(n * sizeof **member);
        ck_assert_ptr_nonnull(member[i]);
        pv_search_member(search_of(agent), i, member[i]);
    }
    for (size_t k = 0; k < n; k++) {
        for (int i = 0; i < 4; i += 2) {
            const double middle = 0.5 * ((double)member[i][k] + (double)member[i + 1][k]);
            if (fabs(middle - (double)mean[k]) > 1e-6) {
                ck_abort_msg("parameter %zu of pair %d is not centred", k, i);
            }
        }
        squares += pow((double)(member[0][k] - mean[k]), 2.0);
        differ += member[0][k] != member[2][k] && member[0][k] != member[3][k];
    }
    /* n is 502: the deviation's own is 3 % */
    ck_assert_double_eq_tol(sqrt(squares / (double)n), 0.3, 0.04);
    ck_assert_int_eq(differ, (int)n);
    for (int i = 0; i < 4; i++) {
        free(member[i]);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* plays one-step episodes with these returns */
static void play_returns(pv_agent *agent, const float *returns, int n)
{
    for (int i = 0; i < n; i++) {
        tell(agent, 0, 0, returns[i], 0, i % 2 ? TERMINATES : TRUNCATES);
    }
}

START_TEST(a_generation_moves_the_network_as_by_hand)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("es", world, "net='',population=4,sigma=0.5,optimizer=sgd,lr=0.1");
    const float returns[4] = {1.0f, 8.0f, 2.0f, -3.0f};
    const double rank[4] = {-1.0 / 6, 0.5, 1.0 / 6, -0.5};
    const size_t n = count_of(agent);
    check(pv_agent_begin(agent));
    float *before = copy_parameters(agent);
    double *right = calloc(n, sizeof *right);
    float *member = malloc(n * sizeof *member);
    ck_assert(right && member);
    for (int i = 0; i < 4; i++) {
        pv_search_member(search_of(agent), i, member);
        for (size_t k = 0; k < n; k++) { /* 1/(n sigma) F e, e being the difference over sigma */
            const double e = ((double)member[k] - (double)before[k]) / 0.5;
            right[k] += 0.1 / (4 * 0.5) * rank[i] * e;
        }
    }
    play_returns(agent, returns, 3);
    float *after = copy_parameters(agent);
    ck_assert_mem_eq(after, before, n * sizeof *after); /* not yet */
    free(after);
    play_returns(agent, returns + 3, 1);
    after = copy_parameters(agent);
    for (size_t k = 0; k < n; k++) {
        ck_assert_double_eq_tol((double)after[k], (double)before[k] + right[k], 1e-6);
    }
    ck_assert_uint_eq(search_of(agent)->now.generation, 1);
    free(before);
    free(after);
    free(right);
    free(member);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(equal_returns_move_nothing)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("es", world, "population=4,episodes=2");
    const float returns[8] = {1.0f, 2.0f, 0.0f, 3.0f, 2.0f, 1.0f, 3.0f, 0.0f};
    check(pv_agent_begin(agent));
    float *before = copy_parameters(agent);
    play_returns(agent, returns, 8); /* means of two: 1.5 each */
    float *after = copy_parameters(agent);
    ck_assert_uint_eq(search_of(agent)->now.generation, 1);
    ck_assert_mem_eq(after, before, count_of(agent) * sizeof *after);
    free(before);
    free(after);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* tells one return to a hill climber and says whether the member took the network's place */
static int is_kept(pv_agent *agent, float returned)
{
    const size_t n = count_of(agent);
    float *member = malloc(n * sizeof *member);
    ck_assert_ptr_nonnull(member);
    pv_search_member(search_of(agent), 0, member);
    float *before = copy_parameters(agent);
    play_returns(agent, &returned, 1);
    float *after = copy_parameters(agent);
    const int kept = memcmp(after, member, n * sizeof *after) == 0;
    ck_assert(kept || memcmp(after, before, n * sizeof *after) == 0);
    free(member);
    free(before);
    free(after);
    return kept;
}

START_TEST(a_climber_keeps_what_is_at_least_as_good_and_its_noise_adapts)
{
    static const struct {
        float returned;
        int kept;
        double sigma; /* after it */
    } steps[] = {{-5.0f, 1, 0.4}, {-6.0f, 0, 1.2}, {-4.0f, 1, 0.6},
                 {-4.5f, 0, 1.8}, {-4.0f, 1, 2.0}, /* as good alone: wider */
                 {1.0f, 1, 1.0},  {2.0f, 1, 0.5},  {3.0f, 1, 0.4}};
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("hill-climb", world,
                                 "episodes=1,population=1,sigma=0.8,sigma-low=0.4,sigma-high=2,"
                                 "shrink=0.5,grow=3");
    check(pv_agent_begin(agent));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        ck_assert_int_eq(is_kept(agent, steps[i].returned), steps[i].kept);
        ck_assert_double_eq_tol(search_of(agent)->now.sigma, steps[i].sigma, 1e-12);
    }
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(the_best_of_a_generation_is_what_a_climber_keeps)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("hill-climb", world, "episodes=1,population=3");
    const float returns[3] = {1.0f, 4.0f, 2.0f};
    const size_t n = count_of(agent);
    float *member = malloc(n * sizeof *member);
    ck_assert_ptr_nonnull(member);
    check(pv_agent_begin(agent));
    pv_search_member(search_of(agent), 1, member);
    play_returns(agent, returns, 3);
    float *after = copy_parameters(agent);
    ck_assert_mem_eq(after, member, n * sizeof *after);
    ck_assert_double_eq(search_of(agent)->now.best, 4.0);
    free(member);
    free(after);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- worlds --- */

static const struct {
    const char *name, *settings;
} kinds[] = {{"es", "net='dense 8 tanh',population=8,sigma=0.3,lr=0.1"},
             {"es", "net='',population=8,sigma=0.5,lr=0.5,optimizer=sgd,l2=0.001"},
             {"hill-climb", "episodes=1"},
             {"hill-climb", "net='dense 8 tanh',episodes=2,population=3"}};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

static void train(const pv_world *world, pv_agent *agent, int lanes, uint64_t steps)
{
    pv_train_config config = pv_train_config_default(world, agent);
    config.lanes = lanes;
    config.steps = steps;
    config.metrics_every = 1000000; /* so that a test can ask for them */
    check(pv_train(&config));
}

START_TEST(the_best_policy_of_a_two_state_world_is_found)
{
    pv_world *world = open_mdp(&two);
    for (int lanes = 1; lanes <= 5; lanes += 4) {
        pv_agent *agent = make_lanes(kinds[_i].name, world, kinds[_i].settings, lanes);
        pv_rng rng = pv_rng_split(1, "eval");
        train(world, agent, lanes, 3000);
        ck_assert_int_eq(ask(agent, 0, PV_ACT_GREEDY, &rng), 1);
        ck_assert_int_eq(ask(agent, 1, PV_ACT_GREEDY, &rng), 0);
        pv_agent_destroy(agent);
    }
    pv_world_close(world);
}
END_TEST

START_TEST(illegal_actions_are_never_taken)
{
    pv_world *world = open_mdp(&masked);
    pv_agent *agent = make_agent(kinds[_i].name, world, kinds[_i].settings);
    pv_rng rng = pv_rng_split(1, "eval");
    train(world, agent, 1, 2000);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_TRAIN, NULL), 1);
        ck_assert_int_eq(ask_masked(agent, 1, two_mask, PV_ACT_GREEDY, &rng), 1);
    }
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

static double metric_of(pv_agent *agent, const char *name)
{
    pv_metric metrics[PV_METRICS_MAX];
    const int n = agent->agent_class->metrics(agent, metrics);
    for (int i = 0; i < n; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            return metrics[i].value;
        }
    }
    return NAN;
}

START_TEST(metrics_tell_how_it_goes)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("es", world, "population=4,sigma=linear:0.4:0.2:8,episodes=1");
    const float returns[4] = {1.0f, 8.0f, 2.0f, -3.0f};
    check(pv_agent_begin(agent));
    ck_assert(isnan(metric_of(agent, "mean_fitness")));
    tell(agent, 0, 0, 0.0f, 0, GOES_ON);
    ask(agent, 0, PV_ACT_TRAIN, NULL);
    play_returns(agent, returns, 4);
    ck_assert_double_eq(metric_of(agent, "mean_fitness"), 2.0);
    play_returns(agent, returns, 4);
    ck_assert_double_eq(metric_of(agent, "best_fitness"), 8.0);
    ck_assert_double_eq(metric_of(agent, "generation"), 2.0);
    ck_assert_double_eq_tol(metric_of(agent, "sigma"), 0.2, 1e-12); /* 9 decisions */
    play_returns(agent, returns, 4);
    ck_assert(metric_of(agent, "gradient_norm") > 0.0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- going on --- */

typedef struct half_run {
    pv_world *world;
    pv_agent *agent;
    pv_trainer *trainer;
} half_run;

static const struct {
    const char *world, *name, *settings;
    int lanes;
} runs[] = {{"CartPole-v1", "es", "population=6,sigma=linear:0.3:0.1:900", 4},
            {"CartPole-v1", "es", "net='gru 4',population=4,episodes=2", 3},
            {"Pendulum-v1", "es", "population=2,net='dense 4 tanh'", 2},
            {"CartPole-v1", "hill-climb", "episodes=3,population=2", 3},
            {"Pendulum-v1", "hill-climb", "episodes=1", 1}};

enum { RUNS = sizeof runs / sizeof runs[0] };

static void begin_run(half_run *run, int i)
{
    run->world = pv_world_open(runs[i].world);
    ck_assert_msg(run->world != NULL, "%s", pv_last_error());
    run->agent = make_lanes(runs[i].name, run->world, runs[i].settings, runs[i].lanes);
    pv_train_config config = pv_train_config_default(run->world, run->agent);
    config.lanes = runs[i].lanes;
    config.steps = 2000;
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

START_TEST(a_loaded_agent_goes_on_exactly)
{
    half_run whole, first, second;
    begin_run(&whole, _i);
    begin_run(&first, _i);
    check(pv_trainer_advance(whole.trainer, 2000));
    check(pv_trainer_advance(first.trainer, 911));
    pv_tensors *tensors = saved(&first);
    end_run(&first);
    begin_run(&second, _i);
    check(pv_trainer_load(second.trainer, tensors));
    check(pv_agent_load_data(second.agent, "/nowhere", tensors));
    check(pv_trainer_advance(second.trainer, 2000));
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
    begin_run(&a, _i);
    begin_run(&b, _i);
    check(pv_trainer_advance(a.trainer, 500));
    check(pv_trainer_advance(b.trainer, 500));
    pv_evaluation_config config = pv_evaluation_config_default(a.world, a.agent);
    pv_evaluation result;
    config.episodes = 3;
    config.mode = PV_ACT_SAMPLE;
    config.max_length = 100;
    check(pv_evaluate(&config, &result));
    pv_evaluation_free(&result);
    check(pv_trainer_advance(a.trainer, 700));
    check(pv_trainer_advance(b.trainer, 700));
    expect_equal(&a, &b);
    end_run(&a);
    end_run(&b);
}
END_TEST

START_TEST(nothing_is_allocated_while_it_learns)
{
    half_run run;
    begin_run(&run, _i);
    check(pv_trainer_advance(run.trainer, 600));
    const uint64_t asked = pv_memory_count();
    check(pv_trainer_advance(run.trainer, 1000));
    ck_assert_uint_eq(pv_memory_count(), asked);
    end_run(&run);
}
END_TEST

START_TEST(want_of_memory_leaves_nothing_behind)
{
    pv_world *world = pv_world_open(runs[_i].world);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
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

/* --- what cannot be --- */

START_TEST(a_damaged_generation_is_refused)
{
    half_run a, b;
    begin_run(&a, 0);
    begin_run(&b, 0);
    check(pv_trainer_advance(a.trainer, 100));
    pv_tensors *tensors = saved(&a);
    pv_search_row *row = pv_tensors_find(tensors, "generation.rows")->data;
    row[1].member = 6; /* of members 0 to 5 */
    check(pv_trainer_load(b.trainer, tensors));
    ck_assert_int_eq(pv_agent_load_data(b.agent, "/nowhere", tensors), PV_ERROR_FORMAT);
    ck_assert_msg(strstr(pv_last_error(), "damaged checkpoint") != NULL, "%s", pv_last_error());
    pv_tensors_destroy(tensors);
    end_run(&a);
    end_run(&b);
}
END_TEST

START_TEST(what_cannot_be_is_refused_in_words)
{
    pv_world *world = open_mdp(&two);
    refused("es", world, "population=5", PV_ERROR_ARGUMENT, "population is even, not 5");
    refused("es", world, "sigma=0", PV_ERROR_ARGUMENT, "sigma");
    refused("es", world, "episodes=1.5", PV_ERROR_ARGUMENT, "whole number");
    refused("es", world, "net='dens 3'", PV_ERROR_ARGUMENT, "did you mean \"dense\"");
    refused("hill-climb", world, "sigma-low=30", PV_ERROR_ARGUMENT,
            "at most sigma-high, 10; not 30");
    refused("hill-climb", world, "lr=0.1", PV_ERROR_ARGUMENT, "lr");
    pv_world_close(world);
}
END_TEST

START_TEST(a_reward_that_is_no_number_stops_the_run)
{
    pv_world *world = open_mdp(&two);
    pv_agent *agent = make_agent("hill-climb", world, "episodes=1");
    check(pv_agent_begin(agent));
    ck_assert_int_eq(tell_masked(agent, 0, 0, NAN, 1, TERMINATES, NULL), PV_ERROR_NUMBER);
    ck_assert_msg(strstr(pv_last_error(), "agent hill-climb: the return") != NULL, "%s",
                  pv_last_error());
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agents/search");
    TCase *tests = tcase_create("search");
    tcase_add_test(tests, fitness_is_shaped_by_its_rank_alone);
    tcase_add_test(tests, members_come_in_pairs_around_the_network_with_the_deviation_asked_for);
    tcase_add_test(tests, a_generation_moves_the_network_as_by_hand);
    tcase_add_test(tests, equal_returns_move_nothing);
    tcase_add_test(tests, a_climber_keeps_what_is_at_least_as_good_and_its_noise_adapts);
    tcase_add_test(tests, the_best_of_a_generation_is_what_a_climber_keeps);
    tcase_add_loop_test(tests, the_best_policy_of_a_two_state_world_is_found, 0, KINDS);
    tcase_add_loop_test(tests, illegal_actions_are_never_taken, 0, KINDS);
    tcase_add_test(tests, metrics_tell_how_it_goes);
    tcase_add_loop_test(tests, a_loaded_agent_goes_on_exactly, 0, RUNS);
    tcase_add_loop_test(tests, the_same_seed_gives_the_same_bytes_and_evaluation_leaves_no_trace, 0,
                        RUNS);
    tcase_add_loop_test(tests, nothing_is_allocated_while_it_learns, 0, RUNS);
    tcase_add_loop_test(tests, want_of_memory_leaves_nothing_behind, 0, RUNS);
    tcase_add_test(tests, a_damaged_generation_is_refused);
    tcase_add_test(tests, what_cannot_be_is_refused_in_words);
    tcase_add_test(tests, a_reward_that_is_no_number_stops_the_run);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
