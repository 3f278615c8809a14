/* The bug: whatever is not 0 counts as a step to the right. */
#include "walk.h"

static pv_status lenient_step(pv_env *env, const pv_io *io)
{
    int32_t action;
    memcpy(&action, io->action[0], sizeof action);
    action = action != 0;
    const void *actions[] = {&action};
    pv_io lenient = *io;
    lenient.action = actions;
    return walk_step(env, &lenient);
}

#undef WALK_STEP
#define WALK_STEP lenient_step
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
