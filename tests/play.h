/* play.h: one instance of a world with room for what it writes, for tests that play it by hand. */
#ifndef PAVLOV_TESTS_PLAY_H
#define PAVLOV_TESTS_PLAY_H

#include "envs/host/instance.h"

#include <check.h>
#include <string.h>

/* worlds of one agent with one action space and at most 8 small spaces */
typedef struct play {
    pv_world *world;
    pv_instance instance;
    const pv_env_class *env_class;
    pv_env *env;
    const pv_spec *spec;
    union {
        int32_t action;
        float push; /* of worlds whose action is a number */
    };
    int32_t obs[8][256];
    float reward, info[8];
    uint8_t terminated, truncated;
    pv_io io;
    void *obs_at[8];
    const void *action_at[1];
} play;

/* Makes an instance of a world; returns its status, the reason being the last error. It must not
   move while it lives. */
static inline pv_status play_open(play *played, const char *world, pv_draws *draws)
{
    memset(played, 0, sizeof *played);
    played->world = pv_world_open(world);
    if (!played->world) {
        return pv_last_status();
    }
    const pv_status status = pv_instance_init(&played->instance, played->world, draws);
    if (status) {
        pv_world_close(played->world);
        return status;
    }
    played->env_class = played->instance.env_class;
    played->env = played->instance.env;
    const pv_spec *spec = played->spec = pv_world_spec(played->world);
    ck_assert(spec->agents == 1 && spec->n_action == 1 && spec->n_obs <= 8 && spec->n_info <= 8);
    for (uint32_t i = 0; i < spec->n_obs; i++) {
        ck_assert_uint_le(pv_space_size(&spec->obs[i]), sizeof played->obs[i]);
        played->obs_at[i] = played->obs[i];
    }
    played->action_at[0] = &played->action;
    played->io = (pv_io){played->action_at,   played->obs_at,     &played->reward,
                         &played->terminated, &played->truncated, played->info};
    return PV_OK;
}

static inline void play_close(play *played)
{
    pv_instance_free(&played->instance);
    pv_world_close(played->world);
}

static inline pv_status play_reset(play *played, uint64_t seed)
{
    return played->env_class->reset(played->env, seed, &played->io);
}

static inline pv_status play_step(play *played, int32_t action)
{
    played->action = action;
    return played->env_class->step(played->env, &played->io);
}

static inline pv_status play_push(play *played, float push)
{
    played->push = push;
    return played->env_class->step(played->env, &played->io);
}

/* Returns the number of the state it is in. */
static inline uint32_t play_state(const play *played)
{
    return played->env_class->state(played->env);
}

/* Returns the count of outcomes of (state, action), at most `capacity` of them written. */
static inline uint32_t play_outcomes(const play *played, uint32_t state, uint32_t action,
                                     pv_outcome *outcomes, uint32_t capacity)
{
    return played->env_class->outcomes(played->env, state, action, outcomes, capacity);
}

/* Draws decided by the test, in order; asking for more or for others fails it. */
typedef struct script {
    const double *value;
    int n, used;
} script;

static inline double script_uniform(void *ctx)
{
    script *written = ctx;
    ck_assert_int_lt(written->used, written->n);
    return written->value[written->used++];
}

static inline int64_t script_integer(void *ctx, int64_t a, int64_t b)
{
    const int64_t value = (int64_t)script_uniform(ctx);
    ck_assert(value >= a && value < b);
    return value;
}

static inline pv_draws script_draws(script *written)
{
    return (pv_draws){(uint32_t)sizeof(pv_draws), written, script_uniform, script_integer};
}

#endif
