/* The good twin of the plugins in tests/bad: the corridor as it should be. */
#include "../bad/walk.h"

WALK_ENVS;
