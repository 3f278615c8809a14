/* MountainCarContinuous: the valley of MountainCar with a push of any strength, and a cost on it
   (in the form of Gymnasium). The original stores its state in single precision after each step and
   mixes it with an action in single and constants in double; what is rounded where is part of the
   rules, here as NumPy 2 does it. */
#include "classic_hill.h"

enum { GOAL_VELOCITY, PARAMS };

static const pv_param mountain_car_params[PARAMS] = {
    [GOAL_VELOCITY] = {"goal_velocity", "speed that the car must have at the flag", 0, 0, 0.07,
                       NULL, NULL},
};

static const double force = 0.0015;
static const double gravity = 0.0025;
static const double goal = 0.45;

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
    env->now.action = 0.0f;
    write_observation(env, io);
    return 0;
}

/* What a push within its bounds, or the bound where it is beyond, changes of the speed. */
static double change_of_speed(float push, double slope)
{
    if (push >= -1.0f && push <= 1.0f) {
        const float pushed = push * (float)force;
        return (double)(pushed - (float)slope);
    }
    return (push > 0.0f ? 1.0 : -1.0) * force - slope;
}

/* The first step after a reset computes in double, and only its result is rounded. Returns whether
   the flag is reached. */
static int move_first(pv_env *env, float push)
{
    double *s = env->now.s;
    const double slope = gravity * cos(3.0 * s[HILL_PLACE]);
    double speed = s[HILL_SPEED] + change_of_speed(push, slope);
    speed = classic_clip(speed, -hill_fastest, hill_fastest);
    double place = classic_clip(s[HILL_PLACE] + speed, hill_left, hill_right);
    if (place == hill_left && speed < 0.0) {
        speed = 0.0;
    }
    s[HILL_PLACE] = (double)(float)place;
    s[HILL_SPEED] = (double)(float)speed;
    return place >= goal && speed >= env->option[GOAL_VELOCITY];
}

static float clip_single(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

/* Later ones compute in single, but for the cosine. */
static int move_later(pv_env *env, float push)
{
    double *s = env->now.s;
    const float before = (float)s[HILL_PLACE];
    const float angle = 3.0f * before;
    const double slope = gravity * cos((double)angle);
    float speed = (float)s[HILL_SPEED] + (float)change_of_speed(push, slope);
    speed = clip_single(speed, (float)-hill_fastest, (float)hill_fastest);
    const float place = clip_single(before + speed, (float)hill_left, (float)hill_right);
    if (place == (float)hill_left && speed < 0.0f) {
        speed = 0.0f;
    }
    s[HILL_PLACE] = (double)place;
    s[HILL_SPEED] = (double)speed;
    return place >= (float)goal && speed >= (float)env->option[GOAL_VELOCITY];
}

static pv_status mountain_car_step(pv_env *env, const pv_io *io)
{
    const float push = *(const float *)io->action[0];
    if (classic_check_phase(env) || classic_check_number(env, push)) {
        return -1;
    }
    const int arrived =
        env->now.phase == CLASSIC_BEGUN ? move_first(env, push) : move_later(env, push);
    const double effort = (double)push * (double)push * 0.1; /* of the push as it was asked for */
    env->now.action = push;
    classic_settle(env, io, (arrived ? 100.0 : 0.0) - effort, arrived);
    write_observation(env, io);
    return 0;
}

static pv_status mountain_car_load(pv_env *env, const void *state, size_t size)
{
    static const double limit[4] = {1.2000001, 0.0700001, 0.0, 0.0}; /* and what single adds */
    return classic_load_within(env, state, size, limit);
}

static pv_status mountain_car_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    const pv_canvas canvas = {rgb, stride, CLASSIC_WIDTH, CLASSIC_HEIGHT};
    hill_paint_ground(&canvas);
    hill_paint_flag(&canvas, goal);
    hill_paint_car(&canvas, env->now.s[HILL_PLACE],
                   classic_clip((double)env->now.action, -1.0, 1.0));
    return 0;
}

static const double most_push = 1.0;
static const double least_push = -1.0;
static const pv_space mountain_car_action = {"push", PV_F32, 0, 1, {1}, &least_push, &most_push};

static const pv_key mountain_car_keys[] = {
    {0, "Left a", 0, -1.0, 0},
    {0, "Right d", 0, 1.0, 0},
    {0, NULL, 0, 0.0, 1},
};

static void mountain_car_spec(const pv_env *env, pv_spec *spec)
{
    (void)env;
    hill_spec(spec);
    spec->action = &mountain_car_action;
    spec->n_keys = sizeof mountain_car_keys / sizeof mountain_car_keys[0];
    spec->keys = mountain_car_keys;
    spec->max_steps = 999;
    spec->solved = 90.0;
}

static const pv_env_class mountain_car_continuous = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "MountainCarContinuous-v0",
    .version = "1.0",
    .summary = "swing the car up to the flag with little effort",
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

PV_ENVS(&mountain_car_continuous);
