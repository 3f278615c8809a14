/* test_envs_classic.c: what the worlds of classic control have in common: trajectory hashes, what
   they refuse, saved states, pictures; and that lanes of CartPole stepped side by side are the same
   bits as lanes stepped alone. What rules the recorded traces hold is tested in test_parity.c. */
#include "classic_help.h"

#include "core/memory.h"

#include <stdlib.h>

/* --- lanes --- */

enum { LANES = 53, ROUNDS = 120 }; /* blocks and some that fill none */

static void set_action(const pv_batch *batch, int lane, pv_rng *rng)
{
    ((int32_t *)batch->action[0])[lane] = (int32_t)pv_draw_integer(rng, NULL, 0, 2);
}

START_TEST(lanes_side_by_side_are_lanes_alone)
{
    pv_world *world = pv_world_open("CartPole-v1");
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = LANES;
    pv_vector *many = pv_vector_create(&config);
    ck_assert_int_eq(pv_vector_reset(many), PV_OK);
    const pv_batch *all = pv_vector_batch(many);
    pv_rng rng;
    static float seen[ROUNDS][LANES][6];
    pv_rng_init(&rng, 5);
    for (int round = 0; round < ROUNDS; round++) {
        for (int lane = 0; lane < LANES; lane++) {
            set_action(all, lane, &rng);
            seen[round][lane][5] = (float)((int32_t *)all->action[0])[lane];
        }
        ck_assert_int_eq(pv_vector_step(many), PV_OK);
        for (int lane = 0; lane < LANES; lane++) {
            memcpy(seen[round][lane], (const float *)all->obs[0] + (size_t)lane * 4, 16);
            seen[round][lane][4] = all->reward[lane] + 10.0f * all->terminated[lane];
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        config.lanes = 1;
        config.first_lane = (uint32_t)lane;
        pv_vector *one = pv_vector_create(&config);
        const pv_batch *alone = pv_vector_batch(one);
        ck_assert_int_eq(pv_vector_reset(one), PV_OK);
        for (int round = 0; round < ROUNDS; round++) {
            ((int32_t *)alone->action[0])[0] = (int32_t)seen[round][lane][5];
            ck_assert_int_eq(pv_vector_step(one), PV_OK);
            ck_assert_mem_eq(seen[round][lane], alone->obs[0], 16);
            ck_assert(seen[round][lane][4] == alone->reward[0] + 10.0f * alone->terminated[0]);
        }
        pv_vector_destroy(one);
    }
    pv_vector_destroy(many);
    pv_world_close(world);
}
END_TEST

START_TEST(a_wrong_action_among_many_lanes_is_refused)
{
    pv_world *world = pv_world_open("CartPole-v1");
    pv_vector_config config = pv_vector_config_default(world);
    config.lanes = LANES;
    pv_vector *many = pv_vector_create(&config);
    ck_assert_int_eq(pv_vector_reset(many), PV_OK);
    ((int32_t *)pv_vector_batch(many)->action[0])[20] = 2;
    ck_assert_int_lt(pv_vector_step(many), 0);
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "lane 20"));
    ck_assert_ptr_nonnull(strstr(pv_last_error(), "action 2 is not one of 0 to 1"));
    pv_vector_destroy(many);
    pv_world_close(world);
}
END_TEST

START_TEST(lanes_that_are_over_may_stand_among_many)
{
    play played[LANES];
    play alone[LANES];
    pv_env *envs[LANES];
    pv_io ios[LANES];
    for (int i = 0; i < LANES; i++) {
        open_world(&played[i], "CartPole-v1");
        open_world(&alone[i], "CartPole-v1");
        const uint32_t phase = i % 5 == 4 ? CLASSIC_OVER : CLASSIC_RUNNING;
        const double angle = phase == CLASSIC_OVER ? 1.0 + 0.1 * i : 0.003 * i;
        put(&played[i], phase, 0.01 * i, 0.1, angle, 0.2);
        put(&alone[i], phase, 0.01 * i, 0.1, angle, 0.2);
        played[i].action = i % 2;
        envs[i] = played[i].env;
        ios[i] = played[i].io;
    }
    ck_assert_int_eq(played[0].env_class->step_many(envs, ios, LANES), PV_OK);
    for (int i = 0; i < LANES; i++) {
        ck_assert_int_eq(play_step(&alone[i], i % 2), PV_OK);
        const classic_state one = state_of(&played[i]);
        const classic_state other = state_of(&alone[i]);
        ck_assert_mem_eq(&one, &other, sizeof one);
        ck_assert(played[i].reward == alone[i].reward);
        ck_assert_int_eq(played[i].terminated, alone[i].terminated);
        play_close(&played[i]);
        play_close(&alone[i]);
    }
}
END_TEST

/* --- all --- */

static const char *const worlds[] = {"CartPole-v1",    "CartPole-v0",
                                     "MountainCar-v0", "MountainCarContinuous-v0",
                                     "Acrobot-v1",     "Pendulum-v1"};
enum { WORLDS = sizeof worlds / sizeof worlds[0] };

static pv_status act_randomly(play *played, pv_rng *rng)
{
    const pv_space *action = &played->spec->action[0];
    return action->n
               ? play_step(played, (int32_t)pv_draw_integer(rng, NULL, 0, action->n))
               : play_push(played,
                           (float)(2.0 * action->high[0] * (pv_draw_uniform(rng, NULL) - 0.5)));
}

static void add_bytes(uint64_t *hash, const void *data, size_t size)
{
    const uint8_t *byte = data;
    for (size_t i = 0; i < size; i++) {
        *hash = (*hash ^ byte[i]) * 1099511628211u; /* FNV-1a */
    }
}

/* Hashes what 5000 random steps show, resets included. */
static uint64_t trajectory_hash(play *played)
{
    uint64_t hash = 14695981039346656037u;
    uint64_t episode = 0;
    pv_rng rng;
    uint32_t length = 0;
    pv_rng_init(&rng, 11);
    played->terminated = 1;
    for (int step = 0; step < 5000; step++) {
        if (played->terminated || length == played->spec->max_steps) {
            ck_assert_int_eq(play_reset(played, ++episode), PV_OK);
            length = 0;
            played->terminated = 0;
            played->reward = 0.0f;
        } else {
            ck_assert_int_eq(act_randomly(played, &rng), PV_OK);
            length++;
        }
        add_bytes(&hash, played->obs[0], pv_space_size(&played->spec->obs[0]));
        add_bytes(&hash, &played->reward, sizeof played->reward);
        add_bytes(&hash, &played->terminated, 1);
    }
    return hash;
}

/* Which C library computes: its functions, at many places, to the last bit. */
static uint64_t library_hash(void)
{
    uint64_t hash = 14695981039346656037u;
    pv_rng rng;
    pv_rng_init(&rng, 1);
    for (int i = 0; i < 20000; i++) {
        const volatile double x = 20.0 * (pv_draw_uniform(&rng, NULL) - 0.5);
        const volatile float y = (float)x;
        const volatile float two = 2.0f;
        const double results[2] = {sin(x), cos(x)};
        const float power = powf(y, two);
        add_bytes(&hash, results, sizeof results);
        add_bytes(&hash, &power, sizeof power);
    }
    return hash;
}

static const uint64_t golden_library = 0x30165c8e13d8a635; /* glibc 2.36 with FMA */
static const uint64_t golden[WORLDS] = {0xfbfba8dbafcee45a, 0xfbfba8dbafcee45a, 0x560c37006901b32f,
                                        0xca0e8d5cc7881a93, 0xe4e7e090a4558aa1, 0xd077e4f737c92c9f};

/* CartPole needs no function of the C library, the others are compared under the one whose hashes
   these are. */
START_TEST(a_trajectory_is_the_same_under_every_compiler)
{
    play played;
    open_world(&played, worlds[_i]);
    const uint64_t hash = trajectory_hash(&played);
    if (_i < 2 || library_hash() == golden_library) {
        ck_assert_msg(hash == golden[_i], "%s: 0x%016llx under 0x%016llx", worlds[_i],
                      (unsigned long long)hash, (unsigned long long)library_hash());
    }
    ck_assert_uint_eq(trajectory_hash(&played), hash); /* nothing survives a reset */
    play_close(&played);
}
END_TEST

START_TEST(a_step_needs_a_reset_and_an_action_that_is_one)
{
    play played;
    open_world(&played, worlds[_i]);
    const int discrete = played.spec->action[0].n > 0;
    ck_assert_int_lt(discrete ? play_step(&played, 0) : play_push(&played, 0.0f), 0);
    ck_assert_str_eq(played.instance.message, "step without a reset before it");
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    const classic_state before = state_of(&played);
    if (discrete) {
        ck_assert_int_lt(play_step(&played, (int32_t)played.spec->action[0].n), 0);
        ck_assert_ptr_nonnull(strstr(played.instance.message, "is not one of 0 to"));
        ck_assert_int_lt(play_step(&played, INT32_MIN), 0);
    } else {
        ck_assert_int_lt(play_push(&played, NAN), 0);
        ck_assert_str_eq(played.instance.message, "the action is not a finite number");
        ck_assert_int_lt(play_push(&played, INFINITY), 0);
    }
    const classic_state after = state_of(&played);
    ck_assert_mem_eq(&before, &after, sizeof before);
    play_close(&played);
}
END_TEST

START_TEST(restored_state_continues_equally)
{
    pv_rng rng;
    pv_rng again;
    play played;
    play restored;
    pv_rng_init(&rng, 3);
    open_world(&played, worlds[_i]);
    open_world(&restored, worlds[_i]);
    ck_assert_int_eq(play_reset(&played, 9), PV_OK);
    for (int step = 0; step < 8; step++) { /* at the reset first, then on the way */
        const classic_state state = state_of(&played);
        ck_assert_int_eq(restored.env_class->load(restored.env, &state, sizeof state), PV_OK);
        again = rng;
        ck_assert_int_eq(act_randomly(&played, &rng), PV_OK);
        ck_assert_int_eq(act_randomly(&restored, &again), PV_OK);
        ck_assert_mem_eq(played.obs[0], restored.obs[0], pv_space_size(&played.spec->obs[0]));
        ck_assert(played.reward == restored.reward);
    }
    play_close(&played);
    play_close(&restored);
}
END_TEST

START_TEST(states_that_cannot_be_are_refused)
{
    play played;
    open_world(&played, worlds[_i]);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    const classic_state good = state_of(&played);
    for (int i = 0; i < 6; i++) {
        static const double numbers[] = {NAN, INFINITY, 1e300};
        classic_state bad = good;
        bad.s[i % 2] = numbers[i / 2];
        ck_assert_int_lt(played.env_class->load(played.env, &bad, sizeof bad), 0);
        ck_assert_str_eq(played.instance.message, "a damaged saved state");
    }
    ck_assert_int_lt(played.env_class->load(played.env, &good, sizeof good - 1), 0);
    ck_assert_str_eq(played.instance.message, "a saved state of another size");
    const classic_state now = state_of(&played);
    ck_assert_mem_eq(&now, &good, sizeof now);
    play_close(&played);
}
END_TEST

START_TEST(every_state_that_can_be_has_a_picture)
{
    pv_rng rng;
    play played;
    pv_rng_init(&rng, 1);
    open_world(&played, worlds[_i]);
    const size_t width = (size_t)played.spec->width * 3;
    const size_t size = width * played.spec->height;
    uint8_t *picture = malloc(size);
    uint8_t *before = calloc(size, 1);
    ck_assert(picture && before);
    ck_assert_int_eq(played.env_class->render(played.env, picture, width), PV_OK); /* unborn */
    ck_assert_int_eq(play_reset(&played, 2), PV_OK);
    for (int step = 0; step < 3; step++) {
        ck_assert_int_eq(played.env_class->render(played.env, picture, width), PV_OK);
        ck_assert_mem_ne(picture, before, size); /* something moves */
        memcpy(before, picture, size);
        ck_assert_int_eq(act_randomly(&played, &rng), PV_OK);
    }
    static const double far[3][4] = {{1e6, 1e6, 1e6, 1e6}, {1e9, 8, 0, 0}, {-1.2, 0.07, 0, 0}};
    for (int i = 0; i < 3; i++) {
        classic_state state = {.phase = CLASSIC_OVER, .action = 1.0f};
        memcpy(state.s, far[i], sizeof state.s);
        if (!played.env_class->load(played.env, &state, sizeof state)) {
            ck_assert_int_eq(played.env_class->render(played.env, picture, width), PV_OK);
        }
    }
    free(picture);
    free(before);
    play_close(&played);
}
END_TEST

START_TEST(limits_and_rates_are_those_of_the_original)
{
    static const struct {
        uint32_t max_steps;
        double solved, fps;
    } expected[WORLDS] = {{500, 475, 50}, {200, 195, 50},  {200, -110, 30},
                          {999, 90, 30},  {500, -100, 15}, {200, NAN, 30}};
    play played;
    open_world(&played, worlds[_i]);
    ck_assert_uint_eq(played.spec->max_steps, expected[_i].max_steps);
    ck_assert_double_eq(played.spec->fps, expected[_i].fps);
    ck_assert(played.spec->solved == expected[_i].solved ||
              (isnan(played.spec->solved) && isnan(expected[_i].solved)));
    int idle = 0;
    for (uint32_t i = 0; i < played.spec->n_keys; i++) {
        idle += played.spec->keys[i].idle != 0;
    }
    ck_assert_int_eq(idle, 1); /* time goes on when no key is down */
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("classic control");
    TCase *tests = tcase_create("classic control");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, lanes_side_by_side_are_lanes_alone);
    tcase_add_test(tests, a_wrong_action_among_many_lanes_is_refused);
    tcase_add_test(tests, lanes_that_are_over_may_stand_among_many);
    tcase_add_loop_test(tests, a_trajectory_is_the_same_under_every_compiler, 0, WORLDS);
    tcase_add_loop_test(tests, a_step_needs_a_reset_and_an_action_that_is_one, 0, WORLDS);
    tcase_add_loop_test(tests, restored_state_continues_equally, 0, WORLDS);
    tcase_add_loop_test(tests, states_that_cannot_be_are_refused, 0, WORLDS);
    tcase_add_loop_test(tests, every_state_that_can_be_has_a_picture, 0, WORLDS);
    tcase_add_loop_test(tests, limits_and_rates_are_those_of_the_original, 0, WORLDS);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
