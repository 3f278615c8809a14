/* pong_game.h: the game of Pong: what moves, by which rules, and one frame of it. All positions are
   whole 1/256 pixels around the middle of the field, so that trajectories are the same everywhere
   and a mirrored game is mirrored exactly. Part of pong.c, which alone includes it. */
#ifndef PAVLOV_ENVS_PONG_GAME_H
#define PAVLOV_ENVS_PONG_GAME_H

#include "pavlov/env.h"
#include "pong_picture.h"

enum { NOOP, FIRE, RIGHT, LEFT, RIGHTFIRE, LEFTFIRE, ACTIONS }; /* right is up, left is down */
enum { UNBORN, RUNNING, OVER };
enum { HOME, AWAY, SIDES }; /* home is agent 0, on the right; away is agent 1 or the opponent */
enum { TRACKER, RANDOM, PERFECT, AGENT };

/* the observation of numbers, and what of the game moves; `P` and `SCORE` are of two sides */
enum { X, Y, VX, VY, P, SCORE = P + SIDES, NUMBERS = SCORE + SIDES };

enum { UNIT = 256 }; /* of a pixel */
enum {
    FIELD = (PONG_BOTTOM - PONG_TOP) / 2 * UNIT,              /* half the field's height */
    WALL = FIELD - PONG_BALL_HEIGHT / 2 * UNIT,               /* the ball's middle at a wall */
    INNER = PONG_WIDTH / 2 - PONG_LEFT_X - PONG_PADDLE_WIDTH, /* paddle's edge to the ball */
    OUTER = PONG_WIDTH / 2 - PONG_LEFT_X,
    FACE = (INNER - PONG_BALL_WIDTH / 2) * UNIT, /* the ball's middle when it touches a paddle */
    BACK = (OUTER + PONG_BALL_WIDTH / 2) * UNIT, /* and when it has left it behind */
    OUT = (PONG_WIDTH + PONG_BALL_WIDTH) / 2 * UNIT,
    SERVE_Y = 16 * UNIT /* serves begin up to so far from the middle */
};

enum { MAX_POINTS = 99, MAX_HITS = 1000000 };

/* what save() writes; the order is that of use */
typedef struct pong_state {
    int32_t at[NUMBERS];
    int32_t phase;
    int32_t pause;       /* frames to the serve; 0: the ball is in play */
    int32_t aim;         /* what the opponent adds to where it goes */
    int32_t hits;        /* since the serve */
    int32_t last[SIDES]; /* actions */
    pv_rng rng;
} pong_state;

/* the rules, in 1/256 pixels and frames; what most frames look at comes first */
typedef struct pong_rules {
    int32_t step[ACTIONS]; /* of a paddle, by action; up is negative */
    int32_t actions, agents;
    int32_t limit;  /* of a paddle's middle */
    int32_t chase;  /* speed of the opponent */
    int32_t follow; /* ~0: the opponent follows the ball, 0: it has a place in mind */
    int32_t opponent;
    double sticky;
    pv_draws *draws; /* normally NULL */
    int32_t points, pause;
    int32_t paddle; /* height in pixels */
    int32_t reach;  /* from a paddle's middle to the middle of a ball it just touches */
    int32_t serve_speed, top_speed, speedup;
    int32_t steepness; /* in 1/256 */
} pong_rules;

static inline int32_t clamp(int32_t value, int32_t limit)
{
    const int32_t above = value < -limit ? -limit : value;
    return above > limit ? limit : above;
}

/* --- one frame --- */

static void serve(pong_state *now, const pong_rules *rules)
{
    pv_draws *draws = rules->draws;
    const int64_t steepest = (int64_t)rules->serve_speed * rules->steepness / 2 / UNIT;
    const int64_t side = pv_draw_integer(&now->rng, draws, 0, 2);
    now->at[X] = 0;
    now->at[Y] = (int32_t)pv_draw_integer(&now->rng, draws, -SERVE_Y, SERVE_Y + 1);
    now->at[VX] = side ? rules->serve_speed : -rules->serve_speed;
    now->at[VY] = (int32_t)pv_draw_integer(&now->rng, draws, -steepest, steepest + 1);
    now->hits = 0;
}

/* what the opponent adds to the ball's height, or, where it is random, the place it goes to */
static void take_aim(pong_state *now, const pong_rules *rules)
{
    const int32_t most = rules->opponent == RANDOM ? rules->limit : rules->paddle * UNIT / 4;
    now->aim = (int32_t)pv_draw_integer(&now->rng, rules->draws, -most, most + 1);
}

/* The ball comes off a paddle faster than before, the steeper the farther from the middle. */
static void hit(pong_state *now, const pong_rules *rules, int side, int32_t offset)
{
    now->hits = now->hits < MAX_HITS ? now->hits + 1 : MAX_HITS;
    const int64_t grown = rules->serve_speed + (int64_t)rules->speedup * now->hits;
    const int32_t speed = grown < rules->top_speed ? (int32_t)grown : rules->top_speed;
    const int64_t vertical = (int64_t)speed * rules->steepness * offset / UNIT / rules->reach;
    now->at[X] = side == HOME ? FACE : -FACE;
    now->at[VX] = side == HOME ? -speed : speed;
    now->at[VY] = (int32_t)vertical;
    if (side == HOME && (rules->opponent == TRACKER || rules->opponent == PERFECT)) {
        take_aim(now, rules);
    }
}

/* The ball is at or behind a paddle: it comes back or is lost. Returns what agent 0 is paid. */
static int32_t touch(pong_state *now, const pong_rules *rules)
{
    const int32_t x = now->at[X];
    const int side = x > 0 ? HOME : AWAY;
    const int32_t depth = x > 0 ? x : -x;
    const int32_t speed = x > 0 ? now->at[VX] : -now->at[VX];
    const int32_t offset = now->at[Y] - now->at[P + side];
    if (speed > 0 && depth - speed <= BACK && offset < rules->reach && offset > -rules->reach) {
        hit(now, rules, side, offset);
        return 0;
    }
    if (depth < OUT) {
        return 0;
    }
    const int winner = 1 - side;
    now->at[X] = now->at[Y] = now->at[VX] = now->at[VY] = 0;
    now->pause = rules->pause;
    now->at[SCORE + winner]++;
    now->phase = now->at[SCORE + winner] == rules->points ? OVER : RUNNING;
    return winner == HOME ? 1 : -1;
}

static inline void move_ball(pong_state *now)
{
    int32_t *at = now->at;
    at[X] += at[VX];
    at[Y] += at[VY];
    if (at[Y] > WALL || at[Y] < -WALL) {
        at[Y] = (at[Y] > 0 ? 2 * WALL : -2 * WALL) - at[Y];
        at[VY] = -at[VY];
    }
}

static inline void move_opponent(pong_state *now, const pong_rules *rules)
{
    int32_t *paddle = &now->at[P + AWAY];
    const int32_t target = (now->at[Y] & rules->follow) + now->aim;
    *paddle = clamp(*paddle + clamp(target - *paddle, rules->chase), rules->limit);
    if (rules->opponent == RANDOM && *paddle == target) {
        take_aim(now, rules);
    }
}

/* with sticky actions each paddle may do what it did before */
static void stick(pong_state *now, const pong_rules *rules, int32_t *action)
{
    for (int32_t i = 0; i < rules->agents; i++) {
        if (pv_draw_uniform(&now->rng, rules->draws) < rules->sticky) {
            action[i] = now->last[i];
        }
        now->last[i] = action[i];
    }
}

/* Plays one frame; returns what agent 0 is paid. */
static inline int32_t play(pong_state *now, const pong_rules *rules, int32_t home, int32_t away)
{
    if (now->pause == 0) {
        move_ball(now);
    } else if (--now->pause == 0) {
        serve(now, rules);
    }
    now->at[P + HOME] = clamp(now->at[P + HOME] + rules->step[home], rules->limit);
    if (rules->opponent == AGENT) {
        now->at[P + AWAY] = clamp(now->at[P + AWAY] + rules->step[away], rules->limit);
    } else {
        move_opponent(now, rules);
    }
    return now->at[X] >= FACE || now->at[X] <= -FACE ? touch(now, rules) : 0;
}

#endif
