/* MinAtar/Seaquest (Young and Tian 2019): shoot fish and submarines, rescue divers, surface for
   air. All that swims stands in lists in order of age; a step works through each of them once, and
   the order of the lists, and within them, decides who meets whom. */
#include <stdint.h>

#define MINATAR_CHANNELS 10

enum {
    FULL_OXYGEN = 200,
    GAUGE_ROW = 9, /* below the water */
    DEEPEST = 8,
    MOST_DIVERS = 6,
    DIVER_INTERVAL = 30,
    DIVER_PAUSE = 5,
    SHOT_PAUSE = 5,
    ENEMY_SHOT_PAUSE = 10,
    FIRST_SPAWN_INTERVAL = 20,
    FIRST_MOVE_INTERVAL = 5,
    LEAST_MOVE_INTERVAL = 2
};

/* One enemy comes in a step at most and is gone after 60 of them; of a submarine's bullets one is
   on the board at a time; the others are fewer by far. */
enum { ROOM = 80 };

typedef struct seaquest_thing {
    int8_t x, y, direction; /* -1: left, 1: right */
    int8_t move_wait;       /* not of bullets */
    int8_t shot_wait;       /* of submarines */
} seaquest_thing;

typedef struct seaquest_list {
    int32_t n;
    seaquest_thing at[ROOM]; /* the oldest first */
} seaquest_list;

typedef struct minatar_game {
    int32_t x, y, direction; /* of the player */
    int32_t oxygen, divers;  /* on board; may be negative */
    int32_t at_surface;
    int32_t spawn_interval, spawn_wait, diver_wait;
    int32_t move_interval, shot_wait;
    seaquest_list bullets, enemy_bullets, fish, submarines, swimmers;
} minatar_game;

#include "minatar.h"

static const minatar_about *game_about(void)
{
    static const minatar_channel channels[MINATAR_CHANNELS] = {
        {"front", 0x4FA8FF, 1},     {"back", 0x2A5F9E, 4},          {"bullet", 0xFFFFFF, 11},
        {"trail", 0x8C94A8, 12},    {"enemy bullet", 0xFF9F6B, 11}, {"fish", 0xF0524F, 3},
        {"submarine", 0xB07CF0, 3}, {"oxygen", 0x3FC1B0, 4},        {"rescued", 0xF7C948, 8},
        {"diver", 0xF7E98C, 5},
    };
    static const int32_t all[ACTIONS] = {NOTHING, LEFT, UP, RIGHT, DOWN, FIRE};
    static const minatar_about about = {channels, ACTIONS, all, FIRST_SPAWN_INTERVAL - 1};
    return &about;
}

static void game_reset(pv_env *env)
{
    minatar_game *game = &env->now.game;
    game->x = 5;
    game->direction = -1;
    game->oxygen = FULL_OXYGEN;
    game->at_surface = 1;
    game->spawn_interval = game->spawn_wait = FIRST_SPAWN_INTERVAL;
    game->diver_wait = DIVER_INTERVAL;
    game->move_interval = FIRST_MOVE_INTERVAL;
}

/* --- lists --- */

static void add_thing(seaquest_list *list, seaquest_thing thing)
{
    if (list->n < ROOM) {
        list->at[list->n++] = thing;
    }
}

static void remove_thing(seaquest_list *list, int i)
{
    list->n--;
    memmove(&list->at[i], &list->at[i + 1], (size_t)(list->n - i) * sizeof list->at[0]);
}

/* Returns the place of the oldest thing of a list in a cell, -1 if there is none. */
static int find_thing(const seaquest_list *list, int x, int y)
{
    for (int i = 0; i < list->n; i++) {
        if (list->at[i].x == x && list->at[i].y == y) {
            return i;
        }
    }
    return -1;
}

/* Moves a thing; returns whether it is still on the board. */
static int move_thing(seaquest_thing *thing)
{
    thing->x = (int8_t)(thing->x + thing->direction);
    return is_within(thing->x, 0, SIZE - 1);
}

static int meets_player(const minatar_game *game, const seaquest_thing *thing)
{
    return thing->x == game->x && thing->y == game->y;
}

/* --- what comes --- */

static int is_against_traffic(const seaquest_list *list, const seaquest_thing *thing)
{
    for (int i = 0; i < list->n; i++) {
        if (list->at[i].y == thing->y && list->at[i].direction != thing->direction) {
            return 1;
        }
    }
    return 0;
}

/* A thing at the side it comes from; its row is still to be drawn. */
static seaquest_thing draw_thing(pv_env *env, int move_wait)
{
    const int from_left = draw_uniform(env) < 0.5;
    return (seaquest_thing){.x = from_left ? 0 : SIZE - 1,
                            .direction = from_left ? 1 : -1,
                            .move_wait = (int8_t)move_wait};
}

static void spawn_enemy(pv_env *env)
{
    minatar_game *game = &env->now.game;
    seaquest_thing enemy = draw_thing(env, game->move_interval);
    const int is_submarine = draw_uniform(env) < 1.0 / 3.0;
    enemy.y = (int8_t)draw_integer(env, 1, DEEPEST + 1);
    if (is_against_traffic(&game->fish, &enemy) || is_against_traffic(&game->submarines, &enemy)) {
        return;
    }
    if (is_submarine) {
        enemy.shot_wait = ENEMY_SHOT_PAUSE;
        add_thing(&game->submarines, enemy);
    } else {
        add_thing(&game->fish, enemy);
    }
}

static void spawn_diver(pv_env *env)
{
    seaquest_thing diver = draw_thing(env, DIVER_PAUSE);
    diver.y = (int8_t)draw_integer(env, 1, DEEPEST + 1);
    add_thing(&env->now.game.swimmers, diver);
}

/* --- who moves, in this order --- */

static void move_player(minatar_game *game, int action)
{
    if (action == FIRE && game->shot_wait == 0) {
        add_thing(&game->bullets, (seaquest_thing){.x = (int8_t)game->x,
                                                   .y = (int8_t)game->y,
                                                   .direction = (int8_t)game->direction});
        game->shot_wait = SHOT_PAUSE;
    } else if (action == LEFT || action == RIGHT) {
        game->direction = action == LEFT ? -1 : 1;
        game->x = moved(game->x, game->direction, 0, SIZE - 1);
    }
    game->y = moved(game->y, (action == DOWN) - (action == UP), 0, DEEPEST);
}

/* The oldest thing of a list in a cell is shot; returns the points. */
static int shoot_at(seaquest_list *list, int x, int y)
{
    const int i = find_thing(list, x, y);
    if (i >= 0) {
        remove_thing(list, i);
    }
    return i >= 0;
}

static int move_bullets(minatar_game *game)
{
    seaquest_list *bullets = &game->bullets;
    int points = 0;
    for (int i = bullets->n - 1; i >= 0; i--) {
        seaquest_thing *bullet = &bullets->at[i];
        const int on_board = move_thing(bullet);
        const int hit = on_board && (shoot_at(&game->fish, bullet->x, bullet->y) ||
                                     shoot_at(&game->submarines, bullet->x, bullet->y));
        points += hit;
        if (!on_board || hit) {
            remove_thing(bullets, i);
        }
    }
    return points;
}

static int is_picked_up(minatar_game *game, const seaquest_thing *diver)
{
    const int picked_up = meets_player(game, diver) && game->divers < MOST_DIVERS;
    game->divers += picked_up;
    return picked_up;
}

/* One diver's step; returns whether the diver is gone. */
static int move_diver(minatar_game *game, seaquest_thing *diver)
{
    if (is_picked_up(game, diver)) {
        return 1;
    }
    if (diver->move_wait > 0) {
        diver->move_wait--;
        return 0;
    }
    diver->move_wait = DIVER_PAUSE;
    return !move_thing(diver) || is_picked_up(game, diver);
}

static void move_divers(minatar_game *game)
{
    for (int i = game->swimmers.n - 1; i >= 0; i--) {
        if (move_diver(game, &game->swimmers.at[i])) {
            remove_thing(&game->swimmers, i);
        }
    }
}

enum { STAYS, LEAVES, IS_SHOT };

/* One step of a fish or an enemy submarine. */
static int move_enemy(pv_env *env, seaquest_thing *enemy)
{
    minatar_game *game = &env->now.game;
    if (meets_player(game, enemy)) {
        env->now.phase = OVER;
    }
    if (enemy->move_wait > 0) {
        enemy->move_wait--;
        return STAYS;
    }
    enemy->move_wait = (int8_t)game->move_interval;
    if (!move_thing(enemy)) {
        return LEAVES;
    }
    if (meets_player(game, enemy)) {
        env->now.phase = OVER;
        return STAYS;
    }
    return shoot_at(&game->bullets, enemy->x, enemy->y) ? IS_SHOT : STAYS;
}

static int move_submarines(pv_env *env)
{
    minatar_game *game = &env->now.game;
    seaquest_list *submarines = &game->submarines;
    int points = 0;
    for (int i = submarines->n - 1; i >= 0; i--) {
        seaquest_thing *submarine = &submarines->at[i];
        const int fate = move_enemy(env, submarine);
        points += fate == IS_SHOT;
        /* one that was shot this very moment may still fire */
        if (submarine->shot_wait > 0) {
            submarine->shot_wait--;
        } else {
            submarine->shot_wait = ENEMY_SHOT_PAUSE;
            if (fate != LEAVES) {
                add_thing(&game->enemy_bullets, *submarine);
            }
        }
        if (fate != STAYS) {
            remove_thing(submarines, i);
        }
    }
    return points;
}

static void move_enemy_bullets(pv_env *env)
{
    minatar_game *game = &env->now.game;
    for (int i = game->enemy_bullets.n - 1; i >= 0; i--) {
        seaquest_thing *bullet = &game->enemy_bullets.at[i];
        const int met = meets_player(game, bullet);
        const int on_board = move_thing(bullet);
        if (met || (on_board && meets_player(game, bullet))) {
            env->now.phase = OVER;
        }
        if (!on_board) {
            remove_thing(&game->enemy_bullets, i);
        }
    }
}

static int move_fish(pv_env *env)
{
    seaquest_list *fish = &env->now.game.fish;
    int points = 0;
    for (int i = fish->n - 1; i >= 0; i--) {
        const int fate = move_enemy(env, &fish->at[i]);
        points += fate == IS_SHOT;
        if (fate != STAYS) {
            remove_thing(fish, i);
        }
    }
    return points;
}

/* --- air --- */

static int32_t gauge(int32_t oxygen)
{
    return oxygen > 0 ? oxygen * SIZE / FULL_OXYGEN : 0;
}

static void ramp(pv_env *env)
{
    minatar_game *game = &env->now.game;
    if (game->spawn_interval == 1 && game->move_interval == LEAST_MOVE_INTERVAL) {
        return;
    }
    game->move_interval -= game->move_interval > LEAST_MOVE_INTERVAL && env->now.level % 2 == 1;
    game->spawn_interval -= game->spawn_interval > 1;
    env->now.level++;
}

/* Comes up with divers on board, or with a debt of them; returns the points. */
static int surface(pv_env *env)
{
    minatar_game *game = &env->now.game;
    int points = 0;
    game->at_surface = 1;
    if (game->divers == MOST_DIVERS) {
        points = gauge(game->oxygen);
        game->divers = 0;
    }
    game->oxygen = FULL_OXYGEN;
    game->divers--;
    if (env->ramping) {
        ramp(env);
    }
    return points;
}

static int breathe(pv_env *env)
{
    minatar_game *game = &env->now.game;
    if (game->oxygen <= 0) {
        env->now.phase = OVER;
    }
    if (game->y > 0) {
        game->oxygen--;
        game->at_surface = 0;
    } else if (!game->at_surface) {
        if (game->divers != 0) {
            return surface(env);
        }
        env->now.phase = OVER;
    }
    return 0;
}

static int game_step(pv_env *env, int action)
{
    minatar_game *game = &env->now.game;
    if (game->spawn_wait == 0) {
        spawn_enemy(env);
        game->spawn_wait = game->spawn_interval;
    }
    if (game->diver_wait == 0) {
        spawn_diver(env);
        game->diver_wait = DIVER_INTERVAL;
    }
    move_player(game, action);
    int points = move_bullets(game);
    move_divers(game);
    points += move_submarines(env);
    move_enemy_bullets(env);
    points += move_fish(env);
    game->spawn_wait -= game->spawn_wait > 0;
    game->diver_wait -= game->diver_wait > 0;
    game->shot_wait -= game->shot_wait > 0;
    return points + breathe(env);
}

/* --- what is seen --- */

static void set_flags(uint8_t *flags, const seaquest_list *list, int channel, int trail)
{
    for (int i = 0; i < list->n; i++) {
        const seaquest_thing *thing = &list->at[i];
        const int behind = thing->x - thing->direction;
        set_flag(flags, thing->y, thing->x, channel);
        if (trail && is_within(behind, 0, SIZE - 1)) {
            set_flag(flags, thing->y, behind, 3);
        }
    }
}

static void game_observe(const minatar_game *game, uint8_t *flags)
{
    set_flag(flags, game->y, game->x, 0);
    set_flag(flags, game->y, game->x - game->direction, 1);
    set_flags(flags, &game->bullets, 2, 0);
    set_flags(flags, &game->enemy_bullets, 4, 0);
    set_flags(flags, &game->fish, 5, 1);
    set_flags(flags, &game->submarines, 6, 1);
    for (int x = 0; x < gauge(game->oxygen); x++) {
        set_flag(flags, GAUGE_ROW, x, 7);
    }
    for (int x = SIZE - 1 - game->divers; x < SIZE - 1; x++) {
        set_flag(flags, GAUGE_ROW, x, 8);
    }
    set_flags(flags, &game->swimmers, 9, 1);
}

static int list_is_sound(const seaquest_list *list)
{
    if (!is_within(list->n, 0, ROOM)) {
        return 0;
    }
    for (int i = 0; i < list->n; i++) {
        const seaquest_thing *thing = &list->at[i];
        if (!is_within(thing->x, 0, SIZE - 1) || !is_within(thing->y, 0, DEEPEST) ||
            (thing->direction != -1 && thing->direction != 1) ||
            !is_within(thing->move_wait, 0, FIRST_MOVE_INTERVAL) ||
            !is_within(thing->shot_wait, 0, ENEMY_SHOT_PAUSE)) {
            return 0;
        }
    }
    return 1;
}

static int game_is_sound(const minatar_game *game)
{
    /* nobody stands with their back to an edge: there the last step was towards it */
    const int placed = is_within(game->x, 0, SIZE - 1) && is_within(game->y, 0, DEEPEST) &&
                       (game->direction == -1 || game->direction == 1) &&
                       is_within(game->x - game->direction, 0, SIZE - 1);
    return placed && is_within(game->oxygen, -1, FULL_OXYGEN) &&
           is_within(game->divers, -(1 << 30), MOST_DIVERS) && is_within(game->at_surface, 0, 1) &&
           is_within(game->spawn_interval, 1, FIRST_SPAWN_INTERVAL) &&
           is_within(game->spawn_wait, 0, FIRST_SPAWN_INTERVAL) &&
           is_within(game->diver_wait, 0, DIVER_INTERVAL) &&
           is_within(game->move_interval, LEAST_MOVE_INTERVAL, FIRST_MOVE_INTERVAL) &&
           is_within(game->shot_wait, 0, SHOT_PAUSE) && list_is_sound(&game->bullets) &&
           list_is_sound(&game->enemy_bullets) && list_is_sound(&game->fish) &&
           list_is_sound(&game->submarines) && list_is_sound(&game->swimmers);
}

MINATAR_GAME("Seaquest", "shoot submarines, rescue divers, surface for air");
