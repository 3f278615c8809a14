/* Two players take 1 or 2 of `heap` matches in turn; who takes the last one wins. One match left
   allows only action 0 (take one), and the player who waits has a mask of zeros. */
#include "pavlov/env.h"

#include <string.h>

struct pv_env {
    const pv_host *host;
    int32_t heap;
    struct {
        int32_t left, turn;
    } now;
};

static const pv_param duel_params[] = {
    {.name = "heap", .help = "matches at the start", .initial = 7, .low = 2, .high = 100}};
static const pv_param long_duel_params[] = {
    {.name = "heap", .help = "matches at the start", .initial = 50, .low = 2, .high = 100}};

static pv_status duel_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    pv_env *made = (pv_env *)host->alloc(host->ctx, sizeof *made);
    if (!made) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    made->host = host;
    made->heap = (int32_t)params[0].number;
    *env = made;
    return 0;
}

static void duel_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static void duel_spec(const pv_env *env, pv_spec *spec)
{
    static const double zero[2] = {0.0, 0.0};
    static const double one[2] = {1.0, 1.0};
    static const pv_space obs[] = {
        {.name = "left", .dtype = PV_I32, .n = 101},
        {.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {2}, .low = zero, .high = one}};
    static const pv_space action = {.name = "take", .dtype = PV_I32, .n = 2};
    (void)env;
    spec->agents = 2;
    spec->n_obs = 2;
    spec->obs = obs;
    spec->n_action = 1;
    spec->action = &action;
}

static void write_obs(const pv_env *env, const pv_io *io)
{
    for (int32_t agent = 0; agent < 2; agent++) {
        const int acts = env->now.left > 0 && env->now.turn == agent;
        if (io->obs[0]) {
            ((int32_t *)io->obs[0])[agent] = env->now.left;
        }
        if (io->obs[1]) {
            uint8_t *mask = (uint8_t *)io->obs[1] + agent * 2;
            mask[0] = (uint8_t)acts;
            mask[1] = (uint8_t)(acts && env->now.left > 1);
        }
    }
}

static pv_status duel_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng rng;
    pv_rng_init(&rng, seed);
    env->now.left = env->heap;
    env->now.turn = (int32_t)pv_draw_integer(&rng, env->host->draws, 0, 2);
    write_obs(env, io);
    return 0;
}

static pv_status refuse(const pv_env *env, const char *reason)
{
    env->host->log(env->host->ctx, 0, reason);
    return -1;
}

static pv_status duel_step(pv_env *env, const pv_io *io)
{
    const int32_t player = env->now.turn;
    const int32_t action = ((const int32_t *)io->action[0])[player];
    if (env->now.left == 0) {
        return refuse(env, "no duel is going on: reset begins one");
    }
    if (action < 0 || action > 1) {
        return refuse(env, "a player takes 1 or 2 matches: action 0 or 1");
    }
    const int32_t take = action + 1;
    env->now.left -= take < env->now.left ? take : env->now.left;
    env->now.turn = 1 - player;
    const int over = env->now.left == 0;
    for (int32_t agent = 0; agent < 2; agent++) {
        io->reward[agent] = over ? (agent == player ? 1.0f : -1.0f) : 0.0f;
        io->terminated[agent] = (uint8_t)over;
        io->truncated[agent] = 0;
    }
    write_obs(env, io);
    return 0;
}

static size_t duel_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static pv_status duel_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static pv_status duel_load(pv_env *env, const void *state, size_t size)
{
    int32_t loaded[2]; /* left, turn */
    if (size != sizeof env->now || size != sizeof loaded) {
        return refuse(env, "a saved state of another size");
    }
    memcpy(loaded, state, size);
    if (loaded[0] < 0 || loaded[0] > env->heap || loaded[1] < 0 || loaded[1] > 1) {
        return refuse(env, "a damaged saved state");
    }
    memcpy(&env->now, state, size);
    return 0;
}

#define DUEL_CLASS(name, table)                                                                    \
    {                                                                                              \
        .size = sizeof(pv_env_class), .abi = PV_ABI, .id = name, .version = "1",                   \
        .summary = "Two players take one or two matches in turn; the last match wins.",            \
        .params = table, .n_params = 1, .create = duel_create, .destroy = duel_destroy,            \
        .spec = duel_spec, .reset = duel_reset, .step = duel_step, .state_size = duel_state_size,  \
        .save = duel_save, .load = duel_load                                                       \
    }

static const pv_env_class duel_class = DUEL_CLASS("test/Duel-v1", duel_params);
static const pv_env_class long_duel_class = DUEL_CLASS("test/LongDuel-v1", long_duel_params);

PV_ENVS(&duel_class, &long_duel_class);
