/* CartPole: a pole hinged on a cart, to be balanced by pushing the cart left or right (Barto,
   Sutton and Anderson 1983, in the form of Gymnasium). While an episode runs the pole leans less
   than 12.1 degrees, so that sine and cosine are a few terms of their Taylor series: the same bits
   under every C library, and lanes that the compiler can compute side by side. */
#include "classic.h"

enum { X, SPEED, ANGLE, SPIN }; /* s[]: in metres, radians, seconds */
enum { LEFT, RIGHT, ACTIONS };
enum { SUTTON_BARTO_REWARD, PARAMS };

static const pv_param cartpole_params[PARAMS] = {
    [SUTTON_BARTO_REWARD] = {"sutton_barto_reward",
                             "1: a step pays 0, the one that ends the episode -1", 0, 0, 1, "0|1",
                             NULL},
};

static const struct {
    uint32_t max_steps;
    double solved;
} rows[] = {{200, 195.0}, {500, 475.0}};

/* --- the motion --- */

static const double gravity = 9.8;
static const double pole_mass = 0.1;
static const double total_mass = 0.1 + 1.0;
static const double half_length = 0.5;
static const double pole_moment = 0.1 * 0.5; /* mass times half length */
static const double push = 10.0;
static const double interval = 0.02;
static const double farthest = 2.4;                 /* from the middle, on either side */
static const double steepest = 0.20943951023931953; /* 12 degrees */
static const double series_limit = 0.25;            /* of the two series below */

/* Left alone after the end, the pole of explicit Euler spins ever faster. Numbers up to the first
   limit are stepped from, and lead to none beyond the second. */
static const double most_before = 1e3;
#define MOST_AFTER 1e6

/* Sine of |x| <= series_limit, to half a unit of the last place and a little. */
static inline double sine_series(double x)
{
    const double z = x * x;
    const double first = -1.0 / 6.0 + z * (1.0 / 120.0);
    const double second = -1.0 / 5040.0 + z * (1.0 / 362880.0);
    const double third = -1.0 / 39916800.0 + z * (1.0 / 6227020800.0);
    return x + x * (z * (first + z * z * (second + z * z * third)));
}

/* Cosine of |x| <= series_limit; what 1 - z / 2 rounds off is added back. */
static inline double cosine_series(double x)
{
    const double z = x * x;
    const double first = 1.0 / 24.0 + z * (-1.0 / 720.0);
    const double second = 1.0 / 40320.0 + z * (-1.0 / 3628800.0);
    const double third = 1.0 / 479001600.0;
    const double half = 0.5 * z;
    const double most = 1.0 - half;
    return most + ((1.0 - most - half) + z * z * (first + z * z * (second + z * z * third)));
}

typedef struct motion {
    double x, speed, angle, spin;
} motion;

static inline motion motion_of(const double *s)
{
    return (motion){s[X], s[SPEED], s[ANGLE], s[SPIN]};
}

/* One step of explicit Euler: every right-hand side is of the old state. */
static inline motion move(motion m, double force, double cosine, double sine)
{
    const double pulled = (force + pole_moment * (m.spin * m.spin) * sine) / total_mass;
    const double turned = (gravity * sine - cosine * pulled) /
                          (half_length * (4.0 / 3.0 - pole_mass * (cosine * cosine) / total_mass));
    const double driven = pulled - pole_moment * turned * cosine / total_mass;
    return (motion){m.x + interval * m.speed, m.speed + interval * driven,
                    m.angle + interval * m.spin, m.spin + interval * turned};
}

static inline int has_fallen(motion m)
{
    return (fabs(m.x) > farthest) | (fabs(m.angle) > steepest);
}

static inline void write_observation(const double *s, const pv_io *io)
{
    float *obs = io->obs[0];
    if (obs) {
        for (int i = 0; i < 4; i++) {
            obs[i] = (float)s[i];
        }
    }
}

/* What a step pays; after the end nothing. */
static inline double reward_of(const pv_env *env, int fallen)
{
    const int sutton_barto = env->option[SUTTON_BARTO_REWARD] != 0.0;
    if (env->now.phase == CLASSIC_OVER) {
        return 0.0;
    }
    return sutton_barto ? (fallen ? -1.0 : 0.0) : 1.0;
}

static inline void settle(pv_env *env, const pv_io *io, int32_t action, motion m)
{
    double *s = env->now.s;
    const int fallen = has_fallen(m) | (env->now.phase == CLASSIC_OVER);
    s[X] = m.x;
    s[SPEED] = m.speed;
    s[ANGLE] = m.angle;
    s[SPIN] = m.spin;
    env->now.action = (float)action;
    classic_settle(env, io, reward_of(env, fallen), fallen);
    write_observation(s, io);
}

static pv_status cartpole_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    for (int i = 0; i < 4; i++) {
        env->now.s[i] = classic_draw(env, -0.05, 0.05);
    }
    env->now.phase = CLASSIC_BEGUN;
    env->now.action = -1.0f;
    write_observation(env->now.s, io);
    return 0;
}

/* No branch: random actions are not to be predicted. */
static inline double force_of(int32_t action)
{
    return (double)action * (2.0 * push) - push;
}

/* Whether no number exceeds `most` in size. */
static int is_within(const double *s, double most)
{
    return fabs(s[X]) <= most && fabs(s[SPEED]) <= most && fabs(s[ANGLE]) <= most &&
           fabs(s[SPIN]) <= most;
}

/* Steps after the end go on with the motion, as in the original, until the pole spins madly. */
static pv_status cartpole_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    const double *s = env->now.s;
    if (env->now.phase == CLASSIC_UNBORN) {
        return classic_refuse(env, "step without a reset before it");
    }
    if (classic_check_choice(env, action, ACTIONS)) {
        return -1;
    }
    if (!is_within(s, most_before)) {
        return classic_refuse(env, "step long after the end, without a reset");
    }
    motion m = motion_of(s);
    if (fabs(m.angle) <= series_limit) {
        m = move(m, force_of(action), cosine_series(m.angle), sine_series(m.angle));
    } else {
        m = move(m, force_of(action), cos(m.angle), sin(m.angle));
    }
    settle(env, io, action, m);
    return 0;
}

/* --- many lanes: gathered, computed side by side, scattered --- */

enum { SIDE_BY_SIDE = 16 };

typedef struct block {
    double x[SIDE_BY_SIDE], speed[SIDE_BY_SIDE], angle[SIDE_BY_SIDE], spin[SIDE_BY_SIDE];
    double force[SIDE_BY_SIDE];
    int32_t action[SIDE_BY_SIDE];
} block;

/* Returns whether all lanes can be stepped by the series; step() knows what to do with others. */
static inline int gather(block *b, pv_env *const *envs, const pv_io *ios)
{
    int plain = 1;
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        const classic_state *now = &envs[i]->now;
        const int32_t action = *(const int32_t *)ios[i].action[0];
        plain &= (action == LEFT) | (action == RIGHT);
        plain &= (now->phase == CLASSIC_BEGUN) | (now->phase == CLASSIC_RUNNING);
        b->x[i] = now->s[X];
        b->speed[i] = now->s[SPEED];
        b->angle[i] = now->s[ANGLE];
        b->spin[i] = now->s[SPIN];
        b->force[i] = force_of(action);
        b->action[i] = action;
    }
    return plain;
}

static inline void compute(block *b)
{
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
        motion m = {b->x[i], b->speed[i], b->angle[i], b->spin[i]};
        m = move(m, b->force[i], cosine_series(m.angle), sine_series(m.angle));
        b->x[i] = m.x;
        b->speed[i] = m.speed;
        b->angle[i] = m.angle;
        b->spin[i] = m.spin;
    }
}

static pv_status cartpole_step_many(pv_env *const *envs, const pv_io *ios, size_t n)
{
    block b;
    size_t first = 0;
    for (; first + SIDE_BY_SIDE <= n && gather(&b, envs + first, ios + first);
         first += SIDE_BY_SIDE) {
        compute(&b);
        for (int i = 0; i < SIDE_BY_SIDE; i++) {
            settle(envs[first + (size_t)i], &ios[first + (size_t)i], b.action[i],
                   (motion){b.x[i], b.speed[i], b.angle[i], b.spin[i]});
        }
    }
    for (; first < n; first++) {
        if (cartpole_step(envs[first], &ios[first])) {
            return -1;
        }
    }
    return 0;
}

static pv_status cartpole_load(pv_env *env, const void *state, size_t size)
{
    static const double limit[4] = {MOST_AFTER, MOST_AFTER, MOST_AFTER, MOST_AFTER};
    const classic_state before = env->now;
    if (classic_load_within(env, state, size, limit)) {
        return -1;
    }
    const int running = env->now.phase == CLASSIC_BEGUN || env->now.phase == CLASSIC_RUNNING;
    if (running && (has_fallen(motion_of(env->now.s)) || !is_within(env->now.s, most_before))) {
        env->now = before;
        return classic_refuse(env, "a damaged saved state");
    }
    return 0;
}

/* --- the picture: the cart on its rail --- */

enum { RAIL = 286, CART_WIDTH = 84, CART_HEIGHT = 40, WHEEL = 11 };

static const double metre = 112.0; /* in pixels */

static double place_of(double x)
{
    return CLASSIC_WIDTH / 2.0 + metre * x;
}

static void paint_rail(const pv_canvas *canvas)
{
    pv_paint_fill(canvas, 0xF3F5F8);
    pv_paint_rect(canvas, 0, RAIL + 4, CLASSIC_WIDTH, CLASSIC_HEIGHT - RAIL - 4, 0xE3E7EC);
    pv_paint_rect(canvas, 0, RAIL, CLASSIC_WIDTH, 4, 0x5C6773);
    for (int tenth = -24; tenth <= 24; tenth += 2) {
        const int x = (int)(place_of(tenth / 10.0) + 0.5);
        const int length = tenth % 10 == 0 ? 12 : 6;
        pv_paint_rect(canvas, x - 1, RAIL + 12, 2, length, 0xA4AEB9);
        if (tenth % 10 == 0) {
            char text[16];
            snprintf(text, sizeof text, "%d", tenth / 10);
            pv_paint_text_centred(canvas, x, RAIL + 36, 2, 0x7A8591, text);
        }
    }
    for (int side = -1; side <= 1; side += 2) {
        pv_paint_line(canvas, place_of(side * farthest), RAIL + 2, place_of(side * farthest),
                      RAIL - 34, 6, 0xC8483F);
    }
}

/* The pole may lean within this wedge. */
static void paint_wedge(const pv_canvas *canvas, double x, double y)
{
    enum { POINTS = 13 };
    double corner[2 * (POINTS + 1)] = {x, y};
    for (int i = 0; i < POINTS; i++) {
        const double angle = steepest * (2.0 * i / (POINTS - 1) - 1.0);
        corner[2 + 2 * i] = x + 1.3 * metre * sin(angle);
        corner[3 + 2 * i] = y - 1.3 * metre * cos(angle);
    }
    pv_paint_polygon_blend(canvas, corner, POINTS + 1, 0x2F7D5B, 0.12);
}

static void paint_cart(const pv_canvas *canvas, const pv_env *env, double x)
{
    const double left = x - CART_WIDTH / 2.0;
    const double top = RAIL - WHEEL - CART_HEIGHT;
    if (env->now.action >= 0.0f) {
        const double side = env->now.action > 0.0f ? 1.0 : -1.0;
        const double from = x - side * (CART_WIDTH / 2.0 + 46.0);
        pv_paint_arrow(canvas, from, top + 22, from + side * 40.0, top + 22, 7, 0xE08A1E);
    }
    pv_paint_tile(canvas, left, top, CART_WIDTH, CART_HEIGHT, 8, 0x2B3440);
    pv_paint_tile(canvas, left + 4, top + 4, CART_WIDTH - 8, CART_HEIGHT - 8, 5, 0x3D4A5A);
    for (int side = -1; side <= 1; side += 2) {
        pv_paint_disc(canvas, x + side * 24, RAIL - WHEEL, WHEEL, 0x171C22);
        pv_paint_disc(canvas, x + side * 24, RAIL - WHEEL, 4, 0xA4AEB9);
    }
}

static pv_status cartpole_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, CLASSIC_WIDTH, CLASSIC_HEIGHT};
    const double *s = env->now.s;
    const double x = place_of(s[X]);
    const double y = RAIL - WHEEL - CART_HEIGHT;
    paint_rail(&canvas);
    paint_wedge(&canvas, x, y);
    paint_cart(&canvas, env, x);
    pv_paint_line(&canvas, x, y, x + 2.0 * half_length * metre * sin(s[ANGLE]),
                  y - 2.0 * half_length * metre * cos(s[ANGLE]), 12, 0xC27A3A);
    pv_paint_disc(&canvas, x, y, 8, 0x2B3440);
    pv_paint_disc(&canvas, x, y, 4, 0xE3E7EC);
    return 0;
}

/* --- what it is --- */

static const double obs_high[4] = {4.8, INFINITY, 0.41887903213500977, INFINITY};
static const double obs_low[4] = {-4.8, -INFINITY, -0.41887903213500977, -INFINITY};
static const pv_space cartpole_obs = {"state", PV_F32, 0, 1, {4}, obs_low, obs_high};
static const pv_space cartpole_action = {"push", PV_I32, ACTIONS, 0, {0}, NULL, NULL};

static const pv_key cartpole_keys[] = {
    {0, "Left a", 0, LEFT, 1}, /* somewhere it must be pushed */
    {0, "Right d", 0, RIGHT, 0},
};

static void cartpole_spec(const pv_env *env, pv_spec *spec)
{
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &cartpole_obs;
    spec->n_action = 1;
    spec->action = &cartpole_action;
    spec->n_keys = sizeof cartpole_keys / sizeof cartpole_keys[0];
    spec->keys = cartpole_keys;
    spec->max_steps = rows[env->row].max_steps;
    spec->solved = rows[env->row].solved;
    spec->width = CLASSIC_WIDTH;
    spec->height = CLASSIC_HEIGHT;
    spec->fps = 50.0;
}

static pv_status create_row(const pv_host *host, const pv_value *params, pv_env **env, uint32_t row)
{
    if (classic_create(host, params, PARAMS, env)) {
        return -1;
    }
    (*env)->row = row;
    return 0;
}

static pv_status cartpole_create_v0(const pv_host *host, const pv_value *params, pv_env **env)
{
    return create_row(host, params, env, 0);
}

static pv_status cartpole_create_v1(const pv_host *host, const pv_value *params, pv_env **env)
{
    return create_row(host, params, env, 1);
}

#define CARTPOLE(name, limit, make)                                                                \
    {                                                                                              \
        .size = sizeof(pv_env_class), .abi = PV_ABI, .id = name, .version = "1.0",                 \
        .summary = "balance a pole on a cart for " limit " steps", .params = cartpole_params,      \
        .n_params = PARAMS, .create = make, .destroy = classic_destroy, .spec = cartpole_spec,     \
        .reset = cartpole_reset, .step = cartpole_step, .render = cartpole_render,                 \
        .state_size = classic_state_size, .save = classic_save, .load = cartpole_load,             \
        .step_many = cartpole_step_many,                                                           \
    }

static const pv_env_class worlds[] = {
    CARTPOLE("CartPole-v1", "500", cartpole_create_v1),
    CARTPOLE("CartPole-v0", "200", cartpole_create_v0),
};

PV_ENVS(&worlds[0], &worlds[1]);
