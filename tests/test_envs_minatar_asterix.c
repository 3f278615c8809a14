/* test_envs_minatar_asterix.c: the rules of Asterix one by one, in moments set up by hand. */
#include "envs/minatar_asterix.c"

#include "minatar_board.h"

enum { PLAYER_FLAG, ENEMY_FLAG, TRAIL_FLAG, GOLD_FLAG };

static const char world[] = "MinAtar/Asterix-v0:sticky=0";

static minatar_game *game_of(board *b)
{
    return &b->played.env->now.game;
}

/* Puts a thing into a row of the board. */
static void put(board *b, int row, int kind, int x, int direction)
{
    game_of(b)->things[row - 1] = (asterix_thing){(int8_t)kind, (int8_t)x, (int8_t)direction};
}

static asterix_thing thing_in(board *b, int row)
{
    return game_of(b)->things[row - 1];
}

START_TEST(things_come_on_step_11_and_then_every_10_steps)
{
    board b = {.n = 0};
    board_open(&b, world);
    ck_assert(flag_at(&b, PLAYER_FLAG, 5, 5) && flags_of(&b, ENEMY_FLAG) == 0);
    for (int step = 1; step <= 40; step++) {
        game_of(&b)->things[0].kind = EMPTY; /* where all of them come */
        act(&b, NOTHING);
        ck_assert_int_eq(b.drawn, step % 10 == 1 && step > 1 ? 4 : 1);
    }
    board_close(&b);
}
END_TEST

START_TEST(side_and_kind_are_drawn_before_the_row)
{
    static const struct {
        double side, kind;
        int x, channel;
    } cases[] = {{0.4999, 0.3333, 0, GOLD_FLAG},
                 {0.5, 1.0 / 3.0, 9, ENEMY_FLAG},
                 {0.0, 0.9, 0, ENEMY_FLAG},
                 {0.9, 0.0, 9, GOLD_FLAG}};
    for (int i = 0; i < 4; i++) {
        board b = {.n = 0};
        board_open(&b, world);
        act_times(&b, NOTHING, 10);
        game_of(&b)->move_wait = 3; /* so that it is seen where it comes */
        DECIDE(&b, cases[i].side, cases[i].kind, 2);
        act(&b, NOTHING);
        ck_assert_int_eq(b.drawn, 4);
        ck_assert(flag_at(&b, cases[i].channel, 3, cases[i].x));
        ck_assert_int_eq(flags_of(&b, TRAIL_FLAG), 0); /* off the board */
        board_close(&b);
    }
}
END_TEST

START_TEST(the_row_is_counted_over_the_empty_ones)
{
    board b = {.n = 0};
    board_open(&b, world);
    put(&b, 1, GOLD, 4, 1);
    put(&b, 3, GOLD, 4, 1);
    game_of(&b)->spawn_wait = 0;
    DECIDE(&b, 0.1, 0.1, 5); /* of rows 2, 4, 5, 6, 7, 8 the last */
    act(&b, NOTHING);
    ck_assert(flag_at(&b, GOLD_FLAG, 8, 0));
    board_close(&b);
}
END_TEST

START_TEST(a_full_board_takes_two_draws_and_no_more)
{
    board b = {.n = 0};
    board_open(&b, world);
    for (int row = 1; row <= 8; row++) {
        put(&b, row, GOLD, 2, 1);
    }
    game_of(&b)->spawn_wait = 0;
    DECIDE(&b, 0.1, 0.1);
    act(&b, NOTHING);
    ck_assert_int_eq(b.drawn, 3);
    ck_assert_int_eq(game_of(&b)->spawn_wait, 9);
    ck_assert_int_eq(flags_of(&b, GOLD_FLAG), 8);
    board_close(&b);
}
END_TEST

START_TEST(the_player_stays_in_rows_1_to_8_and_on_the_board)
{
    board b = {.n = 0};
    board_open(&b, world);
    game_of(&b)->spawn_wait = 100;
    act_times(&b, UP, 9);
    act_times(&b, LEFT, 9);
    ck_assert(flag_at(&b, PLAYER_FLAG, 1, 0));
    game_of(&b)->spawn_wait = 100;
    act_times(&b, DOWN, 9);
    act_times(&b, RIGHT, 11);
    ck_assert(flag_at(&b, PLAYER_FLAG, 8, 9));
    board_close(&b);
}
END_TEST

START_TEST(things_move_on_step_6_and_then_every_5_steps_and_leave_the_board)
{
    board b = {.n = 0};
    board_open(&b, world);
    put(&b, 2, ENEMY, 6, 1);
    for (int step = 1; step <= 20; step++) {
        game_of(&b)->spawn_wait = 5;
        act(&b, NOTHING);
        const int moves = (step - 1) / 5;
        ck_assert_int_eq(flag_at(&b, ENEMY_FLAG, 2, moves < 4 ? 6 + moves : 0), moves < 4);
        ck_assert(flag_at(&b, TRAIL_FLAG, 2, 5 + moves));
    }
    act(&b, NOTHING);
    ck_assert_int_eq(flags_of(&b, ENEMY_FLAG) + flags_of(&b, TRAIL_FLAG), 0);
    board_close(&b);
}
END_TEST

START_TEST(a_thing_that_comes_while_things_move_moves_at_once)
{
    board b = {.n = 0};
    board_open(&b, world);
    act_times(&b, NOTHING, 10);
    DECIDE(&b, 0.9, 0.9, 6); /* from the right; step 11 moves too */
    act(&b, NOTHING);
    ck_assert(flag_at(&b, ENEMY_FLAG, 7, 8));
    ck_assert(flag_at(&b, TRAIL_FLAG, 7, 9));
    board_close(&b);
}
END_TEST

START_TEST(gold_is_worth_1_and_gone_whoever_moved)
{
    board b = {.n = 0};
    board_open(&b, world);
    put(&b, 5, GOLD, 6, 1);
    put(&b, 6, GOLD, 6, 1); /* not the player's row */
    ck_assert_int_eq(act(&b, RIGHT), 1);
    ck_assert_int_eq(thing_in(&b, 5).kind, EMPTY);
    put(&b, 5, GOLD, 7, -1);
    game_of(&b)->move_wait = 0;
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert_int_eq(thing_in(&b, 5).kind, EMPTY);
    ck_assert_int_eq(thing_in(&b, 6).kind, GOLD);
    ck_assert(!is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(an_enemy_ends_the_episode_and_stays_whoever_moved)
{
    board b = {.n = 0};
    board_open(&b, world);
    put(&b, 4, ENEMY, 5, 1);
    ck_assert_int_eq(act(&b, UP), 0);
    ck_assert(is_over(&b) && flag_at(&b, ENEMY_FLAG, 4, 5));
    board_reset(&b);
    put(&b, 5, ENEMY, 4, 1);
    game_of(&b)->move_wait = 0;
    act(&b, NOTHING);
    ck_assert(is_over(&b) && flag_at(&b, ENEMY_FLAG, 5, 5) && flag_at(&b, PLAYER_FLAG, 5, 5));
    board_close(&b);
}
END_TEST

START_TEST(swapping_cells_with_an_enemy_is_no_way_past_it)
{
    board b = {.n = 0};
    board_open(&b, world);
    put(&b, 5, ENEMY, 6, -1);
    game_of(&b)->move_wait = 0;
    act(&b, RIGHT);
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(the_end_does_not_cut_the_step_short)
{
    board b = {.n = 0};
    board_open(&b, world);
    put(&b, 5, ENEMY, 6, 1);
    put(&b, 7, ENEMY, 2, 1);
    game_of(&b)->move_wait = 0;
    act(&b, RIGHT);
    ck_assert(is_over(&b));
    ck_assert(flag_at(&b, ENEMY_FLAG, 7, 3)); /* moved all the same */
    ck_assert_int_eq(game_of(&b)->move_wait, 4);
    board_close(&b);
}
END_TEST

/* Plays 1,100 steps without enemies; what is in the way of the next ramp is cleared away. */
static void expect_ramps(const char *id, int ramps)
{
    board b = {.n = 0};
    board_open(&b, id);
    for (int step = 1; step <= 1100; step++) {
        memset(game_of(&b)->things, 0, sizeof game_of(&b)->things);
        act(&b, NOTHING);
        const int k = !ramps ? 0 : step / 102 < 9 ? step / 102 : 9;
        ck_assert_int_eq(game_of(&b)->spawn_interval, k < 9 ? 10 - k : 1);
        ck_assert_int_eq(game_of(&b)->move_interval, k < 8 ? 5 - k / 2 : 1);
        ck_assert_int_eq((int)b.played.info[0], k);
    }
    board_close(&b);
}

START_TEST(it_gets_harder_every_102_steps_nine_times)
{
    expect_ramps(world, 1);
}
END_TEST

START_TEST(without_ramping_it_never_gets_harder)
{
    expect_ramps("MinAtar/Asterix-v0:sticky=0,ramping=0", 0);
}
END_TEST

START_TEST(a_shorter_interval_takes_effect_when_its_countdown_is_set)
{
    board b = {.n = 0};
    board_open(&b, world);
    game_of(&b)->ramp_wait = -1;
    game_of(&b)->spawn_wait = 7;
    act(&b, NOTHING);
    ck_assert_int_eq(game_of(&b)->spawn_interval, 9);
    ck_assert_int_eq(game_of(&b)->spawn_wait, 6);
    board_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        things_come_on_step_11_and_then_every_10_steps,
        side_and_kind_are_drawn_before_the_row,
        the_row_is_counted_over_the_empty_ones,
        a_full_board_takes_two_draws_and_no_more,
        the_player_stays_in_rows_1_to_8_and_on_the_board,
        things_move_on_step_6_and_then_every_5_steps_and_leave_the_board,
        a_thing_that_comes_while_things_move_moves_at_once,
        gold_is_worth_1_and_gone_whoever_moved,
        an_enemy_ends_the_episode_and_stays_whoever_moved,
        swapping_cells_with_an_enemy_is_no_way_past_it,
        the_end_does_not_cut_the_step_short,
        it_gets_harder_every_102_steps_nine_times,
        without_ramping_it_never_gets_harder,
        a_shorter_interval_takes_effect_when_its_countdown_is_set,
    };
    return run_tests("minatar asterix", tests, sizeof tests / sizeof tests[0]);
}
