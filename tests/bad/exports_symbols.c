/* The bug: a helper is visible to the whole program. */
#include "walk.h"

PV_EXPORT int helper(int value);
PV_EXPORT int helper(int value)
{
    return value + 1;
}

WALK_ENVS;
