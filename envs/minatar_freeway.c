/* MinAtar/Freeway (Young and Tian 2019): cross eight lanes of traffic again and again until the
   time is up. All chance lies in the cars, which are drawn anew after every crossing. */
#include <stdint.h>

#define MINATAR_CHANNELS 7

enum {
    LANES = 8,      /* in the rows below the top one of the board */
    COLUMN = 4,     /* of the chicken, always */
    START = 9,      /* its row at the start */
    MOVE_PAUSE = 3, /* it moves in every third step */
    LAST_STEP = 2500
};

enum { SLOWEST = 5 };

/* A car moves once in `number` + 1 steps. */
typedef struct freeway_car {
    int8_t x, wait, number, direction; /* -1: left, 1: right */
} freeway_car;

typedef struct minatar_game {
    int32_t y; /* of the chicken */
    int32_t move_wait, end_wait;
    freeway_car cars[LANES]; /* rows 1 to 8 of the board */
} minatar_game;

#include "minatar.h"

static const minatar_about *game_about(void)
{
    static const minatar_channel channels[MINATAR_CHANNELS] = {
        {"chicken", 0xFFFFFF, 1},        {"car", 0xF0524F, 3},
        {"trail speed 1", 0xF7C948, 10}, {"trail speed 2", 0x9BD35A, 10},
        {"trail speed 3", 0x3FC1B0, 10}, {"trail speed 4", 0x4FA8FF, 10},
        {"trail speed 5", 0xB07CF0, 10},
    };
    static const int32_t minimal[3] = {NOTHING, UP, DOWN};
    static const minatar_about about = {channels, 3, minimal, 0};
    return &about;
}

static void draw_cars(pv_env *env)
{
    freeway_car *cars = env->now.game.cars;
    for (int lane = 0; lane < LANES; lane++) {
        cars[lane].number = cars[lane].wait = (int8_t)draw_integer(env, 1, SLOWEST + 1);
    }
    for (int lane = 0; lane < LANES; lane++) {
        cars[lane].direction = draw_uniform(env) > 0.5 ? 1 : -1;
    }
}

static void game_reset(pv_env *env)
{
    minatar_game *game = &env->now.game;
    draw_cars(env);
    game->y = START;
    game->move_wait = MOVE_PAUSE;
    game->end_wait = LAST_STEP;
}

static int32_t wrapped(int32_t x)
{
    return x < 0 ? SIZE - 1 : x >= SIZE ? 0 : x;
}

static int is_hit(const minatar_game *game, int lane)
{
    return game->cars[lane].x == COLUMN && game->y == lane + 1;
}

static void drive(minatar_game *game, int lane)
{
    freeway_car *car = &game->cars[lane];
    if (is_hit(game, lane)) {
        game->y = START;
    }
    if (car->wait > 0) {
        car->wait--;
        return;
    }
    car->wait = car->number;
    car->x = (int8_t)wrapped(car->x + car->direction);
    if (is_hit(game, lane)) {
        game->y = START;
    }
}

static int game_step(pv_env *env, int action)
{
    minatar_game *game = &env->now.game;
    int points = 0;
    if ((action == UP || action == DOWN) && game->move_wait == 0) {
        game->move_wait = MOVE_PAUSE;
        game->y = moved(game->y, action == DOWN ? 1 : -1, 0, SIZE - 1);
    }
    if (game->y == 0) {
        points = 1;
        draw_cars(env);
        game->y = START;
    }
    for (int lane = 0; lane < LANES; lane++) {
        drive(game, lane);
    }
    game->move_wait -= game->move_wait > 0;
    if (--game->end_wait < 0) {
        env->now.phase = OVER;
    }
    return points;
}

static void game_observe(const minatar_game *game, uint8_t *flags)
{
    set_flag(flags, game->y, COLUMN, 0);
    for (int lane = 0; lane < LANES; lane++) {
        const freeway_car *car = &game->cars[lane];
        set_flag(flags, lane + 1, car->x, 1);
        set_flag(flags, lane + 1, wrapped(car->x - car->direction), 1 + car->number);
    }
}

static int game_is_sound(const minatar_game *game)
{
    for (int lane = 0; lane < LANES; lane++) {
        const freeway_car *car = &game->cars[lane];
        if (!is_within(car->x, 0, SIZE - 1) || !is_within(car->number, 1, SLOWEST) ||
            !is_within(car->wait, 0, car->number) ||
            (car->direction != -1 && car->direction != 1)) {
            return 0;
        }
    }
    return is_within(game->y, 1, START) && is_within(game->move_wait, 0, MOVE_PAUSE) &&
           is_within(game->end_wait, -1, LAST_STEP);
}

MINATAR_GAME("Freeway", "cross eight lanes of traffic");
