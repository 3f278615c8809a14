/* walk.h: the world that every plugin of this folder spoils in one way: a corridor of cells, walked
   to the right end, where feet slip. It is correct as it stands (tests/good/walk.c); a bad plugin
   includes it, writes its own version of one function and names that before WALK_ENVS:

       #undef WALK_STEP
       #define WALK_STEP my_step
       WALK_ENVS; */
#ifndef PAVLOV_TESTS_WALK_H
#define PAVLOV_TESTS_WALK_H

#include "pavlov/env.h"

#include <stdlib.h>
#include <string.h>

enum { WALK_CELLS = 8, WALK_ACTIONS = 2, WALK_SIDE = 10 };
enum { WALK_NEW, WALK_RUNNING, WALK_OVER };

typedef struct walk_state {
    pv_rng rng;
    int32_t cell, phase;
    float slips;
    int32_t unused;
} walk_state;

struct pv_env {
    const pv_host *host;
    double slip;
    int32_t from_left;
    walk_state now;
};

static inline pv_status walk_fail(const pv_env *env, const char *reason)
{
    env->host->log(env->host->ctx, 0, reason);
    return -1;
}

static inline pv_status walk_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    *env = (pv_env *)host->alloc(host->ctx, sizeof **env);
    if (!*env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    (*env)->host = host;
    (*env)->slip = params[0].number;
    (*env)->from_left = params[1].number > 0.5;
    return 0;
}

static inline void walk_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

static inline void walk_spec(const pv_env *env, pv_spec *spec)
{
    static const double zeros[WALK_CELLS] = {0};
    static const double ones[WALK_CELLS] = {1, 1, 1, 1, 1, 1, 1, 1};
    static const pv_space obs[] = {{"cell", PV_I32, WALK_CELLS, 0, {0}, NULL, NULL},
                                   {"view", PV_F32, 0, 1, {WALK_CELLS}, zeros, ones}};
    static const pv_space action = {"direction", PV_I32, WALK_ACTIONS, 0, {0}, NULL, NULL};
    static const char *const info[] = {"slips"};
    static const pv_key keys[] = {{0, "Left a", 0, 0, 0}, {0, "Right d", 0, 1, 0}};
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
    spec->max_steps = 100;
    spec->n_states = WALK_CELLS;
    spec->width = WALK_CELLS * WALK_SIDE;
    spec->height = WALK_SIDE;
}

static inline void walk_show(const pv_env *env, const pv_io *io)
{
    if (io->obs[0]) {
        memcpy(io->obs[0], &env->now.cell, sizeof env->now.cell);
    }
    if (io->obs[1]) {
        float view[WALK_CELLS] = {0};
        view[env->now.cell] = 1.0f;
        memcpy(io->obs[1], view, sizeof view);
    }
    io->info[0] = env->now.slips;
}

static inline pv_status walk_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    memset(&env->now, 0, sizeof env->now);
    pv_rng_init(&env->now.rng, seed);
    if (!env->from_left) {
        env->now.cell =
            (int32_t)pv_draw_integer(&env->now.rng, env->host->draws, 0, WALK_CELLS - 1);
    }
    env->now.phase = WALK_RUNNING;
    walk_show(env, io);
    return 0;
}

/* The cell to the left (0) or right (1); the left end is a wall. */
static inline int32_t walk_beside(int32_t cell, int32_t direction)
{
    return direction == 1 ? cell + 1 : cell > 0 ? cell - 1 : 0;
}

static inline pv_status walk_step(pv_env *env, const pv_io *io)
{
    int32_t direction;
    memcpy(&direction, io->action[0], sizeof direction);
    if (env->now.phase != WALK_RUNNING) {
        return walk_fail(env, "step without a reset before it");
    }
    if (direction < 0 || direction >= WALK_ACTIONS) {
        return walk_fail(env, "the action is not 0 or 1");
    }
    if (pv_draw_uniform(&env->now.rng, env->host->draws) < env->slip) {
        direction = 1 - direction;
        env->now.slips += 1.0f;
    }
    env->now.cell = walk_beside(env->now.cell, direction);
    const int at_end = env->now.cell == WALK_CELLS - 1;
    env->now.phase = at_end ? WALK_OVER : WALK_RUNNING;
    io->reward[0] = at_end ? 1.0f : -0.1f;
    io->terminated[0] = (uint8_t)at_end;
    io->truncated[0] = 0;
    walk_show(env, io);
    return 0;
}

static inline pv_status walk_render(const pv_env *env, uint8_t *rgb, size_t stride)
{
    for (size_t y = 0; y < WALK_SIDE; y++) {
        for (size_t x = 0; x < (size_t)WALK_CELLS * WALK_SIDE; x++) {
            const int here = (int32_t)(x / WALK_SIDE) == env->now.cell;
            memset(rgb + y * stride + 3 * x, here ? 200 : 30, 3);
        }
    }
    return 0;
}

static inline size_t walk_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static inline pv_status walk_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

static inline pv_status walk_load(pv_env *env, const void *state, size_t size)
{
    walk_state loaded;
    if (size != sizeof loaded) {
        return walk_fail(env, "a state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    const int at_end = loaded.cell == WALK_CELLS - 1;
    if (loaded.cell < 0 || loaded.cell >= WALK_CELLS || loaded.phase < WALK_NEW ||
        loaded.phase > WALK_OVER || (loaded.phase == WALK_OVER) != at_end) {
        return walk_fail(env, "a damaged state");
    }
    env->now = loaded;
    return 0;
}

static inline uint32_t walk_state_number(const pv_env *env)
{
    return (uint32_t)env->now.cell;
}

static inline uint32_t walk_put(pv_outcome *outcomes, uint32_t capacity, uint32_t at, double p,
                                int32_t next)
{
    const int at_end = next == WALK_CELLS - 1;
    if (p > 0.0 && at < capacity) {
        outcomes[at] = (pv_outcome){p, at_end ? 1.0 : -0.1, (uint32_t)next, (uint32_t)at_end};
    }
    return at + (p > 0.0);
}

static inline uint32_t walk_outcomes(const pv_env *env, uint32_t state, uint32_t action,
                                     pv_outcome *outcomes, uint32_t capacity)
{
    uint32_t n = 0;
    if (state == UINT32_MAX) {
        const int32_t starts = env->from_left ? 1 : WALK_CELLS - 1;
        for (int32_t cell = 0; cell < starts; cell++) {
            n = walk_put(outcomes, capacity, n, 1.0 / starts, cell);
        }
        return n;
    }
    const int32_t cell = (int32_t)state, direction = (int32_t)action;
    if (cell == WALK_CELLS - 1) {
        return walk_put(outcomes, capacity, n, 1.0, cell);
    }
    n = walk_put(outcomes, capacity, n, 1.0 - env->slip, walk_beside(cell, direction));
    return walk_put(outcomes, capacity, n, env->slip, walk_beside(cell, 1 - direction));
}

static inline uint32_t walk_locate(const pv_env *env, uint32_t state, pv_rect *rect)
{
    (void)env;
    *rect = (pv_rect){(int32_t)state * WALK_SIDE, 0, WALK_SIDE, WALK_SIDE};
    return 1;
}

static inline pv_status walk_step_many(pv_env *const *envs, const pv_io *ios, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const pv_status status = walk_step(envs[i], &ios[i]);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

#define WALK_ABI PV_ABI
#define WALK_SLIP 0.2 /* the default */
#define WALK_CREATE walk_create
#define WALK_DESTROY walk_destroy
#define WALK_SPEC walk_spec
#define WALK_RESET walk_reset
#define WALK_STEP walk_step
#define WALK_RENDER walk_render
#define WALK_STATE_SIZE walk_state_size
#define WALK_SAVE walk_save
#define WALK_LOAD walk_load
#define WALK_STATE walk_state_number
#define WALK_OUTCOMES walk_outcomes
#define WALK_STEP_MANY walk_step_many
#define WALK_LOCATE walk_locate

#define WALK_CLASS                                                                                 \
    static const pv_param walk_params[] = {                                                        \
        {"slip", "chance of a step to the other side", WALK_SLIP, 0.0, 1.0, NULL, NULL},           \
        {"start", "where an episode begins", 0, 0, 1, "anywhere|left", NULL}};                     \
    static const pv_env_class walk_class = {.size = sizeof(pv_env_class),                          \
                                            .abi = WALK_ABI,                                       \
                                            .id = "test/Walk-v1",                                  \
                                            .version = "1",                                        \
                                            .summary = "a corridor with slippery ground",          \
                                            .params = walk_params,                                 \
                                            .n_params = 2,                                         \
                                            .create = WALK_CREATE,                                 \
                                            .destroy = WALK_DESTROY,                               \
                                            .spec = WALK_SPEC,                                     \
                                            .reset = WALK_RESET,                                   \
                                            .step = WALK_STEP,                                     \
                                            .render = WALK_RENDER,                                 \
                                            .state_size = WALK_STATE_SIZE,                         \
                                            .save = WALK_SAVE,                                     \
                                            .load = WALK_LOAD,                                     \
                                            .state = WALK_STATE,                                   \
                                            .outcomes = WALK_OUTCOMES,                             \
                                            .step_many = WALK_STEP_MANY,                           \
                                            .locate = WALK_LOCATE}

#define WALK_ENVS                                                                                  \
    WALK_CLASS;                                                                                    \
    PV_ENVS(&walk_class)

#endif
