/* Pong: two paddles and a ball in the manner of Atari's game of 1977, with rules of its own. One
   call of step is one frame of 1/60 s; agent 0 has the right paddle. The game stands in
   pong_game.h, the screen in pong_picture.h; here are the world's calls. */
#include "pong_game.h"
#include "pong_picture.h"

#include "pavlov/env.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIXELS, STATE };

enum {
    OBS,
    PLAYERS,
    MOVES,
    OPPONENT,
    POINTS,
    PADDLE,
    PADDLE_SPEED,
    OPPONENT_SPEED,
    BALL_SPEED,
    TOP_SPEED,
    SPEEDUP,
    STEEPNESS,
    PAUSE,
    STICKY,
    PARAMS
};

static const pv_param pong_params[PARAMS] = {
    [OBS] = {"obs", "the screen, or positions and velocities", 0, 0, 1, "pixels|state", NULL},
    [PLAYERS] = {"players", "agents: the right paddle, or both", 0, 0, 1, "1|2", NULL},
    [MOVES] = {"actions", "Atari's six, or stay, up and down", 0, 0, 1, "6|3", NULL},
    [OPPONENT] = {"opponent", "who has the left paddle; agent: the same as players=2", 0, 0, 3,
                  "tracker|random|perfect|agent", NULL},
    [POINTS] = {"points", "who has so many first wins", 21, 1, MAX_POINTS, NULL, NULL},
    [PADDLE] = {"paddle", "height of the paddles in pixels", 16, 4, 80, NULL, NULL},
    [PADDLE_SPEED] = {"paddle_speed", "of agents, in pixels a frame", 2.5, 0.5, 8, NULL, NULL},
    [OPPONENT_SPEED] = {"opponent_speed", "of the tracker, in pixels a frame", 1.5, 0, 8, NULL,
                        NULL},
    [BALL_SPEED] = {"ball_speed", "at the serve, sideways, in pixels a frame", 2, 0.5, 6, NULL,
                    NULL},
    [TOP_SPEED] = {"top_speed", "the ball never gets faster sideways", 4, 0.5, 6, NULL, NULL},
    [SPEEDUP] = {"speedup", "the ball gets so much faster with each hit", 0.25, 0, 6, NULL, NULL},
    [STEEPNESS] = {"steepness", "vertical over sideways speed off a paddle's tip", 1, 0, 3, NULL,
                   NULL},
    [PAUSE] = {"pause", "frames from a point to the next serve", 30, 1, 600, NULL, NULL},
    [STICKY] = {"sticky", "chance that a frame repeats the action before", 0, 0, 1, NULL, NULL},
};

/* the three that matter, as Atari's */
static const int32_t three_actions[3] = {NOOP, RIGHT, LEFT};

struct pv_env {
    pong_state now; /* what a frame changes stands in one cache line */
    pong_rules rules;
    float scale[NUMBERS]; /* of the observation */
    int32_t pixels;
    const pv_host *host;
    double low[NUMBERS], high[NUMBERS];
    pv_space obs, action;
};

/* --- what is seen --- */

static pv_status refuse(const pv_env *env, const char *message)
{
    env->host->log(env->host->ctx, 0, message);
    return -1;
}

/* whole pixels; what lies between two goes away from the middle, so mirrored is mirrored */
static int pixels(int32_t units)
{
    return units < 0 ? -((UNIT / 2 - units) / UNIT) : (units + UNIT / 2) / UNIT;
}

/* The screen as one side sees it: its own paddle is the right, green one. */
static void look(const pv_env *env, int side, pong_view *view)
{
    const int32_t *at = env->now.at;
    const int middle = (PONG_TOP + PONG_BOTTOM) / 2;
    const int x = pixels(side == HOME ? at[X] : -at[X]);
    view->ball = env->now.pause == 0;
    view->ball_x = PONG_WIDTH / 2 - PONG_BALL_WIDTH / 2 + x;
    view->ball_y = middle - PONG_BALL_HEIGHT / 2 + pixels(at[Y]);
    view->paddle_height = env->rules.paddle;
    view->right_y = middle + pixels(at[P + side] - env->rules.paddle * UNIT / 2);
    view->left_y = middle + pixels(at[P + 1 - side] - env->rules.paddle * UNIT / 2);
    view->right_score = at[SCORE + side];
    view->left_score = at[SCORE + 1 - side];
}

/* sideways numbers change their sign and sides their places for who sits on the left */
static void observe_from_left(const pv_env *env, float *seen)
{
    static const int from[NUMBERS] = {X, Y, VX, VY, P + 1, P, SCORE + 1, SCORE};
    for (int i = 0; i < NUMBERS; i++) {
        const float number = (float)env->now.at[from[i]] * env->scale[i];
        seen[i] = i == X || i == VX ? 0.0f - number : number;
    }
}

static void observe_pixels(const pv_env *env, uint8_t *seen)
{
    for (int side = 0; side < env->rules.agents; side++) {
        pong_view view;
        look(env, side, &view);
        pong_draw(&view, seen + (size_t)side * PONG_HEIGHT * PONG_WIDTH * 3, PONG_WIDTH * 3);
    }
}

static inline void observe(const pv_env *env, void *obs)
{
    if (env->pixels) {
        observe_pixels(env, obs);
        return;
    }
    float *seen = obs;
    for (int i = 0; i < NUMBERS; i++) {
        seen[i] = (float)env->now.at[i] * env->scale[i];
    }
    if (env->rules.agents > 1) {
        observe_from_left(env, seen + NUMBERS);
    }
}

static inline void report(const pv_env *env, const pv_io *io)
{
    io->info[0] = (float)env->now.at[SCORE + HOME];
    io->info[1] = (float)env->now.at[SCORE + AWAY];
    if (env->rules.agents > 1) {
        io->info[2] = io->info[1];
        io->info[3] = io->info[0];
    }
    if (io->obs[0]) {
        observe(env, io->obs[0]);
    }
}

/* --- the calls --- */

static pv_status pong_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    memset(&env->now, 0, sizeof env->now);
    pv_rng_init(&env->now.rng, seed);
    env->now.phase = RUNNING;
    env->now.pause = env->rules.pause;
    if (env->rules.opponent != AGENT) {
        take_aim(&env->now, &env->rules);
    }
    report(env, io);
    return 0;
}

static pv_status refuse_step(const pv_env *env, const int32_t *action)
{
    char message[64];
    if (env->now.phase != RUNNING) {
        return refuse(env, "step without a reset before it");
    }
    const int32_t wrong = action[0] < 0 || action[0] >= env->rules.actions ? action[0] : action[1];
    snprintf(message, sizeof message, "action %d is not one of 0 to %d", (int)wrong,
             (int)env->rules.actions - 1);
    return refuse(env, message);
}

static inline pv_status step_one(pv_env *env, const pv_io *io)
{
    const int32_t *given = io->action[0];
    int32_t action[SIDES] = {given[0], env->rules.agents > 1 ? given[1] : NOOP};
    const uint32_t n = (uint32_t)env->rules.actions;
    if (env->now.phase != RUNNING || (uint32_t)action[0] >= n || (uint32_t)action[1] >= n) {
        return refuse_step(env, action);
    }
    if (env->rules.sticky > 0.0) {
        stick(&env->now, &env->rules, action);
    }
    const int32_t paid = play(&env->now, &env->rules, action[HOME], action[AWAY]);
    const uint8_t over = env->now.phase == OVER;
    io->reward[0] = (float)paid;
    io->terminated[0] = over;
    io->truncated[0] = 0;
    if (env->rules.agents > 1) {
        io->reward[1] = (float)-paid;
        io->terminated[1] = over;
        io->truncated[1] = 0;
    }
    report(env, io);
    return 0;
}

static pv_status pong_step(pv_env *env, const pv_io *io)
{
    return step_one(env, io);
}

static pv_status pong_step_many(pv_env *const *envs, const pv_io *ios, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (step_one(envs[i], &ios[i])) {
            return -1;
        }
    }
    return 0;
}

static pv_status pong_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    pong_view view;
    look(env, HOME, &view);
    pong_draw(&view, rgb, stride);
    return 0;
}

/* --- saving --- */

static size_t pong_state_size(const pv_env *env)
{
    (void)env;
    return sizeof(pong_state);
}

static pv_status pong_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static int within(int32_t value, int32_t low, int32_t high)
{
    return value >= low && value <= high;
}

static int is_sound(const pong_state *loaded, const pv_env *env)
{
    const int32_t *at = loaded->at;
    const int32_t steepest = (int32_t)((int64_t)env->rules.top_speed * env->rules.steepness / UNIT);
    const int32_t reached = at[SCORE] > at[SCORE + 1] ? at[SCORE] : at[SCORE + 1];
    return within(at[X], -OUT, OUT) && within(at[Y], -WALL, WALL) &&
           within(at[VX], -env->rules.top_speed, env->rules.top_speed) &&
           within(at[VY], -steepest, steepest) &&
           within(at[P], -env->rules.limit, env->rules.limit) &&
           within(at[P + 1], -env->rules.limit, env->rules.limit) &&
           within(at[SCORE], 0, env->rules.points) && within(at[SCORE + 1], 0, env->rules.points) &&
           within(loaded->phase, UNBORN, OVER) && within(loaded->pause, 0, env->rules.pause) &&
           within(loaded->aim, -FIELD, FIELD) && within(loaded->hits, 0, MAX_HITS) &&
           within(loaded->last[0], 0, env->rules.actions - 1) &&
           within(loaded->last[1], 0, env->rules.actions - 1) &&
           (loaded->phase == OVER) == (reached == env->rules.points) &&
           (at[VX] != 0) == (loaded->phase == RUNNING && loaded->pause == 0);
}

static pv_status pong_load(pv_env *env, const void *state, size_t size)
{
    pong_state loaded;
    if (size != sizeof loaded) {
        return refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    if (!is_sound(&loaded, env)) {
        return refuse(env, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

/* --- what it is --- */

static const pv_key keys_of_six[] = {
    {0, "Up w", 0, RIGHT, 0},
    {0, "Down s", 0, LEFT, 0},
    {0, "Space", 0, FIRE, 0},
    {0, NULL, 0, NOOP, 1},
};
static const pv_key keys_of_three[] = {
    {0, "Up w", 0, 1, 0},
    {0, "Down s", 0, 2, 0},
    {0, NULL, 0, 0, 1},
};
static const pv_key keys_of_two_players[2][6] = {
    {{0, "Up", 0, RIGHT, 0},
     {0, "Down", 0, LEFT, 0},
     {0, NULL, 0, NOOP, 1},
     {1, "w", 0, RIGHT, 0},
     {1, "s", 0, LEFT, 0},
     {1, NULL, 0, NOOP, 1}},
    {{0, "Up", 0, 1, 0},
     {0, "Down", 0, 2, 0},
     {0, NULL, 0, 0, 1},
     {1, "w", 0, 1, 0},
     {1, "s", 0, 2, 0},
     {1, NULL, 0, 0, 1}},
};

static void spec_keys(const pv_env *env, pv_spec *spec)
{
    const int three = env->rules.actions == 3;
    if (env->rules.agents > 1) {
        spec->keys = keys_of_two_players[three];
        spec->n_keys = 6;
    } else {
        spec->keys = three ? keys_of_three : keys_of_six;
        spec->n_keys = three ? 3 : 4;
    }
}

static void pong_spec(const pv_env *env, pv_spec *spec)
{
    static const char *const infos[] = {"score", "score_of_other"};
    spec->agents = (uint32_t)env->rules.agents;
    spec->n_obs = 1;
    spec->obs = &env->obs;
    spec->n_action = 1;
    spec->action = &env->action;
    spec->n_info = 2;
    spec->info = infos;
    spec_keys(env, spec);
    spec->max_steps = 108000; /* half an hour; Atari's usual limit */
    spec->solved = env->rules.points == 21 && env->rules.opponent == TRACKER ? 18.0 : (double)NAN;
    spec->width = PONG_WIDTH;
    spec->height = PONG_HEIGHT;
    spec->fps = 60.0;
}

static int32_t units(const pv_value *value)
{
    return (int32_t)(value->number * UNIT + 0.5);
}

static int32_t opponent_speed(const pong_rules *rules, const pv_value *params)
{
    switch (rules->opponent) {
    case TRACKER:
        return units(&params[OPPONENT_SPEED]);
    case PERFECT:
        return 2 * FIELD; /* anywhere in one frame */
    default:
        return units(&params[PADDLE_SPEED]);
    }
}

static void set_rules(pong_rules *rules, const pv_value *params)
{
    const int32_t pace = units(&params[PADDLE_SPEED]);
    const int three = params[MOVES].number > 0.0;
    rules->actions = three ? 3 : ACTIONS;
    rules->opponent = params[PLAYERS].number > 0.0 ? AGENT : (int32_t)params[OPPONENT].number;
    rules->agents = rules->opponent == AGENT ? 2 : 1;
    rules->points = (int32_t)params[POINTS].number;
    rules->pause = (int32_t)params[PAUSE].number;
    rules->sticky = params[STICKY].number;
    rules->paddle = (int32_t)params[PADDLE].number;
    rules->limit = FIELD - rules->paddle * UNIT / 2;
    rules->reach = (rules->paddle + PONG_BALL_HEIGHT) * UNIT / 2;
    rules->serve_speed = units(&params[BALL_SPEED]);
    rules->top_speed = units(&params[TOP_SPEED]);
    if (rules->top_speed < rules->serve_speed) {
        rules->top_speed = rules->serve_speed;
    }
    rules->speedup = units(&params[SPEEDUP]);
    rules->steepness = units(&params[STEEPNESS]);
    rules->follow = rules->opponent == RANDOM ? 0 : ~0;
    rules->chase = opponent_speed(rules, params);
    for (int32_t action = 0; action < rules->actions; action++) {
        const int32_t meant = three ? three_actions[action] : action;
        const int up = meant == RIGHT || meant == RIGHTFIRE;
        const int down = meant == LEFT || meant == LEFTFIRE;
        rules->step[action] = up ? -pace : down ? pace : 0;
    }
}

static void set_spaces(pv_env *env)
{
    const double steepest = (double)((int64_t)env->rules.top_speed * env->rules.steepness / UNIT);
    const double most[NUMBERS] = {
        OUT,   WALL,  env->rules.top_speed, steepest > 0.0 ? steepest : 1.0,
        FIELD, FIELD, env->rules.points,    env->rules.points};
    for (int i = 0; i < NUMBERS; i++) {
        env->scale[i] = (float)(1.0 / most[i]);
        env->low[i] = i < SCORE ? -1.0 : 0.0;
        env->high[i] = 1.0;
    }
    env->obs = env->pixels ? (pv_space){.name = "screen",
                                        .dtype = PV_U8,
                                        .ndim = 3,
                                        .shape = {PONG_HEIGHT, PONG_WIDTH, 3}}
                           : (pv_space){.name = "state",
                                        .dtype = PV_F32,
                                        .ndim = 1,
                                        .shape = {NUMBERS},
                                        .low = env->low,
                                        .high = env->high};
    env->action = (pv_space){.name = "action", .dtype = PV_I32, .n = (uint32_t)env->rules.actions};
}

static pv_status pong_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    static const int whole[] = {POINTS, PADDLE, PAUSE};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        char message[64];
        if (params[whole[i]].number != floor(params[whole[i]].number)) {
            snprintf(message, sizeof message, "%s must be a whole number",
                     pong_params[whole[i]].name);
            host->log(host->ctx, 0, message);
            return -1;
        }
    }
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    set_rules(&env->rules, params);
    env->rules.draws = host->draws;
    env->pixels = params[OBS].number == PIXELS;
    set_spaces(env);
    *created = env;
    return 0;
}

static void pong_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static const pv_env_class pong = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "Pong-v0",
    .version = "1.0",
    .summary = "Pong (native): two paddles and a ball, in the manner of Atari's",
    .params = pong_params,
    .n_params = PARAMS,
    .create = pong_create,
    .destroy = pong_destroy,
    .spec = pong_spec,
    .reset = pong_reset,
    .step = pong_step,
    .render = pong_render,
    .state_size = pong_state_size,
    .save = pong_save,
    .load = pong_load,
    .step_many = pong_step_many,
};

PV_ENVS(&pong);
