/* test_envs_toytext.c: what Taxi, Blackjack, RandomWalk and Bandit have in common as worlds: what
   they refuse, that a saved state continues equally, that every step is in the table, that a
   picture is whole, and trajectory hashes that every compiler must meet. */
#include "walk.h"

#include "core/memory.h"

#include <stdio.h>

static const struct {
    const char *world;
    uint64_t golden; /* hash of a trajectory; 0 where libm decides the last bit */
} worlds[] = {
    {"Taxi-v4", 0xc53c25f68ff89974},
    {"Taxi-v4:rain=1,fickle=1,mask=1", 0x94b72a17e00874d3},
    {"Blackjack-v1", 0xbdf2b1706419f2fa},
    {"Blackjack-v1:sab=0,natural=1", 0x490a68b0c4d5a806},
    {"RandomWalk-v0", 0x481c1181d696007b},
    {"RandomWalk-v0:states=19,left=-1", 0x9c6246751902d739},
    {"Bandit-v0", 0},
    {"Bandit-v0:arms=30,problem=0,drift=0.1", 0},
};
enum { WORLDS = sizeof worlds / sizeof worlds[0] };

START_TEST(a_trajectory_is_the_same_under_every_compiler)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    const uint64_t hash = walk_hash(&walked, 5000);
    ck_assert_msg(worlds[_i].golden == 0 || hash == worlds[_i].golden, "%s: 0x%016llx",
                  worlds[_i].world, (unsigned long long)hash);
    play_close(&walked.played);
}
END_TEST

START_TEST(an_episode_is_its_seed_and_its_actions)
{
    walk walked;
    walk again;
    walk_open(&walked, worlds[_i].world);
    walk_open(&again, worlds[_i].world);
    walk_far(&again, 100); /* what was before a reset does not matter */
    pv_rng_init(&again.choice, 11);
    again.episode = again.length = 0;
    ck_assert_uint_eq(walk_hash(&walked, 1000), walk_hash(&again, 1000));
    play_close(&walked.played);
    play_close(&again.played);
}
END_TEST

START_TEST(a_step_without_a_reset_is_refused)
{
    play played;
    ck_assert_int_eq(play_open(&played, worlds[_i].world, NULL), PV_OK);
    ck_assert_int_lt(play_step(&played, 0), 0);
    ck_assert_str_eq(played.instance.message, "step without a reset before it");
    play_close(&played);
}
END_TEST

START_TEST(a_step_past_the_end_is_refused)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    for (int step = 0; step < 100000 && !walked.played.terminated; step++) {
        walk_on(&walked);
    }
    if (walked.played.terminated) {
        uint8_t *before = saved(&walked.played);
        ck_assert_int_lt(play_step(&walked.played, 0), 0);
        expect_unchanged(&walked.played, before);
        free(before);
    } else {
        ck_assert_str_eq(walked.played.env_class->id, "Bandit-v0"); /* the one without an end */
    }
    play_close(&walked.played);
}
END_TEST

START_TEST(an_action_out_of_range_is_refused_and_changes_nothing)
{
    char message[64];
    walk walked;
    walk_open(&walked, worlds[_i].world);
    walk_on(&walked);
    const int32_t n = (int32_t)walked.played.spec->action[0].n;
    const int32_t wrong[] = {-1, n, INT32_MIN, INT32_MAX};
    uint8_t *before = saved(&walked.played);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_lt(play_step(&walked.played, wrong[i]), 0);
        snprintf(message, sizeof message, "action %d is not one of 0 to %d", wrong[i], n - 1);
        ck_assert_str_eq(walked.played.instance.message, message);
    }
    expect_unchanged(&walked.played, before);
    ck_assert_int_eq(play_step(&walked.played, n - 1), PV_OK);
    free(before);
    play_close(&walked.played);
}
END_TEST

START_TEST(restored_state_continues_equally)
{
    walk walked;
    walk restored;
    walk_open(&walked, worlds[_i].world);
    walk_open(&restored, worlds[_i].world);
    walk_far(&walked, 37);
    while (walked.played.terminated) {
        walk_on(&walked);
    }
    uint8_t *state = saved(&walked.played);
    restored.choice = walked.choice;
    restored.episode = walked.episode;
    restored.length = walked.length;
    const size_t size = restored.played.env_class->state_size(restored.played.env);
    ck_assert_int_eq(restored.played.env_class->load(restored.played.env, state, size), PV_OK);
    expect_unchanged(&restored.played, state);
    ck_assert_uint_eq(walk_hash(&walked, 1000), walk_hash(&restored, 1000));
    free(state);
    play_close(&walked.played);
    play_close(&restored.played);
}
END_TEST

START_TEST(damaged_saved_states_are_refused_and_change_nothing)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    walk_far(&walked, 3);
    const play *played = &walked.played;
    const size_t size = played->env_class->state_size(played->env);
    uint8_t *before = saved(played);
    uint8_t *damaged = must(malloc(size + 1));
    memcpy(damaged, before, size);
    damaged[size] = 0;
    ck_assert_int_lt(played->env_class->load(played->env, damaged, size - 1), 0);
    ck_assert_int_lt(played->env_class->load(played->env, damaged, size + 1), 0);
    ck_assert_str_eq(played->instance.message, "a saved state of another size");
    memset(damaged, 0xFF, size);
    ck_assert_int_lt(played->env_class->load(played->env, damaged, size), 0);
    ck_assert_str_eq(played->instance.message, "a damaged saved state");
    expect_unchanged(played, before);
    free(damaged);
    free(before);
    play_close(&walked.played);
}
END_TEST

START_TEST(loading_any_bytes_is_safe)
{
    pv_rng noise;
    walk walked;
    pv_rng_init(&noise, 3);
    walk_open(&walked, worlds[_i].world);
    const play *played = &walked.played;
    const size_t size = played->env_class->state_size(played->env);
    uint8_t *picture = must(malloc((size_t)played->spec->width * played->spec->height * 3));
    for (int round = 0; round < 300; round++) {
        walk_far(&walked, 1);
        uint8_t *state = saved(played);
        for (int i = 0; i < 2; i++) {
            state[pv_draw_integer(&noise, NULL, 0, (int64_t)size)] =
                (uint8_t)pv_draw_integer(&noise, NULL, 0, 16);
        }
        if (!played->env_class->load(played->env, state, size) && round % 60 == 0) {
            played->env_class->render(played->env, picture, (size_t)played->spec->width * 3);
        }
        /* whatever it took for good, it must go on or refuse to */
        play_step(&walked.played, 0);
        walked.length = 200;
        free(state);
    }
    free(picture);
    play_close(&walked.played);
}
END_TEST

/* Returns whether the table of (state, action) holds what happened. */
static int is_listed(const play *played, uint32_t state, uint32_t action)
{
    pv_outcome outcomes[16];
    const uint32_t n = play_outcomes(played, state, action, outcomes, 16);
    for (uint32_t i = 0; i < n && i < 16; i++) {
        if (outcomes[i].next == play_state(played) && (float)outcomes[i].reward == played->reward &&
            outcomes[i].terminated == played->terminated) {
            return 1;
        }
    }
    return 0;
}

START_TEST(every_step_and_start_is_in_the_table)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    play *played = &walked.played;
    if (played->spec->n_states > 0) {
        static uint8_t starts[2048];
        pv_outcome outcomes[2048];
        memset(starts, 0, sizeof starts);
        const uint32_t n = play_outcomes(played, UINT32_MAX, 0, outcomes, 2048);
        for (uint32_t i = 0; i < n; i++) {
            starts[outcomes[i].next] = 1;
        }
        uint32_t before = 0;
        for (int step = 0; step < 10000; step++) {
            if (walk_on(&walked)) {
                expect(is_listed(played, before, (uint32_t)played->action), "a step not listed");
            } else {
                ck_assert_uint_eq(starts[play_state(played)], 1);
            }
            before = play_state(played);
        }
    }
    play_close(played);
}
END_TEST

/* Checks one list: its count whatever the capacity, its sum, its states. */
static void check_list(const play *played, uint32_t state, uint32_t action)
{
    static pv_outcome outcomes[2048];
    double sum = 0.0;
    outcomes[1] = (pv_outcome){-1.0, -1.0, 77, 77};
    const uint32_t n = play_outcomes(played, state, action, outcomes, 1);
    ck_assert(outcomes[1].probability == -1.0 && outcomes[1].next == 77);
    ck_assert_uint_eq(play_outcomes(played, state, action, NULL, 0), n);
    ck_assert_uint_eq(play_outcomes(played, state, action, outcomes, 2048), n);
    ck_assert(n >= 1 && n <= 2048);
    for (uint32_t i = 0; i < n; i++) {
        expect(outcomes[i].probability > 0.0 && outcomes[i].terminated <= 1 &&
                   outcomes[i].next < played->spec->n_states,
               "an outcome that cannot be");
        sum += outcomes[i].probability;
    }
    ck_assert_double_eq_tol(sum, 1.0, 1e-12);
}

START_TEST(the_chances_of_every_state_and_action_sum_to_one)
{
    play played;
    ck_assert_int_eq(play_open(&played, worlds[_i].world, NULL), PV_OK);
    if (played.spec->n_states > 0) {
        const uint32_t actions = played.spec->action[0].n;
        check_list(&played, UINT32_MAX, 0);
        for (uint32_t state = 0; state < played.spec->n_states; state++) {
            for (uint32_t action = 0; action < actions; action++) {
                check_list(&played, state, action);
            }
        }
        ck_assert_uint_eq(play_outcomes(&played, played.spec->n_states, 0, NULL, 0), 0);
        ck_assert_uint_eq(play_outcomes(&played, 0, actions, NULL, 0), 0);
    }
    play_close(&played);
}
END_TEST

START_TEST(a_picture_is_whole_stays_in_its_lines_and_changes_nothing)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    const play *played = &walked.played;
    const size_t width = (size_t)played->spec->width * 3;
    const size_t stride = width + 8;
    const size_t size = stride * played->spec->height;
    uint8_t *one = must(malloc(size));
    uint8_t *other = must(malloc(size));
    for (int round = 0; round < 3; round++) {
        walk_far(&walked, 1);
        uint8_t *before = saved(played);
        memset(one, 0x00, size);
        memset(other, 0xFF, size);
        ck_assert_int_eq(played->env_class->render(played->env, one, stride), PV_OK);
        ck_assert_int_eq(played->env_class->render(played->env, other, stride), PV_OK);
        for (size_t y = 0; y < played->spec->height; y++) {
            ck_assert_mem_eq(one + y * stride, other + y * stride, width);
            for (size_t x = width; x < stride; x++) {
                ck_assert(one[y * stride + x] == 0x00 && other[y * stride + x] == 0xFF);
            }
        }
        expect_unchanged(played, before);
        free(before);
    }
    free(one);
    free(other);
    play_close(&walked.played);
}
END_TEST

START_TEST(places_of_states_lie_in_the_picture)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    const play *played = &walked.played;
    walk_far(&walked, 1);
    if (played->env_class->locate) {
        pv_rect rect = {0, 0, 0, 0};
        for (uint32_t state = 0; state < played->spec->n_states; state++) {
            if (played->env_class->locate(played->env, state, &rect)) {
                ck_assert(rect.x >= 0 && rect.y >= 0 && rect.width > 0 && rect.height > 0);
                ck_assert_int_le(rect.x + rect.width, (int)played->spec->width);
                ck_assert_int_le(rect.y + rect.height, (int)played->spec->height);
            }
        }
        ck_assert_uint_eq(played->env_class->locate(played->env, played->spec->n_states, &rect), 0);
    }
    play_close(&walked.played);
}
END_TEST

START_TEST(observations_nobody_wants_are_not_written)
{
    walk walked;
    walk_open(&walked, worlds[_i].world);
    memset(walked.played.obs, 0x55, sizeof walked.played.obs);
    memset(walked.played.obs_at, 0, sizeof walked.played.obs_at);
    walk_far(&walked, 10);
    for (uint32_t i = 0; i < walked.played.spec->n_obs; i++) {
        ck_assert_int_eq(walked.played.obs[i][0], 0x55555555);
    }
    play_close(&walked.played);
}
END_TEST

START_TEST(every_action_has_a_key)
{
    play played;
    ck_assert_int_eq(play_open(&played, worlds[_i].world, NULL), PV_OK);
    ck_assert_uint_eq(played.spec->n_keys, played.spec->action[0].n);
    for (uint32_t i = 0; i < played.spec->n_keys; i++) {
        ck_assert_double_eq(played.spec->keys[i].value, i);
    }
    play_close(&played);
}
END_TEST

START_TEST(create_without_memory_fails_and_leaks_nothing)
{
    pv_instance instance;
    pv_world *world = pv_world_open(worlds[_i].world);
    const size_t live = pv_memory_live();
    ck_assert_ptr_nonnull(world);
    for (uint64_t n = 1; n < 10; n++) {
        pv_memory_fail_at(n);
        const pv_status status = pv_instance_init(&instance, world, NULL);
        pv_memory_fail_at(0);
        ck_assert(n > 1 || status < 0);
        if (!status) {
            pv_instance_free(&instance);
        }
        ck_assert_uint_eq(pv_memory_live(), live);
    }
    pv_world_close(world);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("toytext");
    TCase *tests = tcase_create("toytext");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_trajectory_is_the_same_under_every_compiler, 0, WORLDS);
    tcase_add_loop_test(tests, an_episode_is_its_seed_and_its_actions, 0, WORLDS);
    tcase_add_loop_test(tests, a_step_without_a_reset_is_refused, 0, WORLDS);
    tcase_add_loop_test(tests, a_step_past_the_end_is_refused, 0, WORLDS);
    tcase_add_loop_test(tests, an_action_out_of_range_is_refused_and_changes_nothing, 0, WORLDS);
    tcase_add_loop_test(tests, restored_state_continues_equally, 0, WORLDS);
    tcase_add_loop_test(tests, damaged_saved_states_are_refused_and_change_nothing, 0, WORLDS);
    tcase_add_loop_test(tests, loading_any_bytes_is_safe, 0, WORLDS);
    tcase_add_loop_test(tests, every_step_and_start_is_in_the_table, 0, WORLDS);
    tcase_add_loop_test(tests, the_chances_of_every_state_and_action_sum_to_one, 0, WORLDS);
    tcase_add_loop_test(tests, a_picture_is_whole_stays_in_its_lines_and_changes_nothing, 0,
                        WORLDS);
    tcase_add_loop_test(tests, places_of_states_lie_in_the_picture, 0, WORLDS);
    tcase_add_loop_test(tests, observations_nobody_wants_are_not_written, 0, WORLDS);
    tcase_add_loop_test(tests, every_action_has_a_key, 0, WORLDS);
    tcase_add_loop_test(tests, create_without_memory_fails_and_leaks_nothing, 0, WORLDS);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
