/* MaximizationBias: where the maximum of noisy estimates misleads (Sutton & Barto 2018, Example
   6.7). From A, right ends the episode and left leads to B, both without reward; from B any of many
   actions ends it with a normal reward whose mean is below zero. Left is always the worse choice,
   but the best of B's estimates, by luck, says otherwise. */
#include "pavlov/env.h"
#include "pavlov/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEFT, RIGHT };
enum { A, B, END, PLACES };
enum { ACTIONS, MEAN, SPREAD, PARAMS };
enum { FEWEST = 2, MOST = 256 };
enum { PLACE, MASK, OBSERVATIONS };

static const pv_param bias_params[PARAMS] = {
    [ACTIONS] = {"actions", "how many actions there are in B", 10, FEWEST, MOST, NULL, NULL},
    [MEAN] = {"mean", "mean of B's rewards", -0.1, -1e6, 1e6, NULL, NULL},
    [SPREAD] = {"spread", "standard deviation of B's rewards", 1, 0, 1e6, NULL, NULL},
};

/* what save() writes; no padding */
typedef struct bias_state {
    pv_rng rng;
    double reward;  /* of the last step, for the picture */
    uint32_t place; /* END before the first reset and after the last step */
    uint32_t from;  /* the place before, for the picture */
} bias_state;

struct pv_env {
    const pv_host *host;
    uint32_t actions;
    double mean, spread;
    pv_space obs[OBSERVATIONS];
    pv_space action;
    bias_state now;
    double ones[MOST]; /* bounds of the mask */
    double zeros[MOST];
};

/* A standard normal number (Box and Muller 1958, the cosine half). */
static double draw_normal(pv_rng *rng, pv_draws *draws)
{
    const double u = pv_draw_uniform(rng, draws);
    const double turn = 6.283185307179586 * pv_draw_uniform(rng, draws);
    return sqrt(-2.0 * log(1.0 - u)) * cos(turn);
}

static pv_status refuse(const pv_host *host, const char *message)
{
    host->log(host->ctx, 0, message);
    return -1;
}

static pv_status bias_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    const double actions = params[ACTIONS].number;
    if (actions != floor(actions)) {
        return refuse(host, "actions must be a whole number");
    }
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        return refuse(host, "out of memory");
    }
    env->host = host;
    env->actions = (uint32_t)actions;
    env->mean = params[MEAN].number;
    env->spread = params[SPREAD].number;
    for (int i = 0; i < MOST; i++) {
        env->ones[i] = 1.0;
    }
    env->action = (pv_space){.name = "action", .dtype = PV_I32, .n = env->actions};
    env->obs[PLACE] = (pv_space){.name = "place", .dtype = PV_I32, .n = PLACES};
    env->obs[MASK] = (pv_space){.name = "action_mask",
                                .dtype = PV_U8,
                                .ndim = 1,
                                .shape = {env->actions},
                                .low = env->zeros,
                                .high = env->ones};
    env->now.place = END;
    env->now.from = END;
    *created = env;
    return 0;
}

static void bias_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

/* In A there are two actions, in B all, at the end none. */
static void write_observation(const pv_env *env, const pv_io *io)
{
    const uint32_t legal = env->now.place == A ? 2 : env->now.place == B ? env->actions : 0;
    if (io->obs[PLACE]) {
        *(int32_t *)io->obs[PLACE] = (int32_t)env->now.place;
    }
    for (uint32_t i = 0; io->obs[MASK] && i < env->actions; i++) {
        ((uint8_t *)io->obs[MASK])[i] = i < legal;
    }
}

static pv_status bias_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    env->now.reward = 0.0;
    env->now.place = A;
    env->now.from = END;
    io->info[0] = 0.0f;
    write_observation(env, io);
    return 0;
}

static pv_status bias_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    bias_state *now = &env->now;
    if (now->place == END) {
        return refuse(env->host, "step without a reset before it");
    }
    if (action < 0 || (uint32_t)action >= (now->place == A ? 2 : env->actions)) {
        char message[64];
        snprintf(message, sizeof message, "action %d is not one of 0 to %u", (int)action,
                 now->place == A ? 1u : env->actions - 1u);
        return refuse(env->host, message);
    }
    now->from = now->place;
    now->place = now->place == A && action == LEFT ? B : END;
    now->reward =
        now->from == B ? env->mean + env->spread * draw_normal(&now->rng, env->host->draws) : 0.0;
    io->reward[0] = (float)now->reward;
    io->terminated[0] = now->place == END;
    io->truncated[0] = 0;
    io->info[0] = now->place == B ? 1.0f : 0.0f;
    write_observation(env, io);
    return 0;
}

static size_t bias_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status bias_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status bias_load(pv_env *env, const void *state, size_t size)
{
    bias_state loaded;
    if (size != sizeof loaded) {
        return refuse(env->host, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    if (loaded.place > END || loaded.from > END || !(fabs(loaded.reward) < 1e30)) {
        return refuse(env->host, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

static uint32_t bias_state_number(const pv_env *env)
{
    return env->now.place;
}

/* --- the picture: end <= B <- A -> end, as in the book --- */

enum {
    WIDTH = 720,
    HEIGHT = 240,
    MIDDLE = 120,
    RADIUS = 30,
    END_LEFT = 80,
    AT_B = 300,
    AT_A = 480
};
enum { END_RIGHT = 640, FAN = 6 };

static const uint32_t ink = 0x2B2F36, grey = 0xB9BDC4, orange = 0xE69F00;

static void paint_end(const pv_canvas *canvas, int x, int here)
{
    pv_paint_tile(canvas, x - 18, MIDDLE - 18, 36, 36, 4, here ? orange : ink);
}

static void paint_place(const pv_canvas *canvas, int x, const char *name, int here)
{
    pv_paint_disc(canvas, x, MIDDLE, RADIUS, here ? orange : ink);
    pv_paint_disc(canvas, x, MIDDLE, RADIUS - 3, here ? orange : 0xFFFFFF);
    pv_paint_text_centred(canvas, x, MIDDLE, 3, ink, name);
}

/* B's many actions: lines that part and meet again before the end */
static void paint_fan(const pv_canvas *canvas, uint32_t colour)
{
    for (int i = 0; i < FAN; i++) {
        const double bend = (i - (FAN - 1) / 2.0) * 26.0;
        double points[2 * 25];
        for (int k = 0; k < 25; k++) {
            const double t = k / 24.0;
            points[2 * k] = AT_B - RADIUS + t * (END_LEFT + 38 - AT_B + RADIUS);
            points[2 * k + 1] = MIDDLE + 4.0 * bend * t * (1.0 - t);
        }
        pv_paint_path(canvas, points, 25, 2, colour);
    }
    pv_paint_triangle(canvas, END_LEFT + 26, MIDDLE, END_LEFT + 40, MIDDLE - 8, END_LEFT + 40,
                      MIDDLE + 8, colour);
}

static pv_status bias_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, WIDTH, HEIGHT};
    const bias_state *now = &env->now;
    const int went_right = now->from == A && now->place == END;
    const int went_left = now->from == A && now->place == B;
    const int paid = now->from == B;
    char text[64];
    pv_paint_fill(&canvas, 0xF4F2EC);
    paint_fan(&canvas, paid ? orange : grey);
    pv_paint_arrow(&canvas, AT_A - RADIUS - 8, MIDDLE, AT_B + RADIUS + 8, MIDDLE, 4,
                   went_left ? orange : grey);
    pv_paint_arrow(&canvas, AT_A + RADIUS + 8, MIDDLE, END_RIGHT - 26, MIDDLE, 4,
                   went_right ? orange : grey);
    paint_end(&canvas, END_LEFT, paid);
    paint_end(&canvas, END_RIGHT, went_right);
    paint_place(&canvas, AT_B, "B", now->place == B);
    paint_place(&canvas, AT_A, "A", now->place == A);
    pv_paint_text_centred(&canvas, (AT_A + AT_B) / 2, MIDDLE - 18, 2, ink, "left 0");
    pv_paint_text_centred(&canvas, (AT_A + END_RIGHT) / 2 + 4, MIDDLE - 18, 2, ink, "right 0");
    snprintf(text, sizeof text, "%u actions, N(%.4g, %.4g)", env->actions, env->mean, env->spread);
    pv_paint_text_centred(&canvas, (AT_B + END_LEFT) / 2, HEIGHT - 22, 2, ink, text);
    if (paid) {
        snprintf(text, sizeof text, "paid %.2f", now->reward);
        pv_paint_text(&canvas, 40, 16, 2, ink, text);
    }
    return 0;
}

static uint32_t bias_locate(const pv_env *env, uint32_t state, pv_rect *rect)
{
    (void)env;
    if (state != A && state != B) {
        return 0;
    }
    *rect = (pv_rect){(state == A ? AT_A : AT_B) - RADIUS, MIDDLE - RADIUS, 2 * RADIUS, 2 * RADIUS};
    return 1;
}

/* --- what it is --- */

static const char *const bias_info[] = {"left"};

/* in B these are two of many */
static const pv_key bias_keys[] = {
    {0, "Left a", 0, LEFT, 0},
    {0, "Right d", 0, RIGHT, 0},
};

static void bias_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = OBSERVATIONS;
    spec->obs = env->obs;
    spec->n_action = 1;
    spec->action = &env->action;
    spec->n_info = 1;
    spec->info = bias_info;
    spec->n_keys = sizeof bias_keys / sizeof bias_keys[0];
    spec->keys = bias_keys;
    spec->max_steps = 0;
    spec->solved = (double)NAN;
    spec->n_states = PLACES;
    spec->width = WIDTH;
    spec->height = HEIGHT;
    spec->fps = 0.0;
}

static const pv_env_class bias = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "MaximizationBias-v0",
    .version = "1.0",
    .summary = "two states where the best of many noisy estimates leads astray",
    .params = bias_params,
    .n_params = PARAMS,
    .create = bias_create,
    .destroy = bias_destroy,
    .spec = bias_spec,
    .reset = bias_reset,
    .step = bias_step,
    .render = bias_render,
    .state_size = bias_state_size,
    .save = bias_save,
    .load = bias_load,
    .state = bias_state_number,
    .locate = bias_locate,
};

PV_ENVS(&bias);
