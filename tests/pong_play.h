/* pong_play.h: Pong played by hand, with what is seen turned back into pixels. */
#ifndef PAVLOV_TESTS_PONG_PLAY_H
#define PAVLOV_TESTS_PONG_PLAY_H

#include "envs/host/instance.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NOOP, FIRE, UP, DOWN, UPFIRE, DOWNFIRE };
enum { SEEN = 8, SCREEN = 210 * 160 * 3 };

/* one game of one or two agents; it must not move while it lives */
typedef struct pong {
    pv_world *world;
    pv_instance instance;
    int32_t action[2];
    float state[2][SEEN];
    uint8_t *screen; /* [2][210][160][3], NULL where the numbers are observed */
    float reward[2], info[2][2];
    uint8_t terminated[2], truncated[2];
    const void *action_at[1];
    void *obs_at[1];
    pv_io io;
} pong;

static inline void pong_open(pong *p, const char *world, pv_draws *draws)
{
    memset(p, 0, sizeof *p);
    p->world = pv_world_open(world);
    ck_assert_msg(p->world != NULL, "%s", pv_last_error());
    ck_assert_int_eq(pv_instance_init(&p->instance, p->world, draws), PV_OK);
    p->action_at[0] = p->action;
    p->obs_at[0] = p->state;
    if (pv_world_spec(p->world)->obs[0].dtype == PV_U8) {
        p->obs_at[0] = p->screen = calloc(2, SCREEN);
        ck_assert_ptr_nonnull(p->screen);
    }
    p->io = (pv_io){p->action_at, p->obs_at, p->reward, p->terminated, p->truncated, p->info[0]};
}

static inline void pong_close(pong *p)
{
    pv_instance_free(&p->instance);
    pv_world_close(p->world);
    free(p->screen);
}

static inline void pong_begin(pong *p, uint64_t seed)
{
    memset(p->terminated, 0, sizeof p->terminated);
    if (p->instance.env_class->reset(p->instance.env, seed, &p->io)) {
        ck_abort_msg("reset failed: %s", p->instance.message);
    }
}

static inline void pong_go(pong *p, int32_t home, int32_t away)
{
    p->action[0] = home;
    p->action[1] = away;
    if (p->instance.env_class->step(p->instance.env, &p->io)) {
        ck_abort_msg("step failed: %s", p->instance.message);
    }
}

/* both act at random among n actions; agent 0 draws first */
static inline void pong_go_random(pong *p, pv_rng *rng, int64_t n)
{
    const int32_t home = (int32_t)pv_draw_integer(rng, NULL, 0, n);
    const int32_t away = (int32_t)pv_draw_integer(rng, NULL, 0, n);
    pong_go(p, home, away);
}

/* what the numbers mean at default speeds, in pixels around the middle of the field, down positive,
   as agent `who` sees it; all are whole 1/256 pixels, so rounding makes them exact */
typedef struct ball {
    double x, y, vx, vy, mine, other;
} ball;

static inline double pong_pixels(float number, double most)
{
    return rint((double)number * most * 256.0) / 256.0;
}

static inline ball pong_ball(const pong *p, int who)
{
    const float *s = p->state[who];
    return (ball){pong_pixels(s[0], 81.0), pong_pixels(s[1], 78.0), pong_pixels(s[2], 4.0),
                  pong_pixels(s[3], 4.0),  pong_pixels(s[4], 80.0), pong_pixels(s[5], 80.0)};
}

static inline int pong_in_play(const pong *p)
{
    return p->state[0][2] != 0.0f;
}

/* the action that brings a paddle towards a height */
static inline int32_t pong_towards(double from, double to, double slack)
{
    return to > from + slack ? DOWN : to < from - slack ? UP : NOOP;
}

/* where a ball that flies to the right will meet the right paddle, by the laws of reflection */
static inline double pong_arrival(ball b)
{
    while (b.x < 59.0) {
        b.x += b.vx;
        b.y += b.vy;
        if (fabs(b.y) > 78.0) {
            b.y = copysign(156.0, b.y) - b.y;
            b.vy = -b.vy;
        }
    }
    return b.y;
}

#endif
