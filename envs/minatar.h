/* minatar.h: what the five games of MinAtar (Young and Tian 2019) have in common: the board of
   10 x 10 cells, the actions, sticky actions, saving, the picture. Written from the rules in words.

   A game's file defines MINATAR_CHANNELS and minatar_game, includes this file, then defines the
   game_... functions declared below, and ends with the two classes of the game: -v0 takes all six
   actions, -v1 only those that do something. */
#ifndef PAVLOV_ENVS_MINATAR_H
#define PAVLOV_ENVS_MINATAR_H

#include "pavlov/draw.h"
#include "pavlov/env.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 10, FLAGS = SIZE * SIZE * MINATAR_CHANNELS };
enum { NOTHING, LEFT, UP, RIGHT, DOWN, FIRE, ACTIONS };
enum { UNBORN, RUNNING, OVER };
enum { STICKY, RAMPING, PARAMS };

static const pv_param minatar_params[PARAMS] = {
    [STICKY] = {"sticky", "how often the action before is taken instead", 0.1, 0, 1, NULL, NULL},
    [RAMPING] = {"ramping", "1: Asterix, Seaquest and SpaceInvaders get harder with time", 1, 0, 1,
                 "0|1", NULL},
};

/* what save() writes; a test relies on `last` being the first */
typedef struct minatar_state {
    int32_t last; /* the action executed last */
    uint32_t phase;
    pv_rng rng;
    int32_t level; /* of difficulty; 0 in games that have none */
    minatar_game game;
} minatar_state;

struct pv_env {
    const pv_host *host;
    pv_draws *draws;
    size_t board_size; /* FLAGS; as a constant gcc would clear the board by a slow string store */
    double sticky;
    int ramping;
    const int32_t *actions; /* the game's numbers of the actions offered */
    pv_space action;
    pv_key keys[ACTIONS];
    minatar_state now;
};

/* --- what a game's file defines --- */

typedef struct minatar_channel {
    const char *name;
    uint32_t colour;
    int margin; /* pixels around it in its cell of the picture */
} minatar_channel;

typedef struct minatar_about {
    const minatar_channel *channels; /* [MINATAR_CHANNELS] */
    uint32_t n_minimal;
    const int32_t *minimal; /* the actions of -v1, in order */
    int32_t levels;         /* the highest level, 0: the game never gets harder */
} minatar_about;

static const minatar_about *game_about(void);
static void game_reset(pv_env *env);           /* env->now.game holds zeros */
static int game_step(pv_env *env, int action); /* returns the points; sets phase to OVER */
static void game_observe(const minatar_game *game, uint8_t *flags); /* flags hold zeros */
static int game_is_sound(const minatar_game *game); /* whether a loaded state is possible */

/* --- for the games --- */

static inline double draw_uniform(pv_env *env)
{
    return pv_draw_uniform(&env->now.rng, env->draws);
}

static inline int draw_integer(pv_env *env, int a, int b)
{
    return (int)pv_draw_integer(&env->now.rng, env->draws, a, b);
}

static inline void set_flag(uint8_t *flags, int row, int column, int channel)
{
    flags[(row * SIZE + column) * MINATAR_CHANNELS + channel] = 1;
}

/* One more or less than v, within low..high. */
static inline int32_t moved(int32_t v, int32_t by, int32_t low, int32_t high)
{
    const int32_t to = v + by;
    return to < low ? low : to > high ? high : to;
}

static inline int is_within(int32_t v, int32_t low, int32_t high)
{
    return v >= low && v <= high;
}

/* --- play --- */

static pv_status minatar_refuse(const pv_env *env, const char *message)
{
    env->host->log(env->host->ctx, 0, message);
    return -1;
}

static void minatar_offer(pv_env *env, const int32_t *actions, uint32_t n)
{
    static const char *const keys[ACTIONS] = {
        [LEFT] = "Left a", [UP] = "Up w", [RIGHT] = "Right d", [DOWN] = "Down s", [FIRE] = "Space"};
    env->actions = actions;
    env->action = (pv_space){"action", PV_I32, n, 0, {0}, NULL, NULL};
    for (uint32_t i = 0; i < n; i++) {
        env->keys[i] = (pv_key){0, keys[actions[i]], 0, i, actions[i] == NOTHING};
    }
}

static pv_status minatar_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    static const int32_t all[ACTIONS] = {NOTHING, LEFT, UP, RIGHT, DOWN, FIRE};
    pv_env *env = (pv_env *)host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    env->draws = host->draws;
    env->board_size = FLAGS;
    env->sticky = params[STICKY].number;
    env->ramping = params[RAMPING].number != 0.0;
    minatar_offer(env, all, ACTIONS);
    *created = env;
    return 0;
}

static pv_status minatar_create_minimal(const pv_host *host, const pv_value *params,
                                        pv_env **created)
{
    const pv_status status = minatar_create(host, params, created);
    if (status == 0) {
        minatar_offer(*created, game_about()->minimal, game_about()->n_minimal);
    }
    return status;
}

static void minatar_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static void minatar_write(const pv_env *env, const pv_io *io)
{
    if (game_about()->levels > 0) {
        io->info[0] = (float)env->now.level;
    }
    if (io->obs[0]) {
        memset(io->obs[0], 0, env->board_size);
        game_observe(&env->now.game, (uint8_t *)io->obs[0]);
    }
}

static pv_status minatar_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    memset(&env->now, 0, sizeof env->now);
    pv_rng_init(&env->now.rng, seed);
    env->now.phase = RUNNING;
    game_reset(env);
    minatar_write(env, io);
    return 0;
}

static pv_status minatar_refuse_step(const pv_env *env, int32_t index)
{
    char message[64];
    if (env->now.phase == UNBORN) {
        return minatar_refuse(env, "step without a reset before it");
    }
    snprintf(message, sizeof message, "action %d is not one of 0 to %u", (int)index,
             (unsigned)env->action.n - 1u);
    return minatar_refuse(env, message);
}

static pv_status minatar_step(pv_env *env, const pv_io *io)
{
    const int32_t index = *(const int32_t *)io->action[0];
    if (env->now.phase == UNBORN || index < 0 || (uint32_t)index >= env->action.n) {
        return minatar_refuse_step(env, index);
    }
    /* the draw is taken on every step, also on one after the end */
    if (draw_uniform(env) >= env->sticky) {
        env->now.last = env->actions[index];
    }
    io->reward[0] = env->now.phase == RUNNING ? (float)game_step(env, env->now.last) : 0.0f;
    io->terminated[0] = env->now.phase == OVER;
    io->truncated[0] = 0;
    minatar_write(env, io);
    return 0;
}

/* --- the state as bytes --- */

static size_t minatar_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status minatar_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status minatar_load(pv_env *env, const void *state, size_t size)
{
    minatar_state loaded;
    if (size != sizeof loaded) {
        return minatar_refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    const int sound = is_within(loaded.last, 0, ACTIONS - 1) && loaded.phase <= OVER &&
                      is_within(loaded.level, 0, game_about()->levels) &&
                      (loaded.phase == UNBORN || game_is_sound(&loaded.game));
    if (!sound) {
        return minatar_refuse(env, "a damaged saved state");
    }
    memcpy(&env->now, &loaded, sizeof loaded);
    return 0;
}

/* --- the picture: the board, and beside it what each colour means --- */

enum {
    CELL = 32,
    FRAME = 12,
    BOARD = SIZE * CELL,
    LEGEND = BOARD + 2 * FRAME, /* where it begins */
    PICTURE_WIDTH = LEGEND + 200,
    PICTURE_HEIGHT = BOARD + 2 * FRAME
};

static void paint_channel(const pv_canvas *canvas, int x, int y, int margin,
                          const minatar_channel *channel)
{
    const int size = CELL - 2 * margin;
    if (size > 0) {
        pv_paint_tile(canvas, x + margin, y + margin, size, size, size / 5.0, channel->colour);
    }
}

/* All that is in a cell; what comes later stands smaller on what came before. */
static void paint_cell(const pv_canvas *canvas, int x, int y, const uint8_t *flags)
{
    int below = 0;
    for (int i = 0; i < MINATAR_CHANNELS; i++) {
        const minatar_channel *channel = &game_about()->channels[i];
        if (flags[i]) {
            const int least = below > 0 ? below + 5 : 0;
            below = channel->margin > least ? channel->margin : least;
            paint_channel(canvas, x, y, below, channel);
        }
    }
}

static pv_status minatar_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, PICTURE_WIDTH, PICTURE_HEIGHT};
    uint8_t flags[FLAGS] = {0};
    if (env->now.phase != UNBORN) {
        game_observe(&env->now.game, flags);
    }
    pv_paint_fill(&canvas, 0x20242E);
    for (int cell = 0; cell < SIZE * SIZE; cell++) {
        const int x = FRAME + cell % SIZE * CELL;
        const int y = FRAME + cell / SIZE * CELL;
        pv_paint_rect(&canvas, x, y, CELL, CELL, 0x2A2F3B);
        pv_paint_rect(&canvas, x + 1, y + 1, CELL - 2, CELL - 2, 0x0E1016);
        paint_cell(&canvas, x, y, flags + cell * MINATAR_CHANNELS);
    }
    for (int i = 0; i < MINATAR_CHANNELS; i++) {
        const minatar_channel *channel = &game_about()->channels[i];
        const int y = FRAME + i * CELL;
        paint_channel(&canvas, LEGEND, y, channel->margin > 5 ? channel->margin : 5, channel);
        pv_paint_text(&canvas, LEGEND + CELL + 4, y + CELL / 2 - PV_TEXT_ASCENT, 2, 0xE8EAF0,
                      channel->name);
    }
    return 0;
}

/* --- what it is --- */

#define MINATAR_1_10 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
#define MINATAR_1_100                                                                              \
    MINATAR_1_10, MINATAR_1_10, MINATAR_1_10, MINATAR_1_10, MINATAR_1_10, MINATAR_1_10,            \
        MINATAR_1_10, MINATAR_1_10, MINATAR_1_10, MINATAR_1_10

static const double minatar_low[1000] = {0};
static const double minatar_high[1000] = {
    MINATAR_1_100, MINATAR_1_100, MINATAR_1_100, MINATAR_1_100, MINATAR_1_100,
    MINATAR_1_100, MINATAR_1_100, MINATAR_1_100, MINATAR_1_100, MINATAR_1_100,
};

static const pv_space minatar_obs = {
    "board", PV_U8, 0, 3, {SIZE, SIZE, MINATAR_CHANNELS, 0}, minatar_low, minatar_high};

static const char *const minatar_info[1] = {"level"};

static void minatar_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = spec->n_obs = spec->n_action = 1;
    spec->obs = &minatar_obs;
    spec->action = &env->action;
    spec->n_info = game_about()->levels > 0;
    spec->info = minatar_info;
    spec->n_keys = env->action.n;
    spec->keys = env->keys;
    spec->width = PICTURE_WIDTH;
    spec->height = PICTURE_HEIGHT;
    spec->fps = 10.0;
}

#define MINATAR_CLASS(ID, SUMMARY, CREATE)                                                         \
    {                                                                                              \
        .size = sizeof(pv_env_class), .abi = PV_ABI, .id = ID, .version = "1.0",                   \
        .summary = SUMMARY, .params = minatar_params, .n_params = PARAMS, .create = CREATE,        \
        .destroy = minatar_destroy, .spec = minatar_spec, .reset = minatar_reset,                  \
        .step = minatar_step, .render = minatar_render, .state_size = minatar_state_size,          \
        .save = minatar_save, .load = minatar_load                                                 \
    }

/* Both classes of a game, and the end of its file. */
#define MINATAR_GAME(NAME, SUMMARY)                                                                \
    static const pv_env_class minatar_v0 =                                                         \
        MINATAR_CLASS("MinAtar/" NAME "-v0", SUMMARY ", all six actions", minatar_create);         \
    static const pv_env_class minatar_v1 =                                                         \
        MINATAR_CLASS("MinAtar/" NAME "-v1", SUMMARY, minatar_create_minimal);                     \
    PV_ENVS(&minatar_v0, &minatar_v1)

#endif
