/* test_envs_taxi.c: trips worked out by hand on the map of the town, and the options. What rules
   the recorded traces hold is tested in test_parity.c. */
#include "play.h"

#include "core/memory.h"
#include "envs/host/check.h"

#include <math.h>
#include <stdlib.h>

enum { SOUTH, NORTH, EAST, WEST, PICK_UP, DROP_OFF };
enum { RED, GREEN, YELLOW, BLUE, RIDING };

static int number_of(int row, int column, int passenger, int destination)
{
    return ((row * 5 + column) * 5 + passenger) * 4 + destination;
}

/* A uniform draw that starts in a state: the 300 starts are equally likely, in rising order. */
static double draw_of_start(int row, int column, int passenger, int destination)
{
    const int before = destination < passenger ? destination : destination - 1;
    return ((row * 5 + column) * 12 + passenger * 3 + before + 0.5) / 300.0;
}

/* Plays actions and returns the sum of rewards. */
static double play_all(play *played, const int *actions, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++) {
        ck_assert_int_eq(play_step(played, actions[i]), PV_OK);
        ck_assert_int_eq(played->truncated, 0);
        ck_assert_int_eq(played->terminated, i == n - 1 && played->reward > 0.0f);
        sum += (double)played->reward;
    }
    return sum;
}

START_TEST(a_trip_pays_20_less_a_step_each)
{
    static const int trip[] = {WEST, WEST, SOUTH, SOUTH, PICK_UP, NORTH, NORTH,
                               EAST, EAST, EAST,  EAST,  NORTH,   NORTH, DROP_OFF};
    double draws[15] = {draw_of_start(2, 2, YELLOW, GREEN)};
    script written = {draws, 15, 0};
    pv_draws source = script_draws(&written);
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4", &source), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(played.obs[0][0], number_of(2, 2, YELLOW, GREEN));
    ck_assert_double_eq(play_all(&played, trip, 14), 20.0 - 13.0);
    ck_assert_int_eq(played.obs[0][0], number_of(0, 4, GREEN, GREEN));
    ck_assert_int_eq(written.used, 15);
    play_close(&played);
}
END_TEST

START_TEST(walls_stand_where_the_map_has_them)
{
    /* the town as drawn: '|' a wall between two places */
    static const char *const map[5] = {". .|. . .", ". .|. . .", ". . . . .", ".|. .|. .",
                                       ".|. .|. ."};
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4", NULL), PV_OK);
    for (int row = 0; row < 5; row++) {
        for (int column = 0; column < 4; column++) {
            const int west = number_of(row, column, RED, BLUE);
            const int east = number_of(row, column + 1, RED, BLUE);
            const int wall = map[row][2 * column + 1] == '|';
            pv_outcome outcome;
            ck_assert_uint_eq(play_outcomes(&played, (uint32_t)west, EAST, &outcome, 1), 1);
            ck_assert_int_eq((int)outcome.next, wall ? west : east);
            ck_assert_uint_eq(play_outcomes(&played, (uint32_t)east, WEST, &outcome, 1), 1);
            ck_assert_int_eq((int)outcome.next, wall ? east : west);
        }
    }
    play_close(&played);
}
END_TEST

/* the mean over the starts of the best return in a trip without a limit; no best trip is longer
   than 30 steps */
static double best_return(play *played)
{
    double value[500] = {0.0};
    for (int sweep = 0; sweep < 30; sweep++) {
        for (uint32_t state = 0; state < 500; state++) {
            double best = -INFINITY;
            for (uint32_t action = 0; action < 6; action++) {
                pv_outcome outcome;
                play_outcomes(played, state, action, &outcome, 1);
                best =
                    fmax(best, outcome.reward + (outcome.terminated ? 0.0 : value[outcome.next]));
            }
            value[state] = best;
        }
    }
    pv_outcome starts[300];
    double sum = 0.0;
    ck_assert_uint_eq(play_outcomes(played, UINT32_MAX, 0, starts, 300), 300);
    for (int i = 0; i < 300; i++) {
        sum += starts[i].probability * value[starts[i].next];
    }
    return sum;
}

START_TEST(the_best_mean_return_is_7_93)
{
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4", NULL), PV_OK);
    ck_assert_double_eq_tol(best_return(&played), 7.930, 5e-4);
    play_close(&played);
}
END_TEST

START_TEST(a_draw_past_the_last_rounded_sum_starts_in_state_0)
{
    double sum = 0.0;
    for (int i = 0; i < 300; i++) {
        sum += 1.0 / 300.0;
    }
    const double draws[1] = {1.0 - 0x1p-53};
    script written = {draws, 1, 0};
    pv_draws source = script_draws(&written);
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4", &source), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(played.obs[0][0],
                     sum > draws[0] ? number_of(4, 4, BLUE, YELLOW) : number_of(0, 0, RED, RED));
    play_close(&played);
}
END_TEST

START_TEST(the_mask_shows_which_actions_do_something)
{
    int seen[2] = {0, 0};
    pv_rng choice;
    play played;
    pv_rng_init(&choice, 1);
    ck_assert_int_eq(play_open(&played, "Taxi-v4:mask=1", NULL), PV_OK);
    ck_assert_uint_eq(played.spec->n_obs, 2);
    ck_assert_str_eq(played.spec->obs[1].name, "action_mask");
    for (int step = 0; step < 3000; step++) {
        if (step % 100 == 0 || played.terminated) {
            ck_assert_int_eq(play_reset(&played, (uint64_t)step), PV_OK);
        } else {
            ck_assert_int_eq(play_step(&played, (int)pv_draw_integer(&choice, NULL, 0, 6)), PV_OK);
        }
        const uint8_t *mask = (const uint8_t *)played.obs[1];
        for (uint32_t action = 0; action < 6; action++) {
            pv_outcome outcome;
            play_outcomes(&played, play_state(&played), action, &outcome, 1);
            ck_assert_uint_eq(mask[action], outcome.next != play_state(&played));
            seen[mask[action]]++;
        }
    }
    ck_assert(seen[0] > 1000 && seen[1] > 1000);
    play_close(&played);
}
END_TEST

START_TEST(in_rain_a_blocked_taxi_stays_and_a_free_one_drifts)
{
    pv_outcome o[3];
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4:rain=1,rain_rate=0.5", NULL), PV_OK);
    const uint32_t middle = (uint32_t)number_of(2, 2, RED, BLUE);
    ck_assert_uint_eq(play_outcomes(&played, middle, SOUTH, o, 3), 3);
    ck_assert(o[0].probability == 0.5 && o[1].probability == 0.25 && o[2].probability == 0.25);
    ck_assert_int_eq((int)o[0].next, number_of(3, 2, RED, BLUE));
    ck_assert_int_eq((int)o[1].next, number_of(2, 3, RED, BLUE));
    ck_assert_int_eq((int)o[2].next, number_of(2, 1, RED, BLUE));
    const uint32_t edge = (uint32_t)number_of(0, 3, RED, BLUE);
    ck_assert_uint_eq(play_outcomes(&played, edge, NORTH, o, 3), 3);
    ck_assert(o[0].next == edge && o[1].next == edge && o[2].next == edge);
    play_close(&played);
}
END_TEST

START_TEST(a_fickle_passenger_changes_the_destination_once)
{
    /* start; coin; step, step, step with change to the last of R, G, B, step */
    const double draws[] = {draw_of_start(4, 0, YELLOW, GREEN), 0.29, 0.0, 0.0, 0.0, 2, 0.0};
    script written = {draws, 7, 0};
    pv_draws source = script_draws(&written);
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4:fickle=1", &source), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    ck_assert_int_eq(played.obs[0][0], number_of(4, 0, YELLOW, GREEN));
    ck_assert_int_eq(play_step(&played, PICK_UP), PV_OK);
    ck_assert_int_eq(play_step(&played, EAST), PV_OK); /* a wall: the taxi has not moved */
    ck_assert_int_eq(played.obs[0][0], number_of(4, 0, RIDING, GREEN));
    ck_assert_int_eq(play_step(&played, NORTH), PV_OK);
    ck_assert_int_eq(played.obs[0][0], number_of(3, 0, RIDING, BLUE));
    ck_assert_int_eq(play_step(&played, NORTH), PV_OK);
    ck_assert_int_eq(played.obs[0][0], number_of(2, 0, RIDING, BLUE));
    ck_assert_int_eq(written.used, 7);
    play_close(&played);
}
END_TEST

START_TEST(fickle_passengers_leave_no_table)
{
    pv_outcome outcome;
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4:fickle=1", NULL), PV_OK);
    ck_assert_uint_eq(played.spec->n_states, 0);
    ck_assert_uint_eq(play_state(&played), UINT32_MAX);
    ck_assert_uint_eq(play_outcomes(&played, 0, 0, &outcome, 1), 0);
    play_close(&played);
}
END_TEST

static void count_result(void *ctx, const pv_check_result *result)
{
    int *counts = ctx;
    counts[result->outcome]++;
}

START_TEST(the_validator_knows_that_there_may_be_no_table)
{
    int counts[3] = {0, 0, 0};
    int failed = -1;
    pv_check_config config = pv_check_config_default("Taxi-v4:fickle=1");
    config.only = "tabular";
    config.result = count_result;
    config.ctx = counts;
    ck_assert_int_eq(pv_check_run(&config, &failed), PV_OK);
    ck_assert_int_eq(failed, 0);
    ck_assert_int_eq(counts[PV_CHECK_SKIPPED], 4);
    config.target = "Taxi-v4";
    ck_assert_int_eq(pv_check_run(&config, &failed), PV_OK);
    ck_assert_int_eq(failed, 0);
    ck_assert_int_eq(counts[PV_CHECK_PASSED], 4);
}
END_TEST

START_TEST(only_states_of_this_trip_are_in_the_picture)
{
    pv_rect rect;
    int places = 0;
    play played;
    ck_assert_int_eq(play_open(&played, "Taxi-v4", NULL), PV_OK);
    ck_assert_int_eq(play_reset(&played, 1), PV_OK);
    const uint32_t now = play_state(&played);
    for (uint32_t state = 0; state < 500; state++) {
        const uint32_t found = played.env_class->locate(played.env, state, &rect);
        ck_assert_uint_eq(found, state % 20 == now % 20);
        places += found != 0;
    }
    ck_assert_int_eq(places, 25);
    play_close(&played);
}
END_TEST

static void check_memory(void)
{
    ck_assert_uint_eq(pv_memory_live(), 0);
}

int main(void)
{
    Suite *suite = suite_create("taxi");
    TCase *tests = tcase_create("taxi");
    tcase_add_checked_fixture(tests, NULL, check_memory);
    tcase_add_test(tests, a_trip_pays_20_less_a_step_each);
    tcase_add_test(tests, walls_stand_where_the_map_has_them);
    tcase_add_test(tests, the_best_mean_return_is_7_93);
    tcase_add_test(tests, a_draw_past_the_last_rounded_sum_starts_in_state_0);
    tcase_add_test(tests, the_mask_shows_which_actions_do_something);
    tcase_add_test(tests, in_rain_a_blocked_taxi_stays_and_a_free_one_drifts);
    tcase_add_test(tests, a_fickle_passenger_changes_the_destination_once);
    tcase_add_test(tests, fickle_passengers_leave_no_table);
    tcase_add_test(tests, the_validator_knows_that_there_may_be_no_table);
    tcase_add_test(tests, only_states_of_this_trip_are_in_the_picture);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
