/* test_envs_minatar_freeway.c: the rules of Freeway one by one, in moments set up by hand. */
#include "envs/minatar_freeway.c"

#include "minatar_board.h"

enum { CHICKEN_FLAG, CAR_FLAG, TRAIL_FLAG };

static const char world[] = "MinAtar/Freeway-v0:sticky=0";

/* speed numbers of rows 1 to 8, then their sides */
static const double traffic[16] = {1,   2,   3,   4,   5,      1,      2,   3,
                                   0.9, 0.1, 0.9, 0.1, 0.5001, 0.4999, 0.9, 0.1};

static minatar_game *game_of(board *b)
{
    return &b->played.env->now.game;
}

static freeway_car *car_in(board *b, int row)
{
    return &game_of(b)->cars[row - 1];
}

static void open_with_traffic(board *b)
{
    memset(b, 0, sizeof *b);
    board_decide(b, traffic, 16);
    board_open(b, world);
}

/* Keeps the cars away from the chicken for a while. */
static void park(board *b)
{
    for (int row = 1; row <= 8; row++) {
        *car_in(b, row) = (freeway_car){.x = 0, .wait = 100, .number = 5, .direction = 1};
    }
}

static int chicken_is_in(const board *b, int row)
{
    return flags_of(b, CHICKEN_FLAG) == 1 && flag_at(b, CHICKEN_FLAG, row, 4);
}

START_TEST(a_reset_draws_eight_speeds_and_then_eight_directions)
{
    board b;
    open_with_traffic(&b);
    ck_assert_int_eq(b.drawn, 16);
    ck_assert(chicken_is_in(&b, 9));
    for (int row = 1; row <= 8; row++) {
        const int number = (int)traffic[row - 1];
        const int right = traffic[7 + row] > 0.5;
        ck_assert(flag_at(&b, CAR_FLAG, row, 0));
        ck_assert(flag_at(&b, TRAIL_FLAG + number - 1, row, right ? 9 : 1)); /* wraps */
        ck_assert_int_eq(car_in(&b, row)->wait, number);
    }
    ck_assert_int_eq(flags_of(&b, CAR_FLAG), 8);
    board_close(&b);
}
END_TEST

START_TEST(a_car_of_speed_number_k_moves_every_k_plus_1_steps)
{
    board b;
    open_with_traffic(&b);
    for (int step = 1; step <= 70; step++) {
        act(&b, NOTHING);
        ck_assert_int_eq(b.drawn, 1);
        for (int row = 1; row <= 8; row++) {
            const int cells = step / ((int)traffic[row - 1] + 1);
            const int right = traffic[7 + row] > 0.5;
            ck_assert(flag_at(&b, CAR_FLAG, row, ((right ? cells : -cells) + 100) % 10));
        }
    }
    board_close(&b);
}
END_TEST

START_TEST(the_chicken_moves_first_on_step_4_and_then_every_third_step)
{
    board b;
    open_with_traffic(&b);
    for (int step = 1; step <= 13; step++) {
        park(&b);
        act(&b, UP);
        ck_assert(chicken_is_in(&b, step < 4 ? 9 : 9 - (step - 1) / 3));
    }
    for (int step = 14; step <= 16; step++) {
        act(&b, DOWN);
    }
    ck_assert(chicken_is_in(&b, 6));
    board_close(&b);
}
END_TEST

START_TEST(going_down_at_the_bottom_uses_up_the_move)
{
    board b;
    open_with_traffic(&b);
    park(&b);
    act_times(&b, NOTHING, 3);
    act(&b, DOWN);
    act(&b, UP);
    act(&b, UP);
    ck_assert(chicken_is_in(&b, 9));
    act(&b, UP);
    ck_assert(chicken_is_in(&b, 8));
    board_close(&b);
}
END_TEST

START_TEST(a_crossing_pays_1_and_draws_the_traffic_anew)
{
    board b;
    open_with_traffic(&b);
    park(&b);
    for (int row = 1; row <= 8; row++) {
        car_in(&b, row)->x = 7;
    }
    game_of(&b)->y = 1;
    game_of(&b)->move_wait = 0;
    double values[17] = {0.9};
    memcpy(values + 1, traffic, sizeof traffic);
    board_decide(&b, values, 17);
    ck_assert_int_eq(act(&b, UP), 1);
    ck_assert_int_eq(b.drawn, 17);
    ck_assert(chicken_is_in(&b, 9));
    ck_assert_int_eq(game_of(&b)->move_wait, 2);
    for (int row = 1; row <= 8; row++) {
        const int number = (int)traffic[row - 1];
        ck_assert(flag_at(&b, CAR_FLAG, row, 7)); /* where it was */
        ck_assert(flag_at(&b, TRAIL_FLAG + number - 1, row, traffic[7 + row] > 0.5 ? 6 : 8));
        ck_assert_int_eq(car_in(&b, row)->wait, number - 1); /* this step counts already */
    }
    board_close(&b);
}
END_TEST

START_TEST(a_car_moves_k_steps_after_a_crossing)
{
    board b;
    open_with_traffic(&b);
    park(&b);
    game_of(&b)->y = 1;
    game_of(&b)->move_wait = 0;
    double values[17] = {0.9};
    memcpy(values + 1, traffic, sizeof traffic);
    board_decide(&b, values, 17);
    act(&b, UP);
    for (int step = 1; step <= 5; step++) {
        act(&b, NOTHING);
        ck_assert(flag_at(&b, CAR_FLAG, 5, step < 5 ? 0 : 1)); /* speed number 5, to the right */
    }
    board_close(&b);
}
END_TEST

START_TEST(walking_into_a_car_takes_the_chicken_back_without_cost)
{
    board b;
    open_with_traffic(&b);
    park(&b);
    car_in(&b, 5)->x = 4;
    game_of(&b)->y = 6;
    game_of(&b)->move_wait = 0;
    ck_assert_int_eq(act(&b, UP), 0);
    ck_assert(chicken_is_in(&b, 9) && !is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(a_car_that_drives_into_the_chicken_takes_it_back)
{
    for (int right = 0; right < 2; right++) {
        board b;
        open_with_traffic(&b);
        park(&b);
        *car_in(&b, 5) = (freeway_car){(int8_t)(right ? 3 : 5), 0, 2, (int8_t)(right ? 1 : -1)};
        game_of(&b)->y = 5;
        act(&b, NOTHING);
        ck_assert(chicken_is_in(&b, 9) && flag_at(&b, CAR_FLAG, 5, 4));
        board_close(&b);
    }
}
END_TEST

START_TEST(a_car_about_to_leave_the_column_still_hits)
{
    board b;
    open_with_traffic(&b);
    park(&b);
    *car_in(&b, 5) = (freeway_car){4, 0, 2, 1};
    game_of(&b)->y = 6;
    game_of(&b)->move_wait = 0;
    act(&b, UP);
    ck_assert(chicken_is_in(&b, 9) && flag_at(&b, CAR_FLAG, 5, 5));
    board_close(&b);
}
END_TEST

START_TEST(an_episode_has_2501_steps)
{
    board b;
    open_with_traffic(&b);
    for (int step = 1; step <= 2501; step++) {
        ck_assert(!is_over(&b));
        act(&b, NOTHING);
    }
    ck_assert(is_over(&b));
    ck_assert_int_eq(act(&b, UP), 0); /* and nothing after them */
    ck_assert_int_eq(game_of(&b)->end_wait, -1);
    board_close(&b);
}
END_TEST

START_TEST(a_crossing_on_the_last_step_counts)
{
    board b;
    open_with_traffic(&b);
    game_of(&b)->end_wait = 0;
    game_of(&b)->y = 1;
    game_of(&b)->move_wait = 0;
    ck_assert_int_eq(act(&b, UP), 1);
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_reset_draws_eight_speeds_and_then_eight_directions,
        a_car_of_speed_number_k_moves_every_k_plus_1_steps,
        the_chicken_moves_first_on_step_4_and_then_every_third_step,
        going_down_at_the_bottom_uses_up_the_move,
        a_crossing_pays_1_and_draws_the_traffic_anew,
        a_car_moves_k_steps_after_a_crossing,
        walking_into_a_car_takes_the_chicken_back_without_cost,
        a_car_that_drives_into_the_chicken_takes_it_back,
        a_car_about_to_leave_the_column_still_hits,
        an_episode_has_2501_steps,
        a_crossing_on_the_last_step_counts,
    };
    return run_tests("minatar freeway", tests, sizeof tests / sizeof tests[0]);
}
