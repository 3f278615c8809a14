/* A world that counts: from a start of 0 to 9 that the seed chooses, action 1 adds one and costs 1,
   action 0 waits and costs 2, until `goal`. With `fail` it refuses that step of every episode. */
#include "pavlov/env.h"

#include <string.h>

typedef struct counter_state {
    pv_rng rng;
    int32_t count, step;
} counter_state;

struct pv_env {
    const pv_host *host;
    int32_t goal, fail;
    counter_state now;
};

static const pv_param params_table[] = {
    {.name = "goal", .help = "where it ends", .initial = 20, .low = 10, .high = 1000},
    {.name = "fail", .help = "the step that fails, 0: none", .initial = 0, .low = 0, .high = 1e6},
    {.name = "label", .help = "a text without effect", .text = "none"},
};

static pv_status counter_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    pv_env *made = (pv_env *)host->alloc(host->ctx, sizeof *made);
    if (!made) {
        return -1;
    }
    made->host = host;
    made->goal = (int32_t)params[0].number;
    made->fail = (int32_t)params[1].number;
    *env = made;
    return 0;
}

static void counter_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static void counter_spec(const pv_env *env, pv_spec *spec)
{
    static const double low[] = {0.0};
    static const double high[] = {1.0};
    static const pv_space obs[] = {{.name = "count", .dtype = PV_I32, .n = 1001},
                                   {.name = "noise", .dtype = PV_F32, .low = low, .high = high}};
    static const pv_space action = {.name = "add", .dtype = PV_I32, .n = 2};
    static const char *const info[] = {"step"};
    static const pv_key keys[] = {{.keys = "Right", .value = 1}, {.idle = 1}};
    (void)env;
    spec->agents = 1;
    spec->n_obs = 2;
    spec->obs = obs;
    spec->n_action = 1;
    spec->action = &action;
    spec->n_info = 1;
    spec->info = info;
    spec->n_keys = 2;
    spec->keys = keys;
    spec->max_steps = 200;
}

static void write_out(pv_env *env, const pv_io *io)
{
    const float noise = (float)pv_draw_uniform(&env->now.rng, env->host->draws);
    if (io->obs[0]) {
        *(int32_t *)io->obs[0] = env->now.count;
    }
    if (io->obs[1]) {
        *(float *)io->obs[1] = noise;
    }
    io->info[0] = (float)env->now.step;
}

static pv_status counter_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->now.rng, seed);
    env->now.count = (int32_t)pv_draw_integer(&env->now.rng, env->host->draws, 0, 10);
    env->now.step = 0;
    write_out(env, io);
    return 0;
}

static pv_status counter_step(pv_env *env, const pv_io *io)
{
    const int32_t add = *(const int32_t *)io->action[0];
    env->now.step++;
    if (env->now.step == env->fail) {
        env->host->log(env->host->ctx, 0, "told to fail");
        return -1;
    }
    env->now.count += add;
    io->reward[0] = add ? -1.0f : -2.0f;
    io->terminated[0] = env->now.count >= env->goal;
    io->truncated[0] = 0;
    write_out(env, io);
    return 0;
}

#ifndef COUNTER_WITHOUT_SAVE
static size_t counter_state_size(const pv_env *env)
{
    (void)env;
    return sizeof(counter_state);
}

static pv_status counter_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status counter_load(pv_env *env, const void *state, size_t size)
{
    if (size != sizeof env->now) {
        return -1;
    }
    memcpy(&env->now, state, size);
    return 0;
}
#endif

static const pv_env_class counter_class = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
#ifndef COUNTER_WITHOUT_SAVE
    .id = "test/Counter-v1",
    .state_size = counter_state_size,
    .save = counter_save,
    .load = counter_load,
#else
    .id = "test/CounterWithoutSave-v1",
#endif
    .version = "1",
    .summary = "Counts to a goal from a start the seed chooses.",
    .params = params_table,
    .n_params = sizeof params_table / sizeof params_table[0],
    .create = counter_create,
    .destroy = counter_destroy,
    .spec = counter_spec,
    .reset = counter_reset,
    .step = counter_step,
};

PV_ENVS(&counter_class);
