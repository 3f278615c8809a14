/* replay_oracle.h: a world of random episodes and a memory that keeps every transition whole,
   against which the replay is held. It shares nothing with the replay but the number of a place. */
#ifndef PAVLOV_TESTS_REPLAY_ORACLE_H
#define PAVLOV_TESTS_REPLAY_ORACLE_H

#include "core/rng.h"
#include "replay/replay.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { O_ROWS = 4, O_OBS = 3, O_ACTIONS = 2, O_WHOLE = 256, O_STACK = 4 };

/* a picture in bytes that may be a stack, numbers, a mask */
typedef struct o_shape {
    int stack, channels, height, width;
} o_shape;

typedef struct o_transition {
    unsigned char obs[O_OBS][O_WHOLE], next[O_OBS][O_WHOLE];
    int32_t move;
    float force[2], reward;
    uint8_t terminated, truncated, reset;
    uint64_t place;
} o_transition;

/* a row of the world and all that ever happened in it */
typedef struct o_row {
    unsigned char frame[O_STACK][O_WHOLE]; /* of the picture, newest last */
    float numbers[3];
    uint8_t mask[2];
    int running;
    uint64_t place; /* of the next transition */
    o_transition *all;
    size_t n, capacity;
} o_row;

typedef struct oracle {
    o_shape shape;
    pv_rng rng;
    int rows;
    double end_chance;
    o_row row[O_ROWS];
    pv_space obs[O_OBS], action[O_ACTIONS];
    int stack[O_OBS];
    size_t frame, whole; /* bytes of the picture */
    unsigned char *before[O_OBS], *after[O_OBS], *final[O_OBS];
    int32_t move[O_ROWS];
    float force[O_ROWS][2], reward[O_ROWS];
    uint8_t terminated[O_ROWS], truncated[O_ROWS], valid[O_ROWS];
} oracle;

static inline size_t o_size(const oracle *o, int obs)
{
    return obs == 0 ? o->whole : obs == 1 ? 3 * sizeof(float) : 2;
}

static inline void o_init(oracle *o, o_shape shape, int rows, uint64_t seed)
{
    memset(o, 0, sizeof *o);
    o->shape = shape;
    o->rows = rows;
    o->end_chance = 0.15;
    o->rng = pv_rng_split(seed, "oracle");
    o->frame = (size_t)(shape.height * shape.width * shape.channels);
    o->whole = o->frame * (size_t)shape.stack;
    ck_assert(o->whole <= O_WHOLE);
    o->obs[0] = (pv_space){.name = "picture",
                           .dtype = PV_U8,
                           .ndim = 3,
                           .shape = {(uint32_t)shape.height, (uint32_t)shape.width,
                                     (uint32_t)(shape.channels * shape.stack)}};
    o->obs[1] = (pv_space){.name = "numbers", .dtype = PV_F32, .ndim = 1, .shape = {3}};
    o->obs[2] = (pv_space){.name = "action_mask", .dtype = PV_U8, .ndim = 1, .shape = {2}};
    o->action[0] = (pv_space){.name = "move", .dtype = PV_I32, .n = 5};
    o->action[1] = (pv_space){.name = "force", .dtype = PV_F32, .ndim = 1, .shape = {2}};
    o->stack[0] = shape.stack;
    o->stack[1] = o->stack[2] = 1;
    for (int i = 0; i < O_OBS; i++) {
        o->before[i] = calloc(O_ROWS, O_WHOLE);
        o->after[i] = calloc(O_ROWS, O_WHOLE);
        o->final[i] = calloc(O_ROWS, O_WHOLE);
    }
}

static inline void o_free(oracle *o)
{
    for (int i = 0; i < O_OBS; i++) {
        free(o->before[i]);
        free(o->after[i]);
        free(o->final[i]);
    }
    for (int i = 0; i < O_ROWS; i++) {
        free(o->row[i].all);
    }
}

static inline pv_replay_config o_config(const oracle *o, uint64_t capacity)
{
    pv_replay_config config = pv_replay_config_default();
    config.capacity = capacity;
    config.rows = o->rows;
    config.n_obs = O_OBS;
    config.obs = o->obs;
    config.stack = o->stack;
    config.n_action = O_ACTIONS;
    config.action = o->action;
    config.gamma = 0.9;
    return config;
}

/* --- the world --- */

static inline void o_new_frame(oracle *o, o_row *r)
{
    memmove(r->frame[0], r->frame[1], sizeof r->frame - sizeof r->frame[0]);
    for (size_t i = 0; i < o->frame; i++) {
        r->frame[O_STACK - 1][i] = (unsigned char)pv_rng_below(&o->rng, 256);
    }
    for (int i = 0; i < 3; i++) {
        r->numbers[i] = (float)pv_rng_uniform(&o->rng);
    }
    r->mask[0] = (uint8_t)pv_rng_below(&o->rng, 2);
    r->mask[1] = 1;
}

static inline void o_first_frame(oracle *o, o_row *r)
{
    o_new_frame(o, r);
    for (int k = 0; k + 1 < O_STACK; k++) {
        memcpy(r->frame[k], r->frame[O_STACK - 1], O_WHOLE);
    }
}

/* the observations of a row as the wrapper `stack` gives them: [H][W][C * n], oldest first */
static inline void o_show(const oracle *o, const o_row *r, unsigned char *const *to, int row)
{
    unsigned char *picture = to[0] + (size_t)row * o->whole;
    const size_t channels = (size_t)o->shape.channels;
    for (size_t at = 0; at < o->frame / channels; at++) {
        for (int k = O_STACK - o->shape.stack; k < O_STACK; k++) {
            for (size_t c = 0; c < channels; c++) {
                *picture++ = r->frame[k][at * channels + c];
            }
        }
    }
    memcpy(to[1] + (size_t)row * 12, r->numbers, 12);
    memcpy(to[2] + (size_t)row * 2, r->mask, 2);
}

static inline void o_keep(oracle *o, int row)
{
    o_row *r = &o->row[row];
    const int ended = o->terminated[row] || o->truncated[row];
    if (r->n == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 64;
        r->all = realloc(r->all, r->capacity * sizeof *r->all);
        ck_assert_ptr_nonnull(r->all);
    }
    o_transition *t = &r->all[r->n];
    memset(t, 0, sizeof *t);
    for (int i = 0; i < O_OBS; i++) {
        const size_t size = o_size(o, i);
        const unsigned char *next = ended ? o->final[i] : o->after[i];
        memcpy(t->obs[i], o->before[i] + (size_t)row * size, size);
        memcpy(t->next[i], next + (size_t)row * size, size);
    }
    t->move = o->move[row];
    memcpy(t->force, o->force[row], sizeof t->force);
    t->reward = o->reward[row];
    t->terminated = o->terminated[row];
    t->truncated = o->truncated[row] && !o->terminated[row];
    t->reset = r->n == 0 || r->all[r->n - 1].terminated || r->all[r->n - 1].truncated;
    t->place = r->place;
    r->place += ended ? 2 : 1;
    r->n++;
}

static inline void o_step_row(oracle *o, int row)
{
    o_row *r = &o->row[row];
    if (!r->running) {
        o_first_frame(o, r);
        r->running = 1;
    }
    o_show(o, r, o->before, row);
    o->move[row] = (int32_t)pv_rng_below(&o->rng, 5);
    o->force[row][0] = (float)pv_rng_normal(&o->rng);
    o->force[row][1] = (float)pv_rng_normal(&o->rng);
    o->reward[row] = (float)pv_rng_normal(&o->rng);
    o->terminated[row] = pv_rng_uniform(&o->rng) < o->end_chance;
    o->truncated[row] = pv_rng_uniform(&o->rng) < o->end_chance / 2;
    o_new_frame(o, r);
    o_show(o, r, o->after, row);
    if (o->terminated[row] || o->truncated[row]) {
        o_show(o, r, o->final, row);
        o_first_frame(o, r); /* the vector resets at once */
        o_show(o, r, o->after, row);
    }
    o_keep(o, row);
}

/* tells a replay the step that was just made */
static inline void o_tell(const oracle *o, pv_replay *replay)
{
    const pv_replay_step step = {
        .valid = o->valid,
        .obs = (const void *const[]){o->before[0], o->before[1], o->before[2]},
        .action = (const void *const[]){o->move, o->force},
        .reward = o->reward,
        .terminated = o->terminated,
        .truncated = o->truncated,
        .next_obs = (const void *const[]){o->after[0], o->after[1], o->after[2]},
        .final_obs = (const void *const[]){o->final[0], o->final[1], o->final[2]}};
    pv_replay_push(replay, &step);
}

/* one step of the rows that act, told to the replay (NULL: to the oracle only) */
static inline void o_step(oracle *o, pv_replay *replay)
{
    for (int row = 0; row < o->rows; row++) {
        o->valid[row] = o->rows == 1 || pv_rng_below(&o->rng, 5) > 0;
        if (o->valid[row]) {
            o_step_row(o, row);
        }
    }
    if (replay) {
        o_tell(o, replay);
    }
}

/* --- what the replay should say --- */

/* how many transitions from t on its n-step return takes, 0 if not all of them are known yet */
static inline int o_window(const o_row *r, size_t t, int n_step)
{
    for (int k = 1;; k++) {
        const o_transition *last = &r->all[t + (size_t)k - 1];
        if (last->terminated || last->truncated || k == n_step) {
            return k;
        }
        if (t + (size_t)k == r->n) {
            return 0;
        }
    }
}

/* the place that the newest observation of a row fills */
static inline uint64_t o_newest(const o_row *r)
{
    const o_transition *last = &r->all[r->n - 1];
    return last->place + 1;
}

static inline int o_drawable(const o_row *r, size_t t, const pv_replay_config *config)
{
    const uint64_t rows = (uint64_t)config->rows;
    const uint64_t per_row = (config->capacity + rows - 1) / rows;
    return r->all[t].place + per_row >= o_newest(r) && o_window(r, t, config->n_step) > 0;
}

static inline uint64_t o_count(const oracle *o, const pv_replay_config *config)
{
    uint64_t count = 0;
    for (int row = 0; row < o->rows; row++) {
        for (size_t t = 0; t < o->row[row].n; t++) {
            count += (uint64_t)o_drawable(&o->row[row], t, config);
        }
    }
    return count;
}

/* the number in its row of the transition with that index; fails if there is none */
static inline size_t o_find(const oracle *o, uint64_t index, int *row)
{
    *row = (int)(index % (uint64_t)o->rows);
    const uint64_t place = index / (uint64_t)o->rows;
    const o_row *r = &o->row[*row];
    for (size_t t = r->n; t > 0; t--) {
        if (r->all[t - 1].place == place) {
            return t - 1;
        }
    }
    ck_abort_msg("index %llu is none of the transitions", (unsigned long long)index);
    return 0;
}

/* element `at` of the batch against transition t of a row */
static inline void o_compare(const oracle *o, const pv_replay_config *config,
                             const pv_replay_batch *b, size_t at, int row, size_t t)
{
    const o_row *r = &o->row[row];
    const o_transition *first = &r->all[t];
    const int k = o_window(r, t, config->n_step);
    ck_assert_int_gt(k, 0);
    const o_transition *last = &r->all[t + (size_t)k - 1];
    double sum = 0.0;
    for (int i = 0; i < k; i++) {
        sum += pow(config->gamma, i) * (double)r->all[t + (size_t)i].reward;
    }
    for (int i = 0; i < O_OBS; i++) {
        const size_t size = o_size(o, i);
        ck_assert_mem_eq((const char *)b->obs[i] + at * size, first->obs[i], size);
        ck_assert_mem_eq((const char *)b->next_obs[i] + at * size, last->next[i], size);
    }
    ck_assert_int_eq(((const int32_t *)b->action[0])[at], first->move);
    ck_assert_mem_eq((const float *)b->action[1] + 2 * at, first->force, sizeof first->force);
    ck_assert_double_eq_tol(b->reward[at], sum, 1e-5);
    ck_assert_double_eq_tol(b->discount[at], last->terminated ? 0.0 : pow(config->gamma, k), 1e-6);
    ck_assert_int_eq(b->reset[at], first->reset);
}

/* draws, and compares all that the batch says with the oracle */
static inline void o_check_draw(const oracle *o, const pv_replay_config *config, pv_replay *replay,
                                pv_rng *rng, int samples)
{
    const pv_replay_batch *b = pv_replay_sample(replay, rng, samples, 0.5);
    ck_assert_int_eq(b->samples, samples);
    for (int i = 0; i < samples; i++) {
        int row = 0;
        size_t t = o_find(o, b->index[i], &row);
        const o_row *r = &o->row[row];
        ck_assert_uint_eq(
            b->age[i], o_newest(r) - 1 - r->all[t].place +
                           (uint64_t)(r->all[r->n - 1].terminated || r->all[r->n - 1].truncated));
        for (int step = 0; step < config->steps; step++, t++) {
            ck_assert(o_drawable(r, t, config));
            o_compare(o, config, b, (size_t)(step * samples + i), row, t);
        }
    }
}

#endif
