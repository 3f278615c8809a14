/* test_envs_minatar_space_invaders.c: the rules of Space Invaders one by one, in moments set up by
   hand. */
#include "envs/minatar_space_invaders.c"

#include "minatar_board.h"

enum { CANNON_FLAG, ALIEN_FLAG, LEFT_FLAG, RIGHT_FLAG, BULLET_FLAG, ENEMY_BULLET_FLAG };

static const char world[] = "MinAtar/SpaceInvaders-v0:sticky=0";

static minatar_game *game_of(board *b)
{
    return &b->played.env->now.game;
}

/* Opens a game in which nobody moves or shoots for a while, the aliens being those of one row. */
static minatar_game *open_with_row(board *b, int row, unsigned aliens)
{
    memset(b, 0, sizeof *b);
    board_open(b, world);
    minatar_game *game = game_of(b);
    memset(game->aliens, 0, sizeof game->aliens);
    game->aliens[row] = (uint16_t)aliens;
    game->move_wait = SLOWEST;
    game->alien_shot_wait = ALIEN_SHOT_PAUSE;
    return game;
}

START_TEST(a_wave_is_four_rows_of_six_marching_left)
{
    board b = {.n = 0};
    board_open(&b, world);
    ck_assert_int_eq(b.drawn, 0);
    ck_assert_int_eq(flags_of(&b, ALIEN_FLAG), 24);
    ck_assert_int_eq(flags_of(&b, LEFT_FLAG), 24);
    ck_assert_int_eq(flags_of(&b, RIGHT_FLAG), 0);
    ck_assert(flag_at(&b, ALIEN_FLAG, 0, 2) && flag_at(&b, ALIEN_FLAG, 3, 7));
    ck_assert(flag_at(&b, CANNON_FLAG, 9, 5) && flags_of(&b, CANNON_FLAG) == 1);
    board_close(&b);
}
END_TEST

START_TEST(aliens_march_on_step_13_and_then_every_12_steps)
{
    board b = {.n = 0};
    board_open(&b, world);
    for (int step = 1; step <= 30; step++) {
        memset(game_of(&b)->enemy_bullets, 0, sizeof game_of(&b)->enemy_bullets);
        act(&b, NOTHING);
        ck_assert_int_eq(b.drawn, 1);
        ck_assert(flag_at(&b, LEFT_FLAG, 0, step < 13 ? 2 : step < 25 ? 1 : 0));
    }
    board_close(&b);
}
END_TEST

START_TEST(few_aliens_march_as_often_as_they_are_many)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, 1u << 9 | 1u << 8 | 1u << 7);
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert_int_eq(game->move_wait, 2);
    act_times(&b, NOTHING, 3);
    ck_assert_int_eq(game->aliens[2], 7u << 5);
    game->aliens[2] = 1u << 7; /* one alone, every step */
    game->move_wait = 0;
    for (int step = 1; step <= 4; step++) {
        act(&b, NOTHING);
        ck_assert_int_eq(game->aliens[2], 1u << (7 - step));
    }
    board_close(&b);
}
END_TEST

START_TEST(how_many_there_are_is_counted_before_the_hits_of_the_step)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, 1u << 7 | 1u << 6);
    game->move_wait = 0;
    game->bullets[3] = 1u << 6;
    ck_assert_int_eq(act(&b, NOTHING), 1); /* the one that marched to column 6 */
    ck_assert_int_eq(game->move_wait, 1);
    board_close(&b);
}
END_TEST

START_TEST(at_an_edge_they_turn_and_come_down)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, 1u << 0 | 1u << 4);
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert(flag_at(&b, RIGHT_FLAG, 3, 0) && flag_at(&b, RIGHT_FLAG, 3, 4));
    ck_assert_int_eq(flags_of(&b, ALIEN_FLAG), 2);
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert(flag_at(&b, RIGHT_FLAG, 3, 1) && flag_at(&b, RIGHT_FLAG, 3, 5));
    game->aliens[3] = 1u << 9;
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert(flag_at(&b, LEFT_FLAG, 4, 9));
    board_close(&b);
}
END_TEST

START_TEST(aliens_that_come_down_from_the_ground_end_the_episode_and_wrap)
{
    board b;
    minatar_game *game = open_with_row(&b, 9, 1u << 0);
    game->aliens[1] = 1u << 3;
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert(is_over(&b));
    ck_assert(flag_at(&b, ALIEN_FLAG, 0, 0) && flag_at(&b, ALIEN_FLAG, 2, 3));
    board_close(&b);
}
END_TEST

START_TEST(aliens_may_reach_the_ground_beside_the_cannon)
{
    board b;
    minatar_game *game = open_with_row(&b, 8, 1u << 0);
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert(!is_over(&b) && flag_at(&b, ALIEN_FLAG, 9, 0));
    board_close(&b);
}
END_TEST

START_TEST(an_alien_at_the_cannon_ends_the_episode_whoever_moved)
{
    board b;
    minatar_game *game = open_with_row(&b, 9, 1u << 4);
    act(&b, LEFT); /* into it */
    ck_assert(is_over(&b));
    board_close(&b);
    game = open_with_row(&b, 9, 1u << 6);
    game->move_wait = 0;
    act(&b, NOTHING); /* it marches in */
    ck_assert(is_over(&b));
    board_close(&b);
    game = open_with_row(&b, 8, 1u << 0);
    game->x = 0;
    game->move_wait = 0;
    act(&b, NOTHING); /* it comes down */
    ck_assert(is_over(&b));
    board_close(&b);
    game = open_with_row(&b, 9, 1u << 4);
    game->move_wait = 0;
    act(&b, LEFT); /* into it, though it marches on in the same step */
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(aliens_shoot_on_step_11_and_then_every_10_steps)
{
    board b = {.n = 0};
    board_open(&b, world);
    for (int step = 1; step <= 32; step++) {
        memset(game_of(&b)->enemy_bullets, 0, sizeof game_of(&b)->enemy_bullets);
        act(&b, NOTHING);
        ck_assert_int_eq(flags_of(&b, ENEMY_BULLET_FLAG), step > 1 && step % 10 == 1);
    }
    board_close(&b);
}
END_TEST

/* Where the shot of aliens in some columns of row 2 comes from; column 7 has one in row 4 too. */
static int shooter(unsigned columns, int cannon)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, columns);
    game->aliens[4] = (uint16_t)(columns & 1u << 7);
    game->x = cannon;
    game->alien_shot_wait = 0;
    act(&b, NOTHING);
    int cell = -1;
    for (int i = 0; i < 100; i++) {
        cell = flag_at(&b, ENEMY_BULLET_FLAG, i / 10, i % 10) ? i : cell;
    }
    ck_assert_int_eq(flags_of(&b, ENEMY_BULLET_FLAG), 1);
    ck_assert_int_eq(game->alien_shot_wait, 9);
    board_close(&b);
    return cell;
}

START_TEST(the_lowest_alien_of_the_nearest_column_shoots_and_of_two_the_left_one)
{
    ck_assert_int_eq(shooter(1u << 5 | 1u << 6, 5), 25);
    ck_assert_int_eq(shooter(1u << 3 | 1u << 7, 5), 23);
    ck_assert_int_eq(shooter(1u << 2 | 1u << 7, 5), 47);
    ck_assert_int_eq(shooter(1u << 9, 0), 29);
    ck_assert_int_eq(shooter(1u << 0, 9), 20);
    ck_assert_int_eq(shooter(1u << 2 | 1u << 7, 9), 47);
}
END_TEST

START_TEST(an_alien_shot_falls_one_row_a_step_and_ends_the_episode_at_the_cannon)
{
    board b;
    minatar_game *game = open_with_row(&b, 0, 1u << 5);
    game->enemy_bullets[7] = 1u << 5 | 1u << 6;
    act(&b, NOTHING);
    ck_assert(flag_at(&b, ENEMY_BULLET_FLAG, 8, 5) && !is_over(&b));
    act(&b, LEFT);
    ck_assert(flag_at(&b, ENEMY_BULLET_FLAG, 9, 5) && !is_over(&b));
    act(&b, RIGHT); /* it is gone before the cannon is there */
    ck_assert(flags_of(&b, ENEMY_BULLET_FLAG) == 0 && !is_over(&b));
    game->enemy_bullets[8] = 1u << 6;
    act(&b, RIGHT); /* into it */
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(a_shot_is_in_row_8_at_the_end_of_its_step_and_the_next_5_steps_later)
{
    board b;
    open_with_row(&b, 0, 1u << 0);
    act(&b, FIRE);
    ck_assert(flag_at(&b, BULLET_FLAG, 8, 5));
    act_times(&b, FIRE, 4);
    ck_assert_int_eq(flags_of(&b, BULLET_FLAG), 1);
    act(&b, FIRE);
    ck_assert(flag_at(&b, BULLET_FLAG, 3, 5) && flag_at(&b, BULLET_FLAG, 8, 5));
    act_times(&b, NOTHING, 4);
    ck_assert_int_eq(flags_of(&b, BULLET_FLAG), 1); /* the first left at the top */
    board_close(&b);
}
END_TEST

START_TEST(every_hit_of_a_step_pays_1)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, 1u << 1 | 1u << 2 | 1u << 3);
    game->bullets[3] = 1u << 1 | 1u << 3 | 1u << 8;
    ck_assert_int_eq(act(&b, NOTHING), 2);
    ck_assert_int_eq(flags_of(&b, ALIEN_FLAG), 1);
    ck_assert(flags_of(&b, BULLET_FLAG) == 1 && flag_at(&b, BULLET_FLAG, 2, 8));
    board_close(&b);
}
END_TEST

START_TEST(a_bullet_and_an_alien_that_swap_rows_pass_each_other)
{
    board b;
    minatar_game *game = open_with_row(&b, 4, 1u << 0);
    game->move_wait = 0;
    game->bullets[5] = 1u << 0;
    ck_assert_int_eq(act(&b, NOTHING), 0);
    ck_assert(flag_at(&b, ALIEN_FLAG, 5, 0) && flag_at(&b, BULLET_FLAG, 4, 0));
    board_close(&b);
}
END_TEST

START_TEST(points_of_the_step_that_ends_the_episode_count)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, 1u << 1 | 1u << 2);
    game->bullets[3] = 1u << 1;
    game->enemy_bullets[8] = 1u << 5;
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert(is_over(&b));
    board_close(&b);
}
END_TEST

START_TEST(a_new_wave_keeps_direction_countdowns_and_bullets)
{
    board b;
    minatar_game *game = open_with_row(&b, 2, 1u << 1);
    game->direction = TO_RIGHT;
    game->bullets[3] = 1u << 1 | 1u << 8;
    game->enemy_bullets[4] = 1u << 8;
    game->move_wait = 1;
    game->alien_shot_wait = 4;
    ck_assert_int_eq(act(&b, NOTHING), 1);
    ck_assert_int_eq(flags_of(&b, RIGHT_FLAG), 24);
    ck_assert(flag_at(&b, BULLET_FLAG, 2, 8) && flag_at(&b, ENEMY_BULLET_FLAG, 5, 8));
    ck_assert_int_eq(game->alien_shot_wait, 3);
    act(&b, NOTHING); /* and marches at once */
    ck_assert(flag_at(&b, RIGHT_FLAG, 0, 3) && flag_at(&b, RIGHT_FLAG, 3, 8));
    board_close(&b);
}
END_TEST

/* Shoots wave after wave; `ramps` of them come faster than the one before. */
static void expect_waves(const char *id, int ramps)
{
    board b = {.n = 0};
    board_open(&b, id);
    minatar_game *game = game_of(&b);
    for (int wave = 1; wave <= 9; wave++) {
        memset(game->aliens, 0, sizeof game->aliens);
        game->aliens[2] = game->bullets[3] = 1u << 1;
        game->move_wait = 5;
        game->alien_shot_wait = 5;
        ck_assert_int_eq(act(&b, NOTHING), 1);
        const int level = wave < ramps ? wave : ramps;
        ck_assert_int_eq(game->interval, 12 - level);
        ck_assert_int_eq((int)b.played.info[0], level);
        ck_assert_int_eq(flags_of(&b, ALIEN_FLAG), 24);
    }
    game->move_wait = 0;
    act(&b, NOTHING);
    ck_assert_int_eq(game->move_wait, 11 - ramps);
    board_close(&b);
}

START_TEST(six_waves_come_faster_than_the_one_before)
{
    expect_waves(world, 6);
}
END_TEST

START_TEST(without_ramping_no_wave_does)
{
    expect_waves("MinAtar/SpaceInvaders-v0:sticky=0,ramping=0", 0);
}
END_TEST

START_TEST(the_cannon_stays_on_the_board)
{
    board b;
    open_with_row(&b, 0, 1u << 9);
    act_times(&b, LEFT, 7);
    ck_assert(flag_at(&b, CANNON_FLAG, 9, 0));
    game_of(&b)->x = 8;
    act_times(&b, RIGHT, 3);
    ck_assert(flag_at(&b, CANNON_FLAG, 9, 9));
    board_close(&b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_wave_is_four_rows_of_six_marching_left,
        aliens_march_on_step_13_and_then_every_12_steps,
        few_aliens_march_as_often_as_they_are_many,
        how_many_there_are_is_counted_before_the_hits_of_the_step,
        at_an_edge_they_turn_and_come_down,
        aliens_that_come_down_from_the_ground_end_the_episode_and_wrap,
        aliens_may_reach_the_ground_beside_the_cannon,
        an_alien_at_the_cannon_ends_the_episode_whoever_moved,
        aliens_shoot_on_step_11_and_then_every_10_steps,
        the_lowest_alien_of_the_nearest_column_shoots_and_of_two_the_left_one,
        an_alien_shot_falls_one_row_a_step_and_ends_the_episode_at_the_cannon,
        a_shot_is_in_row_8_at_the_end_of_its_step_and_the_next_5_steps_later,
        every_hit_of_a_step_pays_1,
        a_bullet_and_an_alien_that_swap_rows_pass_each_other,
        points_of_the_step_that_ends_the_episode_count,
        a_new_wave_keeps_direction_countdowns_and_bullets,
        six_waves_come_faster_than_the_one_before,
        without_ramping_no_wave_does,
        the_cannon_stays_on_the_board,
    };
    return run_tests("minatar space invaders", tests, sizeof tests / sizeof tests[0]);
}
