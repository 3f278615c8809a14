/* The bug: a slip of 1 is declared possible and refused without a word. */
#include "walk.h"

static pv_status wordless_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    return params[0].number < 1.0 ? walk_create(host, params, env) : -1;
}

#undef WALK_CREATE
#define WALK_CREATE wordless_create
WALK_ENVS;
