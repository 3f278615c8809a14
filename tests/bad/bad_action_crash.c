/* The bug: the action is an index before it is looked at. */
#include "walk.h"

static pv_status trusting_step(pv_env *env, const pv_io *io)
{
    static const int32_t moves[WALK_ACTIONS] = {0, 1};
    int32_t action;
    memcpy(&action, io->action[0], sizeof action);
    const volatile int32_t *move = moves;
    env->now.unused = move[action];
    return walk_step(env, io);
}

#undef WALK_STEP
#define WALK_STEP trusting_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
