/* Bandit: k arms, each paying a normal reward around a mean of its own (Sutton & Barto 2018,
   Section 2.3: the ten-armed testbed). With drift the means take random walks (Exercise 2.5). Only
   the arms are to be found out; there is nothing to see. */
#include "pavlov/env.h"
#include "pavlov/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HIGHEST 1e30 /* no mean or payment comes near it; floats hold more */

enum { UNBORN, RUNNING };
enum { ARMS, PROBLEM, SPREAD, NOISE, DRIFT, PARAMS };
enum { OPTIMAL, REGRET, INFOS };

static const pv_param bandit_params[PARAMS] = {
    [ARMS] = {"arms", "how many arms", 10, 2, 1000, NULL, NULL},
    [PROBLEM] = {"problem", "number of the set of means; 0: a new set each episode", 1, 0,
                 4294967295, NULL, NULL},
    [SPREAD] = {"spread", "standard deviation of the means over the arms", 1, 0, 1e6, NULL, NULL},
    [NOISE] = {"noise", "standard deviation of a reward around its mean", 1, 0, 1e6, NULL, NULL},
    [DRIFT] = {"drift", "standard deviation of a mean's change per step", 0, 0, 1e6, NULL, NULL},
};

typedef struct arm {
    double mean;    /* now */
    double paid;    /* in this episode, for the picture */
    uint64_t pulls; /* in this episode, for the picture */
} arm;

/* what save() writes, before the arms; no padding */
typedef struct bandit_state {
    pv_rng rng;
    uint32_t last; /* arm pulled, `arms` before the first */
    uint32_t phase;
} bandit_state;

struct pv_env {
    const pv_host *host;
    uint32_t arms, problem;
    double spread, noise, drift;
    pv_space action;
    double best; /* the highest mean */
    bandit_state now;
    arm arm[];
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

static void find_best(pv_env *env)
{
    env->best = env->arm[0].mean;
    for (uint32_t i = 1; i < env->arms; i++) {
        env->best = env->arm[i].mean > env->best ? env->arm[i].mean : env->best;
    }
}

static pv_status bandit_create(const pv_host *host, const pv_value *params, pv_env **created)
{
    const double arms = params[ARMS].number;
    const double problem = params[PROBLEM].number;
    if (arms != floor(arms) || problem != floor(problem)) {
        return refuse(host, "arms and problem must be whole numbers");
    }
    pv_env *env = host->alloc(host->ctx, sizeof *env + (size_t)arms * sizeof(arm));
    if (!env) {
        return refuse(host, "out of memory");
    }
    env->host = host;
    env->arms = (uint32_t)arms;
    env->problem = (uint32_t)problem;
    env->spread = params[SPREAD].number;
    env->noise = params[NOISE].number;
    env->drift = params[DRIFT].number;
    env->action = (pv_space){.name = "arm", .dtype = PV_I32, .n = env->arms};
    env->now.last = env->arms;
    *created = env;
    return 0;
}

static void bandit_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static void write_observation(const pv_io *io)
{
    if (io->obs[0]) {
        *(int32_t *)io->obs[0] = 0;
    }
}

static pv_status bandit_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng numbered; /* a numbered problem is the same whatever the seed */
    pv_rng_init(&numbered, env->problem);
    pv_rng_init(&env->now.rng, seed);
    for (uint32_t i = 0; i < env->arms; i++) {
        const double normal = env->problem ? draw_normal(&numbered, NULL)
                                           : draw_normal(&env->now.rng, env->host->draws);
        env->arm[i] = (arm){env->spread * normal, 0.0, 0};
    }
    find_best(env);
    env->now.last = env->arms;
    env->now.phase = RUNNING;
    io->info[OPTIMAL] = 0.0f;
    io->info[REGRET] = 0.0f;
    write_observation(io);
    return 0;
}

static void drift(pv_env *env)
{
    for (uint32_t i = 0; i < env->arms; i++) {
        env->arm[i].mean += env->drift * draw_normal(&env->now.rng, env->host->draws);
    }
    find_best(env);
}

static pv_status bandit_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    if (env->now.phase != RUNNING) {
        return refuse(env->host, "step without a reset before it");
    }
    if (action < 0 || (uint32_t)action >= env->arms) {
        char message[64];
        snprintf(message, sizeof message, "action %d is not one of 0 to %u", (int)action,
                 (unsigned)(env->arms - 1));
        return refuse(env->host, message);
    }
    arm *pulled = &env->arm[action];
    const double reward = pulled->mean + env->noise * draw_normal(&env->now.rng, env->host->draws);
    pulled->paid += reward;
    pulled->pulls++;
    env->now.last = (uint32_t)action;
    io->reward[0] = (float)reward;
    io->terminated[0] = 0;
    io->truncated[0] = 0;
    io->info[OPTIMAL] = pulled->mean >= env->best ? 1.0f : 0.0f;
    io->info[REGRET] = (float)(env->best - pulled->mean);
    if (env->drift > 0.0) {
        drift(env);
    }
    write_observation(io);
    return 0;
}

static size_t bandit_state_size(const pv_env *env)
{
    return sizeof env->now + env->arms * sizeof(arm);
}

static pv_status bandit_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    memcpy((char *)state + sizeof env->now, env->arm, env->arms * sizeof(arm));
    return 0;
}

static pv_status bandit_load(pv_env *env, const void *state, size_t size)
{
    const char *arms = (const char *)state + sizeof env->now;
    bandit_state loaded;
    if (size != bandit_state_size(env)) {
        return refuse(env->host, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    int sound = loaded.phase <= RUNNING && loaded.last <= env->arms;
    for (uint32_t i = 0; i < env->arms; i++) {
        arm saved;
        memcpy(&saved, arms + i * sizeof saved, sizeof saved);
        sound = sound && fabs(saved.mean) < HIGHEST && fabs(saved.paid) < HIGHEST;
    }
    if (!sound) {
        return refuse(env->host, "a damaged saved state");
    }
    env->now = loaded;
    memcpy(env->arm, arms, env->arms * sizeof(arm));
    find_best(env);
    return 0;
}

/* --- the picture: a bar an arm, as high as what it paid on average --- */

enum {
    WIDTH = 720,
    HEIGHT = 360,
    LEFT = 56,
    TOP = 52,
    PLOT_WIDTH = WIDTH - LEFT - 20,
    PLOT_HEIGHT = 240,
    MIDDLE = TOP + PLOT_HEIGHT / 2, /* where nothing is paid */
    NAMED = 16                      /* width of an arm with room for its number */
};

static const uint32_t ink = 0x2B2F36, grey = 0xD5D3CC, orange = 0xE69F00, blue = 0x56B4E9,
                      green = 0x009E73;

/* The height of the plot above its middle, in reward. */
static double scale_of(const pv_env *env)
{
    const double scale = 3.0 * env->spread + 0.5 * env->noise;
    return scale > 0.0 ? scale : 1.0;
}

static double height_of(const pv_env *env, double reward)
{
    const double t = reward / scale_of(env);
    return (t < -1.0 ? -1.0 : t > 1.0 ? 1.0 : t) * PLOT_HEIGHT / 2.0;
}

/* The room of an arm from left to right. */
static double arm_width(const pv_env *env)
{
    return (double)PLOT_WIDTH / env->arms;
}

static void paint_axis(const pv_canvas *canvas, const pv_env *env)
{
    for (int i = -2; i <= 2; i++) {
        const int y = MIDDLE - i * PLOT_HEIGHT / 4;
        char text[16];
        snprintf(text, sizeof text, "%.3g", i * scale_of(env) / 2.0);
        pv_paint_rect(canvas, LEFT, y, PLOT_WIDTH, i == 0 ? 2 : 1, i == 0 ? ink : grey);
        pv_paint_text(canvas, LEFT - 8 - pv_text_width(1, text), y - 3, 1, ink, text);
    }
    if (arm_width(env) >= NAMED) {
        pv_paint_text(canvas, 18, TOP + PLOT_HEIGHT + 15, 1, ink, "arm");
        pv_paint_text(canvas, 18, TOP + PLOT_HEIGHT + 35, 1, ink, "pulls");
    }
}

static void paint_arm(const pv_canvas *canvas, const pv_env *env, uint32_t i)
{
    const arm *shown = &env->arm[i];
    const double step = arm_width(env);
    const double width = step > 60.0 ? 40.0 : step < 4.0 ? step : step * 0.68;
    const double x = LEFT + (i + 0.5) * step;
    const double paid = shown->pulls ? shown->paid / (double)shown->pulls : 0.0;
    const double height = height_of(env, paid);
    pv_paint_tile(canvas, x - width / 2.0, height > 0.0 ? MIDDLE - height : MIDDLE, width,
                  fabs(height), 0, i == env->now.last ? orange : blue);
    if (env->now.phase == RUNNING) {
        const double y = MIDDLE - height_of(env, shown->mean);
        pv_paint_line(canvas, x - width / 2.0, y, x + width / 2.0, y, 3,
                      shown->mean >= env->best ? green : ink);
    }
    if (step >= NAMED) {
        char text[24];
        snprintf(text, sizeof text, "%u", i);
        pv_paint_text_centred(canvas, (int)x, TOP + PLOT_HEIGHT + 18, step >= 40.0 ? 2 : 1, ink,
                              text);
        snprintf(text, sizeof text, "%llu", (unsigned long long)shown->pulls);
        if (pv_text_width(1, text) < (int)step) {
            pv_paint_text_centred(canvas, (int)x, TOP + PLOT_HEIGHT + 38, 1, ink, text);
        }
    }
}

static void paint_title(const pv_canvas *canvas, const pv_env *env)
{
    double paid = 0.0;
    uint64_t pulls = 0;
    char text[80];
    for (uint32_t i = 0; i < env->arms; i++) {
        paid += env->arm[i].paid;
        pulls += env->arm[i].pulls;
    }
    snprintf(text, sizeof text, "%llu pulls paid %.2f each", (unsigned long long)pulls,
             pulls ? paid / (double)pulls : 0.0);
    pv_paint_text(canvas, LEFT, 18, 2, ink, text);

    const int x = WIDTH - 190;
    pv_paint_rect(canvas, x, 14, 16, 9, blue);
    pv_paint_text(canvas, x + 22, 15, 1, ink, "paid on average (last)");
    pv_paint_rect(canvas, x + 8, 14, 8, 9, orange);
    pv_paint_rect(canvas, x, 31, 8, 3, ink);
    pv_paint_rect(canvas, x + 8, 31, 8, 3, green);
    pv_paint_text(canvas, x + 22, 29, 1, ink, "true mean (best)");
}

static pv_status bandit_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, WIDTH, HEIGHT};
    pv_paint_fill(&canvas, 0xF7F5EF);
    paint_axis(&canvas, env);
    for (uint32_t i = 0; i < env->arms; i++) {
        paint_arm(&canvas, env, i);
    }
    paint_title(&canvas, env);
    return 0;
}

/* --- what it is --- */

static const pv_space bandit_obs = {"nothing", PV_I32, 1, 0, {0}, NULL, NULL};

static const char *const bandit_info[INFOS] = {[OPTIMAL] = "optimal", [REGRET] = "regret"};

/* more arms than keys have no key */
#define KEY(name, arm)                                                                             \
    {                                                                                              \
        0, name, 0, arm, 0                                                                         \
    }
static const pv_key bandit_keys[] = {
    KEY("0", 0),  KEY("1", 1),  KEY("2", 2),  KEY("3", 3),  KEY("4", 4),  KEY("5", 5),
    KEY("6", 6),  KEY("7", 7),  KEY("8", 8),  KEY("9", 9),  KEY("a", 10), KEY("b", 11),
    KEY("c", 12), KEY("d", 13), KEY("e", 14), KEY("f", 15), KEY("g", 16), KEY("h", 17),
    KEY("i", 18), KEY("j", 19), KEY("k", 20), KEY("l", 21), KEY("m", 22), KEY("n", 23),
    KEY("o", 24), KEY("p", 25), KEY("q", 26), KEY("r", 27), KEY("s", 28), KEY("t", 29),
    KEY("u", 30), KEY("v", 31), KEY("w", 32), KEY("x", 33), KEY("y", 34), KEY("z", 35),
};
enum { KEYS = sizeof bandit_keys / sizeof bandit_keys[0] };

static void bandit_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &bandit_obs;
    spec->n_action = 1;
    spec->action = &env->action;
    spec->n_info = INFOS;
    spec->info = bandit_info;
    spec->n_keys = env->arms < KEYS ? env->arms : KEYS;
    spec->keys = bandit_keys;
    spec->max_steps = 1000;
    spec->solved = (double)NAN;
    spec->n_states = 0; /* rewards are numbers, not a list of outcomes */
    spec->width = WIDTH;
    spec->height = HEIGHT;
    spec->fps = 0.0;
}

static const pv_env_class bandit = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "Bandit-v0",
    .version = "1.0",
    .summary = "k arms that pay around means of their own, to be found out by pulling",
    .params = bandit_params,
    .n_params = PARAMS,
    .create = bandit_create,
    .destroy = bandit_destroy,
    .spec = bandit_spec,
    .reset = bandit_reset,
    .step = bandit_step,
    .render = bandit_render,
    .state_size = bandit_state_size,
    .save = bandit_save,
    .load = bandit_load,
};

PV_ENVS(&bandit);
