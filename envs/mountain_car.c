/* MountainCar: a car too weak for the hill must swing itself up (Moore 1990, in the form of
   Gymnasium). One number of push, one cosine for the slope. */
#include "classic_hill.h"

enum { BACK, COAST, FORWARD, ACTIONS };
enum { GOAL_VELOCITY, PARAMS };

static const pv_param mountain_car_params[PARAMS] = {
    [GOAL_VELOCITY] = {"goal_velocity", "speed that the car must have at the flag", 0, 0, 0.07,
                       NULL, NULL},
};

static const double force = 0.001;
static const double gravity = 0.0025;
static const double goal = 0.5;

static void write_observation(const pv_env *env, const pv_io *io)
{
    float *obs = io->obs[0];
    if (obs) {
        obs[0] = (float)env->now.s[HILL_PLACE];
        obs[1] = (float)env->now.s[HILL_SPEED];
    }
}

static pv_status mountain_car_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    return classic_create(host, params, PARAMS, env);
}

static pv_status mountain_car_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    env->now.s[HILL_PLACE] = classic_draw(env, -0.6, -0.4);
    env->now.s[HILL_SPEED] = 0.0;
    env->now.phase = CLASSIC_BEGUN;
    env->now.action = COAST;
    write_observation(env, io);
    return 0;
}

static pv_status mountain_car_step(pv_env *env, const pv_io *io)
{
    const int32_t action = *(const int32_t *)io->action[0];
    if (classic_check_phase(env) || classic_check_choice(env, action, ACTIONS)) {
        return -1;
    }
    double place = env->now.s[HILL_PLACE];
    double speed = env->now.s[HILL_SPEED];
    speed += (action - 1) * force + cos(3.0 * place) * -gravity;
    speed = classic_clip(speed, -hill_fastest, hill_fastest);
    place = classic_clip(place + speed, hill_left, hill_right);
    if (place == hill_left && speed < 0.0) {
        speed = 0.0;
    }
    env->now.s[HILL_PLACE] = place;
    env->now.s[HILL_SPEED] = speed;
    env->now.action = (float)action;
    classic_settle(env, io, -1.0, place >= goal && speed >= env->option[GOAL_VELOCITY]);
    write_observation(env, io);
    return 0;
}

static pv_status mountain_car_load(pv_env *env, const void *state, size_t size)
{
    static const double limit[4] = {1.2, 0.07, 0.0, 0.0};
    return classic_load_within(env, state, size, limit);
}

static pv_status mountain_car_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, CLASSIC_WIDTH, CLASSIC_HEIGHT};
    hill_paint_ground(&canvas);
    hill_paint_flag(&canvas, goal);
    hill_paint_car(&canvas, env->now.s[HILL_PLACE],
                   env->now.phase == CLASSIC_UNBORN ? 0.0 : (double)env->now.action - COAST);
    return 0;
}

static const pv_space mountain_car_action = {"push", PV_I32, ACTIONS, 0, {0}, NULL, NULL};

static const pv_key mountain_car_keys[] = {
    {0, "Left a", 0, BACK, 0},
    {0, "Down s", 0, COAST, 1},
    {0, "Right d", 0, FORWARD, 0},
};

static void mountain_car_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    hill_spec(spec);
    spec->action = &mountain_car_action;
    spec->n_keys = sizeof mountain_car_keys / sizeof mountain_car_keys[0];
    spec->keys = mountain_car_keys;
    spec->max_steps = 200;
    spec->solved = -110.0;
}

static const pv_env_class mountain_car = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "MountainCar-v0",
    .version = "1.0",
    .summary = "swing a car too weak for the hill up to the flag",
    .params = mountain_car_params,
    .n_params = PARAMS,
    .create = mountain_car_create,
    .destroy = classic_destroy,
    .spec = mountain_car_spec,
    .reset = mountain_car_reset,
    .step = mountain_car_step,
    .render = mountain_car_render,
    .state_size = classic_state_size,
    .save = classic_save,
    .load = mountain_car_load,
};

PV_ENVS(&mountain_car);
