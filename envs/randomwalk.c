/* RandomWalk: a chain of any length with a reward at each end, for predicting the values of a
   policy (Sutton & Barto 2018, Examples 6.2 and 7.1: the policy goes left or right evenly).
   Places are numbered from the left: 0 and states + 1 are the ends, the walk begins in the
   middle. */
#include "pavlov/env.h"
#include "pavlov/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEFT, RIGHT, ACTIONS };
enum { UNBORN, RUNNING, OVER };
enum { LENGTH, LEFT_REWARD, RIGHT_REWARD, PARAMS };

static const pv_param walk_params[PARAMS] = {
    [LENGTH] = {"states", "how many places between the two ends", 5, 1, 10000, NULL, NULL},
    [LEFT_REWARD] = {"left", "reward for reaching the left end", 0, -1e6, 1e6, NULL, NULL},
    [RIGHT_REWARD] = {"right", "reward for reaching the right end", 1, -1e6, 1e6, NULL, NULL},
};

/* what save() writes */
typedef struct walk_state {
    uint32_t place;
    uint32_t phase;
} walk_state;

struct pv_env {
    const pv_host *host;
    uint32_t last; /* the right end; the left one is 0 */
    double reward[2];
    pv_space obs;
    walk_state now;
};

static pv_outcome outcome_of(const pv_env *env, uint32_t place, uint32_t action)
{
    if (place == 0 || place == env->last) {
        return (pv_outcome){1.0, 0.0, place, 1};
    }
    const uint32_t next = action == LEFT ? place - 1 : place + 1;
    const uint32_t ended = next == 0 || next == env->last;
    return (pv_outcome){1.0, ended ? env->reward[action] : 0.0, next, ended};
}

static uint32_t start_of(const pv_env *env)
{
    return env->last / 2; /* the left one of two middles */
}

static pv_status refuse(const pv_env *env, const char *message)
{
    env->host->log(env->host->ctx, 0, message);
    return -1;
}

static pv_status walk_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    const double length = params[LENGTH].number;
    if (length != floor(length)) {
        host->log(host->ctx, 0, "states must be a whole number");
        return -1;
    }
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    env->last = (uint32_t)length + 1;
    env->reward[LEFT] = params[LEFT_REWARD].number;
    env->reward[RIGHT] = params[RIGHT_REWARD].number;
    env->obs = (pv_space){.name = "place", .dtype = PV_I32, .n = env->last + 1};
    env->now.place = start_of(env);
    *created = env;
    return 0;
}

static void walk_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static void write_observation(const pv_env *env, const pv_io *io)
{
    if (io->obs[0]) {
        *(int32_t *)io->obs[0] = (int32_t)env->now.place;
    }
}

/* The walk has no chance of its own: the policy is the chance. */
static pv_status walk_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    (void)seed;
    env->now = (walk_state){start_of(env), RUNNING};
    write_observation(env, io);
    return 0;
}

static pv_status walk_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    if (env->now.phase != RUNNING) {
        return refuse(env, "step without a reset before it");
    }
    if (action < 0 || action >= ACTIONS) {
        char message[64];
        snprintf(message, sizeof message, "action %d is not one of 0 to 1", (int)action);
        return refuse(env, message);
    }
    const pv_outcome outcome = outcome_of(env, env->now.place, (uint32_t)action);
    env->now = (walk_state){outcome.next, outcome.terminated ? OVER : RUNNING};
    io->reward[0] = (float)outcome.reward;
    io->terminated[0] = (uint8_t)outcome.terminated;
    io->truncated[0] = 0;
    write_observation(env, io);
    return 0;
}

static size_t walk_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status walk_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status walk_load(pv_env *env, const void *state, size_t size)
{
    walk_state loaded;
    if (size != sizeof loaded) {
        return refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    const int at_end = loaded.place == 0 || loaded.place == env->last;
    if (loaded.place > env->last || loaded.phase > OVER || (loaded.phase == OVER) != at_end) {
        return refuse(env, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

static uint32_t walk_state_number(const pv_env *env)
{
    return env->now.place;
}

static uint32_t walk_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                              pv_outcome *outcomes, uint32_t capacity)
{
    const int start = state == UINT32_MAX;
    if (!start && (state > env->last || action >= ACTIONS)) {
        return 0;
    }
    if (capacity > 0) {
        outcomes[0] =
            start ? (pv_outcome){1.0, 0.0, start_of(env), 0} : outcome_of(env, state, action);
    }
    return 1;
}

/* --- the picture: the chain, or the part of a long one around the walker --- */

enum {
    WIDTH = 720,
    HEIGHT = 160,
    EDGE = 44,  /* from the picture's edge to the first place */
    CHAIN = 70, /* height of the chain */
    SHOWN = 21  /* places that fit */
};

static const uint32_t ink = 0x2B2F36, grey = 0xB9BDC4, orange = 0xE69F00, blue = 0x0072B2;

/* the places shown: how many, and the first of them */
static uint32_t count_shown(const pv_env *env)
{
    return env->last + 1 < SHOWN ? env->last + 1 : SHOWN;
}

static uint32_t first_shown(const pv_env *env)
{
    const uint32_t most = env->last + 1 - count_shown(env);
    const uint32_t before = count_shown(env) / 2;
    const uint32_t first = env->now.place > before ? env->now.place - before : 0;
    return first < most ? first : most;
}

static double spacing(const pv_env *env)
{
    return (double)(WIDTH - 2 * EDGE) / (double)(count_shown(env) - 1);
}

static double place_x(const pv_env *env, uint32_t place)
{
    return EDGE + ((double)place - (double)first_shown(env)) * spacing(env);
}

static double place_radius(const pv_env *env)
{
    const double radius = 0.38 * spacing(env);
    return radius < 24.0 ? radius : 24.0;
}

static void paint_place(const pv_canvas *canvas, const pv_env *env, uint32_t place)
{
    const double x = place_x(env, place);
    const double r = place_radius(env);
    const int end = place == 0 || place == env->last;
    const int here = place == env->now.place;
    char name[16];
    if (end) {
        snprintf(name, sizeof name, "%.4g", env->reward[place == 0 ? LEFT : RIGHT]);
        pv_paint_tile(canvas, x - r, CHAIN - r, 2 * r, 2 * r, 5, here ? orange : ink);
        pv_paint_text_centred(canvas, (int)x, CHAIN + 38, 2, ink, name);
        return;
    }
    pv_paint_disc(canvas, x, CHAIN, r, here ? orange : ink);
    pv_paint_disc(canvas, x, CHAIN, r - 3, here ? orange : 0xFFFFFF);
    if (env->last <= 27) { /* letters, as in the book */
        snprintf(name, sizeof name, "%c", (int)('A' + place - 1));
        pv_paint_text_centred(canvas, (int)x, CHAIN, r > 15 ? 2 : 1, ink, name);
    } else if (place % 2 == 0) {
        snprintf(name, sizeof name, "%u", place);
        pv_paint_text_centred(canvas, (int)x, CHAIN + 26, 1, ink, name);
    }
    if (place == start_of(env)) {
        pv_paint_triangle(canvas, x - 7, CHAIN - r - 16, x + 7, CHAIN - r - 16, x, CHAIN - r - 6,
                          blue);
    }
}

/* Where in the whole of a long chain the picture is. */
static void paint_ruler(const pv_canvas *canvas, const pv_env *env)
{
    const double scale = (double)(WIDTH - 2 * EDGE) / env->last;
    const double from = EDGE + first_shown(env) * scale;
    pv_paint_line(canvas, EDGE, HEIGHT - 22, WIDTH - EDGE, HEIGHT - 22, 4, grey);
    pv_paint_line(canvas, from, HEIGHT - 22, from + (SHOWN - 1) * scale, HEIGHT - 22, 4, ink);
    pv_paint_disc(canvas, EDGE + env->now.place * scale, HEIGHT - 22, 6, orange);
}

static pv_status walk_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, WIDTH, HEIGHT};
    const uint32_t first = first_shown(env);
    const uint32_t end = first + count_shown(env);
    pv_paint_fill(&canvas, 0xF4F2EC);
    pv_paint_line(&canvas, first > 0 ? 0 : EDGE, CHAIN, end <= env->last ? WIDTH : WIDTH - EDGE,
                  CHAIN, 4, grey);
    for (uint32_t place = first; place < end; place++) {
        paint_place(&canvas, env, place);
    }
    if (end - first <= env->last) {
        paint_ruler(&canvas, env);
    }
    return 0;
}

static uint32_t walk_locate(const pv_env *env, uint32_t state, pv_rect *rect)
{
    const uint32_t first = first_shown(env);
    if (state < first || state >= first + count_shown(env)) {
        return 0;
    }
    const int32_t side = (int32_t)(2.0 * place_radius(env));
    const int32_t middle = (int32_t)(place_x(env, state) + 0.5);
    *rect = (pv_rect){middle - side / 2, CHAIN - side / 2, side, side};
    return 1;
}

/* --- what it is --- */

static const pv_space walk_action = {"action", PV_I32, ACTIONS, 0, {0}, NULL, NULL};

static const pv_key walk_keys[ACTIONS] = {
    {0, "Left a", 0, LEFT, 0},
    {0, "Right d", 0, RIGHT, 0},
};

static void walk_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &env->obs;
    spec->n_action = 1;
    spec->action = &walk_action;
    spec->n_info = 0;
    spec->info = NULL;
    spec->n_keys = ACTIONS;
    spec->keys = walk_keys;
    spec->max_steps = 0;
    spec->solved = (double)NAN;
    spec->n_states = env->last + 1;
    spec->width = WIDTH;
    spec->height = HEIGHT;
    spec->fps = 0.0;
}

static const pv_env_class walk = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "RandomWalk-v0",
    .version = "1.0",
    .summary = "a chain with a reward at each end, for predicting the values of a policy",
    .params = walk_params,
    .n_params = PARAMS,
    .create = walk_create,
    .destroy = walk_destroy,
    .spec = walk_spec,
    .reset = walk_reset,
    .step = walk_step,
    .render = walk_render,
    .state_size = walk_state_size,
    .save = walk_save,
    .load = walk_load,
    .state = walk_state_number,
    .outcomes = walk_outcomes,
    .locate = walk_locate,
};

PV_ENVS(&walk);
