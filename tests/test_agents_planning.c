/* Value iteration against a world solved by hand, and against the optimal values recorded for the
   toy worlds. */
#include "agents/plan.h"
#include "agents_help.h"

#include <math.h>
#include <stdio.h>
#include <zlib.h>

#define GO(from, action, chance, to, earned, over)                                                 \
    {                                                                                              \
        from, action,                                                                              \
        {                                                                                          \
            chance, earned, to, over                                                               \
        }                                                                                          \
    }

/* state 0: action 0 ends for 1; action 1 earns 0 and half the time reaches 1, half the time stays;
   state 1: action 0 ends for 4, action 1 goes back for 0 */
static const mdp_row small_rows[] = {GO(0, 0, 1.0, 0, 1.0, 1), GO(0, 1, 0.5, 1, 0.0, 0),
                                     GO(0, 1, 0.5, 0, 0.0, 0), GO(1, 0, 1.0, 1, 4.0, 1),
                                     GO(1, 1, 1.0, 0, 0.0, 0)};
static const mdp_table small_table = {.states = 2, .actions = 2, .row = small_rows, .rows = 5};
MDP_WORLD(small, small_table);

/* a state that earns 1 for ever */
static const mdp_row endless_rows[] = {GO(0, 0, 1.0, 0, 1.0, 0), GO(0, 1, 1.0, 0, 0.0, 0)};
static const mdp_table endless_table = {.states = 1, .actions = 2, .row = endless_rows, .rows = 2};
MDP_WORLD(endless, endless_table);

static const uint8_t masked_mask[2 * 2] = {1, 0, 1, 1};
static const mdp_table masked_table = {
    .states = 2, .actions = 2, .row = small_rows, .rows = 5, .mask = masked_mask};
MDP_WORLD(masked, masked_table);

START_TEST(a_small_world_is_solved_exactly)
{
    /* V(1) = 4; V(0) = 0.5 g 4 + 0.5 g V(0), so V(0) = 2 g / (1 - g / 2): 36/11 at g = 0.9 */
    pv_world *world = open_mdp(&small);
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.9");
    ck_assert_double_eq_tol(v_of(agent, 0), 36.0 / 11.0, 1e-9);
    ck_assert_double_eq_tol(v_of(agent, 1), 4.0, 1e-9);
    ck_assert_double_eq_tol(q_of(agent, 0, 0), 1.0, 1e-9);
    ck_assert_double_eq_tol(q_of(agent, 0, 1), 36.0 / 11.0, 1e-9);
    ck_assert_double_eq_tol(q_of(agent, 1, 1), 0.9 * 36.0 / 11.0, 1e-9);
    ck_assert_int_eq(ask(agent, 0, PV_ACT_TRAIN, NULL), 1);
    ck_assert_int_eq(ask(agent, 1, PV_ACT_GREEDY, NULL), 0);
    pv_agent_destroy(agent);
    agent = make_agent("value-iteration", world, "gamma=0.3"); /* now 0.6 / 0.85 < 1 */
    ck_assert_int_eq(ask(agent, 0, PV_ACT_TRAIN, NULL), 0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(the_states_number_goes_before_the_observation)
{
    pv_world *world = open_mdp(&small);
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.9");
    const int32_t seen = 0;
    const uint32_t known = 1, unknown = UINT32_MAX;
    double value;
    const void *obs[1] = {&seen};
    pv_explain explain = {.rows = 1, .obs = obs, .state = &known, .value = &value};
    ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_OK);
    ck_assert_double_eq_tol(value, 4.0, 1e-9);
    explain.state = &unknown;
    ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_OK);
    ck_assert_double_eq_tol(value, 36.0 / 11.0, 1e-9);
    explain.obs = NULL;
    ck_assert_int_eq(agent->agent_class->explain(agent, &explain), PV_ERROR_FIT);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "needs the number of the state, 0 to 1"));
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_mask_is_obeyed)
{
    pv_world *world = open_mdp(&masked);
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.9");
    ck_assert_int_eq(ask_masked(agent, 0, masked_mask, PV_ACT_GREEDY, NULL), 0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_plan_that_does_not_converge_says_so)
{
    pv_world *world = open_mdp(&endless);
    refused("value-iteration", world, "gamma=1,sweeps=500", PV_ERROR_NUMBER,
            "has not converged after 500 sweeps");
    refused("value-iteration", world, "sweeps=1.5", PV_ERROR_ARGUMENT, "whole number");
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.9");
    ck_assert_double_eq_tol(v_of(agent, 0), 10.0, 1e-8); /* 1 / (1 - 0.9) */
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(a_plan_is_saved_and_read_back)
{
    char path[512];
    snprintf(path, sizeof path, "%s/plan.safetensors", PV_TEST_BUILD_DIR);
    pv_world *world = open_mdp(&small);
    pv_agent *a = make_agent("value-iteration", world, "gamma=0.9");
    pv_agent *b = make_agent("value-iteration", world, "gamma=0.1");
    ck_assert_int_eq(pv_agent_save(a, path), PV_OK);
    ck_assert_int_eq(pv_agent_load(b, path), PV_OK);
    ck_assert_double_eq(v_of(a, 0), v_of(b, 0));
    ck_assert_double_eq(q_of(a, 0, 1), q_of(b, 0, 1));
    pv_agent_destroy(a);
    pv_agent_destroy(b);
    pv_world_close(world);
}
END_TEST

START_TEST(metrics_tell_sweeps_and_residual)
{
    pv_world *world = open_mdp(&small);
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.9,tolerance=1e-3");
    pv_metric metrics[PV_METRICS_MAX];
    ck_assert_int_eq(agent->agent_class->metrics(agent, metrics), 2);
    ck_assert_str_eq(metrics[0].name, "sweeps");
    ck_assert_str_eq(metrics[1].name, "residual");
    ck_assert_double_lt(metrics[1].value, 1e-3);
    ck_assert_double_gt(metrics[0].value, 5.0); /* shrinks by 0.45 a sweep from about 2 */
    ck_assert_double_lt(metrics[0].value, 15.0);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

/* --- recorded optimal values --- */

typedef struct recorded {
    const char *world, *file;
} recorded;

static const recorded records[] = {
    {"CliffWalking-v1", "CliffWalking-v1_vi_g0.99"},
    {"CliffWalking-v1:slippery=1", "CliffWalking-v1_slippery_vi_g0.99"},
    {"FrozenLake-v1", "FrozenLake-v1_4x4_slippery_vi_g0.99"},
    {"FrozenLake-v1:slippery=0", "FrozenLake-v1_4x4_det_vi_g0.99"},
    {"FrozenLake8x8-v1", "FrozenLake-v1_8x8_slippery_vi_g0.99"},
    {"FrozenLake8x8-v1:slippery=0", "FrozenLake-v1_8x8_det_vi_g0.99"},
    {"Taxi-v4", "Taxi-v4_vi_g0.99"},
    {"Taxi-v4:rain=1", "Taxi-v4_rainy_vi_g0.99"}};

/* the last number of a line is the state's value, the first its number */
static void check_line(pv_agent *agent, const char *line, const char *file)
{
    const int32_t state = (int32_t)strtol(line, NULL, 10);
    const double value = strtod(strrchr(line, ',') + 1, NULL);
    ck_assert_msg(fabs(v_of(agent, state) - value) < 1e-7, "%s: state %d is worth %.12g, not %.12g",
                  file, (int)state, v_of(agent, state), value);
}

START_TEST(toy_worlds_have_their_recorded_optimal_values)
{
    const recorded *record = &records[_i];
    char path[512];
    char line[512];
    snprintf(path, sizeof path, "%s/reference/worlds/%s.csv.gz", PV_TEST_SOURCE_DIR, record->file);
    pv_world *world = pv_world_open(record->world);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_agent *agent = make_agent("value-iteration", world, "gamma=0.99,tolerance=1e-12");
    gzFile file = gzopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    uint32_t lines = 0;
    ck_assert_ptr_nonnull(gzgets(file, line, sizeof line)); /* names */
    while (gzgets(file, line, sizeof line)) {
        check_line(agent, line, record->file);
        lines++;
    }
    gzclose(file);
    ck_assert_uint_eq(lines, pv_world_spec(world)->n_states);
    pv_agent_destroy(agent);
    pv_world_close(world);
}
END_TEST

START_TEST(worlds_without_a_table_are_refused)
{
    pv_world *world = pv_world_open("Bandit-v0");
    refused("value-iteration", world, NULL, PV_ERROR_FIT,
            "agent value-iteration plans by a table of transitions; world Bandit-v0 has none");
    pv_world_close(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("planning");
    TCase *tests = tcase_create("planning");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_small_world_is_solved_exactly);
    tcase_add_test(tests, the_states_number_goes_before_the_observation);
    tcase_add_test(tests, a_mask_is_obeyed);
    tcase_add_test(tests, a_plan_that_does_not_converge_says_so);
    tcase_add_test(tests, a_plan_is_saved_and_read_back);
    tcase_add_test(tests, metrics_tell_sweeps_and_residual);
    tcase_add_loop_test(tests, toy_worlds_have_their_recorded_optimal_values, 0,
                        sizeof records / sizeof records[0]);
    tcase_add_test(tests, worlds_without_a_table_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
