/* The bug: the default chance of a slip is above the declared bound. */
#include "walk.h"

#undef WALK_SLIP
#define WALK_SLIP 1.2
WALK_ENVS;
