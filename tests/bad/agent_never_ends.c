/* The bug: there are two walkers, and the second watches the first for ever. */
#include "walk.h"

static void pair_spec(const pv_env *env, pv_spec *spec)
{
    walk_spec(env, spec);
    spec->agents = 2;
}

/* What the first agent sees, gets and is told, for the second. */
static void copy_to_second(const pv_io *io)
{
    const size_t sizes[] = {sizeof(int32_t), WALK_CELLS * sizeof(float)};
    for (size_t i = 0; i < 2; i++) {
        if (io->obs[i]) {
            memcpy((uint8_t *)io->obs[i] + sizes[i], io->obs[i], sizes[i]);
        }
    }
    io->info[1] = io->info[0];
}

static pv_status pair_reset(pv_env *env, uint64_t seed, const pv_io *io)
{
    const pv_status status = walk_reset(env, seed, io);
    copy_to_second(io);
    return status;
}

static pv_status pair_step(pv_env *env, const pv_io *io)
{
    const int over = env->now.phase == WALK_OVER;
    const int32_t *actions = (const int32_t *)io->action[0];
    if (actions[1] < 0 || actions[1] >= WALK_ACTIONS) {
        return walk_fail(env, "the action is not 0 or 1");
    }
    const pv_status status = over ? 0 : walk_step(env, io);
    if (over) {
        io->reward[0] = 0.0f;
        io->terminated[0] = 1;
        io->truncated[0] = 0;
        walk_show(env, io);
    }
    io->reward[1] = 0.0f;
    io->terminated[1] = 0;
    io->truncated[1] = 0;
    copy_to_second(io);
    return status;
}

#undef WALK_SPEC
#define WALK_SPEC pair_spec
#undef WALK_RESET
#define WALK_RESET pair_reset
#undef WALK_STEP
#define WALK_STEP pair_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
#undef WALK_OUTCOMES
#define WALK_OUTCOMES NULL
WALK_ENVS;
