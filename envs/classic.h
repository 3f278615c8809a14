/* classic.h: what the worlds of classic control share: up to four numbers of motion in double, one
   action, their options, and the way they are made, saved and loaded. Part of each of their files,
   which bring the motion and the picture. */
#ifndef PAVLOV_ENVS_CLASSIC_H
#define PAVLOV_ENVS_CLASSIC_H

#include "pavlov/env.h"
#include "pavlov/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CLASSIC_NUMBERS = 4, CLASSIC_OPTIONS = 2 };

/* An episode that has begun and one that has gone on differ where a reset keeps more digits than a
   step does. */
enum { CLASSIC_UNBORN, CLASSIC_BEGUN, CLASSIC_RUNNING, CLASSIC_OVER };

/* what save() writes; no padding */
typedef struct classic_state {
    double s[CLASSIC_NUMBERS]; /* positions and speeds, the order is the world's */
    uint32_t phase;
    float action; /* the last one, for the picture */
    pv_rng rng;
} classic_state;

struct pv_env {
    classic_state now;
    double option[CLASSIC_OPTIONS]; /* the parameters */
    const pv_host *host;
    uint32_t row; /* of the table of ids, where a file has several */
};

static const double classic_pi = 3.141592653589793;

static inline pv_status classic_refuse(const pv_env *env, const char *message)
{
    env->host->log(env->host->ctx, 0, message);
    return -1;
}

static inline pv_status classic_create(const pv_host *host, const pv_value *params,
                                       uint32_t n_params, pv_env **created)
{
    pv_env *env = host->alloc(host->ctx, sizeof *env);
    if (!env) {
        host->log(host->ctx, 0, "out of memory");
        return -1;
    }
    env->host = host;
    for (uint32_t i = 0; i < n_params; i++) {
        env->option[i] = params[i].number;
    }
    *created = env;
    return 0;
}

static inline void classic_destroy(pv_env *env)
{
    if (env) {
        env->host->free(env->host->ctx, env);
    }
}

/* --- acting --- */

/* Refuses a step that cannot be; a world may go on after the end. */
static inline pv_status classic_check_phase(const pv_env *env)
{
    if (env->now.phase == CLASSIC_UNBORN) {
        return classic_refuse(env, "step without a reset before it");
    }
    return env->now.phase == CLASSIC_OVER
               ? classic_refuse(env, "step after the end, without a reset")
               : 0;
}

static inline pv_status classic_check_choice(const pv_env *env, int32_t action, int32_t n)
{
    if (action < 0 || action >= n) {
        char message[64];
        snprintf(message, sizeof message, "action %d is not one of 0 to %d", (int)action,
                 (int)n - 1);
        return classic_refuse(env, message);
    }
    return 0;
}

static inline pv_status classic_check_number(const pv_env *env, float action)
{
    return isfinite(action) ? 0 : classic_refuse(env, "the action is not a finite number");
}

static inline double classic_clip(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* A draw of the uniform distribution on [low, high). */
static inline double classic_draw(pv_env *env, double low, double high)
{
    const double width = high - low;
    return low + width * pv_draw_uniform(&env->now.rng, env->host->draws);
}

/* Writes reward and flags of a step and moves the episode on. */
static inline void classic_settle(pv_env *env, const pv_io *io, double reward, int terminated)
{
    io->reward[0] = (float)reward;
    io->terminated[0] = terminated != 0;
    io->truncated[0] = 0;
    env->now.phase = terminated ? CLASSIC_OVER : CLASSIC_RUNNING;
}

/* --- saving --- */

static inline size_t classic_state_size(const pv_env *env)
{
    return sizeof env->now;
}

static inline pv_status classic_save(const pv_env *env, void *state)
{
    memcpy(state, &env->now, sizeof env->now);
    return 0;
}

/* Takes a saved state whose numbers lie within -limit..limit. */
static inline pv_status classic_load_within(pv_env *env, const void *state, size_t size,
                                            const double *limit)
{
    classic_state loaded;
    if (size != sizeof loaded) {
        return classic_refuse(env, "a saved state of another size");
    }
    memcpy(&loaded, state, sizeof loaded);
    int damaged = loaded.phase > CLASSIC_OVER || !isfinite(loaded.action);
    for (int i = 0; i < CLASSIC_NUMBERS; i++) {
        damaged |= !(fabs(loaded.s[i]) <= limit[i]);
    }
    if (damaged) {
        return classic_refuse(env, "a damaged saved state");
    }
    env->now = loaded;
    return 0;
}

/* --- the picture --- */

enum { CLASSIC_WIDTH = 600, CLASSIC_HEIGHT = 400, CLASSIC_SIDE = 440 /* where all turns */ };

/* An arc with a point at its end around (x, y): it begins half of `turn` before the direction
   `middle` (radians, 0 down, rising to the right) and ends half of it after. */
static inline void classic_paint_turn(const pv_canvas *canvas, double x, double y, double radius,
                                      double middle, double turn, uint32_t colour)
{
    enum { POINTS = 17 };
    double arc[2 * POINTS];
    if (fabs(turn) * radius < 4.0) {
        return;
    }
    for (int i = 0; i < POINTS; i++) {
        const double angle = middle + turn * ((double)i / (POINTS - 1) - 0.5);
        arc[2 * i] = x + radius * sin(angle);
        arc[2 * i + 1] = y + radius * cos(angle);
    }
    const double side = turn > 0.0 ? 1.0 : -1.0;
    const double end = middle + 0.5 * turn;
    const double along_x = side * cos(end);
    const double along_y = -side * sin(end);
    const double tip_x = arc[2 * POINTS - 2];
    const double tip_y = arc[2 * POINTS - 1];
    pv_paint_path(canvas, arc, POINTS, 5, colour);
    pv_paint_triangle(canvas, tip_x + 11 * along_x, tip_y + 11 * along_y, tip_x + 8 * along_y,
                      tip_y - 8 * along_x, tip_x - 8 * along_y, tip_y + 8 * along_x, colour);
}

#endif
