/* The bug: destroy forgets the memory of the host. */
#include "walk.h"

static void keeping_destroy(pv_env *env)
{
    (void)env;
}

#undef WALK_DESTROY
#define WALK_DESTROY keeping_destroy
WALK_ENVS;
