/* The bug: create does not look whether it got memory. */
#include "walk.h"

static pv_status hopeful_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    *env = (pv_env *)host->alloc(host->ctx, sizeof **env);
    (*env)->host = host;
    (*env)->slip = params[0].number;
    (*env)->from_left = params[1].number > 0.5;
    return 0;
}

#undef WALK_CREATE
#define WALK_CREATE hopeful_create
WALK_ENVS;
