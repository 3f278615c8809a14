/* classic_help.h: worlds of classic control in states of a test's choice. */
#ifndef PAVLOV_TESTS_CLASSIC_HELP_H
#define PAVLOV_TESTS_CLASSIC_HELP_H

#include "play.h"

#include "envs/classic.h"

static inline void put(play *played, uint32_t phase, double a, double b, double c, double d)
{
    const classic_state state = {.s = {a, b, c, d}, .phase = phase};
    ck_assert_int_eq(played->env_class->load(played->env, &state, sizeof state), PV_OK);
}

static inline classic_state state_of(const play *played)
{
    classic_state state;
    ck_assert_uint_eq(played->env_class->state_size(played->env), sizeof state);
    ck_assert_int_eq(played->env_class->save(played->env, &state), PV_OK);
    return state;
}

static inline void open_world(play *played, const char *world)
{
    ck_assert_msg(!play_open(played, world, NULL), "%s", pv_last_error());
}

#endif
