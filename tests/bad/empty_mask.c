/* The bug: in the third cell the mask allows nothing, and nobody else is there to act. */
#include "walk.h"

static void masked_spec(const pv_env *env, pv_spec *spec)
{
    static pv_space obs[3];
    static const double zeros[] = {0, 0}, ones[] = {1, 1};
    walk_spec(env, spec);
    memcpy(obs, spec->obs, 2 * sizeof *obs);
    obs[2] = (pv_space){"action_mask", PV_U8, 0, 1, {WALK_ACTIONS}, zeros, ones};
    spec->obs = obs;
    spec->n_obs = 3;
}

static pv_status masked(const pv_env *env, const pv_io *io, pv_status status)
{
    if (io->obs[2]) {
        memset(io->obs[2], env->now.cell != 2, WALK_ACTIONS);
    }
    return status;
}

static pv_status masked_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    return masked(env, io, walk_reset(env, seed, io));
}

static pv_status masked_step(pv_env *env, const pv_io *io)
{
    return masked(env, io, walk_step(env, io));
}

#undef WALK_SPEC
#define WALK_SPEC masked_spec
#undef WALK_RESET
#define WALK_RESET masked_reset
#undef WALK_STEP
#define WALK_STEP masked_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
