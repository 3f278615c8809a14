/* MinAtar/Asterix (Young and Tian 2019): collect treasure and avoid enemies, both of which run
   along eight rows, at most one in each. With time they come sooner and run faster. */
#include <stdint.h>

#define MINATAR_CHANNELS 4

enum {
    ROWS = 8, /* with things, below the top one of the board */
    FIRST_SPAWN_INTERVAL = 10,
    FIRST_MOVE_INTERVAL = 5,
    RAMP_INTERVAL = 100
};

enum { EMPTY, ENEMY, GOLD };

typedef struct asterix_thing {
    int8_t kind, x, direction; /* -1: left, 1: right */
} asterix_thing;

typedef struct minatar_game {
    int32_t x, y; /* of the player */
    int32_t spawn_interval, spawn_wait;
    int32_t move_interval, move_wait;
    int32_t ramp_wait;
    asterix_thing things[ROWS]; /* rows 1 to 8 of the board */
} minatar_game;

#include "minatar.h"

static const minatar_about *game_about(void)
{
    static const minatar_channel channels[MINATAR_CHANNELS] = {
        {"player", 0x4FA8FF, 1},
        {"enemy", 0xF0524F, 3},
        {"trail", 0x8C94A8, 11},
        {"gold", 0xF7C948, 3},
    };
    static const int32_t minimal[5] = {NOTHING, LEFT, UP, RIGHT, DOWN};
    static const minatar_about about = {channels, 5, minimal, FIRST_SPAWN_INTERVAL - 1};
    return &about;
}

static void game_reset(pv_env *env)
{
    minatar_game *game = &env->now.game;
    game->x = game->y = 5;
    game->spawn_interval = game->spawn_wait = FIRST_SPAWN_INTERVAL;
    game->move_interval = game->move_wait = FIRST_MOVE_INTERVAL;
    game->ramp_wait = RAMP_INTERVAL;
}

static void spawn(pv_env *env)
{
    minatar_game *game = &env->now.game;
    const int from_left = draw_uniform(env) < 0.5;
    const int is_gold = draw_uniform(env) < 1.0 / 3.0;
    int empty[ROWS];
    int n = 0;
    for (int row = 0; row < ROWS; row++) {
        if (game->things[row].kind == EMPTY) {
            empty[n++] = row;
        }
    }
    if (n > 0) {
        game->things[empty[draw_integer(env, 0, n)]] = (asterix_thing){
            .kind = is_gold ? GOLD : ENEMY,
            .x = from_left ? 0 : SIZE - 1,
            .direction = from_left ? 1 : -1,
        };
    }
}

/* What happens if the thing of a row is in the player's cell; returns the points. */
static int touch(pv_env *env, int row)
{
    const minatar_game *game = &env->now.game;
    asterix_thing *thing = &env->now.game.things[row];
    if (thing->kind == EMPTY || thing->x != game->x || row + 1 != game->y) {
        return 0;
    }
    if (thing->kind == ENEMY) {
        env->now.phase = OVER;
        return 0;
    }
    thing->kind = EMPTY;
    return 1;
}

static int move_things(pv_env *env)
{
    int points = 0;
    for (int row = 0; row < ROWS; row++) {
        asterix_thing *thing = &env->now.game.things[row];
        if (thing->kind == EMPTY) {
            continue;
        }
        thing->x = (int8_t)(thing->x + thing->direction);
        if (!is_within(thing->x, 0, SIZE - 1)) {
            thing->kind = EMPTY;
        }
        points += touch(env, row);
    }
    return points;
}

/* Begins 101 steps after the last time: the step that finds the countdown below zero counts too. */
static void ramp(pv_env *env)
{
    minatar_game *game = &env->now.game;
    if (game->spawn_interval == 1 && game->move_interval == 1) {
        return;
    }
    if (game->ramp_wait >= 0) {
        game->ramp_wait--;
        return;
    }
    game->move_interval -= game->move_interval > 1 && env->now.level % 2 == 1;
    game->spawn_interval -= game->spawn_interval > 1;
    env->now.level++;
    game->ramp_wait = RAMP_INTERVAL;
}

static int game_step(pv_env *env, int action)
{
    minatar_game *game = &env->now.game;
    if (game->spawn_wait == 0) {
        spawn(env);
        game->spawn_wait = game->spawn_interval;
    }
    game->x = moved(game->x, (action == RIGHT) - (action == LEFT), 0, SIZE - 1);
    game->y = moved(game->y, (action == DOWN) - (action == UP), 1, ROWS);
    int points = touch(env, game->y - 1);
    if (game->move_wait == 0) {
        game->move_wait = game->move_interval;
        points += move_things(env);
    }
    game->spawn_wait--;
    game->move_wait--;
    if (env->ramping) {
        ramp(env);
    }
    return points;
}

static void game_observe(const minatar_game *game, uint8_t *flags)
{
    set_flag(flags, game->y, game->x, 0);
    for (int row = 0; row < ROWS; row++) {
        const asterix_thing *thing = &game->things[row];
        const int behind = thing->x - thing->direction;
        if (thing->kind == EMPTY) {
            continue;
        }
        set_flag(flags, row + 1, thing->x, thing->kind == GOLD ? 3 : 1);
        if (is_within(behind, 0, SIZE - 1)) {
            set_flag(flags, row + 1, behind, 2);
        }
    }
}

static int game_is_sound(const minatar_game *game)
{
    for (int row = 0; row < ROWS; row++) {
        const asterix_thing *thing = &game->things[row];
        const int stands =
            is_within(thing->x, 0, SIZE - 1) && (thing->direction == -1 || thing->direction == 1);
        if (!is_within(thing->kind, EMPTY, GOLD) || (thing->kind != EMPTY && !stands)) {
            return 0;
        }
    }
    return is_within(game->x, 0, SIZE - 1) && is_within(game->y, 1, ROWS) &&
           is_within(game->spawn_interval, 1, FIRST_SPAWN_INTERVAL) &&
           is_within(game->spawn_wait, 0, FIRST_SPAWN_INTERVAL) &&
           is_within(game->move_interval, 1, FIRST_MOVE_INTERVAL) &&
           is_within(game->move_wait, 0, FIRST_MOVE_INTERVAL) &&
           is_within(game->ramp_wait, -1, RAMP_INTERVAL);
}

MINATAR_GAME("Asterix", "collect treasure and avoid enemies");
