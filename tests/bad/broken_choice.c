/* The bug: one of the declared choices is not implemented. */
#include "walk.h"

static pv_status choosy_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    if (params[1].number > 0.5) {
        host->log(host->ctx, 0, "not yet");
        return -1;
    }
    return walk_create(host, params, env);
}

#undef WALK_CREATE
#define WALK_CREATE choosy_create
WALK_ENVS;
