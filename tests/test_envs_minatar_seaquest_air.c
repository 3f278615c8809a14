/* test_envs_minatar_seaquest_air.c: the rules of Seaquest about divers, air and difficulty, in
   moments set up by hand. */
#include "minatar_sea.h"

/* --- divers --- */

START_TEST(a_diver_is_picked_up_whoever_moved)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->swimmers, rester(4, 4, 1));
    ck_assert_int_eq(act(&b, LEFT), 0);
    ck_assert(game->divers == 1 && flags_of(&b, DIVER_FLAG) == 0);
    ck_assert(flag_at(&b, RESCUED_FLAG, 9, 8) && flags_of(&b, RESCUED_FLAG) == 1);
    add_thing(&game->swimmers, mover(5, 4, -1));
    act(&b, NOTHING);
    ck_assert(game->divers == 2 && flag_at(&b, RESCUED_FLAG, 9, 7));
    board_close(&b);
}
END_TEST

START_TEST(a_seventh_diver_swims_on)
{
    board b;
    minatar_game *game = open_calm(&b);
    game->divers = 6;
    add_thing(&game->swimmers, mover(5, 4, -1)); /* stands at the player and moves on */
    add_thing(&game->swimmers, mover(6, 4, -1)); /* comes to the player */
    act(&b, NOTHING);
    ck_assert(game->divers == 6 && flag_at(&b, DIVER_FLAG, 4, 4) && flag_at(&b, DIVER_FLAG, 4, 5));
    ck_assert(flags_of(&b, RESCUED_FLAG) == 6 && flag_at(&b, RESCUED_FLAG, 9, 3));
    board_close(&b);
}
END_TEST

START_TEST(the_younger_of_two_divers_is_picked_up_first)
{
    board b;
    minatar_game *game = open_calm(&b);
    game->divers = 5;
    add_thing(&game->swimmers, (seaquest_thing){5, 4, 1, 50, 0});
    add_thing(&game->swimmers, (seaquest_thing){5, 4, 1, 60, 0});
    act(&b, NOTHING);
    ck_assert(game->divers == 6 && game->swimmers.n == 1);
    ck_assert_int_eq(game->swimmers.at[0].move_wait, 49);
    board_close(&b);
}
END_TEST

/* --- air --- */

START_TEST(air_lasts_for_200_steps_under_water)
{
    board b = {.n = 0};
    board_open(&b, world);
    minatar_game *game = game_of(&b);
    act(&b, NOTHING);
    ck_assert_int_eq(game->oxygen, 200); /* none is used at the surface */
    for (int step = 1; step <= 200; step++) {
        game->spawn_wait = game->diver_wait = 1000;
        act(&b, step == 1 ? DOWN : NOTHING);
        ck_assert(!is_over(&b));
        ck_assert_int_eq(flags_of(&b, OXYGEN_FLAG), (200 - step) / 20);
    }
    ck_assert_int_eq(flags_of(&b, OXYGEN_FLAG), 0);
    act(&b, NOTHING);
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

/* Comes up with some divers and some oxygen left; returns the points. */
static int come_up(board *b, int divers, int oxygen)
{
    minatar_game *game = open_calm(b);
    game->y = 1;
    game->divers = divers;
    game->oxygen = oxygen;
    return act(b, UP);
}

START_TEST(coming_up_without_divers_is_the_end)
{
    board b;
    come_up(&b, 0, 100);
    ck_assert(is_over(&b));
    ck_assert_int_eq(game_of(&b)->oxygen, 100);
    board_close(&b);
}
END_TEST

START_TEST(coming_up_costs_a_diver_and_fills_up_the_air)
{
    board b;
    ck_assert_int_eq(come_up(&b, 5, 100), 0);
    ck_assert(!is_over(&b));
    ck_assert_int_eq(game_of(&b)->divers, 4);
    ck_assert_int_eq(game_of(&b)->oxygen, 200);
    act_times(&b, NOTHING, 3); /* staying up costs nothing more */
    ck_assert_int_eq(game_of(&b)->divers, 4);
    board_close(&b);
}
END_TEST

START_TEST(six_divers_pay_the_gauge_and_leave_a_debt_of_one)
{
    static const int cases[][2] = {{200, 10}, {199, 9}, {100, 5}, {20, 1}, {19, 0}, {1, 0}};
    for (int i = 0; i < 6; i++) {
        board b;
        ck_assert_int_eq(come_up(&b, 6, cases[i][0]), cases[i][1]);
        ck_assert(!is_over(&b));
        ck_assert_int_eq(game_of(&b)->divers, -1);
        ck_assert_int_eq(flags_of(&b, RESCUED_FLAG), 0);
        ck_assert_int_eq(flags_of(&b, OXYGEN_FLAG), 10);
        board_close(&b);
    }
}
END_TEST

START_TEST(with_a_debt_of_divers_the_player_comes_up_at_will)
{
    board b;
    come_up(&b, -1, 50);
    ck_assert(!is_over(&b));
    ck_assert_int_eq(game_of(&b)->divers, -2);
    act(&b, DOWN);
    act(&b, UP);
    ck_assert(!is_over(&b));
    ck_assert_int_eq(game_of(&b)->divers, -3);
    ck_assert_int_eq(flags_of(&b, RESCUED_FLAG), 0);
    act(&b, DOWN);
    for (int i = 0; i < 3; i++) { /* paid back, coming up is fatal again */
        add_thing(&game_of(&b)->swimmers, rester(5, 1, 1));
    }
    act(&b, NOTHING);
    ck_assert_int_eq(game_of(&b)->divers, 0);
    act(&b, UP);
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(coming_up_on_the_last_breath_is_too_late_but_still_carried_out)
{
    board b;
    ck_assert_int_eq(come_up(&b, 6, 0), 0);
    ck_assert(is_over(&b));
    ck_assert_int_eq(game_of(&b)->divers, -1);
    ck_assert_int_eq(game_of(&b)->oxygen, 200);
    board_close(&b);
}
END_TEST

/* --- difficulty --- */

/* Dives and comes up again and again; the first `ramps` times make it harder. */
static void expect_ramps(const char *id, int ramps)
{
    board b = {.n = 0};
    board_open(&b, id);
    minatar_game *game = game_of(&b);
    game->divers = 2;
    for (int up = 1; up <= 25; up++) {
        game->spawn_wait = game->diver_wait = 1000;
        game->divers += 1; /* 3, then the same again */
        act(&b, DOWN);
        act(&b, UP);
        const int k = up < ramps ? up : ramps;
        ck_assert_int_eq(game->spawn_interval, k < 19 ? 20 - k : 1);
        ck_assert_int_eq(game->move_interval, k < 6 ? 5 - k / 2 : ramps ? 2 : 5);
        ck_assert_int_eq((int)b.played.info[0], k);
    }
    board_close(&b);
}

START_TEST(coming_up_makes_it_harder_nineteen_times)
{
    expect_ramps(world, 19);
}
END_TEST

START_TEST(without_ramping_it_never_gets_harder)
{
    expect_ramps("MinAtar/Seaquest-v0:sticky=0,ramping=0", 0);
}
END_TEST

START_TEST(at_the_hardest_an_enemy_comes_every_step_and_moves_every_third)
{
    board b;
    minatar_game *game = open_calm(&b);
    game->y = 0;
    game->at_surface = 1;
    game->spawn_interval = 1;
    game->move_interval = 2;
    game->spawn_wait = 0;
    for (int step = 0; step < 200; step++) { /* all in row 1, from the left */
        game->diver_wait = 1000;
        DECIDE(&b, 0.1, 0.1, 1);
        act(&b, NOTHING);
        ck_assert_int_eq(b.drawn, 4);
        ck_assert_int_eq(game->submarines.n, step < 29 ? step + 1 : 29);
        ck_assert_int_lt(game->enemy_bullets.n, ROOM);
    }
    board_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_diver_is_picked_up_whoever_moved,
        a_seventh_diver_swims_on,
        the_younger_of_two_divers_is_picked_up_first,
        air_lasts_for_200_steps_under_water,
        coming_up_without_divers_is_the_end,
        coming_up_costs_a_diver_and_fills_up_the_air,
        six_divers_pay_the_gauge_and_leave_a_debt_of_one,
        with_a_debt_of_divers_the_player_comes_up_at_will,
        coming_up_on_the_last_breath_is_too_late_but_still_carried_out,
        coming_up_makes_it_harder_nineteen_times,
        without_ramping_it_never_gets_harder,
        at_the_hardest_an_enemy_comes_every_step_and_moves_every_third,
    };
    return run_tests("minatar seaquest air", tests, sizeof tests / sizeof tests[0]);
}
