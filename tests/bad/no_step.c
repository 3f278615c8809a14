/* The bug: the class has no step. */
#include "walk.h"

#undef WALK_STEP
#define WALK_STEP NULL
#undef WALK_STEP_MANY
#define WALK_STEP_MANY NULL
WALK_ENVS;
