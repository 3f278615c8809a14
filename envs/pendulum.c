/* Pendulum: a rod on a motor too weak to lift it at once is to be swung up and held (in the form of
   Gymnasium). The cost is of the state before the step and of the torque; semi-implicit Euler moves
   the angle with the new speed. Torques are single, what is rounded where is as NumPy 2 does it. */
#include "classic.h"

enum { ANGLE, SPIN }; /* s[]: the angle is 0 upright and never wrapped */
enum { GRAVITY, PARAMS };

static const pv_param pendulum_params[PARAMS] = {
    [GRAVITY] = {"g", "acceleration of gravity", 10, -1000, 1000, NULL, NULL},
};

static const double interval = 0.05;
static const double fastest = 8.0;
static const float strongest = 2.0f;
static const double farthest = 1e9; /* angle of a saved state */

static void write_observation(const pv_env *env, const pv_io *io)
{
    float *obs = io->obs[0];
    if (obs) {
        obs[0] = (float)cos(env->now.s[ANGLE]);
        obs[1] = (float)sin(env->now.s[ANGLE]);
        obs[2] = (float)env->now.s[SPIN];
    }
}

static pv_status pendulum_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    return classic_create(host, params, PARAMS, env);
}

static pv_status pendulum_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    env->now.s[ANGLE] = classic_draw(env, -classic_pi, classic_pi);
    env->now.s[SPIN] = classic_draw(env, -1.0, 1.0);
    env->now.phase = CLASSIC_BEGUN;
    env->now.action = 0.0f;
    write_observation(env, io);
    return 0;
}

/* The angle between -pi and pi. */
static double wrapped(double angle)
{
    const double turn = 2.0 * classic_pi;
    const double rest = fmod(angle + classic_pi, turn);
    return (rest < 0.0 ? rest + turn : rest) - classic_pi;
}

/* The power function of the C library, not u * u: their last bits differ now and then. */
static float square(float u)
{
    const volatile float exponent = 2.0f;
    return powf(u, exponent);
}

static double cost_of(const double *s, float torque)
{
    const double angle = wrapped(s[ANGLE]);
    const float effort = 0.001f * square(torque);
    return angle * angle + 0.1 * (s[SPIN] * s[SPIN]) + (double)effort;
}

static pv_status pendulum_step(pv_env *env, const pv_io *io)
{
    const float asked = *(const float *)io->action[0];
    if (classic_check_phase(env) || classic_check_number(env, asked)) {
        return -1;
    }
    const float torque = asked < -strongest ? -strongest : asked > strongest ? strongest : asked;
    const float turning = 3.0f * torque;
    double *s = env->now.s;
    const double cost = cost_of(s, torque);
    const double pull = 3.0 * env->option[GRAVITY] / 2.0;
    s[SPIN] += (pull * sin(s[ANGLE]) + (double)turning) * interval;
    s[SPIN] = classic_clip(s[SPIN], -fastest, fastest);
    s[ANGLE] += s[SPIN] * interval;
    env->now.action = torque;
    classic_settle(env, io, -cost, 0);
    write_observation(env, io);
    return 0;
}

static pv_status pendulum_load(pv_env *env, const void *state, size_t size)
{
    const double limit[4] = {farthest, fastest, 0.0, 0.0};
    return classic_load_within(env, state, size, limit);
}

/* --- the picture --- */

static const double metre = 150.0; /* in pixels; the length of the rod */

static pv_status pendulum_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, CLASSIC_SIDE, CLASSIC_SIDE};
    const double middle = CLASSIC_SIDE / 2.0;
    const double angle = env->now.s[ANGLE];
    const double x = middle - metre * sin(angle);
    const double y = middle - metre * cos(angle);
    pv_paint_fill(&canvas, 0xF3F5F8);
    pv_paint_ring(&canvas, middle, middle, metre + 1.0, 2, 0xD5DBE2);
    for (int tick = 0; tick < 12; tick++) {
        const double c = cos(tick * classic_pi / 6.0);
        const double d = sin(tick * classic_pi / 6.0);
        const double inner = metre + (tick == 0 ? 22.0 : 28.0);
        pv_paint_line(&canvas, middle + inner * d, middle - inner * c, middle + (metre + 36.0) * d,
                      middle - (metre + 36.0) * c, tick == 0 ? 6 : 3,
                      tick == 0 ? 0x2F7D5B : 0xB9C2CC);
    }
    pv_paint_line(&canvas, middle, middle, x, y, 30, 0x7E2F2A);
    pv_paint_line(&canvas, middle, middle, x, y, 24, 0xC4554D);
    pv_paint_disc(&canvas, middle, middle, 8, 0x2B3440);
    classic_paint_turn(&canvas, middle, middle, 52.0, angle + classic_pi,
                       (double)env->now.action * 1.1, 0x2B3440);
    return 0;
}

/* --- what it is --- */

static const double obs_high[3] = {1, 1, 8};
static const double obs_low[3] = {-1, -1, -8};
static const double action_high = 2.0;
static const double action_low = -2.0;
static const pv_space pendulum_obs = {"state", PV_F32, 0, 1, {3}, obs_low, obs_high};
static const pv_space pendulum_action = {"torque", PV_F32, 0, 1, {1}, &action_low, &action_high};

static const pv_key pendulum_keys[] = {
    {0, "Left a", 0, 2.0, 0}, /* where the upright end is pushed */
    {0, "Right d", 0, -2.0, 0},
    {0, NULL, 0, 0.0, 1},
};

static void pendulum_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    spec->agents = 1;
    spec->n_obs = 1;
    spec->obs = &pendulum_obs;
    spec->n_action = 1;
    spec->action = &pendulum_action;
    spec->n_keys = sizeof pendulum_keys / sizeof pendulum_keys[0];
    spec->keys = pendulum_keys;
    spec->max_steps = 200;
    spec->width = CLASSIC_SIDE;
    spec->height = CLASSIC_SIDE;
    spec->fps = 30.0;
}

static const pv_env_class pendulum = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "Pendulum-v1",
    .version = "1.0",
    .summary = "swing a rod up on a weak motor and hold it",
    .params = pendulum_params,
    .n_params = PARAMS,
    .create = pendulum_create,
    .destroy = classic_destroy,
    .spec = pendulum_spec,
    .reset = pendulum_reset,
    .step = pendulum_step,
    .render = pendulum_render,
    .state_size = classic_state_size,
    .save = classic_save,
    .load = pendulum_load,
};

PV_ENVS(&pendulum);
