/* minatar_sea.h: Seaquest in moments set up by hand, for the tests of its rules. */
#ifndef PAVLOV_TESTS_MINATAR_SEA_H
#define PAVLOV_TESTS_MINATAR_SEA_H

#include "envs/minatar_seaquest.c"

#include "minatar_board.h"

enum {
    FRONT_FLAG,
    BACK_FLAG,
    BULLET_FLAG,
    TRAIL_FLAG,
    ENEMY_BULLET_FLAG,
    FISH_FLAG,
    SUBMARINE_FLAG,
    OXYGEN_FLAG,
    RESCUED_FLAG,
    DIVER_FLAG
};

static const char world[] = "MinAtar/Seaquest-v0:sticky=0";

static inline minatar_game *game_of(board *b)
{
    return &b->played.env->now.game;
}

/* Opens a game with the player under water at (row 4, column 5), facing left; nothing comes. */
static inline minatar_game *open_calm(board *b)
{
    memset(b, 0, sizeof *b);
    board_open(b, world);
    minatar_game *game = game_of(b);
    game->y = 4;
    game->at_surface = 0;
    game->spawn_wait = 1000;
    game->diver_wait = 1000;
    return game;
}

/* A thing that moves in the next step. */
static inline seaquest_thing mover(int x, int y, int direction)
{
    return (seaquest_thing){(int8_t)x, (int8_t)y, (int8_t)direction, 0, 9};
}

/* A thing that does not move for a while. */
static inline seaquest_thing rester(int x, int y, int direction)
{
    return (seaquest_thing){(int8_t)x, (int8_t)y, (int8_t)direction, 99, 99};
}

#endif
