/* A world of one's own: a corridor of ten places with a slippery floor and a way out on the right.

   gcc -std=c11 -O2 -fPIC -shared -o my_world.so my_world.c $(pkg-config --cflags pavlov)
   pavlov check ./my_world.so
   pavlov train q-learning ./my_world.so#MyWorld-v0 --episodes 200 */
#include <pavlov/env.h>

enum { LEFT, RIGHT, MOVES };
enum { PLACES = 10, OUT = PLACES - 1 };

struct pv_env { /* all that one instance remembers */
    const pv_host *host;
    pv_rng rng;
    int32_t place;
};

static pv_status refuse(const pv_host *host, const char *reason)
{
    host->log(host->ctx, 0, reason);
    return -1;
}

static pv_status my_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    (void)params;
    *env = (pv_env *)host->alloc(host->ctx, sizeof **env);
    if (!*env) {
        return refuse(host, "out of memory");
    }
    (*env)->host = host;
    return 0;
}

static void my_destroy(pv_env *env)
{
    env->host->free(env->host->ctx, env);
}

static void my_spec(const pv_env *env, pv_spec *spec)
{
    static const pv_space place = {.name = "place", .dtype = PV_I32, .n = PLACES};
    static const pv_space move = {.name = "move", .dtype = PV_I32, .n = MOVES};
    (void)env;
    spec->agents = spec->n_obs = spec->n_action = 1;
    spec->obs = &place;
    spec->action = &move;
    spec->max_steps = 100;
}

static void observe(const pv_env *env, const pv_io *io)
{
    if (io->obs[0]) { /* NULL: not wanted this time */
        *(int32_t *)io->obs[0] = env->place;
    }
}

static pv_status my_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    pv_rng_init(&env->rng, seed);
    env->place = (int32_t)pv_draw_integer(&env->rng, env->host->draws, 0, OUT);
    observe(env, io);
    return 0;
}

static pv_status my_step(pv_env *env, const pv_io *io)
{
    const int32_t move = *(const int32_t *)io->action[0];
    if (move != LEFT && move != RIGHT) {
        return refuse(env->host, "a move is 0 (left) or 1 (right)");
    }
    if (env->place != OUT) { /* once out, it is over */
        const int slips = pv_draw_uniform(&env->rng, env->host->draws) < 0.1;
        const int right = (move == RIGHT) != slips;
        env->place += right ? 1 : env->place > 0 ? -1 : 0;
    }
    io->reward[0] = -1.0f;
    io->terminated[0] = env->place == OUT;
    io->truncated[0] = 0;
    observe(env, io);
    return 0;
}

static const pv_env_class my_world = {
    .size = sizeof(pv_env_class),
    .abi = PV_ABI,
    .id = "MyWorld-v0",
    .version = "1",
    .summary = "A slippery corridor with a way out on the right.",
    .create = my_create,
    .destroy = my_destroy,
    .spec = my_spec,
    .reset = my_reset,
    .step = my_step,
};

PV_ENVS(&my_world);
