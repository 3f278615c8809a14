/* Acrobot: two links that hang from a bar like a gymnast; torque at the joint between them must
   swing the free end above a line (Sutton 1996; the equations are those of Sutton and Barto's book,
   one Runge-Kutta step of fourth order each 0.2 s, in the form of Gymnasium). */
#include "classic.h"

enum {
    UPPER,
    LOWER,
    UPPER_SPIN,
    LOWER_SPIN,
    NUMBERS
}; /* s[]: the upper angle is 0 hanging down,
       the lower one relative to the upper link */
enum { ACTIONS = 3 };
enum { BOOK_OR_NIPS, TORQUE_NOISE, PARAMS };
enum { BOOK, NIPS };

static const pv_param acrobot_params[PARAMS] = {
    [BOOK_OR_NIPS] = {"book_or_nips", "equations of the book or of the paper before it", BOOK, 0, 1,
                      "book|nips", NULL},
    [TORQUE_NOISE] = {"torque_noise_max", "largest error of a torque, drawn in each step", 0, 0, 10,
                      NULL, NULL},
};

static const double gravity = 9.8;
static const double interval = 0.2;
static const double most_upper_spin = 4.0 * 3.141592653589793;
static const double most_lower_spin = 9.0 * 3.141592653589793;

/* --- the motion: links of length, mass and moment of inertia 1, masses in their middles --- */

/* The derivatives of s[] in time under a torque. */
static void differentiate(const pv_env *env, const double *s, double torque, double *ds)
{
    const double cosine = cos(s[LOWER]);
    const double sine = sin(s[LOWER]);
    const double upper_spin = s[UPPER_SPIN];
    const double lower_spin = s[LOWER_SPIN];
    const double d1 = 0.25 + (1.25 + cosine) + 1.0 + 1.0;
    const double d2 = (0.25 + 0.5 * cosine) + 1.0;
    const double phi2 = 0.5 * gravity * cos(s[UPPER] + s[LOWER] - classic_pi / 2.0);
    const double phi1 = -0.5 * (lower_spin * lower_spin) * sine - lower_spin * upper_spin * sine +
                        1.5 * gravity * cos(s[UPPER] - classic_pi / 2.0) + phi2;
    double pull = torque + d2 / d1 * phi1;
    if (env->option[BOOK_OR_NIPS] == BOOK) {
        pull -= 0.5 * (upper_spin * upper_spin) * sine;
    }
    ds[UPPER] = upper_spin;
    ds[LOWER] = lower_spin;
    ds[LOWER_SPIN] = (pull - phi2) / (1.25 - d2 * d2 / d1);
    ds[UPPER_SPIN] = -(d2 * ds[LOWER_SPIN] + phi1) / d1;
}

/* s + time * slope */
static void advance(const double *s, double time, const double *slope, double *to)
{
    for (int i = 0; i < NUMBERS; i++) {
        to[i] = s[i] + time * slope[i];
    }
}

static void integrate(const pv_env *env, double *s, double torque)
{
    double k1[NUMBERS], k2[NUMBERS], k3[NUMBERS], k4[NUMBERS], at[NUMBERS];
    differentiate(env, s, torque, k1);
    advance(s, interval / 2.0, k1, at);
    differentiate(env, at, torque, k2);
    advance(s, interval / 2.0, k2, at);
    differentiate(env, at, torque, k3);
    advance(s, interval, k3, at);
    differentiate(env, at, torque, k4);
    for (int i = 0; i < NUMBERS; i++) {
        s[i] += interval / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    }
}

static double wrap(double angle)
{
    while (angle > classic_pi) {
        angle -= 2.0 * classic_pi;
    }
    while (angle < -classic_pi) {
        angle += 2.0 * classic_pi;
    }
    return angle;
}

/* --- episodes --- */

static void write_observation(const pv_env *env, const pv_io *io)
{
    const double *s = env->now.s;
    float *obs = io->obs[0];
    if (obs) {
        obs[0] = (float)cos(s[UPPER]);
        obs[1] = (float)sin(s[UPPER]);
        obs[2] = (float)cos(s[LOWER]);
        obs[3] = (float)sin(s[LOWER]);
        obs[4] = (float)s[UPPER_SPIN];
        obs[5] = (float)s[LOWER_SPIN];
    }
}

static pv_status acrobot_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    return classic_create(host, params, PARAMS, env);
}

/* An episode begins with numbers rounded to single, as in the original. */
static pv_status acrobot_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    for (int i = 0; i < NUMBERS; i++) {
        env->now.s[i] = (double)(float)classic_draw(env, -0.1, 0.1);
    }
    env->now.phase = CLASSIC_BEGUN;
    env->now.action = 1.0f;
    write_observation(env, io);
    return 0;
}

static pv_status acrobot_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    const double noise = env->option[TORQUE_NOISE];
    double *s = env->now.s;
    if (classic_check_phase(env) || classic_check_choice(env, action, ACTIONS)) {
        return -1;
    }
    const double torque = action - 1;
    integrate(env, s, noise > 0.0 ? torque + classic_draw(env, -noise, noise) : torque);
    s[UPPER] = wrap(s[UPPER]);
    s[LOWER] = wrap(s[LOWER]);
    s[UPPER_SPIN] = classic_clip(s[UPPER_SPIN], -most_upper_spin, most_upper_spin);
    s[LOWER_SPIN] = classic_clip(s[LOWER_SPIN], -most_lower_spin, most_lower_spin);
    env->now.action = (float)action;
    const int above = -cos(s[UPPER]) - cos(s[LOWER] + s[UPPER]) > 1.0;
    classic_settle(env, io, above ? 0.0 : -1.0, above);
    write_observation(env, io);
    return 0;
}

static pv_status acrobot_load(pv_env *env, const void *state, size_t size)
{
    static const double limit[4] = {3.141592653589793, 3.141592653589793, 4.0 * 3.141592653589793,
                                    9.0 * 3.141592653589793};
    return classic_load_within(env, state, size, limit);
}

/* --- the picture: the arms before the line --- */

static const double metre = 92.0; /* in pixels */
static const double hinge_x = CLASSIC_SIDE / 2.0, hinge_y = CLASSIC_SIDE / 2.0;

static void paint_link(const pv_canvas *canvas, double x, double y, double to_x, double to_y,
                       uint32_t colour)
{
    pv_paint_line(canvas, x, y, to_x, to_y, 20, 0x2B3440);
    pv_paint_line(canvas, x, y, to_x, to_y, 14, colour);
}

/* An arc with an arrow's point around the joint, the way the torque turns the lower link. */
static void paint_torque(const pv_canvas *canvas, double x, double y, double torque, double middle)
{
    classic_paint_turn(canvas, x, y, 27.0, middle, torque * 1.9, 0xE08A1E);
}

static pv_status acrobot_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, CLASSIC_SIDE, CLASSIC_SIDE};
    const double upper = env->now.s[UPPER];
    const double lower = upper + env->now.s[LOWER];
    const double x = hinge_x + metre * sin(upper);
    const double y = hinge_y + metre * cos(upper);
    pv_paint_fill(&canvas, 0xF3F5F8);
    pv_paint_rect(&canvas, 0, 0, CLASSIC_SIDE, (int)(hinge_y - metre), 0xE2F0E6);
    for (int dash = 4; dash < CLASSIC_SIDE; dash += 16) {
        pv_paint_rect(&canvas, dash, (int)(hinge_y - metre) - 1, 9, 3, 0x2F7D5B);
    }
    paint_link(&canvas, hinge_x, hinge_y, x, y, 0x3F8F8B);
    paint_link(&canvas, x, y, x + metre * sin(lower), y + metre * cos(lower), 0x58B0A4);
    pv_paint_disc(&canvas, hinge_x, hinge_y, 8, 0x2B3440);
    pv_paint_disc(&canvas, hinge_x, hinge_y, 4, 0xF3C14B);
    pv_paint_disc(&canvas, x, y, 7, 0x2B3440);
    pv_paint_disc(&canvas, x, y, 3.5, 0xF3C14B);
    if (env->now.phase > CLASSIC_BEGUN) {
        paint_torque(&canvas, x, y, (double)env->now.action - 1.0, lower);
    }
    return 0;
}

/* --- what it is --- */

static const double obs_high[6] = {1, 1, 1, 1, 4.0 * 3.141592653589793, 9.0 * 3.141592653589793};
static const double obs_low[6] = {
    -1, -1, -1, -1, -4.0 * 3.141592653589793, -9.0 * 3.141592653589793};
static const pv_space acrobot_obs = {"state", PV_F32, 0, 1, {6}, obs_low, obs_high};
static const pv_space acrobot_action = {"torque", PV_I32, ACTIONS, 0, {0}, NULL, NULL};

static const pv_key acrobot_keys[ACTIONS] = {
    {0, "Left a", 0, 0, 0}, /* where the hanging end is pushed */
    {0, "Down s", 0, 1, 1},
    {0, "Right d", 0, 2, 0},
};

static void acrobot_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &acrobot_obs;
    spec->n_action = 1;
    spec->action = &acrobot_action;
    spec->n_keys = ACTIONS;
    spec->keys = acrobot_keys;
    spec->max_steps = 500;
    spec->solved = -100.0;
    spec->width = CLASSIC_SIDE;
    spec->height = CLASSIC_SIDE;
    spec->fps = 15.0;
}

static const pv_env_class acrobot = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "Acrobot-v1",
    .version = "1.0",
    .summary = "swing the free end of two links above a line",
    .params = acrobot_params,
    .n_params = PARAMS,
    .create = acrobot_create,
    .destroy = classic_destroy,
    .spec = acrobot_spec,
    .reset = acrobot_reset,
    .step = acrobot_step,
    .render = acrobot_render,
    .state_size = classic_state_size,
    .save = classic_save,
    .load = acrobot_load,
};

PV_ENVS(&acrobot);
