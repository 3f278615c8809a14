/* test_envs_minatar_seaquest.c: the rules of Seaquest about who moves, shoots and meets
   whom, in moments set up by hand. */
#include "minatar_sea.h"

/* --- reset, player --- */

START_TEST(an_episode_begins_at_the_surface_facing_left)
{
    board b = {.n = 0};
    board_open(&b, world);
    ck_assert_int_eq(b.drawn, 0);
    ck_assert(flag_at(&b, FRONT_FLAG, 0, 5) && flag_at(&b, BACK_FLAG, 0, 6));
    ck_assert_int_eq(flags_of(&b, OXYGEN_FLAG), 10);
    ck_assert_int_eq(flags_of(&b, RESCUED_FLAG), 0);
    board_close(&b);
}
END_TEST

START_TEST(the_player_stays_between_surface_and_row_8)
{
    board b;
    minatar_game *game = open_calm(&b);
    act_times(&b, DOWN, 9);
    act_times(&b, RIGHT, 9);
    ck_assert(flag_at(&b, FRONT_FLAG, 8, 9) && flag_at(&b, BACK_FLAG, 8, 8));
    act_times(&b, LEFT, 12);
    ck_assert(flag_at(&b, FRONT_FLAG, 8, 0) && flag_at(&b, BACK_FLAG, 8, 1));
    game->divers = 1;
    act_times(&b, UP, 10);
    ck_assert(flag_at(&b, FRONT_FLAG, 0, 0) && !is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(a_shot_is_one_column_ahead_at_once_and_the_next_5_steps_later)
{
    board b;
    open_calm(&b);
    act(&b, FIRE);
    ck_assert(flag_at(&b, BULLET_FLAG, 4, 4));
    act_times(&b, FIRE, 4);
    ck_assert(flags_of(&b, BULLET_FLAG) == 1 && flag_at(&b, BULLET_FLAG, 4, 0));
    act(&b, RIGHT); /* the bullet leaves the board */
    ck_assert_int_eq(flags_of(&b, BULLET_FLAG), 0);
    act(&b, FIRE);
    ck_assert(flag_at(&b, BULLET_FLAG, 4, 7)); /* the player stands in column 6 and faces right */
    ck_assert_int_eq(flags_of(&b, TRAIL_FLAG), 0);
    board_close(&b);
}
END_TEST

START_TEST(the_player_fires_every_5_steps)
{
    board b;
    open_calm(&b);
    for (int step = 0; step < 16; step++) {
        game_of(&b)->bullets.n = 0;
        act(&b, FIRE);
        ck_assert_int_eq(flags_of(&b, BULLET_FLAG), step % 5 == 0);
    }
    board_close(&b);
}
END_TEST

/* --- what comes --- */

START_TEST(enemies_come_on_step_21_and_every_20_divers_on_step_31_and_every_30)
{
    board b = {.n = 0};
    board_open(&b, world);
    for (int step = 1; step <= 130; step++) {
        game_of(&b)->fish.n = 0;
        act(&b, NOTHING); /* at the surface, where nothing meets the player */
        const int enemy = step > 1 && step % 20 == 1;
        const int diver = step > 1 && step % 30 == 1;
        ck_assert_int_eq(b.drawn, 1 + 3 * enemy + 2 * diver);
    }
    board_close(&b);
}
END_TEST

START_TEST(side_kind_and_row_of_an_enemy_are_drawn_in_this_order)
{
    static const struct {
        double side, kind, row;
        int x, flag;
    } cases[] = {{0.4999, 0.3333, 1, 0, SUBMARINE_FLAG},
                 {0.5, 1.0 / 3.0, 8, 9, FISH_FLAG},
                 {0.9, 0.1, 3, 9, SUBMARINE_FLAG}};
    for (int i = 0; i < 3; i++) {
        board b;
        minatar_game *game = open_calm(&b);
        game->spawn_wait = 0;
        DECIDE(&b, cases[i].side, cases[i].kind, cases[i].row);
        act(&b, NOTHING);
        ck_assert_int_eq(b.drawn, 4);
        ck_assert(flag_at(&b, cases[i].flag, (int)cases[i].row, cases[i].x));
        ck_assert_int_eq(flags_of(&b, TRAIL_FLAG), 0);
        board_close(&b);
    }
}
END_TEST

START_TEST(an_enemy_and_a_diver_of_one_step_are_drawn_in_this_order)
{
    board b;
    minatar_game *game = open_calm(&b);
    game->spawn_wait = game->diver_wait = 0;
    DECIDE(&b, 0.1, 0.9, 2, 0.9, 7);
    act(&b, NOTHING);
    ck_assert_int_eq(b.drawn, 6);
    ck_assert(flag_at(&b, FISH_FLAG, 2, 0) && flag_at(&b, DIVER_FLAG, 7, 9));
    board_close(&b);
}
END_TEST

START_TEST(enemies_do_not_come_against_the_traffic_but_use_up_their_draws)
{
    for (int i = 0; i < 4; i++) {
        const int against = i % 2;
        board b;
        minatar_game *game = open_calm(&b);
        add_thing(i < 2 ? &game->fish : &game->submarines, rester(7, 6, against ? -1 : 1));
        add_thing(&game->swimmers, rester(7, 6, -1)); /* divers are no traffic */
        game->spawn_wait = 0;
        DECIDE(&b, 0.1, 0.9, 6);
        act(&b, NOTHING);
        ck_assert_int_eq(flag_at(&b, FISH_FLAG, 6, 0), !against);
        ck_assert_int_eq(game->spawn_wait, 19);
        board_close(&b);
    }
}
END_TEST

START_TEST(divers_come_whatever_the_traffic)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->fish, rester(7, 6, -1));
    game->diver_wait = 0;
    DECIDE(&b, 0.1, 6);
    act(&b, NOTHING);
    ck_assert(flag_at(&b, DIVER_FLAG, 6, 0));
    board_close(&b);
}
END_TEST

/* --- what moves --- */

START_TEST(enemies_and_divers_move_5_steps_after_they_come_and_then_every_6)
{
    board b;
    minatar_game *game = open_calm(&b);
    game->spawn_wait = game->diver_wait = 0;
    DECIDE(&b, 0.1, 0.9, 2, 0.9, 7);
    act(&b, NOTHING);
    for (int step = 1; step <= 30; step++) {
        game->spawn_wait = game->diver_wait = 1000;
        act(&b, NOTHING);
        const int moves = step < 5 ? 0 : 1 + (step - 5) / 6;
        ck_assert(flag_at(&b, FISH_FLAG, 2, moves) && flag_at(&b, DIVER_FLAG, 7, 9 - moves));
        ck_assert_int_eq(flags_of(&b, TRAIL_FLAG), moves > 0 ? 2 : 0);
        ck_assert(moves == 0 || flag_at(&b, TRAIL_FLAG, 2, moves - 1));
    }
    board_close(&b);
}
END_TEST

START_TEST(what_moves_off_the_board_is_gone)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->fish, mover(0, 1, -1));
    add_thing(&game->submarines, mover(9, 2, 1));
    add_thing(&game->swimmers, mover(9, 3, 1));
    add_thing(&game->enemy_bullets, mover(0, 5, -1));
    game->submarines.at[0].shot_wait = 0; /* it may fire, but there is nothing to see of it */
    act(&b, NOTHING);
    for (int flag = TRAIL_FLAG; flag <= SUBMARINE_FLAG; flag++) {
        ck_assert_int_eq(flags_of(&b, flag), 0);
    }
    ck_assert_int_eq(flags_of(&b, DIVER_FLAG), 0);
    ck_assert_int_eq(game->enemy_bullets.n, 0);
    ck_assert(!is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(an_enemy_submarine_shoots_10_steps_after_it_comes_and_then_every_11)
{
    board b;
    minatar_game *game = open_calm(&b);
    game->spawn_wait = 0;
    DECIDE(&b, 0.1, 0.1, 2);
    act(&b, NOTHING);
    for (int step = 1; step <= 35; step++) {
        game->spawn_wait = 1000;
        game->enemy_bullets.n = 0;
        act(&b, NOTHING);
        ck_assert_int_eq(game->enemy_bullets.n, step >= 10 && (step - 10) % 11 == 0);
    }
    board_close(&b);
}
END_TEST

START_TEST(a_shot_of_an_enemy_moves_at_once_and_one_column_a_step)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->submarines, rester(2, 6, 1));
    game->submarines.at[0].shot_wait = 0;
    act(&b, NOTHING);
    ck_assert(flag_at(&b, ENEMY_BULLET_FLAG, 6, 3) && flag_at(&b, SUBMARINE_FLAG, 6, 2));
    act(&b, NOTHING);
    ck_assert(flag_at(&b, ENEMY_BULLET_FLAG, 6, 4));
    ck_assert_int_eq(flags_of(&b, TRAIL_FLAG), 1); /* of the submarine alone */
    board_close(&b);
}
END_TEST

/* --- shooting --- */

START_TEST(a_bullet_hits_fish_before_submarines_and_pays_1)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->submarines, rester(4, 4, -1));
    add_thing(&game->fish, rester(4, 4, -1));
    ck_assert_int_eq(act(&b, FIRE), 1);
    ck_assert(flags_of(&b, FISH_FLAG) == 0 && flags_of(&b, SUBMARINE_FLAG) == 1);
    ck_assert_int_eq(flags_of(&b, BULLET_FLAG), 0);
    game->shot_wait = 0;
    ck_assert_int_eq(act(&b, FIRE), 1);
    ck_assert_int_eq(flags_of(&b, SUBMARINE_FLAG), 0);
    board_close(&b);
}
END_TEST

START_TEST(of_two_fish_in_a_cell_the_older_is_hit)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->fish, rester(1, 1, 1));
    add_thing(&game->fish, (seaquest_thing){4, 4, -1, 50, 0});
    add_thing(&game->fish, (seaquest_thing){4, 4, -1, 60, 0});
    ck_assert_int_eq(act(&b, FIRE), 1);
    ck_assert_int_eq(game->fish.n, 2);
    ck_assert_int_eq(game->fish.at[1].move_wait, 59);
    board_close(&b);
}
END_TEST

START_TEST(an_enemy_that_moves_into_a_bullet_takes_the_oldest_with_it)
{
    for (int submarine = 0; submarine < 2; submarine++) {
        board b;
        minatar_game *game = open_calm(&b);
        add_thing(submarine ? &game->submarines : &game->fish, mover(1, 6, 1));
        add_thing(&game->bullets, mover(1, 6, 1)); /* both are in column 2 when it comes */
        add_thing(&game->bullets, mover(3, 6, -1));
        ck_assert_int_eq(act(&b, NOTHING), 1);
        ck_assert_int_eq(game->fish.n + game->submarines.n, 0);
        ck_assert(game->bullets.n == 1 && game->bullets.at[0].direction == -1);
        board_close(&b);
    }
}
END_TEST

START_TEST(a_submarine_shot_while_moving_may_still_fire)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->submarines, mover(1, 6, 1));
    game->submarines.at[0].shot_wait = 0;
    add_thing(&game->bullets, mover(3, 6, -1));
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert(flags_of(&b, SUBMARINE_FLAG) == 0 && flag_at(&b, ENEMY_BULLET_FLAG, 6, 3));
    board_close(&b);
}
END_TEST

START_TEST(a_submarine_hit_by_a_bullet_that_moves_does_not_fire)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->submarines, rester(2, 6, 1));
    game->submarines.at[0].shot_wait = 0;
    add_thing(&game->bullets, mover(3, 6, -1));
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert_int_eq(game->enemy_bullets.n, 0);
    board_close(&b);
}
END_TEST

START_TEST(a_bullet_meets_a_fish_where_it_stands_or_where_it_goes)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->fish, mover(2, 6, 1));
    add_thing(&game->bullets, mover(3, 6, -1));
    ck_assert_int_eq(act(&b, NOTHING), 1); /* bullets move first, and it stands in column 2 */
    add_thing(&game->fish, mover(2, 6, 1));
    add_thing(&game->bullets, mover(4, 6, -1));
    ck_assert_int_eq(act(&b, NOTHING), 1); /* the fish comes to column 3, where the bullet is */
    ck_assert_int_eq(game->fish.n + game->bullets.n, 0);
    board_close(&b);
}
END_TEST

/* --- the end --- */

START_TEST(an_enemy_in_the_players_cell_ends_the_episode_before_it_moves_or_after)
{
    for (int i = 0; i < 4; i++) {
        board b;
        minatar_game *game = open_calm(&b);
        seaquest_list *list = i < 2 ? &game->fish : &game->submarines;
        /* one that is met moves on in the same step; one comes */
        add_thing(list, i % 2 ? mover(4, 4, 1) : mover(4, 4, -1));
        act(&b, i % 2 ? NOTHING : LEFT);
        ck_assert(is_over(&b));
        ck_assert_int_eq(list->at[0].x, i % 2 ? 5 : 3);
        board_close(&b);
    }
}
END_TEST

START_TEST(a_shot_ends_the_episode_before_it_moves_or_after_and_goes_on)
{
    for (int i = 0; i < 2; i++) {
        board b;
        minatar_game *game = open_calm(&b);
        add_thing(&game->enemy_bullets, mover(4, 4, i ? 1 : -1));
        act(&b, i ? NOTHING : LEFT);
        ck_assert(is_over(&b));
        ck_assert(flag_at(&b, ENEMY_BULLET_FLAG, 4, i ? 5 : 3));
        board_close(&b);
    }
}
END_TEST

START_TEST(points_of_the_step_that_ends_the_episode_count)
{
    board b;
    minatar_game *game = open_calm(&b);
    add_thing(&game->enemy_bullets, mover(4, 4, 1));
    add_thing(&game->fish, mover(1, 6, 1)); /* later in the step */
    add_thing(&game->bullets, mover(3, 6, -1));
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_episode_begins_at_the_surface_facing_left,
        the_player_stays_between_surface_and_row_8,
        a_shot_is_one_column_ahead_at_once_and_the_next_5_steps_later,
        the_player_fires_every_5_steps,
        enemies_come_on_step_21_and_every_20_divers_on_step_31_and_every_30,
        side_kind_and_row_of_an_enemy_are_drawn_in_this_order,
        an_enemy_and_a_diver_of_one_step_are_drawn_in_this_order,
        enemies_do_not_come_against_the_traffic_but_use_up_their_draws,
        divers_come_whatever_the_traffic,
        enemies_and_divers_move_5_steps_after_they_come_and_then_every_6,
        what_moves_off_the_board_is_gone,
        an_enemy_submarine_shoots_10_steps_after_it_comes_and_then_every_11,
        a_shot_of_an_enemy_moves_at_once_and_one_column_a_step,
        a_bullet_hits_fish_before_submarines_and_pays_1,
        of_two_fish_in_a_cell_the_older_is_hit,
        an_enemy_that_moves_into_a_bullet_takes_the_oldest_with_it,
        a_submarine_shot_while_moving_may_still_fire,
        a_submarine_hit_by_a_bullet_that_moves_does_not_fire,
        a_bullet_meets_a_fish_where_it_stands_or_where_it_goes,
        an_enemy_in_the_players_cell_ends_the_episode_before_it_moves_or_after,
        a_shot_ends_the_episode_before_it_moves_or_after_and_goes_on,
        points_of_the_step_that_ends_the_episode_count,
    };
    return run_tests("minatar seaquest", tests, sizeof tests / sizeof tests[0]);
}
