/* test_envs_minatar_breakout.c: the rules of Breakout one by one, in moments set up by hand. */
#include "envs/minatar_breakout.c"

#include "minatar_board.h"

enum { PADDLE_FLAG, BALL_FLAG, TRAIL_FLAG, BRICK_FLAG };

static const char world[] = "MinAtar/Breakout-v0:sticky=0";

static minatar_game *game_of(board *b)
{
    return &b->played.env->now.game;
}

static void put_ball(board *b, int x, int y, int direction)
{
    minatar_game *game = game_of(b);
    game->x = x;
    game->y = y;
    game->direction = direction;
}

static int ball_is_at(const board *b, int row, int column)
{
    return flags_of(b, BALL_FLAG) == 1 && flag_at(b, BALL_FLAG, row, column);
}

START_TEST(the_ball_comes_from_the_side_that_is_drawn)
{
    for (int side = 0; side < 2; side++) {
        board b = {.n = 0};
        board_decide(&b, (const double[]){side}, 1);
        board_open(&b, world);
        ck_assert_int_eq(b.drawn, 1);
        ck_assert(ball_is_at(&b, 3, side ? 9 : 0));
        ck_assert(flag_at(&b, TRAIL_FLAG, 3, side ? 9 : 0));
        ck_assert(flag_at(&b, PADDLE_FLAG, 9, 4) && flags_of(&b, PADDLE_FLAG) == 1);
        ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 30);
        ck_assert(flag_at(&b, BRICK_FLAG, 1, 0) && flag_at(&b, BRICK_FLAG, 3, 9));
        act(&b, NOTHING);
        ck_assert(ball_is_at(&b, 4, side ? 8 : 1));
        ck_assert(flag_at(&b, TRAIL_FLAG, 3, side ? 9 : 0) && flags_of(&b, TRAIL_FLAG) == 1);
        board_close(&b);
    }
}
END_TEST

START_TEST(the_paddle_stays_on_the_board)
{
    board b = {.n = 0};
    board_open(&b, world);
    for (int i = 0; i < 12; i++) {
        put_ball(&b, 5, 5, DOWN_LEFT);
        act(&b, LEFT);
    }
    ck_assert(flag_at(&b, PADDLE_FLAG, 9, 0));
    for (int i = 0; i < 12; i++) {
        put_ball(&b, 5, 5, DOWN_LEFT);
        act(&b, RIGHT);
    }
    ck_assert(flag_at(&b, PADDLE_FLAG, 9, 9));
    board_close(&b);
}
END_TEST

START_TEST(at_a_side_wall_the_ball_stays_in_its_column)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 0, 5, DOWN_LEFT);
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 6, 0));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 7, 1));
    put_ball(&b, 9, 7, UP_RIGHT);
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 6, 9));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 5, 8));
    board_close(&b);
}
END_TEST

START_TEST(at_the_ceiling_the_ball_stays_in_its_row_and_changes_its_column)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 4, 0, UP_RIGHT);
    game_of(&b)->bricks = 0;
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 0, 5));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 1, 6));
    put_ball(&b, 0, 0, UP_LEFT); /* and the wall in the same step */
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 0, 0));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 1, 1));
    board_close(&b);
}
END_TEST

START_TEST(a_brick_breaks_for_1_and_turns_the_ball_back)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 4, 4, UP_RIGHT);
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert(ball_is_at(&b, 4, 5));
    ck_assert(!flag_at(&b, BRICK_FLAG, 3, 5) && flags_of(&b, BRICK_FLAG) == 29);
    ck_assert_int_eq(act(&b, NOTHING), 0);
    ck_assert(ball_is_at(&b, 5, 6));
    board_close(&b);
}
END_TEST

START_TEST(a_brick_beside_the_wall_is_met_in_the_column_of_the_ball)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 9, 4, UP_RIGHT);
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert(ball_is_at(&b, 4, 9) && !flag_at(&b, BRICK_FLAG, 3, 9));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 5, 8)); /* turned twice */
    board_close(&b);
}
END_TEST

START_TEST(right_after_a_brick_the_ball_flies_through_others_until_it_meets_none)
{
    board b = {.n = 0};
    board_open(&b, world);
    game_of(&b)->bricks = ALL_BRICKS & ~brick_at(4, 2); /* the ball is in a gap */
    put_ball(&b, 4, 2, UP_RIGHT);
    ck_assert_int_eq(act(&b, NOTHING), 1); /* breaks (1, 5), back down in row 2 */
    ck_assert(!flag_at(&b, BRICK_FLAG, 1, 5) && ball_is_at(&b, 2, 5));
    ck_assert_int_eq(act(&b, NOTHING), 0); /* through (3, 6), which stays */
    ck_assert(ball_is_at(&b, 3, 6) && flag_at(&b, BRICK_FLAG, 3, 6));
    ck_assert_int_eq(act(&b, NOTHING), 0); /* (4, 7) holds none */
    put_ball(&b, 7, 4, UP_RIGHT);
    ck_assert_int_eq(act(&b, NOTHING), 1); /* so the next breaks */
    ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 27);
    board_close(&b);
}
END_TEST

START_TEST(the_paddle_below_the_column_left_turns_the_ball_up)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 4, 8, DOWN_RIGHT);
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 8, 5) && !is_over(&b));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 7, 6));
    board_close(&b);
}
END_TEST

START_TEST(the_paddle_below_the_column_entered_sends_the_ball_back)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 4, 8, DOWN_RIGHT);
    act(&b, RIGHT);
    ck_assert(ball_is_at(&b, 8, 5) && !is_over(&b));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 7, 4));
    board_close(&b);
}
END_TEST

START_TEST(at_wall_and_paddle_at_once_the_ball_is_turned_twice)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 0, 8, DOWN_LEFT);
    game_of(&b)->paddle = 0;
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 8, 0) && !is_over(&b));
    act(&b, NOTHING);
    ck_assert(ball_is_at(&b, 7, 1));
    board_close(&b);
}
END_TEST

START_TEST(a_ball_past_the_paddle_ends_the_episode)
{
    board b = {.n = 0};
    board_open(&b, world);
    put_ball(&b, 6, 8, DOWN_RIGHT);
    ck_assert_int_eq(act(&b, NOTHING), 0);
    ck_assert(is_over(&b) && ball_is_at(&b, 9, 7) && flag_at(&b, TRAIL_FLAG, 8, 6));
    ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 30);
    board_close(&b);
}
END_TEST

START_TEST(bricks_come_back_when_the_ball_reaches_the_bottom_caught_or_lost)
{
    for (int lost = 0; lost < 2; lost++) {
        board b = {.n = 0};
        board_open(&b, world);
        game_of(&b)->bricks = brick_at(5, 3);
        put_ball(&b, 4, 4, UP_RIGHT);
        ck_assert_int_eq(act(&b, NOTHING), 1);
        ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 0);
        put_ball(&b, 3, 7, DOWN_RIGHT);
        act(&b, NOTHING);
        ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 0);
        game_of(&b)->paddle = lost ? 9 : 4;
        act(&b, NOTHING);
        ck_assert_int_eq(is_over(&b), lost);
        ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 30);
        board_close(&b);
    }
}
END_TEST

START_TEST(one_brick_left_is_enough_to_keep_the_others_away)
{
    board b = {.n = 0};
    board_open(&b, world);
    game_of(&b)->bricks = brick_at(0, 1);
    put_ball(&b, 4, 8, DOWN_RIGHT);
    act(&b, NOTHING);
    ck_assert_int_eq(flags_of(&b, BRICK_FLAG), 1);
    board_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_ball_comes_from_the_side_that_is_drawn,
        the_paddle_stays_on_the_board,
        at_a_side_wall_the_ball_stays_in_its_column,
        at_the_ceiling_the_ball_stays_in_its_row_and_changes_its_column,
        a_brick_breaks_for_1_and_turns_the_ball_back,
        a_brick_beside_the_wall_is_met_in_the_column_of_the_ball,
        right_after_a_brick_the_ball_flies_through_others_until_it_meets_none,
        the_paddle_below_the_column_left_turns_the_ball_up,
        the_paddle_below_the_column_entered_sends_the_ball_back,
        at_wall_and_paddle_at_once_the_ball_is_turned_twice,
        a_ball_past_the_paddle_ends_the_episode,
        bricks_come_back_when_the_ball_reaches_the_bottom_caught_or_lost,
        one_brick_left_is_enough_to_keep_the_others_away,
    };
    return run_tests("minatar breakout", tests, sizeof tests / sizeof tests[0]);
}
