/* The bug: it is made for another major version of the interface. */
#include "walk.h"

#undef WALK_ABI
#define WALK_ABI ((PV_ABI_MAJOR + 7u) << 16 | 3u)
WALK_ENVS;
