/* test_host_lanes.c: vectors of worlds that the plain case does not cover: agents that finish at
   different times, worlds that step many instances at once, flags that are not 0 or 1. */
#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"
#include "envs/host/instance.h"
#include "tests/equal_runs.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { RUNNERS = 3 };

/* A race: agent a reaches the end at step a + 2; the world then goes on writing rewards of 1 and
   flags of 0 for it, as a careless world would. Action 1 of agent 0 cuts agent 2's race short. */
struct pv_env {
    const pv_host *host;
    int step;
};

static pv_status race_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    (void)params;
    *env = host->alloc(host->ctx, sizeof **env);
    if (!*env) {
        return -1;
    }
    (*env)->host = host;
    return 0;
}

static void race_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static const pv_space place = {.name = "place", .dtype = PV_I32, .n = 1000};
static const pv_space go = {.name = "go", .dtype = PV_I32, .n = 2};

static void race_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    spec->agents = RUNNERS;
    spec->n_obs = spec->n_action = 1;
    spec->obs = &place;
    spec->action = &go;
}

static pv_status race_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    (void)seed;
    env->step = 0;
    memset(io->obs[0], 0, RUNNERS * sizeof(int32_t));
    return 0;
}

static pv_status race_step(pv_env *env, const pv_io *io)
{
    env->step++;
    for (int agent = 0; agent < RUNNERS; agent++) {
        ((int32_t *)io->obs[0])[agent] = env->step;
        io->reward[agent] = 1.0f;
        io->terminated[agent] = env->step == agent + 2 ? 0x80 : 0;
        io->truncated[agent] = 0;
    }
    io->truncated[2] = ((const int32_t *)io->action[0])[0] ? 7 : 0;
    return 0;
}

static const pv_env_class race_class = {.size = sizeof(pv_env_class),
                                        .abi = PV_ABI,
                                        .id = "Race-v0",
                                        .version = "1",
                                        .summary = "agents that finish one after the other",
                                        .create = race_create,
                                        .destroy = race_destroy,
                                        .spec = race_spec,
                                        .reset = race_reset,
                                        .step = race_step};

/* The race with one runner: action 0 runs, ending after three steps, action 1 fails. */
static void solo_spec(const pv_env *env, pv_spec *spec)
{
    race_spec(env, spec);
    spec->agents = 1;
}

static pv_status solo_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    env->step = (int)(seed % 2);
    *(int32_t *)io->obs[0] = env->step;
    return 0;
}

static pv_status solo_step(pv_env *env, const pv_io *io)
{
    if (*(const int32_t *)io->action[0]) {
        env->host->log(env->host->ctx, 0, "fell");
        return -1;
    }
    env->step++;
    *(int32_t *)io->obs[0] = env->step;
    io->reward[0] = 0.5f;
    io->terminated[0] = env->step >= 3 ? 0x40 : 0;
    io->truncated[0] = 0;
    return 0;
}

static pv_status solo_step_many(pv_env *const *envs, const pv_io *ios, size_t n)
{
    pv_status status = 0;
    for (size_t i = 0; i < n && status == 0; i++) {
        status = solo_step(envs[i], &ios[i]);
        ios[i].reward[0] = 0.25f; /* so that a test sees which of the two ran */
    }
    return status;
}

static pv_env_class solo_class(int many)
{
    pv_env_class solo = race_class;
    solo.id = "Solo-v0";
    solo.spec = solo_spec;
    solo.reset = solo_reset;
    solo.step = solo_step;
    solo.step_many = many ? solo_step_many : NULL;
    return solo;
}

static size_t live_before;
static pv_env_class chosen;
static pv_world *world;
static pv_vector *vector;
static const pv_batch *batch;

static pv_vector_config config_of(pv_env_class env_class, int lanes)
{
    live_before = pv_memory_live();
    chosen = env_class;
    world = pv_world_open_class(&chosen, NULL, NULL);
    ck_assert_msg(world != NULL, "%s", pv_last_error());
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = lanes;
    return config;
}

static void start(const pv_vector_config *config)
{
    vector = pv_vector_create(config);
    ck_assert_msg(vector != NULL, "%s", pv_last_error());
    batch = pv_vector_batch(vector);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
}

static void stop(void)
{
    pv_vector_destroy(vector);
    pv_world_close(world);
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static void step(void)
{
    ck_assert_int_eq(pv_vector_step(vector), PV_OK);
}

static void expect_lane(int lane, const char *terminated, const char *truncated,
                        const char *rewards)
{
    for (int agent = 0; agent < RUNNERS; agent++) {
        const int row = lane * RUNNERS + agent;
        ck_assert_int_eq('0' + batch->terminated[row], terminated[agent]);
        ck_assert_int_eq('0' + batch->truncated[row], truncated[agent]);
        ck_assert_float_eq(batch->reward[row], (float)(rewards[agent] - '0'));
    }
}

START_TEST(flags_once_set_stay_set_and_the_finished_are_not_paid)
{
    const pv_vector_config config = config_of(race_class, 2);
    start(&config);
    step();
    expect_lane(1, "000", "000", "111");
    step();
    expect_lane(1, "100", "000", "111");
    ck_assert_int_eq(batch->episodes, 0);
    step();
    expect_lane(1, "110", "000", "011");
    step();
    expect_lane(1, "111", "000", "001");
    ck_assert_int_eq(batch->episodes, 2);
    ck_assert_uint_eq(batch->episode[1].length, 4);
    for (int agent = 0; agent < RUNNERS; agent++) {
        ck_assert_double_eq(batch->episode[1].returns[agent], agent + 2.0);
        ck_assert_int_eq(((const int32_t *)batch->final_obs[0])[RUNNERS + agent], 4);
        ck_assert_int_eq(((const int32_t *)batch->obs[0])[RUNNERS + agent], 0);
        ck_assert_uint_eq(batch->first[RUNNERS + agent], 1);
    }
    step();
    expect_lane(1, "000", "000", "111");
    stop();
}
END_TEST

START_TEST(an_agent_cut_short_stays_so_and_the_others_go_on)
{
    const pv_vector_config config = config_of(race_class, 2);
    start(&config);
    ((int32_t *)batch->action[0])[RUNNERS] = 1; /* lane 1, agent 0 */
    step();
    expect_lane(0, "000", "000", "111");
    expect_lane(1, "000", "001", "111");
    step();
    expect_lane(1, "100", "001", "110");
    step();
    expect_lane(1, "110", "001", "010");
    ck_assert_int_eq(batch->episodes, 1);
    ck_assert_int_eq(batch->episode[0].lane, 1);
    ck_assert_int_eq(batch->episode[0].terminated, 1);
    ck_assert_double_eq(batch->episode[0].returns[2], 1.0);
    stop();
}
END_TEST

START_TEST(the_limit_truncates_the_agents_still_running)
{
    pv_vector_config config = config_of(race_class, 1);
    config.max_steps = 3;
    start(&config);
    step();
    step();
    step();
    /* agent 0 was done before, agent 1 ends in this very step, agent 2 is cut */
    expect_lane(0, "110", "011", "011");
    ck_assert_int_eq(batch->episodes, 1);
    stop();
}
END_TEST

START_TEST(a_world_that_steps_many_at_once_is_asked_to)
{
    pv_vector_config config = config_of(solo_class(1), 9);
    start(&config);
    pv_pool *pool = pv_pool_create(2);
    config.pool = pool;
    pv_vector *threaded = pv_vector_create(&config);
    ck_assert_ptr_nonnull(threaded);
    ck_assert_int_eq(pv_vector_reset(threaded), PV_OK);
    int ended = 0;
    for (int i = 0; i < 12; i++) {
        step();
        ck_assert_int_eq(pv_vector_step(threaded), PV_OK);
        expect_equal_batches(batch, pv_vector_batch(threaded));
        expect_equal_steps(batch, pv_vector_batch(threaded));
        for (int lane = 0; lane < 9; lane++) {
            ck_assert_float_eq(batch->reward[lane], 0.25f);
            ck_assert_int_eq(batch->terminated[lane], batch->ended[lane]);
        }
        for (int e = 0; e < batch->episodes; e++) {
            ck_assert_double_eq(batch->episode[e].returns[0],
                                0.25 * (double)batch->episode[e].length);
            ended++;
        }
    }
    ck_assert_int_ge(ended, 9 * 4);
    pv_vector_destroy(threaded);
    pv_pool_destroy(pool);
    stop();
}
END_TEST

START_TEST(any_set_byte_is_a_flag_of_1)
{
    const pv_vector_config config = config_of(solo_class(0), 1);
    start(&config);
    while (batch->episodes == 0) {
        step();
    }
    ck_assert_uint_eq(batch->terminated[0], 1);
    ck_assert_uint_eq(batch->truncated[0], 0);
    stop();
}
END_TEST

START_TEST(the_lane_that_failed_is_named_whoever_stepped_it)
{
    for (int way = 0; way < 4; way++) {
        pv_pool *pool = way >= 2 ? pv_pool_create(3) : NULL;
        pv_vector_config config = config_of(solo_class(way % 2), 8);
        config.pool = pool;
        start(&config);
        ((int32_t *)batch->action[0])[5] = 1;
        ((int32_t *)batch->action[0])[6] = 1;
        ck_assert_int_eq(pv_vector_step(vector), PV_ERROR_WORLD);
        ck_assert_ptr_nonnull(
            strstr(pv_last_error(), "world Solo-v0: fell (lane 5, episode 0, seed "));
        ck_assert_ptr_nonnull(strstr(pv_last_error(), ", step 1)"));
        ((int32_t *)batch->action[0])[5] = 0;
        ((int32_t *)batch->action[0])[6] = 0;
        ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
        step();
        stop();
        pv_pool_destroy(pool);
    }
}
END_TEST

static void vast_spec(const pv_env *env, pv_spec *spec)
{
    static const pv_space vast[] = {
        {.name = "a", .dtype = PV_F32, .ndim = 2, .shape = {1 << 14, 1 << 14}},
        {.name = "b", .dtype = PV_F32, .ndim = 2, .shape = {1 << 14, 1 << 14}}};
    solo_spec(env, spec);
    spec->n_obs = 2;
    spec->obs = vast;
}

START_TEST(lanes_beyond_all_memory_are_refused)
{
    pv_env_class vast = solo_class(0);
    vast.spec = vast_spec;
    const pv_vector_config config = config_of(vast, 2147483647);
    vector = pv_vector_create(&config);
    ck_assert_ptr_null(vector);
    ck_assert_int_eq(pv_last_status(), PV_ERROR_MEMORY);
    ck_assert_str_eq(pv_last_error(), "out of memory: 2147483647 lanes of world Solo-v0");
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lanes");
    TCase *tests = tcase_create("lanes");
    tcase_add_test(tests, flags_once_set_stay_set_and_the_finished_are_not_paid);
    tcase_add_test(tests, an_agent_cut_short_stays_so_and_the_others_go_on);
    tcase_add_test(tests, the_limit_truncates_the_agents_still_running);
    tcase_add_test(tests, a_world_that_steps_many_at_once_is_asked_to);
    tcase_add_test(tests, any_set_byte_is_a_flag_of_1);
    tcase_add_test(tests, the_lane_that_failed_is_named_whoever_stepped_it);
    tcase_add_test(tests, lanes_beyond_all_memory_are_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
