/* sample.c: drawing and gathering. A draw only chooses places; gathering puts stacks, n-step
   rewards and what follows together, straight into the batch's arrays. Prioritised drawing is
   Schaul et al. 2016, algorithm 1: P(i) = p_i^alpha / sum_k p_k^alpha, one sample from each of as
   many equal parts of the sum, w_i = (N P(i))^-beta / max_j w_j. */
#include "replay/ring.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* --- drawing --- */

/* Notes the stretch that begins at a place; returns 0 if its row has not that many transitions. */
static int take_stretch(pv_replay *replay, int sample, int samples, int row, uint64_t place)
{
    const uint64_t ready = replay->row[row].ready;
    for (int step = 0; step < replay->config.steps; place++) {
        if (place >= ready) {
            return 0;
        }
        if (replay->flags[pv_replay_slot(replay, row, place)] & PV_PLACE_TRANSITION) {
            replay->drawn[step * samples + sample] = place;
            step++;
        }
    }
    replay->drawn_row[sample] = row;
    return 1;
}

/* slots are drawn until one holds what can be drawn: nearly all do */
static void draw_uniform(pv_replay *replay, pv_rng *rng, int sample, int samples)
{
    const uint32_t slots = (uint32_t)(replay->filled * (uint64_t)replay->config.rows);
    for (;;) {
        const uint32_t slot = pv_rng_below(rng, slots);
        const int row = (int)(slot / replay->filled);
        const uint64_t place = slot % replay->filled;
        const pv_replay_row *r = &replay->row[row];
        if (place >= r->head + (uint64_t)r->open) {
            continue; /* this row is behind the others */
        }
        const uint64_t number = pv_replay_place_in(replay, row, place);
        if (pv_replay_is_drawable(replay, row, number) &&
            take_stretch(replay, sample, samples, row, number)) {
            return;
        }
    }
}

static void draw_prioritized(pv_replay *replay, pv_rng *rng, int samples, double beta)
{
    const double part = pv_sum_tree_total(replay->tree) / samples;
    float least = INFINITY;
    for (int i = 0; i < samples; i++) {
        replay->goal[i] = (i + pv_rng_uniform(rng)) * part;
    }
    pv_sum_tree_find(replay->tree, replay->goal, replay->drawn, samples);
    for (int i = 0; i < samples; i++) {
        const uint64_t slot = replay->drawn[i];
        const int row = (int)(slot / replay->places);
        replay->drawn_row[i] = row;
        replay->drawn[i] = pv_replay_place_in(replay, row, slot % replay->places);
        replay->batch_weight[i] = pv_sum_tree_get(replay->tree, slot);
        least = fminf(least, replay->batch_weight[i]);
    }
    /* (N P(i))^-beta over the greatest: N and the sum cancel */
    for (int i = 0; i < samples; i++) {
        replay->batch_weight[i] = powf(least / replay->batch_weight[i], (float)beta);
    }
}

const pv_replay_batch *pv_replay_draw(pv_replay *replay, pv_rng *rng, int samples, double beta)
{
    assert(pv_replay_can_draw(replay));
    assert(samples >= 1 && samples <= replay->config.batch);
    if (replay->tree) {
        draw_prioritized(replay, rng, samples, beta);
    }
    for (int i = 0; i < samples; i++) {
        if (!replay->tree) {
            draw_uniform(replay, rng, i, samples);
            replay->batch_weight[i] = 1.0f;
        }
        const int row = replay->drawn_row[i];
        replay->batch_index[i] = replay->drawn[i] * (uint64_t)replay->config.rows + (uint64_t)row;
        replay->batch_age[i] = replay->row[row].head - 1 - replay->drawn[i];
    }
    replay->batch.samples = samples;
    return &replay->batch;
}

/* --- gathering --- */

/* chunk by chunk, the frames side by side; with constant sizes this becomes vector code */
static inline void interleave(unsigned char *restrict obs, const unsigned char *const *frame,
                              size_t chunks, size_t chunk, size_t stack)
{
    for (size_t k = 0; k < stack; k++) {
        const unsigned char *restrict from = frame[k];
        for (size_t i = 0; i < chunks; i++) {
            memcpy(obs + (i * stack + k) * chunk, from + i * chunk, chunk);
        }
    }
}

static void interleave_bytes4(unsigned char *restrict obs, const unsigned char *restrict a,
                              const unsigned char *restrict b, const unsigned char *restrict c,
                              const unsigned char *restrict d, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        obs[4 * i] = a[i];
        obs[4 * i + 1] = b[i];
        obs[4 * i + 2] = c[i];
        obs[4 * i + 3] = d[i];
    }
}

static void gather_stack(const pv_replay *replay, const pv_replay_frames *f, int row,
                         uint64_t place, unsigned char *obs)
{
    const unsigned char *frame[PV_STACK_MAX];
    size_t slot = pv_replay_slot(replay, row, place);
    for (int k = f->stack - 1;; k--) {
        frame[k] = f->data + slot * f->frame;
        if (k == 0) {
            break;
        }
        if (!(replay->flags[slot] & PV_PLACE_FIRST)) {
            slot = pv_replay_slot(replay, row, --place);
        }
    }
    if (f->chunk == 1 && f->stack == 4) {
        interleave_bytes4(obs, frame[0], frame[1], frame[2], frame[3], f->chunks);
    } else {
        interleave(obs, frame, f->chunks, f->chunk, (size_t)f->stack);
    }
}

static void gather_obs(const pv_replay *replay, const pv_replay_frames *f, int row, uint64_t place,
                       unsigned char *obs)
{
    if (f->stack > 1) {
        gather_stack(replay, f, row, place, obs);
    } else {
        memcpy(obs, f->data + pv_replay_slot(replay, row, place) * f->frame, f->frame);
    }
}

/* one step of one sample, into place `at` of the batch's arrays */
static void gather_step(pv_replay *replay, int row, uint64_t place, size_t at)
{
    const size_t slot = pv_replay_slot(replay, row, place);
    const uint64_t next = pv_replay_outcome(replay, row, place, &replay->batch_reward[at],
                                            &replay->batch_discount[at]);
    replay->batch_reset[at] = (replay->flags[slot] & PV_PLACE_RESET) != 0;
    for (int i = 0; i < replay->config.n_obs; i++) {
        const pv_replay_frames *f = &replay->frames[i];
        gather_obs(replay, f, row, place, f->obs + at * f->whole);
        gather_obs(replay, f, row, next, f->next + at * f->whole);
    }
    for (int i = 0; i < replay->config.n_action; i++) {
        const pv_replay_actions *a = &replay->actions[i];
        memcpy(a->taken + at * a->size, a->data + slot * a->size, a->size);
    }
}

void pv_replay_gather(pv_replay *replay, int begin, int end)
{
    const int samples = replay->batch.samples;
    assert(begin >= 0 && end <= samples);
    for (int step = 0; step < replay->config.steps; step++) {
        for (int i = begin; i < end; i++) {
            const int at = step * samples + i;
            gather_step(replay, replay->drawn_row[i], replay->drawn[at], (size_t)at);
        }
    }
}

const pv_replay_batch *pv_replay_sample(pv_replay *replay, pv_rng *rng, int samples, double beta)
{
    const pv_replay_batch *batch = pv_replay_draw(replay, rng, samples, beta);
    pv_replay_gather(replay, 0, samples);
    return batch;
}

/* --- priorities --- */

void pv_replay_update(pv_replay *replay, const uint64_t *index, const float *td_error, int n)
{
    const uint64_t rows = (uint64_t)replay->config.rows;
    for (int i = 0; i < n && replay->config.kind == PV_REPLAY_PRIORITIZED; i++) {
        const int row = (int)(index[i] % rows);
        const uint64_t place = index[i] / rows;
        if (!pv_replay_is_drawable(replay, row, place)) {
            continue;
        }
        const double p = fabs((double)td_error[i]) + replay->config.epsilon;
        const float leaf = pv_replay_leaf(replay, p);
        pv_sum_tree_set(replay->tree, pv_replay_slot(replay, row, place), leaf);
        replay->greatest = leaf > replay->greatest ? leaf : replay->greatest;
    }
}
