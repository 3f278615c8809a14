/* The bug: create takes memory from malloc that nobody gives back. */
#include "walk.h"

static pv_status leaking_create(const pv_host *host, const pv_value *params, pv_env **env)
{
    uint8_t *lost = malloc(100);
    if (lost) {
        lost[0] = 1;
    }
    return walk_create(host, params, env);
}

#undef WALK_CREATE
#define WALK_CREATE leaking_create
WALK_ENVS;
