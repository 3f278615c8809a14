/* test_host_vector.c: many lanes of one world, stepped together. */
#include "envs/host/vector.h"

#include "core/memory.h"
#include "core/rng.h"
#include "core/threads.h"
#include "envs/host/instance.h"
#include "tests/equal_runs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD PV_TEST_BUILD_DIR "/good"
#define COUNTER GOOD "/counter.so#"
#define NOSAVE GOOD "/nosave.so#"
#define DUEL GOOD "/duel.so#test/Duel-v1"

static size_t live_before;
static pv_world *world;
static pv_vector *vector;
static const pv_batch *batch;

static void begin(void)
{
    live_before = pv_memory_live();
}

static void end(void)
{
    pv_vector_destroy(vector);
    pv_world_close(world);
    vector = NULL;
    world = NULL;
    ck_assert_uint_eq(pv_memory_live(), live_before);
}

static pv_vector_config config_of(const char *text, int lanes)
{
    world = pv_world_open(text);
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

/* the same action in every row */
static void act(const pv_batch *b, int32_t action)
{
    for (int row = 0; row < b->rows; row++) {
        ((int32_t *)b->action[0])[row] = action;
    }
}

static void step(int32_t action)
{
    act(batch, action);
    ck_assert_int_eq(pv_vector_step(vector), PV_OK);
}

static int32_t count_of(const void *const *obs, int lane)
{
    return ((const int32_t *)obs[0])[lane];
}

/* the counter's start of an episode, computed apart from the vector */
static int32_t counter_start(uint64_t run_seed, uint64_t lane, uint64_t number)
{
    const uint64_t numbers[] = {PV_FOR_TRAINING, lane, number};
    pv_rng rng;
    pv_rng_init(&rng, pv_seed_hash(run_seed, numbers, 3));
    return (int32_t)pv_draw_integer(&rng, NULL, 0, 10);
}

START_TEST(every_lane_begins_its_own_episode)
{
    pv_vector_config config = config_of(COUNTER, 50);
    config.seed = 7;
    config.first_lane = 3;
    start(&config);
    ck_assert_int_eq(batch->rows, 50);
    for (int lane = 0; lane < 50; lane++) {
        ck_assert_int_eq(count_of(batch->obs, lane), counter_start(7, (uint64_t)lane + 3, 0));
        ck_assert_uint_eq(batch->first[lane], 1);
        ck_assert_uint_eq(batch->ended[lane], 0);
    }
}
END_TEST

START_TEST(a_lane_that_ends_is_reset_in_the_same_step)
{
    pv_vector_config config = config_of(COUNTER, 10);
    start(&config);
    int ended = 0;
    for (int steps = 1; steps <= 40; steps++) {
        step(1);
        for (int lane = 0; lane < 10; lane++) {
            const int32_t first = counter_start(1, (uint64_t)lane, 0);
            const int ends = steps == 20 - first;
            if (steps > 20 - first) {
                continue; /* its second episode */
            }
            ck_assert_int_eq(batch->ended[lane], ends);
            ck_assert_int_eq(batch->terminated[lane], ends);
            ck_assert_int_eq(batch->truncated[lane], 0);
            ck_assert_int_eq(batch->first[lane], ends);
            ck_assert_float_eq(batch->reward[lane], -1.0f);
            ck_assert_float_eq(batch->info[lane], (float)steps);
            ck_assert_int_eq(count_of(batch->last_obs, lane), first + steps - 1);
            if (ends) {
                ck_assert_int_eq(count_of(batch->final_obs, lane), 20);
                ck_assert_int_eq(count_of(batch->obs, lane), counter_start(1, (uint64_t)lane, 1));
                ended++;
            } else {
                ck_assert_int_eq(count_of(batch->obs, lane), first + steps);
            }
        }
    }
    ck_assert_int_eq(ended, 10);
}
END_TEST

START_TEST(ended_episodes_are_told_in_order_of_lanes)
{
    pv_vector_config config = config_of(COUNTER, 30);
    start(&config);
    int seen[30] = {0};
    for (int steps = 1; steps <= 60; steps++) {
        step(steps % 2);
        int last = -1;
        int ended = 0;
        for (int i = 0; i < batch->episodes; i++) {
            const pv_episode *episode = &batch->episode[i];
            const int lane = episode->lane;
            ck_assert_int_gt(lane, last);
            ck_assert_uint_eq(batch->ended[lane], 1);
            ck_assert_uint_eq(episode->number, (uint64_t)seen[lane]);
            ck_assert_int_eq(episode->terminated, 1);
            /* half of the steps add and cost 1, the others wait and cost 2 */
            const int32_t adds = 20 - counter_start(1, (uint64_t)lane, (uint64_t)seen[lane]);
            const double waits = (double)episode->length - adds;
            ck_assert_double_eq(episode->returns[0], -adds - 2.0 * waits);
            last = lane;
            seen[lane]++;
        }
        for (int lane = 0; lane < 30; lane++) {
            ended += batch->ended[lane];
        }
        ck_assert_int_eq(batch->episodes, ended);
    }
    for (int lane = 0; lane < 30; lane++) {
        ck_assert_int_gt(seen[lane], 0);
    }
}
END_TEST

START_TEST(the_step_limit_truncates)
{
    pv_vector_config config = config_of(COUNTER, 4);
    config.max_steps = 5;
    start(&config);
    for (int steps = 1; steps <= 20; steps++) {
        step(0);
        for (int lane = 0; lane < 4; lane++) {
            ck_assert_uint_eq(batch->truncated[lane], steps % 5 == 0);
            ck_assert_uint_eq(batch->terminated[lane], 0);
        }
        ck_assert_int_eq(batch->episodes, steps % 5 == 0 ? 4 : 0);
    }
    ck_assert_uint_eq(batch->episode[3].length, 5);
    ck_assert_int_eq(batch->episode[3].terminated, 0);
    ck_assert_double_eq(batch->episode[3].returns[0], -10.0);
}
END_TEST

START_TEST(the_world_s_own_limit_holds_where_none_is_asked_for)
{
    pv_vector_config config = config_of(COUNTER, 1);
    start(&config);
    for (int steps = 1; steps < 200; steps++) {
        step(0);
        ck_assert_int_eq(batch->episodes, 0);
    }
    step(0);
    ck_assert_int_eq(batch->episodes, 1);
    ck_assert_uint_eq(batch->truncated[0], 1);
}
END_TEST

START_TEST(a_step_that_terminates_at_the_limit_sets_both_flags)
{
    pv_vector_config config = config_of(COUNTER, 1);
    config.max_steps = (uint64_t)(20 - counter_start(1, 0, 0));
    start(&config);
    for (uint64_t steps = 0; steps < config.max_steps; steps++) {
        step(1);
    }
    ck_assert_uint_eq(batch->terminated[0], 1);
    ck_assert_uint_eq(batch->truncated[0], 1);
    ck_assert_int_eq(batch->episode[0].terminated, 1);
}
END_TEST

/* starts of the first `n` episodes by number, from a vector with shared numbers */
static void shared_starts(int lanes, int32_t *starts, int n)
{
    pv_vector_config config = config_of(COUNTER, lanes);
    config.shared_numbers = 1;
    config.first_lane = 5; /* without effect */
    start(&config);
    for (int lane = 0; lane < lanes && lane < n; lane++) {
        starts[lane] = count_of(batch->obs, lane);
    }
    for (int begun = lanes; begun < n;) {
        step(1);
        for (int i = 0; i < batch->episodes; i++, begun++) {
            if (begun < n) {
                starts[begun] = count_of(batch->obs, batch->episode[i].lane);
            }
        }
    }
    end();
}

START_TEST(shared_numbers_give_the_same_episodes_for_any_lanes)
{
    int32_t starts[2][40];
    shared_starts(1, starts[0], 40);
    shared_starts(7, starts[1], 40);
    for (int i = 0; i < 40; i++) {
        ck_assert_int_eq(starts[0][i], counter_start(1, 0, (uint64_t)i));
    }
    ck_assert_int_eq(memcmp(starts[0], starts[1], sizeof starts[0]), 0);
}
END_TEST

START_TEST(a_pool_gives_the_same_as_the_caller_alone)
{
    static const char *const texts[] = {COUNTER, NOSAVE, DUEL};
    pv_pool *pool = pv_pool_create(3);
    ck_assert_ptr_nonnull(pool);
    for (int i = 0; i < 3; i++) {
        pv_vector_config config = config_of(texts[i], 17);
        config.shared_numbers = i == 0;
        start(&config);
        config.pool = pool;
        pv_vector *threaded = pv_vector_create(&config);
        ck_assert_ptr_nonnull(threaded);
        ck_assert_int_eq(pv_vector_reset(threaded), PV_OK);
        expect_equal_runs(vector, threaded, 200);
        pv_vector_destroy(threaded);
        pv_vector_destroy(vector);
        pv_world_close(world);
        vector = NULL;
        world = NULL;
    }
    pv_pool_destroy(pool);
}
END_TEST

START_TEST(a_reset_in_mid_run_begins_the_next_episodes)
{
    pv_vector_config config = config_of(COUNTER, 3);
    start(&config);
    step(1);
    ck_assert_int_eq(pv_vector_reset(vector), PV_OK);
    for (int lane = 0; lane < 3; lane++) {
        ck_assert_int_eq(count_of(batch->obs, lane), counter_start(1, (uint64_t)lane, 1));
        ck_assert_float_eq(batch->reward[lane], 0.0f);
    }
    config.max_steps = 0;
    for (int i = 0; i < 20 && batch->episodes == 0; i++) {
        step(1);
    }
    ck_assert_uint_eq(batch->episode[0].number, 1);
    ck_assert_double_eq(batch->episode[0].returns[0], -(double)batch->episode[0].length);
}
END_TEST

START_TEST(a_held_lane_shows_its_last_observation_and_spends_a_step_on_its_reset)
{
    pv_vector_config config = config_of(COUNTER, 2);
    start(&config);
    pv_vector_hold(vector, 1);
    while (batch->episodes == 0) {
        step(1);
    }
    const int lane = batch->episode[0].lane;
    ck_assert_int_eq(count_of(batch->obs, lane), 20);
    ck_assert_int_eq(count_of(batch->final_obs, lane), 20);
    ck_assert_uint_eq(batch->first[lane], 0);
    ck_assert_uint_eq(batch->ended[lane], 1);
    step(1);
    const int32_t first = counter_start(1, (uint64_t)lane, 1);
    ck_assert_int_eq(count_of(batch->obs, lane), first);
    ck_assert_uint_eq(batch->first[lane], 1);
    ck_assert_uint_eq(batch->ended[lane], 0);
    ck_assert_uint_eq(batch->terminated[lane], 0);
    ck_assert_float_eq(batch->reward[lane], 0.0f);
    pv_vector_hold(vector, 0);
    int steps = 0;
    do {
        step(1);
        steps++;
    } while (!batch->ended[lane]);
    ck_assert_int_eq(steps, 20 - first);
    ck_assert_int_eq(count_of(batch->obs, lane), counter_start(1, (uint64_t)lane, 2));
}
END_TEST

START_TEST(a_duel_pays_both_players)
{
    pv_vector_config config = config_of(DUEL, 5);
    start(&config);
    ck_assert_int_eq(batch->rows, 10);
    for (int lane = 0; lane < 5; lane++) {
        const uint8_t *mask = (const uint8_t *)batch->obs[1] + lane * 4;
        ck_assert_uint_eq(mask[0] + mask[2], 1);
    }
    /* seven matches taken one by one: who begins takes the last */
    for (int i = 0; i < 6; i++) {
        step(0);
        ck_assert_int_eq(batch->episodes, 0);
    }
    uint8_t begins[5];
    for (int lane = 0; lane < 5; lane++) {
        begins[lane] = ((const uint8_t *)batch->obs[1])[lane * 4 + 2]; /* player 1 is on move */
    }
    step(0);
    ck_assert_int_eq(batch->episodes, 5);
    for (int lane = 0; lane < 5; lane++) {
        const double won = begins[lane] ? 1.0 : -1.0;
        ck_assert_double_eq(batch->episode[lane].returns[1], won);
        ck_assert_double_eq(batch->episode[lane].returns[0], -won);
        ck_assert_int_eq(((const int32_t *)batch->final_obs[0])[2 * lane + 1], 0);
    }
}
END_TEST

START_TEST(a_failing_world_is_named_with_lane_episode_seed_and_step)
{
    pv_vector_config config = config_of(COUNTER ":fail=12", 6);
    config.max_steps = 11;
    start(&config);
    for (int i = 0; i < 11; i++) {
        step(0); /* the limit comes first */
    }
    end();
    config = config_of(COUNTER ":fail=12", 6);
    start(&config);
    int32_t starts[6];
    for (int lane = 0; lane < 6; lane++) {
        starts[lane] = count_of(batch->obs, lane);
    }
    for (int i = 0; i < 11; i++) {
        step(0);
    }
    act(batch, 0);
    ck_assert_int_eq(pv_vector_step(vector), PV_ERROR_WORLD);
    const uint64_t numbers[] = {PV_FOR_TRAINING, 0, 0};
    char expected[200];
    snprintf(expected, sizeof expected,
             "world test/Counter-v1: told to fail (lane 0, episode 0, seed %llu, step 12)",
             (unsigned long long)pv_seed_hash(1, numbers, 3));
    ck_assert_str_eq(pv_last_error(), expected);
    ck_assert_int_eq(starts[0], counter_start(1, 0, 0));
}
END_TEST

START_TEST(impossible_lanes_are_refused)
{
    pv_vector_config config = config_of(COUNTER, 0);
    ck_assert_ptr_null(pv_vector_create(&config));
    ck_assert_str_eq(pv_last_error(),
                     "0 lanes of world test/Counter-v1 are impossible; 1 to 2147483647 are");
    pv_env_class single = *world->env_class;
    single.flags = PV_ONE_PER_PROCESS;
    pv_world *other = pv_world_open_class(&single, NULL, NULL);
    config = pv_vector_config_default(other);
    config.lanes = 2;
    ck_assert_ptr_null(pv_vector_create(&config));
    ck_assert_str_eq(pv_last_error(),
                     "world test/Counter-v1 runs one instance in a process, so 1 lane, not 2");
    pv_world_close(other);
}
END_TEST

START_TEST(a_world_without_a_picture_or_states_says_so)
{
    pv_vector_config config = config_of(COUNTER, 1);
    start(&config);
    uint8_t rgb[3];
    pv_rect rect;
    ck_assert_int_eq(pv_vector_render(vector, 0, rgb, 3), PV_ERROR_WORLD);
    ck_assert_str_eq(pv_last_error(), "world test/Counter-v1 has no picture");
    ck_assert_uint_eq(pv_vector_state(vector, 0), UINT32_MAX);
    ck_assert_uint_eq(pv_vector_locate(vector, 0, 0, &rect), 0);
}
END_TEST

static void sweep_create(const char *text)
{
    pv_vector_config config = config_of(text, 3);
    const size_t live = pv_memory_live();
    uint64_t n = 0;
    while (!vector) {
        pv_memory_fail_at(++n);
        vector = pv_vector_create(&config);
        pv_memory_fail_at(0);
        ck_assert(vector || pv_memory_live() == live);
        ck_assert(vector || strstr(pv_last_error(), "memory"));
        ck_assert_uint_lt(n, 100);
    }
    ck_assert_uint_eq(n, 2 + 3 + 1); /* the vector, its block, three instances */
    end();
}

START_TEST(every_failing_allocation_is_survived)
{
    sweep_create(COUNTER);
    sweep_create(NOSAVE);
    sweep_create(DUEL);
}
END_TEST

START_TEST(stepping_takes_no_memory)
{
    pv_vector_config config = config_of(COUNTER, 8);
    start(&config);
    const uint64_t before = pv_memory_count();
    for (int i = 0; i < 100; i++) {
        step(1);
    }
    ck_assert_uint_eq(pv_memory_count(), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vector");
    TCase *tests = tcase_create("vector");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, every_lane_begins_its_own_episode);
    tcase_add_test(tests, a_lane_that_ends_is_reset_in_the_same_step);
    tcase_add_test(tests, ended_episodes_are_told_in_order_of_lanes);
    tcase_add_test(tests, the_step_limit_truncates);
    tcase_add_test(tests, the_world_s_own_limit_holds_where_none_is_asked_for);
    tcase_add_test(tests, a_step_that_terminates_at_the_limit_sets_both_flags);
    tcase_add_test(tests, shared_numbers_give_the_same_episodes_for_any_lanes);
    tcase_add_test(tests, a_pool_gives_the_same_as_the_caller_alone);
    tcase_add_test(tests, a_reset_in_mid_run_begins_the_next_episodes);
    tcase_add_test(tests, a_held_lane_shows_its_last_observation_and_spends_a_step_on_its_reset);
    tcase_add_test(tests, a_duel_pays_both_players);
    tcase_add_test(tests, a_failing_world_is_named_with_lane_episode_seed_and_step);
    tcase_add_test(tests, impossible_lanes_are_refused);
    tcase_add_test(tests, a_world_without_a_picture_or_states_says_so);
    tcase_add_test(tests, every_failing_allocation_is_survived);
    tcase_add_test(tests, stepping_takes_no_memory);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
