/* MinAtar/Breakout (Young and Tian 2019): keep a ball in play with a paddle and break bricks. The
   ball moves one cell along a diagonal a step; the bricks are thirty bits. */
#include <stdint.h>

#define MINATAR_CHANNELS 4

enum { BRICK_ROWS = 3, TOP_BRICKS = 1, PADDLE_ROW = 9, ALL_BRICKS = (1 << 30) - 1 };

/* ball directions, clockwise */
enum { UP_LEFT, UP_RIGHT, DOWN_RIGHT, DOWN_LEFT, DIRECTIONS };

typedef struct minatar_game {
    int32_t x, y, direction; /* of the ball */
    int32_t last_x, last_y;  /* where it was */
    int32_t paddle;          /* its column */
    int32_t struck;          /* the ball met a brick in the step before */
    uint32_t bricks;         /* bit 10 r + x: the brick in row r of theirs, column x */
} minatar_game;

#include "minatar.h"

static const minatar_about *game_about(void)
{
    static const minatar_channel channels[MINATAR_CHANNELS] = {
        {"paddle", 0x4FA8FF, 1},
        {"ball", 0xFFFFFF, 5},
        {"trail", 0x8C94A8, 11},
        {"brick", 0xF08A3C, 1},
    };
    static const int32_t minimal[3] = {NOTHING, LEFT, RIGHT};
    static const minatar_about about = {channels, 3, minimal, 0};
    return &about;
}

static void game_reset(pv_env *env)
{
    minatar_game *game = &env->now.game;
    const int right = draw_integer(env, 0, 2);
    game->x = game->last_x = right ? SIZE - 1 : 0;
    game->y = game->last_y = 3;
    game->direction = right ? DOWN_LEFT : DOWN_RIGHT;
    game->paddle = 4;
    game->bricks = ALL_BRICKS;
}

static int32_t flip_sideways(int32_t direction)
{
    return direction ^ 1;
}

static int32_t flip_vertically(int32_t direction)
{
    return 3 - direction;
}

/* The bit of the brick that may be in a cell, 0 in rows without bricks. */
static uint32_t brick_at(int32_t x, int32_t y)
{
    return is_within(y, TOP_BRICKS, TOP_BRICKS + BRICK_ROWS - 1)
               ? 1u << ((y - TOP_BRICKS) * SIZE + x)
               : 0u;
}

/* The ball comes to the paddle's row in column x; returns the row it ends in. */
static int32_t meet_bottom(pv_env *env, int32_t x)
{
    minatar_game *game = &env->now.game;
    if (game->bricks == 0) {
        game->bricks = ALL_BRICKS;
    }
    if (game->x == game->paddle) {
        game->direction = flip_vertically(game->direction);
        return game->y;
    }
    if (x == game->paddle) {
        game->direction ^= 2; /* back where it came from */
        return game->y;
    }
    env->now.phase = OVER;
    return PADDLE_ROW;
}

static int move_ball(pv_env *env)
{
    minatar_game *game = &env->now.game;
    const int right = game->direction == UP_RIGHT || game->direction == DOWN_RIGHT;
    int32_t x = game->x + (right ? 1 : -1);
    int32_t y = game->y + (game->direction >= DOWN_RIGHT ? 1 : -1);
    int points = 0;
    if (x < 0 || x >= SIZE) {
        x = game->x;
        game->direction = flip_sideways(game->direction);
    }
    const uint32_t brick = game->bricks & brick_at(x, y);
    if (y < 0) {
        y = 0;
        game->direction = flip_vertically(game->direction);
    } else if (brick && !game->struck) {
        points = 1;
        game->bricks &= ~brick;
        y = game->y;
        game->direction = flip_vertically(game->direction);
    } else if (y >= PADDLE_ROW) {
        y = meet_bottom(env, x);
    }
    game->struck = brick != 0; /* right after a brick the ball flies through the next */
    game->last_x = game->x;
    game->last_y = game->y;
    game->x = x;
    game->y = y;
    return points;
}

static int game_step(pv_env *env, int action)
{
    minatar_game *game = &env->now.game;
    const int32_t by = (action == RIGHT) - (action == LEFT);
    game->paddle = moved(game->paddle, by, 0, SIZE - 1);
    return move_ball(env);
}

static void game_observe(const minatar_game *game, uint8_t *flags)
{
    /* two cells at a time, and first, since the whole cells are written */
    static const uint8_t pair[4][2][MINATAR_CHANNELS] = {{{0, 0, 0, 0}, {0, 0, 0, 0}},
                                                         {{0, 0, 0, 1}, {0, 0, 0, 0}},
                                                         {{0, 0, 0, 0}, {0, 0, 0, 1}},
                                                         {{0, 0, 0, 1}, {0, 0, 0, 1}}};
    uint8_t *cell = flags + TOP_BRICKS * SIZE * MINATAR_CHANNELS;
    for (int i = 0; i < BRICK_ROWS * SIZE; i += 2) {
        memcpy(cell + i * MINATAR_CHANNELS, pair[game->bricks >> i & 3u], sizeof pair[0]);
    }
    set_flag(flags, PADDLE_ROW, game->paddle, 0);
    set_flag(flags, game->y, game->x, 1);
    set_flag(flags, game->last_y, game->last_x, 2);
}

static int game_is_sound(const minatar_game *game)
{
    return is_within(game->x, 0, SIZE - 1) && is_within(game->y, 0, PADDLE_ROW) &&
           is_within(game->last_x, 0, SIZE - 1) && is_within(game->last_y, 0, PADDLE_ROW) &&
           is_within(game->direction, 0, DIRECTIONS - 1) && is_within(game->paddle, 0, SIZE - 1) &&
           is_within(game->struck, 0, 1) && game->bricks <= ALL_BRICKS;
}

MINATAR_GAME("Breakout", "keep a ball in play and break bricks");
