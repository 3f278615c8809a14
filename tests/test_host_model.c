/* test_host_model.c: transition tables of worlds, as planners ask for them. */
#include "envs/host/model.h"

#include "core/memory.h"
#include "envs/host/instance.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = 40 };

/* A wheel of 40 places: action 0 moves on by one, action 1 spins it to any place with the same
   probability; place 39 ends. Breaking it in one way each is what the tests of failures do. */
struct pv_env {
    const pv_host *host;
};

static _Thread_local enum { SOUND, COUNT_GROWS, LEADS_OUT } fault;

static pv_status wheel_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    (void)params;
    *env = host->alloc(host->ctx, sizeof **env);
    if (!*env) {
        return -1;
    }
    (*env)->host = host;
    return 0;
}

static void wheel_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static const pv_space place = {.name = "place", .dtype = PV_I32, .n = STATES};
static const pv_space move = {.name = "move", .dtype = PV_I32, .n = 2};
static const pv_space force = {.name = "force", .dtype = PV_F32};

static void wheel_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    spec->agents = 1;
    spec->n_obs = spec->n_action = 1;
    spec->obs = &place;
    spec->action = &move;
    spec->n_states = STATES;
}

static void forced_spec(const pv_env *env, pv_spec *spec)
{
    wheel_spec(env, spec);
    spec->action = &force;
}

static pv_status wheel_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    (void)env;
    (void)seed;
    *(int32_t *)io->obs[0] = 0;
    return 0;
}

static pv_status wheel_step(pv_env *env, const pv_io *io)
{
    io->reward[0] = 0.0f;
    io->terminated[0] = io->truncated[0] = 0;
    return wheel_reset(env, 0, io);
}

static uint32_t wheel_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                               pv_outcome *outcomes, uint32_t capacity)
{
    (void)env;
    if (state == UINT32_MAX) {
        action = 0;
        state = STATES - 1; /* begins at 0 */
    }
    const uint32_t n = action == 1 ? STATES : 1;
    for (uint32_t i = 0; i < n && i < capacity; i++) {
        const uint32_t next = n == 1 ? (state + 1) % STATES : i;
        outcomes[i] = (pv_outcome){.probability = 1.0 / n,
                                   .reward = -1.0,
                                   .next = fault == LEADS_OUT ? STATES : next,
                                   .terminated = next == STATES - 1};
    }
    return fault == COUNT_GROWS ? capacity + 1 : n;
}

static const pv_env_class wheel_class = {.size = sizeof(pv_env_class),
                                         .abi = PV_ABI,
                                         .id = "Wheel-v0",
                                         .version = "1",
                                         .summary = "a wheel of places",
                                         .create = wheel_create,
                                         .destroy = wheel_destroy,
                                         .spec = wheel_spec,
                                         .reset = wheel_reset,
                                         .step = wheel_step,
                                         .outcomes = wheel_outcomes};

static size_t live_before;
static pv_world *world;
static pv_model *model;

static void begin(void)
{
    live_before = pv_memory_live();
    world = pv_world_open_class(&wheel_class, NULL, NULL);
    ck_assert_ptr_nonnull(world);
    model = pv_model_create(world);
    ck_assert_ptr_nonnull(model);
}

static void end(void)
{
    pv_model_destroy(model);
    pv_world_close(world);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

START_TEST(a_model_gives_the_table_of_the_world)
{
    uint32_t n = 0;
    ck_assert_uint_eq(pv_model_states(model), STATES);
    ck_assert_uint_eq(pv_model_actions(model), 2);
    const pv_outcome *outcome = pv_model_outcomes(model, 38, 0, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(outcome[0].next, 39);
    ck_assert_uint_eq(outcome[0].terminated, 1);
    ck_assert_double_eq(outcome[0].probability, 1.0);
    outcome = pv_model_outcomes(model, UINT32_MAX, 0, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(outcome[0].next, 0);
}
END_TEST

START_TEST(a_row_longer_than_the_buffer_comes_whole)
{
    uint32_t n = 0;
    const pv_outcome *outcome = pv_model_outcomes(model, 3, 1, &n);
    ck_assert_uint_eq(n, STATES);
    double sum = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        ck_assert_uint_eq(outcome[i].next, i);
        sum += outcome[i].probability;
    }
    ck_assert_double_eq_tol(sum, 1.0, 1e-12);
}
END_TEST

/* V of the wheel: from place s, moving on costs 39 - s steps; spinning costs some E from anywhere,
   E = 1 + (sum of min(39 - s, E) over the 39 places that do not end) / 40. The best policy spins
   where 39 - s > E. With k = floor(E) places worth walking from (k(k+1)/2 steps together),
   40 E = 40 + k(k+1)/2 + (39 - k) E. Solved by hand: k = 8: E = (40 + 36) / 9 = 8.44. */
START_TEST(planning_on_the_table_finds_the_values_solved_by_hand)
{
    double value[STATES] = {0.0};
    for (int sweep = 0; sweep < 2000; sweep++) {
        for (uint32_t state = 0; state < STATES - 1; state++) {
            double best = -INFINITY;
            for (uint32_t action = 0; action < 2; action++) {
                uint32_t n = 0;
                const pv_outcome *outcome = pv_model_outcomes(model, state, action, &n);
                double sum = 0.0;
                for (uint32_t i = 0; i < n; i++) {
                    sum += outcome[i].probability *
                           (outcome[i].reward +
                            (outcome[i].terminated ? 0.0 : value[outcome[i].next]));
                }
                best = sum > best ? sum : best;
            }
            value[state] = best;
        }
    }
    ck_assert_double_eq_tol(value[38], -1.0, 1e-9);
    ck_assert_double_eq_tol(value[31], -8.0, 1e-9);
    ck_assert_double_eq_tol(value[30], -76.0 / 9.0, 1e-9);
    ck_assert_double_eq_tol(value[0], -76.0 / 9.0, 1e-9);
}
END_TEST

START_TEST(a_world_without_a_table_is_refused_in_words)
{
    pv_env_class changed = wheel_class;
    changed.outcomes = NULL;
    pv_world *other = pv_world_open_class(&changed, NULL, NULL);
    ck_assert_ptr_null(pv_model_create(other));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FIT);
    ck_assert_str_eq(pv_last_error(), "world Wheel-v0 has no table of outcomes");
    pv_world_close(other);
    changed = wheel_class;
    changed.spec = forced_spec;
    other = pv_world_open_class(&changed, NULL, NULL);
    ck_assert_ptr_null(pv_model_create(other));
    ck_assert_int_eq(pv_last_status(), PV_ERROR_FIT);
    ck_assert_str_eq(pv_last_error(), "world Wheel-v0 has a table of outcomes, but not one agent "
                                      "with one discrete action");
    pv_world_close(other);
}
END_TEST

START_TEST(a_table_that_contradicts_itself_is_refused)
{
    uint32_t n = 0;
    fault = LEADS_OUT;
    ck_assert_ptr_null(pv_model_outcomes(model, 0, 0, &n));
    ck_assert_str_eq(pv_last_error(), "world Wheel-v0: state 0, action 0 leads to state 40 of 40");
    fault = COUNT_GROWS;
    ck_assert_ptr_null(pv_model_outcomes(model, 2, 1, &n));
    ck_assert_str_eq(pv_last_error(), "world Wheel-v0: state 2, action 1 has 17 outcomes, then 18");
    fault = SOUND;
    ck_assert_ptr_nonnull(pv_model_outcomes(model, 2, 1, &n));
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
    pv_model *other = NULL;
    const size_t live = pv_memory_live();
    uint64_t tries = 0;
    while (!other) {
        pv_memory_fail_at(++tries);
        other = pv_model_create(world);
        pv_memory_fail_at(0);
        ck_assert(other || pv_memory_live() == live);
    }
    ck_assert_uint_eq(tries, 3 + 1); /* the model, its buffer, the instance */
    uint32_t n = 0;
    pv_memory_fail_at(1);
    ck_assert_ptr_null(pv_model_outcomes(other, 0, 1, &n));
    pv_memory_fail_at(0);
    ck_assert_ptr_nonnull(pv_model_outcomes(other, 0, 1, &n));
    pv_model_destroy(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, a_model_gives_the_table_of_the_world);
    tcase_add_test(tests, a_row_longer_than_the_buffer_comes_whole);
    tcase_add_test(tests, planning_on_the_table_finds_the_values_solved_by_hand);
    tcase_add_test(tests, a_world_without_a_table_is_refused_in_words);
    tcase_add_test(tests, a_table_that_contradicts_itself_is_refused);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
