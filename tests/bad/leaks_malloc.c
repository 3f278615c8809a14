/* The bug: create takes memory from malloc that nobody gives back. */
#include "walk.h"

static pv_status leaking_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    void *volatile lost = malloc(100);
    (void)lost;
    return walk_create(host, params, env);
}

#undef WALK_CREATE
#define WALK_CREATE leaking_create
WALK_ENVS;
